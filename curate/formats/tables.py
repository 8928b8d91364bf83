"""Rows of Parquet, Arrow and CSV files as records."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from curate.formats.model import EXCERPT, Broken, Record

BATCH_BYTES = 8 * 2**20


def read_parquet(path: str, groups: tuple[int, int], first_row: int) -> Iterator[Record | Broken]:
    """Records of the row groups from `groups[0]` up to `groups[1]`, a few megabytes at a time."""
    row = first_row
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            rows, size = _extent(file, groups)
            for batch in file.iter_batches(
                batch_size=max(1, min(4096, rows * BATCH_BYTES // max(1, size))),
                row_groups=list(range(*groups)),
                use_threads=False,
            ):
                yield from _records(batch, row)
                row += batch.num_rows
    except (pa.ArrowException, OSError) as failure:
        yield Broken(row, None, f"the Parquet file is damaged: {str(failure)[:150]}", "")


def _extent(file: pq.ParquetFile, groups: tuple[int, int]) -> tuple[int, int]:
    metas = [file.metadata.row_group(number) for number in range(*groups)]
    return sum(meta.num_rows for meta in metas), sum(meta.total_byte_size for meta in metas)


def row_groups(path: str) -> list[tuple[int, int]]:
    """Rows and uncompressed bytes of each row group; empty when the footer cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            metas = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
            return [(meta.num_rows, meta.total_byte_size) for meta in metas]
    except (pa.ArrowException, OSError):
        return []


def read_arrow(path: str) -> Iterator[Record | Broken]:
    """Records of an Arrow IPC file or stream (`datasets` writes streams)."""
    row = 1
    try:
        with pa.memory_map(path) as mapped:
            for batch in _batches(mapped):
                for part in _sliced(batch):
                    yield from _records(part, row)
                    row += part.num_rows
    except (pa.ArrowException, OSError) as failure:
        yield Broken(row, None, f"the Arrow file is damaged: {str(failure)[:150]}", "")


def _batches(mapped: pa.MemoryMappedFile) -> Iterable[pa.RecordBatch]:
    try:
        reader = pa.ipc.open_file(mapped)
    except pa.ArrowInvalid:
        mapped.seek(0)
        return (batch for batch in pa.ipc.open_stream(mapped))
    return (reader.get_batch(number) for number in range(reader.num_record_batches))


def _sliced(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    step = max(1, batch.num_rows * BATCH_BYTES // max(1, batch.nbytes))
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)


def _records(batch: pa.RecordBatch, first_row: int) -> Iterator[Record | Broken]:
    types = dict(zip(batch.schema.names, batch.schema.types, strict=True))
    size = batch.nbytes // max(1, batch.num_rows)
    for place, value in enumerate(batch.to_pylist()):
        yield Record(first_row + place, None, value, size, types)


def read_csv(stream: BinaryIO, *, limit: int, delimiter: str) -> Iterator[Record | Broken]:
    """Records of a CSV file with a header; cells are text, and empty ones are null."""
    csv.field_size_limit(limit)
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _csv_rows(csv.reader(text, delimiter=delimiter))
    finally:
        text.detach()  # the stream is closed by whoever opened it


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[Record | Broken]:
    header: list[str] | None = None
    row = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as failure:
            row += 1
            yield Broken(row, None, f"broken CSV: {failure}", "")
            continue
        if header is None:
            header = cells
        elif cells:
            row += 1
            yield _csv_record(row, header, cells)


def _csv_record(row: int, header: list[str], cells: list[str]) -> Record | Broken:
    shown = ",".join(cells)[:EXCERPT]
    try:
        size = sum(len(cell.encode("utf-8")) for cell in cells)
    except UnicodeEncodeError:
        shown = shown.encode("utf-8", "replace").decode("utf-8")
        return Broken(row, None, "invalid UTF-8 in the row", shown)
    if len(cells) != len(header):
        reason = f"{len(cells)} cells where the header has {len(header)}"
        return Broken(row, None, reason, shown, size)
    return Record(row, None, {n: c or None for n, c in zip(header, cells, strict=True)}, size)
