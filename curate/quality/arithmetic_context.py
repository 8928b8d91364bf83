"""When an equality that does not hold is nobody's claim.

Read only around equations that do not hold: one that holds is right wherever it stands. What is
looked at is bounded, so a verdict depends on the equation and its neighbourhood alone.
"""

import re
from typing import NamedTuple

from curate.quality.arithmetic_side import Side
from curate.quality.arithmetic_tokens import SCALES

REACH_BEFORE = 400
REACH_AFTER = 250


class Place(NamedTuple):
    """An equation in its neighbourhood."""

    before: str
    """At most 400 characters that stand before it."""
    left: str
    right: str
    after: str
    """At most 250 characters that follow."""


MODULUS = re.compile(
    r"[\s,\\;$]*(?:\(\s*)?(?:\\[bp]?mod|\\text\{\s*\(?mod\s*\}?|\\mathrm\{mod\}|mod(?:ulo)?)"
    r"\s*(?:\\?[ ,;])*\{?\s*(\d{1,9})\s*\}?\s*\)?"
)
"""The modulus behind a congruence, as `(mod 7)`, `\\pmod{7}`, `\\text{ mod } 7`."""

BEFORE = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|not|never|should|would|could|instead|let(?!['’]s|\s(?:me|us))|"
    r"wait|hmm?|whether|were|claim\w*|pretend|imagin\w*|unless|wrong\w*|incorrect\w*|mistak\w*|"
    r"error|false|contradict\w*|versus|vs|cannot|base|clock|about|approx\w*|rough\w*|estimat\w*|"
    r"around|rounds?|rounded|rounding|nearest|try|trying|test|maybe|perhaps|guess|solve|solving|"
    r"need|want|given|condition|constraint|when|set|setting|target|puzzle)\b|n['’]t|≠|\\neq?\b|≟|"
    r"如果|假设|若|不是|不等|是否|应该|错",
    re.IGNORECASE,
)
"""Words of the same sentence, before, that make it no plain claim."""
AFTER = re.compile(
    r"\s*[^\w\s]*\s*\?|≠|\\neq?\b|\b(?:wrong|incorrect|false|contradict\w*|impossible|remainder|rem|"
    r"R\s?\d|approx\w*|about|rounded|rounding|nearest|instead|invalid|mistake|error|base)\b|"
    r"[✗❌]|吗|不|错",
    re.IGNORECASE,
)
"""Words of the same sentence, behind, that do."""
WITHDRAWN = re.compile(
    r"[\s\\\]\)$.*,;:}]*(?:\\(?:implies|Rightarrow|iff|text\{)|[⇒→✖✗❌✘≠]|=>|(?:[\w’',]+ ){0,2}?"
    r"(?:but|however|wait|no|nope|hmm|clearly|oops|hold on|false|incorrect|wrong|impossible|"
    r"not(?! an? (?:integer|whole|perfect|multiple|square|prime))|contradiction)\b"
    r"|(?:this|that|which|it)(?:[’']s)?\b[^.\n]{0,50}?\b(?:not|false|incorrect|wrong|impossible|"
    r"contradict\w*|invalid|absurd|\w+n['’]t)\b)",
    re.IGNORECASE,
)
"""The trace takes it back in the words that follow."""
POSED = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|given|should|must|would|equat\w*|setting|contradict\w*)\b",
    re.IGNORECASE,
)
"""Words in the line above a displayed equation that make it a condition."""
SENTENCE = re.compile(r"[.!;](?=\s)|\n|。|；|！")
DISPLAY = " \t\n\\[($"

