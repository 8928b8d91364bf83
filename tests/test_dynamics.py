"""Trajectories with planted truth: the right verdict where one can be told, else none."""

import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from curate.analyze.bands import change_band, difference_band, score_band
from curate.analyze.describe import describe
from curate.analyze.dynamics import Extent, Shape, dynamics
from curate.analyze.estimates import estimates
from curate.analyze.maxt import critical, deviations, step_down
from curate.analyze.planted import World, as_panel, draw, true_shapes
from curate.analyze.stopping import Advice, Conclusion, early_stops, progress
from curate.analyze.variance import moments
from curate.errors import InputError
from tests.studies import panel_of, planted_panel

SURE = World(runs=3, items=1500, samples=4, base_samples=12, seed_sd=0.004, interaction_sd=0.2)
"""Noise so small that every planted shape can be told."""
BASE = 0.5
DIP = [0.44, 0.38, 0.38, 0.42, 0.48, 0.55, 0.60, 0.60]
SHAPES = {
    Shape.DIP_AND_RECOVERY: DIP,
    Shape.HUMP: [0.55, 0.62, 0.62, 0.58, 0.52, 0.45, 0.42, 0.42],
    Shape.GAIN: [0.51, 0.53, 0.55, 0.57, 0.59, 0.61, 0.63, 0.65],
    Shape.LOSS: [0.49, 0.47, 0.45, 0.43, 0.41, 0.39, 0.37, 0.35],
    Shape.DROP: [0.40] * 8,
    Shape.FLAT: [0.5] * 8,
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_shape_is_found_where_noise_is_small(shape: Shape) -> None:
    panel = planted_panel(np.array([SHAPES[shape]] * 2), SURE, 1)
    result = dynamics(moments(panel), "a0", margin=0.03)
    assert result.verdict is shape
    assert set(result.claims) <= true_shapes(BASE, np.array(SHAPES[shape]), window=2, margin=0.03)


def test_a_loss_is_known_where_its_shape_is_not() -> None:
    """A fall to nothing with a late stir that few items cannot rule out to be a recovery."""
    world = World(runs=2, items=90, samples=1, seed_sd=0.01)
    means = [0.5, 0.45, 0.12, 0.16, 0.10, 0.11, 0.10, 0.10]
    result = dynamics(moments(planted_panel(np.array([means] * 2), world, 1)), "a0")
    assert (result.verdict, result.end) == (Shape.UNDETERMINED, "lower")
    one = World(runs=1, items=90, samples=1, seed_sd=0.01)
    assert dynamics(moments(planted_panel(np.array([means] * 2), one, 1)), "a0").end is None
    flat = dynamics(moments(planted_panel(np.array([[0.5] * 8] * 2), world, 3)), "a0")
    assert flat.end is None


def test_a_dip_has_its_place_depth_and_extent() -> None:
    result = dynamics(moments(planted_panel(np.array([DIP] * 2), SURE, 2)), "a1", margin=0.03)
    assert result.trough is not None
    assert (result.trough.window.first_step, result.trough.window.last_step) == (2, 3)
    assert result.trough.first_step <= 2
    assert result.trough.last_step >= 3
    assert result.trough.window.dip.low <= 0.12 <= result.trough.window.dip.high
    assert result.trough.window.recovery.low <= 0.22 <= result.trough.window.recovery.high
    assert result.trough.window.dip_at_least > 0
    assert result.net.low <= 0.10 <= result.net.high
    assert result.extent is Extent.FULL
    low = [*DIP[:5], 0.42, 0.43, 0.43]
    partial = dynamics(moments(planted_panel(np.array([low]), SURE, 3)), "a0", margin=0.03)
    assert (partial.verdict, partial.extent) == (Shape.DIP_AND_RECOVERY, Extent.PARTIAL)


def test_one_run_says_what_it_cannot_know() -> None:
    panel = planted_panel(np.array([DIP]), replace(SURE, runs=1), 4)
    result = dynamics(moments(panel), "a0")
    assert result.verdict is Shape.UNDETERMINED
    assert result.claims == ()
    assert result.this_run is Shape.DIP_AND_RECOVERY
    assert not result.seeds_known
    assert any("another seed" in note for note in result.notes)
    assert progress(moments(panel), "a0").advice is Advice.UNDETERMINED
    assert {stop.conclusion for stop in early_stops(moments(panel), "a0")} == {
        Conclusion.UNDETERMINED
    }


def test_the_same_study_gives_the_same_result_in_any_order_of_items_and_arms() -> None:
    panel = planted_panel(np.array([DIP, DIP, DIP]), World(), 5)
    order = np.random.default_rng(0).permutation(400)
    shuffled = replace(
        panel,
        values=panel.values[:, ::-1][..., order],
        base=panel.base[order],
        clusters=panel.clusters[order],
    )
    one, two = dynamics(moments(panel), "a1"), dynamics(moments(shuffled), "a1")
    assert one.verdict is two.verdict
    assert one.net.low == pytest.approx(two.net.low, abs=1e-9)
    assert repr(dynamics(moments(panel), "a1")) == repr(one)


def test_a_trajectory_of_a_thousand_items_takes_less_than_a_second() -> None:
    panel = planted_panel(np.array([DIP] * 4), World(items=1000), 6)
    began = time.process_time()
    dynamics(moments(panel), "a0")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_short_trajectories_are_judged_as_far_as_they_go(steps: int) -> None:
    found = moments(planted_panel(np.full((2, steps), 0.6), World(), 7))
    result = dynamics(found, "a0")
    assert result.net.low <= result.net.estimate <= result.net.high
    assert len(result.windows) == {1: 0, 2: 1, 3: 2, 4: 1, 5: 2}[steps]
    if steps == 1:
        with pytest.raises(InputError, match="1 checkpoint"):
            progress(found, "a0")


def test_without_a_base_there_is_no_verdict() -> None:
    panel = planted_panel(np.array([DIP] * 2), World(), 8)
    bare = moments(replace(panel, base=np.full(400, np.nan)))
    with pytest.raises(InputError, match="dip and recovery cannot be judged"):
        dynamics(bare, "a0")
    with pytest.raises(InputError, match="no arm `b`"):
        dynamics(moments(panel), "b")
    assert score_band(bare, "a0").steps == panel.steps
    assert len(difference_band(bare, "a0", "a1").low) == 8


@given(st.integers(0, 10**6), st.integers(2, 3), st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_intervals_hold_their_estimates_and_bands_are_wider_than_intervals(
    seed: int, runs: int, arms: int
) -> None:
    panel = planted_panel(np.full((arms, 5), 0.4), World(runs=runs, items=25), seed)
    found = moments(panel)
    result = dynamics(found, "a0")
    for window in result.windows:
        assert window.dip.low <= window.dip_at_least <= window.dip.estimate + 1e-12
        assert window.dip.low <= window.dip.estimate <= window.dip.high
    for band in (score_band(found, "a0"), change_band(found, "a0")):
        assert (band.low <= band.estimate).all()
        assert (band.estimate <= band.high).all()


@pytest.mark.parametrize(("items", "shape"), [(30, Shape.UNDETERMINED), (200, Shape.FLAT)])
def test_a_trajectory_at_the_ceiling_is_flat_only_with_many_items(items: int, shape: Shape) -> None:
    found = moments(panel_of(np.ones((2, 2, 6, items)), np.ones(items)))
    assert dynamics(found, "a0").verdict is shape


def test_a_fall_from_all_right_to_all_wrong_is_told() -> None:
    draw = np.random.default_rng(4)
    chances = np.array([1, 1, 1, 0.24, 0.13, 0.05, 0.02, 0, 0, 0])
    values = (draw.random((8, 3, 10, 96)) < chances[:, None]).astype(float)
    found = dynamics(moments(panel_of(values, np.ones(96))), "a5")
    assert found.end == "lower"
    assert found.net.high < -0.9
    assert found.detectable < 0.2
    assert set(found.claims) <= {Shape.LOSS, Shape.DROP}
    band = change_band(moments(panel_of(values, np.ones(96))), "a5")
    assert (band.high - band.low).max() < 0.4


def test_what_is_left_by_rounding_is_no_deviation() -> None:
    """As met: an error of 5e-17 and draws of 5e-13 made the joint critical value ten thousand."""
    draws = np.random.default_rng(0).standard_normal((2, 4096)) * np.array([[0.02], [5e-13]])
    errors = np.array([0.02, 5e-17])
    for two_sided in (True, False):
        alone = critical(draws[:1], errors[:1], 0.05, two_sided=two_sided)
        assert critical(draws, errors, 0.05, two_sided=two_sided) == alone
    assert step_down(np.array([0.1, 5e-16]), draws, errors, 0.05).tolist() == [True, False]


def test_progress_tells_rising_from_settled_and_from_past_its_best() -> None:
    def advice(means: list[float]) -> Advice:
        panel = planted_panel(np.array([means] * 2), SURE, 9)
        return progress(moments(panel), "a0", margin=0.03).advice

    assert advice(SHAPES[Shape.GAIN]) is Advice.EXTEND
    assert advice([0.6] * 8) is Advice.STOP
    found = progress(moments(planted_panel(np.array([SHAPES[Shape.HUMP]]), SURE, 9)), "a0")
    assert found.advice is Advice.PICK
    assert (found.first_step, found.last_step) == (2, 3)


def test_an_early_stop_would_have_concluded_the_opposite() -> None:
    stops = early_stops(moments(planted_panel(np.array([DIP] * 2), SURE, 10)), "a0")
    assert [stop.wrong for stop in stops] == [True] * 4 + [False] * 4
    assert stops[1].conclusion is Conclusion.LOSS
    assert stops[-1].conclusion is Conclusion.GAIN
    assert stops[1].error.low <= 0.38 - 0.60 <= stops[1].error.high


def test_the_critical_value_of_independent_contrasts_is_known() -> None:
    """Many items, many runs: the largest of k independent normals, two-sided."""
    panel = planted_panel(np.full((4, 6), 0.5), World(runs=3, items=4000, seed_sd=0), 11)
    found = moments(panel)
    independent = replace(
        found,
        item_covariance=np.eye(25),
        run_covariance=np.zeros((6, 6)),
        noise_covariance=np.zeros((6, 6)),
    )
    rows = np.eye(25)[1:7]
    value = critical(
        deviations(independent, rows), estimates(independent, rows).errors, 0.05, two_sided=True
    )
    assert value == pytest.approx(2.631, abs=0.06)  # Φ⁻¹((1 + 0.95^(1/6)) / 2)


NULLS = {
    "flat": [0.5] * 8,
    "drop then plateau": [0.45] * 8,
    "steady rise": [0.5 + 0.006 * step for step in range(1, 9)],
    "rise then fall": [0.52, 0.54, 0.55, 0.55, 0.54, 0.52, 0.51, 0.5],
    "steady loss": [0.5 - 0.006 * step for step in range(1, 9)],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(NULLS))
def test_false_verdicts_are_as_rare_as_stated(name: str) -> None:
    """A small share of benchmarks/statistical_errors.py; bounds for an error rate of 6 %."""
    draws, random, means = 80, np.random.default_rng([2026, len(name)]), np.array(NULLS[name])
    true = true_shapes(BASE, means, window=2, margin=0.02)
    wrong: Counter[int] = Counter()
    covered = 0
    for sd in (0.0, 0.017, 0.028):
        for _ in range(draws):
            planted = draw(
                World(runs=5, seed_sd=sd, items=300), np.tile(means, (3, 1)), BASE, random
            )
            for runs in (1, 2, 3, 5):
                found = moments(as_panel(replace(planted, values=planted.values[:, :runs])))
                result = dynamics(found, "a0")
                wrong[runs] += result.verdict not in true
                net = means[-2:].mean() - BASE
                covered += runs > 1 and result.net.low <= net <= result.net.high
    studies = 3 * draws
    assert wrong[1] == 0, "one run claims nothing"
    assert max(wrong.values()) <= binom.ppf(0.999, studies, 0.06)
    assert covered >= binom.ppf(0.001, 3 * studies, 0.93)


@pytest.mark.slow
def test_a_dip_is_found_as_often_as_stated() -> None:
    random, draws = np.random.default_rng(2026), 100
    means = np.array([0.47, 0.45, 0.45, 0.47, 0.50, 0.52, 0.54, 0.54])
    found = 0
    for _ in range(draws):
        planted = draw(World(seed_sd=0.0137), np.tile(means, (4, 1)), BASE, random)
        found += dynamics(moments(as_panel(planted)), "a0").verdict is Shape.DIP_AND_RECOVERY
    assert found >= binom.ppf(0.001, draws, 0.80)


@pytest.mark.parametrize(
    ("scores", "trough", "depth", "back"),
    [
        ([64.9, 62.9, 71.5, 77.1, 78.8, 86.3, 87.1, 86.2], 20, 7.9, 40),
        ([21.5, 17.0, 14.5, 18.1, 17.6, 23.5, 23.5, 24.4], 40, 6.1, 320),
        ([46.3, 33.0, 37.2, 40.4, 41.6, 45.4, 50.0, 49.4], 20, 16.2, 480),
        ([19.9, 17.3, 19.4, 23.9, 27.9, 33.3, 36.7, 37.9], 20, -2.7, None),
    ],
)
def test_the_published_trajectories_are_described_and_not_tested(
    scores: list[float], trough: int, depth: float, back: int | None
) -> None:
    """Qwen3-4B of arXiv:2604.06628: MATH500, LiveCodeBench, IFEval and GPQA."""
    base = {62.9: 70.8, 17.0: 20.6, 33.0: 49.2, 17.3: 14.6}[scores[1]]
    found = describe(base, [10, 20, 40, 80, 160, 320, 480, 640], scores)
    assert found.trough_step == trough
    assert found.depth == pytest.approx(depth)
    assert found.recovered_step == back
    assert "one seed" in found.note


def test_what_is_no_trajectory_is_not_described() -> None:
    with pytest.raises(InputError, match="cannot be described"):
        describe(0.5, [10, 20], [0.4])
