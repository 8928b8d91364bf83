"""The true similarity of pairs: whole sets of shingles, of those texts alone that are candidates.

The sets are files beside each other, each the sorted 32-bit hashes of the distinct shingles of some
texts. Two different shingles share a hash with the chance 2^-32: at 4 million shingles, 0.1 % of a
set are then taken for shared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from curate.dedup.problems import character_shingles
from curate.dedup.signatures import octets_of
from curate.dedup.words import Hashes, Octets, long_shingles
from curate.io import replacing
from curate.pool import TRACES, Pool
from curate.store import opened

ShingleSet = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetsTask:
    """The responses of one part whose sets are wanted."""

    pool: Path
    name: str
    rows: tuple[int, ...]
    """Places in the part, ascending."""
    size: int
    """Words in a shingle."""
    out: Path

    def __str__(self) -> str:
        return f"the shingles of `{self.name}` in `{self.pool}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a set lies."""

    path: Path
    offset: int
    """In octets."""
    count: int
    """Of shingles."""

    def read(self) -> ShingleSet:
        """The set."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return np.frombuffer(file.read(4 * self.count), np.dtype("<u4"))


def write_sets_of_part(task: SetsTask) -> None:
    """Write the sets of the wanted responses of a part."""
    write_sets(task.out, (word_set(octets, task.size) for octets in wanted_octets(task)))


def wanted_octets(task: SetsTask) -> Iterator[Octets]:
    """The UTF-8 of the wanted responses of a part, in order."""
    path, first = Pool(task.pool).part(TRACES, task.name), 0
    wanted = np.array(task.rows)
    with opened(path) as source, pq.ParquetFile(source) as file:
        for number in range(file.num_row_groups):
            height = file.metadata.row_group(number).num_rows
            here = wanted[(wanted >= first) & (wanted < first + height)] - first
            first += height
            if len(here):
                column = file.read_row_group(number, columns=["response"], use_threads=False)
                (octets, starts), *_ = octets_of(column.combine_chunks().column(0))
                for row in here:
                    yield octets[starts[row] : starts[row + 1]]


def word_set(octets: Octets, size: int) -> ShingleSet:
    """The set of a response of any length; about as much as the text is held."""
    return np.unique(np.concatenate([narrow(some) for some in long_shingles(octets, size)]))


def character_set(text: str, size: int) -> ShingleSet:
    """The set of a problem."""
    return np.unique(narrow(character_shingles([text], size)[0]))


def narrow(hashes: Hashes) -> ShingleSet:
    """The lower half of each hash."""
    return hashes.astype(np.uint32)


def write_sets(path: Path, sets: Iterator[ShingleSet]) -> None:
    """Write sets one after the other, and at the end how many shingles each holds."""
    counts = []
    with replacing(path) as temporary, temporary.open("wb") as file:
        for found in sets:
            file.write(found.astype("<u4").tobytes())
            counts.append(len(found))
        file.write(np.array([*counts, len(counts)], "<u8").tobytes())


def places_of(path: Path, rows: Sequence[int]) -> Mapping[int, Place]:
    """For each row, in the order of the sets in the file, where its set lies."""
    with path.open("rb") as file:
        file.seek(-8 * (len(rows) + 1), 2)
        counts = np.frombuffer(file.read(), "<u8")[:-1].astype(np.int64)
    offsets = 4 * (np.cumsum(counts) - counts)
    return {
        row: Place(path=path, offset=int(offset), count=int(count))
        for row, offset, count in zip(rows, offsets, counts, strict=True)
    }


def jaccard(left: ShingleSet, right: ShingleSet) -> float:
    """Share in [0, 1] of the shingles of both sets that are in each; 0 where there are none."""
    both = np.concatenate([left, right])
    both.sort()
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / max(1, len(both) - shared)
