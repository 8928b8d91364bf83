"""Two column groups of one part: `extract`, the answers, and `verify`, the verdicts.

Extracting reads the responses and does not depend on the policy; verifying joins what was decided
about each distinct pair of answer and reference (`curate.decisions`). The two meet in `pair_key`,
which is null where there is nothing to decide.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.columns import arrow_column
from curate.decisions import DECISION_SCHEMA, NO_DECISIONS, decisions_on
from curate.io import write_table
from curate.pairs import PAIR_KEY, Pair, Row, row_of
from curate.pool import TRACES, Pool
from curate.stage import Stage, code_hash
from curate.store import is_local, opened
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
EXTRACT_VERSION = 4
VERIFY = "verify"
CUT_OFF = frozenset({"length", "max_tokens", "max_length"})
"""Stop reasons that mean that the response was not finished."""
FAILED = "failed: "
"""How the rule of an extraction begins that our code did not survive."""
SLICE_ROWS = 32 * 1024
"""Rows that are Python objects at a time."""
READ_COLUMNS = ["response", "reference", "reference_form", "options", "stop_reason"]

EXTRACT_SCHEMA = pa.schema(
    {
        "answer": pa.large_string(),
        "answer_start": pa.int64(),
        "answer_end": pa.int64(),
        "rule": pa.large_string(),
        "thinking_start": pa.int64(),
        "thinking_end": pa.int64(),
        "thinking": pa.large_string(),
        "truncated": pa.bool_(),
        "canonical_answer": pa.large_string(),
        "identical": pa.bool_(),
        "pair_key": pa.large_string(),
        "reference_kind": pa.large_string(),
        "response_chars": pa.int64(),
    }
)
VERIFY_SCHEMA = pa.schema(
    {
        "verdict": pa.large_string(),
        "answer": pa.large_string(),
        "answer_start": pa.int64(),
        "answer_end": pa.int64(),
        "reference_kind": pa.large_string(),
        "method": pa.large_string(),
        "reason": pa.large_string(),
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
    path = pool.part(TRACES, task.name)
    mapped = is_local(path)  # spares 4 % of the job a copy
    with opened(path) as source, pq.ParquetFile(source, memory_map=mapped) as file:
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


Given = tuple[Text, str | None, str, list[str] | None, str | None]


def responses(traces: pa.Table) -> Iterator[Given]:
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
    same = found.answer is not None and is_identical(found.answer, wanted)
    open_ = not same and settle(found, wanted) is None
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
        same,
        Pair.of_values(found.answer, reference, form, options).key if open_ else None,
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


GROUNDS = ["rule", "identical", "reference_kind", "answered"]
"""What tells the verdict where there was nothing to decide."""
SAME = Decision(verdict=Verdict.CORRECT, method=IDENTICAL)


def verify_part(task: PartTask) -> int:
    """Write the verdicts of one part; the number of rows."""
    pool = Pool(task.pool)
    columns = [*VERIFY_SCHEMA.names, "rule", "identical", PAIR_KEY]
    frame = pool.read_part(task.name, [EXTRACT], columns)
    keys = frame[PAIR_KEY].drop_nulls().unique()
    decided = NO_DECISIONS if task.decided is None else decisions_on(keys, task.decided)
    write_table(pool.part(VERIFY, task.name), verdicts(frame, decided), key=task.key)
    return frame.height


def verdicts(frame: pl.DataFrame, decided: pl.DataFrame) -> pa.Table:
    """The `verify` columns beside these answers, from the decisions on their pairs.

    Raises:
        KeyError: nothing was decided about a pair.
    """
    frame = frame.with_columns(answered=pl.col("answer").is_not_null())
    grounds = pl.concat_str(GROUNDS, separator="\x1f")  # which no key of a pair can be
    frame = frame.with_columns(pl.col(PAIR_KEY).fill_null(grounds))
    settled = [
        (key, *settled_decision(*values))
        for key, *values in frame.select(PAIR_KEY, *GROUNDS)
        .unique()
        .join(decided, on=PAIR_KEY, how="anti")
        .iter_rows()
    ]
    every = pl.concat([decided, pl.DataFrame(settled, schema=DECISION_SCHEMA, orient="row")])
    found = frame.join(every, on=PAIR_KEY, how="left", maintain_order="left").with_columns(
        method=pl.concat_str("rule", "method", separator="/")
    )
    table = found.select(VERIFY_SCHEMA.names).rechunk()
    return table.to_arrow(compat_level=pl.CompatLevel.oldest())


def settled_decision(rule: str, identical: bool, kind: str, answered: bool) -> Row:
    """The decision where there was nothing to decide."""
    if identical:
        found: Decision | None = SAME
    elif rule.startswith(FAILED):
        found = Decision(verdict=Verdict.ERROR, method="none", reason=rule)
    else:
        extraction = Extraction(answer="" if answered else None, rule=rule)
        found = settle(extraction, Reference(kind=kind, text=""))
    if found is None:
        raise KeyError("nothing was decided about a pair")
    return row_of(found)


def table_of(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    """Rows as a table, an empty one too."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [
        arrow_column(list(column), field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
