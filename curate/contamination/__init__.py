"""Traces that hold problems of a benchmark: which item, by which rule, where, and how much of it.

Texts become tokens (`tokens`), the items an index of hashed word n-grams (`index`), a long text is
scanned for them in numpy (`scan`), and what is found is compared token by token (`rules`).
"""

from curate.contamination.index import Index, build_index
from curate.contamination.items import Item
from curate.contamination.rules import RULES, Rule
from curate.contamination.scan import Hit, scan

__all__ = ["RULES", "Hit", "Index", "Item", "Rule", "build_index", "scan"]
