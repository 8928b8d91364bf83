"""A study on disk: prepared from its plan, run to its end, gone on with after any kill.

STUDY/study.json    the resolved recipe, versions, and the keys of the cells
STUDY/design.json   what the analysis must know
STUDY/ledger.jsonl  what happened
STUDY/bases/KEY/    an untrained base, evaluated once
STUDY/cells/KEY/    a training run
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from curate.errors import InputError
from curate.io import write_bytes
from curate.lock import alone
from curate.train import ledger
from curate.train.cells import FILE, Cell, key_of, read_cell, versions, write_cell
from curate.train.engines import run_here, run_local, run_ray, write_slurm
from curate.train.eval.scoring import Scorer
from curate.train.guard import Outcome
from curate.train.ledger import Standing
from curate.train.plan import Plan, need_sight
from curate.train.specs import LaunchSpec
from curate.train.study import Study

NAME = "study.json"
FORMAT = 1
MODULE = "curate.ablate_cell"
"""What the process of a cell runs: it knows the scorers, which the trainer does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a run ended."""

    done: int
    """Cells that are done, bases among them."""
    failed: int
    left: int
    """Neither done nor failed, such as those that a script is to run."""
    script: Path | None = None


def prepare(plan: Plan, folder: Path) -> None:
    """Write everything of a study that is there before it is run.

    Raises:
        InputError: it cannot see what it must, or the folder holds another study.
        PoolError: another run is at work in it.
    """
    need_sight(plan)
    write_study(folder, plan.study, plan.cells, plan.design())


def write_study(
    folder: Path, study: Study, cells: Sequence[Cell], design: Mapping[str, Any]
) -> None:
    """Write the cells of a study, its design, and last what it is made of.

    Raises:
        InputError: the folder holds another study.
        PoolError: another run is at work in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = read_study_file(folder) if (folder / NAME).is_file() else {}
    if before and before["name"] != study.name:
        raise InputError(
            f"`{folder}` holds the study `{before['name']}`",
            why=f"this one is `{study.name}`",
            fix="give another folder with `-o`",
        )
    with alone(folder):
        note_cells(folder, cells, before.get("cells", []))
        write_json(folder / "design.json", design)
        write_json(folder / NAME, study_file(study, cells))


def note_cells(folder: Path, cells: Sequence[Cell], before: Sequence[str]) -> None:
    """Write cells that are new, and into the ledger which came and which are no longer wanted."""
    known = ledger.standings(folder)
    for cell in cells:
        write_cell(cell, folder)
        if known.get(cell.key, Standing(state="retired")).state == "retired":
            ledger.add(folder, "planned", cell.key, title=cell.title)
    for key in set(before) - {cell.key for cell in cells}:
        ledger.add(folder, "retired", key)


