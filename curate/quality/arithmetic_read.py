"""One side of a written equation as a number."""

from functools import lru_cache

from curate.quality.arithmetic_numbers import MAX_DIGITS, Unreadable
from curate.quality.arithmetic_parser import Reader
from curate.quality.arithmetic_side import Side
from curate.quality.arithmetic_tokens import plain, tokens_of

MAX_TOKENS = 120


@lru_cache(maxsize=32_768)
def read_side(written: str) -> Side | None:
    """The number that the text of one side stands for; None if we cannot tell."""
    if written.isdecimal() and written.isascii() and len(written) <= MAX_DIGITS:
        return Side(int(written), True, 0, False, frozenset(), False)
    tokens = tokens_of(plain(written))
    if not tokens or len(tokens) > MAX_TOKENS:
        return None
    try:
        return Reader(tokens).side()
    except Unreadable:
        return None
