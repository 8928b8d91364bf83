"""Graders, evaluation, controls and training in the report of a design."""

from collections.abc import Mapping
from html import escape
from typing import Any

from curate.mix.cells import said, table
from curate.mix.graders import NEITHER
from curate.mix.notes import notes, percent


def notes_html(manifest: Mapping[str, Any]) -> str:
    """All notes, a card for each title."""
    cards = "".join(
        f"<div class='card'><b>{escape(title.capitalize())}</b><ul class='paths'>"
        f"{''.join(f'<li>{said(line)}</li>' for line in lines)}</ul></div>"
        for title, lines in notes(manifest).items()
    )
    return f"<h2>What else must be known</h2><div class='two'>{cards}</div>"


def graders_html(manifest: Mapping[str, Any]) -> str:
    """The confusion of each second grader with the grades, and its say on every arm."""
    return "".join(one_grader(name, one) for name, one in manifest["graders"].items())


def one_grader(name: str, one: Mapping[str, Any]) -> str:
    """One second grader."""
    names = [*one["grades"], NEITHER]
    rows = [
        [
            ("text", escape(grade)),
            *(("", f"{counts[label]:,}") for label in names),
            *(("", shown(one["by_grade"][grade][m])) for m in MEASURES),
        ]
        for grade, counts in one["confusion"].items()
    ]
    header = ("text:grade", *(escape(label) for label in names), *MEASURES)
    arms = [
        [("text", escape(arm)), ("", f"{said['traces']:,}"), ("", shown(said["elsewhere"])),
         ("", shown(said["neither"]))]
        for arm, said in one["arms"].items()
    ]  # fmt: skip
    second = ("text:arm", "graded traces", "put elsewhere", "given no grade")
    caption = (
        "Rows: the grade of the recipe. Columns: what the second grader says of the same traces, "
        "before any defect; the shares take it for the truth."
    )
    return (
        f"<h2>Second grader: {escape(name)}</h2><div class='card'>{table(header, rows)}</div>"
        f"<figcaption>{caption}</figcaption><div class='card'>{table(second, arms)}</div>"
    )


MEASURES = ("sensitivity", "specificity", "precision")


def shown(share: float | None) -> str:
    """A share in percent."""
    return "–" if share is None else percent(share)
