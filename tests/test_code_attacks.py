"""Hostile programs: each attack ends in `incorrect`, and what it went for is untouched."""

import json
import time
from pathlib import Path

import pytest

from curate.verdict import Verdict
from curate.verify.code import Limits, NoSandbox, decide_code, find_sandbox

TESTS = json.dumps(["assert f(3) == 12345"])
QUICK = Limits(cpu_s=1, wall_s=3.0, memory_mib=256)


def sandboxed() -> bool:
    """Whether this machine can run programs."""
    try:
        find_sandbox()
    except NoSandbox:
        return False
    return True


needs_sandbox = pytest.mark.skipif(not sandboxed(), reason="bubblewrap does not work here")

ATTACKS = {
    "a fork bomb": "def f(x):\n import os\n while 1:\n  try: os.fork()\n  except OSError: pass",
    "a memory bomb": "def f(x):\n return len('a' * 10**10)",
    "endless output": "def f(x):\n while 1: print('x' * 10**6, flush=True)",
    "an endless loop": "def f(x):\n while 1: pass",
    "sleep": "def f(x):\n import time; time.sleep(1000)",
    "an endless value": "def f(x):\n import itertools\n return itertools.count()",
    "a huge value": "def f(x):\n return 'x' * 10**8",
    "a value that contains itself": "def f(x):\n a = []; a.append(a); return a",
    "ends with 0": "import sys\nsys.exit(0)",
    "ends with os._exit(0)": "import os\ndef f(x): os._exit(0)",
    "ends before it loads": "import os; os._exit(0)",
    "equal to everything": (
        "class E(int):\n def __eq__(s, o): return True\n __hash__ = int.__hash__\n"
        "def f(x): return E(7)"
    ),
    "equal to everything, no number": (
        "class E:\n def __eq__(s, o): return True\n def __ne__(s, o): return False\n"
        "def f(x): return E()"
    ),
    "patches builtins": (
        "import builtins\nbuiltins.AssertionError = ValueError\n"
        "builtins.eval = lambda *a: (lambda *b: 1)\ndef f(x): return 1"
    ),
    "raises a false AssertionError": "def f(x): raise AssertionError",
    "raises what no test catches": "def f(x): raise KeyboardInterrupt",
    "kills everything": "import os, signal\ndef f(x): os.kill(-1, signal.SIGKILL)",
    "kills its parent": ("import os\ndef f(x): os.kill(os.getppid(), 9); os.kill(1, 9); return 1"),
    "reads the frames": (
        "import sys, gc\ndef f(x):\n"
        " text = ''\n frame = sys._getframe()\n"
        " while frame:\n"
        "  text += repr(frame.f_locals) + repr(frame.f_globals)\n"
        "  frame = frame.f_back\n"
        " text += ''.join(repr(o)[:9999] for o in gc.get_objects())\n"
        " return 12345 if ''.join(['assert', ' f(3)']) in text else 0"  # not to find itself
    ),
    "reads every process": (
        "import os\ndef f(x):\n"
        " for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "  for name in ('cmdline', 'environ', 'mem'):\n"
        "   try: text = open(f'/proc/{pid}/{name}', 'rb').read(9**6)\n"
        "   except OSError: continue\n"
        "   if b'assert f' + b'(3)' in text: return 12345\n"
        " return 0"
    ),
    "writes nonsense to every channel": (
        "import os\ndef f(x):\n"
        " for fd in range(64):\n"
        "  try: os.write(fd, b'ffffffff' * 100)\n"
        "  except OSError: pass\n return 1"
    ),
    "writes a forged frame": (
        "import os\ndef f(x):\n"
        ' data = b\'{"value": ["object", "Remote", [["__class__", 1]]]}\'\n'
        " for fd in range(3, 64):\n"
        "  try: os.write(fd, b'%08x' % len(data) + data)\n"
        "  except OSError: pass\n os._exit(0)"
    ),
    "hides in the background": (
        "import os, time\n"
        "def f(x):\n if os.fork() == 0:\n  os.setsid()\n  time.sleep(1000)\n return 1"
    ),
}


@needs_sandbox
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_only_a_wrong_program(attack: str) -> None:
    start = time.monotonic()
    found = decide_code(ATTACKS[attack], TESTS, QUICK)
    assert found.verdict == Verdict.INCORRECT, found
    assert time.monotonic() - start < 20


GOALS = {
    "network": "import socket\n socket.create_connection(('1.1.1.1', 53), 1)",
    "the loopback": "import socket\n s = socket.create_connection(('127.0.0.1', 22), 1)",
    "the password file": "open('/etc/passwd').read()",
    "home": "import os\n os.listdir('/root')",
    "writing beside": "open('/usr/planted', 'w')",
    "writing at the top": "open('/planted', 'w')",
    "a big file": "open('/tmp/a', 'wb').write(b'x' * (1 << 26))",
    "a full disk": (
        "import os\n for i in range(20): open(f'/tmp/{i}', 'wb').write(b'x' * ((1 << 24) - 1))"
    ),
    "name spaces": "import ctypes\n assert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "mounts": (
        "import ctypes\n assert ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None) == 0"
    ),
    "another user": "import os\n os.setuid(0)",
    "a higher limit": ("import resource\n resource.setrlimit(resource.RLIMIT_NPROC, (999, 999))"),
    "many processes": (
        "import os\n for i in range(20):\n  if os.fork() == 0: import time; time.sleep(9)"
    ),
    "the environment": "import os\n os.environ['PATH']",
}


@needs_sandbox
@pytest.mark.parametrize("goal", GOALS)
def test_out_of_reach(goal: str) -> None:
    program = f"def f(x):\n {GOALS[goal]}\n return 'reached'"
    tests = json.dumps(
        ["try:\n    r = f(1)\nexcept Exception:\n    r = 'refused'", "assert r == 'refused'"]
    )
    found = decide_code(program, tests, Limits(cpu_s=3, wall_s=8.0, memory_mib=256))
    ended = "the program ended" in found.reason or "timeout" in found.reason
    assert found.verdict == Verdict.CORRECT or ended, found
    assert "'reached'" not in found.reason


@needs_sandbox
def test_one_program_leaves_nothing_for_the_next() -> None:
    tests = json.dumps(["assert f() == []"])
    program = (
        "import os\ndef f():\n found = os.listdir('/tmp')\n open('/tmp/left', 'w')\n return found"
    )
    for salt in range(3):
        assert decide_code(f"{program}\n# {salt}", tests).verdict == Verdict.CORRECT


@needs_sandbox
def test_nothing_is_left_running() -> None:
    marker = "curate-attack-marker"
    decide_code(
        "import os, sys, time\ndef f(x):\n if os.fork() == 0:\n  os.setsid()\n"
        f"  code = 'import time; time.sleep(60) # {marker}'\n"
        "  os.execv(sys.executable, [sys.executable, '-c', code])\n"
        " time.sleep(.3)\n return 1",
        TESTS,
        QUICK,
    )
    time.sleep(0.3)
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes())
        except OSError:
            continue
    assert not any(marker.encode() in line and b"sleep(60)" in line[-60:] for line in lines)


def test_without_bubblewrap_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    planted = tmp_path / "planted"
    found = decide_code(f"open({str(planted)!r}, 'w')", TESTS)
    assert found.verdict == Verdict.UNVERIFIABLE
    assert found.reason == "no sandbox: install bubblewrap (apt install bubblewrap)"
    assert not planted.exists()
