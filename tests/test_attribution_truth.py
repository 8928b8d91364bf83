"""Error rates on planted truth, at a small size; `benchmarks/attribution.py` is the full one.

Bounds leave room for chance: three standard errors of a share from so many draws.
"""

from collections.abc import Callable
from functools import partial
from math import sqrt

import numpy as np
import pytest

from tests.planted_arms import (
    Outcome,
    behaviour_study,
    capability_study,
    decision_study,
    decision_truth,
    dose_study,
    exchange_study,
    factorial_study,
    grader_study,
    heterogeneity_study,
    monotone_study,
    nested_study,
    rates,
    shapley_study,
    swarm_study,
    threshold_study,
    verdict_study,
)

Study = Callable[[np.random.Generator], Outcome]


def at_least(share: float, wanted: float, draws: int) -> bool:
    return share >= wanted - 3 * sqrt(wanted * (1 - wanted) / draws)


def at_most(share: float, allowed: float, draws: int) -> bool:
    return share <= allowed + 3 * sqrt(allowed * (1 - allowed) / draws)


COVERED: dict[str, tuple[Study, int, bool]] = {
    "slope": (partial(dose_study, truth=-0.08), 400, True),
    "slope, two seeds": (partial(dose_study, seeds=2, seed_sd=0.028), 400, True),
    "slope, five seeds": (partial(dose_study, seeds=5, seed_sd=0.028), 300, True),
    "slope of nested draws": (nested_study, 300, True),
    "corrected slope": (grader_study, 200, True),
    "factorial effects": (factorial_study, 250, False),
    "Shapley": (partial(shapley_study, bootstrap=False), 250, False),
    "exchange rate": (partial(exchange_study, gain=0.01), 300, True),
    "mean over bases": (heterogeneity_study, 500, True),
    "capability": (partial(capability_study, truth=0.5, spread=0.08, bases=8), 300, True),
    "swarm": (swarm_study, 60, False),
}
"""Study, draws, and whether the naive way beside it must fail."""


@pytest.mark.parametrize("name", COVERED)
def test_intervals_hold_the_truth_as_often_as_they_say(name: str) -> None:
    study, draws, naive_fails = COVERED[name]
    found = rates(study, draws)
    assert at_least(found["covered"], 0.95, draws), found
    if naive_fails:
        assert found["naive covered"] < 0.95 - 2 * sqrt(0.05 * 0.95 / draws), found


NULL: dict[str, tuple[Study, int, str]] = {
    "dose": (dose_study, 400, "claimed"),
    "factorial": (factorial_study, 250, "any false claim"),
    "factorial, one seed": (partial(factorial_study, seeds=1), 250, "any false claim"),
    "capability": (capability_study, 400, "claimed"),
    "dose verdict": (verdict_study, 100, "claimed"),
    "not monotone, flat": (partial(monotone_study, shape=[0] * 5), 60, "not monotone"),
    "not monotone, step": (
        partial(monotone_study, shape=[0, 0, 0.05, 0.05, 0.05]),
        80,
        "not monotone",
    ),
    "dose shown too low": (
        partial(threshold_study, shape=[0, 0, 0, 0.08, 0.08]),
        300,
        "shown too low",
    ),
    "procedure, only longer": (partial(behaviour_study, growth=0.5), 200, "procedure"),
    "verbosity, better by the margin": (
        partial(behaviour_study, growth=0.5, score=0.02, items=2000),
        150,
        "verbosity",
    ),
    "order, unrelated": (
        partial(decision_study, truth=decision_truth(6, 10), noise=10),
        80,
        "claimed",
    ),
}


@pytest.mark.parametrize("name", NULL)
def test_what_is_not_there_is_claimed_in_one_of_twenty_studies_at_most(name: str) -> None:
    study, draws, claim = NULL[name]
    found = rates(study, draws)
    assert at_most(found[claim], 0.05, draws), found


def test_real_effects_are_found_with_the_right_sign() -> None:
    found = rates(partial(dose_study, truth=-0.08), 200)
    assert found["claimed"] > 0.8
    assert found["wrong sign"] == 0
    assert rates(factorial_study, 100)["main found"] > 0.8
    assert rates(partial(behaviour_study, growth=0.5, items=2000), 60)["verbosity"] > 0.15


def test_one_seed_claims_nothing_about_training() -> None:
    found = rates(partial(dose_study, seeds=1), 200)
    assert found["claimed"] <= 0.05
    assert found["naive covered"] < 0.95


def test_regression_to_the_mean_is_seen_by_the_naive_slope_alone() -> None:
    found = rates(capability_study, 300)
    assert found["naive claimed"] > 0.12
    assert at_most(found["claimed"], 0.05, 300)
