"""A selection of a pool as JSONL, Parquet or a `datasets` folder.

A row holds the columns of the pool, or those asked for. What was JSON in the dump is JSON again in
JSONL, and JSON text elsewhere. A column that every source knew by one other name gets that name
back (`gold` for `reference`); where a dump's own `id` had to make room for ours, it is `id` again
and ours is `trace_id`. Columns that are asked for keep the names they have in the pool.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from curate.account import need_a_trace
from curate.errors import InputError
from curate.frames import fitted
from curate.groups import stages_of
from curate.pool import TRACES, Pool
from curate.store import arrow_schema, polars_schema
from curate.writers import json_text, writer_for

GROUPS = ("traces", "extract", "verify", "rollouts")
OPTIONAL = (
    "judge",
    "score",
    "quality",
    "embedding",
    "likelihood",
    "dedup",
    "contamination",
)
"""Groups that a pool has where their commands have run."""
ORIGINAL = "original_"
RENAMED_FROM = b"original"
"""Key in the metadata of a field: what its column was called in the dump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAccount:
    """What was written."""

    out: str
    traces: int
    exported: int

    @property
    def left_out(self) -> int:
        """Traces that the condition is not true of."""
        return self.traces - self.exported

    def __str__(self) -> str:
        return (
            f"{self.traces:,} traces: exported {self.exported:,}, left out {self.left_out:,}\n"
            f"wrote `{self.out}`"
        )


def export(
    pool: Pool,
    out: Path,
    *,
    where: str,
    columns: Sequence[str] = (),
    among: pl.Series | None = None,
) -> ExportAccount:
    """Writes the traces that the condition is true of, whole or not at all.

    `among` says of every trace whether it may be written, as `curate.selections.kept` does; the
    condition is asked of the whole pool all the same.

    Raises:
        InputError: the condition or a column does not fit the pool, or `out` cannot be written.
    """
    need_a_trace(pool)
    groups = groups_of(pool)
    schema = pool.scan(groups).collect_schema()
    condition = read_condition(where, schema)
    names = asked_names(columns, schema) if columns else restored_names(pool, schema)
    write = writer_for(out)
    json_names = json_columns(pool, schema) & names.keys()
    keep = is_true(condition, pool) & (True if among is None else among)

    def selections() -> Iterator[pl.DataFrame]:
        first = 0
        for part in pool.part_names():
            frame = pool.read_part(part, groups)
            kept = frame.filter(keep.slice(first, frame.height))
            first += frame.height
            kept = with_json_text(kept, json_names - json_columns_of(pool, part))
            yield uniform(kept, schema).select(pl.col(name).alias(names[name]) for name in names)

    write(out, selections(), {names[name] for name in json_names})
    return ExportAccount(out=str(out), traces=keep.len(), exported=int(keep.sum()))


def groups_of(pool: Pool) -> list[str]:
    """The column groups of a pool that hold, in the order in which they are shown."""
    return [*GROUPS, *(group for group in OPTIONAL if group in stages_of(pool))]


def read_condition(where: str, schema: pl.Schema) -> pl.Expr:
    """The condition as an expression that fits the schema.

    Raises:
        InputError: it is not SQL, names a column that is not there, or is no yes-or-no question.
    """
    try:
        condition = pl.sql_expr(where)
        for name in condition.meta.root_names():
            known_column(name, schema)
        outcome = schema.to_frame().select(condition.alias("keep"))["keep"].dtype
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"`{where}` is not a condition on the columns of the pool",
            why=str(error).partition("\n")[0],
            fix="write it as after WHERE in SQL, such as `verdict = 'correct' AND pass_rate < 1`",
        ) from error
    if outcome != pl.Boolean:
        raise InputError(
            f"`{where}` is neither true nor false of a trace",
            why=f"it is of the type {outcome}",
            fix="compare it with something, such as `verdict = 'correct'`",
        )
    return condition


