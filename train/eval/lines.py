"""The rows of a file of JSON lines."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from curate.errors import InputError


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines with their line numbers from 1; blank lines are passed.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object.
    """
    try:
        with path.open("rb") as file, opened(path, file) as lines:
            for number, line in enumerate(lines, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield number, need_object(line, path, number)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"`{path}` cannot be read", why=str(error), fix="name a file of JSON lines"
        ) from error


def opened(path: Path, file: BinaryIO) -> AbstractContextManager[Iterable[bytes]]:
    """The lines of a file, unpacked where its name ends in `.gz`."""
    return gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else nullcontext(file)


def need_object(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """The object that a line holds.

    Raises:
        InputError: it holds none.
    """
    try:
        value = orjson.loads(line)
        why = f"it is {type(value).__name__}"
    except orjson.JSONDecodeError as error:
        value, why = None, str(error)
    if isinstance(value, dict):
        return value
    raise InputError(
        f"`{path}:{number}` is no JSON object", why=why, fix="write one object on each line"
    )
