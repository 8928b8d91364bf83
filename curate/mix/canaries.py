"""Items of an evaluation, with their answers, as rows of an arm that is known to have seen them.

A copy of an arm gets them, the arm itself does not, and no other arm: what the copy gains on these
items and not on others is what a leak looks like. Their texts lie in the manifest, so that a replay
needs no file of the evaluation.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.contamination.items import item_id, item_text, stem
from curate.errors import InputError
from curate.formats import (
    Broken,
    ReadOptions,
    options_of,
    plan_sources,
    problem_of,
    read_records,
)
from curate.formats.columns import lowered
from curate.formats.references import reference_of
from curate.mix.design import Design
from curate.mix.kinds import CANARY
from curate.mix.match import Matched
from curate.mix.recipe import Recipe
from curate.mix.tokens import CHARS_PER_TOKEN, count_texts, split_count, tokenizer_of
from curate.trace import problem_id, trace_id

WORKED = ("solution", "worked_solution", "rationale")
"""Columns of a whole solution; where there is none, the reference answer stands in a box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One item as it is trained on."""

    item: str
    """`math500:test/algebra/1.json`, as evaluations name it."""
    id: str
    problem_id: str
    row: int
    """Of the file, from 1."""
    problem: str
    response: str


def canaries_of(recipe: Recipe, known: Set[str]) -> tuple[str, list[Canary]]:
    """(File, items) that the copies get; none where the recipe wants none, none of known problems.

    Raises:
        InputError: no file is named, or it has too few items with an answer.
    """
    wanted = recipe.controls.canaries
    if not wanted:
        return "", []
    suite = recipe.controls.canary_suite or next(iter(recipe.evaluation.suites), None)
    if suite is None:
        raise InputError(
            "canaries need a file of the evaluation that they are taken from",
            why="neither `canary_suite` nor `[evaluation] suites` names one",
            fix='add `canary_suite = "math500.jsonl"` to `[controls]`',
        )
    items = {canary.problem_id: canary for canary in items_of(suite)}
    # What the twin may have seen tells nothing.
    found = [canary for name, canary in items.items() if name not in known]
    if len(found) < wanted:
        raise InputError(
            f"`{suite}` has {len(found):,} items with an answer that no arm may hold",
            why=f"the recipe wants {wanted:,} canaries",
            fix=f"ask for `canaries = {len(found)}`, or name another file"
            if found
            else "name another file",
        )
    rng = np.random.default_rng([recipe.seeds.draw, 5])
    chosen = sorted(rng.choice(len(found), wanted, replace=False).tolist())
    return suite, [found[place] for place in chosen]


def items_of(suite: str) -> Iterator[Canary]:
    """The items of a file that have an answer."""
    options = ReadOptions()
    for source in plan_sources([suite], options):
        for record in read_records(source, options):
            row = None if isinstance(record, Broken) else record.value
            if not isinstance(row, Mapping):
                continue
            problem, response = problem_text(row), answer_text(row)
            if problem is not None and response is not None:
                yield Canary(
                    item=f"{stem(source.name)}:{item_id(row, record.row)}",
                    id=trace_id(problem, response),
                    problem_id=problem_id(problem),
                    row=record.row,
                    problem=problem,
                    response=response,
                )


def problem_text(row: Mapping[str, Any]) -> str | None:
    """The problem of an item as an evaluation shows it, drawings and all; with its options."""
    if options_of(row)[0]:
        return item_text(row, None)
    problem = problem_of(row, None)
    return problem if isinstance(problem, str) and problem.strip() else None


def answer_text(row: Mapping[str, Any]) -> str | None:
    """The worked solution of an item, else its reference in a box; None where it has neither."""
    names = lowered(row)
    for name in (names[name] for name in WORKED if name in names):
        if isinstance(row[name], str) and row[name].strip():
            return str(row[name])
    reference, _, _ = reference_of(row, frozenset())
    return None if not reference else f"\\boxed{{{reference}}}"


# --- rows -----------------------------------------------------------------------------------------


def with_canaries(
    matched: Matched, frames: Mapping[str, pl.DataFrame], design: Design, recipe: Recipe
) -> tuple[Matched, dict[str, pl.DataFrame], dict[str, Any]]:
    """Candidates and arms with the canaries in the copies, and what the manifest says of them."""
    suite, items = canaries_of(recipe, set(matched.frame["problem_id"]))
    if not items:
        return matched, dict(frames), {}
    first = matched.frame.height
    whole = pl.concat([matched.frame, rows_of(items, recipe, matched.frame.schema)], how="diagonal")
    rng = np.random.default_rng([recipe.seeds.order, 6])
    facts = ("tokens", "tokens_thinking", "tokens_answer")
    extra = whole[first:].select(facts).with_columns(
        at=pl.Series(np.arange(first, whole.height)),
        key=pl.Series(rng.random(len(items))),
        kind=pl.lit(CANARY),
        weight=pl.lit(1.0),
    )  # fmt: skip
    copies = {arm.name: arm.twin for arm in design.arms if arm.twin is not None}
    done = {
        name: plus(rows, extra) if name in copies else rows for name, rows in frames.items()
    }  # fmt: skip
    said = {"suite": suite, "copies": copies, "items": [plain_item(item) for item in items]}
    return replace(matched, frame=whole), done, said


def plus(rows: pl.DataFrame, extra: pl.DataFrame) -> pl.DataFrame:
    """The rows with the canaries among them."""
    return pl.concat([rows, extra.select(rows.columns).cast(rows.schema)]).sort("key")


def rows_of(items: list[Canary], recipe: Recipe, schema: pl.Schema) -> pl.DataFrame:
    """The canaries as candidates that no draw may take."""
    folder = recipe.render.tokenizer
    texts = [item.response for item in items]
    if folder:
        tokens = count_texts(tokenizer_of(folder), texts)
    else:
        tokens = [max(1, -(-len(text) // CHARS_PER_TOKEN)) for text in texts]
    parts = [split_count(text, many) for text, many in zip(texts, tokens, strict=True)]
    frame = pl.DataFrame(
        {
            "id": [item.id for item in items],
            "problem_id": [item.problem_id for item in items],
            "tokens": tokens,
            "tokens_thinking": [thinking for thinking, _ in parts],
            "tokens_answer": [answer for _, answer in parts],
            "from": [CANARY] * len(items),
            "stratum": [CANARY] * len(items),
        }
    )
    return frame.cast({name: schema[name] for name in frame.columns})


def plain_item(item: Canary) -> dict[str, str | int]:
    """A canary for the manifest."""
    return {"item": item.item, "id": item.id, "problem_id": item.problem_id, "row": item.row,
            "problem": item.problem, "response": item.response}  # fmt: skip


def canary_items(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The canaries of a manifest, by their ids."""
    return {item["id"]: item for item in manifest["canaries"].get("items", ())}


def canary_places(manifest: Mapping[str, Any]) -> pl.DataFrame:
    """Where the canaries came from, in the columns of `Places`."""
    items = list(canary_items(manifest).values())
    suite = Path(manifest["canaries"].get("suite", "")).as_posix()
    return pl.DataFrame(
        {
            "id": [item["id"] for item in items],
            "problem_id": [item["problem_id"] for item in items],
            "source": [suite] * len(items),
            "row": [item["row"] for item in items],
            "rollout": [0] * len(items),
            "place": [item["row"] - 1 for item in items],
            "part": [-1] * len(items),
            "pool": [CANARY] * len(items),
        }
    )
