"""Joint critical values: how far the largest of many estimates strays from the truth by chance.

The deviation of a set of contrasts is drawn as the sum of two parts (ablation.md 4.5, step 4):

- items: what a Gaussian multiplier bootstrap of item clusters gives, which, given the data, is a
  normal draw with the cluster covariance, so it is drawn as that, without going through the items;
- seeds: a normal draw with the covariance of runs, itself uncertain: it is first scaled by
  ν / χ²(ν), as in a multivariate t, and what decoding makes of it is taken off after the scaling.
  So where few runs happen to agree, the draws still hold the runs that might not have.

The draws come from a named seed: the same moments give the same critical values.
"""

from functools import lru_cache

import numpy as np
from scipy.special import gammaincinv

from curate.analyze.interval import NOTHING
from curate.analyze.panel import Flags, Floats, Ints
from curate.analyze.run_variance import by_distance
from curate.analyze.variance import Moments

DRAWS = 4096
LEVELS = 16
"""Quantiles of χ² that the scale of the seed part is drawn at; each serves 1/16 of the draws."""
SEED = (2026, 11)
"""Names the stream of random numbers."""


@lru_cache(maxsize=8)
def _normals(draws: int, width: int, stream: int) -> Floats:
    """Standard normals (width, draw), with their mirror images, so that means are exactly 0."""
    half = np.random.default_rng([*SEED, stream]).standard_normal((width, draws // 2))
    both: Floats = np.stack([half, -half], axis=2).reshape(width, draws)
    return both


@lru_cache(maxsize=4096)
def _scales(degrees: float) -> Floats:
    """ν / χ²(ν) at the middles of equal slices of its distribution, (level,)."""
    middles = (np.arange(LEVELS) + 0.5) / LEVELS
    scales: Floats = degrees / (2 * gammaincinv(degrees / 2, middles))  # its χ² quantiles
    return scales


def deviations(found: Moments, contrasts: Floats, draws: int = DRAWS) -> Floats:
    """(contrast, draw): what the estimates may differ from the truth by."""
    if not len(contrasts):
        return np.zeros((0, draws))
    items: Floats = _root(found.item_parts(contrasts)) @ _normals(draws, len(contrasts), 0)
    items *= np.sqrt(
        np.repeat(_scales(max(1.0, round(found.item_df, 1))), draws // LEVELS)[_deal(draws)]
    )
    return items + _seed_deviations(found, contrasts, draws) if found.seeds_known else items


def _seed_deviations(found: Moments, contrasts: Floats, draws: int) -> Floats:
    """(contrast, draw): the part of the seeds, level by level of the scale."""
    parts = found.run_parts(contrasts)
    scales = np.stack([_scales(round(degrees, 1)) for degrees in parts.degrees.tolist()])
    spread = np.sqrt(np.maximum(scales * parts.total[:, None] - parts.noise[:, None], 0))
    own = found.by_arm(contrasts) / np.sqrt(found.runs)[:, None]
    common = np.einsum("kat,ts,las->kl", own, by_distance(found.run_covariance), own)
    size = np.sqrt(np.maximum(np.diagonal(common), 0))
    both = np.outer(size, size)
    unit = np.divide(common, both, out=np.eye(len(size)), where=both > 0)
    drawn: Floats = _root(unit) @ _normals(draws, len(contrasts), 1)
    drawn *= np.repeat(spread, draws // LEVELS, axis=1)
    return drawn


@lru_cache(maxsize=4)
def _deal(draws: int) -> Ints:
    """A fixed shuffle, so that the scale of the items is independent of the scale of the seeds."""
    order: Ints = np.random.default_rng([*SEED, 2]).permutation(draws)
    return order


def _root(covariance: Floats) -> Floats:
    """A square root of covariance matrices, singular ones too."""
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0))[..., None, :]
    return root


def critical(deviation: Floats, errors: Floats, alpha: float, *, two_sided: bool) -> float:
    """The 1 − alpha quantile of the largest standardized deviation (its size, if two-sided).

    Contrasts without an error but for rounding, as where every item is right at both ends, have
    nothing to stray by.
    """
    if len(errors) == 0:
        return np.inf
    ratio = deviation / np.where(errors > NOTHING, errors, np.inf)[:, None]
    largest = (np.abs(ratio) if two_sided else ratio).max(axis=0)
    place = min(int(np.ceil((1 - alpha) * (len(largest) + 1))), len(largest)) - 1
    return float(np.partition(largest, place)[place])


def step_down(estimates: Floats, deviation: Floats, errors: Floats, alpha: float) -> Flags:
    """(contrast,): which are greater than 0, with family-wise error at most `alpha`.

    Romano & Wolf 2005 (Econometrica 73): what was rejected leaves the maximum, and the rest is
    held against the smaller critical value, until nothing more is rejected.
    """
    still = np.ones(len(estimates), bool)
    while still.any():
        limit = critical(deviation[still], errors[still], alpha, two_sided=False)
        rejected = still & (estimates > max(limit, 0.0) * errors + NOTHING)
        if not rejected.any():
            break
        still &= ~rejected
    return ~still
