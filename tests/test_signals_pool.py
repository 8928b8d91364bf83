"""The optional signals in a pool: row for row, resumable part by part, and shown."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate import signals_pool
from curate.export import groups_of
from curate.pool import Pool
from curate.progress import Progress
from curate.quality.causal import CausalModel
from curate.quality.embed import Vectors, unit
from curate.signals_pool import (
    COLUMNS,
    embed_pool,
    likelihood_pool,
    measure_pool,
    model_seal,
)
from tests.pools import build, versions, write_dump
from tests.tiny_models import save_causal_model, save_sentence_model


class CountingEmbedder:
    """Vectors out of the letters of a text; stops after so many parts."""

    dimensions = 8

    def __init__(self, parts: int = 1000) -> None:
        self.parts = parts

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not self.parts:
            raise KeyboardInterrupt
        self.parts -= 1
        counts = [[text.count(letter) for letter in "Wel0123."] for text in texts]
        return unit(np.array(counts, dtype=float).reshape(-1, 8))


@pytest.fixture
def pool(tmp_path: Path) -> Pool:
    return build(tmp_path / "pool", write_dump(tmp_path / "dump.jsonl"))


def test_embeddings_stand_beside_every_trace(pool: Pool) -> None:
    account = embed_pool(pool, CountingEmbedder(), "counts", Progress())
    assert len(pool.part_names()) > 1
    assert "embedding" in groups_of(pool)
    assert "embedding_vectors" not in groups_of(pool)
    found = pool.scan(["traces", "embedding"]).collect()
    assert found.height == account.traces == account.known == 40
    assert found["embedding_density"].is_between(-1, 1).all()
    assert found["embedding_nearest"].null_count() == 0
    before = versions(pool.path)
    embed_pool(pool, CountingEmbedder(parts=0), "counts", Progress())
    assert versions(pool.path) == before


def test_an_interrupted_embedding_goes_on_with_the_parts_that_are_left(pool: Pool) -> None:
    parts = len(pool.part_names())
    with pytest.raises(KeyboardInterrupt):
        embed_pool(pool, CountingEmbedder(parts=2), "counts", Progress())
    rest = CountingEmbedder(parts=parts - 2)
    embed_pool(pool, rest, "counts", Progress())
    assert rest.parts == 0


def test_another_model_embeds_again(pool: Pool) -> None:
    embed_pool(pool, CountingEmbedder(), "counts", Progress())
    again = CountingEmbedder(parts=len(pool.part_names()))
    embed_pool(pool, again, "other", Progress())
    assert again.parts == 0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    folder = tmp_path_factory.mktemp("model")
    return CausalModel(str(save_causal_model(folder, kind="llama", start=True, context=64)))


def test_likelihoods_stand_beside_every_trace(pool: Pool, model: CausalModel) -> None:
    account = likelihood_pool(pool, model, "tiny", Progress())
    assert "likelihood" in groups_of(pool)
    found = pool.scan(["traces", "likelihood"]).collect()
    assert found.select(*COLUMNS).schema == pl.Schema(COLUMNS)
    assert found.height == account.traces == account.known == 40
    assert (found["perplexity"] > 1).all()
    before = versions(pool.path)
    likelihood_pool(pool, model, "tiny", Progress())
    assert versions(pool.path) == before


def test_a_response_past_the_limit_is_counted_and_stops_nothing(
    pool: Pool, model: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals_pool, "LONGEST_CHARS", 150)
    account = likelihood_pool(pool, model, "tiny", Progress())
    found = pool.scan(["traces", "likelihood"]).collect()
    long = found["response"].str.len_chars() + found["problem"].str.len_chars() > 150
    assert 0 < account.known < account.traces
    assert account.traces - account.known == long.sum()
    assert found.filter(long)["likelihood_tokens"].null_count() == long.sum()
    assert f"{account.known} measured" in str(account)


def test_the_models_are_loaded_by_their_names(pool: Pool, tmp_path: Path) -> None:
    sentences = save_sentence_model(tmp_path / "sentences", window=64)
    words = save_causal_model(tmp_path / "words", kind="gpt2", start=False, context=64)
    both = measure_pool(pool, str(sentences), str(words), Progress())
    assert [(one.group, one.known) for one in both] == [("embedding", 40), ("likelihood", 40)]
    assert measure_pool(pool, None, None, Progress()) == []


def test_the_seal_of_a_model_is_that_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").write_bytes(b"1")
    before = model_seal(str(folder))
    assert before.startswith("model:")
    (folder / "weights").write_bytes(b"2")
    assert model_seal(str(folder)) != before
    assert model_seal("owner/name") == "owner/name"
