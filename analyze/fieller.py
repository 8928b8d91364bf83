"""Fieller's set for a ratio of two uncertain, correlated numbers (Fieller 1954)."""

from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import Literal

from curate.analyze.panel import Floats
from curate.detectable import quantile

Shape = Literal["interval", "outside an interval", "everything"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio with Fieller's set."""

    value: float
    low: float
    high: float
    shape: Shape
    """`interval`: from low to high. `outside an interval`: below low or above high.
    `everything`: no value is ruled out."""
    words: str


def fieller(pair: Floats, covariance: Floats, df: float, alpha: float = 0.05) -> Ratio:
    """The ratio pair[0] / pair[1] with the set of ratios that a t test does not reject."""
    above, below = map(float, pair)
    squared = quantile(1 - alpha / 2, df) ** 2
    a = below**2 - squared * float(covariance[1, 1])
    b = above * below - squared * float(covariance[0, 1])
    c = above**2 - squared * float(covariance[0, 0])
    inside = b**2 - a * c
    value = above / below if below else nan
    if a > 0:
        low, high = (b - sqrt(max(inside, 0.0))) / a, (b + sqrt(max(inside, 0.0))) / a
        return ratio(value, low, high, "interval")
    if inside <= 0 or a == 0:
        return ratio(value, -inf, inf, "everything")
    ends = sorted(((b - sqrt(inside)) / a, (b + sqrt(inside)) / a))
    return ratio(value, ends[0], ends[1], "outside an interval")


def ratio(value: float, low: float, high: float, shape: Shape) -> Ratio:
    """A ratio in words: points of safety for a point of reasoning."""
    words = {
        "interval": f"{value:+.2f} [{low:+.2f}, {high:+.2f}]",
        "outside an interval": "unbounded: the change in reasoning may be 0; only ratios between "
        f"{low:+.2f} and {high:+.2f} are ruled out",
        "everything": "unbounded: neither change is known well enough, no ratio is ruled out",
    }
    return Ratio(value=value, low=low, high=high, shape=shape, words=words[shape])
