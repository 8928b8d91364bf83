"""A run that kills itself: `python -m tests.kill_driver POOL WORKERS DEATH INPUT...`.

DEATH is the number of the write point (flushing, renaming or removing a file) at which the process
gets SIGKILL; 0 lets it live.
"""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from curate.engine import LocalEngine
from tests.pools import build

WRITES = ("fsync", "replace", "unlink", "rmdir", "ftruncate")


def before_each_write(hook: Callable[[int], None]) -> Callable[[], None]:
    """Call the hook with 1, 2, 3, … before each write of this process; returns how to stop that."""
    numbers = count(1)
    originals = {name: getattr(os, name) for name in WRITES}

    def hooked(original: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any, **named: Any) -> Any:
            hook(next(numbers))
            return original(*arguments, **named)

        return write

    for name, original in originals.items():
        setattr(os, name, hooked(original))

    def stop() -> None:
        for name, original in originals.items():
            setattr(os, name, original)

    return stop


def main() -> None:
    """Build a pool, and perhaps die on the way."""
    pool, workers, death, *inputs = sys.argv[1:]

    def die(number: int) -> None:
        if number == int(death):
            os.kill(os.getpid(), signal.SIGKILL)

    before_each_write(die)
    with LocalEngine(int(workers)) as engine:
        build(Path(pool), *map(Path, inputs), engine=engine)


if __name__ == "__main__":
    main()
