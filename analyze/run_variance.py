"""The part of a contrast's variance that training runs make, pooled over arms and checkpoints.

Three seeds of one arm tell a variance with two degrees of freedom; that is too few to say anything.
So the covariance of checkpoint means over runs is pooled over the arms, and over checkpoints by
their distance (in checkpoints, as grids are log-spaced):

- a contrast whose weights sum to 0 within an arm (window against window) takes the variogram: the
  mean of half the squared difference over all pairs as far apart. What a run keeps from start to
  end cancels in it, as it does in the contrast;
- any other (an arm against the base, or against another arm) takes the mean covariance by distance.

Both are linear in the covariance of runs: the variance is tr(M Σ) with M made from the contrast. So
its degrees of freedom are known, d (tr M S)² / tr(M S M S) for d residual degrees of the runs
(Satterthwaite 1946 for quadratic forms of normal vectors), and are not the same for all contrasts.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from curate.analyze.panel import Floats, Ints

PRIOR = 8
"""Degrees of freedom that the mean variance of all checkpoints counts for beside each one's own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunParts:
    """For each contrast, what runs add to its variance."""

    total: Floats
    """(contrast,): decoding noise included; this is what runs show and what is uncertain."""
    noise: Floats
    """(contrast,): the decoding noise in it, which the variance over items has already."""
    degrees: Floats
    """(contrast,): of `total`; 0 where no arm has two runs."""

    @property
    def seeds(self) -> Floats:
        """(contrast,): what the seeds add to the variance over items."""
        added: Floats = np.maximum(self.total - self.noise, 0)
        return added


def run_parts(
    own: Floats, runs: Ints, *, covariance: Floats, noise: Floats, degrees: int
) -> RunParts:
    """Parts of contrasts `own` (contrast, arm, step) with `runs` (arm,) from raw covariances."""
    if degrees == 0:
        nothing = np.zeros(len(own))
        return RunParts(total=nothing, noise=nothing, degrees=nothing)
    level, pairs = _bases(own.shape[2])
    scaled = own / np.sqrt(runs)[:, None]
    closed = np.abs(own.sum(axis=2)) < 1e-9  # (contrast, arm): sums to 0
    within = _by_distance(np.where(closed[..., None], scaled, 0))
    across = _by_distance(np.where(closed[..., None], 0, scaled))
    forms = np.tensordot(within, pairs, 1) + np.tensordot(across, level, 1)
    product = forms @ by_distance(covariance)
    trace = np.trace(product, axis1=1, axis2=2)
    square = np.einsum("kst,kts->k", product, product)
    effective = np.divide(trace**2, square, out=np.ones(len(own)), where=square > 0)
    total = np.einsum("kst,st->k", forms, covariance) * _local(own, covariance, degrees)
    return RunParts(
        total=np.maximum(total, 0),
        noise=np.maximum(np.einsum("kat,ts,kas->k", scaled, noise, scaled), 0),
        degrees=np.maximum(degrees * effective, 1),
    )


def by_distance(covariance: Floats) -> Floats:
    """Checkpoints covary as those as far apart do on average; a covariance matrix all the same."""
    level, _ = _bases(len(covariance))
    means = np.einsum("dst,st->d", level, covariance)
    return positive_part(np.tensordot(means, _distances(len(covariance)), 1))


def _local(own: Floats, covariance: Floats, degrees: int) -> Floats:
    """(contrast,): how much more than on average runs vary at the checkpoints of a contrast.

    Runs differ most in the middle of training, where a dip is read (ablation.md 6.3); each
    checkpoint's own variance counts as far as `degrees` let it be known beside the mean of all.
    """
    variances = np.diagonal(covariance)
    ratio = (PRIOR + degrees * variances / max(variances.mean(), 1e-300)) / (PRIOR + degrees)
    weights = (own**2).sum(axis=1)
    sums = weights.sum(axis=1)
    mean: Floats = np.divide(weights @ ratio, sums, out=np.ones(len(own)), where=sums > 0)
    return mean


def _by_distance(rows: Floats) -> Floats:
    """(contrast, distance): products of weights summed over the pairs so far apart, and arms."""
    steps = rows.shape[2]
    products = np.einsum("kas,kat->kst", rows, rows)
    sums: Floats = np.einsum("kst,dst->kd", products, _distances(steps))
    return sums


@lru_cache(maxsize=64)
def _distances(steps: int) -> Floats:
    """(distance, step, step): 1 where two checkpoints are so far apart."""
    apart = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    ones: Floats = (apart == np.arange(steps)[:, None, None]).astype(float)
    return ones


@lru_cache(maxsize=64)
def _bases(steps: int) -> tuple[Floats, Floats]:
    """(distance, step, step) twice: forms of the mean covariance and of minus the variogram."""
    apart = _distances(steps)
    level = apart / apart.sum(axis=(1, 2), keepdims=True)
    pairs = np.zeros_like(apart)
    for distance in range(1, steps):
        pairs[distance] = apart[distance] / 2 - np.diag(apart[distance].sum(axis=1)) / 2
        pairs[distance] /= steps - distance
    return level, pairs


def positive_part(covariance: Floats) -> Floats:
    """The nearest covariance matrix: negative eigenvalues, which noise makes, set to 0."""
    values, vectors = np.linalg.eigh(covariance)
    part: Floats = (vectors * np.maximum(values, 0)[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return part
