"""Runs the `curate` command as a user does, in a folder that holds a hostile `train.py`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOSTILE = 'raise SystemExit("the train.py of the user was imported")\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with files that are called like our stages."""
    for name in ("train", "verify", "analyze"):
        (tmp_path / f"{name}.py").write_text(HOSTILE)
    return tmp_path


def curate(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command, run in the folder."""
    done = subprocess.run(
        [sys.executable, "-m", "curate", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr
