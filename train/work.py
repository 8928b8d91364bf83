"""One cell: train it from wherever it was left off, then evaluate what is not yet evaluated.

Runs in a process of its own, or in that of the caller. Everything that it needs stands in
`cell.json`; everything that it finds out goes into the folder of the cell and into the ledger.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from curate.errors import InputError
from curate.train import ledger
from curate.train.arms import digest_of
from curate.train.cells import Cell, read_cell
from curate.train.checkpoints import published
from curate.train.eval.evaluate import EvalFolder, EvalSettings, evaluate
from curate.train.eval.fields import Fields
from curate.train.eval.scoring import Scorer
from curate.train.eval.suite import Suite
from curate.train.schedule import Schedule, Seeds
from curate.train.sft import Machine, fit
from curate.train.templates import Rendering

Phase = Literal["all", "train", "evaluate"]


def work(
    folder: Path,
    scorers: Mapping[str, Scorer],
    *,
    phase: Phase = "all",
    share: tuple[int, int] = (0, 1),
) -> None:
    """Do what is left of a cell; nothing where all is done.

    `share` is (i, n): of the checkpoints only every n-th from the i-th on, so that n processes
    evaluate one cell together.

    Raises:
        CurateError: the cell cannot be trained or evaluated as it is.
    """
    cell = read_cell(folder)
    if cell.kind == "cell" and not cell.models and phase != "evaluate":
        train(cell, folder)
    if phase != "train":
        measure(cell, folder, scorers, share)


def train(cell: Cell, folder: Path) -> None:
    """Train to the end."""
    assert cell.arm_folder is not None
    need_same_arm(cell)
    done = fit(
        Path(cell.arm_folder),
        Path(cell.base_folder),
        Schedule(**cell.schedule),
        Seeds(order=cell.order_seed or 0, init=cell.init_seed or 0),
        folder,
        rendering=Rendering(**cell.rendering),
        overlong="drop" if cell.overlong == "drop" else "refuse",
        machine=machine_of(cell),
    )
    if os.environ.get("RANK", "0") == "0":
        ledger.add(folder.parents[1], "trained", cell.key, step=done.steps, tokens=done.tokens)


def need_same_arm(cell: Cell) -> None:
    """Nothing, when the arm is still the one that was planned.

    Raises:
        InputError: its files have changed since.
    """
    folder = Path(cell.arm_folder or "")
    if digest_of(folder) != cell.arm_digest:
        raise InputError(
            f"the arm `{cell.arm}` has changed since the study was planned",
            why=f"the files in `{folder}` are others",
            fix="run `curate ablate run` again: it plans anew, and trains what has changed",
        )


def machine_of(cell: Cell) -> Machine:
    """Where and how the cell is trained."""
    launch = cell.launch
    return Machine(
        device=launch["device"],
        world=launch["processes"],
        attention=launch["attention"],
        report_to=tuple(launch["report_to"]),
        project=cell.study,
        run_name=f"{cell.arm}-{cell.base}-{cell.seed}",
        save_every_steps=launch["save_every_steps"],
        save_every_s=launch["save_every_s"],
        full_determinism=launch["full_determinism"],
    )


def measure(
    cell: Cell, folder: Path, scorers: Mapping[str, Scorer], share: tuple[int, int]
) -> None:
    """Evaluate the checkpoints of a share, or the base."""
    suites = suites_of(cell.suites)
    if not suites:
        return
    number, of = share
    for step, model in models_of(cell, folder)[number::of]:
        evaluate(model, suites, settings_of(cell), EvalFolder.at(folder, step), scorers)
        ledger.add(folder.parents[1], "evaluated", cell.key, step=step)


def models_of(cell: Cell, folder: Path) -> list[tuple[int, Path]]:
    """Steps and folders of the models of a cell, ascending."""
    if cell.kind == "base":
        return [(0, Path(cell.base_folder))]
    if cell.models:
        return [(step, Path(model)) for step, model in cell.models]
    return [(each.step, each.folder) for each in published(folder)]


def suites_of(tables: Sequence[Mapping[str, object]]) -> list[Suite]:
    """Suites out of the plain values of `cell.json`."""
    return [suite_of(table) for table in tables]


def suite_of(table: Mapping[str, object]) -> Suite:
    """One suite: lists are tuples again."""
    own = table["fields"]
    assert isinstance(own, Mapping)
    columns = Fields(**tuples(own))  # type: ignore[arg-type]
    return Suite(**(tuples(table) | {"fields": columns}))  # type: ignore[arg-type]


def tuples(table: Mapping[str, object]) -> dict[str, object]:
    """The values with lists as tuples, as the records have them."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in table.items()
    }


def settings_of(cell: Cell) -> EvalSettings:
    """How the suites are run."""
    skip = {name: tuple(items) for name, items in cell.evaluate["skip"].items()}
    device = cell.evaluate["device"]
    if device == "auto":
        device = cell.launch["device"]
    return EvalSettings(**{**cell.evaluate, "skip": skip, "device": device})
