"""A long table becomes arrays without a score out of place."""

import time
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.analyze.panel import panel
from curate.errors import InputError
from tests.studies import long_table, panel_of


def test_every_value_stands_at_its_arm_seed_step_and_item() -> None:
    values = np.random.default_rng(0).random((2, 3, 4, 5))
    base = np.arange(5) / 5
    made = panel_of(values, base)
    assert np.allclose(made.values, values, atol=0)
    assert np.allclose(made.base, base, atol=0)
    assert made.arms == ("a0", "a1")
    assert made.seeds == (0, 1, 2)
    assert made.steps == (10, 20, 30, 40)
    assert made.items == ("i000", "i001", "i002", "i003", "i004")
    assert len(set(made.clusters.tolist())) == 5


def test_samples_are_averaged_and_what_was_not_judged_is_unknown() -> None:
    table = long_table(np.ones((1, 1, 1, 3)), np.zeros(3))
    more = table.with_columns(sample=pl.lit(1), score=pl.lit(0.0))
    unknown = pl.col("item") == "i002"
    both = pl.concat([table, more]).with_columns(
        score=pl.when(unknown & pl.col("arm").is_not_null()).then(None).otherwise("score")
    )
    made = panel(both, "id")
    assert made.values[0, 0, 0, :2].tolist() == [0.5, 0.5]
    assert np.isnan(made.values[0, 0, 0, 2])
    assert made.base.tolist() == [0.0, 0.0, 0.0]


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_does_not_matter(random: Any) -> None:
    table = long_table(np.arange(24).reshape(2, 2, 2, 3) / 24, np.zeros(3))
    order = list(range(table.height))
    random.shuffle(order)
    one, two = panel(table, "id"), panel(table[order], "id")
    assert np.array_equal(one.values, two.values)
    assert (one.items, one.arms, one.steps) == (two.items, two.arms, two.steps)


def test_a_missing_run_is_nan_and_other_runs_stay() -> None:
    values = np.full((2, 2, 2, 3), 0.25)
    values[1, 1] = np.nan
    made = panel_of(values)
    assert np.isnan(made.values[1, 1]).all()
    assert not np.isnan(made.values[0]).any()
    assert np.isnan(made.base).all()


def test_a_domain_weighs_its_suites_and_not_its_items() -> None:
    small = long_table(np.ones((1, 1, 1, 2)))
    large = long_table(np.zeros((1, 1, 1, 8))).with_columns(suite=pl.lit("carry"))
    table = pl.concat([small, large])
    made = panel(table, "id")
    assert made.suites == ("carry", "sums")
    assert made.values[0, 0, 0] @ made.weights == pytest.approx(0.5)
    assert made.weights.sum() == pytest.approx(1)
    tilted = panel(table, "id", weights={"sums": 3, "carry": 1})
    assert tilted.values[0, 0, 0] @ tilted.weights == pytest.approx(0.75)
    assert panel(table, "sums", by="suite").values.shape == (1, 1, 1, 2)


def test_one_item_name_in_two_suites_is_two_items_and_two_clusters() -> None:
    one = long_table(np.ones((1, 1, 1, 2)), clusters=np.zeros(2, int))
    both = pl.concat([one, one.with_columns(suite=pl.lit("carry"))])
    made = panel(both, "id")
    assert made.values.shape[3] == 4
    assert made.clusters.tolist() == [0, 0, 1, 1]


def test_other_measures_and_arms_in_an_order_of_choice() -> None:
    table = long_table(np.ones((3, 1, 1, 2))).with_columns(truncated=pl.col("arm") == "a2")
    made = panel(table, "id", measure="truncated", arms=["a2", "a0"])
    assert made.arms == ("a2", "a0")
    assert made.values[:, 0, 0, 0].tolist() == [1.0, 0.0]


def test_a_table_of_public_checkpoints_needs_few_columns() -> None:
    table = pl.DataFrame(
        {
            "arm": ["x", "x", "x"],
            "base": ["b", "b", "b"],
            "step": [0, 10, 20],
            "suite": ["m", "m", "m"],
            "item": ["m", "m", "m"],
            "score": [0.7, 0.6, 0.8],
        }
    )
    made = panel(table, "m", by="suite")
    assert made.values.ravel().tolist() == [0.6, 0.8]
    assert made.base.tolist() == [0.7]


@pytest.mark.parametrize(
    ("change", "scope", "message"),
    [
        ({}, "odd", "no row of domain `odd`"),
        ({"base": ["b", "c"]}, "id", "2 values of `base`"),
        ({"cluster": ["c", "d"], "item": ["i", "i"]}, "id", "more than one cluster"),
        ({"step": [None, 10]}, "id", "no step"),
    ],
)
def test_what_is_no_panel_is_refused(change: dict[str, Any], scope: str, message: str) -> None:
    rows = {"arm": ["a", "a"], "base": ["b", "b"], "step": [10, 10], "suite": ["s", "s"]}
    rows |= {"item": ["i", "j"], "score": [1.0, 0.0], "domain": ["id", "id"]}
    with pytest.raises(InputError, match=message):
        panel(pl.DataFrame(rows | change), scope)


def test_missing_columns_and_odd_weights_are_named() -> None:
    with pytest.raises(InputError, match=r"`item`, `step`"):
        panel(pl.DataFrame({"arm": ["a"], "base": ["b"], "suite": ["s"]}), "id")
    with pytest.raises(InputError, match="weights do not fit"):
        panel(long_table(np.ones((1, 1, 1, 2))), "id", weights={"other": 1.0})


def test_a_million_rows_take_seconds() -> None:
    shape = (4, 5, 10, 1250, 4)
    arm, seed, step, item, sample = (axis.ravel() for axis in np.indices(shape))
    table = pl.DataFrame({"seed": seed, "step": step + 1, "sample": sample}).with_columns(
        arm=pl.Series([f"a{n}" for n in range(4)]).gather(arm),
        item=pl.Series([f"i{n}" for n in range(1250)]).gather(item),
        score=pl.Series(np.random.default_rng(0).integers(0, 2, arm.size) * 1.0),
        base=pl.lit("b"),
        suite=pl.lit("s"),
        domain=pl.lit("id"),
    )
    began = time.process_time()
    assert panel(table, "id").values.shape == shape[:4]
    assert time.process_time() - began < 10
