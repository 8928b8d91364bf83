"""Tasks of reasoning-gym: items, scores, and the verifiers that fail the self-test."""

from dataclasses import replace

import pytest

from curate.errors import InputError
from curate.train.eval.check import check_suite
from curate.train.eval.gym import (
    DOMAINS,
    fault_of,
    final_answer,
    quarantined,
    registered,
    score_gym,
)
from curate.train.eval.items import read_items
from curate.train.eval.suite import read_suite
from curate.verdict import Verdict

pytest.importorskip("reasoning_gym")
BROKEN = {"game_of_life_halting", "prime_factorization"}
MANY_SOLUTIONS = {"boxnet", "graph_color", "propositional_logic", "rubiks_cube", "rush_hour"}


# a library that reasoning-gym takes puzzles from leaves its file open
@pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_every_task_has_one_kind_and_the_known_broken_verifiers_are_found() -> None:
    tasks = [task for kind in DOMAINS.values() for task in kind]
    assert len(set(tasks)) == len(tasks)
    assert set(tasks) == registered()
    found = {task: why for task in tasks if (why := fault_of(task, size=1)) is not None}
    assert set(found) == BROKEN | MANY_SOLUTIONS
    assert found["prime_factorization"].startswith("`?` scores ValueError")
    assert found["game_of_life_halting"] == "`?` scores 1.0 on item 0"
    assert {found[task] for task in MANY_SOLUTIONS} == {"it keeps no reference answer"}


def test_items_are_the_same_again_and_scored_by_the_library() -> None:
    suite = read_suite("g", {"gym": ["gcd", "chain_sum"], "limit": 5, "scorer": "gym", "seed": 3})
    items = read_items(suite)
    assert [item.id for item in items][4:6] == ["gcd/3/4", "chain_sum/3/0"]
    assert items == read_items(suite)
    assert items[:3] == [
        replace(item, record={**item.record, "size": 5})
        for item in read_items(replace(suite, limit=3))[:3]
    ]
    for item in items:
        assert item.reference is not None
        right = score_gym(item, f"So it is <answer>{item.reference}</answer>.")
        assert (right.verdict, right.marked) == (Verdict.CORRECT, True)
        assert score_gym(item, f" {item.reference}\n").verdict == Verdict.CORRECT
        # the library gives a few hundredths to a text that holds the answer
        loose = score_gym(item, f"The answer is {item.reference}, I think")
        assert (loose.verdict, loose.value) == (Verdict.INCORRECT, 0.0)
        assert score_gym(item, " \n").verdict == Verdict.UNPARSED


def test_an_exception_of_a_verifier_is_not_the_models_fault() -> None:
    suite = read_suite("g", {"gym": ["prime_factorization"], "limit": 1, "scorer": "gym"})
    (item,) = read_items(suite)
    found = score_gym(item, "seven")
    assert (found.verdict, found.value) == (Verdict.ERROR, None)


def test_the_self_check_leaves_out_the_tasks_that_cannot_be_trusted() -> None:
    suite = read_suite("g", {"gym": ["gcd", "prime_factorization"], "limit": 2, "scorer": "gym"})
    check = check_suite(suite, {})
    assert check.skip == ("prime_factorization/0/0", "prime_factorization/0/1")
    assert set(quarantined(suite.gym)) == {"prime_factorization"}
    assert "fails its self-test" in check.quarantined["prime_factorization/0/0"]


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(InputError, match="`gdc` is no task of reasoning-gym"):
        read_items(read_suite("g", {"gym": ["gdc"], "scorer": "gym"}))


def test_the_last_tag_holds_the_answer() -> None:
    assert final_answer("<answer>1</answer> no, <answer> 2 </answer>") == "2"
    assert final_answer(" 3 ") == "3"
