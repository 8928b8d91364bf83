"""What a mean over items and runs owes to the items and what to the runs.

A *node* is a mean over items: node 0 is the base, node 1 + a·T + t is arm a at checkpoint t,
averaged over its runs. A contrast is a weighted sum of nodes. Its variance has two parts
(ablation.md 4.2 and 4.5, after Miller 2024, arXiv:2411.00640):

- items: a sample of clusters; the covariance of the nodes is that of their cluster sums. It holds
  the noise of decoding too, divided by the number of runs, as that varies from item to item;
- runs: the covariance of the checkpoint means over the runs of an arm, pooled over arms and
  smoothed by lag over checkpoints, less the noise of decoding, which the first part has already.

Suites of a domain are strata: they are fixed, their items are a sample.
"""

from dataclasses import dataclass, replace

import numpy as np

from curate.analyze.panel import Flags, Floats, Ints, Panel
from curate.analyze.run_variance import RunParts, run_parts
from curate.analyze.runs import refuse_few_clusters, replicates, whole_runs
from curate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Means of the nodes and the covariances that every interval is made from."""

    arms: tuple[str, ...]
    steps: tuple[int, ...]
    means: Floats
    """(node,): base first, then arm by arm; NaN for a base that was not evaluated."""
    item_covariance: Floats
    """(node, node): of the means, over samples of item clusters."""
    run_covariance: Floats
    """(step, step): of one run's checkpoint means, decoding noise included; 0 where unknown."""
    noise_covariance: Floats
    """(step, step): the part of it that decoding makes."""
    runs: Ints
    """(arm,): runs (or mixture draws, where those were repeated) that the means average over."""
    item_df: float
    """Degrees of freedom of `item_covariance`: about the number of clusters less one."""
    run_degrees: int
    """Runs less arms: the degrees of freedom of `run_covariance`; 0 where no arm has two runs."""
    items: int
    clusters: int
    item_spread: float
    """Standard deviation over items of their score, averaged over arms: the unit of a
    standardized effect."""
    notes: tuple[str, ...] = ()
    """What was left out, and what the design cannot know."""

    @property
    def has_base(self) -> bool:
        """Whether the base was evaluated on these items."""
        return not np.isnan(self.means[0])

    @property
    def seeds_known(self) -> bool:
        """Whether any arm has two runs, so that the noise of training can be told at all."""
        return self.run_degrees > 0

    def knows(self, *arms: str | None) -> bool:
        """Whether each of some arms (None is the base) has two runs to be judged by.

        The variance of runs is pooled, but an arm with one run could have had any other.
        """
        own = [self.runs[self.place(arm)] for arm in arms if arm is not None]
        return self.seeds_known and all(count > 1 for count in own)

    def place(self, arm: str) -> int:
        """Where an arm stands among the arms."""
        if arm not in self.arms:
            raise InputError(
                f"no arm `{arm}`",
                why=f"the arms are {', '.join(self.arms)}",
                fix="name one of them",
            )
        return self.arms.index(arm)

    def one_arm(self, arm: str) -> "Moments":
        """The base and one arm; what its runs vary by stays pooled over all arms."""
        place, width = self.place(arm), len(self.steps)
        nodes = np.r_[0, 1 + place * width + np.arange(width)]
        return replace(
            self,
            arms=(arm,),
            means=self.means[nodes],
            item_covariance=self.item_covariance[np.ix_(nodes, nodes)],
            runs=self.runs[[place]],
        )

    def item_parts(self, contrasts: Floats) -> Floats:
        """(contrast, contrast): covariance of the estimates over samples of items."""
        return contrasts @ self.item_covariance @ contrasts.T

    def run_parts(self, contrasts: Floats) -> RunParts:
        """What runs add to the variance of each contrast (contrast, node)."""
        return run_parts(
            self.by_arm(contrasts),
            self.runs,
            covariance=self.run_covariance,
            noise=self.noise_covariance,
            degrees=self.run_degrees,
        )

    def by_arm(self, contrasts: Floats) -> Floats:
        """(contrast, arm, step): the weights but that of the base."""
        return contrasts[:, 1:].reshape(len(contrasts), len(self.arms), len(self.steps))


def moments(panel: Panel) -> Moments:
    """Means and covariances of a panel over the items and runs that are whole.

    A run that lacks a checkpoint and an item that lacks a score anywhere are left out, and said
    so in the notes: a mean over other items would be no paired comparison.
    """
    values, notes = replicates(panel)
    whole, run_notes = whole_runs(panel, values)
    has_base = not np.isnan(panel.base).all()
    absent: Flags = np.isnan(values[whole])
    scored: Flags = ~np.any(absent, axis=(0, 1))
    if has_base:
        scored &= ~np.isnan(panel.base)
    if missing := int((~scored).sum()):
        share = missing / len(scored)
        notes += (f"{missing} of {len(scored)} items ({share:.0%}) lack a score somewhere",)
    refuse_few_clusters(panel, scored)
    kept = np.where(whole[..., None, None], values[..., scored], np.nan)
    counts = np.bincount(panel.suite[scored], minlength=len(panel.suites))
    found = moments_of(
        kept,
        panel.base[scored],
        weights=(panel.suite_weights / np.maximum(counts, 1))[panel.suite[scored]],
        suite=panel.suite[scored],
        clusters=np.unique(panel.clusters[scored], return_inverse=True)[1].astype(np.int64),
    )
    return replace(found, arms=panel.arms, steps=panel.steps, notes=notes + run_notes + found.notes)


