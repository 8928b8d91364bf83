"""What difference between two arms a design can find: the minimum detectable effect (MDE).

Scores in [0, 1] of the same items in every arm, as a crossed random-effects model:
score = arm + item + arm x item + run + run x item + sample. Items cancel in a paired
difference; what is left, for `items` n, `seeds` S and `samples` K:

    variance = 2 (run / S  +  (arm x item) / n  +  (run x item) / (n S)  +  sample / (n S K))

Miller 2024 (arXiv:2411.00640) for items and samples; the term of the runs is Bouthillier et al.
2021 (arXiv:2103.03098). Items come in clusters when they share a template or a passage: give the
number of clusters, not of items, if their effects are alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import inf, isinf, sqrt

from curate.errors import InputError

MOST_SEEDS = 10_000
LARGE = 1e5
"""Degrees of freedom from which t is taken as normal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variances:
    """Variance components of one score, in squared units of the score."""

    sample: float
    """Between samples of one item in one run; p (1 - p) on average for right and wrong."""
    seed: float
    """Between runs of one arm, of their true means over all items."""
    arm_item: float
    """Of the items' own effects of an arm, half of that of the difference of two arms."""
    seed_item: float = 0.0
    """Between runs of one arm on one item, beyond the run's mean."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not (0 <= value < inf):
                raise InputError(
                    f"the variance `{name}` is {value}",
                    why="a variance is a finite number of at least 0",
                    fix="give the variance in squared units of the score, such as 0.0002",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured of each arm; every number at least 1."""

    items: int
    seeds: int
    samples: int = 1
    arms: int = 2
    """Arms whose runs are pooled for the variance between runs."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise InputError(
                    f"`{name}` is {getattr(self, name)}",
                    why="a design has at least one of each",
                    fix=f"give `{name}` as a whole number from 1 on",
                )


def error_variance(parts: Variances, size: Size) -> float:
    """Variance of the paired difference of two arms, in squared units of the score."""
    return run_variance(parts, size) + item_variance(parts, size)


def run_variance(parts: Variances, size: Size) -> float:
    """What the runs add to the variance of a difference."""
    return 2 * parts.seed / size.seeds


def item_variance(parts: Variances, size: Size) -> float:
    """What items and samples add to the variance of a difference."""
    return 2 * (parts.arm_item / size.items) + noise_variance(parts, size)


def noise_variance(parts: Variances, size: Size) -> float:
    """What samples, and items within runs, add to the variance of a difference."""
    of_one = parts.seed_item + parts.sample / size.samples
    return 2 * of_one / (size.items * size.seeds)


def freedom(parts: Variances, size: Size) -> float:
    """Satterthwaite's degrees of freedom of that variance; inf if the runs do not vary or cannot.

    The item term has items - 1. The run term is found by taking the noise from the mean square
    between runs, pooled over arms: that mean square has arms (seeds - 1), noise included. With
    one seed there is nothing to estimate it from: the pilot's variance is then taken as known.
    """
    runs, noise = run_variance(parts, size), noise_variance(parts, size)
    between = size.arms * (size.seeds - 1)
    terms = [(item_variance(parts, size), size.items - 1)]
    terms += [(runs + noise, between)] if between else []
    below = sum(value**2 / df for value, df in terms if df)
    return error_variance(parts, size) ** 2 / below if below > 0 else inf


def power_of(
    effect: float, parts: Variances, size: Size, *, alpha: float = 0.05, sides: int = 2
) -> float:
    """Chance in [0, 1] that a test of level `alpha` finds a true difference of `effect`."""
    se = sqrt(error_variance(parts, size))
    if se == 0:
        return 1.0 if effect else alpha
    return chance_of(abs(effect) / se, freedom(parts, size), alpha=alpha, sides=sides)


def chance_of(shift: float, df: float, *, alpha: float, sides: int) -> float:
    """Power of a t test whose true effect is `shift` standard errors, by the noncentral t."""
    from scipy.special import nctdtr, stdtr

    critical = quantile(1 - alpha / sides, df)
    if isinf(df):
        return normal_above(critical - shift) + (sides - 1) * normal_above(critical + shift)
    if shift == 0:
        return float(sides * stdtr(df, -critical))
    return 1 - float(nctdtr(df, shift, critical))  # the other tail is below 0.001 from 0.7 on


@cache
def shift_of(df: float, *, alpha: float, power: float, sides: int) -> float:
    """Standard errors that a true effect must measure to be found with this power."""
    from scipy.optimize import brentq

    simple = quantile(1 - alpha / sides, df) + quantile(power, df)
    if df > LARGE:
        return simple  # with normal quantiles the sum is exact but for the far tail

    def lacking(shift: float) -> float:
        return chance_of(shift, df, alpha=alpha, sides=sides) - power

    # With few degrees of freedom the sum of the quantiles is too small, by 14 % with one.
    return float(brentq(lacking, 0.0, 2 * simple))


def detectable(
    parts: Variances,
    size: Size,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    sides: int = 2,
    exact: bool = True,
) -> float:
    """The smallest true difference found with chance `power`, in units of the score.

    `exact` uses the noncentral t, otherwise normal quantiles: 2.8 standard errors by default,
    as published tables do.
    """
    check_level(alpha, power)
    df = freedom(parts, size) if exact else inf
    factor = shift_of(df, alpha=alpha, power=max(power, alpha * 1.001), sides=sides)
    return factor * sqrt(error_variance(parts, size))


def seeds_needed(
    effect: float,
    parts: Variances,
    size: Size,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    sides: int = 2,
) -> int | None:
    """The fewest seeds, from 2 on, that make `effect` detectable; None if no number does.

    None means that items are too few: their part of the variance stays however many runs.
    """

    def enough(seeds: int) -> bool:
        bigger = Size(items=size.items, seeds=seeds, samples=size.samples, arms=size.arms)
        return detectable(parts, bigger, alpha=alpha, power=power, sides=sides) <= abs(effect)

    if not enough(MOST_SEEDS):
        return None
    low, high = 1, MOST_SEEDS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table of designs."""

    size: Size
    detectable: float
    """In units of the score, with t quantiles; inf where one seed leaves no test."""
    detectable_normal: float
    """The same with normal quantiles: what it would be were the variances known."""
    runs: int
    """Training runs of one comparison of two arms."""


