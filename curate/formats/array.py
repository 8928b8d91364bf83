"""Elements of a JSON array, one after the other, without holding the array.

    [{"problem": …}, {"problem": …}]      or      {"data": [{…}, {…}]}

A scanner over the bytes finds where each element ends (strings, brackets and commas are all it
knows), so an element that is broken inside costs only itself.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from curate.formats.lines import excerpt, parse_line
from curate.formats.model import Broken, Record

_MARK = re.compile(rb'["{}\[\],]')
_IN_STRING = re.compile(rb'["\\]')
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
        if ending in ("]", "end"):
            return


class _Scanner:
    """Walks over the bytes once; keeps only the element at hand."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.buffer = bytearray()
        self.base = 0  # place of the buffer's first byte in the file
        self.at = 0

    def more(self) -> bool:
        chunk = self.stream.read(CHUNK)
        self.buffer += chunk
        return bool(chunk)

    def enter(self) -> bool:
        """Moves past the `[` of the array: the first one that no string holds."""
        while not self.buffer.strip():
            if not self.more():
                return False
        found = re.compile(
            rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:"[^"\\]{1,60}"\s*:\s*(?:"[^"\\]{0,200}"|[-0-9.a-z]+)\s*,\s*)*'
            rb'"[^"\\]{1,60}"\s*:\s*)?\['
        ).match(self.buffer)
        if found is None:
            return False
        self.at = found.end()
        return True

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
            found = _IN_STRING.search(self.buffer, self.at)
            if found is None:
                self.at = len(self.buffer)
                if not self.more():
                    self.at = -1
                    return kept
                kept = self.overlong(limit, kept)
            elif found.group() == b'"':
                self.at = found.end()
                return kept
            else:
                self.at = found.end() + 1
                if self.at > len(self.buffer):
                    self.more()
