"""Frames to a file or a folder: JSONL, Parquet, or what `datasets.save_to_disk` writes.

Every writer takes the frames one after the other, holds one at a time, works under a temporary
name beside the final one, and renames when all is written.
"""

import gzip
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from curate.errors import InputError, MissingExtra
from curate.io import replacing

Writer = Callable[[Path, Iterable[pl.DataFrame], Set[str]], None]


def writer_for(out: Path) -> Writer:
    """The writer for a name, by its ending; a name without one is a folder.

    Raises:
        InputError: nothing is written under such an ending, or the folder holds something else.
        MissingExtra: the folder needs `datasets`.
    """
    for ending, writer in WRITERS.items():
        if out.name.endswith(ending):
            return writer
    if out.suffix.lstrip(".").isalpha():
        raise InputError(
            f"cannot write `{out}`",
            why=f"`{out.suffix}` is not a format of export",
            fix=f"end it in {', '.join(WRITERS)}, or name a folder for `datasets`",
        )
    if out.exists() and not (out / "dataset_info.json").exists():
        raise InputError(
            f"cannot write the folder `{out}`",
            why="it exists and is not a `datasets` folder",
            fix="name a new folder, or a file that ends in .jsonl or .parquet",
        )
    need_datasets()
    return write_datasets


def write_jsonl(out: Path, frames: Iterable[pl.DataFrame], json_names: Set[str]) -> None:
    """A JSON object per line, compressed as the name says; `json_names` hold JSON already."""
    with replacing(out) as unfinished, compressed(unfinished, out.suffix) as lines:
        for frame in frames:
            for row in frame.iter_rows(named=True):
                row.update({n: orjson.Fragment(row[n]) for n in json_names if row[n] is not None})
                lines.write(orjson.dumps(row, default=plain, option=orjson.OPT_APPEND_NEWLINE))


def write_parquet(out: Path, frames: Iterable[pl.DataFrame], json_names: Set[str]) -> None:
    """A row group per frame; `json_names` are marked as JSON in the metadata of their fields."""
    with ExitStack() as stack:
        unfinished = stack.enter_context(replacing(out))
        parquet: pq.ParquetWriter | None = None
        for frame in frames:
            table = arrow_table(frame, json_names)
            if parquet is None:
                parquet = pq.ParquetWriter(unfinished, table.schema, compression="zstd")
                stack.enter_context(parquet)
            parquet.write_table(table)


def write_datasets(out: Path, frames: Iterable[pl.DataFrame], json_names: Set[str]) -> None:
    """The folder that `datasets.load_from_disk` reads."""
    datasets = need_datasets()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".curate-", dir=out.parent) as name:
        scratch = Path(name)
        write_parquet(scratch / "all.parquet", frames, json_names)
        datasets.disable_progress_bars()
        made = datasets.Dataset.from_parquet(
            str(scratch / "all.parquet"), cache_dir=str(scratch / "cache")
        )
        made.save_to_disk(str(scratch / "whole"))
        if out.exists():
            out.rename(scratch / "before")
        (scratch / "whole").rename(out)


def need_datasets() -> Any:  # noqa: ANN401 - a module without types
    """The `datasets` package.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra(
            "datasets", extra="datasets", needed_for="a `datasets` folder"
        ) from error
    return datasets


def arrow_table(frame: pl.DataFrame, json_names: Set[str]) -> pa.Table:
    """The frame for Parquet, with JSON text marked as such."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [
        field.with_metadata({"curate": "json"}) if field.name in json_names else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def json_text(value: object) -> str:
    """The value as JSON."""
    return orjson.dumps(value, default=plain).decode()


def plain(value: object) -> object:
    """What JSON can say of a value that only Parquet knows."""
    match value:
        case Decimal():
            return str(value)
        case bytes():
            return b64encode(value).decode()
        case timedelta():
            return value.total_seconds()
    raise TypeError(f"JSON has no {type(value).__name__}")


@contextmanager
def compressed(path: Path, suffix: str) -> Iterator[IO[bytes]]:
    """The file, open for bytes that are compressed as the suffix of its final name says."""
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("wb"))
        if suffix == ".gz":
            # Without a name and a time in it, the same rows are the same bytes.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
            yield cast(IO[bytes], stack.enter_context(packed))
        elif suffix == ".zst":
            yield stack.enter_context(zstandard.ZstdCompressor().stream_writer(raw))
        else:
            yield raw


WRITERS: dict[str, Writer] = {
    ".jsonl": write_jsonl,
    ".jsonl.gz": write_jsonl,
    ".jsonl.zst": write_jsonl,
    ".parquet": write_parquet,
}
