"""The ways in which an answer's text can be read as mathematics.

Most texts have one reading. `1,234` is a number with a thousands separator and might be a list;
`3,5` is a list and might be a decimal with a comma. The first reading is the likelier.
"""

import re
from fractions import Fraction
from functools import lru_cache

from curate.verify.compound import compound
from curate.verify.math.nodes import Node, Num, Quantity, Text
from curate.verify.math.read import read
from curate.verify.math.tokens import Unreadable
from curate.verify.math.units import read_unit
from curate.verify.spellings import spellings
from curate.verify.tidy import tidy

MAX_CHARACTERS = 10_000
"""Longest answer that is read; a longer one is compared as text."""

_INTEGER = re.compile(r"[+-]?\d{1,300}")
_DECIMAL = re.compile(r"[+-]?\d{0,300}\.\d{1,300}")
_WITH_UNIT = re.compile(
    r"([-+]?\d+\s*\\frac\{\d+\}\{\d+\}|[-+]?\d+ \d+/\d+"
    r"|[-+]?[\d.,]*\d(?:\s*\\(?:times|cdot)\s*10\^\{?-?\d+\}?)?"
    r"|[-+]?(?:\d+(?:\.\d+)?)?\s*(?:\\pi|\\sqrt\{\d+\}(?:\s*\\pi)?)(?=\s*[A-Za-z][A-Za-z/^]))"
    r"\s*(?:\\frac\{(?:\\(?:text|mathrm)\{)?(\w+)\}?\}\{(?:\\(?:text|mathrm)\{)?(\w+)\}?\}"
    r"|([A-Za-z][A-Za-z/^{}\d*-]{0,20}))"
)
_BOX = re.compile(r"\\(?:boxed|fbox|beginboxed)\s*\{")
_ADJACENT_BOXES = re.compile(r"(\\boxed\s*\{[^{}]*\})\s*(?=\\boxed)")
_APPROXIMATELY = re.compile(
    r"\s*(?:\\text\s*\{\s*)?\(\s*(?:approx|about|roughly|or about)[^()]{0,80}\)\}?[\s.]*$"
)
_CONDITION = re.compile(
    r",?\s*(?:\\q?quad\s*)?\\text\s*\{\s*\(?(?:for|where|if|when|with|since|because)\b.*$",
    re.DOTALL,
)
_LEAD = re.compile(
    r"\\text\s*\{[^{}]{0,40}\b(?:answer|value|result|total)\s+(?:is|are|=|:)\s*:?\s*\}\s*:?",
    re.IGNORECASE,
)
_PLAIN_LEAD = re.compile(
    r"(?:the\s+)?(?:final\s+)?(?:answer|value|result|total|solution)"
    r"\s*(?:\s(?:is|are)|[=:])\s*:?\s*(?=[-+$\\\d(\[{])",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:\\approx|\\sim|≈|~|\\text\s*\{\s*(?:approximately|about|roughly|approx\.?)\s*\}"
    r"|(?:approximately|about|roughly|approx\.?)\s)\s*(?=[-+$\d.])",
    re.IGNORECASE,
)
_STYLED_WORD = re.compile(
    r"\\(?:mathbf|boldsymbol|bm|mathsf|mathit|emph|text)\s*\{([A-Za-z][A-Za-z -]{2,80})\}"
)
_EDGE = " \t\r\n.,;:*`"


_REMEMBERED = 1000
"""Longest text whose stripped form is kept in memory, in characters."""


def stripped(text: str) -> str:
    """The tidied text without boxes around it, markdown, and punctuation at its ends."""
    return _stripped_short(text) if len(text) <= _REMEMBERED else _stripped(text)


