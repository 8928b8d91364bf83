"""Two column groups of one part: `extract`, the answers, and `verify`, the verdicts.

Extracting reads the responses and does not depend on the policy; verifying joins what was decided
about each distinct pair of answer and reference (`curate.decisions`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from curate.decisions import decisions_for
from curate.io import write_table
from curate.pairs import PAIR_COLUMNS, Pair
from curate.pool import TRACES, Pool
from curate.verdict import Verdict
from curate.verify import (
    Decision,
    Extraction,
    Reference,
    canonical,
    extract,
    read_reference,
    settle,
)

EXTRACT = "extract"
VERIFY = "verify"
CUT_OFF = frozenset({"length", "max_tokens", "max_length"})
"""Stop reasons that mean that the response was not finished."""
FAILED = "failed: "
"""How the rule of an extraction begins that our code did not survive."""
REFERENCE_COLUMNS = ["reference", "reference_form", "options"]

EXTRACT_SCHEMA = pa.schema(
    {
        "answer": pa.string(),
        "answer_start": pa.int64(),
        "answer_end": pa.int64(),
        "rule": pa.string(),
        "thinking_start": pa.int64(),
        "thinking_end": pa.int64(),
        "thinking": pa.string(),
        "truncated": pa.bool_(),
        "canonical_answer": pa.string(),
    }
)
VERIFY_SCHEMA = pa.schema(
    {
        "verdict": pa.string(),
        "answer": pa.string(),
        "answer_start": pa.int64(),
        "answer_end": pa.int64(),
        "reference_kind": pa.string(),
        "method": pa.string(),
        "reason": pa.string(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTask:
    """A part of one group to be made."""

    pool: Path
    name: str
    key: str
    decided: Path | None = None
    """File of the decisions, for the verdicts."""

    def __str__(self) -> str:
        return f"`{self.name}` of `{self.pool}`"


# --- answers --------------------------------------------------------------------------------------


def extract_part(task: PartTask) -> int:
    """Write the answers of one part; the number of rows."""
    pool = Pool(task.pool)
    rows = [extract_row(*row) for row in responses(pool.part(TRACES, task.name))]
    table = table_of(rows, EXTRACT_SCHEMA)
    write_table(pool.part(EXTRACT, task.name), table, key=task.key)
    return len(rows)


def responses(path: Path) -> Iterator[tuple[str, str | None, str, list[str] | None, str | None]]:
    """Response, reference, form, options and stop reason of each trace, a row group at a time."""
    columns = ["response", *REFERENCE_COLUMNS, "stop_reason"]
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=columns, use_threads=False)
            yield from zip(*(table[name].to_pylist() for name in columns), strict=True)


def extract_row(
    response: str,
    reference: str | None,
    form: str,
    options: Sequence[str] | None,
    stop_reason: str | None,
) -> tuple[object, ...]:
    """One row of the `extract` group."""
    found = extracted(response, read_reference(reference, form, options))
    return (
        found.answer,
        found.start,
        found.end,
        found.rule,
        found.thinking_start,
        found.thinking_end,
        found.thinking,
        stop_reason in CUT_OFF if stop_reason is not None else found.thinking == "unclosed",
        None if found.answer is None else canonical(found.answer),
    )


def extracted(response: str, reference: Reference) -> Extraction:
    """The extraction; should our code fail on the text, one that says so in its rule."""
    try:
        return extract(response, reference)
    except Exception as error:  # noqa: BLE001 - the boundary to untrusted text
        return Extraction(answer=None, rule=f"{FAILED}{type(error).__name__}: {str(error)[:200]}")


# --- verdicts -------------------------------------------------------------------------------------


def verify_part(task: PartTask) -> int:
    """Write the verdicts of one part; the number of rows."""
    pool = Pool(task.pool)
    columns = [*EXTRACT_SCHEMA.names, *REFERENCE_COLUMNS]
    frame = pool.read_part(task.name, [EXTRACT, TRACES], columns)
    decided = decisions_for(frame.select(PAIR_COLUMNS), task.decided)
    rows = [verify_row(row, decided) for row in frame.iter_rows(named=True)]
    write_table(pool.part(VERIFY, task.name), table_of(rows, VERIFY_SCHEMA), key=task.key)
    return len(rows)


def verify_row(row: Mapping[str, object], decided: Mapping[Pair, Decision]) -> tuple[object, ...]:
    """One row of the `verify` group."""
    pair = Pair.of_row(row)
    reference = pair.read_reference()
    decision = settled(row, reference) or decided[pair]
    return (
        str(decision.verdict),
        row["answer"],
        row["answer_start"],
        row["answer_end"],
        reference.kind,
        f"{row['rule']}/{decision.method}",
        decision.reason,
    )


def settled(row: Mapping[str, object], reference: Reference) -> Decision | None:
    """The verdict of a row with nothing to compare; None where a comparison is needed."""
    rule = str(row["rule"])
    if rule.startswith(FAILED):
        return Decision(verdict=Verdict.ERROR, method="none", reason=rule)
    answer = row["answer"]
    return settle(
        Extraction(
            answer=None if answer is None else str(answer), rule=rule, thinking=str(row["thinking"])
        ),
        reference,
    )


def table_of(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    """Rows as a table, an empty one too."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [
        pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)
    ]
    return pa.table(arrays, schema=schema)
