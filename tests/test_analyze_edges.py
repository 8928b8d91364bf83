"""Tables at the edge of what can be analysed: no traceback, no claim, no number that is not one."""

import json
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from curate.analyze.page import page
from curate.analyze.pipeline import analyze
from curate.analyze.report import report
from curate.analyze.results import Analysis, as_json
from curate.analyze.study import read_study
from tests.planted_study import written_table

Score = Callable[[str, int, int, int], float | None]
"""From arm, seed, step and item to a score; None leaves the row out."""


def rows(
    arms: Sequence[str], steps: Sequence[int], seeds: int, items: int, score: Score, **more: object
) -> list[dict[str, object]]:
    """A long table of one suite; step 0 is the base."""
    return [
        {"arm": None if step == 0 else arm, "base": "m", "seed": seed, "step": step, "suite": "s",
         "domain": "ood", "item": f"i{item}", "score": value, **more}
        for arm in (arms if steps != (0,) else arms[:1])
        for seed in range(seeds if steps != (0,) else 1)
        for step in steps
        for item in range(items)
        if (value := score(arm, seed, step, item)) is not None
    ]  # fmt: skip


def analysed(path: Path, table: list[dict[str, object]], **design: object) -> Analysis:
    """What is found in a table, as a study where it has a design; the page is written as well."""
    if design:
        folder = path / "study"
        folder.mkdir()
        written_table(folder / "results.parquet", table)
        (folder / "design.json").write_text(json.dumps({"name": "edge", **design}))
        study = read_study(folder)
    else:
        study = read_study(written_table(path / "table.csv", table))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = analyze(study)
        text = page(report(found))
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    json.dumps(as_json(found), allow_nan=False)
    return found


def doses(*names: tuple[str, float]) -> dict[str, object]:
    """A design of doses."""
    grades = {name: {"dose": dose, "role": "dose"} for name, dose in names}
    return {"arms": grades, "contrasts": [[names[-1][0], names[0][0]]]}


def noise(seed: int, *parts: int) -> float:
    """A number in [0, 1] that depends on its name alone."""
    return float(np.random.default_rng([seed, *parts]).random())


def test_the_slope_over_one_checkpoint_is_the_effect(tmp_path: Path) -> None:
    """It was divided by the window once, which had two checkpoints by default."""

    def score(arm: str, seed: int, step: int, item: int) -> float:
        return float(noise(1, seed, item, len(arm)) < (0.8 if arm == "d0" else 0.6))

    table = rows(("d0", "d1x"), (640,), 3, 200, score)
    found = analysed(tmp_path, table, **doses(("d0", 0.0), ("d1x", 1.0)))
    (dose,) = found.doses
    (effect,) = [one for one in found.effects if one.reference == "d0" and one.kind == "domain"]
    assert dose.slope.value == pytest.approx(effect.difference.value)
    assert dose.means[0].value == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize("items", [2, 5, 12])
def test_what_never_varies_is_no_finding(tmp_path: Path, items: int) -> None:
    """Two runs alike and every item changed by as much: nothing tells chance from effect."""

    def score(arm: str, seed: int, step: int, item: int) -> float:
        shape = {0: 0.0, 10: -0.11, 20: -0.12, 40: 0.07, 80: 0.08}[step]
        return 0.2 + 0.7 * noise(2, item) * 0.3 + shape * (1 if arm == "a" else 0.5)

    table = rows(("a",), (0,), 1, items, score)
    table += rows(("a", "b"), (10, 20, 40, 80), 2, items, score)
    found = analysed(tmp_path, table)
    settled = {"better", "worse", "no difference", "not harmed", "equivalent"}
    assert not settled & {one.verdict for one in found.effects}
    assert {one.holds for one in found.trajectories} == {None}


