"""Columns of a foreign table in our types; what has no meaning there is null, with a reason."""

import polars as pl

from curate.analyze.names import COLUMNS

REASON = "reason"
TRUE, FALSE = ("true", "1", "1.0", "yes", "t"), ("false", "0", "0.0", "no", "f")


def coded_seeds(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Seeds that have names as numbers, in the order of the names."""
    if "seed" not in frame.columns or frame["seed"].dtype != pl.String:
        return frame, []
    names = frame["seed"].drop_nulls().unique().sort().to_list()
    if all(name.strip().lstrip("-").isdigit() for name in names):
        return frame, []
    codes = {name: place for place, name in enumerate(names)}
    coded = pl.col("seed").replace_strict(codes, default=None, return_dtype=pl.Int64)
    said = ", ".join(f"{name} is {place}" for name, place in codes.items())
    return frame.with_columns(coded), [f"seeds have names: {said}"]


def steps_from_text(frame: pl.DataFrame) -> pl.DataFrame:
    """The number in `step640`, `checkpoint-640` and the like."""
    if "step" not in frame.columns or frame["step"].dtype != pl.String:
        return frame
    return frame.with_columns(
        pl.when(pl.col("step").str.contains(r"^\s*[+-]?[0-9.]+\s*$"))
        .then(pl.col("step"))
        .otherwise(pl.col("step").str.extract(r"(?i)^[a-z_]*(?:step|checkpoint|ckpt)[-_]?(\d+)"))
    )


def cast(frame: pl.DataFrame) -> pl.DataFrame:
    """Every column in our type, with the reason of the first value that has no meaning in it."""
    reasons = []
    out = []
    for name in frame.columns:
        wanted, made = COLUMNS[name], converted(frame[name].dtype, name)
        out.append(made.alias(name))
        if frame[name].dtype != wanted:
            lost = pl.col(name).is_not_null() & made.is_null()
            if frame[name].dtype == pl.String:
                lost &= pl.col(name).str.strip_chars() != ""
            reasons.append(pl.when(lost).then(pl.lit(f"with a `{name}` that cannot be read")))
    reason = pl.coalesce(reasons) if reasons else pl.lit(None, dtype=pl.String)
    missing = [n for n in COLUMNS if n not in frame.columns]
    return frame.with_columns(*out, reason.alias(REASON)).with_columns(
        pl.lit(None, dtype=COLUMNS[name]).alias(name) for name in missing
    )


def converted(have: pl.DataType, name: str) -> pl.Expr:
    """A column in our type; what cannot be converted is null."""
    wanted, column = COLUMNS[name], pl.col(name)
    if have == wanted:
        return column
    if isinstance(wanted, pl.Boolean) and have == pl.String:
        low = column.str.strip_chars().str.to_lowercase()
        return pl.when(low.is_in(TRUE)).then(True).when(low.is_in(FALSE)).then(False)
    if have.is_nested():
        return column.map_elements(lambda _: None, return_dtype=wanted)
    if have == pl.String:
        column = column.str.strip_chars()
        if wanted.is_numeric():
            column = column.cast(pl.Float64, strict=False)
            have = pl.Float64()
    if wanted.is_integer() and have.is_float():
        # 40.0 is 40, but 40.5 is no step.
        column = pl.when(column == column.round()).then(column)
    return column.cast(wanted, strict=False)
