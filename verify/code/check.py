"""One program against the tests of its problem: the report, and the decision that follows."""

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from curate.verdict import Verdict
from curate.verify.code.program import whole_program
from curate.verify.code.run import TIMEOUT, Limits, RunFailure, judged, outputs_of
from curate.verify.code.sandbox import NoSandbox, Sandbox, find_sandbox
from curate.verify.code.tests import CodeTests, read_tests
from curate.verify.decision import Decision

TOLERANCE = Decimal("1e-6")
"""Absolute and relative, for printed decimals whose text differs; whole numbers must be equal."""


OTHER_PACKAGES = frozenset(
    "matplotlib networkx pandas regex requests scipy sklearn sympy torch".split()
)
"""Real packages that the sandbox has not; to import any other name is the program's mistake."""
_MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One test that ran."""

    name: str
    failure: str | None
    """What the test saw, or None where it passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the tests found, in their order."""

    steps: tuple[StepResult, ...]

    @property
    def first_failure(self) -> StepResult | None:
        """The first test that failed, or None."""
        return next((step for step in self.steps if step.failure is not None), None)


def decide_code(program: str, reference: str, limits: Limits | None = None) -> Decision:
    """The verdict on a program; distinct pairs run once. Never runs anything outside a sandbox."""
    tests = read_tests(reference)
    if tests is None:
        return Decision(
            verdict=Verdict.UNVERIFIABLE, method="none", reason="the reference holds no tests"
        )
    try:
        report = check_program(program, tests, limits or Limits())
    except NoSandbox as refusal:
        return Decision(verdict=Verdict.UNVERIFIABLE, method="none", reason=str(refusal))
    except RunFailure as failure:
        return Decision(verdict=Verdict.ERROR, method=f"code/{tests.style}", reason=str(failure))
    return _decision(report, tests.style)


def _decision(report: Report, style: str) -> Decision:
    failed = report.first_failure
    total = len(report.steps)
    missing = _MISSING.search(failed.failure) if failed and failed.failure else None
    if missing and missing[1] in OTHER_PACKAGES:
        reason = f"the program needs `{missing[1]}`, which the sandbox has not"
        return Decision(verdict=Verdict.UNVERIFIABLE, method=f"code/{style}", reason=reason)
    if failed is None:
        reason = f"{total} of {total} tests passed"
        return Decision(verdict=Verdict.CORRECT, method=f"code/{style}", reason=reason)
    passed = sum(step.failure is None for step in report.steps)
    reason = f"`{failed.name[:120]}`: {failed.failure} ({passed} of {total} tests passed)"
    return Decision(verdict=Verdict.INCORRECT, method=f"code/{style}", reason=reason)


@lru_cache(maxsize=4_096)
def check_program(program: str, tests: CodeTests, limits: Limits) -> Report:
    """Run a program against tests.

    Raises:
        NoSandbox: nothing was run.
        RunFailure: the check failed, and not through the program.
    """
    sandbox = find_sandbox()
    whole = whole_program(program, tests.entry_point, tests.prompt)
    if tests.style == "stdio":
        return Report(steps=tuple(_cases(sandbox, whole, tests, limits)))
    work = {
        "tests": tests.source,
        "entry_point": tests.entry_point,
        "trusted": [source for source in (tests.setup, _stub(tests)) if source],
        "program": {
            "name": "__tested__",
            "sources": [source for source in (tests.setup, _stub(tests), whole) if source],
            "limits": limits.of_program(),
        },
    }
    found = judged(sandbox, work, limits)
    steps = tuple(StepResult(name=str(name), failure=why) for name, why in found)
    if not steps:
        raise RunFailure("the reference's tests ran and tested nothing")
    return Report(steps=steps)


def _stub(tests: CodeTests) -> str:
    """The prompt where it is a program by itself, for its imports and helpers."""
    if not tests.prompt:
        return ""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        compile(tests.prompt, "<prompt>", "exec", dont_inherit=True)
        return tests.prompt
    return ""


def _cases(
    sandbox: Sandbox, program: str, tests: CodeTests, limits: Limits
) -> Iterator[StepResult]:
    deadline = time.monotonic() + limits.wall_s
    late = False
    for number, (given, wanted) in enumerate(tests.cases, 1):
        left = deadline - time.monotonic()
        if late or left <= 0:
            why: str | None = "not run, since the time was up"
        else:
            output, failure = outputs_of(sandbox, program, given, limits, left)
            late = failure == TIMEOUT
            why = failure or difference(output, wanted)
        yield StepResult(name=f"case {number}", failure=why)


def difference(given: str, wanted: str) -> str | None:
    """How two outputs differ, line by line, white space at line ends and the very end ignored."""
    ours, theirs = (text.rstrip().split("\n") if text.strip() else [] for text in (given, wanted))
    if len(ours) != len(theirs):
        return f"{len(ours)} lines instead of {len(theirs)}"
    for number, (left, right) in enumerate(zip(ours, theirs, strict=True), 1):
        if left.rstrip() != right.rstrip() and not _same_words(left.split(), right.split()):
            return f"line {number} is {left[:60]!r}, not {right[:60]!r}"
    return None


def _same_words(left: list[str], right: list[str]) -> bool:
    return len(left) == len(right) and all(map(_same_word, left, right))


_DECIMAL = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def _same_word(left: str, right: str) -> bool:
    if left == right:
        return True
    if not (_DECIMAL.fullmatch(left) and _DECIMAL.fullmatch(right)):
        return False
    if not set(".eE") & set(right):  # a whole number is wanted, so its digits are
        return False
    try:
        a, b = Decimal(left), Decimal(right)
        return abs(a - b) <= TOLERANCE * max(Decimal(1), abs(b))
    except InvalidOperation:
        return False