def _stripped(text: str) -> str:
    text = _APPROXIMATELY.sub("", _ADJACENT_BOXES.sub(r"\1, ", tidy(text)))
    for _ in range(50):
        before = text
        text = text.rstrip(_EDGE) if not text.endswith("...") else text.rstrip(" *`")
        text = text.lstrip(" \t\r\n,;:*`=")
        text = _without_box(text)
        if text[:1] == "\\" and (word := _STYLED_WORD.fullmatch(text)) is not None:
            text = word[1]
        if (lead := _LEAD.match(text)) is not None:
            text = text[lead.end() :]
        if text[:1].isalpha() and (lead := _PLAIN_LEAD.match(text)) is not None:
            text = text[lead.end() :]
        if text[:1] in "\\≈~AaRr" and (lead := _ABOUT.match(text)) is not None:
            text = text[lead.end() :]
        text = _single_parentheses(text)
        if text[-1:] == "\\":
            text = text.rstrip("\\ ")
        if text.startswith(("{", '"')) and _closes_at_end(text):
            text = text[1:-1] if text[0] == '"' or "," not in text else text
        if text == before:
            break
    return text


_stripped_short = lru_cache(maxsize=4096)(_stripped)


def _single_parentheses(text: str) -> str:
    """`(((1)))` as `(1)`: parentheses around parentheses say nothing."""
    if not text.startswith("(("):
        return text
    leading = len(text) - len(text.lstrip("("))
    spare = min(leading, len(text) - len(text.rstrip(")"))) - 1
    depth = lowest = 0
    for character in text[spare : len(text) - spare]:
        depth += (character == "(") - (character == ")")
        lowest = min(lowest, depth)
    return text[spare : len(text) - spare] if spare > 0 and depth == lowest == 0 else text


def _without_box(text: str) -> str:
    found = _BOX.match(text)
    if found is None:
        return text
    end = matching_brace(text, found.end() - 1)
    return text[found.end() : end] if end == len(text) - 1 else text


def _closes_at_end(text: str) -> bool:
    if text[0] == '"':
        return len(text) > 1 and text.index('"', 1) == len(text) - 1 if '"' in text[1:] else False
    return matching_brace(text, 0) == len(text) - 1


def matching_brace(text: str, start: int) -> int:
    """Index of the brace that closes the one at `start`, or -1. Escaped braces do not count."""
    depth, position = 0, start
    for found in _BRACES.finditer(text, start):
        position = found.start()
        if found.group() == "{":
            depth += 1
        elif found.group() == "}":
            depth -= 1
            if depth == 0:
                return position
    return -1


_BRACES = re.compile(r"\\[{}\\]|[{}]")


@lru_cache(maxsize=4096)
def readings(text: str) -> tuple[Node, ...]:
    """Trees of a text, the likeliest first; empty when the text is no mathematics."""
    if len(text) > MAX_CHARACTERS:
        return ()
    text = stripped(text)
    number = plain_number(text)
    if number is not None:
        return (number,)
    if (whole := compound(text)) is not None:
        return (whole,)
    found: list[Node] = []
    for variant in spellings(_unconditional(text)):
        try:
            node = read(variant)
        except Unreadable:
            continue
        if node not in found and not isinstance(node, Text):
            found.append(node)
    with_unit = _with_unit(text)
    return tuple(found if with_unit is None else [*found, with_unit])


def _unconditional(text: str) -> str:
    """Without the `\\text{ for } x > 0` behind a formula; in `cases` such words stay."""
    return _CONDITION.sub("", text) if "\\text" in text and "\\begin" not in text else text


def plain_number(text: str) -> Num | None:
    """The number that a text is, written with digits, a sign and a point at most."""
    if _INTEGER.fullmatch(text):
        return Num(Fraction(int(text)))
    if _DECIMAL.fullmatch(text):
        return Num(Fraction(text), len(text) - text.index(".") - 1)
    return None


def _with_unit(text: str) -> Node | None:
    """`0.64N`, `10 m` and `9.8 m/s^2` as quantities, beside their reading as products."""
    found = _WITH_UNIT.fullmatch(text)
    if found is None:
        return None
    unit = found[4] or f"{found[2]}/{found[3]}"
    if not read_unit(unit):
        return None
    try:
        return Quantity(read(found[1]), unit.lower())
    except Unreadable:
        return None
