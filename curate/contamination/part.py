"""The `contamination` group of one part: its problems, thinking and answers searched apart.

    contaminated         whether an item is in the trace by any rule
    contamination_item   the best hit: the surest rule, then the highest score
    contamination_hits   one for each item and part of the trace, the best first

Spans are in characters: `start` and `end` of the problem where the part is `problem`, and of the
response where it is `thinking` or `answer`; `span` is what they match in the item.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.contamination.embed import Vectors, near, vectors
from curate.contamination.index import Index, build_index
from curate.contamination.items import Item
from curate.contamination.scan import Hit, scan
from curate.contamination.tokens import Octets, Places
from curate.groups import GroupTask
from curate.io import write_table
from curate.pool import TRACES, WORK, Pool
from curate.stage import Stage, code_hash
from curate.store import opened

CONTAMINATION = "contamination"
CONTAMINATION_VERSION = 1
READS = (TRACES, "extract")
PARTS = ("problem", "thinking", "answer")
BEGINS = -64
"""Signed octets from this one on begin a character; others (10xxxxxx) go on with one."""

HIT = pl.Struct(
    {
        "item": pl.String(),
        "rule": pl.String(),
        "part": pl.String(),
        "score": pl.Float64(),
        "start": pl.Int64(),
        "end": pl.Int64(),
        "span": pl.String(),
    }
)
FIELDS = tuple(field.name for field in HIT.fields)
SCHEMA = {
    "contaminated": pl.Boolean(),
    **{f"contamination_{field.name}": field.dtype for field in HIT.fields},
    "contamination_hits": pl.List(HIT),
}


def contamination_stage(digest: str, model: str | None) -> Stage:
    """What makes the group: the items, by their digest, and the model, if there is one."""
    config = {"items": digest, "embed": model, "code": code_hash("curate.contamination")}
    return Stage(name=CONTAMINATION, version=CONTAMINATION_VERSION, config=config)


def items_name(digest: str) -> str:
    """Name of the file in `.work` that the workers read the items from."""
    return f"items-{digest}.json"


def items_json(items: Sequence[Item]) -> bytes:
    """The items for the workers."""
    return json.dumps([[item.name, item.text] for item in items]).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What a worker looks for, made once in its life."""

    index: Index
    model: str | None
    items: Vectors | None


@lru_cache(maxsize=1)
def sought(content: bytes, model: str | None) -> Sought:
    """The index of the items in a file."""
    items = [Item(name=name, text=text) for name, text in json.loads(content)]
    index = build_index(items)
    found = None if model is None else vectors(model, [item.text for item in index.items])
    return Sought(index=index, model=model, items=found)


def contamination_part(task: GroupTask) -> None:
    """Write the group of one part."""
    pool = Pool(task.pool)
    name, model = items_name(str(task.stage.config["items"])), task.stage.config["embed"]
    wanted = sought((pool.path / WORK / name).read_bytes(), None if model is None else str(model))
    splits = pool.read_part(task.name, ["extract"], ["thinking_end", "response_chars"])
    pieces = [pl.DataFrame(schema=SCHEMA)]
    row = 0
    with opened(pool.part(TRACES, task.name)) as source, pq.ParquetFile(source) as file:
        for number in range(file.num_row_groups):
            traces = file.read_row_group(number, columns=["problem", "response"], use_threads=False)
            pieces.append(rows_of(traces, splits.slice(row, traces.num_rows), wanted))
            row += traces.num_rows
    table = pl.concat(pieces).to_arrow(compat_level=pl.CompatLevel.oldest())
    write_table(pool.part(CONTAMINATION, task.name), table, key=task.key)


