"""Crossed factors and strata, from a study on disk through `analyze`: what was planted is found."""

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from curate.analyze.markdown import markdown
from curate.analyze.pipeline import analyze
from curate.analyze.records import Factor
from curate.analyze.report import report
from curate.analyze.results import Analysis
from curate.analyze.study import read_study
from curate.train.lab.planted import Arm, Noise, Plan, Suite, rise
from curate.train.lab.planted_table import write_planted

STEPS = (10, 20, 40, 80)


def planted(
    folder: Path, arms: Mapping[str, tuple[float, Mapping[str, object]]], **more: object
) -> Analysis:
    """What is found, where each arm has a final change and its place in the design."""
    plan = Plan(
        arms=tuple(
            Arm(name=name, changes={"ood": rise(len(STEPS), gain=gain)})
            for name, (gain, _) in arms.items()
        ),
        suites=(Suite(name="chains", domain="ood", items=300, base=0.4),),
        steps=STEPS,
        seeds=3,
        noise=Noise(seed_sd=0.005, arm_item_sd=0.05),
    )
    write_planted(plan, folder)
    path = folder / "design.json"
    design = json.loads(path.read_text())
    for name, (_, place) in arms.items():
        design["arms"][name] |= place
    path.write_text(json.dumps(design | more))
    return analyze(read_study(folder))


def bounds(one: Factor) -> tuple[float, float]:
    """The interval of an effect."""
    assert one.effect.low is not None
    assert one.effect.high is not None
    return one.effect.low, one.effect.high


def covers_nothing(one: Factor) -> bool:
    """Whether the interval holds 0."""
    low, high = bounds(one)
    return low < 0 < high


def test_the_factor_that_was_planted_is_found_and_the_other_is_not(tmp_path: Path) -> None:
    arms = {
        f"{quality}-{length}": (0.2 if quality == "right" else 0.0,
                                {"levels": {"quality": quality, "length": length}})
        for quality, length in product(("wrong", "right"), ("short", "long"))
    }  # fmt: skip
    whole = planted(tmp_path / "study", arms)
    assert "factors" in [part.name for part in report(whole).parts]
    found = {one.name: one for one in whole.factors}
    assert all(one.method == "factorial" for one in found.values())
    quality = found["quality"]
    # The mean of the last two checkpoints of a straight rise: 7/8 of the final gain.
    sign = 1 if "`right` less `wrong`" in quality.note else -1
    assert sign * quality.effect.value == pytest.approx(7 / 8 * 0.2, abs=0.03)
    assert quality.p_adjusted is not None
    assert quality.p_adjusted < 0.01
    for name in ("length", "quality × length"):
        assert covers_nothing(found[name])


def test_strata_that_come_and_go_over_a_background_have_shapley_values(tmp_path: Path) -> None:
    arms = {
        f"core{'-proofs' * a}{'-games' * b}": (
            0.2 * a,
            {"shares": {"core": 1 / (1 + a + b), "proofs": a / (1 + a + b),
                        "games": b / (1 + a + b)}},
        )
        for a, b in product((0, 1), repeat=2)
    }  # fmt: skip
    found = {one.name: one for one in planted(tmp_path / "study", arms).factors}
    assert {one.method for one in found.values()} == {"shapley"}
    assert set(found) == {"proofs", "games"}
    assert found["proofs"].effect.value == pytest.approx(7 / 8 * 0.2, abs=0.03)
    assert bounds(found["proofs"])[0] > 0
    assert covers_nothing(found["games"])


def test_a_swarm_of_mixtures_tells_what_each_stratum_is_worth(tmp_path: Path) -> None:
    shares = np.random.default_rng(3).dirichlet([1.0, 1.0, 1.0], size=14)
    strata = ("games", "proofs", "sums")
    arms = {
        f"mix-{number:02}": (0.3 * one[1], {"shares": dict(zip(strata, one.tolist(), strict=True))})
        for number, one in enumerate(shares)
    }
    found = {one.name: one for one in planted(tmp_path / "study", arms).factors}
    assert set(found) == set(strata)
    # An effect is the worth of a stratum less the mean worth, which is 0.1 at the end.
    assert found["proofs"].effect.value == pytest.approx(7 / 8 * 0.2, abs=0.03)
    assert bounds(found["proofs"])[0] > 0
    for name in ("games", "sums"):
        assert bounds(found[name])[1] < 0


