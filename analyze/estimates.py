"""An estimate with its interval, and the degrees of freedom that its variance deserves."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from curate.analyze.panel import Flags, Floats
from curate.analyze.variance import Moments
from curate.detectable import shift_of

POWER = 0.8
"""The chance of finding an effect as large as the minimum detectable one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and where the truth may lie."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """Several contrasts of one panel, each with its own t distribution."""

    values: Floats
    item_errors: Floats
    """Standard errors from the items alone; decoding noise counts among them."""
    seed_errors: Floats
    """Standard errors from the seeds alone; 0 where they are unknown or nothing but noise."""
    errors: Floats
    """Both together."""
    degrees: Floats

    def limit(self, alpha: float) -> Floats:
        """One-sided: the estimates may stray up by this with probability `alpha`."""
        bound: Floats = stdtrit(self.degrees, 1 - alpha) * self.errors
        return bound

    def exceed(self, value: float, alpha: float) -> Flags:
        """Which are greater than `value`, each tested alone."""
        found: Flags = self.values - self.limit(alpha) > value
        return found

    def fall_short(self, value: float, alpha: float) -> Flags:
        """Which are smaller than `value`, each tested alone."""
        found: Flags = self.values + self.limit(alpha) < value
        return found


def estimates(found: Moments, contrasts: Floats) -> Estimates:
    """The contrasts (contrast, node) of a panel, with Satterthwaite's degrees of freedom.

    The variance is the items' plus the seeds'. The latter comes from the covariance of runs with
    decoding noise in it, and that is what is uncertain; so V² / Σ (Vᵢ² / dfᵢ) takes it whole.
    """
    items = np.maximum(np.diagonal(found.item_parts(contrasts)), 0)
    runs = found.run_parts(contrasts)
    variance = items + runs.seeds
    spread = items**2 / found.item_df + runs.total**2 / np.maximum(runs.degrees, 1e-9)
    degrees = np.divide(variance**2, spread, out=np.full(len(items), np.inf), where=spread > 0)
    base_used = contrasts[:, 0] != 0
    means = np.where(np.arange(len(found.means)) == 0, np.nan_to_num(found.means), found.means)
    values = contrasts @ means
    return Estimates(
        values=np.where(base_used & (not found.has_base), np.nan, values),
        item_errors=np.sqrt(items),
        seed_errors=np.sqrt(runs.seeds),
        errors=np.sqrt(variance),
        degrees=np.clip(degrees, 1, np.maximum(1, found.item_df + runs.degrees)),
    )


def detectable(error: float, degrees: float, alpha: float) -> float:
    """The effect found with 80 % chance by a two-sided t test at `alpha`, in units of the error."""
    return shift_of(float(degrees), alpha=alpha, power=POWER, sides=2) * error
