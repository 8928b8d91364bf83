"""Metrics of evaluation: estimators against brute force, corrections by their properties."""

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.train.eval.metrics import (
    accuracies,
    avg_at_k,
    corrected,
    majority_score,
    mean_pass_at_k,
    pass_at_k,
    summary,
)

SHARES = st.floats(0, 1)
CHANCES = st.floats(0, 0.9)


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_correct_one(
    correct: list[bool], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(correct)))
    draws = list(combinations(correct, k))
    wanted = sum(map(any, draws)) / len(draws)
    assert pass_at_k(len(correct), sum(correct), k) == pytest.approx(wanted)


def test_unknown_scores_are_never_counted() -> None:
    assert avg_at_k([[1.0, None], [0.0, 1.0], [None]]) == pytest.approx(0.75)
    assert avg_at_k([[None]]) is None
    assert mean_pass_at_k([[1.0, None, 0.0], [0.0, None]], 2) == 1.0
    assert mean_pass_at_k([[0.0]], 2) is None


@given(st.lists(st.lists(SHARES, min_size=1, max_size=5), min_size=1, max_size=6))
def test_avg_at_k_is_a_mean_and_pass_at_1_of_whole_scores_is_it(items: list[list[float]]) -> None:
    found = avg_at_k(items)
    assert found is not None
    assert min(map(min, items)) - 1e-9 <= found <= max(map(max, items)) + 1e-9
    whole = [[float(score >= 0.5) for score in samples] for samples in items]
    assert mean_pass_at_k(whole, 1) == pytest.approx(avg_at_k(whole))


def test_the_majority_decides_and_ties_are_halved() -> None:
    assert majority_score([("5", 1.0), ("5", 1.0), ("6", 0.0)]) == 1.0
    assert majority_score([("5", 1.0), ("6", 0.0)]) == 0.5
    assert majority_score([(None, 0.0), (None, 0.0), ("5", 1.0)]) == 1.0
    assert majority_score([(None, 0.0)]) == 0.0
    assert majority_score([(None, None)]) is None


def test_three_accuracies_part_what_is_wrong_from_what_is_cut_off_or_unparsed() -> None:
    found = accuracies(
        [1.0, 0.0, 0.0, 1.0, None],
        [False, True, False, False, False],
        [True, False, False, True, None],
    )
    assert (found.all, found.parsed) == (0.5, 1.0)
    assert found.finished == pytest.approx(2 / 3)
    assert (found.finished_rate, found.parsed_rate, found.n, found.unknown) == (0.75, 0.5, 5, 1)


@given(SHARES, SHARES, CHANCES)
def test_correction_takes_chance_to_0_and_all_right_to_1(a: float, p: float, c: float) -> None:
    found = corrected(a, p, c)
    assert found.parsed == pytest.approx((a - c) / (1 - c))
    assert corrected(c, 1, c).parsed == pytest.approx(0)
    assert corrected(1, p, c).parsed == pytest.approx(1)
    assert found.low <= found.guessed + 1e-12 <= found.high + 2e-12
    assert found.low - 1e-9 <= found.guessed
    # a guess is no knowledge: what is unparsed only dilutes what is parsed
    assert found.guessed == pytest.approx(p * found.parsed, abs=1e-9)
    # the bounds are as wide as the unparsed share, on the scale of the correction
    assert found.high - found.low == pytest.approx((1 - p) / (1 - c))


@given(SHARES, CHANCES)
def test_all_bounds_agree_where_everything_is_parsed(a: float, c: float) -> None:
    found = corrected(a, 1, c)
    assert found.low == found.guessed == found.high == pytest.approx(found.parsed)


@given(SHARES, SHARES, SHARES, CHANCES)
def test_correction_keeps_the_order_of_models_with_one_format(
    a: float, b: float, p: float, c: float
) -> None:
    low, high = sorted((a, b))
    assert corrected(low, p, c).guessed <= corrected(high, p, c).guessed + 1e-12


@pytest.mark.parametrize("shares", [(1.1, 1, 0), (1, -0.1, 0), (1, 1, 1)])
def test_shares_outside_their_range_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="shares are in"):
        corrected(*shares)


def test_the_summary_has_a_record_for_each_suite_and_mode() -> None:
    frame = pl.DataFrame(
        {
            "suite": ["a", "a", "a", "b"],
            "mode": ["free", "free", "forced_cot", "free"],
            "item": ["1", "1", "1", "1"],
            "score": [1.0, 0.0, 1.0, None],
            "truncated": [False, False, True, False],
            "answered": [True, True, True, None],
            "chance": [0.25, 0.25, 0.25, None],
            "n_tokens": [3, 5, 7, 9],
        },
        schema_overrides={"n_tokens": pl.Int32},
    )
    first, second, third = summary(frame, k=(1, 2))
    assert (first["avg"], first["pass@2"], first["mean_tokens"]) == (0.5, 1.0, 4.0)
    assert first["above_chance"] == pytest.approx(1 / 3)
    assert (second["mode"], second["finished"], second["finished_rate"]) == ("forced_cot", None, 0)
    assert (third["avg"], third["unknown"], third["above_chance"]) == (None, 1, None)
