"""One piece of a source on a worker: its blocks read, checked and written as parts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.io import remove, write_table
from curate.pool import QUARANTINE, TRACES, Pool, part_name, part_number
from curate.sources import part_key

if TYPE_CHECKING:
    import pyarrow as pa

    from curate.formats import Block, ReadOptions, Source, Split


class ConservationError(AssertionError):
    """Rows were lost or came twice: a bug of ours, never the user's."""


Beside = Callable[[Pool, str, "pa.Table", str], None]
"""Makes another group of a part, by its name, from its traces while they are in memory, and the
seal of their file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitTask:
    """A piece of a source for one worker."""

    pool: Path
    source: "Source"
    split: "Split | None"
    """None for a source without anything in it."""
    options: "ReadOptions"
    record: Mapping[str, Any]
    after: int | None
    """First block of the next split; None when this is the last."""
    done: frozenset[int]
    """Blocks that are there already."""
    whole: bool = False
    """Whether all blocks of the source are."""
    beside: "Beside | None" = None
    """What else to make of each part."""

    def __str__(self) -> str:
        return f"`{self.source.name}` from block {self.first_block} on"

    @property
    def first_block(self) -> int:
        """Its first block."""
        return 0 if self.split is None else self.split.first_block

    @property
    def is_done(self) -> bool:
        """Whether all its blocks are there; unknown, so no, where it gives any number of them."""
        one = self.split is not None and not self.split.sequential
        return self.whole or (one and self.first_block in self.done)

    def covers(self, name: str) -> bool:
        """Whether a part is one of its blocks."""
        number, block = part_number(name)
        last = block < self.after if self.after is not None else True
        return number == self.record["number"] and self.first_block <= block and last

    @property
    def size_bytes(self) -> int:
        """About how much of the source it is."""
        if self.split is not None and not self.split.sequential and self.source.format == "jsonl":
            return self.split.stop - self.split.start
        return self.source.size_bytes // max(1, len(self.source.splits))


def read_split(task: SplitTask) -> int:
    """Write the parts of one piece; the number of traces in them."""
    rows = 0
    for block, following in with_next(blocks_of(task), task.after):
        rows += block.traces.num_rows
        if block.number not in task.done:
            write_block(task, block, following)
    return rows


def blocks_of(task: SplitTask) -> Iterator["Block"]:
    """The blocks of a piece; an empty one where it has none, so that the chain goes on."""
    from curate.formats import empty_block, read_blocks

    number = task.first_block
    if task.split is not None:
        for block in read_blocks(task.source, task.split, task.options):
            number = block.number + 1
            yield block
    if task.split is None or number == task.split.first_block:
        yield empty_block(number)


def with_next(blocks: Iterable["Block"], after: int | None) -> Iterator[tuple["Block", int | None]]:
    """Each block with the number of the one that follows it; the last one with `after`."""
    held: Block | None = None
    for block in blocks:
        if held is not None:
            yield held, block.number
        held = block
    if held is not None:
        yield held, after


def write_block(task: SplitTask, block: "Block", following: int | None) -> None:
    """Write one part: the quarantine first, since the traces say that it is there."""
    check_block(task.source.name, block)
    pool = Pool(task.pool)
    name = part_name(task.record["number"], block.number)
    quarantine = pool.part(QUARANTINE, name)
    seal = None
    if block.quarantine.num_rows:
        key = part_key(QUARANTINE, task.record, block.number)
        seal = write_table(quarantine, block.quarantine, key=key).seal
    else:
        remove(quarantine)
    about = {
        "source": task.record,
        "next": following,
        "size_bytes": block.traces.nbytes,
        "renamed": renamed_columns(block.traces.schema),
        "records": block.n_records,
        "quarantined": block.quarantine.num_rows,
        "quarantine": seal,
    }
    key = part_key(TRACES, task.record, block.number)
    traces = write_table(pool.part(TRACES, name), block.traces, key=key, about=about)
    if task.beside is not None:
        task.beside(pool, name, block.traces, traces.seal)


def renamed_columns(schema: "pa.Schema") -> dict[str, str]:
    """Columns of ours that are a column of the dump byte for byte, with their name there."""
    names = {field.name: (field.metadata or {}).get(b"original") for field in schema}
    return {name: original.decode() for name, original in names.items() if original}


def check_block(name: str, block: "Block") -> None:
    """Nothing, when every record of the block is in the traces or in quarantine.

    Raises:
        ConservationError: one is not.
    """
    rows = [block.traces["row"].to_pylist(), block.quarantine["row"].to_pylist()]
    found = len(set().union(*rows))
    if found != block.n_records:
        raise ConservationError(
            f"{name}, block {block.number}: {block.n_records} records were read, "
            f"{found} are in the traces or in quarantine"
        )
