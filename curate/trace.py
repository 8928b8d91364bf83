"""The trace: one problem, one response and where they came from.

One row of `traces/part-*.parquet` (then follow the original columns of the dump, as they were):

    id            "9f2c…" (32 hex)     content id of (problem, response)
    problem_id    "51ab…" (16 hex)     content id of the problem alone
    source        "dumps/a.jsonl"      the file, as the user named it
    row           17                   1-based; for line formats the line number
    rollout       0                    place in the row's list of responses, 0 when it has one
    problem       "What is 2+3?"
    response      "<think>…</think>…"  everything the model wrote
    reference     "5"                  null when the dump has none
    reference_form "text"              how to read `reference`: text, list, countdown or code (JSON)
    options       ["2", "5"]           the choices of a multiple-choice problem, else null
    stop_reason   "stop"               why generation ended, where the dump says so
"""

from dataclasses import dataclass
from enum import StrEnum

import xxhash

TRACES = "traces"
"""Name of the group that they are in."""
TRACE_COLUMNS = (
    "id", "problem_id", "source", "row", "rollout", "problem", "response", "reference",
    "reference_form", "options", "stop_reason",
)  # fmt: skip
"""The columns of the traces that are ours; all others are the dump's own."""


class ReferenceForm(StrEnum):
    """How the text of `reference` is read."""

    TEXT = "text"
    LIST = "list"
    """A JSON list of strings: the parts of an answer, or accepted alternatives in order."""
    COUNTDOWN = "countdown"
    """A JSON object `{"numbers": [...], "target": n}`."""
    CODE = "code"
    """Tests of a program as JSON; `curate.verify.code.tests` lists their shapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One problem with one response; the record everything else stands beside."""

    problem: str
    response: str
    reference: str | None = None
    reference_form: ReferenceForm = ReferenceForm.TEXT
    options: tuple[str, ...] | None = None
    stop_reason: str | None = None
    rollout: int = 0
    """Place in the row's list of responses, from 0."""


def trace_id(problem: str, response: str) -> str:
    """Content id of a trace: 32 hex digits, the same for the same texts everywhere."""
    # The problem's length keeps ("ab", "c") and ("a", "bc") apart.
    first = problem.encode("utf-8", "surrogatepass")
    digest = xxhash.xxh3_128(len(first).to_bytes(8, "little"))
    digest.update(first)
    digest.update(response.encode("utf-8", "surrogatepass"))
    return str(digest.hexdigest())


def problem_id(problem: str) -> str:
    """Content id of a problem: 16 hex digits; white space at the ends does not count."""
    return str(xxhash.xxh3_64_hexdigest(problem.strip().encode("utf-8", "surrogatepass")))