def known_column(name: str, schema: pl.Schema) -> str:
    """The name, when the schema has it.

    Raises:
        InputError: it has not; says which are nearest.
    """
    if name in schema:
        return name
    near = get_close_matches(name, schema.names(), n=1)
    raise InputError(
        f"the pool has no column `{name}`",
        why=f"its columns are {', '.join(schema.names())}",
        fix=f"did you mean `{near[0]}`?" if near else "take one of these",
    )


def asked_names(columns: Sequence[str], schema: pl.Schema) -> dict[str, str]:
    """The columns asked for, under their own names."""
    return {known_column(name, schema): name for name in columns}


def restored_names(pool: Pool, schema: pl.Schema) -> dict[str, str]:
    """Every column of the pool with the name it is exported under; see the top of this file."""
    names = {name: name for name in schema.names()}
    for ours, original in renamed_everywhere(pool).items():
        if original not in names:
            names[ours] = original
    for name in schema.names():
        own = name.removeprefix(ORIGINAL)
        if own != name and own in names:
            names[own], names[name] = f"trace_{own}", own
    return names


def uniform(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The frame with all columns of the pool, in their types there; null where a part has none."""
    return frame.select(fitted(name, frame.schema.get(name), want) for name, want in schema.items())


def is_true(condition: pl.Expr, pool: Pool) -> pl.Series:
    """For every trace whether the condition is true; where it is unknown, it is not.

    Raises: as `asked`.
    """
    return asked(condition, pool).fill_null(value=False)


def asked(condition: pl.Expr, pool: Pool) -> pl.Series:
    """For every trace whether the condition is true; null where it is unknown.

    It is asked of the whole pool at once, so that `pass_rate > avg(pass_rate)` means what it says.

    Raises:
        InputError: it fails on the values.
    """
    needed = pool.scan(groups_of(pool), list(dict.fromkeys(["row", *condition.meta.root_names()])))
    # Beside `row`, so that a condition without columns has a value for every trace, too.
    known = needed.select("row", condition.alias("known"))
    try:
        # Streaming holds a piece at a time, also of long texts.
        return known.collect(engine="streaming")["known"]
    except pl.exceptions.PolarsError as error:
        raise InputError(
            "the condition cannot be asked of every trace",
            why=str(error).strip().partition("\n")[0],
            fix="use TRY_CAST for CAST, and one value for each trace",
        ) from error


def with_json_text(frame: pl.DataFrame, names: Set[str]) -> pl.DataFrame:
    """The frame with these columns, which hold JSON in other parts, as JSON here too."""
    return frame.with_columns(
        pl.Series(
            name,
            [None if value is None else json_text(value) for value in frame[name]],
            dtype=pl.String,
        )
        for name in names & set(frame.columns)
    )


def json_columns(pool: Pool, schema: pl.Schema) -> set[str]:
    """Columns that hold JSON text in some part, or values of several types, which become JSON."""
    names: set[str] = set()
    for part in pool.part_names():
        names |= json_columns_of(pool, part)
        shown = trace_names(pool, part)
        types = polars_schema(pool.part(TRACES, part)).items()
        names |= {
            shown[name] for name, dtype in types if dtype not in (schema[shown[name]], pl.Null)
        }
    return names


def json_columns_of(pool: Pool, part: str) -> set[str]:
    """Columns that hold JSON text in this part, as the metadata of their fields says."""
    schema, shown = arrow_schema(pool.part(TRACES, part)), trace_names(pool, part)
    return {
        shown[field.name] for field in schema if (field.metadata or {}).get(b"curate") == b"json"
    }


def trace_names(pool: Pool, part: str) -> dict[str, str]:
    """What the columns of the traces of a part are called beside all other groups."""
    return pool.column_names(part, groups_of(pool))[TRACES]


def renamed_everywhere(pool: Pool) -> dict[str, str]:
    """Columns of the pool that all sources called by one other name, with that name."""
    names: dict[str, set[str]] = {}
    for part in pool.part_names():
        shown = trace_names(pool, part)
        for field in arrow_schema(pool.part(TRACES, part)):
            own = (field.metadata or {}).get(RENAMED_FROM, field.name.encode()).decode()
            names.setdefault(shown[field.name], set()).add(own)
    return {ours: own for ours, (own, *others) in names.items() if not others and own != ours}
