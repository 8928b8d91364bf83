"""What a mixture costs, against the number of traces: `python benchmarks/mix.py --traces 1e4,1e5`.

The pool is made up: 20 traces for each problem, lengths log-normal within and between problems,
incorrect ones longer; its columns are written as `curate verify` writes them. Timed are
`curate mix --plan` and `curate mix -o` of the preset `dose-response` (eight arms).
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from measure import cost_of

from curate.io import write_table
from curate.pool import Pool, part_name

PER_PROBLEM = 20
PART_CHARS = 64 * 2**20
WORDS = "we have that the sum of two numbers is equal to x and so it must be checked again ".split()


def make_pool(path: Path, traces: int, chars: int) -> None:
    """A pool of so many traces of about so many characters."""
    draw = np.random.default_rng(0)
    pool = Pool.create(path)
    problems = max(1, traces // PER_PROBLEM)
    base, ease = draw.normal(0, 0.5, problems), draw.uniform(0.2, 0.9, problems)
    letters = " ".join(draw.choice(WORDS, chars * 8 // 4))
    step = max(PER_PROBLEM, PART_CHARS // chars // PER_PROBLEM * PER_PROBLEM)
    total = problems * PER_PROBLEM
    parts = range(0, total, step)
    sources = [{"name": "made-up", "rows": total, "traces": total, "content_hash": "0"}]
    pool.write_manifest({"schema": 1, "sources": sources})
    for block, first in enumerate(parts):
        rows = np.arange(first, min(first + step, total))
        problem = rows // PER_PROBLEM
        right = draw.random(rows.size) < ease[problem]
        logs = base[problem] + draw.normal(0, 0.35, rows.size) + 0.3 * ~right
        write_part(pool, part_name(0, block), rows, problem, right, chars * np.exp(logs), letters)


def write_part(pool, name, rows, problem, right, lengths, letters) -> None:  # noqa: ANN001
    """One part with its groups."""
    lengths = np.clip(lengths.astype(int), 50, len(letters) // 2)
    starts = np.random.default_rng(rows[0]).integers(0, len(letters) // 2, rows.size)
    texts = [
        f"<think>\n{letters[a : a + n - 40]}\n</think>\n\\boxed{{{r}}}"
        for a, n, r in zip(starts.tolist(), lengths.tolist(), rows.tolist(), strict=True)
    ]
    size = [len(text) for text in texts]
    ids = [f"{(row * 2654435761) % 2**64:016x}{row:016x}" for row in rows.tolist()]
    rate = pl.Series(right).cast(pl.Float64)
    frame = pl.DataFrame(
        {
            "id": ids, "problem_id": [f"{p:016x}" for p in problem.tolist()],
            "source": "made-up", "row": rows + 1, "rollout": rows % PER_PROBLEM,
            "problem": [f"Problem {p}: how much is it?" for p in problem.tolist()],
            "response": texts, "reference": "1",
            "verdict": np.where(right, "correct", "incorrect").tolist(), "answer": "1",
            "thinking": "closed", "thinking_start": 8, "thinking_end": [n - 30 for n in size],
            "response_chars": size, "truncated": False, "pass_rate": rate,
        }
    ).with_columns(pl.col("pass_rate").mean().over("problem_id"))  # fmt: skip
    groups = {
        "traces": ["id", "problem_id", "source", "row", "rollout",
                   "problem", "response", "reference"],
        "extract": ["thinking", "thinking_start", "thinking_end", "response_chars", "truncated"],
        "verify": ["verdict", "answer"],
        "rollouts": ["pass_rate"],
    }  # fmt: skip
    for group, columns in groups.items():
        table = frame.select(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
        write_table(pool.part(group, name), table, key="made-up", about={"size_bytes": sum(size)})


def main() -> None:
    """Print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--traces", default="1e4,1e5,2e5")
    options.add_argument("--chars", type=int, default=4000)
    asked = options.parse_args()
    print(
        "   traces  problems  text GB  plan CPU s  plan wall s  write CPU s  write wall s  peak MiB"
    )
    for traces in (int(float(text)) for text in asked.traces.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            pool, arms = Path(folder, "pool"), Path(folder, "arms")
            make_pool(pool, traces, asked.chars)
            call = ["-m", "curate", "mix", "dose-response", "--pool", str(pool)]
            plan, write = cost_of([*call, "--plan"]), cost_of([*call, "-o", str(arms)])
            print(
                f"{traces:9,} {traces // PER_PROBLEM:9,} {traces * asked.chars / 1e9:8.1f} "
                f"{plan.cpu_s:11.1f} {plan.wall_s:12.1f} {write.cpu_s:12.1f} {write.wall_s:13.1f} "
                f"{max(plan.peak_mib, write.peak_mib):9,.0f}",
                flush=True,
            )
            shutil.rmtree(arms)


if __name__ == "__main__":
    main()
