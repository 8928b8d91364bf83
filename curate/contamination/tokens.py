"""Text as normalized tokens, in numpy: words, numbers, variables, commands and operators.

    Find $AB^2$, in km, if \\dfrac{AB}{2}=1,500.   →   find ab 2 in if ab 2 = 1500

White space, punctuation, `$`, braces, `^`, `_`, `*`, `/` and styling commands do not count; letters
lose their case; units are dropped; thousands separators too. Every character of a script beyond
ASCII is a token of its own, since Chinese has no spaces. Texts are UTF-8 and positions are bytes.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from curate.contamination.vocabulary import MATH_WORDS, SAME, STYLE, UNITS

Octets = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORD, VARIABLE, NUMBER, COMMAND, OPERATOR, SYMBOL = range(1, 7)
"""Kinds of tokens. A variable is a single letter, or up to four capitals such as `ABC`."""
LETTERS, DIGITS, SIGNS, OTHERS = range(1, 5)
"""Classes of bytes; 0 separates."""
CAPITALS = 4
SHOUTING = 0.6
"""In a text with a larger share of capitals, capitals are no variables."""

_ODD = 0x9E3779B1
_INVERSE = pow(_ODD, -1, 2**32)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_32, _29 = np.uint64(32), np.uint64(29)


def _class(octet: int) -> int:
    if octet >= 0x80:
        return OTHERS
    sign = chr(octet)
    return LETTERS if sign.isalpha() else DIGITS if sign.isdigit() else SIGNS * (sign in "+-=<>")


_CLASS = bytes(_class(octet) for octet in range(256))
_SINGLE = bytes(_class(octet) == SIGNS or octet >= 0xC0 for octet in range(256))
"""Bytes that begin a token whatever stands before them."""
_FOLDED = bytes(octet + 32 if 65 <= octet <= 90 else octet for octet in range(256))
_CAPITAL = np.array([65 <= octet <= 90 for octet in range(256)])
_KIND = bytes((0, WORD, NUMBER, OPERATOR, SYMBOL)[octet] for octet in _CLASS)
_LETTER = np.array([octet == LETTERS for octet in _CLASS])


def translated(data: Octets, table: bytes) -> Octets:
    """Each byte as the table has it; ten times as fast as indexing."""
    return np.frombuffer(data.tobytes().translate(table), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of one or several texts in a row."""

    hashes: Hashes
    kinds: Octets
    starts: Places
    """First byte."""
    stops: Places
    """One past the last byte."""
    texts: Places
    """Number of the text that each stands in."""

    def __len__(self) -> int:
        return len(self.hashes)


def tokenize(data: Octets, cuts: Places) -> Tokens:
    """The tokens of the texts that begin at the cuts; the first cut is 0, the last text ends it."""
    kept = without_thousands(data)
    if kept is not None:
        moved = np.searchsorted(kept, cuts)
        found = tokens_of(data[kept], moved)
        last = kept[found.stops - 1] + 1
        return Tokens(
            hashes=found.hashes,
            kinds=found.kinds,
            starts=kept[found.starts],
            stops=last,
            texts=found.texts,
        )
    return tokens_of(data, cuts)


def without_thousands(data: Octets) -> Places | None:
    """Places of the bytes that stay when `1,000` and `1{,}000` become `1000`; None for all."""
    comma = np.flatnonzero(data == ord(","))
    comma = comma[(comma > 0) & (comma < len(data) - 3)]
    if not len(comma):
        return None
    braced = (data[comma - 1] == ord("{")) & (data[comma + 1] == ord("}"))
    before, after = comma - 1 - braced, comma + 1 + braced
    digit = np.array([octet == DIGITS for octet in _CLASS])
    ends = np.minimum(after + 3, len(data) - 1)
    groups = digit[data[np.maximum(before, 0)]] & (after + 2 < len(data))
    groups &= ~digit[data[ends]] | (after + 3 >= len(data))
    for step in range(3):
        groups &= digit[data[np.minimum(after + step, len(data) - 1)]]
    comma, braced = comma[groups], braced[groups]
    if not len(comma):
        return None
    keep = np.ones(len(data), np.bool_)
    keep[comma] = False
    keep[comma[braced] - 1] = False
    keep[comma[braced] + 1] = False
    return np.flatnonzero(keep)


