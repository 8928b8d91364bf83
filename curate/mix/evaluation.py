"""Problems of evaluations among the candidates: they leave all arms, or the design says they stay.

Two witnesses are heard: the `contamination` group of a pool, where `curate decontaminate` has run,
and the files that the recipe names, sought by the same rules in the problem of every candidate. A
problem in which an item is found leaves whole; a trace whose text holds one leaves alone.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from curate.account_text import count
from curate.columns import arrow_column
from curate.contamination import build_index, scan
from curate.contamination.items import Item, item_text, read_benchmarks
from curate.contamination.part import CONTAMINATION, octets_of
from curate.errors import InputError
from curate.groups import stages_of
from curate.mix.candidates import Candidates
from curate.mix.design import Design
from curate.mix.recipe import Recipe
from curate.pool import TRACES

REASON = "evaluation problem"
UNCHECKED = "not checked against any evaluation set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """The candidates without what is in an evaluation."""

    found: Candidates
    attrition: pl.DataFrame
    """stratum, reason, problems"""
    about: Mapping[str, Any]
    """For the manifest."""


def cleared(found: Candidates, recipe: Recipe, design: Design) -> Cleared:
    """The candidates that may be trained on, and who left.

    Raises:
        InputError: a suite cannot be read, or every candidate is in one.
    """
    suites = suites_of(recipe)
    frame, hits = found.frame, Counter[str]()
    leaked = set(frame.filter("leak_problem")["problem_id"])
    if suites:
        items = read_benchmarks(suites).items
        more, hits = sought(found, items, set(recipe.evaluation.rules))
        leaked |= more
    gone = frame["leak_trace"] | frame["problem_id"].is_in(list(leaked))
    stays = recipe.evaluation.found == "stay"
    kept = frame if stays else frame.filter(~gone)
    if frame.height and not kept.height:
        raise InputError(
            "no trace is left to train on",
            why=f"all {frame['problem_id'].n_unique():,} problems are in the evaluation",
            fix='take other problems, or `[evaluation] found = "stay"`, which declares it',
        )
    about = {
        **asdict(recipe.evaluation),
        "checked": bool(suites) or any(recorded(found).values()),
        "files": [file_of(suite) for suite in suites],
        "recorded": recorded(found),
        "items": len(items) if suites else 0,
        "problems": frame.filter(gone)["problem_id"].n_unique(),
        "traces": int(gone.sum()),
        "by_rule": dict(sorted(hits.items())),
    }
    rest = kept.drop("leak_problem", "leak_trace")
    return Cleared(
        found=replace(found, frame=rest),
        attrition=who_left(frame, frame["id"].is_in(kept["id"].implode()), design),
        about={**about, "said": said(about)},
    )


def suites_of(recipe: Recipe) -> list[str]:
    """The files that are sought: those that are named, and that of the canaries."""
    named = dict.fromkeys(recipe.evaluation.suites)
    if recipe.controls.canary_suite:
        named[recipe.controls.canary_suite] = None
    return list(named)


def recorded(found: Candidates) -> dict[str, str | None]:
    """For every pool the digest of the items that `curate decontaminate` has sought in it."""
    stages = {name: stages_of(pool).get(CONTAMINATION) for name, pool in found.pools.items()}
    return {name: s["config"]["items"] if s else None for name, s in stages.items()}


def file_of(suite: str) -> dict[str, str | None]:
    """A suite with the hash of its file, where it is one."""
    path = Path(suite)
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    return {"suite": suite, "sha256": found}


def who_left(frame: pl.DataFrame, stays: pl.Series, design: Design) -> pl.DataFrame:
    """stratum, reason, problems: the common problems of which no candidate stays."""
    paired = [f"draw-{n}" for n, draw in enumerate(design.draws) if not draw.own_problems]
    mine = frame.with_columns(stays=stays)
    mine = mine.filter(pl.any_horizontal(paired)) if paired else mine.clear()
    by = mine.group_by("problem_id").agg(pl.col("stratum").first(), pl.col("stays").any())
    left = by.filter(~pl.col("stays")).group_by("stratum").len("problems").sort("stratum")
    return left.select("stratum", pl.lit(REASON).alias("reason"), "problems")


def sought(
    found: Candidates, items: Sequence[Item], rules: set[str]
) -> tuple[set[str], Counter[str]]:
    """The problems of candidates in which an item is found, and how many by the surest rule."""
    names, texts = problem_texts(found)
    data, cuts = octets_of(arrow_column(texts, "string"))
    best: dict[int, str] = {}
    for hit in scan(data, cuts, build_index(items), problems=True):
        if hit.rule in rules:
            best.setdefault(hit.text, str(hit.rule))
    # Items of one or two tokens are in no index; as whole problems they are sought all the same.
    whole = {plain(item.text) for item in items} if "verbatim" in rules else set()
    for place, text in enumerate(texts):
        if plain(text) in whole:
            best.setdefault(place, "verbatim")
    return {names[place] for place in best}, Counter(best.values())


def plain(text: str) -> str:
    """The text without what a copy may differ in and be the same."""
    return " ".join(text.split()).casefold()


def problem_texts(found: Candidates) -> tuple[list[str], list[str]]:
    """(Ids, texts) of all problems that have a candidate, each once."""
    first = found.frame.unique("problem_id", keep="first", maintain_order=True)
    names: list[str] = []
    texts: list[str] = []
    for (source, part), rows in first.group_by("from", "part", maintain_order=True):
        pool = found.pools[str(source)]
        file = pool.part_names()[int(str(part))]
        problems = pool.read_part(file, [TRACES], ["problem", "options"])[rows["place"]]
        names += rows["problem_id"].to_list()
        # As an item is read: `Which is true?` is the same problem with the same options alone.
        texts += [item_text(row, None) or row["problem"] for row in problems.iter_rows(named=True)]
    return names, texts


def said(about: Mapping[str, Any]) -> list[str]:
    """What a reader must know of it, a line each."""
    lines = []
    if about["declared"]:
        lines.append(f"declared: {about['declared']}")
    if not about["checked"]:
        lines.append(UNCHECKED)
    else:
        known = [count(about["items"], "item")] if about["items"] else []
        known += [f"what `curate decontaminate` found in `{n}`"
                  for n, digest in about["recorded"].items() if digest]  # fmt: skip
        what = "STAY, as declared" if about["found"] == "stay" else "left all arms"
        lines.append(
            f"checked against {' and '.join(known)}: {count(about['problems'], 'problem')} "
            f"({count(about['traces'], 'trace')}) {what}"
        )
        unknown = [name for name, digest in about["recorded"].items() if not digest]
        if unknown and not about["items"]:
            lines.append(f"{UNCHECKED}: {', '.join(f'`{name}`' for name in unknown)}")
    if about["selected_with"]:
        lines.append(f"selected with the evaluation: {about['selected_with']}")
    return lines
