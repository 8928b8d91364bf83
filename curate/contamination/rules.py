"""What makes a place in a text a copy of an item: the rules, and how well each one fits.

verbatim    the item's tokens, one after the other
short       the same of an item of fewer than eight words; its variables may have other names
variables   the item's tokens, its variables renamed one to one
numbers     the item's tokens but for its numbers, its variables perhaps renamed
ngrams      at least half of the item's runs of eight words, and a fair share of all its tokens
similar     tokens in the same order that make up four fifths of the item and of the place
embedding   a problem as a whole that a sentence model finds as good as equal
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from curate.contamination.index import MASK, SEED, Index
from curate.contamination.table import grams
from curate.contamination.tokens import NUMBER, VARIABLE, Octets, Places, Tokens


class Rule(StrEnum):
    """The rules, the surest first."""

    VERBATIM = "verbatim"
    SHORT = "short"
    VARIABLES = "variables"
    NUMBERS = "numbers"
    NGRAMS = "ngrams"
    SIMILAR = "similar"
    EMBEDDING = "embedding"


RULES = tuple(Rule)
N = 8
"""Words of an n-gram: 13, as GPT-3 took it, misses short problems and lightly edited ones."""
COVERED = 0.5
"""Share of an item's n-grams that a copy has at least."""
LEAST_NGRAMS = 3
"""And so many of them, since one run of eight words may be a phrase."""
FAIR = 0.7
"""Share of equal tokens that must be there beside the n-grams of words."""
RATIO = 0.8
"""Share of equal tokens that a similar text has at least."""
ARTICLES = frozenset(b"aAiI")
"""Words of one letter, which keep their names when variables are renamed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An item in a text, in tokens of both, from the first to one past the last."""

    rule: Rule
    score: float
    """Share in [0, 1] of the item that is there; 1 for the exact rules."""
    first: int
    stop: int
    item_first: int
    item_stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an item may be: words of a text that are words of the item."""

    item: int
    low: int
    """First token of the text."""
    high: int
    """One past its last token."""
    text_words: Places
    """Tokens at which runs of words of the item begin."""
    item_words: Places
    """The tokens of the item that these are."""


def compared(
    index: Index, tokens: Tokens, data: Octets, word_places: Places, place: Place
) -> Found | None:
    """The first rule that holds at a place, None where none does."""
    counts = Counter((place.text_words - place.item_words).tolist())
    diagonal = int(max(counts, key=counts.__getitem__))  # of several, the first in the text
    own = index.tokens_of(place.item)
    length = own.stop - own.start
    if place.low <= diagonal and diagonal + length <= place.high:
        rule = exact_rule(index, tokens, data, own, slice(diagonal, diagonal + length))
        if rule is not None:
            return Found(
                rule=rule,
                score=1.0,
                first=diagonal,
                stop=diagonal + length,
                item_first=0,
                item_stop=length,
            )
    return partial(index, tokens, word_places, place, diagonal)


# --- token for token ------------------------------------------------------------------------------


def exact_rule(index: Index, tokens: Tokens, data: Octets, own: slice, there: slice) -> Rule | None:
    """Whether as many tokens of the text are those of the item, or which of them differ."""
    kinds, other_kinds = index.tokens.kinds[own], tokens.kinds[there]
    differ = index.tokens.hashes[own] != tokens.hashes[there]
    if not differ.any():
        return Rule.VERBATIM
    variable = (kinds == VARIABLE) & (other_kinds == VARIABLE)
    number = (kinds == NUMBER) & (other_kinds == NUMBER)
    if (differ & ~variable & ~number).any() or not renamed(index, tokens, data, own, there):
        return None
    return Rule.NUMBERS if (differ & number).any() else Rule.VARIABLES


def renamed(index: Index, tokens: Tokens, data: Octets, own: slice, there: slice) -> bool:
    """Whether the variables of the item become those of the text letter by letter, one to one."""
    both = (index.tokens.kinds[own] == VARIABLE) & (tokens.kinds[there] == VARIABLE)
    at = np.flatnonzero(both)
    pairs: set[tuple[int, int]] = set()
    for left, right in zip((own.start + at).tolist(), (there.start + at).tolist(), strict=True):
        old = index.data[index.tokens.starts[left] : index.tokens.stops[left]].tobytes()
        new = data[tokens.starts[right] : tokens.stops[right]].tobytes()
        if len(old) != len(new):
            return False
        pairs.update(zip(old, new, strict=True))
    pairs = {(old, new) for old, new in pairs if not (old == new and old in ARTICLES)}
    return len(pairs) == len({old for old, _ in pairs}) == len({new for _, new in pairs})


# --- in part --------------------------------------------------------------------------------------


def partial(
    index: Index, tokens: Tokens, word_places: Places, place: Place, diagonal: int
) -> Found | None:
    """Whether enough of the item is there: of its n-grams, else of its tokens in order."""
    own = index.tokens_of(place.item)
    length = own.stop - own.start
    near = np.abs(place.text_words - place.item_words - diagonal) <= length // 2 + 8
    text_words, item_words = place.text_words[near], place.item_words[near]
    low = max(place.low, int(text_words[0] - item_words[0]))
    high = min(place.high, int(text_words[-1] + length - item_words[-1]))
    covered, grams_there = coverage(index, tokens, word_places, place.item, low, high)
    alike = ratio(masked(index.tokens, own), masked(tokens, slice(low, high)))
    if covered >= COVERED and grams_there >= LEAST_NGRAMS and alike >= FAIR:
        rule, score = Rule.NGRAMS, covered
    elif alike >= RATIO:
        rule, score = Rule.SIMILAR, alike
    else:
        return None
    first, item_first = grown(
        index, tokens, place, (int(text_words[0]), int(item_words[0])), step=-1
    )
    last = (
        seed_end(word_places, int(text_words[-1])),
        seed_end(index.words_of(place.item), int(item_words[-1])),
    )
    stop, item_stop = grown(index, tokens, place, last, step=1)
    return Found(
        rule=rule,
        score=round(score, 4),
        first=first,
        stop=stop + 1,
        item_first=min(item_first, int(item_words.min())),
        item_stop=max(item_stop + 1, int(item_words.max()) + 1),
    )


def seed_end(word_places: Places, first: int) -> int:
    """The token of the last word of the seed that begins with this one."""
    return int(word_places[np.searchsorted(word_places, first) + SEED - 1])


def grown(
    index: Index, tokens: Tokens, place: Place, pair: tuple[int, int], step: int
) -> tuple[int, int]:
    """The last tokens of text and item, from this pair on, up to which the two are equal."""
    own = index.tokens_of(place.item)
    here, there = pair
    while (
        place.low <= here + step < place.high
        and 0 <= there + step < own.stop - own.start
        and tokens.hashes[here + step] == index.tokens.hashes[own.start + there + step]
    ):
        here, there = here + step, there + step
    return here, there


def coverage(
    index: Index, tokens: Tokens, word_places: Places, item: int, low: int, high: int
) -> tuple[float, int]:
    """Share and number of the item's n-grams that are among these tokens of the text."""
    own = index.tokens_of(item)
    # Sets, since numpy takes longer to begin than these few take.
    wanted = set(grams(index.tokens.hashes[own][index.words_of(item)], N).tolist())
    there = word_places[np.searchsorted(word_places, low) : np.searchsorted(word_places, high)]
    found = wanted.intersection(grams(tokens.hashes[there], N).tolist())
    return len(found) / len(wanted), len(found)


def masked(tokens: Tokens, there: slice) -> list[int]:
    """Hashes of tokens, all variables as one."""
    found: list[int] = np.where(
        tokens.kinds[there] == VARIABLE, MASK, tokens.hashes[there]
    ).tolist()
    return found


def ratio(left: Sequence[int], right: Sequence[int]) -> float:
    """Share in [0, 1] of both that their longest common subsequence is."""
    return 2 * common(left, right) / max(1, len(left) + len(right))


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the longest common subsequence, a row of the table in one integer.

    Hyyrö 2004, Bit-parallel LCS-length computation revisited.
    """
    places: dict[int, int] = {}
    for place, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << place
    every = (1 << len(left)) - 1
    row = every
    for token in right:
        match = row & places.get(token, 0)
        row = ((row + match) | (row - match)) & every
    return len(left) - row.bit_count()
