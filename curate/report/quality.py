"""Sections on quality: grades, quality against length, and the signals it is made of."""

from math import log

import polars as pl

from curate.groups import stages_of
from curate.report.charts import Mark, facing, heatmap, interval
from curate.report.data import Rows, binned, counted, quantile
from curate.report.markup import Markup, joined, name_cell, number_cell, table, tag
from curate.report.samples import OFFERED, Picks
from curate.report.scales import Tick, even_edges, log_ticks
from curate.report.section import Section, figure, legend, quiet
from curate.report.signals import SIGNALS, Signal
from curate.report.verdicts import (
    by_verdict,
    length_edges,
    length_of,
    range_words,
    verdict_rows,
)
from curate.report.within import Within, comparable, within
from curate.report.words import number, percent

COLUMNS, ROWS = 30, 20
SHADES = 6
SIGNAL_BINS = 14
YES_OR_NO = 2
"""Bins of a signal that is yes or no."""
LINE_TRACES = 10
"""Fewest traces of a length whose median is drawn."""


# --- grades and the map ---------------------------------------------------------------------------


def quality_section(rows: Rows, picks: Picks) -> Section:
    """Grades, and where quality and length lie."""
    title = "Quality"
    if "quality" not in rows.schema("quality"):
        line = quiet("Quality is not computed yet.", f"curate score {rows.pool.path}")
        return Section(name="quality", title=title, body=line)
    return Section(
        name="quality", title=title, body=joined([grades(rows, picks), quality_map(rows, picks)])
    )


def grades(rows: Rows, picks: Picks) -> Markup:
    """Traces by grade and verdict."""
    frame = rows.beside("quality", ["grade"]).with_columns(
        pl.col("grade").cast(pl.String).fill_null("none")
    )
    found = {str(name): counts for name, counts in by_verdict(frame, "grade").items()}
    drawing = table(["grade", "verdicts", "traces", "correct"], verdict_rows(found, picks), "bars")
    config = stages_of(rows.pool)["quality"]["config"]
    caption = (
        "A is best. Grades come from the text of a trace alone; where they mean something, the "
        "share of correct traces falls from A to E."
    )
    if config.get("combination") == "fitted":
        caption += " Their weights were fitted to labels, so that some of that is so by design."
    return figure("Grades", drawing, caption)


def quality_map(rows: Rows, picks: Picks) -> Markup:
    """Quality against length, as a map of counts with the median on top."""
    group, column, unit = length_of(rows)
    frame = rows.beside("quality", ["quality"]).with_columns(rows.beside(group, [column])[column])
    frame = frame.drop_nulls([column, "quality"])
    edges = length_edges(frame, column, COLUMNS)
    placed = binned(frame, column, edges).rename({"bin": "x"})
    placed = binned(placed, "quality", even_edges(0, 1, ROWS)).rename({"bin": "y"})
    found = counted(placed, "x", "y", sample=OFFERED)
    shade = shades(found["len"])
    cells = [
        (
            x,
            y,
            Mark(
                value=size,
                kind=f"shade{level}",
                label=f"{size:,} traces: quality {y / ROWS:.2f} to {(y + 1) / ROWS:.2f}, "
                f"{range_words(edges, x, unit)}",
                bar=picks.fine_bar(places),
            ),
        )
        for (x, y, size, places), level in zip(found.iter_rows(), shade, strict=True)
    ]
    medians = placed.group_by("x").agg(pl.len(), pl.col("quality").median()).sort("x")
    path = [
        (x + 0.5, value * ROWS) for x, size, value in medians.iter_rows() if size >= LINE_TRACES
    ]
    drawing = heatmap(
        cells,
        columns=COLUMNS,
        rows=ROWS,
        x_ticks=log_ticks(edges),
        y_ticks=[Tick(at=ROWS * step / 4, text=f"{step / 4:g}") for step in range(5)],
        path=path,
        label=f"traces by quality and length in {unit}",
        x_title=f"{unit} of the response",
        y_title="quality",
    )
    caption = (
        "The stronger the colour, the more traces; the line is the median at each length. A level "
        "line means that quality does not simply reward long or short responses."
    )
    return figure("Quality against length", drawing, caption)


def shades(sizes: pl.Series) -> list[int]:
    """A shade from 1 to `SHADES` for each count, by equal ratios up to the largest."""
    counts = sizes.to_list()
    top = log(max([2, *counts]))
    return [min(SHADES, 1 + int(SHADES * log(size) / top)) for size in counts]


# --- signals --------------------------------------------------------------------------------------


