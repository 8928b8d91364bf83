"""Column groups beside the traces: made where they are missing, and known while they hold.

A stage that works part by part is one call of `make_group`. `pool.json` says what it made:

    "stages": {"score": {"config": {…}, "reads": {"traces": "<seal>"}, "seal": "<seal>"}}

and taken out again as soon as a group that it was made from is another, so that no column is shown
beside traces that it does not belong to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from curate.engine import Engine, TaskLost, results
from curate.errors import PoolError
from curate.pool import TRACES, Pool
from curate.progress import Progress
from curate.stage import Stage, digest

STAGES = "stages"
"""Key of `pool.json`."""


class OfPart(Protocol):
    """A task that makes a group of one part."""

    @property
    def name(self) -> str:
        """Name of the part."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTask:
    """A part of one group to be made."""

    pool: Path
    name: str
    key: str
    stage: Stage

    def __str__(self) -> str:
        return f"`{self.stage.name}` of `{self.name}` in `{self.pool}`"


Task = TypeVar("Task", bound=OfPart)


def make_group(
    pool: Pool,
    stage: Stage,
    reads: Sequence[str],
    function: Callable[[GroupTask], object],
    engine: Engine,
    progress: Progress,
    title: str,
) -> None:
    """Bring a group up to date with the groups that it reads, part by part.

    `function` writes one part with `write_table(pool.part(stage.name, name), table, key=key)`, as
    many rows as the traces have, in their order.

    Raises:
        PoolError: a group that it reads lacks a part, or a part ended its worker twice.
    """
    tasks = [
        GroupTask(pool=pool.path, name=name, key=key, stage=stage)
        for name, key in stale_parts(pool, pool.part_names(), stage, reads).items()
    ]
    run_parts(title, pool, function, tasks, engine, progress)
    record_stage(pool, stage, reads)


def stale_parts(
    pool: Pool, names: Sequence[str], stage: Stage, reads: Sequence[str]
) -> dict[str, str]:
    """Parts whose group is missing, damaged or made from something else, and their keys to be.

    Raises:
        PoolError: a group that is read lacks a part.
    """
    inputs = [pool.stamps(group) for group in reads]
    for group, stamps in zip(reads, inputs, strict=True):
        for name in names:
            if name not in stamps:
                raise PoolError(
                    f"`{pool.path}` has no whole `{group}` for `{name}`",
                    why="it was never made, or it was cut or edited since",
                    fix=f"run `curate {COMMANDS.get(group, 'verify')} {pool.path}`",
                )
    have = pool.stamps(stage.name)
    keys = {name: stage.key([stamps[name].seal for stamps in inputs]) for name in names}
    return {name: key for name, key in keys.items() if name not in have or have[name].key != key}


COMMANDS = {
    "score": "score",
    "quality": "score",
    "embedding": "score",
    "likelihood": "score",
    "dedup": "dedup",
    "contamination": "decontaminate",
}
"""The command that makes a group, where it is not `verify`."""


def run_parts(
    title: str,
    pool: Pool,
    function: Callable[[Task], object],
    tasks: Sequence[Task],
    engine: Engine,
    progress: Progress,
) -> None:
    """Make parts on the workers.

    Raises:
        PoolError: a part ended its worker twice.
    """
    traces = pool.stamps(TRACES)
    sizes = {name: cast("int", stamp.about["size_bytes"]) for name, stamp in traces.items()}
    try:
        with progress.phase(title, sum(sizes[task.name] for task in tasks)) as phase:
            for task, _ in results(engine, function, tasks):
                phase.advance(sizes[task.name], traces[task.name].rows)
    except TaskLost as lost:
        raise PoolError(
            f"{lost.task} cannot be made",
            why=f"it ended its process twice: {lost.failure.message}",
            fix="give it more memory with fewer `--workers`; if that does not help, it is our bug",
        ) from lost


# --- what pool.json says of them ------------------------------------------------------------------


def group_seal(pool: Pool, group: str) -> str:
    """32 hex digits that stand for all parts of a group."""
    return digest([[name, stamp.seal] for name, stamp in pool.stamps(group).items()])


def record_stage(pool: Pool, stage: Stage, reads: Sequence[str]) -> None:
    """Say in `pool.json` that a group is whole, and forget those that were made from another."""
    entry = {
        "config": {**stage.config, "version": stage.version},
        "reads": {group: group_seal(pool, group) for group in reads},
        "seal": group_seal(pool, stage.name),
    }
    manifest = pool.manifest
    stages = {**manifest.get(STAGES, {}), stage.name: entry}
    pool.write_manifest({**manifest, STAGES: holding(pool, stages)})


def holding(pool: Pool, stages: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the stages whose groups were made from what is there now, by name."""
    seals = {
        group: group_seal(pool, group)
        for group in {name for entry in stages.values() for name in entry["reads"]} | set(stages)
    }
    kept = dict(stages)
    while dropped := [
        name
        for name, entry in kept.items()
        if seals[name] != entry["seal"]
        or any(seals[group] != seal for group, seal in entry["reads"].items())
        or any(group in stages and group not in kept for group in entry["reads"])
    ]:
        for name in dropped:
            del kept[name]
    return dict(sorted(kept.items()))


def stages_of(pool: Pool) -> dict[str, Any]:
    """The entries of all stages whose groups hold, as `pool.json` says."""
    return dict(pool.old_manifest().get(STAGES, {}))
