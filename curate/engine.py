"""Where the work runs: one function over many tasks, on worker processes that may hang or die.

    with LocalEngine(2) as engine:
        for index, outcome in engine.map(function, tasks, timeout_s=60):
            if isinstance(outcome, Failure): ...

A worker that hangs past the limit or dies is replaced, and only its task comes back as a `Failure`.
An exception of our own code is raised again here, with the worker's traceback as a note.

Every worker has a pipe of its own and shares no lock: in a pool that shares one (pebble 5.2,
concurrent.futures) the death of an idle worker breaks all the others. Each is a new interpreter,
since a fork hangs once polars has run, and one that does not import the main script of the user
again, as those of `multiprocessing` do: a script needs no `if __name__ == "__main__"`. Each leads a
process group, so that what it started dies with it.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from multiprocessing import connection
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast

from curate.errors import WorkerError
from curate.worker import Failure, attempt, opened

START = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from curate.worker import serve; serve(int(sys.argv[1]), sys.argv[2].split())"
)
"""What a worker runs, given its end of the pipe, what to import, and where modules are found."""
START_S = 120.0
"""How long a worker may take to say that it is up."""

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """What runs tasks; `LocalEngine` says how."""

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        timeout_s: float | None = None,
    ) -> Iterator[tuple[int, Result | Failure]]:
        """(Index of the task, result) as the results come in, not in order."""
        ...


class LocalEngine:
    """Worker processes on this machine, started when first needed and kept until `close`."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"an engine needs at least one worker, got {workers=}")
        self.workers = workers
        self._idle: list[Worker] = []
        self._finalizer = weakref.finalize(self, dismiss, self._idle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def warm(self, *modules: str) -> None:
        """Start the workers, and let them import what they will need while something else is done.

        Where the work is done in this process there is nothing to start.
        """
        while self.workers > 1 and len(self._idle) < self.workers:
            self._idle.append(Worker(modules))

    def close(self) -> None:
        """Stop the workers; the next `map` starts new ones."""
        dismiss(self._idle)

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        timeout_s: float | None = None,
    ) -> Iterator[tuple[int, Result | Failure]]:
        """(Index of the task, result) as the results come in, not in order.

        Tasks are drawn one by one as workers become free, so `tasks` may be long and lazy.
        A single task, or a single worker, runs in this process when there is no time limit.

        Raises:
            WorkerError: a worker cannot start.
        """
        feed = enumerate(tasks)
        first = list(islice(feed, 2))
        feed_again = chain(first, feed)
        if timeout_s is None and (self.workers == 1 or len(first) < 2):
            return ((index, attempt(function, task)) for index, task in feed_again)
        return self._map_on_workers(function, feed_again, timeout_s)

    def _map_on_workers(
        self,
        function: Callable[[Task], Result],
        feed: Iterator[tuple[int, Task]],
        timeout_s: float | None,
    ) -> Iterator[tuple[int, Result | Failure]]:
        busy: dict[Worker, int] = {}

        def fill() -> None:
            while len(busy) < self.workers and (item := next(feed, None)) is not None:
                worker = self._worker()
                busy[worker] = item[0]
                worker.begin(pickle.dumps((function, item[1])), timeout_s)

        try:
            fill()
            while busy:
                for worker in first_ready(busy):
                    outcome = cast("Result | Failure", worker.outcome())
                    index = busy.pop(worker)
                    self._keep(worker)
                    fill()
                    yield index, outcome
        finally:
            dismiss(list(busy))

    def _worker(self) -> "Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.kill()
        return Worker()

    def _keep(self, worker: "Worker") -> None:
        if worker.process.poll() is None:
            self._idle.append(worker)


