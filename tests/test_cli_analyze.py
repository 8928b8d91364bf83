"""`curate analyze` as a user types it."""

import json
from pathlib import Path

import pytest

from tests.command import curate, folder
from tests.planted_study import written, written_table

__all__ = ["folder"]


@pytest.fixture
def study(folder: Path) -> Path:
    """A small study in the working folder."""
    return written(folder / "study", seeds=2)


def test_a_study_becomes_a_page_and_markdown(folder: Path, study: Path) -> None:
    code, out, err = curate(folder, "analyze", "study", "-o", "r.html", "--markdown", "r.md")
    assert code == 0, err
    assert out.startswith("The score out of domain falls by ")
    assert "rows: " in err
    assert "0 left out" in err
    assert (folder / "r.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (folder / "r.md").read_text("utf-8").startswith("# planted")
    assert (folder / "r-pictures" / "forest.svg").is_file()
    code, out, err = curate(folder, "analyze", "power", "study", "--effect", "4")
    assert code == 0, err
    assert out.startswith("4 points: ")
    assert "degrees of freedom" in err


def scores(folder: Path) -> Path:
    """A foreign table of whole benchmarks with one row that cannot be used."""
    rows: list[dict[str, object]] = [
        {"model": "m", "data": data, "checkpoint": f"step{step}", "run": run, "task": task,
         "acc": 40 + 5 * (data == "cot") + run + step / 10}
        for data in ("base", "cot", "nocot")
        for run in range(1 if data == "base" else 2)
        for step in ((0,) if data == "base" else (10, 20, 40))
        for task in ("MATH500", "chess")
    ]  # fmt: skip
    return written_table(folder / "t.csv", [*rows, rows[-1] | {"acc": 400, "run": 7}])


def test_a_foreign_table_stands_beside_the_paper(folder: Path) -> None:
    scores(folder)
    code, out, err = curate(
        folder, "analyze", "t.csv", "--percent", "--domain", "chess=ood", "--against", "ren2026",
        "--left-out", "bad.jsonl", "--json",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)
    assert found["facts"]["left_out"] == {"with a score outside 0 to 1": 1}
    assert {(row["arm"], row["paper_arm"]) for row in found["beside"]} == {
        ("cot", "Math-CoT"),
        ("nocot", "Math-NoCoT"),
    }
    bad = json.loads((folder / "bad.jsonl").read_text())
    assert bad["reason"] == "with a score outside 0 to 1"


def test_the_papers_own_tables_are_printed_with_a_warning(folder: Path) -> None:
    code, out, err = curate(folder, "analyze", "ren2026")
    assert code == 0, err
    assert "62.9 at 20" in out
    assert "no test is possible" in " ".join(out.split())
    code, out, _ = curate(folder, "analyze", "ren2026", "--json")
    assert code == 0
    assert {"cells", "dips", "orderings", "note"} == set(json.loads(out))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["nowhere"], "error: there is no `nowhere`"),
        (["t.csv"], "error: `t.csv` has no row that can be used"),
        (["t.csv", "--percent", "--map", "score"], "error: `score` is no pair"),
        (["t.csv", "--percent", "--against", "other"], "error: there are no published numbers"),
        (["t.csv", "--percent", "--contrast", "cot:x"], "error: there is no arm `x`"),
        (["power"], "error: nothing is known of the noise"),
    ],
)
def test_errors_have_three_lines(folder: Path, arguments: list[str], what: str) -> None:
    scores(folder)
    code, out, err = curate(folder, "analyze", *arguments)
    lines = [line for line in err.splitlines() if not line[0].isdigit()]
    assert code == 1
    assert not out
    assert lines[0].startswith(what)
    assert lines[1].startswith("  why: ")
    assert lines[2].startswith("  fix: ")


def test_help_has_its_examples(folder: Path) -> None:
    for arguments in ([], ["power"], ["ren2026"]):
        code, out, _ = curate(folder, "analyze", *arguments, "--help")
        assert code == 0
        assert "Example: curate analyze" in out
