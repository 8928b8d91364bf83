"""The last rung: computer algebra, in a child process that can be killed.

Only trees reach it, built node by node; no text is ever given to sympy's parser, which would
evaluate it. The child lives behind a pipe and not in a pool of `multiprocessing`, because a pool
started from a library imports the caller's main script again.
"""

import atexit
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from select import select
from typing import IO

from curate.verify.math.match import Match
from curate.verify.math.nodes import Node

MEMORY_BYTES = 2 * 2**30
"""Address space of the child."""
START_S = 30.0
"""Time allowed for the child to start and load sympy; not counted in a pair's limit."""


class SymbolicFailure(Exception):
    """The child ran out of time or died; the message says which."""


class _Child:
    """One child process and its pipe; replaced after a failure."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "curate.verify.symbolic_child", str(MEMORY_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.receive(START_S)

    def ask(self, answer: Node, reference: Node, time_limit_s: float) -> Match:
        pipe = _open(self.process.stdin)
        pickle.dump((answer, reference), pipe)
        pipe.flush()
        found = self.receive(time_limit_s)
        assert isinstance(found, Match)
        return found

    def receive(self, time_limit_s: float) -> object:
        pipe = _open(self.process.stdout)
        ready, _, _ = select([pipe], [], [], time_limit_s)
        if not ready:
            raise SymbolicFailure(f"out of time after {time_limit_s:g} s")
        try:
            return pickle.load(pipe)
        except (EOFError, pickle.UnpicklingError) as failure:
            raise SymbolicFailure("the algebra process died") from failure

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(BrokenPipeError):
                _open(pipe).close()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


_lock = threading.Lock()
_child: _Child | None = None


def compare_symbolically(answer: Node, reference: Node, time_limit_s: float) -> Match:
    """Whether computer algebra finds two formulas equal; safe in threads, one pair at a time.

    Raises:
        SymbolicFailure: out of time, out of memory, or the child crashed.
    """
    global _child
    with _lock:
        if _child is None:
            _child = _Child()
        try:
            return _child.ask(answer, reference, time_limit_s)
        except (SymbolicFailure, BrokenPipeError) as failure:
            _child.kill()
            _child = None
            if isinstance(failure, BrokenPipeError):
                raise SymbolicFailure("the algebra process died") from failure
            raise


@atexit.register
def _end_child() -> None:
    if _child is not None:
        _child.kill()