def table_of(
    parts: Variances,
    *,
    items: Sequence[int],
    seeds: Sequence[int],
    samples: Sequence[int],
    arms: int = 2,
    alpha: float = 0.05,
    power: float = 0.8,
) -> list[Row]:
    """Every combination of sizes with what it can find; one row each."""
    sizes = [
        Size(items=n, seeds=s, samples=k, arms=arms) for n, s, k in product(items, seeds, samples)
    ]
    return [row_of(parts, size, alpha=alpha, power=power) for size in sizes]


def row_of(parts: Variances, size: Size, *, alpha: float, power: float) -> Row:
    """One design."""
    normal = detectable(parts, size, alpha=alpha, power=power, exact=False)
    exact = inf if size.seeds < 2 else detectable(parts, size, alpha=alpha, power=power)
    return Row(size=size, detectable=exact, detectable_normal=normal, runs=2 * size.seeds)


def quantile(level: float, df: float) -> float:
    """Quantile of Student's t; of the normal for infinite degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    return float(ndtri(level) if isinf(df) else stdtrit(df, level))


def normal_above(x: float) -> float:
    """Chance of a standard normal above x."""
    from scipy.special import ndtr

    return float(ndtr(-x))


def check_level(alpha: float, power: float) -> None:
    """Refuse levels outside (0, 1)."""
    if not (0 < alpha < 1 and 0 < power < 1):
        raise InputError(
            f"the levels are {alpha} and {power}",
            why="an error level, a power and an accuracy lie between 0 and 1, both excluded",
            fix="give shares such as 0.05 and 0.8, not per cent",
        )
