"""Lengths, modes, formats and overfitting, each with a planted truth."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analyze.bands import change_band
from curate.analyze.decompose import decompose
from curate.analyze.dynamics import Shape, dynamics
from curate.analyze.formats import Cause, accuracies, cause_of_dip, ratio
from curate.analyze.overfitting import overfitting
from curate.analyze.panel import Panel, panel
from curate.analyze.phases import Direction, Phases, _longest_chain, log_lengths, phases
from curate.analyze.planted import World
from curate.analyze.variance import moments
from curate.errors import InputError
from tests.studies import long_table, panel_of, planted_panel

BASE_LENGTH = 100


def lengths(factors: list[float], *, runs: int = 3, noise: float = 0.1, seed: int = 0) -> Panel:
    """Token counts of 200 items: the base has 100, checkpoints that times their factors."""
    random = np.random.default_rng([11, seed])
    own = random.normal(0, 0.5, 200)
    shape = (2, runs, len(factors), 200)
    logs = np.log(np.array(factors))[:, None] + own + random.normal(0, noise, shape)
    logs += random.normal(0, 0.01, shape[:3])[..., None]
    base = np.exp(own + random.normal(0, noise, 200))
    return panel_of(BASE_LENGTH * np.exp(logs), BASE_LENGTH * base)


def phases_of(factors: list[float], **more: int) -> Phases:
    return phases(moments(log_lengths(lengths(factors, **more))), "a0")


def names(found: Phases) -> list[Direction]:
    return [phase.direction for phase in found.phases]


def test_lengths_rise_fall_and_rebound() -> None:
    found = phases_of([2, 4, 4, 3, 2, 1.5, 2.5, 3])
    assert names(found) == [Direction.RISE, Direction.FALL, Direction.REBOUND]
    assert found.rebounds_at_the_end
    rise, fall, rebound = found.phases
    assert (rise.first_step, rise.last_step) == (0, 30)
    assert rise.change.low <= np.log(4) <= rise.change.high
    assert (fall.last_step, rebound.last_step) == (60, 80)


def test_lengths_that_stay_are_stable_and_one_run_is_flagged() -> None:
    assert names(phases_of([1.0] * 6)) == [Direction.STABLE]
    one = phases_of([2, 4, 4, 2, 2, 2], runs=1)
    assert names(one) == [Direction.RISE, Direction.FALL]
    assert not one.seeds_known
    assert not one.rebounds_at_the_end


def test_phases_are_seldom_found_where_there_are_none() -> None:
    false = sum(
        Direction.RISE in names(found) or Direction.FALL in names(found)
        for found in (phases_of([1.0] * 6, seed=seed) for seed in range(60))
    )
    assert false <= 9  # 99.9 % quantile of 60 draws at 6 %


def test_lengths_are_counts() -> None:
    with pytest.raises(InputError, match="is negative"):
        log_lengths(panel_of(np.full((1, 1, 1, 3), -1.0)))


@given(st.integers(2, 6), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_chain_is_the_longest_of_all_by_brute_force(many: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    change = np.triu(random.integers(-2, 3, (many, many)), 1).astype(float)

    def moves(chain: tuple[int, ...]) -> list[float]:
        return [float(change[one, two]) for one, two in pairwise(chain)]

    best = (0, 0.0)
    for size in range(2, many + 1):
        for chain in combinations(range(many), size):
            steps = moves(chain)
            turns = all(a * b < 0 for a, b in pairwise(steps))
            if all(steps) and turns:
                best = max(best, (len(steps), sum(map(abs, steps))))
    ours = moves(tuple(_longest_chain(change)))
    assert (len(ours), sum(map(abs, ours))) == best


FALLS = np.array([[0.55, 0.60, 0.60, 0.60, 0.58, 0.54, 0.48, 0.46]] * 2)
STAYS = np.array([[0.55, 0.60, 0.60, 0.60, 0.60, 0.60, 0.60, 0.60]] * 2)
SURE = World(items=800, samples=4, base_samples=8, seed_sd=0.004)
GROW = [2, 4, 4, 3, 2, 1.5, 2.5, 3.0]
SETTLE = [2, 4, 4, 3, 2, 1.5, 1.5, 1.5]


@pytest.mark.parametrize(
    ("inside", "outside", "factors", "shown"),
    [
        (FALLS, FALLS, GROW, True),
        (STAYS, FALLS, GROW, False),
        (FALLS, STAYS, GROW, False),
        (FALLS, FALLS, SETTLE, False),
    ],
)
def test_overfitting_needs_all_three_parts(
    inside: np.ndarray, outside: np.ndarray, factors: list[float], shown: bool
) -> None:
    one, two = (moments(planted_panel(means, SURE, 1)) for means in (inside, outside))
    assert overfitting(one, two, phases_of(factors), "a0").shown is shown


def modes(seed: int = 0) -> dict[str, Panel]:
    """A model that takes to thinking at once and learns to think well later."""
    random = np.random.default_rng([12, seed])
    shape = (1, 3, 5, 400)
    rate = np.array([0.5, 1.0, 1.0, 1.0, 1.0])[:, None]
    cot = np.array([0.1, 0.1, 0.3, 0.6, 0.9])[:, None]
    thinks = random.random(shape) < rate

    def right(chance: np.ndarray) -> np.ndarray:
        return (random.random(shape) < chance).astype(float)

    free = np.where(thinks, right(cot), right(np.full((5, 1), 0.8)))
    base = {"free": 0.8, "thinking": 0.0, "cot": 0.1, "direct": 0.8}
    values = {"free": free, "thinking": thinks.astype(float)}
    values |= {"cot": right(cot), "direct": right(np.full((5, 1), 0.8))}
    return {
        name: panel_of(values[name], (random.random(400) < base[name]).astype(float))
        for name in values
    }


def test_a_dip_is_the_new_mode_entered_before_it_is_mastered() -> None:
    parts = decompose(**modes())
    adoption = change_band(moments(parts.adoption), "a0")
    competence = change_band(moments(parts.competence), "a0")
    residual = change_band(moments(parts.residual), "a0")
    observed = change_band(moments(parts.observed), "a0")
    truth = (np.array([0.5, 1, 1, 1, 1]) * -0.7, np.array([0, 0, 0.2, 0.5, 0.8]))
    assert (np.abs(adoption.estimate - truth[0]) < 0.06).all()
    assert (np.abs(competence.estimate - truth[1]) < 0.08).all()
    assert ((residual.low <= 0) & (residual.high >= 0)).all()
    total = adoption.estimate + competence.estimate + residual.estimate
    assert observed.estimate == pytest.approx(total)


def test_modes_on_other_items_are_not_multiplied() -> None:
    given_ = modes()
    given_["cot"] = replace(given_["cot"], steps=(1, 2, 3, 4, 5))
    with pytest.raises(InputError, match="have other steps"):
        decompose(**given_)


def cut_off(cause: Cause) -> pl.DataFrame:
    """Two fifths of the early responses are cut off or hold no answer; or the rest is worse too."""
    random = np.random.default_rng(13)
    worse = cause is Cause.COMPETENCE
    chance = np.array([0.35, 0.35, 0.6, 0.6, 0.6, 0.6] if worse else [0.6] * 6)[:, None]
    whole = random.random((2, 3, 6, 900)) < np.array([0.6, 0.6, 1, 1, 1, 1])[:, None]
    right = random.random((2, 3, 6, 900)) < chance
    scores = long_table((right & whole).astype(float), (random.random(900) < 0.6).astype(float))
    flags = long_table(whole.astype(float), np.ones(900))["score"] > 0.5
    if cause is Cause.FORMAT:
        return scores.with_columns(truncated=pl.lit(False), answered=flags)
    return scores.with_columns(truncated=~flags, answered=pl.lit(True))


@pytest.mark.parametrize("cause", [Cause.TRUNCATION, Cause.FORMAT, Cause.COMPETENCE])
def test_a_dip_that_is_only_of_form_is_named_so(cause: Cause) -> None:
    three = accuracies(cut_off(cause), "id")
    found = {name: moments(getattr(three, name)) for name in ("all", "finished", "parsed")}
    dip = dynamics(found["all"], "a0")
    assert dip.verdict is Shape.DIP_AND_RECOVERY
    assert dip.trough is not None
    steps = (dip.trough.window.first_step, dip.trough.window.last_step)
    assert steps == (10, 20)
    assert cause_of_dip(found["finished"], found["parsed"], "a0", steps, margin=0.05) is cause
    truth = 0.35 if cause is Cause.COMPETENCE else 0.6
    assert found["parsed"].means[1] == pytest.approx(truth, abs=0.03)


def test_a_ratio_is_that_of_the_means_and_nothing_to_divide_by_is_refused() -> None:
    random = np.random.default_rng(0)
    part, whole = random.random((1, 2, 3, 20)), random.random((1, 2, 3, 20)) + 0.2
    made = ratio(panel_of(part, part[0, 0, 0]), panel_of(whole, whole[0, 0, 0]), measure="r")
    expected = part.mean(axis=-1) / whole.mean(axis=-1)
    assert made.values.mean(axis=-1) == pytest.approx(expected)
    table = cut_off(Cause.TRUNCATION)
    table = table.with_columns(truncated=pl.col("truncated") | (pl.col("step") == 10))
    with pytest.raises(InputError, match="no response to be taken over"):
        accuracies(table, "id")
    with pytest.raises(InputError, match="no `answered`"):
        accuracies(table.drop("answered"), "id")


def test_what_is_unknown_of_a_format_counts_as_fulfilled() -> None:
    table = long_table(np.ones((1, 1, 2, 4)), np.zeros(4)).with_columns(
        truncated=pl.lit(None, pl.Boolean), answered=pl.lit(None, pl.Boolean)
    )
    three = accuracies(table, "id")
    assert np.array_equal(three.parsed.values, panel(table, "id").values)
