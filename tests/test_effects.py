"""Effects agree with other software on small studies, and behave as contrasts must."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from curate.analyze.dynamics import Shape, dynamics
from curate.analyze.effects import Effect, effects
from curate.analyze.equivalence import (
    Word,
    equivalence_p,
    non_inferiority_p,
    phrase,
    safety_word,
    word,
)
from curate.analyze.multiplicity import Family, benjamini_hochberg, findings, holm
from curate.analyze.panel import Panel
from curate.analyze.planted import World
from curate.analyze.variance import moments
from curate.errors import InputError
from tests.statistics_reference import PATH
from tests.studies import panel_of, planted_panel

REFERENCE = json.loads(PATH.read_text("utf-8"))

PAIR = [("a0", "a1")]


def study(runs: int = 3, items: int = 40, *, arms: int = 2, steps: int = 1, seed: int = 0) -> Panel:
    world = World(runs=runs, items=items, seed_sd=0.06, interaction_sd=1.0)
    return planted_panel(np.linspace(0.4, 0.6, arms)[:, None] * np.ones(steps), world, seed)


def only(panel: Panel, pair: tuple[str, str | None] = ("a0", "a1"), **more: Any) -> Effect:
    return effects(panel, [pair], **more)[0]


@given(
    st.integers(0, 10**6),
    st.integers(2, 4),
    st.integers(5, 12),
    st.floats(-3, 3, allow_subnormal=False),
)
@settings(max_examples=40, deadline=None)
def test_contrasts_are_antisymmetric_and_a_constant_moves_nothing(
    seed: int, runs: int, items: int, constant: float
) -> None:
    values = np.random.default_rng(seed).random((3, runs, 2, items))
    panel, moved = panel_of(values), panel_of(values + constant)
    one, other, same = only(panel), only(panel, ("a1", "a0")), only(moved)
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-12)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)
    assert one.low <= one.estimate <= one.high
    assert one.p == pytest.approx(other.p)
    assert (same.low, same.high) == pytest.approx((one.low, one.high), abs=1e-6)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_order_of_items_and_runs_does_not_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 2, (2, 3, 3, 9)).astype(float)
    clusters = random.integers(0, 5, 9)
    shuffled = values[:, random.permutation(3)]
    order = random.permutation(9)
    one = only(panel_of(values, clusters=clusters))
    two = only(panel_of(shuffled[..., order], clusters=clusters[order]))
    assert (two.estimate, two.low, two.high) == pytest.approx((one.estimate, one.low, one.high))


def test_equal_arms_differ_by_nothing() -> None:
    panel = study(arms=1)
    twice = panel_of(np.concatenate([panel.values, panel.values]))
    found = only(twice)
    assert found.estimate == 0
    assert found.p == 1
    assert found.item_error == 0


def test_the_item_error_is_that_of_cluster_robust_regression() -> None:
    given_ = REFERENCE["clustered"]
    arms, clusters = np.array(given_["arms"]), np.array(given_["clusters"])
    found = only(panel_of(arms[:, None, None], clusters=clusters))
    assert found.estimate == pytest.approx(given_["estimate"])
    assert found.item_error == pytest.approx(given_["error"], rel=1e-9)
    assert found.clusters == len(set(given_["clusters"]))


def test_the_error_is_that_of_a_mixed_model() -> None:
    """Balanced, with every component above 0: REML and moments are then the same."""
    given_ = REFERENCE["mixed"]
    found = only(panel_of(np.array(given_["values"])[:, :, None]), ("a1", "a0"))
    assert found.estimate == pytest.approx(given_["estimate"], abs=1e-6)
    assert found.error == pytest.approx(given_["error"], rel=0.01)


def test_the_item_error_is_that_of_a_paired_bootstrap() -> None:
    from scipy import stats

    panel = study(items=200, seed=2)
    means = panel.values.mean(axis=(1, 2))
    drawn = stats.bootstrap(
        (means[0] - means[1],),
        np.mean,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(0),
        vectorized=True,
    )
    found = only(panel)
    assert found.item_error == pytest.approx(float(drawn.standard_error), rel=0.05)


def test_equivalence_and_non_inferiority_are_those_of_paired_t_tests() -> None:
    given_ = REFERENCE["equivalence"]
    found = only(panel_of(np.array([given_["one"], given_["two"]])[:, None, None]))
    assert equivalence_p(found, 0.1) == pytest.approx(given_["p"])
    assert non_inferiority_p(found, 0.1) == pytest.approx(given_["above"])
    assert max(given_["above"], given_["below"]) == pytest.approx(given_["p"])


@pytest.mark.parametrize("given_", REFERENCE["adjusted"])
def test_adjusted_p_values_are_those_of_multipletests(given_: dict[str, list[float]]) -> None:
    p = np.array(given_["p"])
    assert holm(p) == pytest.approx(given_["holm"])
    assert benjamini_hochberg(p) == pytest.approx(given_["fdr_bh"])


def test_one_run_an_arm_has_no_p_and_says_why() -> None:
    found = only(study(runs=1))
    assert found.p is None
    assert found.seed_error is None
    assert not found.seeds_known
    assert any("seeds unknown" in note for note in found.notes)
    finding = findings([found], [])[0]
    assert word(finding, 0.5) is Word.UNDETERMINED
    assert safety_word(finding, 0.5) is Word.UNDETERMINED
    assert phrase(finding, Word.UNDETERMINED, 0.5) == "undetermined (seeds unknown)"


def test_an_arm_with_one_run_has_no_verdict_though_others_tell_how_runs_vary() -> None:
    panel = study(runs=4, arms=3, items=100, steps=4)
    panel.values[0, 1:] = np.nan
    found = only(panel)
    assert (found.seeds_known, found.p) == (False, None)
    assert found.error > found.item_error  # the interval holds what the others vary by
    result = dynamics(moments(panel), "a0")
    assert (result.verdict, result.seeds_known) == (Shape.UNDETERMINED, False)
    assert dynamics(moments(panel), "a1").seeds_known
    assert (found.arm_runs, found.reference_runs) == (1, 4)
    assert any("unequal" in note for note in found.notes)


def test_items_and_runs_with_gaps_are_left_out_and_counted() -> None:
    panel = study(steps=3, items=50)
    panel.values[1, 2, 1, 7] = np.nan
    panel.values[0, 0, 2] = np.nan
    found = only(panel)
    assert found.items == 49
    assert found.arm_runs == 2
    assert any(note.startswith("1 of 50 items (2%)") for note in found.notes)
    assert any(note.startswith("1 runs lack a checkpoint") for note in found.notes)
    panel.values[0, :, 2] = np.nan
    with pytest.raises(InputError, match="no run of arm `a0` has all the checkpoints"):
        only(panel)


def test_mixture_draws_are_the_replicates_where_they_were_repeated() -> None:
    values = np.random.default_rng(0).random((2, 4, 1, 30))
    values += np.array([0, 0, 0.4, 0.4])[None, :, None, None]
    mixes = np.array([[1, 1, 2, 2], [1, 1, 2, 2]])
    by_mix, by_run = only(panel_of(values, mixes=mixes)), only(panel_of(values))
    assert by_mix.arm_runs == 2
    assert by_mix.error > by_run.error
    assert any("draws are the replicates" in note for note in by_mix.notes)
    single = only(panel_of(values, mixes=np.ones((2, 4), int)))
    assert any("one draw of each mixture" in note for note in single.notes)


def test_what_cannot_be_compared_is_refused() -> None:
    panel = study()
    with pytest.raises(InputError, match="no arm `b`"):
        only(panel, ("b", "a1"))
    with pytest.raises(InputError, match="no checkpoint at step 7"):
        only(panel, last_step=7)
    with pytest.raises(InputError, match="held against the base"):
        only(panel_of(panel.values), ("a0", None))
    with pytest.raises(InputError, match="has 1 cluster"):
        only(panel_of(panel.values, clusters=np.zeros(40, int)))


def test_the_window_is_the_last_checkpoints_or_the_ones_asked_for() -> None:
    panel = study(steps=5)
    last, early = only(panel), only(panel, window=3, last_step=3)
    assert (last.first_step, last.last_step) == (4, 5)
    assert (early.first_step, early.last_step) == (1, 3)
    difference = panel.values[:, :, :3].mean(axis=(1, 2, 3))
    assert early.estimate == pytest.approx(difference[0] - difference[1])


def test_words_follow_the_numbers_and_every_number_has_its_label() -> None:
    world = World(runs=4, items=3000, samples=8, base_samples=8, seed_sd=0.002, interaction_sd=0.1)
    means = np.array([[0.60], [0.60], [0.50]])
    panel = planted_panel(means, world, 1)
    found = effects(panel, [("a0", "a1"), ("a0", "a2")])
    scan = effects(panel, [("a2", "a1"), ("a2", None)])
    same, better, worse, base = findings(found, scan)
    assert [same.family, worse.family] == [Family.PRIMARY, Family.EXPLORATORY]
    assert same.level == pytest.approx(0.025)
    assert phrase(same, word(same, 0.02), 0.02) == "equivalent within ±2 points"
    assert phrase(better, word(better, 0.02), 0.02) == "different"
    assert phrase(same, safety_word(same, 0.02), 0.02) == "not worse by more than 2 points"
    assert safety_word(worse, 0.02) is Word.DIFFERENT
    assert better.adjusted_p is not None
    assert better.effect.p is not None
    assert better.adjusted_p >= better.effect.p
    small = findings(effects(study(items=20), PAIR), [])[0]
    assert phrase(small, word(small, 0.02), 0.02).startswith("undetermined (MDE ")
    assert base.effect.reference is None


def test_the_parts_of_the_error_are_at_right_angles() -> None:
    found = only(study(runs=3, items=300, steps=4))
    assert found.seed_error is not None
    assert found.error == pytest.approx(np.hypot(found.item_error, found.seed_error))
    assert found.detectable > 2 * found.error


def test_moments_of_a_panel_without_gaps_are_its_means() -> None:
    panel = study(arms=3, steps=2)
    found = moments(panel)
    assert found.means[0] == pytest.approx(panel.base.mean())
    assert found.means[1:] == pytest.approx(panel.values.mean(axis=(1, 3)).ravel())


@pytest.mark.parametrize(
    "world",
    [
        World(runs=3, items=150, seed_sd=0.0),
        World(runs=3, items=150, seed_sd=0.028),
        World(runs=2, items=160, seed_sd=0.028, cluster_items=8, cluster_sd=0.6),
    ],
)
def test_intervals_hold_the_truth_as_often_as_stated(world: World) -> None:
    draws, means = 300, np.array([[0.5, 0.5], [0.56, 0.56], [0.5, 0.5]])
    held = sum(
        found.low <= -0.06 <= found.high
        for seed in range(draws)
        for found in effects(planted_panel(means, world, seed), PAIR)
    )
    assert binom.ppf(0.001, draws, 0.93) <= held <= binom.ppf(0.999, draws, 0.97)


@pytest.mark.parametrize(("items", "said"), [(148, Word.UNDETERMINED), (149, Word.EQUIVALENT)])
def test_items_that_all_agree_are_no_proof_unless_there_are_enough(items: int, said: Word) -> None:
    finding = findings([only(panel_of(np.ones((2, 3, 2, items))))], [])[0]
    assert finding.effect.error == pytest.approx(0, abs=1e-12)
    assert word(finding, 0.02) is said
    assert (safety_word(finding, 0.02) is Word.NOT_WORSE) is (said is Word.EQUIVALENT)


def test_arms_that_differ_on_every_item_alike_are_different_with_enough_items() -> None:
    def p(items: int) -> float | None:
        return only(panel_of(np.stack([np.ones((2, 1, items)), np.zeros((2, 1, items))]))).p

    assert p(5) == pytest.approx(2 / 2**5)
    assert p(8) == pytest.approx(2 / 2**8)
