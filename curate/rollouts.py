"""The `rollouts` group: what the traces of a problem have in common, beside each of them.

Two phases: one reduce over the compact keys of all parts (problem, verdict, answer, reference),
then the columns of each part. Memory grows with the keys, about 300 bytes a trace, up to
`TRACES_AT_ONCE` traces; beyond that, problems are taken in several passes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.io import read_stamp, write_table
from curate.lookup import rows_of, write_lookup
from curate.pool import TRACES, WORK, Pool
from curate.stage import Stage, digest
from curate.store import make_folder
from curate.suspects import (
    KEY,
    LOOKUP,
    TRACE_COLUMNS,
    suspects,
    suspects_among,
    with_keys,
    with_suspect_key,
)
from curate.trace import ReferenceForm
from curate.verdict import Verdict
from curate.verify import Policy

ROLLOUTS = "rollouts"
STAGE = Stage(name=ROLLOUTS, version=2, config={})
TRACES_AT_ONCE = 1_000_000
COUNTED = [str(verdict) for verdict in Verdict if verdict.counts]
ANSWER = ["problem_id", "canonical_answer"]
PROBLEMS: dict[str, pl.DataType] = {
    "problem_id": pl.String(),
    "rollouts": pl.Int64(),
    "pass_rate": pl.Float64(),
    "majority": pl.String(),
    "majority_answer": pl.String(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutsTask:
    """A part whose problems may have changed."""

    pool: Path
    name: str
    traces_seal: str
    problems: Path
    """File of the statistics of all problems."""
    suspects: Path
    """File of the references that are perhaps wrong."""

    def __str__(self) -> str:
        return f"`{self.name}` of `{self.pool}`"


def write_problems(pool: Pool, policy: Policy) -> tuple[Path, Path]:
    """The files of the statistics of every problem in the pool, and of its suspect references."""
    folder = pool.path / WORK
    make_folder(folder)
    found = [(problems(keys), with_suspect_key(suspects(keys, policy))) for keys in passes(pool)]
    paths = folder / "problems.db", folder / "suspects.db"
    for path, frames, schema in zip(
        paths, zip(*found, strict=True), (PROBLEMS, LOOKUP), strict=True
    ):
        write_lookup(path, frames, schema)
    return paths


def passes(pool: Pool) -> Iterator[pl.DataFrame]:
    """The keys of all traces, those of one problem in the same frame."""
    count = 1 + sum(stamp.rows for stamp in pool.stamps(TRACES).values()) // TRACES_AT_ONCE
    for number in range(count):
        yield keys(pool, number, count)


def keys(pool: Pool, number: int, count: int) -> pl.DataFrame:
    """What is compared of each trace whose problem is of one pass out of so many."""
    columns = ["problem_id", "canonical_answer", *TRACE_COLUMNS]
    groups = [TRACES, "extract", "verify"]
    frames = (with_keys(pool.read_part(name, groups, columns)) for name in pool.part_names())
    mine = pl.col("problem_key") % count == number
    # Tests may be megabytes, once for every rollout, and nothing here compares them or programs.
    code = pl.col("reference_form") == ReferenceForm.CODE
    texts = [
        pl.when(~code).then(name).alias(name)
        for name in ("reference", "answer", "canonical_answer")
    ]
    return pl.concat(
        frame.drop("problem").filter(mine).with_columns(texts).collect() for frame in frames
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
    columns = [*ANSWER, "problem", "reference", "reference_form", "options"]
    own = with_keys(pool.read_part(task.name, [TRACES, "extract"], columns)).collect()
    statistics = rows_of(task.problems, own["problem_id"].unique(), PROBLEMS)
    found = (
        own.join(suspects_among(own, task.suspects), on=KEY, how="left", maintain_order="left")
        .join(statistics, on="problem_id", how="left", maintain_order="left")
        .select(
            "rollouts",
            "pass_rate",
            "majority_answer",
            "reference_suspect",
            majority_agrees=pl.col("canonical_answer") == pl.col("majority"),
        )
    )
    key = STAGE.key([task.traces_seal, digest(found.write_ndjson())])
    path = pool.part(ROLLOUTS, task.name)
    stamp = read_stamp(path)
    if stamp is not None and stamp.key == key:
        return False
    write_table(path, found.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()), key=key)
    return True
