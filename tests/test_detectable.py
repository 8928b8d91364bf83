"""What a design can find: the formula against published tables, simulation and brute force."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.binary_variances import binary_variances
from curate.detectable import (
    Size,
    Variances,
    detectable,
    error_variance,
    freedom,
    power_of,
    seeds_needed,
    shift_of,
    table_of,
)
from curate.errors import InputError

PUBLISHED = {
    (1.7, 30): (30, 17, 19, 10, 8.6, 6.0),
    (1.7, 100): (18, 10, 9.8, 6.3, 5.3, 4.2),
    (1.7, 300): (11, 7.2, 6.2, 4.4, 3.6, 3.0),
    (1.7, 1000): (7.1, 6.1, 4.0, 3.5, 3.0, 2.7),
    (2.8, 1000): (11.5, 10.6, 7.0, 6.0, 4.9, 4.6),
}
"""Percentage points at 50 % accuracy, 80 % power, normal quantiles; found by simulation."""
COLUMNS = ((1, 1), (1, 4), (3, 1), (3, 4), (5, 4), (5, 16))
"""Seeds and samples of the six columns."""


@pytest.mark.parametrize(("spread", "items"), PUBLISHED)
def test_the_formula_gives_the_simulated_table(spread: float, items: int) -> None:
    # The spread of the table holds about one point of sampling noise: taken out again.
    parts = binary_variances(0.5, seed_sd=sqrt(spread**2 - 1) / 100)
    found = [
        100 * detectable(parts, Size(items=items, seeds=s, samples=k), exact=False)
        for s, k in COLUMNS
    ]
    assert found == pytest.approx(PUBLISHED[spread, items], rel=0.11)


def test_the_variance_is_that_of_simulated_differences() -> None:
    rng = np.random.default_rng(1)
    parts = Variances(sample=0.16, seed=0.0004, arm_item=0.004, seed_item=0.002)
    size = Size(items=50, seeds=3, samples=2)
    draws, shape = 4000, (4000, 2)
    runs = rng.normal(0, sqrt(parts.seed / size.seeds), shape)
    effects = rng.normal(0, sqrt(parts.arm_item / size.items), shape)
    crossed = rng.normal(0, sqrt(parts.seed_item / (size.items * size.seeds)), shape)
    noise = rng.normal(0, sqrt(parts.sample / (size.items * size.seeds * size.samples)), shape)
    means = runs + effects + crossed + noise
    spread = np.var(means[:, 0] - means[:, 1])
    assert spread == pytest.approx(error_variance(parts, size), rel=4 * sqrt(2 / draws))


def test_few_seeds_find_less_than_normal_quantiles_promise() -> None:
    parts = binary_variances(0.5, seed_sd=0.02)
    two, many = (table_of(parts, items=[1000], seeds=[s], samples=[4])[0] for s in (2, 50))
    assert two.detectable > 1.5 * two.detectable_normal
    assert many.detectable == pytest.approx(many.detectable_normal, rel=0.02)
    assert table_of(parts, items=[1000], seeds=[1], samples=[4])[0].detectable == inf


@given(st.floats(0, 0.25), st.floats(1e-6, 0.01), st.floats(0, 0.02), st.integers(2, 9), st.data())
def test_more_of_anything_finds_smaller_effects(
    sample: float, seed: float, crossed: float, seeds: int, data: st.DataObject
) -> None:
    parts = Variances(sample=sample, seed=seed, arm_item=crossed)
    items = data.draw(st.integers(2, 500))
    less, more = Size(items=items, seeds=seeds), Size(items=items, seeds=seeds + 1)
    wide = Size(items=2 * items, seeds=seeds)
    assert error_variance(parts, more) <= error_variance(parts, less)
    assert error_variance(parts, wide) <= error_variance(parts, less)
    assert freedom(parts, less) > 0


@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
def test_power_at_the_detectable_effect_is_the_power_asked_for(seeds: int) -> None:
    parts, size = binary_variances(0.4, seed_sd=0.02), Size(items=400, seeds=seeds, samples=4)
    assert power_of(detectable(parts, size), parts, size) == pytest.approx(0.8, abs=1e-6)
    assert power_of(0, parts, size) == pytest.approx(0.05)


def test_the_seeds_needed_are_the_fewest_that_suffice() -> None:
    parts, size = binary_variances(0.5, seed_sd=0.02), Size(items=1000, seeds=1, samples=4)
    needed = seeds_needed(0.03, parts, size)
    assert needed is not None
    sizes = [Size(items=1000, seeds=s, samples=4) for s in (needed - 1, needed)]
    before, after = (detectable(parts, one) for one in sizes)
    assert after <= 0.03 < before
    assert seeds_needed(0.001, parts, Size(items=30, seeds=1)) is None


def test_numbers_that_cannot_be_are_refused_in_three_lines() -> None:
    with pytest.raises(InputError, match="variance `seed`"):
        Variances(sample=0.1, seed=-1, arm_item=0)
    with pytest.raises(InputError, match="`items` is 0"):
        Size(items=0, seeds=1)
    with pytest.raises(InputError, match="not per cent"):
        detectable(binary_variances(0.5, seed_sd=0.01), Size(items=9, seeds=2), alpha=5)


@pytest.mark.parametrize("df", [1, 2, 5, 30])
def test_the_shift_is_that_of_the_noncentral_t(df: int) -> None:
    from scipy.stats import nct, t

    shift = shift_of(df, alpha=0.05, power=0.8, sides=2)
    assert nct.sf(t.ppf(0.975, df), df, shift) == pytest.approx(0.8, abs=1e-6)
