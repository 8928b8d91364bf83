"""The columns of a pool as a report reads them: a few at a time, in the order of the ids.

An id is a hash of its trace, so the first traces of any kind in that order are a fair sample of it,
the same on every run, and those of one bar are often those of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from curate.export import groups_of
from curate.pool import TRACES, Pool
from curate.store import opened
from curate.verdict import Verdict

VERDICTS = [str(verdict) for verdict in Verdict]
HEX_DIGITS = 15
"""Of an id that fit into an integer of 64 bits."""


@dataclass(frozen=True)
class Rows:
    """All traces of a pool in the order of their ids: what charts count."""

    pool: Pool
    groups: tuple[str, ...]
    base: pl.DataFrame
    """`place` in the pool, `source`, `problem` (a number), `verdict`; a few bytes a trace."""

    def beside(self, group: str, columns: Sequence[str]) -> pl.DataFrame:
        """The base with columns of one group beside it; one that is not there is null."""
        have = self.schema(group)
        found = self.pool.scan([group], [name for name in columns if name in have]).collect()
        ordered = found[self.base["place"]] if found.width else found
        missing = [pl.lit(None).alias(name) for name in columns if name not in have]
        return pl.concat([self.base, ordered], how="horizontal").with_columns(missing)

    def schema(self, group: str) -> pl.Schema:
        """The columns of a group; none of a group that is not there."""
        if group not in self.groups:
            return pl.Schema()
        return self.pool.scan([group]).collect_schema()

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Place of the first trace of every part, and the count of all."""
        return np.cumsum([0, *(height(self.pool, name) for name in self.pool.part_names())])


def read_rows(pool: Pool) -> Rows:
    """The traces of a verified pool.

    Raises:
        PoolError: it was not verified to the end.
    """
    found = (
        pool.scan([TRACES, "verify"], ["id", "problem_id", "source", "verdict"])
        .select(
            pl.col("source").cast(pl.Categorical),
            pl.col("verdict").cast(pl.Enum(VERDICTS)),
            problem=number_of("problem_id"),
            order=number_of("id"),
        )
        .with_row_index("place")
        .collect()
    )
    return Rows(
        pool=pool,
        groups=tuple(groups_of(pool)),
        base=found.sort("order", "place").drop("order"),
    )


def number_of(column: str) -> pl.Expr:
    """The first hex digits of an id as a number."""
    return pl.col(column).str.head(HEX_DIGITS).str.to_integer(base=16)


def height(pool: Pool, name: str) -> int:
    """How many traces a part holds."""
    with opened(pool.part(TRACES, name)) as source:
        return int(pq.read_metadata(source).num_rows)


def counted(frame: pl.DataFrame, *by: str | pl.Expr, sample: int) -> pl.DataFrame:
    """For each value of `by`, sorted: `len`, and `places`, the first of its traces."""
    return (
        frame.group_by(*by)
        .agg(pl.len(), places=pl.col("place").head(sample))
        .sort([one if isinstance(one, str) else one.meta.output_name() for one in by])
    )


def binned(frame: pl.DataFrame, column: str, edges: Sequence[float]) -> pl.DataFrame:
    """The rows whose value is known, with `bin`: its place among the edges, the ends included."""
    known = frame.drop_nulls(column).filter(pl.col(column).cast(pl.Float64).is_finite())
    values = known[column].cast(pl.Float64).to_numpy()
    places = np.searchsorted(np.asarray(edges), values, side="right") - 1
    return known.with_columns(bin=pl.Series(np.clip(places, 0, len(edges) - 2), dtype=pl.Int32))


def quantile(frame: pl.DataFrame, column: str, share: float) -> float | None:
    """A quantile of the known values of a column; None without any."""
    found = frame[column].cast(pl.Float64).drop_nans().quantile(share, "linear")
    return None if found is None else float(found)
