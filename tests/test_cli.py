import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import curate as package
from tests.command import curate, folder

__all__ = ["folder"]

COMMANDS = (
    *("verify", "score", "dedup", "decontaminate", "filter", "report", "show", "export", "sample"),
    *("mix", "lineage", "lab"),
)
GROUPS = ("ablate", "analyze")
"""Commands of commands; each has tests of its own."""
HEAVY = {
    *("accelerate", "datasets", "duckdb", "mpmath", "multiprocessing", "numpy", "orjson", "pandas"),
    *("pebble", "polars", "pyarrow", "ray", "rich", "sentence_transformers", "sklearn", "sympy"),
    *("scipy", "torch", "transformers", "trl", "xxhash", "zstandard"),
}


def test_help_imports_nothing_heavy(folder: Path) -> None:
    code = (
        "import sys, curate.cli\n"
        "try:\n    curate.cli.app(['--help'])\n"
        "except SystemExit:\n    print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder
    )
    assert loaded.returncode == 0, loaded.stderr
    last = loaded.stdout.split("\n")[-2]
    assert "curate.cli" in last.split()
    assert not HEAVY & set(last.split())
    ours = {name for name in last.split() if name.startswith("curate")}
    assert ours == {"curate", "curate.errors", "curate.settings"} | {
        name for name in ours if name.startswith("curate.cli")
    }


def test_help_takes_at_most_half_a_second_of_cpu(folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert curate(folder, "--help")[0] == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_an_example_and_json(folder: Path, command: str) -> None:
    code, out, err = curate(folder, command, "--help", COLUMNS="200")
    assert (code, err) == (0, "")
    assert f"Example: curate {command} " in out
    assert "--json" in out


def test_help_lists_every_command(folder: Path) -> None:
    code, out, err = curate(folder, "--help")
    assert (code, err) == (0, "")
    listed = out.partition("Commands:\n")[2].partition("\n\n")[0].split("\n")
    assert tuple(line.split()[0] for line in listed) == (*COMMANDS, *GROUPS)


def test_without_a_command_there_is_help_and_bad_usage(folder: Path) -> None:
    code, out, err = curate(folder)
    assert code == 2
    assert "Usage: curate" in out + err


def test_the_version(folder: Path) -> None:
    assert curate(folder, "--version") == (0, f"curate {package.__version__}\n", "")


def test_the_installed_script_is_the_module(folder: Path) -> None:
    script = Path(sys.executable).with_name("curate")
    done = subprocess.run([script, "--help"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == curate(folder, "--help")


def test_bad_usage_ends_with_2(folder: Path) -> None:
    code, out, err = curate(folder, "sample", "--traces", "0", "-o", "x.jsonl")
    assert (code, out) == (2, "")
    assert err.startswith("Usage: curate sample")
    assert not (folder / "x.jsonl").exists()


def test_an_error_is_three_lines_on_stderr(folder: Path) -> None:
    assert curate(folder, "verify", "dump.jsonl") == (
        1,
        "",
        "error: no place for the pool\n"
        "  why: without `-o` the only input must be a pool, to be verified again\n"
        "  fix: add `-o POOL`\n",
    )


def test_sample_says_what_it_planted(folder: Path) -> None:
    assert curate(folder, "sample", "-o", "dump.jsonl", "--traces", "24", "--broken", "5") == (
        0,
        "",
        "24 traces of 6 problems: 17 correct, 2 incorrect, 1 unparsed, 4 unverifiable\n"
        "5 broken lines: 2 cut JSON, 1 invalid UTF-8, 1 without a response, 1 not an object\n"
        "wrote `dump.jsonl`; the truth is in `planted_verdict` and `planted_why`\n",
    )


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
@pytest.mark.parametrize(("no_color", "expected"), [("", b"\x1b[1;31merror:"), ("1", b"error:")])
def test_no_color_is_respected(folder: Path, no_color: str, expected: bytes) -> None:
    ours, theirs = os.openpty()
    subprocess.run(
        [sys.executable, "-m", "curate", "verify", "x"],
        cwd=folder,
        env=os.environ | {"NO_COLOR": no_color, "TERM": "xterm"},
        stderr=theirs,
    )
    assert os.read(ours, 100).startswith(expected)
    os.close(ours)
    os.close(theirs)
