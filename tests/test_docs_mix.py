"""docs/mix.md tells the truth: its example runs, its recipe is one."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from curate.mix.design import design_of
from curate.mix.recipe import parse_recipe
from tests.command import curate, folder

__all__ = ["folder"]

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "mix.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks in this language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_example_runs(folder: Path) -> None:
    (console,) = blocks("console")
    for line in console.splitlines():
        code, _, err = curate(folder, *shlex.split(line.removeprefix("$ curate ")))
        assert code == 0, err
    for name in ("train", "verify", "analyze"):
        (folder / f"{name}.py").unlink()
    (python,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", python], cwd=folder, capture_output=True, text=True
    )
    assert "'prompt', 'completion'" in done.stdout, done.stderr


def test_the_recipes_are_designs() -> None:
    doses, factorial = blocks("toml")
    assert len(design_of(parse_recipe(doses, "docs/mix.md")).arms) == 9
    cells = design_of(parse_recipe(factorial, "docs/mix.md"))
    assert len(cells.arms) == 8
    assert "answer x steps = sums x words" in " ".join(cells.aliases)
