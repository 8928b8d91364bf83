"""Where the thinking first states the final answer, and whether the two agree."""

import re

from curate.verify import canonical, extract, read_reference

STATED_WITHIN = 24
"""Bytes before a short answer in which it is said to be a result."""
SHORT_BYTES = 4
"""Shorter answers stand in a trace by chance, so that only results count."""
MOST = 400
"""Places of the answer that are looked at."""
TAIL_BYTES = 500
"""The end of the thinking, in which its own answer is looked for."""
STATES = re.compile(
    rb"(?:=|\bis\b|\bare\b|answer|boxed|result|total|equals|gives|get|\bbe\b|\xe6\x98\xaf|\xe4\xb8\xba"
    rb"|\xe7\xad\x94\xe6\xa1\x88|\\approx|\xe2\x89\x88|\*\*|option|choice)[^\n]{0,12}$",
    re.IGNORECASE,
)
NO_REFERENCE = read_reference(None, "text", None)
MARKS = (b"boxed", b"nswer", b"NSWER", b"####", "答案".encode())
"""One of these stands where one of the rules below finds something."""
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
    if first.isalnum() and goes_on(data[start - 1 : start], data[start - 2 : start - 1]):
        return False
    return not (last.isalnum() and goes_on(data[end : end + 1], data[end + 1 : end + 2]))


def goes_on(beside: bytes, beyond: bytes) -> bool:
    """Whether a word or a number goes on with these bytes."""
    return beside.isalnum() or (beside in (b".", b",") and beyond.isdigit())


def agrees(thinking: bytes, final: str | None) -> bool | None:
    """Whether the thinking ends with the final answer; None where one of them is missing."""
    tail = thinking[-TAIL_BYTES:]
    if final is None or not any(mark in tail for mark in MARKS):
        return None
    found = extract(tail.decode("utf-8", "ignore"), NO_REFERENCE)
    if found.answer is None or not found.rule.startswith(SURE_RULES):
        return None
    return canonical(found.answer) == final
