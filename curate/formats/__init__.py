"""Raw dumps in: files to records, records to traces."""

from curate.formats.model import Block, Broken, ReadOptions, Source, Split
from curate.formats.plan import plan_sources
from curate.formats.read import read_blocks, read_records
from curate.formats.references import options_of
from curate.formats.table import empty_block
from curate.formats.traces import problem_of

__all__ = [
    "Block",
    "Broken",
    "ReadOptions",
    "Source",
    "Split",
    "empty_block",
    "options_of",
    "plan_sources",
    "problem_of",
    "read_blocks",
    "read_records",
]
