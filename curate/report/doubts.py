"""Sections on what to doubt: duplicates, benchmark contamination, suspect references."""

from typing import Any

import polars as pl

from curate.report.charts import Mark, stacked_bar
from curate.report.data import Rows, binned, counted
from curate.report.markup import Markup, foreign, joined, name_cell, number_cell, table, tag
from curate.report.samples import OF_A_BAR, Picks, read_items
from curate.report.section import Section, figure, quiet
from curate.report.words import count, line, number, percent, shown_of

SHOWN = 15
CLUSTERS_SHOWN = 8
SIZES = (2, 3, 5, 9, 17, 33, 34)
SIZE_WORDS = ("2 traces", "3 to 4", "5 to 8", "9 to 16", "17 to 32", "more than 32")
ID_CHARS = 12
BAR_WIDTH = 220


def count_rows(
    found: pl.DataFrame, kind: str, picks: Picks, *, noun: str = "trace", width: int = BAR_WIDTH
) -> list[list[Markup]]:
    """A row for each of `name`, `len`, `places`: its name, a bar, its count."""
    top = found["len"].max()
    rows = []
    for name, size, places in found.select("name", "len", "places").iter_rows():
        label = f"{line(str(name))}: {count(size, noun)}"
        one = Mark(value=size, kind=kind, label=label, bar=picks.bar(places))
        bar = stacked_bar([one], float(top) if isinstance(top, int) else 1, width=width,
                          label=label)  # fmt: skip
        rows.append(
            [
                name_cell(foreign(line(str(name), 110))),
                tag("td", bar),
                number_cell(f"{size:,}"),
            ]
        )
    return rows


def rows_with_problems(
    rows: Rows, found: pl.DataFrame, kind: str, picks: Picks
) -> list[list[Markup]]:
    """As `count_rows`, and how the problem of the first trace begins."""
    firsts = [places[0] for places in found["places"].to_list()]
    items = dict(read_items(rows, sorted(set(firsts))))
    return [
        [*cells, tag("td", foreign(problem_of(items[place])))]
        for cells, place in zip(count_rows(found, kind, picks, width=120), firsts, strict=True)
    ]


def problem_of(item: dict[str, Any]) -> str:
    """How the problem of a trace begins."""
    pieces = item["problem"]
    return line(pieces[0] if isinstance(pieces[0], str) else pieces[0][0], 110) if pieces else ""


def ranked(frame: pl.DataFrame, name: pl.Expr) -> pl.DataFrame:
    """`name`, `len` and `places`, the most first."""
    return counted(frame, name.alias("name"), sample=OF_A_BAR).sort(
        "len", "name", descending=[True, False]
    )


# --- duplicates -----------------------------------------------------------------------------------


def duplicates_section(rows: Rows, picks: Picks) -> Section:
    """How many traces say what another one says, and the largest clusters."""
    title = "Duplicates"
    if "duplicate_cluster" not in rows.schema("dedup"):
        body = quiet("Duplicates are not looked for yet.", f"curate dedup {rows.pool.path}")
        return Section(name="duplicates", title=title, body=body)
    columns = ["duplicate_cluster", "is_survivor", "duplicate_level", "duplicate_of"]
    frame = rows.beside("dedup", columns)
    spare = frame.filter(~pl.col("is_survivor").fill_null(value=True))
    if spare.is_empty():
        body = tag("p", "No trace is a duplicate of another.", class_="quiet")
        return Section(name="duplicates", title=title, body=body)
    share = percent(spare.height / frame.height)
    levels = ranked(spare, pl.col("duplicate_level").fill_null("trace"))
    first = figure(
        f"{spare.height:,} traces ({share}) are copies",
        table(["level", "", "copies"], count_rows(levels, "plain", picks), "bars"),
        "A copy is a trace that another one stands for. Level: what is the same, the problem, the "
        "whole trace, or one of several rollouts of a problem.",
    )
    return Section(
        name="duplicates", title=title, body=joined([first, clusters(rows, frame, picks)])
    )


