"""The judge: runs the tests, with every call of the program sent out.

Runs after `wire.py`, in a sandbox of its own; the program never enters it.
"""

import ast
import builtins
import contextlib
import json
import os
import resource
import signal
import socket
import sys
from typing import Any, cast

from curate.verify.code.wire import decode, encode, receive, send


class Lost(BaseException):
    """The tested process is gone, silent or talking nonsense; no test can catch it."""


class Unsendable(BaseException):
    """A test passes what cannot be sent to the program: our limit, not the program's fault."""


class Remote:
    """A function of the program; calling it calls the program, and gives the value it sent back."""

    def __init__(self, channel: socket.socket, function: str, space: dict[str, Any]) -> None:
        self._channel, self._function, self._space = channel, function, space

    def __call__(self, *args: object, **named: object) -> object:
        """The value of the program's function; arguments changed in place come back changed.

        Raises:
            Lost: the program is gone.
            Unsendable: an argument is no plain data.
            Exception: what the program raised.
        """
        try:
            sent_args = [encode(item) for item in args]
            sent_named = {key: encode(item) for key, item in named.items()}
        except (TypeError, ValueError, RecursionError) as failure:
            raise Unsendable(str(failure)) from None
        call = {"function": self._function, "args": sent_args, "named": sent_named}
        reply = exchange(self._channel, call)
        if "raised" in reply:
            raise exception_of(reply)
        try:
            value = decode(reply["value"], self._space)
            if value is None:
                for item, new in zip(args, reply.get("args", ()), strict=False):
                    put_back(item, decode(new, self._space))
                for key, new in reply.get("named", {}).items():
                    put_back(named.get(key), decode(new, self._space))
            return value
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError):
            raise Lost("the program sent no value") from None


def exchange(channel: socket.socket, frame: object) -> dict[str, Any]:
    """Send a frame, and the reply to it."""
    try:
        send(channel, frame)
        reply = receive(channel)
    except (EOFError, OSError):
        raise Lost("the program ended") from None
    except (ValueError, RecursionError):
        raise Lost("the program sent no value") from None
    if not isinstance(reply, dict):
        raise Lost("the program sent no value")
    return reply


def exception_of(reply: dict[str, Any]) -> Exception:
    """The exception that the program raised, as one of Python's own."""
    name, text = str(reply["raised"]), str(reply.get("text", ""))
    kind = getattr(builtins, name, None)
    made: Any = RuntimeError(f"{name}: {text}")
    if isinstance(kind, type) and issubclass(kind, Exception):
        with contextlib.suppress(TypeError):  # some want more than a text
            made = kind(text)
    made.from_program = True
    return made  # type: ignore[no-any-return]


def put_back(item: object, new: object) -> None:
    """Give an argument the content that the program left in it."""
    if isinstance(item, list) and isinstance(new, list):
        item[:] = new
    elif (isinstance(item, dict) and isinstance(new, dict)) or (
        isinstance(item, set) and isinstance(new, set)
    ):
        item.clear()
        item.update(new)
    elif type(item).__module__ == "__judged__" and type(item) is type(new):
        item.__dict__.clear()
        item.__dict__.update(new.__dict__)


