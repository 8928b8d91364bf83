"""Where a response stops thinking and starts answering.

<think>…</think>The answer is 5.          closed
…so it is 5.</think>The answer is 5.      closed (the opening tag was part of the prompt)
<think>…wait, let me                      unclosed: cut off while thinking
The answer is 5.                          none
"""

from typing import NamedTuple

TAGS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<Thought>", "</Thought>"),
    ("<thought>", "</thought>"),
    ("◁think▷", "◁/think▷"),
    ("<seed:think>", "</seed:think>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
_ANSWERS = ("<|begin_of_solution|>", "<Output>", "<|channel|>final<|message|>")
_OPENS_WITHIN = 500
"""An opening tag farther from the start than this many characters is talk about tags."""
HEAD_CHARACTERS = _OPENS_WITHIN + 40
"""The start of a response in which an opening tag tells what closes the thinking."""


class Thinking(NamedTuple):
    """The span of the thinking text and where the answer part starts, in characters."""

    state: str
    """`closed`, `unclosed` or `none`."""
    start: int | None
    end: int | None
    answer_start: int


def find_thinking(response: str) -> Thinking:
    """The thinking part of a response; the last closing tag ends it. Linear, and never fails."""
    end, opening, closing = -1, "", ""
    for tags in _tags_of(response):
        place = response.rfind(tags[1])
        if place > end:
            end, (opening, closing) = place, tags
    if end >= 0:
        opened = response.find(opening, 0, end)
        start = opened + len(opening) if opened >= 0 else 0
        return Thinking("closed", start, end, _after_marker(response, end + len(closing)))
    for opening, _ in TAGS:
        opened = response.find(opening, 0, _OPENS_WITHIN + len(opening))
        if opened >= 0:
            return _unclosed(response, opened + len(opening))
    return Thinking("none", None, None, 0)


def _tags_of(response: str) -> list[tuple[str, str]]:
    """The tags that a response may use: those it opens with, and the commonest in any case.

    The opening tag may have been part of the prompt, which happens with `</think>` alone.
    """
    head = response[:HEAD_CHARACTERS]
    return [tags for tags in TAGS if tags == TAGS[0] or tags[0] in head]


def is_closed_at(response: str, place: int) -> bool:
    """Whether a closing tag of the response stands there."""
    if response.startswith(TAGS[0][1], place):
        return True
    return any(response.startswith(closing, place) for _, closing in _tags_of(response))


def _after_marker(response: str, position: int) -> int:
    """Past a marker that opens the answer part, if one follows directly."""
    for marker in _ANSWERS:
        found = response.find(marker, position, position + 200)
        if found >= 0:
            return found + len(marker)
    return position


def _unclosed(response: str, start: int) -> Thinking:
    """A thinking part without its closing tag; a marker of the answer part ends it as well."""
    for marker in _ANSWERS:
        found = response.rfind(marker, start)
        if found >= 0:
            return Thinking("closed", start, found, found + len(marker))
    return Thinking("unclosed", start, len(response), len(response))
