"""What each signal of the `score` group says of a trace, and all of them in one number.

A signal becomes its goodness, 0 at `bad` and 1 at `good`, straight in between. What it adds, in
points of log-odds, is `weight * (goodness - neutral)`; a signal that is missing adds nothing. The
sum through the logistic function is `quality_raw`:

    quality_raw = 1 / (1 + exp(-(sum of all contributions)))

So a trace of which nothing is known has 0.5, every signal moves the quality one way only, and
`quality_why` can name what moved it. No verdict, no reference and no other rollout takes part, so
that the quality can be held against all of these. Nor does the length: `curate.quality.length`
takes out what of it is left in the sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One column of the `score` group and what it is worth."""

    name: str
    bad: float
    """Value whose goodness is 0; so have all values beyond."""
    good: float
    """Value whose goodness is 1; so have all values beyond. Below `bad` where less is better."""
    neutral: float
    """Goodness in [0, 1] that adds nothing: about what is usual in long solutions."""
    weight: float
    """Points of log-odds between bad and good, at least 0. With 0 it is for `--fit` alone."""
    words: tuple[str, str]
    """What it is called in `quality_why` where it takes away, and where it adds."""


CUT_OFF_GOODNESS = {
    "stop reason": 0.0,
    "unclosed thinking": 0.0,
    "no answer": 0.0,
    "mid-sentence": 0.5,
}
"""Goodness of `cut_off`, by why it is thought so; 1 where it is not. The last is only inferred."""


def _signal(
    name: str,
    scale: tuple[float, float],
    neutral: float,
    weight: float,
    words: tuple[str, str],
) -> Signal:
    bad, good = scale
    return Signal(name=name, bad=bad, good=good, neutral=neutral, weight=weight, words=words)


NO_YES = (0.0, 1.0)
SIGNALS: tuple[Signal, ...] = (
    # complete
    _signal("cut_off", NO_YES, 0.9, 2.0, ("cut off", "complete")),
    _signal("well_formed", NO_YES, 0.9, 0.6, ("thinking not well-formed", "well-formed")),
    _signal("answer_after_thinking", NO_YES, 0.9, 1.5, ("no answer after", "answered")),
    _signal("answers_agree", NO_YES, 0.7, 1.0, ("contradicts its thinking", "answers agree")),
    # degenerate
    _signal("loop_share", (0.5, 0.0), 0.9, 3.0, ("loops", "no loops")),
    _signal("repeated_sentences", (0.3, 0.0), 0.9, 1.2, ("repeats sentences", "no repeats")),
    _signal("near_repeats", (0.3, 0.0), 0.8, 0.5, ("repeats paragraphs", "no repeated paragraph")),
    _signal("distinct_5grams", (0.5, 1.0), 0.8, 1.0, ("repeats phrases", "varied")),
    _signal("compression_ratio", (0.1, 0.4), 0.7, 0.5, ("compresses well", "dense")),
    _signal("script_mix", (0.1, 0.0), 0.9, 0.5, ("mixes scripts", "one script")),
    # sound
    _signal("arithmetic", (0.8, 1.0), 0.8, 1.0, ("arithmetic errors", "arithmetic holds")),
    _signal("failed_steps", (0.5, 0.0), 0.7, 0.5, ("abandoned steps", "few abandoned steps")),
    # how it reasons: whether more is better depends on the data, so these are for `--fit`
    _signal("verification_rate", (0.0, 10.0), 0.5, 0.0, ("rarely checks", "checks")),
    _signal("backtracking_rate", (0.0, 10.0), 0.5, 0.0, ("rarely turns back", "turns back")),
    _signal("subgoal_rate", (0.0, 10.0), 0.5, 0.0, ("few subgoals", "subgoals")),
    _signal("backward_rate", (0.0, 5.0), 0.5, 0.0, ("never works backward", "works backward")),
    _signal("hedging_rate", (10.0, 0.0), 0.5, 0.0, ("hedges", "does not hedge")),
    _signal("answer_first", NO_YES, 0.5, 0.0, ("names its answer early", "answer comes late")),
    _signal("thinking_share", NO_YES, 0.5, 0.0, ("little thinking", "much thinking")),
)
WEIGHTED: tuple[Signal, ...] = tuple(signal for signal in SIGNALS if signal.weight > 0)

READS = ("tokens", *(signal.name for signal in SIGNALS))
"""The columns of the `score` group that a quality is made of."""


def value(signal: Signal) -> pl.Expr:
    """The signal as a number; null where it is unknown."""
    column = pl.col(signal.name)
    if signal.name == "cut_off":
        known = column.replace_strict(CUT_OFF_GOODNESS, default=0.0, return_dtype=pl.Float64)
        return pl.when(column.is_null()).then(1.0).otherwise(known)
    number = column.cast(pl.Float64)
    return pl.when(number.is_finite()).then(number)


def goodness(signal: Signal) -> pl.Expr:
    """How good the value is, in [0, 1]; null where it is unknown."""
    return ((value(signal) - signal.bad) / (signal.good - signal.bad)).clip(0.0, 1.0)


def contribution(signal: Signal) -> pl.Expr:
    """Points of log-odds that the signal adds or takes away; 0 where it is unknown."""
    points = signal.weight * (goodness(signal) - signal.neutral)
    return points.fill_null(0.0).alias(signal.name)


def is_scored() -> pl.Expr:
    """Whether there are signals at all; a row that could not be scored has no tokens."""
    return pl.col("tokens").is_not_null()


def contributions(signals: Iterable[Signal] = WEIGHTED) -> list[pl.Expr]:
    """What each signal adds, in points of log-odds, under the names of the signals."""
    return [contribution(signal) for signal in signals]


def points() -> pl.Expr:
    """The sum of all contributions: the log-odds of `quality_raw`; null without signals."""
    return pl.when(is_scored()).then(in_order(contributions()))


def in_order(terms: Iterable[pl.Expr]) -> pl.Expr:
    """The sum, from left to right.

    The threads of `pl.sum_horizontal` add in an order of their own, so its last bit varies.
    """
    return reduce(add, terms, pl.lit(0.0))


def logistic(log_odds: pl.Expr) -> pl.Expr:
    """Log-odds as a share in [0, 1]."""
    return 1.0 / (1.0 + (-log_odds).exp())
