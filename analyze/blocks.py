"""What a report is made of, before it is HTML or Markdown.

Words are plain text in which a name stands between backticks; nothing else in them is markup.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A paragraph."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table; columns whose heading begins with `<` stand left, the others right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: str | None = None
    """The line that unfolds a long table; None for one that is always open."""
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing with its explanation."""

    name: str
    draw: Callable[[], str]
    """Makes the `<svg>`; called when the picture is written, and remembers it."""
    caption: str
    alt: str


Block = Words | Bullets | Grid | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole, ready to be written."""

    title: str
    claim: str
    stamp: str
    """`confirmatory`, `exploratory`, or that one run stands for each arm."""
    also: tuple[str, ...]
    tiles: tuple[tuple[str, str], ...]
    """(figure, what it counts)."""
    parts: tuple[Part, ...]


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], folded: str | None = None) -> Grid:
    """A table from lists."""
    return Grid(header=tuple(header), rows=tuple(tuple(row) for row in rows), folded=folded)
