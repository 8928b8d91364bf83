"""Two column groups of one part: `extract`, the answers, and `verify`, the verdicts.

Extracting reads the responses and does not depend on the policy; verifying joins what was decided
about each distinct pair of answer and reference (`curate.decisions`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.columns import arrow_column
from curate.decisions import decisions_for
from curate.io import write_table
from curate.pairs import PAIR_COLUMNS, Pair
from curate.pool import TRACES, Pool
from curate.stage import Stage, code_hash
from curate.store import opened
from curate.texts import Text, texts_of
from curate.verdict import Verdict
from curate.verify import (
    IDENTICAL,
    Decision,
    Extraction,
    Reference,
    canonical,
    extract,
    extract_ends,
    is_identical,
    read_reference,
    settle,
)

EXTRACT = "extract"
EXTRACT_VERSION = 3
VERIFY = "verify"
CUT_OFF = frozenset({"length", "max_tokens", "max_length"})
"""Stop reasons that mean that the response was not finished."""
FAILED = "failed: "
"""How the rule of an extraction begins that our code did not survive."""
SLICE_ROWS = 32 * 1024
"""Rows that are Python objects at a time."""
READ_COLUMNS = ["response", "reference", "reference_form", "options", "stop_reason"]
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
        "identical": pa.bool_(),
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


def extract_stage() -> Stage:
    """What the group is made by; it reads the traces alone."""
    config = {"code": code_hash("curate.verify")}
    return Stage(name=EXTRACT, version=EXTRACT_VERSION, config=config)


def extract_part(task: PartTask) -> None:
    """Write the answers of one part."""
    pool = Pool(task.pool)
    with opened(pool.part(TRACES, task.name)) as source, pq.ParquetFile(source) as file:
        # Each row group is given up before the next one is read, whose memory it becomes.
        rows = (
            answers(file.read_row_group(number, columns=READ_COLUMNS, use_threads=False))
            for number in range(file.num_row_groups)
        )
        write_answers(pool, task.name, rows, task.key)


def extract_beside(pool: Pool, name: str, traces: pa.Table, seal: str) -> None:
    """Write the answers of one part while its traces are in memory, which saves reading them."""
    slices = (traces.slice(first, SLICE_ROWS) for first in range(0, len(traces), SLICE_ROWS))
    write_answers(pool, name, map(answers, slices), extract_stage().key([seal]))


def answers(traces: pa.Table) -> list[tuple[object, ...]]:
    """The rows of the `extract` group for these traces."""
    return [extract_row(*row) for row in responses(traces)]


def write_answers(
    pool: Pool, name: str, rows: Iterable[list[tuple[object, ...]]], key: str
) -> None:
    """Write the `extract` group of one part."""
    pieces, held = [table_of([], EXTRACT_SCHEMA)], []
    for some in rows:
        held += some
        if len(held) >= SLICE_ROWS:
            pieces.append(table_of(held, EXTRACT_SCHEMA))
            held = []
    table = pa.concat_tables([*pieces, table_of(held, EXTRACT_SCHEMA)])
    programs = table["reference_kind"].to_pylist().count("code")  # `compute` imports pandas
    about = {"programs": programs} if programs else {}
    write_table(pool.part(EXTRACT, name), table, key=key, about=about)


Row = tuple[Text, str | None, str, list[str] | None, str | None]


def responses(traces: pa.Table) -> Iterator[Row]:
    """Response, reference, form, options and stop reason of each trace."""
    others = (traces[name].to_pylist() for name in READ_COLUMNS[1:])
    return zip(texts_of(traces["response"]), *others, strict=True)


def extract_row(
    response: Text,
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
        found.answer is not None and is_identical(found.answer, wanted),
        wanted.kind,
        response.length,
    )


def canonical_answer(answer: str | None, kind: str) -> str | None:
    """What equal answers share; a program is only equal to itself."""
    return answer if answer is None or kind == "code" else canonical(answer)


def extracted(response: Text, reference: Reference) -> Extraction:
    """The extraction; should our code fail on the text, one that says so in its rule."""
    try:
        if (ends := response.ends()) is not None:
            left_out = response.length - sum(map(len, ends))
            if (found := extract_ends(*ends, left_out, reference)) is not None:
                return found
        return extract(response.whole(), reference)
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


SAME = Decision(verdict=Verdict.CORRECT, method=IDENTICAL)


def verdicts(frame: pl.DataFrame, decided: Mapping[Pair, Decision]) -> pa.Table:
    """The `verify` columns beside these answers and references."""
    rules = frame["rule"].to_list()
    pairs = map(Pair.of_values, *(frame[name].to_list() for name in PAIR_COLUMNS))
    found = [
        SAME if same else decided.get(pair) or settled(pair, rule)
        for pair, rule, same in zip(pairs, rules, frame["identical"].to_list(), strict=True)
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
