"""Procedure or verbosity: what grew out of domain, the words or what they do?

A student that took over a procedure checks and turns back more for its length, changes what was
wrong, and scores higher on tasks that it was not trained for. One that took over the manner writes
longer and scores no better. Both verdicts are claims, so both need intervals: growth beyond 0, and
"no better" only within a margin. Behaviours: Gandhi et al. 2025 (arXiv:2503.01307); failed steps:
Feng et al. 2025 (arXiv:2509.19284). Markers saturate, so values changed on turning back count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

import numpy as np

from curate.analyze.crossed import Fit, Runs, arm_fit, estimate
from curate.analyze.interval import Estimate
from curate.analyze.panel import Floats
from curate.errors import InputError

SCORE = "score"
LENGTH = "log_tokens"
RATES = ("verification_rate", "changed_rate")
"""Per 1,000 tokens: what a procedure shows in, whatever the length."""
SHOWN = (*RATES, "backtracking_rate", "failed_steps", "loop_share")
"""Reported beside the verdict where measured."""
LONGER = 0.1
"""Growth of the log length that counts as longer: about a tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One arm against its base, out of domain."""

    arm: str
    score: Estimate
    length: Estimate
    """Change of the mean log length."""
    growth: float
    """Length as a multiple of the base's, geometric mean."""
    rates: Mapping[str, Estimate]
    """Changes of behaviours."""
    verdict: str
    """`procedure`, `verbosity`, `longer and better`, `better, not longer` or `undetermined`."""
    why: str


def behaviours(
    changes: Mapping[str, Runs],
    *,
    margin: float = 0.02,
    rate_margin: float = 0.5,
    alpha: float = 0.05,
) -> list[Behaviour]:
    """Every arm of the runs.

    `changes` maps `score`, `log_tokens` and rates to runs of the same cells, less the untrained
    base on the same items (`changes_of`). Changes below `margin` (units of the score) and
    `rate_margin` (per 1,000 tokens) are none.
    """
    if missing := {SCORE, LENGTH, *RATES} - set(changes):
        raise InputError(
            f"responses were not measured: {', '.join(sorted(missing))}",
            why="the verdict weighs score, length and behaviours together",
            fix="collect the responses of the study and measure them first",
        )
    fits = {name: arm_fit(runs) for name, runs in changes.items()}
    arms = changes[SCORE].arms
    if any(fit.names != arms for fit in fits.values()):
        raise InputError(
            "score and behaviours are of different arms",
            why="; ".join(f"{name}: {', '.join(fit.names)}" for name, fit in fits.items()),
            fix="measure the responses of all arms",
        )
    margins = {SCORE: margin, **dict.fromkeys(RATES, rate_margin)}
    return [
        behaviour(name, fits, unit, margins, alpha)
        for name, unit in zip(arms, np.eye(len(arms)), strict=True)
    ]


def behaviour(
    arm: str, fits: Mapping[str, Fit], unit: Floats, margins: Mapping[str, float], alpha: float
) -> Behaviour:
    """One arm."""
    found = {name: estimate(fit, unit, name, alpha) for name, fit in fits.items()}
    # Either of two behaviours makes a procedure, so each is tested at half the level; a verdict of
    # verbosity needs both and the score below their margins, each tested one-sided at the level.
    halved = {name: estimate(fits[name], unit, name, alpha / len(RATES)) for name in RATES}
    no_more = all(
        estimate(fits[name], unit, name, 2 * alpha).high < most for name, most in margins.items()
    )
    verdict, why = verdict_of(found, halved, no_more=no_more)
    return Behaviour(
        arm=arm,
        score=found[SCORE],
        length=found[LENGTH],
        growth=exp(found[LENGTH].value),
        rates={name: found[name] for name in SHOWN if name in found},
        verdict=verdict,
        why=why,
    )


def verdict_of(
    found: Mapping[str, Estimate], halved: Mapping[str, Estimate], *, no_more: bool
) -> tuple[str, str]:
    """The verdict and its reason."""
    score, length = found[SCORE], found[LENGTH]
    better = score.is_shown and score.low > 0
    longer = length.seeds_known and length.low > LONGER
    does = [name for name in RATES if halved[name].is_shown and halved[name].low > 0]
    if not (score.seeds_known and length.seeds_known):
        return "undetermined", "one run of each arm: another seed may do otherwise"
    if better and does:
        return (
            "procedure",
            f"higher score out of domain, and more for its length: {', '.join(does)}",
        )
    if longer and no_more:
        return "verbosity", "longer, and neither score nor behaviours rise by more than the margin"
    if better and longer:
        return "longer and better", "the score rises with the length, no behaviour per token shown"
    if better:
        return "better, not longer", "the score rises without more words or behaviours"
    return "undetermined", "neither a rise nor its absence within the margin is shown"
