"""Results with planted truth: what the procedures of this folder are held against.

Items have a difficulty (logits, SD 1.6), arms an own liking for each item (SD 0.35), runs an own
deviation at each checkpoint that is correlated along training (ablation.md 4.2 and 4.5). Responses
are drawn from the resulting chances. The truth is the mean over all items and all runs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from curate.analyze.dynamics import Shape, interior, window_means
from curate.analyze.panel import Floats, Ints, Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The sizes and the noises of a planted study."""

    runs: int = 3
    items: int = 400
    samples: int = 1
    base_samples: int = 4
    """The base is one model for all runs; its own noise does not shrink with more seeds."""
    seed_sd: float = 0.017
    """Between runs of one arm at one checkpoint, in accuracy (0.017 is 1.7 points)."""
    correlation: float = 0.5
    """Between neighbouring checkpoints of a run; falls off by powers."""
    profile: tuple[float, ...] | None = None
    """(step,): by how much runs differ more or less at each checkpoint; None: the same."""
    item_sd: float = 1.6
    interaction_sd: float = 0.35
    item_step_sd: float = 0.0
    """An own liking of each arm for each item at each checkpoint, logits."""
    cluster_items: int = 1
    """Items made from one template, ..."""
    cluster_sd: float = 0.0
    """... and an own liking of each arm for each template, logits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planted:
    """Responses and the truth behind them."""

    values: Floats
    """(arm, run, step, item): share of right responses."""
    base: Floats
    """(item,)."""
    clusters: Ints
    """(item,)."""
    run_means: Floats
    """(arm, run, step): what each run's own accuracy is over all items."""


def draw(world: World, means: Floats, base: float, random: np.random.Generator) -> Planted:
    """A study whose true accuracies are `means` (arm, step) and `base`."""
    arms, steps = means.shape
    clusters = np.arange(world.items) // world.cluster_items
    spread = float(np.sqrt(world.item_sd**2 + world.interaction_sd**2 + world.cluster_sd**2))
    deviation = _deviations(world, (arms, world.runs, steps), random)
    run_means = np.clip(means[:, None] + deviation, 0.001, 0.999)
    level = _logit_of_mean(run_means, spread)  # (arm, run, step)
    difficulty = random.normal(0, world.item_sd, world.items)
    liking = random.normal(0, world.interaction_sd, (arms, 1, 1, world.items))
    if world.cluster_sd:
        templates = int(clusters[-1]) + 1
        liking += random.normal(0, world.cluster_sd, (arms, 1, 1, templates))[..., clusters]
    moving = random.normal(0, 1, (arms, 1, steps, world.items)) if world.item_step_sd else 0.0
    chance = expit(level[..., None] + difficulty + liking + world.item_step_sd * moving)
    at_base = expit(_logit_of_mean(np.array(base), world.item_sd) + difficulty)
    return Planted(
        values=_shares(chance, world.samples, random),
        base=_shares(at_base, world.base_samples, random),
        clusters=clusters,
        run_means=run_means,
    )


def as_panel(planted: Planted, *, name: str = "planted") -> Panel:
    """The panel of a planted study: arms a0, a1, ...; steps 1, 2, and so on."""
    arms, runs, steps, items = planted.values.shape
    return Panel(
        name=name,
        measure="score",
        base_name="planted",
        mode="free",
        values=planted.values,
        base=planted.base,
        arms=tuple(f"a{arm}" for arm in range(arms)),
        seeds=tuple(range(runs)),
        steps=tuple(range(1, steps + 1)),
        items=tuple(f"i{item}" for item in range(items)),
        clusters=planted.clusters,
        suites=(name,),
        suite=np.zeros(items, np.int64),
        suite_weights=np.ones(1),
        mixes=np.zeros((arms, runs), np.int64),
    )


def true_shapes(base: float, means: Floats, *, window: int, margin: float) -> frozenset[Shape]:
    """Which claims of `dynamics` are true of a trajectory of true accuracies (step,)."""
    averages = window_means(len(means), window)
    levels = averages @ np.r_[base, means]
    inner, last = levels[1 : 1 + interior(averages)], levels[-1]
    moves = (levels[None, :] - levels[:, None])[np.triu_indices(len(levels), 1)]
    tiny = 1e-9
    truth = {
        Shape.DIP_AND_RECOVERY: ((base - inner > tiny) & (last - inner > tiny)).any(),
        Shape.HUMP: ((inner - base > tiny) & (inner - last > tiny)).any(),
        Shape.GAIN: last - base > tiny and (moves > -margin).all(),
        Shape.LOSS: base - last > tiny and levels[1] - last > tiny and (moves < margin).all(),
        Shape.DROP: base - last > tiny and (last - inner < margin).all(),
        Shape.FLAT: (np.abs(moves) < margin).all(),
        Shape.UNDETERMINED: True,
    }
    return frozenset(shape for shape, holds in truth.items() if holds)


def _deviations(world: World, shape: tuple[int, int, int], random: np.random.Generator) -> Floats:
    """(arm, run, step): what runs differ from the mean of their arm by, in accuracy."""
    apart = np.abs(np.subtract.outer(np.arange(shape[2]), np.arange(shape[2])))
    root = np.linalg.cholesky(world.correlation**apart + 1e-9 * np.eye(shape[2]))
    deviations: Floats = world.seed_sd * random.standard_normal(shape) @ root.T
    return deviations if world.profile is None else deviations * np.array(world.profile)


def _shares(chance: Floats, samples: int, random: np.random.Generator) -> Floats:
    """Shares of right responses among `samples` of each."""
    if samples == 1:
        return (random.random(chance.shape) < chance).astype(float)
    shares: Floats = random.binomial(samples, chance) / samples
    return shares


_POINTS, _MASSES = np.polynomial.hermite_e.hermegauss(31)


def _logit_of_mean(mean: Floats, spread: float) -> Floats:
    """The logit whose chance, averaged over normal difficulties of this spread, is `mean`."""
    masses = _MASSES / _MASSES.sum()
    guess = logit(mean) * np.sqrt(1 + spread**2 * np.pi / 8)
    for _ in range(6):  # Newton; the start is within a few percent
        chance = expit(guess[..., None] + spread * _POINTS)
        slope = (chance * (1 - chance)) @ masses
        guess = guess - (chance @ masses - mean) / np.maximum(slope, 1e-6)
    found: Floats = guess
    return found
