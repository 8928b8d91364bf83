"""How a check reads: a line for each similarity that was planted, and one for unrelated pairs."""

from curate.account_text import aligned
from curate.dedup.check import Check


def check_text(check: Check) -> str:
    """The check as two tables."""
    head = ["planted", "similarity", "promised", "detected", "copies", "found", "recall", "text"]
    planted = [
        [
            f"{row.planted:,}",
            f"{row.similarity:.3f}",
            f"{row.expected:.3f}",
            f"{row.detected:.3f}",
            f"{row.copies:,}",
            f"{row.found:,}",
            f"{row.found / row.copies:.3f}" if row.copies else "–",
            row.text,
        ]
        for row in check.planted
    ]
    other = ["pairs", "detected", "by estimate alone", "found", "unrelated texts"]
    unrelated = [
        [f"{row.pairs:,}", f"{row.detected:,}", f"{row.estimated:,}", f"{row.found:,}", row.text]
        for row in check.unrelated
    ]
    tables = (aligned([head, *planted], numbers=7), aligned([other, *unrelated], numbers=4))
    return "\n\n".join("\n".join(lines) for lines in tables)