def study_file(study: Study, cells: Sequence[Cell]) -> dict[str, Any]:
    """What `study.json` holds."""
    keys = [cell.key for cell in cells]
    return {
        "format": FORMAT,
        "name": study.name,
        "key": key_of([keys, [cell.evaluation for cell in cells]]),
        "versions": versions(),
        "study": study.plain(),
        "cells": keys,
        "places": [str(cell.place(Path())) for cell in cells],
    }


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain values, the same bytes for the same values."""
    text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
    write_bytes(path, text.encode() + b"\n")


def read_study_file(folder: Path) -> dict[str, Any]:
    """What `study.json` says.

    Raises:
        InputError: there is none, or it is another version's.
    """
    try:
        found = orjson.loads((folder / NAME).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputError(
            f"`{folder}` is no study",
            why=f"it has no `{NAME}` that can be read",
            fix="name a folder that `curate ablate run STUDY.toml -o FOLDER` made",
        ) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(
            f"`{folder}` is a study of another version",
            why=f"this curate reads format {FORMAT}",
            fix="use the version that made it",
        )
    return found


def cells_in(folder: Path) -> list[Cell]:
    """The cells of a study, bases first, in the order of its plan."""
    places = [folder / place for place in read_study_file(folder)["places"]]
    lacking = [place for place in places if not (place / FILE).is_file()]
    if lacking:
        raise InputError(
            f"the study `{folder}` lacks `{lacking[0].relative_to(folder)}/{FILE}`",
            why="it was removed",
            fix="plan it again with `curate ablate run STUDY.toml`",
        )
    return [read_cell(place) for place in places]


def launch_of(folder: Path) -> LaunchSpec:
    """`[launch]` of a study on disk."""
    found = read_study_file(folder)["study"]["launch"]
    listed = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
    return LaunchSpec(**{**found, **listed})


def is_done(cell: Cell, folder: Path, standing: Standing) -> bool:
    """Whether a cell is trained, and evaluated as the study now wants it."""
    if standing.state != "done" or (standing.note or {}).get("evaluation") != cell.evaluation:
        return False
    place = cell.place(folder)
    return all(
        (place / "results" / f"step-{step:06}.parquet").is_file() for step in steps_of(cell, place)
    )


def steps_of(cell: Cell, place: Path) -> list[int]:
    """The steps of which a done cell has results; none where nothing is measured."""
    if not cell.suites:
        return []
    if cell.kind == "base":
        return [0]
    if cell.models:
        return [step for step, _ in cell.models]
    try:
        return list(orjson.loads((place / "fit.json").read_bytes())["checkpoints"])
    except OSError:
        return [-1]  # not trained: no result can be there


def left(folder: Path, *, retry_failed: bool) -> list[Cell]:
    """The cells that are to be run: all but those that are done, or failed for a lasting reason.

    A cell whose process was killed is always gone on with.
    """
    standings = ledger.standings(folder)
    found = []
    for cell in cells_in(folder):
        standing = standings.get(cell.key, Standing())
        lasting = standing.state == "failed" and standing.reason != "killed"
        if not is_done(cell, folder, standing) and (retry_failed or not lasting):
            found.append(cell)
    return found


def go_on(
    folder: Path,
    *,
    launch: LaunchSpec | None = None,
    scorers: Mapping[str, Scorer] | None = None,
    retry_failed: bool = False,
    on_end: Callable[[Cell, Outcome, int, int], None] | None = None,
) -> Report:
    """Run what is left of a study; how it ended.

    With `scorers` the cells run in this process. `on_end` is told each cell with its outcome, how
    many have ended, and of how many.

    Raises:
        PoolError: another run is at work in it.
    """
    spec = launch or launch_of(folder)
    with alone(folder):
        todo = left(folder, retry_failed=retry_failed)
        places = [cell.place(folder).resolve() for cell in todo]
        if todo and spec.engine == "slurm":
            script = write_slurm(places, folder, spec, read_study_file(folder)["name"])
            return replace(report(folder), script=script)
        by_key = {cell.key: cell for cell in todo}
        for number, outcome in enumerate(outcomes(places, spec, scorers), 1):
            if on_end is not None:
                on_end(by_key[outcome.key], outcome, number, len(todo))
    return report(folder)


def outcomes(
    places: Sequence[Path], launch: LaunchSpec, scorers: Mapping[str, Scorer] | None
) -> Iterator[Outcome]:
    """The ends of cells, by the engine."""
    if not places:
        return iter(())
    if scorers is not None:
        return run_here(places, scorers)
    run = run_ray if launch.engine == "ray" else run_local
    return run(places, launch, module=MODULE)


def report(folder: Path) -> Report:
    """How many cells are done and failed."""
    standings = ledger.standings(folder)
    cells = cells_in(folder)
    done = sum(is_done(cell, folder, standings.get(cell.key, Standing())) for cell in cells)
    failed = sum(standings.get(cell.key, Standing()).state == "failed" for cell in cells)
    return Report(done=done, failed=failed, left=len(cells) - done - failed)
