"""The choices of a problem: read, put in an order that a seed fixes, and the right one found."""

from collections.abc import Sequence

import numpy as np
import xxhash

from curate.errors import InputError

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def choices_of(value: object) -> tuple[list[str], list[str]]:
    """Choices and their labels, out of a list or an object."""
    if isinstance(value, dict) and isinstance(value.get("text"), list):
        texts = [text_of(each) for each in value["text"]]
        return texts, [text_of(each) for each in value.get("label") or LETTERS[: len(texts)]]
    if isinstance(value, dict):
        return [text_of(each) for each in value.values()], [str(each) for each in value]
    texts = [text_of(each) for each in value] if isinstance(value, list) else []
    return texts, list(LETTERS[: len(texts)])


def place_of(
    given: str, choices: Sequence[str], labels: Sequence[str], place: str, *, number_first: bool
) -> int:
    """Place of the choice that a reference names: by label, by text, or by number from 0.

    `number_first`: a number is a place before it is a text, as in MMLU, where `answer` is 2 and a
    choice may be the text "2".

    Raises:
        InputError: it names none, or there are more choices than letters.
    """
    if len(choices) > len(LETTERS):
        raise InputError(
            f"`{place}` has {len(choices)} choices",
            why=f"each gets a letter, and there are {len(LETTERS)}",
            fix="leave the row out",
        )
    given = given.strip()
    letter = given.strip("().").upper()
    by_label = [at for at, label in enumerate(labels[: len(choices)]) if label.upper() == letter]
    by_text = [at for at, choice in enumerate(choices) if choice.strip() == given]
    by_number = [int(given)] if given.isdecimal() and int(given) < len(choices) else []
    others = (by_number, by_text) if number_first else (by_text, by_number)
    for found in (by_label, *others):
        if len(found) == 1:
            return found[0]
    raise InputError(
        f"`{place}` has a reference that is none of its choices",
        why=f"it is `{given[:60]}`, and the choices are {', '.join(labels)}",
        fix="correct the row, or name other columns in `fields`",
    )


def shuffled(count: int, seed: int | None, name: str) -> list[int]:
    """An order of so many things that depends on the seed and the name alone."""
    if seed is None:
        return list(range(count))
    draw = np.random.default_rng([seed, xxhash.xxh3_64_intdigest(name.encode())])
    return [int(each) for each in draw.permutation(count)]


def text_of(value: object, default: str = "") -> str:
    """A value as text."""
    return default if value is None else value if isinstance(value, str) else str(value)