LEANING = re.compile(
    r"\b(?:of|than|to|from|by|with|into|per|minus|plus|step|case|day|week|year|question|part|number|"
    r"no|problem|line|equation|figure|page|row|column|option|rule|answer|team|group|level|for|"
    r"lower|upper|first|second|third|at|between|each|every|let)\s*[$(\\]*\s*\Z",
    re.IGNORECASE,
)
"""A word right before that may make the first number an operand or a label."""
WORD_BEFORE = re.compile(r"[^\W\d_]\s*[$*(\\]*\s*\Z")
COUNTED = re.compile(r"\d\s+[a-z]+\s*[$(]*\s*\Z")
CHAINED = re.compile(r"(?:[=≈≡<>≤≥＝]|\\(?:approx|equiv|le|ge|leq|geq))[\s$&\\(]*\Z")
RATIO_BEFORE = re.compile(r"[\d})]\s?:\s?\Z")
COMMA_BEFORE = re.compile(r"\d,\Z")
COMMA_AFTER = re.compile(r",\d|,\s\s|,\s\d{3}(?!\d)")
ASSIGNED = re.compile(r"[A-Za-z]\$?\s*=\s*[-\d\\]")
PLUGGED = re.compile(r"\b(?:substitut|plug|original equation)", re.IGNORECASE)
TESTED = re.compile(r"\b(?:check|substitut|plug|verif|test|try|original|satisf)", re.IGNORECASE)
WORD_AFTER = re.compile(r"[ \t$\\)\]*}]*(?:\\text\{\s*)?([a-z]+)(?:\s*[/-]\s*([a-z]+))?")
CHANGING = SCALES - frozenset(
    "and or so for because since where when if then that the which with by but from".split()
)
"""Words behind a result that may change it."""
MEASURES = frozenset(
    "hour minute second day week month year dozen foot feet inch yard mile km m cm mm meter metre "
    "kilometer centimeter kg g gram kilogram pound ounce cent dollar quarter dime nickel liter "
    "gallon cup pint quart hr min sec degree radian".split()
)
"""Units that are converted into others."""


def why_not_claimed(place: Place, left: Side, right: Side, sign: str) -> str:
    """Why an equation that does not hold is still no error of the trace; empty if it is one."""
    whole = isinstance(left.value, int) and isinstance(right.value, int)
    if not place.after and whole and str(left.value).startswith(place.right):
        return "the end of the text"
    chained = bool(CHAINED.search(place.before[-16:]))
    return (
        _leans(place, left, chained)
        or _is_test(place.before, left, right, chained, sign)
        or _units(place, left, right)
        or ("" if _is_claimed(place) else "not a plain claim")
    )


def _leans(place: Place, left: Side, chained: bool) -> str:
    """Signs and words beside the equation that make its numbers mean more than they say."""
    near = place.before[-24:]
    if RATIO_BEFORE.search(near) or (place.after[:1] == ":" and place.after[1:2].isdecimal()):
        return "a ratio"
    if COMMA_BEFORE.search(near) or COMMA_AFTER.match(place.after):
        return "a comma between digits"
    if chained:
        return ""
    if LEANING.search(near):
        return "the words before"
    if COUNTED.search(near) or (left.bare and WORD_BEFORE.search(near)):
        return "a label"
    return ""


def _is_test(before: str, left: Side, right: Side, chained: bool, sign: str) -> str:
    """Whether a value is being tried in an equation or an inequality that need not hold."""
    wide = before[-250:]
    if ((left.bare and not chained) or sign in "<>≤≥") and TESTED.search(wide):
        return "a test of a value"
    if not chained and left.bare and (ASSIGNED.search(wide) or PLUGGED.search(wide)):
        return "a test of a value"
    if not (chained or right.bare) and PLUGGED.search(before[-120:]):
        return "a test of a value"
    return ""


def _units(place: Place, left: Side, right: Side) -> str:
    """Whether units differ or words scale, so that the numbers alone decide nothing."""
    units = set(right.units)
    if word := WORD_AFTER.match(place.after[:30]):
        if word[1] in CHANGING:
            return "the words behind"
        units |= {part.rstrip("s") for part in word.groups() if part and part not in SCALES}
    if not left.units:
        return "units" if "$" in place.right and "cent" in place.left + place.right else ""
    mixed = (len(left.units) > 1 and left.sums) or not units <= left.units
    if not right.bare and right.units != left.units:
        return "units"
    converted = (left.bare and units != left.units) or (left.units & MEASURES and not units)
    return "units" if mixed or converted else ""


def _is_claimed(place: Place) -> bool:
    """Whether the words around an equation leave it as a plain statement of the trace."""
    behind = MODULUS.match(place.after)
    after = place.after[behind.end() :] if behind else place.after
    window = place.before[-90:]
    before = window.rstrip()
    if BEFORE.search(before, _sentence(before)) or AFTER.search(_until_sentence(after[:60])):
        return False
    above = window.rstrip(DISPLAY)
    if above.endswith((":", ",")) and POSED.search(above, _sentence(above)):
        return False
    return not WITHDRAWN.match(after[:120])


def _sentence(text: str) -> int:
    """Where the last sentence of a text begins."""
    return max((stop.end() for stop in SENTENCE.finditer(text)), default=0)


def _until_sentence(text: str) -> str:
    stop = SENTENCE.search(text)
    return text[: stop.start()] if stop else text
