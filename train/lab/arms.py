"""Arms on disk, as `curate mix` writes them, so that everything that reads those reads these.

manifest.json                 the design: every arm, its rows, its balance; written last
verified/
  manifest.json               the same for this arm alone
  data/train-00000-of-00001.parquet

{"prompt": "7a+8b-3?", "completion": "<think>7a+8=5b-3=2</think>=2", "id": "verified-00017-9a…",
 "problem_id": "7a+8b-3?", "grade": "verified", "weight": 1.0, "tokens": 15, "source": "short", …}
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xxhash
from numpy.random import Generator

from curate import __version__
from curate.io import write_bytes, write_table
from curate.train.lab import tokenizer
from curate.train.lab.recipes import REFUSALS, REPLAY, ArmRecipe
from curate.train.lab.traces import GRADES, direct
from curate.train.lab.world import TASKS, Problem

Render = Callable[[Problem, Generator], str]
FORMAT = 1
SHORT_SHARE = 0.4
"""Share of the chains with one or two operations; the others have three to five."""
OTHERS = {"replay": REPLAY, "refusals": REFUSALS}
NAME = "manifest.json"


def line_of_problems(count: int, seed: int, held_out: frozenset[str]) -> list[Problem]:
    """So many chains in a random order, none of them asked in a suite."""
    rng = np.random.default_rng([seed, 1])
    found: list[Problem] = []
    while len(found) < count:
        problem = TASKS["short" if rng.random() < SHORT_SHARE else "chain"](rng)
        if problem.prompt not in held_out:
            found.append(problem)
    return found


def rows_of(
    arm: ArmRecipe, line: Sequence[Problem], seed: int, held_out: frozenset[str]
) -> pl.DataFrame:
    """The rows of an arm, in the order of the line."""
    grades = grades_of(arm, len(line))
    other = other_rows(arm, len(line), seed, held_out)
    rows = [
        row(problem, grade, number, seed)
        for number, (problem, grade) in enumerate(zip(line, grades, strict=True))
    ][: len(line) - len(other)]
    return pl.DataFrame([*rows, *other])


def grades_of(arm: ArmRecipe, count: int) -> list[str]:
    """The grade of each problem on the line: pieces in the order of the mix."""
    grades: list[str] = []
    edge = 0.0
    for grade, share in arm.mix.items():
        edge += share
        grades += [grade] * (round(edge * count) - len(grades))
    return grades


def other_rows(
    arm: ArmRecipe, count: int, seed: int, held_out: frozenset[str]
) -> list[dict[str, object]]:
    """Rows of replay and refusals, answered directly as in pretraining."""
    rows: list[dict[str, object]] = []
    for place, (kind, share) in enumerate(arm.other.items()):
        rng = np.random.default_rng([seed, 2, place])
        names = list(OTHERS[kind])
        for number, name in enumerate(
            rng.choice(names, round(share * count), p=list(OTHERS[kind].values()))
        ):
            problem = TASKS[str(name)](rng)
            while problem.prompt in held_out:
                problem = TASKS[str(name)](rng)
            rows.append(filled(problem, kind, f"{kind}-{number:05}", direct))
    return rows


def row(problem: Problem, grade: str, number: int, seed: int) -> dict[str, object]:
    """A row of a chain; its defect is drawn by its own place on the line, whatever the arm."""
    return filled(problem, grade, f"{grade}-{number:05}", GRADES[grade], seed=seed, number=number)


def filled(
    problem: Problem, grade: str, name: str, render: Render, *, seed: int = 0, number: int = 0
) -> dict[str, object]:
    """All columns of a row."""
    kind = sorted(GRADES).index(grade) if grade in GRADES else 0
    completion = render(problem, np.random.default_rng([seed, 3, kind, number]))
    tokens = len(tokenizer.encode(completion)) + 1  # and the end
    inside = completion.partition(tokenizer.OPEN)[2].partition(tokenizer.CLOSE)[0]
    thought = len(tokenizer.encode(inside))
    mark = xxhash.xxh3_64_hexdigest(f"{problem.prompt}{completion}".encode())
    return {
        "prompt": problem.prompt,
        "completion": completion,
        "id": f"{name}-{mark[:8]}",
        "problem_id": problem.prompt,
        "grade": grade,
        "weight": 1.0,
        "tokens": tokens,
        "tokens_thinking": thought,
        "tokens_answer": tokens - thought,
        "source": problem.task,
    }


# --- on disk --------------------------------------------------------------------------------------


def write_arms(
    arms: Sequence[ArmRecipe], out: Path, *, rows: int, seed: int, held_out: frozenset[str]
) -> dict[str, Any]:
    """Write all arms, each whole or not at all; the manifest of the design."""
    line = line_of_problems(rows, seed, held_out)
    frames = {arm.name: rows_of(arm, line, seed, held_out) for arm in arms}
    manifest = manifest_of(arms, frames, seed)
    (out / NAME).unlink(missing_ok=True)
    for arm in arms:
        write_arm(manifest, arm.name, frames[arm.name], out)
    write_bytes(out / NAME, text_of(manifest))
    return manifest


def write_arm(manifest: Mapping[str, Any], name: str, frame: pl.DataFrame, out: Path) -> None:
    """Write one arm under a temporary name, and rename it when it is whole."""
    folder = out / f".{name}.tmp"
    shutil.rmtree(folder, ignore_errors=True)
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    path = folder / "data" / "train-00000-of-00001.parquet"
    write_table(path, table, key=manifest["key"], about={"design": manifest["key"]})
    files = {"data/train-00000-of-00001.parquet": hashlib.sha256(path.read_bytes()).hexdigest()}
    alone = {**manifest, "arms": {name: manifest["arms"][name]}, "files": files}
    write_bytes(folder / NAME, text_of(alone))
    shutil.rmtree(out / name, ignore_errors=True)
    folder.replace(out / name)


def text_of(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as it is written."""
    return json.dumps(manifest, separators=(",", ":")).encode() + b"\n"


