"""How far predicted chances can be believed: reliability bins and the Brier score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Traces whose predicted chance is about the same."""

    low: float
    high: float
    traces: int
    predicted: float | None
    """Mean predicted chance; None in an empty bin."""
    observed: float | None
    """Share of them whose label is true."""


def reliability(chances: Floats, labels: Floats) -> list[ReliabilityBin]:
    """Ten bins of equal width over [0, 1]."""
    places = np.minimum((chances * BINS).astype(int), BINS - 1)
    return [
        bin_of(number, chances[places == number], labels[places == number])
        for number in range(BINS)
    ]


def bin_of(number: int, chances: Floats, labels: Floats) -> ReliabilityBin:
    """One bin, perhaps an empty one."""
    return ReliabilityBin(
        low=number / BINS,
        high=(number + 1) / BINS,
        traces=len(chances),
        predicted=float(chances.mean()) if len(chances) else None,
        observed=float(labels.mean()) if len(labels) else None,
    )


def brier(chances: Floats, labels: Floats) -> float:
    """Mean squared difference in [0, 1] of chance and label; less is better (Brier 1950)."""
    return float(np.mean((chances - labels) ** 2))
