"""The texts of the chosen traces, sorted into shards on disk, so that memory stays bounded.

A shard is a range of row numbers. All arms have the same problems at the same row numbers, so one
shard serves the same rows of all of them, and the pools are read once however many arms there are.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from curate.mix.canaries import canary_items
from curate.mix.places import Places
from curate.pool import TRACES
from curate.progress import Phase

SHARD_CHARS = 64 * 2**20
HELD_CHARS = 96 * 2**20
"""About how much text is held before it is put on disk."""
CHARS_PER_TOKEN = 4


class Text(NamedTuple):
    """What a trace says."""

    problem: str
    response: str


class Shards:
    """The texts of some arms, shard by shard."""

    def __init__(self, manifest: Mapping[str, Any], arms: Sequence[str], work: Path) -> None:
        self.work = work
        self.rows = rows_per_shard(manifest)
        self.wanted: dict[str, list[int]] = {}
        for arm in arms:
            for number, trace_id in enumerate(manifest["arms"][arm]["data"]["id"]):
                shards = self.wanted.setdefault(trace_id, [])
                if number // self.rows not in shards:
                    shards.append(number // self.rows)
        longest = max(manifest["arms"][arm]["rows"] for arm in arms)
        self.count = -(-longest // self.rows)

    def fill(self, places: Places, phase: Phase) -> None:
        """Read every pool once and put each text where it is needed."""
        self.work.mkdir(parents=True)
        held: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
        size, files = 0, 0
        for trace_id, text in texts_of(places):
            phase.advance(1)
            for shard in self.wanted[trace_id]:
                held[shard].append((trace_id, *text))
                size += len(text.problem) + len(text.response)
            if size > HELD_CHARS:
                self.put(held, files)
                held, size, files = defaultdict(list), 0, files + 1
        self.put(held, files)

    def put(self, held: Mapping[int, list[tuple[str, str, str]]], number: int) -> None:
        """Put what is held on disk."""
        for shard, rows in held.items():
            names = {"id": pl.String, "problem": pl.String, "response": pl.String}
            frame = pl.DataFrame(rows, schema=names, orient="row")
            frame.write_ipc(self.work / f"{shard:05}-{number:05}.arrow", compression="lz4")

    def read(self, number: int) -> dict[str, Text]:
        """The texts of a shard, by id."""
        found = {}
        for path in sorted(self.work.glob(f"{number:05}-*.arrow")):
            for trace_id, problem, response in pl.read_ipc(path).iter_rows():
                found[trace_id] = Text(problem, response)
        return found


def rows_per_shard(manifest: Mapping[str, Any]) -> int:
    """How many rows make a shard: the same for the design and for each arm of it."""
    rows = tokens = 1
    for arm in manifest["balance"]["sizes"].values():
        rows, tokens = max(rows, arm["rows"]), tokens + arm["tokens"]
    share = SHARD_CHARS * rows // (tokens * CHARS_PER_TOKEN)
    return max(32, min(rows, share))


def texts_of(places: Places) -> Iterator[tuple[str, Text]]:
    """(Id, text) of every trace, in the order of the pools."""
    in_pools = places.frame.filter(pl.col("part") >= 0)  # canaries are in none
    for (name, part), inside in in_pools.group_by("pool", "part", maintain_order=True):
        pool = places.pools[str(name)]
        file = pool.part_names()[int(str(part))]
        frame = pool.read_part(file, [TRACES], ["problem", "response"])[inside["place"]]
        for trace_id, problem, response in zip(
            inside["id"], frame["problem"], frame["response"], strict=True
        ):
            yield trace_id, Text(problem, response)


def rows_of_shard(
    manifest: Mapping[str, Any], arm: str, number: int, rows: int
) -> Iterator[pl.DataFrame]:
    """The rows of an arm in a shard, once; nothing where the arm has ended."""
    data = manifest["arms"][arm]["data"]
    first = number * rows
    if first < len(data["id"]):
        yield pl.DataFrame({name: values[first : first + rows] for name, values in data.items()})


def canary_texts(manifest: Mapping[str, Any]) -> dict[str, Text]:
    """The texts of the canaries, by id."""
    found = canary_items(manifest)
    return {name: Text(item["problem"], item["response"]) for name, item in found.items()}
