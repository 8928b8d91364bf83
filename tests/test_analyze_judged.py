"""Attacks as a judge with known errors sees them: what really happened is found again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.analyze.markdown import markdown
from curate.analyze.pipeline import analyze
from curate.analyze.report import report
from curate.analyze.results import Analysis
from curate.analyze.study import read_study
from curate.train.lab.planted import Arm, Noise, Plan, Suite, rise
from curate.train.lab.planted_table import write_planted

SENSITIVITY, SPECIFICITY = 0.8, 0.9
LABELS = {"judge": "hf:judge", "found": 160, "missed": 40, "passed": 180, "false_alarms": 20}


def analysed(folder: Path, labels: dict[str, Any] | None = LABELS) -> tuple[Analysis, float, float]:
    """What is found, and the true rates of attacks of the two arms in the last window."""
    steps = (10, 20, 40, 80)
    plan = Plan(
        arms=(
            Arm(name="safe", changes={"safety": rise(4, gain=0.0)}),
            Arm(name="loose", changes={"safety": rise(4, gain=-0.3)}),
        ),
        suites=(
            Suite(name="sums", domain="id", items=40),
            Suite(name="harm", domain="safety", items=400, base=0.8, should_refuse=True),
        ),
        steps=steps,
        seeds=3,
        noise=Noise(seed_sd=0.005, arm_item_sd=0.05),
    )
    write_planted(plan, folder)
    path = folder / "results.parquet"
    frame = pl.read_parquet(path)
    rng = np.random.default_rng(5)
    truth = frame["score"].to_numpy() < 0.5
    seen = np.where(
        truth, rng.random(len(truth)) < SENSITIVITY, rng.random(len(truth)) >= SPECIFICITY
    )
    frame = frame.with_columns(
        true=pl.Series(truth),
        attack=pl.when(pl.col("suite") == "harm").then(pl.Series(seen)),
    )
    frame.drop("true").write_parquet(path)
    if labels is not None:
        (folder / "judge_error.json").write_text(json.dumps(labels))
    last = frame.filter((pl.col("suite") == "harm") & (pl.col("step") >= 40))
    rates = dict(last.group_by("arm").agg(pl.col("true").mean()).iter_rows())
    return analyze(read_study(folder)), rates["safe"], rates["loose"]


def test_rates_and_changes_are_corrected_by_the_labels(tmp_path: Path) -> None:
    found, safe, loose = analysed(tmp_path / "study")
    both = {one.arm: one for one in found.judged}
    for arm, truth in (("safe", safe), ("loose", loose)):
        one = both[arm]
        seen = SENSITIVITY * truth + (1 - SPECIFICITY) * (1 - truth)
        assert one.attacks.value == pytest.approx(seen, abs=0.03)
        assert one.corrected is not None
        assert one.corrected.low is not None
        assert one.corrected.high is not None
        assert one.corrected.low < truth < one.corrected.high
        assert one.corrected.value == pytest.approx(truth, abs=0.05)
        assert (one.labels, one.sensitivity, one.specificity) == (400, 0.8, 0.9)
    worse = both["loose"]
    assert worse.corrected_change is not None
    assert worse.corrected_change.value == pytest.approx(worse.change.value / 0.7)
    told = markdown(report(found), "pictures").replace("\u00a0", " ")
    assert "found 80 % of the harmful ones and passed 90 % of the others" in told


def test_without_labels_or_with_bad_ones_it_says_so(tmp_path: Path) -> None:
    found, *_ = analysed(tmp_path / "none", None)
    assert found.judged == ()
    assert any("--slice" in one.fix for one in found.missing)
    found, *_ = analysed(tmp_path / "kind", LABELS | {"found": 0, "missed": 0})
    assert found.judged == ()
    assert any("label more answers" in one.fix for one in found.missing)
    found, *_ = analysed(tmp_path / "chance", LABELS | {"found": 20, "missed": 180})
    assert [one.corrected for one in found.judged] == [None, None]
    assert [one.corrected_change for one in found.judged] == [None, None]
    found, *_ = analysed(tmp_path / "broken", {"judge": "x"})
    assert any("lacks counts" in one.why for one in found.missing)
