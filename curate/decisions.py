"""What was decided about each distinct pair of answer and reference; each is decided once per run.

    pool/.work/decisions-<hash of the rules>.log    one line per chunk of decided pairs
    pool/.work/decisions.arrow                      all of them, for the workers to look up

The log is a journal (`curate.journal`); a kill loses only the chunks under way. Memory grows with
the distinct pairs of a run: about 100 bytes each for the hashes, and 100 to 200 for the decisions.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from curate.engine import Engine, outcomes
from curate.io import replacing
from curate.journal import entries, journal
from curate.pairs import PAIR_COLUMNS, Chunk, Pair, Rules, decide_chunk
from curate.pool import TRACES, WORK, Pool
from curate.progress import Phase, Progress
from curate.stage import digest
from curate.store import make_folder, scan_ipc
from curate.trace import ReferenceForm
from curate.verdict import Verdict
from curate.verify import Decision
from curate.worker import Failure

CHUNK_PAIRS = 200
DECISION_SCHEMA = {
    "pair": pl.String(),
    "verdict": pl.String(),
    "method": pl.String(),
    "reason": pl.String(),
}


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
    known = set(read_log(log)["pair"])
    with progress.phase("comparing", len(names), "parts") as phase, journal(log) as lines:
        for pairs, found in decided(new_pairs(pool, names, known, phase), rules, engine):
            lines.write(log_rows(pairs, found))
    path = folder / f"decisions{suffix}.arrow"
    with replacing(path) as temporary:
        read_log(log).write_ipc(temporary)
    return path


# --- pairs ----------------------------------------------------------------------------------------


def distinct_pairs(frame: pl.DataFrame) -> list[Pair]:
    """The pairs in these rows that are still to be decided, in order, each once."""
    both = pl.col("answer").is_not_null() & pl.col("reference").is_not_null()
    whole = frame.filter(both & ~pl.col("identical")).select(PAIR_COLUMNS)
    return [Pair.of_values(*row) for row in whole.unique(maintain_order=True).iter_rows()]


def new_pairs(pool: Pool, names: Sequence[str], known: set[str], phase: Phase) -> Iterator[Pair]:
    """The pairs in these parts that are not known yet; from then on they are."""
    for name in names:
        columns = [*PAIR_COLUMNS, "identical"]
        for pair in distinct_pairs(pool.read_part(name, ["extract", TRACES], columns)):
            if (hash_ := pair.hash) not in known:
                known.add(hash_)
                yield pair
        phase.advance(1)


def decisions_for(frame: pl.DataFrame, path: Path | None) -> dict[Pair, Decision]:
    """The decisions on the pairs in these rows."""
    pairs = {pair.hash: pair for pair in distinct_pairs(frame)}
    if not pairs or path is None:
        return {}
    wanted = pl.LazyFrame({"pair": list(pairs)}, schema={"pair": pl.String()})
    found = wanted.join(scan_ipc(path), on="pair").collect()
    return {
        pairs[hash_]: Decision(verdict=Verdict(verdict), method=method, reason=reason)
        for hash_, verdict, method, reason in found.iter_rows()
    }


# --- deciding -------------------------------------------------------------------------------------


def decided(
    pairs: Iterator[Pair], rules: Rules, engine: Engine
) -> Iterator[tuple[Sequence[Pair], Sequence[Decision]]]:
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


def error_of(failure: Failure) -> Decision:
    """The decision on a pair that ended its worker."""
    return Decision(verdict=Verdict.ERROR, method="none", reason=failure.message)


# --- the log --------------------------------------------------------------------------------------


def log_rows(pairs: Iterable[Pair], decisions: Iterable[Decision]) -> list[tuple[str, ...]]:
    """A chunk as an entry of the log."""
    return [
        (pair.hash, str(decision.verdict), decision.method, decision.reason)
        for pair, decision in zip(pairs, decisions, strict=True)
    ]


def read_log(path: Path) -> pl.DataFrame:
    """The decisions in a log."""
    frames = [
        pl.DataFrame(rows, schema=DECISION_SCHEMA, orient="row") for rows in ([], *entries(path))
    ]
    return pl.concat(frames).unique("pair", maintain_order=True)
