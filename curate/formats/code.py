"""Tests of a program as the reference of a record, from the columns that code dumps hold.

tests + entry_point (HumanEval)   {"tests": "def check(candidate): …", "entry_point": "add", …}
test_list (MBPP)                  {"test_list": ["assert add(1, 2) == 3"], …}
input_output (APPS, TACO)         {"inputs": ["1 2\\n"], "outputs": ["3\\n"]}
"""

from collections.abc import Mapping
from typing import Any

from curate.formats.jsontext import dumps

_TESTS = ("tests", "test", "test_list")
_BESIDE = ("entry_point", "prelude", "setup", "test_setup_code", "fn_name")
_PROMPT = ("prompt", "problem")


def code_reference(row: Mapping[str, Any], names: Mapping[str, str]) -> str | None:
    """The tests of a row as one JSON object; None where it has none."""
    found = {key: row[names[key]] for key in (*_TESTS, *_BESIDE) if _held(row, names, key)}
    if _held(row, names, "input_output"):
        found["input_output"] = row[names["input_output"]]
    if not is_code(found):
        return None
    for key in _PROMPT:
        prompt = row.get(names.get(key, ""))
        # a human-eval prompt is code that a completion continues; other problems are prose
        if isinstance(prompt, str) and ("\ndef " in f"\n{prompt}") and found.get("entry_point"):
            return dumps({**found, "prompt": prompt})
    return dumps(found)


def is_code(value: Mapping[str, Any]) -> bool:
    """Whether a mapping holds tests: asserts, or inputs beside outputs."""
    inner = value.get("input_output")
    if isinstance(inner, str) and '"inputs"' in inner and '"outputs"' in inner:
        return True
    if isinstance(inner, dict):
        value = inner
    if isinstance(value.get("inputs"), list) and isinstance(value.get("outputs"), list):
        return True
    return any(_asserts(value.get(key)) for key in _TESTS)


def _asserts(tests: Any) -> bool:
    if isinstance(tests, list):
        return bool(tests) and all(isinstance(test, str) and "assert" in test for test in tests)
    return isinstance(tests, str) and "assert" in tests


def _held(row: Mapping[str, Any], names: Mapping[str, str], key: str) -> bool:
    return bool(row.get(names.get(key, "")))
