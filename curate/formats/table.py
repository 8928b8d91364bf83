"""Builds the Arrow tables of a block: traces with all their columns, and the quarantine."""

import reprlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from curate.columns import arrow_column
from curate.formats.jsontext import TooDeep
from curate.formats.model import EXCERPT, QUARANTINE_SCHEMA, Block, Broken, ReadOptions, Record
from curate.formats.originals import Originals, common_values
from curate.formats.traces import read_record
from curate.formats.values import stored, texts
from curate.trace import TRACE_COLUMNS, Trace, problem_id, trace_id

TRACE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("problem_id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("rollout", pa.int32()),
        pa.field("problem", pa.string()),
        pa.field("response", pa.large_string()),
        pa.field("reference", pa.string()),
        pa.field("reference_form", pa.string()),
        pa.field("options", pa.list_(pa.string())),
        pa.field("stop_reason", pa.string()),
    ]
)


class BlockBuilder:
    """Collects the records of one block, column by column."""

    def __init__(self, source: str, number: int, options: ReadOptions) -> None:
        self.source = source
        self.number = number
        self.options = options
        self.columns: dict[str, list[Any]] = {name: [] for name in TRACE_SCHEMA.names}
        self.originals = Originals()
        self.renamed: dict[str, set[str]] = {}
        self.quarantine: list[tuple[str, int, int | None, str, str]] = []
        self.n_records = 0
        self.size_bytes = 0

    def add(self, item: Record | Broken) -> None:
        """Takes one record in: as traces, or into quarantine with its reason."""
        self.n_records += 1
        self.size_bytes += item.size_bytes
        if isinstance(item, Broken):
            self._refuse(item.row, item.offset, item.reason, item.excerpt)
            return
        try:
            self._read(item)
        except TooDeep as failure:
            self._refuse(item.row, item.offset, str(failure), shown(item.value))

    def _read(self, record: Record) -> None:
        assert isinstance(record.value, Mapping)
        reading = read_record(record.value, self.options)
        common = common_values(record, reading)
        beside = [stored(found.beside) for found in reading.found]
        for found, own in zip(reading.found, beside, strict=True):
            if found.trace is None:
                self._refuse(record.row, record.offset, found.reason, shown(record.value))
            else:
                self._keep(record.row, found.trace)
                self.originals.add(record, {**common, **own} if own else common)
        for ours, name in reading.renamed.items():
            self.renamed.setdefault(ours, set()).add(name)

    def _refuse(self, row: int, offset: int | None, reason: str, excerpt: str) -> None:
        self.quarantine.append((self.source, row, offset, reason, excerpt[:EXCERPT]))

    def _keep(self, row: int, trace: Trace) -> None:
        values = (
            trace_id(trace.problem, trace.response),
            problem_id(trace.problem),
            self.source,
            row,
            trace.rollout,
            trace.problem,
            trace.response.encode(),  # one rare character makes a `str` up to 4 times as large
            trace.reference,
            trace.reference_form.value,
            trace.options,
            trace.stop_reason,
        )
        for column, value in zip(self.columns.values(), values, strict=True):
            column.append(value)

    def block(self) -> Block:
        """The block of all that was taken in."""
        arrays = [self._array(field) for field in TRACE_SCHEMA]
        fields = [self._named(field) for field in TRACE_SCHEMA]
        for name, array, metadata in self.originals.columns():
            fields.append(pa.field(self._free_name(name), array.type, metadata=metadata))
            arrays.append(array)
        rows = list(zip(*self.quarantine, strict=True)) or [()] * len(QUARANTINE_SCHEMA)
        refused = [
            arrow_column(values, field.type)
            for values, field in zip(rows, QUARANTINE_SCHEMA, strict=True)
        ]
        return Block(
            number=self.number,
            traces=pa.Table.from_arrays(arrays, schema=pa.schema(fields)),
            quarantine=pa.Table.from_arrays(refused, schema=QUARANTINE_SCHEMA),
            n_records=self.n_records,
        )

    def _array(self, field: pa.Field) -> pa.Array:
        values = self.columns.pop(field.name)
        return texts(values) if field.name == "response" else arrow_column(values, field.type)

    def _named(self, field: pa.Field) -> pa.Field:
        """One of our columns, with the name that it had in the dump where that was another."""
        names = self.renamed.get(field.name, set())
        if len(names) != 1 or names == {field.name}:
            return field
        return field.with_metadata({"original": names.pop()})

    def _free_name(self, name: str) -> str:
        """The name of an original column, changed where one of ours has it."""
        free = f"original_{name}" if name in TRACE_COLUMNS else name
        while free != name and free in self.originals.values:
            free = f"original_{free}"
        return free


def empty_block(number: int) -> Block:
    """A block of nothing, for a source without records."""
    return BlockBuilder("", number, ReadOptions()).block()


def shown(value: object) -> str:
    """The start of a record, for a person to find it by."""
    assert isinstance(value, Mapping)
    parts = [
        f"{name[:40]}: {part[:40] if isinstance(part, str) else reprlib.repr(part)[:40]}"
        for name, part in list(value.items())[:8]
    ]
    return "; ".join(parts).encode("utf-8", "replace").decode("utf-8")
