"""Frames of different parts as one: columns that some lack, types that differ."""

from collections.abc import Sequence

import polars as pl


def concatenated(frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """The frames one after the other, with the schema that fits them all."""
    if not frames:
        return pl.LazyFrame()
    schemas = [frame.collect_schema() for frame in frames]
    common: dict[str, pl.DataType] = {}
    for schema in schemas:
        for name, dtype in schema.items():
            common[name] = common_type(common.get(name, pl.Null()), dtype)
    return pl.concat(
        frame.select(fitted(name, schema.get(name), dtype) for name, dtype in common.items())
        for frame, schema in zip(frames, schemas, strict=True)
    )


def common_type(left: pl.DataType, right: pl.DataType) -> pl.DataType:
    """The type that holds both: the one there is, else a string."""
    if left == right or right == pl.Null():
        return left
    return right if left == pl.Null() else pl.String()


def fitted(name: str, have: pl.DataType | None, want: pl.DataType) -> pl.Expr:
    """A column in the wanted type, null where there is none."""
    if have is None or have == want:
        return (pl.lit(None, dtype=want) if have is None else pl.col(name)).alias(name)
    if have.is_nested():
        # Polars casts no nested value to a string, but writes a struct as JSON: {"x":…}.
        text = pl.struct(pl.col(name).alias("x")).struct.json_encode()
        inner = text.str.slice(len('{"x":')).str.head(-1)
        return pl.when(pl.col(name).is_not_null()).then(inner).alias(name)
    return pl.col(name).cast(want)
