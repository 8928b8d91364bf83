"""A study with a planted truth: the analysis finds it, and says what it cannot know."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.analyze.multiplicity import holm, holm_by_level
from curate.analyze.page import page
from curate.analyze.pipeline import analyze
from curate.analyze.report import report
from curate.analyze.results import Analysis, as_json
from curate.analyze.study import read_study, with_contrasts
from curate.errors import InputError
from tests.planted_study import analysis, written, written_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seeds, one base."""
    return written(tmp_path_factory.mktemp("planted") / "study")


@pytest.fixture(scope="module")
def found(folder: Path) -> Analysis:
    """Its analysis."""
    return analysis(folder)[1]


def test_the_planted_dose_is_the_claim(found: Analysis) -> None:
    assert found.claim.startswith("The score out of domain falls by ")
    slope = next(one for one in found.doses if one.scope == "ood").slope
    assert slope.low is not None
    assert slope.high is not None
    # 0.32 at the last checkpoint, 0.26 on average over the two of the window.
    assert slope.low < -0.26 < slope.high
    told = next(line for line in found.also if line.startswith("The same slope elsewhere"))
    assert "in domain −" in told
    assert "falls with dose" in told


def test_the_planted_dip_is_found_where_it_is_and_nowhere_else(found: Analysis) -> None:
    path = {(one.scope, one.arm): one for one in found.trajectories if one.kind == "domain"}
    dip = path["ood", "dose-0"]
    assert dip.verdict.startswith("dip and")
    assert dip.trough_steps is not None
    assert dip.trough_steps[0] <= 40 <= dip.trough_steps[1]
    assert dip.depth is not None
    assert dip.depth.value < -0.08
    assert not path["ood", "dose-100"].verdict.startswith("dip")
    assert not path["ood", "idle"].verdict.startswith("dip")
    assert not path["id", "dose-0"].verdict.startswith("dip")
    assert {one.step: one.conclusion for one in dip.early}[40] == "loss"


def test_verdicts_that_hold_together_are_told_from_those_that_hold_alone(found: Analysis) -> None:
    tested = [one for one in found.trajectories if one.kind == "domain"]
    assert {one.holds for one in tested if one.verdict == "undetermined"} <= {None}
    assert {one.holds for one in tested if one.verdict != "undetermined"} <= {True, False}
    sure = {(one.scope, one.arm) for one in tested if one.holds}
    assert ("ood", "dose-0") in sure
    assert any("tested together (Holm)" in line for line in found.also)


def test_holm_by_level_is_holm() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        p = rng.uniform(0, 0.1, rng.integers(1, 8)) ** 2 * 5
        claims = [lambda level, mine=value: mine <= level for value in p]
        assert holm_by_level(claims, 0.05) == list(holm(p) <= 0.05)
    assert holm_by_level([], 0.05) == []


def test_primary_and_exploratory_effects_are_labelled_and_corrected_apart(found: Analysis) -> None:
    primary = [one for one in found.effects if one.family == "primary"]
    assert {(one.arm, one.reference, one.kind) for one in primary} == {
        ("dose-100", "dose-0", "domain")
    }
    assert len(primary) == 3
    assert all(one.p_adjusted is None or one.p_adjusted >= (one.p or 0) for one in found.effects)
    assert {one.verdict for one in primary if one.scope == "ood"} == {"worse"}


def test_lost_safety_is_seen_and_over_refusal_stands_beside_it(found: Analysis) -> None:
    over_base = [one for one in found.effects if one.scope == "safety" and one.reference is None
                 and one.kind == "domain"]  # fmt: skip
    assert {one.verdict for one in over_base if one.arm != "idle"} == {"worse"}
    assert all(one.over_refusal is not None for one in found.tradeoffs)
    assert all(one.outline for one in found.tradeoffs)


def test_what_cannot_be_computed_is_named_with_its_reason(found: Analysis) -> None:
    missing = {one.section for one in found.missing}
    assert {"factors", "strata", "weak and strong bases", "procedure or verbosity"} <= missing
    assert all(one.why and one.fix for one in found.missing)


