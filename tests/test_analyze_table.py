"""Anybody's table: what it is taken for, what is left out and why; the counts add up."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analyze.reading import reading
from curate.analyze.rows import Raw, nothing
from curate.analyze.table import Reading, clean, read_table
from curate.errors import InputError
from tests.planted_study import written_table

WORDS = st.sampled_from(["a", "b", "base", "", "<b>&</b>", "step10", "10", "x", "-1", "nan", None])
VALUES = st.sampled_from(["0", "1", "0.5", "nan", "inf", "1.5", "-1", "", "yes", None, "1e400"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"arm": WORDS, "step": WORDS, "item": WORDS, "suite": WORDS, "seed": WORDS,
             "score": VALUES, "sample": WORDS, "answered": VALUES}
        ),
        min_size=1,
        max_size=30,
    )
)  # fmt: skip
def test_rows_in_are_rows_used_and_rows_left_out_with_a_reason(
    rows: list[dict[str, str | None]],
) -> None:
    schema = dict.fromkeys(rows[0], pl.String)
    good = {"arm": "a", "step": "5", "item": "i", "suite": "s", "seed": "0", "score": "1",
            "sample": "0", "answered": "1"}  # fmt: skip
    frame = pl.DataFrame([*rows, good], schema=schema)
    table = clean(Raw(frame=frame, unread=nothing()), Reading(), where="t")
    assert table.rows_in == frame.height
    assert table.rows_used + sum(table.left_out.values()) == frame.height
    assert table.rows_left_out.height == sum(table.left_out.values())
    assert table.rows_left_out["reason"].null_count() == 0
    scores = table.frame["score"]
    assert scores.is_between(0, 1).all()
    assert scores.is_not_nan().all()


def test_usual_names_are_understood_and_said(tmp_path: Path) -> None:
    row = {"model": "m", "data": "a", "task": "MATH-500", "checkpoint": "step20", "seed": "late",
           "doc_id": 1, "acc": 1}  # fmt: skip
    path = written_table(tmp_path / "t.csv", [row, row | {"data": "base", "checkpoint": "step0"}])
    table = read_table(path)
    assert table.frame.select("base", "arm", "step", "suite", "domain", "item").rows() == [
        ("m", "a", 20, "MATH-500", "id", "1"),
        ("m", None, 0, "MATH-500", "id", "1"),
    ]
    assert "`acc` is taken for `score`" in table.notes
    assert any("late is 0" in note for note in table.notes)


def test_a_mapping_stands_above_what_is_guessed(tmp_path: Path) -> None:
    row = {"arm": "a", "step": 5, "suite": "s", "item": "i", "acc": 0.0, "f1": 1.0}
    path = written_table(tmp_path / "t.parquet", [row])
    assert read_table(path, Reading(mapped={"score": "f1"})).frame["score"].to_list() == [1.0]
    assert read_table(path).frame["score"].to_list() == [0.0]


@pytest.mark.parametrize(
    ("mapped", "what"),
    [({"scor": "acc"}, "`scor` is no column"), ({"score": "nope"}, "has no column `nope`")],
)
def test_a_mapping_to_nowhere_is_refused(tmp_path: Path, mapped: dict[str, str], what: str) -> None:
    path = written_table(tmp_path / "t.jsonl", [{"arm": "a", "step": 5, "acc": 1.0}])
    with pytest.raises(InputError, match=what):
        read_table(path, Reading(mapped=mapped))


def test_percentages_are_refused_until_they_are_named(tmp_path: Path) -> None:
    rows = [{"arm": "a", "step": 5, "suite": "s", "item": str(i), "score": 40.0} for i in range(3)]
    path = written_table(tmp_path / "t.csv", list(rows))
    with pytest.raises(InputError, match="no row that can be used") as error:
        read_table(path)
    assert "--percent" in error.value.fix
    percent = reading([], [], percent=True, base_arm=None)
    assert read_table(path, percent).frame["score"].to_list() == [0.4] * 3


def test_repeated_rows_are_told_from_samples(tmp_path: Path) -> None:
    row = {"arm": "a", "step": 5, "suite": "s", "item": "i", "score": 1.0}
    twice = read_table(written_table(tmp_path / "t.jsonl", [row | {"sample": 0}] * 2))
    assert twice.left_out == {"that stand there twice": 1}
    even = [row | {"item": i, "score": s} for i in "xy" for s in (0.0, 1.0)]
    samples = read_table(written_table(tmp_path / "u.jsonl", even))
    assert samples.left_out == {}
    assert sorted(samples.frame["sample"].to_list()) == [0, 0, 1, 1]
    uneven = read_table(written_table(tmp_path / "v.jsonl", even[:3]))
    assert uneven.left_out == {"that stand there twice": 1}


def test_a_base_under_every_arm_is_one_base(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"arm": arm, "step": step, "suite": "s", "item": "i", "score": 1.0, "seed": 3}
        for arm in ("a", "b")
        for step in (0, 5)
    ]
    table = read_table(written_table(tmp_path / "t.csv", rows))
    base = table.frame.filter(pl.col("step") == 0)
    assert base["arm"].null_count() == 2
    assert base["sample"].to_list() == [0, 1]
    assert table.left_out == {}


def test_scores_of_whole_benchmarks_are_known_as_such(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"model": "m", "arm": "a", "step": 5, "benchmark": b, "score": 0.5} for b in ("x", "y")
    ]
    table = read_table(written_table(tmp_path / "t.csv", rows))
    assert not table.itemised
    assert any("whole benchmarks" in note for note in table.notes)


def test_a_folder_of_lm_eval_samples_is_read(tmp_path: Path) -> None:
    for arm, score in (("cot-step20", 1.0), ("base", 0.0)):
        folder = tmp_path / "out" / arm
        folder.mkdir(parents=True)
        lines = [
            {"doc_id": n, "doc": {"q": n}, "metrics": ["exact_match"], "exact_match": score,
             "filter": kind}
            for n in range(3)
            for kind in ("strict", "flexible")
        ]  # fmt: skip
        name = "samples_gsm8k_2026-01-01T00-00-00.000000.jsonl"
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    table = read_table(tmp_path / "out", Reading(mapped={}))
    assert table.frame.select("arm", "step", "suite").unique().sort("step").rows() == [
        (None, 0, "gsm8k"),
        ("cot", 20, "gsm8k"),
    ]
    assert table.left_out == {"under another filter than `strict`": 6}


def test_lines_that_are_no_rows_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    good = json.dumps({"arm": "a", "step": 5, "suite": "s", "item": "i", "score": 1})
    path.write_bytes(b'\xff\xfe\n[1]\n{"score": 1e400}\n\n' + good.encode() + b"\n")
    table = read_table(path)
    assert table.rows_used == 1
    assert table.rows_in == 4
    assert sum(table.left_out.values()) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [("t.csv", b""), ("t.parquet", b"PAR1"), ("t.txt", b"x"), ("t.jsonl", b'{"a": 1}\n')],
)
def test_what_is_no_table_is_refused_in_three_lines(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        read_table(tmp_path / name)
    assert len(str(error.value).splitlines()) == 3


def test_an_item_in_two_clusters_keeps_the_first(tmp_path: Path) -> None:
    row = {"arm": "a", "step": 5, "suite": "s", "item": "i", "score": 1.0, "cluster": "x"}
    rows: list[dict[str, object]] = [dict(row), row | {"step": 6, "cluster": "y"}]
    table = read_table(written_table(tmp_path / "t.jsonl", rows))
    assert table.left_out == {"of an item in two clusters": 1}


def test_an_unknown_benchmark_or_domain_is_refused(tmp_path: Path) -> None:
    path = written_table(tmp_path / "t.csv", [{"arm": "a", "step": 5, "suite": "s", "item": "i",
                                               "score": 1}])  # fmt: skip
    with pytest.raises(InputError, match="no benchmark `z`"):
        read_table(path, Reading(domains={"z": "id"}))
    with pytest.raises(InputError, match="is no domain"):
        reading([], ["s=maths"], percent=False, base_arm=None)
