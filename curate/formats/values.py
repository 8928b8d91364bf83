"""Python values as Arrow columns."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from curate.columns import arrow_column
from curate.formats.jsontext import dumps

JSON = {"curate": "json"}
"""Field metadata of a column that holds JSON text for values Arrow has no single type for."""
_EXACT = 2**53
"""Floats hold every integer up to here."""


class JsonText(str):
    """A nested value as JSON text."""

    __slots__ = ()


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are collected: nested ones as JSON text, which takes less memory.

    Raises:
        TooDeep: one is nested too deeply.
    """
    return {
        name: JsonText(dumps(value)) if isinstance(value, dict | list) else value
        for name, value in values.items()
    }


def typed(values: Sequence[Any]) -> tuple[pa.Array, dict[str, str] | None]:
    """Values as one Arrow column; JSON text, marked as such, where no scalar type fits all."""
    scalar = _scalar_type({type(value) for value in values if value is not None}, values)
    if scalar is not None:
        return arrow_column(values, scalar), None
    texts = [
        value if value is None or isinstance(value, JsonText) else dumps(value) for value in values
    ]
    return arrow_column(texts, pa.large_string()), JSON


def _scalar_type(kinds: set[type], values: Iterable[Any]) -> pa.DataType | None:
    if not kinds:
        return pa.null()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {str}:
        return pa.large_string()
    if kinds == {float}:
        return pa.float64()
    integers = [value for value in values if type(value) is int]
    if kinds == {int} and min(integers) >= -(2**63) and max(integers) < 2**63:
        return pa.int64()
    if kinds == {int, float} and all(-_EXACT <= value <= _EXACT for value in integers):
        return pa.float64()
    return None


CHUNK_BYTES = 8 * 2**20
"""About this much text in one piece; a piece of 32 MiB or more were fresh memory each time."""


def texts(encoded: Iterable[bytes]) -> pa.ChunkedArray:
    """UTF-8 texts as one Arrow column, with one copy of the bytes."""
    pieces, piece, size = [], [], 0
    for text in encoded:
        piece.append(text)
        size += len(text)
        if size >= CHUNK_BYTES:
            pieces.append(_texts(piece))
            piece, size = [], 0
    return pa.chunked_array([*pieces, _texts(piece)], pa.large_string())


def _texts(encoded: Sequence[bytes]) -> pa.Array:
    offsets = np.fromiter(accumulate(map(len, encoded), initial=0), np.int64, len(encoded) + 1)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_string(), len(encoded), buffers)
