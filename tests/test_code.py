"""Programs against tests: every shape of tests, what counts as the program, and real labels."""

import json
from pathlib import Path

import pytest

from curate.formats.code import code_reference
from curate.pool import Pool
from curate.verify import Verdict, verify
from curate.verify.code import Limits, decide_code, find_program, read_tests
from curate.verify.code.check import difference
from tests.command import curate, folder
from tests.real_data import real_rows
from tests.test_code_attacks import needs_sandbox

__all__ = ["folder"]

ADD = "def add(a, b):\n    return a + b\n"
LINKED = """
class ListNode:
    def __init__(self, val=0, next=None):
        self.val, self.next = val, next

def nodes(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def values(head):
    return [] if head is None else [head.val, *values(head.next)]
"""
REVERSE = """
class Solution:
    def reverse(self, head):
        last = None
        while head:
            head.next, last, head = last, head, head.next
        return last
"""
SHAPES = {
    "asserts as a list": (ADD, ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]),
    "asserts as text": (ADD, "assert add(1, 2) == 3\nassert add('a', 'b') == 'ab'"),
    "MBPP": (ADD, {"test_list": ["assert add(2, 2) == 4"], "test_setup_code": "import math"}),
    "HumanEval": (
        ADD,
        {
            "tests": "def check(candidate):\n    for i in range(5):\n"
            "        assert candidate(i, i) == 2 * i\n",
            "entry_point": "add",
        },
    ),
    "a completion of a prompt": (
        "    return a + b\n\ndef other():\n    raise SystemExit\n",
        {
            "tests": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
            "entry_point": "add",
            "prompt": "def add(a, b):\n",
        },
    ),
    "objects of the tests": (
        REVERSE,
        {
            "tests": "def check(candidate):\n"
            "    assert values(candidate(nodes([1, 2, 3]))) == [3, 2, 1]\n",
            "entry_point": "Solution().reverse",
            "prelude": LINKED,
        },
    ),
    "in place": (
        "def double(items):\n    items[:] = [2 * item for item in items]\n",
        ["x = [1, 2]\ndouble(x)\nassert x == [2, 4]"],
    ),
    "an exception that is wanted": (
        "def f(x):\n    raise ValueError('no')\n",
        "try:\n    f(1)\n    assert False\nexcept ValueError:\n    assert True\n",
    ),
    "calls": (ADD, {"inputs": [[1, 2], [3, 4]], "outputs": [3, 7], "fn_name": "add"}),
    "standard input": (
        "a, b = map(int, input().split())\nprint(a + b)\n",
        {"inputs": ["1 2\n", "5 6\n"], "outputs": ["3\n", "11"]},
    ),
    "APPS": (
        "print(sum(int(input()) for _ in range(2)))\n",
        {"input_output": json.dumps({"inputs": [["1", "2"]], "outputs": [["3"]]})},
    ),
    "numpy": (
        "import numpy as np\ndef f(n):\n    return float(np.arange(n).sum())\n",
        ["assert f(4) == 6"],
    ),
    "rare values": (
        "from fractions import Fraction\nfrom collections import Counter\n"
        "def f():\n    return (Fraction(1, 3), 10**40, 1j, {1: {2}}, Counter('aab'), b'x')\n",
        "from fractions import Fraction\n"
        "assert f() == (Fraction(1, 3), 10**40, 1j, {1: {2}}, {'a': 2, 'b': 1}, b'x')",
    ),
}


@needs_sandbox
@pytest.mark.parametrize("shape", SHAPES)
def test_a_right_program_passes_every_shape_of_tests(shape: str) -> None:
    program, tests = SHAPES[shape]
    found = decide_code(program, json.dumps(tests))
    assert found.verdict is Verdict.CORRECT, found
    assert "tests passed" in found.reason


@needs_sandbox
@pytest.mark.parametrize("shape", SHAPES)
def test_a_wrong_program_fails_every_shape_of_tests(shape: str) -> None:
    program, tests = SHAPES[shape]
    wrong = program.replace("+", "-").replace("2 *", "3 *").replace("sum(", "max(")
    wrong = wrong.replace("return last", "return head").replace("10**40", "10**41")
    wrong = wrong.replace("ValueError", "KeyError").replace(".arange(n)", ".ones(n)")
    wrong = wrong.replace("max(int", "min(int")
    found = decide_code(wrong, json.dumps(tests))
    assert found.verdict is Verdict.INCORRECT, found


