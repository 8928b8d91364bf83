"""Benchmarks that are published as CSV: one file with a header, or HEx-PHI's folder without.

HEx-PHI is `category_1.csv` to `category_11.csv`, one prompt a line and no header: read with one,
the first prompt of each file is lost.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.errors import InputError

PROMPT = "prompt"


def is_delimited(path: Path) -> bool:
    """Whether a path is a CSV file or a folder of them."""
    return path.suffix.lower() == ".csv" or path.is_dir()


def delimited_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a CSV file, or of a folder of headerless ones, numbered from 1.

    Raises:
        InputError: it cannot be read, or a row is longer than the header.
    """
    try:
        if not path.is_dir():
            yield from with_header(path)
            return
        files = sorted(path.glob("*.csv"), key=lambda file: (len(file.name), file.name))
        if not files:
            raise InputError(
                f"`{path}` holds no CSV file",
                why="a folder as `path` is that of HEx-PHI",
                fix="name the folder with `category_1.csv`, or a file",
            )
        number = 0
        for file in files:
            for cells in cells_of(file):
                number += 1
                if any(map(str.strip, cells[1:])):
                    raise InputError(
                        f"`{file}` has more than a prompt in a line",
                        why=f"behind `{cells[0][:40]}` comes `{cells[1][:40]}`",
                        fix="quote the texts that hold a comma",
                    )
                name = f"{file.stem}/{number}"
                yield number, {"id": name, PROMPT: cells[0], "category": file.stem}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"`{path}` cannot be read", why=str(error), fix="name a CSV file in UTF-8"
        ) from error


def cells_of(file: Path) -> Iterator[list[str]]:
    """The rows of a CSV file that are not blank."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        yield from (cells for cells in csv.reader(lines) if any(map(str.strip, cells)))


def with_header(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a CSV file by the names of its first line."""
    rows = cells_of(file)
    header = next(rows, [])
    for number, cells in enumerate(rows, 1):
        if len(cells) > len(header):
            raise InputError(
                f"`{file}` has more cells in row {number} than in its header",
                why=f"there are {len(cells)}, and the header names {len(header)}",
                fix="quote the texts that hold a comma",
            )
        yield number, dict(zip(header, cells, strict=False))
