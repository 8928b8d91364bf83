"""Long texts searched for the items of an index, in numpy.

The work is in pieces of 256 kB, in which many short texts stand side by side and long ones overlap,
so that the cost is linear in the text and the memory bounded. A text in which an item is found many
times keeps the best place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from curate.contamination.index import SEED, Index, Short, masked
from curate.contamination.rules import RULES, Found, Place, Rule, compared, renamed
from curate.contamination.table import grams, prefix_sums, window
from curate.contamination.tokens import Hashes, Octets, Places, Tokens, tokenize, words

Shares = NDArray[np.float64]

PIECE = 2**18
"""Bytes that are searched at a time."""
OVERLAP = 2**15
"""Bytes at the end of a piece that the next one begins with, more than an item has."""
LIKELY = 0.25
"""Share of the seeds of an item that must be near each other for a closer look."""
LEAST = 2
"""And so many of them."""
TRIES = 4
"""Places of one item in a piece of a text that are looked at, the likeliest first."""
AROUND = 32
"""Further tokens that a problem may have around a short item that is sought as a whole problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One item in one text, both spans in bytes."""

    text: int
    item: int
    rule: Rule
    score: float
    start: int
    """From the beginning of the text."""
    stop: int
    item_start: int
    item_stop: int

    @property
    def order(self) -> tuple[int, float, int]:
        """Sorts the best hit first: the surest rule, the highest score, the earliest place."""
        return RULES.index(self.rule), -self.score, self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes that are searched at a time, and the texts in them."""

    low: int
    high: int
    first: int
    """Number of the first text."""
    cuts: Places
    """Where the texts begin, in the piece."""


def scan(data: Octets, cuts: Places, index: Index, *, problems: bool) -> list[Hit]:
    """The best hit of each item in each of the texts that begin at the cuts and end at the last.

    `problems` says that the texts are problems, which may be whole items of a few tokens.
    """
    best: dict[tuple[int, int], Hit] = {}
    for piece in pieces(cuts):
        tokens = tokenize(data[piece.low : piece.high], piece.cuts)
        octets = data[piece.low : piece.high]
        for item, found in chain(
            found_long(tokens, octets, index), found_short(tokens, octets, index, problems)
        ):
            text = piece.first + int(tokens.texts[found.first])
            hit = hit_of(index, tokens, item, found, text, piece.low - int(cuts[text]))
            key = text, item
            if key not in best or hit.order < best[key].order:
                best[key] = hit
    return sorted(best.values(), key=lambda hit: (hit.text, hit.order, hit.item))


def hit_of(index: Index, tokens: Tokens, item: int, found: Found, text: int, shift: int) -> Hit:
    """What was found, in bytes."""
    own, first = index.tokens, int(index.first[item])
    begin = int(index.cuts[item])
    return Hit(
        text=text,
        item=item,
        rule=found.rule,
        score=found.score,
        start=int(tokens.starts[found.first]) + shift,
        stop=int(tokens.stops[found.stop - 1]) + shift,
        item_start=int(own.starts[first + found.item_first]) - begin,
        item_stop=int(own.stops[first + found.item_stop - 1]) - begin,
    )


def pieces(cuts: Places) -> Iterator[Piece]:
    """The texts in pieces; one that is longer than a piece in several, which overlap."""
    places = cuts.tolist()
    text = 0
    while text < len(places) - 1:
        low = places[text]
        last = max(text + 1, int(np.searchsorted(cuts, low + PIECE, "right")) - 1)
        if places[last] - low <= PIECE:
            yield Piece(low=low, high=places[last], first=text, cuts=cuts[text:last] - low)
        else:
            for start in range(low, max(low + 1, places[last] - OVERLAP), PIECE - OVERLAP):
                stop = min(start + PIECE, places[last])
                yield Piece(low=start, high=stop, first=text, cuts=np.zeros(1, np.int64))
        text = last


# --- items of eight words and more ----------------------------------------------------------------


def found_long(tokens: Tokens, data: Octets, index: Index) -> Iterator[tuple[int, Found]]:
    """Long items in a piece, perhaps several times."""
    word_places = words(tokens)
    for place in likely_places(tokens, word_places, index):
        found = compared(index, tokens, data, word_places, place)
        if found is not None:
            yield place.item, found


