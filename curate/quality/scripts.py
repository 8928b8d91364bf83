"""Scripts in a trace, and where it changes from one to another.

Letters count by their bytes in UTF-8, so that a Chinese character weighs about as much as the word
it stands for. Formulas are no mixing: single Greek letters do not count, and in a text of another
script Latin letters count only in rows of four words. Chinese characters in a text with kana are
Japanese.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.quality.words import LETTER, Flags, Numbers, Words, windows, words_of

RANGES = (
    (0x00C0, 0x00D6, "Latin"), (0x00D8, 0x00F6, "Latin"), (0x00F8, 0x024F, "Latin"),
    (0x0370, 0x03FF, "Greek"), (0x0400, 0x052F, "Cyrillic"),
    (0x0530, 0x058F, "Armenian"), (0x0590, 0x05FF, "Hebrew"), (0x0600, 0x077F, "Arabic"),
    (0x0900, 0x097F, "Devanagari"), (0x0980, 0x09FF, "Bengali"), (0x0B80, 0x0BFF, "Tamil"),
    (0x0C00, 0x0C7F, "Telugu"), (0x0E00, 0x0E7F, "Thai"), (0x10A0, 0x10FF, "Georgian"),
    (0x1100, 0x11FF, "Hangul"), (0x1E00, 0x1EFF, "Latin"), (0x3041, 0x30FF, "Kana"),
    (0x3130, 0x318F, "Hangul"), (0x3400, 0x4DBF, "Han"), (0x4E00, 0x9FFF, "Han"),
    (0xAC00, 0xD7AF, "Hangul"), (0xF900, 0xFAFF, "Han"), (0x20000, 0x3134F, "Han"),
)  # fmt: skip
"""Blocks of Unicode whose letters are told apart; × and ÷ lie between the Latin ones."""
NAMES = ("", *sorted({name for _, _, name in RANGES}))
LATIN, GREEK = NAMES.index("Latin"), NAMES.index("Greek")
BOUNDS = np.array([bound for low, high, _ in RANGES for bound in (low, high + 1)])
SCRIPT_OF = np.array([0, *(c for _, _, name in RANGES for c in (NAMES.index(name), 0))], np.uint8)
"""Number of the script from each bound to the next."""
GREEK_RUN = 3
LATIN_RUN = 4
GAP_BYTES = 12
"""Stretches of one script this near to each other are one."""
KANA_SHARE = 0.1
FORMULA_SHARE = 0.25
"""Bytes of a script, of those of Latin letters, from which on these may be formulas in it."""


SHOWN = 20
"""Spans that the column keeps, the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """The scripts of a text."""

    script: str | None
    """The commonest one; None without letters."""
    mix: float | None
    """Share of the letters that are of others, in [0, 1)."""
    spans: tuple[tuple[int, int, str], ...] = ()
    """(Start, end, script) of the stretches in others, in bytes, at most 20."""


def no_letters() -> NDArray[np.int64]:
    """The counts of a text without letters, as `letters_in` gives them."""
    return np.zeros(len(NAMES) + 1, np.int64)


def letters_in(words: Words, window: bytes) -> NDArray[np.int64]:
    """Bytes of letters by script in a window, and in the last place Latin ones in rows of words."""
    found = no_letters()
    sizes = words.ends - words.starts
    wide = None if window.isascii() else wide_letters(window)
    if wide is None or not ((wide[2] != 0) & (wide[2] != LATIN)).any():
        found[[LATIN, -1]] = sizes.sum(where=words.kinds == LETTER)
        return found
    _, wide_sizes, scripts = wide
    found[:-1] = np.bincount(scripts, wide_sizes, minlength=len(NAMES))
    found[0] = 0
    found[LATIN] += sizes[is_latin(words, window)].sum()
    starts, ends = latin_rows(words, window)
    found[-1] = (ends - starts).sum()
    return found


def scripts_of(letters: NDArray[np.int64], data: bytes) -> Scripts:
    """The scripts of a text with so many letters."""
    sizes, rows = letters[:-1], int(letters[-1])
    if not sizes.any():
        return Scripts(script=None, mix=None)
    main = main_script(sizes, rows)
    others = sizes.copy()
    others[main] = 0
    if main != LATIN:
        others[LATIN] = rows
    kana, han = NAMES.index("Kana"), NAMES.index("Han")
    name = NAMES[main]
    if sizes[kana] >= KANA_SHARE * max(1, sizes[han]) and main in (kana, han):
        others[[kana, han]] = 0
        name = "Japanese"
    mixed = int(others.sum())
    whole = int(sizes[main]) + mixed
    if not mixed:
        return Scripts(script=name, mix=0.0)
    foreign = np.flatnonzero(others)
    return Scripts(script=name, mix=mixed / whole, spans=tuple(spans_of(data, foreign)))


