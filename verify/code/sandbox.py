"""The sandbox: bubblewrap with nothing inside but Python, or a refusal that says why.

New user, PID, network, IPC, mount, UTS and cgroup name spaces; no network; everything read-only
but a small private /tmp; no /etc, no home; no further user name spaces; an empty environment. When
we are root, the real user id is dropped first: RLIMIT_NPROC does not bind root, whatever user the
sandbox shows. The PID name space dies with its first process, so the whole tree goes at once.
"""

import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

TMP_BYTES = 64 * 1024 * 1024
HINT = "install bubblewrap (apt install bubblewrap)"
PACKAGES = ("numpy", "sortedcontainers")
"""What the judges of programming contests offer beside the standard library."""
_PROBE_S = 10.0
_FIRST_UID, _UIDS = 610_000, 20_000
"""Real ids that nobody has, one per sandbox in turn, so that one cannot use up another's limits."""
_turn = itertools.count(os.getpid())
_turn_lock = threading.Lock()


class NoSandbox(Exception):
    """There is no sandbox here; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A bubblewrap that works here and the Python to run in it."""

    bwrap: str
    python: str
    prefix: str
    """The folder that this Python needs beside /usr."""

    def command(self, source: str, *arguments: str, seed: int = 0) -> list[str]:
        """The command that runs Python source inside."""
        command = [self.bwrap, "--unshare-all", "--unshare-user", "--disable-userns"]
        command += ["--die-with-parent", "--new-session", "--clearenv", "--uid", "65534"]
        command += ["--gid", "65534", "--hostname", "sandbox", "--cap-drop", "ALL"]
        command += ["--ro-bind", "/usr", "/usr"]
        for name in ("bin", "lib", "lib32", "lib64"):
            path = Path("/", name)
            if path.is_symlink():
                command += ["--symlink", str(path.readlink()), str(path)]
            elif path.is_dir():
                command += ["--ro-bind", str(path), str(path)]
        if not Path(self.prefix).is_relative_to("/usr"):
            command += ["--ro-bind", self.prefix, self.prefix]
        for path in packages():
            command += ["--ro-bind", str(path), f"/packages/{path.name}"]
        for device in ("null", "zero", "urandom"):
            command += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
        command += ["--proc", "/proc", "--size", str(TMP_BYTES), "--tmpfs", "/tmp"]
        command += ["--remount-ro", "/", "--chdir", "/tmp", "--setenv", "LC_ALL", "C.UTF-8"]
        command += ["--setenv", "PYTHONHASHSEED", str(seed), "--setenv", "HOME", "/tmp"]
        command += ["--setenv", "PYTHONPATH", "/packages", "--setenv", "OPENBLAS_NUM_THREADS", "1"]
        # -E would drop the hash seed, so -I is spelled out without it: -s and -P
        return [*command, "--", self.python, "-s", "-P", "-S", "-c", source, *arguments]


@cache
def packages() -> tuple[Path, ...]:
    """The folders of `PACKAGES` that are installed, and of the libraries beside them."""
    found = (importlib.util.find_spec(name) for name in PACKAGES)
    folders = [Path(spec.origin).parent for spec in found if spec and spec.origin]
    libraries = [folder.with_name(f"{folder.name}.libs") for folder in folders]
    return tuple(path for path in (*folders, *libraries) if path.is_dir())


def identity() -> int | None:
    """The user and group, owner of nothing, to become before the sandbox; None unless root."""
    if os.geteuid() != 0:
        return None
    with _turn_lock:
        return _FIRST_UID + next(_turn) % _UIDS


def find_sandbox() -> Sandbox:
    """The sandbox of this machine. Raises NoSandbox, with the reason, where there is none."""
    found = _probe(os.environ.get("PATH", ""))
    if isinstance(found, str):
        raise NoSandbox(found)
    return found


@lru_cache(maxsize=8)
def _probe(path: str) -> Sandbox | str:
    if not sys.platform.startswith("linux"):
        return "no sandbox: code answers need Linux and bubblewrap"
    bwrap = shutil.which("bwrap", path=path)
    if bwrap is None:
        return f"no sandbox: {HINT}"
    own = getattr(sys, "_base_executable", None) or sys.executable
    pythons = [(own, sys.base_prefix), ("/usr/bin/python3", "/usr")]
    said = "no Python that the sandbox can read"
    for python, prefix in pythons:
        if not Path(python).is_file():
            continue
        sandbox = Sandbox(bwrap=bwrap, python=python, prefix=prefix)
        said = _tried(sandbox)
        if not said:
            return sandbox
    return f"no sandbox: bubblewrap does not work here ({said})"


def _tried(sandbox: Sandbox) -> str:
    """Empty where the sandbox runs and is closed; else what went wrong."""
    source = (
        "import os, sys; print(os.getuid(), os.path.exists('/etc'), sys.version_info >= (3, 10))"
    )
    number = identity()
    try:
        done = subprocess.run(
            sandbox.command(source),
            capture_output=True,
            text=True,
            timeout=_PROBE_S,
            check=False,
            user=number,
            group=number,
            extra_groups=None if number is None else [],
        )
    except (OSError, subprocess.SubprocessError) as failure:
        return str(failure)[:200]
    if done.returncode == 0 and done.stdout.split() == ["65534", "False", "True"]:
        return ""
    return (done.stderr.strip() or f"it printed {done.stdout!r}")[:200]
