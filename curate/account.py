"""The account of a pool: a record gives traces or is in quarantine; a trace has one verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from curate.errors import InputError, PoolError
from curate.pool import Pool
from curate.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAccount:
    """What became of one source."""

    source: str
    records: int
    """Records read: lines of JSONL, rows of Parquet."""
    traces: int
    quarantined: int
    """Records that gave no trace."""
    impaired: int
    """Records that gave traces, and a quarantine row for a response that could not become one."""
    verdicts: dict[str, int]
    truncated: int
    response_chars_mean: float | None
    response_chars_median: float | None

    @property
    def pass_rate(self) -> float | None:
        """Fraction of the counted traces that are correct; None when none counts."""
        counted = sum(self.verdicts[verdict] for verdict in Verdict if verdict.counts)
        return self.verdicts[Verdict.CORRECT] / counted if counted else None

    @property
    def truncated_fraction(self) -> float | None:
        """Fraction of the traces that were cut off; None without traces."""
        return self.truncated / self.traces if self.traces else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of all the sources of a pool."""

    sources: tuple[SourceAccount, ...]
    reasons: dict[str, int]
    """Quarantine rows by reason, the commonest first."""

    @property
    def verdicts(self) -> dict[str, int]:
        """Traces by verdict, in all sources."""
        return {str(v): sum(source.verdicts[v] for source in self.sources) for v in Verdict}

    @property
    def traces(self) -> int:
        """Traces in all sources."""
        return sum(source.traces for source in self.sources)

    @property
    def records(self) -> int:
        """Records read from all sources."""
        return sum(source.records for source in self.sources)

    @property
    def quarantined(self) -> int:
        """Records of all sources that gave no trace."""
        return sum(source.quarantined for source in self.sources)

    @property
    def impaired(self) -> int:
        """Records of all sources that gave only some of their traces."""
        return sum(source.impaired for source in self.sources)


def account(pool: Pool) -> Account:
    """The account of a verified pool.

    Raises:
        PoolError: the counts do not add up, so something was lost or came twice.
    """
    columns = ["source", "row", "response_chars", "truncated", "verdict"]
    parts = (
        brief(pool.read_part(name, ["traces", "extract", "verify"], columns))
        for name in pool.part_names()
    )
    quarantine = pool.scan_quarantine().select("source", "row", "reason").collect()
    return tally(parts, quarantine, records_by_source(pool))


def records_by_source(pool: Pool) -> dict[str, int]:
    """Records read from each source, in the order of the pool."""
    return {source["name"]: source["rows"] for source in pool.manifest["sources"]}


def need_a_trace(pool: Pool) -> None:
    """Nothing, when the pool holds a trace.

    Raises:
        InputError: it holds none; gives the first reason.
    """
    if any(source["traces"] for source in pool.manifest["sources"]):
        return
    sources = ", ".join(f"`{name}`" for name in records_by_source(pool)) or "nothing"
    first = pool.scan_quarantine().select("source", "row", "reason").head(1).collect().rows()
    raise InputError(
        f"not one trace could be read from {sources}",
        why="{}:{}: {}".format(*first[0]) if first else "there is nothing in it",
        fix="name the columns with `--problem`, `--response` and `--reference`",
    )


def brief(traces: pl.DataFrame) -> pl.DataFrame:
    """What the account keeps of each trace: a few bytes."""
    return traces.select(
        pl.col("source").cast(pl.Categorical),
        "row",
        "response_chars",
        "truncated",
        "verdict",
    )


def tally(
    parts: Iterable[pl.DataFrame], quarantine: pl.DataFrame, records: Mapping[str, int]
) -> Account:
    """The account of brief traces, quarantine rows (source, row, reason) and records per source."""
    traces = pl.concat([brief_of_nothing(), *parts])
    need_known_sources(traces, quarantine, records)
    by_reason = (
        quarantine["reason"]
        .value_counts(sort=True)
        .sort(["count", "reason"], descending=[True, False])
    )
    return Account(
        sources=tuple(
            source_account(
                name,
                read,
                traces=traces.filter(pl.col("source") == name),
                quarantine=quarantine.filter(pl.col("source") == name),
            )
            for name, read in records.items()
        ),
        reasons=dict(by_reason.iter_rows()),
    )


def need_known_sources(
    traces: pl.DataFrame, quarantine: pl.DataFrame, records: Mapping[str, int]
) -> None:
    """Nothing, when every row is of a source that was read.

    Raises:
        PoolError: one is not.
    """
    for frame in (traces, quarantine):
        for name in frame["source"].unique().cast(pl.String).to_list():
            if name not in records:
                raise counts_error(name, "it is not among the sources that were read")


def counts_error(source: str, why: str) -> PoolError:
    """The error of a pool that lost something or holds it twice."""
    return PoolError(
        f"the counts of `{source}` do not add up",
        why=why,
        fix="delete the pool and run `curate verify` again; if it stays, it is our bug",
    )


def brief_of_nothing() -> pl.DataFrame:
    """No traces, with the columns that `brief` keeps."""
    return pl.DataFrame(
        schema={
            "source": pl.Categorical,
            "row": pl.Int64,
            "response_chars": pl.Int64,
            "truncated": pl.Boolean,
            "verdict": pl.String,
        }
    )


def source_account(
    source: str, records: int, *, traces: pl.DataFrame, quarantine: pl.DataFrame
) -> SourceAccount:
    """The account of one source, checked.

    Raises:
        PoolError: a record is neither in the traces nor in quarantine, or a trace has no verdict.
    """
    counts = dict(traces["verdict"].value_counts().iter_rows())
    given, failed = traces["row"].n_unique(), quarantine["row"].unique()
    impaired = int(failed.is_in(traces["row"].implode()).sum())
    quarantined = len(failed) - impaired
    if records != given + quarantined or set(counts) - set(Verdict):
        raise counts_error(
            source,
            f"{records:,} records were read, {given:,} gave traces, {quarantined:,} are in "
            f"quarantine alone; verdicts: {counts}",
        )
    return SourceAccount(
        source=source,
        records=records,
        traces=traces.height,
        quarantined=quarantined,
        impaired=impaired,
        verdicts={str(verdict): counts.get(verdict, 0) for verdict in Verdict},
        truncated=int(traces["truncated"].sum()),
        response_chars_mean=as_number(traces["response_chars"].mean()),
        response_chars_median=as_number(traces["response_chars"].median()),
    )


def as_number(value: object) -> float | None:
    """A statistic of a column of numbers; None when the column is empty."""
    return float(value) if isinstance(value, (int, float)) else None