def rows_of(traces: pa.Table, splits: pl.DataFrame, wanted: Sought) -> pl.DataFrame:
    """The rows of the group for some traces; `splits` says where their thinking ends."""
    pieces = [pl.DataFrame(schema=SCHEMA)]
    first = 0
    for batch in traces.to_batches():
        some = splits.slice(first, batch.num_rows)
        first += batch.num_rows
        found = [
            *in_problems(batch["problem"], wanted),
            *in_responses(batch["response"], some, wanted.index),
        ]
        pieces.append(frame_of(found, batch.num_rows))
    return pl.concat(pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A hit in a row."""

    row: int
    order: tuple[int, float, int]
    shown: dict[str, Any]
    """As it is written."""


def in_problems(column: pa.Array, wanted: Sought) -> Iterator[Located]:
    """The hits in problems."""
    data, cuts = octets_of(column)
    hits = scan(data, cuts, wanted.index, problems=True)
    if wanted.model is not None and wanted.items is not None:
        known = {(hit.text, hit.item) for hit in hits}
        more = near(wanted.model, column.to_pylist(), wanted.index, wanted.items)
        hits += [hit for hit in more if (hit.text, hit.item) not in known]
    for hit in hits:
        text = data[cuts[hit.text] : cuts[hit.text + 1]]
        shown = written(hit, "problem", text, 0, wanted.index)
        yield Located(row=hit.text, order=hit.order, shown=shown)


def in_responses(column: pa.Array, splits: pl.DataFrame, index: Index) -> Iterator[Located]:
    """The hits in responses, each cut in two where its thinking ends."""
    data, cuts = octets_of(column)
    ends = [
        cuts[row] + octets_before(data[cuts[row] : cuts[row + 1]], end or 0, chars)
        for row, (end, chars) in enumerate(splits.iter_rows())
    ]
    # thinking of row 0, answer of row 0, thinking of row 1, …; either may be empty
    both = np.append(np.column_stack([cuts[:-1], np.array(ends, np.int64)]).ravel(), cuts[-1:])
    for hit in scan(data, both, index, problems=False):
        row, part = divmod(hit.text, 2)
        text = data[cuts[row] : cuts[row + 1]]
        shown = written(hit, PARTS[1 + part], text, int(both[hit.text] - cuts[row]), index)
        yield Located(row=row, order=hit.order, shown=shown)


def octets_of(column: pa.Array) -> tuple[Octets, Places]:
    """The UTF-8 of a column of texts without nulls, and where each begins; one more at the end."""
    _, offsets, data = column.buffers()
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    places = np.frombuffer(offsets, width)[column.offset :][: len(column) + 1].astype(np.int64)
    octets = np.frombuffer(data or b"", np.uint8)
    return octets[places[0] : places[-1]], places - places[0]


def octets_before(text: Octets, chars: int, length: int) -> int:
    """How many octets the first characters of a text have, of which it has so many."""
    if chars >= length:
        return len(text)
    if length == len(text):
        return chars
    octets = 0
    while chars > 0:  # a megabyte at a time
        begins = np.flatnonzero(text[octets : octets + 2**20].view(np.int8) >= BEGINS)
        if len(begins) > chars:
            return octets + int(begins[chars])
        chars -= len(begins)
        octets += 2**20
    return min(octets, len(text))


def chars_in(text: Octets) -> int:
    """How many characters these octets are."""
    return int(np.count_nonzero(text.view(np.int8) >= BEGINS))


def written(hit: Hit, part: str, text: Octets, shift: int, index: Index) -> dict[str, Any]:
    """A hit as it is written; it stands in the text after `shift` octets."""
    start = chars_in(text[: shift + hit.start])
    item = index.items[hit.item]
    return {
        "item": item.name,
        "rule": str(hit.rule),
        "part": part,
        "score": hit.score,
        "start": start,
        "end": start + chars_in(text[shift + hit.start : shift + hit.stop]),
        "span": item.text.encode()[hit.item_start : hit.item_stop].decode("utf-8", "ignore"),
    }


def frame_of(found: Sequence[Located], rows: int) -> pl.DataFrame:
    """The rows of the group: the best hit, and all of them, the best first."""
    of_row: list[list[Located]] = [[] for _ in range(rows)]
    for each in found:
        of_row[each.row].append(each)
    shown: list[dict[str, Any]] = []
    for each_row in of_row:
        hits = [located.shown for located in sorted(each_row, key=lambda one: one.order[:2])]
        best = hits[0] if hits else dict.fromkeys(FIELDS)
        shown.append(
            {
                "contaminated": bool(hits),
                **{f"contamination_{name}": best[name] for name in FIELDS},
                "contamination_hits": hits,
            }
        )
    return pl.DataFrame(shown, schema=SCHEMA, orient="row")
