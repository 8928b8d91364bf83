"""Scores of responses: what a scorer says, and the columns that follow from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from curate.errors import InputError
from curate.train.eval.backend import Generation
from curate.train.eval.items import Item
from curate.train.eval.response import parts_of
from curate.train.eval.suite import LIKELIHOOD_SCORERS, Suite
from curate.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a scorer says of one answer part."""

    verdict: Verdict
    score: float | None = None
    """In [0, 1]; None: 1 for `correct`, 0 for `incorrect` and `unparsed`, else unknown."""
    answer: str | None = None
    """The final answer in one spelling, for a vote of the majority."""
    reason: str = ""
    """Why, where the scorer says so."""
    marked: bool = True
    """Whether the answer was stated in the wanted form, and not picked out of running text."""
    refused: bool | None = None
    """Of safety: whether the answer refuses (none does not); None where nothing is at stake."""
    judge: str | None = None
    """Who says so, and in which version."""
    judge_version: str | None = None

    @property
    def value(self) -> float | None:
        """The score in [0, 1], or None where nothing is known about the model."""
        if not self.verdict.counts:
            return None
        return float(self.verdict == Verdict.CORRECT) if self.score is None else self.score


Scorer = Callable[[Item, str], Score]
"""From an item and the answer part of a response, the thinking taken off, to its score."""


def exact(item: Item, answer: str) -> Score:
    """Whether the answer is the reference, white space aside."""
    if item.reference is None:
        return Score(verdict=Verdict.UNVERIFIABLE)
    if not answer.strip():
        return Score(verdict=Verdict.UNPARSED)
    plain = " ".join(answer.split())
    same = plain == " ".join(item.reference.split())
    return Score(verdict=Verdict.CORRECT if same else Verdict.INCORRECT, answer=plain)


def own_scorers() -> dict[str, Scorer]:
    """The scorers that need no verifier, by name."""
    from curate.train.eval.gym import score_gym
    from curate.train.eval.ifeval import score_ifeval

    return {"exact": exact, "ifeval": score_ifeval, "gym": score_gym}


def scorer_of(suite: Suite, given: Mapping[str, Scorer]) -> Scorer:
    """The scorer of a suite: one of those given, else one of our own.

    Raises:
        InputError: there is none of this name.
    """
    known = own_scorers() | dict(given)
    if suite.scorer == "refusal":
        from curate.train.eval.safety import refusal_scorer

        return refusal_scorer(suite)
    if suite.scorer in known:
        return known[suite.scorer]
    raise InputError(
        f"`scorer = {suite.scorer}` in `[suites.{suite.name}]` is unknown",
        why=f"there are {', '.join(sorted({*known, 'refusal', *LIKELIHOOD_SCORERS}))}",
        fix="name one of these",
    )


def scored(
    suite: Suite, item: Item, response: str, made: Generation, scorer: Scorer
) -> dict[str, object]:
    """The columns about one response: what was prefilled and what was generated.

    `answered` is whether a final answer was found; null where nobody can tell. `format_ok` is
    whether the thinking is well formed, the answer stated in the wanted form, and the response
    finished.
    """
    parts = parts_of(response, suite.thinking)
    truncated = made.stop_reason in ("length", "context")
    found = scorer(item, parts.answer) if made.stop_reason != "too_long" else _NOT_ASKED
    if item.should_refuse is not None and made.stop_reason != "too_long":
        from curate.train.eval.safety import with_refusal

        found = with_refusal(suite, item, parts.answer, found)
    answered = found.verdict != Verdict.UNPARSED if found.verdict.counts else None
    return {
        "score": found.value,
        "verdict": str(found.verdict),
        "answered": answered,
        "truncated": truncated,
        "format_ok": None if answered is None
        else bool(answered and found.marked and parts.well_formed and not truncated),
        "used_thinking": bool(parts.thinking),
        "stop_reason": made.stop_reason,
        "n_tokens": made.n_tokens,
        "chance": item.chance,
        "answer": found.answer,
        "refused": found.refused,
        "should_refuse": item.should_refuse,
        "judge": found.judge,
        "judge_version": found.judge_version,
    }  # fmt: skip


_NOT_ASKED = Score(verdict=Verdict.ERROR)
