"""The tree of a mathematical text, as the reader found it.

`\\frac{1}{2}x + 3` becomes a `Call("add", …)` of a `Call("mul", …)` and a `Num`.
Nothing is simplified: what is equal is decided elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Num:
    """A rational number; `places` counts the digits after the point of a decimal, else None."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Sym:
    """A variable, or one of the constants `pi`, `e`, `i`, `inf`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operation or function on its arguments: `add`, `div`, `pow`, `sin`, `fn:f`, and so on."""

    op: str
    args: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Seq:
    """Items in brackets as written: `()`, `[]`, `(]`, `[)`, `{}`, or `,` for a bare list."""

    brackets: str
    items: tuple["Node", ...]
    either: bool = False
    """Whether the word or stands between the items of a bare list."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple["Node", ...], ...]


@dataclass(frozen=True, slots=True)
class Rel:
    """A chain of relations: `0 < x <= 1` has two operators and three sides."""

    ops: tuple[str, ...]
    sides: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit, `%` and the currencies included."""

    value: "Node"
    unit: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words that are no mathematics."""

    words: str


Node = Num | Sym | Call | Seq | Matrix | Rel | Quantity | Text

CONSTANTS = frozenset({"pi", "e", "i", "inf"})
INFINITY = Sym("inf")


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Call(_, args):
            return args
        case Seq(_, items):
            return items
        case Matrix(rows):
            return tuple(cell for row in rows for cell in row)
        case Rel(_, sides):
            return sides
        case Quantity(value, _):
            return (value,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in no particular order."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(children(top))


def depth_exceeds(node: Node, limit: int) -> bool:
    """Whether a tree is deeper than `limit` levels; found without recursion."""
    level = [node]
    for _ in range(limit):
        level = [below for part in level for below in children(part)]
        if not level:
            return False
    return True


def free_symbols(node: Node) -> frozenset[str]:
    """Names of the variables in a tree."""
    return frozenset(
        part.name for part in walk(node) if isinstance(part, Sym) and part.name not in CONSTANTS
    )


def negate(node: Node) -> Node:
    """The node with its sign changed."""
    if isinstance(node, Num):
        return Num(-node.value, node.places)
    return Call("neg", (node,))


def whole(value: int) -> Num:
    """An integer."""
    return Num(Fraction(value))
