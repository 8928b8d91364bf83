"""Duplicates in a pool: the `dedup` group, one row for each trace.

Two phases: the signatures of each part, on the workers (`curate.dedup.signatures`, kept), then one
reduce over the signatures. Texts are read again only of candidates, for their true similarity.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from curate.dedup.bands import Pairs, estimates
from curate.dedup.clusters import components, verified
from curate.dedup.columns import Evidence, Similarity, part_columns
from curate.dedup.keys import ProblemKeys, TraceKeys, keys_of
from curate.dedup.meaning import Meanings, meanings_of
from curate.dedup.minhash import Signatures
from curate.dedup.outcome import outcome
from curate.dedup.problem_pairs import (
    identical_problems,
    may_be_copies,
    near_problems,
    problem_sets,
)
from curate.dedup.responses import response_pairs
from curate.dedup.sets import Place, SetsTask, jaccard, places_of, write_sets_of_part
from curate.dedup.settings import DedupSettings, Level
from curate.dedup.signatures import MINHASH, PROBLEMS, sign_part
from curate.dedup.words import Places
from curate.engine import Engine
from curate.groups import group_seal, make_group, record_stage, run_parts, stages_of
from curate.io import write_table
from curate.pool import TRACES, WORK, Pool
from curate.progress import Progress
from curate.stage import Stage, digest
from curate.store import make_folder, remove_folder

DEDUP = "dedup"
DEDUP_VERSION = 1
QUALITY = "quality"


def dedup_pool(pool: Pool, settings: DedupSettings, engine: Engine, progress: Progress) -> None:
    """Bring the `dedup` group of a pool up to date.

    Raises:
        MissingExtra: meaning is asked for, and no encoder can be run here.
        PoolError: the pool is in use or damaged.
    """
    with pool.lock():
        sign_pool(pool, settings, engine, progress)
        quality = QUALITY if QUALITY in stages_of(pool) else None
        stage = dedup_stage(settings, quality)
        reads = [TRACES, *([QUALITY] if quality else [])]
        if not is_done(pool, stage, reads):
            make_folder(pool.path / WORK)
            with keys_of(pool, quality) as (traces, problems):
                evidence = evidence_of(pool, traces, problems, settings, engine, progress)
                for number, name in enumerate(traces.names):
                    first, last = (int(row) for row in traces.firsts[number : number + 2])
                    write_part(pool, name, stage, part_columns(evidence, first, last))
            record_stage(pool, stage, reads)
        remove_folder(pool.path / WORK)


def sign_pool(pool: Pool, settings: DedupSettings, engine: Engine, progress: Progress) -> None:
    """Bring the signatures up to date: those of new and changed parts are made."""
    for name, title in ((PROBLEMS, "signing problems"), (MINHASH, "signing responses")):
        stage = settings.shingling.stage(name)
        make_group(pool, stage, [TRACES], sign_part, engine, progress, title)


def dedup_stage(settings: DedupSettings, quality: str | None) -> Stage:
    """What makes the group."""
    config = settings.config | {"survivor": "quality" if quality else "id"}
    return Stage(name=DEDUP, version=DEDUP_VERSION, config=config)


def is_done(pool: Pool, stage: Stage, reads: list[str]) -> bool:
    """Whether the group is there, whole and made from what is there."""
    entry = stages_of(pool).get(DEDUP)
    return entry is not None and entry == {
        "config": {**stage.config, "version": stage.version},
        "reads": {group: group_seal(pool, group) for group in reads},
        "seal": group_seal(pool, DEDUP),
    }


def write_part(pool: Pool, name: str, stage: Stage, columns: pl.DataFrame) -> None:
    """Write the group of one part where it changed."""
    key = stage.key([pool.stamps(TRACES)[name].seal, digest(columns.write_ndjson())])
    have = pool.stamps(DEDUP).get(name)
    if have is None or have.key != key:
        table = columns.to_arrow(compat_level=pl.CompatLevel.oldest())
        write_table(pool.part(DEDUP, name), table, key=key)


# --- the reduce -----------------------------------------------------------------------------------


def evidence_of(
    pool: Pool,
    traces: TraceKeys,
    problems: ProblemKeys,
    settings: DedupSettings,
    engine: Engine,
    progress: Progress,
) -> Evidence:
    """What becomes of every trace, and how similar the copies are."""
    pairs = response_pairs(traces, settings)
    by_response = by_signature(traces.signatures)
    if settings.verify:
        wanted = np.unique(pairs.first[pairs.near])
        places = response_sets(pool, traces, wanted, settings, engine, progress)
        by_response = by_sets(places, pairs.first)
    count, least = len(traces.problem), settings.threshold
    responses = components(count, verified(count, pairs.known, pairs.near, by_response, least))
    meanings = problem_meanings(pool, problems, settings, progress)
    linked, by_problem = linked_problems(pool, problems, settings, meanings)
    return Evidence(
        traces=traces,
        problems=problems,
        outcome=outcome(traces, responses, components(len(problems.key), linked)),
        settings=settings,
        response_similarity=by_response,
        problem_similarity=by_problem,
        cosine=None if meanings is None else meanings.cosine,
    )


def linked_problems(
    pool: Pool, keys: ProblemKeys, settings: DedupSettings, meanings: Meanings | None
) -> tuple[Pairs, Similarity]:
    """Pairs of problems that belong together, and the similarity of any two that do."""
    similarity = by_signature(keys.signatures)
    if Level.PROBLEM not in settings.levels:
        return np.empty((0, 2), np.int64), similarity
    identical = identical_problems(keys)
    near = near_problems(keys, identical, settings)
    by_meaning = np.empty((0, 2), np.int64)
    if meanings is not None:
        by_meaning = meanings.pairs(settings.cosine)
        by_meaning = by_meaning[may_be_copies(keys, by_meaning)]
    known = np.concatenate([identical, by_meaning])
    if settings.verify:
        rows = np.unique(np.concatenate([near, known]))
        size = settings.shingling.characters
        places = problem_sets(pool, keys, rows, size, pool.path / WORK / "problems.sets")
        similarity = by_sets(places, np.arange(len(keys.key)))
    return verified(len(keys.key), known, near, similarity, settings.threshold), similarity


def problem_meanings(
    pool: Pool, keys: ProblemKeys, settings: DedupSettings, progress: Progress
) -> Meanings | None:
    """The vectors of the problems, where meaning is asked for."""
    if settings.meaning is None or Level.PROBLEM not in settings.levels:
        return None
    return meanings_of(pool, settings.meaning, keys.key.tolist(), progress)


def response_sets(
    pool: Pool,
    keys: TraceKeys,
    wanted: Places,
    settings: DedupSettings,
    engine: Engine,
    progress: Progress,
) -> Mapping[int, Place]:
    """Where the shingles of these responses lie, in files that the workers write where missing."""
    tasks, places = [], {}
    for number, name in enumerate(keys.names):
        first, last = (int(row) for row in keys.firsts[number : number + 2])
        rows = wanted[(wanted >= first) & (wanted < last)] - first
        if len(rows):
            size, seal = settings.shingling.words, pool.stamps(TRACES)[name].seal
            mark = digest([seal, size, rows.tolist()])
            tasks.append(
                SetsTask(
                    pool=pool.path,
                    name=name,
                    rows=tuple(rows.tolist()),
                    size=size,
                    out=pool.path / WORK / f"{Path(name).stem}-{mark}.sets",
                )
            )
            places[first] = tasks[-1]
    missing = [task for task in tasks if not task.out.is_file()]
    run_parts("comparing responses", pool, write_sets_of_part, missing, engine, progress)
    found: dict[int, Place] = {}
    for first, task in places.items():
        found |= places_of(task.out, [first + row for row in task.rows])
    return found


def by_signature(signatures: Signatures) -> Similarity:
    """The similarity that two signatures let one expect."""

    def similarity(left: int, right: int) -> float:
        return float(estimates(signatures, np.array([[left, right]]))[0])

    return similarity


def by_sets(places: Mapping[int, Place], first: Places) -> Similarity:
    """The true similarity; `first` is for each row the one whose set stands for it."""

    def similarity(left: int, right: int) -> float:
        return jaccard(places[int(first[left])].read(), places[int(first[right])].read())

    return similarity