def test_a_second_grader_gives_the_slope_over_true_doses(tmp_path: Path) -> None:
    """A tenth of either grade is wrong, so graded doses 0 to 1 are true doses 0.1 to 0.9."""
    arms = {
        f"dose-{round(100 * dose)}": (
            0.4 * (0.1 + 0.8 * dose),
            {"role": "dose", "dose": dose, "grades": {"good": 1 - dose, "bad": dose}},
        )
        for dose in (0.0, 0.5, 1.0)
    }
    confusion = {"good": {"good": 900, "bad": 100, "neither": 5},
                 "bad": {"good": 100, "bad": 900, "neither": 5}}  # fmt: skip
    graders = {"second": {"agreement": 0.9, "confusion": confusion}}
    found = planted(tmp_path / "study", arms, graders=graders)
    (dose,) = found.doses
    (one,) = dose.regraded
    assert (one.grader, one.traces) == ("second", 2000)
    assert one.real_if_right.value == pytest.approx(0.8)
    assert one.real_if_alike.value == pytest.approx(0.894, abs=0.001)  # sqrt(1 - 2 * 0.1)
    per_true_dose = float(np.mean(rise(len(STEPS), gain=0.4)[-2:]))
    assert dose.slope.value == pytest.approx(0.8 * per_true_dose, abs=0.04)
    assert one.if_right.value == pytest.approx(dose.slope.value / 0.8)
    assert one.if_alike.value == pytest.approx(dose.slope.value / 0.894, rel=0.001)
    assert one.if_right.low is not None
    assert one.if_right.high is not None
    assert one.if_right.low < per_true_dose < one.if_right.high
    assert "| 80 \\[77, 82\\] |" in markdown(report(found), "pictures").replace("\u00a0", " ")


def test_no_slope_is_corrected_by_a_grader_of_other_grades_or_by_chance(tmp_path: Path) -> None:
    arms = {
        name: (0.1, {"role": "dose", "dose": dose, "grades": {"good": 1 - dose, "bad": dose}})
        for name, dose in (("clean", 0.0), ("spoilt", 1.0))
    }
    chance = {"good": {"good": 50, "bad": 50}, "bad": {"good": 50, "bad": 50}}
    graders = {"other": {"agreement": 0.9, "confusion": {"long": {"long": 9}}},
               "coin": {"agreement": 0.5, "confusion": chance}}  # fmt: skip
    found = planted(tmp_path / "study", arms, graders=graders)
    assert [dose.regraded for dose in found.doses] == [()]
    assert any("coin" in one.section for one in found.missing)
    bare = planted(tmp_path / "bare", arms)
    assert any("one grader only" in one.why for one in bare.missing)


def removal(*, confirmed: bool) -> dict[str, object]:
    """What `curate analyze influence` leaves."""
    one = {"value": -0.3, "low": -0.4, "high": -0.2}
    return {
        "arm": "a", "base": "base", "seed": 0, "suites": ["chains"], "traces": 100, "queries": 50,
        "ends": {"good": [0.5, 0.9, 0.1], "bad": [0.5, 0.1, 0.9]},
        "removal": {"validated": confirmed, "top": one, "bottom": one, "lds": 0.6, "lds_low": 0.3,
                    "lds_high": 0.8},
    }  # fmt: skip


def test_only_traces_that_retraining_confirmed_are_shown(tmp_path: Path) -> None:
    arms: dict[str, tuple[float, Mapping[str, object]]] = {"a": (0.1, {}), "b": (0.0, {})}
    planted(tmp_path / "study", arms)
    for key, confirmed in (("one", True), ("two", False), ("three", None)):
        place = tmp_path / "study/influence" / key
        place.mkdir(parents=True)
        about = {} if confirmed is None else removal(confirmed=confirmed)
        (place / "removal.json").write_text(json.dumps(about))
    found = analyze(read_study(tmp_path / "study"))
    assert [(one.confirmed, bool(one.ends)) for one in found.traces] == [
        (True, True),
        (False, False),
    ]
    assert any(one.section == "influence of traces" for one in found.missing)
    told = markdown(report(found), "pictures").replace("\u00a0", " ")
    assert "(1 of 2 were not)" in told
    assert told.count("`good` | 50 | 90 | 10 |") == 1
