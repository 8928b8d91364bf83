"""Two column groups of one part: `extract`, the answers, and `verify`, the verdicts.

Extracting reads the responses and does not depend on the policy; verifying joins what was decided
about each distinct pair of answer and reference (`curate.decisions`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate.columns import arrow_column
from curate.decisions import decisions_for
from curate.io import write_table
from curate.pairs import PAIR_COLUMNS, Pair
from curate.pool import TRACES, Pool
from curate.store import opened
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
SLICE_ROWS = 32 * 1024
"""Rows that are Python objects at a time."""
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
        "reference_kind": pa.string(),
        "response_chars": pa.int64(),
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
    pieces = [
        table_of([extract_row(*row) for row in rows], EXTRACT_SCHEMA)
        for rows in responses(pool.part(TRACES, task.name))
    ]
    table = pa.concat_tables([table_of([], EXTRACT_SCHEMA), *pieces])
    programs = pc.sum(pc.equal(table["reference_kind"], "code")).as_py() or 0
    about = {"programs": programs} if programs else {}
    write_table(pool.part(EXTRACT, task.name), table, key=task.key, about=about)
    return int(table.num_rows)


Row = tuple[str, str | None, str, list[str] | None, str | None]


def responses(path: Path) -> Iterator[Iterator[Row]]:
    """Response, reference, form, options and stop reason of the traces, a row group at a time."""
    columns = ["response", *REFERENCE_COLUMNS, "stop_reason"]
    with opened(path) as source, pq.ParquetFile(source) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=columns, use_threads=False)
            yield zip(*(table[name].to_pylist() for name in columns), strict=True)


def extract_row(
    response: str,
    reference: str | None,
    form: str,
    options: Sequence[str] | None,
    stop_reason: str | None,
) -> tuple[object, ...]:
    """One row of the `extract` group."""
    wanted = read_reference(reference, form, options)
    found = extracted(response, wanted)
    return (
        found.answer,
        found.start,
        found.end,
        found.rule,
        found.thinking_start,
        found.thinking_end,
        found.thinking,
        stop_reason in CUT_OFF if stop_reason is not None else found.thinking == "unclosed",
        canonical_answer(found.answer, wanted.kind),
        wanted.kind,
        len(response),
    )


def canonical_answer(answer: str | None, kind: str) -> str | None:
    """What equal answers share; a program is only equal to itself."""
    return answer if answer is None or kind == "code" else canonical(answer)


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
    decided = decisions_for(frame, task.decided)
    pieces = [verdicts(piece, decided) for piece in frame.iter_slices(SLICE_ROWS)]
    table = pa.concat_tables([table_of([], VERIFY_SCHEMA), *pieces])
    write_table(pool.part(VERIFY, task.name), table, key=task.key)
    return int(table.num_rows)


def verdicts(frame: pl.DataFrame, decided: Mapping[Pair, Decision]) -> pa.Table:
    """The `verify` columns beside these answers and references."""
    rules = frame["rule"].to_list()
    pairs = map(Pair.of_values, *(frame[name].to_list() for name in PAIR_COLUMNS))
    found = [
        decided.get(pair) or settled(pair, rule) for pair, rule in zip(pairs, rules, strict=True)
    ]
    own = {
        "verdict": [str(decision.verdict) for decision in found],
        "method": [
            f"{rule}/{decision.method}" for rule, decision in zip(rules, found, strict=True)
        ],
        "reason": [decision.reason for decision in found],
    }
    columns = [
        arrow_column(own[field.name], field.type)
        if field.name in own
        else frame[field.name].to_arrow(compat_level=pl.CompatLevel.oldest()).cast(field.type)
        for field in VERIFY_SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=VERIFY_SCHEMA)


def settled(pair: Pair, rule: str) -> Decision:
    """The verdict where the answer or the reference is missing."""
    if rule.startswith(FAILED):
        return Decision(verdict=Verdict.ERROR, method="none", reason=rule)
    found = settle(Extraction(answer=pair.answer, rule=rule), pair.read_reference())
    if found is None:
        raise KeyError(f"nothing was decided about {pair}")
    return found


def table_of(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    """Rows as a table, an empty one too."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [
        arrow_column(list(column), field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
