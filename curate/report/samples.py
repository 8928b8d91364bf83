"""The traces that a report holds to be read: which they are, and what it keeps of each.

Every bar of a chart offers the first of its traces. Bars are served in rounds, one trace each, so
that a full report leaves no bar without one where another has three. Fine bars, such as the cells
of a map, come last and take a trace that is there already where they can.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from curate.report.data import Rows
from curate.report.items import READ, item_of
from curate.store import opened

OF_A_BAR = 3
OF_A_FINE_BAR = 1
OFFERED = 12
"""Traces that a fine bar offers, one of which may be in the report already."""
TRACES = 400
"""At most so many traces in a report."""
TRACE_BYTES = 1_800_000
"""At most so many bytes of them, as JSON."""


@dataclass(frozen=True, slots=True)
class Picks:
    """The bars of a report and the traces or records that each offers."""

    bars: dict[str, tuple[int, ...]] = field(default_factory=dict)
    fine: dict[str, tuple[int, ...]] = field(default_factory=dict)
    records: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)

    def bar(self, places: Sequence[int]) -> str:
        """The key of a new bar with these traces."""
        self.bars[key := self._key()] = tuple(places[:OF_A_BAR])
        return key

    def fine_bar(self, places: Sequence[int]) -> str:
        """The key of a new bar of which there are many."""
        self.fine[key := self._key()] = tuple(places[:OFFERED])
        return key

    def record_bar(self, records: Sequence[dict[str, Any]]) -> str:
        """The key of a new bar with records that became no trace."""
        self.records[key := self._key()] = tuple(records)
        return key

    def _key(self) -> str:
        return f"b{len(self.bars) + len(self.fine) + len(self.records)}"

    def wanted(self) -> Iterator[int]:
        """The places of the traces in the order in which they are wanted, some of them again."""
        for turn in range(OF_A_BAR):
            for places in self.bars.values():
                yield from places[turn : turn + 1]
        taken = {place for places in self.bars.values() for place in places}
        for places in self.fine.values():
            if places and not taken.intersection(places):
                taken.add(places[0])
                yield places[0]


def sample_json(rows: Rows, picks: Picks) -> dict[str, Any]:
    """What the page reads: `items`, and for every bar the numbers of its items."""
    wanted = list(dict.fromkeys(picks.wanted()))[:TRACES]
    found = dict(read_items(rows, sorted(wanted)))
    items: list[dict[str, Any]] = []
    numbers: dict[int, int] = {}
    left = TRACE_BYTES
    for place in wanted:
        left -= len(json.dumps(found[place], ensure_ascii=False).encode())
        if left < 0:
            break
        numbers[place] = len(items)
        items.append(found[place])
    bars = {
        key: [numbers[place] for place in places if place in numbers][:OF_A_BAR]
        for key, places in {**picks.bars, **picks.fine}.items()
    }
    for key, records in picks.records.items():
        bars[key] = list(range(len(items), len(items) + len(records)))
        items += records
    return {"pool": str(rows.pool.path), "items": items, "bars": bars}


# --- reading --------------------------------------------------------------------------------------


def read_items(rows: Rows, places: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(place, item) of the traces at these places, which rise; one part at a time."""
    names = rows.pool.part_names()
    inside: dict[int, list[int]] = {}
    for place in places:
        part = int(np.searchsorted(rows.starts, place, side="right")) - 1
        inside.setdefault(part, []).append(place)
    for part, own in inside.items():
        start = int(rows.starts[part])
        traces = read_traces(rows, names[part], [place - start for place in own])
        for place, trace in zip(own, traces, strict=True):
            yield place, item_of(trace)


def read_traces(rows: Rows, part: str, places: Sequence[int]) -> Iterator[dict[str, Any]]:
    """All columns that a reader may want of these rows of a part."""
    shown = rows.pool.column_names(part, rows.groups)
    frames, taken = [], set[str]()
    for group, columns in shown.items():
        wanted = {
            name: called
            for name, called in columns.items()
            if called in READ and called not in taken
        }
        taken |= set(wanted.values())
        if wanted:
            frames.append(read_places(rows, group, part, places, list(wanted)).rename(wanted))
    return pl.concat(frames, how="horizontal").iter_rows(named=True)


def read_places(
    rows: Rows, group: str, part: str, places: Sequence[int], columns: Sequence[str]
) -> pl.DataFrame:
    """Columns of these rows, of which only the row groups that hold them are read."""
    found = []
    with opened(rows.pool.part(group, part)) as source, pq.ParquetFile(source) as file:
        start = 0
        for number_ in range(file.num_row_groups):
            stop = start + file.metadata.row_group(number_).num_rows
            inside = [place - start for place in places if start <= place < stop]
            if inside:
                table = file.read_row_group(number_, columns=list(columns), use_threads=False)
                frame = pl.from_arrow(table)
                if isinstance(frame, pl.DataFrame):
                    found.append(frame[inside])
            start = stop
    return pl.concat(found)