def signals_section(rows: Rows, picks: Picks) -> Section:
    """Every signal: how often it is known, how it lies by verdict, what it tells."""
    title = "Signals"
    there = [signal for signal in SIGNALS if signal.column in rows.schema(signal.group)]
    if not there:
        line = quiet("Signals are not computed yet.", f"curate score {rows.pool.path}")
        return Section(name="signals", title=title, body=line)
    pairs = comparable(rows.base.with_row_index("line"))
    lines = []
    for group in dict.fromkeys(signal.group for signal in there):
        for some in batches([signal for signal in there if signal.group == group]):
            frame = rows.beside(group, [signal.column for signal in some])
            lines += [signal_row(signal, frame, pairs, picks) for signal in some]
    head = ["signal", "known", "correct", "incorrect", "distribution", "right when higher"]
    caption = (
        "Median (first to third quartile) by verdict, or the share of yes. Distribution: correct "
        "traces upwards, incorrect ones downwards, each to its own height, which goes with the "
        "square root of the count so that rare values are seen. Right when higher: of a correct "
        "and an incorrect trace of the same problem, how often the correct one has more of the "
        "signal, with an interval of 95 % over problems; at the dashed line, one half, it tells "
        "nothing."
    )
    colours = legend([("correct", "correct"), ("incorrect", "incorrect")])
    return Section(
        name="signals",
        title=title,
        body=figure("", table(head, lines, "signals"), caption, colours),
    )


def batches(signals: list[Signal], size: int = 8) -> list[list[Signal]]:
    """A few signals at a time, since a column of a large pool takes memory."""
    return [signals[first : first + size] for first in range(0, len(signals), size)]


def signal_row(
    signal: Signal, frame: pl.DataFrame, pairs: pl.DataFrame, picks: Picks
) -> list[Markup]:
    """One signal as cells of the table."""
    yes_or_no = frame.schema[signal.column] == pl.Boolean
    values = frame.select(
        "place", "verdict", pl.col(signal.column).cast(pl.Float64).fill_nan(None).alias("value")
    )
    middle, bins = (share_of, YES_OR_NO) if yes_or_no else (quartiles, SIGNAL_BINS)
    known = values["value"].is_not_null().mean()
    found = within(pairs.with_columns(values["value"][pairs["line"]]), "value")
    return [
        name_cell(tag("b", signal.title), tag("span", signal.meaning, class_="meaning")),
        number_cell(percent(known if isinstance(known, float) else None)),
        *(middle(values, verdict) for verdict in ("correct", "incorrect")),
        tag("td", distribution(signal, values, bins, picks)),
        tag("td", *within_cell(signal, found), class_="within"),
    ]


def quartiles(values: pl.DataFrame, verdict: str) -> Markup:
    """Median and quartiles of one verdict."""
    own = values.filter(pl.col("verdict") == verdict)
    low, middle, high = (quantile(own, "value", share) for share in (0.25, 0.5, 0.75))
    if middle is None:
        return number_cell("–")
    span = tag("span", f"{number(low)}–{number(high)}", class_="meaning")
    return number_cell(joined([number(middle), span]))


def share_of(values: pl.DataFrame, verdict: str) -> Markup:
    """The share of yes of one verdict."""
    found = values.filter(pl.col("verdict") == verdict)["value"].mean()
    return number_cell(percent(found if isinstance(found, float) else None))


def distribution(signal: Signal, values: pl.DataFrame, bins: int, picks: Picks) -> Markup:
    """Small histograms of the correct and of the incorrect ones."""
    low, high = (quantile(values, "value", share) for share in (0.0, 0.99))
    if low is None or high is None:
        return Markup("")
    if bins == YES_OR_NO:
        low, high = 0.0, 1.0
    edges = even_edges(low, high if high > low else low + 1, bins)
    found = {
        (verdict, place): (size, places)
        for verdict, place, size, places in counted(
            binned(values, "value", edges), "verdict", "bin", sample=OFFERED
        ).iter_rows()
    }

    def marks(verdict: str) -> list[Mark]:
        return [
            Mark(
                value=found[verdict, place][0] if (verdict, place) in found else 0,
                kind=verdict,
                label=f"{signal.title} {number(edges[place])} to {number(edges[place + 1])}"
                f"{' or more' if place == bins - 1 else ''}: "
                f"{found[verdict, place][0]:,} {verdict}",
                bar=picks.fine_bar(found[verdict, place][1]),
            )
            if (verdict, place) in found
            else Mark(value=0, kind=verdict, label="")
            for place in range(bins)
        ]

    above, below = marks("correct"), marks("incorrect")
    return facing(above, below, width=150, label=f"{signal.title} by verdict")


def within_cell(signal: Signal, found: Within | None) -> list[Markup]:
    """The share of pairs, as a number and a point with whiskers."""
    if found is None:
        return [Markup("–")]
    label = (
        f"{signal.title}: {found.value:.2f}, 95 % {found.low:.2f} to {found.high:.2f}, "
        f"{found.problems:,} problems"
    )
    drawing = interval(found.value, found.low, found.high, width=86, label=label)
    return [drawing, tag("span", f"{found.value:.2f}", class_="share")]
