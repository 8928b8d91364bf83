"""How far a study is: a row for each cell."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import orjson

from curate.progress import time_text
from curate.train import ledger
from curate.train.cells import Cell
from curate.train.guard import is_held
from curate.train.ledger import Standing
from curate.train.plan_text import table
from curate.train.run import cells_in, is_done
from curate.train.runlog import Line

TAIL_BYTES = 4096
"""Of a log: more than a line of it."""
UNDER_WAY = ("started", "trained", "evaluated")
State = Literal["done", "running", "failed", "interrupted", "planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell."""

    key: str
    title: str
    state: State
    step: int
    steps: int
    loss: float | None
    """Of the last step."""
    tokens_per_second: float | None
    """Trained tokens, over all of the training so far."""
    evaluated: int
    """Checkpoints with results."""
    eta_s: float | None
    """Until the training is over, for a cell that is running."""
    reason: str | None
    """Why it failed."""


def status(folder: Path) -> list[Row]:
    """The rows of a study, in the order of its plan.

    Raises:
        InputError: the folder holds no study.
    """
    standings = ledger.standings(folder)
    return [row_of(cell, folder, standings.get(cell.key, Standing())) for cell in cells_in(folder)]


def row_of(cell: Cell, folder: Path, standing: Standing) -> Row:
    """What is known of a cell now."""
    place = cell.place(folder)
    last = last_line(place / "train.jsonl")
    state = state_of(cell, folder, standing)
    return Row(
        key=cell.key,
        title=cell.title,
        state=state,
        step=last["step"] if last else 0,
        steps=cell.steps,
        loss=last["loss"] if last else None,
        tokens_per_second=last["tokens"] / last["seconds"] if last and last["seconds"] else None,
        evaluated=len(list((place / "results").glob("step-*.parquet"))),
        eta_s=seconds_left(last, cell.steps) if state == "running" and last else None,
        reason=reason_of(standing) if state == "failed" else None,
    )


def last_line(path: Path) -> Line | None:
    """The last whole line of a log that somebody may be writing; None where there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES))
        lines = file.read().split(b"\n")[:-1]
    found: Line | None = orjson.loads(lines[-1]) if lines else None
    return found


def state_of(cell: Cell, folder: Path, standing: Standing) -> State:
    """The state in one word: a started cell at which no process is at work was interrupted."""
    if is_held(cell.place(folder)):
        return "running"
    if is_done(cell, folder, standing):
        return "done"
    if standing.state == "failed":
        return "failed"
    return "interrupted" if standing.state in UNDER_WAY else "planned"


def reason_of(standing: Standing) -> str:
    """Why a cell failed: the kind and the words."""
    message = str((standing.note or {}).get("message", ""))
    return f"{standing.reason}: {message}" if message else str(standing.reason)


def seconds_left(last: Line, steps: int) -> float:
    """Time until the last step, at the speed so far."""
    return last["seconds"] / last["step"] * max(0, steps - last["step"])


def status_text(rows: list[Row]) -> str:
    """The rows as a table."""
    head = ["cell", "of", "state", "step", "loss", "tokens/s", "evaluated", "left"]
    shown = [
        [
            row.key[:8],
            row.title,
            row.state,
            f"{row.step:,}/{row.steps:,}" if row.steps else "-",
            "-" if row.loss is None else f"{row.loss:.4f}",
            "-" if row.tokens_per_second is None else f"{row.tokens_per_second:,.0f}",
            str(row.evaluated),
            "-" if row.eta_s is None else time_text(row.eta_s),
        ]
        for row in rows
    ]
    failures = [f"{row.key[:8]} failed: {row.reason}" for row in rows if row.reason]
    return "\n".join([table([head, *shown], left=3), *failures])


def status_json(rows: list[Row]) -> list[dict[str, object]]:
    """The rows in plain values."""
    return [asdict(row) for row in rows]
