"""`verify`: one response against one reference; `decide`: one answer against one reference."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curate.verdict import Verdict
from curate.verify.code.check import decide_code
from curate.verify.decision import Decision, Extraction, Verification
from curate.verify.extract import extract
from curate.verify.ladder import climb, settle
from curate.verify.math.match import Match
from curate.verify.policy import Policy
from curate.verify.readings import readings
from curate.verify.reference import Reference, reference_of
from curate.verify.symbolic import SymbolicFailure, compare_symbolically

DEFAULT = Policy()
TIME_LIMIT_S = 5.0

Answerable = str | Sequence[str] | Mapping[str, Any] | None
"""A reference as the library takes it: a string, a list of strings, or a Countdown mapping."""


def decide(
    answer: str,
    reference: Reference,
    policy: Policy = DEFAULT,
    time_limit_s: float = TIME_LIMIT_S,
) -> Decision:
    """The verdict on an answer. Never raises, and never runs past the limit by much.

    Everything but computer algebra is bounded by work; the limit is for what is left.
    """
    try:
        if reference.kind == "code":
            return decide_code(answer, reference.text)
        found = climb(answer, reference, policy)
        if found.equal is None:
            found = _symbolic(answer, reference, time_limit_s)
    except SymbolicFailure as failure:
        return Decision(verdict=Verdict.ERROR, method="symbolic", reason=str(failure))
    except Exception as failure:  # noqa: BLE001  the boundary to untrusted text: our fault, not the model's
        reason = f"{type(failure).__name__}: {str(failure)[:200]}"
        return Decision(verdict=Verdict.ERROR, method="none", reason=reason)
    verdict = Verdict.CORRECT if found.equal else Verdict.INCORRECT
    return Decision(verdict=verdict, method=found.method, reason=found.reason)


def _symbolic(answer: str, reference: Reference, time_limit_s: float) -> Match:
    answers, references = readings(answer), readings(reference.text)
    found = compare_symbolically(answers[0], references[0], time_limit_s)
    if found.equal is None:
        raise SymbolicFailure(found.reason)
    return found


def verify(
    response: str,
    reference: Answerable,
    *,
    options: Sequence[str] | None = None,
    policy: Policy = DEFAULT,
    time_limit_s: float = TIME_LIMIT_S,
) -> Verification:
    """Whether the final answer of a response is the reference answer, and why.

    `verify("… so \\\\boxed{\\\\frac{1}{2}}", "0.5").verdict` is `Verdict.CORRECT`. Never raises on
    any text; safe in threads.
    """
    return verify_read(response, reference_of(reference, options), policy, time_limit_s)


def verify_read(
    response: str,
    reference: Reference,
    policy: Policy = DEFAULT,
    time_limit_s: float = TIME_LIMIT_S,
) -> Verification:
    """`verify` against a reference that has been read (`read_reference`). Never raises."""
    extraction = _extracted(response, reference)
    if isinstance(extraction, Decision):
        return _verification(Extraction(answer=None), reference, extraction)
    decision = settle(extraction, reference)
    if decision is None:
        assert extraction.answer is not None
        decision = decide(extraction.answer, reference, policy, time_limit_s)
    return _verification(extraction, reference, decision)


def _extracted(response: str, reference: Reference) -> Extraction | Decision:
    try:
        return extract(response, reference)
    except Exception as failure:  # noqa: BLE001  the same boundary, for the extractor
        reason = f"{type(failure).__name__}: {str(failure)[:200]}"
        return Decision(verdict=Verdict.ERROR, method="none", reason=reason)


def _verification(extraction: Extraction, reference: Reference, decision: Decision) -> Verification:
    return Verification(
        verdict=decision.verdict,
        answer=extraction.answer,
        answer_start=extraction.start,
        answer_end=extraction.end,
        reference_kind=reference.kind,
        method=f"{extraction.rule}/{decision.method}",
        reason=decision.reason,
    )


def verify_many(
    pairs: Iterable[tuple[str, Answerable]],
    *,
    policy: Policy = DEFAULT,
    time_limit_s: float = TIME_LIMIT_S,
) -> list[Verification]:
    """`verify` for many (response, reference) pairs, each distinct comparison made once."""
    decided: dict[tuple[str, Reference], Decision] = {}
    found = []
    for response, value in pairs:
        reference = reference_of(value)
        extraction = _extracted(response, reference)
        if isinstance(extraction, Decision):
            found.append(_verification(Extraction(answer=None), reference, extraction))
            continue
        decision = settle(extraction, reference)
        if decision is None:
            key = (extraction.answer or "", reference)
            if key not in decided:
                decided[key] = decide(*key, policy, time_limit_s)
            decision = decided[key]
        found.append(_verification(extraction, reference, decision))
    return found
