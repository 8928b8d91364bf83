"""JSON text of values: the same for the same value on every run and every worker."""

import json
from typing import Any

import orjson

DEEPEST = 250
"""Values nested deeper are refused; orjson writes 254 levels, whatever the stack holds already."""


class TooDeep(ValueError):
    """A value is nested too deeply to be written."""


def dumps(value: Any) -> str:
    """The value as compact JSON; NaN, infinity and integers of any size stay what they are.

    Raises:
        TooDeep: it is nested deeper than about `DEEPEST` levels.
    """
    try:
        text = orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError as failure:
        if _is_deep(value):
            raise TooDeep(f"nested deeper than {DEEPEST} levels") from failure
        return _exact(value)
    # orjson writes NaN and infinity as null.
    return _exact(value) if "null" in text else text


def _exact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _is_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        below = (item.values() if isinstance(item, dict) else item for item in level)
        level = [child for part in below if not isinstance(part, _ATOMS) for child in part]
        level = [child for child in level if isinstance(child, dict | list | tuple)]
        depth += 1
    return depth > DEEPEST


_ATOMS = (str, bytes, int, float, type(None))
