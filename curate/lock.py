"""The lock of a pool: one whole run alone, or any number of shards together.

An advisory lock on the file `.lock`, which the kernel frees when its holder dies; also on network
file systems that support `flock`, as NFS 4 and Lustre mounted with `flock` do. Object stores have
no such thing: nobody keeps a second run out of a pool at a URL. Parts are put whole, and two runs
of the same inputs put the same bytes.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import PoolError
from curate.store import is_local


@contextmanager
def alone(pool: Path) -> Iterator[None]:
    """Keep everybody else out until the block ends.

    Raises:
        PoolError: another run is at work in the pool.
    """
    if not is_local(pool):
        yield
        return
    with (pool / ".lock").open("a+b") as file:
        take(pool, file.fileno(), fcntl.LOCK_EX)
        os.ftruncate(file.fileno(), 0)
        os.pwrite(file.fileno(), str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(file.fileno(), 0)


@contextmanager
def together(pool: Path) -> Iterator[None]:
    """Keep out whoever wants to be alone until the block ends.

    Raises:
        PoolError: somebody is alone in the pool.
    """
    if not is_local(pool):
        yield
        return
    with (pool / ".lock").open("a+b") as file:
        take(pool, file.fileno(), fcntl.LOCK_SH)
        yield


def take(pool: Path, descriptor: int, kind: int) -> None:
    """Take the lock or fail at once.

    Raises:
        PoolError: another run holds it.
    """
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace") or "a shard"
        raise PoolError(
            f"`{pool}` is in use",
            why=f"another run is at work in it (process {holder})",
            fix="wait until it ends, then run the command again",
        ) from error
