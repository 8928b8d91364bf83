"""A rate measured by an imperfect test is corrected, and its interval covers the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.prevalence import Labelled, corrected_rate


def test_a_perfect_test_changes_nothing() -> None:
    found = corrected_rate(30, 100, Labelled(found=200, missed=0, passed=200, false_alarms=0))
    assert found is not None
    assert found.rate == pytest.approx(0.3)
    assert found.low < 0.3 < found.high


def test_the_rate_of_rogan_and_gladen() -> None:
    # sensitivity 0.9, specificity 0.8: (0.41 + 0.8 - 1) / 0.7 = 0.3
    found = corrected_rate(41, 100, Labelled(found=90, missed=10, passed=80, false_alarms=20))
    assert found is not None
    assert found.rate == pytest.approx(0.3)
    assert found.gain == pytest.approx(0.7)


@pytest.mark.parametrize(
    "labelled",
    [
        Labelled(found=0, missed=0, passed=9, false_alarms=1),
        Labelled(found=9, missed=1, passed=0, false_alarms=0),
        Labelled(found=5, missed=5, passed=5, false_alarms=5),
    ],
)
def test_nothing_is_said_where_the_test_tells_nothing(labelled: Labelled) -> None:
    assert corrected_rate(5, 10, labelled) is None


@given(
    counts=st.tuples(*[st.integers(0, 50)] * 4),
    n=st.integers(1, 200),
    share=st.floats(0, 1),
)
def test_rate_and_interval_are_in_order(
    counts: tuple[int, int, int, int], n: int, share: float
) -> None:
    labelled = Labelled(**dict(zip(("found", "missed", "passed", "false_alarms"), counts,
                                   strict=True)))  # fmt: skip
    found = corrected_rate(round(share * n), n, labelled)
    if found is not None:
        assert 0 <= found.low <= found.high <= 1
        assert 0 <= found.rate <= 1


@pytest.mark.parametrize("truth", [0.05, 0.3, 0.6])
def test_the_interval_covers_the_truth(truth: float) -> None:
    """2,000 draws of a slice of 200 labels and 300 judged answers: 93 to 97 % cover."""
    draw = np.random.default_rng(7)
    sensitivity, specificity, slice_share = 0.85, 0.92, 0.4
    hits = 0
    for _ in range(2000):
        positives = max(1, int(draw.binomial(200, slice_share)))
        found = int(draw.binomial(positives, sensitivity))
        passed = int(draw.binomial(200 - positives, specificity))
        apparent = truth * sensitivity + (1 - truth) * (1 - specificity)
        judged = int(draw.binomial(300, apparent))
        made = corrected_rate(
            judged, 300,
            Labelled(found=found, missed=positives - found, passed=passed,
                     false_alarms=200 - positives - passed),
        )  # fmt: skip
        assert made is not None
        hits += made.low <= truth <= made.high
    assert 0.93 <= hits / 2000 <= 0.97
