"""The ways in which an answer's text can be read as mathematics.

Most texts have one reading. `1,234` is a number with a thousands separator and might be a list;
`3,5` is a list and might be a decimal with a comma. The first reading is the likelier.
"""

import re
from fractions import Fraction
from functools import lru_cache

from curate.verify.compound import compound
from curate.verify.math.grammar import CONSTANT_WORDS, GREEK
from curate.verify.math.nodes import Node, Num, Quantity, Text
from curate.verify.math.read import read
from curate.verify.math.tokens import Unreadable
from curate.verify.math.units import read_unit
from curate.verify.tidy import repeating_fraction, tidy
from curate.verify.words import FORMULAS, number_in_words, plain_words

MAX_CHARACTERS = 10_000
"""Longest answer that is read; a longer one is compared as text."""

_INTEGER = re.compile(r"[+-]?\d{1,300}")
_DECIMAL = re.compile(r"[+-]?\d{0,300}\.\d{1,300}")
_GROUPED = re.compile(r"(?<![\w.,])([1-9]\d{0,2}(?:,\d{3})+)(?![\d,]|\.\d+,)")
_GROUPED_ALONE = re.compile(r"([+-]?)(\d{1,3}(?:[ '_]\d{3})+)((?:\.\d+)?)(?=\D|$)")
_COMMA_IN_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*,")
_BASE_16 = re.compile(r"(?:\\text\s*\{)?([0-9A-F]{1,64}|[0-9a-f]{1,64})\}?_\{?16\}?")
_ODDS = re.compile(r"(\d+)\s*(?:\s|\\text\s*\{\s*)to(?:\s|\s*\})\s*(\d+)")
_WITH_UNIT = re.compile(
    r"([-+]?\d+\s*\\frac\{\d+\}\{\d+\}|[-+]?\d+ \d+/\d+"
    r"|[-+]?[\d.,]*\d(?:\s*\\(?:times|cdot)\s*10\^\{?-?\d+\}?)?)"
    r"\s*(?:\\frac\{(\w+)\}\{(\w+)\}|([A-Za-z][A-Za-z/^{}\d*-]{0,20}))"
)
_INDIAN = re.compile(r"[+-]?\d{1,2}(?:,\d{2})+,\d{3}")
_EUROPEAN_SHORT = re.compile(r"([+-]?\d{1,3}(?:\.\d{3})+),(\d+)|([+-]?\d+(?:\.\d{3}){2,})")
_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+)")
_PERIODIC = re.compile(r"([+-]?)(\d*)\.(\d*)\((\d+)\)(?:\.\.\.)?")
_ELLIPSIS = re.compile(r"([+-]?)(\d*)\.(\d+?)(\d+?)\4+(?:\.\.\.|\\(?:l|c)?dots)")
_ELLIPSIS_AT_ONCE = re.compile(r"([+-]?)(\d*)\.(\d+?)\3+(?:\.\.\.|\\(?:l|c)?dots)")
_BOX = re.compile(r"\\(?:boxed|fbox|beginboxed)\s*\{")
_SOUP = re.compile(r"\\begin\{matrix\}|\\end\{matrix\}|\\\\")
_ADJACENT_BOXES = re.compile(r"(\\boxed\s*\{[^{}]*\})\s*(?=\\boxed)")
_APPROXIMATELY = re.compile(
    r"\s*(?:\\text\s*\{\s*)?\(\s*(?:approx|about|roughly|or about)[^()]{0,80}\)\}?[\s.]*$"
)
_CONDITION = re.compile(
    r",?\s*(?:\\q?quad\s*)?\\text\s*\{\s*(?:for|where|if|when|with)\b.*$", re.DOTALL
)
_CJK_UNIT = re.compile(
    r"([-+]?[\d.,/]*\d(?:\s?\\?%)?)\s*[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{1,6}"
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
_CHOOSE = re.compile(
    r"(?:\{\}|\^\{?(?=\w))?_?\{?(\d{1,4})\}?\s*C_?\s*\{?(\d{1,4})\}?|C\((\d{1,4}),\s*(\d{1,4})\)"
)
_ORDINAL = re.compile(r"(\d{1,9})(?:\\?\^?\{?\\?(?:text|mathrm)?\{?(?:st|nd|rd|th)\}*)")
_PERMUTATIONS = re.compile(r"P\((\d{1,4}),\s*(\d{1,4})\)|\{?\}?_\{?(\d{1,4})\}?P_\{?(\d{1,4})\}?")
_COMPLEX_J = re.compile(r"([+-]?[\d.]*\s*[+-]?\s*[\d.]*)\s*j")
_ABOUT = re.compile(
    r"(?:\\approx|\\sim|≈|~|\\text\s*\{\s*(?:approximately|about|roughly|approx\.?)\s*\}"
    r"|(?:approximately|about|roughly|approx\.?)\s)\s*(?=[-+$\d.])",
    re.IGNORECASE,
)
_LONE_I = re.compile(r"(?<![A-Za-z\\])I(?![A-Za-z_])")
_CIS = re.compile(r"(?:\\(?:operatorname|mathrm|text)\s*\{\s*cis\s*\}|\\cis|\bcis\b)\s*(.+)$")
_UNIT_VECTOR = re.compile(
    r"\\(?:mathbf|hat|vec|boldsymbol|overrightarrow|bm)\s*\{?\s*(?:\\[ij]math|([ijk]))\s*\}?"
)
_STYLED_WORD = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathsf|mathit|emph)\s*\{([A-Za-z]{3,})\}")
_EDGE = " \t\r\n.,;:*`"