def test_the_json_has_the_same_names_and_holds_only_json(found: Analysis) -> None:
    made = as_json(found)
    assert made["schema"] == "curate.analyze/1"
    assert sorted(made) == sorted(
        ["schema", "curate", "facts", "claim", "also", "effects", "trajectories", "lengths",
             "modes", "doses", "factors", "capability", "behaviour", "tradeoffs", "judged",
             "traces", "predictions", "robustness", "beside", "needs", "missing", "warnings"]
        )  # fmt: skip
    assert sorted(made["effects"][0]) == sorted(
        ["base", "kind", "scope", "arm", "reference", "family", "difference", "p", "p_adjusted",
         "standardized", "mde", "seeds_known", "equivalent", "not_harmed", "verdict", "notes"]
    )  # fmt: skip
    json.dumps(made, allow_nan=False)


def test_the_same_study_gives_the_same_bytes(folder: Path, found: Analysis) -> None:
    again = analyze(read_study(folder))
    assert as_json(again) == as_json(found)


def test_shuffled_rows_give_the_same_numbers(folder: Path, found: Analysis, tmp_path: Path) -> None:
    rows = pl.read_parquet(folder / "results.parquet")
    rows.sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "results.parquet")
    (tmp_path / "design.json").write_bytes((folder / "design.json").read_bytes())
    again = analyze(read_study(tmp_path))
    for one, other in zip(found.effects, again.effects, strict=True):
        assert one.difference.value == pytest.approx(other.difference.value, abs=1e-12)
        assert one.verdict == other.verdict


def test_the_same_table_gives_the_same_page(tmp_path: Path) -> None:
    path = written_table(tmp_path / "t.csv", scores(seeds=2))
    first, second = (page(report(analyze(read_study(path)))) for _ in range(2))
    assert first == second


def test_one_seed_is_said_to_show_nothing(tmp_path: Path) -> None:
    found = analyze(read_study(written(tmp_path / "one", seeds=1)))
    assert {one.verdict for one in found.effects} == {"one run"}
    assert all("one run" in one.verdict for one in found.trajectories)
    assert all(not one.equivalent for one in found.effects)
    assert "trained once" in " ".join(found.warnings)
    assert "not settled" in found.claim or "luck of the seed" in found.claim
    assert "nothing here is shown" in report(found).stamp


def test_two_bases_are_set_beside_each_other(tmp_path: Path) -> None:
    found = analyze(read_study(written(tmp_path / "two", bases=2, seeds=2)))
    assert {one.base for one in found.effects} == {"base-0", "base-1"}
    assert all(len(one.bases) == 2 for one in found.capability)
    assert all(one.slope is None for one in found.capability)
    told = [(one.p_heterogeneity, one.p_adjusted, one.verdict) for one in found.capability]
    assert all(p is not None and new is not None and new >= p for p, new, _ in told)
    assert all((new or 0) <= 0.05 for _, new, words in told if words.startswith("effects differ"))
    assert found.predictions


def test_early_probes_are_held_against_the_order_at_the_end(tmp_path: Path) -> None:
    """Probes that know from the first step how the arms will end put them in the right order."""
    folder = written(tmp_path / "study")
    rows = pl.read_parquet(folder / "results.parquet").filter(pl.col("domain") == "ood")
    end = rows.filter(pl.col("step") >= 160).group_by("arm").agg(pl.col("score").mean().alias("at"))
    probes = rows.join(end, on="arm", how="left").select(
        "arm", "base", "seed", "step", "suite", "domain", "item",
        mode=pl.lit("forced_direct"),
        logp_reference=-4 * (1 - pl.col("at").fill_null(0.0)),
        n_reference_tokens=pl.lit(2),
        margin=pl.lit(None, pl.Float64),
    )  # fmt: skip
    probes.write_parquet(folder / "probes.parquet")
    found = analyze(read_study(folder)).predictions
    told = {(one.scope, one.metric): one.accuracy.value for one in found}
    assert told["ood", "log-likelihood"] == 1
    assert told["ood", "score"] < 1  # the arm without the bad grade dips first
    assert ("ood", "margin") not in told
    assert ("id", "log-likelihood") not in told


