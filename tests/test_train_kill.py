"""kill -9 at any instant: called again, `fit` ends with the same weights, bit for bit."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from curate.train.checkpoints import latest, published, seal, whole
from tests.tiny_training import save_base, some_rows, write_arm

ROOT = Path(__file__).resolve().parents[1]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run, its seconds left out."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        if path.name in ("train.jsonl", "fit.json"):
            lines = map(
                orjson.loads, content.splitlines() if path.name == "train.jsonl" else [content]
            )
            content = orjson.dumps(
                [{k: v for k, v in line.items() if k != "seconds"} for line in lines]
            )
        found[path.relative_to(folder).as_posix()] = content
    return found


@pytest.mark.slow
def test_a_run_that_was_killed_again_and_again_ends_like_one_that_was_not(tmp_path: Path) -> None:
    base, arm = save_base(tmp_path / "base"), write_arm(tmp_path / "arm", some_rows(11))
    command = [
        sys.executable,
        "-m",
        "tests.fit_driver",
        str(base),
        str(arm),
        str(tmp_path),
        "7",
        "6",
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 4, "too few runs were killed to prove anything"
    unbroken, killed = contents(tmp_path / "unbroken"), contents(tmp_path / "killed")
    assert unbroken.keys() == killed.keys()
    assert [name for name in unbroken if unbroken[name] != killed[name]] == []
    assert [each.step for each in published(tmp_path / "killed")] == [2, 5, 9, 12]


def test_a_checkpoint_that_was_cut_edited_or_has_no_manifest_is_none(tmp_path: Path) -> None:
    for step in (3, 6, 9, 12):
        state = tmp_path / "resume" / f"checkpoint-{step}"
        state.mkdir(parents=True)
        (state / "weights").write_bytes(b"abc")
        if step != 12:
            seal(state, step, {"key": "k"})
    assert (found := latest(tmp_path)) is not None
    assert (found.step, found.about) == (9, {"key": "k"})
    (tmp_path / "resume/checkpoint-9/weights").write_bytes(b"abd")
    (tmp_path / "resume/checkpoint-6/weights").unlink()
    assert (found := latest(tmp_path)) is not None
    assert found.step == 3
    (tmp_path / "resume/checkpoint-3/manifest.json").write_bytes(b"{")
    assert latest(tmp_path) is None
    assert whole(tmp_path / "nowhere") is None
