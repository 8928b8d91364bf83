"""The optional signals of a pool, which need a model: `curate score POOL --embed M`, `--lm M`.

    embedding_vectors/part-….parquet   vector: of the whole response; what `embedding` is made from
    embedding/part-….parquet           embedding_nearest, embedding_density
    likelihood/part-….parquet          perplexity, ifd, rank_surprisal, each …_debiased too

The model works in this process, part after part, and each part is written when it is done, so a run
that was killed goes on where it stopped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import xxhash

from curate.groups import group_seal, record_stage, stale_parts
from curate.io import write_table
from curate.pool import TRACES, Pool
from curate.progress import Progress
from curate.quality.causal import CausalModel
from curate.quality.embed import (
    NEIGHBOURS,
    Embedder,
    SentenceEmbedder,
    Vectors,
    mean_of_nearest,
    nearest_of_problem,
)
from curate.quality.likelihood import RANK_CLIP, LanguageModel, Likelihood, likelihoods
from curate.stage import Stage, digest

VECTORS = "embedding_vectors"
EMBEDDING = "embedding"
LIKELIHOOD = "likelihood"
VERSION = 1
LONGEST_CHARS = 8_000_000
"""Longer responses have no likelihood: their tokens alone would fill gigabytes."""
TRACES_AT_ONCE = 16
CHUNK_BYTES = 2**20

COLUMNS: dict[str, pl.DataType] = {
    field.name: pl.Int64() if field.name.startswith("likelihood_") else pl.Float64()
    for field in fields(Likelihood)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAccount:
    """What came of it."""

    group: str
    traces: int
    known: int
    """Traces that have the signal."""

    def __str__(self) -> str:
        return (
            f"{self.group}: {self.traces:,} traces: {self.known:,} measured, "
            f"{self.traces - self.known:,} without a value"
        )


def model_seal(name: str) -> str:
    """What stands for a model: the name, and the bytes of its files where it is a folder."""
    folder = Path(name)
    if not folder.is_dir():
        return name
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return f"{folder.name}:{digest([[str(p.relative_to(folder)), hash_of(p)] for p in files])}"


def hash_of(path: Path) -> str:
    """Hash of the bytes of a file."""
    found = xxhash.xxh3_128()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            found.update(chunk)
    return str(found.hexdigest())


def measure_pool(
    pool: Pool, embed: str | None, language_model: str | None, progress: Progress
) -> list[SignalAccount]:
    """Bring the groups of the models that are given up to date.

    Raises:
        MissingExtra: the package of a model is not installed.
        InputError: there is no such model.
        PoolError: the pool is in use, or lacks a part.
    """
    found = []
    if embed is not None:
        found.append(embed_pool(pool, SentenceEmbedder(embed), model_seal(embed), progress))
    if language_model is not None:
        loaded = CausalModel(language_model)
        found.append(likelihood_pool(pool, loaded, model_seal(language_model), progress))
    return found


# --- embeddings -----------------------------------------------------------------------------------


def embed_pool(pool: Pool, embedder: Embedder, model: str, progress: Progress) -> SignalAccount:
    """Bring the `embedding` group up to date; `model` is what `model_seal` says.

    Raises:
        PoolError: the pool is in use, or lacks a part.
    """
    vectors = Stage(name=VECTORS, version=VERSION, config={"model": model})
    with pool.lock():
        for name, key, responses in waiting(pool, vectors, progress, "embedding"):
            own = embedder.embed([response for _, response in responses])
            column = pl.Series("vector", own, dtype=pl.Array(pl.Float32, embedder.dimensions))
            write_frame(pool, VECTORS, name, column.to_frame(), key)
        record_stage(pool, vectors, [TRACES])
        return neighbours_pool(pool)


def neighbours_pool(pool: Pool) -> SignalAccount:
    """Bring the `embedding` group up to date with the vectors."""
    config = {"neighbours": NEIGHBOURS, "vectors": group_seal(pool, VECTORS)}
    stage = Stage(name=EMBEDDING, version=VERSION, config=config)
    stale = stale_parts(pool, pool.part_names(), stage, [VECTORS])
    if stale:
        everything, problems = vectors_of(pool)
        nearest = nearest_of_problem(everything, problems)
        first = 0
        for name, stamp in pool.stamps(TRACES).items():
            places = np.arange(first, first := first + stamp.rows)
            if name in stale:
                own = {
                    "embedding_nearest": nearest[places],
                    "embedding_density": mean_of_nearest(everything[places], everything, places),
                }
                frame = pl.DataFrame(own).select(pl.all().round(6).fill_nan(None))
                write_frame(pool, EMBEDDING, name, frame, stale[name])
    record_stage(pool, stage, [VECTORS])
    return account_of(pool, EMBEDDING, "embedding_density")


def vectors_of(pool: Pool) -> tuple[Vectors, np.ndarray[Any, np.dtype[np.int64]]]:
    """The vectors of all traces, and a number for the problem of each."""
    names = pool.part_names()
    parts = [pool.read_part(name, [VECTORS], ["vector"])["vector"].to_numpy() for name in names]
    ids = pl.concat([pool.read_part(name, [TRACES], ["problem_id"]) for name in names])
    problems = ids["problem_id"].rank("dense").cast(pl.Int64).to_numpy()
    return np.concatenate(parts), problems


# --- likelihood -----------------------------------------------------------------------------------


def likelihood_pool(
    pool: Pool, language_model: LanguageModel, model: str, progress: Progress
) -> SignalAccount:
    """Bring the `likelihood` group up to date; `model` is what `model_seal` says.

    Raises:
        PoolError: the pool is in use, or lacks a part.
    """
    config = {"model": model, "context": language_model.context, "rank_clip": RANK_CLIP}
    stage = Stage(name=LIKELIHOOD, version=VERSION, config=config)
    with pool.lock():
        for name, key, traces in waiting(pool, stage, progress, "reading with the model"):
            rows = [
                row
                for first in range(0, len(traces), TRACES_AT_ONCE)
                for row in rows_of(language_model, traces[first : first + TRACES_AT_ONCE])
            ]
            write_frame(pool, LIKELIHOOD, name, pl.DataFrame(rows, schema=COLUMNS), key)
        record_stage(pool, stage, [TRACES])
        return account_of(pool, LIKELIHOOD, "perplexity")


def rows_of(
    language_model: LanguageModel, traces: Sequence[tuple[str, str]]
) -> Iterator[dict[str, float | None]]:
    """A row for each trace, of nulls where it is too long."""
    short = [trace for trace in traces if sum(map(len, trace)) <= LONGEST_CHARS]
    found = iter(likelihoods(language_model, short))
    for trace in traces:
        fits = sum(map(len, trace)) <= LONGEST_CHARS
        yield asdict(next(found)) if fits else dict.fromkeys(COLUMNS)


# --- shared ---------------------------------------------------------------------------------------


def waiting(
    pool: Pool, stage: Stage, progress: Progress, title: str
) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Name, key and (problem, response) of the parts that have to be made, one after the other."""
    stale = stale_parts(pool, pool.part_names(), stage, [TRACES])
    stamps = pool.stamps(TRACES)
    sizes = {name: cast("int", stamps[name].about["size_bytes"]) for name in stale}
    with progress.phase(title, sum(sizes.values())) as phase:
        for name, key in stale.items():
            rows = pool.read_part(name, [TRACES], ["problem", "response"])
            yield name, key, list(rows.iter_rows())
            phase.advance(sizes[name], stamps[name].rows)


def write_frame(pool: Pool, group: str, name: str, frame: pl.DataFrame, key: str) -> None:
    """Write the group of one part."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    write_table(pool.part(group, name), table, key=key)


def account_of(pool: Pool, group: str, column: str) -> SignalAccount:
    """How many traces have a value in a column of a group that is up to date."""
    parts = [pool.read_part(name, [group], [column])[column] for name in pool.part_names()]
    traces = sum(map(len, parts))
    missing = sum(part.null_count() for part in parts)
    return SignalAccount(group=group, traces=traces, known=traces - missing)