def manifest_of(
    arms: Sequence[ArmRecipe], frames: Mapping[str, pl.DataFrame], seed: int
) -> dict[str, Any]:
    """What the manifest of the design says."""
    digest = xxhash.xxh3_128()
    for name, frame in frames.items():
        digest.update(name.encode())
        digest.update("".join(frame["id"]).encode())
    return {
        "format": FORMAT,
        "made_by": "curate lab",
        "recipe": recipe_of(arms, seed),
        "versions": {"curate": __version__},
        "template": {"prompt": "{problem}", "completion": "{response}", "chat": None},
        "token_rule": "the lab's tokenizer: a token for each character or tag, and the end",
        "balance": balance(arms, frames),
        "arms": {arm.name: about(arm, frames[arm.name]) for arm in arms},
        "key": digest.hexdigest(),
    }


def recipe_of(arms: Sequence[ArmRecipe], seed: int) -> dict[str, Any]:
    """The recipe, in the terms of `curate mix`."""
    dosed = [arm for arm in arms if arm.role == "dose"]
    low = [grade for arm in dosed for grade in arm.mix if grade != "verified"]
    return {
        "name": "lab",
        "about": "Arms of the embedded lab: the same problems, traces with known defects.",
        "estimand": "tokens",
        "per_problem": 1,
        "seeds": {"draw": seed, "order": seed},
        "doses": {"high": "verified", "low": low[0], "at": [100 * (arm.dose or 0) for arm in dosed]}
        if low
        else None,
    }


def about(arm: ArmRecipe, frame: pl.DataFrame) -> dict[str, Any]:
    """What the manifest says of an arm."""
    shares = frame.group_by("grade", maintain_order=True).len().rows()
    wanted = ("id", "grade", "weight", "tokens", "tokens_thinking", "tokens_answer")
    return {
        "role": arm.role,
        "dose": arm.dose,
        "levels": {},
        "grades": {grade: count / frame.height for grade, count in shares},
        "defects": {},
        "rows": frame.height,
        "problems": frame["problem_id"].n_unique(),
        **{name: int(frame[name].sum()) for name in ("tokens", "tokens_thinking", "tokens_answer")},
        "data": {name: frame[name].to_list() for name in wanted},
    }


def balance(arms: Sequence[ArmRecipe], frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """How alike the arms are: every one beside the first, on problems, rows and tokens.

    Gated are pairs of arms whose traces have the same length by their making; those must not differ
    by a single token.
    """
    first, left = arms[0], frames[arms[0].name]
    pairs: list[dict[str, Any]] = [
        {
            "left": first.name,
            "right": arm.name,
            "overlap": left["problem_id"].is_in(frames[arm.name]["problem_id"].implode()).mean(),
            "same_rows": (left["completion"] == frames[arm.name]["completion"]).mean(),
            "token_gap": abs(int(frames[arm.name]["tokens"].sum()) / int(left["tokens"].sum()) - 1),
            "gated": first.matched and arm.matched,
        }
        for arm in arms[1:]
    ]
    failures = [
        f"tokens of `{pair['right']}`: {pair['token_gap']:.2%} apart"
        for pair in pairs
        if pair["gated"] and pair["token_gap"]
    ]
    sizes = {
        name: {"rows": frame.height, "tokens": int(frame["tokens"].sum())}
        for name, frame in frames.items()
    }
    return {
        "passed": not failures,
        "forced": False,
        "failures": failures,
        "sizes": sizes,
        "pairs": pairs,
    }
