"""Spellings of a text, each with one meaning: `1,234` as 1234, `3,5` as 3.5, `5C2` as 10."""

import re
from itertools import pairwise

from curate.verify.math.grammar import CONSTANT_WORDS, GREEK, SEPARATING_WORDS, WORD_FUNCTIONS
from curate.verify.tidy import repeating_fraction, tidy
from curate.verify.words import FORMULAS, number_in_words, plain_words

MAX_WRITTEN_OUT = 1000
"""Longest sequence with dots that is written out."""
_GROUPED = re.compile(r"(?<![\w.,])([1-9]\d{0,2}(?:,\d{3})+)(?!\d|,(?!\s)|\.\d+,)")
_GROUPED_ALONE = re.compile(r"([+-]?)(\d{1,3}(?:[ '_]\d{3})+)((?:\.\d+)?)(?=\D|$)")
_COMMA_IN_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*,")
_BASE_16 = re.compile(r"(?:\\text\s*\{)?([0-9A-F]{1,64}|[0-9a-f]{1,64})\}?_\{?16\}?")
_ODDS = re.compile(r"(\d+)\s*(?:\s|\\text\s*\{\s*)to(?:\s|\s*\})\s*(\d+)")
_UNION_LETTER = re.compile(r"(?<=[)\]}])\s*U\s*(?=[(\[{\\])")
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
    r"\\?(?:mathrm\{C\}|C)_\{?(\d{1,4})\}?\^\{?(\d{1,4})\}?|(?:\{\}|\^\{?(?=\w))?_?\{?(\d{1,4})\}?\s*C_?\s*\{?(\d{1,4})\}?|C\((\d{1,4}),\s*(\d{1,4})\)"
)
_ORDINAL = re.compile(r"(\d{1,9})(?:\\?\^?\{?\\?(?:text|mathrm)?\{?(?:st|nd|rd|th)\}*)")
_PERMUTATIONS = re.compile(
    r"P\((\d{1,4}),\s*(\d{1,4})\)|\{?\}?_\{?(\d{1,4})\}?P_\{?(\d{1,4})\}?"
    r"|\\?(?:mathrm\{A\}|A)_\{?(\d{1,4})\}?\^\{?(\d{1,4})\}?"
)
_COMPLEX_J = re.compile(r"([+-]?[\d.]*\s*[+-]?\s*[\d.]*)\s*j")
_LONE_I = re.compile(r"(?<![A-Za-z\\])I(?![A-Za-z_])")
_CIS = re.compile(r"(?:\\(?:operatorname|mathrm|text)\s*\{\s*cis\s*\}|\\cis|\bcis\b)\s*(.+)$")
_UNIT_VECTOR = re.compile(
    r"\\(?:mathbf|hat|vec|boldsymbol|overrightarrow|bm)\s*\{?\s*(?:\\[ij]math|([ijk]))\s*\}?"
)
_POINT = re.compile(r"[A-Z]\s*(\([^(),;]+(?:,[^(),;]+){1,3}\))")
_SEQUENCE = re.compile(r"((?:-?\d{1,6},\s*){2,8})\s*\\[lc]?dots\s*,\s*(-?\d{1,6})")
_SUM_WITH_DOTS = re.compile(r"((?:\d{1,6}\s*\+\s*){2,8})\s*(?:\\[lc]?dots|\.\.\.)\s*\+\s*(\d{1,6})")
_CODE_MATRIX = re.compile(r"(?:[a-z]{2,8}\.)?(?:array|[Mm]atrix|vector|tuple|set|list)\((.+)\)")


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
    text = _rewritten(text)
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
    if "dots" in text and (whole := _SEQUENCE.sub(_sequence, text)) != text:
        found.insert(0, whole)
    if (point := _POINT.fullmatch(text)) is not None:
        found.append(point[1])
    if "\\cup" in text and not re.search(r"[\[(\]{)]", text):
        found.append(text.replace("\\cup", r"\text{ or }"))
    if "U" in text and (united := _UNION_LETTER.sub(r"\\cup ", text)) != text:
        found.insert(0, united)
    if text[-1:] == ")" and (code := _CODE_MATRIX.fullmatch(text)) is not None:
        found.insert(0, code[1])
    if (summed := _SUM_WITH_DOTS.fullmatch(text)) is not None:
        first = [int(n) for n in summed[1].split("+") if n.strip()]
        found += [row.replace(",", "+") for row in _written_out(first, int(summed[2]))]
    if (odds := _ODDS.fullmatch(text)) is not None:
        found.append(f"{odds[1]}:{odds[2]}")
    if _INDIAN.fullmatch(text):
        found.append(text.replace(",", ""))
    if (comma := _DECIMAL_COMMA.fullmatch(text)) is not None and grouped == text:
        found.append(f"{comma[1]}.{comma[2]}")
    if (choose := _CHOOSE.fullmatch(text)) is not None:
        n, k = (number for number in choose.groups() if number is not None)
        found.append(rf"\binom{{{n}}}{{{k}}}")
    if (arranged := _PERMUTATIONS.fullmatch(text)) is not None:
        n, k = (number for number in arranged.groups() if number is not None)
        found.append(rf"\frac{{{n}!}}{{({n}-{k})!}}" if int(k) <= int(n) else "0")
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


