"""Phase one of finding duplicates: compact signatures of one part, so that no text is needed again.

`minhash/part-….parquet` has a row for each trace, `minhash_problems/part-….parquet` one for each
distinct problem of the part. They are kept: with a new part in the pool only that one is signed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from curate.dedup.minhash import SLOTS, Signatures, word_signatures
from curate.dedup.problems import character_signatures, fingerprint, normalized, numbers
from curate.dedup.words import Hashes, Octets, Places
from curate.groups import GroupTask
from curate.io import write_table
from curate.pool import TRACES, Pool
from curate.stage import Stage
from curate.store import opened
from curate.trace import ReferenceForm
from curate.verify import canonical

MINHASH = "minhash"
PROBLEMS = "minhash_problems"
VERSION = 1
SIGNATURE_BYTES = 4 * SLOTS
PROBLEM_COLUMNS = ["problem_id", "problem", "reference", "reference_form"]
PROBLEM_NAMES = ["problem", "identity", "numbers", "reference", "text", "shingles", "signature"]
FIRST_REFERENCE = [
    pl.col(name).sort_by(pl.col("reference").is_null(), maintain_order=True).first()
    .over("problem_id")
    for name in ("reference", "reference_form")
]  # fmt: skip
"""Of all rows of a problem, the first that has one."""
CHUNK_BYTES = 2**20
BATCH_CHARS = 2**18
"""About so many characters of problems are signed at a time."""
FOLDED = bytes(range(256)).lower()
WHITE = b" \t\n\r\v\f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shingling:
    """What the signatures depend on."""

    words: int = 5
    """Words in a shingle of a response."""
    characters: int = 5
    """Characters in a shingle of a problem."""

    def stage(self, name: str) -> Stage:
        """What makes one of the two groups."""
        config = {"words": self.words, "characters": self.characters, "slots": SLOTS}
        return Stage(name=name, version=VERSION, config=config)


def sign_part(task: GroupTask) -> None:
    """Write one of the two groups of one part."""
    pool = Pool(task.pool)
    shingling = shingling_of(task.stage)
    if task.stage.name == PROBLEMS:
        table = problems_table(pool, task.name, shingling)
    else:
        table = traces_table(pool, task.name, shingling)
    write_table(pool.part(task.stage.name, task.name), table, key=task.key)


def shingling_of(stage: Stage) -> Shingling:
    """The sizes of the shingles that a stage was made with."""
    return Shingling(
        words=int(str(stage.config["words"])), characters=int(str(stage.config["characters"]))
    )


# --- responses ------------------------------------------------------------------------------------


def traces_table(pool: Pool, name: str, shingling: Shingling) -> pa.Table:
    """`identity`, `shingles` and `signature` of each response of a part."""
    identities, counts, signs = [], [], []
    with opened(pool.part(TRACES, name)) as source, pq.ParquetFile(source) as file:
        # Each row group is given up before the next one is read, whose memory it becomes.
        for number in range(file.num_row_groups):
            column = file.read_row_group(number, columns=["response"], use_threads=False).column(0)
            for octets, starts in octets_of(column):
                found, count = word_signatures(octets, starts, shingling.words)
                signs.append(found)
                counts.append(count)
                identities.append(identities_of(octets, starts))
    columns = [
        column_of(np.concatenate([np.empty(0, np.uint64), *identities])),
        column_of(np.concatenate([np.empty(0, np.int64), *counts])),
        binary_column(np.concatenate([np.empty((0, SLOTS), np.uint32), *signs])),
    ]
    return pa.Table.from_arrays(columns, names=["identity", "shingles", "signature"])


def octets_of(column: pa.ChunkedArray) -> list[tuple[Octets, Places]]:
    """The UTF-8 of a column of large strings without nulls, and where in it each one begins."""
    found = []
    for chunk in column.chunks:
        _, offsets, data = chunk.buffers()
        places = np.frombuffer(offsets, np.int64)[chunk.offset :][: len(chunk) + 1]
        octets = np.frombuffer(data or b"", np.uint8)[places[0] : places[-1]]
        found.append((octets, places - places[0]))
    return found


def identities_of(octets: Octets, starts: Places) -> Hashes:
    """For each text 64 bits that are equal where white space and ASCII case alone differ."""
    view = octets.data
    return np.array(
        [identity(view[first:last]) for first, last in pairwise(starts.tolist())],
        np.uint64,
    )


def identity(text: memoryview) -> int:
    """64 bits that stand for a text without white space and ASCII case."""
    found = xxhash.xxh3_64()
    for first in range(0, len(text), CHUNK_BYTES):
        found.update(bytes(text[first : first + CHUNK_BYTES]).translate(FOLDED, WHITE))
    return found.intdigest()


# --- problems -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A distinct problem of a part, as it is compared."""

    key: int
    """Its `problem_id`, as a number."""
    text: str
    """Normalized."""
    reference: int
    """Stands for its reference; 0 where it has none."""


