"""A design worked out: its rows, its proof, and the manifest that says all of it.

The manifest holds whatever is written, so writing is a function of it and of the pools, and a
replay is the same function again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from curate import __version__
from curate.errors import InputError
from curate.groups import group_seal
from curate.mix.arms import arm_frames, trainings
from curate.mix.balance import (
    LENGTHS,
    Difference,
    Pair,
    after,
    before,
    changes_length,
    differences,
    own_problems,
    pairs,
    plain,
)
from curate.mix.candidates import Candidates, candidates
from curate.mix.design import Design, design_of
from curate.mix.match import Matched, match
from curate.mix.recipe import Recipe
from curate.mix.render import rendering
from curate.mix.texts import defects_of, with_spoilt_tokens
from curate.mix.verdict import failures, remedy, uneven_values
from curate.pool import TRACES
from curate.stage import digest

FORMAT = 1
MADE_BY = "curate mix"
BINS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was measured, and whether it is good enough."""

    differences: tuple[Difference, ...]
    pairs: tuple[Pair, ...]
    failures: tuple[str, ...]
    remedy: str

    @property
    def passed(self) -> bool:
        """Whether the design holds."""
        return not self.failures


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A design worked out."""

    recipe: Recipe
    design: Design
    matched: Matched
    frames: Mapping[str, pl.DataFrame]
    proof: Proof
    manifest: Mapping[str, Any]


def plan(recipe: Recipe, *, forced: bool = False) -> Plan:
    """The design of a recipe, worked out; nothing is written.

    Raises:
        InputError: the recipe does not fit its pools, or too few problems can be matched.
    """
    rendered = rendering(recipe.render)
    design = design_of(recipe)
    found = candidates(recipe, design)
    matched = match(found, recipe, design)
    # The matching numbers problems in a frame of its own, of the same rows.
    frames = arm_frames(matched, design, recipe)
    frames = with_spoilt_tokens(frames, found, design, recipe)
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


def need_proof(proof: Proof, *, forced: bool) -> None:
    """Nothing, when the design holds or is forced.

    Raises:
        InputError: it does not; says what would fix it.
    """
    if proof.passed or forced:
        return
    raise InputError(
        "the arms are not alike enough to be compared, so nothing was written",
        why="; ".join(proof.failures),
        fix=f"{proof.remedy}; or `--force`, which stamps it into every output",
    )


def prove(
    frames: Mapping[str, pl.DataFrame], matched: Matched, design: Design, recipe: Recipe
) -> Proof:
    """All differences of all arms, and what they amount to."""
    epochs = {name: one.epochs for name, one in trainings(frames, design, recipe).items()}
    found = differences(frames, matched, design, recipe)
    whole = pairs(frames, matched, design, recipe, epochs)
    lines = failures(found, whole, recipe, uneven_values(frames, matched, design, recipe))
    return Proof(
        differences=tuple(found),
        pairs=tuple(whole),
        failures=tuple(lines),
        remedy=remedy(lines, recipe, design) if lines else "",
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


def balance_json(
    proof: Proof, matched: Matched, frames: Mapping[str, pl.DataFrame], forced: bool
) -> dict[str, object]:
    """The proof for machines."""
    return {
        "passed": proof.passed,
        "forced": forced and not proof.passed,
        "failures": list(proof.failures),
        "remedy": proof.remedy,
        "sizes": {
            name: {"rows": rows.height, "tokens": int(rows["tokens"].sum())}
            for name, rows in frames.items()
        },
        "solver": {"cost": matched.cost, "bound": matched.bound, "gap": matched.gap},
        "differences": [finite(asdict(one)) for one in proof.differences],
        "pairs": [asdict(one) for one in proof.pairs],
        "attrition": matched.attrition.to_dicts(),
    }


def finite(entry: dict[str, object]) -> dict[str, object]:
    """The entry with infinite numbers as large ones, which JSON can hold."""
    return {
        name: float(np.clip(value, -1e9, 1e9)) if isinstance(value, float) else value
        for name, value in entry.items()
    }


def paths(design: Design, recipe: Recipe) -> dict[str, list[str]]:
    """Which ways from a grade to the outcome are blocked, and which are open."""
    blocked = ["the problems: topic, source and difficulty are the same in every arm"]
    opened = []
    if any(own_problems(arm) for arm in design.arms):
        blocked = ["the problems, except for the arms with problems of their own"]
        opened.append("the problems of the arms with problems of their own")
    if recipe.estimand == "tokens":
        blocked.append("the amount of training: the same tokens in every arm of a size")
    else:
        opened.append("the amount of training: the arms have the same rows, not the same tokens")
    if recipe.caliper is not None:
        blocked.append(f"the length, within {recipe.caliper:g} in log tokens on every problem")
    else:
        opened.append("the length: a grade may work through it (the total effect is estimated)")
    longer = [arm.name for arm in design.arms if changes_length(arm)]
    if longer:
        opened.append(f"the length, which {', '.join(longer)} change on purpose")
    blocked += [f"{name}, equal on every problem" for name in recipe.match.exact]
    blocked += [f"{name}, equally often in every stratum" for name in recipe.match.identical]
    blocked += [f"the mean of {name}" for name in recipe.match.covariates]
    return {"blocked": blocked, "open": opened}


def lengths(
    frames: Mapping[str, pl.DataFrame], matched: Matched, design: Design
) -> dict[str, object]:
    """Histograms of log tokens, before and after, on the same edges."""
    name = LENGTHS[1]
    now = {arm.name: after(frames[arm.name], matched, name) for arm in design.arms}
    then = {arm.name: before(arm, matched, design, name) for arm in design.arms}
    values = [s.values for s in (*now.values(), *then.values()) if s is not None]
    whole = np.concatenate(values)
    edges = np.linspace(whole.min() - 0.05, whole.max() + 0.05, BINS + 1)

    def counts(sample: Any) -> list[float] | None:  # noqa: ANN401
        if sample is None:
            return None
        found, _ = np.histogram(sample.values, edges, weights=sample.weights)
        return [round(float(share), 5) for share in found / max(found.sum(), 1e-12)]

    return {
        "edges": [round(float(edge), 5) for edge in edges],
        "before": {arm: counts(sample) for arm, sample in then.items()},
        "after": {arm: counts(sample) for arm, sample in now.items()},
    }


def arms_json(
    frames: Mapping[str, pl.DataFrame], matched: Matched, design: Design, recipe: Recipe
) -> dict[str, dict[str, object]]:
    """Every arm: what it is, how to train on it, and its rows in order."""
    defects, training = defects_of(design), trainings(frames, design, recipe)
    ids = matched.frame["id"]
    made = {}
    for arm in design.arms:
        rows = frames[arm.name]
        shares = {k: round(n / rows.height, 4) for k, n in counts_of(rows["kind"].to_list())}
        made[arm.name] = {
            "role": arm.role,
            "levels": dict(arm.levels),
            "grades": shares,
            "defects": {name: defects[name] for name in shares if name in defects},
            "training": asdict(training[arm.name]),
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
