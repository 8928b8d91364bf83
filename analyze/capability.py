"""Does the effect of an arm depend on how capable the base is?

Capability is measured: the untrained base's accuracy. Where the effect is a change against that
same base, its measurement noise enters both sides with opposite signs, and weak-looking bases
seem to gain most (regression to the mean; Blomqvist 1977, DOI 10.2307/2286226). So items are
split in two halves by cluster: capability from one, the effect from the other, both ways round.
What noise is left in the capability draws the slope towards 0; the halves' agreement corrects it.

The base is the unit: with B bases a slope has B - 2 degrees of freedom, and none is given below
five. Until then: an effect for each base and their heterogeneity (Cochran's Q, I²; Higgins &
Thompson 2002, DOI 10.1002/sim.1186), and a mean effect over bases by Paule & Mandel (1982) with the
interval of Hartung & Knapp (2001, DOI 10.1002/sim.791).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from curate.analyze.crossed import arm_fit, changes_of, estimate
from curate.analyze.interval import NOTHING, Estimate, interval
from curate.analyze.panel import Flags, Floats, Ints, Panel
from curate.errors import InputError

LEAST_BASES = 5
"""Bases from which a slope is given: three degrees of freedom."""
DIFFER, ALIKE = "effects differ between bases", "no difference between bases shown"
LEAST_RELIABILITY = 0.5
"""Below it the halves disagree too much about which base is the better one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """How much effects differ between bases beyond their errors."""

    q: float
    df: int
    p: float
    """Against one effect for all bases; small numbers of bases find little."""
    i2: float
    """Share in [0, 1] of the variation between bases that is not error."""
    i2_low: float
    i2_high: float
    """95 % interval, test-based; 0 to 1, so nothing, with two bases."""
    tau: float
    """Standard deviation of the true effects over bases, in units of the score."""
    mean: Estimate
    """Mean effect over bases like these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """One base: capability and effect from each half of the items."""

    base: str
    capability: tuple[float, float]
    effect: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """How the effect goes with the capability of the base."""

    bases: tuple[str, ...]
    capability: tuple[float, ...]
    """Accuracy of each untrained base over all items."""
    effects: tuple[Estimate, ...]
    heterogeneity: Heterogeneity
    slope: Estimate | None
    """Change of the effect for a capability higher by 1, disattenuated; None below five bases."""
    slope_raw: Estimate | None
    """The same before noise in the capability is corrected: what the test rests on."""
    reliability: float | None
    """Agreement of the halves about capability, in [0, 1]."""
    words: str


def capability_of(
    effects: Sequence[Estimate], halves: Sequence[Halves], alpha: float = 0.05
) -> Capability:
    """The interaction of an effect with capability over bases, in the same order."""
    if [one.name for one in effects] != [one.base for one in halves]:
        raise InputError(
            "effects and capabilities are of different bases",
            why=f"{[one.name for one in effects]} against {[one.base for one in halves]}",
            fix="give both for every base, in the same order",
        )
    raw, reliability = slope_of(halves, alpha) if len(halves) >= LEAST_BASES else (None, None)
    spread = heterogeneity(effects, alpha)
    slope = None
    if raw is not None and reliability is not None and reliability >= LEAST_RELIABILITY:
        slope = scaled(raw, 1 / reliability)
    return Capability(
        bases=tuple(one.base for one in halves),
        capability=tuple(sum(one.capability) / 2 for one in halves),
        effects=tuple(effects),
        heterogeneity=spread,
        slope=slope,
        slope_raw=raw,
        reliability=reliability,
        words=in_words(effects, spread, slope, reliability),
    )


def half_of(clusters: Ints, rng: np.random.Generator) -> Flags:
    """(item,): which items are in the first half; clusters stay whole."""
    names, place = np.unique(clusters, return_inverse=True)
    first = np.zeros(len(names), np.bool_)
    first[rng.permutation(len(names))[: len(names) // 2]] = True
    chosen: Flags = first[place]
    return chosen


def halves_of(
    base: str, base_scores: Floats, change: Floats, first: Flags, weights: Floats | None = None
) -> Halves:
    """Means over the two halves of base scores (item,) and of an effect (item,), seeds averaged."""
    weight = np.ones(len(first)) if weights is None else weights
    parts = [
        (float(np.average(values[part], weights=weight[part])))
        for values in (base_scores, change)
        for part in (first, ~first)
    ]
    return Halves(base=base, capability=(parts[0], parts[1]), effect=(parts[2], parts[3]))


# --- between bases --------------------------------------------------------------------------------


def heterogeneity(effects: Sequence[Estimate], alpha: float = 0.05) -> Heterogeneity:
    """Cochran's Q with I² and the random-effects mean."""
    if len(effects) < 2:
        raise InputError(
            "one base has no heterogeneity",
            why="how an effect differs between bases takes two of them",
            fix="run the arms on another base",
        )
    from scipy.special import chdtrc

    if any(one.se <= NOTHING for one in effects):
        raise InputError(
            "an effect that never varied has no weight among others",
            why="its error is 0 on some base, as where every item is right there in every run",
            fix="evaluate more or harder items",
        )
    values = np.array([one.value for one in effects])
    variances = np.array([one.se**2 for one in effects])
    weights = 1 / variances
    q = float(weights @ (values - np.average(values, weights=weights)) ** 2)
    df = len(values) - 1
    low, high = i2_interval(q, df)
    tau2 = paule_mandel(values, variances)
    mean = hartung_knapp(values, variances, tau2, alpha)
    return Heterogeneity(
        q=q, df=df, p=float(chdtrc(df, q)), i2=max(0.0, 1 - df / q) if q > 0 else 0.0,
        i2_low=low, i2_high=high, tau=sqrt(tau2), mean=mean,
    )  # fmt: skip


