"""Quantities of two or three units: `1 hour 30 minutes`, `5'10"`, `5 ft 10 in`."""

import re
from fractions import Fraction

from curate.verify.math.nodes import Num, Quantity
from curate.verify.math.units import read_unit

_TEXT = re.compile(r"\\(?:text|mathrm|textrm|mbox)\s*\{([^{}]*)\}|~")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*-?\s*([A-Za-z]{1,12})\.?")
_JOINED = re.compile(r"\s*(?:,\s*)?(?:and\b\s*)?")
_FEET = re.compile(r"(\d+)\s*(?:'|\^?\\prime|′)\s*(\d+(?:\.\d+)?)\s*(?:''|\"|″|\^?\\prime\\prime)")
_ARC = re.compile(r"(\d+)\s*\^\s*\{?\s*\\circ\s*\}?\s*(\d+)\s*(?:'|\^?\{?\\prime\}?)")
_TIMES, _FEET_AND_INCHES = {"m": "min"}, {"in": "inches"}
_AFTER = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), _TIMES),
    **dict.fromkeys(("ft", "foot", "feet"), _FEET_AND_INCHES),
}
"""What a short unit means behind the first one: `1h 30m`, `5 ft 10 in`."""
MAX_CHARACTERS = 80


def compound(text: str) -> Quantity | None:
    """The whole in the last unit; None where the units do not shrink within one dimension."""
    if len(text) > MAX_CHARACTERS or not any(character.isdigit() for character in text):
        return None
    if feet := _FEET.fullmatch(text.strip()):
        return Quantity(Num(12 * Fraction(feet[1]) + Fraction(feet[2])), "inches")
    if "\\circ" in text and (arc := _ARC.fullmatch(text)) is not None:
        return Quantity(Num(Fraction(arc[1]) + Fraction(int(arc[2]), 60)), "degrees")
    parts = _parts(_TEXT.sub(r" \1 ", text).strip())
    if len(parts) < 2:
        return None
    short = _AFTER.get(parts[0][1], {})
    names = [short.get(unit, unit) for _, unit in parts]
    units = [read_unit(unit) for unit in names]
    known = [unit[0] for unit in units if unit is not None and len(unit) == 1]
    if len(known) < len(units) or len({unit.dimension for unit in known}) > 1:
        return None
    factors = [unit.factor for unit in known]
    if factors != sorted(set(factors), reverse=True):
        return None
    total = sum(number * factor for (number, _), factor in zip(parts, factors, strict=True))
    return Quantity(Num(Fraction(total) / factors[-1]), names[-1])


def _parts(text: str) -> list[tuple[Fraction, str]]:
    """Number and unit of each part; empty where something else stands between."""
    found, place = [], 0
    while part := _PART.match(text, place):
        found.append((Fraction(part[1]), part[2].lower()))
        place = part.end()
        joined = _JOINED.match(text, place)
        place = joined.end() if joined else place
    return found if place == len(text) else []
