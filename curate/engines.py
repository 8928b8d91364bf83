"""The engine that a user asks for, and how much of the machine it may take."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from curate.engine import Engine, LocalEngine
from curate.pool import Pool
from curate.store import need_processes

EngineName = Literal["local", "ray"]


@contextmanager
def opened_engine(name: EngineName, workers: int | None, pool: Pool) -> Iterator[Engine]:
    """The engine of that name, until the block ends; `workers` None takes every core.

    Raises:
        InputError: Ray is wanted and not installed.
        PoolError: a machine of the Ray cluster does not see the pool.
    """
    need_processes(pool.path, workers or available_cores())
    if name == "local":
        with LocalEngine(workers or available_cores()) as local:
            yield local
        return
    from curate.ray_engine import RayEngine

    with RayEngine(workers) as cluster:
        cluster.need_shared(pool.path)
        yield cluster


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
