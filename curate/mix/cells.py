"""Pieces of HTML that the parts of a report share: tables, and words with code in them."""

import re
from collections.abc import Sequence
from html import escape


def said(words: str) -> str:
    """Words with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(words))


def natural(words: str) -> list[tuple[float, str]]:
    """A key that sorts numbers in words by their size."""
    pieces = re.findall(r"[0-9]+(?:[.][0-9]+)?|[^0-9]+", words)
    return [(float(p), "") if p[0].isdigit() else (-1.0, p) for p in pieces]


def table(header: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    """A table; a heading `text:name` stands left, every cell has its class and its content."""
    heads = "".join(
        f'<th class="text">{cell.removeprefix("text:")}</th>'
        if cell.startswith("text:")
        else f"<th>{cell}</th>"
        for cell in header
    )
    body = "".join(
        "<tr>" + "".join(f'<td class="{css}">{cell}</td>' for css, cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
