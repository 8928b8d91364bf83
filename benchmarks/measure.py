"""What a command costs: CPU seconds of all its processes, wall, peak memory of each and of all.

A worker that is killed at the end leaves its own children behind; on Linux this process adopts
them, so that their CPU time is counted as well.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
MIB = 2**20
ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one command took."""

    cpu_s: float
    """Of all its processes."""
    wall_s: float
    peak_mib: float
    """Largest resident size of one process."""
    tree_mib: float | None = None
    """Largest proportional size of all processes together, where it was watched."""
    output: str = ""


def cost_of(command: Sequence[str], *, threads: bool = True, watched: bool = False) -> Cost:
    """The cost of a Python command line such as `-m curate verify …`; it must end well."""
    adopt_orphans()
    environment = os.environ | ({} if threads else ONE_THREAD)
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as complaints:
        start = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, *command], stdout=output, stderr=complaints, env=environment
        )
        peak = Peak(child.pid)
        if watched:
            peak.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        complaints.seek(0)
        if child.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{complaints.read()}")
        said = output.read()
    cpu, largest = orphans()
    return Cost(
        cpu_s=usage.ru_utime + usage.ru_stime + cpu,
        wall_s=wall,
        peak_mib=max(usage.ru_maxrss / 1024, largest),
        tree_mib=peak.stop() / MIB if watched else None,
        output=said,
    )


def adopt_orphans() -> None:
    """Let Linux give this process the children of its children when those end first."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def orphans() -> tuple[float, float]:
    """CPU seconds and largest MiB of the children left behind, which have been killed."""
    cpu, largest = 0.0, 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return cpu, largest
        cpu += usage.ru_utime + usage.ru_stime
        largest = max(largest, usage.ru_maxrss / 1024)


class Peak(threading.Thread):
    """Watches the memory of a process and all below it until it is stopped."""

    EVERY_S = 0.1

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.largest = 0
        self.done = threading.Event()

    def run(self) -> None:
        """Look again and again."""
        while not self.done.wait(self.EVERY_S):
            self.largest = max(self.largest, memory_of_tree(self.pid))

    def stop(self) -> int:
        """The largest sum that was seen, in bytes."""
        self.done.set()
        self.join()
        return self.largest


def memory_of_tree(pid: int) -> int:
    """Bytes of a process and all below it, pages that they share counted once (Linux: PSS)."""
    try:
        top = psutil.Process(pid)
        found = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in found:
        try:
            full = process.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        total += getattr(full, "pss", full.rss)
    return total