@needs_sandbox
def test_the_reason_names_the_first_test_that_failed_and_counts_the_others() -> None:
    tests = json.dumps(["assert add(1, 2) == 3", "assert add(2, 2) == 4", "assert add(1, 0) == 1"])
    found = decide_code("def add(a, b):\n    return 2 * a\n", tests)
    assert found.reason == "`assert add(1, 2) == 3`: failed (1 of 3 tests passed)"
    cases = json.dumps({"inputs": ["4\n", "0\n"], "outputs": ["0.25\n", "0\n"]})
    found = decide_code("print(1 / int(input()))", cases)
    reason = "`case 2`: ZeroDivisionError: division by zero (1 of 2 tests passed)"
    assert found.reason == reason


@needs_sandbox
def test_a_fault_of_the_tests_is_an_error_and_a_missing_package_is_unverifiable() -> None:
    broken = decide_code(ADD, json.dumps({"tests": "assert add(1, 2) =="}))
    assert broken.verdict is Verdict.ERROR
    assert "the tests cannot run: SyntaxError" in broken.reason
    found = decide_code(f"import torch\n{ADD}", json.dumps(["assert add(1, 2) == 3"]))
    assert found.verdict is Verdict.UNVERIFIABLE
    assert found.reason == "the program needs `torch`, which the sandbox has not"
    found = decide_code(f"import nothing_such\n{ADD}", json.dumps(["assert add(1, 2) == 3"]))
    assert found.verdict is Verdict.INCORRECT


@needs_sandbox
def test_the_same_program_prints_the_same_in_every_run() -> None:
    program = "print(hash('a'), list({'b', 'c', 'd'}))"
    cases = json.dumps({"inputs": ["\n"], "outputs": ["?"]})
    limits = [Limits(cpu_s=seconds) for seconds in (5, 6, 7)]
    assert len({decide_code(program, cases, limit).reason for limit in limits}) == 1


@needs_sandbox
def test_all_inputs_share_one_clock() -> None:
    cases = json.dumps({"inputs": ["\n"] * 20, "outputs": ["1"] * 20})
    found = decide_code("import time\ntime.sleep(60)", cases, Limits(wall_s=1.0))
    assert found.reason == "`case 1`: timeout (0 of 20 tests passed)"


