"""The reference answer: what it is decides how an answer is compared."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from curate.trace import ReferenceForm
from curate.verify.choice import is_choice, letters_of
from curate.verify.code.tests import read_tests
from curate.verify.math.exact import TooLarge, exact
from curate.verify.math.nodes import (
    Call,
    Matrix,
    Node,
    Num,
    Quantity,
    Rel,
    Seq,
    Sym,
    free_symbols,
    walk,
)
from curate.verify.readings import plain_number, readings, stripped
from curate.verify.words import time_of_day

MAX_CHARACTERS = 20_000
"""Longest reference that is used; anything longer is a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference answer and what kind of answer it asks for."""

    kind: str
    """`integer`, `decimal`, `fraction`, `percent`, `quantity`, `tuple`, `choice`, `text`, …;
    `missing` or `unusable` when nothing can be compared with it."""
    text: str
    """The answer itself, taken out of a longer reference text."""
    options: tuple[str, ...] | None = None
    numbers: tuple[int, ...] = ()
    """The numbers of a Countdown problem."""
    target: int = 0
    parts: tuple["Reference", ...] = field(default=())
    """The parts of a reference with several answers, all of them wanted."""

    @property
    def usable(self) -> bool:
        """Whether an answer can be compared with it."""
        return self.kind not in ("missing", "unusable")


@lru_cache(maxsize=65_536)
def _read(text: str | None, form: str, options: tuple[str, ...] | None) -> Reference:
    if text is None or not text.strip():
        return Reference(kind="missing", text="")
    if form == ReferenceForm.CODE:
        return Reference(kind="code" if read_tests(text) else "unusable", text=text)
    if len(text) > MAX_CHARACTERS:
        return Reference(kind="unusable", text=text[:100])
    if form == ReferenceForm.COUNTDOWN:
        return _countdown(text)
    if form == ReferenceForm.LIST:
        return _list(text, options)
    return _single(text, options)


def read_reference(
    text: str | None, form: str = ReferenceForm.TEXT, options: Sequence[str] | None = None
) -> Reference:
    """The reference of a trace; never raises, an unusable one says so in its kind."""
    try:
        return _read(text, str(form), tuple(options) if options else None)
    except Exception:  # noqa: BLE001  references are untrusted text as well
        return Reference(kind="unusable", text=(text or "")[:100])


def reference_of(value: object, options: Sequence[str] | None = None) -> Reference:
    """The reference given to the library: text, texts, a Countdown mapping, or tests."""
    if value is None or isinstance(value, str):
        return read_reference(value, ReferenceForm.TEXT, options)
    if isinstance(value, Mapping) and not {"numbers", "nums"} & set(value):
        return read_reference(json.dumps(dict(value), default=str), ReferenceForm.CODE)
    if isinstance(value, Mapping):
        return read_reference(
            json.dumps(dict(value), default=str), ReferenceForm.COUNTDOWN, options
        )
    if isinstance(value, list | tuple):
        texts = [item if isinstance(item, str) else str(item) for item in value]
        return read_reference(json.dumps(texts), ReferenceForm.LIST, options)
    return read_reference(str(value), ReferenceForm.TEXT, options)


def _countdown(text: str) -> Reference:
    try:
        record = json.loads(text)
        numbers = tuple(int(number) for number in record["numbers"])
        return Reference(kind="countdown", text=text, numbers=numbers, target=int(record["target"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Reference(kind="unusable", text=text)


def _list(text: str, options: tuple[str, ...] | None) -> Reference:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return _single(text, options)
    texts = [str(item) for item in items if item is not None] if isinstance(items, list) else []
    if len(texts) < 2:
        return _read(texts[0] if texts else None, ReferenceForm.TEXT, options)
    parts = tuple(_single(part, options) for part in texts)
    return Reference(kind="list", text=", ".join(part.text for part in parts), parts=parts)


def _single(text: str, options: tuple[str, ...] | None) -> Reference:
    from curate.verify.extract import answer_in_reference

    number = plain_number(text) if options is None else None
    if number is not None:  # nothing that follows would see anything else in it
        return Reference(kind=_kind_of_scalar(number), text=text)
    answer = answer_in_reference(text)
    if not stripped(answer[:MAX_CHARACTERS]):
        return Reference(kind="missing", text="")
    return Reference(kind=kind_of(answer, options), text=answer, options=options)


def kind_of(text: str, options: Sequence[str] | None = None) -> str:
    """The kind of answer that a text is."""
    if is_choice(text, options):
        return "choice"
    if letters_of(text) is not None and re.search(r"[A-J]", text):
        return "choices"
    if time_of_day(text) is not None:
        return "time"
    found = readings(text)
    return _kind_of_node(found[0]) if found else "text"


def _kind_of_node(node: Node) -> str:
    match node:
        case Rel(ops, sides) if set(ops) == {"="}:
            return "assignment" if isinstance(sides[0], Sym) else "equation"
        case Rel(("in",), (_, inside)):
            return _kind_of_node(inside)
        case Rel():
            return "inequality"
        case Matrix():
            return "matrix"
        case Seq(brackets, items):
            return _kind_of_sequence(brackets, items)
        case Call("union" | "intersection" | "setminus" | "setof", _):
            return "union" if node.op == "union" else "set"
        case Quantity(_, unit):
            return "currency" if unit in ("\\$", "€", "£", "¥", "₹") else "quantity"
        case _:
            return _kind_of_scalar(node)


def _kind_of_sequence(brackets: str, items: tuple[Node, ...]) -> str:
    if brackets == ",":
        return "list"
    if brackets == "{}":
        return "set"
    if brackets in ("(]", "[)") or (brackets == "[]" and len(items) == 2):
        return "interval"
    infinite = any(isinstance(part, Sym) and part.name == "inf" for i in items for part in walk(i))
    return "interval" if infinite and len(items) == 2 else "tuple"


def _kind_of_scalar(node: Node) -> str:
    match node:
        case Num(value, places):
            return "integer" if places is None and value.denominator == 1 else "decimal"
        case Call("neg", (inner,)):
            return _kind_of_scalar(inner)
        case Call("percent", _):
            return "percent"
        case Call("deg", _):
            return "degrees"
        case Call("mixed", _):
            return "mixed number"
        case Call("ratio", _):
            return "ratio"
    if any(isinstance(part, Sym) and part.name == "i" for part in walk(node)):
        return "complex"
    if free_symbols(node):
        return "expression"
    try:
        rational = exact(node)
    except TooLarge:
        return "constant"
    if rational is None:
        return "constant"
    return "integer" if rational.denominator == 1 else "fraction"
