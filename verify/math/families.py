"""Families over the integers: `π/4 + kπ` and `5π/4 + nπ, n ∈ ℤ` are the same numbers."""

from dataclasses import dataclass
from fractions import Fraction

from curate.verify.math.exact import TooLarge
from curate.verify.math.match import Match, different
from curate.verify.math.nodes import Node, Rel, Seq, Sym, free_symbols, walk
from curate.verify.math.numeric import DIGITS, NoValue, Number, context, value
from curate.verify.math.relations import value_of_assignment

_PARAMETERS = frozenset("klmn")
_PLACES = (0, 1, 2, 7, -3)


@dataclass(frozen=True, slots=True)
class Family:
    """`start + step·k` for every integer k."""

    start: Number
    step: Number
    declared: bool
    """Whether the tree itself says that k is an integer."""


def family(node: Node) -> Family | None:
    """The family that a tree is, or could be: its parameter is k, l, m or n beside a π."""
    formula, declared = node, None
    match node:
        case Seq(",", (first, Rel(("in",), (Sym(name), Sym("Z"))))):
            formula, declared = first, name
    if isinstance(formula, Rel):
        formula = value_of_assignment(formula) or formula
    names = free_symbols(formula)
    if len(names) != 1 or isinstance(formula, Rel | Seq):
        return None
    (name,) = names
    beside_pi = name in _PARAMETERS and any(part == Sym("pi") for part in walk(formula))
    known = declared == name
    return _linear(formula, name, declared=known) if known or beside_pi else None


def _linear(formula: Node, name: str, *, declared: bool) -> Family | None:
    mp = context(DIGITS)
    try:
        at = {place: mp.mpmathify(value(formula, {name: Fraction(place)})) for place in _PLACES}
    except (NoValue, TooLarge):
        return None
    found = Family(at[0], at[1] - at[0], declared)
    straight = all(_near(at[place], found.start + place * found.step) for place in _PLACES)
    return found if straight and abs(found.step) > mp.mpf(10) ** -30 else None


def _near(a: Number, b: Number) -> bool:
    mp = context(DIGITS)
    return bool(abs(a - b) <= mp.mpf(10) ** -30 * max(abs(a), abs(b), 1))


def compare_families(answer: Family, reference: Family) -> Match:
    """Whether two families hold the same numbers: equal steps, starts whole steps apart."""
    mp = context(DIGITS)
    if not (_near(answer.step, reference.step) or _near(answer.step, -reference.step)):
        return different("integer family", "another step")
    steps = (answer.start - reference.start) / reference.step
    if not _near(steps, mp.nint(mp.re(steps))):
        return different("integer family", "another start")
    return Match(True, "integer family")
