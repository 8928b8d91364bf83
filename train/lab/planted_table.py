"""Tables of a planted study: one row per item and sample, with the columns of a real one.

The true score μ of an arm, a seed and a checkpoint is its planned mean plus the noise of the seed.
An item then has Φ(Φ⁻¹(μ)·√(1 + σ²) + difficulty), where σ² is the variance of the difficulty: the
mean over items is exactly μ, so that what is planted is what is there.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from curate.io import write_bytes
from curate.train.lab.planted import Arm, Base, Plan, Suite, clipped, design, true_mean

Floats = NDArray[np.float64]

RESULTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "study": pl.String, "cell": pl.String, "arm": pl.String, "base": pl.String,
    "capability": pl.Float64, "mix_seed": pl.Int64, "order_seed": pl.Int64,
    "init_seed": pl.Int64, "seed": pl.Int64, "step": pl.Int64, "tokens": pl.Int64,
    "examples": pl.Int64, "suite": pl.String, "domain": pl.String, "range": pl.String,
    "item": pl.String, "cluster": pl.String, "sample": pl.Int32, "mode": pl.String,
    "score": pl.Float64, "answered": pl.Boolean, "truncated": pl.Boolean,
    "format_ok": pl.Boolean, "used_thinking": pl.Boolean, "stop_reason": pl.String,
    "n_tokens": pl.Int32, "verdict": pl.String, "chance": pl.Float64, "refused": pl.Boolean,
    "should_refuse": pl.Boolean, "judge": pl.String, "judge_version": pl.String,
}  # fmt: skip
"""The columns of `results.parquet`."""
THINKING_TOKENS, ANSWER_TOKENS = 200, 20
MODES = ("free", "forced_cot", "forced_direct")


def planted_table(plan: Plan, seed: int = 0) -> pl.DataFrame:
    """The results of a study, base rows (step 0, no arm) first; the same seed, the same rows."""
    frames = [rows for suite in plan.suites for rows in suite_rows(plan, suite, seed)]
    rows = pl.concat(frames).sort("step", "base", "arm", "seed", maintain_order=True)
    return rows.select(pl.col(name).cast(kind) for name, kind in RESULTS.items())


def suite_rows(plan: Plan, suite: Suite, seed: int) -> Iterator[pl.DataFrame]:
    """The rows of a suite, a frame per run and checkpoint."""
    place = [one.name for one in plan.suites].index(suite.name)
    rng = np.random.default_rng([seed, place])
    items = difficulties(plan, suite, rng)
    noise = [seed_noise(plan, rng) for _ in plan.bases]
    for base, drift in zip(plan.bases, noise, strict=True):
        yield checkpoint(plan, suite, rng, items, base=base, arm=None, seed=0, index=-1, drift=0.0)
        for number, arm in enumerate(plan.arms):
            own = items + plan.noise.arm_item_sd * rng.standard_normal(len(items))
            for replicate in range(plan.seeds):
                for index in range(len(plan.steps)):
                    yield checkpoint(
                        plan, suite, rng, own,
                        base=base, arm=arm, seed=replicate, index=index,
                        drift=float(drift[number, replicate, index]),
                    )  # fmt: skip


def difficulties(plan: Plan, suite: Suite, rng: Generator) -> Floats:
    """(items,) their ease in probits: a part of the cluster, a part of their own."""
    cluster = np.arange(suite.items) // suite.cluster_size
    shared = rng.standard_normal(int(cluster[-1]) + 1)[cluster]
    share = plan.noise.cluster_share if suite.cluster_size > 1 else 0.0
    own = rng.standard_normal(suite.items)
    return np.asarray(plan.noise.item_sd * (np.sqrt(share) * shared + np.sqrt(1 - share) * own))


def seed_noise(plan: Plan, rng: Generator) -> Floats:
    """(arms, seeds, checkpoints) deviations of runs, in points; autoregressive along a run."""
    noise, shape = plan.noise, (len(plan.arms), plan.seeds, len(plan.steps))
    own = autoregressive(rng.standard_normal(shape), noise.seed_correlation)
    common = autoregressive(rng.standard_normal(shape[1:]), noise.seed_correlation)
    mixed = np.sqrt(1 - noise.seed_shared) * own + np.sqrt(noise.seed_shared) * common
    return np.asarray(noise.seed_sd * mixed)


def autoregressive(draws: Floats, correlation: float) -> Floats:
    """The draws, with this correlation from one to the next along the last axis; variance 1."""
    made = draws.copy()
    for index in range(1, draws.shape[-1]):
        fresh = np.sqrt(1 - correlation**2) * draws[..., index]
        made[..., index] = correlation * made[..., index - 1] + fresh
    return made


def checkpoint(
    plan: Plan,
    suite: Suite,
    rng: Generator,
    ease: Floats,
    *,
    base: Base,
    arm: Arm | None,
    seed: int,
    index: int,
    drift: float,
) -> pl.DataFrame:
    """All items, samples and modes of a run at one checkpoint."""
    mean = clipped(true_mean(plan, arm, base, suite, index) + drift)
    variance = plan.noise.item_sd**2 + (plan.noise.arm_item_sd**2 if arm else 0.0)
    chances = item_chances(mean, ease, variance)
    modes = MODES if plan.adoption else MODES[:1]
    rows = pl.concat(
        [mode_rows(plan, suite, rng, chances, mode=mode, index=index) for mode in modes]
    )
    step = plan.steps[index] if arm else 0
    return rows.with_columns(
        study=pl.lit(plan.name),
        cell=pl.lit(f"{arm.name}-{base.name}-{seed}" if arm else f"base-{base.name}"),
        arm=pl.lit(arm.name if arm else None, pl.String),
        base=pl.lit(base.name),
        capability=pl.lit(base.capability),
        **{name: pl.lit(seed) for name in ("mix_seed", "order_seed", "init_seed", "seed")},
        step=pl.lit(step),
        tokens=pl.lit(step * plan.tokens_per_step),
        examples=pl.lit(step * plan.examples_per_step),
        suite=pl.lit(suite.name),
        domain=pl.lit(suite.domain),
        range=pl.lit(suite.range, pl.String),
        chance=pl.lit(suite.chance),
        judge=pl.lit("planted"),
        judge_version=pl.lit("1"),
    )


def item_chances(mean: float, ease: Floats, variance: float) -> Floats:
    """(items,) chance of a right answer, with the mean over all items that there could be."""
    from scipy.special import ndtr, ndtri

    return np.asarray(ndtr(ndtri(mean) * np.sqrt(1 + variance) + ease))


def mode_rows(
    plan: Plan, suite: Suite, rng: Generator, chances: Floats, *, mode: str, index: int
) -> pl.DataFrame:
    """Scores of every item and sample in one mode, and what goes with them."""
    count = len(chances) * plan.samples
    item = np.repeat(np.arange(len(chances)), plan.samples)
    right = rng.random(count) < np.repeat(chances, plan.samples)
    adopted = plan.adoption[index + 1] if plan.adoption else 0.0
    thinking = rng.random(count) < {"free": adopted, "forced_cot": 1.0}.get(mode, 0.0)
    harmful = suite.should_refuse
    refused = None if harmful is None else right == harmful
    return pl.DataFrame(
        {
            "item": [f"{suite.name}-{i:05}" for i in item],
            "cluster": [f"{suite.name}-{i // suite.cluster_size:05}" for i in item],
            "sample": np.tile(np.arange(plan.samples), len(chances)),
            "mode": [mode] * count,
            "score": right.astype(np.float64),
            "answered": [True] * count,
            "truncated": [False] * count,
            "format_ok": [True] * count,
            "used_thinking": thinking,
            "stop_reason": ["end"] * count,
            "n_tokens": np.where(thinking, THINKING_TOKENS, ANSWER_TOKENS),
            "verdict": np.where(right, "correct", "incorrect"),
            "refused": [None] * count if refused is None else refused,
            "should_refuse": [harmful] * count,
        },
        schema_overrides={"refused": pl.Boolean, "should_refuse": pl.Boolean},
    )


def truth_table(plan: Plan) -> pl.DataFrame:
    """The true mean of every base, arm, suite and step; the base is step 0 of no arm."""
    rows = [
        (base.name, arm.name if arm else None, suite.name, suite.domain, step, mean)
        for base in plan.bases
        for arm in (None, *plan.arms)
        for suite in plan.suites
        for index, step in enumerate((0, *plan.steps) if arm is None else plan.steps)
        if (mean := true_mean(plan, arm, base, suite, index if arm else -1)) is not None
        and not (arm is None and step)
    ]
    names = ["base", "arm", "suite", "domain", "step", "mean"]
    return pl.DataFrame(rows, schema=names, orient="row")


def write_planted(plan: Plan, folder: Path, seed: int = 0) -> None:
    """A folder that `curate analyze` reads as a study: results, design, and the truth beside."""
    folder.mkdir(parents=True, exist_ok=True)
    planted_table(plan, seed).write_parquet(folder / "results.parquet")
    truth_table(plan).write_parquet(folder / "truth.parquet")
    write_bytes(folder / "design.json", json.dumps(design(plan), indent=2).encode())
