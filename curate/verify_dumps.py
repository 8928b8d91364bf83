"""The main job: dumps in, a verified pool out; and a pool in, the same pool brought up to date."""

from collections.abc import Sequence
from pathlib import Path

from curate.account import need_a_trace
from curate.engine import LocalEngine
from curate.engines import EngineName, available_cores, opened_engine
from curate.errors import InputError
from curate.formats import ReadOptions
from curate.ingest import ingest, ingest_shard
from curate.pairs import Rules
from curate.pool import Pool
from curate.progress import Progress
from curate.shard import Shard
from curate.store import path_of
from curate.verify import Policy
from curate.verify_part import extract_beside
from curate.verify_pool import verify_pool, verify_shard


def verify_dumps(
    inputs: Sequence[str],
    out: Path | None,
    *,
    options: ReadOptions | None = None,
    policy: Policy | None = None,
    workers: int | None = None,
    time_limit_s: float = 5.0,
    engine: EngineName = "local",
) -> Pool:
    """The pool, with a verdict for every trace; what is done already is not done again.

    Without `out`, the one input is a pool. `workers` None takes every core, of the Ray cluster
    with `engine` "ray".

    Raises:
        InputError: an input is not there, or not one trace could be read from all of them.
        PoolError: the pool is foreign or in use.
    """
    pool = pool_to_verify_again(inputs) if out is None else pool_at(inputs, out)
    progress = Progress()
    with opened_engine(engine, workers, pool) as workforce, pool.lock():
        sources = inputs if out else []
        ingest(sources, pool, options or ReadOptions(), workforce, progress, extract_beside)
        need_a_trace(pool)
        verify_pool(pool, policy or Policy(), workforce, progress, time_limit_s)
    return pool


def verify_one_shard(
    inputs: Sequence[str],
    out: Path | None,
    shard: Shard,
    *,
    options: ReadOptions | None = None,
    policy: Policy | None = None,
    workers: int | None = None,
    time_limit_s: float = 5.0,
) -> int:
    """Do one shard's part of `verify_dumps`; how many parts are its own.

    Shards of the same inputs and options may run at the same time, in one pool on a shared disk,
    or one after the other. `verify_dumps` with the same arguments then finds their work done.

    Raises:
        InputError: an input is not there, or cannot be read.
        PoolError: a whole run is at work in the pool.
    """
    pool = pool_to_verify_again(inputs) if out is None else pool_at(inputs, out)
    rules = Rules(policy=policy or Policy(), time_limit_s=time_limit_s)
    progress = Progress()
    with LocalEngine(workers or available_cores()) as engine, pool.share():
        if out is None:
            names = list(shard.of(pool.part_names()))
        else:
            names = ingest_shard(
                inputs, pool, options or ReadOptions(), shard, engine, progress, extract_beside
            )
        verify_shard(pool, names, rules, shard, engine, progress)
    return len(names)


def pool_to_verify_again(inputs: Sequence[str]) -> Pool:
    """The pool that is the only input.

    Raises:
        InputError: it is no pool, or there are several inputs.
    """
    if len(inputs) == 1 and Pool.is_pool(path_of(inputs[0])):
        return Pool.open(path_of(inputs[0]))
    raise InputError(
        "no place for the pool",
        why="without `-o` the only input must be a pool, to be verified again",
        fix="add `-o POOL`",
    )


def pool_at(inputs: Sequence[str], out: Path) -> Pool:
    """The pool that the inputs go to, new or with some of them in it.

    Raises:
        InputError: one of the inputs is a pool itself.
    """
    for name in inputs:
        if Pool.is_pool(path_of(name)):
            raise InputError(
                f"`{name}` is a pool",
                why="`-o` is for dumps; a pool is verified again where it is",
                fix=f"run `curate verify {name}`",
            )
    return Pool.open(out) if Pool.is_pool(out) else Pool.create(out)