def tokens_of(data: Octets, cuts: Places) -> Tokens:
    """The tokens of texts without thousands separators."""
    starts, stops = runs(data, cuts)
    hashes = hash_runs(data, starts, stops)
    texts = texts_at(cuts, starts)
    kinds = kinds_of(data, starts, stops, texts, len(cuts))
    keep = canonical(data, hashes, kinds, starts, stops)
    return Tokens(
        hashes=hashes[keep],
        kinds=kinds[keep],
        starts=starts[keep],
        stops=stops[keep],
        texts=texts[keep],
    )


def texts_at(cuts: Places, starts: Places) -> Places:
    """The number of the text that holds each place."""
    firsts = np.searchsorted(starts, cuts)
    return np.repeat(np.arange(len(cuts)), np.diff(firsts, append=len(starts)))


def runs(data: Octets, cuts: Places) -> tuple[Places, Places]:
    """First and one past the last byte of each run of one class."""
    classes = translated(data, _CLASS)
    begins = np.empty(len(data) + 1, np.bool_)
    begins[0] = begins[-1] = True
    np.not_equal(classes[1:], classes[:-1], out=begins[1:-1])
    begins[:-1] |= translated(data, _SINGLE).view(np.bool_)
    begins[cuts[cuts < len(data)]] = True
    inside = classes != 0
    return np.flatnonzero(begins[:-1] & inside), np.flatnonzero(begins[1:] & inside) + 1


@cache
def powers(length: int, base: int) -> NDArray[np.uint32]:
    """base⁰, base¹, … modulo 2³², so many."""
    found = np.full(length, base, np.uint32)
    found[0] = 1
    return np.multiply.accumulate(found, dtype=np.uint32)


def room(length: int) -> int:
    """A power of two that is enough, so that few tables of powers are kept."""
    return max(2**16, 1 << (length - 1).bit_length())


def hash_runs(data: Octets, starts: Places, stops: Places) -> Hashes:
    """A hash of the bytes of each run, without case: sum of byte · baseᵖˡᵃᶜᵉ, mixed."""
    size = room(len(data))
    values = powers(size, _ODD)[: len(data)] * translated(data, _FOLDED)
    sums = np.zeros(len(data) + 1, np.uint32)
    np.cumsum(values, out=sums[1:])
    hashes = sums[stops] - sums[starts]
    hashes *= powers(size, _INVERSE)[starts]
    return mixed(hashes.astype(np.uint64))


def mixed(hashes: Hashes) -> Hashes:
    """Hashes whose every bit depends on all bits; changes them in place."""
    hashes ^= hashes >> _32
    hashes *= _MIX
    hashes ^= hashes >> _29
    return hashes


def kinds_of(data: Octets, starts: Places, stops: Places, texts: Places, count: int) -> Octets:
    """The kind of each run; prose hyphens are 0."""
    first = data[starts]
    kinds = translated(first, _KIND).copy()
    lengths = stops - starts
    command = (kinds == WORD) & (data[np.maximum(starts - 1, 0)] == ord("\\")) & (starts > 0)
    kinds[command] = COMMAND
    kinds[(lengths == 1) & (kinds == WORD)] = VARIABLE
    capital = _CAPITAL[first]
    short = np.flatnonzero(capital & (lengths <= CAPITALS) & (kinds == WORD))
    low, high = starts[short], stops[short] - 1
    for step in range(1, CAPITALS):
        short = short[(kept := _CAPITAL[data[np.minimum(low + step, high)]])]
        low, high = low[kept], high[kept]
    if len(short) * 20 > len(starts):  # else no text of many words is all capitals
        short = short[~shouting(data, starts, texts, count)[texts[short]]]
    kinds[short] = VARIABLE
    minus = np.flatnonzero((kinds == OPERATOR) & (first == ord("-")))
    after = np.minimum(minus + 1, len(kinds) - 1)
    touches = (kinds[minus - 1] == WORD) & (stops[minus - 1] == starts[minus]) & (minus > 0)
    touches |= (kinds[after] == WORD) & (starts[after] == stops[minus])
    kinds[minus[touches]] = 0
    return kinds