def stripped(text: str) -> str:
    """The tidied text without boxes around it, markdown, and punctuation at its ends."""
    text = _APPROXIMATELY.sub("", _ADJACENT_BOXES.sub(r"\1, ", tidy(text)))
    for _ in range(50):
        before = text
        text = text.rstrip(_EDGE) if not text.endswith("...") else text.rstrip(" *`")
        text = text.lstrip(" \t\r\n,;:*`")
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
    quick = _quick(text)
    if quick is not None:
        return (quick,)
    if (whole := compound(text)) is not None:
        return (whole,)
    found: list[Node] = []
    for variant in _variants(_CONDITION.sub("", text) if "\\text" in text else text):
        try:
            node = read(variant)
        except Unreadable:
            continue
        if node not in found and not isinstance(node, Text):
            found.append(node)
    with_unit = _with_unit(text)
    return tuple(found if with_unit is None else [*found, with_unit])


def _quick(text: str) -> Node | None:
    if _INTEGER.fullmatch(text):
        return Num(Fraction(int(text)))
    if _DECIMAL.fullmatch(text):
        return Num(Fraction(text), len(text) - text.index(".") - 1)
    return None


def _variants(text: str) -> list[str]:
    """Spellings of a text, each with one meaning, the likeliest first."""
    if (
        formula := FORMULAS.get(plain_words(text))
        if text[-1:].isalpha() or "text" in text
        else None
    ):
        return [formula]
    if _is_word(text):
        words = number_in_words(text)
        return [words] if words is not None else []
    found: list[str] = []
    if (counted := _CJK_UNIT.fullmatch(text)) is not None:
        text = counted[1]
    if (periodic := _periodic(text)) is not None:
        found.append(periodic)
    if (alone := _GROUPED_ALONE.match(text)) is not None and _no_list(text):
        digits = re.sub(r"[ '_]", "", alone[2]) if "_" not in alone[2] else alone[2]
        found.append(alone[1] + digits + alone[3] + text[alone.end() :])
    if european := _EUROPEAN_SHORT.fullmatch(text):
        whole = (european[1] or european[3]).replace(".", "")
        found.append(f"{whole}.{european[2]}" if european[2] else whole)
    grouped = _ungrouped(text)
    found.append(grouped)
    if grouped != text:
        found.append(text)
    if (base := _BASE_16.fullmatch(text)) is not None:
        return [str(int(base[1], 16))]
    if (odds := _ODDS.fullmatch(text)) is not None:
        found.append(f"{odds[1]}:{odds[2]}")
    if _INDIAN.fullmatch(text):
        found.append(text.replace(",", ""))
    if (comma := _DECIMAL_COMMA.fullmatch(text)) is not None and grouped == text:
        found.append(f"{comma[1]}.{comma[2]}")
    if (choose := _CHOOSE.fullmatch(text)) is not None:
        found.append(rf"\binom{{{choose[1] or choose[3]}}}{{{choose[2] or choose[4]}}}")
    if (arranged := _PERMUTATIONS.fullmatch(text)) is not None:
        n, k = int(arranged[1] or arranged[3]), int(arranged[2] or arranged[4])
        found.append(rf"\frac{{{n}!}}{{({n}-{k})!}}" if k <= n else "0")
    if (ordinal := _ORDINAL.fullmatch(text)) is not None:
        found.append(ordinal[1])
    if text[-1:] == "j" and (number := _COMPLEX_J.fullmatch(text)) is not None:
        found.append(number[1] + "i")
    if "I" in text:  # as computer algebra writes the imaginary unit
        found.append(_LONE_I.sub("i", text))
    if "cis" in text and (polar := _CIS.search(text)) is not None:
        angle = polar[1]
        found.append(text[: polar.start()] + rf"(\cos({angle})+i\sin({angle}))")
    found += _components(text)
    if "\\begin{matrix}" in text:
        found.append(tidy(_SOUP.sub(" ", text)))
    words = number_in_words(text) if text[:1].isalpha() or text[:5] == "\\text" else None
    if words is not None:
        found.append(words)
    return found


