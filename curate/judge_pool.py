"""A model's opinion where the rules have none: the `judge` group, beside the verdicts.

Asked are traces whose answer or reference is no mathematics that the rules read, each distinct
(problem, reference, answer) once. The rules' verdict stays as it is. Replies are kept in the pool:

    pool/judge/part-….parquet           judge_verdict, judge_reply, judge_model, row for row
    pool/judge/replies-<hash>.log       every reply of a judge; asked once, whatever happens
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from curate.groups import record_stage
from curate.io import write_table
from curate.journal import entries, journal
from curate.judges import MAX_TOKENS, Judge
from curate.pool import TRACES, Pool
from curate.progress import Progress
from curate.stage import Stage, digest
from curate.store import make_folder
from curate.trace import ReferenceForm
from curate.verdict import Verdict
from curate.verify.judge import PROMPT, Question, read_reply

JUDGE = "judge"
JUDGE_VERSION = 1
READS = (TRACES, "verify")
CHUNK = 256
"""Questions between two lines of the log."""
REPLY_CHARS = 500
"""Characters of a reply that the column keeps, from its end."""
COLUMNS = ["problem", "reference", "reference_form", "answer", "verdict", "method"]
SCHEMA = {
    "judge_verdict": pl.String(),
    "judge_reply": pl.String(),
    "judge_model": pl.String(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAccount:
    """What came of it."""

    asked: int
    """Traces whose answer was put to the judge."""
    correct: int
    incorrect: int
    unread: int
    """Traces whose reply holds no verdict."""
    unanswered: int
    """Traces for which no reply came; the same command asks again."""

    def __str__(self) -> str:
        return (
            f"judge: {self.asked:,} traces asked about: {self.correct:,} correct, "
            f"{self.incorrect:,} incorrect, {self.unread:,} without a clear verdict, "
            f"{self.unanswered:,} without a reply"
        )


def is_open() -> pl.Expr:
    """Whether the rules had to leave a trace to words."""
    by_words = pl.col("method").str.contains("/text")
    unequal_words = (pl.col("verdict") == Verdict.INCORRECT) & by_words
    gave_up = pl.col("verdict").is_in([str(Verdict.UNVERIFIABLE), str(Verdict.ERROR)])
    return (
        pl.col("answer").is_not_null()
        & (pl.col("reference").str.strip_chars().str.len_chars() > 0)
        & (pl.col("reference_form") != ReferenceForm.CODE)
        & (unequal_words | gave_up)
    ).fill_null(value=False)


def judge_pool(pool: Pool, judge: Judge, progress: Progress) -> JudgeAccount:
    """Bring the `judge` group of a verified pool up to date.

    Raises:
        InputError: the judge refuses.
        PoolError: the pool is in use, or was not verified to the end.
    """
    config = {"judge": judge.name, "prompt": PROMPT, "max_tokens": MAX_TOKENS}
    with pool.lock():
        folder = pool.path / JUDGE
        make_folder(folder)
        log = folder / f"replies-{digest(config)}.log"
        ask_all(pool, judge, log, progress)
        known = dict(pair for chunk in entries(log) for pair in chunk)
        found = [write_part(pool, name, judge, config, known) for name in pool.part_names()]
        verdicts = pl.concat(found)
        account = account_of(verdicts)
        record_stage(pool, judge_stage(config), READS)
    return account


def account_of(rows: pl.DataFrame) -> JudgeAccount:
    """The account of `open`, `judge_verdict` and `judge_reply` of all traces."""
    asked = rows.filter("open")
    counts = dict(asked["judge_verdict"].drop_nulls().value_counts().iter_rows())
    replied = asked["judge_reply"].is_not_null()
    return JudgeAccount(
        asked=asked.height,
        correct=counts.get(str(Verdict.CORRECT), 0),
        incorrect=counts.get(str(Verdict.INCORRECT), 0),
        unread=int((replied & asked["judge_verdict"].is_null()).sum()),
        unanswered=int((~replied).sum()),
    )


def ask_all(pool: Pool, judge: Judge, log: Path, progress: Progress) -> None:
    """Ask every question whose reply is not in the log."""
    known = {key for chunk in entries(log) for key, _ in chunk}
    names = pool.part_names()
    with progress.phase("judging", len(names), "parts") as phase, journal(log) as lines:
        new = questions(pool, names, known, phase.advance)
        while chunk := list(islice(new, CHUNK)):
            replies = judge.replies([question.prompt for _, question in chunk])
            lines.write(
                [
                    (key, reply)
                    for (key, _), reply in zip(chunk, replies, strict=True)
                    if reply is not None
                ]
            )


def questions(
    pool: Pool, names: Iterable[str], known: set[str], advance: Callable[[int], None]
) -> Iterator[tuple[str, Question]]:
    """The open questions in these parts that are not known; from then on they are."""
    for name in names:
        rows = open_rows(pool, name).filter("open").select("problem", "reference", "answer")
        for problem, reference, answer in rows.unique(maintain_order=True).iter_rows():
            key = key_of(problem, reference, answer)
            if key not in known:
                known.add(key)
                yield key, Question(problem=problem, reference=reference, answer=answer)
        advance(1)


def open_rows(pool: Pool, name: str) -> pl.DataFrame:
    """The traces of a part, with `open`."""
    return pool.read_part(name, ["verify", TRACES], COLUMNS).with_columns(open=is_open())


def key_of(problem: str, reference: str, answer: str) -> str:
    """32 hex digits that stand for a question."""
    return str(xxhash.xxh3_128_hexdigest("\0".join((problem, reference, answer)).encode()))


def write_part(
    pool: Pool, name: str, judge: Judge, config: dict[str, Any], known: dict[str, str]
) -> pl.DataFrame:
    """Write the group of one part where it changed; `open` and the group."""
    rows = open_rows(pool, name)
    replies = [
        known.get(key_of(problem, reference, answer)) if is_open else None
        for problem, reference, answer, is_open in rows.select(
            "problem", "reference", "answer", "open"
        ).iter_rows()
    ]
    own = pl.DataFrame(
        {
            "judge_verdict": [verdict_of(reply) for reply in replies],
            "judge_reply": [None if reply is None else reply[-REPLY_CHARS:] for reply in replies],
            "judge_model": [None if reply is None else judge.name for reply in replies],
        },
        schema=SCHEMA,
    )
    seals = [pool.stamps(group)[name].seal for group in READS]
    key = judge_stage(config).key([*seals, digest(own.write_ndjson())])
    have = pool.stamps(JUDGE).get(name)
    if have is None or have.key != key:
        table = own.to_arrow(compat_level=pl.CompatLevel.oldest())
        write_table(pool.part(JUDGE, name), table, key=key)
    return rows.select("open").hstack(own)


def judge_stage(config: dict[str, Any]) -> Stage:
    """What makes the group."""
    return Stage(name=JUDGE, version=JUDGE_VERSION, config=config)


def verdict_of(reply: str | None) -> str | None:
    """`correct`, `incorrect`, or None where there is no reply or no verdict in it."""
    found = None if reply is None else read_reply(reply)
    if found is None:
        return None
    return str(Verdict.CORRECT if found else Verdict.INCORRECT)
