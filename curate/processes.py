"""Worker processes: what starts one, gives it tasks, hears of its end and ends it.

Every worker has a pipe of its own and shares no lock: in a pool that shares one (pebble 5.2,
concurrent.futures) the death of an idle worker breaks all the others. Each is a new interpreter,
since a fork hangs once polars has run, and one that does not import the main script of the user
again, as those of `multiprocessing` do: a script needs no `if __name__ == "__main__"`. Each leads a
process group, so that what it started dies with it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from multiprocessing import connection

from curate.errors import WorkerError
from curate.worker import Failure, opened

START = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from curate.worker import serve; serve(int(sys.argv[1]), sys.argv[2].split())"
)
"""What a worker runs, given its end of the pipe, what to import, and where modules are found."""
START_S = 120.0
"""How long a worker may take to say that it is up."""


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
