"""Speed of `curate verify` beside Math-Verify 0.9.0, on the same rows in the same run.

    python benchmarks/verify.py [--problems 40] [--rollouts 32] [--sample 200] [--json]

CPU seconds throughout (of this process or of the children), since walls are noisy on shared
machines; ratios are what to quote. `make bench` runs it.
"""

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from workload import Row, rows

from curate.verify import Verdict, verify


def cpu_of(work: Callable[[], object]) -> float:
    """CPU seconds of this process for some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def command(*arguments: str) -> dict[str, float]:
    """CPU and wall seconds and peak memory (MiB, largest process) of a `curate` command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", "curate", *arguments], check=True, capture_output=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": used, "wall_s": wall, "peak_mib": after.ru_maxrss / 1024}


def latencies(check: Callable[[Row], bool], sample: list[Row]) -> dict[str, float]:
    """Milliseconds per row, traces per CPU second, and wrong verdicts against the planted truth."""
    times, wrongly_accepted, wrongly_rejected = [], 0, 0
    for row in sample:
        start = time.process_time()
        found = check(row)
        times.append(time.process_time() - start)
        wrongly_accepted += found and not row.equal
        wrongly_rejected += row.equal and not found
    spread = np.percentile(np.array(times) * 1000, [50, 90, 99, 99.9, 100])
    names = ("p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "max_ms")
    return {
        "traces_per_s": len(sample) / sum(times),
        **dict(zip(names, map(float, spread), strict=True)),
        "wrongly_accepted": wrongly_accepted,
        "wrongly_rejected": wrongly_rejected,
    }


def math_verify(row: Row) -> bool:
    """Math-Verify as its users call it: parse both, verify."""
    from math_verify import parse
    from math_verify import verify as equal

    return bool(equal(parse(f"${row.reference}$"), parse(row.response)))


def ours(row: Row) -> bool:
    """One call of the library."""
    return verify(row.response, row.reference).verdict is Verdict.CORRECT


def plain_loop(dump: Path, out: Path) -> None:
    """Parses lines with orjson and writes the same columns to Parquet, and does nothing else."""
    writer = None
    with dump.open("rb") as lines:
        while batch := [orjson.loads(line) for line, _ in zip(lines, range(500), strict=False)]:
            table = pa.Table.from_pylist(batch)
            writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
            writer.write_table(table)
    if writer is not None:
        writer.close()


def read_text(pool: Path) -> int:
    """Reads the responses of a pool with polars, and nothing else."""
    return sum(
        pl.read_parquet(part, columns=["response"]).height
        for part in sorted((pool / "traces").glob("*.parquet"))
    )


def write_dump(path: Path, made: list[Row]) -> float:
    """The rows as lines of JSON; the size in MB."""
    with path.open("wb") as file:
        for row in made:
            record = {"problem": row.problem, "response": row.response, "reference": row.reference}
            file.write(orjson.dumps(record) + b"\n")
    return path.stat().st_size / 1e6


def whole_job(folder: Path, made: list[Row]) -> dict[str, Any]:
    """JSON lines to verified pool and pool to verdicts, beside the least that either must do."""
    dump, pool = folder / "dump.jsonl", folder / "pool"
    size_mb = write_dump(dump, made)
    first = command("verify", str(dump), "-o", str(pool), "--workers", "1")
    for group in ("extract", "verify", "rollouts"):
        for part in (pool / group).glob("*"):
            part.unlink()
    again = command("verify", str(pool), "--workers", "1")
    two = command("verify", str(dump), "-o", str(folder / "two"), "--workers", "2")
    start = command("verify", str(pool), "--workers", "1")
    return {
        "traces": len(made),
        "size_mb": size_mb,
        "jsonl_to_pool": first,
        "pool_to_verdicts": again,
        "two_workers": two,
        "nothing_to_do": start,
        "plain_loop_cpu_s": cpu_of(lambda: plain_loop(dump, folder / "plain.parquet")),
        "read_text_cpu_s": cpu_of(lambda: read_text(pool)),
    }


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--rollouts", type=int, default=32)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    os.environ["POLARS_MAX_THREADS"] = "1"
    made = rows(chosen.problems, chosen.rollouts)
    sample = made[:: max(1, len(made) // chosen.sample)][: chosen.sample]
    ours(made[0])
    math_verify(made[0])  # both with their modules loaded
    found: dict[str, Any] = {
        "library": latencies(ours, sample),
        "math_verify": latencies(math_verify, sample),
        "sizes": [],
    }
    for share in (16, 4, 1):
        with tempfile.TemporaryDirectory() as folder:
            found["sizes"].append(whole_job(Path(folder), made[: len(made) // share]))
    print(json.dumps(found, indent=2) if chosen.json else table(found))


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    lines = ["one row at a time, one core      traces/s     p50     p99   p99.9     max ms  wrong"]
    for name in ("library", "math_verify"):
        f = found[name]
        lines.append(
            f"  {name:<28} {f['traces_per_s']:>10,.0f} {f['p50_ms']:>7.2f} {f['p99_ms']:>7.1f} "
            f"{f['p99.9_ms']:>7.1f} {f['max_ms']:>10.1f}  "
            f"{f['wrongly_accepted']} accepted, {f['wrongly_rejected']} rejected"
        )
    peer = found["math_verify"]["traces_per_s"]
    for job in found["sizes"]:
        lines += ["", f"{job['traces']:,} traces, {job['size_mb']:,.0f} MB of JSON lines"]
        for name, least, least_s in (
            ("jsonl_to_pool", "plain loop", job["plain_loop_cpu_s"]),
            ("pool_to_verdicts", "reading", job["read_text_cpu_s"]),
        ):
            seconds = job[name]["cpu_s"]
            rate = job["traces"] / seconds
            lines.append(
                f"  {name:<18} {rate:>8,.0f} traces/s {job['size_mb'] / seconds:>6,.0f} MB/s per "
                f"CPU second; {rate / peer:,.0f} x Math-Verify; "
                f"{least_s / seconds:.2f} of the speed of the {least}"
            )
        lines.append(
            f"  peak {job['jsonl_to_pool']['peak_mib']:,.0f} MiB a process; two workers "
            f"{job['jsonl_to_pool']['wall_s'] / job['two_workers']['wall_s']:.2f} x one (wall); "
            f"nothing to do: {job['nothing_to_do']['wall_s']:.2f} s"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
