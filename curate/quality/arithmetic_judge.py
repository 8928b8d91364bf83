"""The verdict on one equation: right, wrong, or not one that can be checked."""

import re
from enum import StrEnum

from curate.quality.arithmetic_compare import Finding, TINY, close, congruent, distance, equal, middle, ordered
from curate.quality.arithmetic_context import is_claimed
from curate.quality.arithmetic_numbers import Exact, Interval, Number, add, ends, multiply, negative, pi
from curate.quality.arithmetic_read import Side, number_of, read_side
from curate.quality.arithmetic_tokens import NUMBER, SCALES, plain


class Truth(StrEnum):
    """What became of an equation."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCHECKED = "unchecked"


Verdict = tuple[Truth, str]
"""With the reason in a few words."""
Span = tuple[int, int]

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
MODULUS = re.compile(
    r"[\s,\\;$]*(?:\(\s*)?(?:\\[bp]?mod|\\text\{\s*\(?mod\s*\}?|\\mathrm\{mod\}|\(mod(?:ulo)?|mod(?:ulo)?)"
    r"\s*(?:\\?[ ,;])*\{?\s*(\d{1,9})\s*\}?\s*\)?"
)
GOOD = (Finding.HOLDS, Finding.ROUNDED)
REMAINDER = re.compile(
    r"[\s$,;\\)(]*(?:\\?q?quad\s*)?(?:\\text\s?\{\s*)?\(?(?:with (?:a )?)?"
    r"(?:remainder|rem\.?|R)(?: of)?(?: is)?[\s}$=:\\(]*(?:quad)?\s*(\d{1,9})"
)
DIVISOR = re.compile(r"(\d[\d,]*)[\s}$)]*$")
CALCULATION = re.compile(r"[+*×·]|\\times|\\cdot|\s[-−]\s")
LEADING = re.compile(rf"[\s$]*(-?(?:{NUMBER}))")
LEANING = re.compile(
    r"\b(?:of|than|to|from|by|with|into|per|minus|plus|step|case|day|week|year|question|part|number|"
    r"no|problem|line|equation|figure|page|row|column|option|rule|answer|team|group|level|for|"
    r"lower|upper|first|second|third|at|between|from|each|every|let)\s*[$(\\]*\s*$",
    re.IGNORECASE,
)
WORD_BEFORE = re.compile(r"[^\W\d_]\s*[$*(\\]*\s*$")
RATIO_BEFORE = re.compile(r"[\d})]\s?:\s?$")
RATIO_AFTER = re.compile(r":\d")
DECIMAL_COMMA = re.compile(r",\d|,\s\s|,\s\d{3}(?!\d)")
DECIMAL_COMMA_BEFORE = re.compile(r"\d,$")
ASSIGNED = re.compile(r"[A-Za-z]\$?\s*=\s*[-\d\\]")
COUNTED = re.compile(r"\d\s+[a-z]+\s*[$(]*\s*$")
PLUGGED = re.compile(r"\b(?:substitut|plug|original equation)", re.IGNORECASE)
TESTED = re.compile(r"\b(?:check|substitut|plug|verif|test|try|original|satisf)", re.IGNORECASE)
WORD_AFTER = re.compile(r"[\s$\\)\]*}]*(?:\\text\{\s*)?([a-z]+)(?:\s*[/-]\s*([a-z]+))?")
MEASURES = frozenset(
    "hour minute second day week month year dozen foot feet inch yard mile km m cm mm meter metre "
    "kilometer centimeter kg g gram kilogram pound ounce cent dollar quarter dime nickel liter gallon "
    "cup pint quart hr min sec degree radian".split()
)


def judge(
    text: str, links: tuple[Span, Span], sides: tuple[Side, Side], sign: str
) -> Verdict:
    """The verdict on two read sides and the relation between them."""
    left, right = sides
    if left.bare and right.bare and sign in ("=", "≈", "is") and not (sign == "≈" and left.places):
        return Truth.UNCHECKED, "two plain numbers"
    finding = _compare(left, right, sign, None)
    if finding not in GOOD and (modulus := _modulus(text, links[1][1])):
        finding = _compare(left, right, sign, modulus)
    if finding in (Finding.HOLDS, Finding.ROUNDED):
        return Truth.RIGHT, finding.value
    if finding is Finding.CLOSE and _remainder_fits(text, links, left, right):
        return Truth.RIGHT, "with a remainder"
    if finding is Finding.CLOSE or (sign == "is" and not _is_calculation(text, links[0])):
        return Truth.UNCHECKED, "within rounding or without a modulus"
    if reason := _other_reading(text, links, left, right, sign):
        return Truth.RIGHT if reason == "percent" else Truth.UNCHECKED, reason
    chained = bool(CHAINED.search(text, max(0, links[0][0] - 16), links[0][0]))
    if reason := _leans(text, links, left, right, sign, chained):
        return Truth.UNCHECKED, reason
    behind = MODULUS.match(text, links[1][1], links[1][1] + 40)
    if not is_claimed(text, links[0][0], behind.end() if behind else links[1][1]):
        return Truth.UNCHECKED, "not a plain claim"
    return Truth.WRONG, finding.value


CHAINED = re.compile(r"(?:[=≈≡<>≤≥＝]|\\(?:approx|equiv|le|ge|leq|geq))[\s$&\\(]*$")


def _modulus(text: str, end: int) -> int | None:
    """The modulus that is written behind a chain of congruences."""
    found = MODULUS.search(text, end, end + 160) if "mod" in text[end : end + 160] else None
    if found and all(sign not in "\n" for sign in text[end : found.start()]):
        return int(found[1]) or None
    return None


def _compare(left: Side, right: Side, sign: str, modulus: int | None) -> Finding:
    if sign == "≡":
        if modulus is None and right.modulus and right.dividend is not None:
            modulus = right.modulus
        return congruent(left, right, modulus) if modulus else Finding.CLOSE
    if sign == "≈":
        return close(left, right)
    if sign not in ("=", "is"):
        return ordered(left, right, sign)
    finding = equal(left, right)
    if finding is Finding.FAILS and (modulus := modulus or right.modulus):
        return congruent(left, right, modulus)
    return finding


def _remainder_fits(text: str, links: tuple[Span, Span], left: Side, right: Side) -> bool:
    """Whether it reads `17 / 5 = 3 remainder 2` and that is so."""
    (_, begin), (_, end) = links
    found, divisor = REMAINDER.match(text, end), DIVISOR.search(text, links[0][0], begin)
    if not (found and divisor) or isinstance(left.value, Interval):
        return False
    return (left.value - low(right.value)) * number_of(divisor[1]) == int(found[1])


def _is_calculation(text: str, span: Span) -> bool:
    """Whether the side before `is` can only be meant as a sum or a product, not as a range or a ratio."""
    return bool(CALCULATION.search(text, *span))


def _other_reading(text: str, links: tuple[Span, Span], left: Side, right: Side, sign: str) -> str:
    """Another way to read the equation in which it holds, or may hold."""
    written = [_plain(text[slice(*span)]) for span in links]
    if any(AMBIGUOUS.search(side) for side in written):
        return "ambiguous"
    if "%" in "".join(written) and (bare := [read_side(side.replace("%", "")) for side in written]):
        if bare[0] and bare[1] and _compare(bare[0], bare[1], sign, None) in GOOD:
            return "percent"
    for side, other in ((written[1], left), (written[0], right)):
        for mark in ("!", "%"):
            if mark in side and (again := read_side(side.replace(mark, ""))):
                if _compare(other, again, sign, None) in GOOD:
                    return "percent" if mark == "%" else "an exclamation"
    whole, part = (re.sub(r"\s", "", side).strip("()") for side in written)
    if len(part) < len(whole) and whole.startswith(part) and not right.bare:
        return "works in parts"
    if _is_range(written[0], left, right):
        return "a range"
    if _in_parts(written, left, right):
        return "works in parts"
    if _same_angle(written, left, right):
        return "an angle"
    if _nearby_modulus(text, links, left, right):
        return "a residue"
    if not right.bare and sign in "=≈" and (first := LEADING.match(written[1])):
        if number_of(first[1].lstrip("-")) * (-1 if first[1][0] == "-" else 1) == left.value:
            return "runs on"
    return ""


RANGE = re.compile(r"\d+[-–]\d+")
PAIR = re.compile(r"[\d.,]+\s*[-+*/]")
PAIR_ALONE = re.compile(r"[\d.,]+\s*[-+*/]\s*[\d.,]+")
MODULI = re.compile(r"(?:mod(?:ulo)?\W{0,12}?(?:\d|\\text)?|\\pmod\s*\{?\s*)(?<!\d)(\d{1,7})")


def _is_range(written: str, left: Side, right: Side) -> bool:
    return bool(RANGE.fullmatch(written)) and low(left.value) < 0 < low(right.value)


def _in_parts(written: list[str], left: Side, right: Side) -> bool:
    """Whether it reads `42 * 115 = 42 * 100 = 4200 + 42 * 15 = 630`, each step a part of the work."""
    begins = [PAIR.match(side) for side in written]
    if begins[0] and begins[1] and begins[0][0] == begins[1][0] and PAIR_ALONE.fullmatch(written[1]):
        return True
    term = re.split(r"[-+]", written[0])[-1]
    return left.sums and bool(last := read_side(term.strip())) and last.value == right.value


def _same_angle(written: list[str], left: Side, right: Side) -> bool:
    if all("pi" in side or "π" in side for side in written):
        turns = round(distance(left.value, right.value) / (2 * middle(pi())))
        gap = add(left.value, negative(right.value))
        return any(abs(middle(add(gap, multiply(sign * turns, multiply(2, pi()))))) < TINY for sign in (1, -1))
    both = "".join(written)
    gap = low(left.value) - low(right.value)
    return ("circ" in both or "°" in both) and gap % 360 == 0


def _nearby_modulus(text: str, links: tuple[Span, Span], left: Side, right: Side) -> bool:
    (start, _), (_, end) = links
    around = text[max(0, start - 400) : end + 250]
    if "mod" not in around or not isinstance(left.value, int) or not isinstance(right.value, int):
        return False
    gap = left.value - right.value
    return any(int(m[1]) > 1 and gap % int(m[1]) == 0 for m in MODULI.finditer(around) if int(m[1]))


def low(value: Number) -> Exact:
    """The least value it may have."""
    return ends(value)[0]


def _plain(written: str) -> str:
    return plain(re.sub(r"<<[^<>\n]*>>", " ", written)).strip()


def _leans(text: str, links: tuple[Span, Span], left: Side, right: Side, sign: str, chained: bool) -> str:
    """Why the numbers may mean more than they say: labels, units, words that scale."""
    (start, _), (_, end) = links
    before = text[max(0, start - 24) : start]
    if end == len(text) and right.bare and str(left.value).startswith(str(right.value)):
        return "the end of the text"
    if RATIO_BEFORE.search(text, max(0, start - 4), start) or RATIO_AFTER.match(text, end):
        return "a ratio"
    if DECIMAL_COMMA_BEFORE.search(text, max(0, start - 2), start) or DECIMAL_COMMA.match(text, end):
        return "a comma between digits"
    if not chained and LEANING.search(before):
        return "the words before"
    if not chained and (COUNTED.search(before) or left.bare and WORD_BEFORE.search(before)):
        return "a label"
    if (left.bare and not chained or sign in "<>≤≥") and TESTED.search(text, max(0, start - 250), start):
        return "a test of a value"
    if not chained and (left.bare or not right.bare):
        window = max(0, start - (250 if left.bare else 120))
        if (left.bare and ASSIGNED.search(text, window, start)) or PLUGGED.search(text, window, start):
            return "a test of a value"
    units = set(right.units)
    if word := WORD_AFTER.match(text, end, end + 30):
        if word[1] in SCALES:
            return "the words behind"
        units |= {part.rstrip("s") for part in word.groups() if part}
    if left.units:
        if left.bare and units != left.units:
            return "units"
        if len(left.units) > 1 and left.sums or not units <= left.units:
            return "units"
        if left.units & MEASURES and not units:
            return "units"
    elif "$" in text[slice(*links[1])] and "cent" in text[start:end]:
        return "units"
    return ""
