"""Finds the final answer of a response, and says by which rule and where.

The answer part (after the last closing thinking tag) is read from its end: a box, an answer tag,
GSM8K's `####`, a phrase such as "the answer is", a choice letter, the whole of a short text, the
last bold text, formula or number of its last lines. The first rule that finds something decides.
There is no falling through: what is found is the answer, whether it can be read or not.
"""

import re
from dataclasses import replace

from curate.verify.boxes import Span, last_box
from curate.verify.choice import HEDGE
from curate.verify.decision import Extraction
from curate.verify.readings import MAX_CHARACTERS, readings
from curate.verify.reference import Reference
from curate.verify.thinking import find_thinking

TAIL = 4_000
"""Characters at the end in which phrases, letters and numbers are looked for."""
LAST_LINES = 400
"""Characters at the end in which an unmarked formula or number counts as the answer."""
MAX_WHOLE = 300
"""Longest text that is an answer as a whole."""
_AT_END = 200
"""Characters that may follow a box in a response that never closed its thinking."""


def extract(response: str, reference: Reference) -> Extraction:
    """The final answer of a response. Never raises; the time is linear in the length."""
    thinking = find_thinking(response)
    if thinking.state == "unclosed":
        found = _unclosed(response, thinking.start or 0)
    else:
        found = final_answer(response, thinking.answer_start, reference.kind)
    return replace(
        found,
        thinking=thinking.state,
        thinking_start=thinking.start,
        thinking_end=thinking.end,
    )


def _unclosed(response: str, start: int) -> Extraction:
    """A response that stops inside its thinking has an answer only if it ends with a box."""
    box = last_box(response, start, len(response))
    if box is not None and len(response) - box[1].end <= _AT_END:
        return _found(response, box[0], "box in unclosed thinking")
    return Extraction(answer=None, rule="unclosed thinking")


def final_answer(text: str, start: int, kind: str) -> Extraction:
    """The final answer in `text[start:]`, for a reference of this kind."""
    stop = len(text)
    box, tag = last_box(text, start, stop), _tag(text, start)
    hashes = _hashes(text, max(start, stop - TAIL), kind)
    if hashes is not None:  # the last line, so after any box and tag
        return _found(text, hashes, "####")
    if box is not None and (tag is None or tag.start < box[1].start):
        later = _final_phrase(text, box[1].end, kind)
        return _found(text, later or box[0], "phrase" if later else "box")
    if tag is not None:
        inside = last_box(text, tag.start, tag.end)
        return _found(text, inside[0] if inside else tag, "answer tag")
    begin = max(start, stop - TAIL)
    for rule, find in _RULES:
        span = find(text, start if find in _WHOLE_TEXTS else begin, kind)
        if span is not None:
            return _found(text, span, rule)
    return Extraction(answer=None)


def _found(text: str, span: Span, rule: str) -> Extraction:
    answer = text[span.start : span.end]
    start = span.start + len(answer) - len(answer.lstrip())
    answer = answer.strip()
    if not answer:
        return Extraction(answer=None, rule=f"empty {rule}")
    return Extraction(answer=answer, start=start, end=start + len(answer), rule=rule)


def _last(pattern: re.Pattern[str], text: str, begin: int) -> re.Match[str] | None:
    """The last match from `begin` on."""
    found = None
    for found in pattern.finditer(text, begin):  # noqa: B007  only the last one is wanted
        pass
    return found


# -- explicit marks -------------------------------------------------------------------------------

_TAG = re.compile(r"<(answer|final_answer|ANSWER|Answer|FINAL_ANSWER)>")
_TAG_END = re.compile(r"</|<|\Z")


def _tag(text: str, start: int) -> Span | None:
    """`<answer>…</answer>`, its end even where the last `>` is missing."""
    places = [
        text.rfind(f"<{name}>", start) for name in ("answer", "ANSWER", "Answer", "final_answer")
    ]
    place = max(places)
    if place < 0:
        return None
    begin = text.index(">", place) + 1
    end = text.lower().find("</", begin) if begin < len(text) else -1
    if end < 0:
        newline = text.find("\n", begin)
        end = newline if newline >= 0 else len(text)
        if end - begin > MAX_WHOLE:
            return None
    return Span(begin, end)


_HASHES = re.compile(r"^[ \t]*####[ \t]*(?!#)(\S[^\n]{0,80}?)[ \t]*$", re.MULTILINE)


def _hashes(text: str, begin: int, kind: str) -> Span | None:
    """GSM8K's `#### 42` as the last line (elsewhere it is a heading)."""
    last = _last(_HASHES, text, begin)
    if last is None or text[last.end() :].strip():
        return None
    return Span(last.start(1), last.end(1))


# -- phrases --------------------------------------------------------------------------------------

