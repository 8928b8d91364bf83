"""Whatever the pool and the recipe, the arms are what a mixture for an experiment must be."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import InputError
from curate.mix.proof import prove
from curate.mix.recipe import Recipe
from tests.mixtures import Row, arms_of, many_rows, recipe

ROWS = st.lists(
    st.tuples(st.integers(0, 7), st.booleans(), st.integers(40, 400), st.sampled_from(["a", "b"])),
    min_size=1,
    max_size=60,
)
SHAPES: dict[str, dict[str, Any]] = {
    "doses": {"doses": {"high": "high", "low": "low"}},
    "controls": {
        "doses": {"high": "high", "low": "low", "at": [0, 100]},
        "controls": {
            "again": ["high"],
            "shuffled": ["high", "low"],
            "perturbed": ["high"],
            "canaries": 2,
            "canary_arms": ["dose-100"],
        },
    },
    "two of each": {"doses": {"high": "high", "low": "low"}, "per_problem": 2},
    "sizes": {
        "sizes": {"grade": "high", "problems": [0.25, 1.0], "epochs": 4, "batch": 2},
        "arms": [{"name": "bad", "mix": {"low": 1}}],
    },
    "mixed": {
        "arms": [
            {"name": "third", "mix": {"high": 0.3, "low": 0.7}},
            {"name": "half", "mix": {"low": 0.5, "high": 0.5}},
            {"name": "small", "mix": {"high": 1}, "problems": 0.5},
        ]
    },
}
RECIPES = st.builds(
    lambda shape, estimand, caliper, seed: recipe(
        **shape, estimand=estimand, match={"caliper": caliper}, seeds={"draw": seed}
    ),
    st.sampled_from(list(SHAPES.values())),
    st.sampled_from(["tokens", "rows"]),
    st.sampled_from([0.1, 0.5, "none"]),
    st.integers(0, 3),
)
CALM = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def tried(rows: list[Row], wanted: Recipe) -> tuple[dict[str, pl.DataFrame], Any, Any] | None:
    """The arms, or None where the pool has no problem for them."""
    try:
        return arms_of(rows, wanted)
    except InputError as error:
        if "can be matched" in str(error):
            return None
        raise


def problems(frame: pl.DataFrame, matched: Any) -> list[str]:
    """The problems of an arm, a row each, in order."""
    return list(matched.frame["problem_id"][frame["at"]])


@CALM
@given(ROWS, RECIPES)
def test_arms_of_a_size_share_their_problems_exactly(rows: list[Row], wanted: Recipe) -> None:
    made = tried(rows, wanted)
    if made is None:
        return
    frames, matched, design = made
    whole = [frames[arm.name] for arm in design.arms if arm.problems in (None, 1.0)]
    assert all(problems(frame, matched) == problems(whole[0], matched) for frame in whole)
    for arm in design.arms:
        inside = set(problems(frames[arm.name], matched))
        assert inside <= set(problems(whole[0], matched)) if whole else True


@CALM
@given(ROWS, RECIPES)
def test_no_trace_comes_twice_in_an_arm(rows: list[Row], wanted: Recipe) -> None:
    made = tried(rows, wanted)
    for frame in made[0].values() if made else ():
        assert frame["at"].n_unique() == frame.height


@CALM
@given(ROWS, RECIPES)
def test_every_trace_is_of_its_grade_and_within_the_caliper(
    rows: list[Row], wanted: Recipe
) -> None:
    made = tried(rows, wanted)
    if made is None:
        return
    frames, matched, _ = made
    for frame in frames.values():
        for at, kind in frame.select("at", "kind").iter_rows():
            assert rows[at][1] == kind.startswith("high")
    logs = np.log(matched.frame["tokens"].to_numpy())
    together = np.concatenate([logs[chosen] for chosen in matched.rows.values()], axis=1)
    if wanted.caliper is not None:
        spread = together.max(axis=1) - together.min(axis=1)
        assert (spread <= wanted.caliper + 1e-9).all()


@CALM
@given(ROWS, st.integers(0, 3))
def test_a_dose_holds_the_swaps_of_the_smaller_doses(rows: list[Row], seed: int) -> None:
    made = tried(rows, recipe(**SHAPES["doses"], match={"caliper": 0.5}, seeds={"draw": seed}))
    if made is None:
        return
    frames = list(made[0].values())
    pure = dict(zip(problems(frames[0], made[1]), frames[0]["at"], strict=True))
    before: set[int] = set()
    for share, frame in zip((0, 0.25, 0.5, 0.75, 1), frames, strict=True):
        low = set(frame.filter(pl.col("kind") == "low")["at"])
        assert before <= low
        assert abs(len(low) - share * frame.height) <= 1
        for problem, at, kind in zip(
            problems(frame, made[1]), frame["at"], frame["kind"], strict=True
        ):
            assert kind == "low" or at == pure[problem]
        before = low


@CALM
@given(ROWS, RECIPES)
def test_the_same_recipe_makes_the_same_arms(rows: list[Row], wanted: Recipe) -> None:
    first, second = tried(rows, wanted), tried(rows, wanted)
    assert (first is None) == (second is None)
    if first and second:
        assert all(first[0][name].equals(second[0][name]) for name in first[0])


@CALM
@given(ROWS, RECIPES)
def test_problems_with_candidates_are_kept_or_have_a_reason(
    rows: list[Row], wanted: Recipe
) -> None:
    made = tried(rows, wanted)
    if made is None:
        return
    matched = made[1]
    kept = matched.attrition.filter(pl.col("reason").is_null())["problems"].sum()
    assert kept == matched.problems.size
    used = matched.frame.filter(pl.any_horizontal("^draw-.*$"))["problem_id"].n_unique()
    assert matched.attrition["problems"].sum() == used


@CALM
@given(ROWS, RECIPES)
def test_a_design_that_passes_keeps_its_limits(rows: list[Row], wanted: Recipe) -> None:
    made = tried(rows, wanted)
    if made is None:
        return
    frames, matched, design = made
    proof = prove(frames, matched, design, wanted)
    gaps = [pair.token_gap or 0 for pair in proof.pairs if pair.gated]
    worst = [abs(one.smd) for one in proof.differences if one.gated]
    held = all(g <= 0.005 for g in gaps) and all(smd <= 0.1 for smd in worst)
    assert proof.passed == held
    assert proof.passed or proof.remedy


@CALM
@given(ROWS, st.floats(0.2, 0.8))
def test_weights_add_up_to_the_shares_of_the_sources(rows: list[Row], share: float) -> None:
    sources = {"a": {"pool": "a", "weight": share}, "b": {"pool": "b", "weight": 1 - share}}
    try:
        frames, matched, _ = arms_of(
            rows, recipe(**SHAPES["doses"], sources=sources, match={"caliper": "none"})
        )
    except InputError:
        return
    for frame in frames.values():
        weighted = frame.with_columns(
            mass=pl.col("weight") * pl.col("tokens"), source=matched.frame["from"][frame["at"]]
        )
        found: Mapping[str, float] = dict(weighted.group_by("source").agg(pl.sum("mass")).rows())
        if len(found) == 2:
            assert math.isclose(sum(found.values()), frame["tokens"].sum(), rel_tol=1e-9)
            assert math.isclose(found["a"] / sum(found.values()), share, rel_tol=1e-9)


def test_an_arm_whose_share_is_no_problem_is_refused() -> None:
    rows: list[Row] = [(0, True, 100, "a"), (0, False, 100, "a")]
    with pytest.raises(InputError, match="`high-25pct` has no row"):
        arms_of(rows, recipe(**SHAPES["sizes"]))


@pytest.mark.parametrize("shape", list(SHAPES))
def test_budgets_hold_to_one_trace(shape: str) -> None:
    wanted = recipe(**SHAPES[shape], match={"caliper": 0.15 if shape != "two of each" else 0.4})
    frames, matched, design = arms_of(many_rows(300, 16, seed=1), wanted)
    assert matched.problems.size > 100
    whole = [int(frames[arm.name]["tokens"].sum()) for arm in design.arms if arm.problems is None]
    mean = float(matched.frame["tokens"].to_numpy().mean())
    assert max(whole) - min(whole) <= mean
    assert prove(frames, matched, design, wanted).passed


def test_nested_sizes_train_the_same_tokens_in_the_same_steps() -> None:
    wanted = recipe(**SHAPES["sizes"])
    frames, matched, design = arms_of(many_rows(400, 16, seed=2), wanted)
    small, large = frames["high-25pct"], frames["high-100pct"]
    assert set(small["at"]) < set(large["at"])
    proof = prove(frames, matched, design, wanted)
    (pair,) = (p for p in proof.pairs if {p.left, p.right} == {"high-25pct", "high-100pct"})
    assert pair.token_gap is not None
    assert pair.token_gap <= 0.005


def test_sources_have_their_shares_of_the_tokens_by_the_draw_itself() -> None:
    sources = {"a": {"pool": "a", "weight": 0.3}, "b": {"pool": "b", "weight": 0.7}}
    wanted = recipe(**SHAPES["doses"], sources=sources)
    frames, matched, _ = arms_of(many_rows(400, 16, seed=3), wanted)
    for frame in frames.values():
        inside = frame.filter(matched.frame["from"][frame["at"]] == "a")
        share = int(inside["tokens"].sum()) / int(frame["tokens"].sum())
        assert abs(share - 0.3) < 0.005
        assert frame["weight"].is_between(0.97, 1.03).all()


def test_the_second_draw_takes_other_traces_where_there_are_some() -> None:
    frames, _, _ = arms_of(many_rows(200, 16, seed=4), recipe(**SHAPES["controls"]))
    same = set(frames["dose-0"]["at"]) & set(frames["high-again"]["at"])
    assert len(same) < 0.2 * frames["dose-0"].height
    wins = np.sign(
        frames["dose-0"]["tokens"].to_numpy() - frames["high-again"]["tokens"].to_numpy()
    )
    assert abs(wins.mean()) < 0.25  # neither draw is the longer one


def test_values_of_a_column_come_equally_often_in_every_arm() -> None:
    rows = many_rows(300, 16, seed=5)
    teachers = [("x", "y", "z")[n * 7 % 3] for n in range(len(rows))]
    wanted = recipe(
        doses={"high": "high", "low": "low", "at": [0, 50, 100]},
        match={"caliper": 0.3, "identical": ["teacher"]},
    )
    frames, matched, _ = arms_of(rows, wanted, teacher=teachers)
    counts = [
        matched.frame["teacher"][frame["at"]].value_counts().sort("teacher")
        for frame in frames.values()
    ]
    assert matched.problems.size > 200
    assert all(count.equals(counts[0]) for count in counts)


def test_a_column_that_is_exact_is_equal_on_every_problem() -> None:
    rows = many_rows(100, 24, seed=6)
    teachers = [("x", "y")[n % 2] for n in range(len(rows))]
    wanted = recipe(**SHAPES["doses"], match={"caliper": 0.4, "exact": ["teacher"]})
    _, matched, _ = arms_of(rows, wanted, teacher=teachers)
    values = [matched.frame["teacher"][chosen.ravel()] for chosen in matched.rows.values()]
    assert matched.problems.size > 30
    assert all(value.equals(values[0]) for value in values)
