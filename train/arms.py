"""What is known of an arm before it is trained on: its files, its size, its place in the design.

An arm is a folder as `curate mix` writes it (`data/*.parquet` and `manifest.json`), or any folder
with Parquet or JSONL files that have `prompt` and `completion`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import InputError
from curate.train.arm import arm_files
from curate.train.specs import ArmsSpec

if TYPE_CHECKING:
    import polars as pl

MANIFEST = "manifest.json"
CHARACTERS_PER_TOKEN = 4
"""Where nobody counted tokens; the estimate of `curate mix`, too."""
CHUNK_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A training set with a name."""

    name: str
    folder: Path
    draw: int = 0
    """Which of the designs it is of: the number of the draw."""
    mix_seed: int | None = None
    """The seed of that draw; None for a folder that `curate mix` did not write."""
    digest: str
    """SHA-256 of the names and bytes of its data files."""
    rows: int
    tokens: int
    """Trained tokens of one epoch, as its `tokens` column or an estimate has it."""
    positions: int
    """Tokens of prompts and completions together: what the model computes on."""
    longest: int
    """Tokens of the longest row."""
    estimated: bool
    """Whether tokens are estimated from characters."""
    edited: bool = False
    """Whether its files are no longer those of its manifest."""
    role: str = "arm"
    dose: float | None = None
    levels: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    """Shares of the trained rows by source, where it has a column `source`."""


def arms_of(spec: ArmsSpec, folder: Path) -> list[Arm]:
    """The arms of a study, draw by draw, in the order of their designs.

    Raises:
        InputError: one is not there, is empty, or is named twice.
    """
    found = [
        arm_at(name, path, draw)
        for draw, design in enumerate(spec.designs)
        for name, path in design_arms(folder / design, spec.only)
    ]
    found += [arm_at(name, folder / path, 0) for name, path in spec.paths.items()]
    names = [(arm.name, arm.draw) for arm in found]
    twice = sorted({name for name, draw in names if names.count((name, draw)) > 1})
    if twice:
        raise InputError(
            f"the arm `{twice[0]}` is named twice",
            why="an arm of the design and a path of `[arms]` have the same name",
            fix="rename the one in `[arms]`",
        )
    return found


def design_arms(design: Path, only: tuple[str, ...]) -> list[tuple[str, Path]]:
    """The names and folders of the arms of a design.

    Raises:
        InputError: it is no design, or lacks one of those wanted.
    """
    names = list(manifest_of(design).get("arms", {}))
    if not names:
        raise InputError(
            f"`{design}` holds no arms",
            why=f"there is no `{MANIFEST}` of `curate mix` that names some",
            fix='make them with `curate mix RECIPE -o ARMS`, or name folders: `clean = "path"`',
        )
    for name in only:
        if name not in names:
            raise InputError(
                f"the design `{design}` has no arm `{name}`",
                why=f"its arms are {', '.join(names)}",
                fix="correct `only` in `[arms]`",
            )
    return [(name, design / name) for name in names if not only or name in only]


def arm_at(name: str, folder: Path, draw: int) -> Arm:
    """The arm in a folder.

    Raises:
        InputError: it holds no rows with `prompt` and `completion`.
    """
    files = arm_files(folder) if folder.exists() else []
    if not files:
        raise InputError(
            f"the arm `{name}` has no data in `{folder}`",
            why="there is no Parquet or JSONL file" if folder.exists() else "it is not there",
            fix="correct its path in `[arms]`, or write it with `curate mix`",
        )
    sums = sums_of(folder)
    manifest = manifest_of(folder)
    return Arm(
        name=name,
        folder=folder.resolve(),
        draw=draw,
        digest=digest_of(folder),
        edited=any(
            manifest.get("files", {}).get(path, seal) != seal for path, seal in sums.items()
        ),
        **sizes(name, files),
        **place_in_design(manifest),
    )


def digest_of(folder: Path) -> str:
    """SHA-256 of the names and bytes of the data files of an arm, as `Arm.digest`."""
    return hashlib.sha256(json.dumps(sums_of(folder)).encode()).hexdigest()


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each data file of an arm, by its path in the folder."""
    root = folder.parent if folder.is_file() else folder
    return {path.relative_to(root).as_posix(): sum_of(path) for path in arm_files(folder)}


def sum_of(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest in a folder; empty where there is none of `curate mix`."""
    path = folder / MANIFEST
    return dict(read_json(path)) if path.is_file() else {}