_PHRASE = re.compile(
    r"(?:\b(?:final|correct|right)\s+(?:answer|choice|option|result)s?\b|\banswers?\b|\bréponse\b|\brespuesta\b|\bAntwort\b|答案|答え|الإجابة)"
    r"(?:\s+to\s+[^.\n:]{1,80}?)?[*_\s]{0,4}(?:\([^()\n]{0,30}\))?\s{0,3}"
    r"(?:(?:is|are|est|es|ist|would\s+be|should\s+be|must\s+be|will\s+be)\b[*_\s]{0,4}[:：]?|[:：=]|是|为|는)[*_\s]{0,6}",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?:^|\n)[#*_\s✅]{0,8}(?:final\s+)?answer[*_#]{0,4}\s*[:：]?[*_]{0,3}[ \t]*\n+", re.IGNORECASE
)
_LINE_MARK = re.compile(r"(?:^|\n)\s{0,4}A\s?:[ \t]{0,4}(?=\S)")


def _phrase(text: str, begin: int, kind: str) -> Span | None:
    """What follows the last "the answer is", "Final Answer:", "A:" or heading "Answer"."""
    ends = [found.end() for found in _PHRASE.finditer(text, begin)]
    ends += [found.end() for found in _HEADING.finditer(text, begin)]
    ends += [found.end() for found in _LINE_MARK.finditer(text, begin)]
    for end in sorted(ends, reverse=True):
        span = _statement(text, end)
        if span is not None and (kind in _WORDY or _SOME_VALUE.search(text, span.start, span.end)):
            return (
                _letter_first(text, span) if kind == "choice" else _value_within(text, span, kind)
            )
    return None


_SOME_VALUE = re.compile(
    r"[\d\\$]|\b[A-Za-z]\b|[^\W\d_]-[^\W\d_]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|half|infinit\w+|undefined|none)\b",
    re.IGNORECASE,
)
"""What "the answer is correct" lacks: something that could be the value of an answer."""
_FINAL = re.compile(r"\bfinal\s+answer\s*(?:is\b\s*:?|:)[*_\s]{0,6}", re.IGNORECASE)


def _final_phrase(text: str, begin: int, kind: str) -> Span | None:
    """What "the final answer is" states after the last box, where it is a readable formula."""
    last = _last(_FINAL, text, max(begin, len(text) - TAIL))
    span = _statement(text, last.end()) if last is not None else None
    if span is None or kind in _WORDY or not readings(text[span.start : span.end]):
        return None
    return span


_IS = re.compile(r"\b(?:is|are|equals|be)\b\s*(?:equal\s+to\b)?\s*:?\s*|=\s*", re.IGNORECASE)
_WORDY = frozenset({"text", "choice", "choices", "time", "countdown"})


def _value_within(text: str, span: Span, kind: str) -> Span:
    """The value that a sentence states (`the volume of the box is 120`), where it is readable."""
    if kind in _WORDY or readings(text[span.start : span.end]):
        return span
    for found in reversed(list(_IS.finditer(text, span.start, span.end))):
        rest = Span(found.end(), span.end)
        if rest.start < rest.end and readings(text[rest.start : rest.end]):
            return rest
    numbers = list(_NUMBER.finditer(text, span.start, span.end))
    return Span(numbers[0].start(), numbers[0].end()) if len(numbers) == 1 else span


_MATH_AT = re.compile(r"[\s*_]*(\$\$?|\\\(|\\\[)")
_CLOSERS = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_SENTENCE_END = re.compile(r"\.(?=\s|$|[*_])|[。！]|(?<=[\w)}$*])[!?](?=\s|$)")
_LIST_GLUE = re.compile(r"\s*(?:,|and|or|;|&)+\s*(?=[\$\\(\d-])", re.IGNORECASE)


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
    line_end = len(text) if line_end < 0 else line_end
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


# -- unmarked answers -----------------------------------------------------------------------------

_LEADING_LETTER = re.compile(
    r"\s*[(*]{0,3}([A-J])(?:(?:\)|\*\*|[.。:]|\*)(?=\s|$|[^A-Za-z])|(?=[\u4e00-\u9fff]))"
)
_HEDGED = re.compile(r"(?<![A-Za-z])[A-J]\)?\s*(?:,|/|&|\bor\b|\band\b)[\s(orand,]*[A-J]$")
_LONE_LETTER = re.compile(r"(?<![A-Za-z0-9'$\\])([A-J])(?![A-Za-z0-9'’])")


