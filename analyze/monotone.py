"""Trend and monotonicity of arm means over ascending doses, against their joint error.

Monotone trend: the largest of several contrasts (Bretz, Genz & Hothorn 2001,
DOI 10.1002/bimj.200490237), the line and every change point, against their joint distribution.
Lack of monotonicity: distance of the means from the closest monotone curve (isotonic regression
in the metric of their covariance; Robertson, Wright & Dykstra 1988), by simulation at the least
favourable null, no effect at all.
"""

import numpy as np

from curate.analyze.crossed import Fit, covariance, freedom
from curate.analyze.interval import NOTHING
from curate.analyze.panel import Floats

DRAWS = 4000


def line_weights(dose: Floats) -> Floats:
    """Weights of arm means in the slope of their line; they sum to 0."""
    centred = dose - dose.mean()
    weights: Floats = centred / (centred @ centred)
    return weights


def trend_contrasts(dose: Floats) -> Floats:
    """The line, and every change point: mean above less mean at or below; (contrast, arm)."""
    count = len(dose)
    steps = [np.where(np.arange(count) >= k, 1 / (count - k), -1 / k) for k in range(1, count)]
    return np.stack((line_weights(dose), *steps))


def draws_of(means: Fit, rng: np.random.Generator, count: int = DRAWS) -> Floats:
    """Errors (draw, arm) of arm means, of the multivariate t."""
    df = freedom(means)
    root = np.linalg.cholesky(covariance(means) + 1e-15 * np.eye(len(means.values)))
    scale = np.sqrt(df / rng.chisquare(df, (count, 1))) if np.isfinite(df) else 1.0
    return scale * (rng.standard_normal((count, len(root))) @ root.T)


def trend_p(means: Fit, dose: Floats, rng: np.random.Generator) -> float:
    """Two-sided p of the largest contrast against no effect at any dose."""
    contrasts = trend_contrasts(dose)
    variance = np.einsum("ca,ab,cb->c", contrasts, covariance(means), contrasts)
    se = np.sqrt(np.maximum(variance, 0))
    if not (se > NOTHING).all():
        return float(np.ptp(means.values) <= NOTHING)
    found = np.abs(contrasts @ means.values / se).max()
    null = np.abs(draws_of(means, rng) @ contrasts.T / se).max(axis=1)
    return float((1 + np.sum(null >= found)) / (1 + len(null)))


def whitener(means: Fit) -> Floats:
    """Matrix under which the error of the means is of unit covariance."""
    total = covariance(means)
    ridge = 1e-9 * max(float(np.trace(total)), 1e-12)
    return np.linalg.inv(np.linalg.cholesky(total + ridge * np.eye(len(total))))


def monotone(values: Floats, white: Floats, *, up: bool) -> Floats:
    """The monotone curve closest to `values` in the metric of `white`."""
    from scipy.optimize import nnls

    count = len(values)
    steps = np.tril(np.ones((count, count)))[:, 1:] * (1 if up else -1)
    basis = np.column_stack((np.ones(count), -np.ones(count), steps))
    shares, _ = nnls(white @ basis, white @ values)
    curve: Floats = basis @ shares
    return curve


def not_monotone_p(
    means: Fit, rng: np.random.Generator, *, up: bool, draws: int = DRAWS // 8
) -> float:
    """P of the distance from the closest monotone curve; largest where there is no effect."""
    if len(means.values) < 3 or not covariance(means).any():
        return 1.0
    white = whitener(means)

    def distance(values: Floats) -> float:
        gap = white @ (values - monotone(values, white, up=up))
        return float(gap @ gap)

    found = distance(means.values)
    null = np.array([distance(error) for error in draws_of(means, rng, draws)])
    return float((1 + np.sum(null >= found)) / (1 + len(null)))
