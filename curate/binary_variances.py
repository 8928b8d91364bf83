"""Variance components of right-or-wrong items from spreads on the logit scale."""

from functools import cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from curate.detectable import Variances, check_level


def binary_variances(
    accuracy: float,
    *,
    seed_sd: float,
    item_sd: float = 1.6,
    arm_item_sd: float = 0.35,
) -> Variances:
    """Components of right-or-wrong items whose difficulties are normal on the logit scale.

    `accuracy` in (0, 1) is the mean; `seed_sd` in units of the score, without sampling noise;
    `item_sd` and `arm_item_sd` in logits. The defaults are those of a public reasoning suite
    at middle difficulty; 0.35 logits is a small interaction. Exact to 0.1 % by quadrature.
    """
    check_level(accuracy, 0.5)
    points, weight = nodes()
    spread = sqrt(item_sd**2 + arm_item_sd**2)
    chance = logistic(middle_of(accuracy, spread) + spread * points)
    base = logistic(middle_of(accuracy, spread) + item_sd * points)
    return Variances(
        sample=float(weight @ (chance * (1 - chance))),
        seed=seed_sd**2,
        arm_item=float(weight @ (arm_item_sd * base * (1 - base)) ** 2),
    )


def middle_of(accuracy: float, spread: float) -> float:
    """The mean logit that gives this mean accuracy."""
    points, weight = nodes()
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        below = float(weight @ logistic(middle + spread * points)) < accuracy
        low, high = (middle, high) if below else (low, middle)
    return (low + high) / 2


def logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of a logit, without overflow."""
    chance: NDArray[np.float64] = 0.5 * (1 + np.tanh(x / 2))
    return chance


@cache
def nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights of Gauss-Hermite quadrature for a standard normal."""
    points, weight = np.polynomial.hermite_e.hermegauss(80)
    return points, weight / weight.sum()