def test_doses_alike_show_no_trend(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float:
        return round(noise(3, item), 3)

    table = rows(("a", "b", "c"), (10, 20), 2, 20, score)
    found = analysed(tmp_path, table, **doses(("a", 0.0), ("b", 0.5), ("c", 1.0)))
    assert [one.p_trend for one in found.doses] == [1.0]
    assert not found.claim.startswith("The score out of domain rises")


def test_clusters_as_unequal_as_can_be_end_in_words(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float:
        level = 0.5 if step == 0 else 0.55
        return float(noise(4, seed, step, item, len(arm)) < level)

    table = rows(("a",), (0,), 1, 200, score) + rows(("a", "bb"), (10, 20, 40), 3, 200, score)
    for row in table:
        row["cluster"] = "rest" if row["item"] != "i7" else "one"
    found = analysed(tmp_path, table)
    for one in found.trajectories:
        assert not (one.net and one.net.value > 0 and "loss" in one.verdict)


def test_one_checkpoint_with_lengths_is_no_traceback(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float:
        return float(noise(5, seed, item, len(arm)) < 0.5)

    table = rows(("a", "bb"), (640,), 2, 30, score, n_tokens=50)
    table += [{**row, "suite": "t", "domain": "id"} for row in table]
    assert analysed(tmp_path, table).lengths


def test_lengths_with_a_gap_are_means_of_what_is_there(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float | None:
        if (arm, seed, step, item) == ("a", 0, 20, 3):
            return None
        return float(noise(6, seed, step, item) < 0.5)

    table = rows(("a",), (0,), 1, 30, score, n_tokens=40)
    table += rows(("a", "b"), (10, 20, 40), 2, 30, score, n_tokens=50)
    found = analysed(tmp_path, table)
    assert all(one.tokens == pytest.approx((50, 50, 50)) for one in found.lengths)


def test_the_base_of_a_dose_weighs_benchmarks_alike(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float:
        return float(noise(7, seed, step, item, len(arm)) < 0.5)

    table: list[dict[str, object]] = []
    for suite, items, level in (("few", 10, 1.0), ("many", 200, 0.1)):
        base = rows(("d0",), (0,), 1, items, lambda *_, at=level: at)
        arms = rows(("d0", "d1x"), (10, 20), 2, items, score)
        table += [{**row, "suite": suite, "item": f"{suite}-{row['item']}"} for row in base + arms]
    found = analysed(tmp_path, table, **doses(("d0", 0.0), ("d1x", 1.0)))
    (dose,) = found.doses
    assert dose.start == pytest.approx(0.55)


def test_rates_that_the_base_lacks_are_unknown_and_not_nothing(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float:
        low = step in (10, 20)
        return float(noise(8, seed, step, item) < (0.2 if low else 0.6))

    base = rows(("a",), (0,), 1, 150, score)
    table = rows(("a", "b"), (10, 20, 40, 80), 3, 150, score, truncated=True, answered=True)
    found = analysed(
        tmp_path, [{**row, "truncated": None, "answered": None} for row in base] + table
    )
    assert found.modes
    assert {one.truncated for one in found.modes} == {(None, 1.0)}
    assert {one.unparsed for one in found.modes} == {(None, 0.0)}


def test_arms_that_lack_a_factor_or_a_base_are_named(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float:
        return float(noise(9, seed, item, len(arm)) < 0.5)

    arms = ("a", "bb", "ccc", "dddd")
    table = rows(arms, (10,), 2, 40, score)
    table += [{**row, "base": "other", "arm": "eeeee"} for row in rows(("a",), (10,), 2, 40, score)]
    levels: dict[str, dict[str, object]] = {
        name: {"levels": {"x": "hi" if n % 2 else "lo", **({"y": "lo"} if n else {})},
               "shares": {"s": n / 4, "t": 1 - n / 4}}
        for n, name in enumerate(arms)
    }  # fmt: skip
    found = analysed(tmp_path, table, arms={**levels, "eeeee": {}}, contrasts=[["bb", "a"]])
    assert any("same factors" in one.why for one in found.missing)
    assert {one.base for one in found.factors} <= {"m"}
    assert "factorial" not in {one.method for one in found.factors}


def test_a_suite_that_the_base_lacks_is_not_weighed_as_nothing(tmp_path: Path) -> None:
    def score(arm: str, seed: int, step: int, item: int) -> float:
        return float(noise(10, seed, step, item) < (0.4 if step == 0 else 0.8))

    table: list[dict[str, object]] = []
    for suite, domain in (("one", "ood"), ("two", "ood"), ("harm", "safety")):
        base = rows(("a",), (0,), 1, 60, score) if suite != "two" else []
        arms = rows(("a", "b"), (10, 20), 3, 60, score)
        extra = {"suite": suite, "domain": domain}
        table += [{**row, **extra, "item": f"{suite}-{row['item']}"} for row in base + arms]
    found = analysed(tmp_path, table)
    assert not found.tradeoffs
    assert any("reasoning against safety" in one.section for one in found.missing)
