"""The problems of benchmarks, read from any file that curate reads as a dump.

A row needs no response. Columns are found as in dumps: {"id": "aime24/0", "problem": "Every …"}.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import InputError
from curate.formats import (
    Broken,
    ReadOptions,
    Source,
    options_of,
    plan_sources,
    problem_of,
    read_records,
)

IDS = ("id", "task_id", "unique_id", "question_id", "problem_id", "name", "url")
"""Columns that may name an item."""
LONGEST = 16_000
"""Characters of a problem that are sought."""
BARE_CHARS = 80
"""A shorter problem with options, such as `Which is true?`, is one with them alone."""
FIGURE = re.compile(r"\[asy\].*?\[/asy\]", re.DOTALL)
"""A drawing in MATH, which other copies of the problem lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One problem of a benchmark."""

    name: str
    """File and id: `aime24:aime24/7`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmarks:
    """All items of all files, and the rows that hold none."""

    items: Sequence[Item]
    unread: int


def read_benchmarks(inputs: Sequence[str], problem: str | None = None) -> Benchmarks:
    """The items of files, folders, globs, names on the Hub, or names such as `hub:math500`.

    Raises:
        InputError: an input is not there, or none of its rows has a problem.
        MissingExtra: the Hub is wanted and `datasets` is not installed.
    """
    from curate.contamination.hub import is_hub_name, read_hub

    items: list[Item] = []
    unread = 0
    options = ReadOptions(problem=problem)
    for given in inputs:
        if is_hub_name(given):
            found = list(read_hub(given))
        else:
            found = [
                item
                for source in plan_sources([given], options)
                for item in items_of(source, options, stem(source.name))
            ]
        taken = [item for item in found if item is not None]
        need_items(given, taken)
        items += taken
        unread += len(found) - len(taken)
    return Benchmarks(items=items, unread=unread)


def need_items(given: str, items: Sequence[Item]) -> None:
    """Nothing, when there is an item.

    Raises:
        InputError: there is none.
    """
    if not items:
        raise InputError(
            f"`{given}` holds no problem",
            why="no row of it has a text in a column that is called like one",
            fix="name the column with `--problem COL`",
        )


def items_of(source: Source, options: ReadOptions, name: str) -> Iterator[Item | None]:
    """The item of each row, None for a row without one."""
    for record in read_records(source, options):
        row = None if isinstance(record, Broken) else record.value
        text = item_text(row, options.problem) if isinstance(row, Mapping) else None
        if text is None or not isinstance(row, Mapping):
            yield None
        else:
            yield Item(name=f"{name}:{item_id(row, record.row)}", text=text)


def item_text(row: Mapping[str, Any], column: str | None) -> str | None:
    """The problem of a row without its drawing, with its options where it is nothing without."""
    problem = problem_of(row, column)
    if not isinstance(problem, str) or not problem.strip():
        return None
    options, _ = options_of(row)
    if options and len(problem) < BARE_CHARS:
        lines = (f"{chr(65 + place)}. {option}" for place, option in enumerate(options[:26]))
        problem = "\n".join([problem, *lines])
    return FIGURE.sub(" ", problem)[:LONGEST]


def item_id(row: Mapping[str, Any], number: int) -> str:
    """What names the item in its file: its id, else the number of its row."""
    for name in IDS:
        value = row.get(name)
        if isinstance(value, str | int) and str(value).strip():
            return str(value)[:200]
    return str(number)


def stem(name: str) -> str:
    """The name of a file without its folders and endings."""
    return Path(name).name.partition(".")[0] or name
