"""The tables of a whole study, out of the files of its cells.

    results.parquet    a row for each item and sample of each checkpoint
    probes.parquet     a row for each item: likelihoods of the reference
    responses.parquet  what the models wrote
    training.parquet   a row for each optimizer step

The rows come in the order of the plan, then of steps, then as each was evaluated; so the bytes are
the same for any number of workers and after any number of kills. An untrained base is step 0 with
no arm, and stands once for all arms.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curate.columns import arrow_column
from curate.io import replacing
from curate.train import ledger
from curate.train.cells import Cell
from curate.train.eval.rows import PROBES, RESPONSES, RESULTS
from curate.train.judge import judged_results
from curate.train.ledger import Standing
from curate.train.run import cells_in, is_done
from curate.train.runlog import read_log

KEYS = MappingProxyType(
    {
        "study": pa.string(),
        "cell": pa.string(),
        "arm": pa.string(),
        "base": pa.string(),
        "capability": pa.float64(),
        "mix_seed": pa.int64(),
        "order_seed": pa.int64(),
        "init_seed": pa.int64(),
        "seed": pa.int64(),
        "step": pa.int64(),
        "tokens": pa.int64(),
        "examples": pa.int64(),
    }
)
"""What says of which model a row is; the analysis measures `capability`."""
TABLES: Mapping[str, Mapping[str, pa.DataType]] = MappingProxyType(
    {"results": RESULTS, "probes": PROBES, "responses": RESPONSES}
)
TRAINING = MappingProxyType({"loss": pa.float64(), "lr": pa.float64(), "grad_norm": pa.float64()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a study has come to."""

    cells: int
    """Cells whose rows are in the tables, bases among them."""
    missing: int
    """Cells that are not done, of which nothing is in the tables."""
    rows: Mapping[str, int]
    """Of each table."""


def collect(folder: Path) -> Collected:
    """Write the four tables of a study from the cells that are done.

    Raises:
        InputError: the folder holds no study.
    """
    standings = ledger.standings(folder)
    cells = cells_in(folder)
    done = [cell for cell in cells if is_done(cell, folder, standings.get(cell.key, Standing()))]
    rows = {
        name: write_parts(folder / f"{name}.parquet", schema_of(columns), parts(name, done, folder))
        for name, columns in TABLES.items()
    }
    rows["training"] = write_parts(
        folder / "training.parquet", schema_of(TRAINING), training(done, folder)
    )
    return Collected(cells=len(done), missing=len(cells) - len(done), rows=rows)


def schema_of(columns: Mapping[str, pa.DataType]) -> pa.Schema:
    """The columns of a table of a study."""
    return pa.schema([*KEYS.items(), *columns.items()])


def write_parts(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> int:
    """Write tables one after the other into one file, all or nothing; how many rows."""
    rows = 0
    with ExitStack() as stack:
        temporary = stack.enter_context(replacing(path))
        writer = stack.enter_context(
            pq.ParquetWriter(temporary, schema, compression="zstd", compression_level=1)
        )
        for table in tables:
            rows += table.num_rows
            writer.write_table(table.select(schema.names).cast(schema))
    return rows


def parts(name: str, cells: Sequence[Cell], folder: Path) -> Iterator[pa.Table]:
    """The rows of one table, checkpoint by checkpoint."""
    for cell in cells:
        place = cell.place(folder)
        counts = {line["step"]: line for line in read_log(place / "train.jsonl")}
        for path in sorted((place / name).glob("step-*.parquet")):
            step = int(path.stem.removeprefix("step-"))
            trained: Mapping[str, Any] = counts.get(step, {"tokens": 0, "examples": 0})
            table = pq.read_table(path)
            if name == "results":
                table = judged_results(table, place / "responses" / path.name)
            yield with_keys(table.replace_schema_metadata(None), cell, step, trained)


def with_keys(table: pa.Table, cell: Cell, step: int, trained: Mapping[str, Any]) -> pa.Table:
    """A table with the columns that say of which model it is, before its own."""
    values = keys_of(cell) | {
        "step": step, "tokens": trained["tokens"], "examples": trained["examples"]
    }  # fmt: skip
    for place, (name, dtype) in enumerate(KEYS.items()):
        column = arrow_column([values[name]] * table.num_rows, dtype)
        table = table.add_column(place, pa.field(name, dtype), column)
    return table


def keys_of(cell: Cell) -> dict[str, Any]:
    """The columns that are the same for all rows of a cell."""
    return {
        "study": cell.study,
        "cell": cell.key,
        "arm": cell.arm,
        "base": cell.base,
        "capability": None,
        "mix_seed": cell.mix_seed,
        "order_seed": cell.order_seed,
        "init_seed": cell.init_seed,
        "seed": cell.seed,
    }


def training(cells: Sequence[Cell], folder: Path) -> Iterator[pa.Table]:
    """The steps of every training run; seconds are left out, since they are never the same."""
    for cell in cells:
        lines = read_log(cell.place(folder) / "train.jsonl")
        if not lines:
            continue
        same = {name: [value] * len(lines) for name, value in keys_of(cell).items()}
        own: dict[str, list[Any]] = {
            name: [line.get(name) for line in lines]
            for name in ("step", "tokens", "examples", *TRAINING)
        }
        yield pa.table(
            {
                name: arrow_column({**same, **own}[name], dtype)
                for name, dtype in {**KEYS, **TRAINING}.items()
            }
        )
