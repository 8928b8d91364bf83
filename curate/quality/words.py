"""A text as short hashed words, the common ground of all signals about repetition and size.

    "So 3x = 12.\\n"   ->   so | 3 | x | = | 12 | .

A word is a run of letters, of digits or of marks, at most 16 bytes of it; a Chinese, Japanese or
Korean character is a word of its own. Two hashes stand for it: `exact`, in which letter case and
spacing do not count, and `alike`, in which all numbers are the same.

Texts are looked at in windows of 256 KiB, so that memory stays bounded and time linear whatever the
text; what repeats over a longer distance is not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW_BYTES = 2**18
WORD_BYTES = 16
PLACE_BITS = np.uint64(20)
"""Enough for the number of a word in a window."""

SPACE, LETTER, DIGIT, MARK, LINE, STOP = range(6)
"""Kinds of bytes. A stop ends a sentence where white space follows."""

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Flags = NDArray[np.bool_]


def kind_of(byte: int) -> int:
    """The kind of a byte; parts of characters beyond ASCII are letters."""
    if byte >= 0x80 or chr(byte).isalpha():
        return LETTER
    if chr(byte).isdigit():
        return DIGIT
    if byte in b"\n":
        return LINE
    if byte in b".!?":
        return STOP
    return SPACE if byte <= 0x20 or byte == 0x7F else MARK


KINDS = bytes(map(kind_of, range(256)))
WIDE_STOPS = frozenset("。！？".encode()[place : place + 3] for place in (0, 3, 6))
LOWER = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
KEPT = np.array([(1 << (8 * size)) - 1 for size in range(9)], np.uint64)
"""Masks that keep the first bytes of a word."""
FIRST, SECOND, NUMBER = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93], np.uint64
)
"""Odd constants of multiplicative hashing; the last one is the hash of every number."""
ONES = (1 << 64) - 1
POWERS = np.array([pow(int(SECOND), power, 1 << 64) for power in range(5)], np.uint64)
GRAM = 5
"""Words in an n-gram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one window, in their order."""

    offset: int
    """Where the window begins in the text, in bytes."""
    starts: Numbers
    ends: Numbers
    """In bytes of the window."""
    kinds: NDArray[np.uint8]
    exact: Hashes
    alike: Hashes
    sentences: Numbers
    lines: Numbers
    paragraphs: Numbers
    """Number of the first word of each; paragraphs stand between blank lines."""

    def __len__(self) -> int:
        return len(self.starts)


def windows(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(Offset, bytes) of the windows of a text; no character is cut."""
    start = 0
    while start < len(data):
        stop = min(start + WINDOW_BYTES, len(data))
        while stop < len(data) and data[stop] & 0xC0 == 0x80:
            stop -= 1
        yield start, data[start:stop]
        start = stop


def words_of(window: bytes, offset: int = 0) -> Words:
    """The words of a window."""
    kinds = np.frombuffer(window.translate(KINDS), np.uint8)
    turns = turning_points(window, kinds)
    kind = kinds[turns]
    places = np.flatnonzero((kind != SPACE) & (kind != LINE))
    starts, ends = turns[places], np.append(turns, len(window))[places + 1]
    word_kinds, lengths = kind[places], ends - starts
    if len(starts) and int(lengths.max()) > WORD_BYTES:
        starts, ends = in_pieces(starts, ends)
        word_kinds, lengths = kinds[starts], ends - starts
    exact = hashes(window, starts, lengths)
    alike = np.where(word_kinds == DIGIT, NUMBER, exact)
    return Words(
        offset=offset,
        starts=starts,
        ends=ends,
        kinds=word_kinds,
        exact=exact,
        alike=alike,
        sentences=starts_after(starts, turns[ends_sentence(window, turns, kind)]),
        lines=starts_after(starts, turns[kind == LINE]),
        paragraphs=starts_after(starts, turns[ends_paragraph(turns, kind, len(window))]),
    )


def turning_points(window: bytes, kinds: NDArray[np.uint8]) -> Numbers:
    """Where the kind of byte changes or a character of its own begins; the start is one."""
    turns = np.empty(len(kinds), np.bool_)
    turns[:1] = True
    np.not_equal(kinds[1:], kinds[:-1], out=turns[1:])
    if not window.isascii():
        octets = np.frombuffer(window, np.uint8)
        # Characters of three bytes: Chinese, Japanese, Korean and their punctuation.
        wide = (octets >= 0xE3) & (octets <= 0xEF)
        turns |= wide
        turns[3:] |= wide[:-3]
    return np.flatnonzero(turns)


def ends_sentence(window: bytes, turns: Numbers, kind: NDArray[np.uint8]) -> Flags:
    """Which turning points stand where a sentence ends: white space, or a wide full stop."""
    ends: Flags = kind == LINE
    ends[1:] |= ((kind[1:] == SPACE) | (kind[1:] == LINE)) & (kind[:-1] == STOP)
    if not window.isascii():
        octets = np.frombuffer(window, np.uint8)
        for place in np.flatnonzero((octets[turns] == 0xE3) | (octets[turns] == 0xEF)).tolist():
            turn = int(turns[place])
            ends[place] |= window[turn : turn + 3] in WIDE_STOPS
    return ends


