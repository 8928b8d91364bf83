"""Planted studies: what is planted is there, in the columns of a real study."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.train.lab.planted import (
    SHAPES,
    Arm,
    Base,
    Noise,
    Plan,
    Suite,
    dip,
    dose_arms,
    drop,
    flat,
    true_mean,
)
from curate.train.lab.planted_table import RESULTS, planted_table, truth_table, write_planted

QUIET = Noise(seed_sd=0.0, item_sd=1.0, arm_item_sd=0.0)


def small(**changed: object) -> Plan:
    given_ = {
        "suites": (Suite(name="math", domain="id", items=40),),
        "arms": (
            Arm(name="good", changes={"id": dip(8)}),
            Arm(name="bad", changes={"id": drop(8)}),
        ),
        "seeds": 2,
    }
    return Plan(**(given_ | changed))  # type: ignore[arg-type]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 3))
def test_a_table_has_the_contract_columns_and_a_row_per_item_and_sample(
    seed: int, samples: int
) -> None:
    plan = small(samples=samples)
    table = planted_table(plan, seed)
    assert dict(table.schema) == RESULTS
    assert len(table) == (1 + 2 * 2 * 8) * 40 * samples
    assert table.filter(pl.col("arm").is_null())["step"].unique().to_list() == [0]
    assert planted_table(plan, seed).equals(table)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_mean_over_many_items_is_what_was_planted(shape: str) -> None:
    changes = {"id": SHAPES[shape](8, gain=0.1, depth=0.2)}
    plan = small(
        suites=(Suite(name="math", domain="id", items=20_000),),
        arms=(Arm(name="one", changes=changes),),
        seeds=1,
        noise=QUIET,
    )
    found = planted_table(plan).group_by("arm", "step").agg(pl.col("score").mean())
    both = found.join(truth_table(plan), on=["arm", "step"], nulls_equal=True)
    assert len(both) == 9
    # The items are drawn once: their mean is off by 1.3 SD / √20000 = 0.005 points at most.
    assert (both["score"] - both["mean"]).abs().max() < 0.02  # type: ignore[operator]


def test_runs_differ_by_the_planted_deviation() -> None:
    plan = small(
        suites=(Suite(name="math", domain="id", items=2000),),
        arms=(Arm(name="one", changes={"id": flat(8)}),),
        seeds=60,
        noise=Noise(seed_sd=0.05, seed_correlation=0.0, arm_item_sd=0.0),
        steps=(10,),
    )
    by_run = planted_table(plan).filter(pl.col("step") > 0).group_by("seed").agg(pl.mean("score"))
    # √(0.05² + sampling noise of about 0.009²); 60 runs tell an SD to ± 9 %.
    assert np.std(by_run["score"].to_numpy()) == pytest.approx(0.051, rel=0.3)


def test_doses_lie_between_the_ends_and_bases_differ_by_the_slope() -> None:
    arms = dose_arms((0, 0.5, 1), high=[0.2] * 8, low=[-0.2] * 8)
    assert [arm.changes["id"][-1] for arm in arms] == pytest.approx([0.2, 0.0, -0.2])
    bases = (Base(name="weak", capability=0.2), Base(name="strong", capability=0.6))
    plan = small(arms=arms, bases=bases, slope=0.5)
    suite = plan.suites[0]
    ends = [true_mean(plan, arms[1], base, suite, 7) for base in bases]
    assert ends[1] - ends[0] == pytest.approx(0.5 * 0.4)


def test_modes_follow_the_planted_adoption() -> None:
    plan = small(adoption=(0.0, *[1.0] * 8))
    table = planted_table(plan).filter(mode="free")
    thinking = table.group_by("step").agg(pl.col("used_thinking").mean()).sort("step")
    assert thinking["used_thinking"].to_list() == [0.0, *[1.0] * 8]
    assert planted_table(plan)["mode"].unique().sort().to_list() == [
        "forced_cot",
        "forced_direct",
        "free",
    ]


def test_a_safety_suite_says_who_refused(tmp_path: Path) -> None:
    suites = (
        Suite(name="harm", domain="safety", base=0.9, should_refuse=True),
        Suite(name="benign", domain="safety", base=0.9, should_refuse=False),
    )
    write_planted(small(suites=suites), tmp_path)
    table = pl.read_parquet(tmp_path / "results.parquet")
    right = pl.col("refused") == pl.col("should_refuse")
    assert table.select((right == (pl.col("score") == 1)).all()).item()
    design = json.loads((tmp_path / "design.json").read_text())
    assert design["contrasts"] == [["bad", "good"]]
    assert design["domains"] == ["safety"]
