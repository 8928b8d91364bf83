"""Dumps into a pool: each block of a source becomes one part, in any order, on any worker.

A source that is known keeps its number; one whose content or options changed is read again; one
that is not among the inputs stays. A damaged part is made again from its source.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from curate.engine import Engine, TaskLost, results
from curate.errors import InputError
from curate.io import Stamp, remove
from curate.pool import SCHEMA_VERSION, TRACES, Pool, part_name, part_number
from curate.progress import Progress
from curate.shard import Shard
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
from curate.split import Beside, ConservationError, SplitTask, read_split

if TYPE_CHECKING:
    from curate.formats import ReadOptions, Source


def ingest(
    inputs: Sequence[str],
    pool: Pool,
    options: "ReadOptions",
    engine: Engine,
    progress: Progress,
    beside: Beside | None = None,
) -> None:
    """Bring the pool's traces up to date with the inputs, and mend what is damaged.

    `beside` makes a further group of every part that is read.

    Raises:
        InputError: an input cannot be read.
        PoolError: the pool is in use, or a damaged part cannot be made again.
    """
    with pool.lock():
        records, tasks = planned(inputs, pool, options)
        run_tasks(tasks, engine, progress, beside)
        finish(pool, records)


def ingest_shard(
    inputs: Sequence[str],
    pool: Pool,
    options: "ReadOptions",
    shard: Shard,
    engine: Engine,
    progress: Progress,
    beside: Beside | None = None,
) -> list[str]:
    """Read the pieces of the inputs that are a shard's; the names of all its parts.

    Nothing is taken away and `pool.json` stays as it is: that is for the run that finishes.

    Raises:
        InputError: an input cannot be read.
    """
    _, tasks = planned(inputs, pool, options)
    own = shard.of(tasks)
    run_tasks(own, engine, progress, beside)
    return [name for task in own for name in pool.part_names() if task.covers(name)]


# --- what is to do --------------------------------------------------------------------------------


Records = dict[str, Mapping[str, Any]]


def planned(
    inputs: Sequence[str], pool: Pool, options: "ReadOptions"
) -> tuple[Records, list[SplitTask]]:
    """What is known of every source then, and the pieces of those that are to be read."""
    from curate.formats import plan_sources

    intact = intact_parts(pool)
    records = known_sources(pool, intact)
    sources = [(source, options) for source in plan_sources(inputs, options)] if inputs else []
    names = {source.name for source, _ in sources}
    for name, record in records.items():
        if name not in names and chain_of(record, intact) is None:
            sources.append(source_again(record))
    for source, read_with in sources:
        number = records[source.name]["number"] if source.name in records else free(records)
        records[source.name] = source_record(source, number, read_with)
    need_known_parts(pool, records)
    return records, [task for each in sources for task in split_tasks(pool, *each, records, intact)]


def split_tasks(
    pool: Pool,
    source: "Source",
    options: "ReadOptions",
    records: Mapping[str, Mapping[str, Any]],
    intact: Mapping[str, Stamp],
) -> Iterator[SplitTask]:
    """The pieces of a source, those that are there too."""
    record = records[source.name]
    done = frozenset(
        block
        for number, block in map(part_number, intact)
        if number == record["number"]
        and intact[part_name(number, block)].key == part_key(TRACES, record, block)
    )
    whole = chain_of(record, intact) is not None
    splits = source.splits or (None,)
    follow = [split.first_block for split in source.splits[1:]]
    for split, after in zip(splits, [*follow, None], strict=True):
        yield SplitTask(
            pool=pool.path,
            source=source,
            split=split,
            options=options,
            record=record,
            after=after,
            done=done,
            whole=whole,
        )


def run_tasks(
    tasks: Sequence[SplitTask], engine: Engine, progress: Progress, beside: Beside | None
) -> None:
    """Read the pieces that are not done on the workers.

    Raises:
        InputError: a piece ended its worker twice.
    """
    missing = [replace(task, beside=beside) for task in tasks if not task.is_done]
    total = sum(task.size_bytes for task in missing)
    try:
        with progress.phase("reading", total) as phase:
            for task, rows in results(engine, read_split, missing):
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
