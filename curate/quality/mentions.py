"""Where the thinking first states the final answer, and whether the two agree."""

import re

from curate.verify import canonical, extract, read_reference

STATED_WITHIN = 24
"""Bytes before a short answer in which it is said to be a result."""
SHORT_BYTES = 20
"""Shorter answers stand in a trace for other things too, so that only results count."""
MOST = 400
"""Places of the answer that are looked at."""
TAIL_BYTES = 500
"""The end of the thinking, in which its own answer is looked for."""
STATES = re.compile(
    "(?:=|\\b(?:is|are|be|it's|equals|gives|get|answer|result|total|option|choice|position)|:"
    r"|\\approx|boxed\{|\*\*|≈|是|为|答案)[ :$*(\\{]*$".encode(),
    re.IGNORECASE,
)
"""What stands directly before a result."""
MINUS = re.compile(rb"(?:^|[^\w)\] ] ?)-$")
"""A sign, and no subtraction."""
PLAIN = re.compile(r"-?\d+(?:[./]\d+)?|[A-Za-z]")
"""A number or the letter of a choice."""
MARKS = (b"boxed", b"nswer", b"NSWER", b"####", "答案".encode())
"""One of these stands where one of the rules below finds something."""
NO_REFERENCE = read_reference(None, "text", None)
SURE_RULES = ("box", "phrase", "answer tag", "####")
"""Rules of extraction that need a mark; the last number of a text is no statement."""


def mentions(data: bytes, answer: str | None, start: int, end: int) -> list[int]:
    """Places between two others where the answer is stated, in order; at most so many are tried."""
    wanted = (answer or "").strip().encode()
    found: list[int] = []
    place = data.find(wanted, start, end) if wanted else -1
    for _ in range(MOST):
        if place < 0:
            break
        if stands_alone(data, place, place + len(wanted)) and (
            len(wanted) > SHORT_BYTES
            or STATES.search(data, max(start, place - STATED_WITHIN), place)
        ):
            found.append(place)
        place = data.find(wanted, place + len(wanted), end)
    return found


def stands_alone(data: bytes, start: int, end: int) -> bool:
    """Whether neither a letter nor a digit goes on before or behind, nor a decimal fraction."""
    first, last = data[start : start + 1], data[end - 1 : end]
    if first.isdigit() and MINUS.search(data, max(0, start - 3), start):
        return False
    if first.isalnum() and goes_on(data[start - 1 : start], data[start - 2 : start - 1]):
        return False
    return not (last.isalnum() and goes_on(data[end : end + 1], data[end + 1 : end + 2]))


def goes_on(beside: bytes, beyond: bytes) -> bool:
    """Whether a word or a number goes on with these bytes."""
    return beside.isalnum() or (beside in (b".", b",") and beyond.isdigit())


def agrees(thinking: bytes, final: str | None) -> bool | None:
    """Whether the thinking ends with the final answer; None where that cannot be told.

    Two answers in words may say the same, so only numbers and choices contradict each other, and
    only where the final one does not stand in the last lines of the thinking at all.
    """
    tail = thinking[-TAIL_BYTES:]
    if final is None or not any(mark in tail for mark in MARKS):
        return None
    found = extract(tail.decode("utf-8", "ignore"), NO_REFERENCE)
    if found.answer is None or not found.rule.startswith(SURE_RULES):
        return None
    other = canonical(found.answer)
    if other == final:
        return True
    if not (PLAIN.fullmatch(other) and PLAIN.fullmatch(final)):
        return None
    place = tail.find(final.encode())
    while place >= 0:
        if stands_alone(tail, place, place + len(final)):
            return None
        place = tail.find(final.encode(), place + 1)
    return False
