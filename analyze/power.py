"""Seeds, items and samples for the next study, from the variances of a pilot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.analyze.crossed import Items, Runs, cluster_sums, item_covariance
from curate.analyze.panel import Floats, Ints
from curate.detectable import Row, Size, Variances, detectable, seeds_needed, table_of
from curate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What a pilot says about noise."""

    variances: Variances
    run_df: int
    """Degrees of freedom of the variance between runs; below 5 it may be off by half."""
    clusters: int
    items_per_cluster: float
    notes: tuple[str, ...]


def pilot(runs: Runs, sample_variance: float | None = None, samples: int = 1) -> Pilot:
    """Variance components of a study's runs.

    `samples`: how many were averaged into each score, which is samples of an item times checkpoints
    of the window; designs then count the same way. `sample_variance`: the mean over items of
    the variance between samples of one run, in squared units of the score; without it, p (1 - p)
    of each score corrected for the samples, which is exact for right and wrong, or, with one
    sample, all that differs between runs of one arm on one item.
    """
    counts = np.bincount(runs.arm, minlength=len(runs.arms))
    if counts.max() < 2 or len(runs.arms) < 2:
        raise InputError(
            "the pilot cannot say how runs differ",
            why=f"it has {len(runs.arms)} arms with at most {counts.max()} runs each",
            fix="give `--seed-sd`, or run two seeds of two arms",
        )
    means, within = arm_item_means(runs)
    free = int((counts - 1).sum())
    crossed = crossed_variance(within, free, runs.items)
    noise = sample_noise(runs.scores, samples) if sample_variance is None else sample_variance
    noise = min(noise, crossed * samples)
    seed = max(
        0.0, run_mean_square(within, free, runs.items) - mean_noise(within, free, runs.items)
    )
    clusters = len(np.unique(runs.items.clusters))
    return Pilot(
        variances=Variances(
            sample=noise,
            seed=seed,
            seed_item=max(0.0, crossed - noise / samples),
            arm_item=arm_item_variance(means, counts, crossed, runs.items),
        ),
        run_df=free,
        clusters=clusters,
        items_per_cluster=len(runs.items.clusters) / clusters,
        notes=notes_on(free, seed),
    )


def arm_item_means(runs: Runs) -> tuple[Floats, Floats]:
    """Means over runs (arm, item), and what each run differs from them by (run, item)."""
    one = (runs.arm == np.arange(len(runs.arms))[:, None]).astype(np.float64)
    means: Floats = one @ runs.scores / one.sum(axis=1, keepdims=True)
    return means, runs.scores - means[runs.arm]


def crossed_variance(within: Floats, free: int, items: Items) -> float:
    """Variance of one score of one run on one item about its arm and run, noise included."""
    inner = within - (within @ items.weights)[:, None]
    return float((inner**2 @ items.weights).sum() / free)


def run_mean_square(within: Floats, free: int, items: Items) -> float:
    """Variance between the means of runs of one arm, noise included."""
    return float(((within @ items.weights) ** 2).sum()) / free


def mean_noise(within: Floats, free: int, items: Items) -> float:
    """The part of it that items and samples make."""
    return float(np.trace(item_covariance(within, items))) / free


def arm_item_variance(means: Floats, counts: Ints, crossed: float, items: Items) -> float:
    """Variance of the items' own effects of an arm, less the noise of its runs.

    Clusters count: what their items share is scaled up to the variance of single items that would
    make the same error.
    """
    centred = means - means.mean(axis=0)
    free = len(means) - 1
    size = 1 / float((items.weights**2).sum())
    found = float((cluster_sums(items)(centred) ** 2).sum()) / free * size
    return max(0.0, found - crossed * float((1 / counts).mean()))


def sample_noise(scores: Floats, samples: int) -> float:
    """Mean variance of one sample of right-or-wrong items, from means over `samples`."""
    if samples < 2:
        return float("inf")
    return float((scores * (1 - scores)).mean()) * samples / (samples - 1)


def notes_on(free: int, seed: float) -> tuple[str, ...]:
    """What the reader must know of the pilot."""
    notes = []
    if free < 5:
        notes.append(f"the variance between runs has {free} degrees of freedom: half or double")
    if seed == 0:
        notes.append("runs differ by no more than their items: take 1 point of seed noise at least")
    return tuple(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What designs of the next study can find."""

    rows: tuple[Row, ...]
    seeds: dict[int, int | None]
    """Seeds that make `effect` detectable, by number of items; None where none do."""
    effect: float
    words: str


def power(
    variances: Variances,
    effect: float,
    *,
    items: Sequence[int] = (30, 100, 300, 1000),
    seeds: Sequence[int] = (1, 3, 5),
    samples: Sequence[int] = (1, 4, 16),
    arms: int = 2,
    alpha: float = 0.05,
    chance: float = 0.8,
) -> Power:
    """A table of designs, and the fewest seeds for `effect` (units of the score)."""
    rows = table_of(
        variances, items=items, seeds=seeds, samples=samples, arms=arms, alpha=alpha, power=chance
    )
    most = max(samples)
    needed = {
        n: seeds_needed(
            effect, variances, Size(items=n, seeds=1, samples=most, arms=arms),
            alpha=alpha, power=chance,
        )
        for n in items
    }  # fmt: skip
    return Power(
        rows=tuple(rows), seeds=needed, effect=effect, words=in_words(effect, needed, most)
    )


def in_words(effect: float, needed: dict[int, int | None], samples: int) -> str:
    """The answer in one sentence."""
    points = f"{100 * effect:g} points"
    possible = {items: seeds for items, seeds in needed.items() if seeds is not None}
    if not possible:
        return f"no number of seeds finds {points} with {max(needed)} items: add items"
    items, seeds = min(possible.items(), key=lambda one: (one[1], one[0]))
    return f"{points}: {seeds} seeds for each arm with {items} items and {samples} samples of each"


def floor_of(variances: Variances, items: int, samples: int, seeds: int = 1000) -> float:
    """What a design finds with seeds without end: the floor that the items set."""
    return detectable(variances, Size(items=items, seeds=seeds, samples=samples), exact=False)
