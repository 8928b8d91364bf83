"""A design worked out: its rows, its proof, and the manifest that says all of it.

The manifest holds whatever is written, so writing is a function of it and of the pools, and a
replay is the same function again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from curate import __version__
from curate.groups import group_seal
from curate.mix.arms import arm_frames, trainings
from curate.mix.balance import plain
from curate.mix.canaries import with_canaries
from curate.mix.candidates import Candidates, candidates
from curate.mix.design import Arm, Design, design_of
from curate.mix.evaluation import cleared
from curate.mix.graders import agreement
from curate.mix.match import Matched, match
from curate.mix.paths import paths
from curate.mix.planned import controls, dose_of, planned, training
from curate.mix.proof import Proof, balance_json, lengths, prove
from curate.mix.recipe import Recipe
from curate.mix.render import rendering
from curate.mix.texts import defects_of, with_spoilt_tokens
from curate.pool import TRACES
from curate.progress import Progress
from curate.stage import digest

FORMAT = 2
MADE_BY = "curate mix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A design worked out."""

    recipe: Recipe
    design: Design
    matched: Matched
    frames: Mapping[str, pl.DataFrame]
    proof: Proof
    manifest: Mapping[str, Any]


def plan(recipe: Recipe, *, forced: bool = False, progress: Progress | None = None) -> Plan:
    """The design of a recipe, worked out; nothing is written.

    Raises:
        InputError: the recipe does not fit its pools, or too few problems can be matched.
    """
    rendered = rendering(recipe.render)
    design = design_of(recipe)
    shown = progress or Progress()
    clear = cleared(candidates(recipe, design, shown), recipe, design)
    found = clear.found
    matched = match(found, recipe, design, shown)
    attrition = pl.concat([matched.attrition, clear.attrition.cast(matched.attrition.schema)])
    matched = replace(matched, attrition=attrition)
    # The matching numbers problems in a frame of its own, of the same rows.
    frames = arm_frames(matched, design, recipe)
    frames = with_spoilt_tokens(frames, found, design, recipe, shown)
    matched, frames, canaries = with_canaries(matched, frames, design, recipe)
    proof = prove(frames, matched, design, recipe)
    manifest = {
        "format": FORMAT,
        "made_by": MADE_BY,
        "recipe": asdict(recipe),
        "inputs": inputs_of(found),
        "versions": versions(),
        "template": rendered.template,
        "token_rule": found.token_rule,
        "balance": balance_json(proof, matched, frames, forced),
        "aliases": list(design.aliases),
        "paths": paths(design, recipe),
        "graders": agreement(matched.frame, frames, design, recipe),
        "evaluation": clear.about,
        "controls": controls(design),
        "canaries": canaries,
        "planned": planned(design),
        "training": training(frames, trainings(frames, design, recipe), recipe),
        "lengths": lengths(frames, matched, design),
        "arms": arms_json(frames, matched, design, recipe),
    }
    plain_values = json.loads(json.dumps(manifest))  # as it is read again: lists, no tuples
    return Plan(
        recipe=recipe,
        design=design,
        matched=matched,
        frames=frames,
        proof=proof,
        manifest=plain_values | {"key": digest(plain_values)},
    )


# --- the manifest ---------------------------------------------------------------------------------


def inputs_of(found: Candidates) -> dict[str, dict[str, object]]:
    """Every pool with the seal of its traces and of all its groups."""
    return {
        name: {
            "pool": str(pool.path),
            "traces_seal": group_seal(pool, TRACES),
            "traces": sum(source["traces"] for source in pool.manifest["sources"]),
            "sources": {s["name"]: s.get("content_hash") for s in pool.manifest["sources"]},
        }
        for name, pool in found.pools.items()
    }


def versions() -> dict[str, str]:
    """What made it."""
    import platform

    import pyarrow as pa
    import scipy

    return {
        "curate": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "polars": pl.__version__,
        "pyarrow": pa.__version__,
        "scipy": scipy.__version__,
    }


def arms_json(
    frames: Mapping[str, pl.DataFrame], matched: Matched, design: Design, recipe: Recipe
) -> dict[str, dict[str, Any]]:
    """Every arm: what it is, how to train on it, and its rows in order."""
    defects, plans = defects_of(design), trainings(frames, design, recipe)
    ids = matched.frame["id"]
    made: dict[str, dict[str, Any]] = {}
    for arm in design.arms:
        rows = frames[arm.name]
        shares = {k: round(n / rows.height, 4) for k, n in counts_of(rows["kind"].to_list())}
        made[arm.name] = {
            "role": arm.role,
            "dose": dose_of(arm),
            "levels": dict(arm.levels),
            "grades": shares,
            "strata": strata_of(arm, rows, matched),
            "defects": {name: defects[name] for name in shares if name in defects},
            "training": asdict(plans[arm.name]),
            "rows": rows.height,
            "problems": problems_in(plain({arm.name: rows})[arm.name], matched),
            "tokens": int(rows["tokens"].sum()),
            "tokens_thinking": int(rows["tokens_thinking"].sum()),
            "tokens_answer": int(rows["tokens_answer"].sum()),
            "data": {
                "id": ids[rows["at"]].to_list(),
                "grade": rows["kind"].to_list(),
                "weight": rows["weight"].to_list(),
                "tokens": rows["tokens"].to_list(),
                "tokens_thinking": rows["tokens_thinking"].to_list(),
                "tokens_answer": rows["tokens_answer"].to_list(),
            },
        }
    return made


def counts_of(names: Sequence[str]) -> list[tuple[str, int]]:
    """How often each name comes, in the order of their names."""
    return [(name, names.count(name)) for name in sorted(set(names))]


def problems_in(rows: pl.DataFrame, matched: Matched) -> int:
    """How many problems rows have."""
    return matched.frame["problem_id"][rows["at"]].n_unique()


def strata_of(arm: Arm, rows: pl.DataFrame, matched: Matched) -> dict[str, float]:
    """The share of each stratum in the rows of an arm, what stands beside the comparison aside."""
    mine = matched.frame["stratum"][plain({arm.name: rows})[arm.name]["at"]].to_list()
    return {name: round(number / len(mine), 4) for name, number in counts_of(mine)}
