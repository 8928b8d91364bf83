"""A response and where its parts are: thinking, reasoning, answer part, final answer."""

from dataclasses import dataclass

import numpy as np

from curate.quality.markers import Markers
from curate.quality.places import Places

MARKED = ("box", "phrase", "answer tag", "####", "choice letter")
"""Rules of extraction that need a mark; all others take what stands last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response and what is known of it from the `extract` group; places in characters."""

    data: bytes
    """UTF-8, without white space at the end."""
    stop_reason: str | None
    thinking: str
    thinking_start: int | None
    thinking_end: int | None
    answer: str | None
    rule: str
    """By which the answer was found."""
    canonical_answer: str | None
    answer_start: int | None
    answer_end: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a response, in bytes."""

    thinking: tuple[int, int]
    """Of no length where there is no thinking."""
    answer: int
    """Where the answer part begins; the end where the thinking is not closed."""
    reasoning: tuple[int, int]
    """The thinking; without tags, all before the final answer."""
    final: int | None
    """Where the final answer ends."""
    is_marked: bool
    """Whether the final answer is marked as one: a box, a tag, `the answer is`."""
    end: int


def parts_of(response: Response, markers: Markers, places: Places) -> Parts:
    """Where the parts of a response are."""
    end = len(response.data)
    stated = response.answer_start is not None and response.answer_end is not None
    first, last, begin, final = places.bytes(
        place or 0
        for place in (
            response.thinking_start,
            response.thinking_end,
            response.answer_start,
            response.answer_end,
        )
    )
    if response.thinking_start is None or response.thinking_end is None:
        reasoning, first, last, answer = (0, begin if begin else end), 0, 0, 0
    else:
        reasoning, answer = (first, last), last
        tag = int(np.searchsorted(markers.starts, last))
        if tag < len(markers.starts) and markers.starts[tag] == last:
            answer = int(markers.ends[tag])
    return Parts(
        thinking=(first, last),
        answer=answer,
        reasoning=reasoning,
        final=final if stated else None,
        is_marked=stated and response.rule.startswith(MARKED),
        end=end,
    )