def test_a_run_that_lacks_a_checkpoint_is_left_out_and_said(folder: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(folder / "results.parquet")
    gone = (pl.col("arm") == "dose-0") & (pl.col("seed") == 2) & (pl.col("step") == 40)
    rows.filter(~gone.fill_null(value=False)).write_parquet(tmp_path / "results.parquet")
    (tmp_path / "design.json").write_bytes((folder / "design.json").read_bytes())
    found = analyze(read_study(tmp_path))
    notes = " ".join(note for one in found.effects for note in one.notes)
    assert "lack a checkpoint" in notes


def test_an_arm_without_any_whole_run_is_named(folder: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(folder / "results.parquet")
    gone = (pl.col("arm") == "idle") & (pl.col("step") == 40)
    rows.filter(~gone.fill_null(value=False)).write_parquet(tmp_path / "results.parquet")
    (tmp_path / "design.json").write_bytes((folder / "design.json").read_bytes())
    found = analyze(read_study(tmp_path))
    assert any("arm `idle`" in one.section for one in found.missing)
    assert not any(one.arm == "idle" for one in found.effects)


def scores(
    *, seeds: int, base: bool = True, steps: tuple[int, ...] = (10, 20, 40)
) -> list[dict[str, object]]:
    """Scores of whole benchmarks, or of single arms and steps."""
    trained: list[dict[str, object]] = [
        {"model": "m", "arm": arm, "seed": seed, "step": step, "benchmark": "MATH500",
         "score": 0.5 + 0.1 * (arm == "a") + 0.01 * seed - 0.2 * (step == 20)}
        for arm in ("a", "b")
        for seed in range(seeds)
        for step in steps
    ]  # fmt: skip
    start: list[dict[str, object]] = [
        {"model": "m", "arm": "base", "seed": 0, "step": 0, "benchmark": "MATH500", "score": 0.5}
    ]
    return trained + (start if base else [])


def test_scores_without_items_rest_on_seeds_alone(tmp_path: Path) -> None:
    found = analyze(read_study(written_table(tmp_path / "t.csv", scores(seeds=3))))
    effect = next(one for one in found.effects if one.reference == "a")
    assert effect.difference.value == pytest.approx(-0.1)
    assert any("other items" in note for note in effect.notes)
    assert "whole benchmarks" in " ".join(found.warnings)


def test_scores_without_items_and_seeds_are_only_looked_at(tmp_path: Path) -> None:
    found = analyze(read_study(written_table(tmp_path / "t.csv", scores(seeds=1))))
    path = next(one for one in found.trajectories if one.arm == "b")
    assert path.verdict == "not testable"
    assert path.look is not None
    assert (path.look.trough_step, path.look.back_step) == (20, None)
    assert path.look.depth == pytest.approx(-0.2)
    assert all(one.difference.low is None for one in found.effects)


@pytest.mark.parametrize(("base", "steps"), [(False, (10, 20, 40)), (True, (10,)), (False, (10,))])
def test_tables_without_base_or_with_one_step_are_analysed_as_far_as_they_go(
    tmp_path: Path, base: bool, steps: tuple[int, ...]
) -> None:
    rows = scores(seeds=2, base=base, steps=steps)
    found = analyze(read_study(written_table(tmp_path / "t.csv", rows)))
    assert found.effects
    assert all(one.verdict == "not testable" for one in found.trajectories)
    assert page(report(found)).startswith("<!DOCTYPE html>")


def test_a_base_alone_is_refused(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"arm": None, "step": 0, "suite": "s", "item": "i",
                                      "score": 1.0}]  # fmt: skip
    with pytest.raises(InputError, match="no trained arm"):
        analyze(read_study(written_table(tmp_path / "t.jsonl", rows)))


def test_asked_for_contrasts_are_exploratory(folder: Path) -> None:
    study = with_contrasts(read_study(folder), [("idle", "dose-0")])
    assert not study.design.confirmatory
    with pytest.raises(InputError, match="no arm `nope`"):
        with_contrasts(study, [("nope", "idle")])


@pytest.mark.parametrize(
    "design",
    [{"margin": 2}, {"window": 0}, {"contrasts": [["a"]]}, {"primary": "sure"}, {"arms": []},
     {"contrasts": [["gone", "dose-0"]]}],
)  # fmt: skip
def test_a_design_that_cannot_be_is_refused(
    folder: Path, tmp_path: Path, design: dict[str, object]
) -> None:
    (tmp_path / "results.parquet").write_bytes((folder / "results.parquet").read_bytes())
    (tmp_path / "design.json").write_text(json.dumps(design))
    with pytest.raises(InputError):
        read_study(tmp_path)
