"""Axes: edges of bins and the labels beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from curate.report.words import short


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label on an axis."""

    at: float
    """In columns or rows of the chart, from 0."""
    text: str


def axis_values(top: float) -> list[float]:
    """0 and a few round values up to the first that is not below the top."""
    step = round_step(max(top, 1) / 4)
    count = int(-(-max(top, 1) // step))
    return [step * place for place in range(count + 1)]


def round_step(size: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, … that is not below a size; never below 1."""
    power = 10.0 ** floor(log10(max(size, 1)))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= size)


def log_edges(low: float, high: float, bins: int) -> list[float]:
    """Edges of so many bins of equal ratio from one number above 0 to another."""
    ratio = (high / low) ** (1 / bins)
    return [low * ratio**place for place in range(bins + 1)]


def log_ticks(edges: Sequence[float]) -> list[Tick]:
    """Labels at 1, 2, 5, 10, … for edges of equal ratio."""
    low, high = edges[0], edges[-1]
    of_one = (len(edges) - 1) / log10(high / low)
    values = [
        digit * 10.0**power
        for power in range(floor(log10(low)), floor(log10(high)) + 1)
        for digit in (1, 2, 5)
    ]
    return [
        Tick(at=of_one * log10(value / low), text=short(value))
        for value in values
        if low * 0.999 <= value <= high * 1.001
    ]


def even_edges(low: float, high: float, bins: int) -> list[float]:
    """Edges of so many bins of equal width."""
    return [low + (high - low) * place / bins for place in range(bins + 1)]