def likely_places(tokens: Tokens, word_places: Places, index: Index) -> Iterator[Place]:
    """Where many seeds of an item are near each other."""
    at, entry = index.seeds.find(grams(tokens.hashes[word_places], SEED))
    texts = tokens.texts[word_places]
    within = texts[at] == texts[at + SEED - 1]
    at, entry = at[within], entry[within]
    items = index.seed_items[entry]
    order = np.lexsort((entry, at, items))
    at, entry, items = at[order], entry[order], items[order]
    gap = np.diff(items) != 0
    gap |= np.diff(texts[at]) != 0
    gap |= np.diff(at) > index.word_counts[items[1:]] + SEED
    group = np.cumsum(np.concatenate([np.zeros(min(1, len(at)), np.int64), gap]))
    firsts = np.searchsorted(group, np.arange(group[-1] + 1 if len(group) else 0))
    counts = different(group, entry)
    share = counts / index.seed_counts[items[firsts]]
    chosen = np.flatnonzero((share >= LIKELY) & (counts >= LEAST))
    for number in best_of_each(chosen, items[firsts], texts[at[firsts]], share):
        members = slice(*np.searchsorted(group, [number, number + 1]).tolist())
        item, text = int(items[firsts[number]]), int(texts[at[firsts[number]]])
        low, high = np.searchsorted(tokens.texts, [text, text + 1]).tolist()
        yield Place(
            item=item,
            low=low,
            high=high,
            text_words=word_places[at[members]],
            item_words=index.words_of(item)[index.seed_words[entry[members]]],
        )


def different(group: Places, entry: Places) -> Places:
    """How many different entries each group has."""
    order = np.lexsort((entry, group))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(group[order]) != 0) | (np.diff(entry[order]) != 0)
    return np.bincount(group[order][fresh])


def best_of_each(chosen: Places, items: Places, texts: Places, share: Shares) -> list[int]:
    """The chosen groups, of one item in one text no more than `TRIES`, those of largest share."""
    order = chosen[np.lexsort((chosen, -share[chosen], items[chosen], texts[chosen]))]
    same = (np.diff(items[order]) == 0) & (np.diff(texts[order]) == 0)
    taken: list[int] = []
    tries = 0
    for group, again in zip(order.tolist(), [False, *same.tolist()], strict=False):
        tries = tries + 1 if again else 1
        if tries <= TRIES:
            taken.append(group)
    return taken


# --- items of fewer words -------------------------------------------------------------------------


def found_short(
    tokens: Tokens, data: Octets, index: Index, problems: bool
) -> Iterator[tuple[int, Found]]:
    """Short items in a piece, each once in a text."""
    sought = [short for short in index.shorts if problems or not short.only_whole]
    hashes = masked(tokens) if sought else tokens.hashes
    for short in sought:
        done: set[tuple[int, int]] = set()
        for item, first in short_places(tokens, hashes, short, index, problems):
            own = index.tokens_of(item)
            length = own.stop - own.start
            there = slice(first, first + length)
            key = int(tokens.texts[first]), item
            if key not in done and renamed(index, tokens, data, own, there):
                done.add(key)
                yield (
                    item,
                    Found(
                        rule=Rule.SHORT,
                        score=1.0,
                        first=first,
                        stop=first + length,
                        item_first=0,
                        item_stop=length,
                    ),
                )


def short_places(
    tokens: Tokens, hashes: Hashes, short: Short, index: Index, problems: bool
) -> Iterator[tuple[int, int]]:
    """(Item, first token) of all that has the tokens of a short item, its variables masked."""
    at, entry = short.table.find(grams(hashes, short.size))
    if not len(at):
        return
    items, firsts = short.items[entry], at - short.offsets[entry]
    lengths = index.first[items + 1] - index.first[items]
    inside = (firsts >= 0) & (firsts + lengths <= len(tokens))
    items, firsts, lengths = items[inside], firsts[inside], lengths[inside]
    texts = tokens.texts[firsts]
    same = texts == tokens.texts[firsts + lengths - 1]
    same &= window(prefix_sums(hashes), firsts, firsts + lengths) == index.masked_hashes[items]
    small = np.bincount(tokens.texts)[texts] <= lengths + AROUND
    same &= ~index.only_whole[items] | (problems & small)
    yield from zip(items[same].tolist(), firsts[same].tolist(), strict=True)