def i2_interval(q: float, df: int) -> tuple[float, float]:
    """Test-based 95 % interval of I² (Higgins & Thompson 2002, appendix A2)."""
    if df < 2 or q <= 0:
        return 0.0, 1.0
    if q > df + 1:
        spread = 0.5 * (np.log(q) - np.log(df)) / (sqrt(2 * q) - sqrt(2 * df - 1))
    else:
        spread = sqrt(1 / (2 * (df - 1)) * (1 - 1 / (3 * (df - 1) ** 2)))
    h = 0.5 * np.log(q / df) + 1.96 * spread * np.array((-1, 1))
    low, high = 1 - np.exp(-2 * h)
    return max(0.0, float(low)), max(0.0, float(high))


def paule_mandel(values: Floats, variances: Floats) -> float:
    """Variance of the true effects that makes Q equal to its expectation."""
    from scipy.optimize import brentq

    def excess(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        centre = np.average(values, weights=weights)
        return float(weights @ (values - centre) ** 2) - (len(values) - 1)

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.ptp(values)) ** 2 + float(variances.max())
    while excess(high) > 0:
        high *= 2
    return float(brentq(excess, 0.0, high))


def hartung_knapp(values: Floats, variances: Floats, tau2: float, alpha: float) -> Estimate:
    """Mean effect over bases; error from how they spread, never below that of the weights."""
    weights = 1 / (variances + tau2)
    centre = float(np.average(values, weights=weights))
    df = len(values) - 1
    scale = max(1.0, float(weights @ (values - centre) ** 2) / df)  # Rover et al. 2015, modified
    se = sqrt(scale / float(weights.sum()))
    return interval("mean over bases", centre, se, float(df), alpha)


# --- slope ----------------------------------------------------------------------------------------


def slope_of(halves: Sequence[Halves], alpha: float = 0.05) -> tuple[Estimate, float]:
    """Slope of the effect in one half on the capability in the other, both ways; reliability.

    Residuals of the two ways are averaged for each base, so a base counts once in the error.
    """
    x = np.array([one.capability for one in halves])
    y = np.array([one.effect for one in halves])[:, ::-1]  # the other half
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    square = float((x**2).sum()) / 2
    if square == 0:
        raise InputError(
            "all bases have the same capability",
            why="a slope needs bases of which some are better than others",
            fix="add a base of another size or family",
        )
    value = float((x * y).sum()) / 2 / square
    residual = (y - value * x).mean(axis=1)
    df = float(len(halves) - 2)
    se = sqrt(float(residual @ residual) / df / square)
    reliability = float(x[:, 0] @ x[:, 1]) / square
    return interval("slope on capability", value, se, df, alpha), reliability


def naive_slope(halves: Sequence[Halves], alpha: float = 0.05) -> Estimate:
    """Effect on capability from the same items: biased downwards, to show by how much."""
    x = np.array([np.mean(one.capability) for one in halves])
    y = np.array([np.mean(one.effect) for one in halves])
    x, y = x - x.mean(), y - y.mean()
    value = float(x @ y / (x @ x))
    df = float(len(x) - 2)
    se = sqrt(float(((y - value * x) ** 2).sum()) / df / float(x @ x))
    return interval("naive slope", value, se, df, alpha)


def scaled(one: Estimate, factor: float) -> Estimate:
    """An estimate times a positive number taken as known."""
    return Estimate(
        name=one.name, value=one.value * factor, se=one.se * factor, df=one.df,
        low=one.low * factor, high=one.high * factor, p=one.p, level=one.level,
        seeds_known=one.seeds_known,
    )  # fmt: skip


def in_words(
    effects: Sequence[Estimate],
    spread: Heterogeneity,
    slope: Estimate | None,
    reliability: float | None,
) -> str:
    """What can be said."""
    differ = ALIKE
    if not all(one.seeds_known for one in effects):
        differ = "one run of each arm: bases may differ by luck of the seed"
    elif spread.p < 0.05:
        differ = DIFFER
    if len(effects) < LEAST_BASES:
        return f"{differ}; {len(effects)} bases: whether capability is why takes {LEAST_BASES}"
    if slope is None:
        return f"{differ}; the bases are too alike in capability (reliability {reliability:.2f})"
    if not slope.is_shown:
        return f"{differ}; no slope on capability shown, one within the interval is not ruled out"
    way = "more" if slope.value > 0 else "less"
    return f"{differ}; better bases gain {way}: {slope.value:+.2f} per unit of accuracy"


def base_effect(
    panel: Panel,
    arm: str,
    reference: str | None,
    rng: np.random.Generator,
    *,
    window: int = 2,
    alpha: float = 0.05,
) -> tuple[Estimate, Halves]:
    """An arm's effect at one base against `reference`, or the untrained base for None; its halves.

    To be collected over bases and given to `capability_of`.
    """
    arms = [arm] if reference is None else [arm, reference]
    runs = changes_of(panel, window, arms)
    signs = np.array([1.0, -1.0])[: len(arms)]
    effect = estimate(arm_fit(runs), signs, panel.base_name, alpha)
    by_arm = [runs.scores[runs.arm == a].mean(axis=0) for a in range(len(arms))]
    kept = np.arange(len(panel.items)) if runs.kept is None else runs.kept
    first = half_of(runs.items.clusters, rng)
    return effect, halves_of(
        panel.base_name, panel.base[kept], signs @ np.stack(by_arm), first, runs.items.weights
    )
