"""Dumps of every shape and file format become traces; what cannot be read is accounted for."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import InputError
from curate.formats import Block, ReadOptions, plan_sources, read_blocks
from tests.real_data import real_file

FLAT = {"problem": "What is 2+3?", "response": "<think>2+3</think>It is 5.", "answer": "5"}


def blocks(path: Path | str, **options: Any) -> list[Block]:
    chosen = ReadOptions(**options)
    return [
        block
        for source in plan_sources([str(path)], chosen)
        for split in source.splits
        for block in read_blocks(source, split, chosen)
    ]


def traces(path: Path | str, **options: Any) -> list[dict[str, Any]]:
    return [row for block in blocks(path, **options) for row in block.traces.to_pylist()]


def refused(path: Path | str, **options: Any) -> list[dict[str, Any]]:
    return [row for block in blocks(path, **options) for row in block.quarantine.to_pylist()]


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def one(tmp_path: Path, row: dict[str, Any], **options: Any) -> dict[str, Any]:
    found = traces(jsonl(tmp_path / "d.jsonl", row), **options)
    assert len(found) == 1
    return found[0]


# -- shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "response", "reference"),
    [
        ("problem", "response", "reference"),
        ("Question", "Generation", "Gold"),
        ("PROMPT", "Completion", "ground_truth"),
        ("query", "output", "answer"),
    ],
)
def test_the_usual_names_are_known_in_any_case(
    problem: str, response: str, reference: str, tmp_path: Path
) -> None:
    found = one(tmp_path, {problem: "p", response: "r", reference: "5", "other": 1})
    assert (found["problem"], found["response"], found["reference"]) == ("p", "r", "5")
    assert found["other"] == 1
    assert found["row"] == 1


def test_a_list_of_responses_keeps_the_lists_beside_it_aligned(tmp_path: Path) -> None:
    row = {
        "problem": "p",
        "answer": "5",
        "generations": ["a", "b"],
        "correctness_math_verify": [True, False],
        "finish_reasons": ["stop", "length"],
        "tags": ["x", "y", "z"],
    }
    found = traces(jsonl(tmp_path / "d.jsonl", row))
    assert [(t["response"], t["rollout"], t["correctness_math_verify"]) for t in found] == [
        ("a", 0, True),
        ("b", 1, False),
    ]
    assert [t["stop_reason"] for t in found] == ["stop", "length"]
    assert json.loads(found[0]["tags"]) == ["x", "y", "z"]


def test_chat_messages_join_reasoning_and_content(tmp_path: Path) -> None:
    for name in ("reasoning_content", "reasoning"):
        turns = [
            {"role": "user", "content": "p"},
            {"role": "assistant", "content": "It is 5.", name: "2+3"},
        ]
        found = one(tmp_path, {"messages": turns, "answer": "5"})
        assert found["problem"] == "p"
        assert found["response"] == "<think>\n2+3\n</think>\n\nIt is 5."
        assert json.loads(found["messages"]) == [turns[0], {"role": "assistant"}]


def test_sharegpt_conversations_keep_their_markers(tmp_path: Path) -> None:
    text = "<|begin_of_thought|>x<|end_of_thought|>\n<|begin_of_solution|>5<|end_of_solution|>"
    turns = [{"from": "human", "value": "p"}, {"from": "gpt", "value": text}]
    found = one(tmp_path, {"system": "s", "conversations": turns})
    assert (found["problem"], found["response"], found["reference"]) == ("p", text, None)


def test_s1_joins_its_thinking_and_its_attempt(tmp_path: Path) -> None:
    row = {"question": "p", "thinking_trajectories": ["t"], "attempt": "5", "solution": "5"}
    found = one(tmp_path, row)
    assert found["response"] == "<think>\nt\n</think>\n\n5"
    assert found["reference"] == "5"


def test_verl_rows_have_their_reference_in_the_reward_model(tmp_path: Path) -> None:
    row = {
        "prompt": [{"role": "user", "content": "p"}],
        "reward_model": {"style": "rule", "ground_truth": "5"},
        "responses": ["a", "b"],
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "d.parquet")
    found = traces(tmp_path / "d.parquet")
    assert [(t["problem"], t["response"], t["reference"]) for t in found] == [
        ("p", "a", "5"),
        ("p", "b", "5"),
    ]


def test_the_released_data_of_the_paper_is_read(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "p\nPlease box it."}]
    math = one(tmp_path, {"message": turns, "question": "p", "answer": "5", "response": "r"})
    assert (math["problem"], math["reference"]) == ("p", "5")
    row = {"prompt": "Use 1 2", "response": "1+2", "answer": {"numbers": [1, 2], "target": 3}}
    countdown = one(tmp_path, row)
    assert countdown["reference_form"] == "countdown"
    assert json.loads(countdown["reference"]) == {"numbers": [1, 2], "target": 3}


def test_openai_batch_outputs_need_their_problem(tmp_path: Path) -> None:
    message = {"role": "assistant", "content": "5", "reasoning_content": "t"}
    body = {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}
    row = {"custom_id": "1", "response": {"status_code": 200, "body": body}}
    found = one(tmp_path, row | {"metadata": {"problem": "p", "answer": "5"}})
    assert found["response"] == "<think>\nt\n</think>\n\n5"
    assert (found["problem"], found["reference"], found["stop_reason"]) == ("p", "5", "stop")
    reason = refused(jsonl(tmp_path / "d.jsonl", row))[0]["reason"]
    assert "no problem" in reason
    assert "join the prompts" in reason


def test_vllm_outputs_are_read(tmp_path: Path) -> None:
    outputs = [{"index": 0, "text": "r", "finish_reason": "length"}]
    found = one(tmp_path, {"request_id": "1", "prompt": "p", "outputs": outputs})
    assert (found["problem"], found["response"], found["stop_reason"]) == ("p", "r", "length")


def test_harness_samples_are_read(tmp_path: Path) -> None:
    row = {"doc_id": 3, "doc": {"question": "p"}, "target": "5", "resps": [["r"]]}
    found = one(tmp_path, row)
    assert (found["problem"], found["response"], found["reference"]) == ("p", "r", "5")


def test_columns_can_be_forced(tmp_path: Path) -> None:
    row = {"a": "p", "b": "r", "c": {"d": "5"}, "problem": "x", "response": "y"}
    found = one(tmp_path, row, problem="a", response="b", reference="c.d")
    assert (found["problem"], found["response"], found["reference"]) == ("p", "r", "5")


def test_no_column_is_lost(tmp_path: Path) -> None:
    row = {
        "id": 7, "source": "s", "row": 1.5, "question": "q", "problem": "p", "response": "r",
        "nested": {"a": [1, None]}, "huge": 10**30, "nan": float("nan"), "mixed": [1, "a"],
        "empty": None, "flag": True,
    }  # fmt: skip
    found = one(tmp_path, row)
    assert found["original_id"] == 7
    assert found["original_source"] == "s"
    assert found["original_row"] == 1.5
    assert found["question"] == "q"
    assert json.loads(found["nested"]) == {"a": [1, None]}
    assert json.loads(found["huge"]) == 10**30
    assert found["nan"] != found["nan"]
    assert found["flag"] is True
    assert "empty" in found


def test_a_reference_of_several_parts_is_a_list(tmp_path: Path) -> None:
    found = one(tmp_path, {"problem": "p", "response": "r", "gold": ["1", "2"]})
    assert (found["reference_form"], json.loads(found["reference"])) == ("list", ["1", "2"])
    assert one(tmp_path, {"problem": "p", "response": "r", "gold": 27.0})["reference"] == "27.0"


def test_ids_are_the_same_everywhere_and_differ_by_content(tmp_path: Path) -> None:
    first = one(tmp_path, FLAT)
    again = one(tmp_path, FLAT | {"extra": 1})
    other = one(tmp_path, FLAT | {"response": "6"})
    assert first["id"] == again["id"] != other["id"]
    assert first["problem_id"] == other["problem_id"]


# -- files ----------------------------------------------------------------------------------------

ROWS = [FLAT | {"response": f"r{n}", "n": n} for n in range(40)]


def lines(rows: Iterable[object]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def written(folder: Path, kind: str) -> Path:
    path = folder / f"d.{kind}"
    if kind == "jsonl":
        path.write_bytes(lines(ROWS))
    elif kind == "jsonl.gz":
        path.write_bytes(gzip.compress(lines(ROWS[:20])) + gzip.compress(lines(ROWS[20:])))
    elif kind == "jsonl.zst":
        compress = zstandard.ZstdCompressor().compress
        path.write_bytes(compress(lines(ROWS[:20])) + compress(lines(ROWS[20:])))
    elif kind == "json":
        path.write_text(json.dumps(ROWS, indent=1))
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=7)
    elif kind == "arrow":
        table = pa.Table.from_pylist(ROWS)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table, max_chunksize=9)
    else:
        cells = [",".join(f'"{row[name]}"' for name in FLAT) for row in ROWS]
        path.write_text("\n".join([",".join(FLAT), *cells]))
    return path


KINDS = ("jsonl", "jsonl.gz", "jsonl.zst", "json", "parquet", "arrow", "csv")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part_bytes", [300, 2**26])
def test_every_file_format_gives_the_same_traces(
    kind: str, part_bytes: int, tmp_path: Path
) -> None:
    found = traces(written(tmp_path, kind), part_bytes=part_bytes)
    expected = traces(written(tmp_path, "jsonl"))
    assert [(t["id"], t["row"]) for t in found] == [(t["id"], t["row"]) for t in expected]


def test_folders_globs_and_files_are_found_once_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.jsonl", "a.jsonl.gz", "sub/c.jsonl", ".hidden.jsonl"):
        data = lines(ROWS[:1])
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    (tmp_path / "notes.txt").write_text("nothing")
    inputs = [str(tmp_path), str(tmp_path / "*.jsonl"), str(tmp_path / "b.jsonl")]
    found = [Path(source.path).name for source in plan_sources(inputs, ReadOptions())]
    assert found == ["a.jsonl.gz", "b.jsonl", "c.jsonl"]


def test_folders_that_datasets_saved_are_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_list(ROWS)
    data.save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"train": data, "test": data}).save_to_disk(tmp_path / "two")
    assert len(traces(tmp_path / "one")) == 40
    assert len(traces(tmp_path / "two")) == 80


def test_a_name_on_the_hub_is_read_through_datasets(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    from curate.formats.hub import hub_files

    (tmp_path / "org").mkdir()
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "org" / "train.parquet")
    files = list(hub_files(f"{tmp_path / 'org'}"))
    assert len(files) == 1
    assert len(traces(files[0].path)) == 40


def test_an_input_that_is_not_there_is_an_error_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        plan_sources([str(tmp_path / "none.jsonl")], ReadOptions())


def test_a_byte_order_mark_and_other_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + lines(ROWS[:2]).replace(b"\n", b"\r\n") + b"\r\n\n  \n")
    assert [t["row"] for t in traces(path)] == [1, 2]
    assert not refused(path)


# -- quarantine -----------------------------------------------------------------------------------


def test_each_broken_line_has_its_reason_and_its_place(tmp_path: Path) -> None:
    good = lines([FLAT])
    broken = [
        b'{"problem": "p", "resp\n',
        b'{"problem": "\xff"}\n',
        b'{"problem": "p", "response": "\\ud800"}\n',
        b"[1, 2]\n",
        b'{"problem": "p"}\n',
        b'{"response": "r"}\n',
        b'{"problem": "p", "response": null}\n',
        b'{"problem": "p", "response": "' + b"x" * 3000 + b'"}\n',
    ]
    path = tmp_path / "d.jsonl"
    path.write_bytes(good + b"".join(broken) + good)
    found = refused(path, line_limit_bytes=2000)
    reasons = [
        "broken JSON",
        "invalid UTF-8",
        "surrogate",
        "a JSON list",
        "no response",
        "no problem",
    ]
    for row, reason in zip(found, [*reasons, "response", "longer than 2000"], strict=True):
        assert reason in row["reason"], row
        assert len(row["excerpt"]) <= 200
    assert [row["row"] for row in found] == list(range(2, 10))
    offset = len(good)
    for row, line in zip(found, broken, strict=True):
        if row["byte_offset"] is not None:
            assert row["byte_offset"] == offset
        offset += len(line)
    assert [t["row"] for t in traces(path, line_limit_bytes=2000)] == [1, 10]


def test_one_missing_response_costs_only_itself(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "d.jsonl", {"problem": "p", "generations": ["a", None, ""]})
    assert [t["response"] for t in traces(path)] == ["a"]
    assert [r["reason"] for r in refused(path)] == ["response 1 is missing", "response 2 is empty"]


@pytest.mark.parametrize("kind", ["jsonl.gz", "jsonl.zst"])
def test_a_stream_that_ends_early_keeps_what_came_before(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"d.{kind}"
    rows = [FLAT | {"response": f"{n} " * 500 + str(hash(str(n)))} for n in range(400)]
    compress = gzip.compress if kind.endswith("gz") else zstandard.ZstdCompressor().compress
    path.write_bytes(compress(lines(rows))[:-200])
    found = blocks(path)
    kept = sum(block.traces.num_rows for block in found)
    reasons = [r["reason"] for block in found for r in block.quarantine.to_pylist()]
    assert kept + len(reasons) == sum(block.n_records for block in found)
    assert any("ends early" in reason for reason in reasons)


def test_a_broken_element_of_an_array_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    good = json.dumps(FLAT)
    path.write_text(f'[{good}, {{"a": tru}}, "[,]", {good}, {{"problem": "cut')
    assert [t["row"] for t in traces(path)] == [1, 4]
    reasons = [row["reason"] for row in refused(path)]
    assert len(reasons) == 3
    assert reasons[-1] == "the array ends early"


def test_rows_under_a_key_of_one_object_are_read(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"version": "1", "data": ROWS[:3]}, indent=2))
    assert len(traces(path)) == 3


def test_a_damaged_parquet_file_is_one_quarantined_row(tmp_path: Path) -> None:
    path = written(tmp_path, "parquet")
    path.write_bytes(path.read_bytes()[:-300])
    (row,) = refused(path)
    assert "damaged" in row["reason"]


def test_csv_rows_of_another_length_are_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text('problem,response,answer\np,"two\nlines",5\np,r\np,r,5,6\n')
    assert [t["response"] for t in traces(path)] == ["two\nlines"]
    assert [row["row"] for row in refused(path)] == [2, 3]


# -- properties -----------------------------------------------------------------------------------


def accounted(found: list[Block]) -> int:
    for block in found:
        rows = {*block.traces["row"].to_pylist(), *block.quarantine["row"].to_pylist()}
        assert len(rows) == block.n_records
    return sum(block.n_records for block in found)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(5, 200))
def test_any_bytes_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, part_bytes: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "d.jsonl"
    path.write_bytes(lines([FLAT]) + data)
    filled = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    assert accounted(blocks(path, part_bytes=part_bytes)) == len(filled)


@settings(max_examples=60, deadline=None)
@given(part_bytes=st.integers(1, 3000))
def test_where_parts_end_changes_no_trace(
    tmp_path_factory: pytest.TempPathFactory, part_bytes: int
) -> None:
    path = written(tmp_path_factory.mktemp("parts"), "jsonl")
    found = blocks(path, part_bytes=part_bytes)
    assert [t["n"] for block in found for t in block.traces.to_pylist()] == list(range(40))
    assert [block.number for block in found] == list(range(len(found)))


@pytest.mark.parametrize(
    ("name", "n_traces", "n_refused"),
    [
        ("longcot_math_and_misc.jsonl.gz", 820, 0),
        ("sol_reasoning_gym_sample.jsonl.gz", 1701, 0),
        ("countdown_game24_tot.jsonl.gz", 1794, 0),
        ("code_problems.jsonl.gz", 0, 1012),
        ("verify_cases.jsonl", 0, 769),
    ],
)
def test_real_files_are_accounted_for(name: str, n_traces: int, n_refused: int) -> None:
    found = blocks(real_file(name), part_bytes=2**20)
    assert accounted(found) == n_traces + n_refused
    assert sum(block.traces.num_rows for block in found) == n_traces
    assert sum(block.quarantine.num_rows for block in found) == n_refused
