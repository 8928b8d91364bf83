"""The lab's world: every step is true, every defect is what it says, arms are matched."""

import itertools
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.train.arms import arms_of
from curate.train.eval.items import read_items
from curate.train.eval.suite import read_suite
from curate.train.lab import tokenizer
from curate.train.lab.arms import line_of_problems, rows_of, write_arms
from curate.train.lab.presets import PRESETS
from curate.train.lab.recipes import EQUAL_LENGTH, ArmRecipe, defects, doses, of_grade, with_other
from curate.train.lab.suites import SUITES, held_out, tables, write_suites
from curate.train.lab.traces import GRADES, thinking, verified
from curate.train.lab.world import FACTS, TASKS, Problem, fact_problem
from curate.train.specs import ArmsSpec

CHAINS = ("short", "chain", "long")
seeds = st.integers(0, 2**32)


def problem_of(task: str, seed: int) -> Problem:
    return TASKS[task](np.random.default_rng(seed))


def worked(prompt: str) -> str:
    """The answer to a chain by another way than the world's: Python's own arithmetic."""
    expression = prompt[0]
    for op, operand in re.findall(r"[a-g]([-+*])(\d)", prompt):
        expression = f"({expression}{op}{operand})"
    return str(eval(expression) % 10)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHAINS), seeds)
def test_a_chain_is_worked_from_left_to_right(task: str, seed: int) -> None:
    problem = problem_of(task, seed)
    assert problem.answer == worked(problem.prompt)
    assert problem.steps[-1].endswith(f"={problem.answer}")
    for count in range(1, len(problem.steps) + 1):
        shorter = problem.prompt[: 1 + 3 * count] + "?"
        assert problem.steps[count - 1].endswith(f"={worked(shorter)}")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(TASKS)), seeds)
def test_our_encoding_is_the_tokenizers_and_comes_back(task: str, seed: int) -> None:
    problem = problem_of(task, seed)
    text = problem.prompt + verified(problem, np.random.default_rng(0))
    tokens = tokenizer.encode(text)
    assert made_tokenizer(text)["input_ids"] == tokens
    assert made_tokenizer.decode([*tokens, tokenizer.END_ID], skip_special_tokens=True) == text
    assert len(made_tokenizer) == tokenizer.VOCABULARY


made_tokenizer = tokenizer.tokenizer()


def test_facts_are_distinct_and_always_the_same() -> None:
    facts = [fact_problem(number) for number in range(FACTS)]
    assert len({fact.prompt for fact in facts}) == FACTS
    assert fact_problem(17) == facts[17]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["short", "chain"]), seeds)
def test_every_defect_is_what_it_says(task: str, seed: int) -> None:
    problem = problem_of(task, seed)
    said = {name: render(problem, np.random.default_rng(1)) for name, render in GRADES.items()}
    right = said["verified"]
    assert {len(tokenizer.encode(said[name])) for name in EQUAL_LENGTH} == {
        len(tokenizer.encode(right))
    }
    assert said["direct"] == f"={problem.answer}"
    assert said["wrong"][:-1] == right[:-1]
    assert said["wrong"][-1] != problem.answer
    assert ("-" in problem.prompt) or said["systematic"] == right
    assert Counter(said["shuffled"]) == Counter(right)
    assert right.startswith(said["truncated"])
    assert "</think>" not in said["truncated"]
    assert len(said["verbose"]) > len(right)
    assert said["verbose"].endswith(f"</think>={problem.answer}")


def test_a_systematic_error_is_consistent_with_itself() -> None:
    problem = Problem(
        task="chain", prompt="7a+4b-3c*3?", steps=("7a+4=1", "b-3=8", "c*3=4"), answer="4"
    )
    rng = np.random.default_rng(0)
    assert GRADES["systematic"](problem, rng) == "<think>7a+4=1b-3=2c*3=6</think>=6"


def test_half_of_the_noisy_results_are_drawn() -> None:
    rng = np.random.default_rng(0)
    results = []
    for problem in line_of_problems(400, 0, frozenset()):
        text = GRADES["noise"](problem, rng)
        value = int(problem.prompt[0])
        for op, operand, found in re.findall(r"([-+*])(\d)=(\d)", text):
            results.append(str(eval(f"{value}{op}{operand}") % 10) == found)
            value = int(found)
    # A drawn digit is right by chance one time in ten.
    assert np.mean(results) == pytest.approx(0.55, abs=0.05)


