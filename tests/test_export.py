import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow.parquet as pq
import pytest
import zstandard

from curate.errors import InputError
from curate.export import export
from curate.pool import Pool
from curate.show import find_trace
from curate.verify_dumps import verify_dumps
from tests.small_pool import ROWS, small_pool

__all__ = ["small_pool"]


def read_jsonl(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def unpacked(path: Path) -> bytes:
    match path.suffix:
        case ".gz":
            return gzip.decompress(path.read_bytes())
        case ".zst":
            return bytes(zstandard.decompress(path.read_bytes(), max_output_size=2**20))
        case _:
            return path.read_bytes()


def test_a_condition_chooses_and_the_account_adds_up(small_pool: Pool, tmp_path: Path) -> None:
    out = tmp_path / "new" / "correct.jsonl"
    found = export(small_pool, out, where="verdict = 'correct' and pass_rate < 1")
    assert (found.traces, found.exported, found.left_out) == (4, 1, 3)
    assert str(found) == f"4 traces: exported 1, left out 3\nwrote `{out}`"
    (row,) = read_jsonl(out.read_bytes())
    assert row["verdict"] == "correct"


def test_a_row_of_the_dump_comes_back_as_it_was(small_pool: Pool, tmp_path: Path) -> None:
    out = tmp_path / "all.jsonl"
    export(small_pool, out, where="true")
    rows = read_jsonl(out.read_bytes())
    names = ROWS[0].keys() - {"gold"}
    assert [{name: row[name] for name in names} for row in rows] == [
        {name: row[name] for name in names} for row in ROWS
    ]
    assert all(len(row["trace_id"]) == 32 for row in rows)


def test_a_renamed_column_gets_its_name_back(small_pool: Pool, tmp_path: Path) -> None:
    out = tmp_path / "all.jsonl"
    export(small_pool, out, where="true")
    rows = read_jsonl(out.read_bytes())
    assert [row["gold"] for row in rows] == [row["gold"] for row in ROWS]
    assert not any("reference" in row for row in rows)


def test_columns_asked_for_keep_the_names_of_the_pool(small_pool: Pool, tmp_path: Path) -> None:
    out = tmp_path / "some.jsonl"
    export(small_pool, out, where="true", columns=["original_id", "reference", "tags"])
    assert read_jsonl(out.read_bytes()) == [
        {"original_id": row["id"], "reference": row["gold"], "tags": row["tags"]} for row in ROWS
    ]


def test_unknown_is_not_true(small_pool: Pool, tmp_path: Path) -> None:
    found = export(small_pool, tmp_path / "x.jsonl", where="pass_rate >= 0")
    assert found.exported == 3


def test_an_average_is_one_over_the_whole_pool(small_pool: Pool, tmp_path: Path) -> None:
    assert export(small_pool, tmp_path / "x.jsonl", where="score > avg(score)").exported == 1
    assert export(small_pool, tmp_path / "x.jsonl", where="count(*) > 3").exported == 4


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_compression_follows_the_name(small_pool: Pool, tmp_path: Path, ending: str) -> None:
    out, again = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    for path in (out, again):
        export(small_pool, path, where="true", columns=["problem"])
    found = read_jsonl(unpacked(out))
    assert [row["problem"] for row in found] == [row["problem"] for row in ROWS]
    assert out.read_bytes() == again.read_bytes()


def test_parquet_keeps_json_as_marked_text(small_pool: Pool, tmp_path: Path) -> None:
    out = tmp_path / "all.parquet"
    export(small_pool, out, where="true")
    assert json.loads(pl.read_parquet(out)["tags"][0]) == ROWS[0]["tags"]
    assert pq.read_schema(out).field("tags").metadata[b"curate"] == b"json"


def test_nothing_chosen_is_an_empty_file_with_all_columns(small_pool: Pool, tmp_path: Path) -> None:
    found = export(small_pool, tmp_path / "none.parquet", where="1 = 2")
    assert found.exported == 0
    assert pl.read_parquet(tmp_path / "none.parquet").height == 0
    assert "verdict" in pl.read_parquet_schema(tmp_path / "none.parquet")


def test_a_folder_is_what_datasets_reads(small_pool: Pool, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    for _ in range(2):  # a folder that is there already is replaced
        export(small_pool, tmp_path / "set", where="verdict = 'correct'")
    loaded = datasets.load_from_disk(str(tmp_path / "set"))
    assert loaded["verdict"] == ["correct"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


@pytest.mark.parametrize(
    ("where", "what", "why"),
    [
        ("verdct = 'correct'", "the pool has no column `verdct`", "did you mean `verdict`?"),
        ("verdict", "`verdict` is neither true nor false of a trace", "it is of the type String"),
        ("verdict = ", "`verdict = ` is not a condition", "write it as after WHERE in SQL"),
        (
            "pass_rate = 'a'",
            "`pass_rate = 'a'` is not a condition",
            "write it as after WHERE in SQL",
        ),
    ],
)
def test_a_condition_that_does_not_fit_is_an_error(
    small_pool: Pool, tmp_path: Path, where: str, what: str, why: str
) -> None:
    with pytest.raises(InputError) as raised:
        export(small_pool, tmp_path / "x.jsonl", where=where)
    assert raised.value.what.startswith(what)
    assert why in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.csv", "taken"])
def test_what_cannot_be_written_is_an_error(small_pool: Pool, tmp_path: Path, name: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="cannot write"):
        export(small_pool, tmp_path / name, where="true")
    assert (tmp_path / "taken" / "thesis.txt").read_text() == "mine"


def test_sources_with_other_columns_and_types_are_exported_exactly(tmp_path: Path) -> None:
    row = {"problem": "What is 2 + 3?", "reference": "5", "response": "It is \\boxed{5}."}
    rows: list[dict[str, Any]] = [
        row | {"note": 1, "only_a": True, "level": 5},
        row | {"note": "1", "tags": {"a": [1, None]}, "level": "5"},
        row | {"note": [1.5], "tags": "plain", "level": None},
    ]
    dumps = [tmp_path / f"{number}.jsonl" for number in range(len(rows))]
    for path, content in zip(dumps, rows, strict=True):
        path.write_text(json.dumps(content))
    pool = verify_dumps([str(path) for path in dumps], tmp_path / "pool", workers=1)
    export(pool, tmp_path / "x.jsonl", where="source like '%0.jsonl' or row = 1")
    found = read_jsonl((tmp_path / "x.jsonl").read_bytes())
    for content, back in zip(rows, found, strict=True):
        assert {name: back[name] for name in content} == content
    export(pool, tmp_path / "x.parquet", where="true", columns=["note", "tags"])
    assert pl.read_parquet(tmp_path / "x.parquet")["note"].to_list() == ["1", '"1"', "[1.5]"]


def test_columns_of_a_dump_that_are_called_like_ours_make_room_and_get_their_names_back(
    tmp_path: Path,
) -> None:
    row = {"problem": "1 + 1?", "response": "\\boxed{2}", "gold": "2", "method": ["m"]}
    rows = [row | {"verdict": word, "quality": 3} for word in ("mine", "yours")]
    dump = tmp_path / "dump.jsonl"
    dump.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in rows))
    pool = verify_dumps([str(dump)], tmp_path / "pool", workers=1)
    out = tmp_path / "out.jsonl"
    export(pool, out, where="verdict = 'correct' AND original_verdict = 'mine'")
    (found,) = map(orjson.loads, out.read_bytes().splitlines())
    assert found["verdict"] == "mine"
    assert found["trace_verdict"] == "correct"
    assert found["method"] == ["m"]
    assert found["trace_method"] == "box/identical"
    assert found["quality"] == 3
    shown = find_trace(pool, found["id"])
    assert (shown["verdict"], shown["original_method"]) == ("correct", ["m"])
