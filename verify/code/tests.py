"""The tests of a code reference, from the JSON that dumps hold.

{"tests": "def check(candidate): …", "entry_point": "add", "prompt": "def add(a, b):\n"}
{"test_list": ["assert add(1, 2) == 3"], "test_setup_code": "import math"}
["assert add(1, 2) == 3"]
{"inputs": ["1 2\n"], "outputs": ["3\n"]}
{"inputs": [[1, 2]], "outputs": [3], "fn_name": "add"}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_CHARACTERS = 8_000_000
_SAME = """
def __same__(given, wanted):
    def plain(value):
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        return value
    given, wanted = plain(given), plain(wanted)
    # APPS wraps some expected values in a list of one
    return given == wanted or (isinstance(wanted, list) and len(wanted) == 1 and given == wanted[0])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTests:
    """Tests of one problem."""

    style: str
    """`asserts`, `check`, `calls` or `stdio`."""
    source: str = ""
    """Python that asserts; the judge runs it."""
    setup: str = ""
    """Python that both sides run first: imports, classes of the problem."""
    prompt: str = ""
    """What a completion continues."""
    entry_point: str = ""
    cases: tuple[tuple[str, str], ...] = ()
    """Standard input and expected output, for `stdio`."""


@lru_cache(maxsize=4_096)
def read_tests(text: str) -> CodeTests | None:
    """The tests that a reference holds; None where it holds none that we know."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if isinstance(value, str):
        value = {"tests": value}
    if isinstance(value, list):
        value = {"tests": value}
    return _of_object(value) if isinstance(value, dict) else None


def _of_object(record: Mapping[str, Any]) -> CodeTests | None:
    inner = record.get("input_output")
    if isinstance(inner, str) and inner.strip():
        try:
            inner = json.loads(inner)
        except (ValueError, RecursionError):
            return None
    if isinstance(inner, dict):
        record = {**record, **inner}
    if isinstance(record.get("inputs"), list) and isinstance(record.get("outputs"), list):
        return _of_cases(record)
    tests = next((record[key] for key in ("tests", "test", "test_list") if record.get(key)), None)
    setup = "\n".join(
        str(record[key])
        for key in ("prelude", "setup", "test_setup_code", "test_imports")
        if record.get(key) and isinstance(record[key], str)
    )
    if isinstance(tests, list) and tests and all(isinstance(test, str) for test in tests):
        source, style = "\n".join(tests), "asserts"
    elif isinstance(tests, str) and "assert" in tests:
        source, style = tests, "check" if "def check(" in tests else "asserts"
    else:
        return None
    return CodeTests(
        style=style,
        source=source,
        setup=setup,
        prompt=str(record.get("prompt") or ""),
        entry_point=str(record.get("entry_point") or ""),
    )


def _of_cases(record: Mapping[str, Any]) -> CodeTests | None:
    inputs, outputs = record["inputs"], record["outputs"]
    if not inputs or len(inputs) != len(outputs):
        return None
    name = record.get("fn_name")
    if not name:
        cases = tuple((_text(i), _text(o)) for i, o in zip(inputs, outputs, strict=True))
        return CodeTests(style="stdio", cases=cases)
    lines = [_SAME]
    for given, wanted in zip(inputs, outputs, strict=True):
        args = given if isinstance(given, list) else [given]
        lines.append(f"assert __same__({name}(*{args!r}), {wanted!r})")
    return CodeTests(style="calls", source="\n".join(lines), entry_point=str(name))


def _text(value: object) -> str:
    """APPS writes some inputs as a list of lines."""
    if isinstance(value, list):
        return "\n".join(str(line) for line in value)
    return str(value)
