"""The columns of a row by what they mean: those that `fields` names, else the usual names."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from curate.errors import InputError
from curate.train.eval.choices import text_of
from curate.train.eval.suite import Suite

USUAL: Mapping[str, tuple[str, ...]] = {
    "problem": ("problem", "question", "Problem", "Question", "prompt", "question_content"),
    "reference": ("reference", "answer", "gold", "Answer", "target", "expected_answer"),
    "choices": ("choices", "options"),
    "id": ("id", "unique_id", "question_id", "task_id", "ID", "key", "Record ID"),
    "cluster": ("cluster",),
    "tests": ("tests", "test_list", "test", "input_output"),
    "trace": ("trace",),
    "solution": ("reference_solution",),
}


def need_columns(suite: Suite, seen: Collection[str]) -> None:
    """Nothing, when every column that `fields` names is in some row.

    Raises:
        InputError: one is in none.
    """
    named = {role: getattr(suite.fields, role) for role in USUAL}
    for role, name in named.items():
        if name is not None and name not in seen and suite.known is None:
            near, there = get_close_matches(name, seen, 1), ", ".join(sorted(seen))
            raise InputError(
                f"no row of `{suite.path}` has the column `{name}`",
                why=f"`fields` of `[suites.{suite.name}]` names it as its {role}",
                fix=f"did you mean `{near[0]}`?" if near else f"there are {there}",
            )


def id_of(suite: Suite, row: Mapping[str, Any], number: int) -> str:
    """What an item is called: its own name, or `row-000017` by its line."""
    return text_of(column(suite, row, "id"), f"row-{number:06}")


def column(suite: Suite, row: Mapping[str, Any], role: str) -> Any:  # noqa: ANN401  JSON
    """The value that plays a role; None where there is none."""
    named = getattr(suite.fields, role)
    names = USUAL[role] if named is None else (named,)
    return next((row[name] for name in names if row.get(name) is not None), None)


def needed(suite: Suite, row: Mapping[str, Any], role: str, place: str) -> Any:  # noqa: ANN401
    """The value that plays a role.

    Raises:
        InputError: there is none.
    """
    value = column(suite, row, role)
    if value is None:
        raise InputError(
            f"`{place}` has no {role}",
            why=f"its columns are {', '.join(row)}",
            fix=f'name the column in `[suites.{suite.name}]`: `fields = {{ {role} = "…" }}`',
        )
    return value


def optional(value: object) -> str | None:
    """A value as text, where there is one."""
    return None if value is None else text_of(value)
