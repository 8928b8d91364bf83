"""The inside of a worker process: task after task from a pipe, and answers that may be errors."""

import ctypes
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import connection
from typing import Literal, TypeVar

from curate.settings import ONE_THREAD, keep_pages

Task = TypeVar("Task")
Result = TypeVar("Result")

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A task that ended its worker, ran past its limit or found no memory."""

    kind: Literal["timeout", "crash", "memory"]
    message: str


def attempt(function: Callable[[Task], Result], task: Task) -> Result | Failure:
    """Result of one task; running out of memory is a `Failure`, everything else is raised."""
    try:
        return function(task)
    except MemoryError:
        return Failure(kind="memory", message="no memory was left")


def serve(descriptor: int, modules: Sequence[str]) -> None:
    """A worker's life: it imports, says that it is up, then does tasks until the pipe closes."""
    os.set_inheritable(descriptor, False)  # the pipe must close with this process
    pipe: connection.Connection[bytes, bytes] = connection.Connection(descriptor)
    os.environ.update(ONE_THREAD)  # before polars is imported: N workers use N cores
    keep_pages()
    die_with_parent()
    for module in modules:
        import_module(module)
    pipe.send_bytes(b"up")
    while True:
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(answer(message))


def die_with_parent() -> None:
    """Let Linux kill this process when its parent is gone; elsewhere the closed pipe ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def answer(message: bytes) -> bytes:
    """The packed result of a packed task, or the packed exception that it raised."""
    try:
        function, task = pickle.loads(message)
        return pickle.dumps((attempt(function, task), None))
    except Exception as error:  # noqa: BLE001 - the parent raises it again
        return packed(error)


def packed(error: Exception) -> bytes:
    """An exception as bytes: type, arguments and attributes, and its traceback as text."""
    text = "".join(traceback.format_exception(error))
    try:
        return pickle.dumps((None, (type(error), error.args, vars(error), text)))
    except (pickle.PicklingError, TypeError, AttributeError):
        return pickle.dumps((None, (RuntimeError, (str(error),), {}, text)))


def opened(answer: bytes) -> object:
    """The result in an answer; raises the exception that is in it."""
    result, raised = pickle.loads(answer)
    if raised is None:
        return result
    kind, arguments, attributes, text = raised
    # Not through the constructor: it may want keywords that the arguments do not hold.
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    vars(error).update(attributes)
    error.add_note(f"in a worker process:\n{text}")
    raise error
