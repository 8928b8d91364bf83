"""The report for a terminal: the claim, what else there is, and the main tables."""

import re
from textwrap import fill

from curate.analyze.blocks import Bullets, Grid, Part, Report, Words

WIDTH = 100
MOST_ROWS = 40


def terminal_text(report: Report, parts: tuple[str, ...] = ("effects", "limits")) -> str:
    """The head and some parts; pictures stay in the page."""
    head = [fill(plain(report.claim), WIDTH), f"({report.stamp})"]
    head += [fill(f"- {plain(line)}", WIDTH, subsequent_indent="  ") for line in report.also]
    body = [shown(part) for part in report.parts if part.name in parts]
    return "\n".join(["\n".join(head), *(text for text in body if text)]) + "\n"


def plain(text: str) -> str:
    """Words without backticks, on one line."""
    return " ".join(text.replace("`", "").split())


def shown(part: Part) -> str:
    """The tables, lists and paragraphs of a part."""
    made = []
    for block in part.blocks:
        if isinstance(block, Grid):
            made.append(table(block))
        elif isinstance(block, Bullets):
            made.append("\n".join(fill(f"- {plain(i)}", WIDTH, subsequent_indent="  ")
                                  for i in block.items))  # fmt: skip
        elif isinstance(block, Words) and not block.quiet:
            made.append(fill(plain(block.text), WIDTH))
    return "\n\n".join([f"\n{part.title}", *made]) if made else ""


def table(block: Grid) -> str:
    """Columns under each other, numbers flush right."""
    left = [head.startswith("<") for head in block.header]
    rows = [[head.removeprefix("<") for head in block.header]]
    rows += [[re.sub(r"\s+", " ", plain(cell)) for cell in row] for row in block.rows[:MOST_ROWS]]
    widths = [max(len(row[place]) for row in rows) for place in range(len(left))]
    lines = [
        "  ".join(
            cell.ljust(width) if side else cell.rjust(width)
            for cell, width, side in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in rows
    ]
    if len(block.rows) > MOST_ROWS:
        lines.append(f"… and {len(block.rows) - MOST_ROWS} more")
    return "\n".join(lines)
