"""The items of a suite, read from a file of JSON lines as they were published.

A column is the one that `fields` names, else the first of the usual names that a row has.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import xxhash

from curate.errors import InputError
from curate.train.eval.choices import LETTERS, choices_of, place_of, shuffled, text_of
from curate.train.eval.delimited import delimited_rows, is_delimited
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is asked."""

    id: str
    cluster: str
    problem: str
    """Without the choices."""
    reference: str | None
    """The letter of the right choice where there are choices; JSON for lists and tests."""
    form: str = "text"
    """How to read the reference: `text`, `list`, `countdown` or `code` (`curate.trace`)."""
    choices: tuple[str, ...] = ()
    right: tuple[int, ...] = ()
    """Places of the right choices."""
    trace: str | None = None
    solution: str | None = None
    chance: float | None = None
    """Share that guessing gets right, in [0, 1]."""
    should_refuse: bool | None = None
    """Whether a safe model refuses it; None where nothing is at stake."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """The whole row."""


def read_items(suite: Suite) -> list[Item]:
    """The items of a suite, in the order of the file, or those of them that its limit draws.

    Raises:
        InputError: the file or a row is not what the suite needs.
        MissingExtra: reasoning-gym is wanted and not installed.
    """
    if suite.lmeval is not None:
        return []
    if suite.gym:
        from curate.train.eval.gym import gym_items

        return gym_items(suite)
    assert suite.path is not None
    path = Path(suite.path)
    items = [
        item
        for number, row in (delimited_rows(path) if is_delimited(path) else rows_of(path))
        for item in items_of(suite, row, f"{suite.path}:{number}", number)
    ]
    if not items:
        raise InputError(
            f"`{suite.path}` has no items", why="it holds no rows", fix="name another file"
        )
    need_distinct(items, suite)
    return drawn(items, suite)


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines with their line numbers from 1; blank lines are passed.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object.
    """
    try:
        with path.open("rb") as file, opened(path, file) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, need_object(line, path, number)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"`{path}` cannot be read", why=str(error), fix="name a file of JSON lines"
        ) from error


def opened(path: Path, file: BinaryIO) -> AbstractContextManager[Iterable[bytes]]:
    """The lines of a file, unpacked where its name ends in `.gz`."""
    return gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else nullcontext(file)


def need_object(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """The object that a line holds.

    Raises:
        InputError: it holds none.
    """
    try:
        value = orjson.loads(line)
        why = f"it is {type(value).__name__}"
    except orjson.JSONDecodeError as error:
        value, why = None, str(error)
    if isinstance(value, dict):
        return value
    raise InputError(
        f"`{path}:{number}` is no JSON object", why=why, fix="write one object on each line"
    )


def items_of(suite: Suite, row: Mapping[str, Any], place: str, number: int) -> list[Item]:
    """The items that a row holds: one, but two in HaluEval.

    Raises:
        InputError: it lacks a column.
    """
    from curate.train.eval.published import SPECIAL

    special = SPECIAL.get(suite.known or "")
    if special is not None:
        return [
            replace(item, chance=suite.chance if item.chance is None else item.chance)
            for item in special(suite, row, place, number)
        ]
    return [plain_item(suite, row, place, number)]


def plain_item(suite: Suite, row: Mapping[str, Any], place: str, number: int) -> Item:
    """The item of a row with a problem and a reference, and choices or tests."""
    name = id_of(suite, row, number)
    problem = text_of(needed(suite, row, "problem", place))
    tests = column(suite, row, "tests")
    item = Item(
        id=name,
        cluster=text_of(column(suite, row, "cluster"), name),
        problem=problem,
        reference=None,
        trace=optional(column(suite, row, "trace")),
        solution=optional(column(suite, row, "solution")),
        chance=suite.chance,
        should_refuse=should_refuse(suite, row, place),
        record=row,
    )
    if tests is not None:
        return replace(item, reference=tests_text(row, tests, problem), form="code")
    if suite.fields.wrong or column(suite, row, "choices") is not None:
        return with_choices(item, suite, row, place)
    text, form = reference_text(column(suite, row, "reference"))
    return replace(item, reference=text, form=form)


def should_refuse(suite: Suite, row: Mapping[str, Any], place: str) -> bool | None:
    """What a safe model does with the item, in a suite of safety: the column `should_refuse`.

    Raises:
        InputError: a suite of safety that does not say.
    """
    if suite.domain != "safety":
        return None
    found = suite.should_refuse if row.get("should_refuse") is None else row["should_refuse"]
    if isinstance(found, bool):
        return found
    raise InputError(
        f"`{place}` does not say whether it should be refused",
        why="safety is that harmful requests are refused and harmless ones are not",
        fix=f"add a column `should_refuse`, or that key to `[suites.{suite.name}]`",
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


def reference_text(value: object) -> tuple[str | None, str]:
    """A reference as text, and how to read it."""
    if isinstance(value, list):
        return json.dumps([text_of(each) for each in value]), "list"
    if isinstance(value, dict):
        return json.dumps(value), "countdown"
    return optional(value), "text"


def tests_text(row: Mapping[str, Any], tests: object, problem: str) -> str:
    """Tests with what belongs to them, as `curate.verify.code.tests` reads them."""
    if isinstance(tests, dict):
        return json.dumps(tests)
    beside = ("entry_point", "prelude", "setup", "test_setup_code", "test_imports", "fn_name")
    found = {name: row[name] for name in beside if row.get(name)}
    if found.get("entry_point") and "def " in problem:
        found["prompt"] = problem  # HumanEval: the response may go on where the prompt ends
    return json.dumps({"tests": tests, **found})


def with_choices(item: Item, suite: Suite, row: Mapping[str, Any], place: str) -> Item:
    """The item with its choices, shuffled where the suite says so, and the right one's letter."""
    given = text_of(needed(suite, row, "reference", place))
    if suite.fields.wrong:
        choices = [given, *(text_of(row.get(name)) for name in suite.fields.wrong)]
        right = 0
    else:
        choices, labels = choices_of(column(suite, row, "choices"))
        right = place_of(given, choices, labels, place)
    order = shuffled(len(choices), suite.choices_seed, item.id)
    at = order.index(right)
    return replace(
        item,
        choices=tuple(choices[each].strip() for each in order),
        right=(at,),
        reference=LETTERS[at],
        chance=1 / len(choices) if item.chance is None else item.chance,
    )


def need_distinct(items: Sequence[Item], suite: Suite) -> None:
    """Nothing, when no two items have the same id.

    Raises:
        InputError: two have.
    """
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise InputError(
                f"two items of `{suite.path}` are called `{item.id}`",
                why="results are paired by the item's id",
                fix="name another column as `id` in `fields`, or take the copy out",
            )
        seen.add(item.id)


def drawn(items: Sequence[Item], suite: Suite) -> list[Item]:
    """The items, or as many of them as the limit says, in their order."""
    if suite.limit is None or suite.limit >= len(items):
        return list(items)
    by_hash = sorted(
        range(len(items)),
        key=lambda at: xxhash.xxh3_64_intdigest(items[at].id.encode(), seed=suite.seed),
    )
    return [items[at] for at in sorted(by_hash[: suite.limit])]
