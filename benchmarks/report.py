"""`curate report` and `curate filter` on a pool of short traces with all groups.

    PYTHONPATH=. python benchmarks/report.py [--problems 100000] [--json]

Ten traces a problem, seven of them correct, about 300 characters each: what is measured is the
columns. The groups are drawn by `tests/report_pool.py`.
"""

import argparse
import json
import random
import tempfile
from dataclasses import asdict
from pathlib import Path

from measure import Cost, cost_of

from curate.pool import Pool
from tests.report_pool import write_groups

ROLLOUTS = 10


def main() -> None:
    """Make the pool, run both commands, print what they cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dump = write_dump(folder / "dump.jsonl", chosen.problems)
        cost_of(["-m", "curate", "verify", str(dump), "-o", str(folder / "pool")])
        pool = write_groups(Pool.open(folder / "pool"))
        rules = ["--where", "length(response) > 300"]
        page = folder / "report.html"
        found = {
            "filter": cost_of(["-m", "curate", "filter", str(pool.path), *rules]),
            "report": cost_of(["-m", "curate", "report", str(pool.path), "-o", str(page)]),
        }
        size = page.stat().st_size / 1e6
    if chosen.json:
        print(json.dumps({name: asdict(cost) for name, cost in found.items()}, indent=2))
        return
    print(f"{chosen.problems * ROLLOUTS:,} traces; the page has {size:.1f} MB")
    for name, cost in found.items():
        print(line(name, cost))


def line(name: str, cost: Cost) -> str:
    """A line of the table."""
    return f"{name:8} {cost.cpu_s:6.1f} s CPU {cost.wall_s:6.1f} s wall {cost.peak_mib:6,.0f} MiB"


def write_dump(path: Path, problems: int) -> Path:
    """Sums of two numbers, some of them wrong."""
    draw = random.Random(0)
    with path.open("w") as file:
        for _ in range(problems):
            first, second = draw.randrange(10**6), draw.randrange(10**6)
            for number in range(ROLLOUTS):
                found = first + second + (draw.random() < 0.3)
                thinking = f"{'Well, let me see. ' * draw.randrange(1, 30)}{number}"
                answer = f"The answer is \\boxed{{{found}}}."
                row = {
                    "problem": f"What is {first} + {second}?",
                    "reference": str(first + second),
                    "response": f"<think>\n{thinking}\n</think>\n\n{answer}",
                }
                file.write(json.dumps(row) + "\n")
    return path


if __name__ == "__main__":
    main()
