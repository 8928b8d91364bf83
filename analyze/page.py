"""The report as one page of HTML that needs nothing else: no script, no request.

Every word out of a study is escaped, and the content security policy lets nothing run or load.
"""

import base64
import hashlib
import re
from importlib import resources

from curate.analyze.blocks import Block, Bullets, Grid, Part, Picture, Report, Words
from curate.report.markup import Markup, code, joined, tag


def page(report: Report) -> str:
    """The whole file."""
    style = (resources.files("curate.analyze") / "page.css").read_text("utf-8")
    head = joined(
        [
            tag("meta", charset="utf-8"),
            Markup(
                f'<meta http-equiv="Content-Security-Policy" content="{policy(style)}">'
                '<meta name="viewport" content="width=device-width, initial-scale=1">'
                '<meta name="color-scheme" content="light dark">'
            ),
            tag("title", f"{report.title}: what the data did"),
            Markup(f"<style>{style}</style>"),
        ]
    )
    body = tag("main", opening(report), contents(report), *(section(p) for p in report.parts))
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def section(part: Part) -> Markup:
    """A part with its heading."""
    return tag("section", tag("h2", rich(part.title)), *map(shown, part.blocks), id=part.name)


def policy(style: str) -> str:
    """Nothing from anywhere; this style sheet, and the style attributes of the pictures."""
    found = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src-elem 'sha256-{found}'; style-src-attr 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )


def opening(report: Report) -> Markup:
    """The claim, how firm it is, what else there is, and the figures."""
    sure = "stamp sure" if report.stamp.startswith("confirmatory") else "stamp"
    tiles = (
        tag("div", tag("b", figure), tag("span", words), class_="tile")
        for figure, words in report.tiles
    )
    return tag(
        "header",
        tag("h1", rich(report.title)),
        tag("p", rich(report.claim), class_="claim"),
        tag("div", report.stamp, class_=sure),
        tag("ul", *(tag("li", rich(line)) for line in report.also), class_="also"),
        tag("div", *tiles, class_="tiles"),
    )


def contents(report: Report) -> Markup:
    """Links to the parts."""
    links = (tag("li", tag("a", rich(p.title), href=f"#{p.name}")) for p in report.parts)
    return tag("nav", tag("ol", *links), aria_label="contents")


def shown(block: Block) -> Markup:
    """One block."""
    if isinstance(block, Words):
        return tag("p", rich(block.text), class_="quiet" if block.quiet else None)
    if isinstance(block, Bullets):
        return tag("ul", *(tag("li", rich(item)) for item in block.items))
    if isinstance(block, Picture):
        return tag("figure", Markup(block.draw()), tag("figcaption", rich(block.caption)))
    return table(block)


def table(block: Grid) -> Markup:
    """A table, folded where it is long."""
    left = [head.startswith("<") for head in block.header]
    heads = (
        tag("th", rich(head.removeprefix("<")), scope="col", class_="left" if side else None)
        for head, side in zip(block.header, left, strict=True)
    )
    rows = (
        tag(
            "tr",
            *(
                tag("td", rich(cell), class_="left" if side else None)
                for cell, side in zip(row, left, strict=True)
            ),
        )
        for row in block.rows
    )
    body = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    made = tag("div", body, class_="scroll")
    if block.caption:
        made = joined([made, tag("p", rich(block.caption), class_="caption")])
    if block.folded is None:
        return made
    return tag("details", tag("summary", rich(block.folded)), made)


def rich(text: str) -> Markup:
    """Words whose names in backticks are code; everything is escaped."""
    pieces = re.split(r"`([^`]*)`", text)
    return joined(code(piece) if place % 2 else piece for place, piece in enumerate(pieces))