BLOCK = f"```python\n{ADD}```"
PROGRAMS = {
    "the last block": (f"First\n```python\nx = 1\n```\nthen\n{BLOCK}\nDone.", "add", ADD),
    "the block that defines it": (f"{BLOCK}\nUse:\n```python\nprint(add(1, 2))\n```", "add", ADD),
    "not the output": (f"{BLOCK}\n```text\n3\n```", "add", ADD),
    "not another language": (f"{BLOCK}\n```bash\npython add.py\n```", "", ADD),
    "a fence that stays open": (f"```python\n{ADD}", "add", ADD),
    "no block": (ADD, "add", ADD),
    "tildes": (f"~~~py\n{ADD}~~~", "add", ADD),
    "prose": ("I would add both numbers.", "add", None),
    "an empty block": ("```python\n```", "add", None),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_of_a_response(name: str) -> None:
    text, function, wanted = PROGRAMS[name]
    found = find_program(text, 0, function, "")
    assert found.answer == wanted
    if wanted is not None:
        assert text[found.start : found.end] == wanted


@pytest.mark.parametrize("text", ["", "5", "[]", "{}", "[1]", '{"inputs": [], "outputs": []}', "{"])
def test_what_holds_no_tests(text: str) -> None:
    assert read_tests(text) is None


@pytest.mark.parametrize(
    ("given", "wanted", "same"),
    [
        ("3\n", "3", True),
        ("3 \n\n", "3", True),
        ("0.3333333333", "0.33333333", True),
        ("0.3334", "0.3333", False),
        ("1e400", "1e400", True),
        ("7.0", "7", False),
        ("1 2", "1\n2", False),
        ("YES", "Yes", False),
        ("nan", "0.5", False),
        ("", "0", False),
        ("", "", True),
    ],
)
def test_outputs_are_compared_by_line(given: str, wanted: str, same: bool) -> None:
    assert (difference(given, wanted) is None) == same


def test_only_asserts_or_cases_make_a_code_reference() -> None:
    def found(row: dict[str, object]) -> str | None:
        return code_reference(row, {key.lower(): key for key in row})

    assert found({"test": "a test of patience", "answer": "5"}) is None
    assert found({"tests": [1, 2], "answer": "5"}) is None
    assert found({"test_list": ["assert f(1) == 2"]}) == '{"test_list":["assert f(1) == 2"]}'


@needs_sandbox
def test_a_dump_of_programs_as_a_user_types_it(folder: Path) -> None:
    rows = [
        {"prompt": "Add.", "completion": f"So:\n{BLOCK}", "test_list": ["assert add(1, 2) == 3"]},
        {"prompt": "Add.", "completion": f"So:\n{BLOCK}", "test_list": ["assert add(1, 2) == 4"]},
        {"prompt": "Add.", "completion": "No idea.", "test_list": ["assert add(1, 2) == 4"]},
    ]
    Path(folder, "dump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, _, err = curate(folder, "verify", "dump.jsonl", "-o", "pool")
    assert code == 0, err
    pool = Pool.open(folder / "pool")
    found = pool.read_part(pool.part_names()[0], ["verify"], ["verdict", "method", "reason"])
    assert found["verdict"].to_list() == ["correct", "incorrect", "unparsed"]
    assert found["method"][0] == "code block/code/asserts"
    written = [path.stat().st_mtime_ns for path in sorted(pool.path.rglob("*.parquet"))]
    assert curate(folder, "verify", "pool")[0] == 0
    assert written == [path.stat().st_mtime_ns for path in sorted(pool.path.rglob("*.parquet"))]


# Id → why the label is not ours.
NO_IMPORT = "the program does not import what it uses; the labels' harness had imported it"
NO_HELPER = "the tests call a helper of the prompt, which the labels' harness did not run"
DISAGREE = {
    "llmdebugger-seed/humaneval/HumanEval/50/gpt-3.5-turbo-0613": NO_HELPER,
    "llmdebugger-seed/humaneval/HumanEval/38/gpt-3.5-turbo-0613": NO_HELPER,
    "llmdebugger-seed/humaneval/HumanEval/106/starcoder": NO_IMPORT,
    "llmdebugger-seed/humaneval/HumanEval/133/starcoder": NO_IMPORT,
    "llmdebugger-seed/mbpp/MBPP/210/gpt-3.5-turbo-0613": NO_IMPORT,
    "llmdebugger-seed/mbpp/MBPP/214/gpt-3.5-turbo-0613": NO_IMPORT,
    "llmdebugger-seed/mbpp/MBPP/244/gpt-3.5-turbo-0613": NO_IMPORT,
    "llmdebugger-seed/mbpp/MBPP/359/gpt-3.5-turbo-0613": NO_IMPORT,
    "llmdebugger-seed/mbpp/MBPP/448/gpt-3.5-turbo-0613": "the label was re-run and is wrong",
    "llmdebugger-seed/mbpp/MBPP/482/gpt-3.5-turbo-0613": NO_IMPORT,
    "reflexion/humaneval-simple/133-HumanEval/133": NO_IMPORT,
}


@needs_sandbox
@pytest.mark.parametrize("part", range(2))
def test_real_solutions_agree_with_their_labels(part: int) -> None:
    """Every twentieth of 2,330, and all known to disagree; `benchmarks/code.py` has all."""
    for number, row in enumerate(real_rows("code_solutions.jsonl.gz")):
        if (number % 20 and row["id"] not in DISAGREE) or number % 2 != part:
            continue
        tests = {key: row[key] for key in ("tests", "entry_point", "prelude") if row.get(key)}
        if "def " in row["problem"]:
            tests["prompt"] = row["problem"]
        found = verify(row["response"], tests)
        agrees = (found.verdict is Verdict.CORRECT) == row["label"]
        assert agrees == (row["id"] not in DISAGREE), (row["id"], found)
