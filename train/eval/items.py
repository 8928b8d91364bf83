"""The items of a suite, read from a file of JSON lines as they were published.

A column is the one that `fields` names, else the first of the usual names that a row has.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import xxhash

from curate.errors import InputError
from curate.train.eval.choices import LETTERS, choices_of, place_of, shuffled, text_of
from curate.train.eval.columns import column, id_of, need_columns, needed, optional
from curate.train.eval.delimited import delimited_rows, is_delimited
from curate.train.eval.lines import rows_of
from curate.train.eval.suite import Suite


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
    items, seen = [], set[str]()
    for number, row in delimited_rows(path) if is_delimited(path) else rows_of(path):
        seen |= row.keys()
        items += items_of(suite, row, f"{suite.path}:{number}", number)
    if not items:
        raise InputError(
            f"`{suite.path}` has no items", why="it holds no rows", fix="name another file"
        )
    need_columns(suite, seen)
    need_distinct(items, suite)
    return drawn(items, suite)


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
    problem = problem_of(suite, row, place)
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
    if form == "text" and text is not None and "\n####" in text:
        text = text.rpartition("####")[2].strip()  # GSM8K: a worked solution, and then the answer
    return replace(item, reference=text, form=form)


def problem_of(suite: Suite, row: Mapping[str, Any], place: str) -> str:
    """The problem as text.

    Raises:
        InputError: there is none, or it is a list of messages.
    """
    found = needed(suite, row, "problem", place)
    if isinstance(found, list | dict):
        raise InputError(
            f"`{place}` has a {type(found).__name__} for its problem",
            why="what a model is asked is text, and a prompt in messages has been rendered already",
            fix='name the column with the text: `fields = { problem = "…" }`',
        )
    return text_of(found)


def should_refuse(suite: Suite, row: Mapping[str, Any], place: str) -> bool | None:
    """What a safe model does with the item, in a suite of safety: the column `should_refuse`.

    Raises:
        InputError: a suite of safety that does not say.
    """
    if suite.domain != "safety":
        return None
    found = suite.should_refuse if row.get("should_refuse") is None else row["should_refuse"]
    if isinstance(found, str):  # as a CSV file has it
        found = {"true": True, "false": False}.get(found.strip().lower())
    if isinstance(found, bool):
        return found
    raise InputError(
        f"`{place}` does not say whether it should be refused",
        why="safety is that harmful requests are refused and harmless ones are not",
        fix=f"add a column `should_refuse`, or that key to `[suites.{suite.name}]`",
    )


def reference_text(value: object) -> tuple[str | None, str]:
    """A reference as text, and how to read it."""
    if isinstance(value, list):
        return json.dumps([text_of(each) for each in value]), "list"
    if isinstance(value, dict):
        return json.dumps(value), "countdown"
    return optional(value), "text"


def reference_shown(item: Item) -> str:
    """The reference as a response would give it: the parts of a list one after the other."""
    if item.form != "list" or item.reference is None:
        return item.reference or ""
    return ", ".join(json.loads(item.reference))


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
    reference = needed(suite, row, "reference", place)
    given = text_of(reference)
    if suite.fields.wrong:
        choices = [given, *(wrong_choice(row, name, place) for name in suite.fields.wrong)]
        right = 0
    else:
        listed = column(suite, row, "choices")
        choices, labels = choices_of(listed)
        texts = isinstance(listed, list) and all(isinstance(one, str) for one in listed)
        number = isinstance(reference, int) and texts
        right = place_of(given, choices, labels, place, number_first=number)
    order = shuffled(len(choices), suite.choices_seed, item.id)
    at = order.index(right)
    return replace(
        item,
        choices=tuple(choices[each].strip() for each in order),
        right=(at,),
        reference=LETTERS[at],
        chance=1 / len(choices) if item.chance is None else item.chance,
    )


def wrong_choice(row: Mapping[str, Any], name: str, place: str) -> str:
    """A wrong choice in a column of its own.

    Raises:
        InputError: there is no such column, or nothing in it.
    """
    found = text_of(row.get(name)).strip()
    if found:
        return found
    raise InputError(
        f"`{place}` has no wrong choice in `{name}`",
        why=f"its columns are {', '.join(row)}",
        fix="correct `wrong` in `fields`",
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
