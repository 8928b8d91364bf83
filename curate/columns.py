"""Python values as Arrow columns.

`pyarrow.array` imports pandas wherever it is installed, which takes 0.3 s and 40 MiB; polars does
the same work without.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

_DTYPES: dict[pa.DataType, pl.DataType] = {
    pa.string(): pl.String(),
    pa.large_string(): pl.String(),
    pa.int64(): pl.Int64(),
    pa.int32(): pl.Int32(),
    pa.float64(): pl.Float64(),
    pa.bool_(): pl.Boolean(),
    pa.list_(pa.string()): pl.List(pl.String()),
}


def arrow_column(values: Sequence[Any], dtype: pa.DataType) -> pa.Array:
    """Values as a column of one of the types above, or of nulls alone.

    Raises:
        TypeError: a value is of another type.
        UnicodeEncodeError: a text holds a lone surrogate.
    """
    if dtype == pa.null():
        return pa.nulls(len(values))
    series = pl.Series(values, dtype=_DTYPES[dtype], strict=True)
    array = series.to_arrow(compat_level=pl.CompatLevel.oldest())
    return array if array.type == dtype else array.cast(dtype)  # imports 0.05 s of functions
