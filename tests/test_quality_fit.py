"""The fitted quality: it finds what was planted, and believes nothing in noise."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import InputError
from curate.quality.auc import auc, auc_with_interval
from curate.quality.calibration import brier, reliability
from curate.quality.combine import SIGNALS
from curate.quality.fit import fit
from tests.score_frames import labelled_rows

PLANTED = {"loop_share": 3.0, "answers_agree": 1.5, "hedging_rate": -2.0}
FEW = [signal for signal in SIGNALS if signal.name in {*PLANTED, "script_mix", "arithmetic"}]


def test_a_fit_finds_the_coefficients_that_were_planted() -> None:
    found = fit(labelled_rows(300, 8, PLANTED), "label", FEW)
    for each in found.coefficients:
        planted = PLANTED.get(each.name, 0.0) * each.scale
        assert each.low < planted < each.high, each
        assert abs(each.value - planted) < 0.15, each
        assert each.known == 1.0
    assert found.traces == 2400
    assert found.problems == 300
    assert found.auc is not None
    assert found.auc > 0.7
    assert found.auc_within_problem.value == pytest.approx(found.auc, abs=0.05)
    assert found.brier < found.brier_of_the_mean


def test_its_chances_are_as_often_right_as_they_say() -> None:
    found = fit(labelled_rows(400, 8, PLANTED, seed=1), "label", FEW)
    assert sum(each.traces for each in found.reliability) == found.traces
    for each in found.reliability:
        if each.traces >= 100:
            assert each.predicted is not None
            assert each.predicted == pytest.approx(each.observed, abs=0.1)


def test_labels_of_pure_noise_have_an_auc_of_one_half(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.quality.fit.DRAWS", 2)
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = labelled_rows(30, 6, {}, seed=seed)
        noise = rows.with_columns(label=pl.Series(rng.random(rows.height) < 0.5))
        fitted = fit(noise, "label", FEW)
        found.append((fitted.auc, fitted.auc_within_problem.value))
    overall, within = np.mean(np.array(found, dtype=float), axis=0)
    assert overall == pytest.approx(0.5, abs=0.03)
    assert within == pytest.approx(0.5, abs=0.03)


def test_a_label_of_the_problem_is_not_learnt_by_heart() -> None:
    # Every trace of a problem is alike and has the same label, which has nothing to do with it.
    rng = np.random.default_rng(0)
    one = labelled_rows(40, 1, {}).with_columns(label=pl.Series(rng.random(40) < 0.5))
    found = fit(pl.concat([one] * 10), "label", FEW)
    assert found.auc is not None
    assert found.auc < 0.65
    assert found.auc_within_problem.pairs == 0


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = labelled_rows(40, 4, PLANTED)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=0)
    assert fit(rows, "label", FEW) == fit(shuffled, "label", FEW)


def test_rows_without_a_label_or_without_signals_take_no_part() -> None:
    rows = labelled_rows(40, 4, PLANTED)
    unlabelled = rows.with_columns(label=pl.lit(None, dtype=pl.Boolean))
    unscored = rows.with_columns(tokens=pl.lit(None, dtype=pl.Int64))
    assert fit(pl.concat([rows, unlabelled, unscored]), "x", FEW) == fit(rows, "x", FEW)


def test_a_signal_that_is_never_known_has_no_weight() -> None:
    rows = labelled_rows(40, 4, PLANTED).with_columns(arithmetic=pl.lit(None, dtype=pl.Float64))
    found = {each.name: each for each in fit(rows, "label", FEW).coefficients}
    assert found["arithmetic"].value == 0
    assert found["arithmetic"].known == 0


@pytest.mark.parametrize("label", [True, False, None])
def test_labels_that_are_all_the_same_are_an_error(label: bool | None) -> None:
    rows = labelled_rows(40, 4, {}).with_columns(label=pl.lit(label, dtype=pl.Boolean))
    with pytest.raises(InputError, match="nothing can be fitted"):
        fit(rows, "label", FEW)


def test_a_few_problems_are_an_error() -> None:
    with pytest.raises(InputError, match="nothing can be fitted"):
        fit(labelled_rows(9, 4, {}), "label", FEW)


def test_scikit_learn_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, curate.quality.fit; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# --- AUC and calibration --------------------------------------------------------------------------

TRACES = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 2)), max_size=20)


@given(TRACES)
@settings(deadline=None)
def test_auc_is_the_share_of_pairs_within_a_group_that_are_in_order(
    traces: list[tuple[int, bool, int]],
) -> None:
    wins = [
        1.0 if right > wrong else 0.5 if right == wrong else 0.0
        for right, is_right, group in traces
        for wrong, is_wrong_right, other in traces
        if is_right and not is_wrong_right and group == other
    ]
    frame = pl.DataFrame(
        traces, schema={"s": pl.Int64, "y": pl.Boolean, "g": pl.Int64}, orient="row"
    )
    found = auc(frame, "s", "y", "g")
    assert found == (pytest.approx(sum(wins) / len(wins)) if wins else None)
    with_interval = auc_with_interval(frame, "s", "y", "g")
    assert with_interval.value == found
    assert with_interval.pairs == len(wins)
    if with_interval.low is not None and with_interval.high is not None:
        assert 0 <= with_interval.low <= with_interval.high <= 1


def test_traces_without_a_score_or_a_label_are_in_no_pair() -> None:
    frame = pl.DataFrame({"s": [1.0, None, 0.0, 2.0], "y": [True, True, False, None]})
    assert auc(frame, "s", "y") == 1.0


def test_the_interval_covers_the_truth() -> None:
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        label = rng.random(400) < 0.5
        # Two normals a deviation apart: AUC = Phi(1 / sqrt 2) = 0.760.
        frame = pl.DataFrame(
            {"s": rng.normal(label, 1.0), "y": label, "g": np.repeat(np.arange(50), 8)}
        )
        found = auc_with_interval(frame, "s", "y", "g")
        assert found.low is not None
        assert found.high is not None
        covered += found.low < 0.760 < found.high
    assert covered >= 34


def test_reliability_bins_hold_every_trace_once() -> None:
    chances = np.array([0.0, 0.05, 0.95, 1.0])
    labels = np.array([0.0, 1.0, 1.0, 1.0])
    bins = reliability(chances, labels)
    assert [each.traces for each in bins] == [2, *[0] * 8, 2]
    assert bins[0].observed == 0.5
    assert bins[5].predicted is None
    assert brier(chances, labels) == pytest.approx((0.95**2 + 0.05**2) / 4)
