"""Answers that nothing announces: a letter, a short text, the last bold, formula or number."""

import re

from curate.verify.boxes import Span
from curate.verify.marks import LAST_LINES, MAX_WHOLE, NUMBER, last_match
from curate.verify.phrases import LINE_MARK
from curate.verify.readings import MAX_CHARACTERS, readings

_LEADING_LETTER = re.compile(
    r"\s*[(*]{0,3}([A-J])(?:(?:\)|\*\*|[.。:]|\*)(?=\s|$|[^A-Za-z])|(?=[\u4e00-\u9fff]))"
)
_AFFIRMED = re.compile(r"\)?\s+is\s+(?:the\s+)?(?:correct|right|best|answer)\b")
_REFUSED = re.compile(r"\)?\s+(?:is|are)\s+(?:wrong|incorrect|false|not)\b")
_HEDGED = re.compile(r"(?<![A-Za-z])[A-J]\)?\s*(?:,|/|&|\bor\b|\band\b)[\s(orand,]*[A-J]$")
_LONE_LETTER = re.compile(r"(?<![A-Za-z0-9'$\\])([A-J])(?![A-Za-z0-9'’])")


def letter(text: str, begin: int, kind: str) -> Span | None:
    """The choice letter of an unmarked answer: leading, or the last that stands alone."""
    if kind != "choice":
        return None
    leading = _LEADING_LETTER.match(text, begin)
    if leading is not None:
        return Span(leading.start(1), leading.end(1))
    letters = [found for found in _LONE_LETTER.finditer(text, begin) if _chosen(text, found)]
    if not letters or _HEDGED.search(text[begin : letters[-1].end(1)]):
        return None
    return Span(letters[-1].start(1), letters[-1].end(1))


def _chosen(text: str, found: re.Match[str]) -> bool:
    """Whether a lone letter may be the choice: no article, no pronoun, none that is refused."""
    if _REFUSED.match(text, found.end()):
        return False
    word = found[1] in "AI" and re.match(r"\s+[a-z]", text[found.end() : found.end() + 2])
    return not word or _AFFIRMED.match(text, found.end()) is not None


_EXPRESSION = re.compile(
    r"[\d\s+\-*/×÷−xX()\[\]{}=$.]{3,300}|[^\n]{0,200}\\(?:frac|times|div|cdot)[^\n]{0,200}"
)
_SPACED = re.compile(r"[\s\u3000-\u9fff]")


_CHOSEN = re.compile(r"[A-Za-z]*\s*(?:choose|chose|pick|select|go with|would say)\b")


def whole(text: str, begin: int, kind: str) -> Span | None:
    """All of a short text, if it reads as one formula."""
    span = trimmed(text, begin, len(text))
    content = text[span.start : span.end]
    if not content:
        return None
    if kind == "countdown":
        return span if _EXPRESSION.fullmatch(content) else None
    short = len(content) <= MAX_CHARACTERS
    if LINE_MARK.match(content) or (kind == "choice" and _CHOSEN.match(content)):
        return None
    if short and (readings(content) or not _SPACED.search(content)):
        return span
    return None


def short_text(text: str, begin: int, kind: str) -> Span | None:
    """All of a short text, for a reference in words or a choice."""
    span = trimmed(text, begin, len(text))
    content = text[span.start : span.end]
    longest = {"text": MAX_WHOLE, "choice": 40, "choices": 40, "time": 40}.get(kind, 0)
    return span if len(content) <= longest and "\n" not in content else None


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends."""
    content = text[start:end]
    left = len(content) - len(content.lstrip())
    return Span(start + left, start + len(content.rstrip()))


_BOLD = re.compile(r"\*\*([^*\n]{1,120})\*\*")


def bold(text: str, begin: int, kind: str) -> Span | None:
    """The last bold text of the last lines."""
    last = last_match(_BOLD, text, max(begin, len(text) - LAST_LINES))
    if (
        last is None
        or last[1].rstrip().endswith((":", "："))
        or text[last.end() : last.end() + 1] in (":", "：")
    ):
        return None
    return Span(last.start(1), last.end(1))


_FORMULA = re.compile(
    r"\$\$([^$]+)\$\$|(?<!\\)\$([^$\n]+)(?<!\\)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL
)


def formula(text: str, begin: int, kind: str) -> Span | None:
    """The last formula of the last lines."""
    last = last_match(_FORMULA, text, max(begin, len(text) - 2 * LAST_LINES))
    if last is None or len(text) - last.end() > LAST_LINES:
        return None
    group = next(number for number in range(1, 5) if last[number] is not None)
    span = Span(last.start(group), last.end(group))
    return span if readings(text[span.start : span.end]) else None


_WORD = re.compile(r"[^\W\d_]{2,}")


def number(text: str, begin: int, kind: str) -> Span | None:
    """The last number of the last lines of prose, for a reference that is a number.

    Only prose: in a broken formula the last number is no answer.
    """
    begin = max(begin, len(text) - LAST_LINES)
    if kind in ("text", "choice", "choices", "time", "matrix"):
        return None
    if len(_WORD.findall(text, begin)) < 2:
        return None
    last = last_match(NUMBER, text, begin)
    return Span(last.start(), last.end()) if last is not None else None


_LEAD = re.compile(
    r"(?:therefore|thus|so|hence|then|finally|consequently)\b,?\s*"
    r"(?:we\s+(?:get|have|find|obtain|conclude)(?:\s+that)?\b[,:]?\s*)?",
    re.IGNORECASE,
)
"""What leads to the formula of a last line: `Therefore, x = 17.`"""


def last_line(text: str, begin: int, kind: str) -> Span | None:
    """The last line that is not empty, where it is short."""
    span = trimmed(text, begin, len(text))
    start = text.rfind("\n", span.start, span.end) + 1
    lead = _LEAD.match(text, max(span.start, start), span.end)
    if lead is not None and readings(text[lead.end() : span.end]):
        return Span(lead.end(), span.end)
    line = Span(max(span.start, start), span.end)
    return line if 0 < line.end - line.start <= MAX_WHOLE else None
