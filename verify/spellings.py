"""Spellings of a text, each with one meaning: `1,234` as 1234, `3,5` as 3.5, `5C2` as 10."""

import re
from itertools import pairwise

from curate.verify.math.grammar import CONSTANT_WORDS, GREEK
from curate.verify.tidy import repeating_fraction, tidy
from curate.verify.words import FORMULAS, number_in_words, plain_words

MAX_WRITTEN_OUT = 1000
"""Longest sequence with dots that is written out."""
_GROUPED = re.compile(r"(?<![\w.,])([1-9]\d{0,2}(?:,\d{3})+)(?![\d,]|\.\d+,)")
_GROUPED_ALONE = re.compile(r"([+-]?)(\d{1,3}(?:[ '_]\d{3})+)((?:\.\d+)?)(?=\D|$)")
_COMMA_IN_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*,")
_BASE_16 = re.compile(r"(?:\\text\s*\{)?([0-9A-F]{1,64}|[0-9a-f]{1,64})\}?_\{?16\}?")
_ODDS = re.compile(r"(\d+)\s*(?:\s|\\text\s*\{\s*)to(?:\s|\s*\})\s*(\d+)")
_INDIAN = re.compile(r"[+-]?\d{1,2}(?:,\d{2})+,\d{3}")
_EUROPEAN_SHORT = re.compile(r"([+-]?\d{1,3}(?:\.\d{3})+),(\d+)|([+-]?\d+(?:\.\d{3}){2,})")
_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+)")
_PERIODIC = re.compile(r"([+-]?)(\d*)\.(\d*)\((\d+)\)(?:\.\.\.)?")
_ELLIPSIS = re.compile(r"([+-]?)(\d*)\.(\d+?)(\d+?)\4+(?:\.\.\.|\\(?:l|c)?dots)")
_ELLIPSIS_AT_ONCE = re.compile(r"([+-]?)(\d*)\.(\d+?)\3+(?:\.\.\.|\\(?:l|c)?dots)")
_SOUP = re.compile(r"\\begin\{matrix\}|\\end\{matrix\}|\\\\")
_CJK_UNIT = re.compile(
    r"([-+]?[\d.,/]*\d(?:\s?\\?%)?)\s*[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{1,6}"
)
_CHOOSE = re.compile(
    r"(?:\{\}|\^\{?(?=\w))?_?\{?(\d{1,4})\}?\s*C_?\s*\{?(\d{1,4})\}?|C\((\d{1,4}),\s*(\d{1,4})\)"
)
_ORDINAL = re.compile(r"(\d{1,9})(?:\\?\^?\{?\\?(?:text|mathrm)?\{?(?:st|nd|rd|th)\}*)")
_PERMUTATIONS = re.compile(r"P\((\d{1,4}),\s*(\d{1,4})\)|\{?\}?_\{?(\d{1,4})\}?P_\{?(\d{1,4})\}?")
_COMPLEX_J = re.compile(r"([+-]?[\d.]*\s*[+-]?\s*[\d.]*)\s*j")
_LONE_I = re.compile(r"(?<![A-Za-z\\])I(?![A-Za-z_])")
_CIS = re.compile(r"(?:\\(?:operatorname|mathrm|text)\s*\{\s*cis\s*\}|\\cis|\bcis\b)\s*(.+)$")
_UNIT_VECTOR = re.compile(
    r"\\(?:mathbf|hat|vec|boldsymbol|overrightarrow|bm)\s*\{?\s*(?:\\[ij]math|([ijk]))\s*\}?"
)
_POINT = re.compile(r"[A-Z]\s*(\([^(),;]+(?:,[^(),;]+){1,3}\))")
_SEQUENCE = re.compile(r"((?:-?\d{1,6},\s*){2,8})\s*\\[lc]?dots\s*,\s*(-?\d{1,6})")


def spellings(text: str) -> list[str]:
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
    if (listed := _SEQUENCE.fullmatch(text)) is not None:
        found += _written_out([int(n) for n in listed[1].split(",") if n.strip()], int(listed[2]))
    if (point := _POINT.fullmatch(text)) is not None:
        found.append(point[1])
    if "\\cup" in text and not re.search(r"[\[(\]{)]", text):
        found.append(text.replace("\\cup", r"\text{ or }"))
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


def _written_out(first: list[int], last: int) -> list[str]:
    """`1, 2, 3, \\ldots, 10` with every item, where the first ones have equal steps."""
    step = first[1] - first[0]
    if any(b - a != step for a, b in pairwise(first)) or step == 0 or (last - first[-1]) % step:
        return []
    items = range(first[0], last + (1 if step > 0 else -1), step)
    return [", ".join(map(str, items))] if len(first) < len(items) <= MAX_WRITTEN_OUT else []


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
