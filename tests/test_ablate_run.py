"""Studies that are truly run, in this process: what is kept, what is done again, what fails."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from curate.ablate_scorers import verify_scorers
from curate.errors import InputError, PoolError
from curate.lock import alone
from curate.train import ledger
from curate.train.cells import Cell
from curate.train.collect import collect
from curate.train.existing import cells_for, design_for, models_in
from curate.train.guard import Outcome, held
from curate.train.plan import plan_of
from curate.train.run import Report, cells_in, go_on, prepare, write_study
from curate.train.status import status, status_text
from curate.train.study import read_protocol, read_study
from tests.small_study import STUDY, small_study, write_arm, write_suite

LONG_ROW = json.dumps({"prompt": "1", "completion": "1" * 200}) + "\n"
TABLES = ("results", "probes", "responses", "training")


def run(
    study: Path, folder: Path, *, retry_failed: bool = False
) -> tuple[Report, list[tuple[str, str | None]]]:
    """Plan and run in this process; the report, and the titles of the cells that were run."""
    ended: list[tuple[str, str | None]] = []

    def note(cell: Cell, outcome: Outcome, number: int, total: int) -> None:
        ended.append((cell.title, outcome.reason))

    prepare(plan_of(read_study(study)), folder)
    report = go_on(folder, scorers=verify_scorers(), retry_failed=retry_failed, on_end=note)
    collect(folder)
    return report, ended


def tables(folder: Path) -> dict[str, bytes]:
    """The bytes of the four tables."""
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study that is done, in `study`, and what it was made from."""
    folder = tmp_path_factory.mktemp("finished")
    report, _ = run(small_study(folder), folder / "study")
    assert report == Report(done=5, failed=0, left=0)
    return folder


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be changed."""
    shutil.copytree(finished, tmp_path / "copy")
    return tmp_path / "copy"


def test_the_tables_have_the_columns_of_the_contract_and_a_row_for_each_sample(
    finished: Path,
) -> None:
    results = pl.read_parquet(finished / "study/results.parquet")
    assert results.columns == [
        "study", "cell", "arm", "base", "capability", "mix_seed", "order_seed", "init_seed", "seed",
        "step", "tokens", "examples", "suite", "domain", "range", "item", "cluster", "sample",
        "mode", "score", "answered", "truncated", "format_ok", "used_thinking", "stop_reason",
        "n_tokens", "verdict", "chance", "refused", "should_refuse", "judge", "judge_version",
        "thinking_harm", "attack",
    ]  # fmt: skip
    runs = results.group_by("arm", "seed", "step").len().sort("arm", "seed", "step")
    base = runs.filter(pl.col("arm").is_null())
    assert base.rows() == [(None, None, 0, 6 * 2 * 2)]
    trained = runs.filter(pl.col("arm").is_not_null())
    assert trained.rows() == [
        (arm, seed, step, 6 * 2)
        for arm in ("right", "wrong")
        for seed in (0, 1)
        for step in (2, 4, 6)
    ]
    assert results.filter(pl.col("step") == 4)["examples"].unique().to_list() == [16]
    assert results.filter(pl.col("step") == 0)["tokens"].unique().to_list() == [0]


def test_the_other_tables_are_keyed_alike(finished: Path) -> None:
    responses = pl.read_parquet(finished / "study/responses.parquet")
    results = pl.read_parquet(finished / "study/results.parquet")
    keys = ["cell", "step", "item", "sample", "mode"]
    assert responses.select(keys).rows() == results.select(keys).rows()
    training = pl.read_parquet(finished / "study/training.parquet")
    assert training.height == 4 * 6
    assert training["step"].to_list() == list(range(1, 7)) * 4
    probes = pl.read_parquet(finished / "study/probes.parquet")
    assert probes.height == 13 * 6
    assert probes["logp_reference"].null_count() == 0


def test_seeds_differ_and_arms_of_one_seed_are_paired(finished: Path) -> None:
    training = pl.read_parquet(finished / "study/training.parquet")
    losses = training.group_by("arm", "seed", maintain_order=True).agg("loss")["loss"].to_list()
    assert len({tuple(loss) for loss in losses}) == 4
    pairs = training.select("seed", "order_seed").unique().sort("seed").rows()
    assert pairs == [(0, 0), (1, 1)]


def test_a_study_that_is_done_does_nothing_again(study: Path) -> None:
    before = tables(study / "study")
    report, ended = run(study / "STUDY.toml", study / "study")
    assert (report.done, ended) == (5, [])
    assert tables(study / "study") == before


def test_an_edited_arm_runs_its_own_cells_alone(study: Path) -> None:
    shutil.rmtree(study / "arms/wrong")
    write_arm(study / "arms/wrong", 5, off=1)
    report, ended = run(study / "STUDY.toml", study / "study")
    assert ended == [("wrong on tiny, seed 0", None), ("wrong on tiny, seed 1", None)]
    assert report == Report(done=5, failed=0, left=0)
    retired = [each for each in ledger.events(study / "study") if each["event"] == "retired"]
    assert len(retired) == 2
    assert pl.read_parquet(study / "study/results.parquet")["cell"].n_unique() == 5


def test_a_new_suite_evaluates_and_trains_nothing(study: Path) -> None:
    weights = sorted((study / "study/cells").glob("*/checkpoints/*/model.safetensors"))
    before = [path.stat().st_mtime_ns for path in weights]
    write_suite(study / "sums.jsonl", items=7)
    _, ended = run(study / "STUDY.toml", study / "study")
    assert len(ended) == 5
    assert [path.stat().st_mtime_ns for path in weights] == before
    assert pl.read_parquet(study / "study/results.parquet")["item"].n_unique() == 7


def test_a_lost_result_is_made_again_and_is_the_same(study: Path) -> None:
    before = tables(study / "study")
    next((study / "study/cells").glob("*/results/step-000004.parquet")).unlink()
    _, ended = run(study / "STUDY.toml", study / "study")
    assert len(ended) == 1
    assert tables(study / "study") == before


def test_a_cell_that_cannot_be_trained_is_recorded_and_stops_no_other(tmp_path: Path) -> None:
    text = STUDY.replace("steps = 6", "steps = 3").replace("order = [0, 1]", "order = [0]")
    path = small_study(tmp_path, text)
    rows = (tmp_path / "arms/wrong/rows.jsonl").read_text()
    (tmp_path / "arms/wrong/rows.jsonl").write_text(rows + LONG_ROW)
    report, ended = run(path, tmp_path / "study")
    assert ended == [("base tiny", None), ("right on tiny, seed 0", None),
                     ("wrong on tiny, seed 0", "error")]  # fmt: skip
    assert report == Report(done=2, failed=1, left=0)
    (row,) = [row for row in status(tmp_path / "study") if row.state == "failed"]
    assert row.reason is not None
    assert row.reason.startswith("error: ")
    assert "failed: error" in status_text(status(tmp_path / "study"))
    assert run(path, tmp_path / "study")[1] == []
    (tmp_path / "arms/wrong/rows.jsonl").write_text(rows)
    assert run(path, tmp_path / "study")[0] == Report(done=3, failed=0, left=0)


def test_a_lasting_failure_is_tried_again_only_when_asked(tmp_path: Path) -> None:
    text = STUDY.replace("learning_rate = 1e-3", "learning_rate = 1e30\nclip = 1e30")
    path = small_study(tmp_path, text.replace("order = [0, 1]", "order = [0]"))
    assert [reason for _, reason in run(path, tmp_path / "study")[1]] == [None, "nan", "nan"]
    assert run(path, tmp_path / "study")[1] == []
    assert len(run(path, tmp_path / "study", retry_failed=True)[1]) == 2


def test_an_arm_that_changes_after_the_plan_is_not_trained(study: Path) -> None:
    prepare(plan_of(read_study(study / "STUDY.toml")), study / "study")
    shutil.rmtree(study / "arms/right")
    write_arm(study / "arms/right", 3, off=0)
    for cell in cells_in(study / "study"):
        if cell.arm == "right":
            (cell.place(study / "study") / "fit.json").unlink()
    report = go_on(study / "study", scorers=verify_scorers())
    assert (report.done, report.failed) == (3, 2)
    reasons = {row.reason for row in status(study / "study") if row.state == "failed"}
    assert reasons == {"error: the arm `right` has changed since the study was planned"}


def test_two_runs_of_one_study_do_not_meet(study: Path) -> None:
    with alone(study / "study"), pytest.raises(PoolError, match="in use"):
        go_on(study / "study", scorers=verify_scorers())


def test_a_cell_at_which_another_process_works_is_left_to_it(study: Path) -> None:
    cell = cells_in(study / "study")[1]
    (cell.place(study / "study") / "results/step-000004.parquet").unlink()
    ended: list[str | None] = []
    with held(cell.place(study / "study")):
        report = go_on(study / "study", on_end=lambda cell, how, *_: ended.append(how.reason))
    assert (ended, report) == (["busy"], Report(done=4, failed=0, left=1))


def test_the_status_tells_running_from_interrupted(study: Path) -> None:
    folder = study / "study"
    cell = cells_in(folder)[1]
    ledger.add(folder, "started", cell.key)
    assert [row.state for row in status(folder)].count("interrupted") == 1
    with held(cell.place(folder)):
        assert status(folder)[1].state == "running"
    assert status(folder)[1].state == "interrupted"
    with (cell.place(folder) / "train.jsonl").open("ab") as log:
        log.write(b'{"step": 7, "lo')  # as a reader may find it
    assert status(folder)[1].step == 6


def test_a_folder_of_another_study_is_refused(study: Path) -> None:
    other = study / "OTHER.toml"
    other.write_text(STUDY.replace('name = "sums"', 'name = "other"'))
    with pytest.raises(InputError, match="holds the study `sums`"):
        prepare(plan_of(read_study(other)), study / "study")
    with pytest.raises(InputError, match="is no study"):
        status(study)


def test_models_that_exist_are_evaluated_as_the_study_evaluated_them(
    finished: Path, tmp_path: Path
) -> None:
    cell = cells_in(finished / "study")[1]
    run_folder = tmp_path / "right"
    shutil.copytree(cell.place(finished / "study") / "checkpoints", run_folder / "checkpoints")
    protocol = read_protocol(finished / "STUDY.toml")
    cells = cells_for(protocol, [run_folder], finished / "base")
    write_study(tmp_path / "study", protocol, cells, design_for(protocol, cells))
    assert go_on(tmp_path / "study", scorers=verify_scorers()).done == 2
    collect(tmp_path / "study")
    keys = ["arm", "step", "suite", "item", "sample", "score", "n_tokens"]
    found = pl.read_parquet(tmp_path / "study/results.parquet").select(keys)
    of_study = pl.read_parquet(finished / "study/results.parquet").filter(
        pl.col("arm").is_null() | ((pl.col("arm") == "right") & (pl.col("seed") == 0))
    )
    assert found.equals(of_study.select(keys))
    assert json.loads((tmp_path / "study/design.json").read_text())["primary"] == "exploratory"
    before = {cell.arm: cell.key for cell in cells}
    os.utime(next(run_folder.rglob("*.safetensors")), ns=(1, 1))  # as another model in its place
    after = {cell.arm: cell.key for cell in cells_for(protocol, [run_folder], finished / "base")}
    assert after["right"] != before["right"]
    assert after[None] == before[None]


def named(folder: Path, *names: str) -> Path:
    """Folders that look like models."""
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text("{}")
    return folder


@pytest.mark.parametrize("names", [("step10", "step640"), ("checkpoint-10", "global_step_640")])
def test_steps_are_read_from_the_names_of_folders(tmp_path: Path, names: tuple[str, str]) -> None:
    found = models_in([named(tmp_path / "run", *names)])
    assert [step for step, _ in found["run"]] == [10, 640]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: named(path, "best"), "does not say of which step"),
        (lambda path: named(path, "step1", "step-01"), "of the same step"),
        (lambda path: path, "no model in"),
    ],
)
def test_folders_that_do_not_say_what_they_are_are_refused(
    tmp_path: Path, make: Callable[[Path], Path], what: str
) -> None:
    with pytest.raises(InputError, match=what):
        models_in([make(tmp_path)])
