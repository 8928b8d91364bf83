"""The lab truly run: bases whole or absent, a study by `curate lab`, and one mechanism."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from curate.errors import InputError
from curate.train.lab import pretrain as loop
from curate.train.lab import tokenizer
from curate.train.lab.bases import base_key, need_base
from curate.train.lab.make import copy_base, make_lab, preset_of
from curate.train.lab.presets import DIRECT, PRESETS, TINY, Preset
from curate.train.lab.pretrain import IGNORED, batch_of, padded, portions
from curate.train.lab.recipes import of_grade
from tests.command import curate, folder  # noqa: F401

OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def weights(base: Path) -> bytes:
    return (base / "model.safetensors").read_bytes()


def test_portions_hold_every_row_and_train_completions_alone() -> None:
    rows = batch_of(replace(TINY, batch=40, thinking=0.3), 0)
    parts = list(portions(rows))
    assert sum(len(tokens) for tokens, _ in parts) == 40
    whole, labels = padded(rows)
    trained = sum(len(tokenizer.encode(reply)) + 1 for _, reply in rows)
    assert (labels != IGNORED).sum() == trained
    assert sum((part != IGNORED).sum() for _, part in parts) == trained
    assert ((labels == IGNORED) | (labels == whole)).all()


def test_a_killed_pretraining_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY_S", 0.0)

    def kill(step: int, loss: float) -> None:
        if step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        need_base(TINY, tmp_path / "killed", kill)
    assert [path.suffix for path in (tmp_path / "killed").iterdir()] == [".work"]
    steps: list[int] = []
    resumed = need_base(TINY, tmp_path / "killed", lambda step, loss: steps.append(step))
    assert steps == [5, 6, 7, 8]
    assert weights(resumed) == weights(need_base(TINY, tmp_path / "whole"))
    assert [path.name for path in (tmp_path / "killed").iterdir()] == [base_key(TINY)]


def test_a_base_is_made_once_and_another_recipe_is_another_base(cache: Path) -> None:
    first = need_base(TINY, cache)
    stamp = (first / "model.safetensors").stat().st_mtime_ns
    assert need_base(TINY, cache) == first
    assert (first / "model.safetensors").stat().st_mtime_ns == stamp
    assert base_key(replace(TINY, thinking=0.2)) != base_key(TINY)


def test_a_copy_of_another_base_is_replaced(cache: Path, tmp_path: Path) -> None:
    assert not copy_base(TINY, tmp_path / "b", cache, None)
    (tmp_path / "b" / "key").write_text("another")
    copy_base(TINY, tmp_path / "b", cache, None)
    assert (tmp_path / "b" / "key").read_text() == base_key(TINY)


def test_a_lab_is_made_twice_the_same_and_never_over_something_else(
    cache: Path, tmp_path: Path
) -> None:
    smoke = preset_of("smoke")
    first = make_lab(smoke, tmp_path / "one", cache=cache)
    make_lab(smoke, tmp_path / "one", cache=cache)
    make_lab(smoke, tmp_path / "two", cache=cache)
    for path in sorted((tmp_path / "one").rglob("*")):
        if path.is_file() and path.name != ".lock":
            other = tmp_path / "two" / path.relative_to(tmp_path / "one")
            assert path.read_bytes() == other.read_bytes(), path
    assert [study.name for study in first.studies] == ["STUDY.toml"]
    with pytest.raises(InputError, match="another lab"):
        make_lab(smoke, tmp_path / "one", cache=cache, seed=5)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    with pytest.raises(InputError, match="cannot make a lab"):
        make_lab(smoke, tmp_path / "full", cache=cache)
    with pytest.raises(InputError, match="no preset"):
        preset_of("dmeo")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_studies_that_can_be_planned(
    name: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from curate.train.plan import plan_of
    from curate.train.study import read_study

    preset = small(preset_of(name))
    for study in make_lab(preset, tmp_path, cache=cache).studies:
        plan = plan_of(read_study(study))
        assert len(plan.cells) == len(preset.bases) * (1 + len(preset.arms) * preset.seeds)


def small(preset: Preset) -> Preset:
    """The preset with bases that take no time, and few rows and items."""
    bases = tuple(replace(TINY, name=base.name) for base in preset.bases)
    return replace(preset, bases=bases, rows=64, items=5)


def test_the_command_runs_a_study_and_goes_on_with_it(
    folder: Path,  # noqa: F811
    cache: Path,
) -> None:
    need_base(TINY, cache)
    words = ("lab", "--preset", "smoke", "-o", "LAB", "--cache", str(cache), "--json")
    code, out, error = curate(folder, *words, **OFFLINE)
    assert code == 0, error
    found = json.loads(out)["study"]
    assert {row["arm"] for row in found} == {"verified", "systematic"}
    assert len(found) == 2 * 10
    table = pl.read_parquet(folder / "LAB/study/results.parquet")
    assert set(table["step"]) == {0, 1, 2}
    assert set(table["mode"]) == {"free", "forced_cot", "forced_direct"}
    forced = pl.read_parquet(folder / "LAB/study/responses.parquet").filter(mode="forced_cot")
    assert forced["response"].str.starts_with("<think>").all()


# --- one mechanism, truly trained -----------------------------------------------------------------


@pytest.mark.slow
def test_taking_up_a_format_costs_facts_that_are_still_known(tmp_path: Path) -> None:
    """A few steps on traces that think: all answers think, facts are lost, unless asked directly.

    A base of a quarter of the usual pretraining; margins are a third of what was seen.
    """
    from curate.train.collect import collect
    from curate.train.plan import plan_of
    from curate.train.run import go_on, prepare
    from curate.train.study import read_study

    base = replace(DIRECT, steps=300, diet={"short": 0.5, "fact": 0.5})
    schedule = {**PRESETS["demo"].schedules[""], "steps": 16, "checkpoints": (16,)}
    preset = replace(
        preset_of("demo"), bases=(base,), arms=(of_grade("verified"),), schedules={"": schedule},
        rows=1024, items=60, seeds=1, modes={"general": ["free", "forced_direct"]}, contrasts=(),
    )  # fmt: skip
    made = make_lab(preset, tmp_path / "lab", cache=tmp_path / "cache")
    prepare(plan_of(read_study(made.studies[0])), tmp_path / "study")
    assert not go_on(tmp_path / "study", scorers={}).failed
    collect(tmp_path / "study")
    table = pl.read_parquet(tmp_path / "study/results.parquet").filter(suite="fact")
    means = {
        (step, mode): (score, thinks)
        for step, mode, score, thinks in table.group_by("step", "mode")
        .agg(pl.mean("score"), pl.mean("used_thinking"))
        .iter_rows()
    }
    assert means[0, "free"][1] < 0.1
    assert means[16, "free"][1] > 0.6
    assert means[16, "free"][0] < means[0, "free"][0] - 0.3
    assert means[16, "forced_direct"][0] > means[16, "free"][0] + 0.3
    shutil.rmtree(tmp_path / "cache")
