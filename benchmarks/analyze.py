"""How long `curate.analyze` takes on a table of a million rows, and how much memory.

    python benchmarks/analyze.py [--rows 1000000]

A planted study: 4 arms, 2 bases, 3 seeds, 8 checkpoints, 4 domains in 3 modes. The study is
written first, which is not counted; then reading, analysing and drawing the page, each by itself,
in a process of its own on as many cores as there are.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

CELLS = (1 + 4 * 3 * 8) * 2 * 3  # checkpoints and the base, bases, modes
MEASURE = """
import json, resource, sys, time
from pathlib import Path
start, cpu = time.perf_counter(), time.process_time
from curate.analyze.study import read_study
from curate.analyze.pipeline import analyze
from curate.analyze.report import report
from curate.analyze.page import page
times = {"import": (time.perf_counter() - start, cpu())}
def lap(name, make, *given):
    wall, used = time.perf_counter(), cpu()
    made = make(*given)
    times[name] = (time.perf_counter() - wall, cpu() - used)
    return made
study = lap("read", read_study, Path(sys.argv[1]))
found = lap("analyze", analyze, study)
html = lap("page", lambda: page(report(found)))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rows": study.table.rows_used, "times": times, "peak_mib": peak,
                  "effects": len(found.effects), "page_mb": len(html) / 1e6}))
"""


def main() -> None:
    """Write the study, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_study(Path(folder), chosen.rows)
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, folder], capture_output=True, text=True, check=True
        )
    found = json.loads(done.stdout)
    print(f"{found['rows']:,} rows, {found['effects']} effects, page {found['page_mb']:.1f} MB")
    for name, (wall, cpu) in found["times"].items():
        print(f"{name:8} {wall:6.1f} s  {cpu:6.1f} CPU s")
    wall, cpu = (sum(pair[n] for pair in found["times"].values()) for n in (0, 1))
    print(f"{'all':8} {wall:6.1f} s  {cpu:6.1f} CPU s, peak {found['peak_mib']:,.0f} MiB")


def write_study(folder: Path, rows: int) -> None:
    """A planted study of about so many rows."""
    from curate.train.lab.planted import Base, Plan, Suite, dip, dose_arms, drop
    from curate.train.lab.planted_table import write_planted

    items = max(20, rows // CELLS // 4)
    plan = Plan(
        name="million",
        arms=dose_arms((0, 0.25, 0.5, 1), high=dip(8), low=drop(8), domain="ood"),
        suites=tuple(
            Suite(name=name, domain=name, items=items)
            for name in ("id", "ood", "general", "safety")
        ),
        bases=(Base(name="small", shift=-0.05), Base(name="large", shift=0.05)),
        seeds=3,
        adoption=(0, 0.3, 0.7, 0.9, 1, 1, 1, 1, 1),
    )
    write_planted(plan, folder)


if __name__ == "__main__":
    main()
