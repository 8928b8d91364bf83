"""Evaluation of a checkpoint as a whole: rows, resuming after a kill, and keys."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.ablate_scorers import verify_scorers
from curate.errors import InputError
from curate.io import read_stamp
from curate.journal import entries
from curate.train.eval.check import check_suite
from curate.train.eval.evaluate import EvalFolder, EvalSettings, evaluate
from curate.train.eval.items import read_items
from curate.train.eval.local import LocalModel, load_model
from curate.train.eval.rows import PROBES, RESPONSES, RESULTS
from curate.train.eval.suite import Suite, read_suite
from tests.tiny_lm import save_tiny_model

torch: Any = pytest.importorskip("torch")
SETTINGS = EvalSettings(batch_size=16)
DRIVER = """
import sys, torch
from pathlib import Path
torch.set_num_threads(1)
from tests.test_eval_run import SETTINGS, suites
from curate.ablate_scorers import verify_scorers
from curate.train.eval.evaluate import EvalFolder, evaluate
lab, out = map(Path, sys.argv[1:])
evaluate(lab / "model", suites(lab), SETTINGS, EvalFolder.at(out, 40), verify_scorers())
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, thirty sums, a few choices."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("lab")
    save_tiny_model(folder / "model")
    sums = [
        {"id": f"s{n}", "problem": f"{n}+{7 * n % 10}=", "reference": str(n + 7 * n % 10),
         "trace": f"{n} and {7 * n % 10}", "cluster": f"c{n % 5}"}
        for n in range(30)
    ]  # fmt: skip
    picks = [
        {"id": f"p{n}", "problem": f"Pick {n}", "choices": [str(n), str(n + 1), "no"],
         "answer": "ABC"[n % 3]}
        for n in range(9)
    ]  # fmt: skip
    truths = [
        {"id": f"t{n}", "question": f"Is {n}?",
         "mc1_targets": {"choices": ["yes", "no"], "labels": [1, 0]}}
        for n in range(6)
    ]  # fmt: skip
    for name, rows in (("sums", sums), ("picks", picks), ("truths", truths)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def suites(lab: Path) -> list[Suite]:
    """Three suites: sampled sums, greedy choices, likelihoods."""
    tables: dict[str, dict[str, Any]] = {
        "sums": {"path": "sums.jsonl", "domain": "id", "samples": 2, "temperature": 0.8,
                 "max_tokens": 20, "answer": "{reference}",
                 "modes": ["free", "forced_cot", "forced_direct"]},
        "picks": {"path": "picks.jsonl", "range": "far", "max_tokens": 20,
                  "answer": "{reference}", "choices_seed": 1},
        "truths": {"path": "truths.jsonl", "known": "truthfulqa-mc1"},
    }  # fmt: skip
    return [read_suite(name, table, lab) for name, table in tables.items()]


def contents(out: EvalFolder) -> list[bytes]:
    """The bytes of the three tables."""
    return [path.read_bytes() for path in (out.results, out.probes, out.responses)]


@pytest.fixture(scope="module")
def whole(lab: Path) -> EvalFolder:
    """An evaluation that was never interrupted."""
    out = EvalFolder.at(lab / "whole", 40)
    evaluate(lab / "model", suites(lab), SETTINGS, out, verify_scorers())
    return out


def test_the_tables_have_their_columns_and_a_row_for_everything(whole: EvalFolder) -> None:
    results, probes, responses = map(
        pl.read_parquet, (whole.results, whole.probes, whole.responses)
    )
    assert results.columns == list(RESULTS)
    assert probes.columns == list(PROBES)
    assert responses.columns == list(RESPONSES)
    counts = results.group_by("suite", "mode", maintain_order=True).len().rows()
    assert counts == [
        ("sums", "free", 60), ("sums", "forced_cot", 60), ("sums", "forced_direct", 60),
        ("picks", "free", 9), ("truths", "free", 6),
    ]  # fmt: skip
    assert results["item"].to_list()[:4] == ["s0", "s0", "s1", "s1"]
    assert results["sample"].to_list()[:4] == [0, 1, 0, 1]
    assert set(results["cluster"].to_list()) >= {"c0", "c4", "p0"}
    assert results["score"].is_between(0, 1).all()
    assert results.filter(suite="picks")["chance"].to_list() == [pytest.approx(1 / 3)] * 9
    for name in ("refused", "should_refuse", "judge", "judge_version"):
        assert results[name].null_count() == len(results)
    assert results["truncated"].to_list() == [
        reason == "length" for reason in results["stop_reason"].to_list()
    ]


def test_prefilled_text_is_part_of_the_response_and_not_of_its_length(whole: EvalFolder) -> None:
    responses, results = pl.read_parquet(whole.responses), pl.read_parquet(whole.results)
    assert len(responses) == len(results) - 6  # nothing is generated for likelihoods
    both = results.join(responses, on=["suite", "item", "mode", "sample"])
    for row in both.filter(pl.col("mode") == "forced_cot").iter_rows(named=True):
        assert row["response"].startswith("<think>\n")
        assert row["n_tokens"] == len(row["response"].removeprefix("<think>\n")) <= 20
        closed = "</think>" in row["response"]
        assert closed or (row["verdict"], row["score"], row["answered"]) == ("unparsed", 0, False)
    direct = both.filter(pl.col("mode") == "forced_direct", pl.col("stop_reason") == "stop")
    assert not direct["used_thinking"].any()


def test_probes_are_made_direct_and_under_a_given_trace(lab: Path, whole: EvalFolder) -> None:
    probes = pl.read_parquet(whole.probes)
    counts = probes.group_by("suite", "mode", maintain_order=True).len().rows()
    assert counts == [
        ("sums", "forced_direct", 30), ("sums", "given_trace", 30), ("picks", "forced_direct", 9),
    ]  # fmt: skip
    model = load_model(lab / "model")
    prompt = model.tokens("3+1=<think>\n3 and 1\n</think>\n\n")
    (wanted,) = model.likelihoods([(prompt, [*model.tokens("4"), *model.end])])
    assert wanted is not None
    (row,) = probes.filter(item="s3", mode="given_trace").iter_rows(named=True)
    assert row["logp_reference"] == pytest.approx(wanted.logp, abs=1e-4)
    assert row["entropy"] == pytest.approx(wanted.entropy, abs=1e-5)
    assert row["n_reference_tokens"] == 2
    assert probes["margin"].null_count() == 0


def test_done_is_done_and_any_change_is_another_key(
    lab: Path, whole: EvalFolder, tmp_path: Path
) -> None:
    before = [path.stat().st_mtime_ns for path in (whole.results, whole.probes, whole.responses)]
    evaluate(lab / "model", suites(lab), SETTINGS, whole, verify_scorers())
    after = [path.stat().st_mtime_ns for path in (whole.results, whole.probes, whole.responses)]
    assert before == after
    stamp = read_stamp(whole.results)
    assert stamp is not None
    few = [replace(suites(lab)[1], limit=3)]
    drawn = read_items(few[0])[0].id
    keys = {stamp.key}
    for number, (suite, settings) in enumerate(
        [
            (few[0], SETTINGS),
            (replace(few[0], max_tokens=19), SETTINGS),
            (few[0], replace(SETTINGS, skip={"picks": (drawn,)})),
        ]
    ):
        out = EvalFolder.at(tmp_path / str(number), 0)
        evaluate(lab / "model", [suite], settings, out, verify_scorers())
        found = read_stamp(out.results)
        assert found is not None
        keys.add(found.key)
    assert len(keys) == 4


def test_results_do_not_depend_on_the_batch_size_or_threads(lab: Path, tmp_path: Path) -> None:
    frames = []
    for size, threads in ((3, 1), (50, 3)):
        out = EvalFolder.at(tmp_path / str(size), 1)
        settings = replace(SETTINGS, batch_size=size, score_threads=threads)
        evaluate(lab / "model", suites(lab)[:1], settings, out, verify_scorers())
        frames.append((pl.read_parquet(out.results), pl.read_parquet(out.responses)))
    assert frames[0][0].equals(frames[1][0])
    assert frames[0][1].equals(frames[1][1])


def test_a_killed_evaluation_goes_on_to_the_same_bytes(
    lab: Path, whole: EvalFolder, tmp_path: Path
) -> None:
    out = EvalFolder.at(tmp_path, 40)
    command = [sys.executable, "-c", DRIVER, str(lab), str(tmp_path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    wanted = 4
    while process.poll() is None and len([*entries(out.journal)]) < wanted:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = len([*entries(out.journal)])
    assert left >= wanted
    assert not out.results.exists()
    with out.journal.open("ab") as file:
        file.write(b'0123 {"job": 7, "ro')  # a line that the kill cut short
    evaluate(lab / "model", suites(lab), SETTINGS, out, verify_scorers())
    assert contents(out) == contents(whole)
    assert not out.journal.exists()


def test_a_journal_of_other_work_is_not_taken_for_ours(
    lab: Path, whole: EvalFolder, tmp_path: Path
) -> None:
    out = EvalFolder.at(tmp_path, 40)
    out.results.parent.mkdir()
    from curate.journal import journal

    with journal(out.journal) as log:
        log.write({"suite": "other", "job": 0, "rows": []})
    evaluate(lab / "model", suites(lab), SETTINGS, out, verify_scorers())
    assert contents(out) == contents(whole)


class Counting(LocalModel):
    """A model that remembers how many responses it was asked for."""

    asked = 0

    def generate(self, prompts: Any, keys: Any, sampling: Any) -> Any:
        self.asked += len(prompts)
        return super().generate(prompts, keys, sampling)


def test_a_suite_that_is_added_or_changed_costs_only_itself(
    lab: Path, whole: EvalFolder, tmp_path: Path
) -> None:
    out = EvalFolder.at(tmp_path, 40)
    loaded = load_model(lab / "model")
    model = Counting(loaded.model, loaded.tokenizer)
    sums, picks, truths = suites(lab)
    counts = []
    for wanted in (
        [sums], [sums, picks, truths], [picks, sums, truths], [replace(picks, max_tokens=9)],
        [sums, picks], [sums, picks, truths],
    ):  # fmt: skip
        before = model.asked
        evaluate(lab / "model", wanted, SETTINGS, out, verify_scorers(), model=model)
        counts.append(model.asked - before)
    # what a study no longer asks for is not kept, so it is made again when it is asked for again
    assert counts == [180, 9, 0, 9, 189, 0]
    assert contents(out) == contents(whole)
    out.probes.write_bytes(out.probes.read_bytes()[:-1])
    evaluate(lab / "model", [sums], SETTINGS, out, verify_scorers(), model=model)
    assert model.asked == sum(counts) + 180


def test_no_suites_are_empty_tables(lab: Path, tmp_path: Path) -> None:
    out = EvalFolder.at(tmp_path, 0)
    evaluate(lab / "model", [], SETTINGS, out, {})
    assert pl.read_parquet(out.results).shape == (0, len(RESULTS))


def test_a_model_that_is_not_there_and_an_unknown_scorer_are_refused(
    lab: Path, tmp_path: Path
) -> None:
    out = EvalFolder.at(tmp_path, 0)
    with pytest.raises(InputError, match="is no folder of a model"):
        evaluate(tmp_path / "none", suites(lab), SETTINGS, out, verify_scorers())
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is no model that can be loaded"):
        evaluate(tmp_path / "empty", suites(lab), SETTINGS, out, verify_scorers())
    with pytest.raises(InputError, match="there are exact, gym, ifeval"):
        evaluate(lab / "model", [replace(suites(lab)[0], scorer="x")], SETTINGS, out, {})


def test_the_self_check_passes_good_suites_and_names_what_is_wrong(
    lab: Path, tmp_path: Path
) -> None:
    for suite in suites(lab):
        check = check_suite(suite, verify_scorers())
        assert (check.quarantined, check.unchecked) == ({}, 0)
    rows = [
        {"id": "good", "problem": "1+1", "reference": "2"},
        {"id": "none", "problem": "1+1"},
        {"id": "wrong", "problem": "1+1", "reference": "2", "reference_solution": "It is 3."},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    check = check_suite(read_suite("a", {"path": "a.jsonl"}, tmp_path), verify_scorers())
    assert check.skip == ("none", "wrong")
    assert check.quarantined["wrong"] == "the reference scores 0.0 (incorrect: 3 is not 2)"