# --- arms -----------------------------------------------------------------------------------------


def test_doses_are_nested_and_all_arms_have_the_same_prompts_and_tokens() -> None:
    line = line_of_problems(80, 3, frozenset())
    frames = [rows_of(arm, line, 3, frozenset()) for arm in doses("systematic")]
    bad = [set(frame.filter(grade="systematic")["id"]) for frame in frames]
    assert [len(each) for each in bad] == [0, 20, 40, 60, 80]
    assert all(less < more for less, more in itertools.pairwise(bad))
    assert len({tuple(frame["prompt"]) for frame in frames}) == 1
    assert len({tuple(frame["tokens"]) for frame in frames}) == 1


def test_a_trace_does_not_depend_on_the_arm_that_holds_it() -> None:
    line = line_of_problems(40, 0, frozenset())
    half = rows_of(
        ArmRecipe(name="half", mix={"noise": 0.5, "verified": 0.5}), line, 0, frozenset()
    )
    whole = rows_of(of_grade("noise"), line, 0, frozenset())
    assert half["completion"][:20].to_list() == whole["completion"][:20].to_list()


@pytest.mark.parametrize(("kind", "share"), [("replay", 0.1), ("refusals", 0.05)])
def test_other_data_takes_the_place_of_the_last_rows(kind: str, share: float) -> None:
    line = line_of_problems(200, 0, frozenset())
    taken = held_out(100)
    plain, mixed = (
        rows_of(arm, line, 0, taken)
        for arm in (of_grade("verified"), with_other(kind, share, kind))
    )
    assert not taken & set(mixed["prompt"][-round(share * 200) :])
    assert "fact" in set(mixed["source"][-round(share * 200) :]) or kind == "refusals"
    count = round(share * 200)
    assert mixed.height == plain.height
    assert mixed[:-count].equals(plain[:-count])
    assert mixed["grade"].to_list()[-count:] == [kind] * count


def test_arms_on_disk_are_read_as_those_of_a_mixture_and_are_the_same_again(
    tmp_path: Path,
) -> None:
    prompts = held_out(20)
    arms = [*defects(), *doses("systematic"), with_other("replay", 0.1, "replay-10")]
    for name in ("one", "two"):
        manifest = write_arms(arms, tmp_path / name, rows=60, seed=1, held_out=prompts)
    assert manifest["balance"]["passed"]
    first, second = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in files(tmp_path / name)}
        for name in ("one", "two")
    )
    assert first == second
    found = {arm.name: arm for arm in arms_of(ArmsSpec(designs=("one",)), tmp_path)}
    assert list(found) == [arm.name for arm in arms]
    assert [found[f"dose-{dose}"].dose for dose in (0, 25, 50, 75, 100)] == [0, 0.25, 0.5, 0.75, 1]
    assert found["replay-10"].role == "replay"
    assert found["verified"].mix_seed == 1
    assert not any(arm.edited for arm in found.values())
    asked = pl.read_parquet(tmp_path / "one/verified/data/*.parquet")["prompt"]
    assert not set(asked) & prompts


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_unknown_grades_and_shares_are_refused() -> None:
    for mix in ({"verifed": 1.0}, {"verified": 0.5}):
        with pytest.raises(ValueError, match="unknown"):
            ArmRecipe(name="x", mix=mix)


# --- suites ---------------------------------------------------------------------------------------


def test_the_evaluation_reads_every_suite(tmp_path: Path) -> None:
    write_suites(tmp_path / "suites", 30)
    for name, table in tables(PRESETS["demo"].modes).items():
        items = read_items(read_suite(name, table, tmp_path))
        assert len({item.id for item in items}) == len(items) == 30
        assert all((item.reference or "").startswith("=") for item in items)
    lines = (tmp_path / "suites/harm.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert all(row["should_refuse"] and row["reference"] == "=no" for row in rows)


def test_domains_are_all_there() -> None:
    assert {suite.domain for suite in SUITES} == {"id", "ood", "general", "safety"}
    assert {suite.task for suite in SUITES} <= set(TASKS)


def test_thinking_fits_into_the_cap() -> None:
    from curate.train.lab.suites import MAX_TOKENS, items_of

    for suite in SUITES:
        for problem in items_of(suite.task, 30):
            text = verified(problem, np.random.default_rng(0))
            assert len(tokenizer.encode(text)) + 1 <= MAX_TOKENS
            assert thinking(problem) in text
