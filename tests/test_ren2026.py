"""The paper's tables as they were printed, and what the paper's own trajectories do."""

import pytest

from curate.analyze import ren2026


def dip(base: str, benchmark: str, arm: str = "Math-CoT") -> ren2026.Dip:
    """One trajectory."""
    return next(
        one
        for one in ren2026.dips()
        if (one.base, one.arm, one.benchmark) == (base, arm, benchmark)
    )


@pytest.mark.parametrize(
    ("benchmark", "trough", "step", "depth", "back"),
    [
        ("MATH500", 62.9, 20, -7.9, 40),
        ("LiveCodeBench v2", 14.5, 40, -6.1, 320),
        ("MMLU-Pro", 30.8, 20, -4.7, 40),
        ("IFEval", 33.0, 20, -16.2, 480),
    ],
)
def test_the_4b_trajectories_dip_and_come_back_as_printed(
    benchmark: str, trough: float, step: int, depth: float, back: int
) -> None:
    found = dip("Qwen3-4B-Base", benchmark)
    assert found.dips
    assert (found.trough, found.trough_step, found.back_step) == (trough, step, back)
    assert found.depth == pytest.approx(depth)


def test_gpqa_on_4b_never_dips_and_starts_below_chance() -> None:
    found = dip("Qwen3-4B-Base", "GPQA-Diamond")
    assert not found.dips
    assert found.back_step is None
    assert "chance" in str(found.suspect)


def test_the_smallest_base_does_not_come_back() -> None:
    assert dip("Qwen3-1.7B-Base", "LiveCodeBench v2").back_step is None
    assert dip("Qwen3-1.7B-Base", "MATH500").depth == pytest.approx(-16.0)


def test_answers_alone_hardly_dip() -> None:
    assert dip("Qwen3-4B-Base", "MATH500", "Math-NoCoT").depth == pytest.approx(-4.1)


MEANS = {  # paper.md, C4
    "Math-CoT": ((34.3, 16.5), (24.5, 8.3), (20.8, 14.3)),
    "Math-NoCoT": ((3.5, 4.8), (1.0, 4.6), (3.75, 9.7)),
    "NuminaMath": ((-1.8, -8.5), (-4.6, -10.2), (-4.3, -0.2)),
    "Countdown-CoT": ((20.4, 6.3), (12.4, 2.3), (0.7, 7.4)),
}
BASES = ("Qwen3-14B-Base", "Qwen3-8B-Base", "InternLM2.5-20B-Base")


@pytest.mark.parametrize("arm", MEANS)
def test_the_mean_change_of_each_arm_is_as_computed_by_hand(arm: str) -> None:
    found = {(one.base, one.domain): dict(one.arms) for one in ren2026.orderings()}
    for base, (inside, outside) in zip(BASES, MEANS[arm], strict=True):
        assert found[base, "id"][arm] == pytest.approx(inside, abs=0.051)
        assert found[base, "ood"][arm] == pytest.approx(outside, abs=0.051)


def test_long_verified_traces_are_first_and_human_solutions_last_on_every_base() -> None:
    for one in ren2026.orderings():
        names = [arm for arm, _ in one.arms]
        assert (names[0], names[-1]) == ("Math-CoT", "NuminaMath")


def test_repeating_beats_covering_as_printed() -> None:
    value = {(c.arm, c.benchmark): c.value for c in ren2026.cells() if c.table == "Table 1"}
    repeat, cover = "Math-CoT 2.5k, batch 32, 8 epochs", "Math-CoT 20k, batch 32, 1 epoch"
    gaps = {b: value[repeat, b] - value[cover, b] for _, b in value}
    assert gaps["AIME24"] == pytest.approx(13.7)
    assert gaps["GPQA-Diamond"] == pytest.approx(13.1)
    assert gaps["HaluEval"] == pytest.approx(-2.6)


def test_cells_in_doubt_say_why_and_missing_ones_are_not_there() -> None:
    intern = [c for c in ren2026.cells() if c.base == BASES[2] and c.arm == "Math-NoCoT"]
    assert {c.benchmark for c in intern if c.suspect} == {"MMLU-Pro", "IFEval"}
    assert not {"HaluEval", "AlpacaEval RM"} & {c.benchmark for c in intern}
    bases = {c.value: c.suspect for c in ren2026.cells()
             if c.base == BASES[0] and c.benchmark == "GPQA-Diamond" and c.arm is None}  # fmt: skip
    assert set(bases) == {44.1, 41.8}
    assert all(bases.values())


def test_deltas_use_the_base_row_of_their_own_table() -> None:
    found = {(d.table, d.base, d.arm, d.benchmark): d.change for d in ren2026.deltas()}
    assert found["Table 2", BASES[0], "Math-CoT", "GPQA-Diamond"] == pytest.approx(63.3 - 44.1)
    assert found["Further arms at step 640", "Qwen3-4B-Base", "Math-NoCoT", "IFEval"] == (
        pytest.approx(55.9 - 49.2)
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("MATH-500", "MATH500"), ("aime_2024", "AIME24"), ("gpqa_diamond", "GPQA-Diamond"),
     ("mmlu_pro", "MMLU-Pro"), ("LCB", "LiveCodeBench v2"), ("chess", None)],
)  # fmt: skip
def test_benchmarks_are_known_under_their_usual_names(theirs: str, ours: str | None) -> None:
    assert ren2026.benchmark_named(theirs) == ours
