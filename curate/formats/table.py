"""Builds the Arrow tables of a block: traces with all their columns, and the quarantine."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from curate.formats.model import EXCERPT, QUARANTINE_SCHEMA, Block, Broken, ReadOptions, Record
from curate.formats.traces import Found, traces_of
from curate.trace import problem_id, trace_id

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
_NAMES = frozenset(TRACE_SCHEMA.names)
JSON = {"curate": "json"}
"""Field metadata of a column that holds JSON text for values Arrow has no single type for."""


class BlockBuilder:
    """Collects the records of one block, column by column."""

    def __init__(self, source: str, number: int, options: ReadOptions) -> None:
        self.source = source
        self.number = number
        self.options = options
        self.columns: dict[str, list[Any]] = {name: [] for name in TRACE_SCHEMA.names}
        self.others: dict[str, list[Any]] = {}
        self.types: dict[str, pa.DataType] = {}
        self.renamed: dict[str, set[str]] = {}
        self.quarantine: list[tuple[str, int, int | None, str, str]] = []
        self.height = 0
        self.n_records = 0
        self.size_bytes = 0

    def add(self, item: Record | Broken) -> None:
        """Takes one record in: as traces, or into quarantine with its reason."""
        self.n_records += 1
        self.size_bytes += item.size_bytes
        if isinstance(item, Broken):
            self._refuse(item.row, item.offset, item.reason, item.excerpt)
            return
        assert isinstance(item.value, Mapping)
        if item.types and not self.types:
            self.types = item.types
        for found in traces_of(item.value, self.options):
            if found.trace is None:
                self._refuse(item.row, item.offset, found.reason, _shown(item.value))
            else:
                self._keep(item.row, found)

    def _refuse(self, row: int, offset: int | None, reason: str, shown: str) -> None:
        self.quarantine.append((self.source, row, offset, reason, shown[:EXCERPT]))

    def _keep(self, row: int, found: Found) -> None:
        trace = found.trace
        assert trace is not None
        values = (
            trace_id(trace.problem, trace.response),
            problem_id(trace.problem),
            self.source,
            row,
            trace.rollout,
            trace.problem,
            trace.response,
            trace.reference,
            str(trace.reference_form),
            trace.options,
            trace.stop_reason,
        )
        for column, value in zip(self.columns.values(), values, strict=True):
            column.append(value)
        for name, value in found.others.items():
            others = self.others.get(name)
            if others is None:
                others = self.others[name] = [None] * self.height
            elif len(others) < self.height:
                others.extend([None] * (self.height - len(others)))
            others.append(value)
        for ours, name in found.renamed.items():
            self.renamed.setdefault(ours, set()).add(name)
        self.height += 1

    def block(self) -> Block:
        """The block of all that was taken in."""
        arrays = [pa.array(self.columns[f.name], type=f.type) for f in TRACE_SCHEMA]
        fields = [self._named(field) for field in TRACE_SCHEMA]
        for name, values in self.others.items():
            values.extend([None] * (self.height - len(values)))
            array, metadata = typed(values, self.types.get(name))
            fields.append(pa.field(self._stored(name), array.type, metadata=metadata))
            arrays.append(array)
        rows = list(zip(*self.quarantine, strict=True)) or [()] * len(QUARANTINE_SCHEMA)
        refused = [pa.array(c, type=f.type) for c, f in zip(rows, QUARANTINE_SCHEMA, strict=True)]
        return Block(
            number=self.number,
            traces=pa.Table.from_arrays(arrays, schema=pa.schema(fields)),
            quarantine=pa.Table.from_arrays(refused, schema=QUARANTINE_SCHEMA),
            n_records=self.n_records,
        )

    def _named(self, field: pa.Field) -> pa.Field:
        """One of our columns, with the name that it had in the dump where that was another."""
        names = self.renamed.get(field.name, set())
        if len(names) != 1 or names == {field.name}:
            return field
        return field.with_metadata({"original": names.pop()})

    def _stored(self, name: str) -> str:
        """The name of an original column, changed where one of ours has it."""
        stored = f"original_{name}" if name in _NAMES else name
        while stored != name and stored in self.others:
            stored = f"original_{stored}"
        return stored


def empty_block(number: int) -> Block:
    """A block of nothing, for a source without records."""
    return BlockBuilder("", number, ReadOptions()).block()


def _shown(value: Mapping[str, Any]) -> str:
    parts = (f"{key}: {str(part)[:40]}" for key, part in list(value.items())[:8])
    return "; ".join(parts).encode("utf-8", "replace").decode("utf-8")


def typed(values: list[Any], wanted: pa.DataType | None) -> tuple[pa.Array, dict[str, str] | None]:
    """Values as one Arrow column; JSON text, marked as such, where no scalar type fits all."""
    if wanted is not None:
        try:
            return pa.array(values, type=wanted), None
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            pass  # an exploded list: its items have another type than the column had
    kinds = {type(value) for value in values if value is not None}
    scalar = _scalar_type(kinds, values)
    if scalar is not None:
        return pa.array(values, type=scalar), None
    if wanted is not None and not kinds <= {bool, int, float, str, list, dict}:
        return pa.array(values), None
    texts = [None if value is None else _json(value) for value in values]
    return pa.array(texts, type=pa.large_string()), JSON


def _scalar_type(kinds: set[type], values: Iterable[Any]) -> pa.DataType | None:
    if not kinds:
        return pa.null()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {str}:
        return pa.large_string()
    if kinds == {int} and all(v is None or -(2**63) <= v < 2**63 for v in values):
        return pa.int64()
    if kinds <= {int, float} and all(v is None or abs(v) <= 2**53 or v != v for v in values):
        return pa.float64()
    return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
