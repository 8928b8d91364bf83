"""Compares values with units, currencies and percentages."""

from collections.abc import Callable

from curate.verify.math.exact import TooLarge, exact
from curate.verify.math.match import Match, different
from curate.verify.math.nodes import Call, Node, Num, Quantity, walk
from curate.verify.math.scalars import compare_scalars
from curate.verify.math.units import PERCENT_WORDS, dimension, read_unit, worth
from curate.verify.policy import PERCENT_DROPPED, UNIT_DROPPED

Compare = Callable[[Node, Node], Match]


def is_quantity(node: Node) -> bool:
    """Whether a tree is a value with a unit or a percentage."""
    return isinstance(node, Quantity) or (isinstance(node, Call) and node.op == "percent")


def compare_quantities(answer: Node, reference: Node, compare: Compare) -> Match:
    """Whether two values with units are equal; a missing unit is named, another one refused."""
    if _percent(answer) or _percent(reference):
        return _percents(answer, reference, compare)
    (a, a_unit), (r, r_unit) = _split(answer), _split(reference)
    if any(isinstance(part, Quantity) for side in (a, r) for part in walk(side)):
        return different("units", "several quantities in one")
    if a_unit is None or r_unit is None:
        unit = a_unit or r_unit or ""
        return compare(a, r).via(f"{UNIT_DROPPED} `{unit}`")
    known, wanted = read_unit(a_unit), read_unit(r_unit)
    if known is None or wanted is None:
        return _unknown_units(a, r, (a_unit, r_unit), compare)
    if not known or not wanted or (known == wanted):
        return compare(a, r)
    if (
        known[:1] == wanted[:1]
        and known[0].dimension.startswith("money")
        and 1
        in (
            len(known),
            len(wanted),
        )
    ):
        return compare(a, r).via(f"{UNIT_DROPPED} `{max(a_unit, r_unit, key=len)}`")
    if dimension(known) != dimension(wanted):
        return different("units", f"`{a_unit}` contradicts `{r_unit}`")
    ratio = worth(known) / worth(wanted)
    if ratio == 1:
        return compare(a, r)
    return compare(Call("mul", (a, Num(ratio))), r).via(f"`{a_unit}` as `{r_unit}`")


def _unknown_units(a: Node, r: Node, units: tuple[str, str], compare: Compare) -> Match:
    a_unit, r_unit = units
    for known, unknown in (units, units[::-1]):
        unit = read_unit(known)
        if unit and all(read_unit(word.strip("()")) != unit for word in unknown.split()):
            return different("units", f"`{a_unit}` for `{r_unit}`")
    same = a_unit.rstrip("s.") == r_unit.rstrip("s.")
    return compare(a, r) if same else compare(a, r).via(f"`{a_unit}` for `{r_unit}`")


def _split(node: Node) -> tuple[Node, str | None]:
    if isinstance(node, Quantity):
        return node.value, node.unit
    if isinstance(node, Call) and node.op == "deg":
        return node.args[0], "degrees"
    return node, None


def _percent(node: Node) -> bool:
    return (isinstance(node, Call) and node.op == "percent") or (
        isinstance(node, Quantity) and node.unit in PERCENT_WORDS
    )


def _percents(answer: Node, reference: Node, compare: Compare) -> Match:
    """28 % is 0.28; a bare 28 is taken for 28 %, a bare 0.5 is not taken for 0.5 %."""
    if _percent(answer) and _percent(reference):
        return compare(_bare(answer), _bare(reference))
    if isinstance(answer, Quantity) or isinstance(reference, Quantity):
        return different("units", "a percentage against a quantity")
    found = compare_scalars(answer, reference)
    if found.equal:
        return found.via("percent as a factor")
    a, r = _bare(answer), _bare(reference)
    try:
        size = exact(a)
    except TooLarge:
        return found
    if size is not None and abs(size) > 1:
        dropped = compare(a, r)
        if dropped.equal:
            return dropped.via(PERCENT_DROPPED)
    return found


def _bare(node: Node) -> Node:
    if isinstance(node, Call) and node.op == "percent":
        return node.args[0]
    return node.value if isinstance(node, Quantity) else node
