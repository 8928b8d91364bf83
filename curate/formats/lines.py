"""Lines of JSON: each a record, or a reason why it is none.

{"problem": "What is 2+3?", "response": "<think>…</think>5", "reference": "5"}
"""

import json
from collections.abc import Iterator
from typing import BinaryIO

import orjson

from curate.formats.jsontext import DEEPEST, TooDeep, dumps
from curate.formats.model import EXCERPT, Broken, Record

_SKIP = 2**20
BOM = b"\xef\xbb\xbf"


def read_lines(
    stream: BinaryIO, *, first_row: int, offset: int, stop: int | None, limit: int
) -> Iterator[Record | Broken]:
    """Records of the lines that start before `stop` (None: all), from where the stream stands.

    `offset` is the place of the first line in the (decompressed) file. A line longer than
    `limit` bytes is never held whole.
    """
    row = first_row
    while stop is None or offset < stop:
        line = stream.readline(limit + 1)
        if not line:
            return
        size = len(line)
        if size > limit and not line.endswith(b"\n"):
            size += skip_line(stream)
            yield Broken(
                row, offset, f"the line is longer than {limit} bytes", excerpt(line), limit
            )
        else:
            found = parse_line(line.removeprefix(BOM) if offset == 0 else line, row, offset)
            if found is not None:
                yield found
        row += 1
        offset += size


def skip_line(stream: BinaryIO) -> int:
    """Moves to the end of a line in steps; how many bytes that were."""
    skipped = 0
    while chunk := stream.readline(_SKIP):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped


def read_object(stream: BinaryIO, *, limit: int) -> Iterator[Record | Broken]:
    """The one record of a file that is one JSON object on several lines."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        yield Broken(1, 0, f"the object is longer than {limit} bytes", excerpt(data), limit)
    elif (found := parse_line(data.removeprefix(BOM), 1, 0)) is not None:
        yield found


def parse_line(line: bytes, row: int, offset: int | None) -> Record | Broken | None:
    """The record of one line; None for a blank one."""
    if not line.strip():
        return None
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _second_try(line, row, offset)
    return _object(value, line, row, offset)


def _object(value: object, line: bytes, row: int, offset: int | None) -> Record | Broken:
    if not isinstance(value, dict):
        kind = type(value).__name__
        return Broken(
            row, offset, f"a JSON {kind} where an object should be", excerpt(line), len(line)
        )
    return Record(row, offset, value, len(line))


def _second_try(line: bytes, row: int, offset: int | None) -> Record | Broken:
    """What the strict parser refuses: NaN and huge integers pass, the rest gets its reason."""

    def broken(reason: str) -> Broken:
        return Broken(row, offset, reason, excerpt(line), len(line))

    try:
        value = json.loads(line.strip().decode("utf-8"))
    except UnicodeDecodeError as failure:
        return broken(f"invalid UTF-8 at byte {failure.start} of the line")
    except RecursionError:
        return broken(f"nested deeper than {DEEPEST} levels")
    except ValueError as failure:
        return broken(f"broken JSON: {str(failure)[:100]}")
    try:
        dumps(value).encode("utf-8")
    except TooDeep as failure:
        return broken(str(failure))
    except UnicodeEncodeError:
        return broken("a lone surrogate, which no text can hold")
    return _object(value, line, row, offset)


def excerpt(data: bytes) -> str:
    """The start of some bytes as text, for a person to find the place by."""
    return data[: 4 * EXCERPT].decode("utf-8", "replace").strip()[:EXCERPT]
