"""The tested process: runs the program and answers calls. Runs after `wire.py`, in the sandbox.

It holds the program, never a test. Whatever the program does to this file's names, it can only
send values, and values are judged elsewhere.
"""

import resource
import socket
import sys
from typing import Any

from curate.verify.code.wire import decode, encode, receive, send


def limit(limits: dict[str, Any]) -> None:
    """Set the limits of this process and its children."""
    for name, value in limits.items():
        soft, hard = (value, value + 1) if name == "RLIMIT_CPU" else (value, value)
        resource.setrlimit(getattr(resource, name), (soft, hard))


def main(fd: int) -> None:
    """Load what the first frame holds, then answer calls until the other side closes."""
    channel = socket.socket(fileno=fd)
    first: Any = receive(channel)
    limit(first["limits"])
    sys.setrecursionlimit(10_000)
    space: dict[str, Any] = {"__name__": first["name"]}
    try:
        for source in first["sources"]:
            exec(compile(source, "<program>", "exec"), space)
    except BaseException as failure:  # noqa: BLE001  whatever the program does
        send(channel, failed(failure))
        return
    send(channel, {"loaded": True})
    while True:
        call: Any = receive(channel)
        answer(channel, call, space)


def answer(channel: socket.socket, call: dict[str, Any], space: dict[str, Any]) -> None:
    """Make one call and send what it returned or raised."""
    try:
        args = [decode(item, space) for item in call["args"]]
        named = {key: decode(item, space) for key, item in call["named"].items()}
        function = eval(call["function"], space)
        value = function(*args, **named)
        reply: dict[str, Any] = {"value": encode(value)}
        if value is None:  # the convention of functions that work in place
            reply["args"] = [encode(item) for item in args]
            reply["named"] = {key: encode(item) for key, item in named.items()}
    except BaseException as failure:  # noqa: BLE001  whatever the program does
        reply = failed(failure)
    try:
        send(channel, reply)
    except ValueError as failure:
        send(channel, failed(failure))


def failed(failure: BaseException) -> dict[str, Any]:
    """An exception as plain data."""
    try:
        text = str(failure)[:300]
    except Exception:  # noqa: BLE001
        text = ""
    return {"raised": type(failure).__name__, "text": text}
