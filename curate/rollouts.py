"""The `rollouts` group: what the traces of a problem have in common, beside each of them.

Two phases: one reduce over the compact keys of all parts (problem, verdict, answer), then the
columns of each part. Memory grows with the keys, about 100 bytes a trace, up to
`TRACES_AT_ONCE` traces; beyond that, problems are taken in several passes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.io import read_stamp, replacing, write_table
from curate.pool import TRACES, WORK, Pool
from curate.stage import Stage, digest
from curate.verdict import Verdict

ROLLOUTS = "rollouts"
STAGE = Stage(name=ROLLOUTS, version=1, config={})
TRACES_AT_ONCE = 2_000_000
COUNTED = [str(verdict) for verdict in Verdict if verdict.counts]
ANSWER = ["problem_id", "canonical_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutsTask:
    """A part whose problems may have changed."""

    pool: Path
    name: str
    traces_seal: str
    problems: Path
    """File of the statistics of all problems."""

    def __str__(self) -> str:
        return f"`{self.name}` of `{self.pool}`"


def write_problems(pool: Pool, rows: int) -> Path:
    """The file of the statistics of every problem in the pool, which has so many traces."""
    passes = 1 + rows // TRACES_AT_ONCE
    frames = [problems(keys(pool, number, passes)) for number in range(passes)]
    path = pool.path / WORK / "problems.arrow"
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as temporary:
        pl.concat(frames).write_ipc(temporary)
    return path


def keys(pool: Pool, number: int, passes: int) -> pl.DataFrame:
    """Problem, verdict and answer of each trace whose problem is of one pass."""
    columns = ["problem_id", "verdict", "answer", "canonical_answer"]
    groups = [TRACES, "extract", "verify"]
    found: Iterator[pl.DataFrame] = (
        pool.read_part(name, groups, columns) for name in pool.part_names()
    )
    return pl.concat(
        frame.filter(pl.col("problem_id").hash() % passes == number) for frame in found
    )


def problems(keys: pl.DataFrame) -> pl.DataFrame:
    """Statistics of each problem: rollouts, pass rate and the answer of the majority.

    Ties go to the smallest string, and the majority's answer is shown in its commonest spelling.
    """
    counted = pl.col("verdict").is_in(COUNTED)
    correct = pl.col("verdict") == Verdict.CORRECT
    rates = keys.group_by("problem_id").agg(
        rollouts=pl.len().cast(pl.Int64),
        # 0 / 0 is not a number, and a rate that nobody knows is null.
        pass_rate=(correct.sum() / counted.sum()).fill_nan(None),
    )
    answered = keys.drop_nulls("canonical_answer")
    majority = commonest(answered, ["problem_id"], "canonical_answer")
    spelling = commonest(answered.join(majority, on=ANSWER), ["problem_id"], "answer")
    return (
        rates.join(majority, on="problem_id", how="left")
        .join(spelling, on="problem_id", how="left")
        .rename({"canonical_answer": "majority", "answer": "majority_answer"})
    )


def commonest(frame: pl.DataFrame, by: Sequence[str], column: str) -> pl.DataFrame:
    """The commonest value of a column in each group; of several, the smallest."""
    return (
        frame.group_by(*by, column)
        .len()
        .sort([*by, "len", column], descending=[*(False for _ in by), True, False])
        .unique(by, keep="first", maintain_order=True)
        .drop("len")
    )


def rollouts_part(task: RolloutsTask) -> bool:
    """Write the group of one part, if it changed; whether it did."""
    pool = Pool(task.pool)
    own = pool.read_part(task.name, [TRACES, "extract"], ANSWER)
    statistics = pl.scan_ipc(task.problems)
    found = (
        own.lazy()
        .join(statistics, on="problem_id", how="left", maintain_order="left")
        .select(
            "rollouts",
            "pass_rate",
            "majority_answer",
            majority_agrees=pl.col("canonical_answer") == pl.col("majority"),
        )
        .collect()
    )
    key = STAGE.key([task.traces_seal, digest(found.write_ndjson())])
    path = pool.part(ROLLOUTS, task.name)
    stamp = read_stamp(path)
    if stamp is not None and stamp.key == key:
        return False
    write_table(path, found.to_arrow(compat_level=pl.CompatLevel.oldest()), key=key)
    return True