@cache
def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON file with an object; empty where it is something else."""
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def place_in_design(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Role, dose, levels and grades of the one arm of a manifest, as fields of `Arm`."""
    arms = list(manifest.get("arms", {}).values())
    if len(arms) != 1:
        return {}
    arm, recipe = arms[0], manifest.get("recipe") or {}
    low = (recipe.get("doses") or {}).get("low")
    dose = arm["grades"].get(low, 0.0) if low and arm.get("role") == "dose" else None
    return {
        "mix_seed": (recipe.get("seeds") or {}).get("draw"),
        "role": arm.get("role") or "arm",
        "dose": dose,
        "levels": arm.get("levels") or {},
        "grades": arm.get("grades") or {},
    }


def sizes(name: str, files: list[Path]) -> dict[str, Any]:
    """Rows, tokens and shares of the sources, as fields of `Arm`."""
    import polars as pl

    frames = list(counted(name, files))
    frame = pl.concat(frames) if frames else pl.DataFrame()
    if not frame.height:
        raise InputError(
            f"the arm `{name}` has no rows", why="its files are empty", fix="write some"
        )
    lengths = frame["tokens"] + frame["prompt"]
    sources = frame.drop_nulls("source")["source"].value_counts(sort=True)
    return {
        "rows": frame.height,
        "tokens": int(frame["tokens"].sum()),
        "positions": sum(lengths),
        "longest": max(lengths),
        "estimated": bool(frame["estimated"].any()),
        "shares": {
            str(source): count / frame.height for source, count in sorted(sources.iter_rows())
        },
    }


def counted(name: str, files: list[Path]) -> Iterator["pl.DataFrame"]:
    """For each file a frame of `tokens`, `prompt` (tokens of it), `source` and `estimated`."""
    import polars as pl

    for path in files:
        if not path.stat().st_size:
            continue
        frame = rows_of(path)
        tokens, prompt, estimated = counts_of(frame, name, path)
        known = "source" in frame.columns
        yield frame.select(
            tokens=tokens,
            prompt=prompt,
            source=pl.col("source").cast(pl.String) if known else pl.lit(None, dtype=pl.String),
            estimated=pl.lit(estimated),
        )


def counts_of(frame: "pl.DataFrame", name: str, path: Path) -> tuple["pl.Expr", "pl.Expr", bool]:
    """Trained tokens, tokens of the prompt, and whether they are estimates.

    Raises:
        InputError: the rows have neither text nor tokens.
    """
    import polars as pl

    columns = set(frame.columns)
    if {"input_ids", "completion_mask"} <= columns:
        trained = pl.col("completion_mask").list.sum().cast(pl.Int64)
        return trained, pl.col("input_ids").list.len().cast(pl.Int64) - trained, False
    if not {"prompt", "completion"} <= columns:
        raise InputError(
            f"`{path}` of the arm `{name}` has no `prompt` and `completion`",
            why=f"its columns are {', '.join(frame.columns)}",
            fix="write both for every row, as `curate mix` does",
        )
    if "tokens" in columns and not frame["tokens"].null_count():
        return pl.col("tokens").cast(pl.Int64), tokens_in(frame, "prompt"), False
    return tokens_in(frame, "completion"), tokens_in(frame, "prompt"), True


def rows_of(path: Path) -> "pl.DataFrame":
    """The columns of a file of an arm that say how large it is."""
    import polars as pl

    wanted = ("prompt", "completion", "tokens", "source", "input_ids", "completion_mask")
    if path.suffix == ".parquet":
        lazy = pl.scan_parquet(path)
    else:
        lazy = pl.scan_ndjson(path, infer_schema_length=None)
    names = lazy.collect_schema().names()
    return lazy.select([name for name in wanted if name in names] or names).collect()


def tokens_in(frame: "pl.DataFrame", column: str) -> "pl.Expr":
    """An estimate of the tokens of a column of texts or of lists of messages."""
    import polars as pl

    text = pl.col(column)
    if frame.schema[column] != pl.String:
        text = text.list.eval(pl.element().struct.field("content")).list.join("")
    return (text.str.len_chars().cast(pl.Int64) + CHARACTERS_PER_TOKEN - 1) // CHARACTERS_PER_TOKEN