def _components(text: str) -> list[str]:
    """`2\\mathbf{i} - \\mathbf{k}` as `(2, 0, -1)`; without a k, with two components too."""
    pieces = _UNIT_VECTOR.split(text)
    if len(pieces) < 3 or pieces[-1].strip() or None in pieces or len(text) > 300:
        return []
    parts = dict.fromkeys("ijk", "0")
    for factor, axis in zip(pieces[::2], pieces[1::2], strict=False):
        factor = factor.strip()
        sign = "-" if factor.startswith("-") else ""
        parts[axis] = sign + (factor.lstrip("+- ") or "1")
    listed = list(parts.values())
    return [f"({','.join(listed)})"] + ([f"({','.join(listed[:2])})"] if "k" not in pieces else [])


def _is_word(text: str) -> bool:
    """`Dan`, `LRD` and `abc` are words; `xy` is a product, `pi` a constant."""
    if not text.isalpha() or len(text) < 2 or text in CONSTANT_WORDS or text in GREEK:
        return False
    return len(text) > 2 or not text.islower()


def _no_list(text: str) -> bool:
    return "," not in text and ";" not in text


def _ungrouped(text: str) -> str:
    """Without thousands separators; inside brackets only beside a comma with a space."""
    if _COMMA_IN_BRACKETS.search(text) and not re.search(r",\s", text):
        return text
    return _GROUPED.sub(lambda m: m[1].replace(",", ""), text)


def _periodic(text: str) -> str | None:
    if found := _PERIODIC.fullmatch(text):
        return found[1] + repeating_fraction(found[2], found[3], found[4])
    if len(text) > 60:  # the two patterns below look back, and take their time on long texts
        return None
    if found := _ELLIPSIS_AT_ONCE.fullmatch(text):
        return found[1] + repeating_fraction(found[2], "", found[3])
    if found := _ELLIPSIS.fullmatch(text):
        return found[1] + repeating_fraction(found[2], found[3], found[4])
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
