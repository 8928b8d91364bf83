"""Attribution to data quality: estimators against brute force, references and their own laws."""

from dataclasses import replace
from itertools import permutations
from math import inf, sqrt

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.analyze.behaviour import behaviours
from curate.analyze.capability import (
    Halves,
    base_effect,
    capability_of,
    half_of,
    halves_of,
    hartung_knapp,
    heterogeneity,
    paule_mandel,
)
from curate.analyze.crossed import (
    Items,
    Runs,
    arm_fit,
    changes_of,
    estimate,
    even_items,
    even_runs,
    fit,
    moment_fit,
    runs_of,
)
from curate.analyze.dose import curvature, dose_response, slope
from curate.analyze.factorial import alias_sets, factorial, holm, lenth, resolution
from curate.analyze.fieller import fieller
from curate.analyze.interval import Estimate, interval
from curate.analyze.misclassification import (
    corrected,
    from_agreement,
    from_checked,
    from_rates,
    from_second_grader,
    normal_interval,
    sweep,
)
from curate.analyze.monotone import monotone, whitener
from curate.analyze.panel import panel
from curate.analyze.passes import with_pass_at_k
from curate.analyze.power import pilot, power
from curate.analyze.scaling import agreement, decision, wilson
from curate.analyze.sensitivity import e_value, imbalance_needed, ratio_of, sensitivity
from curate.analyze.shapley import (
    coalitions,
    exact_weights,
    interaction_share,
    regression_weights,
    sampled_shapley,
    shapley,
)
from curate.analyze.swarm import adjusted_fit, held_out, inflations, least_squares, loo_loss, swarm
from curate.analyze.tradeoff import refusals, tradeoff
from curate.analyze.variance import moments
from curate.detectable import Size, Variances, detectable
from curate.errors import InputError
from tests.planted_arms import CUBE, CUBE_LEVELS, DOSES, scores

Floats = npt.NDArray[np.float64]


def an_estimate(value: float, se: float, df: float = 20) -> Estimate:
    return interval("one", value, se, df, 0.05)


# --- crossed models -------------------------------------------------------------------------------


def test_the_item_error_is_that_of_cluster_robust_least_squares() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(20), 3)
    values = rng.normal(size=60) + rng.normal(size=20)[clusters]
    items = Items(weights=np.full(60, 1 / 60), clusters=clusters, strata=np.zeros(60, np.int64))
    found = fit(values[None], np.ones((1, 1)), ("mean",), items)
    robust = sm.OLS(values, np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True}
    )
    # statsmodels' factor is G / (G - 1) * (N - 1) / (N - k), the same for a mean.
    assert sqrt(found.items[0, 0]) == pytest.approx(robust.bse[0], rel=1e-9)


