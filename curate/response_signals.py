"""What students' responses do: lengths, behaviours and structure, one row for each response.

The same signals that grade traces (`curate.quality.signals`), and beside them how often a response
turns back and how often that changes a value that it had stated: `7*8 = 54. Wait, 7*8 = 56` does,
`Wait. Let me check. 7*8 = 56. Yes` does not. Turning back that never changes anything is a habit of
words, not a procedure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import log1p
from typing import Any

import numpy as np
import polars as pl

from curate.quality.markers import Markers, Sign, markers_at, places_of
from curate.quality.parts import Response
from curate.quality.signals import RATES, signals_of
from curate.quality.words import Numbers
from curate.verify import canonical, extract, read_reference

NO_REFERENCE = read_reference(None, "text", None)
VALUE = re.compile(rb"=[ \t]{0,3}(-?\d[\d,]{0,30}(?:[./]\d{1,30})?)(?![\d(*/^+])")
"""A value behind its sign; products and sums there are no value yet."""
NAME = re.compile(rb"[^=\n.,;:<>!]{1,40}\Z")
"""What has the value, from the end of what stands before the sign."""
NAME_BYTES = 40
STATEMENT = re.compile(
    rb"(?:\banswer\b[^\n.]{0,20}?\b(?:is|be)\b|\banswer\s{0,3}:|boxed\{)"
    rb"[ \t$*({\\]{0,6}(-?[\w.,/]{1,40})",
    re.IGNORECASE,
)
"""An announced answer."""
WORDS = re.compile(rb"^(?:\s*[A-Za-z']{2,}\s+)+(?=\S)")
"""Words before what has the value: `so then wait 7*8`."""
SCHEMA: dict[str, Any] = {
    "tokens": pl.Float64,
    "log_tokens": pl.Float64,
    **dict.fromkeys(RATES, pl.Float64),
    "failed_steps": pl.Float64,
    "branches": pl.Float64,
    "steps": pl.Float64,
    "loop_share": pl.Float64,
    "backtracks": pl.Float64,
    "changed": pl.Float64,
    "changed_rate": pl.Float64,
}
"""Columns of `response_signals`. `tokens` are estimated; `log_tokens` is ln(1 + tokens); rates are
phrases per 1,000 tokens of reasoning, 0 where there is none; `failed_steps` in [0, 1] is 0 without
steps; `backtracks` and `changed` are counts, `changed_rate` is per 1,000 tokens."""


def response_signals(responses: Sequence[str]) -> pl.DataFrame:
    """One row for each response, in order; all null where our own code failed on the text."""
    column = pl.Series("response", [text.encode("utf-8", "replace").decode() for text in responses])
    rows = [
        row_of(text, places)
        for text, places in zip(column, places_of(column.cast(pl.String)), strict=True)
    ]
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in SCHEMA}, schema=SCHEMA)


def row_of(text: str, places: Numbers) -> Mapping[str, float]:
    """The signals of one response."""
    try:
        return signals(text, places)
    except Exception:  # noqa: BLE001 - the boundary to untrusted text
        return {}


def signals(text: str, places: Numbers) -> dict[str, float]:
    """The signals of one response; may fail on hostile text."""
    response = response_of(text)
    found = signals_of(response, places)
    markers = markers_at(places[places < len(response.data)], response.data)
    turns = int(markers.of(Sign.BACKTRACKING).sum())
    changed = changed_values(response.data, markers)
    tokens = float(found["tokens"])
    kept = ("failed_steps", "branches", "steps", "loop_share", *RATES)
    return {
        "tokens": tokens,
        "log_tokens": log1p(tokens),
        **{name: float(found[name] or 0.0) for name in kept},
        "backtracks": float(turns),
        "changed": float(changed),
        "changed_rate": 1000 * changed / tokens if tokens >= 1 else 0.0,
    }


def response_of(text: str) -> Response:
    """A response with its parts and no reference, as `curate verify` leaves it in a pool."""
    data = text.rstrip()
    found = extract(data, NO_REFERENCE)
    return Response(
        data=data.encode(),
        stop_reason=None,
        thinking=found.thinking,
        thinking_start=found.thinking_start,
        thinking_end=found.thinking_end,
        answer=found.answer,
        rule=found.rule,
        canonical_answer=None if found.answer is None else canonical(found.answer),
        answer_start=found.start,
        answer_end=found.end,
    )


def changed_values(data: bytes, markers: Markers) -> int:
    """How many words of turning back stand between two different values of the same thing.

    Of several such words between the two, the last one counts.
    """
    turns = markers.starts[markers.of(Sign.BACKTRACKING)]
    if not len(turns):
        return 0
    last: dict[bytes, tuple[int, bytes]] = {}
    credited: set[int] = set()
    for place, name, value in sorted(stated(data)):
        before = last.get(name)
        if before is not None and before[1] != value:
            turn = int(np.searchsorted(turns, place)) - 1
            if turn >= 0 and turns[turn] > before[0]:
                credited.add(turn)
        last[name] = (place, value)
    return len(credited)


def stated(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Place, name and value of everything that the text gives a value, answers as `answer`."""
    for found in VALUE.finditer(data):
        before = NAME.search(data[max(0, found.start() - NAME_BYTES) : found.start()])
        if before is not None:
            name = WORDS.sub(b"", before[0])
            yield found.start(1), b"".join(name.split()).lower(), found[1].replace(b",", b"")
    for found in STATEMENT.finditer(data):
        yield found.start(1), b"answer", found[1].rstrip(b".,").lower()
