"""A part finds its own rows of a table that all parts share, in a folder and under a URL."""

from pathlib import Path

import polars as pl
import pytest

from curate.lookup import rows_of, write_lookup
from curate.store import path_of

SCHEMA: dict[str, pl.DataType] = {
    "key": pl.String(),
    "rate": pl.Float64(),
    "count": pl.Int64(),
    "text": pl.String(),
}
ROWS = [
    ("b", 0.1 + 0.2, 2**62, 'it\'s \0 "text"; DROP TABLE found'),
    ("a'", None, -1, None),
    ("é𝔸", 1 / 3, None, ""),
]


@pytest.fixture(params=["folder", "memory"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "folder":
        return tmp_path / "a #?% folder" / "found.db"
    pytest.importorskip("upath", reason="universal_pathlib is not installed")
    return path_of(f"memory://lookup/{tmp_path.name}/found.db")


def test_rows_come_back_as_they_were_and_only_those_asked_for(path: Path) -> None:
    frame = pl.DataFrame(ROWS, schema=SCHEMA, orient="row")
    write_lookup(path, [frame.head(1), frame.tail(2)], SCHEMA)
    assert sorted(rows_of(path, frame["key"], SCHEMA).rows()) == sorted(ROWS)
    assert rows_of(path, pl.Series(["nobody", "b"]), SCHEMA).rows() == ROWS[:1]
    assert rows_of(path, pl.Series([], dtype=pl.String), SCHEMA).schema == frame.schema


def test_a_table_written_again_is_another_one(path: Path) -> None:
    for number in (1, 2):
        frame = pl.DataFrame([("k", None, number, "x" * number)], schema=SCHEMA, orient="row")
        write_lookup(path, [frame], SCHEMA)
        assert rows_of(path, pl.Series(["k"]), SCHEMA)["count"].to_list() == [number]
