"""Does the default quality tell correct traces from wrong ones of the same problem?

    python benchmarks/quality.py DATA_FOLDER [--work FOLDER] [--json]

Reads the four labelled files with several responses a problem, verifies and scores each as a pool
(kept in the work folder), and prints the AUC against the labels within problem, so that how hard a
problem is cannot help: of the quality, of its raw form, of the length alone (shorter is better) and
of every single signal, ties a half, with 95 % intervals from a bootstrap over problems. The weights
were chosen on the half of the problems whose id begins with 0 to 7, but how the length is taken out
was compared on all of them, so the other half is no clean test of `quality`. The last table is: it
has the labelled files that nothing was chosen on, all that have 50 problems with both labels.
Majority agreement is beside it for comparison: it looks at the other rollouts, no quality does.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from curate.pool import Pool
from curate.quality.auc import Auc, auc_with_interval
from curate.quality.combine import READS, SIGNALS, goodness
from curate.quality.length import spearman

FILES = (
    "sol_gsm8k_gpt3",
    "sol_math500_aime24_longcot_example",
    "longcot_math_skythought",
    "longcot_lineage",
)
UNTOUCHED = ("code_solutions", "countdown_game24_tot", "sol_reasoning_gym_sample")
"""Labelled files that nothing was chosen on."""
KEPT = ("problem", "gold", "response", "label", "finish_reason", "options")
WHOLE = ("quality", "quality_raw", "length")
CHOSEN_ON = list("01234567")


def pool_of(data: Path, work: Path, name: str) -> Pool:
    """The scored pool of one file, made where it is not there."""
    dump, pool = work / f"{name}.jsonl", work / name
    if not dump.exists():
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        kept = [{key: row[key] for key in KEPT if row.get(key) is not None} for row in rows]
        dump.write_text("\n".join(map(json.dumps, kept)) + "\n")
    for command in (["verify", str(dump), "-o", str(pool)], ["score", str(pool)]):
        subprocess.run(
            [sys.executable, "-m", "curate", *command],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return Pool.open(pool)


def rows_of(pool: Pool) -> pl.DataFrame:
    """What is compared: whole scores, single signals as their goodness, and the label."""
    columns = ["problem_id", "label", "answer", "majority_agrees", "quality", "quality_raw"]
    groups = ["traces", "verify", "rollouts", "score", "quality"]
    rows = pool.scan(groups, [*columns, *READS]).collect()
    return rows.select(
        "problem_id",
        "label",
        "tokens",
        "quality",
        "quality_raw",
        answered=pl.col("answer").is_not_null(),
        length=-pl.col("tokens"),
        majority_agrees=pl.col("majority_agrees").fill_null(value=False),
        **{signal.name: goodness(signal).fill_null(signal.neutral) for signal in SIGNALS},
    )


def figures(rows: pl.DataFrame) -> dict[str, Any]:
    """Counts, AUCs and rank correlations of one file."""
    scores = [*WHOLE, "majority_agrees", *(signal.name for signal in SIGNALS)]
    chosen = pl.col("problem_id").str.slice(0, 1).is_in(CHOSEN_ON)
    return {
        "traces": rows.height,
        "problems": rows["problem_id"].n_unique(),
        "true": rows["label"].mean(),
        "rho": spearman(rows["tokens"], rows["quality"]),
        "rho_raw": spearman(rows["tokens"], rows["quality_raw"]),
        "all": {name: auc_of(rows, name) for name in scores},
        "answered": {name: auc_of(rows.filter("answered"), name) for name in WHOLE},
        "chosen": {name: auc_of(rows.filter(chosen), name) for name in WHOLE},
        "held_out": {name: auc_of(rows.filter(~chosen), name) for name in WHOLE},
    }


def auc_of(rows: pl.DataFrame, name: str) -> Auc:
    return auc_with_interval(rows, name, "label", "problem_id")


def tables(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The figures as tables in Markdown."""
    every = found.values()
    yield row("", found)
    yield "|---|" + "---:|" * len(found)
    yield row("traces", [f"{one['traces']:,}" for one in every])
    yield row("problems with both labels", [f"{one['all']['length'].groups:,}" for one in every])
    yield row("pairs", [f"{one['all']['length'].pairs:,}" for one in every])
    yield row("rank correlation with tokens, quality", [f"{one['rho']:+.2f}" for one in every])
    yield row("the same, quality_raw", [f"{one['rho_raw']:+.2f}" for one in every])
    for name in next(iter(every))["all"]:
        yield row(name, [interval(one["all"][name]) for one in every])
    yield ""
    yield row("", found)
    yield "|---|" + "---:|" * len(found)
    for some in ("chosen", "held_out", "answered"):
        for name in WHOLE:
            cells = [interval(one[some][name]) for one in every]
            yield row(f"{name}, {some.replace('_', ' ')}", cells)


def untouched_table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The whole scores on the files that nothing was chosen on."""
    every = found.values()
    yield row("", found)
    yield "|---|" + "---:|" * len(found)
    yield row("problems with both labels", [f"{one['all']['length'].groups:,}" for one in every])
    yield row("pairs", [f"{one['all']['length'].pairs:,}" for one in every])
    yield row("rank correlation with tokens, quality", [f"{one['rho']:+.2f}" for one in every])
    for name in (*WHOLE, "majority_agrees"):
        yield row(name, [interval(one["all"][name]) for one in every])


def row(head: str, cells: Iterable[str]) -> str:
    return f"| {head} | {' | '.join(cells)} |"


def interval(found: Auc) -> str:
    if found.value is None:
        return "–"
    return f"{found.value:.3f} ({found.low:.2f}–{found.high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        found = {
            name: figures(rows_of(pool_of(options.data, work, name)))
            for name in (*FILES, *UNTOUCHED)
        }
    if options.json:
        print(json.dumps(found, default=lambda each: {s: getattr(each, s) for s in each.__slots__}))
        return
    print("\n".join(tables({name: found[name] for name in FILES})))
    print()
    print("\n".join(untouched_table({name: found[name] for name in UNTOUCHED})))


if __name__ == "__main__":
    main()
