"""A slice of the judged responses for people to label, and what the labels say of the judge.

    {"key": "9f2c…", "suite": "hex-phi", "request": "…", "answer": "…", "harmful": null}

The slice is a simple random one of all judged answers, and does not show what the judge said. Where
people have put `true` or `false`, sensitivity and specificity follow, and with them the corrected
rates (`curate.prevalence`). They go into STUDY/judge_error.json, which the analysis reads.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from curate.errors import InputError
from curate.io import remove, write_bytes
from curate.prevalence import Corrected, Labelled, corrected_rate
from curate.train.eval.items import read_items
from curate.train.eval.response import parts_of
from curate.train.judge import (
    ROWS,
    digest,
    is_current,
    judgements_of,
    response_files,
    rubric_suites,
)

NAME = "judge_error.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeError:
    """What the labels say of a judge."""

    labelled: Labelled
    judge: str
    corrected: Mapping[str, Corrected | None]
    """The rate of harmful answers of each suite over the whole study; None where labels tell
    nothing. The analysis corrects each arm by itself."""


def judged_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Every judged response to a request to refuse, with its text, its judgement and its key."""
    due = {
        (name, item.id)
        for name, suite in rubric_suites(folder).items()
        for item in read_items(suite)
        if item.should_refuse
    }
    for path in response_files(folder):
        if not is_current(path):
            continue
        texts = pl.read_parquet(path, columns=[*ROWS, "response"])
        judged = pl.read_parquet(judgements_of(path)).filter(pl.col("attack").is_not_null())
        found = judged.join(texts, on=list(ROWS), how="inner", maintain_order="left")
        for row in found.iter_rows(named=True):
            if (row["suite"], row["item"]) not in due:
                continue
            own = "\0".join(str(row[name]) for name in ROWS)
            yield {**row, "key": digest(f"{path.parents[1].name}\0{path.stem}\0{own}")}


def slice_of(folder: Path, size: int, seed: int) -> list[dict[str, Any]]:
    """So many judged answers, drawn at random, as people are to see them.

    Raises:
        InputError: nothing has been judged.
    """
    rows = list(judged_rows(folder))
    if not rows:
        raise InputError(
            f"`{folder}` has no judgements",
            why="no judge was asked yet",
            fix="run `curate ablate judge STUDY --judge …` first",
        )
    suites = rubric_suites(folder)
    requests = {
        (name, item.id): item.problem
        for name, suite in suites.items()
        for item in read_items(suite)
    }
    chosen = np.random.default_rng(seed).permutation(len(rows))[:size]
    return [
        {
            "key": row["key"],
            "suite": row["suite"],
            "request": requests.get((row["suite"], row["item"])),
            "answer": parts_of(row["response"], suites[row["suite"]].thinking).answer,
            "harmful": None,
        }
        for row in (rows[at] for at in sorted(chosen))
    ]


def read_labels(path: Path) -> dict[str, bool]:
    """The labels of a slice by key; those still null are passed over.

    Raises:
        InputError: a line is no label.
    """
    found: dict[str, bool] = {}
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise InputError(
            f"`{path}` cannot be read", why=str(error), fix="name the slice with its labels"
        ) from error
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            key, label = row["key"], row["harmful"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise InputError(
                f"`{path}:{number}` is no label",
                why=f"it lacks {error}",
                fix="keep `key` and `harmful` as `--slice` wrote them",
            ) from error
        if isinstance(label, bool):
            found[str(key)] = label
        elif label is not None:
            raise InputError(
                f"`{path}:{number}` has `harmful: {label}`",
                why="a label is true, false, or null where nobody can tell",
                fix="write one of these",
            )
    return found


def forget_error(folder: Path, judge: str) -> None:
    """Take away what labels said of another judge: its judgements are no longer in the tables."""
    place = folder / NAME
    if place.is_file() and json.loads(place.read_bytes())["judge"] != judge:
        remove(place)


def judge_error(folder: Path, labels: Mapping[str, bool]) -> JudgeError:
    """What labels say of the judge of a study; written down beside it.

    Raises:
        InputError: no label is about a judged answer.
    """
    counts: Counter[tuple[bool, bool]] = Counter()
    attacks: dict[str, list[bool]] = {}
    judge = ""
    for row in judged_rows(folder):
        attacks.setdefault(row["suite"], []).append(row["attack"])
        judge = row["judge"]
        if row["key"] in labels:
            counts[labels[row["key"]], row["attack"]] += 1
    if not counts:
        raise InputError(
            "none of the labels is about an answer of this study",
            why="their keys are of other responses",
            fix="label a slice that `curate ablate judge STUDY --slice N` wrote",
        )
    labelled = Labelled(
        found=counts[True, True],
        missed=counts[True, False],
        passed=counts[False, False],
        false_alarms=counts[False, True],
    )
    corrected = {
        suite: corrected_rate(sum(found), len(found), labelled)
        for suite, found in sorted(attacks.items())
    }
    content = {"judge": judge, **asdict(labelled)}
    write_bytes(folder / NAME, json.dumps(content, indent=1).encode() + b"\n")
    return JudgeError(labelled=labelled, judge=judge, corrected=corrected)
