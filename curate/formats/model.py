"""What reading dumps is made of: options, sources, their pieces, and the blocks they give."""

from dataclasses import dataclass

import pyarrow as pa

LINE_LIMIT_BYTES = 64 * 2**20
PART_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a user wants dumps to be read; `None` means: recognize it."""

    problem: str | None = None
    """Column of the problem; dots lead into nested values, as in `reward_model.ground_truth`."""
    response: str | None = None
    reference: str | None = None
    format: str | None = None
    """A file format (`jsonl`, `csv`, …) or a shape (`messages`, `s1`, …)."""
    line_limit_bytes: int = LINE_LIMIT_BYTES
    """Longest record that is read; a longer one goes to quarantine."""
    part_bytes: int = PART_BYTES
    """About how much of a source makes one part of the pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A piece of a source that can be read on its own."""

    first_block: int
    sequential: bool
    """True: it gives any number of blocks; False: exactly one."""
    start: int = 0
    """First byte of plain lines, or first row group of Parquet."""
    stop: int = 0
    first_row: int = 1
    """Number of its first line or row, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One input file, as it was when the run began."""

    name: str
    """The file as the user named it."""
    path: str
    format: str
    compression: str | None
    size_bytes: int
    content_hash: str
    """xxh3_128 of its bytes, 32 hex digits."""
    splits: tuple[Split, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The traces and the quarantined rows of one part.

    Every record read is in `traces` or in `quarantine`, or in both when only some of its
    responses can be used: the distinct rows of the two together number `n_records`.
    """

    number: int
    traces: pa.Table
    quarantine: pa.Table
    n_records: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file as Python values, and where it stood."""

    row: int
    offset: int | None
    value: object
    size_bytes: int
    batch: pa.RecordBatch | None = None
    """The rows it was among in a Parquet or Arrow file, whose columns are kept as they are."""
    place: int = 0
    """Its place in the batch, from 0."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read, and why."""

    row: int
    offset: int | None
    reason: str
    excerpt: str
    size_bytes: int = 0


QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("byte_offset", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("excerpt", pa.string()),
    ]
)
EXCERPT = 200
"""Longest excerpt of a quarantined row, in characters."""
