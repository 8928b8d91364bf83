"""Where the work runs: one function over many tasks, on worker processes that may hang or die.

    with LocalEngine(2) as engine:
        for index, outcome in engine.map(function, tasks, timeout_s=60):
            if isinstance(outcome, Failure): ...

A worker that hangs past the limit or dies is replaced, and only its task comes back as a `Failure`.
An exception of our own code is raised again here, with the worker's traceback as a note.
"""

import pickle
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast

from curate.processes import Worker, dismiss, first_ready
from curate.worker import Failure, attempt

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

    def _worker(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.kill()
        return Worker()

    def _keep(self, worker: Worker) -> None:
        if worker.process.poll() is None:
            self._idle.append(worker)


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
