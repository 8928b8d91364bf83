"""Dumps into a pool: each block of a source becomes one part, in any order, on any worker.

A source that is known keeps its number; one whose content or options changed is read again; one
that is not among the inputs stays. A damaged part is made again from its source.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.engine import LocalEngine, TaskLost, results
from curate.errors import InputError
from curate.io import Stamp, remove, write_table
from curate.pool import QUARANTINE, SCHEMA_VERSION, TRACES, Pool, part_name, part_number
from curate.progress import Progress
from curate.sources import (
    chain_of,
    free,
    intact_parts,
    known_sources,
    need_known_parts,
    part_key,
    source_again,
    source_entry,
    source_record,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from curate.formats import Block, ReadOptions, Source, Split


class ConservationError(AssertionError):
    """Rows were lost or came twice: a bug of ours, never the user's."""


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

    def __str__(self) -> str:
        block = 0 if self.split is None else self.split.first_block
        return f"`{self.source.name}` from block {block} on"

    @property
    def size_bytes(self) -> int:
        """About how much of the source it is."""
        if self.split is not None and not self.split.sequential and self.source.format == "jsonl":
            return self.split.stop - self.split.start
        return self.source.size_bytes // max(1, len(self.source.splits))


def ingest(
    inputs: Sequence[str],
    pool: Pool,
    options: "ReadOptions",
    engine: LocalEngine,
    progress: Progress,
) -> None:
    """Bring the pool's traces up to date with the inputs, and mend what is damaged.

    Raises:
        InputError: an input cannot be read.
        PoolError: the pool is in use, or a damaged part cannot be made again.
    """
    from curate.formats import plan_sources

    with pool.lock():
        intact = intact_parts(pool)
        records = known_sources(pool, intact)
        planned = [(source, options) for source in plan_sources(inputs, options)] if inputs else []
        names = {source.name for source, _ in planned}
        for name, record in records.items():
            if name not in names and chain_of(record, intact) is None:
                planned.append(source_again(record))
        for source, read_with in planned:
            number = records[source.name]["number"] if source.name in records else free(records)
            records[source.name] = source_record(source, number, read_with)
        need_known_parts(pool, records)
        tasks = [task for each in planned for task in split_tasks(pool, *each, records, intact)]
        run_tasks(tasks, engine, progress)
        finish(pool, records)


# --- what is to do --------------------------------------------------------------------------------


def split_tasks(
    pool: Pool,
    source: "Source",
    options: "ReadOptions",
    records: Mapping[str, Mapping[str, Any]],
    intact: Mapping[str, Stamp],
) -> Iterator[SplitTask]:
    """The pieces of a source that are not all there."""
    record = records[source.name]
    if chain_of(record, intact) is not None:
        return
    done = frozenset(
        block
        for number, block in map(part_number, intact)
        if number == record["number"]
        and intact[part_name(number, block)].key == part_key(TRACES, record, block)
    )
    splits = source.splits or (None,)
    follow = [split.first_block for split in source.splits[1:]]
    for split, after in zip(splits, [*follow, None], strict=True):
        whole = split is not None and not split.sequential and split.first_block in done
        if not whole:
            yield SplitTask(
                pool=pool.path,
                source=source,
                split=split,
                options=options,
                record=record,
                after=after,
                done=done,
            )


def run_tasks(tasks: Sequence[SplitTask], engine: LocalEngine, progress: Progress) -> None:
    """Read the pieces on the workers.

    Raises:
        InputError: a piece ended its worker twice.
    """
    total = sum(task.size_bytes for task in tasks)
    try:
        with progress.phase("reading", total) as phase:
            for task, rows in results(engine, read_split, tasks):
                phase.advance(task.size_bytes, rows)
    except TaskLost as lost:
        raise InputError(
            f"{lost.task} cannot be read",
            why=f"reading it ended its process twice: {lost.failure.message}",
            fix="give it more memory with fewer `--workers`, or a smaller `--line-limit-mb`",
        ) from lost


def finish(pool: Pool, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that every source is whole, drop parts that no source has, and write `pool.json`."""
    intact = intact_parts(pool)
    chains = {}
    for name, record in records.items():
        chain = chain_of(record, intact)
        if chain is None:
            raise ConservationError(f"{name}: parts are missing after all were written")
        chains[name] = chain
    kept = {name for chain in chains.values() for name in chain}
    for group in pool.groups():
        for name in set(pool.part_names(group)) - kept:
            remove(pool.part(group, name))
    sources = [
        source_entry(records[name], [intact[part] for part in chain])
        for name, chain in sorted(chains.items(), key=lambda item: records[item[0]]["number"])
    ]
    if pool.old_manifest().get("sources") != sources:
        pool.write_manifest({"schema": SCHEMA_VERSION, "sources": sources})


# --- in a worker ----------------------------------------------------------------------------------


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

    number = 0 if task.split is None else task.split.first_block
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
    write_table(pool.part(TRACES, name), block.traces, key=key, about=about)


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