def test_a_contrast_agrees_with_a_crossed_mixed_model() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    rng = np.random.default_rng(1)
    seeds, items = 4, 12
    table = rng.normal(size=(2, seeds, items)) + 3 * rng.normal(size=(2, 1, items))
    table += 3 * rng.normal(size=items) + 2 * rng.normal(size=(2, seeds, 1))
    found = estimate(arm_fit(even_runs(table)), [-1, 1], "difference")
    arm, seed, item = (axis.ravel() for axis in np.indices(table.shape))
    groups = {"item": item, "arm:item": arm * items + item, "run": arm * seeds + seed}
    spec = VCSpec(
        list(groups),
        [[[f"{name}{k}" for k in range(codes.max() + 1)]] for name, codes in groups.items()],
        [[np.eye(codes.max() + 1)[codes]] for codes in groups.values()],
    )
    design = np.column_stack((np.ones(len(arm)), arm))
    model = MixedLM(table.ravel(), design, np.zeros(len(arm)), exog_vc=spec).fit(reml=True)
    assert found.value == pytest.approx(model.fe_params[1], abs=1e-9)
    assert found.se == pytest.approx(model.bse_fe[1], rel=1e-3)


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_order_of_items_and_a_shift_of_all_scores_change_no_contrast(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = scores(rng, [0, 0.05, 0.1], items=40)
    first = estimate(arm_fit(even_runs(table)), [-1, 0, 1], "")
    moved = table[:, :, rng.permutation(40)] + rng.normal(size=(1, 1, 1))
    second = estimate(arm_fit(even_runs(moved)), [-1, 0, 1], "")
    assert second.value == pytest.approx(first.value)
    assert second.se == pytest.approx(first.se)


def test_item_effects_common_to_all_arms_add_no_error_to_a_contrast() -> None:
    rng = np.random.default_rng(0)
    table = np.broadcast_to(rng.normal(size=50), (2, 3, 50)).copy()
    found = estimate(arm_fit(even_runs(table)), [-1, 1], "")
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.se == pytest.approx(0, abs=1e-12)


def results(table: Floats, *, steps: int = 2) -> pl.DataFrame:
    """A long table of scores (arm, seed, item), the same at every step, and a base of 0.5."""
    arms, seeds, items = table.shape
    rows: list[tuple[str | None, int | None, int, str, float]] = [
        (f"arm-{a}", s, 10 * (t + 1), f"i{i:03d}", float(table[a, s, i]))
        for a, s, t, i in np.ndindex(arms, seeds, steps, items)
    ]
    rows += [(None, None, 0, f"i{i:03d}", 0.5) for i in range(items)]
    schema = {"arm": pl.String, "seed": pl.Int64, "step": pl.Int64, "item": pl.String}
    frame = pl.DataFrame(rows, schema=schema | {"score": pl.Float64}, orient="row")
    return frame.with_columns(base=pl.lit("small"), suite=pl.lit("sums"))


def test_runs_of_a_panel_and_its_moments_give_the_same_means_and_item_errors() -> None:
    table = scores(np.random.default_rng(5), [0, 0.1], items=30)
    whole = panel(results(table), "sums", by="suite")
    runs = runs_of(whole)
    assert runs.scores == pytest.approx(table.reshape(6, 30))
    ours, pooled = arm_fit(runs), moment_fit(moments(whole))
    assert pooled.values == pytest.approx(ours.values)
    assert pooled.items == pytest.approx(ours.items)
    assert np.diag(pooled.runs) == pytest.approx(np.diag(ours.runs))


def test_items_that_a_run_lacks_are_left_out_and_counted_and_lost_runs_too() -> None:
    table = scores(np.random.default_rng(5), [0, 0.1], items=30)
    long = results(table).filter(~((pl.col("arm") == "arm-1") & (pl.col("seed") == 2)))
    holed = long.filter(~((pl.col("item") == "i003") & (pl.col("arm") == "arm-0")))
    runs = runs_of(panel(holed, "sums", by="suite"))
    assert (len(runs.scores), runs.dropped) == (5, 1)
    assert runs.kept is not None
    assert 3 not in runs.kept
    few = long.filter((pl.col("item") < "i005") | (pl.col("arm") != "arm-0"))
    with pytest.raises(InputError, match="only 5 of 30 items"):
        runs_of(panel(few, "sums", by="suite"))


def test_one_run_of_each_arm_is_said_to_know_nothing_of_runs() -> None:
    runs = even_runs(scores(np.random.default_rng(0), [0, 0.3], seeds=1))
    found = estimate(arm_fit(runs), [-1, 1], "")
    assert found.low > 0
    assert not found.seeds_known
    assert not found.is_shown
    known = arm_fit(runs, (0.0003, 8))
    assert estimate(known, [-1, 1], "").is_shown


# --- dose -----------------------------------------------------------------------------------------


def test_the_slope_is_that_of_least_squares_whatever_the_order_of_the_arms() -> None:
    rng = np.random.default_rng(2)
    table = scores(rng, -0.1 * DOSES)
    means = table.mean(axis=(1, 2))
    order = [3, 0, 4, 1, 2]
    found = dose_response(even_runs(table[order]), DOSES[order])
    assert found.doses == tuple(DOSES)
    assert found.slope.value == pytest.approx(np.polyfit(DOSES, means, 1)[0])
    assert found.verdict == "falls with dose"
    assert found.isotonic == tuple(sorted(found.isotonic, reverse=True))


def test_the_curvature_is_the_middle_less_the_line_between_the_ends() -> None:
    table = np.broadcast_to((4 * DOSES * (1 - DOSES))[:, None, None], (5, 2, 3))
    found = curvature(arm_fit(even_runs(table + 0.0)), DOSES)
    assert found is not None
    assert found.value == pytest.approx(1.0)


def test_controls_that_differ_leave_the_effect_undetermined() -> None:
    rng = np.random.default_rng(4)
    doses = even_runs(scores(rng, -0.1 * DOSES))
    bad = even_runs(scores(rng, [0, 0.15]), ["again", "dose-0"])
    good = even_runs(scores(rng, [0, 0]), ["again", "dose-0"])
    pairs = [("again", "dose-0")]
    kept = dose_response(doses, DOSES, controls=pairs, control_runs=good)
    assert kept.verdict == "falls with dose"
    found = dose_response(doses, DOSES, controls=pairs, control_runs=bad)
    assert found.verdict == "undetermined"
    assert found.floor > 0.1
    assert found.p_controls is not None
    assert found.p_controls < 0.05


def test_a_step_is_placed_between_the_dose_shown_and_the_one_not_shown() -> None:
    rng = np.random.default_rng(8)
    found = dose_response(
        even_runs(scores(rng, [0, 0, 0, -0.15, -0.15], seeds=4, items=400)), DOSES
    )
    assert (found.first_shown, found.last_not_shown) == (0.75, 0.5)
    umbrella = dose_response(even_runs(scores(rng, [0, 0.15, 0.15, 0.15, 0], items=400)), DOSES)
    assert umbrella.verdict == "not monotone"
    assert umbrella.first_shown is None


def test_one_seed_leaves_a_dose_response_that_curves_undetermined_or_wide() -> None:
    table = scores(np.random.default_rng(1), [0, 0, -0.1, -0.1, 0], seeds=1)
    assert dose_response(even_runs(table), DOSES).verdict in {"no trend shown", "undetermined"}
    two = dose_response(even_runs(scores(np.random.default_rng(1), [0, -0.3], seeds=1)), [0, 1])
    assert two.verdict == "undetermined"
    assert "one run" in two.why


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=7))
def test_the_isotonic_fit_is_that_of_scipy_with_equal_independent_errors(
    values: list[float],
) -> None:
    from scipy.optimize import isotonic_regression

    found = monotone(np.array(values), np.eye(len(values)), up=True)
    assert found == pytest.approx(isotonic_regression(values).x, abs=1e-7)


