"""Plans the reading of files: hashes them and cuts them into pieces, in one pass.

Where a piece ends depends on the file and the options alone, never on the number of workers.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xxhash

from curate.formats.files import File, find_files, unreadable
from curate.formats.model import ReadOptions, Source, Split
from curate.formats.tables import row_groups

CHUNK = 2**20
OVERSIZED = 4
"""A row group of more than this many parts is read as one stream."""


def plan_sources(inputs: Sequence[str], options: ReadOptions) -> list[Source]:
    """The sources of all inputs, in order.

    Raises:
        InputError: an input is not there or holds nothing to read.
    """
    return [_source(file, options) for file in find_files(inputs, options.format)]


def _source(file: File, options: ReadOptions) -> Source:
    plain_lines = file.format == "jsonl" and file.compression is None
    try:
        digest, size, splits = _pass_over(file.path, options.part_bytes, cut=plain_lines)
    except OSError as failure:
        raise unreadable(Path(file.path), failure) from failure
    if file.format == "parquet":
        splits = _groups(file.path, options.part_bytes)
    return Source(
        name=file.name,
        path=file.path,
        format=file.format,
        compression=file.compression,
        size_bytes=size,
        content_hash=digest,
        splits=splits if plain_lines or file.format == "parquet" else _stream(size),
    )


def _stream(size: int) -> tuple[Split, ...]:
    return (Split(first_block=0, sequential=True),) if size else ()


def _pass_over(path: str, part_bytes: int, *, cut: bool) -> tuple[str, int, tuple[Split, ...]]:
    """Hash and size of a file, and the splits of plain lines at the first newline of each part."""
    digest = xxhash.xxh3_128()
    splits: list[Split] = []
    position, rows, start, first_row = 0, 0, 0, 1
    with Path(path).open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            at = 0  # of this chunk, the rows before `at` are counted
            while cut and position + len(chunk) >= start + part_bytes:
                newline = chunk.find(b"\n", max(at, start + part_bytes - position - 1))
                if newline < 0:
                    break
                rows += _newlines(chunk, at, newline + 1)
                at = newline + 1
                stop = position + at
                splits.append(_lines(len(splits), start, stop, first_row))
                start, first_row = stop, rows + 1
            rows += _newlines(chunk, at, len(chunk)) if cut else 0
            position += len(chunk)
    if position > start:
        splits.append(_lines(len(splits), start, position, first_row))
    return digest.hexdigest(), position, tuple(splits)


def _newlines(chunk: bytes, start: int, stop: int) -> int:
    """How many there are, twice as fast as `bytes.count` does it."""
    return int(np.count_nonzero(np.frombuffer(chunk, np.uint8)[start:stop] == ord("\n")))


def _lines(number: int, start: int, stop: int, first_row: int) -> Split:
    return Split(first_block=number, sequential=False, start=start, stop=stop, first_row=first_row)


def _groups(path: str, part_bytes: int) -> tuple[Split, ...]:
    """Splits of consecutive row groups of about one part; one stream where a group is too big."""
    groups = row_groups(path)
    if not groups or max(size for _, size in groups) > OVERSIZED * part_bytes:
        return (Split(first_block=0, sequential=True, start=0, stop=len(groups)),)
    splits: list[Split] = []
    start, held, row, first_row = 0, 0, 1, 1
    for number, (rows, size) in enumerate(groups, 1):
        held += size
        row += rows
        if held >= part_bytes or number == len(groups):
            splits.append(_lines(len(splits), start, number, first_row))
            start, held, first_row = number, 0, row
    return tuple(splits)
