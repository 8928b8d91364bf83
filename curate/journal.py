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

from curate.store import is_local


@contextmanager
def journal(path: Path) -> Iterator["Journal | ObjectJournal"]:
    """The journal at a path, new or to be gone on with, until the block ends."""
    if not is_local(path):
        yield ObjectJournal(path)
        return
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
        self._file.write(line_of(value))
        self._file.flush()


class ObjectJournal:
    """A journal at a URL, where nothing can be added to: a small object for each line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = len(objects(path))

    def write(self, value: object) -> None:
        """Add plain values as one line."""
        self._count += 1
        name = f"{self._path.name}.{self._count:09}"
        self._path.with_name(name).write_bytes(line_of(value))


def objects(path: Path) -> list[Path]:
    """The lines of a journal at a URL, in order."""
    folder = path.parent
    found = folder.iterdir() if folder.is_dir() else iter(())
    return sorted(each for each in found if each.name.startswith(f"{path.name}."))


def line_of(value: object) -> bytes:
    """Plain values as a line."""
    content = orjson.dumps(value)
    return b"%b %b\n" % (xxhash.xxh3_64_hexdigest(content).encode(), content)


def entries(path: Path) -> Iterator[Any]:
    """The values of the whole and unedited lines, in order; none where there is no file."""
    files = [path] if path.is_file() else []
    for file in files if is_local(path) else objects(path):
        with file.open("rb") as lines:
            for line in lines:
                check, _, content = line.rstrip(b"\n").partition(b" ")
                if content and check == xxhash.xxh3_64_hexdigest(content).encode():
                    yield orjson.loads(content)
