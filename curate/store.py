"""Where files lie: in a folder, or under any URL that fsspec knows (`s3://bucket/pool`).

A path is a `pathlib.Path`, or a `UPath`, which has the same methods. What differs is here: an
object appears whole when it is put, cannot be added to, and is read through a file of fsspec.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import polars as pl
import pyarrow.parquet as pq

from curate.errors import InputError


def path_of(text: str) -> Path:
    """The path that a user means: of a folder, or a URL.

    Raises:
        InputError: nothing here can read such URLs.
    """
    scheme, separator, _ = text.partition("://")
    if not separator:
        return Path(text)
    if scheme == "file":
        return Path(unquote(urlsplit(text).path))
    try:
        from upath import UPath

        path = UPath(text)
        _ = path.fs  # imports the library of the scheme
    except ImportError as error:
        raise InputError(
            f"`{text}` cannot be reached",
            why=f"a library is missing: {error}",
            fix="pip install 'curate-traces[urls]', and for `s3://` s3fs, for `gs://` gcsfs",
        ) from error
    except ValueError as error:
        raise InputError(
            f"`{text}` cannot be reached", why=str(error), fix="check what stands before `://`"
        ) from error
    return cast("Path", path)


def is_local(path: Path) -> bool:
    """Whether a path is of this machine's file system."""
    return isinstance(path, Path)


def need_processes(path: Path, workers: int) -> None:
    """Nothing, when so many processes can work under a path.

    Raises:
        InputError: it lives in the memory of one process.
    """
    if not is_local(path) and cast("Any", path).protocol == "memory" and workers > 1:
        raise InputError(
            f"`{path}` cannot be shared",
            why="it lives in the memory of one process, and there are several workers",
            fix="take one worker, or a folder",
        )


def visible(folder: Path) -> Iterator[Path]:
    """What is in a folder, without hidden names."""
    return (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def make_folder(path: Path) -> None:
    """Make a folder where there are folders."""
    if is_local(path):
        path.mkdir(parents=True, exist_ok=True)


def remove_folder(path: Path) -> None:
    """Take a folder away with all that is in it, if it is there."""
    if not path.is_dir():
        return
    if is_local(path):
        shutil.rmtree(path)
    else:
        cast("Any", path).fs.rm(cast("Any", path).path, recursive=True)


def put(local: Path, path: Path) -> None:
    """Copy a file of this machine to a URL, where it appears whole."""
    cast("Any", path).fs.put_file(str(local), cast("Any", path).path)


def version(path: Path) -> tuple[object, ...]:
    """What changes whenever a file is written again."""
    if is_local(path):
        status = path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino
    info = cast("Any", path).fs.info(cast("Any", path).path)
    told = ("ETag", "etag", "LastModified", "mtime", "updated", "created")
    return info.get("size"), *(str(info[name]) for name in told if name in info)


@contextmanager
def opened(path: Path) -> Iterator[Path | BinaryIO]:
    """What pyarrow and polars can read at random places: the path, or a file of fsspec."""
    if is_local(path):
        yield path
    else:
        with path.open("rb") as file:
            yield file


def arrow_schema(path: Path) -> Any:  # noqa: ANN401  pyarrow has no types
    """The schema of a Parquet file."""
    return _arrow_schema(path, version(path))


@lru_cache(maxsize=4096)
def _arrow_schema(path: Path, _: tuple[object, ...]) -> Any:  # noqa: ANN401
    with opened(path) as source:
        return pq.read_schema(source)


def polars_schema(path: Path) -> pl.Schema:
    """The schema of a Parquet file, as polars reads it."""
    empty = cast("pl.DataFrame", pl.from_arrow(arrow_schema(path).empty_table()))
    return empty.schema


def scan_parquet(path: Path, columns: list[str] | None = None) -> pl.LazyFrame:
    """Columns of a Parquet file, or all; from a URL only these are fetched."""
    if is_local(path):
        frame = pl.scan_parquet(path)
        return frame if columns is None else frame.select(columns)
    with opened(path) as source:
        table = pq.read_table(source, columns=columns)
    return cast("pl.DataFrame", pl.from_arrow(table)).lazy()


def scan_ipc(path: Path) -> pl.LazyFrame:
    """An Arrow file."""
    if is_local(path):
        return pl.scan_ipc(path)
    with opened(path) as source:
        return pl.read_ipc(cast("BinaryIO", source)).lazy()