class Guard(ast.NodeTransformer):
    """Wraps the asserts that stand in line (at the top or in `check`) into steps of their own."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def wrap(self, body: list[Any]) -> list[Any]:
        """The statements, each assert among them recorded by its own."""
        made = []
        for node in body:
            if isinstance(node, ast.Assert):
                self.steps.append(ast.unparse(node)[:300])
                made.append(self._step(node, len(self.steps) - 1))
            else:
                if isinstance(node, ast.FunctionDef) and node.name == "check":
                    node.body = self.wrap(node.body)
                made.append(node)
        return made

    def _step(self, node: ast.Assert, number: int) -> ast.stmt:
        source = (
            "try:\n    pass\n"
            "except Exception as __failure__:\n"
            f"    __record__({number}, __failure__)\n"
            f"else:\n    __record__({number}, None)\n"
        )
        step: Any = ast.parse(source).body[0]
        step.body = [node]
        return ast.copy_location(cast("ast.stmt", step), node)


def saw(node_text: str, failure: BaseException) -> str:
    """What went wrong in a step."""
    text = str(failure)[:200]
    if isinstance(failure, AssertionError):
        return f"failed{': ' + text if text else ''}"
    return f"{type(failure).__name__}: {text}"


def free_names(tree: ast.AST, space: dict[str, Any]) -> list[str]:
    """Names that the tests use and nobody on this side defines: the program's."""
    loaded: set[str] = set()
    stored: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            stored.add(node.name)
        elif isinstance(node, ast.arg):
            stored.add(node.arg)
        elif isinstance(node, ast.alias):
            stored.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            stored.add(node.name)
    known = stored | set(space) | set(dir(builtins))
    return sorted(name for name in loaded if name not in known)


def judge(work: dict[str, Any], channel: socket.socket) -> dict[str, Any]:
    """Run the tests; `steps` holds one [name, None or what went wrong] per assert that ran."""
    steps: list[list[Any]] = []
    space: dict[str, Any] = {"__name__": "__judged__"}
    for source in work["trusted"]:
        exec(compile(source, "<setup>", "exec"), space)
    tree = ast.parse(work["tests"])
    entry = work["entry_point"]
    for name in {*free_names(tree, space), *([entry] if entry and entry.isidentifier() else [])}:
        space[name] = Remote(channel, name, space)
    guard = Guard()
    tree.body = guard.wrap(tree.body)
    called = any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "check"
        for node in tree.body
    )

    def record(number: int, failure: BaseException | None) -> None:
        name = guard.steps[number]
        steps.append([name, None if failure is None else saw(name, failure)])

    space["__record__"] = record
    try:
        loaded = exchange(channel, work["program"])
    except Lost as failure:
        return {"steps": [["the program loads", str(failure)]]}
    if "raised" in loaded:
        said = f"{loaded['raised']}: {loaded.get('text', '')}"[:300]
        return {"steps": [["the program loads", said]]}
    try:
        exec(compile(ast.fix_missing_locations(tree), "<tests>", "exec"), space)
        if "check" in space and entry and not called:
            space["check"](Remote(channel, entry, space))
    except Lost as failure:
        steps.append([next_step(guard.steps, steps), str(failure)])
    except Unsendable as failure:
        return {"steps": steps, "unsendable": str(failure)}
    except AssertionError as failure:
        steps.append(["an assert of the tests", saw("", failure)])
    except Exception as failure:  # noqa: BLE001  the tests may raise anything
        if not getattr(failure, "from_program", False) and not any(s[1] for s in steps):
            told = f"{type(failure).__name__}: {str(failure)[:200]}"
            # a value of the wrong type breaks a checker that counts on the right one
            steps.append(["the tests on what the program returned", told])
        else:
            steps.append(["a call of the tests", saw("", failure)])
    else:
        if not steps and any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
            steps.append(["the whole check", None])
    return {"steps": steps}


def next_step(names: list[str], done: list[Any]) -> str:
    """The step that was running."""
    return names[len(done)] if len(done) < len(names) else "a call of the tests"


def out_of_time(*_: object) -> None:
    """The alarm: all calls together took too long."""
    raise Lost("timeout")


def main(fd: int) -> None:
    """Read the work from standard input, write the result to standard output."""
    work = json.loads(sys.stdin.buffer.read())
    for name, value in work["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    sys.setrecursionlimit(10_000)
    channel = socket.socket(fileno=fd)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)  # what the tests print is no result
    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, work["wall_s"])
    try:
        result = judge(work, channel)
    except BaseException as failure:  # noqa: BLE001  whatever it is, the answer is JSON
        result = {"broken": f"{type(failure).__name__}: {str(failure)[:300]}"}
    out.write(json.dumps(result))
    out.flush()
