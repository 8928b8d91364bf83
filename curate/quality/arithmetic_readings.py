"""Other ways to read an equation that does not hold as it stands."""

import re

from curate.quality.arithmetic_compare import GOOD, TINY, compare, distance, low, middle
from curate.quality.arithmetic_context import Place
from curate.quality.arithmetic_numbers import Interval, add, multiply, negative, number_of, pi
from curate.quality.arithmetic_read import read_side
from curate.quality.arithmetic_side import Side
from curate.quality.arithmetic_tokens import NUMBER, plain

AMBIGUOUS = re.compile(
    r"/[^+\-=]*[\d)}][({]"  # 6/2(1+2)
    r"|/[^+\-=]*[\d)}]\s?(?:\\sqrt|√|\\pi|π)"
    r"|(?:^|[(\[{=*/+])\s*-\s*\d[\d.]*\s*\^"  # -3^2
    r"|[\d)}]\s+[({](?!\\)"  # 5 (4)
    r"|/\s?[\d.]+\s?(?:[*x]|\\times|\\cdot)\s?10\s?\^"  # 1.3 / 2.6 * 10^-4
    r"|(?:√|sqrt)\s?[\d.]+\s?[-+*/^]"  # √6.25 + 4.84
    r"|[a-z]\s?/\s?[\d.]"  # 2 pages/1.5 minutes
    r"|\d/\d+\s+[/÷]\s+\d+/\d"  # 4/3 / 8/27
    r"|\d{4,}\s?[-/]\s?\d\d?\s?[-/]\s?\d\d?(?!\d)"  # dates
)
REMAINDER = re.compile(
    r"[\s$,;\\)(]*(?:\\?q?quad\s*)?(?:\\text\s?\{\s*)?\(?(?:with (?:a )?)?"
    r"(?:remainder|rem\.?|R)(?: of)?(?: is)?[\s}$=:\\(]*(?:quad)?\s*(\d{1,9})"
)
DIVISOR = re.compile(r"(\d[\d,]*)[\s}$)]*\Z")
LEADING = re.compile(rf"[\s$]*(-?)({NUMBER})")
MARK = re.compile(r"<<[^<>\n]*>>")
BLANK = re.compile(r"\s")
RANGE = re.compile(r"\d+[-–]\d+")
PAIR = re.compile(r"[\d.,]+\s*[-+*/]")
PAIR_ALONE = re.compile(r"[\d.,]+\s*[-+*/]\s*[\d.,]+")
LAST_TERM = re.compile(r"[-+]([^-+]*)\Z")
MODULI = re.compile(r"(?:mod(?:ulo)?\W{0,12}?|\\pmod\s*\{?\s*)(?<!\d)(\d{1,7})")


def has_remainder(place: Place, left: Side, right: Side) -> bool:
    """Whether it reads `17 / 5 = 3 remainder 2`, and that is so."""
    found, divisor = REMAINDER.match(place.after), DIVISOR.search(place.left)
    if not (found and divisor) or isinstance(left.value, Interval):
        return False
    return (left.value - low(right.value)) * number_of(divisor[1]) == int(found[1])


def other_reading(place: Place, left: Side, right: Side, sign: str) -> str:
    """In a few words, another way to read the equation in which it holds or may hold."""
    written = [plain(MARK.sub(" ", side)).strip() for side in (place.left, place.right)]
    if any(AMBIGUOUS.search(side) for side in written):
        return "ambiguous"
    if "%" in "".join(written) and _without("%", written, (left, right), sign):
        return "percent"
    if written[1].endswith("!") and _without("!", ["", written[1]], (left, right), sign):
        return "an exclamation"
    if RANGE.fullmatch(written[0]) and low(left.value) < 0 < low(right.value):
        return "a range"
    if not right.bare and _works_in_parts(written, left, right):
        return "works in parts"
    if left.sums and _is_last_term(written[0], right):
        return "works in parts"
    if _same_angle(written, left, right):
        return "an angle"
    return "a residue" if _nearby_modulus(place, left, right) else ""


def _without(mark: str, written: list[str], sides: tuple[Side, Side], sign: str) -> bool:
    """Whether it holds once a sign is left out on either side or on both."""
    read = [read_side(side.replace(mark, "")) if mark in side else None for side in written]
    left, right = (bare or side for bare, side in zip(read, sides, strict=True))
    pairs = [(left, right), (left, sides[1]), (sides[0], right)]
    return any(compare(a, b, sign, None) in GOOD for a, b in pairs)


def _works_in_parts(written: list[str], left: Side, right: Side) -> bool:
    """Whether it reads `10 - 2 = 8 * 3 = 24` or `42 * 115 = 42 * 100 = 4200 …`, step by step."""
    whole, part = (BLANK.sub("", side).strip("()") for side in written)
    if len(part) < len(whole) and whole.startswith(part):
        return True
    begins = [PAIR.match(side) for side in written]
    if begins[0] and begins[1] and begins[0][0] == begins[1][0]:
        return bool(PAIR_ALONE.fullmatch(written[1]))
    if not (first := LEADING.match(written[1])):
        return False
    value = -number_of(first[2]) if first[1] else number_of(first[2])
    return value in (left.value, low(left.value) // 1)


def _is_last_term(written: str, right: Side) -> bool:
    """Whether only the last term was worked out: `4200 + 42 * 15 = 630`."""
    term = LAST_TERM.search(written)
    last = read_side(term[1].strip()) if term else None
    return last is not None and last.value == right.value


def _same_angle(written: list[str], left: Side, right: Side) -> bool:
    """Whether the sides differ by whole turns of an angle."""
    if all("pi" in side or "π" in side for side in written):
        turn = multiply(2, pi())
        turns = round(distance(left.value, right.value) / middle(turn))
        gap = add(left.value, negative(right.value))
        rests = (add(gap, multiply(way * turns, turn)) for way in (1, -1))
        return turns > 0 and any(abs(middle(rest)) < TINY for rest in rests)
    degrees = any("circ" in side or "°" in side for side in written)
    return degrees and (low(left.value) - low(right.value)) % 360 == 0


def _nearby_modulus(place: Place, left: Side, right: Side) -> bool:
    """Whether the sides are the same modulo a number that is named nearby."""
    if not (isinstance(left.value, int) and isinstance(right.value, int)):
        return False
    gap = left.value - right.value
    moduli = (int(m[1]) for side in (place.before, place.after) for m in MODULI.finditer(side))
    return any(modulus > 1 and gap % modulus == 0 for modulus in moduli)
