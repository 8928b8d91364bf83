"""Rows out of files, before anybody knows what they mean: Parquet, CSV, JSONL, or a folder of them.

A folder is a study (`results.parquet`), or what lm-evaluation-harness leaves behind: files
`samples_TASK_DATE.jsonl`, whose task stands in the name of the file, and whose arm and step stand
in the name of the folder (`cot-step640`, `cot/checkpoint-640`).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from curate.analyze.names import ALIASES, COLUMNS
from curate.errors import InputError

SAMPLES = re.compile(r"^samples_(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?$")
STEP = re.compile(r"(?i)[-_/]?(?:global_)?(?:step|checkpoint|ckpt)[-_]?(?P<step>\d+)$")
KNOWN = {*COLUMNS, *(name for others in ALIASES.values() for name in others)}
SUFFIXES = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".json")
TEXTS = ("doc", "arguments", "resps", "filtered_resps", "target")
"""Columns of lm-eval's samples that may be megabytes and that no analysis reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What stood in the files."""

    frame: pl.DataFrame
    unread: pl.DataFrame
    """Lines that are no rows: `line`, `text` and `reason`."""
    notes: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    """Every column of the file, also those that were not read; empty where all were."""


def read_raw(path: Path, mapped: Collection[str] = ()) -> Raw:
    """The rows of a file or a folder.

    Raises:
        InputError: it is not there, or of no known kind.
    """
    if path.is_dir():
        return read_folder(path, mapped)
    if not path.is_file():
        raise InputError(
            f"there is no `{path}`",
            why="no such file or folder",
            fix="name a study, or a table in Parquet, CSV or JSONL",
        )
    if path.suffix.lower() == ".parquet":
        return read_parquet(path, mapped)
    return READERS.get(path.suffix.lower(), unknown)(path)


def read_folder(folder: Path, mapped: Collection[str]) -> Raw:
    """A study's results, or the samples of lm-evaluation-harness."""
    if (folder / "results.parquet").is_file():
        return read_parquet(folder / "results.parquet", mapped)
    found = sorted(folder.rglob("samples_*.jsonl"))
    if not found:
        raise InputError(
            f"`{folder}` holds no results",
            why="there is no `results.parquet` and no `samples_*.jsonl` in it",
            fix="collect the study first, or name a table",
        )
    parts = [lm_eval_samples(path, folder) for path in found]
    return Raw(
        frame=pl.concat([part.frame for part in parts], how="diagonal_relaxed"),
        unread=pl.concat([part.unread for part in parts]),
        notes=(f"{len(found)} files of lm-evaluation-harness",),
    )


def lm_eval_samples(path: Path, root: Path) -> Raw:
    """One file of samples with its task, arm, step and score in columns."""
    raw = read_lines(path)
    frame, others = first_filter(raw.frame)
    name = SAMPLES.match(path.stem)
    place = str(path.parent.relative_to(root))
    place = root.name if place == "." else place
    step = STEP.search(place)
    arm = place[: step.start()] if step else place
    told = {
        "suite": name["task"] if name else path.stem,
        "arm": arm.strip("/-_") or "all",
        "step": int(step["step"]) if step else None,
    }
    score = metric_of(frame)
    return Raw(
        frame=frame.select(
            *(c for c in frame.columns if c not in {*told, "score", "metrics"}),
            *(pl.lit(value).alias(key) for key, value in told.items() if value is not None),
            *([pl.col(score).cast(pl.Float64, strict=False).alias("score")] if score else []),
        ),
        unread=pl.concat([raw.unread, others]),
    )


def first_filter(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the first way to extract an answer; the same responses under others are left out."""
    if "filter" not in frame.columns or frame.height == 0:
        return frame, nothing()
    first = frame.item(0, "filter")
    other = frame.filter(pl.col("filter") != first)["filter"].to_list()
    kept = frame.filter(pl.col("filter") == first)
    return kept, unread_rows([(0, name, f"under another filter than `{first}`") for name in other])


def metric_of(frame: pl.DataFrame) -> str | None:
    """The first metric that the rows name and hold."""
    named = frame["metrics"].drop_nulls().to_list() if "metrics" in frame.columns else []
    return next((str(m) for metrics in named for m in metrics if m in frame.columns), None)


# --- kinds of files -------------------------------------------------------------------------------


def read_parquet(path: Path, mapped: Collection[str]) -> Raw:
    """The columns that may be meant, as they are; responses can be gigabytes."""
    try:
        present = tuple(pl.read_parquet_schema(path))
        frame = pl.read_parquet(path, columns=[n for n in present if n in KNOWN or n in mapped])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, error) from None
    return Raw(frame=frame, unread=nothing(), present=present)


def read_csv(path: Path) -> Raw:
    """Every value as text: types are made, and doubted, later."""
    try:
        frame = pl.read_csv(
            path,
            infer_schema=False,
            separator="\t" if path.suffix == ".tsv" else ",",
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, error) from None
    return Raw(frame=frame, unread=nothing())


def read_lines(path: Path) -> Raw:
    """JSON objects, one a line; lines that are none are kept apart."""
    rows: list[dict[str, Any]] = []
    bad: list[tuple[int, str, str]] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                bad.append((number, line[:200].decode("utf-8", "replace"), "that are not JSON"))
                continue
            if isinstance(value, dict):
                rows.append({k: v for k, v in value.items() if k not in TEXTS})
            else:
                bad.append((number, str(value)[:200], "that are no JSON objects"))
    return Raw(frame=framed(rows), unread=unread_rows(bad))


def framed(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a frame; a column whose values are of several types becomes text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame([column(name, [row.get(name) for row in rows]) for name in names])


def column(name: str, values: Sequence[Any]) -> pl.Series:
    """Values of one type as they are, of several types as text."""
    types = {type(value) for value in values} - {type(None)}
    if types <= {int, float} and len(types) == 2:
        return pl.Series(name, [None if v is None else float(v) for v in values], pl.Float64)
    if len(types) <= 1 and not types & {dict}:
        try:
            return pl.Series(name, values, strict=True)
        except (TypeError, OverflowError, pl.exceptions.PolarsError):
            pass  # such as lists of unlike things, or whole numbers beyond 64 bits
    return pl.Series(name, [v if v is None or isinstance(v, str) else text(v) for v in values])


def text(value: object) -> str:
    """A JSON value as text."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a whole number beyond 64 bits
        return str(value)


def unread_rows(bad: Sequence[tuple[int, str, str]]) -> pl.DataFrame:
    """Lines that gave no row."""
    schema = {"line": pl.Int64, "text": pl.String, "reason": pl.String}
    return pl.DataFrame(list(bad), schema=schema, orient="row")


def nothing() -> pl.DataFrame:
    """No unread line."""
    return unread_rows([])


def unknown(path: Path) -> Raw:
    """Refuse a file of another kind."""
    raise InputError(
        f"`{path}` is no table that is known",
        why=f"its name ends in `{path.suffix}`",
        fix=f"give a file that ends in {', '.join(SUFFIXES)}",
    )


def unreadable(path: Path, error: Exception) -> InputError:
    """What to say of a broken file."""
    why = next(iter(str(error).splitlines()), type(error).__name__)
    return InputError(f"`{path}` cannot be read", why=why, fix="make the file again")


READERS = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".json": read_lines,
}
