"""What the rules that find answers share: how far they look, and what a number looks like."""

import re

TAIL = 4_000
"""Characters at the end in which phrases, letters and numbers are looked for."""
LAST_LINES = 400
"""Characters at the end in which an unmarked formula or number counts as the answer."""
MAX_WHOLE = 300
"""Longest text that is an answer as a whole."""

NUMBER = re.compile(
    r"(?<![^\s$*=:≈(（：，。€£¥>\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])"
    r"[-+]?(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+|(?=\.\d))(?:[.,]\d+)?"
    r"(?:\s?/\s?\d+)?(?:\s?(?:%|\\%|°))?(?=$|[\s*$€£¥)）。，！]|[.,;:!?](?:\s|$|\*)|[^\W\d_])"
)


def last_match(pattern: re.Pattern[str], text: str, begin: int) -> re.Match[str] | None:
    """The last match from `begin` on."""
    found = None
    for found in pattern.finditer(text, begin):  # noqa: B007  only the last one is wanted
        pass
    return found
