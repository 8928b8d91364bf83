"""The final answer of a long response from its two ends, the middle unread.

    <think>Okay, so I need … (40 kB left out) … Thus 5.</think>The answer is \\boxed{5}.
    ~~~~~~~~~~ head                             ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ tail

The answer part begins behind the last closing tag. Where that tag stands in the tail and the tag
that opened the thinking in the head, nothing in between can change what is found.
"""

from curate.verify.decision import Extraction
from curate.verify.extract import extract_from
from curate.verify.reference import Reference
from curate.verify.thinking import HEAD_CHARACTERS, TAGS, find_thinking, is_closed_at

HEAD_BYTES = 4 * HEAD_CHARACTERS
"""UTF-8 bytes that hold the characters in which an opening tag counts."""
TAIL_BYTES = 8 * 1024
"""UTF-8 bytes into which nearly every answer part fits."""
_FEW_BYTES = HEAD_CHARACTERS + 60
"""UTF-8 bytes that hold the head of a text with few characters beyond ASCII."""
_CLOSING = TAGS[0][1].encode()


def ends_of(text: memoryview) -> tuple[str, str] | None:
    """Head and tail of a text in UTF-8, as `extract_ends` wants them; None of a short text.

    The tail begins with the last `</think>`, where there is one: it closes any thinking that is
    still open, so nothing before it matters.
    """
    if len(text) <= HEAD_BYTES + TAIL_BYTES:
        return None
    head = str(text[:_FEW_BYTES], "utf-8", "ignore")
    if len(head) < HEAD_CHARACTERS:
        head = str(text[:HEAD_BYTES], "utf-8", "ignore")
    tail = bytes(text[-TAIL_BYTES:])
    return head, str(tail[max(0, tail.rfind(_CLOSING)) :], "utf-8", "ignore")


def extract_ends(head: str, tail: str, left_out: int, reference: Reference) -> Extraction | None:
    """What `extract` finds in the response of which `left_out` characters in the middle are unread.

    None where these may matter, so that the whole has to be read. The head must have at least
    `HEAD_CHARACTERS` characters.
    """
    if reference.kind == "code":
        return None
    text = head + tail
    thinking = find_thinking(text)
    start, end = thinking.start, thinking.end
    if not start or end is None or not start <= len(head) <= end:
        return None
    if not is_closed_at(text, end):  # but by a mark that opens the answer part
        return None
    return extract_from(text, thinking, reference, left_out)
