"""Suspect references: faults of their own, contradictions, rollouts against them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.pool import Pool
from curate.suspects import sign_test, suspects, with_keys
from curate.verify import Policy, read_reference
from curate.verify.audit import contradicts, fault
from tests.command import curate, folder
from tests.real_data import real_rows

__all__ = ["folder"]

FOUR = ["(A) 11", "(B) 12", "(C) 1/2", "(D) 14"]
FAULTS = [
    ("12", None, None),
    ("", None, None),
    ("B", FOUR, None),
    ("(B) 12", FOUR, None),
    ("12", FOUR, None),
    ("0.5", FOUR, None),
    ("E", FOUR, "names none of its 4 options"),
    ("13", FOUR, "names none of its 4 options"),
    ("(B) 14", FOUR, "names none of its 4 options"),
    (r"\frac{1}{2", None, "looks like a formula and cannot be read"),
    ("$$", None, None),
    ("9" * 30_000, None, "cannot be read"),
    ("It costs $5 more than the {old one", None, None),
    ("Dan", ["Dan", "Eva"], None),
]


@pytest.mark.parametrize(("text", "options", "reason"), FAULTS)
def test_faults_of_a_reference_by_itself(
    text: str, options: list[str] | None, reason: str | None
) -> None:
    found = fault(text, "text", options)
    assert (found and found[1]) == reason


CONFLICTS = [
    (("405", None), ("411", None), True),
    ((r"\frac{1}{2}", None), ("0.5", None), False),
    (("2^{10}", None), ("1024", None), False),
    (("-4.0", None), ("${-}4$", None), False),
    (("B", FOUR), ("12", None), False),
    (("B", FOUR), ("A", ["12", "11"]), False),
    (("B", FOUR), ("C", FOUR), True),
    (("C", None), (r"(-\infty, -1)", None), False),
    (("C", None), ("D", None), True),
    (("Dan", None), ("Eva", None), True),
    (("the set of all such primes", None), ("all of these prime numbers", None), False),
    (("0.33", None), (r"\frac{1}{3}", None), False),
]


@pytest.mark.parametrize(("left", "right", "conflict"), CONFLICTS)
def test_references_that_cannot_both_be_right(left: Any, right: Any, conflict: bool) -> None:
    one, two = (read_reference(text, "text", options) for text, options in (left, right))
    assert contradicts(one, two, Policy()) == conflict
    assert contradicts(two, one, Policy()) == conflict


def test_the_sign_test_is_the_binomial_tail() -> None:
    assert sign_test(5, 0) == 1 / 32
    assert sign_test(7, 1) == 9 / 256
    assert sign_test(3, 3) == pytest.approx(42 / 64)


def keys(rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = {
        **dict.fromkeys(("id", "problem", "reference", "reference_form", "verdict"), pl.String()),
        "options": pl.List(pl.String()),
        "answer": pl.String(),
        "canonical_answer": pl.String(),
    }
    base = {"reference_form": "text", "options": None}
    frame = pl.DataFrame([base | row for row in rows], schema=schema)
    return with_keys(frame).collect()


def rollout(number: int, answer: str, reference: str = "3", problem: str = "p") -> dict[str, Any]:
    verdict = "correct" if answer == reference else "incorrect"
    return {
        "id": f"{problem}/{number}",
        "problem": problem,
        "reference": reference,
        "verdict": verdict,
        "answer": answer,
        "canonical_answer": answer,
    }


def reasons(rows: list[dict[str, Any]]) -> list[str]:
    return suspects(keys(rows), Policy())["reference_suspect"].to_list()


def test_five_traces_against_none_are_a_claim_and_four_are_not() -> None:
    five = [rollout(number, "4") for number in range(5)]
    assert reasons(five) == [
        "5 of 5 traces agree on `4`, 0 with the reference (p = 0.031)",
    ]
    assert reasons(five[:4]) == []
    assert reasons([*five, rollout(6, "3")]) == []


def test_the_same_text_again_is_no_further_vote() -> None:
    assert reasons([rollout(0, "4")] * 50) == []


def test_rollouts_that_disagree_with_each_other_claim_nothing() -> None:
    assert reasons([rollout(number, str(number + 4)) for number in range(20)]) == []
    split = [rollout(number, "4" if number % 2 else "5") for number in range(20)]
    assert reasons(split) == []


def test_problems_are_the_same_whatever_their_spaces_and_case() -> None:
    rows = [
        rollout(0, "3", "3", "What is  x?"),
        rollout(1, "5", "5", "what is x?\n"),
        rollout(2, "6", "6.0", "What is y?"),
    ]
    assert sorted(reasons(rows)) == [
        "another row of this problem says `3`",
        "another row of this problem says `5`",
    ]


# Rollouts, pass rate → least precision, least recall, of 400 problems with 5 % wrong references.
# Half of the mistakes on a problem are the same one.
PLANTED = {
    (4, 0.8): (0.0, 0.0),
    (8, 0.8): (0.9, 0.7),
    (16, 0.8): (0.95, 0.85),
    (16, 0.5): (0.7, 0.3),
    (32, 0.5): (0.75, 0.35),
}


@pytest.mark.parametrize(("count", "rate"), PLANTED)
def test_planted_wrong_references_are_found(count: int, rate: float) -> None:
    draw = np.random.default_rng(count)
    rows, planted = [], set()
    for number in range(400):
        problem = f"problem {number}"
        wrong = draw.random() < 0.05
        reference = "other" if wrong else "right"
        planted |= {problem} if wrong else set()
        skill = draw.beta(8 * rate, 8 * (1 - rate))
        for place in range(count):
            mistake = "common" if draw.random() < 0.5 else f"mistake {draw.integers(8)}"
            answer = "right" if draw.random() < skill else mistake
            rows.append(rollout(place, answer, reference, problem))
    frame = keys(rows)
    found = suspects(frame, Policy()).join(
        frame.select("problem_key", "problem").unique(), on="problem_key"
    )
    named = set(found["problem"])
    precision = len(named & planted) / max(1, len(named))
    recall = len(named & planted) / len(planted)
    least_precision, least_recall = PLANTED[count, rate]
    assert precision >= least_precision
    assert recall >= least_recall


def test_the_audit_as_a_user_types_it(folder: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"problem": "What is 2+2?", "answer": "5", "response": f"{'so ' * n}\\boxed{{4}}"}
        for n in range(6)
    ]
    rows += [{"problem": "1+1?", "answer": "2", "response": f"{n}: \\boxed{{2}}"} for n in range(6)]
    rows.append(
        {"problem": "Pick.", "answer": "E", "options": ["1", "2"], "response": "\\boxed{A}"}
    )
    Path(folder, "dump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert curate(folder, "verify", "dump.jsonl", "-o", "pool")[0] == 0
    code, out, err = curate(folder, "verify", "pool", "--audit-references")
    assert code == 0
    assert "names none of its 2 options" in out.splitlines()[1]
    assert "6 of 6 traces agree on `4`, 0 with the reference (p = 0.016)" in out.splitlines()[2]
    assert len(out.splitlines()) == 3
    assert "2 references are suspect" in err
    code, out, _ = curate(folder, "verify", "pool", "--audit-references", "--json")
    assert [row["kind"] for row in json.loads(out)] == ["options", "outvoted"]
    pool = Pool.open(folder / "pool")
    column = pool.scan(["rollouts"], ["reference_suspect"]).collect()["reference_suspect"]
    assert column.null_count() == 6


# Problems of public sets whose copies carry different answers: one of the two labels is wrong, or
# the problem lost its picture or its options.
KNOWN = {
    "Greta Grasshopper sits on a long line of lily pads": ("405", "411"),
    "If $\\sqrt {( x - 3 )} ^ 2 = 3 - x$": ("7", "x \\le 3"),
    "If $( 5 x + 3 )$ and $( - 2 x + 9 )$ are opposite": ("2", "- 4"),
    "Given $V_s = 5V$, $R_1 = 480 \\Omega$": ("[12, 8, 5]", "[51.2, 78.15, 125.0]"),
}


def test_contradictions_in_public_sets_are_found() -> None:
    rows = [
        rollout(number, "0", str(row["gold"]), row["problem"])
        for number, row in enumerate(real_rows("gold_latex.jsonl.gz"))
        if isinstance(row["gold"], str) and row["problem"]
    ]
    frame = keys(rows)
    found = suspects(frame, Policy()).filter(kind="conflict")
    named = frame.join(found, on=["problem_key", "reference_key"]).unique("problem_key")
    lowered = [problem.lower() for problem in named["problem"]]
    for problem in KNOWN:
        assert any(text.strip().startswith(problem.lower()) for text in lowered), problem
    assert 20 <= len(lowered) <= 80