def moments_of(
    values: Floats, base: Floats, *, weights: Floats, suite: Ints, clusters: Ints
) -> Moments:
    """Moments of plain arrays: values (arm, run, step, item) with absent runs all NaN."""
    arms, _, steps, items = values.shape
    present = ~np.isnan(values[:, :, 0, 0])
    runs = present.sum(axis=1)
    filled = np.where(present[..., None, None], values, 0.0)
    by_arm = filled.sum(axis=1) / runs[:, None, None]  # (arm, step, item)
    nodes = np.vstack([base[None], by_arm.reshape(arms * steps, items)])
    sums = ClusterSums.of(weights=weights, suite=suite, clusters=clusters)
    spread = sums(np.nan_to_num(nodes))
    residual = np.where(present[..., None, None], filled - by_arm[:, None], 0.0)
    degrees = int((runs - 1).sum())
    total, noise = _run_covariances(residual, sums, weights, degrees)
    return Moments(
        arms=tuple(map(str, range(arms))),
        steps=tuple(range(1, steps + 1)),
        means=nodes @ weights,
        item_covariance=spread @ spread.T,
        run_covariance=total,
        noise_covariance=noise,
        runs=runs.astype(np.int64),
        item_df=sums.degrees,
        run_degrees=degrees,
        items=items,
        clusters=sums.count,
        item_spread=float(np.sqrt(_weighted_variance(by_arm.mean(axis=(0, 1)), weights))),
        notes=() if degrees else ("one run an arm: what another seed would do is unknown",),
    )


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSums:
    """Weighted sums over clusters of what items differ from the mean of their suite by."""

    weights: Floats
    suite: Ints
    order: Ints
    """Items, cluster by cluster."""
    starts: Ints
    scale: Floats
    """(cluster,): root of G / (G − 1) with G clusters in the suite: centring costs one."""
    degrees: float
    count: int

    @classmethod
    def of(cls, *, weights: Floats, suite: Ints, clusters: Ints) -> "ClusterSums":
        """Clusters are numbered from 0; none may span two suites."""
        order = np.argsort(clusters, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(clusters[order]) > 0])
        at = suite[order][starts]
        size = np.add.reduceat(weights[order], starts)
        many = np.bincount(at)
        squares, fourths = np.bincount(at, size**2), np.bincount(at, size**4)
        # Clusters of unequal size count for fewer (Carter, Schnepel & Steigerwald 2017).
        degrees = np.maximum(squares**2 / np.maximum(fourths, 1e-300) - 1, 1e-9)
        return cls(
            weights=weights,
            suite=suite,
            order=order.astype(np.int64),
            starts=starts.astype(np.int64),
            scale=np.sqrt(many / np.maximum(many - 1, 1))[at],
            degrees=float(squares.sum() ** 2 / (squares**2 / degrees).sum()),
            count=len(starts),
        )

    def __call__(self, rows: Floats) -> Floats:
        """(row, item) to (row, cluster); the outer product of the sums is the covariance."""
        one = np.zeros((len(self.suite), int(self.suite.max()) + 1))
        one[np.arange(len(self.suite)), self.suite] = 1
        means = rows @ (one / one.sum(axis=0))
        weighted = (rows - means[:, self.suite]) * self.weights
        if self.count < len(self.order):
            weighted = np.add.reduceat(weighted[:, self.order], self.starts, axis=1)
        else:
            weighted = weighted[:, self.order]
        scaled: Floats = weighted * self.scale
        return scaled


def _run_covariances(
    residual: Floats, sums: ClusterSums, weights: Floats, degrees: int
) -> tuple[Floats, Floats]:
    """Covariance over runs of checkpoint means, and the part of it from decoding."""
    arms, runs, steps, items = residual.shape
    if degrees == 0:
        return np.zeros((steps, steps)), np.zeros((steps, steps))
    means = np.moveaxis(residual @ weights, -1, 0).reshape(steps, -1)
    noise = sums(residual.reshape(-1, items)).reshape(arms * runs, steps, -1)
    flat = np.moveaxis(noise, 1, 0).reshape(steps, -1)
    return means @ means.T / degrees, flat @ flat.T / degrees


def _weighted_variance(values: Floats, weights: Floats) -> float:
    return float(weights @ (values - weights @ values) ** 2)
