"""Bars on real benchmarks and real long traces; skipped where the data is not there."""

import numpy as np
import pytest

from curate.contamination import Index, build_index, scan
from curate.contamination.check import check_items, hits_in
from curate.contamination.edits import EDITS, KEEP_NUMBERS
from curate.contamination.index import joined
from curate.contamination.items import read_benchmarks
from tests.real_data import real_file, real_rows


def index_of(*names: str) -> Index:
    files = [str(real_file(f"bench_{name}.jsonl.gz")) for name in names]
    return build_index(read_benchmarks(files).items)


def test_29_of_30_aime_problems_are_found_after_every_edit() -> None:
    found = check_items(list(index_of("aime24").items))
    counts = {name: found.recalls[name].found for name in EDITS}
    assert all(counts[name] >= 29 for name in KEEP_NUMBERS), counts
    assert counts["changed numbers"] >= 29
    assert found.recalls["changed numbers"].by_rule["numbers"] == 29


def test_half_of_gsm8k_is_not_found_in_the_other_half() -> None:
    found = check_items(list(index_of("gsm8k_test").items))
    assert found.half == 659
    assert found.alarm_rate < 0.01


@pytest.mark.parametrize(("name", "most"), [("math500", 0.02), ("mcq", 0.1)])
def test_few_items_of_other_sets_are_found_in_the_other_half(name: str, most: float) -> None:
    assert check_items(list(index_of(name).items)).alarm_rate < most


def test_two_wordings_of_a_problem_are_one() -> None:
    items = read_benchmarks([str(real_file("bench_aime25.jsonl.gz"))]).items
    first = build_index([item for item in items if "alt" not in item.name])
    second = [item.text for item in items if "alt" in item.name]
    assert len({hit.text for hit in hits_in(second, first) if hit.text == hit.item}) >= 29


def test_long_puzzles_hold_no_item_of_any_benchmark() -> None:
    index = index_of("aime24", "aime25", "gsm8k_test", "math500", "mcq", "other_math")
    for name in ("longcot_lineage", "longcot_reasoning_gym_long_outputs"):
        data, cuts = joined([row["response"] for row in real_rows(f"{name}.jsonl.gz")])
        assert scan(data, np.append(cuts, len(data)), index, problems=False) == []


def test_restated_problems_are_found_within_responses() -> None:
    # Nobody counted how many there are; 52 are found, and a change that finds fewer must say why.
    index = index_of("aime24")
    data, cuts = joined([row["response"] for row in real_rows("longcot_math_skythought.jsonl.gz")])
    hits = scan(data, np.append(cuts, len(data)), index, problems=False)
    assert len({hit.text for hit in hits}) >= 50
