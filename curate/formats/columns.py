"""The usual names of columns, in any case, the likeliest first."""

from collections.abc import Iterable, Mapping
from typing import Any

PROBLEM = (
    "problem", "question", "query", "instruction", "prompt", "task", "input", "problem_text",
    "question_text", "problem_statement",
)  # fmt: skip
RESPONSE = (
    "response", "generation", "completion", "output", "model_output", "model_response",
    "generated_text", "model_answer", "assistant", "trace", "reasoning_trace",
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
STOP_REASON = ("finish_reason", "stop_reason", "done_reason", "finish_reasons", "stop_reasons")
REASONING = ("reasoning_content", "reasoning", "thinking", "thinking_content", "thought", "think")


def lowered(record: Mapping[str, Any]) -> dict[str, str]:
    """Lower-case name → name as written; the first of two that differ in case only."""
    names: dict[str, str] = {}
    for name in record:
        names.setdefault(name.lower(), name)
    return names


def first(names: Mapping[str, str], wanted: Iterable[str]) -> str | None:
    """The first of the wanted columns that is there, as written."""
    return next((names[name] for name in wanted if name in names), None)


def at_path(record: Mapping[str, Any], path: str) -> tuple[Any, str | None]:
    """The value at a column or a dotted path, and the column it starts from; None if absent."""
    if path in record:
        return record[path], path
    head, _, rest = path.partition(".")
    value: Any = record.get(head)
    if head not in record:
        return None, None
    for step in rest.split(".") if rest else ():
        value = value.get(step) if isinstance(value, Mapping) else None
    return value, head


def column(record: Mapping[str, Any], name: str) -> str | None:
    """A forced column as written in the record, whatever its case."""
    if name in record:
        return name
    return lowered(record).get(name.lower())
