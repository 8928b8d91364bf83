"""A log of finished work: a line is written whole or is not there, as far as a reader can tell.

A line is a checksum and JSON: `8d20… [["51ab…", "correct", "exact", ""], …]`. A kill loses only
what is under way; a line that is cut or edited is passed over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import xxhash


@contextmanager
def journal(path: Path) -> Iterator["Journal"]:
    """The journal at a path, new or to be gone on with, until the block ends."""
    with path.open("ab") as file:
        if file.tell():
            file.write(b"\n")  # a line that a kill cut short must not swallow the next
        yield Journal(file)


class Journal:
    """A journal that is open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, value: object) -> None:
        """Add plain values as one line, and hand it to the system."""
        content = orjson.dumps(value)
        check = xxhash.xxh3_64_hexdigest(content).encode()
        self._file.write(b"%b %b\n" % (check, content))
        self._file.flush()


def entries(path: Path) -> Iterator[Any]:
    """The values of the whole and unedited lines, in order; none where there is no file."""
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for line in lines:
            check, _, content = line.rstrip(b"\n").partition(b" ")
            if content and check == xxhash.xxh3_64_hexdigest(content).encode():
                yield orjson.loads(content)
