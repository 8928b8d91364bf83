"""Studies in processes of their own: killed anywhere, failed anyhow, and gone on with."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.ablate_scorers import verify_scorers
from curate.train import ledger
from curate.train.cells import Cell
from curate.train.collect import collect
from curate.train.failures import Diverged, OutOfMemory, WrongWorld
from curate.train.guard import FAILURE, LOG, is_held, outcome_of, reason_of, tell_failure
from curate.train.launch import commands_of, config_of, environment
from curate.train.plan import plan_of
from curate.train.run import MODULE, cells_in, go_on, prepare
from curate.train.status import status
from curate.train.study import read_study
from tests.command import curate
from tests.small_study import STUDY, small_study

LONGER = (
    STUDY.replace("order = [0, 1]", "order = [0]")
    .replace("steps = 6", "steps = 30")
    .replace("checkpoints = [2, 4, 1.0]", "checkpoints = [10, 20, 1.0]")
    + 'save_every_steps = 4\nslurm = ["--partition=gpu"]\n'
)
ONE_RUN = (
    STUDY.replace("order = [0, 1]", "order = [0]")
    .replace('wrong = "arms/wrong"\n', "")
    .partition("[suites.sums]")[0]
    + '[launch]\ndevice = "cpu"\n'
)
"""One arm, one seed, nothing measured."""
TABLES = ("results", "probes", "responses", "training")
LIMIT_S = 120.0


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until something holds; looks a hundred times a second, since it soon holds no more."""
    end = time.monotonic() + LIMIT_S
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def lines_of(place: Path) -> int:
    """Steps of a cell that are in its log."""
    log = place / "train.jsonl"
    return log.read_bytes().count(b"\n") if log.is_file() else 0


