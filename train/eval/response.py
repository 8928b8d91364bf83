"""A response and its parts: the thinking, and what is left of it to be scored."""

from collections.abc import Sequence
from typing import NamedTuple


class Parts(NamedTuple):
    """A response taken apart."""

    thinking: str
    """Without its tags and the white space around it."""
    answer: str
    """What follows the last closing tag; nothing where the thinking is not closed."""
    well_formed: bool
    """Whether the thinking is opened and closed once at most, in this order."""


def parts_of(response: str, tags: Sequence[str]) -> Parts:
    """The parts of a response, what was prefilled included.

    The last closing tag ends the thinking. The opening tag may be missing, since some prompts end
    with it; a response that never closes what it opened has no answer.
    """
    opening, closing = tags
    opened, closed = response.find(opening), response.rfind(closing)
    if closed < 0:
        if opened < 0:
            return Parts("", response, True)
        return Parts(response[opened + len(opening) :].strip(), "", False)
    start = opened + len(opening) if 0 <= opened < closed else 0
    counts = response.count(opening), response.count(closing)
    well_formed = counts in ((1, 1), (0, 1)) and opened < closed
    return Parts(response[start:closed].strip(), response[closed + len(closing) :], well_formed)
