"""What a pool knows of its sources: from the parts alone, with `pool.json` as their summary.

A part of the traces says in its metadata which block of which source it is, with the source's
content hash and the options it was read with, how many records it holds, what was quarantined with
it, and which block comes next:

    {"source": {"number": 3, "name": "dumps/a.jsonl", "content_hash": "9f2c…", …},
     "next": 18, "records": 1630, "renamed": {"reference": "gold"},
     "quarantined": 2, "quarantine": "51ab…"}

So the parts of a source are a chain, and a missing one is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from curate.errors import InputError, PoolError
from curate.io import Stamp
from curate.pool import QUARANTINE, TRACES, Pool, part_name, part_number
from curate.stage import Stage

if TYPE_CHECKING:
    from curate.formats import ReadOptions, Source

INGEST_VERSION = 1
"""Goes up when the same source would give other traces."""


def intact_parts(pool: Pool) -> dict[str, Stamp]:
    """The parts of the traces that are whole and unedited, as is their quarantine."""
    quarantine = pool.stamps(QUARANTINE)
    return {
        name: stamp
        for name, stamp in pool.stamps(TRACES).items()
        if stamp.about["quarantine"] == (quarantine[name].seal if name in quarantine else None)
    }


def known_sources(pool: Pool, intact: Mapping[str, Stamp]) -> dict[str, Mapping[str, Any]]:
    """What is known of each source by its name, from `pool.json` or from the parts alone."""
    listed = [source["read"] for source in pool.old_manifest().get("sources", [])]
    told: list[Any] = [stamp.about["source"] for stamp in intact.values()]
    return {record["name"]: record for record in sorted(listed + told, key=lambda r: r["number"])}


def source_record(source: "Source", number: int, options: "ReadOptions") -> dict[str, Any]:
    """All that the traces of a source depend on, as plain values."""
    return {
        "number": number,
        "name": source.name,
        "format": source.format,
        "compression": source.compression,
        "size_bytes": source.size_bytes,
        "content_hash": source.content_hash,
        "options": asdict(options),
    }


def free(records: Mapping[str, Mapping[str, Any]]) -> int:
    """The smallest number that no source has."""
    taken = {record["number"] for record in records.values()}
    return next(number for number in range(len(taken) + 1) if number not in taken)


def chain_of(record: Mapping[str, Any], intact: Mapping[str, Stamp]) -> list[str] | None:
    """Names of the parts of a source from the first to the last; None when one is missing."""
    names = []
    block: int | None = 0
    while block is not None:
        name = part_name(record["number"], block)
        if name not in intact or intact[name].key != part_key(TRACES, record, block):
            return None
        names.append(name)
        block = intact[name].about["next"]  # type: ignore[assignment]
    return names


def part_key(group: str, record: Mapping[str, Any], block: int) -> str:
    """Key of one part of the traces or the quarantine."""
    return Stage(name=group, version=INGEST_VERSION, config=record).key([str(block)])


def source_again(record: Mapping[str, Any]) -> tuple["Source", "ReadOptions"]:
    """A source that is needed again to mend what is damaged.

    Raises:
        PoolError: it is gone or changed.
    """
    from curate.formats import ReadOptions, plan_sources

    options = ReadOptions(**record["options"])
    name = record["name"]
    why = "its content has changed since"
    try:
        for source in plan_sources([name], options):
            if source.name == name and source.content_hash == record["content_hash"]:
                return source, options
    except InputError as error:
        why = f"{error.what}: {error.why}"
    raise PoolError(
        f"traces of `{name}` are damaged and cannot be made again",
        why=why,
        fix=f"put `{name}` back as it was, or pass it again as an input",
    )


def need_known_parts(pool: Pool, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Nothing, when every part of the traces belongs to a known source.

    Raises:
        PoolError: one does not, so that it can be neither trusted nor made again.
    """
    numbers = {record["number"] for record in records.values()}
    for name in pool.part_names():
        if part_number(name)[0] not in numbers:
            raise PoolError(
                f"`{pool.part(TRACES, name)}` is damaged",
                why="nothing is left that says which source it came from",
                fix=f"pass all inputs again: `curate verify INPUT... -o {pool.path}`",
            )


def source_entry(record: Mapping[str, Any], stamps: Sequence[Stamp]) -> dict[str, Any]:
    """What `pool.json` says of a source."""
    abouts: list[Mapping[str, Any]] = [stamp.about for stamp in stamps]
    return {
        "name": record["name"],
        "rows": sum(about["records"] for about in abouts),
        "traces": sum(stamp.rows for stamp in stamps),
        "quarantined": sum(about["quarantined"] for about in abouts),
        "parts": len(stamps),
        "renamed": {
            name: sorted({about["renamed"][name] for about in abouts if name in about["renamed"]})
            for name in sorted({name for about in abouts for name in about["renamed"]})
        },
        "read": dict(record),
    }