def shouting(data: Octets, starts: Places, texts: Places, count: int) -> Flags:
    """For each text whether most of its words go on with a capital after their first letter."""
    second = data[np.minimum(starts + 1, len(data) - 1)]
    loud = np.bincount(texts, weights=_CAPITAL[second], minlength=count)
    return np.asarray(loud > SHOUTING * np.bincount(texts, _LETTER[second], count))


# --- names ----------------------------------------------------------------------------------------


def hash_of(name: str) -> np.uint64:
    """The hash of a name as a token."""
    data = np.frombuffer(name.encode(), np.uint8)
    return np.uint64(hash_runs(data, np.array([0]), np.array([len(data)]))[0])


def hashes_of(names: frozenset[str]) -> Hashes:
    """Hashes of names, sorted."""
    return np.unique(np.array([hash_of(name) for name in sorted(names)], np.uint64))


_STYLE = hashes_of(STYLE)
_UNITS = hashes_of(UNITS)
_NO_WORDS = np.unique(np.concatenate([hashes_of(MATH_WORDS), _UNITS]))
_SAME = sorted((int(hash_of(name)), int(hash_of(to)) if to else 0, to) for name, to in SAME.items())
_FROM = np.array([pair[0] for pair in _SAME], np.uint64)
_TO = np.array([pair[1] for pair in _SAME], np.uint64)
_TO_KIND = np.array(
    [
        0 if not to else NUMBER if to.isdigit() else OPERATOR if to == "-" else COMMAND
        for *_, to in _SAME
    ],
    np.uint8,
)
_PUNCTUATION = ((0xC2, 0), (0xE2, 0x80), (0xE2, 0x81), (0xE3, 0x80), (0xEF, 0xBC))
"""First bytes of blocks of punctuation: Latin-1, general, CJK and full-width; 0 is any second."""


def among(hashes: Hashes, names: Hashes) -> Flags:
    """Which hashes are those of the names, which are sorted."""
    place = np.minimum(np.searchsorted(names, hashes), len(names) - 1)
    return np.asarray(names[place] == hashes)


@cache
def _unit_bits() -> Flags:
    """Which low 16 bits a name that is no word may have."""
    bits = np.zeros(2**16, np.bool_)
    bits[(_NO_WORDS & np.uint64(0xFFFF)).astype(np.int64)] = True
    return bits


def is_named(hashes: Hashes, names: Hashes) -> Flags:
    """Which hashes are those of units or of `MATH_WORDS`, as far as they are in `names`."""
    likely = np.flatnonzero(_unit_bits()[(hashes & np.uint64(0xFFFF)).astype(np.int64)])
    found = np.zeros(len(hashes), np.bool_)
    found[likely] = among(hashes[likely], names)
    return found


def canonical(data: Octets, hashes: Hashes, kinds: Octets, starts: Places, stops: Places) -> Places:
    """Places of the tokens that count; names that are written in several ways become one."""
    named = np.flatnonzero((kinds == COMMAND) | (kinds == SYMBOL))
    place = np.minimum(np.searchsorted(_FROM, hashes[named]), len(_FROM) - 1)
    known = _FROM[place] == hashes[named]
    symbols = named[~known & (kinds[named] == SYMBOL)]
    first, second = data[starts[symbols]], data[np.minimum(starts[symbols] + 1, len(data) - 1)]
    for lead, follow in _PUNCTUATION:
        kinds[symbols[(first == lead) & ((second == follow) | (follow == 0))]] = 0
    kinds[named[among(hashes[named], _STYLE) & (kinds[named] == COMMAND)]] = 0
    kinds[named[known]] = _TO_KIND[place[known]]
    hashes[named[known]] = _TO[place[known]]
    kinds[is_named(hashes, _UNITS) & (kinds != COMMAND) & (stops - starts > 1)] = 0
    return np.flatnonzero(kinds)


def words(tokens: Tokens) -> Places:
    """Places of the tokens that are words of a language, not mathematics."""
    found = np.flatnonzero(
        (tokens.kinds == WORD) | ((tokens.kinds == SYMBOL) & (tokens.stops - tokens.starts > 2))
    )
    return found[~is_named(tokens.hashes[found], _NO_WORDS)]
