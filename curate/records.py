"""Plain values (as TOML gives them) into frozen dataclasses; what does not fit is said in words."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from curate.errors import InputError

Record = TypeVar("Record")
WORDS = {
    object: "anything",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def read_record(cls: type[Record], table: object, place: str) -> Record:
    """The dataclass with the values of a table.

    Raises:
        InputError: a key is unknown (names the nearest), missing, or of another type.
    """
    values = need_table(table, place)
    hints = get_type_hints(cls)
    known = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    need_known(values, known, place)
    for field in fields(cls):  # type: ignore[arg-type]
        needed = field.default is MISSING and field.default_factory is MISSING
        if needed and field.name not in values:
            raise InputError(
                f"`{field.name}` is missing in {place}",
                why="it has no default",
                fix=f"add `{field.name} = …`",
            )
    given = {name: fit(value, hints[name], f"{place}, `{name}`") for name, value in values.items()}
    return cls(**given)


def need_table(table: object, place: str) -> Mapping[str, Any]:
    """The value, when it is a table."""
    if isinstance(table, Mapping):
        return table
    raise InputError(
        f"{place} is not a table",
        why=f"it is {type(table).__name__} `{table}`",
        fix="write it as `[name]` with `key = value` lines below",
    )


def need_known(values: Mapping[str, Any], known: list[str], place: str) -> None:
    """Nothing, when every key is known.

    Raises:
        InputError: one is not; says which known one is nearest.
    """
    for name in values:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            raise InputError(
                f"unknown key `{name}` in {place}",
                why=f"the keys there are {', '.join(known)}",
                fix=f"did you mean `{near[0]}`?" if near else "take one of these",
            )


def fit(value: Any, hint: Any, place: str) -> Any:  # noqa: ANN401  any value, any type
    """The value as its type wants it: lists become tuples, whole numbers numbers."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        # A whole number fits `int` before `float`, so that rows and shares stay apart.
        tried = [option for option in inner if fits(value, option)]
        return fit(value, tried[0], place) if tried else refuse(value, hint, place)
    if not fits(value, hint):
        return refuse(value, hint, place)
    if origin is tuple:
        return tuple(fit(item, inner[0], place) for item in value)
    if origin is not None and issubclass_of(origin, Mapping):
        return {str(name): fit(item, inner[1], place) for name, item in value.items()}
    return float(value) if hint is float else value


def fits(value: Any, hint: Any) -> bool:  # noqa: ANN401
    """Whether a value is of the type, its items aside."""
    origin = get_origin(hint)
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, list | tuple)
    if origin is not None:
        return issubclass_of(origin, Mapping) and isinstance(value, Mapping)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def issubclass_of(origin: Any, parent: type) -> bool:  # noqa: ANN401
    """Whether the origin of a generic type is a kind of the parent."""
    return isinstance(origin, type) and issubclass(origin, parent)


def refuse(value: Any, hint: Any, place: str) -> Any:  # noqa: ANN401
    """Never returns.

    Raises:
        InputError: always; says what would fit.
    """
    raise InputError(
        f"`{value}` does not fit {place}",
        why=f"it wants {wanted(hint)}",
        fix="change the value",
    )


def wanted(hint: Any) -> str:  # noqa: ANN401
    """What a type wants, in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(f'"{value}"' for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(wanted(option) for option in inner if option is not type(None))
    if origin is tuple:
        return f"a list, each item {wanted(inner[0])}"
    if origin is not None:
        return f"a table, each value {wanted(inner[1])}"
    return WORDS.get(hint, "something else")