def test_doses_that_have_no_slope_are_refused() -> None:
    runs = even_runs(scores(np.random.default_rng(0), [0, 0]))
    with pytest.raises(InputError, match="no two the same"):
        dose_response(runs, [0.5, 0.5])
    with pytest.raises(InputError, match="2 arms"):
        dose_response(runs, [0, 0.5, 1])


# --- grader error ---------------------------------------------------------------------------------


def test_rates_and_checked_traces_give_the_same_attenuation() -> None:
    rng = np.random.default_rng(0)
    # 1,000 traces, 300 truly low; sensitivity 0.8, specificity 0.9: 310 graded low, 240 rightly.
    known = from_rates(0.8, 0.9, 0.3)
    checked = from_checked(240, 310, 630, 690, rng)
    assert checked.attenuation == pytest.approx(known.attenuation)
    table = {"low": {"low": 240, "high": 70, "neither": 9}, "high": {"low": 60, "high": 630}}
    second = from_second_grader(table, "high", "low", rng)
    assert second.attenuation == pytest.approx(known.attenuation)
    assert "second grader" in second.source
    low, high = checked.interval
    assert low < known.attenuation < high


def test_two_graders_that_err_alike_give_back_their_error() -> None:
    rng = np.random.default_rng(0)
    error, share, count = 0.1, 0.4, 1_000_000
    truth = rng.random(count) < share
    grades = truth ^ (rng.random((2, count)) < error)
    both = int(np.sum(grades.all(axis=0)))
    neither = int(np.sum(~grades.any(axis=0)))
    found = from_agreement(both, neither, count - both - neither, rng)
    assert found.attenuation == pytest.approx(
        from_rates(1 - error, 1 - error, share).attenuation, abs=0.01
    )


def test_a_perfect_grader_changes_nothing_and_an_uncertain_one_widens() -> None:
    rng = np.random.default_rng(0)
    one = an_estimate(-0.1, 0.02)
    same = corrected(one, from_rates(1, 1, 0.5), rng, draws=200_000)
    assert (same.low, same.high) == pytest.approx((one.low, one.high), abs=0.001)
    wide = corrected(one, from_checked(40, 50, 40, 50, rng), rng)
    assert wide.value == pytest.approx(-0.1 / 0.6)
    assert wide.high - wide.low > (one.high - one.low) / 0.6
    delta = normal_interval(one, from_checked(40, 50, 40, 50, rng))
    assert delta[0] < wide.value < delta[1]
    assert sweep(one, [0.5, 1.0])[0][1] == pytest.approx(-0.2)


def test_a_grader_at_chance_has_no_slope() -> None:
    rng = np.random.default_rng(0)
    unsure = corrected(an_estimate(-0.1, 0.02), from_checked(6, 10, 6, 10, rng), rng)
    assert not unsure.bounded
    assert unsure.high == inf
    with pytest.raises(InputError, match="no better than chance"):
        corrected(an_estimate(-0.1, 0.02), from_rates(0.5, 0.5, 0.5), rng)
    with pytest.raises(InputError, match="no more than chance"):
        from_agreement(25, 25, 50, rng)
    with pytest.raises(InputError, match="sensitivity"):
        from_rates(1.2, 0.9, 0.3)


# --- unmeasured confounders -----------------------------------------------------------------------


def test_robustness_values_are_those_of_the_published_example() -> None:
    # Cinelli & Hazlett 2020, Darfur: t = 4.18, 783 degrees of freedom; RV 13.9 %, 7.6 % at 5 %.
    found = sensitivity(an_estimate(0.097, 0.097 / 4.18, 783))
    assert found.robustness == pytest.approx(0.139, abs=0.0006)
    assert found.robustness_interval == pytest.approx(0.076, abs=0.0006)
    assert found.partial_r2 == pytest.approx(0.022, abs=0.0006)
    assert sensitivity(an_estimate(0.01, 0.02)).robustness_interval == 0


