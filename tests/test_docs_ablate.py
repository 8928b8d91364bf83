"""What `docs/ablate.md` shows is so: its study is read, its Python runs, its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from curate.train.study import parse_study
from tests.test_cli_ablate import COMMANDS

TEXT = (Path(__file__).resolve().parents[1] / "docs/ablate.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks in this language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_study_is_read(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    study = parse_study(text, "the docs", tmp_path)
    assert study.arms.only == ("dose-0", "dose-100")
    assert study.schedule.checkpoint_steps(640) == (10, 20, 40, 80, 160, 320, 480, 640)
    assert study.analysis.detect == 0.03


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_runs(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"(\d+ \d+\.\d+\n){4}", done.stdout)


def test_every_command_exists() -> None:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    words = [line.split()[3] for line in lines]
    assert {word for word in words if word != "STUDY.toml"} <= set(COMMANDS)
