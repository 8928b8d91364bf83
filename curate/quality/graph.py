"""The steps of a trace as a graph: branches, and the share of steps in those that were abandoned.

After Feng et al. 2025 (arXiv:2509.19284), who let a model draw the graph; ours is drawn by rule.
A step is a paragraph. A step that opens with words such as `alternatively` or `let me try another`
begins a branch, which hangs where the branch before it began, since it takes that one's place. Of
the branch that is left, the steps are carried over up to the last one that is *used*: whose new
numbers stand again after the branch, or that holds the final answer. The steps behind that are a
dead end, and failed, if words such as `doesn't work` reject it or nothing of it was used at all.

What stands before the first branch is the trunk, and it states the problem: of it only the last
step can fail, when it is rejected. A branch that begins with words of checking leaves nothing.
"""

from dataclasses import dataclass

import numpy as np

from curate.quality.markers import Markers, Sign
from curate.quality.words import (
    DIGIT,
    Flags,
    Hashes,
    Numbers,
    Words,
    packed_with_places,
)

OPENING_BYTES = 60
"""A branch begins where its words stand so near to the start of a step."""
REJECTION_BYTES = 160
"""So far into the next branch may stand why this one is left."""
REJECTED_BYTES = 250
"""And so near to its own end; farther up, words of rejection are a correction on the way."""
NAMED_BYTES = 100
"""A shorter step that begins a branch only names what the next step begins."""
LEAST_DIGITS = 2
"""Shorter numbers come again by chance."""
STEP_BYTES = 4000
"""Paragraphs longer than this on average are no steps, and lines are taken instead."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What the steps of a trace are like."""

    steps: int
    branches: int
    """How often another approach was begun."""
    failed: int
    """Steps in dead ends."""

    def and_then(self, other: "Graph") -> "Graph":
        """Both, one behind the other."""
        return Graph(
            self.steps + other.steps, self.branches + other.branches, self.failed + other.failed
        )


NO_GRAPH = Graph(0, 0, 0)


def step_starts(words: Words, start: int, end: int) -> Numbers:
    """Where the steps of a part of the window begin, in bytes."""
    paragraphs = within(words.starts[words.paragraphs], start, end, words)
    if len(paragraphs) * STEP_BYTES >= end - start:
        return paragraphs
    return within(words.starts[words.lines], start, end, words)


def within(places: Numbers, start: int, end: int, words: Words) -> Numbers:
    """The places in a part of the window, and its first word."""
    first = np.searchsorted(words.starts, start)
    begin = words.starts[first : first + 1]
    found = places[(places > start) & (places < end)]
    return distinct(np.concatenate((begin[begin < end], found)))


def distinct(ordered: Numbers) -> Numbers:
    """Numbers in order, each once."""
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(ordered)]]


def graph_of(words: Words, part: tuple[int, int], markers: Markers, mentions: Numbers) -> Graph:
    """The graph of a part of a window; `mentions` are places of the final answer."""
    steps, end = step_starts(words, *part), part[1]
    if not len(steps):
        return NO_GRAPH
    branches = np.concatenate((np.zeros(1, np.int64), switches(steps, end, markers)))
    if len(branches) == 1:
        return Graph(len(steps), 0, 0)
    used = used_until(steps, branches, end, words, mentions)
    rejected = rejections(steps, branches, markers)
    checking = checks(steps, branches, markers)
    failed = sum(
        dead_end(first, last, use, is_rejected=reject, is_left=not check)
        for first, last, use, reject, check in zip(
            branches[:-1].tolist(), branches[1:].tolist(), used.tolist(), rejected.tolist(),
            checking.tolist(), strict=True,
        )
    )  # fmt: skip
    return Graph(len(steps), len(branches) - 1, failed)


def dead_end(first: int, last: int, used: int, *, is_rejected: bool, is_left: bool) -> int:
    """Steps of the branch `first..last` that failed; `used` is the last that was carried over."""
    if first == 0:
        return int(is_rejected)
    if is_rejected:
        return max(1, last - max(first, used + 1))
    return last - first if is_left and used < first else 0


def switches(steps: Numbers, end: int, markers: Markers) -> Numbers:
    """Numbers of the steps that begin another branch."""
    places = markers.starts[markers.of(Sign.SWITCH)]
    places = places[(places >= steps[0]) & (places < end)]
    step = np.searchsorted(steps, places, side="right") - 1
    opens = places - steps[step] < OPENING_BYTES
    found = distinct(step[opens & (step > 0)])
    named = np.zeros(len(found), np.bool_)
    named[1:] = (found[1:] - found[:-1] == 1) & (steps[found[1:]] - steps[found[:-1]] < NAMED_BYTES)
    return found[~named]


def checks(steps: Numbers, branches: Numbers, markers: Markers) -> Flags:
    """Whether each branch but the last is followed by one that begins with words of checking."""
    places = markers.starts[markers.of(Sign.VERIFICATION)]
    opening = steps[branches[1:]]
    found: Flags = np.searchsorted(places, opening + REJECTION_BYTES) > np.searchsorted(
        places, opening
    )
    return found


def used_until(
    steps: Numbers, branches: Numbers, end: int, words: Words, mentions: Numbers
) -> Numbers:
    """For each branch but the last, its last step that is used after it; -1 where none is."""
    begin, stop = np.searchsorted(words.starts, (steps[0], end)).tolist()
    numbers = np.flatnonzero(words.kinds[begin:stop] == DIGIT) + begin
    numbers = numbers[words.ends[numbers] - words.starts[numbers] >= LEAST_DIGITS]
    first, last = first_and_last(words.exact[numbers])
    again = last > first
    first, last = first[again], last[again]
    new_in = np.searchsorted(steps, words.starts[numbers[first]], side="right") - 1
    last_in = np.searchsorted(steps, words.starts[numbers[last]], side="right") - 1
    answered = np.searchsorted(steps, mentions[mentions >= steps[0]], side="right") - 1
    ends = branches[1:]
    found = np.full(len(ends), -1)
    for some, until in ((new_in, last_in), (answered, np.full(len(answered), len(steps)))):
        branch = np.searchsorted(branches, some, side="right") - 1
        inner = branch < len(ends)
        reused = inner.copy()
        reused[inner] = until[inner] >= ends[branch[inner]]
        np.maximum.at(found, branch[reused], some[reused])
    return found


def first_and_last(hashed: Hashes) -> tuple[Numbers, Numbers]:
    """Places of the first and of the last of all equal ones."""
    packed, low = packed_with_places(hashed)
    apart = (packed[1:] ^ packed[:-1]) > low
    heads = np.concatenate(([True], apart))[: len(packed)]
    tails = np.concatenate((apart, [True]))[: len(packed)]
    places = (packed & low).astype(np.int64)
    return places[heads], places[tails]


def rejections(steps: Numbers, branches: Numbers, markers: Markers) -> Flags:
    """Whether words reject each branch but the last: at its last step or where the next begins."""
    places = markers.starts[markers.of(Sign.REJECTION)]
    ends = branches[1:]
    begin = np.maximum(steps[ends - 1], steps[ends] - REJECTED_BYTES)
    until = steps[ends] + REJECTION_BYTES
    found: Flags = np.searchsorted(places, until) > np.searchsorted(places, begin)
    return found
