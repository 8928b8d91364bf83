"""Influence of the traces of a trained cell: exact scores, and retraining that decides."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curate.analyze.attribution import tracin
from curate.errors import InputError
from curate.influence import Ask, influence
from curate.retraining import batches, losses
from curate.train.base import load_model, load_tokenizer
from curate.train.checkpoints import published
from curate.train.rows import load_rows, some_rows
from curate.train.run import cells_in
from curate.train.runlog import read_log
from tests.command import curate
from tests.small_study import STUDY, small_study, write_suite

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
ASK = Ask(arm="right", queries=10, seeds=2, subsets=8, share=0.25)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of which ten responses are called right: nothing so small learns to add."""
    folder = tmp_path_factory.mktemp("influence")
    small_study(folder, STUDY.replace("order = [0, 1]", "order = [0]"))
    write_suite(folder / "sums.jsonl", items=12)
    code, _, err = curate(folder, "ablate", "STUDY.toml", "-o", "study", "--exploratory")
    assert code == 0, err
    path = folder / "study/results.parquet"
    right = [f"s{number}" for number in range(10)]
    frame = pl.read_parquet(path)
    frame.with_columns(score=pl.col("item").is_in(right).cast(pl.Float64)).write_parquet(path)
    return folder / "study"


def test_scores_are_those_of_gradients_taken_one_by_one(study: Path) -> None:
    found = influence(study, ASK)
    assert (found.queries, len(found.ids), found.suites) == (10, 16, ("sums",))
    (cell,) = (each for each in cells_in(study) if each.arm == "right")
    base, place = Path(cell.base_folder), cell.place(study)
    rows = load_rows(Path(str(cell.arm_folder)), load_tokenizer(base), max_length=200)
    log = {line["step"]: line["lr"] for line in read_log(place / "train.jsonl")}
    folders = [base, *(each.folder for each in published(place))][:-1]
    states = [load_model(folder, "fp32").state_dict() for folder in folders]
    rates = [log[1] + log[2], log[3] + log[4], log[5] + log[6]]
    model = load_model(base, "fp32", attention="eager")
    from curate.queries import right_responses
    from curate.train.templates import Rendering

    asked = right_responses(
        study, cell, ("sums",), 10, load_tokenizer(base), Rendering(**cell.rendering)
    )

    def loss(model: object, one: object) -> object:
        weights = dict(model.named_parameters())  # type: ignore[attr-defined]
        return losses(model, one, weights)[0]  # type: ignore[arg-type]

    def alone(some: object, weight: object) -> list[object]:
        return [
            batches(some_rows(some, np.array([at])), weights=np.array([weight[at]]))[1][0]  # type: ignore[arg-type, index]
            for at in range(len(some))  # type: ignore[arg-type]
        ]

    tokens = read_log(place / "train.jsonl")[-1]["tokens"] / 6
    each = tracin(
        model, states, rates, loss, alone(rows, np.ones(16) / tokens),
        alone(asked, 1 / asked.targets),
    )  # fmt: skip
    assert np.allclose(found.scores, each.mean(axis=1), rtol=1e-3, atol=1e-8)
    assert np.ptp(found.scores) > 1e-5


def test_what_was_trained_again_is_not_trained_once_more(study: Path) -> None:
    one = influence(study, ASK)
    log = (one.folder / "retrained.log").read_bytes()
    verdict = (one.folder / "removal.json").read_bytes()
    cut = log.splitlines(keepends=True)
    left_by_a_kill = b"".join(cut[:5]) + cut[5][:7]
    (one.folder / "retrained.log").write_bytes(left_by_a_kill)
    (one.folder / "removal.json").unlink()
    two = influence(study, ASK)
    assert two.folder == one.folder
    assert (one.folder / "removal.json").read_bytes() == verdict
    assert not (one.folder / "run").exists()
    assert (one.folder / "influence.parquet").exists() == one.removal.validated


def test_the_command_shows_no_trace_that_retraining_does_not_confirm(study: Path) -> None:
    wanted = ["analyze", "influence", "study", "--arm", "right", "--queries", "10",
              "--seeds", "2", "--subsets", "8", "--share", "0.25"]  # fmt: skip
    code, out, err = curate(study.parent, *wanted)
    assert code == 0, err
    assert "16 traces of `right` on `tiny`, seed 0, for 10 right responses to sums" in out
    assert ("do not show" in out) != ("a hypothesis about traces" in out)
    code, out, _ = curate(study.parent, *wanted, "--json")
    assert json.loads(out)["traces"] == 16


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (Ask(arm="rihgt"), "no arm `rihgt`"),
        (Ask(arm="right", seed=7), "no run of seed 7"),
        (Ask(arm="right", base="small"), "on `small`"),
        (Ask(arm="right", suites=("none",)), "0 items of none have a right response"),
    ],
)
def test_what_cannot_be_asked_is_said(study: Path, ask: Ask, what: str) -> None:
    with pytest.raises(InputError, match=what):
        influence(study, ask)
