"""The items of benchmarks as hashed n-grams.

An item of at least eight words is found by its runs of five words. Neither numbers nor variables
nor formulas are among these, so that a copy that changes them is found as well, and `rules` says
what it changed. An item of fewer words is found by a run of all its tokens, its variables masked.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from curate.contamination.items import Item
from curate.contamination.table import Table, grams, prefix_sums, window
from curate.contamination.tokens import (
    COMMAND,
    NUMBER,
    OPERATOR,
    VARIABLE,
    Flags,
    Hashes,
    Octets,
    Places,
    Tokens,
    tokenize,
    words,
)
from curate.stage import digest

WORDS = 8
"""An item of fewer words is a short one."""
SEED = 5
"""Words of a run that points to an item; `rules.N` decides."""
SHORTEST = 3
"""An item of fewer tokens cannot be told from other texts, and is not sought."""
ANYWHERE = 5
"""Tokens of a short item that is sought within long texts; others only as a whole problem."""
ANCHORS = (3, 5, 8)
"""Tokens of the runs that point to a short item; the longest that fits is taken."""
MASK = np.uint64(0x5851F42D4C957F2D)
"""What stands for a variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """Short items by one of their runs of one length."""

    size: int
    table: Table
    items: Places
    offsets: Places
    """Token of the item with which the run begins."""
    only_whole: bool
    """Whether all of them are sought as whole problems only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The items and all that finds them."""

    items: Sequence[Item]
    data: Octets
    """The texts, one after the other."""
    cuts: Places
    tokens: Tokens
    first: Places
    """First token of each item, and one more."""
    word_places: Places
    """Tokens that are words, counted from the first token of their item."""
    first_word: Places
    seeds: Table
    seed_items: Places
    seed_words: Places
    """Word of the item with which each run begins."""
    word_counts: Places
    seed_counts: Places
    """Different runs of each item; 0 for a short one."""
    shorts: Sequence[Short]
    masked_hashes: Hashes
    """Of all tokens of each item, with variables as one."""
    only_whole: Flags
    """Short items that are sought as whole problems only."""

    @property
    def digest(self) -> str:
        """Hash of the items."""
        return digest([[item.name, item.text] for item in self.items])

    @property
    def unsought(self) -> list[str]:
        """Names of the items that are too short to be sought."""
        sizes = np.diff(self.first)
        return [self.items[place].name for place in np.flatnonzero(sizes < SHORTEST).tolist()]

    def tokens_of(self, item: int) -> slice:
        """Where the tokens of an item are."""
        return slice(int(self.first[item]), int(self.first[item + 1]))

    def words_of(self, item: int) -> Places:
        """The tokens of an item that are words, counted from its first token."""
        return self.word_places[self.first_word[item] : self.first_word[item + 1]]


def build_index(items: Iterable[Item]) -> Index:
    """The index of the items; one whose tokens another has already is left out."""
    kept = distinct(list(items))
    data, cuts = joined([item.text for item in kept])
    tokens = tokenize(data, cuts)
    first = np.searchsorted(tokens.texts, np.arange(len(kept) + 1))
    places = words(tokens)
    owners = tokens.texts[places]
    first_word = np.searchsorted(owners, np.arange(len(kept) + 1))
    counts = np.diff(first_word)
    long = counts >= WORDS
    plain = is_plain(tokens, first)
    starts, owner = seeds_of(owners, long)
    hashes = grams(tokens.hashes[places], SEED)[starts]
    fresh = first_of_each(owner, hashes)
    starts, owner, hashes = starts[fresh], owner[fresh], hashes[fresh]
    return Index(
        items=kept,
        data=data,
        cuts=cuts,
        tokens=tokens,
        first=first,
        word_places=places - first[owners],
        first_word=first_word,
        seeds=Table.of(hashes),
        seed_items=owner,
        seed_words=starts - first_word[owner],
        word_counts=counts,
        seed_counts=np.bincount(owner, minlength=len(kept)),
        shorts=shorts_of(tokens, first, np.flatnonzero(~long), plain),
        masked_hashes=window(prefix_sums(masked(tokens)), first[:-1], first[1:]),
        only_whole=plain,
    )


def joined(texts: Sequence[str]) -> tuple[Octets, Places]:
    """The texts one after the other, and where each begins."""
    encoded = [text.encode() for text in texts]
    cuts = np.cumsum([0, *map(len, encoded)])[:-1]
    return np.frombuffer(b"".join(encoded), np.uint8), cuts


def distinct(items: Sequence[Item]) -> list[Item]:
    """The items without those whose tokens have come before."""
    tokens = tokenize(*joined([item.text for item in items]))
    first = np.searchsorted(tokens.texts, np.arange(len(items) + 1)).tolist()
    kept: dict[bytes, Item] = {}
    for item, low, high in zip(items, first, first[1:], strict=False):
        kept.setdefault(tokens.hashes[low:high].tobytes(), item)
    return list(kept.values())


def seeds_of(owners: Places, long: Flags) -> tuple[Places, Places]:
    """Where the runs of words of long items begin, among all words, and whose they are."""
    starts = np.arange(max(0, len(owners) - SEED + 1))
    own = owners[: len(starts)]
    whole = (own == owners[SEED - 1 :][: len(starts)]) & long[own]
    return starts[whole], own[whole]


def first_of_each(owner: Places, hashes: Hashes) -> Places:
    """Places of the runs that their item did not have before."""
    order = np.lexsort((hashes, owner))
    again = (np.diff(owner[order]) == 0) & (np.diff(hashes[order]) == 0)
    return np.sort(order[np.concatenate([[True], ~again])[: len(order)]])


def is_plain(tokens: Tokens, first: Places) -> Flags:
    """Items that are sought as whole problems only: of few tokens, or without mathematics."""
    formal = np.isin(tokens.kinds, (NUMBER, COMMAND, OPERATOR))
    some = np.bincount(tokens.texts[formal], minlength=len(first) - 1) > 0
    return np.asarray(~some | (np.diff(first) < ANYWHERE))


def masked(tokens: Tokens) -> Hashes:
    """The hashes with all variables as one."""
    return np.where(tokens.kinds == VARIABLE, MASK, tokens.hashes)


def shorts_of(tokens: Tokens, first: Places, items: Places, plain: Flags) -> list[Short]:
    """The runs that point to these items, those that are sought everywhere apart."""
    sizes = np.diff(first)
    return [
        short_of(masked(tokens), first, own, size, only_whole)
        for size, longer in zip(ANCHORS, (*ANCHORS[1:], 2**62), strict=True)
        for only_whole in (False, True)
        if len(
            own := items[
                (sizes[items] >= size) & (sizes[items] < longer) & (plain[items] == only_whole)
            ]
        )
    ]


def short_of(hashes: Hashes, first: Places, items: Places, size: int, only_whole: bool) -> Short:
    """The rarest run of one length of each item."""
    runs = [grams(hashes[first[item] : first[item + 1]], size).tolist() for item in items.tolist()]
    common = Counter(run for each in runs for run in set(each))
    offsets = [
        min(range(len(each)), key=[common[run] for run in each].__getitem__) for each in runs
    ]
    anchors = [each[offset] for each, offset in zip(runs, offsets, strict=True)]
    return Short(
        size=size,
        table=Table.of(np.array(anchors, np.uint64)),
        items=items,
        offsets=np.array(offsets),
        only_whole=only_whole,
    )