def clusters(rows: Rows, frame: pl.DataFrame, picks: Picks) -> Markup:
    """How large clusters are, and the largest of them."""
    name = pl.col("duplicate_cluster").str.head(ID_CHARS)
    found = ranked(frame.drop_nulls("duplicate_cluster"), name).filter(pl.col("len") > 1)
    sizes = (
        binned(found, "len", SIZES)
        .group_by("bin")
        .agg(pl.len(), places=pl.col("places").list.first().head(OF_A_BAR))
        .sort("bin")
        .with_columns(name=pl.col("bin").replace_strict(dict(enumerate(SIZE_WORDS))))
    )
    first = figure(
        f"{count(found.height, 'cluster')} of traces that say the same",
        table(["size", "", "clusters"],
              count_rows(sizes, "plain", picks, noun="cluster"), "bars"),
        "Clusters by how many traces are in them. A bar opens traces of some of its clusters.",
    )  # fmt: skip
    shown = found.head(CLUSTERS_SHOWN)
    second = figure(
        "The largest clusters",
        table(["cluster", "", "traces", "problem"], rows_with_problems(rows, shown, "plain", picks),
              "bars items"),
        f"{shown_of(shown.height, found.height, 'cluster')}. Open one to compare its traces.",
    )  # fmt: skip
    return joined([first, second])


# --- contamination --------------------------------------------------------------------------------


def contamination_section(rows: Rows, picks: Picks) -> Section:
    """Traces that share text with a benchmark, by rule and by item, with the text."""
    title = "Contamination"
    if "contaminated" not in rows.schema("contamination"):
        body = quiet(
            "Traces are not compared with benchmarks yet.",
            f"curate decontaminate {rows.pool.path} --against BENCHMARK",
        )
        return Section(name="contamination", title=title, body=body)
    names = ["item", "rule", "part", "score", "span"]
    columns = ["contaminated", *(f"contamination_{name}" for name in names)]
    frame = rows.beside("contamination", columns)
    hits = frame.filter(pl.col("contaminated").fill_null(value=False))
    if hits.is_empty():
        body = tag("p", "No trace shares text with a benchmark.", class_="quiet")
        return Section(name="contamination", title=title, body=body)
    share = percent(hits.height / frame.height)
    way = pl.concat_str(
        pl.col("contamination_rule").fill_null("–"),
        pl.col("contamination_part").fill_null("–"),
        separator=", in the ",
    )
    first = figure(
        f"{hits.height:,} traces ({share}) share text with a benchmark",
        table(["rule and place", "", "traces"], count_rows(ranked(hits, way), "warn", picks),
              "bars"),
        "By which rule a trace was found, and in which part of it. Open one to read the shared "
        "text, which is marked.",
    )  # fmt: skip
    body = joined([first, benchmark_items(hits, picks)])
    return Section(name="contamination", title=title, body=body)


def benchmark_items(hits: pl.DataFrame, picks: Picks) -> Markup:
    """The benchmark items that most traces share text with."""
    found = (
        hits.group_by("contamination_item")
        .agg(
            pl.len(),
            pl.col("contamination_score").max(),
            pl.col("contamination_span").drop_nulls().first(),
            places=pl.col("place").head(OF_A_BAR),
        )
        .sort("len", "contamination_item", descending=[True, False], nulls_last=True)
        .with_columns(name=pl.col("contamination_item").fill_null("–"))
    )
    shown = found.head(SHOWN)
    rows = [
        [*cells, number_cell(number(score)), tag("td", foreign(line(span or "", 120)))]
        for cells, score, span in zip(
            count_rows(shown, "warn", picks, width=120),
            shown["contamination_score"].to_list(),
            shown["contamination_span"].to_list(),
            strict=True,
        )
    ]
    head = ["benchmark item", "", "traces", "best score", "its text"]
    caption = f"{shown_of(shown.height, found.height, 'item')}, with what the first trace shares."
    return figure("Benchmark items", table(head, rows, "bars items"), caption)


# --- references -----------------------------------------------------------------------------------


def suspects_section(rows: Rows, picks: Picks) -> Section:
    """References that are perhaps wrong, those of most traces first."""
    title = "Suspect references"
    frame = rows.beside("rollouts", ["reference_suspect"]).drop_nulls("reference_suspect")
    if frame.is_empty():
        body = tag("p", "No reference is suspect.", class_="quiet")
        return Section(name="suspects", title=title, body=body)
    found = (
        frame.group_by("problem", "reference_suspect")
        .agg(pl.len(), places=pl.col("place").head(OF_A_BAR))
        .sort("len", "reference_suspect", "problem", descending=[True, False, False])
        .rename({"reference_suspect": "name"})
    )
    shown = found.head(SHOWN)
    lines = rows_with_problems(rows, shown, "warn", picks)
    caption = (
        f"{shown_of(shown.height, found.height, 'reference')}, by the traces that have it. It says "
        "“look at this”, not “this is wrong”. Open one to see the reference and what was answered."
    )
    drawing = table(["why", "", "traces", "problem"], lines, "bars items")
    return Section(name="suspects", title=title, body=figure("", drawing, caption))
