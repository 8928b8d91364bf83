"""The last complete `\\boxed{…}` of a text, joined with its neighbours where they form a list."""

import re
from typing import NamedTuple

from curate.verify.readings import matching_brace

MAX_BOX = 20_000
"""Longest content of a box that is read, in characters."""
MAX_TRIES = 40
"""How many boxes are looked at from the end, so that a text of 10^5 open boxes stays cheap."""

MAX_WORDS = 1000
_COMMANDS = {"\\boxed": 1, "\\fbox": 2, "\\framebox": 6, "\\beginboxed": 6}
"""Commands, and how many characters of each stand before its `box`."""
_AFTER = re.compile(r"\s*(?:(\{)|([A-Za-z0-9]|\\[A-Za-z]+))")
_BETWEEN = re.compile(
    r"(?:\s|\$|\\[()\[\],;! ]|\\\\|~|\\quad|\\qquad|,|;|&|\band\b|\bor\b"
    r"|\\text\s*\{\s*,?\s*(?:and|or)\s*\}|\\(?:land|lor)\b|\*)*"
)


class Span(NamedTuple):
    """Half-open span in characters."""

    start: int
    end: int


def last_box(text: str, start: int, stop: int) -> tuple[Span, Span] | None:
    """Spans of the content and of the whole of the last complete box in `text[start:stop]`.

    Where boxes before it join with it into a list, both spans run over all of them.
    """
    place = _last_command(text, start, stop)
    for _ in range(MAX_TRIES):
        if place < 0:
            return None
        found = _box_at(text, place, stop)
        if found is not None:
            if _last_command(text, start, found[1].start) < 0:
                return found
            return _joined(text, start, _outer(text, start, found))
        place = _last_command(text, start, place)
    return None


def _last_command(text: str, start: int, stop: int) -> int:
    """Place of the last command that makes a box, or -1.

    All of them hold `box`, so that one search from the end finds them; the word itself is
    common in some texts, and after `MAX_WORDS` of them each command is looked for alone.
    """
    place = stop
    for _ in range(MAX_WORDS):
        place = text.rfind("box", start, place)
        if place < 0:
            return -1
        for command, offset in _COMMANDS.items():
            if place - offset >= start and text.startswith(command, place - offset):
                return place - offset
    return max(text.rfind(command, start, place) for command in _COMMANDS)


def _box_at(text: str, place: int, stop: int) -> tuple[Span, Span] | None:
    brace = text.find("boxed", place, place + 11)
    end = brace + 5 if brace >= 0 else place + len("\\fbox")
    if text.startswith("{", end, stop):
        opening = end
    else:
        after = _AFTER.match(text, end, min(stop, end + 60))
        if after is None:
            return None
        if after[1] is None:
            return Span(after.start(2), after.end(2)), Span(place, after.end(2))
        opening = after.start(1)
    closing = _closing(text, opening, min(stop, opening + MAX_BOX))
    return (Span(opening + 1, closing), Span(place, closing + 1)) if closing >= 0 else None


def _closing(text: str, opening: int, stop: int) -> int:
    """Place of the brace that closes the one at `opening`, or -1."""
    first = text.find("}", opening, stop)
    if text.find("{", opening + 1, first) < 0 and text.find("\\", opening, first) < 0:
        return first  # nothing nested and nothing escaped, in most boxes
    found = matching_brace(text[opening:stop], 0)
    return found if found < 0 else opening + found


def _outer(text: str, start: int, found: tuple[Span, Span]) -> tuple[Span, Span]:
    """The enclosing box, where it holds more than the box within it."""
    for _ in range(3):
        place = _last_command(text, start, found[1].start)
        if place < 0 or found[1].start - place > MAX_BOX:
            break
        around = _box_at(text, place, len(text))
        if around is None or around[1].end < found[1].end:
            break
        rest = text[around[0].start : found[1].start] + text[found[1].end : around[0].end]
        if not rest.strip(" \n{}"):
            break
        found = around
    return found


def _joined(text: str, start: int, last: tuple[Span, Span]) -> tuple[Span, Span]:
    """`\\boxed{1}, \\boxed{2} and \\boxed{3}` as one; boxes that say the same are one already."""
    first = last
    for _ in range(MAX_TRIES):
        place = _last_command(text, start, first[1].start)
        if place < 0:
            break
        before = _box_at(text, place, first[1].start)
        if before is None or not _joins(text[before[1].end : first[1].start]):
            break
        if _content(text, before) == _content(text, last) and first is last:
            break
        first = before
    if first is last:
        return last
    return Span(first[1].start, last[1].end), Span(first[1].start, last[1].end)


def _content(text: str, box: tuple[Span, Span]) -> str:
    return text[box[0].start : box[0].end].strip()


def _joins(between: str) -> bool:
    if len(between) > 80 or not _BETWEEN.fullmatch(between):
        return False
    marked = any(mark in between for mark in (",", ";", "and", "or", "&", "\\land"))
    return marked or "\n" not in between
