"""Tables on disk of which each part of a pool reads its own rows alone.

What all parts share (decisions, statistics of problems) grows with the dump, and so does the number
of parts: read whole for each of them, it would cost the square. So it is a table of SQLite with an
index, under a URL too: there it is fetched once by each process.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import polars as pl

from curate.io import replacing
from curate.store import is_local, version


def write_lookup(
    path: Path, frames: Iterable[pl.DataFrame], schema: dict[str, pl.DataType]
) -> None:
    """Write rows to be found by the first column, which is a string and never comes twice."""
    key, *others = schema
    places = ", ".join("?" for _ in schema)
    with replacing(path) as temporary, closing(sqlite3.connect(temporary)) as table:
        # A kill leaves a temporary file, which nobody reads.
        table.execute("PRAGMA journal_mode = OFF")
        table.execute("PRAGMA synchronous = OFF")
        columns = ", ".join([f"{key} TEXT PRIMARY KEY", *others])
        table.execute(f"CREATE TABLE found ({columns}) WITHOUT ROWID")
        for frame in frames:
            rows = frame.select(*schema).sort(key).iter_rows()
            table.executemany(f"INSERT INTO found VALUES ({places})", rows)
        table.commit()


def rows_of(path: Path, keys: pl.Series, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The rows of these keys, as far as there are any."""
    key = next(iter(schema))
    question = f"SELECT * FROM found WHERE {key} = ?"
    with opened_lookup(path) as table:
        rows = [row for each in keys for row in table.execute(question, (each,))]
    return pl.DataFrame(rows, schema=schema, orient="row")


@contextmanager
def opened_lookup(path: Path) -> Iterator[sqlite3.Connection]:
    """The table, to be read."""
    if is_local(path):
        # Immutable, since a shared disk may have no locks; a new table is a new file.
        name = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(name, uri=True)) as table:
            yield table
    else:
        with closing(sqlite3.connect(":memory:")) as table:
            table.deserialize(fetched(path, version(path)))
            yield table


@lru_cache(maxsize=2)
def fetched(path: Path, _: tuple[object, ...]) -> bytes:
    """A table at a URL; the version tells it from another at the same place."""
    return path.read_bytes()
