"""The usual names of columns, in any case, the likeliest first."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

PROBLEM = (
    "problem", "question", "query", "instruction", "prompt", "task", "input", "problem_text",
    "question_text", "problem_statement",
)  # fmt: skip
RESPONSE = (
    "response", "generation", "completion", "output", "model_output", "model_response",
    "generated_text", "model_answer", "assistant", "trace", "reasoning_trace", "prediction_text",
)  # fmt: skip
WORKED = ("solution", "answer")
"""What stands for the response where no column of `RESPONSE` does: worked solutions."""
RESPONSES = (
    "generations", "responses", "completions", "outputs", "samples", "rollouts", "generation",
    "response", "completion", "output", "model_outputs", "candidates",
)  # fmt: skip
REFERENCE = (
    "reference", "reference_answer", "gold", "gold_answer", "ground_truth", "groundtruth",
    "ground_truth_answer", "expected_answer", "correct_answer", "final_answer", "answer", "target",
    "label", "solution",
)  # fmt: skip
OPTIONS = ("options", "choices")
STOP_REASON = (
    "finish_reason", "stop_reason", "done_reason", "finish_reasons", "stop_reasons", "stop",
)  # fmt: skip
REASONING = ("reasoning_content", "reasoning", "thinking", "thinking_content", "thought", "think")
CONVERSATION = ("messages", "conversations", "conversation", "completion", "response", "output")
"""Columns whose last turn may be the response."""
TURNS = ("prompt", "message", "messages", "conversations", "conversation", "prompt_messages")
"""Columns whose last user turn may be the problem."""
ROWS = (
    "data", "rows", "records", "examples", "instances", "samples", "items", "results", "entries",
    "problems", "questions", "traces", "train", "test", "validation",
)  # fmt: skip
"""Keys of a JSON object under which a file may hold all its rows."""
PER_RESPONSE = (
    "accept", "complete", "correct", "entropy", "extract", "finish", "generat", "grade", "judg",
    "length", "logp", "parsed", "pass", "pred", "rating", "reasoning", "response", "reward",
    "score", "seed", "stop", "temperature", "thinking", "token", "valid", "verif",
)  # fmt: skip
"""Parts of the names of lists that hold a value for each response."""


def lowered(record: Mapping[str, Any]) -> Mapping[str, str]:
    """Lower-case name → name as written; the first of two that differ in case only."""
    return _lowered(tuple(record))


@lru_cache(maxsize=1024)
def _lowered(columns: tuple[str, ...]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for name in columns:
        names.setdefault(name.lower(), name)
    return names


def first(names: Mapping[str, str], wanted: Iterable[str]) -> str | None:
    """The first of the wanted columns that is there, as written."""
    for name in wanted:
        if name in names:
            return names[name]
    return None


def first_text(record: Mapping[str, Any], wanted: Iterable[str]) -> str | None:
    """The first of the wanted columns that holds some text, as written."""
    names = lowered(record)
    for name in wanted:
        if name in names and is_text(record[names[name]]):
            return names[name]
    return None


def is_text(value: Any) -> bool:
    """Whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value)


def at_path(record: Mapping[str, Any], path: str) -> tuple[Any, str | None]:
    """The value at a column or a dotted path in any case, and the column it starts from."""
    names = lowered(record)
    column = path if path in record else names.get(path.lower())
    if column is not None:
        return record[column], column
    head, _, rest = path.partition(".")
    column = head if head in record else names.get(head.lower())
    if column is None or not rest:
        return None, None
    value: Any = record[column]
    for step in rest.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value, column


def distinct(columns: Iterable[str]) -> list[str]:
    """Names of columns, with a number at the second of a name: a, b, a → a, b, a_2."""
    found: list[str] = []
    for name in columns:
        number, free = 2, name
        while free in found:
            number, free = number + 1, f"{name}_{number}"
        found.append(free)
    return found
