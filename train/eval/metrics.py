"""What the rows of a suite come to: averages over samples, three accuracies, chance taken off.

An unknown score (None: not judged, or our own error) is never counted, and how many there are is
said beside every mean. Scores are in [0, 1].
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import polars as pl

Scores = Sequence[float | None]


def mean(values: Scores) -> float | None:
    """Mean of the known values; None of none."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def avg_at_k(items: Sequence[Scores]) -> float | None:
    """Mean over items of the mean over their samples (avg@k), so that every item weighs the same.

    Items without a known score are left out.
    """
    return mean([mean(samples) for samples in items])


def pass_at_k(n: int, c: int, k: int) -> float:
    """Chance in [0, 1] that at least one of `k` draws from `n` samples, `c` correct, is correct.

    The unbiased estimator of Chen et al. 2021 (arXiv:2107.03374, eq. 1); draws are without
    replacement, so it needs 1 <= k <= n.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@k needs 0 <= c <= n and 1 <= k <= n, got {n=} {c=} {k=}")
    return 1 - comb(n - c, k) / comb(n, k)


def mean_pass_at_k(items: Sequence[Scores], k: int) -> float | None:
    """Mean of pass@k over the items with k known scores at least; a sample passes at 1."""
    known = [[score for score in samples if score is not None] for samples in items]
    return mean(
        [pass_at_k(len(each), sum(score >= 1 for score in each), k) for each in known
         if len(each) >= k]
    )  # fmt: skip


def majority_score(samples: Sequence[tuple[str | None, float | None]]) -> float | None:
    """Score of the commonest answer of an item, of (answer, score) of its samples.

    No answer has no vote; among answers equally common the mean decides, which is what a fair draw
    among them comes to. 0 where nobody answers, None where no score is known.
    """
    if all(score is None for _, score in samples):
        return None
    votes: dict[str, list[float | None]] = defaultdict(list)
    for answer, score in samples:
        if answer is not None:
            votes[answer].append(score)
    most = max(map(len, votes.values()), default=0)
    if most == 0:
        return 0.0
    return mean([mean(scores) for scores in votes.values() if len(scores) == most])


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracies:
    """Mean scores in [0, 1], None where there is nothing to take the mean of."""

    all: float | None
    """Of all responses with a known score."""
    finished: float | None
    """Of those that were not cut off."""
    parsed: float | None
    """Of those with a final answer."""
    finished_rate: float | None
    parsed_rate: float | None
    n: int
    unknown: int
    """Responses without a score, in none of the means."""


def accuracies(
    scores: Scores, truncated: Sequence[bool | None], answered: Sequence[bool | None]
) -> Accuracies:
    """The three accuracies of some responses."""
    known = [at for at, score in enumerate(scores) if score is not None]
    return Accuracies(
        all=mean([scores[at] for at in known]),
        finished=mean([scores[at] for at in known if truncated[at] is False]),
        parsed=mean([scores[at] for at in known if answered[at] is True]),
        finished_rate=mean([not truncated[at] for at in known if truncated[at] is not None]),
        parsed_rate=mean([answered[at] for at in known if answered[at] is not None]),
        n=len(scores),
        unknown=len(scores) - len(known),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """Knowledge of a choice, with guessing taken off: 0 is chance, 1 is all right."""

    parsed: float
    """(accuracy − chance) / (1 − chance) among the responses that named a choice; it is negative
    for one that is worse than guessing."""
    low: float
    """Of all responses, were every unparsed one wrong on purpose: the least that can be."""
    guessed: float
    """Of all responses, were every unparsed one a guess: unparsed is then no knowledge at all."""
    high: float
    """Of all responses, had every unparsed one known the answer: the most that can be."""


def corrected(parsed_accuracy: float, parsed_rate: float, chance: float) -> Corrected:
    """Accuracy of choices corrected for guessing and for failures of format.

    With accuracy a among the share p that was parsed, and chance c:
    parsed = (a − c) / (1 − c); low, guessed and high put p·a + (1 − p)·x for the accuracy, with
    x = 0, c and 1. A difference between two models that is smaller than their bounds are wide may
    be one of format alone.

    Raises:
        ValueError: a share is outside [0, 1], or the chance is 1.
    """
    shares = (parsed_accuracy, parsed_rate, chance)
    if not all(0 <= share <= 1 for share in shares) or chance == 1:
        raise ValueError(f"shares are in [0, 1] and chance below 1, got {shares}")

    def above(accuracy: float) -> float:
        return (accuracy - chance) / (1 - chance)

    low, guessed, high = (
        above(parsed_rate * parsed_accuracy + (1 - parsed_rate) * other) for other in (0, chance, 1)
    )
    return Corrected(parsed=above(parsed_accuracy), low=low, guessed=guessed, high=high)


def summary(results: pl.DataFrame, k: Sequence[int] = ()) -> list[dict[str, Any]]:
    """One record for each suite and mode of a table of results, in their order there."""
    groups = results.group_by("suite", "mode", maintain_order=True)
    return [
        {"suite": suite, "mode": mode, **summary_of(frame, k)} for (suite, mode), frame in groups
    ]


def summary_of(frame: pl.DataFrame, k: Sequence[int]) -> Mapping[str, Any]:
    """The numbers of one suite in one mode."""
    found = accuracies(
        frame["score"].to_list(), frame["truncated"].to_list(), frame["answered"].to_list()
    )
    items = [each["score"].to_list() for _, each in frame.group_by("item", maintain_order=True)]
    chance = mean(frame["chance"].to_list())
    fixed = None
    if chance is not None and found.parsed is not None and found.parsed_rate is not None:
        fixed = corrected(found.parsed, found.parsed_rate, chance)
    return {
        "items": len(items),
        "responses": found.n,
        "unknown": found.unknown,
        "avg": avg_at_k(items),
        **{f"pass@{each}": mean_pass_at_k(items, each) for each in k},
        "finished": found.finished,
        "parsed": found.parsed,
        "finished_rate": found.finished_rate,
        "parsed_rate": found.parsed_rate,
        "chance": chance,
        "above_chance": fixed.parsed if fixed else None,
        "above_chance_low": fixed.low if fixed else None,
        "above_chance_high": fixed.high if fixed else None,
        "mean_tokens": mean(frame["n_tokens"].cast(pl.Float64).to_list()),
    }