@given(st.floats(0.1, 50), st.floats(3, 500))
def test_a_stronger_effect_needs_a_stronger_confounder(t: float, df: float) -> None:
    less, more = sensitivity(an_estimate(t, 1, df)), sensitivity(an_estimate(1.1 * t, 1, df))
    assert 0 <= less.robustness_interval <= less.robustness <= 1
    assert less.robustness <= more.robustness
    assert less.robustness_interval <= more.robustness_interval + 1e-12


def test_e_values_are_those_of_the_published_example() -> None:
    # VanderWeele & Ding 2017: RR 3.9 (1.8 to 8.7) has E-values 7.26 and 3.0.
    found = e_value(3.9, 1.8, 8.7)
    assert (found.value, found.limit) == pytest.approx((7.26, 3.0), abs=0.01)
    assert e_value(1 / 3.9, 1 / 8.7, 1 / 1.8).value == pytest.approx(found.value)
    assert e_value(1.2, 0.9, 1.6).limit == 1
    assert ratio_of(an_estimate(0.1, 0.0), 0.5) == pytest.approx((1.2, 1.2, 1.2))
    assert imbalance_needed(-0.06, 0.2) == pytest.approx(0.3)


# --- factorial ------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1, 1), min_size=8, max_size=8))
@example([0.0] * 7 + [6e-8])
def test_main_effects_are_mean_high_less_mean_low(means: list[float]) -> None:
    table = np.array(means)[:, None, None] + np.zeros((8, 2, 3))
    found = factorial(even_runs(table), CUBE_LEVELS)
    high = np.array([row[0] > 0 for row in CUBE])
    expected = np.mean(np.array(means)[high]) - np.mean(np.array(means)[~high])
    assert found.effects[0].estimate.value == pytest.approx(expected, abs=1e-9)
    assert [one.factors for one in found.effects][:4] == [("a",), ("b",), ("c",), ("a", "b")]
    assert found.resolution is None


def test_a_fraction_names_its_aliases() -> None:
    levels = [{"a": a, "b": b, "c": c, "d": a * b * c} for a, b, c in CUBE]
    signs = {name: np.array([float(row[name]) for row in levels]) for name in "abcd"}
    sets = alias_sets(signs)
    assert resolution(signs) == 4
    assert [one[0] for one in sets[:4]] == [("a",), ("b",), ("c",), ("d",)]
    assert [("a", "b"), ("c", "d")] in sets
    named = [{name: "high" if v > 0 else "low" for name, v in row.items()} for row in levels]
    order = dict.fromkeys("abcd", ("low", "high"))
    table = np.array([0.1 * row["a"] for row in levels])[:, None, None] + np.zeros((8, 2, 3))
    found = factorial(even_runs(table), named, order=order)
    assert found.effects[0].estimate.value == pytest.approx(0.2)
    assert found.effects[4].aliases == (("c", "d"),)


def test_effects_agree_with_least_squares_of_the_reference() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(7)
    table = scores(rng, [0.05 * a for a, _, _ in CUBE])
    found = factorial(even_runs(table), CUBE_LEVELS)
    a, b, c = np.repeat(np.array(CUBE, float), 3, axis=0).T
    design = sm.add_constant(np.column_stack((a, b, c, a * b, a * c, b * c)))
    reference = sm.OLS(table.reshape(24, -1).mean(axis=1), design).fit()
    assert [one.estimate.value for one in found.effects] == pytest.approx(2 * reference.params[1:])


def test_holm_is_that_of_the_reference() -> None:
    from statsmodels.stats.multitest import multipletests

    p = [0.04, 0.001, 0.2, 0.012, 0.012]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_lenth_leaves_out_what_is_too_large_to_be_noise() -> None:
    small = [1.5, 0.5, 0.25, 0.75, 0.0, 1.25, 0.75, 0.5, 0.25, 1.75, 1.25]
    values = np.array([23.0, -5, *small, 10, 5.5])
    found = lenth([an_estimate(float(v), 1.0) for v in values], values)
    first = 1.5 * np.median(np.abs(values))
    expected = 1.5 * np.median(np.abs(values)[np.abs(values) < 2.5 * first])
    assert found[0].se == pytest.approx(expected)
    assert found[0].df == 5
    assert found[0].is_shown
    assert not found[3].is_shown


def test_one_run_of_few_arms_claims_no_effect() -> None:
    table = scores(np.random.default_rng(0), [0, 0.3, 0, 0.3], seeds=1)
    levels = [{"a": a, "b": b} for a in "01" for b in "01"]
    found = factorial(even_runs(table), levels)
    assert found.noise == "items only"
    assert all(one.p_holm is None and not one.estimate.is_shown for one in found.effects)
    with pytest.raises(InputError, match="3 levels"):
        factorial(even_runs(table), [{"a": x} for x in "0122"])
    with pytest.raises(InputError, match="cannot tell 3 effects apart"):
        factorial(even_runs(table[:3]), levels[:3])


