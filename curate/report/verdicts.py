"""Sections on what is right: verdicts by source, pass rates of problems, lengths, endings."""

from collections.abc import Mapping, Sequence
from math import isfinite

import polars as pl

from curate.account import Account
from curate.report.charts import Mark, histogram, stacked_bar
from curate.report.data import VERDICTS, Rows, binned, counted, quantile
from curate.report.markup import Markup, foreign, joined, name_cell, number_cell, table, tag
from curate.report.samples import OF_A_BAR, Picks
from curate.report.scales import Tick, log_edges, log_ticks
from curate.report.section import VERDICT_WORDS, Section, figure, quiet, verdict_legend
from curate.report.words import count, end_of, number, percent
from curate.verdict import Verdict

SOURCES_SHOWN = 12
LENGTH_BINS = 30
BAR_WIDTH = 260
Counts = Mapping[str, tuple[int, list[int]]]
"""How many traces of each verdict, and the first of them."""


def by_verdict(frame: pl.DataFrame, key: str) -> dict[object, dict[str, tuple[int, list[int]]]]:
    """For each value of a column how many traces of each verdict, and the first of them."""
    found: dict[object, dict[str, tuple[int, list[int]]]] = {}
    for value, verdict, size, places in counted(frame, key, "verdict", sample=OF_A_BAR).iter_rows():
        found.setdefault(value, {})[verdict] = (size, places)
    return found


def pieces_of(counts: Counts, where: str, picks: Picks) -> list[Mark]:
    """A piece of a bar for each verdict, in their order."""
    return [
        Mark(
            value=counts[verdict][0],
            kind=verdict,
            label=f"{where}: {counts[verdict][0]:,} {VERDICT_WORDS[verdict]}",
            bar=picks.bar(counts[verdict][1]),
        )
        for verdict in VERDICTS
        if verdict in counts
    ]


def verdict_rows(
    found: Mapping[str, Counts], picks: Picks, names: Mapping[str, str] | None = None
) -> list[list[Markup]]:
    """A row of a table for each name: its bar by verdict, its traces, its share of correct."""
    rows = []
    for name, counts in found.items():
        total = sum(size for size, _ in counts.values())
        right = counts.get(str(Verdict.CORRECT), (0, []))[0]
        counts_ = sum(size for verdict, (size, _) in counts.items() if Verdict(verdict).counts)
        shown = (names or {}).get(name, name)
        bar = stacked_bar(
            pieces_of(counts, end_of(shown), picks), total, width=BAR_WIDTH, label=end_of(shown)
        )
        rows.append(
            [
                name_cell(foreign(end_of(shown))),
                tag("td", bar),
                number_cell(f"{total:,}"),
                number_cell(percent(right / counts_ if counts_ else None)),
            ]
        )
    return rows


# --- sources --------------------------------------------------------------------------------------


def sources_section(rows: Rows, account: Account, picks: Picks) -> Section:
    """Verdicts by source, the largest first."""
    largest = sorted(account.sources, key=lambda source: -source.traces)
    shown = [source.source for source in largest[:SOURCES_SHOWN]]
    names = pl.col("source").cast(pl.String)
    other = f"{len(largest) - len(shown)} other sources"
    frame = rows.base.with_columns(
        source=pl.when(names.is_in(shown)).then(names).otherwise(pl.lit(other))
    )
    found = by_verdict(frame, "source")
    ordered = {name: found[name] for name in [*shown, other] if name in found}
    verdicts = [verdict for verdict in VERDICTS if account.verdicts[verdict]]
    drawing = table(
        ["source", "verdicts", "traces", "correct"], verdict_rows(ordered, picks), "bars"
    )
    caption = (
        "Each bar is all traces of one source, split by verdict. The share of correct ones "
        "counts what can be judged: not traces without a usable reference."
    )
    return Section(
        name="verdicts",
        title="Verdicts by source",
        body=figure("", drawing, caption, verdict_legend(verdicts)),
    )


# --- pass rates -----------------------------------------------------------------------------------


