"""Section on what was left out: quarantine by reason, and selections by the rule that dropped."""

from typing import Any

import polars as pl

from curate.account import Account
from curate.report.charts import Mark, stacked_bar
from curate.report.data import Rows, counted
from curate.report.doubts import BAR_WIDTH, SHOWN, count_rows
from curate.report.markup import Markup, code, foreign, joined, name_cell, number_cell, table, tag
from curate.report.markup import visible as visible_text
from curate.report.samples import OF_A_BAR, Picks
from curate.report.section import Section, figure, quiet
from curate.report.words import count, end_of, line
from curate.selections import Selection, changed_groups, selection_rows, selections_of

EXCERPT_CHARS = 1000


def left_out_section(rows: Rows, account: Account, picks: Picks) -> Section:
    """What became no trace, and what each selection drops."""
    selections = selections_of(rows.pool)
    parts = [quarantine(rows, account, picks)]
    parts += [selection_figure(rows, one, picks) for one in selections]
    if not selections:
        command = f"curate filter {rows.pool.path} --where \"verdict = 'correct'\" --name NAME"
        parts.append(quiet("There is no selection yet.", command))
    return Section(name="left-out", title="What was left out", body=joined(parts))


def quarantine(rows: Rows, account: Account, picks: Picks) -> Markup:
    """Records that became no trace, by reason."""
    given = account.records - account.quarantined
    title = (
        f"{count(account.records, 'record')} read: {given:,} gave traces, "
        f"{account.quarantined:,} did not"
    )
    if not account.reasons:
        return joined([tag("h3", title), tag("p", "Nothing is in quarantine.", class_="quiet")])
    examples: dict[str, list[dict[str, Any]]] = {}
    for record in rows.pool.scan_quarantine().collect().iter_rows(named=True):
        kept = examples.setdefault(record["reason"], [])
        if len(kept) < OF_A_BAR:
            kept.append(record_item(record))
    top = max(account.reasons.values())
    shown = list(account.reasons.items())[:SHOWN]
    lines = []
    for reason, size in shown:
        label = f"{line(reason)}: {count(size, 'record')}"
        key = picks.record_bar(examples.get(reason, []))
        bar = stacked_bar([Mark(value=size, kind="warn", label=label, bar=key)], top,
                          width=BAR_WIDTH, label=label)  # fmt: skip
        lines.append(
            [name_cell(foreign(line(reason, 110))), tag("td", bar), number_cell(f"{size:,}")]
        )
    caption = "Records in quarantine, by the reason why they could not become a trace."
    if len(account.reasons) > len(shown):
        caption += f" {len(account.reasons) - len(shown):,} rarer reasons are not shown."
    return figure(title, table(["reason", "", "records"], lines, "bars"), caption)


def record_item(record: dict[str, Any]) -> dict[str, Any]:
    """What the page keeps of a record in quarantine."""
    excerpt = str(record["excerpt"] or "")[:EXCERPT_CHARS]
    return {
        "title": f"{end_of(record['source'])}, row {record['row']}",
        "verdict": "quarantined",
        "why": visible_text(line(record["reason"], 300)),
        "record": [visible_text(excerpt)],
    }


def selection_figure(rows: Rows, found: Selection, picks: Picks) -> Markup:
    """One selection: kept, and dropped by reason."""
    title = f"Selection “{found.name}”: kept {found.kept:,}, dropped {found.dropped:,}"
    if changed := changed_groups(rows.pool, found):
        line_ = quiet(
            f"It is stale: {', '.join(changed)} changed since.",
            f"curate filter {rows.pool.path} --again {found.name}",
        )
        return joined([tag("h3", title), line_])
    told = selection_rows(rows.pool, found.name).select("dropped_by").collect()
    frame = rows.base.select("place").with_columns(told["dropped_by"][rows.base["place"]])
    reason = pl.col("dropped_by").fill_null("kept").alias("name")
    sizes = {
        name: (size, places)
        for name, size, places in counted(frame, reason, sample=OF_A_BAR).iter_rows()
    }
    order = [name for name in ["kept", *(one.reason for one in found.reasons)] if name in sizes]
    shown = pl.DataFrame(
        {
            "name": order,
            "len": [sizes[name][0] for name in order],
            "places": [sizes[name][1] for name in order],
        }
    )
    failing = {one.reason: one for one in found.reasons}
    lines = [
        [
            *cells,
            number_cell(f"{failing[name].failing:,}" if name in failing else "–"),
            number_cell(f"{failing[name].alone:,}" if name in failing else "–"),
        ]
        for name, cells in zip(order, count_rows(shown, "plain", picks), strict=True)
    ]
    caption = (
        "Each dropped trace counts for the first rule that it fails. Failing: all that fail the "
        "rule. Alone: those that would be kept without it."
    )
    head = ["reason", "", "traces", "failing", "alone"]
    rules = tag(
        "p",
        "Kept is what meets ",
        joined(
            joined([" and " if place else "", code(line(rule.where, 200))])
            for place, rule in enumerate(found.rules)
        ),
        class_="rules",
    )
    return figure(title, table(head, lines, "bars"), caption, rules)
