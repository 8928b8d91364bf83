"""Studies in processes of their own: killed anywhere, failed anyhow, and gone on with."""

import json
import os
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
from curate.train.launch import config_of
from curate.train.plan import plan_of
from curate.train.run import cells_in, go_on, prepare
from curate.train.status import status
from curate.train.study import read_study
from tests.command import curate
from tests.small_study import STUDY, small_study

LONGER = (
    STUDY.replace("order = [0, 1]", "order = [0]")
    .replace("steps = 6", "steps = 80")
    .replace("checkpoints = [2, 4, 1.0]", "checkpoints = [20, 40, 1.0]")
    + "save_every_steps = 7\n"
)
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
    prepare(plan_of(read_study(path)), tmp_path / "whole")
    assert go_on(tmp_path / "whole", scorers=verify_scorers()).done == 3
    collect(tmp_path / "whole")

    folder = tmp_path / "broken"
    command = [sys.executable, "-m", "curate", "ablate", "run", str(path), "-o", str(folder)]
    parent = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: (folder / "study.json").is_file())
    base, first, second = (cell.place(folder) for cell in cells_in(folder))
    wait_for(lambda: lines_of(first) > 25)
    child = process_of(first)
    assert child is not None
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: lines_of(second) > 10)
    orphan = process_of(second)
    parent.kill()
    parent.wait()
    assert parent.stderr is not None
    parent.stderr.close()
    wait_for(lambda: not is_held(second))  # the child ends with its parent
    assert orphan is not None
    assert not Path(f"/proc/{orphan}").exists() or process_of(second) is None
    states = [row.state for row in status(folder)]
    assert states == ["done", "failed", "interrupted"]
    assert status(folder)[1].reason is not None
    assert "SIGKILL" in str(status(folder)[1].reason)
    with (folder / ledger.NAME).open("ab") as file:
        file.write(b'{"event":"do')  # as a kill in the midst of a line leaves it

    assert go_on(folder, scorers=verify_scorers()).done == 3
    collect(folder)
    for name in TABLES:
        whole, broken = (tmp_path / each / f"{name}.parquet" for each in ("whole", "broken"))
        assert whole.read_bytes() == broken.read_bytes(), name
    started = [each["cell"] for each in ledger.events(folder) if each["event"] == "started"]
    assert [started.count(place.name) for place in (base, first, second)] == [1, 2, 2]
    resumed = [json.loads(line) for line in (first / "train.jsonl").read_bytes().splitlines()]
    assert [line["step"] for line in resumed] == list(range(1, 81))


@pytest.mark.slow
def test_a_task_of_the_slurm_script_runs_its_cell(tmp_path: Path) -> None:
    text = STUDY.replace("order = [0, 1]", "order = [0]") + 'slurm = ["--partition=gpu"]\n'
    small_study(tmp_path, text)
    code, _, err = curate(
        tmp_path, "ablate", "run", "STUDY.toml", "-o", "study", "--engine", "slurm"
    )
    assert code == 0, err
    script = tmp_path / "study/slurm.sh"
    assert f"sbatch {script.relative_to(tmp_path)}" in err
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert "#SBATCH --array=0-2%1" in lines
    assert "#SBATCH --partition=gpu" in lines
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    done = subprocess.run(
        ["bash", str(script)],
        env=os.environ | {"SLURM_ARRAY_TASK_ID": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "right on tiny, seed 0: done" in done.stderr
    assert [row.state for row in status(tmp_path / "study")] == ["planned", "done", "planned"]


@pytest.mark.slow
def test_fewer_processes_than_planned_are_seen_and_recorded(tmp_path: Path) -> None:
    text = STUDY.replace("order = [0, 1]", "order = [0]").replace('wrong = "arms/wrong"\n', "")
    text = text.replace("[suites.sums]", "[unused]").partition("[unused]")[0]
    path = small_study(
        tmp_path, text + '[launch]\ndevice = "cpu"\nprocesses = 2\nsharding = "ddp"\n'
    )
    prepare(plan_of(read_study(path)), tmp_path / "study")
    report = go_on(tmp_path / "study")
    assert report.failed == 1
    (row,) = [row for row in status(tmp_path / "study") if row.state == "failed"]
    assert row.reason == "world: training runs in 1 process(es), and 2 are planned"


@pytest.mark.slow
def test_ray_runs_the_cells_as_tasks(tmp_path: Path) -> None:
    text = STUDY.replace("order = [0, 1]", "order = [0]").replace('wrong = "arms/wrong"\n', "")
    path = small_study(tmp_path, text.replace("steps = 6", "steps = 2"))
    code, _, err = curate(tmp_path, "ablate", str(path), "-o", "study", "--engine", "ray")
    assert code == 0, err
    assert "all 2 cells are done" in err


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