def ends_paragraph(turns: Numbers, kind: NDArray[np.uint8], size: int) -> Flags:
    """Which turning points begin a blank line: line ends with nothing but white space between."""
    ends: Flags = kind == LINE
    single = ends[:-2] & (np.diff(turns[:-1]) == 1) if len(turns) > 2 else ends[:0]
    ends[:-2] &= ~single | (kind[1:-1] == SPACE) & (kind[2:] == LINE)
    if len(turns):
        ends[-2:] &= np.diff(turns[-2:], append=size) > 1
    return ends


def starts_after(starts: Numbers, breaks: Numbers) -> Numbers:
    """Numbers of the first words after the breaks, and of the very first word."""
    first = np.searchsorted(starts, breaks)
    first = np.concatenate((np.zeros(1, np.int64), first[first < len(starts)]))
    new = np.empty(len(first), np.bool_)
    new[:1] = len(starts) > 0
    np.not_equal(first[1:], first[:-1], out=new[1:])
    return first[new]


def in_pieces(starts: Numbers, ends: Numbers) -> tuple[Numbers, Numbers]:
    """The words with long ones cut into pieces."""
    pieces = (ends - starts + WORD_BYTES - 1) // WORD_BYTES
    first = np.cumsum(pieces) - pieces
    within = np.arange(int(pieces.sum())) - np.repeat(first, pieces)
    cut = np.repeat(starts, pieces) + within * WORD_BYTES
    return cut, np.minimum(cut + WORD_BYTES, np.repeat(ends, pieces))


def hashes(window: bytes, starts: Numbers, lengths: Numbers) -> Hashes:
    """A hash of each word, letter case aside."""
    padded = window.translate(LOWER) + bytes(2 * WORD_BYTES)
    # Eight bytes from every place on, which need not be a multiple of eight.
    octets: Hashes = np.ndarray((len(padded) - 8,), np.uint64, padded, 0, (1,))
    found: Hashes = octets[starts] & KEPT[np.minimum(lengths, 8)]
    found *= FIRST
    longer = np.flatnonzero(lengths > 8)
    rest = octets[starts[longer] + 8] & KEPT[lengths[longer] - 8]
    found[longer] += (rest + FIRST) * SECOND
    found ^= found >> np.uint64(32)
    return found


def grams(words: Hashes) -> Hashes:
    """A hash of every five words in a row."""
    if len(words) < GRAM:
        return words[:0]
    pairs = words[:-1] * POWERS[1] + words[1:]
    fours = pairs[:-2] * POWERS[2] + pairs[2:]
    found: Hashes = fours[:-1] * POWERS[1] + words[4:]
    return found


@dataclass(frozen=True, slots=True)
class Repeats:
    """Which n-grams stood before."""

    distance: Numbers
    """How many words before each n-gram the same one stood last; 0 where it is new."""
    members: Numbers
    """Places of all n-grams that stand more than once, in order."""


def packed_with_places(hashed: Hashes) -> tuple[Hashes, np.uint64]:
    """Hashes and their places in one number each, sorted, and the bits that the places take.

    Equal ones stand side by side, in their order; sorting single numbers is the fastest way there.
    The hash keeps its upper 44 bits: in a window full of different ones, two agree now and then.
    """
    low = (np.uint64(1) << PLACE_BITS) - np.uint64(1)
    packed: Hashes = hashed * FIRST
    packed &= ~low
    packed |= np.arange(len(hashed), dtype=np.uint64)
    packed.sort()
    return packed, low


def repeats(hashed: Hashes, places: Numbers | None = None) -> Repeats:
    """Where hashes stand again, looking at all places or only at some."""
    packed, low = packed_with_places(hashed if places is None else hashed[places])
    same = np.flatnonzero((packed[1:] ^ packed[:-1]) <= low)
    later = (packed[same + 1] & low).astype(np.int64)
    earlier = (packed[same] & low).astype(np.int64)
    if places is not None:
        later, earlier = places[later], places[earlier]
    distance = np.zeros(len(hashed), np.int64)
    distance[later] = later - earlier
    member = distance > 0
    member[earlier] = True
    return Repeats(distance, np.flatnonzero(member))


@dataclass(frozen=True, slots=True)
class Runs:
    """N-grams in a row that recur at one distance."""

    first: Numbers
    """Place of the first one of each row."""
    length: Numbers
    distance: Numbers
    size: int
    """Of all n-grams."""


def runs_of(distance: Numbers) -> Runs:
    """The rows of n-grams that recur at one distance, without those that are new."""
    turns = np.flatnonzero(distance[1:] != distance[:-1]) + 1
    first = np.concatenate((np.zeros(1, np.int64), turns))
    length = np.append(turns, len(distance)) - first
    at = distance[first] if len(distance) else length[:0]
    again = np.flatnonzero(at)
    return Runs(first[again], length[again], at[again], len(distance))