def pass_rate_section(rows: Rows, picks: Picks) -> Section:
    """How many problems have which pass rate."""
    frame = rows.beside("rollouts", ["pass_rate"])
    # None and all are kinds of their own; what is between goes by tenths.
    rate = pl.col("pass_rate")
    place = (
        pl.when(rate == 0)
        .then(0)
        .when(rate == 1)
        .then(11)
        .otherwise((rate * 10).floor().clip(0, 9).cast(pl.Int32) + 1)
    )
    known = frame.drop_nulls("pass_rate").with_columns(bin=place)
    found = {
        row["bin"]: row
        for row in known.group_by("bin")
        .agg(
            problems=pl.col("problem").n_unique(),
            places=pl.col("place").head(OF_A_BAR),
        )
        .iter_rows(named=True)
    }
    words = ["0 %", *(f"{low}–{low + 10} %" for low in range(0, 100, 10)), "100 %"]
    columns = []
    for number_, range_ in enumerate(words):
        row = found.get(number_)
        kind = {0: "incorrect", len(words) - 1: "correct"}.get(number_, "plain")
        size = row["problems"] if row else 0
        label = f"{count(size, 'problem')} with a pass rate of {range_}"
        key = picks.bar(row["places"]) if row else None
        columns.append([Mark(value=size, kind=kind, label=label, bar=key)])
    problems, unknown = rows.base["problem"].n_unique(), frame.filter(rate.is_null())
    drawing = histogram(
        columns,
        [
            Tick(at=0.5, text="none"),
            *(Tick(at=1 + step, text=f"{10 * step}") for step in range(2, 10, 2)),
            Tick(at=11.5, text="all"),
        ],
        label="problems by pass rate",
        x_title="share of the responses to a problem that are correct, %",
        y_title="problems",
    )
    never, always = (found.get(place, {}).get("problems", 0) for place in (0, 11))
    caption = (
        f"Of {count(problems, 'problem')}, {never:,} are never solved and {always:,} always; those "
        "between tell good responses from bad ones of the same problem."
    )
    if unknown.height:
        caption += f" {count(unknown['problem'].n_unique(), 'problem')} cannot be judged."
    return Section(name="pass-rates", title="Pass rates", body=figure("", drawing, caption))


# --- lengths --------------------------------------------------------------------------------------


def length_of(rows: Rows) -> tuple[str, str, str]:
    """Group and column of the length, and its unit: tokens where they are counted."""
    if "tokens" in rows.schema("score"):
        return "score", "tokens", "tokens"
    return "extract", "response_chars", "characters"


def length_edges(frame: pl.DataFrame, column: str, bins: int) -> list[float]:
    """Edges of equal ratio from the shortest to the longest, but for a few of each."""
    low, high = (quantile(frame, column, share) or 1 for share in (0.002, 0.998))
    low = max(low, 1.0)
    return log_edges(low, max(high, low * 1.5) * 1.0001, bins)


def lengths_section(rows: Rows, picks: Picks) -> Section:
    """Lengths by verdict, and how responses end."""
    group, column, unit = length_of(rows)
    frame = rows.beside(group, [column])
    edges = length_edges(frame, column, LENGTH_BINS)
    found = by_verdict(binned(frame, column, edges), "bin")
    columns = [
        pieces_of(found.get(place, {}), range_words(edges, place, unit), picks)
        for place in range(LENGTH_BINS)
    ]
    medians = [
        (verdict, quantile(frame.filter(pl.col("verdict") == verdict), column, 0.5))
        for verdict in ("correct", "incorrect")
    ]
    words = " and ".join(
        f"{number(value)} {unit} for {VERDICT_WORDS[verdict]} ones"
        for verdict, value in medians
        if value is not None and isfinite(value)
    )
    drawing = histogram(
        columns,
        log_ticks(edges),
        label=f"traces by length in {unit}",
        x_title=f"{unit} of the response (each step to the right is a constant factor)",
        y_title="traces",
    )
    caption = f"Each bar counts traces of about the same length. The median is {words}." if words \
        else "Each bar counts traces of about the same length."  # fmt: skip
    present = [v for v in VERDICTS if (rows.base["verdict"] == v).any()]
    body = joined([figure("", drawing, caption, verdict_legend(present)), endings(rows, picks)])
    return Section(name="lengths", title="Lengths", body=body)


def range_words(edges: Sequence[float], place: int, unit: str) -> str:
    """`1,200 to 1,500 tokens`; the bins at the ends are open."""
    low, high = f"{edges[place]:,.0f}", f"{edges[place + 1]:,.0f}"
    if place == len(edges) - 2:
        return f"{low} {unit} or more"
    return f"under {high} {unit}" if place == 0 else f"{low} to {high} {unit}"


def endings(rows: Rows, picks: Picks) -> Markup:
    """How responses end: whole, or cut off in one of several ways."""
    if "cut_off" not in rows.schema("score"):
        return quiet("How responses end is not computed yet.", f"curate score {rows.pool.path}")
    frame = rows.beside("score", ["cut_off"]).with_columns(pl.col("cut_off").fill_null("whole"))
    found = {str(name): counts for name, counts in by_verdict(frame, "cut_off").items()}
    largest = sorted(found, key=lambda name: -sum(size for size, _ in found[name].values()))
    ordered = {name: found[name] for name in largest}
    drawing = table(
        ["ending", "verdicts", "traces", "correct"],
        verdict_rows(ordered, picks, ENDINGS),
        "bars",
    )
    caption = "What the end of a response looks like; all but the first kind were cut off."
    return figure("How responses end", drawing, caption.replace("the first kind", "whole ones"))


ENDINGS = {
    "whole": "whole",
    "stop reason": "cut by the sampler (its stop reason says so)",
    "unclosed thinking": "thinking never closed",
    "no answer": "closed, but no answer after it",
    "mid-sentence": "ends in the middle of a sentence",
}
