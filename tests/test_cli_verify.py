import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest

from curate.verify import Policy
from tests.command import curate, folder

__all__ = ["folder"]

RIGHT = '{"problem": "What is 2 + 3?", "reference": "5", "response": "It is \\\\boxed{5}."}\n'
WRONG = '{"problem": "What is 2 + 3?", "reference": "5", "response": "It is \\\\boxed{6}."}\n'
BROKEN = '{"problem": "What is 2'


def write_dump(folder: Path) -> None:
    (folder / "dump.jsonl").write_text(RIGHT * 2 + WRONG + BROKEN)


def without_reasons(text: str) -> str:
    """The messages without the quarantine reasons, which are tested with the formats."""
    return "\n".join(line for line in text.split("\n") if not re.match(r" +\d+  ", line))


def test_verify_ends_with_a_table_and_an_account(folder: Path) -> None:
    write_dump(folder)
    code, out, err = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")
    assert code == 0, err
    assert out == (
        "traces  correct  incorrect  pass rate  truncated  median chars  mean chars  source\n"
        "     3        2          1     66.7 %      0.0 %            16          16  dump.jsonl\n"
    )
    assert without_reasons(err) == (
        "3 traces: 2 correct, 1 incorrect\n"
        "4 records read: 3 gave traces, 1 was quarantined\n"
        "the pool is `pool`; look into it with `curate show pool`\n"
    )


def test_the_same_command_and_the_pool_alone_change_nothing(folder: Path) -> None:
    write_dump(folder)
    first = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")
    files = {path: path.read_bytes() for path in (folder / "pool").rglob("*.parquet")}
    assert curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1") == first
    assert curate(folder, "verify", "pool", "--workers", "1") == first
    assert {path: path.read_bytes() for path in (folder / "pool").rglob("*.parquet")} == files


def test_a_pool_alone_mends_its_lost_manifest(folder: Path) -> None:
    write_dump(folder)
    first = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")
    manifest = (folder / "pool" / "pool.json").read_bytes()
    (folder / "pool" / "pool.json").unlink()
    assert curate(folder, "verify", "pool", "--workers", "1") == first
    assert (folder / "pool" / "pool.json").read_bytes() == manifest


def test_json_goes_to_stdout_and_says_what_the_account_says(folder: Path) -> None:
    write_dump(folder)
    code, out, _ = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1", "--json")
    assert code == 0
    data = json.loads(out)
    assert (data["records"], data["traces"], data["quarantined"]) == (4, 3, 1)
    assert data["verdicts"] == {
        "correct": 2,
        "incorrect": 1,
        "unparsed": 0,
        "unverifiable": 0,
        "error": 0,
    }
    assert data["sources"][0]["pass_rate"] == pytest.approx(2 / 3)


def test_the_policy_is_an_option(folder: Path) -> None:
    row = {
        "problem": "Make 6 from 2, 4 and 9.",
        "reference": {"numbers": [2, 4, 9], "target": 6},
        "response": "<answer>2 + 4</answer>",
    }
    (folder / "dump.jsonl").write_text(json.dumps(row))
    strict = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1", "--json")
    assert json.loads(strict[1])["verdicts"]["incorrect"] == 1
    kinder = curate(folder, "verify", "pool", "--workers", "1", "--json", "--no-countdown-use-all")
    assert json.loads(kinder[1])["verdicts"]["correct"] == 1


def test_a_tolerance_can_be_refused_and_the_pool_follows(folder: Path) -> None:
    (folder / "dump.jsonl").write_text(RIGHT.replace('"5"', '"5 \\\\text{ cm}"'))
    kind = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1", "--json")
    assert json.loads(kind[1])["verdicts"]["correct"] == 1
    strict = curate(folder, "verify", "pool", "--workers", "1", "--json", "--no-units-optional")
    assert json.loads(strict[1])["verdicts"]["incorrect"] == 1
    assert "a unit is missing" in curate(folder, "show", "pool")[1]


def test_every_tolerance_of_the_policy_is_an_option(folder: Path) -> None:
    _, out, _ = curate(folder, "verify", "--help", COLUMNS="200")
    options = set(re.findall(r"--no-([a-z-]+)", out))
    assert options == {field.name.replace("_", "-") for field in fields(Policy)}


def test_a_dump_without_one_trace_is_an_error_with_the_first_reason(folder: Path) -> None:
    (folder / "dump.jsonl").write_text('{"a": 1, "b": 2}\n{"a": 3}\n')
    code, out, err = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")
    assert (code, out) == (1, "")
    lines = err.split("\n")
    assert lines[0] == "error: not one trace could be read from `dump.jsonl`"
    assert lines[1].startswith("  why: dump.jsonl:1: ")
    assert lines[2:] == [
        "  fix: name the columns with `--problem`, `--response` and `--reference`",
        "",
    ]


