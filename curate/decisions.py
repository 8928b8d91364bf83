"""What was decided about each distinct pair of answer and reference; each is decided once per run.

    pool/.work/decisions-<hash of the rules>.log    one line per chunk of decided pairs
    pool/.work/decisions.db                         all of them, for each part to find its own

The log is a journal (`curate.journal`); a kill loses only the chunks under way. Memory grows with
the distinct pairs of a run: about 100 bytes each for the hashes, and 100 to 200 for the decisions.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from curate.engine import Engine, outcomes
from curate.journal import entries, journal
from curate.lookup import rows_of, write_lookup
from curate.pairs import PAIR_COLUMNS, PAIR_KEY, Chunk, Pair, Row, Rules, decide_chunk
from curate.pool import TRACES, WORK, Pool
from curate.progress import Phase, Progress
from curate.stage import digest
from curate.store import make_folder
from curate.trace import ReferenceForm
from curate.verdict import Verdict
from curate.worker import Failure

CHUNK_PAIRS = 200
DECISION_SCHEMA: dict[str, pl.DataType] = {
    PAIR_KEY: pl.String(),
    "verdict": pl.String(),
    "method": pl.String(),
    "reason": pl.String(),
}
NO_DECISIONS = pl.DataFrame(schema=DECISION_SCHEMA)


def decide_pairs(
    pool: Pool,
    names: Sequence[str],
    rules: Rules,
    engine: Engine,
    progress: Progress,
    suffix: str = "",
) -> Path:
    """The file of the decisions on every pair in these parts, some of them from the log.

    Runs that work in one pool at the same time need a `suffix` each for their files.
    """
    folder = pool.path / WORK
    make_folder(folder)
    log = folder / f"decisions-{digest(rules.config)}{suffix}.log"
    known = set(read_log(log)[PAIR_KEY])
    with progress.phase("comparing", len(names), "parts") as phase, journal(log) as lines:
        for pairs, found in decided(new_pairs(pool, names, known, phase), rules, engine):
            lines.write(log_rows(pairs, found))
    path = folder / f"decisions{suffix}.db"
    write_lookup(path, [read_log(log)], DECISION_SCHEMA)
    return path


# --- pairs ----------------------------------------------------------------------------------------


def new_pairs(pool: Pool, names: Sequence[str], known: set[str], phase: Phase) -> Iterator[Pair]:
    """The pairs in these parts that are not known yet, in order; from then on they are."""
    for name in names:
        columns = [PAIR_KEY, *PAIR_COLUMNS]
        rows = pool.read_part(name, ["extract", TRACES], columns).drop_nulls(PAIR_KEY)
        for key, *values in rows.unique(PAIR_KEY, keep="first", maintain_order=True).iter_rows():
            if key not in known:
                known.add(key)
                yield Pair.of_values(*values)
        phase.advance(1)


def decisions_on(keys: pl.Series, path: Path) -> pl.DataFrame:
    """The decisions on pairs, as rows of `DECISION_SCHEMA`."""
    return rows_of(path, keys, DECISION_SCHEMA)


# --- deciding -------------------------------------------------------------------------------------


def decided(
    pairs: Iterator[Pair], rules: Rules, engine: Engine
) -> Iterator[tuple[Sequence[Pair], Sequence[Row]]]:
    """The pairs in chunks, with their decisions; a pair that ends its worker gets `error`."""
    chunks = (Chunk(pairs=group, rules=rules) for group in groups(pairs))
    lost: list[Pair] = []
    for chunk, found in outcomes(engine, decide_chunk, chunks, rules.backstop_s):
        if isinstance(found, Failure):
            lost += chunk.pairs
        else:
            yield chunk.pairs, found
    alone = (Chunk(pairs=(pair,), rules=rules) for pair in lost)
    for chunk, found in outcomes(engine, decide_chunk, alone, rules.backstop_s):
        yield chunk.pairs, [error_of(found)] if isinstance(found, Failure) else found


def groups(pairs: Iterable[Pair]) -> Iterator[tuple[Pair, ...]]:
    """Pairs for one worker at a time; a program, which may take seconds, goes alone."""
    group: list[Pair] = []
    for pair in pairs:
        if pair.form == ReferenceForm.CODE:
            yield (pair,)
            continue
        group.append(pair)
        if len(group) == CHUNK_PAIRS:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


def error_of(failure: Failure) -> Row:
    """The decision on a pair that ended its worker."""
    return str(Verdict.ERROR), "none", failure.message


# --- the log --------------------------------------------------------------------------------------


def log_rows(pairs: Iterable[Pair], decisions: Iterable[Row]) -> list[tuple[str, ...]]:
    """A chunk as an entry of the log."""
    return [(pair.key, *row) for pair, row in zip(pairs, decisions, strict=True)]


def read_log(path: Path) -> pl.DataFrame:
    """The decisions in a log."""
    frames = [
        pl.DataFrame(rows, schema=DECISION_SCHEMA, orient="row") for rows in ([], *entries(path))
    ]
    return pl.concat(frames).unique(PAIR_KEY, maintain_order=True)