def _rewritten(text: str) -> str:
    """Words and letters for signs: `3 x 10^5`, `8 (mod 13)`, `275 base 8`, `5 \\Omega`."""
    if "mod" in text:
        text = _MOD_WORD.sub(r"\\bmod ", _MOD.sub(r"\\pmod{\2}", text))
    if "x 10" in text or "x10" in text:
        text = _TIMES_X.sub(r"\\times 10^", text)
    if "base" in text and (based := _BASE.fullmatch(text)) is not None:
        text = f"{based[1]}_{{{based[2]}}}"
    if text.endswith(")") and "\\in" in text:
        text = _WHOLE_PARAMETER.sub(r", \1", text)
    if "\\mu" in text:
        text = _MICRO.sub(r"\\text{ um}", text)
    if text.endswith("\\Omega"):
        text = _OHM.sub(r"\\text{ ohm}", text)
    return _OR_SAME.sub(r"\\text{ or }\2", text) if "(or" in text or "(i.e" in text else text


_MOD = re.compile(
    r"(\\text\s*\{\s*)?\(\s*(?:mod|\\(?:text|mathrm)\s*\{\s*mod\s*\})\s*(\w+)\s*\)(?(1)\s*\})"
)
_MOD_WORD = re.compile(r"\\(?:text|mathrm|operatorname)\s*\{\s*mod\s*\}")
_TIMES_X = re.compile(r"(?<=\d)\s*x\s*10\s*(?:\^|\*\*)")
_BASE = re.compile(
    r"(\w+)\s*,?\s*(?:\\text\s*\{)?\s*\(?\s*(?:in )?base[ -]*\}?\s*(\w+)\s*\)?\s*\}?"
)
_OHM = re.compile(r"(?<=\d)\s*\\Omega$")
_MICRO = re.compile(r"(?<=\d)\s*\\mu\s*(?:\\(?:text|mathrm)\s*\{\s*m\s*\}|m(?![A-Za-z]))")
_WHOLE_PARAMETER = re.compile(r"\s*\(([a-z]\s*\\in\s*\\mathbb\s*\{?Z\}?)\)$")
_OR_SAME = re.compile(r"\s*(\\text\s*\{)?\s*\((?:or|i\.e\.),?\s+([^(){}]{1,40})\)(?(1)\s*\})$")


def _written_out(first: list[int], last: int) -> list[str]:
    """`1, 2, 3, \\ldots, 10` with every item, where the first have equal steps or one ratio."""
    step = first[1] - first[0]
    if any(b - a != step for a, b in pairwise(first)):
        return _doubled(first, last)
    if step == 0 or (last - first[-1]) % step:
        return []
    items = range(first[0], last + (1 if step > 0 else -1), step)
    return [", ".join(map(str, items))] if len(first) < len(items) <= MAX_WRITTEN_OUT else []


def _doubled(first: list[int], last: int) -> list[str]:
    """`1, 2, 4, \\ldots, 64` with every item: each a whole multiple of the one before."""
    ratio = first[1] // first[0] if first[0] > 0 else 0
    if ratio < 2 or any(a * ratio != b for a, b in pairwise(first)):
        return []
    items = list(first)
    while items[-1] < last:
        items.append(items[-1] * ratio)
    return [", ".join(map(str, items))] if items[-1] == last and len(items) > len(first) else []


def _sequence(found: re.Match[str]) -> str:
    first = [int(number) for number in found[1].split(",") if number.strip()]
    return next(iter(_written_out(first, int(found[2]))), found[0])


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
    """`Dan`, `LRD`, `abc` and `Car A` are words; `xy` is a product, `pi` a constant."""
    if " " in text:
        several = text.split(" ")
        return any(map(_is_word, several)) and not any(map(_is_mathematical, several))
    if not text.isalpha() or len(text) < 2 or text in CONSTANT_WORDS or text in GREEK:
        return False
    return len(text) > 2 or not text.islower()


def _is_mathematical(word: str) -> bool:
    """Whether a word among words makes a formula of them: `sin x`, `n choose k`, `x and y`."""
    if not word.isalpha() or word in WORD_FUNCTIONS or word in CONSTANT_WORDS or word in GREEK:
        return True
    return word.lower() in SEPARATING_WORDS or word in ("mod", "choose", "cis")


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
