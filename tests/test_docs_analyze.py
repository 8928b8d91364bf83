"""docs/analyze.md tells the truth: its commands and its Python run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from curate.analyze import ren2026
from curate.analyze.names import ALIASES, COLUMNS
from tests.command import curate, folder
from tests.planted_study import written, written_table

__all__ = ["folder"]

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "analyze.md").read_text("utf-8")


def block(language: str) -> str:
    """The one fenced block in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)
    return str(found)


def test_the_examples_run(folder: Path) -> None:
    written(folder / "study", seeds=2)
    rows: list[dict[str, object]] = [
        {"model": "m", "arm": arm, "checkpoint": step, "seed": 0, "benchmark": name, "score": 50}
        for arm in ("base", "math-cot")
        for step in ((0,) if arm == "base" else (10, 20))
        for name in ("MATH500", "chess")
    ]
    written_table(folder / "scores.csv", rows)
    for line in block("console").splitlines():
        code, _, err = curate(folder, *shlex.split(line.removeprefix("$ curate ")))
        assert code == 0, err
    for name in ("train", "verify", "analyze"):
        (folder / f"{name}.py").unlink()
    done = subprocess.run(
        [sys.executable, "-c", block("python")], cwd=folder, capture_output=True, text=True
    )
    assert "0 left out" in done.stdout, done.stderr
    assert "ood dose-100 dose-0" in done.stdout


def test_the_tables_of_columns_and_of_the_paper_are_true() -> None:
    for ours, others in re.findall(
        r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", TEXT, flags=re.MULTILINE
    ):
        assert ours in COLUMNS
        named = list(re.findall(r"`([a-z_]+)`", others))
        assert set(named) <= set(ALIASES.get(ours, ())), ours
    cells = ren2026.cells()
    assert f"{len(cells)} numbers" in TEXT
    assert f"{sum(c.suspect is not None for c in cells)} cells" in TEXT