def process_of(place: Path) -> int | None:
    """The process of a cell, found by its command line."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"curate.ablate_cell" in words and str(place).encode() in words:
            return int(entry.parent.name)
    return None


@pytest.mark.slow
def test_a_study_whose_cell_and_whose_run_were_killed_equals_the_unbroken_one(
    tmp_path: Path,
) -> None:
    path = small_study(tmp_path, LONGER)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        prepare(plan_of(read_study(path)), folder)
    assert go_on(whole, scorers=verify_scorers()).done == 3
    collect(whole)
    base, first, second = (cell.place(broken) for cell in cells_in(broken))
    shutil.copytree(cells_in(whole)[0].place(whole), base, dirs_exist_ok=True)
    ledger.add(broken, "done", base.name, evaluation=cells_in(broken)[0].evaluation)

    command = [sys.executable, "-m", "curate", "ablate", "run", str(path), "-o", str(broken)]
    parent = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    wait_for(lambda: lines_of(first) > 12)
    child = process_of(first)
    assert child is not None
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: lines_of(second) > 5)
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_held(second))  # the cell ends with the run
    assert not (second / "fit.json").exists()
    assert [row.state for row in status(broken)] == ["done", "failed", "interrupted"]
    assert "SIGKILL" in str(status(broken)[1].reason)
    with (broken / ledger.NAME).open("ab") as file:
        file.write(b'{"event":"do')  # as a kill in the midst of a line leaves it

    code, _, err = curate(tmp_path, "ablate", "resume", "broken", "--engine", "slurm")
    assert code == 0, err
    task = slurm_task(broken / "slurm.sh", 1, tmp_path)
    assert "wrong on tiny, seed 0: done" in task
    assert [row.state for row in status(broken)] == ["done", "failed", "done"]
    code, _, err = curate(tmp_path, "ablate", "resume", "broken", "--engine", "here")
    assert code == 0, err
    assert "all 3 cells are done" in err
    for name in TABLES:
        same = (whole / f"{name}.parquet").read_bytes() == (broken / f"{name}.parquet").read_bytes()
        assert same, name
    started = [each["cell"] for each in ledger.events(broken) if each["event"] == "started"]
    assert [started.count(place.name) for place in (base, first, second)] == [0, 2, 2]
    resumed = [json.loads(line) for line in (first / "train.jsonl").read_bytes().splitlines()]
    assert [line["step"] for line in resumed] == list(range(1, 31))


def slurm_task(script: Path, number: int, folder: Path) -> str:
    """What one task of an array script says, run by hand."""
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert "#SBATCH --array=0-1%1" in lines
    assert "#SBATCH --partition=gpu" in lines
    done = subprocess.run(
        ["bash", str(script)],
        env=os.environ | {"SLURM_ARRAY_TASK_ID": str(number)},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
def test_accelerate_trains_one_cell_with_two_processes(tmp_path: Path) -> None:
    text = ONE_RUN + 'processes = 2\nsharding = "ddp"\n'
    prepare(plan_of(read_study(small_study(tmp_path, text))), tmp_path / "study")
    code, _, err = curate(tmp_path, "ablate", "resume", "study", "--engine", "here")
    assert (code, "take `--engine local`" in err) == (1, True), err
    cell = cells_in(tmp_path / "study")[0]
    place = cell.place(tmp_path / "study")
    (together,), _ = commands_of(cell, place, MODULE)
    done = subprocess.run(together, env=os.environ | environment(1), cwd=tmp_path)
    assert done.returncode == 0
    (tmp_path / "ALONE.toml").write_text(ONE_RUN)
    prepare(plan_of(read_study(tmp_path / "ALONE.toml")), tmp_path / "alone")
    go_on(tmp_path / "alone", scorers=verify_scorers())
    losses = [
        [json.loads(line)["loss"] for line in (folder / "train.jsonl").read_bytes().splitlines()]
        for folder in (place, cells_in(tmp_path / "alone")[0].place(tmp_path / "alone"))
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.slow
def test_ray_runs_the_cells_as_tasks(tmp_path: Path) -> None:
    path = small_study(tmp_path, ONE_RUN)
    words = ["-m", "curate", "ablate", str(path), "-o", "study", "--engine", "ray"]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    assert "1 of 1  right on tiny, seed 0: done" in done.stderr
    assert "the cell is done" in done.stderr


@pytest.fixture
def cell(tmp_path: Path) -> tuple[Cell, Path]:
    """A cell and its folder, not run."""
    prepare(plan_of(read_study(small_study(tmp_path))), tmp_path / "study")
    found = cells_in(tmp_path / "study")[1]
    return found, found.place(tmp_path / "study")


@pytest.mark.parametrize(
    ("code", "log", "reason"),
    [
        (0, "", None),
        (-9, "step 3\n", "killed"),
        (1, "Traceback\ntorch.OutOfMemoryError: CUDA out of memory.\n", "memory"),
        (1, "Traceback\nMemoryError\n", "memory"),
        (1, "Traceback\nKeyError: 'x'\n", "error"),
        (1, "error_file: <N/A>\nexitcode  : -9 (pid: 77)\n====\n", "killed"),
        (3, "", "error"),
    ],
)
def test_what_a_dead_process_leaves_says_why(
    cell: tuple[Cell, Path], code: int, log: str, reason: str | None
) -> None:
    found, place = cell
    (place / LOG).write_text(log)
    outcome = outcome_of(found, place, code)
    assert outcome.reason == reason
    assert bool(outcome.message) == bool(reason)


def test_a_failure_in_its_own_words_is_kept(cell: tuple[Cell, Path]) -> None:
    found, place = cell
    failures = {
        "memory": OutOfMemory(3, detail="CUDA out of memory"),
        "nan": Diverged(3, loss=float("nan"), grad_norm=1.0),
        "world": WrongWorld(planned=8, found=1),
    }
    for reason, error in failures.items():
        assert reason_of(error) == reason
        tell_failure(place, error)
        outcome = outcome_of(found, place, 1)
        assert (outcome.reason, outcome.message) == (reason, error.what)
    assert json.loads((place / FAILURE).read_bytes())["fix"]


@pytest.mark.parametrize("sharding", ["ddp", "fsdp2", "zero3"])
def test_accelerate_reads_the_configuration_that_is_generated(
    tmp_path: Path, sharding: str
) -> None:
    from accelerate.commands.config.config_args import ClusterConfig

    text = STUDY.replace('device = "cpu"', f'processes = 4\nsharding = "{sharding}"')
    prepare(plan_of(read_study(small_study(tmp_path, text))), tmp_path / "study")
    made = config_of(cells_in(tmp_path / "study")[1])
    (tmp_path / "accelerate.json").write_text(json.dumps(made))
    read = ClusterConfig.from_json_file(str(tmp_path / "accelerate.json"))
    assert (read.num_processes, read.mixed_precision, read.use_cpu) == (4, "no", False)
