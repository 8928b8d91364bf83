"""A results table, ours or anybody's long table: read, mapped, and cleaned with an account.

Every row is used or left out with a reason, and the counts add up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from curate.analyze.names import COLUMNS, DOMAIN_ALIASES, UNSORTED, columns_of
from curate.analyze.ren2026 import domain_named
from curate.analyze.rows import Raw, read_raw
from curate.analyze.typed import REASON, cast, coded_seeds, steps_from_text
from curate.errors import InputError

TWICE = "that stand there twice"
BASE_ARMS = ("base", "none", "untrained")
KEY = ("base", "arm", "mix_seed", "order_seed", "init_seed", "seed", "step", "suite", "item",
       "sample", "mode")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows that can be counted with, one per item and sample, or per benchmark where that is all.

    `frame` has every column of `names.COLUMNS`; a base has arm null and step 0.
    """

    frame: pl.DataFrame
    rows_in: int
    left_out: Mapping[str, int]
    """Reason to number of rows."""
    rows_left_out: pl.DataFrame
    """The rows themselves as they were, each with its `reason`."""
    itemised: bool
    """False where a row is the score of a whole benchmark: then nothing pairs by item."""
    columns: Mapping[str, str]
    """Our name to the table's."""
    notes: tuple[str, ...]
    """What had to be assumed, a sentence each."""

    @property
    def rows_used(self) -> int:
        """Rows that the analysis counts with."""
        return self.frame.height

    def account(self) -> str:
        """Rows in, used, left out and why, in one line that adds up."""
        reasons = "; ".join(f"{count:,} {reason}" for reason, count in self.left_out.items())
        left = self.rows_in - self.rows_used
        tail = f" ({reasons})" if reasons else ""
        return f"{self.rows_in:,} rows: {self.rows_used:,} used, {left:,} left out{tail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a foreign table is to be read."""

    mapped: Mapping[str, str] = field(default_factory=dict)
    """Our column to theirs."""
    domains: Mapping[str, str] = field(default_factory=dict)
    """Suite to domain; stands above what the table says."""
    base_arm: str | None = None
    """The name of the arm that is the untrained base; else one of `BASE_ARMS`."""
    scale: float = 1.0
    """What stands for a score of one, 100 where scores are percentages."""


def read_table(path: Path, how: Reading | None = None) -> Table:
    """Read one file or a folder of files.

    Raises:
        InputError: no such file, no column of scores, or no row that can be used.
    """
    how = how or Reading()
    return clean(read_raw(path, set(how.mapped.values())), how, where=str(path))


def clean(raw: Raw, how: Reading, *, where: str) -> Table:
    """Mapped, typed, checked rows of a raw table."""
    columns = columns_of(raw.present or raw.frame.columns, how.mapped, where=where)
    given = raw.frame.select(pl.col(theirs).alias(ours) for ours, theirs in columns.items())
    notes = [*raw.notes, *taken_for(columns, how.mapped)]
    given, more = coded_seeds(given)
    typed = cast(steps_from_text(given)).with_row_index("row")
    typed = with_bases(typed, how.base_arm)
    typed, told = with_defaults(typed, columns)
    typed = checked(typed.with_columns((pl.col("score") / how.scale).alias("score")))
    typed = without_repeats(typed, sampled="sample" in columns)
    bad = typed.filter(pl.col(REASON).is_not_null())
    good = typed.filter(pl.col(REASON).is_null()).drop(REASON, "row")
    good, domain_notes = sorted_domains(good, how.domains, given="domain" in columns)
    table = Table(
        frame=good.select(*COLUMNS),
        rows_in=raw.frame.height + raw.unread.height,
        left_out=reasons_of([bad[REASON], raw.unread[REASON]]),
        rows_left_out=left_out_rows(raw, bad),
        itemised="item" in columns,
        columns=columns,
        notes=(*notes, *more, *told, *domain_notes),
    )
    return need_rows(table, where, how)


def need_rows(table: Table, where: str, how: Reading) -> Table:
    """The table, unless nothing in it can be used."""
    if table.rows_used:
        return table
    percent = any("outside" in reason for reason in table.left_out) and how.scale == 1
    raise InputError(
        f"`{where}` has no row that can be used",
        why=table.account(),
        fix="add `--percent` if scores are percentages" if percent else "look at the reasons",
    )


