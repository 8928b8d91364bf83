"""Signatures: what a shingle is, that estimates are unbiased, that detection keeps the curve."""

import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.dedup import words
from curate.dedup.bands import Bands, bands_for, candidates, estimates
from curate.dedup.minhash import EMPTY, SLOTS, signatures, word_signatures
from curate.dedup.sets import character_set, jaccard, word_set
from curate.dedup.words import (
    LONGEST_WORD,
    PIECE,
    Hashes,
    long_shingles,
    mixed,
    token_hashes,
    token_shingles,
)

SIZE = 5
TEXTS = st.lists(
    st.text(
        st.one_of(
            st.sampled_from("aB9 .,-\n\t\\{$}"),
            st.sampled_from("éДاß°«»"),
            st.sampled_from("数学ไทย한グ"),
            st.sampled_from("≤∑“”，。😀𝑥\x00"),
            st.characters(exclude_categories=["Cs"]),
        ),
        max_size=60,
    ),
    max_size=12,
)


def octets_of(texts: list[str]) -> tuple[words.Octets, words.Places]:
    encoded = [text.encode() for text in texts]
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])


def plain_tokens(text: str) -> list[str]:
    """Tokens as the top of `words` defines them, one character at a time."""
    tokens: list[str] = []
    run = ""
    for character in [*text, " "]:
        code = ord(character)
        sign = 0x80 <= code < 0xC0 or 0x2000 <= code < 0x3000 or 0xF000 <= code < 0x10000
        if (character.isascii() and character.isalnum()) or 0xC0 <= code < 0x800:
            run += character.lower() if character.isascii() else character
            continue
        tokens += [run] if len(run.encode()) <= LONGEST_WORD else [*run]
        run = ""
        if code >= 0x800 and not sign:
            tokens.append(character)
    return [token for token in tokens if token]


def plain_shingles(text: str) -> set[tuple[str, ...]]:
    tokens = plain_tokens(text)
    if not tokens:
        return set()
    last = max(1, len(tokens) - SIZE + 1)
    return {tuple(tokens[place : place + SIZE]) for place in range(last)}


def hashes_of(text: str) -> set[int]:
    octets, _ = octets_of([text])
    return {int(value) for some in long_shingles(octets, SIZE) for value in some}


@given(TEXTS)
@example(["x" * LONGEST_WORD, "x" * (LONGEST_WORD + 1), "д" * 32, "д" * 33])
@example(["", "a", "", "b c", "数", "a数b", "Ω≤x", "ab", "cd"])
@settings(deadline=None)
def test_tokens_are_what_the_plain_definition_says(texts: list[str]) -> None:
    tokens, counts = token_hashes(*octets_of(texts))
    plain = [plain_tokens(text) for text in texts]
    assert counts.tolist() == [len(found) for found in plain]
    known: dict[str, int] = {}
    for word, value in zip((word for found in plain for word in found), tokens, strict=True):
        assert known.setdefault(word, int(value)) == value
    assert len(set(known.values())) == len(known)


@given(TEXTS)
@settings(deadline=None)
def test_similarity_is_that_of_the_plain_sets(texts: list[str]) -> None:
    sets = [word_set(octets_of([text])[0], SIZE) for text in texts]
    plain = [plain_shingles(text) for text in texts]
    for mine, other in zip(sets, plain, strict=True):
        assert len(mine) == len(other)
        both, union = len(plain[0] & other), len(plain[0] | other)
        assert jaccard(sets[0], mine) == pytest.approx(both / union if union else 0)


@given(TEXTS)
@settings(deadline=None)
def test_a_signature_does_not_depend_on_the_texts_around(texts: list[str]) -> None:
    together, counts = word_signatures(*octets_of(texts), SIZE)
    for place, text in enumerate(texts):
        alone, count = word_signatures(*octets_of([text]), SIZE)
        assert (alone[0] == together[place]).all()
        assert count[0] == counts[place]
        assert (alone[0] == EMPTY).all() == (not plain_tokens(text))


def test_white_space_case_and_punctuation_do_not_count() -> None:
    one, other = "So, x=5 — THUS\n\n(y) is  6.", "so x = 5 thus y IS 6"
    assert hashes_of(one) == hashes_of(other) != hashes_of("so x = 5 thus y is 7")


