"""Which problems are copies of one another.

Equal after normalization, or near: similar enough, with the same numbers, and without different
references. The two conditions are what tells copies from siblings: of the pairs of distinct
problems in a collection of eight public sets whose character 5-grams are 80 % the same, half had
other numbers (one template), and most of the rest other references (one stem, another question).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from curate.dedup.bands import Pairs, candidates, margin
from curate.dedup.clusters import linked_to_first
from curate.dedup.keys import ProblemKeys
from curate.dedup.responses import without
from curate.dedup.sets import Place, ShingleSet, character_set, places_of, write_sets
from curate.dedup.settings import DedupSettings
from curate.dedup.signatures import PROBLEMS
from curate.dedup.words import Flags, Places
from curate.pool import Pool


def identical_problems(keys: ProblemKeys) -> Pairs:
    """The first problem of each normalized text, and every other one with the same."""
    return linked_to_first((keys.identity,), np.arange(len(keys.key)))


def near_problems(keys: ProblemKeys, identical: Pairs, settings: DedupSettings) -> Pairs:
    """Pairs of problems that are perhaps near-copies."""
    floor = settings.threshold - (margin(settings.threshold) if settings.verify else 0.0)
    rows = without(np.arange(len(keys.key)), identical)
    rows = rows[keys.shingles[rows] > 0]
    pairs = candidates(keys.signatures, rows, keys.numbers, settings.bands, max(0.0, floor))
    copies: Pairs = pairs[may_be_copies(keys, pairs)]
    return copies


def may_be_copies(keys: ProblemKeys, pairs: Pairs) -> Flags:
    """Whether the problems of each pair have the same numbers and no different references."""
    left, right = pairs[:, 0], pairs[:, 1]
    same_numbers: Flags = keys.numbers[left] == keys.numbers[right]
    return same_numbers & ~references_differ(keys, left, right)


def references_differ(keys: ProblemKeys, left: Places, right: Places) -> Flags:
    """Whether both problems of each pair have a reference, and another one."""
    one, other = keys.reference[left], keys.reference[right]
    differ: Flags = (one != other) & (one != 0) & (other != 0)
    return differ


def problem_sets(
    pool: Pool, keys: ProblemKeys, rows: Places, size: int, path: Path
) -> Mapping[int, Place]:
    """Where the shingles of these problems lie, in a new file."""
    wanted = {int(keys.key[row]): int(row) for row in rows}
    found: list[int] = []

    def sets() -> Iterator[ShingleSet]:
        for name in pool.part_names():
            texts = pl.read_parquet(pool.part(PROBLEMS, name), columns=["problem", "text"])
            for key, text in texts.filter(pl.col("problem").is_in(list(wanted))).iter_rows():
                found.append(wanted.pop(key))
                yield character_set(text, size)

    write_sets(path, sets())
    return places_of(path, found)
