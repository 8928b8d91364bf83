"""What the rules find of a benchmark's own items after edits, and what they find that is not there.

Every item is edited in nine ways, and must be found again; every second item is then sought in the
others, where most of what is found is a false alarm, or a template that a benchmark uses twice.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.account_text import aligned, percent
from curate.contamination.edits import EDITS, edited
from curate.contamination.index import Index, build_index, joined
from curate.contamination.items import Item
from curate.contamination.rules import RULES
from curate.contamination.scan import Hit, scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """How many items are found again after an edit."""

    found: int
    changed: int
    """Items that the edit changed at all."""
    by_rule: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome for one set of items."""

    items: int
    recalls: Mapping[str, Recall]
    half: int
    """Items in the half that is searched."""
    alarms: int
    """Of these, those in which an item of the other half is found."""
    alarms_by_rule: Mapping[str, int]

    @property
    def alarm_rate(self) -> float:
        """Share in [0, 1] of the half that is searched."""
        return self.alarms / max(1, self.half)

    def plain(self) -> dict[str, Any]:
        """For machines."""
        return {
            "items": self.items,
            "edits": {
                name: {"found": one.found, "changed": one.changed, "by_rule": dict(one.by_rule)}
                for name, one in self.recalls.items()
            },
            "half": self.half,
            "alarms": self.alarms,
            "alarms_by_rule": dict(self.alarms_by_rule),
        }


def check_items(items: Sequence[Item]) -> Check:
    """Recall of every edit, and alarms between halves."""
    index = build_index(items)
    texts = [item.text for item in index.items]
    recalls = {}
    for name, edit in EDITS.items():
        planted = edited(texts, edit)
        own = {hit.text: hit for hit in hits_in(planted, index) if hit.text == hit.item}
        recalls[name] = Recall(
            found=len(own),
            changed=sum(text != before for text, before in zip(planted, texts, strict=True)),
            by_rule=by_rule(list(own.values())),
        )
    searched = texts[1::2]
    first: dict[int, Hit] = {}
    for hit in hits_in(searched, build_index(index.items[::2])):
        first.setdefault(hit.text, hit)
    return Check(
        items=len(texts),
        recalls=recalls,
        half=len(searched),
        alarms=len(first),
        alarms_by_rule=by_rule(list(first.values())),
    )


def hits_in(texts: Sequence[str], index: Index) -> list[Hit]:
    """The hits in some problems, of each the best first."""
    data, cuts = joined(texts)
    return scan(data, np.append(cuts, len(data)), index, problems=True)


def by_rule(hits: Sequence[Hit]) -> dict[str, int]:
    """Hits by their rule, the surest rule first."""
    counts = Counter(hit.rule for hit in hits)
    return {str(rule): counts[rule] for rule in RULES if rule in counts}


def check_text(check: Check) -> str:
    """The outcome in a table."""
    head = ["found", "of", "changed", "edit", "by rule"]
    rows = [
        [f"{one.found:,}", f"{check.items:,}", f"{one.changed:,}", name, words(one.by_rule)]
        for name, one in check.recalls.items()
    ]
    alarms = (
        f"{check.alarms:,} of {check.half:,} items hold one of the other half "
        f"({percent(check.alarm_rate)}): {words(check.alarms_by_rule) or 'none'}"
    )
    return "\n".join([*aligned([head, *rows], numbers=3), alarms])


def words(by_rule: Mapping[str, int]) -> str:
    """`28 verbatim, 2 ngrams`."""
    return ", ".join(f"{number:,} {rule}" for rule, number in by_rule.items())
