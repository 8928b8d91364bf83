"""Reads the blocks of a source."""

from collections.abc import Iterator
from io import BufferedReader

from curate.formats.array import layout, read_array
from curate.formats.delimited import read_csv
from curate.formats.lines import BOM, read_lines, read_object
from curate.formats.model import Block, Broken, ReadOptions, Record, Source, Split
from curate.formats.streams import DamagedStream, open_stream
from curate.formats.table import BlockBuilder
from curate.formats.tables import read_arrow, read_parquet


def read_blocks(source: Source, split: Split, options: ReadOptions) -> Iterator[Block]:
    """The blocks of one piece, in order; memory stays a small multiple of `part_bytes`.

    A piece that is not sequential gives exactly one block, even where it holds no record.
    """
    builder = BlockBuilder(source.name, split.first_block, options)
    for item in _items(source, split, options):
        builder.add(item)
        if split.sequential and builder.size_bytes >= options.part_bytes:
            yield builder.block()
            builder = BlockBuilder(source.name, builder.number + 1, options)
    if builder.n_records or not split.sequential:
        yield builder.block()


def read_records(source: Source, options: ReadOptions) -> Iterator[Record | Broken]:
    """The records of a source, whatever they hold."""
    for split in source.splits:
        yield from _items(source, split, options)


def _items(source: Source, split: Split, options: ReadOptions) -> Iterator[Record | Broken]:
    if source.format == "parquet":
        return read_parquet(source.path, (split.start, split.stop), split.first_row)
    if source.format == "arrow":
        return read_arrow(source.path)
    return _stream_items(source, split, options)


def _stream_items(source: Source, split: Split, options: ReadOptions) -> Iterator[Record | Broken]:
    """Records of a stream; where a compressed one is damaged, one broken record says so."""
    row = split.first_row - 1
    with open_stream(source.path, source.compression) as stream:
        try:
            for item in _parsed(stream, source, split, options):
                row = max(row, item.row)
                yield item
        except DamagedStream as damage:
            yield Broken(row + 1, None, str(damage), "")


def _parsed(
    stream: BufferedReader, source: Source, split: Split, options: ReadOptions
) -> Iterator[Record | Broken]:
    limit = options.line_limit_bytes
    if source.format in ("csv", "tsv"):
        return read_csv(stream, limit=limit, delimiter="\t" if source.format == "tsv" else ",")
    kind = _layout(source, limit) if source.format == "json" else "lines"
    if kind == "array":
        return read_array(stream, limit=limit)
    if kind == "object":
        return read_object(stream, limit=limit)
    if source.compression is None:
        stream.seek(split.start)
    stop = None if split.sequential else split.stop
    return read_lines(stream, first_row=split.first_row, offset=split.start, stop=stop, limit=limit)


def _layout(source: Source, limit: int) -> str:
    with open_stream(source.path, source.compression) as stream:
        head = stream.peek()[: 2**16]
        line = stream.readline(limit + 1)
        while line.endswith(b"\n") and not line.removeprefix(BOM).strip():
            line = stream.readline(limit + 1)
        alone = not stream.read(64).strip()
    return layout(head, line.removeprefix(BOM), alone=alone)
