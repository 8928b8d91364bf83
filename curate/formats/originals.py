"""The original columns of a dump, collected beside the traces that were made of its records."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from curate.columns import arrow_column
from curate.formats.model import Record
from curate.formats.traces import Reading
from curate.formats.values import JSON, stored, typed


class _InBatch:
    """Stands for a value that stays in the Arrow batch it came in."""


IN_BATCH = _InBatch()
Column = tuple[str, pa.Array, Mapping[str, str] | None]
"""Name, values and metadata of the field."""


class Originals:
    """The original columns of one block; columns of Arrow batches keep their types."""

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {}
        self.height = 0
        self.batches: list[pa.RecordBatch] = []
        self.batch_start = 0
        self.places: list[int] = []  # of each trace, in the rows of all batches

    def add(self, record: Record, values: Mapping[str, Any]) -> None:
        """Takes in the values of one trace of a record."""
        for name, value in values.items():
            column = self.values.setdefault(name, [])
            if len(column) < self.height:
                column.extend([None] * (self.height - len(column)))
            column.append(value)
        self.height += 1
        if record.batch is not None:
            if not self.batches or self.batches[-1] is not record.batch:
                self.batch_start += self.batches[-1].num_rows if self.batches else 0
                self.batches.append(record.batch)
            self.places.append(self.batch_start + record.place)

    def columns(self) -> Iterator[Column]:
        """The columns, in the order in which the dump has them."""
        batches = pa.Table.from_batches(self.batches) if self.batches else None
        for name, values in self.values.items():
            values.extend([None] * (self.height - len(values)))
            if batches is not None and IN_BATCH in values:
                yield name, *self._taken(values, batches[name], batches.schema.field(name))
            else:
                yield name, *typed(values)

    def _taken(
        self, values: list[Any], column: pa.ChunkedArray, field: pa.Field
    ) -> tuple[pa.Array, Mapping[str, str] | None]:
        """A column of the batches at the places of the traces, with values of our own between."""
        places = [p if v is IN_BATCH else None for p, v in zip(self.places, values, strict=True)]
        whole = all(value is IN_BATCH or value is None for value in values)
        try:
            taken = column.take(arrow_column(places, pa.int64()))
        except pa.ArrowNotImplementedError:  # of views, in Arrow 26
            old = column.to_pylist()
            return typed([stored({"": None if p is None else old[p]})[""] for p in places])
        if whole:
            is_json = (field.metadata or {}).get(b"curate") == b"json"
            return taken, JSON if is_json else None
        own = zip(values, taken.to_pylist(), strict=True)
        merged = [stored({"": old if value is IN_BATCH else value})[""] for value, old in own]
        return typed(merged)


def common_values(record: Record, reading: Reading) -> dict[str, Any]:
    """The original columns that all traces of a record share.

    Raises:
        TooDeep: a value is nested too deeply to be stored.
    """
    replaced = stored(reading.replaced)
    if record.batch is not None:
        kept = (name for name in record.batch.schema.names if name not in reading.used)
        return {**dict.fromkeys(kept, IN_BATCH), **replaced}
    assert isinstance(record.value, Mapping)
    kept_values = {n: v for n, v in record.value.items() if n not in reading.used}
    return {**stored(kept_values), **replaced}
