"""References that are perhaps wrong: what the traces and the other references say against them.

    cannot be read                         no answer can be compared with it
    names none of its 4 options            `E` of four, or a text that none of them has
    another row of this problem says `13`  equal problems, references that differ in value
    6 of 7 traces agree on `12`, …         the rollouts agree with each other and not with it

Rollouts count once however often the same text comes. They are a claim where more than half agree
on one other answer, hardly any (`FEW`) finds the reference, and the split between the two passes a
sign test: were both equally likely, it would be rarer than `ALPHA`. Five traces against none are
the fewest. It says "look at this", not "this is wrong": a model may be sure of a mistake.
"""

from collections.abc import Iterable
from math import comb
from pathlib import Path

import polars as pl

from curate.lookup import rows_of
from curate.trace import ReferenceForm
from curate.verdict import Verdict
from curate.verify import Policy, read_reference
from curate.verify.audit import contradicts, fault

ALPHA = 0.05
"""Highest p of the one-sided sign test."""
FEW = 0.1
"""Largest share of the traces that may agree with a suspect reference."""
KEY = ["problem_key", "reference_key"]
SHOWN = 60
"""Characters of an answer in a reason."""
SCHEMA = {
    "problem_key": pl.UInt64(),
    "reference_key": pl.UInt64(),
    "kind": pl.String(),
    "reference_suspect": pl.String(),
    "p": pl.Float64(),
}
TRACE_COLUMNS = ["id", "problem", "reference", "reference_form", "options", "verdict", "answer"]


def with_keys(frame: pl.LazyFrame | pl.DataFrame) -> pl.LazyFrame:
    """The frame with `problem_key` and `reference_key`, hashes that only one run may compare.

    Problems are the same whatever their white space and case.
    """
    problem = pl.col("problem").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    options = pl.col("options").list.join("\x1f")
    reference = pl.concat_str(
        "reference", "reference_form", options, separator="\x1e", ignore_nulls=True
    )
    return frame.lazy().with_columns(problem_key=problem.hash(), reference_key=reference.hash())


def suspects(keys: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The suspect references of some problems, all of whose traces are here.

    Args:
        keys: `KEY`, `id`, `reference`, `reference_form`, `options`, `verdict`, `answer` and
            `canonical_answer`, a row per trace.
        policy: how references are compared.

    Returns:
        A row of `SCHEMA` per problem and reference, the first claim of those above; `p` is 0 but
        for rollouts.
    """
    columns = [*KEY, "reference", "reference_form", "options"]
    given = keys.drop_nulls("reference").select(columns).unique(KEY, maintain_order=True)
    rows = [*_faults(given), *_contradictions(given, policy), *_outvoted(keys)]
    found = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return found.unique(KEY, keep="first", maintain_order=True)


Row = tuple[int, int, str, str, float]


def _faults(given: pl.DataFrame) -> Iterable[Row]:
    """References with a fault of their own."""
    for problem, key, text, form, options in given.iter_rows():
        found = fault(text, form, options)
        if found is not None:
            yield problem, key, *found, 0.0


def _contradictions(given: pl.DataFrame, policy: Policy) -> Iterable[Row]:
    """References of equal problems that contradict each other; tests of programs never do."""
    several = given.filter(
        pl.len().over("problem_key") > 1, pl.col("reference_form") != ReferenceForm.CODE
    )
    for group in several.partition_by("problem_key", maintain_order=True):
        rows = group.rows()
        read = [read_reference(*row[2:]) for row in rows]
        for row, own in zip(rows, read, strict=True):
            other = next((each for each in read if contradicts(own, each, policy)), None)
            if other is not None:
                reason = f"another row of this problem says `{other.text[:SHOWN]}`"
                yield row[0], row[1], "conflict", reason, 0.0


def _outvoted(keys: pl.DataFrame) -> Iterable[Row]:
    """References that the distinct traces of their problem agree against."""
    counted = [str(verdict) for verdict in (Verdict.CORRECT, Verdict.INCORRECT)]
    answered = (
        keys.drop_nulls(["reference", "canonical_answer"])
        .filter(pl.col("verdict").is_in(counted), pl.col("reference_form") != ReferenceForm.CODE)
        .unique([*KEY, "id"], maintain_order=True)
    )
    right = pl.col("verdict") == Verdict.CORRECT
    totals = answered.group_by(KEY).agg(traces=pl.len(), right=right.sum())
    against = (
        answered.filter(~right)
        .group_by([*KEY, "canonical_answer"])
        .agg(against=pl.len(), answer=pl.col("answer").min())
        .sort([*KEY, "against", "canonical_answer"], descending=[False, False, True, False])
        .unique(KEY, keep="first", maintain_order=True)
        .join(totals, on=KEY)
        .filter(2 * pl.col("against") > pl.col("traces"))
        .filter(pl.col("right") <= FEW * pl.col("traces"))
    )
    names = [*KEY, "against", "answer", "traces", "right"]
    for problem, key, votes, answer, traces, agree in against.select(names).iter_rows():
        p = sign_test(votes, agree)
        if p <= ALPHA:
            reason = (
                f"{votes} of {traces} traces agree on `{answer[:SHOWN]}`, {agree} with the "
                f"reference (p = {p:.2g})"
            )
            yield problem, key, "outvoted", reason, p


def sign_test(more: int, fewer: int) -> float:
    """Probability of at least so many heads in `more + fewer` throws of a fair coin."""
    throws = more + fewer
    return float(sum(comb(throws, heads) for heads in range(more, throws + 1)) / 2**throws)


LOOKUP: dict[str, pl.DataType] = {"suspect_key": pl.String(), "reference_suspect": pl.String()}
"""Columns of the table in which each part finds its own suspects."""


def with_suspect_key(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, which has keys, with the key of `LOOKUP`."""
    return frame.with_columns(suspect_key=pl.concat_str(KEY, separator="-"))


def suspects_among(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """`KEY` and `reference_suspect` of the suspect references in a frame, which has keys."""
    keys = with_suspect_key(frame.select(KEY).unique())
    found = rows_of(path, keys["suspect_key"], LOOKUP)
    return keys.join(found, on="suspect_key").select(*KEY, "reference_suspect")
