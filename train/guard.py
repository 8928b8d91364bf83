"""One cell in processes of its own: what kills it is recorded on it, and stops no other.

    cells/KEY/.lock           held by the guard and by the process of the cell
    cells/KEY/log.txt         what the cell wrote, of all attempts
    cells/KEY/failure.json    why it failed, in its own words, when it could still say so

The process reads its standard input, an empty pipe, and ends when that closes: with its guard, also
where `accelerate launch` or another launcher stands between the two.
"""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import BinaryIO, Literal

from curate.errors import CurateError
from curate.io import write_bytes
from curate.lock import take
from curate.processes import how_it_ended
from curate.train import ledger
from curate.train.cells import Cell, read_cell
from curate.train.failures import Diverged, OutOfMemory, WrongWorld
from curate.train.launch import commands_of

Reason = Literal["memory", "nan", "world", "killed", "error", "busy"]
"""`busy`: another process is at work on it; the ledger is not told."""
LOG, FAILURE, LOCK = "log.txt", "failure.json", ".lock"
TAIL_LINES = 20
"""Of the log, that the ledger keeps of a failure."""
RANK_KILLED = re.compile(r"exitcode\s*:\s*-\d+|Signal \d+ \(SIG")
"""How `accelerate launch` says that a signal ended one of its processes; its own code is then 1."""
WITH_PARENT = "CURATE_CELL_ENDS_WITH_STDIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a cell ended."""

    key: str
    reason: Reason | None = None
    """None: it is done."""
    message: str = ""


class Running:
    """The processes under way, so that somebody else can end them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self.stopped = False

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Take a new one in; it is ended at once where all are to end."""
        with self._lock:
            self._processes.add(process)
            if self.stopped:
                kill(process)

    def remove(self, process: subprocess.Popen[bytes]) -> None:
        """Forget one that has ended."""
        with self._lock:
            self._processes.discard(process)

    def stop(self) -> None:
        """End all, and whatever is added later."""
        with self._lock:
            self.stopped = True
            for process in self._processes:
                kill(process)


def guarded(
    folder: Path,
    *,
    module: str,
    environment: Mapping[str, str] | None = None,
    running: Running | None = None,
) -> Outcome:
    """Run a cell to its end, and write into the ledger how it ended.

    Raises:
        PoolError: another process is at work on the cell.
    """
    cell, study, among = read_cell(folder), folder.parents[1], running or Running()
    with held(folder) as lock:
        (folder / FAILURE).unlink(missing_ok=True)
        ledger.add(study, "started", cell.key)
        outcome = Outcome(key=cell.key)
        for group in commands_of(cell, folder, module):
            code = run_group(group, folder, lock, environment or {}, among)
            outcome = outcome_of(cell, folder, code)
            if outcome.reason:
                break
        if not among.stopped:
            record(study, cell, outcome, folder)
    return outcome


@contextmanager
def held(folder: Path) -> Iterator[BinaryIO]:
    """The lock of a cell, until the block ends.

    Raises:
        PoolError: another process holds it.
    """
    with (folder / LOCK).open("a+b") as lock:
        take(folder, lock.fileno(), LOCK_EX)
        os.ftruncate(lock.fileno(), 0)
        os.pwrite(lock.fileno(), str(os.getpid()).encode(), 0)
        yield lock


def is_held(folder: Path) -> bool:
    """Whether a process is at work on a cell now."""
    if not (folder / LOCK).is_file():
        return False
    with (folder / LOCK).open("rb") as lock:
        try:
            flock(lock.fileno(), LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return True
    return False


def record(study: Path, cell: Cell, outcome: Outcome, folder: Path) -> None:
    """Write how a cell ended."""
    if outcome.reason is None:
        ledger.add(study, "done", cell.key, evaluation=cell.evaluation)
        return
    ledger.add(
        study,
        "failed",
        cell.key,
        reason=outcome.reason,
        message=outcome.message,
        tail=tail_of(folder / LOG),
    )


def run_group(
    commands: Sequence[Sequence[str]],
    folder: Path,
    lock: BinaryIO,
    environment: Mapping[str, str],
    running: Running,
) -> int:
    """Run commands at the same time; the exit code of the first of them that failed, or 0."""
    with (folder / LOG).open("ab") as log:
        started = [
            start(command, log, lock, environment, number, of=len(commands))
            for number, command in enumerate(commands)
        ]
        for process in started:
            running.add(process)
        try:
            codes = [process.wait() for process in started]
        finally:
            for process in started:
                kill(process)
                process.wait()
                running.remove(process)
                if process.stdin:
                    process.stdin.close()
    return next((code for code in codes if code), 0)


def start(
    command: Sequence[str],
    log: BinaryIO,
    lock: BinaryIO,
    environment: Mapping[str, str],
    number: int,
    *,
    of: int,
) -> subprocess.Popen[bytes]:
    """Start one process of a cell; of several evaluations at once each gets one GPU."""
    own = dict(environment)
    devices = {**os.environ, **own}.get("CUDA_VISIBLE_DEVICES", "").split(",")
    if of > 1 and len(devices) >= of:
        own["CUDA_VISIBLE_DEVICES"] = devices[number]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, **own, WITH_PARENT: "1"},
        pass_fds=[lock.fileno()],  # the lock is held until the last of them is gone
        process_group=0,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started, at once."""
    if process.poll() is None:
        with suppress(ProcessLookupError):  # it ended by itself in between
            os.killpg(process.pid, signal.SIGKILL)


def outcome_of(cell: Cell, folder: Path, code: int) -> Outcome:
    """What an exit code and what the cell left say."""
    if code == 0:
        return Outcome(key=cell.key)
    if (folder / FAILURE).is_file():
        told = json.loads((folder / FAILURE).read_bytes())
        return Outcome(key=cell.key, reason=told["reason"], message=told["message"])
    if code < 0:
        return Outcome(key=cell.key, reason="killed", message=how_it_ended(code))
    lines = tail_of(folder / LOG)
    if killed := next((line for line in lines if RANK_KILLED.search(line)), None):
        return Outcome(key=cell.key, reason="killed", message=killed.strip())
    told = [line for line in lines if any(map(str.isalpha, line))]
    last = told[-1] if told else how_it_ended(code)
    memory = "OutOfMemoryError" in last or last.startswith("MemoryError")
    return Outcome(key=cell.key, reason="memory" if memory else "error", message=last)


def tail_of(log: Path) -> list[str]:
    """The last lines of a log that are not empty."""
    if not log.is_file():
        return []
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 16_384))
        text = file.read().decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][-TAIL_LINES:]


def tell_failure(folder: Path, error: CurateError) -> None:
    """Leave word of why a cell failed, for its guard."""
    told = {"reason": reason_of(error), "message": error.what, "why": error.why, "fix": error.fix}
    write_bytes(folder / FAILURE, json.dumps(told, ensure_ascii=False).encode() + b"\n")


def reason_of(error: CurateError) -> Reason:
    """The kind of a failure."""
    kinds: dict[type[CurateError], Reason] = {
        OutOfMemory: "memory", Diverged: "nan", WrongWorld: "world"
    }  # fmt: skip
    return kinds.get(type(error), "error")


def end_with_parent() -> None:
    """Let this process end when its standard input closes, where its guard wants it."""
    if os.environ.get(WITH_PARENT) == "1":
        threading.Thread(target=wait_for_parent, daemon=True).start()


def wait_for_parent() -> None:
    """Wait until standard input closes, then end at once: a kill is what all is written for."""
    while os.read(0, 1024):
        pass
    os._exit(137)
