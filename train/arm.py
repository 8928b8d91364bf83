"""The rows of an arm as they lie on disk: any folder or file with a prompt and a completion.

A row, as `curate mix` writes it (only the first two columns are needed):

    {"prompt": "What is 2 + 2?\\n\\n", "completion": "<think>…</think>\\n\\n4", "id": "39f…"}

`input_ids` and `completion_mask`, where they are there, are trained as they are; `weight` says what
a token of the row counts beside others.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import InputError

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("id", "prompt", "completion", "weight", "input_ids", "completion_mask")


def read_arm(path: Path) -> "pl.DataFrame":
    """The columns that training reads, rows in the order of the files' names and their own.

    Raises:
        InputError: there are no rows, or neither text nor tokens in them.
    """
    import polars as pl

    files = arm_files(path)
    frames = [read_file(file) for file in files if file.stat().st_size]
    frames = [frame for frame in frames if frame.height]
    if not frames:
        why = f"{len(files)} Parquet or JSONL file(s) were found there"
        raise InputError(f"`{path}` has no rows", why=why, fix="name the folder of an arm")
    table = pl.concat(frames, how="diagonal_relaxed")
    text = [table.schema.get(name) == pl.String for name in ("prompt", "completion")]
    if not all(text) and not {"input_ids", "completion_mask"} <= set(table.columns):
        raise InputError(
            f"`{path}` has no `prompt` and `completion` of text",
            why=f"of the columns that training reads it has {described(table) or 'none'}",
            fix="rename its columns, or make the arm with `curate mix`",
        )
    return table


def arm_files(path: Path) -> list[Path]:
    """The files of an arm: itself, those in `data/`, or those in the folder."""
    if path.is_file():
        return [path]
    folder = path / "data" if (path / "data").is_dir() else path
    return sorted(file for pattern in ("*.parquet", "*.jsonl") for file in folder.glob(pattern))


def described(table: "pl.DataFrame") -> str:
    """The columns with their types, for an error."""
    return ", ".join(f"{name} ({dtype})" for name, dtype in table.schema.items())


def read_file(path: Path) -> "pl.DataFrame":
    """What training reads of one file."""
    import polars as pl

    try:
        if path.suffix == ".parquet":
            lazy = pl.scan_parquet(path)
        else:
            lazy = pl.scan_ndjson(path, infer_schema_length=None)
        there = lazy.collect_schema().names()
        return lazy.select([name for name in COLUMNS if name in there]).collect()
    except pl.exceptions.ComputeError as error:
        raise InputError(
            f"`{path}` cannot be read",
            why=str(error).splitlines()[0],
            fix="write it again; a line of JSON is one row",
        ) from error