# --- swarm ----------------------------------------------------------------------------------------


def test_a_swarm_finds_what_strata_are_worth_and_refuses_too_few_arms() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(3), 40)
    worth = np.array((0.1, 0.0, -0.1))
    found = swarm(
        even_runs(scores(rng, shares @ worth, seeds=1, items=400)), shares, ["a", "b", "c"]
    )
    assert [one.value for one in found.effects] == pytest.approx(worth, abs=0.03)
    assert sum(one.value for one in found.effects) == pytest.approx(0, abs=1e-9)
    assert found.r2_held_out["least squares"] > 0.5
    assert found.r2 > found.r2_held_out["least squares"]
    assert found.p_pairs is not None
    few = even_runs(scores(rng, np.zeros(8), seeds=1))
    with pytest.raises(InputError, match="8 arms are too few for a regression on 3 strata"):
        swarm(few, shares[:8], ["a", "b", "c"])
    with pytest.raises(InputError, match="shares of an arm sum"):
        swarm(few, shares[:8] / 2, ["a", "b", "c"])


def test_covariates_are_refused_where_arms_are_too_few() -> None:
    rng = np.random.default_rng(0)
    six = even_runs(scores(rng, np.zeros(6)))
    covariates = rng.normal(size=(6, 5))
    with pytest.raises(InputError, match="6 arms are too few"):
        adjusted_fit(six, covariates, list("abcde"), np.arange(6.0))
    many = even_runs(scores(rng, np.linspace(0, 0.22, 12).tolist()))
    fitted = adjusted_fit(many, rng.normal(size=(12, 1)), ["length"], np.arange(12.0))
    assert fitted.values[0] == pytest.approx(0.02, abs=0.006)


def test_leaving_one_out_in_closed_form_is_leaving_one_out() -> None:
    rng = np.random.default_rng(0)
    shares, values = rng.dirichlet(np.ones(3), 12), rng.normal(size=12)
    errors = []
    for out in range(12):
        kept = np.arange(12) != out
        errors.append(values[out] - shares[out] @ least_squares(shares[kept], values[kept]))
    assert loo_loss(shares, values, 0.0) == pytest.approx(np.mean(np.square(errors)))
    assert set(held_out(shares, values, rng)) == {"least squares", "ridge", "nonnegative"}


def test_strata_that_come_and_go_together_are_inflated() -> None:
    rng = np.random.default_rng(0)
    free = rng.dirichlet(np.ones(4), 50)
    tied = free.copy()
    tied[:, 1] = tied[:, 0] * rng.uniform(0.98, 1.02, 50)
    tied /= tied.sum(axis=1, keepdims=True)
    assert inflations(free).max() < 3
    assert inflations(tied)[:2].min() > 10


# --- Shapley --------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1, 1), min_size=8, max_size=8))
def test_shapley_values_are_mean_marginal_gains_over_all_orders(values: list[float]) -> None:
    strata, subsets = ["a", "b", "c"], coalitions(["a", "b", "c"])
    value = dict(zip(subsets, values, strict=True))
    brute = dict.fromkeys(strata, 0.0)
    for order in permutations(strata):
        for at, name in enumerate(order):
            before = frozenset(order[:at])
            brute[name] += (value[before | {name}] - value[before]) / 6
    exact = exact_weights(strata, subsets) @ np.array(values)
    assert exact == pytest.approx(list(brute.values()), abs=1e-9)
    assert exact.sum() == pytest.approx(values[-1] - values[0], abs=1e-9)
    assert regression_weights(strata, subsets) @ np.array(values) == pytest.approx(exact, abs=1e-9)


def test_sampled_orders_come_near_and_ask_each_subset_once() -> None:
    asked: list[frozenset[str]] = []

    def value(subset: frozenset[str]) -> float:
        asked.append(subset)
        return len(subset) + ({"a", "b"} <= subset)

    found = sampled_shapley(value, ["a", "b", "c"], 400, np.random.default_rng(0))
    assert found["a"][0] == pytest.approx(1.5, abs=4 * found["a"][1] + 1e-9)
    assert found["c"] == pytest.approx((1.0, 0.0))
    assert len(asked) == len(set(asked)) <= 8


def test_additive_strata_have_no_interaction_share_and_a_product_has() -> None:
    strata, subsets = ["a", "b"], coalitions(["a", "b"])
    for both in (0.0, 0.4):
        means = np.array([0.0, 0.2, 0.2, 0.4 + both])
        found = arm_fit(even_runs(means[:, None, None] + np.zeros((4, 2, 3))))
        share = interaction_share(found, strata, subsets)
        parts = (0.2 + both / 2) ** 2 * 2, (both / 2) ** 2
        assert share == pytest.approx(parts[1] / sum(parts), abs=1e-9)