def problems_table(pool: Pool, name: str, shingling: Shingling) -> pa.Table:
    """A row for each distinct problem of a part, with `PROBLEM_NAMES`."""
    found = list(distinct_problems(pool, name))
    signs, counts = [np.empty((0, SLOTS), np.uint32)], [np.empty(0, np.int64)]
    for batch in batched([problem.text for problem in found]):
        some, held = character_signatures(batch, shingling.characters)
        signs.append(some)
        counts.append(held)
    texts = [problem.text for problem in found]
    columns = [
        column_of(np.array([problem.key for problem in found], np.uint64)),
        column_of(np.array([fingerprint(text) for text in texts], np.uint64)),
        column_of(np.array([numbers(text) for text in texts], np.uint64)),
        column_of(np.array([problem.reference for problem in found], np.uint64)),
        text_column(texts),
        column_of(np.concatenate(counts)),
        binary_column(np.concatenate(signs)),
    ]
    return pa.Table.from_arrays(columns, names=PROBLEM_NAMES)


def distinct_problems(pool: Pool, name: str) -> Iterator[Problem]:
    """Each problem of a part once, with the first reference that stands beside it."""
    rows = pool.read_part(name, [TRACES], PROBLEM_COLUMNS).select(
        "problem_id", "problem", *FIRST_REFERENCE
    )
    distinct = rows.unique("problem_id", keep="first", maintain_order=True)
    for key, problem, reference, form in distinct.iter_rows():
        yield Problem(
            key=int(key, 16),
            text=respelled(normalized, problem),
            reference=reference_mark(reference, form),
        )


def reference_mark(reference: str | None, form: str) -> int:
    """64 bits that stand for a reference in its canonical spelling; 0 for none."""
    if reference is None or not reference.strip():
        return 0
    if form == ReferenceForm.CODE:
        return fingerprint(reference)
    return fingerprint(respelled(canonical, reference))


def respelled(spelling: Callable[[str], str], text: str) -> str:
    """The text in another spelling; as it is, should our code fail on it."""
    try:
        return spelling(text)
    except Exception:  # noqa: BLE001 - the boundary to untrusted text
        return text


def batched(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in order, about `BATCH_CHARS` characters at a time."""
    first, held = 0, 0
    for place, text in enumerate(texts):
        held += len(text)
        if held >= BATCH_CHARS:
            yield texts[first : place + 1]
            first, held = place + 1, 0
    if first < len(texts):
        yield texts[first:]


# --- Arrow columns from arrays, without a copy ----------------------------------------------------


def column_of(values: npt.NDArray[np.uint64] | Places) -> pa.Array:
    """Numbers as a column."""
    dtype = pa.uint64() if values.dtype == np.uint64 else pa.int64()
    return pa.Array.from_buffers(dtype, len(values), [None, pa.py_buffer(values)])


def binary_column(signs: Signatures) -> pa.Array:
    """Signatures as a column of `SIGNATURE_BYTES` each, little-endian."""
    kind = pa.binary(SIGNATURE_BYTES)
    buffer = pa.py_buffer(np.ascontiguousarray(signs, "<u4"))
    return pa.Array.from_buffers(kind, len(signs), [None, buffer])


def text_column(texts: Sequence[str]) -> pa.Array:
    """Texts as a column."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)
