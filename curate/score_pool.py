"""The `score` group: the signals of `curate.quality` for every trace of a pool, part by part.

It reads the texts and what was extracted from them, not the verdicts, so another policy scores
nothing again. Which columns there are, `curate.quality.columns` says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.engine import Engine
from curate.groups import GroupTask, make_group
from curate.io import write_table
from curate.pool import TRACES, Pool
from curate.progress import Progress
from curate.quality.columns import SCORE_SCHEMA
from curate.quality.markers import places_of
from curate.quality.parts import Response
from curate.quality.signals import signals_of
from curate.quality.size import Loaded, Tokenizer
from curate.stage import Stage, code_hash, digest
from curate.store import opened
from curate.texts import Text, texts_of

SCORE = "score"
SCORE_VERSION = 2
EXTRACT = "extract"
READS = (TRACES, EXTRACT)
CODE = (
    "columns", "completeness", "graph", "loops", "markers", "mentions", "parts", "places",
    "repeats", "scripts", "signals", "size", "words",
)  # fmt: skip
"""Modules of `curate.quality` that the signals come from, beside those of the arithmetic."""
FROM_EXTRACT = (
    "thinking", "thinking_start", "thinking_end", "answer", "rule", "canonical_answer",
    "answer_start", "answer_end",
)  # fmt: skip
TABLE = ("loop_share", "near_repeats", "failed_steps", "backtracking_rate", "verification_rate")
TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreAccount:
    """What came of it."""

    traces: int
    scored: int
    failed: dict[str, int]
    """Traces that our code did not survive, by reason."""

    def __str__(self) -> str:
        lost = sum(self.failed.values())
        text = f"{self.traces:,} traces: {self.scored:,} scored, {lost:,} failed"
        return "\n".join([text, *(f"  {n:,} failed: {why}" for why, n in self.failed.items())])


def score_pool(
    pool: Pool, engine: Engine, progress: Progress, tokenizer: Tokenizer | None = None
) -> ScoreAccount:
    """Bring the `score` group of a pool up to date.

    Raises:
        PoolError: the pool is in use, or was not verified to the end.
    """
    with pool.lock():
        stage = score_stage(tokenizer)
        make_group(pool, stage, READS, score_part, engine, progress, "scoring")
        return account_of(pool)


def score_stage(tokenizer: Tokenizer | None) -> Stage:
    """What the group is made by."""
    import zstandard

    modules = [
        module
        for module in sorted(resources.files("curate.quality").iterdir(), key=lambda one: one.name)
        if module.name.removesuffix(".py") in CODE or module.name.startswith("arithmetic")
    ]
    return Stage(
        name=SCORE,
        version=SCORE_VERSION,
        config={
            "code": digest([module.read_text("utf-8") for module in modules]),
            "verify": code_hash("curate.verify"),
            "zstd": list(zstandard.ZSTD_VERSION),
            "tokenizer": None if tokenizer is None else tokenizer.seal,
            "tokenizer_path": None if tokenizer is None else tokenizer.path,
        },
    )


def account_of(pool: Pool) -> ScoreAccount:
    """The account of a pool that is scored."""
    failed: dict[str, int] = {}
    rows = 0
    for stamp in pool.stamps(SCORE).values():
        rows += stamp.rows
        for why, count in cast("dict[str, int]", stamp.about.get("failed", {})).items():
            failed[why] = failed.get(why, 0) + count
    return ScoreAccount(
        traces=rows, scored=rows - sum(failed.values()), failed=dict(sorted(failed.items()))
    )


# --- one part -------------------------------------------------------------------------------------


def score_part(task: GroupTask) -> None:
    """Write the signals of one part."""
    pool = Pool(task.pool)
    path = task.stage.config["tokenizer_path"]
    loaded = None if path is None else Tokenizer(str(path), "").load()
    known = pool.read_part(task.name, [EXTRACT], FROM_EXTRACT).select(FROM_EXTRACT)
    failed: dict[str, int] = {}
    pieces = [table_of([])]
    first = 0
    with opened(pool.part(TRACES, task.name)) as source, pq.ParquetFile(source) as file:
        for number in range(file.num_row_groups):
            columns = ["response", "stop_reason"]
            traces = file.read_row_group(number, columns=columns, use_threads=False)
            some = known.slice(first, len(traces))
            first += len(traces)
            pieces.append(table_of([*scored(traces, some, loaded, failed)]))
    about = {"failed": failed} if failed else {}
    write_table(pool.part(SCORE, task.name), pa.concat_tables(pieces), key=task.key, about=about)


def scored(
    traces: pa.Table, known: pl.DataFrame, loaded: Loaded | None, failed: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """The rows of these traces; counts in `failed` those that got nulls, by reason."""
    responses = cast("pl.Series", pl.from_arrow(traces["response"]))
    for text, stop_reason, row, places in zip(
        texts_of(traces["response"]),
        traces["stop_reason"].to_pylist(),
        known.iter_rows(named=True),
        places_of(responses),
        strict=True,
    ):
        try:
            yield signals_of(response_of(text, stop_reason, row), places, loaded)
        except Exception as error:  # noqa: BLE001 - the boundary to untrusted text
            why = f"{type(error).__name__}: {str(error)[:100]}"
            failed[why] = failed.get(why, 0) + 1
            yield {}


def response_of(text: Text, stop_reason: str | None, row: Mapping[str, Any]) -> Response:
    """A response with what was extracted from it."""
    return Response(data=stripped(bytes(text.data)), stop_reason=stop_reason, **row)


def stripped(data: bytes) -> bytes:
    """A text without the white space at its end, of whatever alphabet."""
    data = data.rstrip()
    if not data or 0x20 < data[-1] < 0x7F:
        return data
    tail = data[-TAIL_BYTES:].decode("utf-8", "ignore")
    if kept := tail.rstrip():
        return data[: len(data) - len(tail[len(kept) :].encode())]
    return data.decode().rstrip().encode()


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table, an empty one too."""
    frame = pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in SCORE_SCHEMA}, schema=SCORE_SCHEMA
    )
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


# --- what is printed ------------------------------------------------------------------------------


def medians(pool: Pool) -> pl.DataFrame:
    """Medians of the main signals by verdict, and how many traces were cut off."""
    rows = pool.scan([SCORE, "verify"], ["verdict", "tokens", "cut_off", *TABLE])
    return (
        rows.group_by("verdict")
        .agg(
            traces=pl.len(),
            tokens=pl.col("tokens").median(),
            cut_off=pl.col("cut_off").is_not_null().sum(),
            **{name: pl.col(name).median() for name in TABLE},
        )
        .sort("verdict")
        .collect()
    )
