"""Values as JSON between the judge and the tested process; also runs alone inside the sandbox.

Only plain data crosses, never code: `[1, "a"]` is `["list", [1, ["str", "a"]]]`.
What the tested process sends is rebuilt from built-in types here, so no `__eq__` of its own comes
with it. Objects travel as the name of their class and their attributes, and come back to life only
where the reader's own name space holds a class of that name (LeetCode's `ListNode`).
"""

import collections
import importlib
import json
import socket
from collections.abc import Callable, Iterable
from typing import Any, cast

MAX_FRAME_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 2_000
"""Linked lists nest; LeetCode's are short."""
MAX_ITEMS = 200_000
"""Items taken from an iterator before it is called endless."""

Json = Any
_BIG = 2**53


class Opaque:
    """An object of a class that the reader does not know: equal to nothing but itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<an object of class {self.name}>"


_SEQUENCES = {
    list: "list",
    tuple: "tuple",
    set: "set",
    frozenset: "frozenset",
    collections.deque: "deque",
}
_BUILD = {name: kind for kind, name in _SEQUENCES.items()}
_RARE = {
    "Fraction": ("fractions", "", "__str__"),
    "Decimal": ("decimal", "", "__str__"),
    "datetime": ("datetime", "fromisoformat", "isoformat"),
    "date": ("datetime", "fromisoformat", "isoformat"),
    "time": ("datetime", "fromisoformat", "isoformat"),
}
"""Module, how it is read and written; imported when met, since each costs milliseconds."""


def encode(value: object, depth: int = 0) -> Json:
    """A value as JSON. Raises TypeError for what is no data, RecursionError where too deep."""
    if depth > MAX_DEPTH:
        raise RecursionError("the value is nested too deeply, or contains itself")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -_BIG < value < _BIG else ["int", hex(value)]
    if isinstance(value, float):
        return ["float", float.hex(value)]
    if isinstance(value, str):
        return ["str", str.__str__(value)]
    if isinstance(value, complex):
        return ["complex", float.hex(value.real), float.hex(value.imag)]
    if isinstance(value, bytes | bytearray):
        return [type(value).__name__, bytes(value).hex()]
    if isinstance(value, dict):
        items = [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
        return ["dict", items]
    for kind, name in _SEQUENCES.items():
        if isinstance(value, kind):
            return [name, [encode(item, depth + 1) for item in value]]
    return _encode_rare(value, depth)


def _encode_rare(value: object, depth: int) -> Json:
    name = type(value).__name__
    if name in _RARE and type(value).__module__ == _RARE[name][0]:
        return [name, getattr(value, _RARE[name][2])()]
    if isinstance(value, range):
        return ["range", value.start, value.stop, value.step]
    if isinstance(value, type) or callable(value):
        raise TypeError(f"a {type(value).__name__} is no data")
    if hasattr(value, "__next__") or type(value).__name__.startswith("dict_"):
        items = []
        for item in cast("Iterable[object]", value):
            items.append(encode(item, depth + 1))
            if len(items) > MAX_ITEMS:
                raise ValueError(f"an iterator of more than {MAX_ITEMS} items")
        return ["iterator" if hasattr(value, "__next__") else "list", items]
    attributes = getattr(value, "__dict__", None)
    if not isinstance(attributes, dict):
        raise TypeError(f"a {type(value).__name__} is no data")
    pairs = [[str(k), encode(v, depth + 1)] for k, v in attributes.items()]
    return ["object", type(value).__name__, pairs]


def decode(value: Json, classes: dict[str, Any]) -> object:
    """The value that `encode` wrote. Raises ValueError for anything else."""
    if value is None or isinstance(value, bool | int):
        return value
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        raise ValueError("not an encoded value")
    name, *rest = value
    if name in _BUILD:
        return _BUILD[name]([decode(item, classes) for item in rest[0]])
    if name == "dict":
        return {decode(k, classes): decode(v, classes) for k, v in rest[0]}
    if name == "iterator":
        return iter([decode(item, classes) for item in rest[0]])
    if name == "object":
        return _decode_object(str(rest[0]), rest[1], classes)
    if name in _RARE:
        kind = getattr(importlib.import_module(_RARE[name][0]), name)
        return kind(*rest) if not _RARE[name][1] else kind.fromisoformat(*rest)
    return _SCALARS[name](*rest)


_SCALARS: dict[str, Callable[..., object]] = {
    "int": lambda text: int(text, 16),
    "float": float.fromhex,
    "str": str,
    "complex": lambda real, imag: complex(float.fromhex(real), float.fromhex(imag)),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "range": range,
}


def _decode_object(name: str, pairs: list[Any], classes: dict[str, Any]) -> object:
    kind = classes.get(name)
    # only a class that this side wrote itself, never one that it imported
    if not isinstance(kind, type) or kind.__module__ != classes.get("__name__"):
        return Opaque(name)
    made: Any = object.__new__(kind)
    for key, item in pairs:
        made.__dict__[str(key)] = decode(item, classes)
    return made


def send(channel: socket.socket, frame: Json) -> None:
    """Write one frame: its length in eight hex digits, then JSON."""
    data = json.dumps(frame).encode()
    if len(data) > MAX_FRAME_BYTES:
        raise ValueError(f"more than {MAX_FRAME_BYTES} bytes")
    channel.sendall(b"%08x" % len(data) + data)


def receive(channel: socket.socket) -> Json:
    """Read one frame. Raises EOFError where the other side is gone, ValueError for nonsense."""
    size = int(_exactly(channel, 8), 16)
    if not 0 <= size <= MAX_FRAME_BYTES:
        raise ValueError("a frame that is too long")
    return json.loads(_exactly(channel, size))


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = channel.recv(min(size - len(data), 1 << 20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
