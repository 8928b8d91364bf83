"""The work on a Ray cluster: the interface of `LocalEngine`, and the same bytes.

Tasks and results are small and go through Ray; what they read and write goes by path, so every
machine of the cluster must see the pool and the dumps under the same paths. A task whose worker or
machine dies, or that Ray ends for want of memory, comes back as a `Failure`, and `results` tries it
once more. Ray itself retries nothing: a task that kills its worker must not kill four of them.
"""

import os
import pickle
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from curate.errors import InputError, PoolError
from curate.processes import past_limit
from curate.settings import ONE_THREAD, keep_pages
from curate.store import is_local
from curate.worker import Failure, answer, opened

Task = TypeVar("Task")
Result = TypeVar("Result")

GRACE_S = 30.0
"""How long a task past its limit may take to be seen dead before it is given up."""
OBJECT_STORE_BYTES = 128 * 2**20
"""Of a cluster that we start; nothing large goes through it."""


class RayEngine:
    """The cluster at `RAY_ADDRESS`, or one on this machine that ends with the engine."""

    def __init__(self, workers: int | None = None) -> None:
        self._ray = imported_ray()
        self._limit = workers
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if not os.environ.get("RAY_ADDRESS"):
            options |= {
                "num_cpus": workers,
                "include_dashboard": False,
                "object_store_memory": OBJECT_STORE_BYTES,
            }
        self._ray.init(ignore_reinit_error=True, **options)
        self._call = self._ray.remote(max_retries=0, num_cpus=1)(call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; the engine cannot be used again."""
        self._ray.shutdown()

    def need_shared(self, path: Path) -> None:
        """Nothing, when every machine of the cluster sees a path.

        Raises:
            PoolError: one does not.
        """
        if not is_local(path):
            return
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        whole = str(path.resolve())
        look = self._ray.remote(max_retries=0, num_cpus=0)(os.path.exists)
        nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in self._alive()}
        seen = {
            node: look.options(
                scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)
            ).remote(whole)
            for node in nodes
        }
        for node, reply in seen.items():
            if not self._ray.get(reply):
                raise PoolError(
                    f"`{whole}` is not there on the machine {nodes[node]} of the cluster",
                    why="the work goes to it by path",
                    fix="put the pool on a disk that all machines share, under the same path",
                )

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        timeout_s: float | None = None,
    ) -> Iterator[tuple[int, Result | Failure]]:
        """(Index of the task, result) as the results come in, not in order.

        Tasks are drawn one by one as CPUs of the cluster become free.
        """
        feed = enumerate(tasks)
        running: dict[Any, tuple[int, float]] = {}
        try:
            while True:
                for index, task in islice(feed, max(0, self._slots() - len(running))):
                    message = pickle.dumps((function, task))
                    reply = self._call.remote(message, str(Path.cwd()), timeout_s)
                    running[reply] = index, time.monotonic()
                if not running:
                    return
                for reply in self._finished(running, timeout_s):
                    index, start = running.pop(reply)
                    yield index, cast("Result | Failure", self._outcome(reply, start, timeout_s))
        finally:
            for reply in running:
                self._ray.cancel(reply, force=True)

    def _alive(self) -> list[dict[str, Any]]:
        return [node for node in self._ray.nodes() if node["Alive"]]

    def _slots(self) -> int:
        """How many tasks may be under way: the CPUs there are now, which may come and go."""
        cpus = int(sum(node["Resources"].get("CPU", 0) for node in self._alive()))
        return max(1, min(cpus, self._limit or cpus))

    def _finished(
        self, running: dict[Any, tuple[int, float]], timeout_s: float | None
    ) -> list[Any]:
        """The tasks that ended, perhaps none yet; those long past their limit are cancelled."""
        done, _ = self._ray.wait(list(running), num_returns=1, timeout=1.0)
        if timeout_s is not None:
            latest = time.monotonic() - timeout_s - GRACE_S
            for reply in [reply for reply, (_, start) in running.items() if start < latest]:
                self._ray.cancel(reply, force=True)
        return list(done)

    def _outcome(self, reply: Any, start: float, timeout_s: float | None) -> object:  # noqa: ANN401
        """Result of a task or a `Failure`. Raises whatever the task raised."""
        kinds = self._ray.exceptions
        try:
            message = self._ray.get(reply)
        except kinds.OutOfMemoryError:
            return Failure(kind="memory", message="no memory was left")
        except (kinds.RayTaskError, kinds.RayError) as error:
            if timeout_s is not None and time.monotonic() - start >= timeout_s:
                return past_limit(timeout_s)
            return Failure(kind="crash", message=f"its process ended: {type(error).__name__}")
        return opened(message)


def call(message: bytes, folder: str, timeout_s: float | None) -> bytes:
    """On a worker: the packed result of a packed task, as `curate.worker.answer` gives it.

    A task past its limit is ended by the kernel, whatever it is busy with.
    """
    os.environ.update(ONE_THREAD)  # before the task imports polars
    keep_pages()
    if Path(folder).is_dir():
        os.chdir(folder)
    if timeout_s is not None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        return answer(message)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def imported_ray() -> Any:  # noqa: ANN401  it has no types
    """The module.

    Raises:
        InputError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "Ray is not installed",
            why=f"`--engine ray` needs it: {error}",
            fix="pip install 'curate-traces[ray]'",
        ) from error
    return ray
