"""Published benchmarks whose rows are more than a problem and a reference."""

import base64
import io
import json
import pickle
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from curate.errors import InputError
from curate.train.eval.choices import text_of
from curate.train.eval.columns import id_of, needed
from curate.train.eval.items import Item
from curate.train.eval.safety import xstest
from curate.train.eval.suite import Suite

MALFORMED = (
    ValueError, zlib.error, pickle.UnpicklingError, EOFError, IndexError, KeyError, TypeError,
    AttributeError, OverflowError,
)  # fmt: skip
"""What broken JSON, base64, zlib or pickles raise."""
Reader = Callable[[Suite, Mapping[str, Any], str, int], list[Item]]
MAX_TESTS_BYTES = 256 * 2**20
"""Unpacked size of the hidden tests of one problem."""


def livecodebench(suite: Suite, row: Mapping[str, Any], place: str, number: int) -> list[Item]:
    """A LiveCodeBench problem, with its public and hidden tests.

    `public_test_cases` is a JSON list of `{"input", "output", "testtype": "stdin"|"functional"}`;
    `private_test_cases` the same, or packed as base64 of zlib of a pickled string.
    """
    name = id_of(suite, row, number)
    cases = [
        case
        for each in ("public_test_cases", "private_test_cases")
        for case in cases_of(row.get(each), f"{place}, `{each}`")
    ]
    starter = text_of(row.get("starter_code"))
    problem = text_of(needed(suite, row, "problem", place))
    asked = f"{problem}\n\n```python\n{starter}\n```" if starter.strip() else problem
    about = row.get("metadata")
    about = json_or_text(about) if isinstance(about, str) else about
    function = about.get("func_name") if isinstance(about, dict) else None
    tests: dict[str, Any] = {
        "inputs": [case["input"] for case in cases],
        "outputs": [case["output"] for case in cases],
    }
    if function:
        tests = {
            "inputs": [arguments_of(each) for each in tests["inputs"]],
            "outputs": [json_or_text(each) for each in tests["outputs"]],
            "fn_name": f"Solution().{function}" if "class Solution" in starter else function,
        }
    return [Item(id=name, cluster=name, problem=asked, reference=json.dumps(tests), form="code",
                 record=row)]  # fmt: skip


def cases_of(value: object, place: str) -> list[dict[str, Any]]:
    """The test cases in a column.

    Raises:
        InputError: they cannot be read.
    """
    if value is None or value == "":
        return []
    try:
        text = value if isinstance(value, str) else json.dumps(value)
        found = json.loads(text if text.lstrip().startswith("[") else unpacked(text))
        if not isinstance(found, list):
            raise ValueError(f"they are {type(found).__name__} and no list")
    except MALFORMED as error:
        raise InputError(
            f"the tests at {place} cannot be read",
            why=str(error),
            fix="take the file as LiveCodeBench publishes it",
        ) from error
    return [case for case in found if isinstance(case, dict) and {"input", "output"} <= set(case)]


class _TextsOnly(pickle.Unpickler):
    """Unpickles plain values; anything that would run code is refused."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        """Never returns."""
        raise pickle.UnpicklingError(f"it asks for `{module}.{name}`")


def unpacked(text: str) -> str:
    """The JSON in base64 of zlib of a pickled string."""
    work = zlib.decompressobj()
    content = work.decompress(base64.b64decode(text), MAX_TESTS_BYTES)
    if work.unconsumed_tail:
        raise ValueError(f"they are more than {MAX_TESTS_BYTES} bytes")
    value = _TextsOnly(io.BytesIO(content)).load()
    if not isinstance(value, str):
        raise ValueError(f"they are {type(value).__name__} and no text")
    return value


def arguments_of(text: object) -> list[Any]:
    """The arguments of a call, a JSON value on each line."""
    return [json_or_text(line) for line in text_of(text).split("\n") if line.strip()]


def json_or_text(text: object) -> Any:  # noqa: ANN401  JSON
    """The value of a JSON text; any other text as it is."""
    try:
        return json.loads(text_of(text))
    except ValueError:
        return text


def truthfulqa(suite: Suite, row: Mapping[str, Any], place: str, number: int) -> list[Item]:
    """A TruthfulQA question with the choices and labels of `mc1_targets` or `mc2_targets`."""
    name = id_of(suite, row, number)
    targets = row.get(f"{suite.scorer}_targets")
    pairs: list[tuple[Any, Any]] = []
    if isinstance(targets, dict) and isinstance(targets.get("choices"), list):
        pairs = list(zip(targets["choices"], targets.get("labels") or (), strict=False))
    elif isinstance(targets, dict):
        pairs = list(targets.items())
    if not pairs:
        raise InputError(
            f"`{place}` has no `{suite.scorer}_targets`",
            why=f"its columns are {', '.join(row)}",
            fix="take the multiple choice form of TruthfulQA",
        )
    right = tuple(at for at, (_, label) in enumerate(pairs) if label in (1, "1", True))
    return [
        Item(id=name, cluster=name, problem=text_of(needed(suite, row, "problem", place)),
             reference=text_of(pairs[right[0]][0]) if right else None,
             choices=tuple(text_of(choice) for choice, _ in pairs), right=right,
             chance=chance_of(suite, len(right), len(pairs)), record=row)
    ]  # fmt: skip


def chance_of(suite: Suite, right: int, choices: int) -> float | None:
    """What equal likelihoods get: one right choice of all (mc1), or the right ones' share (mc2)."""
    if suite.chance is not None or not 0 < right < choices:
        return suite.chance
    return (1 if suite.scorer == "mc1" else right) / choices


def halueval(suite: Suite, row: Mapping[str, Any], place: str, number: int) -> list[Item]:
    """Two items of one cluster: a right answer (no) and a hallucinated one (yes)."""
    name = id_of(suite, row, number)
    question = text_of(needed(suite, row, "problem", place))
    return [
        Item(id=f"{name}/{kind}", cluster=name, reference=reference, record=row,
             problem=f"{text_of(row.get('knowledge'))}\n\nQuestion: {question}\n"
                     f"Answer: {answer_in(row, column, place)}".strip())
        for kind, column, reference in (
            ("right", "right_answer", "No"), ("hallucinated", "hallucinated_answer", "Yes"),
        )
    ]  # fmt: skip


def answer_in(row: Mapping[str, Any], column: str, place: str) -> str:
    """An answer of HaluEval.

    Raises:
        InputError: there is none.
    """
    if row.get(column) is None:
        raise InputError(
            f"`{place}` has no `{column}`",
            why=f"its columns are {', '.join(row)}",
            fix="take the file as published",
        )
    return text_of(row[column])


SPECIAL: Mapping[str, Reader] = MappingProxyType(
    {
        "livecodebench": livecodebench,
        "truthfulqa-mc1": truthfulqa,
        "truthfulqa-mc2": truthfulqa,
        "halueval-qa": halueval,
        "xstest": xstest,
    }
)