def test_strata_without_all_their_arms_are_estimated_or_refused() -> None:
    rng = np.random.default_rng(0)
    strata = list("abcd")
    subsets = [one for one in coalitions(strata) if len(one) != 2]
    worth = dict(zip(strata, (0.04, 0.02, 0.0, -0.02), strict=True))
    means = np.array([sum(worth[s] for s in one) for one in subsets])
    found = shapley(even_runs(scores(rng, means, items=400)), subsets)
    assert found.method == "regression"
    assert [one.value for one in found.shares] == pytest.approx(list(worth.values()), abs=0.04)
    assert sum(one.value for one in found.shares) == pytest.approx(found.total.value)
    with pytest.raises(InputError, match="no stratum or the one with all"):
        shapley(even_runs(scores(rng, [0, 0])), [frozenset("a"), frozenset("ab")])
    with pytest.raises(InputError, match="7 strata"):
        shapley(even_runs(scores(rng, [0, 0])), [frozenset(), frozenset("abcdefg")])


# --- capability -----------------------------------------------------------------------------------


def test_random_effects_are_those_of_the_reference() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    values = np.array([0.10, 0.02, 0.07, -0.01, 0.12])
    variances = np.array([0.0004, 0.0002, 0.0006, 0.0003, 0.0009])
    reference = combine_effects(values, variances, method_re="iterated", use_t=True)
    tau2 = paule_mandel(values, variances)
    assert tau2 == pytest.approx(float(reference.tau2), rel=1e-3)
    found = hartung_knapp(values, variances, tau2, 0.05)
    assert found.value == pytest.approx(float(reference.mean_effect_re), rel=1e-3)
    assert found.se == pytest.approx(float(reference.sd_eff_w_re_hksj), rel=1e-2)
    spread = heterogeneity(
        [an_estimate(v, sqrt(s)) for v, s in zip(values, variances, strict=True)]
    )
    assert spread.q == pytest.approx(float(reference.q), rel=1e-9)
    assert spread.i2 == pytest.approx(float(reference.i2), rel=1e-9)
    assert spread.i2_low <= spread.i2 <= spread.i2_high


def test_no_slope_below_five_bases_and_words_that_say_so() -> None:
    rng = np.random.default_rng(0)
    found = []
    for bases in (4, 6):
        effects, halves = [], []
        for number in range(bases):
            base = (rng.random(200) < 0.2 + 0.1 * number).astype(float)
            change = np.full(200, 0.02 * number) + rng.normal(0, 0.05, 200)
            first = half_of(np.arange(200) // 4, rng)
            effects.append(interval(str(number), float(change.mean()), 0.004, 50, 0.05))
            halves.append(halves_of(str(number), base, change, first))
        found.append(capability_of(effects, halves))
    assert found[0].slope is None
    assert "takes 5" in found[0].words
    assert found[1].slope is not None
    assert found[1].slope.low < 0.2 < found[1].slope.high
    assert "better bases gain more" in found[1].words
    with pytest.raises(InputError, match="different bases"):
        capability_of(effects[1:], halves)


def test_halves_keep_clusters_whole() -> None:
    clusters = np.repeat(np.arange(11), 3)
    first = half_of(clusters, np.random.default_rng(0))
    assert all(len(set(first[clusters == c].tolist())) == 1 for c in range(11))
    assert first.sum() == 15


# --- trade-off ------------------------------------------------------------------------------------


def test_fieller_is_a_t_test_of_every_ratio() -> None:
    from scipy.stats import t as student

    covariance = np.array([[0.0004, -0.0001], [-0.0001, 0.0002]])
    found = fieller(np.array((-0.05, 0.10)), covariance, 12)
    assert found.shape == "interval"
    for end in (found.low, found.high):
        se = sqrt(covariance[0, 0] - 2 * end * covariance[0, 1] + end**2 * covariance[1, 1])
        assert abs(-0.05 - end * 0.10) / se == pytest.approx(student.ppf(0.975, 12))
    assert fieller(np.array((-0.05, 0.01)), covariance, 12).shape == "outside an interval"
    nothing = fieller(np.array((0.0, 0.0)), covariance, 12)
    assert (nothing.shape, nothing.high) == ("everything", inf)
    assert "unbounded" in nothing.words


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.01, 0.2), st.floats(-0.9, 0.9))
def test_the_ratio_itself_is_never_ruled_out(s: float, r: float, se: float, rho: float) -> None:
    if abs(r) < 1e-3:
        return
    covariance = se**2 * np.array([[1, rho], [rho, 1]])
    found = fieller(np.array((s, r)), covariance, 8)
    if found.shape == "outside an interval":
        assert not found.low < found.value < found.high
    else:
        assert found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_the_front_and_its_chances() -> None:
    rng = np.random.default_rng(0)
    arms = ["good", "safe", "bad"]
    reasoning = even_runs(scores(rng, [0.15, 0, -0.15]) - 0.5, arms)
    safety = even_runs(scores(rng, [-0.1, 0.1, -0.2]) - 0.5, arms)
    found = tradeoff(reasoning, safety)
    assert found.front == ("good", "safe")
    assert found.dominates[0, 2] > 0.95
    assert found.dominates[0, 1] < 0.05
    assert found.points[2].on_front < 0.05
    good = found.points[0]
    assert good.exchange.value == pytest.approx(good.safety.value / good.reasoning.value)
    centre = good.reasoning.value, good.safety.value
    assert good.ellipse[:-1].mean(axis=0) == pytest.approx(centre, abs=1e-9)


