"""Embeddings of whole texts, and how near a trace is to others.

A text that is longer than the model's window is split into windows of tokens, and its embedding is
the mean of theirs, each weighted by its tokens, at length 1: nothing of it is left out.

    embedding_nearest   cosine with the nearest other trace of the same problem; near 1 is a copy
    embedding_density   mean cosine with the `NEIGHBOURS` nearest other traces of the pool; where it
                        is high, the pool says the same thing many times
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from curate.sentences import sentence_model

Vectors = NDArray[np.float32]
"""One row a text, of length 1; all zeros for a text without a token."""

NEIGHBOURS = 10
BATCH = 64
"""Windows at a time."""
BLOCK_BYTES = 64 * 2**20
"""Similarities held at a time."""


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A vector for each text, in order: (texts, dimensions)."""
        ...


class SentenceEmbedder:
    """A model of sentence-transformers, on the GPU where there is one."""

    def __init__(self, name: str) -> None:
        """Load a model from a folder, or by its name on the Hub.

        Raises:
            MissingExtra: sentence-transformers is not installed.
            InputError: there is no such model.
        """
        self._model: Any = sentence_model(name, needed_for="`--embed`")
        self._tokenizer: Any = self._model.tokenizer

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    @property
    def window(self) -> int:
        """Tokens of a text that the model reads at once, its own marks not counted."""
        marks = int(self._tokenizer.num_special_tokens_to_add())
        return max(1, int(self._model.max_seq_length) - marks)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A vector for each text, in order: (texts, dimensions)."""
        sums = np.zeros((len(texts), self.dimensions), np.float64)
        windows = (
            (place, window, tokens)
            for place, text in enumerate(texts)
            for window, tokens in self.windows(text)
        )
        while batch := list(islice(windows, BATCH)):
            found = self._model.encode(
                [window for _, window, _ in batch],
                batch_size=BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            for (place, _, tokens), vector in zip(batch, found, strict=True):
                sums[place] += tokens * vector.astype(np.float64)
        return unit(sums)

    def windows(self, text: str) -> Iterator[tuple[str, int]]:
        """The pieces of a text that fit the model, and the tokens of each."""
        # Characters at a time, so that no text of any size becomes tokens all at once.
        for piece in pieces(text):
            spans = self._spans(piece)
            for first in range(0, len(spans), self.window):
                taken = spans[first : first + self.window]
                yield from self.fitting(piece[taken[0][0] : taken[-1][1]], len(taken))

    def fitting(self, text: str, tokens: int) -> Iterator[tuple[str, int]]:
        """A window, or its halves where the model would cut it: alone it may have more tokens."""
        if len(self._spans(text)) <= self.window or len(text) < 2:
            yield text, tokens
            return
        middle = len(text) // 2
        for half in (text[:middle], text[middle:]):
            if count := len(self._spans(half)):
                yield from self.fitting(half, count)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """First and last character of every token."""
        found = self._tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        return [(start, stop) for start, stop in found["offset_mapping"] if stop > start]


PIECE_CHARS = 200_000


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of so many characters, cut at a blank where there is one near."""
    first = 0
    while first < len(text):
        stop = first + PIECE_CHARS
        if stop < len(text):
            blank = text.rfind(" ", first + PIECE_CHARS // 2, stop)
            stop = stop if blank < 0 else blank + 1
        yield text[first:stop]
        first = stop


def unit(vectors: NDArray[np.float64]) -> Vectors:
    """The vectors at length 1; those of length 0 stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def nearest_of_problem(vectors: Vectors, problems: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cosine with the nearest other vector of the same problem; NaN where there is none."""
    found = np.full(len(vectors), np.nan)
    order = np.argsort(problems, kind="stable")
    cuts = np.flatnonzero(np.diff(problems[order])) + 1
    for rows in np.split(order, cuts):
        if len(rows) > 1:
            found[rows] = mean_of_nearest(vectors[rows], vectors[rows], np.arange(len(rows)), 1)
    return found


def mean_of_nearest(
    some: Vectors, everything: Vectors, places: NDArray[np.int64], count: int = NEIGHBOURS
) -> NDArray[np.float64]:
    """Mean cosine of each of some vectors with its nearest of everything but itself.

    `places` says where each stands among everything. NaN where it is alone. Every pair is compared,
    a block of rows at a time: exact, and quadratic in the traces.
    """
    count = min(count, len(everything) - 1)
    found = np.full(len(some), np.nan)
    if count < 1:
        return found
    height = max(1, BLOCK_BYTES // (4 * len(everything)))
    for first in range(0, len(some), height):
        block = some[first : first + height] @ everything.T
        rows = np.arange(len(block))
        block[rows, places[first : first + height]] = -np.inf
        nearest = np.partition(block, -count, axis=1)[:, -count:]
        found[first : first + height] = np.sort(nearest, axis=1).mean(axis=1, dtype=np.float64)
    return found
