"""What would be found: copies of the pool's own texts, edited until they are so and so similar.

Words of responses and characters of problems are replaced at random places: with the share p of
them replaced, (1 - p)^n of the shingles of n stay, and Jaccard's similarity is q / (2 - q) for that
q. Detection is counted beside what the curve promises for the true similarities; recall, of the
copies that are at least as similar as the threshold, those found. Pairs of different texts show
what is looked at in vain, and what would be taken for a copy by the estimate alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.dedup.bands import Bands, Pairs, estimates
from curate.dedup.minhash import Signatures, word_signatures
from curate.dedup.problems import character_signatures
from curate.dedup.responses import LEAST_SHINGLES
from curate.dedup.sets import ShingleSet, character_set, jaccard, word_set
from curate.dedup.settings import DedupSettings
from curate.dedup.signatures import MINHASH, PROBLEMS
from curate.dedup.words import Flags
from curate.pool import TRACES, Pool

SIMILARITIES = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5)
TEXTS = 200
LONGEST_CHARS = 100_000
PAIRS = 5_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedRow:
    """The copies of one kind of text at one similarity."""

    text: str
    """`response` or `problem`."""
    planned: float
    """The similarity that they were meant to have."""
    planted: int
    similarity: float
    """The mean of what they have."""
    expected: float
    """Share in [0, 1] that the curve promises to look at."""
    detected: float
    """Share in [0, 1] that is looked at."""
    copies: int
    """How many are at least as similar as the threshold."""
    found: int
    """How many of these are found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnrelatedRow:
    """Pairs of different texts of one kind, below the threshold."""

    text: str
    pairs: int
    detected: int
    """How many are looked at."""
    estimated: int
    """How many would be taken for copies by their signatures alone."""
    found: int
    """How many are taken for copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What came of it."""

    planted: tuple[PlantedRow, ...]
    unrelated: tuple[UnrelatedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind of text is edited and compared."""

    name: str
    units: Callable[[str], list[str]]
    """What is replaced: words or characters."""
    joined: Callable[[Sequence[str]], str]
    signs: Callable[[Sequence[str]], Signatures]
    shingles: Callable[[str], ShingleSet]
    size: int


def kinds(settings: DedupSettings) -> tuple[Kind, Kind]:
    """Responses and problems."""
    words, characters = settings.shingling.words, settings.shingling.characters
    return (
        Kind(
            name="response",
            units=str.split,
            joined=" ".join,
            signs=lambda texts: signs_of_responses(texts, words),
            shingles=lambda text: word_set(np.frombuffer(text.encode(), np.uint8), words),
            size=words,
        ),
        Kind(
            name="problem",
            units=list,
            joined="".join,
            signs=lambda texts: character_signatures(texts, characters)[0],
            shingles=lambda text: character_set(text, characters),
            size=characters,
        ),
    )


def signs_of_responses(texts: Sequence[str], size: int) -> Signatures:
    """The signatures of some responses."""
    encoded = [text.encode() for text in texts]
    starts = np.cumsum([0, *map(len, encoded)])
    return word_signatures(np.frombuffer(b"".join(encoded), np.uint8), starts, size)[0]


def check(pool: Pool, settings: DedupSettings, seed: int = 0) -> Check:
    """Plant copies of texts of a signed pool, and look for them."""
    draw = np.random.default_rng(seed)
    planted: list[PlantedRow] = []
    unrelated: list[UnrelatedRow] = []
    for kind, texts in zip(kinds(settings), (responses(pool), problems(pool)), strict=True):
        chosen = list(texts)
        if len(chosen) > 1:
            planted += (planted_row(kind, chosen, s, settings, draw) for s in SIMILARITIES)
            unrelated.append(unrelated_row(kind, chosen, settings, draw))
    return Check(planted=tuple(planted), unrelated=tuple(unrelated))


def planted_row(
    kind: Kind,
    texts: Sequence[str],
    similarity: float,
    settings: DedupSettings,
    draw: np.random.Generator,
) -> PlantedRow:
    """Edit each text to about this similarity, and look."""
    copies = [edited(kind, text, similarity, draw) for text in texts]
    true = [
        jaccard(kind.shingles(text), kind.shingles(copy))
        for text, copy in zip(texts, copies, strict=True)
    ]
    both = kind.signs([*texts, *copies])
    pairs = np.stack([np.arange(len(texts)), np.arange(len(texts)) + len(texts)], axis=1)
    detected = is_detected(both, pairs, settings.bands)
    are = np.array(true) >= settings.threshold
    return PlantedRow(
        text=kind.name,
        planned=similarity,
        planted=len(texts),
        similarity=float(np.mean(true)),
        expected=float(np.mean([settings.bands.detection(value) for value in true])),
        detected=float(detected.mean()),
        copies=int(are.sum()),
        found=int((are & detected).sum()),
    )


def edited(kind: Kind, text: str, similarity: float, draw: np.random.Generator) -> str:
    """The text with so many words or characters replaced by others."""
    units = kind.units(text)
    stay = (2 * similarity / (1 + similarity)) ** (1 / kind.size)
    for place in np.flatnonzero(draw.random(len(units)) >= stay):
        letters = draw.integers(0, len(LETTERS), 6 if kind.name == "response" else 1)
        units[place] = "".join(LETTERS[letter] for letter in letters)
    return kind.joined(units)


def unrelated_row(
    kind: Kind, texts: Sequence[str], settings: DedupSettings, draw: np.random.Generator
) -> UnrelatedRow:
    """Look at pairs of different texts."""
    pairs = draw.integers(0, len(texts), (PAIRS, 2))
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    sets = [kind.shingles(text) for text in texts]
    true = np.array([jaccard(sets[left], sets[right]) for left, right in pairs.tolist()])
    apart = pairs[true < settings.threshold]
    signs = kind.signs(texts)
    detected = is_detected(signs, apart, settings.bands)
    estimated = detected & (estimates(signs, apart) >= settings.threshold)
    return UnrelatedRow(
        text=kind.name,
        pairs=len(apart),
        detected=int(detected.sum()),
        estimated=int(estimated.sum()),
        found=0 if settings.verify else int(estimated.sum()),
    )


def is_detected(signatures: Signatures, pairs: Pairs, bands: Bands) -> Flags:
    """Which pairs agree in a band."""
    found = np.zeros(len(pairs), np.bool_)
    for keys in bands.keys(signatures):
        found |= keys[pairs[:, 0]] == keys[pairs[:, 1]]
    return found


# --- the texts ------------------------------------------------------------------------------------


def responses(pool: Pool) -> Iterator[str]:
    """Some responses that are long enough to be compared, spread over the pool."""
    share = 1 + sum(stamp.rows for stamp in pool.stamps(TRACES).values()) // (4 * TEXTS)
    left = TEXTS
    for name in pool.part_names():
        own = pl.read_parquet(pool.part(MINHASH, name), columns=["shingles"])["shingles"]
        wanted = np.flatnonzero((own >= LEAST_SHINGLES).to_numpy())[::share][:left]
        if len(wanted):
            rows = pool.read_part(name, [TRACES], ["response"])["response"].gather(wanted)
            found = rows.filter(rows.str.len_bytes() <= LONGEST_CHARS)
            left -= len(found)
            yield from found


def problems(pool: Pool) -> Iterator[str]:
    """Some normalized problems."""
    frames = [
        pl.read_parquet(pool.part(PROBLEMS, name), columns=["text"]).filter(
            pl.col("text").str.len_chars().is_between(LEAST_SHINGLES, LONGEST_CHARS)
        )["text"]
        for name in pool.part_names()
    ]
    texts = pl.concat(frames)
    yield from texts.gather_every(1 + len(texts) // TEXTS)
