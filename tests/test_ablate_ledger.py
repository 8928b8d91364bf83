"""The ledger of a study: only added to, whole lines or none."""

import json
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.train import ledger


def test_the_ledger_is_lines_of_json_that_say_what_happened(tmp_path: Path) -> None:
    ledger.add(tmp_path, "planned", "a", title="arm on base, seed 0")
    ledger.add(tmp_path, "started", "a")
    ledger.add(tmp_path, "failed", "a", reason="nan", message="training diverged at step 3")
    ledger.add(tmp_path, "started", "a")
    lines = (tmp_path / ledger.NAME).read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == [
        "planned", "started", "failed", "started",
    ]  # fmt: skip
    standing = ledger.standings(tmp_path)["a"]
    assert (standing.state, standing.attempts, standing.failures) == ("started", 2, 1)
    assert standing.reason == "nan"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.binary(max_size=20))
def test_a_line_cut_anywhere_loses_itself_alone(tmp_path: Path, cut: int, junk: bytes) -> None:
    path = tmp_path / ledger.NAME
    path.unlink(missing_ok=True)
    for number in range(4):
        ledger.add(tmp_path, "evaluated", "a", step=number)
    content = path.read_bytes()
    kept = content[: min(cut, len(content))]
    path.write_bytes(kept + junk.replace(b"\n", b" "))
    ledger.add(tmp_path, "done", "b")
    found = list(ledger.events(tmp_path))
    assert [event["step"] for event in found if event["cell"] == "a"][: kept.count(b"\n")] == list(
        range(kept.count(b"\n"))
    )
    assert found[-1]["cell"] == "b"


@pytest.mark.parametrize("line", [b"[]", b"3", b'{"event":"done"}', b"\xff\xfe", b'{"event":"?"}'])
def test_a_foreign_line_is_passed_over(tmp_path: Path, line: bytes) -> None:
    (tmp_path / ledger.NAME).write_bytes(line + b"\n")
    assert list(ledger.events(tmp_path)) == []


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    def write(name: str) -> None:
        for step in range(20):
            ledger.add(tmp_path, "evaluated", name, step=step)

    writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = list(ledger.events(tmp_path))
    assert {name: [each["step"] for each in found if each["cell"] == name] for name in "abcd"} == {
        name: list(range(20)) for name in "abcd"
    }