def test_runs_that_go_together_tilt_the_ellipse() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(0, 0.08, (3, 8))
    pair = [
        even_runs(scores(rng, [0, 0, 0], seeds=8, run_offset=sign * common)) for sign in (1, -1)
    ]
    covariance = tradeoff(pair[0], pair[1]).points[0].covariance
    assert covariance[0, 1] / sqrt(covariance[0, 0] * covariance[1, 1]) < -0.6
    shuffled = pair[1].scores[np.concatenate([rng.permutation(8) + 8 * a for a in range(3)])]
    apart = tradeoff(pair[0], even_runs(shuffled.reshape(3, 8, -1))).points[0].covariance
    assert abs(apart[0, 1] / sqrt(apart[0, 0] * apart[1, 1])) < 0.5


def test_refusal_and_over_refusal_stand_together() -> None:
    rng = np.random.default_rng(0)
    harmful, harmless = (even_runs(scores(rng, m), ["a", "b"]) for m in ([0.2, 0], [0.1, 0]))
    found = refusals(harmful, harmless)
    assert [one.arm for one in found] == ["a", "b"]
    assert found[0].refusal.value > found[1].refusal.value
    with pytest.raises(InputError, match="different arms"):
        refusals(harmful, even_runs(scores(rng, [0, 0]), ["a", "c"]))


# --- behaviour, scaling, power --------------------------------------------------------------------


def test_words_without_gain_are_verbosity_and_gain_with_checking_is_procedure() -> None:
    rng = np.random.default_rng(0)
    items = 3000
    names = ("score", "log_tokens", "verification_rate", "changed_rate")

    def changed(**by: float) -> dict[str, Runs]:
        return {
            name: even_runs(by.get(name, 0.0) + rng.normal(0, 0.2, (2, 4, items))) for name in names
        }

    words = behaviours(changed(log_tokens=0.5))[0]
    assert words.verdict == "verbosity"
    assert words.growth == pytest.approx(np.exp(0.5), rel=0.05)
    skill = behaviours(changed(log_tokens=0.5, score=0.1, changed_rate=0.3))[0]
    assert skill.verdict == "procedure"
    one = {name: even_runs(np.zeros((2, 1, items))) for name in names}
    assert behaviours(one)[0].verdict == "undetermined"
    with pytest.raises(InputError, match="changed_rate"):
        behaviours({"score": one["score"]})


def test_agreement_is_kendalls() -> None:
    from itertools import combinations

    from scipy.stats import kendalltau

    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 7))
    pairs = list(combinations(range(7), 2))
    tau = float(kendalltau(first, second).statistic)
    assert agreement(first, second, pairs) == pytest.approx((1 + tau) / 2)


def test_wilson_is_that_of_scipy() -> None:
    from scipy.stats import binomtest

    reference = binomtest(7, 10).proportion_ci(method="wilson")
    assert wilson(0.7, 10, 0.05) == pytest.approx((reference.low, reference.high))


def test_a_small_base_that_orders_the_arms_alike_is_said_to() -> None:
    rng = np.random.default_rng(0)
    means = np.linspace(-0.25, 0.25, 6)
    small, large = (even_runs(scores(rng, m), list("abcdef")) for m in (means / 2, means))
    found = decision(small, large, "small, step 40")
    assert found.accuracy == 1
    assert found.p_coin < 0.01
    assert 13 <= found.clear_pairs <= found.pairs == 15
    assert found.ceiling > 0.9
    assert 0.5 < found.low < 1
    with pytest.raises(InputError, match="2 arms were run on both"):
        decision(even_runs(scores(rng, [0, 0])), even_runs(scores(rng, [0, 0])), "")


