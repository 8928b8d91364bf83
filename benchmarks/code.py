"""Programs a second through the sandbox, beside the same programs without one, and agreement.

    python benchmarks/code.py SOLUTIONS.jsonl[.gz] [--every N] [--workers N]

Each line holds `response`, `tests`, `entry_point` and `label`. The peer is what unsandboxed
harnesses do: program, tests and call in one `python -I` of their own.
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from curate.verify import Verdict, verify

TESTS = ("tests", "entry_point", "prelude")
Row = dict[str, Any]


def reference_of(row: Row) -> Row:
    """The tests of a row, and the prompt that its program may continue."""
    found = {key: row[key] for key in TESTS if row.get(key)}
    prompt = row.get("problem") or ""
    return found | ({"prompt": prompt} if "def " in prompt else {})


def in_the_sandbox(row: Row) -> tuple[bool, str]:
    """Whether the program passes, and why."""
    found = verify(row["response"], reference_of(row))
    return found.verdict is Verdict.CORRECT, f"{found.verdict}: {found.reason}"


def without_one(row: Row) -> tuple[bool, str]:
    """The same in a bare process, tests and program together."""
    call = f"check({row['entry_point']})" if "def check(" in row["tests"] else ""
    parts = (row.get("prelude") or "", row["response"], row["tests"], call)
    command = [sys.executable, "-I", "-c", "\n".join(parts)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return False, "timeout"
    return done.returncode == 0, ""


def measured(
    check: Callable[[Row], tuple[bool, str]], rows: Sequence[Row], workers: int
) -> tuple[list[tuple[bool, str]], str]:
    """What was found for each row, and a line of figures."""

    def one(row: Row) -> tuple[tuple[bool, str], float]:
        start = time.perf_counter()
        return check(row), 1000 * (time.perf_counter() - start)

    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as threads:
        found = list(threads.map(one, rows))
    rate = len(rows) / (time.perf_counter() - start)
    spread = np.percentile([ms for _, ms in found], [50, 99, 100])
    agree = np.mean(
        [passed == row["label"] for ((passed, _), _), row in zip(found, rows, strict=True)]
    )
    times = " ".join(f"{ms:>8.0f}" for ms in spread)
    return [outcome for outcome, _ in found], f"{rate:>10.1f} {agree:>10.2%} {times}"


def main() -> None:
    """Run both and print the table, then every disagreement with a label."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("solutions", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each Nth row")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    opened = gzip.open if chosen.solutions.suffix == ".gz" else open
    with opened(chosen.solutions, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][:: chosen.every]
    print(f"{len(rows)} programs, {chosen.workers} workers")
    print(f"{'':<22} {'a second':>10} {'agreement':>10} {'p50 ms':>8} {'p99':>8} {'max':>8}")
    found, figures = measured(in_the_sandbox, rows, chosen.workers)
    print(f"{'curate, two sandboxes':<22} {figures}")
    print(f"{'python -I, no sandbox':<22} {measured(without_one, rows, chosen.workers)[1]}")
    for row, (passed, why) in zip(rows, found, strict=True):
        if passed != row["label"]:
            print(f"{row['id']}: labelled {row['label']}, {why[:200]}")


if __name__ == "__main__":
    main()
