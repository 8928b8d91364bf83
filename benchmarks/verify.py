"""`curate verify` beside Math-Verify 0.9.0 and beside the least that any tool must do.

    python benchmarks/verify.py [--traces 30720] [--workers 2] [--sizes 307,3072,30720] [--json]

Everything in one run, on the same made-up rows (`workload.py`). Seconds are CPU seconds of all
processes, which a busy machine disturbs less than walls; it disturbs them still, by 10 to 20 %,
so quote the ratios, and run it twice. `README.md` beside this file says what each line means.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
from measure import Cost, cost_of
from workload import REAL, Workload, write_dump

ALONE = str(Path(__file__).with_name("alone.py"))
VERDICTS = ("extract", "verify", "rollouts")
WORKLOADS: dict[str, tuple[str, dict[str, bool]]] = {
    "rollouts": ("32 rollouts a problem", {}),
    "real": ("32 rollouts a problem, thinking of real traces", {"real": True}),
    "distinct": ("every pair distinct", {"distinct": True}),
}
"""Title, and what differs from the first one."""
Found = dict[str, Any]


def main() -> None:
    """Run everything; print the table, or the figures as JSON."""
    chosen = arguments()
    traces = chosen.traces
    sizes = chosen.sizes or [max(1, traces // 100), max(1, traces // 10), traces]
    found: Found = {"machine": machine(), "sizes": [], "workers": {}}
    for name, (_, differs) in WORKLOADS.items():
        if name == "real" and not REAL.exists():
            note(f"{name}: left out, since {REAL} is not there")
            continue
        with tempfile.TemporaryDirectory() as folder:
            load = Workload(traces=traces, seed=chosen.seed, **differs)
            note(f"{name}: {traces:,} traces")
            found[name] = compared(Path(folder), load, chosen.sample)
            if name == "rollouts":
                note(f"1 and {chosen.workers} workers")
                found["workers"] = scaled(Path(folder), chosen.workers, chosen.repeats)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            note(f"{size:,} traces")
            found["sizes"].append(of_size(Path(folder), Workload(traces=size, seed=chosen.seed)))
    found["machine"]["load_after"] = os.getloadavg()
    print(json.dumps(found, indent=2) if chosen.json else table(found))


def arguments() -> argparse.Namespace:
    """What the user chose."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--traces", type=int, default=30_720, help="of about 40 kB each")
    parser.add_argument("--sample", type=int, default=300, help="traces checked one by one")
    parser.add_argument("--workers", type=int, default=2, help="compared with one")
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")])
    parser.add_argument("--repeats", type=int, default=2, help="of walls; the best one counts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def note(text: str) -> None:
    """What is under way, for the one who waits."""
    print(text, file=sys.stderr, flush=True)


def machine() -> Found:
    """Where and in what company this ran."""
    return {"cores": len(os.sched_getaffinity(0)), "load_before": os.getloadavg()}


# --- runs -----------------------------------------------------------------------------------------


def curate(*command: str, workers: int = 1) -> Cost:
    """The cost of `curate verify` on so many workers."""
    return cost_of(["-m", "curate", "verify", *command, "--workers", str(workers), "--json"])


def figures(cost: Cost) -> Found:
    """A cost without what the command printed."""
    return {name: value for name, value in asdict(cost).items() if name != "output"}


def alone(*command: str) -> Found:
    """What one thing takes in a process of its own."""
    return dict(json.loads(cost_of([ALONE, *command], threads=False).output))


def compared(folder: Path, load: Workload, sample: int) -> Found:
    """Checkers trace by trace, whole jobs, and the least that these must do, on the same rows."""
    found = of_size(folder, load)
    dump, pool = folder / "dump.jsonl", folder / "pool"
    (folder / "loop").mkdir()
    return found | {
        "library": alone("curate", str(dump), str(sample)),
        "math_verify": alone("math-verify", str(dump), str(sample)),
        "read": alone("read", str(pool)),
        "loop": alone("loop", str(dump), str(folder / "loop")),
        "start": figures(start(folder)),
        "idle": figures(curate(str(pool))),
    }


def of_size(folder: Path, load: Workload) -> Found:
    """A dump to a pool, then the verdicts of that pool again, on one worker."""
    dump, pool = folder / "dump.jsonl", folder / "pool"
    size = write_dump(dump, load)
    first = curate(str(dump), "-o", str(pool))
    for group in VERDICTS:
        for part in (pool / group).glob("*.parquet"):
            part.unlink()
    again = curate(str(pool))
    return {
        "traces": load.traces,
        "mb": size / 1e6,
        "dump_to_pool": figures(first),
        "pool_to_verdicts": figures(again),
        **judged(pool),
    }


def judged(pool: Path) -> Found:
    """How many distinct pairs there were, and verdicts that are not the planted ones."""
    columns = [("traces", ["reference", "planted"]), ("verify", ["answer", "verdict"])]
    rows = pl.concat(
        [pl.read_parquet(pool / group / "*.parquet", columns=names) for group, names in columns],
        how="horizontal",
    )
    right = pl.col("verdict") == "correct"
    return {
        "pairs": rows.select(pl.struct("answer", "reference").n_unique()).item(),
        "wrongly_accepted": rows.filter(right & (pl.col("planted") == "incorrect")).height,
        "wrongly_rejected": rows.filter(~right & (pl.col("planted") == "correct")).height,
    }


def start(folder: Path) -> Cost:
    """The cost of the whole job on a file of ten traces."""
    write_dump(folder / "small.jsonl", Workload(traces=10))
    return curate(str(folder / "small.jsonl"), "-o", str(folder / "small"))


def scaled(folder: Path, workers: int, repeats: int) -> Found:
    """The best wall of the whole job on one worker and on several, taken in turn."""
    best: dict[int, Cost] = {}
    for number in range(repeats):
        for count in (1, workers):
            out = folder / f"scaled-{count}-{number}"
            cost = curate(str(folder / "dump.jsonl"), "-o", str(out), workers=count)
            if count not in best or cost.wall_s < best[count].wall_s:
                best[count] = cost
    return {"workers": workers, "one": figures(best[1]), "several": figures(best[workers])}


# --- the table ------------------------------------------------------------------------------------


def table(found: Found) -> str:
    """The figures as text."""
    lines = [
        f"{found['machine']['cores']} cores; load {found['machine']['load_before'][0]:.1f} before, "
        f"{found['machine']['load_after'][0]:.1f} after; CPU seconds unless a line says wall"
    ]
    for name, (title, _) in WORKLOADS.items():
        text = f"{title}: left out, its data are not here"
        lines += ["", *(comparison(title, found[name]) if name in found else [text])]
    lines += ["", *growth(found["sizes"]), "", *company(found)]
    return "\n".join(lines)


def comparison(title: str, found: Found) -> list[str]:
    """One workload: rates and ratios, then latencies and mistakes."""
    peer = found["math_verify"]["cpu_s"] / found["math_verify"]["traces"]
    rows = [
        ("Math-Verify 0.9.0, trace by trace", found["math_verify"]),
        ("curate.verify, trace by trace", found["library"]),
        ("pool to verdicts, one worker", whole(found, "pool_to_verdicts")),
        ("  merely reading the text (polars)", whole(found, "read")),
        ("JSON lines to pool, one worker", whole(found, "dump_to_pool")),
        ("  merely orjson and Parquet", whole(found, "loop")),
    ]
    lines = [
        f"{title}: {found['traces']:,} traces, {found['mb']:,.0f} MB, {found['pairs']:,} pairs",
        f"  {'per core':<36} {'traces/s':>9} {'MB/s':>7} {'x Math-Verify':>14} {'peak MiB':>9}",
    ]
    for name, row in rows:
        rate = row["traces"] / row["cpu_s"]
        peak = f"{row['peak_mib']:,.0f}" if "peak_mib" in row else ""
        lines.append(
            f"  {name:<36} {rate:>9,.0f} {row['mb'] / row['cpu_s']:>7,.1f} "
            f"{rate * peer:>14,.1f} {peak:>9}"
        )
    return [*lines, *shares(found), *latencies(found)]


def whole(found: Found, name: str) -> Found:
    """A run over all the traces, with their number."""
    return {"traces": found["traces"], "mb": found["mb"], **found[name]}


def shares(found: Found) -> list[str]:
    """The whole jobs as a share of the speed of the least that they must do."""
    lines = []
    for title, least, job in (
        ("pool to verdicts beside merely reading", "read", "pool_to_verdicts"),
        ("JSON lines to pool beside the plain loop", "loop", "dump_to_pool"),
    ):
        least_s, job_s = found[least]["cpu_s"], found[job]["cpu_s"]
        beyond = least_s / (job_s - found["start"]["cpu_s"])
        lines.append(
            f"  {title}: {least_s / job_s:.2f} of its speed ({beyond:.2f} beyond starting up)"
        )
    return lines


def latencies(found: Found) -> list[str]:
    """Milliseconds a trace, and verdicts that are not the planted ones."""
    lines = [
        f"  {'ms a trace':<18} {'p50':>8} {'p90':>8} {'p99':>8} {'p99.9':>8} {'max':>8}   "
        "wrong accepted, right rejected"
    ]
    for name, row in (("Math-Verify", found["math_verify"]), ("curate.verify", found["library"])):
        spread = " ".join(f"{row[f'{p}_ms']:>8.2f}" for p in ("p50", "p90", "p99", "p99.9", "max"))
        lines.append(f"  {name:<18} {spread}   {mistakes(row)} of {row['traces']:,}")
    return [*lines, f"  {'the whole job':<63}   {mistakes(found)} of {found['traces']:,}"]


def mistakes(row: Mapping[str, Any]) -> str:
    """Wrong answers taken for right ones, and right ones for wrong."""
    return f"{row['wrongly_accepted']}, {row['wrongly_rejected']}"


def growth(sizes: list[Found]) -> list[str]:
    """Cost against the size of the dump, and what each further MB costs."""
    lines = [
        "cost against size, one worker",
        f"  {'traces':>9} {'MB':>8} {'JSON lines to pool':>20} {'pool to verdicts':>20} peak MiB",
    ]
    for row in sizes:
        first, again = row["dump_to_pool"], row["pool_to_verdicts"]
        lines.append(
            f"  {row['traces']:>9,} {row['mb']:>8,.1f} {first['cpu_s']:>18.2f} s "
            f"{again['cpu_s']:>18.2f} s {first['peak_mib']:>8,.0f}"
        )
    for small, large in pairwise(sizes):
        more_mb = large["mb"] - small["mb"]
        slopes = [
            1000 * (large[job]["cpu_s"] - small[job]["cpu_s"]) / more_mb
            for job in ("dump_to_pool", "pool_to_verdicts")
        ]
        lines.append(
            f"  each MB from {small['mb']:,.0f} to {large['mb']:,.0f}: "
            f"{slopes[0]:.1f} ms, {slopes[1]:.1f} ms"
        )
    return lines


def company(found: Found) -> list[str]:
    """Several workers against one, and what starting costs."""
    one, several = found["workers"]["one"], found["workers"]["several"]
    start, idle = found["rollouts"]["start"], found["rollouts"]["idle"]
    return [
        f"JSON lines to pool, wall: {one['wall_s']:.1f} s on one worker, {several['wall_s']:.1f} s "
        f"on {found['workers']['workers']}: {one['wall_s'] / several['wall_s']:.2f} times "
        f"({one['cpu_s']:.1f} and {several['cpu_s']:.1f} CPU seconds)",
        f"ten traces to pool: {start['wall_s']:.2f} s wall, {start['cpu_s']:.2f} s; the large pool "
        f"again, nothing to do: {idle['wall_s']:.2f} s wall, {idle['cpu_s']:.2f} s",
    ]


if __name__ == "__main__":
    main()
