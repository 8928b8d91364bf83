"""Rows of CSV and TSV files as records.

    problem,response,answer
    What is 2+3?,"It
    is 5.",5

The first row names the columns; cells are text, and empty ones are null.
"""

import csv
from collections.abc import Iterator
from typing import BinaryIO

from curate.formats.columns import distinct
from curate.formats.lines import BOM, skip_line
from curate.formats.model import EXCERPT, Broken, Record


class _Lines:
    """The lines of a file for the `csv` module, and where they stand."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self.stream = stream
        self.limit = limit
        self.offset = 0
        self.overlong = False

    def __iter__(self) -> Iterator[str]:
        while line := self.stream.readline(self.limit + 1):
            if self.offset == 0:
                self.offset += len(BOM) if line.startswith(BOM) else 0
                line = line.removeprefix(BOM)
            self.offset += len(line)
            if len(line) > self.limit and not line.endswith(b"\n"):
                self.offset += skip_line(self.stream)
                self.overlong = True
                line = line[:EXCERPT] + b"\n"
            yield line.decode("utf-8", "surrogateescape")


def read_csv(stream: BinaryIO, *, limit: int, delimiter: str) -> Iterator[Record | Broken]:
    """Records of the rows after the header; a row with a line over `limit` bytes is broken."""
    csv.field_size_limit(limit)
    lines = _Lines(stream, limit)
    reader = csv.reader(lines, delimiter=delimiter)
    header: list[str] | None = None
    row = 0
    while True:
        offset, lines.overlong = lines.offset, False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as failure:
            row += 1
            yield Broken(row, offset, f"broken CSV: {failure}", "")
            continue
        if header is None:
            header = distinct(_printable(name) for name in cells)
        elif cells:
            row += 1
            yield _record(row, offset, header, cells, limit if lines.overlong else None)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _record(
    row: int, offset: int, header: list[str], cells: list[str], over: int | None
) -> Record | Broken:
    shown = _printable(",".join(cells)[:EXCERPT])
    if over is not None:
        return Broken(row, offset, f"the line is longer than {over} bytes", shown, over)
    try:
        size = sum(len(cell.encode("utf-8")) for cell in cells)
    except UnicodeEncodeError:
        return Broken(row, offset, "invalid UTF-8 in the row", shown)
    if len(cells) != len(header):
        reason = f"{len(cells)} cells where the header has {len(header)}"
        return Broken(row, offset, reason, shown, size)
    values = {name: cell or None for name, cell in zip(header, cells, strict=True)}
    return Record(row, offset, values, size)