def test_a_pilot_gives_back_the_variances_that_made_it() -> None:
    rng = np.random.default_rng(0)
    truth = Variances(sample=0.16, seed=0.0009, arm_item=0.0036)
    size = Size(items=500, seeds=4, samples=4)
    drawn = [
        even_runs(scores(rng, [0, 0], seeds=4, items=500, samples=4, seed_sd=0.03))
        for _ in range(12)
    ]
    found = [pilot(one, samples=4).variances for one in drawn]
    assert np.mean([v.seed for v in found]) == pytest.approx(truth.seed, rel=0.4)
    assert np.mean([v.arm_item for v in found]) == pytest.approx(truth.arm_item, rel=0.3)
    errors = [estimate(arm_fit(one), [-1, 1], "").se for one in drawn]
    promised = detectable(truth, size, exact=False) / 2.8016
    assert np.mean(errors) == pytest.approx(promised, rel=0.25)


def test_power_says_how_many_seeds_or_that_items_are_lacking() -> None:
    parts = Variances(sample=0.17, seed=0.0003, arm_item=0.004)
    found = power(parts, 0.04)
    assert len(found.rows) == 4 * 3 * 3
    assert "seeds for each arm" in found.words
    assert found.seeds[30] is None or found.seeds[30] > (found.seeds[1000] or 0)
    assert "add items" in power(parts, 0.004, items=(30, 100)).words
    with pytest.raises(InputError, match="how runs differ"):
        pilot(even_runs(scores(np.random.default_rng(0), [0, 0], seeds=1)))


def test_whitened_errors_are_independent() -> None:
    means = arm_fit(even_runs(scores(np.random.default_rng(0), [0, 0, 0])))
    white = whitener(means)
    assert white @ (means.items + means.runs) @ white.T == pytest.approx(np.eye(3), abs=1e-6)
    assert slope(means, np.arange(3.0)).df > 1
    assert even_items(3).weights.sum() == pytest.approx(1)


# --- tables ---------------------------------------------------------------------------------------


def test_pass_at_k_is_the_share_of_draws_with_a_right_one() -> None:
    rows = results(np.array([[[1.0, 0.0]]]))
    many = pl.concat([rows.with_columns(score=pl.lit(s)) for s in (1.0, 0.0, 0.0, None)])
    found = with_pass_at_k(many, 2)
    assert found["pass_at_k"].to_list() == pytest.approx([2 / 3] * found.height)
    assert with_pass_at_k(many, 4)["pass_at_k"].null_count() == found.height
    whole = panel(found, "sums", by="suite", measure="pass_at_k")
    assert runs_of(whole, until=10).scores == pytest.approx(np.full((1, 2), 2 / 3))


def test_changes_are_against_the_base_on_the_items_it_has() -> None:
    table = scores(np.random.default_rng(5), [0, 0.1], items=30)
    long = results(table).filter((pl.col("item") != "i007") | pl.col("arm").is_not_null())
    runs = changes_of(panel(long, "sums", by="suite"))
    assert runs.kept is not None
    assert 7 not in runs.kept
    assert runs.scores == pytest.approx(table.reshape(6, 30)[:, runs.kept] - 0.5)
    assert runs.items.weights.sum() == pytest.approx(1)


def test_the_effect_at_a_base_and_its_halves_are_of_the_same_items() -> None:
    rng = np.random.default_rng(5)
    whole = panel(results(scores(rng, [0, 0.1], items=30)), "sums", by="suite")
    for reference in (None, "arm-0"):
        effect, halves = base_effect(whole, "arm-1", reference, rng)
        assert effect.name == halves.base == "small"
        assert np.mean(halves.effect) == pytest.approx(effect.value)
        assert halves.capability == (0.5, 0.5)


def test_what_rests_on_one_run_of_each_arm_says_so_everywhere() -> None:
    rng = np.random.default_rng(0)
    one = interval("b", 0.1, 0.01, 200, 0.05, seeds_known=False)
    assert sensitivity(one).robustness_interval == 0
    assert "one run" in sensitivity(one).words
    assert "of these runs alone" in corrected(one, from_rates(0.9, 0.9, 0.5), rng).words
    other = interval("c", -0.1, 0.01, 200, 0.05, seeds_known=False)
    halves = [
        Halves(base=b, capability=(x, x), effect=(0.0, 0.0)) for b, x in (("b", 0.2), ("c", 0.4))
    ]
    assert capability_of([one, other], halves).words.startswith("one run of each arm")


def test_a_variance_that_rounds_below_nothing_is_nothing() -> None:
    """As where all runs have the same scores: the sum of squares then came out at -1e-20."""
    part = np.array([[1e-17, 1.001e-17], [1.001e-17, 1e-17]])
    flat = arm_fit(even_runs(np.full((2, 3, 20), 0.5)))
    found = estimate(replace(flat, items=part, runs=part, noise=part), [1.0, -1.0], "x")
    assert (found.value, found.se, found.p) == (0.0, 0.0, 1.0)
