"""The parts of `curate mix`, each against what is known: brute force, scipy, small texts."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

from curate.errors import InputError
from curate.mix import defects, factors
from curate.mix.balance import Sample, ks, smd
from curate.mix.defects import DEFECTS, spoil
from curate.mix.design import design_of
from curate.mix.line import quotas, stratified_order
from curate.mix.presets import NAMES, preset
from curate.mix.recipe import parse_recipe
from curate.mix.solve import DROP, Block, Level, cost_of, solve
from tests.mixtures import recipe

TRACE = (
    "<think>\nWe add: 2 + 3 = 5.\n\nWait, let me check. 4 \\times 5 = 20.\n\nHmm, fine.\n"
    "</think>\n\nThe sum is \\boxed{5}."
)

# --- the solver -----------------------------------------------------------------------------------


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Up to four problems of up to three columns, two sums to be equal, perhaps a count."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    columns = sum(sizes)
    numbers = st.lists(st.integers(1, 9), min_size=columns, max_size=columns)
    sums = np.array([draw(numbers), draw(numbers)], dtype=float)
    level = Level(
        coefficients=sparse.csr_matrix(sums),
        width=draw(st.sampled_from([0.0, 1.0, 4.0])),
        unit=3.0,
        offsets=np.zeros(2),
        target=draw(st.sampled_from([None, 10.0])),
    )
    return Block(
        problem=np.repeat(np.arange(len(sizes)), sizes),
        cost=np.array(draw(numbers), dtype=float) / 9,
        problems=len(sizes),
        count=draw(st.none() | st.integers(0, len(sizes))),
        levels=(level,),
    )


def choices(block: Block) -> list[np.ndarray]:
    """Every choice that keeps the count."""
    options = [[-1, *np.flatnonzero(block.problem == p).tolist()] for p in range(block.problems)]
    found = [np.array(choice) for choice in product(*options)]
    return [c for c in found if block.count in (None, int((c >= 0).sum()))]


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_a_small_choice_is_the_best_of_all_and_the_bound_is_below_it(block: Block) -> None:
    best = min(cost_of(block, choice) for choice in choices(block))
    found = solve(block)
    assert found.cost == pytest.approx(cost_of(block, found.chosen))
    assert found.cost <= best * 1.002 + 1e-6
    assert found.bound <= best + 1e-6
    kept = int((found.chosen >= 0).sum())
    assert block.count in (None, kept)


def test_a_large_choice_is_within_one_percent_of_the_bound() -> None:
    draw = np.random.default_rng(0)
    lengths = np.exp(draw.normal(7, 0.5, (2, 8000)))
    lengths[1] *= 1.03
    level = Level(
        coefficients=sparse.csr_matrix(lengths), width=100, unit=1000, offsets=np.zeros(2)
    )
    block = Block(
        problem=np.repeat(np.arange(800), 10), cost=draw.random(8000), problems=800, levels=(level,)
    )
    found = solve(block)
    assert (found.chosen >= 0).all()
    sums = lengths[:, found.chosen].sum(axis=1)
    assert abs(sums[0] - sums[1]) <= 100 + 1e-6
    assert found.cost <= found.bound * 1.01
    assert found.cost < DROP


# --- the line -------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(0, 9))
def test_every_run_of_the_line_holds_each_stratum_in_its_share(
    labels: list[str], seed: int
) -> None:
    order = stratified_order(labels, np.random.default_rng(seed))
    assert sorted(order.tolist()) == list(range(len(labels)))
    for stratum in set(labels):
        places = [n for n, at in enumerate(order.tolist()) if labels[at] == stratum]
        share = len(places) / len(labels)
        for seen, place in enumerate(places):
            assert abs(seen - share * place) <= 2.01


def test_shares_of_the_line_are_rounded_so_that_every_prefix_is_right() -> None:
    design = design_of(recipe(doses={"high": "high", "low": "low"}))
    from curate.mix.line import places

    assert quotas(places(design, 10), 10) == [3, 2, 3, 2]


# --- balance --------------------------------------------------------------------------------------

VALUES = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=30)


def sample(values: list[float]) -> Sample:
    return Sample(values=np.array(values), weights=np.full(len(values), 0.5))


@given(VALUES, VALUES)
def test_ks_is_that_of_scipy(left: list[float], right: list[float]) -> None:
    known = stats.ks_2samp(left, right, method="asymp").statistic
    assert ks(sample(left), sample(right)) == pytest.approx(known)


@given(VALUES, VALUES)
def test_smd_is_the_difference_over_the_common_deviation(
    left: list[float], right: list[float]
) -> None:
    spread = np.sqrt((np.var(left) + np.var(right)) / 2)
    difference = np.mean(left) - np.mean(right)
    found = smd(sample(left), sample(right))
    if spread > 0:
        assert found == pytest.approx(difference / spread, abs=1e-6)
    else:
        assert found == (0 if difference == 0 else np.copysign(np.inf, difference))


# --- factors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "runs"), [(4, 8), (5, 16), (6, 16), (7, 16), (8, 16)])
def test_a_fraction_clears_main_effects_of_interactions_of_two(count: int, runs: int) -> None:
    levels = dict.fromkeys("ABCDEFGH"[:count], ("low", "high"))
    found = factors.fraction_iv(levels)
    signs = np.array([[1 if cell[f] == "high" else -1 for f in levels] for cell in found.cells])
    assert signs.shape == (runs, count)
    for one in range(count):
        assert signs[:, one].sum() == 0
        for a, b in combinations([n for n in range(count) if n != one], 2):
            assert (signs[:, one] * signs[:, a] * signs[:, b]).sum() == 0
    for line in found.aliases[2:]:
        pairs = [pair.split(" x ") for pair in line.removeprefix("confounded: ").split(" = ")]
        columns = [
            signs[:, list(levels).index(a)] * signs[:, list(levels).index(b)] for a, b in pairs
        ]
        assert all((column == columns[0]).all() for column in columns)


def test_three_factors_have_no_fraction_of_resolution_iv() -> None:
    with pytest.raises(InputError, match="resolution IV"):
        factors.fraction_iv({"a": "xy", "b": "xy", "c": "xy"})


def test_all_cells_are_all_combinations() -> None:
    assert len(factors.all_cells({"a": "xy", "b": "xyz"}).cells) == 6


# --- defects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no_thinking", "The sum is \\boxed{5}."),
        ("answer_only", "\\boxed{5}"),
        ("systematic_error", TRACE.replace("= 5.\n", "= 6.\n").replace("= 20", "= 21")),
        (
            "keyword_stripped",
            TRACE.replace("Wait, let me check. ", "").replace("Hmm, ", ""),
        ),
    ],
)
def test_a_defect_does_what_it_says(name: str, expected: str) -> None:
    assert DEFECTS[name](TRACE, None, 0) == expected


def test_shuffled_steps_are_the_same_steps_in_another_order() -> None:
    found = defects.shuffled_steps(TRACE, None, 1)
    assert found != TRACE
    assert sorted(found) == sorted(TRACE)
    assert found.endswith("</think>\n\nThe sum is \\boxed{5}.")


def test_a_truncated_trace_stops_inside_its_thinking() -> None:
    found = defects.truncated(TRACE, 0.5, 0)
    assert TRACE.startswith(found)
    assert "</think>" not in found
    assert len(found) > len("<think>")


def test_a_verbose_trace_keeps_every_step_and_is_longer_by_its_factor() -> None:
    text = "<think>\n" + "A step of this proof.\n" * 100 + "</think>\n\\boxed{1}"
    found = defects.verbose(text, 2.0, 0)
    assert found.count("A step of this proof.\n") == 100
    assert 1.9 < len(found) / len(text) < 2.2


@given(st.text(alphabet="ab \n=+0123456789<>/think.", max_size=300), st.sampled_from([*DEFECTS]))
def test_defects_never_fail_and_are_the_same_for_the_same_seed(text: str, name: str) -> None:
    spoilt = [spoil(text, ((name, None),), 3, "0" * 32) for _ in range(2)]
    assert spoilt[0] == spoilt[1]


@pytest.mark.parametrize("name", [*DEFECTS])
@pytest.mark.parametrize("unit", ["1", "1 + ", "a\n", "\n", "wait ", "<think>", "\\boxed{", " "])
def test_defects_of_long_texts_end_soon(name: str, unit: str) -> None:
    DEFECTS[name](unit * (1_000_000 // len(unit)), None, 0)


# --- recipes --------------------------------------------------------------------------------------

SMALL = """
[sources.main]
pool = "pool"
[grades.high]
where = "true"
[[arms]]
name = "all"
mix = { high = 1 }
"""


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("estimnad = 'rows'", "unknown key `estimnad`", "did you mean `estimand`?"),
        ("[match]\ncalliper = 0.1", "unknown key `calliper`", "did you mean `caliper`?"),
        ("estimand = 'words'", "`words` does not fit", "change the value"),
        ("[match]\ncaliper = 'wide'", "`wide` does not fit", "change the value"),
        ("[doses]\nhigh = 'high'", "`low` is missing", "add `low = …`"),
        ("estimand = ", "is not TOML", "mend the line"),
    ],
)
def test_a_recipe_that_does_not_fit_says_what_would(text: str, message: str, fix: str) -> None:
    with pytest.raises(InputError) as error:
        parse_recipe(f"{text}\n{SMALL}", "`r.toml`")
    assert message in error.value.what
    assert fix in error.value.fix


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"doses": {"high": "hihg", "low": "low"}}, "did you mean `high`"),
        ({"arms": [{"name": "x", "mix": {"high": 0.5}}]}, "add up to 0.5"),
        ({}, "the recipe has no arm"),
        ({"arms": [{"name": "x", "mix": {"high": 1}}] * 2}, "two arms are called `x`"),
        ({"arms": [{"name": "../x", "mix": {"high": 1}}]}, "cannot be the name of an arm"),
        ({"arms": [{"name": "x", "mix": {"high": 1.5, "low": -0.5}}]}, "from 0 to 1"),
        ({"doses": {"high": "high", "low": "low", "at": [0, 150]}}, "from 0 to 100"),
        ({"problems": 0, "doses": {"high": "high", "low": "low"}}, "whole number from 1"),
        ({"cuts": {"column": "q", "at": [1], "names": ["one"]}}, "one name more"),
    ],
)
def test_a_design_that_makes_no_sense_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        design_of(recipe(**values))
    assert message in str(error.value)


def test_cut_points_make_grades() -> None:
    wanted = recipe(
        cuts={"column": "quality", "at": [0.3, 0.7], "names": ["poor", "fair", "good"]},
        arms=[{"name": n, "mix": {n: 1}} for n in ("poor", "fair", "good")],
    )
    wheres = [kind.draw.conditions[0][0] for kind in design_of(wanted).kinds.values()]
    assert wheres == [
        '"quality" < 0.3', '"quality" >= 0.3 and "quality" < 0.7', '"quality" >= 0.7',
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_a_design(name: str) -> None:
    assert design_of(preset(name)).arms
