"""Rows of Parquet and Arrow files as records."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from curate.formats.columns import distinct
from curate.formats.model import Broken, Record

BATCH_BYTES = 8 * 2**20


def row_groups(path: str) -> list[tuple[int, int]]:
    """Rows and uncompressed bytes of each row group; empty when the footer cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            metas = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
            return [(meta.num_rows, meta.total_byte_size) for meta in metas]
    except (pa.ArrowException, OSError):
        return []


def read_parquet(path: str, groups: tuple[int, int], first_row: int) -> Iterator[Record | Broken]:
    """Records of the row groups from `groups[0]` up to `groups[1]`, a few megabytes at a time."""
    try:
        file = pq.ParquetFile(path, memory_map=True)
    except (pa.ArrowException, OSError) as failure:
        yield Broken(first_row, None, f"the Parquet file is damaged: {str(failure)[:150]}", "")
        return
    with file:
        for group in range(*groups):
            yield from _group(file, group, first_row)
            first_row += file.metadata.row_group(group).num_rows


def _group(file: pq.ParquetFile, group: int, first_row: int) -> Iterator[Record | Broken]:
    """Records of one row group; where it is damaged, one broken record for its other rows."""
    meta = file.metadata.row_group(group)
    rows = max(1, min(4096, meta.num_rows * BATCH_BYTES // max(1, meta.total_byte_size)))
    row, last = first_row, first_row + meta.num_rows - 1
    try:
        for batch in file.iter_batches(batch_size=rows, row_groups=[group], use_threads=False):
            yield from _records(batch, row)
            row += batch.num_rows
    except (pa.ArrowException, OSError) as failure:
        reason = f"row group {group} is damaged, rows {row} to {last}: {str(failure)[:150]}"
        yield Broken(row, None, reason, "")


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


def _batches(mapped: pa.MemoryMappedFile) -> Iterator[pa.RecordBatch]:
    try:
        reader = pa.ipc.open_file(mapped)
    except pa.ArrowInvalid:
        mapped.seek(0)
        yield from pa.ipc.open_stream(mapped)
        return
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def _sliced(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    step = max(1, batch.num_rows * BATCH_BYTES // max(1, batch.nbytes))
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)


def _records(batch: pa.RecordBatch, first_row: int) -> Iterator[Record | Broken]:
    """The rows of a batch; values of columns that no shape looks at stay in it."""
    names = distinct(batch.schema.names)
    if names != batch.schema.names:
        batch = batch.rename_columns(names)
    readable = _readable(batch)
    size = batch.nbytes // max(1, batch.num_rows)
    try:
        values = readable.to_pylist()
    except UnicodeDecodeError:
        values = [_value(readable, place) for place in range(batch.num_rows)]
    for place, value in enumerate(values):
        row = first_row + place
        if isinstance(value, UnicodeDecodeError):
            yield Broken(row, None, f"invalid UTF-8 at byte {value.start} of a text", "", size)
        else:
            yield Record(row, None, value, size, batch, place)


def _value(batch: pa.RecordBatch, place: int) -> dict[str, Any] | UnicodeDecodeError:
    try:
        return dict(batch.slice(place, 1).to_pylist()[0])
    except UnicodeDecodeError as failure:
        return failure


def _readable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The columns whose values JSON could hold, texts that are stored as bytes among them."""
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if _is_binary(column.type):
            try:
                columns[name] = column.cast(pa.large_string())
            except pa.ArrowInvalid:
                continue
        elif _is_plain(column.type):
            columns[name] = column
    # A batch without columns would forget its height.
    columns = columns or {"": pa.nulls(batch.num_rows)}
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


_PLAIN = (
    pa.types.is_null, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating,
    pa.types.is_decimal, pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view,
)  # fmt: skip
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether values of a type become texts, numbers, lists and objects of these."""
    if pa.types.is_dictionary(kind) or any(is_list(kind) for is_list in _LISTS):
        return _is_plain(kind.value_type)
    if pa.types.is_struct(kind):
        return all(_is_plain(kind.field(number).type) for number in range(kind.num_fields))
    return any(is_plain(kind) for is_plain in _PLAIN)
