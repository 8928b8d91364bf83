"""The smallest difference between two arms that a study can see, before anything is trained.

The score of an arm is the mean over items, samples and runs. Items have logits of difficulty with
the standard deviation `item_sd` around the expected accuracy; each arm shifts each item by its own
`arm_item_sd`; each training run shifts the mean by its seed. Items are paired, so their difficulty
cancels in the difference of two arms, whose variance is

    2 arm_item_sd^2 E[(pq)^2] / clusters  +  2 E[pq] sum(items / samples) / (items^2 seeds)
    +  2 s^2 / seeds,      s^2 = seed_sd^2 - E[pq] / seed_items

with p the chance of a right answer to an item, q = 1 - p, and sums over the suites of a domain. The
smallest detectable difference is as many of its roots as a t test finds with that power
(`curate.detectable.shift_of`), with Satterthwaite's degrees of freedom: clusters - 1 for the items,
arms x (seeds - 1) x bases for the pooled seeds.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from curate.binary_variances import binary_variances
from curate.detectable import shift_of
from curate.train.specs import PilotSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The size of one suite in the study."""

    suite: str
    domain: str
    items: int
    clusters: int
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """How often what is trained, and how many questions are asked of it."""

    seeds: int
    arms: int = 2
    bases: int = 1
    contrasts: int = 1
    """Of the primary family, among which `alpha` is divided (Bonferroni, the worst of Holm)."""
    alpha: float = 0.05
    power: float = 0.8


def variances(suites: Sequence[Planned], seeds: int, pilot: PilotSpec) -> tuple[float, float]:
    """Variance of the difference of two arms in a domain: of items and samples, and of seeds."""
    parts = binary_variances(
        pilot.accuracy, seed_sd=0.0, item_sd=pilot.item_sd, arm_item_sd=pilot.arm_item_sd
    )
    items = sum(suite.items for suite in suites)
    clusters = sum(suite.clusters for suite in suites)
    sampling = sum(suite.items / suite.samples for suite in suites) / items**2
    seed = max(0.0, pilot.seed_sd**2 - parts.sample / pilot.seed_items)
    of_items = 2 * parts.arm_item / clusters + 2 * parts.sample * sampling / seeds
    return of_items, 2 * seed / seeds


def normal_difference(
    suites: Sequence[Planned], seeds: int, pilot: PilotSpec, *, multiple: float = 2.8
) -> float:
    """The same with a normal quantile: 2.8 standard errors (two-sided 5 %, power 80 %)."""
    of_items, of_seeds = variances(suites, seeds, pilot)
    return multiple * math.sqrt(of_items + of_seeds)


def detectable(suites: Sequence[Planned], runs: Runs, pilot: PilotSpec) -> float:
    """The smallest detectable difference of mean scores of one domain, in (0, infinity].

    One seed cannot see how much seeds differ: infinite, unless their variance is 0.
    """
    of_items, of_seeds = variances(suites, runs.seeds, pilot)
    seed_df = runs.arms * (runs.seeds - 1) * runs.bases
    if of_seeds and not seed_df:
        return float("inf")
    item_df = max(1, sum(suite.clusters for suite in suites) - 1)
    total = of_items + of_seeds
    freedom = total**2 / (of_items**2 / item_df + (of_seeds**2 / seed_df if of_seeds else 0.0))
    alpha = runs.alpha / runs.contrasts
    return shift_of(freedom, alpha=alpha, power=runs.power, sides=2) * math.sqrt(total)


def by_domain(suites: Iterable[Planned]) -> dict[str, list[Planned]]:
    """The suites of each domain, in the order in which they come."""
    found: dict[str, list[Planned]] = {}
    for suite in suites:
        found.setdefault(suite.domain, []).append(suite)
    return found


def seeds_needed(
    suites: Sequence[Planned], runs: Runs, pilot: PilotSpec, detect: float, most: int = 64
) -> int | None:
    """The fewest seeds that see a difference; None where `most` are too few."""
    for seeds in range(1, most + 1):
        if detectable(suites, replace(runs, seeds=seeds), pilot) <= detect:
            return seeds
    return None
