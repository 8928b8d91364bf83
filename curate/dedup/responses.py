"""Which responses are copies: across problems, and among the rollouts of each."""

from dataclasses import dataclass

import numpy as np

from curate.dedup.bands import Pairs, candidates, candidates_within, margin
from curate.dedup.clusters import linked_to_first
from curate.dedup.keys import TraceKeys
from curate.dedup.settings import DedupSettings, Level
from curate.dedup.words import Places

LEAST_SHINGLES = 50
"""A shorter response is compared with the rollouts of its own problem alone: right answers to
different problems that end in `\\boxed{4}` are no copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePairs:
    """Pairs of responses that may belong together."""

    known: Pairs
    """Identical up to white space and case."""
    near: Pairs
    """Perhaps near-copies, by their signatures."""
    first: Places
    """For each row the first one with the identical response, which stands for it."""


def response_pairs(keys: TraceKeys, settings: DedupSettings) -> ResponsePairs:
    """The pairs that the levels ask for."""
    rows = np.arange(len(keys.problem))
    known, near = [np.empty((0, 2), np.int64)], [np.empty((0, 2), np.int64)]
    floor = max(0.0, settings.threshold - (margin(settings.threshold) if settings.verify else 0.0))
    if Level.ROLLOUT in settings.levels:
        same = linked_to_first((keys.identity, keys.problem), rows)
        known.append(same)
        own = without(rows, same)
        own = own[keys.shingles[own] > 0]
        near.append(candidates_within(keys.signatures, own, keys.problem, settings.bands, floor))
    if Level.TRACE in settings.levels:
        long = rows[keys.shingles >= LEAST_SHINGLES]
        same = linked_to_first((keys.identity,), long)
        known.append(same)
        own, alone = without(long, same), np.zeros(len(rows), np.uint64)
        near.append(candidates(keys.signatures, own, alone, settings.bands, floor))
    return ResponsePairs(
        known=np.concatenate(known),
        near=np.unique(np.concatenate(near), axis=0),
        first=first_of(linked_to_first((keys.identity,), rows), rows),
    )


def without(rows: Places, linked: Pairs) -> Places:
    """The rows without those that are linked to one before them."""
    return np.setdiff1d(rows, linked[:, 1])


def first_of(linked: Pairs, rows: Places) -> Places:
    """For each row the one that it is linked to, or itself."""
    found = rows.copy()
    found[linked[:, 1]] = linked[:, 0]
    return found