class Worker:
    """One process and the pipe to it."""

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self.pipe, theirs = connection.Pipe()
        number = theirs.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(number), " ".join(modules), *sys.path],
            pass_fds=[number],
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        theirs.close()
        self.is_up = False
        self.limit_s: float | None = None
        self.deadline = time.monotonic() + START_S

    def begin(self, message: bytes, limit_s: float | None) -> None:
        """Start a task; a worker that is already dead shows it in `outcome`.

        The time that a new worker takes to come up is not of the task.
        """
        self.limit_s = limit_s
        if self.is_up:
            self.set_deadline()
        try:
            self.pipe.send_bytes(message)
        except (BrokenPipeError, ConnectionResetError):
            self.process.wait()

    def set_deadline(self) -> None:
        """Let the time of the task run from now on."""
        limit_s = float("inf") if self.limit_s is None else self.limit_s
        self.deadline = time.monotonic() + limit_s

    def greet(self) -> None:
        """Hear that the worker is up, which it says once.

        Raises:
            WorkerError: it ended before, or took too long.
        """
        why = f"it did not come up within {START_S:g} s"
        try:
            if self.pipe.poll():
                self.pipe.recv_bytes()
                self.is_up = True
                self.set_deadline()
                return
        except (EOFError, ConnectionResetError):
            why = self.crash().message
        self.kill()
        raise WorkerError(
            "a worker process cannot start",
            why=f"{why}, before any work; what it wrote stands above",
            fix=f"see what `{sys.executable} -c 'import curate.worker'` says",
        )

    def outcome(self) -> object:
        """Result of the task, or a `Failure`, and then the worker is gone.

        Raises: whatever the task raised.
        """
        try:
            if self.pipe.poll():
                return opened(self.pipe.recv_bytes())
        except (EOFError, ConnectionResetError):
            return self.crash()
        if time.monotonic() < self.deadline:
            return self.crash()
        self.kill()
        return past_limit(self.limit_s or 0.0)

    def crash(self) -> Failure:
        """The failure of a worker that died by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=1)
        self.kill()
        return Failure(kind="crash", message=how_it_ended(self.process.returncode))

    def kill(self) -> None:
        """End the process and what it started, at once."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself in between
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.pipe.close()


def first_ready(busy: Iterable[Worker]) -> list[Worker]:
    """The workers that have answered, died or passed their limit; waits for at least one.

    Raises:
        WorkerError: one died, or passed its limit, before it was up.
    """
    workers = list(busy)
    while True:
        left = min(worker.deadline for worker in workers) - time.monotonic()
        pipes = [worker.pipe for worker in workers]
        ready = set(connection.wait(pipes, None if left == float("inf") else max(0.0, left)))
        now = time.monotonic()
        signs = [worker for worker in workers if worker.pipe in ready or worker.deadline <= now]
        for worker in signs:
            if not worker.is_up:
                worker.greet()
        done = [worker for worker in signs if worker.pipe.poll() or worker.deadline <= now]
        if done:
            return done


def dismiss(workers: list[Worker]) -> None:
    """Kill workers and empty the list."""
    while workers:
        workers.pop().kill()


def how_it_ended(exitcode: int | None) -> str:
    """Why a process is gone, in words."""
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        memory = ", perhaps for want of memory" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{memory}"
    return f"its process ended with exit code {exitcode}"


def past_limit(limit_s: float) -> Failure:
    """The failure of a task that ran too long."""
    return Failure(kind="timeout", message=f"ran past its limit of {limit_s:g} s")


def outcomes(
    engine: Engine,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    timeout_s: float | None = None,
) -> Iterator[tuple[Task, Result | Failure]]:
    """(Task, result) of every task as the results come in."""
    given: dict[int, Task] = {}

    def noted() -> Iterator[Task]:
        for index, task in enumerate(tasks):
            given[index] = task
            yield task

    for index, outcome in engine.map(function, noted(), timeout_s):
        yield given.pop(index), outcome


def results(
    engine: Engine, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> Iterator[tuple[Task, Result]]:
    """(Task, result) of every task as the results come in; one that fails is tried once more.

    Raises:
        TaskLost: a task failed both times.
    """
    failed = []
    for task, outcome in outcomes(engine, function, tasks):
        if isinstance(outcome, Failure):
            failed.append(task)
        else:
            yield task, outcome
    for task, outcome in outcomes(engine, function, failed):
        if isinstance(outcome, Failure):
            raise TaskLost(task, outcome)
        yield task, outcome


class TaskLost(RuntimeError):
    """A task that failed twice."""

    def __init__(self, task: object, failure: Failure) -> None:
        super().__init__(f"{task} failed twice: {failure.message}")
        self.task = task
        self.failure = failure
