"""The report as Markdown for a repository, its pictures as files beside it."""

import re
from collections.abc import Mapping
from pathlib import Path

from curate.analyze.blocks import Block, Bullets, Grid, Picture, Report, Words
from curate.io import write_bytes

PALETTE: Mapping[str, str] = {
    "--ink": "#22262b", "--soft": "#5d646d", "--line": "#dcdad4", "--faint": "#efece6",
    "--paper": "#ffffff", "--o0": "#0072b2", "--o1": "#d55e00", "--o2": "#009e73",
    "--o3": "#cc79a7", "--o4": "#e69f00", "--o5": "#56b4e9", "--o6": "#7a6a00",
    "--o7": "#4d4d4d",
}  # fmt: skip
"""The light colours of `page.css`, for a picture that stands alone."""


def write_markdown(report: Report, path: Path) -> int:
    """Write the text and, in a folder named after it, the pictures; the size of the text."""
    folder = path.with_name(f"{path.stem}-pictures")
    for part in report.parts:
        for block in part.blocks:
            if isinstance(block, Picture):
                write_bytes(folder / f"{block.name}.svg", alone(block.draw()).encode())
    content = markdown(report, folder.name).encode()
    write_bytes(path, content)
    return len(content)


def alone(svg: str) -> str:
    """A drawing that needs no style sheet, on white, so that dark pages show it too."""
    plain = re.sub(r"var\((--\w+)\)", lambda m: PALETTE[m[1]], svg)
    return plain.replace(
        "<svg ",
        '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" '
        'style="background: #ffffff" ',
        1,
    )


def markdown(report: Report, folder: str) -> str:
    """The whole text."""
    tiles = " · ".join(f"{figure} {words}" for figure, words in report.tiles)
    head = [f"# {inline(report.title)}", f"**{inline(report.claim)}**", f"*{inline(report.stamp)}*"]
    if report.also:
        head.append("\n".join(f"- {inline(line)}" for line in report.also))
    head.append(inline(tiles))
    body = [
        text
        for part in report.parts
        for text in (f"## {inline(part.title)}", *(shown(b, folder) for b in part.blocks))
    ]
    return "\n\n".join([*head, *body]) + "\n"


def shown(block: Block, folder: str) -> str:
    """One block."""
    if isinstance(block, Words):
        return inline(block.text)
    if isinstance(block, Bullets):
        return "\n".join(f"- {inline(item)}" for item in block.items)
    if isinstance(block, Picture):
        return f"![{inline(block.alt)}]({folder}/{block.name}.svg)\n\n*{inline(block.caption)}*"
    return table(block)


def table(block: Grid) -> str:
    """A table, folded where it is long."""
    names = [cell(head.removeprefix("<")) or " " for head in block.header]
    sides = [":--" if head.startswith("<") else "--:" for head in block.header]
    lines = [names, sides, *([cell(c) for c in row] for row in block.rows)]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    if block.caption:
        text += f"\n\n{inline(block.caption)}"
    if block.folded is None:
        return text
    return f"<details><summary>{inline(block.folded)}</summary>\n\n{text}\n\n</details>"


def cell(text: str) -> str:
    """Words inside a table."""
    return inline(text).replace("|", "\\|").replace("\n", " ")


def inline(text: str) -> str:
    """Words whose names in backticks stay, and in which nothing else is markup."""
    pieces = re.split(r"(`[^`]*`)", " ".join(text.split(" ")))
    return "".join(
        piece if piece.startswith("`") and len(piece) > 1 else
        re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", piece)
        for piece in pieces
    ).replace("\n", " ")  # fmt: skip
