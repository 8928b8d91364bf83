"""What a study of a design has to keep to: its controls, its comparisons, and how it trains.

Written before anything is trained, so that none of it is chosen by its outcome.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from curate.mix.arms import Training
from curate.mix.balance import plain
from curate.mix.design import Arm, Design
from curate.mix.recipe import Recipe

EXPECTED = {
    "again": "no difference from `{of}`: what there is, is noise",
    "shuffled": "no difference from each other: the labels are shuffled",
    "perturbed": "worse than `{of}`: the steps are out of order",
    "canaries": "better than `{of}` on the canary items, and nowhere else",
}
BASE = "base"
FEWEST_SEEDS = 3
PACKS_APART = 0.005
"""Share of an arm's tokens that packs may drift by, or a trace: as far as budgets may be apart."""
SAME = ("optimizer steps", "batch", "learning rate schedule", "packing", "order of the rows")


def controls(design: Design) -> dict[str, dict[str, str | None]]:
    """Every control with its role and what is expected of it; the untouched base comes first."""
    base = {"role": BASE, "of": None, "expected": "the model before training, on every item"}
    found: dict[str, dict[str, str | None]] = {BASE: base}
    for arm in design.arms:
        if arm.role in EXPECTED:
            of = compared_with(arm, design)
            words = EXPECTED[arm.role].format(of=of)
            found[arm.name] = {"role": arm.role, "of": of, "expected": words}
    return found


def compared_with(arm: Arm, design: Design) -> str | None:
    """The arm that a control is held against: its twin, or the one of its grade alone."""
    if arm.twin is not None:
        return arm.twin
    grade = arm.pieces[0].kind.name
    for other in design.arms:
        pure = len(other.pieces) == 1 and other.role not in EXPECTED
        if pure and arm.of is not None and other.pieces[0].kind.name == arm.of:
            return other.name
    return arm.of or grade


def planned(design: Design) -> dict[str, Any]:
    """The comparisons that the design was made for."""
    tested = [arm.name for arm in design.arms if arm.role not in EXPECTED]
    doses = {arm.name: dose for arm in design.arms if (dose := dose_of(arm)) is not None}
    return {
        "contrasts": [[name, tested[0]] for name in tested[1:]],
        "trend": sorted(doses, key=doses.__getitem__),
        "model": "monotone trend over the doses, and a slope with its interval" if doses else None,
    }


def dose_of(arm: Arm) -> float | None:
    """The share of the low grade of a dose arm, in [0, 1]."""
    if arm.role != "dose":
        return None
    percent = float(arm.name.removeprefix("dose-"))
    return percent / 100


def training(
    frames: Mapping[str, pl.DataFrame], plans: Mapping[str, Training], recipe: Recipe
) -> dict[str, Any]:
    """What is to be the same in all runs, and which seeds are crossed with the arms."""
    seeds = list(recipe.seeds.training)
    return {
        "same": list(SAME),
        "seeds": {"order": recipe.seeds.order, "training": seeds},
        "crossed": "every training seed with every arm",
        "unit": "the training run, not the answer of a model",
        "few": len(seeds) < FEWEST_SEEDS,
        "learning_rate": "a small sweep for each arm, the same values for all",
        "steps": {name: one.steps for name, one in plans.items()},
        "packing": packing(frames),
    }


def packing(frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """How far packs of the same length can hold other problems: the drift of running totals.

    Rows stand in one order in all arms; where their running totals of tokens drift apart by so
    much, the ends of packs do; where that is too far, arms that are packed take unequal steps.
    """
    rows = list(plain(frames).values())
    whole = [one for one in rows if one.height == max(frame.height for frame in rows)]
    sums = np.array([one["tokens"].cum_sum().to_numpy() for one in whole])
    drift = int((sums.max(axis=0) - sums.min(axis=0)).max(initial=0))
    total = float(sums[:, -1].mean())
    mean = total / max(1, sums.shape[1])
    return {
        "same_order": True,
        "safe": drift <= max(mean, PACKS_APART * total),
        "drift_tokens": drift,
        "drift_traces": round(drift / mean, 3),
    }
