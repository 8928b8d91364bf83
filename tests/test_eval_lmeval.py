"""Tasks of lm-evaluation-harness, run offline on a tiny model, as rows of ours."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import InputError
from curate.train.eval.evaluate import EvalFolder, EvalSettings, evaluate
from curate.train.eval.lmeval import lmeval_rows
from curate.train.eval.local import LocalModel
from curate.train.eval.suite import Suite, read_suite
from tests.tiny_lm import character_tokenizer, save_tiny_model, tiny_model

pytest.importorskip("lm_eval")
TASK = """
task: {task}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {data}}}
test_split: test
doc_to_text: "{{{{problem}}}}"
doc_to_target: {target}
{more}
"""
GENERATED = """
output_type: generate_until
generation_kwargs: {until: ["!"]}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
filter_list:
  - name: first
    filter: [{function: take_first}]
  - name: number
    filter:
      - {function: regex, regex_pattern: "([0-9]{30})"}
      - {function: take_first}
"""
CHOSEN = """
output_type: multiple_choice
doc_to_choice: ["1", "2"]
metric_list:
  - {metric: acc_norm, aggregation: mean, higher_is_better: true}
  - {metric: acc, aggregation: mean, higher_is_better: true}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and a folder of two tasks."""
    folder = tmp_path_factory.mktemp("lmeval")
    save_tiny_model(folder / "model")
    data = folder / "data.jsonl"
    rows = [{"problem": f"{n}+1=", "reference": str(n + 1)} for n in range(5)]
    data.write_text("\n".join(map(json.dumps, rows)))
    (folder / "tasks").mkdir()
    for task, target, more in (
        ("tinysum", '"{{reference}}"', GENERATED), ("tinypick", "0", CHOSEN),
    ):  # fmt: skip
        text = TASK.format(task=task, data=data, target=target, more=more)
        (folder / "tasks" / f"{task}.yaml").write_text(text)
    return folder


def suite_of(lab: Path, task: str, **more: Any) -> Suite:
    """A suite of one task."""
    return read_suite(task, {"lmeval": task, "path": "tasks", "max_tokens": 12, **more}, lab)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data sets that the harness builds go to a folder of the test."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)


@pytest.mark.filterwarnings("default")  # the harness and what it imports warn of their own doings
def test_tasks_of_the_harness_land_in_our_tables(lab: Path, tmp_path: Path) -> None:
    suites = [suite_of(lab, "tinysum"), suite_of(lab, "tinypick", domain="general", metric="acc")]
    out = EvalFolder.at(tmp_path, 0)
    evaluate(lab / "model", suites, EvalSettings(), out, {})
    found = pl.read_parquet(out.results)
    assert found["item"].to_list() == [
        f"{task}/{n}" for task in ("tinysum", "tinypick") for n in range(5)
    ]
    sums, picks = found.head(5), found.tail(5)
    assert sums["score"].to_list() == [0.0] * 5
    assert set(sums["verdict"].to_list()) == {"incorrect"}
    assert sums["n_tokens"].is_between(1, 12).all()
    assert set(picks["stop_reason"].to_list()) == {"likelihood"}
    assert set(picks["domain"].to_list()) == {"general"}
    assert picks["score"].is_in([0.0, 1.0]).all()
    responses = pl.read_parquet(out.responses)
    assert responses["item"].to_list() == sums["item"].to_list()
    assert responses["response"].str.len_chars().to_list() == sums["n_tokens"].to_list()

    model = LocalModel(tiny_model(), character_tokenizer())
    rows = lmeval_rows(suite_of(lab, "tinysum", metric="exact_match,number", limit=2), model, 4)
    assert [(row["verdict"], row["answered"]) for row in rows] == [("unparsed", False)] * 2
    with pytest.raises(InputError, match="names no filter"):
        lmeval_rows(suite_of(lab, "tinysum", metric="exact_match,no", limit=1), model, 4)
    with pytest.raises(InputError, match="has no metric `f2`"):
        lmeval_rows(suite_of(lab, "tinysum", metric="f2", limit=1), model, 4)
    with pytest.raises(InputError, match="`tinysun` is no task"):
        lmeval_rows(replace(suites[0], lmeval="tinysun"), model, 4)
