"""Raw dumps in: files to records, records to traces."""

from curate.formats.model import Block, ReadOptions, Source, Split
from curate.formats.plan import plan_sources
from curate.formats.read import read_blocks
from curate.formats.table import empty_block

__all__ = ["Block", "ReadOptions", "Source", "Split", "empty_block", "plan_sources", "read_blocks"]