def test_a_text_longer_than_a_piece_has_the_shingles_of_its_words() -> None:
    draw = random.Random(0)
    text = " ".join(f"w{draw.randrange(50_000)}" for _ in range(120_000))
    assert len(text) > 2 * PIECE
    assert len(hashes_of(text)) == len(plain_shingles(text))
    found, counts = word_signatures(*octets_of([text, text[: PIECE // 2]]), SIZE)
    assert counts[0] == 120_000 - SIZE + 1
    whole = np.concatenate(list(long_shingles(octets_of([text])[0], SIZE)))
    assert (signatures(whole, np.array([len(whole)]))[0] == found[0]).all()


@pytest.mark.parametrize("text", ["x", "数", "ab ", "é", "\x00", " ", "x.", "0"])
def test_a_long_text_of_one_thing_is_soon_done(text: str) -> None:
    long = text * (2_000_000 // len(text))
    found, counts = word_signatures(*octets_of([long]), SIZE)
    assert len(hashes_of(long)) <= 3
    assert (counts[0] > 0) == ((found != EMPTY).all())


# --- statistics -----------------------------------------------------------------------------------


def sets_of(draw: np.random.Generator, size: int, similarity: float, pairs: int) -> list[Hashes]:
    """Pairs of random sets of shingles, so large together and so similar."""
    shared = round(size * similarity)
    found = []
    for _ in range(pairs):
        union = mixed(draw.integers(0, 2**63, size).astype(np.uint64))
        cut = shared + (size - shared) // 2
        found += [union[:cut], np.concatenate([union[:shared], union[cut:]])]
    return found


@pytest.mark.parametrize("size", [3, 20, 100, 400, 2000])
@pytest.mark.parametrize("similarity", [0.3, 0.6, 0.8, 0.95])
def test_the_estimate_is_unbiased_at_every_size(size: int, similarity: float) -> None:
    pairs = 1500
    sets = sets_of(np.random.default_rng(size), size, similarity, pairs)
    found = signatures(np.concatenate(sets), np.array([len(some) for some in sets]))
    true = round(size * similarity) / size
    estimated = estimates(found, np.arange(2 * pairs).reshape(-1, 2))
    error = np.sqrt(true * (1 - true) / SLOTS / pairs)
    assert abs(estimated.mean() - true) <= 4 * error + 1e-12
    # Slots are as good as independent: the spread is no wider than that of so many draws.
    assert estimated.std() <= 1.1 * np.sqrt(true * (1 - true) / SLOTS) + 1e-12


@pytest.mark.parametrize("size", [20, 200, 1000])
@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_detection_keeps_the_curve(size: int, similarity: float, threshold: float) -> None:
    pairs, bands = 1500, bands_for(threshold)
    sets = sets_of(np.random.default_rng(7 * size), size, similarity, pairs)
    found = signatures(np.concatenate(sets), np.array([len(some) for some in sets]))
    alone = np.zeros(2 * pairs, np.uint64)
    pair = candidates(found, np.arange(2 * pairs), alone, bands, 0.0)
    true = pair[pair[:, 0] % 2 == 0]
    true = true[true[:, 1] == true[:, 0] + 1]
    chance = bands.detection(round(size * similarity) / size)
    error = np.sqrt(chance * (1 - chance) / pairs)
    assert abs(len(true) / pairs - chance) <= 4 * error + 2 / pairs


@given(st.floats(0.3, 1.0))
def test_a_pair_at_the_threshold_is_looked_at(threshold: float) -> None:
    bands = bands_for(threshold)
    assert bands.bands * bands.rows <= SLOTS
    assert bands.detection(threshold) >= 0.99
    assert bands.detection(bands.midpoint) == pytest.approx(0.5)
    for rows in range(bands.rows + 1, SLOTS + 1):
        assert Bands(bands=SLOTS // rows, rows=rows).detection(threshold) < 0.99


def test_the_curve_of_the_usual_configuration_is_the_published_one() -> None:
    usual = Bands(bands=14, rows=8)
    assert usual.detection(0.8) == pytest.approx(0.924, abs=0.001)  # datatrove's own comment
    # The usual (1/bands)^(1/rows) is where 64 % are looked at, not half.
    assert usual.detection((1 / 14) ** (1 / 8)) == pytest.approx(1 - (1 - 1 / 14) ** 14)


def test_characters_count_in_problems() -> None:
    assert jaccard(character_set("找出x的值", 5), character_set("找出x的值", 5)) == 1
    assert jaccard(character_set("abcdef", 5), character_set("abcdeg", 5)) == pytest.approx(1 / 3)
    assert len(character_set("", 5)) == 0
    assert len(token_shingles(np.empty(0, np.uint64), np.array([0, 0]), 5)[0]) == 0
