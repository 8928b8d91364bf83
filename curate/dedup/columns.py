"""The columns of the `dedup` group: what became of each trace, and what says so.

duplicate_cluster   "9f2c…" (32 hex)   id of the trace that stays for a cluster of responses
                    "51ab…" (16 hex)   id of the problem that stays for a cluster of problems
duplicate_of        "9f2c…" (32 hex)   id of the trace that stays for this one
is_survivor         true               whether it stays
similarity          0.93               to what it is a copy of, in [0, 1]
duplicate_level     "rollout"          what of it is a copy; null where it stays
duplicate_evidence  "response: Jaccard 0.93 of word 5-grams"
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.dedup.keys import ProblemKeys, TraceKeys
from curate.dedup.outcome import Outcome
from curate.dedup.settings import DedupSettings, Level

SCHEMA = {
    "duplicate_cluster": pl.String(),
    "duplicate_of": pl.String(),
    "is_survivor": pl.Boolean(),
    "similarity": pl.Float64(),
    "duplicate_level": pl.String(),
    "duplicate_evidence": pl.String(),
}
CHAINED = "linked through others"
"""In the evidence of a copy that is below the threshold to the one that stays."""
LEVELS = {
    Outcome.PROBLEM: Level.PROBLEM,
    Outcome.TRACE: Level.TRACE,
    Outcome.ROLLOUT: Level.ROLLOUT,
}
Similarity = Callable[[int, int], float]
"""Of two rows, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the columns are written from."""

    traces: TraceKeys
    problems: ProblemKeys
    outcome: Outcome
    settings: DedupSettings
    response_similarity: Similarity
    problem_similarity: Similarity
    cosine: Similarity | None = None
    """Of two problems by meaning."""


def part_columns(evidence: Evidence, first: int, last: int) -> pl.DataFrame:
    """The group for the traces of these rows."""
    found, keys = evidence.outcome, evidence.traces
    rows = np.arange(first, last)
    why, problem = found.why[rows], keys.problem[rows]
    by_response = (why == Outcome.TRACE) | (why == Outcome.ROLLOUT)
    leads, copied = found.leads_responses[rows], found.leads_problems[problem]
    columns: dict[str, list[Any]] = {name: [None] * len(rows) for name in SCHEMA}
    columns["is_survivor"] = (why == Outcome.STAYS).tolist()
    for place in np.flatnonzero(by_response | leads):
        columns["duplicate_cluster"][place] = trace_name(keys, int(found.copy_of[rows[place]]))
    for place in np.flatnonzero(
        (why == Outcome.PROBLEM) | ((why == Outcome.STAYS) & ~leads & copied)
    ):
        own = int(found.problem_copy_of[problem[place]])
        columns["duplicate_cluster"][place] = problem_name(evidence.problems, own)
    for place in np.flatnonzero(why != Outcome.STAYS):
        row = int(rows[place])
        similarity, told = copied_from(evidence, row)
        columns["duplicate_of"][place] = trace_name(keys, int(found.copy_of[row]))
        columns["similarity"][place] = similarity
        columns["duplicate_level"][place] = str(LEVELS[int(why[place])])
        columns["duplicate_evidence"][place] = told
    return pl.DataFrame(columns, schema=SCHEMA)


def trace_name(keys: TraceKeys, row: int) -> str:
    """The id of a trace."""
    return f"{int(keys.ids[row, 0]):016x}{int(keys.ids[row, 1]):016x}"


def problem_name(keys: ProblemKeys, row: int) -> str:
    """The id of a problem."""
    return f"{int(keys.key[row]):016x}"


def copied_from(evidence: Evidence, row: int) -> tuple[float, str]:
    """How similar a copy is to what stays for it, and what says so."""
    if evidence.outcome.why[row] == Outcome.PROBLEM:
        own = int(evidence.traces.problem[row])
        return problem_evidence(evidence, own, int(evidence.outcome.problem_copy_of[own]))
    return response_evidence(evidence, row, int(evidence.outcome.copy_of[row]))


def response_evidence(evidence: Evidence, row: int, other: int) -> tuple[float, str]:
    """How similar two responses are, and what says so."""
    keys = evidence.traces
    if keys.identity[row] == keys.identity[other]:
        return 1.0, "identical response"
    found = evidence.response_similarity(row, other)
    words = f"word {evidence.settings.shingling.words}-grams"
    return found, f"response: {jaccard_text(found, evidence.settings)} of {words}"


def problem_evidence(evidence: Evidence, row: int, other: int) -> tuple[float, str]:
    """How similar two problems are, and what says so."""
    keys = evidence.problems
    known = keys.reference[row] != 0 and keys.reference[other] != 0
    doubt = "; references differ" * bool(known and keys.reference[row] != keys.reference[other])
    if keys.identity[row] == keys.identity[other]:
        return 1.0, f"identical problem{doubt}"
    found = evidence.problem_similarity(row, other)
    if evidence.cosine is not None and found < evidence.settings.threshold:
        found = evidence.cosine(row, other)
        chain = "" if found >= evidence.settings.cosine else f"{CHAINED}, "
        return found, f"problem: {chain}cosine {found:.2f} by meaning{doubt}"
    characters = f"character {evidence.settings.shingling.characters}-grams"
    return found, f"problem: {jaccard_text(found, evidence.settings)} of {characters}{doubt}"


def jaccard_text(similarity: float, settings: DedupSettings) -> str:
    """A similarity in words: what it is beside the threshold, and whether it is an estimate."""
    chain = "" if similarity >= settings.threshold else f"{CHAINED}, "
    return f"{chain}Jaccard {'' if settings.verify else 'about '}{similarity:.2f}"
