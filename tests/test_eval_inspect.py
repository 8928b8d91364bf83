"""Logs of Inspect, in all their forms, as our tables."""

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from curate.errors import InputError
from curate.train.eval.inspect_logs import InspectLog, read_inspect, value_of
from curate.train.eval.rows import RESPONSES, RESULTS

HEADER = {
    "version": 2,
    "status": "success",
    "eval": {
        "created": "2026-01-02T03:04:05+00:00", "task": "sums", "task_id": "t", "run_id": "r",
        "dataset": {"name": "sums", "samples": 3}, "model": "hf/tiny", "config": {"epochs": 2},
    },
    "plan": {"name": "plan", "steps": []},
    "results": {"total_samples": 6, "completed_samples": 6, "scores": []},
    "stats": {"model_usage": {}},
}  # fmt: skip


def sample(name: object, epoch: int, value: object, content: object, **more: Any) -> dict[str, Any]:
    """A sample as Inspect writes it (schema version 2)."""
    return {
        "id": name, "epoch": epoch, "input": "1+1", "target": "2",
        "messages": [{"role": "user", "content": "1+1"}],
        "output": {
            "model": "tiny",
            "choices": [{"message": {"role": "assistant", "content": content},
                         "stop_reason": more.pop("stop_reason", "stop")}],
            "usage": {"input_tokens": 4, "output_tokens": 12, "total_tokens": 16},
        },
        "scores": {"match": {"value": value, "answer": "2", "history": []}},
        "metadata": {"topic": f"topic-{name}"}, "store": {}, "events": [], **more,
    }  # fmt: skip


REASONED = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "2"}]
SAMPLES = [
    sample(1, 1, "C", REASONED),
    sample("b", 1, "I", "<think>x</think>3"),
    sample(7, 1, "N", "no", stop_reason="max_tokens"),
    sample(1, 2, 0.25, "2"),
    sample("b", 2, float("nan"), "2"),
    sample(7, 2, "C", "2", error={"message": "boom", "traceback": "…"}),
]


def eval_file(path: Path, *, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """The log as a ZIP."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("_journal/start.json", json.dumps({**HEADER, "status": "started"}))
        for each in SAMPLES:
            name = f"samples/{each['id']}_epoch_{each['epoch']}.json"
            archive.writestr(name, json.dumps(each))
        archive.writestr("summaries.json", "[]")
        archive.writestr("header.json", json.dumps(HEADER))
    return path


def in_zstandard(path: Path) -> Path:
    """The same ZIP with its entries in two frames of zstandard each, as newer versions write it."""
    with zipfile.ZipFile(eval_file(path.with_suffix(".old"))) as old:
        entries = [(info.filename.encode(), old.read(info)) for info in old.infolist()]
    out, directory = bytearray(), bytearray()
    for name, content in entries:
        half = len(content) // 2
        pack = zstandard.ZstdCompressor().compress
        packed = pack(content[:half]) + pack(content[half:])
        common = struct.pack("<HHHHHLLLHH", 20, 0, 93, 0, 33, zlib.crc32(content),
                             len(packed), len(content), len(name), 0)  # fmt: skip
        tail = struct.pack("<HHHLL", 0, 0, 0, 0, len(out))
        directory += b"PK\x01\x02\x14\0" + common + tail + name
        out += b"PK\x03\x04" + common + name + packed
    end = struct.pack("<HHHHLLH", 0, 0, len(entries), len(entries), len(directory), len(out), 0)
    path.write_bytes(bytes(out + directory) + b"PK\x05\x06" + end)
    return path


def frame(log: InspectLog) -> pl.DataFrame:
    """The results of a log."""
    found = pl.from_arrow(log.results)
    assert isinstance(found, pl.DataFrame)
    return found


def test_a_log_becomes_a_row_for_each_sample_and_epoch(tmp_path: Path) -> None:
    log = read_inspect(eval_file(tmp_path / "a.eval"), domain="ood", range="far", cluster="topic")
    assert (log.task, log.model, log.status) == ("sums", "hf/tiny", "success")
    found = frame(log)
    assert found.columns == list(RESULTS)
    assert log.responses.column_names == list(RESPONSES)
    assert found["item"].to_list() == ["1", "b", "7", "1", "b", "7"]
    assert found["sample"].to_list() == [0, 0, 0, 1, 1, 1]
    assert found["cluster"].to_list()[:2] == ["topic-1", "topic-b"]
    assert found["score"].to_list() == [1.0, 0.0, 0.0, 0.25, None, None]
    assert found["verdict"].to_list() == [
        "correct", "incorrect", "unparsed", "incorrect", "unverifiable", "error",
    ]  # fmt: skip
    assert found["answered"].to_list() == [True, True, False, True, None, None]
    assert found["truncated"].to_list() == [False, False, True, False, False, False]
    assert found["stop_reason"].to_list()[2] == "length"
    assert found["used_thinking"].to_list()[:3] == [True, True, False]
    assert set(found["n_tokens"].to_list()) == {12}
    assert log.responses["response"].to_pylist()[0] == "<think>hm</think>2"


def test_all_forms_of_a_log_say_the_same(tmp_path: Path) -> None:
    wanted = read_inspect(eval_file(tmp_path / "a.eval"), domain="ood")
    plain = tmp_path / "a.json"
    plain.write_text(json.dumps({**HEADER, "samples": SAMPLES}))
    assert read_inspect(plain, domain="ood").results.equals(wanted.results)
    packed = read_inspect(in_zstandard(tmp_path / "b.eval"), domain="ood")
    assert packed.results.equals(wanted.results)
    assert packed.responses.equals(wanted.responses)


def test_a_log_without_a_header_is_one_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "a.eval"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_journal/start.json", json.dumps({**HEADER, "status": "started"}))
    log = read_inspect(path, domain="ood")
    assert (log.status, log.results.num_rows) == ("started", 0)


def test_one_of_several_scorers_has_to_be_named(tmp_path: Path) -> None:
    both = sample(1, 1, "C", "2")
    both["scores"]["other"] = {"value": 0}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**HEADER, "samples": [both]}))
    with pytest.raises(InputError, match="has several scorers"):
        read_inspect(path, domain="id")
    with pytest.raises(InputError, match="has no scorer `third`"):
        read_inspect(path, domain="id", scorer="third")
    assert frame(read_inspect(path, domain="id", scorer="other"))["score"].to_list() == [0.0]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"PK\x03\x04junk", b'{"eval": 3}'])
def test_what_is_no_log_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.eval"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no log of Inspect"):
        read_inspect(path, domain="id")


def test_samples_in_chunks_are_refused(tmp_path: Path) -> None:
    path = eval_file(tmp_path / "a.eval")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("samples/9_epoch_1/sample.json", "{}")
    with pytest.raises(InputError, match="has samples in chunks"):
        read_inspect(path, domain="id")


def test_values_that_are_no_share_are_unknown() -> None:
    assert [value_of(each) for each in (True, 0.5, 1, 2, -1, "X", {"a": 1}, None)] == [
        1.0, 0.5, 1.0, None, None, None, None, None,
    ]  # fmt: skip
