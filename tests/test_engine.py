"""The engine: results, and what becomes of tasks that hang, die, eat memory or raise."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from curate.engine import LocalEngine
from curate.errors import InputError, WorkerError
from curate.worker import Failure


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(2) as engine:
        yield engine


def square(number: int) -> int:
    return number * number


def hang_on_three(number: int) -> int:
    while number == 3:
        pass
    return number


def die_on_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def eat_memory_on_three(number: int) -> int:
    return len(bytearray(2**62)) if number == 3 else number


def raise_on_three(number: int) -> int:
    if number == 3:
        raise InputError("three came", why="it is there", fix="leave it out")
    return number


def raise_the_unpicklable(number: int) -> int:
    error = ValueError(f"number {number}")
    error.trap = lambda: None  # type: ignore[attr-defined]
    raise error


def own_pid(_: int) -> int:
    return os.getpid()


def threads(_: int) -> str | None:
    return os.environ.get("POLARS_MAX_THREADS")


def start_a_child_and_hang(path: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(path).write_text(str(child.pid))
    time.sleep(60)


def gone(pid: int) -> bool:
    """Whether a process ends within five seconds."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_every_task_has_its_result(engine: LocalEngine) -> None:
    results = dict(engine.map(square, range(50)))
    assert results == {number: number * number for number in range(50)}


def test_tasks_are_drawn_only_as_workers_become_free(engine: LocalEngine) -> None:
    drawn: list[int] = []
    results = engine.map(square, (drawn.append(n) or n for n in range(1000)))  # type: ignore[func-returns-value]
    next(results)
    assert len(drawn) <= 4
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "kind"),
    [(hang_on_three, "timeout"), (die_on_three, "crash"), (eat_memory_on_three, "memory")],
)
def test_only_the_task_that_fails_is_lost(
    function: Callable[[int], int], kind: str, engine: LocalEngine
) -> None:
    results = dict(engine.map(function, range(8), timeout_s=3))
    failure = results.pop(3)
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert results == {n: n for n in range(8) if n != 3}


def test_a_hang_ends_within_half_a_second_of_its_limit(engine: LocalEngine) -> None:
    list(engine.map(square, range(2)))
    start = time.monotonic()
    list(engine.map(hang_on_three, [3], timeout_s=1))
    assert time.monotonic() - start < 1.5


def test_an_exception_is_raised_again_with_its_attributes_and_traceback(
    engine: LocalEngine,
) -> None:
    with pytest.raises(InputError, match="three came") as caught:
        list(engine.map(raise_on_three, range(8)))
    assert caught.value.fix == "leave it out"
    assert "in raise_on_three" in caught.value.__notes__[0]
    assert dict(engine.map(square, range(3))) == {0: 0, 1: 1, 2: 4}


def test_an_exception_that_cannot_be_packed_keeps_its_words(engine: LocalEngine) -> None:
    with pytest.raises(RuntimeError, match="number 0"):
        list(engine.map(raise_the_unpicklable, [0, 0]))


def test_a_worker_that_is_killed_while_idle_is_replaced(engine: LocalEngine) -> None:
    pids = {pid for _, pid in engine.map(own_pid, range(20)) if isinstance(pid, int)}
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert all(gone(pid) for pid in pids)
    assert dict(engine.map(square, range(3))) == {0: 0, 1: 1, 2: 4}


def test_workers_use_one_thread_each(engine: LocalEngine) -> None:
    assert {count for _, count in engine.map(threads, range(4))} == {"1"}


def test_a_single_task_or_a_single_worker_runs_in_this_process(engine: LocalEngine) -> None:
    assert list(engine.map(own_pid, [0])) == [(0, os.getpid())]
    assert {pid for _, pid in LocalEngine(1).map(own_pid, range(3))} == {os.getpid()}


def test_what_a_hanging_task_started_dies_with_it(engine: LocalEngine, tmp_path: Path) -> None:
    list(engine.map(start_a_child_and_hang, [str(tmp_path / "pid")], timeout_s=2))
    assert gone(int((tmp_path / "pid").read_text()))


PARENT = """
import sys, time
from curate.engine import LocalEngine
from tests.test_engine import hang_on_three
if __name__ == "__main__":
    engine = LocalEngine(2)
    list(engine.map({function}, {tasks}))
"""


def run_parent(function: str, tasks: str) -> subprocess.Popen[bytes]:
    code = PARENT.format(function=function, tasks=tasks)
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)


def workers_of(parent: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The two workers, once both run."""
    for _ in range(200):
        children = psutil.Process(parent.pid).children()
        found = [child for child in children if "curate.worker" in " ".join(child.cmdline())]
        if len(found) == 2 and all(child.cpu_times().user > 0.2 for child in found):
            return found
        time.sleep(0.05)
    raise AssertionError("the workers did not start")


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_their_parent(sign: signal.Signals) -> None:
    parent = run_parent("hang_on_three", "[3, 3]")
    workers = workers_of(parent)
    parent.send_signal(sign)
    parent.communicate(timeout=5)
    assert all(gone(worker.pid) for worker in workers)


def test_a_program_that_forgets_to_close_the_engine_ends_all_the_same() -> None:
    parent = run_parent("hang_on_three", "[1, 2, 4]")
    _, errors = parent.communicate(timeout=20)
    assert (parent.returncode, errors) == (0, b"")


def test_workers_may_import_before_there_is_work() -> None:
    with LocalEngine(2) as engine:
        engine.warm("tests.test_engine")
        time.sleep(0.1)
        assert dict(engine.map(square, range(5), timeout_s=3)) == {n: n * n for n in range(5)}
        engine.warm("no.such.module")  # there are enough already
        assert dict(engine.map(square, range(2))) == {0: 0, 1: 1}
        engine.close()
        engine.warm("no.such.module")
        with pytest.raises(WorkerError):
            list(engine.map(square, range(2)))


def test_a_worker_that_cannot_start_is_one_clear_error_and_no_failure_of_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    start = time.monotonic()
    with LocalEngine(2) as engine, pytest.raises(WorkerError, match="cannot start") as caught:
        list(engine.map(square, range(100), timeout_s=3))
    assert time.monotonic() - start < 5
    assert "exit code 1, before any work" in caught.value.why
    assert caught.value.fix


def test_a_worker_that_never_comes_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.processes.START", "import time; time.sleep(60)")
    monkeypatch.setattr("curate.processes.START_S", 0.3)
    with LocalEngine(1) as engine, pytest.raises(WorkerError, match="cannot start"):
        list(engine.map(square, [1], timeout_s=3))
