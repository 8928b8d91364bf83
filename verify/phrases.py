"""Answers that a phrase announces: "the answer is 5", "Final Answer: **5**", "A: 5"."""

import re

from curate.verify.boxes import Span
from curate.verify.choice import HEDGE
from curate.verify.marks import MAX_WHOLE, NUMBER, TAIL, last_match
from curate.verify.readings import readings

_PHRASE = re.compile(
    r"(?:\b(?:final|correct|right)\s+(?:answer|choice|option|result)s?\b|\banswers?\b|\bréponse\b|\brespuesta\b|\bAntwort\b|答案|答え|الإجابة)"
    r"(?:\s+to\s+[^.\n:]{1,80}?)?[*_\s]{0,4}(?:\([^()\n]{0,30}\))?\s{0,3}"
    r"(?:(?:is|are|est|es|ist|would\s+be|should\s+be|must\s+be|will\s+be)\b[*_\s]{0,4}[:：]?|[:：=]|是|为|는)[*_\s]{0,6}",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?:^|\n)[#*_\s✅]{0,8}(?:final\s+)?answer[*_#]{0,4}\s*[:：]?[*_]{0,3}[ \t]*\n+", re.IGNORECASE
)
LINE_MARK = re.compile(r"(?:^|\n)\s{0,4}A\s?:[ \t]{0,4}(?=\S)")
_SOME_VALUE = re.compile(
    r"[\d\\$]|\b[A-Za-z]\b|[^\W\d_]-[^\W\d_]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|half|infinit\w+|undefined|none)\b",
    re.IGNORECASE,
)
"""What "the answer is correct" lacks: something that could be the value of an answer."""
_FINAL = re.compile(r"\bfinal\s+answer\s*(?:is\b\s*:?|:)[*_\s]{0,6}", re.IGNORECASE)
_IS = re.compile(r"\b(?:is|are|equals|be)\b\s*(?:equal\s+to\b)?\s*:?\s*|=\s*", re.IGNORECASE)
_REASON = re.compile(r",?\s+(?:because|since|as|where|so|for)\b", re.IGNORECASE)
_WORDY = frozenset({"text", "choice", "choices", "time", "countdown"})


def phrase(text: str, begin: int, kind: str) -> Span | None:
    """What follows the last "the answer is", "Final Answer:", "A:" or heading "Answer"."""
    ends = [found.end() for found in _PHRASE.finditer(text, begin)]
    ends += [found.end() for found in _HEADING.finditer(text, begin)]
    ends += [found.end() for found in LINE_MARK.finditer(text, begin)]
    for end in sorted(ends, reverse=True):
        span = _statement(text, end)
        if span is not None and (kind in _WORDY or _SOME_VALUE.search(text, span.start, span.end)):
            return (
                _letter_first(text, span) if kind == "choice" else _value_within(text, span, kind)
            )
    return None


def final_phrase(text: str, begin: int, kind: str) -> Span | None:
    """What "the final answer is" states after the last box, where it is a readable formula."""
    last = last_match(_FINAL, text, max(begin, len(text) - TAIL))
    span = _statement(text, last.end()) if last is not None else None
    if span is None or kind in _WORDY or not readings(text[span.start : span.end]):
        return None
    return span


def _value_within(text: str, span: Span, kind: str) -> Span:
    """The value that a sentence states (`the volume of the box is 120`), where it is readable."""
    if kind in _WORDY or readings(text[span.start : span.end]):
        return span
    reason = _REASON.search(text, span.start, span.end)
    if reason is not None and readings(text[span.start : reason.start()]):
        return Span(span.start, reason.start())
    for found in reversed(list(_IS.finditer(text, span.start, span.end))):
        rest = Span(found.end(), span.end)
        if rest.start < rest.end and readings(text[rest.start : rest.end]):
            return rest
    numbers = list(NUMBER.finditer(text, span.start, span.end))
    return Span(numbers[0].start(), numbers[0].end()) if len(numbers) == 1 else span


_MATH_AT = re.compile(r"[\s*_]*(\$\$?|\\\(|\\\[)")
_CLOSERS = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_SENTENCE_END = re.compile(r"\.(?=\s|$|[*_])|[。！]|(?<=[\w)}$*])[!?](?=\s|$)")
_LIST_GLUE = re.compile(r"\s*(?:,|and|or|;|&)+\s*(?=[\$\\(\d-])", re.IGNORECASE)


_MAX_LINE = 2 * MAX_WHOLE + 1
"""How far the end of a statement is looked for; a longer statement is no answer."""


def _statement(text: str, begin: int) -> Span | None:
    """The statement that starts at `begin`: to the end of its sentence or line."""
    while begin < len(text) and text[begin] in " \t\n*_:":
        begin += 1
    if begin >= len(text):
        return None
    display = _MATH_AT.match(text, begin)
    if display is not None:
        end = _math_end(text, display)
        if end is not None:
            return Span(begin, end)
    line_end = text.find("\n", begin)
    line_end = min(len(text) if line_end < 0 else line_end, begin + _MAX_LINE)
    sentence = _SENTENCE_END.search(text, begin, line_end)
    end = sentence.start() if sentence else line_end
    while sentence and _inside_math(text, begin, end):
        sentence = _SENTENCE_END.search(text, end + 1, line_end)
        end = sentence.start() if sentence else line_end
    bold = text.find("**", begin, end + 2)
    if bold > begin and "**" in text[max(0, begin - 4) : begin]:
        end = bold
    return Span(begin, end) if 0 < end - begin <= 2 * MAX_WHOLE else None


def _math_end(text: str, opener: re.Match[str]) -> int | None:
    """End of the formula that starts here, with the formulas listed after it."""
    closer = _CLOSERS[opener[1]]
    end = text.find(closer, opener.end())
    if end < 0:
        return None
    end += len(closer)
    for _ in range(30):
        glue = _LIST_GLUE.match(text, end)
        following = _MATH_AT.match(text, glue.end()) if glue else None
        if following is None:
            return end
        place = text.find(_CLOSERS[following[1]], following.end())
        if place < 0:
            return end
        end = place + len(_CLOSERS[following[1]])
    return end


def _inside_math(text: str, begin: int, end: int) -> bool:
    part = text[begin:end]
    return part.count("$") % 2 == 1 or part.count("\\(") > part.count("\\)")


def _letter_first(text: str, span: Span) -> Span:
    """For a choice: the letter that opens the statement, with nothing that follows it."""
    found = re.compile(
        r"[\s*_$\\(\[]*(?:text(?:bf)?\{)?\(?(?:option\s+)?([A-J])(?![A-Za-z])\)?", re.IGNORECASE
    ).match(text, span.start, span.end)
    if found is None or (found[1].islower() and found.end() != span.end):
        return span
    rest = text[found.end() : span.end]
    if HEDGE.match(rest.lstrip(") ")):
        return span
    keeps_text = (
        re.match(r"\)?[.:)]?\s*[A-Za-z0-9$\\]", rest) and len(rest) < 60 and "," not in rest
    )
    return (
        span
        if keeps_text and not rest.lower().startswith((" because", " is", ", "))
        else Span(found.start(1), found.end(1))
    )
