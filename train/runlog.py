"""`train.jsonl`: one line for every optimizer step, the same after any number of kills.

    {"step": 1, "loss": 2.31, "lr": 0.0, "grad_norm": 4.7, "tokens": 812, "examples": 16, …}

`loss` is the mean of -log p as the recipe weighs it; `lr` is the rate of this step; `grad_norm` is
before clipping and of the objective as it is minimised (with `micro_batch` normalization that is
larger than a mean's); `tokens` (trained ones), `examples` and `seconds` (of training, pauses left
out) are counted from the start of the run. Only `seconds` differs from run to run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import orjson

from curate.io import write_bytes


class Line(TypedDict):
    """A step."""

    step: int
    loss: float
    lr: float
    grad_norm: float | None
    tokens: int
    examples: int
    seconds: float


class RunLog:
    """The log of a run under way; everything after the last step of `before` is forgotten."""

    def __init__(self, path: Path, before: bytes = b"") -> None:
        write_bytes(path, before)
        self.path = path
        lines = read_log(path)
        self.last: Line | None = lines[-1] if lines else None

    def add(self, step: int, made: Mapping[str, Any], seconds: float) -> Line:
        """Write the line of a step that took so many seconds."""
        before = self.last
        line = Line(
            step=step,
            loss=made["loss"],
            lr=made["lr"],
            grad_norm=made["grad_norm"],
            tokens=made["tokens"] + (before["tokens"] if before else 0),
            examples=made["examples"] + (before["examples"] if before else 0),
            seconds=round(seconds + (before["seconds"] if before else 0.0), 6),
        )
        with self.path.open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")
        self.last = line
        return line


def read_log(path: Path) -> list[Line]:
    """The lines of a log; none where there is no file."""
    if not path.is_file():
        return []
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]