def main_script(sizes: NDArray[np.int64], rows: int) -> int:
    """The commonest script; Latin letters of formulas give way to another that makes the words."""
    wide = sizes.copy()
    wide[LATIN] = 0
    best = int(wide.argmax())
    by_words = wide[best] > rows and wide[best] >= FORMULA_SHARE * sizes[LATIN]
    return best if by_words else int(sizes.argmax())


def spans_of(data: bytes, foreign: NDArray[np.int64]) -> list[tuple[int, int, str]]:
    """The first stretches of a text in these scripts."""
    found: list[tuple[int, int, str]] = []
    for offset, window in windows(data):
        if len(found) >= SHOWN:
            break
        starts, sizes, scripts = wide_letters(window)
        ends = starts + sizes
        if LATIN in foreign:
            rows = latin_rows(words_of(window), window)
            starts, ends = np.append(starts, rows[0]), np.append(ends, rows[1])
            scripts = np.append(scripts, np.full(len(rows[0]), LATIN, np.uint8))
        chosen = np.flatnonzero(np.isin(scripts, foreign))
        chosen = chosen[np.argsort(starts[chosen], kind="stable")]
        found += stretches(offset, starts[chosen], ends[chosen], scripts[chosen])
    return found[:SHOWN]


def stretches(
    offset: int, starts: Numbers, ends: Numbers, scripts: NDArray[np.uint8]
) -> list[tuple[int, int, str]]:
    """Letters that stand near to each other as one span."""
    if not len(starts):
        return []
    apart = (starts[1:] - ends[:-1] > GAP_BYTES) | (scripts[1:] != scripts[:-1])
    first = np.concatenate(([0], np.flatnonzero(apart) + 1))[:SHOWN]
    last = np.append(np.flatnonzero(apart), len(starts) - 1)[:SHOWN]
    return [
        (offset + int(starts[a]), offset + int(ends[b]), NAMES[int(scripts[a])])
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
    ]


def wide_letters(window: bytes) -> tuple[Numbers, Numbers, NDArray[np.uint8]]:
    """Starts, sizes and scripts of the letters beyond ASCII; what is none has script 0."""
    octets = np.frombuffer(window + b"\0\0\0", np.uint8)
    starts = np.flatnonzero(octets >= 0xC3)
    lead = octets[starts].astype(np.int64)
    second, third, fourth = (octets[starts + step].astype(np.int64) & 0x3F for step in (1, 2, 3))
    two = (lead & 0x1F) << 6 | second
    three = (lead & 0x0F) << 12 | second << 6 | third
    four = (lead & 0x07) << 18 | second << 12 | third << 6 | fourth
    code = np.where(lead < 0xE0, two, np.where(lead < 0xF0, three, four))
    sizes = np.where(lead < 0xE0, 2, np.where(lead < 0xF0, 3, 4))
    scripts = SCRIPT_OF[np.searchsorted(BOUNDS, code, side="right")]
    return starts, sizes, without_symbols(starts, sizes, scripts)


def without_symbols(
    starts: Numbers, sizes: Numbers, scripts: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The scripts with Greek letters that make no word as no letters."""
    greek = scripts == GREEK
    if greek.any():
        joins = np.concatenate(
            ([False], greek[1:] & greek[:-1] & (starts[1:] == ends_of(starts, sizes)))
        )
        word = np.cumsum(~joins)
        lengths = np.bincount(word)
        scripts[greek & (lengths[word] < GREEK_RUN)] = 0
    return scripts


def ends_of(starts: Numbers, sizes: Numbers) -> Numbers:
    """Where each letter but the last one ends."""
    return (starts + sizes)[:-1]


def is_latin(words: Words, window: bytes) -> Flags:
    """Which words begin with a letter of ASCII."""
    octets = np.frombuffer(window, np.uint8)
    found: Flags = (words.kinds == LETTER) & (octets[words.starts] < 0x80)
    return found


def latin_rows(words: Words, window: bytes) -> tuple[Numbers, Numbers]:
    """Starts and ends of rows of four and more Latin words with nothing but space between them."""
    latin = np.flatnonzero(is_latin(words, window) & (words.ends - words.starts >= 2))
    if not len(latin):
        return latin, latin
    near = (np.diff(latin) == 1) & (words.starts[latin[1:]] - words.ends[latin[:-1]] <= 2)
    first = np.concatenate(([0], np.flatnonzero(~near) + 1))
    last = np.append(first[1:], len(latin)) - 1
    long = last - first + 1 >= LATIN_RUN
    return words.starts[latin[first[long]]], words.ends[latin[last[long]]]