def taken_for(columns: Mapping[str, str], mapped: Mapping[str, str]) -> list[str]:
    """What was guessed about columns."""
    return [
        f"`{theirs}` is taken for `{ours}`"
        for ours, theirs in columns.items()
        if ours != theirs and ours not in mapped
    ]


# --- bases, defaults, checks ----------------------------------------------------------------------


def with_bases(frame: pl.DataFrame, base_arm: str | None) -> pl.DataFrame:
    """Rows of the untrained base with arm null and step 0, wherever they stood."""
    names = [base_arm.lower()] if base_arm else list(BASE_ARMS)
    named = pl.col("arm").str.to_lowercase().is_in(names).fill_null(value=False)
    is_base = named & pl.col("step").fill_null(0).eq(0) | pl.col("step").eq(0).fill_null(False)
    trained = named & pl.col("step").fill_null(0).ne(0)
    return frame.with_columns(
        pl.when(is_base).then(None).otherwise(pl.col("arm")).alias("arm"),
        pl.when(is_base).then(0).otherwise(pl.col("step")).alias("step"),
        pl.coalesce(
            pl.col(REASON), pl.when(trained).then(pl.lit("of a base that has steps"))
        ).alias(REASON),
        is_base.alias("is_base"),
        pl.col("arm").alias("arm_given"),
    )


def with_defaults(
    frame: pl.DataFrame, columns: Mapping[str, str]
) -> tuple[pl.DataFrame, list[str]]:
    """Values for what a table does not say, and what was assumed."""
    notes = []
    fill = [pl.col("mode").fill_null("free")]
    if "base" not in columns:
        fill.append(pl.col("base").fill_null("base"))
    if "suite" not in columns:
        fill.append(pl.col("suite").fill_null("all"))
        notes.append("no column names the benchmark: all rows count as one, `all`")
    if "item" not in columns:
        fill.append(pl.col("suite").fill_null("all").alias("item"))
        notes.append("rows are scores of whole benchmarks: nothing can be paired by item")
    if "step" not in columns:
        fill.append(pl.when("is_base").then(0).otherwise(1).alias("step"))
        notes.append("no column tells the step: every trained row counts as the last checkpoint")
    if "arm" not in columns:
        fill.append(pl.when(~pl.col("is_base")).then(pl.lit("all")).alias("arm"))
        notes.append("no column tells the arm: all trained rows count as one, `all`")
    if "seed" not in columns:
        notes.append("no column tells the seed: every arm counts as one run")
    frame = frame.with_columns(*fill, pl.col("seed").fill_null(0))
    return one_base(frame, sampled="sample" in columns), notes


def one_base(frame: pl.DataFrame, *, sampled: bool) -> pl.DataFrame:
    """The rows of each base as samples of one base, whichever arm they stood under.

    A base is evaluated once for all arms; evaluated again under an arm, it gives more samples.
    """
    item = ["base", "suite", "item", "mode", "is_base"]
    same = pl.struct(*item, "arm_given", "seed", "sample")
    again = pl.col("is_base") & ~same.is_first_distinct() & pl.lit(sampled)
    place = pl.int_range(pl.len()).over(item).cast(pl.Int32)
    seeds = ("mix_seed", "order_seed", "init_seed")
    return frame.with_columns(
        pl.coalesce(pl.col(REASON), pl.when(again).then(pl.lit(TWICE))).alias(REASON),
        pl.when("is_base").then(place).otherwise(pl.col("sample")).alias("sample"),
        pl.when("is_base").then(0).otherwise(pl.col("seed")).alias("seed"),
        *(pl.when(~pl.col("is_base")).then(pl.col(name)).alias(name) for name in seeds),
        pl.coalesce("cluster", "item").alias("cluster"),
    ).drop("is_base", "arm_given")


