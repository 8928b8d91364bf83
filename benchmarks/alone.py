"""One thing at a time, in a process of its own, which prints what it took as JSON.

    python benchmarks/alone.py curate DUMP 300       the library, trace by trace
    python benchmarks/alone.py math-verify DUMP 300  Math-Verify, on the same traces
    python benchmarks/alone.py read POOL             merely read the text of a pool
    python benchmarks/alone.py loop DUMP OUT         merely parse the lines and write them again

Seconds are CPU seconds of the work alone; starting Python and importing are not counted.
"""

import json
import logging
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import psutil

PART_BYTES = 64 * 2**20
ROW_GROUP_BYTES = 8 * 2**20
Row = dict[str, Any]
Check = Callable[[Row], bool]


def sample(dump: Path, size: int) -> list[Row]:
    """So many traces, drawn from all over the dump."""
    with dump.open("rb") as lines:
        total = sum(1 for _ in lines)
    draw = np.random.default_rng(0)
    wanted = set(draw.choice(total, min(size, total), replace=False).tolist())
    with dump.open("rb") as lines:
        return [orjson.loads(line) for place, line in enumerate(lines) if place in wanted]


def math_verify() -> Check:
    """Math-Verify as its users call it: parse both, verify."""
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)  # it warns of every trace that it cannot read
    return lambda row: bool(verify(parse(f"${row['reference']}$"), parse(row["response"])))


def curate() -> Check:
    """One call of the library."""
    from curate.verify import Verdict, verify

    return lambda row: verify(row["response"], row["reference"]).verdict is Verdict.CORRECT


def judged(check: Check, rows: list[Row]) -> dict[str, float]:
    """CPU and latency of a checker, trace by trace, and what it got wrong.

    The latency of a trace is CPU time, or the wall where a child process did the work.
    """
    check({"response": "\\boxed{x+1}", "reference": "x+2"})  # all modules loaded
    times, accepted, rejected, children = [], 0, 0, 0.0
    for row in rows:
        wall, cpu, before = time.perf_counter(), time.process_time(), children
        right = check(row)
        cpu = time.process_time() - cpu
        wall = time.perf_counter() - wall
        children = cpu_of_children() if wall > 2 * cpu + 0.002 else before
        times.append(wall if children > before else cpu)
        accepted += right and row["planted"] == "incorrect"
        rejected += not right and row["planted"] == "correct"
    spread = np.percentile(np.array(times) * 1000, [50, 90, 99, 99.9, 100])
    names = ("p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "max_ms")
    return {
        "traces": len(rows),
        "mb": sum(len(row["response"].encode()) for row in rows) / 1e6,
        "cpu_s": sum(times),
        **dict(zip(names, map(float, spread), strict=True)),
        "wrongly_accepted": accepted,
        "wrongly_rejected": rejected,
    }


def cpu_of_children() -> float:
    """CPU seconds of the children of this process, as far as they still live."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return float(sum(each.user + each.system for each in times))


def read(pool: Path) -> float:
    """CPU seconds of reading the responses with polars, and nothing else."""
    import polars as pl

    parts = sorted((pool / "traces").glob("*.parquet"))
    pl.read_parquet(parts[0], columns=["row"])
    start = time.process_time()
    for part in parts:
        pl.read_parquet(part, columns=["response"])
    return time.process_time() - start


def loop(dump: Path, out: Path) -> float:
    """CPU seconds of parsing lines with orjson and writing them, with the settings of a pool."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def write(rows: list[Row], path: Path) -> None:
        table = pa.table({name: [row[name] for row in rows] for name in rows[0]})
        height = max(1, ROW_GROUP_BYTES * len(rows) // table.nbytes)
        names = [name for name in table.column_names if name != "response"]
        with pq.ParquetWriter(
            path, table.schema, compression="zstd", compression_level=1,
            use_dictionary=names, write_statistics=names,
        ) as writer:  # fmt: skip
            writer.write_table(table, row_group_size=height)

    pa.array([""])  # the first array of Python values imports pandas, where there is one
    start = time.process_time()
    rows: list[Row] = []
    held, number = 0, 0
    with dump.open("rb") as lines:
        for line in lines:
            rows.append(orjson.loads(line))
            held += len(line)
            if held >= PART_BYTES:
                write(rows, out / f"{number}.parquet")
                rows, held, number = [], 0, number + 1
    if rows:
        write(rows, out / f"{number}.parquet")
    return time.process_time() - start


def main() -> None:
    """Do what the first argument says."""
    what, path, *rest = sys.argv[1:]
    found: object
    if what in ("read", "loop"):
        found = {"cpu_s": read(Path(path)) if what == "read" else loop(Path(path), Path(rest[0]))}
    else:
        check = math_verify() if what == "math-verify" else curate()
        found = judged(check, sample(Path(path), int(rest[0])))
        found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


if __name__ == "__main__":
    main()