def test_named_columns_mend_such_a_dump(folder: Path) -> None:
    (folder / "dump.jsonl").write_text('{"a": "What is 2 + 3?", "b": "It is 5", "c": "5"}\n')
    assert curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")[0] == 1
    named = ("--problem", "a", "--response", "b", "--reference", "c")
    code, out, err = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1", *named)
    assert code == 0, err
    assert out.split("\n")[0].split()[:2] == ["traces", "correct"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("nothing.jsonl", "-o", "pool"), "nothing.jsonl"),
        (("pool", "-o", "other"), "error: `pool` is a pool"),
        (("dump.jsonl",), "error: no place for the pool"),
        (("dump.jsonl", "-o", "taken"), "error: `taken` cannot become a pool"),
    ],
)
def test_what_cannot_be_verified_is_an_error(
    folder: Path, arguments: tuple[str, ...], what: str
) -> None:
    write_dump(folder)
    (folder / "taken").mkdir()
    (folder / "taken" / "thesis.txt").write_text("mine")
    (folder / "pool").mkdir()
    (folder / "pool" / "pool.json").write_text('{"schema": 1, "sources": []}')
    code, out, err = curate(folder, "verify", *arguments)
    assert (code, out) == (1, "")
    first, why, fix, end = err.split("\n")
    assert what in first
    assert first.startswith("error: ")
    assert why.startswith("  why: ")
    assert fix.startswith("  fix: ")
    assert end == ""


def test_what_is_no_pool_cannot_be_shown_or_exported(folder: Path) -> None:
    for command in (("show", "pool"), ("export", "pool", "-o", "x.jsonl")):
        assert curate(folder, *command) == (
            1,
            "",
            "error: `pool` is not a pool\n"
            "  why: there is no such folder\n"
            "  fix: make one with `curate verify INPUT -o pool`\n",
        )


def test_show_and_export_follow_the_pool(folder: Path) -> None:
    write_dump(folder)
    assert curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")[0] == 0
    code, out, err = curate(folder, "show", "pool", "--json")
    first = json.loads(out)[0]
    assert (code, err) == (0, f"one of them whole: `curate show pool {first['id'][:8]}`\n")
    code, out, err = curate(folder, "show", "pool", first["id"][:8], "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["response"] == "It is \\boxed{5}."
    code, out, err = curate(folder, "show", "pool", first["id"][:8], NO_COLOR="1")
    assert (code, err) == (0, "")
    assert "  It is \\boxed{⟦5⟧}.\n" in out
    code, out, err = curate(
        folder, "export", "pool", "--where", "verdict = 'incorrect'", "-o", "x.jsonl", "--json"
    )
    assert (code, err) == (0, "3 traces: exported 1, left out 2\nwrote `x.jsonl`\n")
    assert json.loads(out) == {"out": "x.jsonl", "traces": 3, "exported": 1, "left_out": 2}


def test_an_interrupt_ends_with_130_and_the_same_command_goes_on(folder: Path) -> None:
    curate(folder, "sample", "-o", "dump.jsonl", "--traces", "4000")
    command = [
        sys.executable,
        "-m",
        "curate",
        "verify",
        "dump.jsonl",
        "-o",
        "pool",
        "--workers",
        "2",
    ]
    started = subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not (folder / "pool").exists() and started.poll() is None:
        time.sleep(0.01)
    os.killpg(started.pid, signal.SIGINT)
    _, err = started.communicate(timeout=60)
    assert (started.returncode, err) == (
        130,
        "interrupted; run the same command again, it goes on where it stopped\n",
    )
    assert curate(folder, *command[3:], "--json")[0] == 0
    assert not [path for path in (folder / "pool").rglob("*") if path.name.endswith(".tmp")]


def test_explain_shows_every_step_of_a_comparison(folder: Path) -> None:
    code, out, err = curate(folder, "verify", "--explain", "7/2", "3.5")
    assert (code, err) == (0, "")
    assert out == (
        "extraction  by `whole` | decimal\n"
        "as written  7/2 | 3.5\n"
        "spelling    7/2 | 7/2   → the same\n"
        "reading     div(7, 2) | 7/2 (1 decimals)\n"
        "exact value 7/2 | 7/2   → the same\n"
        "comparison  identical   → equal\n"
        "verdict     correct, by whole/identical\n"
    )


@pytest.mark.parametrize(
    ("answer", "reference", "verdict"),
    [
        ("x^2-1", "(x-1)(x+1)", "correct"),
        ("7 or 8", "7", "incorrect"),
        ("I do not know", "", "unverifiable"),
        ("9^{9^{9^9}}", "5", "incorrect"),
    ],
)
def test_explain_comes_to_the_verdict_of_verify(
    folder: Path, answer: str, reference: str, verdict: str
) -> None:
    code, out, _ = curate(folder, "verify", "--explain", answer, reference, "--json")
    assert (code, json.loads(out)["verification"]["verdict"]) == (0, verdict)


def test_explain_wants_an_answer_and_a_reference(folder: Path) -> None:
    code, out, err = curate(folder, "verify", "--explain", "7/2")
    assert (code, out) == (1, "")
    assert err == (
        "error: `--explain` got 1 arguments\n"
        "  why: it compares one answer with one reference\n"
        "  fix: run `curate verify --explain ANSWER REFERENCE`, each in quotes\n"
    )
