"""The signatures of all parts of a pool together, which the reduce works on.

Signatures lie in a file that is mapped into memory, 512 octets a trace; all else is 48 octets a
trace in arrays.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from curate.dedup.clusters import Scores
from curate.dedup.minhash import SLOTS, Signatures
from curate.dedup.signatures import MINHASH, PROBLEMS
from curate.dedup.words import Flags, Hashes, Places
from curate.pool import TRACES, WORK, Pool
from curate.store import is_local, make_folder, opened


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKeys:
    """What is compared of each distinct problem of the pool."""

    key: Hashes
    """The `problem_id`s as numbers, in the order in which the problems first come."""
    identity: Hashes
    numbers: Hashes
    reference: Hashes
    shingles: Places
    signatures: Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceKeys:
    """What is compared of each trace of the pool."""

    names: Sequence[str]
    """The parts."""
    firsts: Places
    """The row of the first trace of each part, and at last the number of traces."""
    ids: Hashes
    """Shape (traces, 2): the ids as numbers."""
    problem: Places
    """The row of its problem."""
    identity: Hashes
    shingles: Places
    signatures: Signatures
    quality: Scores
    """In [0, 1], -1 where it is not known."""


@contextmanager
def keys_of(pool: Pool, quality: str | None) -> Iterator[tuple[TraceKeys, ProblemKeys]]:
    """The keys of a signed pool, until the block ends; `quality` is the group that grades it."""
    folder = pool.path / WORK if is_local(pool.path) else None
    if folder is not None:
        make_folder(folder)
    with TemporaryDirectory(dir=folder) as temporary:
        problems = problem_keys(pool, Path(temporary, "problems"))
        yield trace_keys(pool, problems, Path(temporary, "traces"), quality), problems


def problem_keys(pool: Pool, path: Path) -> ProblemKeys:
    """The keys of the problems; one that several parts hold, from the first."""
    columns = ["problem", "identity", "numbers", "reference", "shingles"]
    frame = pl.concat(
        pl.read_parquet(pool.part(PROBLEMS, name), columns=columns) for name in pool.part_names()
    )
    first = ~np.asarray(frame["problem"].is_first_distinct().not_())
    signatures = mapped(pool, PROBLEMS, path, first)
    frame = frame.filter(pl.Series(first))
    return ProblemKeys(
        key=frame["problem"].to_numpy(),
        identity=frame["identity"].to_numpy(),
        numbers=frame["numbers"].to_numpy(),
        reference=frame["reference"].to_numpy(),
        shingles=frame["shingles"].to_numpy(),
        signatures=signatures,
    )


def trace_keys(pool: Pool, problems: ProblemKeys, path: Path, quality: str | None) -> TraceKeys:
    """The keys of the traces."""
    names = pool.part_names()
    ids, keys, grades, identities, shingles = [], [], [], [], []
    for name in names:
        traces = pool.read_part(name, [TRACES], ["id", "problem_id"])
        ids.append(numbers_of(traces["id"], 2))
        keys.append(numbers_of(traces["problem_id"], 1)[:, 0])
        own = pl.read_parquet(pool.part(MINHASH, name), columns=["identity", "shingles"])
        identities.append(own["identity"].to_numpy())
        shingles.append(own["shingles"].to_numpy())
        grades.append(grades_of(pool, name, quality, traces.height))
    order = np.argsort(problems.key)
    rows = order[np.searchsorted(problems.key[order], np.concatenate(keys))]
    return TraceKeys(
        names=names,
        firsts=np.cumsum([0, *map(len, keys)]),
        ids=np.concatenate(ids),
        problem=rows,
        identity=np.concatenate(identities),
        shingles=np.concatenate(shingles),
        signatures=mapped(pool, MINHASH, path, np.ones(len(rows), np.bool_)),
        quality=np.concatenate(grades),
    )


def numbers_of(digits: pl.Series, count: int) -> Hashes:
    """Texts of hex digits as so many numbers each, that order as the texts do."""
    octets = bytes.fromhex("".join(digits.to_list()))
    return np.frombuffer(octets, ">u8").astype(np.uint64).reshape(-1, count)


def grades_of(pool: Pool, name: str, quality: str | None, height: int) -> Scores:
    """The quality of the traces of a part."""
    if quality is None:
        return np.full(height, -1.0)
    found = pool.read_part(name, [quality], [quality])[quality]
    return found.cast(pl.Float64).fill_nan(None).fill_null(-1.0).to_numpy()


def mapped(pool: Pool, group: str, path: Path, wanted: Flags) -> Signatures:
    """The wanted signatures of a group, in a file mapped into memory."""
    first = 0
    with path.open("wb") as file:
        for name in pool.part_names():
            with opened(pool.part(group, name)) as source:
                column = pq.read_table(source, columns=["signature"]).column(0)
            for chunk in column.chunks:
                octets = np.frombuffer(chunk.buffers()[1] or b"", "<u4").reshape(-1, SLOTS)
                octets = octets[chunk.offset :][: len(chunk)]
                file.write(octets[wanted[first : first + len(chunk)]].tobytes())
                first += len(chunk)
    if not wanted.any():
        return np.empty((0, SLOTS), np.uint32)
    return np.memmap(path, np.dtype("<u4"), "r").reshape(-1, SLOTS)
