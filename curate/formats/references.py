"""The reference of a record as text, and the options of a multiple-choice problem.

"5"                                 text   5
27.0                                text   27.0
["1", "2"]                          list   ["1", "2"]
{"numbers": [1, 2], "target": 3}    countdown
"""

import re
from collections.abc import Mapping
from typing import Any

from curate.formats.code import code_reference, is_code
from curate.formats.columns import OPTIONS, REFERENCE, at_path, first, lowered
from curate.formats.jsontext import dumps
from curate.trace import ReferenceForm

Row = Mapping[str, Any]
Reference = tuple[str | None, ReferenceForm, str | None]
"""Text, form, and the column that is the text byte for byte."""

_NONE: Reference = (None, ReferenceForm.TEXT, None)
_GRADES = frozenset({"correct", "incorrect", "right", "wrong"})
"""A `label` with such a value says how a response was graded."""
_DEEPEST = 4
"""Lists of one item and objects of one value are opened so many times."""


def forced_reference(row: Row, path: str) -> Reference:
    """The reference in the column that the user named."""
    value, column = at_path(row, path)
    return *as_reference(value), column if _is_whole(row, column, value) else None


def reference_of(row: Row, used: frozenset[str]) -> Reference:
    """The reference in the likeliest column that no response was made of."""
    names = lowered(row)
    code = code_reference(row, names)
    if code is not None:
        return code, ReferenceForm.CODE, None
    countdown = _countdown(row.get(first(names, ("numbers", "nums")) or ""), _target(row, names))
    if countdown is not None:
        return countdown, ReferenceForm.COUNTDOWN, None
    empty = None
    for lower in REFERENCE:
        name = names.get(lower)
        if name is None or name in used or (lower == "label" and not _is_label(row[name])):
            continue
        text, form = as_reference(row[name])
        if text is not None:
            return text, form, name if _is_whole(row, name, text) else None
        empty = empty or (name if row[name] is None else None)
    text, form = _nested(row, names)
    return text, form, empty if text is None else None


def _target(row: Row, names: Mapping[str, str]) -> Any:
    return row.get(names.get("target", ""))


def _is_whole(row: Row, column: str | None, value: Any) -> bool:
    return column is not None and isinstance(value, str) and row[column] is value


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and value.lower() not in _GRADES


def _nested(row: Row, names: Mapping[str, str]) -> tuple[str | None, ReferenceForm]:
    """Verl's `reward_model.ground_truth`, or the reference in an lm-eval `doc` or `metadata`."""
    for lower in ("reward_model", "doc", "metadata", "extra_info"):
        inner = row.get(names.get(lower, ""))
        if isinstance(inner, dict):
            text, form, _ = reference_of(inner, frozenset())
            if text is not None:
                return text, form
    return None, ReferenceForm.TEXT


def as_reference(value: Any, depth: int = 0) -> tuple[str | None, ReferenceForm]:
    """A value as the text of a reference, and how that text is read; no text for an empty one."""
    if isinstance(value, dict) and value:
        return _of_object(value, depth)
    if isinstance(value, list) and value:
        if len(value) == 1 and depth < _DEEPEST:
            return as_reference(value[0], depth + 1)
        if all(isinstance(item, str | int | float) for item in value):
            return dumps([str(item) for item in value]), ReferenceForm.LIST
        return dumps(value), ReferenceForm.TEXT
    if (
        value is None or value in ("", [], {}) or value != value
    ):  # NaN is what pandas writes for None
        return None, ReferenceForm.TEXT
    if isinstance(value, str):
        countdown = _countdown_of_text(value)
        return (countdown, ReferenceForm.COUNTDOWN) if countdown else (value, ReferenceForm.TEXT)
    return str(value), ReferenceForm.TEXT


def _of_object(value: Mapping[str, Any], depth: int) -> tuple[str | None, ReferenceForm]:
    if is_code(value):
        return dumps(value), ReferenceForm.CODE
    countdown = _countdown(value.get("numbers", value.get("nums")), value.get("target"))
    if countdown is not None:
        return countdown, ReferenceForm.COUNTDOWN
    for key in ("ground_truth", "answer", "value"):
        if value.get(key) is not None and depth < _DEEPEST:
            return as_reference(value[key], depth + 1)
    return dumps(value), ReferenceForm.TEXT


# -- Countdown ------------------------------------------------------------------------------------

_COUNTDOWN = re.compile(
    r"""\s*\{\s*["'](?:numbers|nums)["']\s*:\s*\[([-\d,\s]*)\]\s*,\s*["']target["']\s*:\s*(-?\d+)\s*\}\s*"""
    r"""|\s*\{\s*["']target["']\s*:\s*(-?\d+)\s*,\s*["'](?:numbers|nums)["']\s*:\s*\[([-\d,\s]*)\]\s*\}\s*"""
)


def _countdown_of_text(text: str) -> str | None:
    """Numbers and target of an object that is written out, as in a CSV cell."""
    found = _COUNTDOWN.fullmatch(text) if text.lstrip().startswith("{") else None
    return _countdown(found[1] or found[4], found[2] or found[3]) if found else None


def _countdown(numbers: Any, target: Any) -> str | None:
    """Numbers and target as one JSON object; None where they are not whole numbers."""
    if isinstance(numbers, str):
        numbers = numbers.strip("[] ").replace(",", " ").split()
    if not isinstance(numbers, list) or not numbers:
        return None
    whole = [_whole(number) for number in numbers]
    aim = _whole(target)
    if aim is None or None in whole:
        return None
    return dumps({"numbers": whole, "target": aim})


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# -- options --------------------------------------------------------------------------------------


def options_of(row: Row) -> tuple[tuple[str, ...] | None, str | None]:
    """The choices of a problem, and the column that they take the place of."""
    names = lowered(row)
    name = first(names, OPTIONS)
    if name is not None:
        texts = _choices(row[name])
        same = texts is not None and isinstance(row[name], list) and list(texts) == row[name]
        return texts, name if same else None
    doc = row.get(names.get("doc", ""))
    return (options_of(doc)[0], None) if isinstance(doc, dict) else (None, None)


def _choices(value: Any) -> tuple[str, ...] | None:
    """Texts of a list, of a list of objects, of parallel lists, or of a mapping from letters."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), list):
            return _choices(value["text"])
        letters = value and all(len(key) == 1 for key in value)
        return _choices([value[key] for key in sorted(value)]) if letters else None
    if not isinstance(value, list) or not value:
        return None
    texts = [item.get("text") if isinstance(item, dict) else item for item in value]
    if not all(isinstance(text, str | int | float) for text in texts):
        return None
    return tuple(text if isinstance(text, str) else str(text) for text in texts)
