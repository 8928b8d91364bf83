"""Problems that mean the same in other words, by a sentence encoder; only where one is asked for.

Each problem becomes one vector, the mean over windows that the encoder reads whole, so the end of a
long one counts. Every pair is compared: 1.5 kB and N · 384 multiplications for each of N problems.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate.dedup.bands import Pairs
from curate.groups import record_stage, stale_parts
from curate.io import write_table
from curate.pool import TRACES, Pool
from curate.progress import Progress
from curate.sentences import sentence_model
from curate.stage import Stage
from curate.store import opened

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

VECTORS = "problem_vectors"
VERSION = 1
WINDOW_WORDS = 120
"""About 200 tokens of a problem with formulas; small encoders read 256."""
MOST_WINDOWS = 64
"""Of a longer problem the beginning counts."""
BLOCK = 2048
"""Problems compared with each other at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """The vectors of the problems of a pool, of length 1."""

    vectors: Vectors

    def cosine(self, left: int, right: int) -> float:
        """How near two problems are, up to 1."""
        return float(self.vectors[left] @ self.vectors[right])

    def pairs(self, least: float) -> Pairs:
        """All pairs at least so near, the lower row first."""
        found = [np.empty((0, 2), np.int64)]
        for first in range(0, len(self.vectors), BLOCK):
            own = self.vectors[first : first + BLOCK]
            for other in range(first, len(self.vectors), BLOCK):
                near = np.argwhere(own @ self.vectors[other : other + BLOCK].T >= least)
                near += [first, other]
                found.append(near[near[:, 0] < near[:, 1]])
        return np.concatenate(found)


def meanings_of(pool: Pool, model: str, keys: Sequence[int], progress: Progress) -> Meanings:
    """The vectors of the problems with these keys, encoded where they are not in the pool yet.

    Raises:
        MissingExtra: no encoder can be run here.
    """
    stage = Stage(name=VECTORS, version=VERSION, config={"model": model, "window": WINDOW_WORDS})
    names = pool.part_names()
    stale = stale_parts(pool, names, stage, [TRACES])
    if stale:
        encoder = sentence_model(model, needed_for="comparing problems by meaning", device="cpu")
        with progress.phase("reading problems", len(stale), "parts") as phase:
            for name, key in stale.items():
                write_table(pool.part(VECTORS, name), vectors_table(pool, name, encoder), key=key)
                phase.advance(1)
    record_stage(pool, stage, [TRACES])
    return Meanings(vectors=vectors_of(pool, names, keys))


def vectors_table(pool: Pool, name: str, encoder: "SentenceTransformer") -> pa.Table:
    """`problem` and `vector` of each distinct problem of a part."""
    rows = pool.read_part(name, [TRACES], ["problem_id", "problem"]).unique(
        "problem_id", keep="first", maintain_order=True
    )
    cut = [list(windows(problem)) for problem in rows["problem"]]
    encoded = encoder.encode([window for some in cut for window in some], show_progress_bar=False)
    ends = np.cumsum([len(some) for some in cut])
    sums = [
        part.sum(axis=0) for part in np.split(np.asarray(encoded, np.float32), ends[:-1].tolist())
    ]
    vectors = np.stack(sums)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    width = pa.binary(2 * vectors.shape[1])
    # Half precision: 0.0005 of a cosine, and steady against the last bits of another batch.
    buffer = pa.py_buffer(np.ascontiguousarray(vectors, "<f2"))
    columns = [
        rows["problem_id"].to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string()),
        pa.Array.from_buffers(width, len(vectors), [None, buffer]),
    ]
    return pa.Table.from_arrays(columns, names=["problem", "vector"])


def windows(problem: str) -> Iterator[str]:
    """A problem in pieces that the encoder reads whole; at least one."""
    words = problem[: 16 * WINDOW_WORDS * MOST_WINDOWS].split()
    for first in range(0, max(1, min(len(words), WINDOW_WORDS * MOST_WINDOWS)), WINDOW_WORDS):
        yield " ".join(words[first : first + WINDOW_WORDS])


def vectors_of(pool: Pool, names: Sequence[str], keys: Sequence[int]) -> Vectors:
    """The vectors of the problems with these keys, in their order."""
    rows = {key: row for row, key in enumerate(keys)}
    found: Vectors = np.empty((0, 0), np.float32)
    for name in names:
        with opened(pool.part(VECTORS, name)) as source:
            table = pq.read_table(source)
        vectors = np.frombuffer(b"".join(table["vector"].to_pylist()), "<f2")
        if not len(vectors):
            continue
        vectors = vectors.reshape(len(table), -1).astype(np.float32)
        if not found.size:
            found = np.zeros((len(keys), vectors.shape[1]), np.float32)
        found[[rows[int(key, 16)] for key in table["problem"].to_pylist()]] = vectors
    return found
