"""`curate score` as a user runs it: quality, a fit, and what goes wrong."""

import json
from pathlib import Path

import pytest

from tests.command import curate, folder
from tests.pools import write_dump

__all__ = ["folder"]


@pytest.fixture
def verified(folder: Path) -> Path:
    write_dump(folder / "dump.jsonl", problems=30, broken=False)
    code, _, err = curate(folder, "verify", "dump.jsonl", "-o", "pool")
    assert code == 0, err
    return folder


def test_a_score_ends_with_grades_that_add_up_and_can_be_exported(verified: Path) -> None:
    code, out, err = curate(verified, "score", "pool", "--json")
    assert code == 0, err
    quality = json.loads(out)["quality"]
    assert quality["combination"] == "default"
    assert sum(quality["grades"].values()) + quality["unscored"] == quality["traces"] == 120
    assert "rank correlation with length: quality " in err
    code, _, err = curate(verified, "export", "pool", "--where", "grade <= 'B'", "-o", "good.jsonl")
    assert code == 0, err
    rows = [json.loads(line) for line in (verified / "good.jsonl").read_text().splitlines()]
    assert len(rows) == quality["grades"]["A"] + quality["grades"]["B"]
    assert all(0.6 <= row["quality"] <= 1 and row["quality_why"] for row in rows)


def test_a_fit_prints_its_tables_and_makes_the_quality(verified: Path) -> None:
    code, out, err = curate(verified, "score", "pool", "--fit", "verdict")
    assert code == 0, err
    assert "AUC within problem" in out
    assert "observed" in out
    code, out, err = curate(verified, "score", "pool", "--fit", "verdict", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["quality"]["combination"] == "fitted"
    assert len(found["fit"]["reliability"]) == 10
    assert (verified / "pool" / "quality" / "fit.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fit", "verdit"], "error: the pool has no column `verdit`"),
        (["--fit", "nowhere.jsonl"], "error: `nowhere.jsonl` holds no labels"),
        (["--embed", "./nowhere"], "error: `./nowhere` is no sentence model"),
        (["--lm", "./nowhere"], "error: `--lm ./nowhere` is no model that can be loaded"),
    ],
)
def test_what_a_user_can_mend_is_said_in_three_lines(
    verified: Path, arguments: list[str], message: str
) -> None:
    code, _, err = curate(verified, "score", "pool", *arguments, HF_HUB_OFFLINE="1")
    assert code == 1
    assert message in err
    assert "  why: " in err
    assert "  fix: " in err
    assert "Traceback" not in err
