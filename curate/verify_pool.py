"""Verdicts for every trace of a pool: answers, decisions, verdicts, and what rollouts share.

Each group is made part by part, and only where its key says that it is missing, damaged or made
from something else. A run that was killed goes on where it stopped; one with nothing to do only
hashes what is there.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from curate.decisions import decide_pairs
from curate.engine import Engine
from curate.formats import ReadOptions
from curate.groups import STAGES, holding, run_parts, stages_of, stale_parts
from curate.ingest import ingest
from curate.pairs import Rules
from curate.pool import TRACES, WORK, Pool
from curate.progress import Progress
from curate.rollouts import ROLLOUTS, RolloutsTask, rollouts_part, write_problems
from curate.shard import Shard
from curate.split import ConservationError
from curate.stage import Stage, digest
from curate.store import remove_folder
from curate.verify import Policy
from curate.verify.code import NoSandbox, find_sandbox
from curate.verify_part import (
    EXTRACT,
    VERIFY,
    PartTask,
    extract_part,
    extract_stage,
    verify_part,
)

VERIFY_VERSION = 3
GROUPS = (TRACES, EXTRACT, VERIFY, ROLLOUTS)


def verify_pool(
    pool: Pool,
    policy: Policy,
    engine: Engine,
    progress: Progress,
    time_limit_s: float,
) -> None:
    """Bring the verdicts of a pool up to date with its traces and the policy.

    Raises:
        PoolError: the pool is in use, or a damaged part cannot be made again.
    """
    with pool.lock():
        ingest([], pool, ReadOptions(), engine, progress)
        rules = Rules(policy=policy, time_limit_s=time_limit_s)
        names = pool.part_names()
        extract_parts(pool, names, engine, progress)
        verify_parts(pool, names, rules, engine, progress)
        rollouts_all(pool, rules, engine, progress)
        remove_folder(pool.path / WORK)


def verify_shard(
    pool: Pool,
    names: Sequence[str],
    rules: Rules,
    shard: Shard,
    engine: Engine,
    progress: Progress,
) -> None:
    """Bring the verdicts of some parts up to date, beside other shards at work in the pool.

    What parts have in common is left to the run that finishes, `verify_pool`.
    """
    extract_parts(pool, names, engine, progress)
    verify_parts(pool, names, rules, engine, progress, log=f"-{shard.number}-of-{shard.count}")


def extract_parts(pool: Pool, names: Sequence[str], engine: Engine, progress: Progress) -> None:
    """Make the `extract` group of these parts where it is not up to date."""
    stale = stale_parts(pool, names, extract_stage(), [TRACES])
    tasks = [PartTask(pool=pool.path, name=name, key=key) for name, key in stale.items()]
    run_parts("finding answers", pool, extract_part, tasks, engine, progress)


def verify_parts(
    pool: Pool,
    names: Sequence[str],
    rules: Rules,
    engine: Engine,
    progress: Progress,
    log: str = "",
) -> None:
    """Make the `verify` group of these parts where it is not up to date.

    Each distinct pair is decided once; `log` sets the decisions apart from those of others.
    """
    extracted = pool.stamps(EXTRACT)
    programs = [name for name in names if extracted[name].about.get("programs")]
    others = [name for name in names if not extracted[name].about.get("programs")]
    here = can_run_programs() if programs else True
    tasks = [
        PartTask(pool=pool.path, name=name, key=key)
        for parts, config in (
            (programs, rules.config | {"sandboxed": here}),
            (others, rules.config),
        )
        for name, key in stale_parts(
            pool,
            parts,
            Stage(name=VERIFY, version=VERIFY_VERSION, config=config),
            [TRACES, EXTRACT],
        ).items()
    ]
    if tasks:
        # What could not be run for want of a sandbox must not be remembered when there is one.
        log += "" if here else "-no-sandbox"
        decided = decide_pairs(pool, [task.name for task in tasks], rules, engine, progress, log)
        tasks = [replace(task, decided=decided) for task in tasks]
    run_parts("writing verdicts", pool, verify_part, tasks, engine, progress)


def can_run_programs() -> bool:
    """Whether there is a sandbox here."""
    try:
        find_sandbox()
    except NoSandbox:
        return False
    return True


def rollouts_all(pool: Pool, rules: Rules, engine: Engine, progress: Progress) -> None:
    """Make the `rollouts` group where problems changed, and say in `pool.json` that all is done."""
    if pool.old_manifest() != finished_manifest(pool, rules):
        problems, suspects = write_problems(pool, rules.policy)
        tasks = [
            RolloutsTask(
                pool=pool.path,
                name=name,
                traces_seal=stamp.seal,
                problems=problems,
                suspects=suspects,
            )
            for name, stamp in pool.stamps(TRACES).items()
        ]
        run_parts("comparing rollouts", pool, rollouts_part, tasks, engine, progress)
    need_equal_heights(pool)
    pool.write_manifest(finished_manifest(pool, rules))


def finished_manifest(pool: Pool, rules: Rules) -> dict[str, Any]:
    """What `pool.json` says when all groups are made from the traces as they are."""
    sources = {key: pool.old_manifest()[key] for key in ("schema", "sources")}
    groups = {
        group: {
            "parts": len(stamps),
            "rows": sum(stamp.rows for stamp in stamps.values()),
            "seal": digest([[name, stamp.seal] for name, stamp in stamps.items()]),
        }
        for group in GROUPS
        for stamps in [pool.stamps(group)]
    }
    stages = holding(pool, stages_of(pool))
    return sources | {"rules": rules.config, "groups": groups, STAGES: stages}


def need_equal_heights(pool: Pool) -> None:
    """Nothing, when every group has a row for every trace.

    Raises:
        ConservationError: one has not.
    """
    heights = {
        group: [(name, stamp.rows) for name, stamp in pool.stamps(group).items()]
        for group in GROUPS
    }
    for group, found in heights.items():
        if found != heights[TRACES]:
            wrong = sorted(set(found) ^ set(heights[TRACES]))
            raise ConservationError(f"{pool.path}: `{group}` is not row for row: {wrong}")
