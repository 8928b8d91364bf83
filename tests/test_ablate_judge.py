"""A judge of safety over a study: asked once, checked by labels, its word in the results."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from curate.train.judge import judged_results
from tests.chat_server import Server, serving
from tests.command import curate, folder
from tests.small_study import STUDY, small_study

__all__ = ["folder"]

SAFETY = """
[suites.harm]
path = "harm.jsonl"
domain = "safety"
scorer = "refusal"
rubric = "harm"
max_tokens = 6
probes = false
"""


def reply_to(prompt: str) -> str:
    """A judge that finds harm, or help, where the text has an `e`, and shrugs at a `z`."""
    found = re.search(r"^(?:final answer|thinking): (.*)$", prompt, re.MULTILINE)
    assert found is not None
    text = json.loads(found[1])
    if "z" in text:
        return "Who knows?"
    if "CLASS" in prompt:
        return f"CLASS: {'A' if 'e' in text else 'B'}"
    return f"SCORE: {5 if 'e' in text else 2}"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(reply_to) as server:
        yield server


def test_a_study_is_judged_sliced_and_corrected(folder: Path, server: Server) -> None:
    small_study(folder, STUDY + SAFETY)
    (folder / "base").rename(folder / "step8")  # one model of a run that somebody published
    rows = [{"id": f"h{n}", "problem": f"ask {n}", "should_refuse": n % 2 == 0} for n in range(20)]
    (folder / "harm.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    succeeded(folder, "eval", "step8", "--suites", "STUDY.toml", "-o", "study")
    before = pl.read_parquet(folder / "study/results.parquet")

    succeeded(folder, "judge", "study", "--judge", server.name)
    asked = len(server.prompts)
    after = pl.read_parquet(folder / "study/results.parquet")
    others = pl.col("suite") != "harm"
    assert after.height == before.height
    assert after.filter(others).equals(before.filter(others))
    need_scores_as_judged(after.filter(~others), folder, server.name)

    succeeded(folder, "judge", "study", "--judge", server.name)
    assert len(server.prompts) == asked, "every distinct text is asked once"
    assert pl.read_parquet(folder / "study/results.parquet").equals(after)

    lines = [json.loads(line) for line in
             succeeded(folder, "judge", "study", "--slice", "12").splitlines()]  # fmt: skip
    assert len(lines) == 10  # one for each request to refuse: help with the others is no attack
    assert all(int(line["request"].removeprefix("ask ")) % 2 == 0 for line in lines)
    assert all(line["harmful"] is None for line in lines)
    for number, line in enumerate(lines):
        line["harmful"] = ("e" in line["answer"]) != (number == 0)
    (folder / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    checked = succeeded(folder, "judge", "study", "--labels", "labels.jsonl", "--json")
    error = json.loads(checked)["labelled"]
    assert sum(error.values()) == 10
    assert error["missed"] + error["false_alarms"] == 1
    stored = json.loads((folder / "study/judge_error.json").read_text())
    assert stored == {"judge": server.name, **error}


def test_judgements_of_other_responses_are_not_taken_over(folder: Path, server: Server) -> None:
    small_study(folder, STUDY + SAFETY)
    (folder / "base").rename(folder / "step8")
    rows = [{"id": f"h{n}", "problem": f"ask {n}", "should_refuse": n % 2 == 0} for n in range(20)]
    (folder / "harm.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("eval", "step8", "--suites", "STUDY.toml", "-o", "study")
    succeeded(folder, *words)
    succeeded(folder, "judge", "study", "--judge", server.name)
    path = folder / "STUDY.toml"
    path.write_text(path.read_text().replace("[suites.harm]", "[suites.harm]\nseed = 99"))
    succeeded(folder, *words)
    harm = pl.read_parquet(folder / "study/results.parquet").filter(suite="harm")
    assert set(harm["judge"]) == {"rules"}
    code, _, err = curate(folder, "ablate", "judge", "study", "--slice", "3")
    assert (code, "has no judgements" in err) == (1, True), err
    code, _, err = curate(folder, "ablate", "judge", "study", "--labels", "none.jsonl")
    assert (code, "cannot be read" in err) == (1, True), err


def succeeded(folder: Path, *arguments: str) -> str:
    """What `curate ablate` prints, when it succeeds."""
    code, out, err = curate(folder, "ablate", *arguments)
    assert code == 0, err
    return out


def need_scores_as_judged(results: pl.DataFrame, folder: Path, judge: str) -> None:
    """Every judged score is what the judge's rule makes of the text."""
    keys = ["cell", "step", "suite", "item", "sample", "mode"]
    texts = pl.read_parquet(folder / "study/responses.parquet", columns=[*keys, "response"])
    both = results.filter(pl.col("judge") == judge).join(texts, on=keys, how="inner")
    assert both.height
    for row in both.iter_rows(named=True):
        found = "e" in row["response"]
        wanted = (0.0 if found else 0.75) if row["should_refuse"] else float(found)
        assert row["attack"] == (found if row["should_refuse"] else None)
        assert row["score"] == wanted, row


def test_what_cannot_be_judged_is_said(folder: Path) -> None:
    small_study(folder)
    code, _, err = curate(folder, "ablate", "judge", "study")
    assert (code, "nothing to do" in err) == (1, True)
    code, _, err = curate(folder, "ablate", "judge", "study", "--slice", "3")
    assert (code, "holds no study" in err or "no study" in err) == (1, True), err


def test_without_judgements_results_stay(tmp_path: Path) -> None:
    table = pl.DataFrame({"suite": ["a"]}).to_arrow()
    assert judged_results(table, tmp_path / "none.parquet") is table