def _letter(text: str, begin: int, kind: str) -> Span | None:
    """The choice letter of an unmarked answer: leading, or the last that stands alone."""
    if kind != "choice":
        return None
    leading = _LEADING_LETTER.match(text, begin)
    if leading is not None:
        return Span(leading.start(1), leading.end(1))
    letters = [
        found
        for found in _LONE_LETTER.finditer(text, begin)
        if found[1] not in "AI" or not re.match(r"\s+[a-z]", text[found.end() : found.end() + 2])
    ]
    if not letters or _HEDGED.search(text[begin : letters[-1].end(1)]):
        return None
    return Span(letters[-1].start(1), letters[-1].end(1))


_EXPRESSION = re.compile(
    r"[\d\s+\-*/×÷−xX()\[\]{}=$.]{3,300}|[^\n]{0,200}\\(?:frac|times|div|cdot)[^\n]{0,200}"
)


_SPACED = re.compile(r"[\s\u3000-\u9fff]")


def _whole(text: str, begin: int, kind: str) -> Span | None:
    """All of a short text, if it reads as one formula."""
    span = _trimmed(text, begin, len(text))
    content = text[span.start : span.end]
    if not content:
        return None
    if kind == "countdown":
        return span if _EXPRESSION.fullmatch(content) else None
    short = len(content) <= MAX_CHARACTERS
    if _LINE_MARK.match(content):
        return None
    if short and (readings(content) or not _SPACED.search(content)):
        return span
    return None


def _short_text(text: str, begin: int, kind: str) -> Span | None:
    """All of a short text, for a reference in words or a choice."""
    span = _trimmed(text, begin, len(text))
    content = text[span.start : span.end]
    longest = {"text": MAX_WHOLE, "choice": 40, "choices": 40, "time": 40}.get(kind, 0)
    return span if len(content) <= longest and "\n" not in content else None


def _trimmed(text: str, start: int, end: int) -> Span:
    content = text[start:end]
    left = len(content) - len(content.lstrip())
    return Span(start + left, start + len(content.rstrip()))


_BOLD = re.compile(r"\*\*([^*\n]{1,120})\*\*")


def _bold(text: str, begin: int, kind: str) -> Span | None:
    """The last bold text of the last lines."""
    last = _last(_BOLD, text, max(begin, len(text) - LAST_LINES))
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


def _formula(text: str, begin: int, kind: str) -> Span | None:
    """The last formula of the last lines."""
    last = _last(_FORMULA, text, max(begin, len(text) - 2 * LAST_LINES))
    if last is None or len(text) - last.end() > LAST_LINES:
        return None
    group = next(number for number in range(1, 5) if last[number] is not None)
    span = Span(last.start(group), last.end(group))
    return span if readings(text[span.start : span.end]) else None


_WORD = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(
    r"(?<![^\s$*=:≈(（：，。€£¥>])[-+]?(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+|(?=\.\d))(?:[.,]\d+)?"
    r"(?:\s?/\s?\d+)?(?:\s?(?:%|\\%|°))?(?=$|[\s*$€£¥)）。，！]|[.,;:!?](?:\s|$|\*)|[^\W\d_])"
)


def _number(text: str, begin: int, kind: str) -> Span | None:
    """The last number of the last lines of prose, for a reference that is a number.

    Only prose: in a broken formula the last number is no answer.
    """
    begin = max(begin, len(text) - LAST_LINES)
    if kind in ("text", "choice", "choices", "time", "matrix"):
        return None
    if len(_WORD.findall(text, begin)) < 2:
        return None
    last = _last(_NUMBER, text, begin)
    return Span(last.start(), last.end()) if last is not None else None


def _last_line(text: str, begin: int, kind: str) -> Span | None:
    """The last line that is not empty, where it is short."""
    span = _trimmed(text, begin, len(text))
    start = text.rfind("\n", span.start, span.end) + 1
    line = Span(max(span.start, start), span.end)
    return line if 0 < line.end - line.start <= MAX_WHOLE else None


_RULES = (
    ("whole", _whole),
    ("phrase", _phrase),
    ("choice letter", _letter),
    ("short text", _short_text),
    ("last bold", _bold),
    ("last formula", _formula),
    ("last number", _number),
    ("last line", _last_line),
)


_WHOLE_TEXTS = (_whole, _short_text)


def answer_in_reference(text: str) -> str:
    """The answer inside a reference that is a longer text: a box, `####`, a phrase."""
    box = last_box(text, 0, len(text))
    if box is not None:
        return text[box[0].start : box[0].end]
    hashes = _hashes(text, 0, "text")
    if hashes is not None:
        return text[hashes.start : hashes.end]
    if len(text) > 60 or "\n" in text:
        if readings(text):
            return text
        phrase = _phrase(text, max(0, len(text) - TAIL), "text")
        if phrase is not None:
            return text[phrase.start : phrase.end]
    if re.search(r"(?i)answer\s+is", text) and (found := _phrase(text, 0, "text")) is not None:
        return text[found.start : found.end]
    return text
