"""docs/lab.md tells the truth: its example and its Python run, its tables are the code's."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from curate.train.lab.presets import PRESETS
from curate.train.lab.traces import GRADES
from curate.train.lab.world import TASKS
from tests.command import curate, folder

__all__ = ["folder"]

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "lab.md").read_text("utf-8")
QUIET = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def blocks(language: str) -> list[str]:
    """The fenced blocks in this language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_example_runs(folder: Path) -> None:
    (console,) = blocks("console")
    for line in console.splitlines():
        words = shlex.split(line.removeprefix("$ curate "))
        code, _, err = curate(folder, *words, XDG_CACHE_HOME=str(folder / "cache"), **QUIET)
        assert code == 0, err
    for name in ("train", "verify", "analyze"):
        (folder / f"{name}.py").unlink()
    (python,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", python], cwd=folder, capture_output=True, text=True
    )
    assert float(done.stdout) == pytest.approx(0.4), done.stderr


def test_every_preset_task_and_grade_is_described() -> None:
    for name in {*PRESETS, *TASKS, *GRADES}:
        assert f"`{name}`" in TEXT


def test_the_sizes_of_the_presets_are_the_codes() -> None:
    for name, preset in PRESETS.items():
        points = len(next(iter(preset.schedules.values()))["checkpoints"])  # type: ignore[arg-type]
        size = f"{len(preset.arms)} × {len(preset.bases)} × {preset.seeds} × {points}"
        assert name == "smoke" or f"| `{name}` | {size}" in TEXT
