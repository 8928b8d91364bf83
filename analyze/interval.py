"""A number with its interval, by Student's t, and Satterthwaite's degrees of freedom."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf, isnan, nan

from curate.detectable import quantile

NOTHING = 1e-7
"""An error as small as this is what a cancelled variance leaves over: 1e-5 points of a score."""
ROUNDING = 1e-12
"""A mean as small as this is what sums of scores leave over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its interval."""

    name: str
    value: float
    se: float
    df: float
    low: float
    high: float
    p: float
    """Two-sided, against 0."""
    level: float
    """Of the interval, such as 0.95."""
    seeds_known: bool
    """Whether the error holds the variation between runs; if not, no claim about training."""

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out 0 and knows about runs."""
        return self.seeds_known and (self.low > 0 or self.high < 0)


def satterthwaite(terms: Sequence[tuple[float, float]], total: float) -> float:
    """Degrees of freedom of a variance `total` from terms with theirs; inf for no variance."""
    below = sum(value**2 / df for value, df in terms if df > 0)
    return max(1.0, total**2 / below) if below > 0 and total > 0 else inf


def interval(
    name: str, value: float, se: float, df: float, alpha: float, seeds_known: bool = True
) -> Estimate:
    """An estimate with a t interval; what is smaller than rounding errors is nothing.

    A difference that never varied has no error to be tested by, and says nothing about other runs.
    """
    value, se = 0.0 if abs(value) < ROUNDING else value, 0.0 if se < NOTHING else se
    half = quantile(1 - alpha / 2, df) * se
    return Estimate(
        name=name, value=value, se=se, df=df, low=value - half, high=value + half,
        p=t_two_sided(value / se, df) if se > 0 else 1.0, level=1 - alpha,
        seeds_known=seeds_known and (se > 0 or value == 0),
    )  # fmt: skip


def t_two_sided(t: float, df: float) -> float:
    """Two-sided p of a t statistic."""
    from scipy.special import ndtr, stdtr

    if isnan(t):
        return nan
    return float(2 * (ndtr(-abs(t)) if isinf(df) else stdtr(df, -abs(t))))
