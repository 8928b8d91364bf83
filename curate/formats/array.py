"""Elements of a JSON array, one after the other, without holding the array.

    [{"problem": …}, {"problem": …}]      or      {"data": [{…}, {…}]}

A scanner over the bytes finds where each element ends (strings, brackets and commas are all it
knows), so an element that is broken inside costs only itself.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from curate.formats.columns import PROBLEM, REFERENCE, ROWS, TURNS
from curate.formats.lines import excerpt, parse_line
from curate.formats.model import Broken, Record

_MARK = re.compile(rb'["{}\[\],]')
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_KEY = rb'"([^"\\]{1,60})"\s*:\s*'
_SCALAR = rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[-+0-9.a-zA-Z]+)'
_ENTRY = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:%s%s\s*,\s*)*+%s)?\[" % (_KEY, _SCALAR, _KEY), re.DOTALL
)
_NO_WRAPPER = frozenset({*PROBLEM, *TURNS, *REFERENCE})
"""Keys that an object around all rows of a file does not have."""
CHUNK = 2**20


def read_array(stream: BinaryIO, *, limit: int) -> Iterator[Record | Broken]:
    """Records of the elements; the row is the place of the element, from 1."""
    row = 0
    for offset, element, reason in elements(stream, limit):
        row += 1
        if reason is not None:
            yield Broken(row, offset, reason, excerpt(element), len(element))
            continue
        found = parse_line(element, row, offset)
        yield found if found is not None else Broken(row, offset, "an empty element", "", 1)


def elements(stream: BinaryIO, limit: int) -> Iterator[tuple[int, bytes, str | None]]:
    """Place, bytes and, for one that is cut off or too long, the reason, of each element."""
    scanner = _Scanner(stream)
    if not scanner.enter():
        yield 0, bytes(scanner.buffer[:1000]), "no JSON array"
        return
    while True:
        start, element, ending, long = scanner.element(limit)
        if ending == "end":
            yield start, element, "the array ends early"
        elif long:
            yield start, element, f"the element is longer than {limit} bytes"
        elif element.strip() or ending == ",":
            yield start, element, None
        if ending == "]" and scanner.bare and (rest := scanner.rest()):
            yield scanner.base + scanner.at, rest, "text behind the end of the array"
        if ending in ("]", "end"):
            return


def layout(head: bytes, line: bytes, *, alone: bool) -> str:
    """How a `.json` file is laid out: as an `array`, as `lines`, or as one `object`.

    `head` is the start of the file, `line` its first line, `alone` when there is no other.
    """
    entry = _ENTRY.match(head)
    if entry is not None and entry[2] is None:
        return "array"
    if entry is not None and _is_wrapper(head[: entry.end()]):
        rows = head[entry.end() :].lstrip()[:1] == b"{"
        if rows and (alone or not isinstance(parse_line(line, 1, 0), Record)):
            return "array"
    return "object" if line.strip() == b"{" else "lines"


def _is_wrapper(start: bytes) -> bool:
    """Whether an object that starts so, up to the `[` of its first list, holds rows in it."""
    keys = [key.decode("utf-8", "replace").lower() for key in re.findall(_KEY, start)]
    return keys[-1] in ROWS and _NO_WRAPPER.isdisjoint(keys)


class _Scanner:
    """Walks over the bytes once; keeps only the element at hand."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.buffer = bytearray()
        self.base = 0  # place of the buffer's first byte in the file
        self.at = 0
        self.bare = False
        """Whether nothing stands around the array."""

    def more(self) -> bool:
        chunk = self.stream.read(CHUNK)
        self.buffer += chunk
        return bool(chunk)

    def enter(self) -> bool:
        """Moves past the `[` of the array: the first one that no string holds."""
        while not self.buffer.strip():
            if not self.more():
                return False
        found = _ENTRY.match(self.buffer)
        if found is None:
            return False
        self.at = found.end()
        self.bare = found[2] is None
        return True

    def rest(self) -> bytes:
        """The start of what follows the array, nothing where that is white space."""
        while not self.buffer[self.at :].strip() and self.more():
            pass
        return bytes(self.buffer[self.at : self.at + 1000].strip())

    def element(self, limit: int) -> tuple[int, bytes, str, bool]:
        """The next element, what ended it (`,`, `]` or `end`), and whether it was too long."""
        del self.buffer[: self.at]
        self.base += self.at
        self.at, depth, kept = 0, 0, b""
        place = self.base
        while True:
            found = _MARK.search(self.buffer, self.at)
            if found is None:
                self.at = len(self.buffer)
                if not self.more():
                    return place, kept or bytes(self.buffer), "end", bool(kept)
                kept = self.overlong(limit, kept)
                continue
            self.at = found.end()
            mark = found.group()
            if mark == b'"':
                kept = self.string(limit, kept)
                if self.at < 0:
                    return place, kept or bytes(self.buffer), "end", bool(kept)
            elif mark in b"{[":
                depth += 1
            elif mark in b"}]" and depth:
                depth -= 1
            elif depth == 0:
                whole = kept or bytes(self.buffer[: found.start()])
                return place, whole, mark.decode(), bool(kept) or len(whole) > limit

    def overlong(self, limit: int, kept: bytes) -> bytes:
        """Drops what was scanned of an element past the limit, keeping its start."""
        if self.at <= limit:
            return kept
        kept = kept or bytes(self.buffer[:1000])
        del self.buffer[: self.at]
        self.base += self.at
        self.at = 0
        return kept

    def string(self, limit: int, kept: bytes) -> bytes:
        """Moves past a string; `at` is -1 where the file ends inside it."""
        while True:
            found = _IN_STRING.match(self.buffer, self.at)
            assert found is not None
            self.at = found.end()
            if self.buffer[self.at : self.at + 1] == b'"':
                self.at += 1
                return kept
            if not self.more():  # the buffer ends in the string, perhaps behind a backslash
                self.at = -1
                return kept
            kept = self.overlong(limit, kept)
