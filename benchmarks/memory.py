"""Peak memory of `curate verify` against the size of the dump.

    python benchmarks/memory.py [--gb 0.5,1.5,3] [--workers 2]

All processes together, pages that they share counted once (PSS on Linux), looked at every tenth of
a second; and the largest resident size of a single process, which the kernel keeps.
"""

import argparse
import tempfile
from itertools import pairwise
from pathlib import Path

from measure import cost_of
from workload import Workload, write_dump

TRACE_BYTES = 41_000
"""About what a trace takes as a line of JSON."""


def main() -> None:
    """Measure each size and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gb", default="0.5,1.5,3", help="sizes of the dumps")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    print(
        f"{chosen.workers} workers\n"
        "   traces     MB   all processes MiB   largest MiB   wall s  CPU s"
    )
    peaks = []
    for size in (float(size) for size in chosen.gb.split(",")):
        mb, peak = measured(int(size * 1e9 / TRACE_BYTES), chosen.workers)
        peaks.append((mb, peak))
    for (small, low), (large, high) in pairwise(peaks):
        print(f"each GB from {small / 1e3:.1f} to {large / 1e3:.1f}: ", end="")
        print(f"{1000 * (high - low) / (large - small):+.0f} MiB")


def measured(traces: int, workers: int) -> tuple[float, float]:
    """MB of a dump of so many traces, and the peak MiB of all processes that verify it."""
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "dump.jsonl"
        mb = write_dump(dump, Workload(traces=traces)) / 1e6
        command = ["-m", "curate", "verify", str(dump), "-o", f"{folder}/pool"]
        cost = cost_of([*command, "--workers", str(workers), "--json"], watched=True)
    assert cost.tree_mib is not None
    print(
        f"{traces:>9,} {mb:>6,.0f} {cost.tree_mib:>19,.0f} {cost.peak_mib:>13,.0f} "
        f"{cost.wall_s:>8.1f} {cost.cpu_s:>6.1f}",
        flush=True,
    )
    return mb, cost.tree_mib


if __name__ == "__main__":
    main()
