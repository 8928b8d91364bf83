"""The heuristics of `curate score` on real traces, against labels made by hand (docs/score.md).

The bounds lie a little below what was measured, so that a rule that gets worse is seen.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from curate.quality.markers import Sign
from tests.real_data import real_file, real_rows
from tests.test_score_signals import signals

GOLDEN = Path(__file__).parent / "golden"


def labels(name: str) -> list[dict[str, Any]]:
    """The labels of one heuristic: places and judgements."""
    lines = (GOLDEN / f"score_{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def responses(file: str) -> dict[str, str]:
    """Responses of one file by id."""
    return {row["id"]: row["response"] or "" for row in real_rows(f"{file}.jsonl.gz")}


@pytest.mark.slow
def test_loops_are_found_in_real_traces() -> None:
    pairs = []
    for label in labels("loops"):
        kinds = {one["kind"] for one in signals(responses(label["file"])[label["id"]])["loops"]}
        pairs.append((label["loops"], kinds))
    exact = [truth for truth, kinds in pairs if kinds - {"numbers"}]
    assert sum(exact) / len(exact) >= 0.97
    assert sum(bool(kinds) for truth, kinds in pairs if truth) >= 0.85 * sum(t for t, _ in pairs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "precision", "recall"),
    [("longcot_lineage", 0.8, 0.9), ("longcot_math_and_misc", 0.9, 0.8)],
)
def test_cut_off_responses_are_told_without_their_stop_reason(
    file: str, precision: float, recall: float
) -> None:
    known = [row for row in real_rows(f"{file}.jsonl.gz") if row.get("finish_reason")]
    truth = [row["finish_reason"] == "length" for row in known]
    found = [signals(row["response"])["cut_off"] is not None for row in known]
    both = sum(t and f for t, f in zip(truth, found, strict=True))
    assert both >= precision * sum(found)
    assert both >= recall * sum(truth)


def test_the_labels_are_places_and_judgements_without_text() -> None:
    allowed = {"id", "file", "start", "end", "found", "is", "missed", "first", "last"}
    for name in ("loops", "behaviours", "branches"):
        for label in labels(name):
            assert set(label) <= allowed | {"loops", "abandoned"}
    assert {one["found"] for one in labels("behaviours") if one["found"]} <= {
        sign.name.lower() for sign in Sign if sign.name
    }


@pytest.mark.slow
def test_every_real_trace_is_scored() -> None:
    real_file("longcot_misguided_attention.jsonl.gz")
    for text in responses("longcot_misguided_attention").values():
        found = signals(text)
        assert found["script"] == "Latin"
        assert 0 <= found["loop_share"] <= 1
