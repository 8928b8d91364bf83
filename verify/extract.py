"""Finds the final answer of a response, and says by which rule and where.

The answer part (after the last closing thinking tag) is read from its end: a box, an answer tag,
GSM8K's `####`, a phrase such as "the answer is", a choice letter, the whole of a short text, the
last bold text, formula or number of its last lines. The first rule that finds something decides.
There is no falling through: what is found is the answer, whether it can be read or not.
"""

import re

from curate.verify.boxes import Span, last_box
from curate.verify.code.program import find_program
from curate.verify.code.tests import read_tests
from curate.verify.decision import Extraction
from curate.verify.marks import MAX_WHOLE, TAIL, last_match
from curate.verify.phrases import final_phrase, phrase
from curate.verify.readings import readings
from curate.verify.reference import Reference
from curate.verify.thinking import Thinking, find_thinking
from curate.verify.unmarked import bold, formula, last_line, letter, number, short_text, whole

_AT_END = 200
"""Characters that may follow a box in a response that never closed its thinking."""


def extract(response: str, reference: Reference) -> Extraction:
    """The final answer of a response. Never raises; the time is linear in the length."""
    return extract_from(response, find_thinking(response), reference)


def extract_from(
    text: str, thinking: Thinking, reference: Reference, left_out: int = 0
) -> Extraction:
    """The final answer of a text whose thinking is known.

    Places behind the start of the thinking count `left_out` characters that the text lacks there.
    """
    if reference.kind == "code" and thinking.state != "unclosed":
        tests = read_tests(reference.text)
        assert tests is not None
        program = find_program(text, thinking.answer_start, tests.entry_point, tests.prompt)
        found = program.answer, program.start, program.end, program.rule
    elif thinking.state == "unclosed":
        found = _unclosed(text, thinking.start or 0)
    else:
        found = final_answer(text, thinking.answer_start, reference.kind)
    answer, start, end, rule = found
    return Extraction(
        answer=answer,
        start=None if start is None else start + left_out,
        end=None if end is None else end + left_out,
        rule=rule,
        thinking=thinking.state,
        thinking_start=thinking.start,
        thinking_end=None if thinking.end is None else thinking.end + left_out,
    )


Found = tuple[str | None, int | None, int | None, str]
"""An answer, where it starts and ends, and the rule that found it."""


def _unclosed(response: str, start: int) -> Found:
    """A response that stops inside its thinking has an answer only if it ends with a box."""
    box = last_box(response, start, len(response))
    if box is not None and len(response) - box[1].end <= _AT_END:
        return _found(response, box[0], "box in unclosed thinking")
    return None, None, None, "unclosed thinking"


def final_answer(text: str, start: int, kind: str) -> Found:
    """The final answer in `text[start:]`, for a reference of this kind."""
    stop = len(text)
    box, tag = last_box(text, start, stop), _tag(text, start)
    hashes = _hashes(text, max(start, stop - TAIL), kind)
    if hashes is not None:  # the last line, so after any box and tag
        return _found(text, hashes, "####")
    if box is not None and (tag is None or tag.start < box[1].start):
        later = final_phrase(text, box[1].end, kind)
        return _found(text, later or box[0], "phrase" if later else "box")
    if tag is not None:
        inside = last_box(text, tag.start, tag.end)
        return _found(text, inside[0] if inside else tag, "answer tag")
    begin = max(start, stop - TAIL)
    for rule, find in _RULES:
        span = find(text, start if find in _WHOLE_TEXTS else begin, kind)
        if span is not None:
            return _found(text, span, rule)
    return None, None, None, "none"


def _found(text: str, span: Span, rule: str) -> Found:
    answer = text[span.start : span.end]
    start = span.start + len(answer) - len(answer.lstrip())
    answer = answer.strip()
    if not answer:
        return None, None, None, f"empty {rule}"
    return answer, start, start + len(answer), rule


# -- explicit marks -------------------------------------------------------------------------------

_TAGS = ("<answer>", "<ANSWER>", "<Answer>", "<final_answer>")


def _tag(text: str, start: int) -> Span | None:
    """`<answer>…</answer>`, its end even where the last `>` is missing."""
    if text.find("nswer>", start) < 0 and text.find("ANSWER>", start) < 0:
        return None
    place = max(text.rfind(tag, start) for tag in _TAGS)
    if place < 0:
        return None
    begin = text.index(">", place) + 1
    end = text.find("</", begin)
    if end < 0:
        newline = text.find("\n", begin)
        end = newline if newline >= 0 else len(text)
        if end - begin > MAX_WHOLE:
            return None
    return Span(begin, end)


_HASHES = re.compile(r"^[ \t]*####[ \t]*(?!#)(\S[^\n]{0,80}?)[ \t]*$", re.MULTILINE)


def _hashes(text: str, begin: int, kind: str) -> Span | None:
    """GSM8K's `#### 42` as the last line (elsewhere it is a heading)."""
    if text.find("####", begin) < 0:
        return None
    last = last_match(_HASHES, text, begin)
    if last is None or text[last.end() :].strip():
        return None
    return Span(last.start(1), last.end(1))


_RULES = (
    ("whole", whole),
    ("phrase", phrase),
    ("choice letter", letter),
    ("short text", short_text),
    ("last bold", bold),
    ("last formula", formula),
    ("last number", number),
    ("last line", last_line),
)


_WHOLE_TEXTS = (whole, short_text)


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
        found = phrase(text, max(0, len(text) - TAIL), "text")
        if found is not None:
            return text[found.start : found.end]
    if re.search(r"(?i)answer\s+is", text) and (found := phrase(text, 0, "text")) is not None:
        return text[found.start : found.end]
    return text
