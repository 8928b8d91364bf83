"""The two processes of one check: started, watched and killed with all they started."""

import contextlib
import io
import json
import selectors
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from curate.verify.code.sandbox import Sandbox, identity

MAX_OUTPUT_BYTES = 16 * 1024 * 1024
TIMEOUT, ENDED = "timeout", "it ended with an error"
_MIB = 1024 * 1024


class RunFailure(Exception):
    """The check failed for a reason that is not the program's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a program may use; the clock is for one that sleeps."""

    cpu_s: int = 10
    """CPU seconds of all tests of a function together, or of one input."""
    wall_s: float = 45.0
    """Seconds of all tests together."""
    memory_mib: int = 1024
    """Address space of each process."""
    processes: int = 8
    """Processes and threads, the sandbox's own two among them."""
    file_mib: int = 16

    def of_program(self) -> dict[str, int]:
        """The limits by their names in `resource`."""
        return {
            "RLIMIT_CPU": self.cpu_s,
            "RLIMIT_AS": self.memory_mib * _MIB,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_FSIZE": self.file_mib * _MIB,
            "RLIMIT_NOFILE": 64,
            "RLIMIT_CORE": 0,
            "RLIMIT_STACK": 64 * _MIB,
        }


@cache
def _source(*names: str) -> str:
    here = Path(__file__).parent
    text = "\n".join((here / f"{name}.py").read_text("utf-8") for name in names)
    # inside, the files are one text, so what they import of each other is there already
    return "\n".join(line for line in text.split("\n") if not line.startswith("from curate."))


@contextlib.contextmanager
def _started(
    command: list[str], fd: int, *, piped: bool, stderr: int = subprocess.DEVNULL
) -> Iterator["subprocess.Popen[bytes]"]:
    """A sandboxed process with one descriptor, killed as a tree at the end, whatever happens."""
    pipe = subprocess.PIPE if piped else subprocess.DEVNULL
    number = identity()
    groups: list[int] | None = None if number is None else []
    try:
        process = subprocess.Popen(
            command,
            pass_fds=(fd,),
            stdin=pipe,
            stdout=pipe,
            stderr=stderr,
            user=number,
            group=number,
            extra_groups=groups,
        )
    except OSError as failure:
        raise RunFailure(f"the sandbox did not start: {failure}") from failure
    try:
        yield process
    finally:
        process.kill()  # its PID name space goes with it (--die-with-parent)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def judged(sandbox: Sandbox, work: Mapping[str, Any], limits: Limits) -> list[tuple[str, Any]]:
    """Run judge and program; one (test, None or what it saw) per test that ran."""
    ours, theirs = socket.socketpair()
    judge_limits = {"RLIMIT_CPU": 60, "RLIMIT_AS": 2048 * _MIB, "RLIMIT_CORE": 0}
    work = {**work, "wall_s": limits.wall_s, "limits": judge_limits}
    program = f"{_source('wire', 'tested_child')}\nmain({theirs.fileno()})\n"
    judge = f"{_source('wire', 'judge_child')}\nmain({ours.fileno()})\n"
    with ours, theirs, contextlib.ExitStack() as stack:
        stack.enter_context(_started(sandbox.command(program), theirs.fileno(), piped=False))
        theirs.close()  # so that the end of the program is seen
        second = stack.enter_context(_started(sandbox.command(judge), ours.fileno(), piped=True))
        ours.close()
        try:
            out, _ = second.communicate(json.dumps(work).encode(), timeout=limits.wall_s + 10)
        except subprocess.TimeoutExpired as failure:
            raise RunFailure("the tests did not end") from failure
    return _steps(out)


def _steps(out: bytes) -> list[tuple[str, Any]]:
    try:
        result = json.loads(out)
    except ValueError:
        raise RunFailure("the judge ended without a result") from None
    if "broken" in result:
        raise RunFailure(f"the tests cannot run: {result['broken']}")
    if "unsendable" in result:
        raise RunFailure(f"a test passes what cannot be sent: {result['unsendable']}")
    return [(name, why) for name, why in result["steps"]]


_SCRIPT = """
import json, os, resource, sys
with os.fdopen(int(sys.argv[1]), "rb") as _file:
    _work = json.loads(_file.read())
for _name, _value in _work["limits"].items():
    resource.setrlimit(getattr(resource, _name), (_value, _value + (_name == "RLIMIT_CPU")))
sys.setrecursionlimit(100_000)
sys.argv = ["program.py"]
exec(compile(_work["program"], "program.py", "exec"), {"__name__": "__main__"})
"""


def outputs_of(
    sandbox: Sandbox, program: str, given: str, limits: Limits, wall_s: float
) -> tuple[str, str | None]:
    """What a program prints for an input, and why it failed, or None."""
    work = json.dumps({"program": program, "limits": limits.of_program()}).encode()
    reading, writing = socket.socketpair()
    # a file, and not a pipe: nobody has to read it beside the other, and its size is limited
    with reading, writing, tempfile.TemporaryFile() as stderr:
        command = sandbox.command(_SCRIPT, str(reading.fileno()))
        fd = reading.fileno()
        with _started(command, fd, piped=True, stderr=stderr.fileno()) as process:
            reading.close()
            feeder = threading.Thread(
                target=_feed, args=(process, writing, work, given.encode("utf-8", "replace"))
            )
            feeder.start()
            try:
                out, failure = _read(process, time.monotonic() + wall_s)
            finally:
                process.kill()
                feeder.join()
        if failure == ENDED:
            failure = _last_line(stderr) or failure
    return out.decode("utf-8", "replace"), failure


def _feed(
    process: "subprocess.Popen[bytes]", channel: socket.socket, work: bytes, given: bytes
) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError, ValueError):
        channel.sendall(work)
        channel.close()
        process.stdin.write(given)
        process.stdin.close()


def _read(process: "subprocess.Popen[bytes]", deadline: float) -> tuple[bytes, str | None]:
    """Standard output up to its limit, and why reading ended early, or None."""
    out = bytearray()
    pipe = cast("io.BufferedReader", process.stdout)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                return bytes(out), TIMEOUT
            piece = pipe.read1(1 << 16)
            if not piece:
                break
            out += piece
            if len(out) > MAX_OUTPUT_BYTES:
                return bytes(out), f"more than {MAX_OUTPUT_BYTES} bytes of output"
    try:
        status = process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return bytes(out), TIMEOUT
    if status in (152, 137):  # SIGXCPU, SIGKILL behind 128
        return bytes(out), TIMEOUT
    return bytes(out), ENDED if status else None


def _last_line(file: IO[bytes]) -> str:
    """The last line of a traceback: what was raised."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 2000))
    lines = file.read().decode("utf-8", "replace").rstrip().split("\n")
    return lines[-1].strip()[:200]
