"""Whether a response was cut off, and whether its thinking is one closed block.

Where the dump says why generation ended, that decides. Else the text does: thinking that is not
closed, nothing behind it, or an end in the middle of a sentence.
"""

import re

from curate.quality.markers import Markers, Sign

FINISHED = frozenset(
    {"stop", "eos", "eos_token", "end_turn", "stop_sequence", "completed", "<eos>"}
)
"""Stop reasons of a response that ended by itself."""
CUT_OFF = frozenset({"length", "max_tokens", "max_length"})
"""Stop reasons that mean that the response was not finished."""
ANSWER_AT_END_BYTES = 60
"""A response whose last characters hold its answer was not cut off, however it ends."""
SHORT_BYTES = 60
TAIL_BYTES = 200
GOES_ON = re.compile(r"(?:[^\W\d_]{2}|[,;，；、(（\[{+=<>/&_^\\-]) *$")
"""A word or a mark behind which a sentence goes on; one letter or a number may be an answer."""
LIST_LINE = re.compile(r"(?:^|\n)[ \t]*(?:[-*+#>|]|\d+[.)]|[A-Z][a-z]+:)[^\n]*$")
"""Last lines that end without a full stop: items, headings, table rows, labels."""


def cut_off(
    data: bytes,
    *,
    stop_reason: str | None,
    thinking: str,
    answer_start: int,
    last_answer: int | None,
) -> str | None:
    """Why a response is not whole, in words; None where it is.

    `answer_start` is where the answer part begins, `last_answer` where the final answer ends, in
    bytes; `thinking` is `closed`, `unclosed` or `none`.
    """
    if stop_reason in CUT_OFF:
        return "stop reason"
    if thinking == "unclosed":
        return "unclosed thinking"
    if not data[answer_start:].strip():
        return "no answer"
    if stop_reason in FINISHED:
        return None
    if last_answer is not None and len(data) - last_answer <= ANSWER_AT_END_BYTES:
        return None
    if thinking == "closed" and is_short(data[answer_start:]):
        return None
    return "mid-sentence" if ends_mid_sentence(data[answer_start:]) else None


def is_short(answer: bytes) -> bool:
    """Whether an answer part is a line of a few words, which needs no full stop."""
    text = answer.strip()
    return len(text) <= SHORT_BYTES and b"\n" not in text


def ends_mid_sentence(data: bytes) -> bool:
    """Whether a text, without white space at its end, stops where a sentence goes on."""
    tail = data[-TAIL_BYTES:].decode("utf-8", "ignore")
    if is_open(data):
        return True
    return GOES_ON.search(tail) is not None and LIST_LINE.search(tail) is None


def is_open(data: bytes) -> bool:
    """Whether a display formula, a block of code or a box is open at the end."""
    if data.count(b"```") % 2:
        return True
    if data.rfind(b"\\[") > data.rfind(b"\\]") or data.rfind(b"\\(") > data.rfind(b"\\)"):
        return True
    box = data.rfind(b"\\boxed{")
    return box >= 0 and data.count(b"{", box) > data.count(b"}", box)


def is_well_formed(markers: Markers) -> bool:
    """Whether there is one thinking block, opened and closed, or none at all.

    A closing tag alone is a block, too: its opening tag was part of the prompt.
    """
    opening = markers.starts[markers.of(Sign.OPENING)]
    closing = markers.starts[markers.of(Sign.CLOSING)]
    if len(opening) > 1 or len(closing) > 1:
        return False
    if len(opening) and len(closing):
        return bool(opening[0] < closing[0])
    return len(opening) == 0
