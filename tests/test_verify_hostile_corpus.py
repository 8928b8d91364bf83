"""The corpus of hostile rows: no crash, no hang, no code run, nothing wrong accepted."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.verify import Verdict, verify
from tests.hostile import PIECES, Row, rows

CORPUS = tuple(rows())
FAMILIES = sorted({row.family for row in CORPUS})
CPU_LIMIT_S = 1.0
"""Processor time a row may take; the worst takes a tenth of it on a slow core."""
WALL_LIMIT_S = 6.0
"""Symbolic rows wait for a child with a limit of five seconds."""
MEMORY_LIMIT_KIB = 400 * 1024


def test_the_corpus_has_500_distinct_rows() -> None:
    assert len({(repr(row.reference), row.response) for row in CORPUS}) == len(CORPUS) >= 500


def check(row: Row) -> None:
    cpu, wall = time.process_time(), time.monotonic()
    found = verify(row.response, row.reference)  # type: ignore[arg-type]
    shown = (row.family, row.reference, ascii(row.response[:80]), found.verdict, found.reason)
    assert time.process_time() - cpu < CPU_LIMIT_S, shown
    assert time.monotonic() - wall < WALL_LIMIT_S, shown
    if found.verdict is Verdict.ERROR:  # only algebra that ends nowhere may be given up
        assert found.method.endswith("symbolic"), shown
    if row.wanted == "correct":
        assert found.verdict is Verdict.CORRECT, shown
    elif row.wanted == "never":
        assert found.verdict is not Verdict.CORRECT, shown


@pytest.mark.parametrize("family", FAMILIES)
def test_no_row_of_a_family_hangs_crashes_or_fools(family: str) -> None:
    for row in CORPUS:
        if row.family == family:
            check(row)


def test_what_the_fuzzer_found_stays_fixed() -> None:
    finds = (Path(__file__).parent / "golden" / "fuzz_finds.jsonl").read_text(encoding="utf-8")
    for line in finds.splitlines():
        find = json.loads(line)
        for text, other in ((find["text"], find["other"]), (find["other"], find["text"])):
            verdict = verify(text, other).verdict
            assert verdict not in (Verdict.CORRECT, Verdict.ERROR), (find, verdict)


CHILD = """
import os, resource, sys
from curate.verify import verify
from tests.hostile import rows
corpus = list(rows())
for pair in (("1", "2"), (r"\\sqrt{2}+\\pi", r"\\sqrt{3}+x"), (r"\\int_0^1 2x dx", "1")):
    verify(*pair)  # what is imported when first needed is imported now
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
names = ("exec", "compile", "open", "import", "subprocess.Popen", "os.system", "socket.connect")
seen = []
watching = False
def hook(event, args):
    if watching and event in names:
        seen.append((event, repr(args)[:200]))
sys.addaudithook(hook)
for row in corpus:
    if row.family.startswith(("injected", "broken", "strange", "large", "repeated")):
        watching = row.family.startswith(("injected", "broken", "strange"))
        verify(row.response, row.reference)
watching = False
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)
print(sum("MARKER" in args for _, args in seen), len(seen), seen[:5])
"""


def test_memory_is_bounded_and_no_code_is_compiled_or_run(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        env={"PYTHONPATH": str(root), "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    grown, events = done.stdout.splitlines()
    assert int(grown) < MEMORY_LIMIT_KIB
    assert events.startswith("0 0 "), events
    assert not list(tmp_path.iterdir())


def seconds(response: str) -> float:
    best = float("inf")
    for _ in range(2):
        started = time.process_time()
        verify(response, "777")
        best = min(best, time.process_time() - started)
    return best


def test_the_time_grows_no_faster_than_the_length() -> None:
    for piece in PIECES:
        short = seconds(piece * (50_000 // len(piece)))
        long = seconds(piece * (200_000 // len(piece)))
        assert long < 8 * short + 0.05, (piece, short, long)


@pytest.mark.slow
def test_a_response_of_100_megabytes() -> None:
    for response in ("a" * 10**8 + r" \boxed{5}", "1 " * (5 * 10**7) + r"\boxed{5}"):
        started = time.process_time()
        assert verify(response, "5").verdict is Verdict.CORRECT
        assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 1024 * 1024