def checked(frame: pl.DataFrame) -> pl.DataFrame:
    """Every row with the reason why it cannot be used, if there is one."""
    score = pl.col("score")
    tests = (
        (score.is_null(), "without a score"),
        (score.is_nan() | score.is_infinite(), "with a score that is no number"),
        ((score < 0) | (score > 1), "with a score outside 0 to 1"),
        (pl.col("step").is_null(), "without a step"),
        (pl.col("step") < 0, "with a step under 0"),
        (pl.col("arm").is_null() & (pl.col("step") > 0), "without an arm"),
        (pl.col("suite").is_null(), "without a benchmark"),
        (pl.col("item").is_null(), "without an item"),
        (pl.col("base").is_null(), "without a base model"),
        (
            pl.col("cluster") != pl.col("cluster").first().over("suite", "item"),
            "of an item in two clusters",
        ),
    )
    found = [pl.when(test).then(pl.lit(reason)) for test, reason in tests]
    return frame.with_columns(pl.coalesce(pl.col(REASON), *found).alias(REASON))


def without_repeats(frame: pl.DataFrame, *, sampled: bool) -> pl.DataFrame:
    """Rows that stand there again marked, and samples numbered where nobody did."""
    good = pl.col(REASON).is_null()
    if not sampled:
        frame = numbered_samples(frame)
    frame = frame.with_columns(pl.col("sample").fill_null(0))
    again = good & ~pl.struct(*KEY, REASON).is_first_distinct()
    return frame.with_columns(pl.when(again).then(pl.lit(TWICE)).otherwise(REASON).alias(REASON))


def numbered_samples(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the same item as its samples, where every item of a benchmark has as many."""
    own = [name for name in KEY if name != "sample"]
    counted = frame.with_columns(
        pl.int_range(pl.len()).over([*own, REASON]).cast(pl.Int32).alias("place"),
        pl.len().over([*own, REASON]).alias("size"),
    ).with_columns((pl.col("size").min() == pl.col("size").max()).over("suite").alias("even"))
    ours = pl.col("arm").is_not_null() & pl.col("even")
    numbered = pl.when(ours).then(pl.col("place")).otherwise(pl.col("sample"))
    return counted.with_columns(numbered.alias("sample")).drop("place", "size", "even")


# --- domains --------------------------------------------------------------------------------------


def sorted_domains(
    frame: pl.DataFrame, wanted: Mapping[str, str], *, given: bool
) -> tuple[pl.DataFrame, list[str]]:
    """Every suite in its domain: as asked for, as the table says, as in the paper, or unsorted."""
    suites = frame["suite"].unique().sort().to_list()
    unknown = sorted(set(wanted) - set(suites))
    if unknown:
        raise InputError(
            f"there is no benchmark `{unknown[0]}`",
            why=f"`--domain {unknown[0]}={wanted[unknown[0]]}` names it",
            fix="name one of " + ", ".join(suites),
        )
    paper = {suite: domain_named(suite) or UNSORTED for suite in suites}
    ours = pl.col("domain").str.to_lowercase().replace(DOMAIN_ALIASES)
    asked = pl.col("suite").replace_strict(dict(wanted), default=None, return_dtype=pl.String)
    rest = pl.col("suite").replace_strict(paper, return_dtype=pl.String)
    out = frame.with_columns(pl.coalesce(asked, ours, rest).alias("domain"))
    guessed = [s for s in suites if not given and s not in wanted]
    told = [f"`{s}` is put under {paper[s]}, as in the paper" for s in guessed
            if paper[s] != UNSORTED]  # fmt: skip
    open_ = [s for s in guessed if paper[s] == UNSORTED]
    if open_:
        told.append(f"nobody said which domain these belong to: {', '.join(open_)}")
    return out, told


# --- the account ----------------------------------------------------------------------------------


def reasons_of(columns: list[pl.Series]) -> Mapping[str, int]:
    """How often each reason is given, the commonest first."""
    every = pl.concat(columns).drop_nulls()
    counts = every.value_counts().sort(["count", REASON], descending=[True, False])
    return dict(counts.iter_rows())


def left_out_rows(raw: Raw, bad: pl.DataFrame) -> pl.DataFrame:
    """The rows that are not used, as they were, each with its reason."""
    rows = raw.frame[bad["row"].to_list()].with_columns(bad[REASON].alias(REASON))
    return pl.concat([rows, raw.unread], how="diagonal_relaxed")
