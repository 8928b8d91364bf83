"""Agreement with the labels of real solutions and long traces; see the data's README for trust."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from curate.verify import Verdict, reference_of, verify
from tests.real_data import real_rows

# File → lowest agreement, most verdicts `correct` against a label `false`. Where labels come from a
# rule grader, most of these are the grader's mistakes (`[-2, 7]` against `x \in [-2, 7]`, and a
# formula against `x(t) =` that formula).
LABELLED = {
    "sol_gsm8k_gpt3": (1.0, 0),
    "countdown_game24_tot": (0.999, 0),
    "longcot_lineage": (1.0, 0),
    "mcq_bbh_codex_cot": (1.0, 0),
    "human_bigbench_mistake": (0.997, 6),
    "sol_math500_aime24_longcot_example": (0.97, 76),
    "longcot_math_skythought": (0.96, 58),
    "longcot_math_and_misc": (0.92, 3),
    "longcot_reasoning_gym_long_outputs": (0.98, 1),
    "sol_reasoning_gym_sample": (0.91, 66),
}


def verdicts(name: str) -> Iterator[tuple[dict[str, Any], Verdict]]:
    for row in real_rows(f"{name}.jsonl.gz"):
        reference = row["gold"]
        if row.get("numbers"):
            reference = {"numbers": row["numbers"], "target": row["target"]}
        found = verify(row["response"] or "", reference, options=row.get("options"))
        yield row, found.verdict


@pytest.mark.parametrize("name", LABELLED)
def test_verdicts_agree_with_the_labels_of_real_solutions(name: str) -> None:
    agreement, most_accepted = LABELLED[name]
    found = Counter[tuple[bool, bool]]()
    for row, verdict in verdicts(name):
        assert verdict is not Verdict.ERROR
        if row.get("label") is not None:
            found[row["label"], verdict is Verdict.CORRECT] += 1
    agree = found[True, True] + found[False, False]
    assert agree / found.total() >= agreement
    assert found[False, True] <= most_accepted


def test_every_real_reference_verifies_against_itself() -> None:
    seen = set()
    for row in real_rows("gold_latex.jsonl.gz"):
        gold = row["gold"]
        if isinstance(gold, str) and gold not in seen and reference_of(gold).usable:
            seen.add(gold)
            found = verify(f"<think>\\boxed{{1}}</think>\n{gold}", gold)
            boxed = verify(f"So \\boxed{{{gold}}}", gold) if balanced(gold) else found
            assert boxed.verdict is Verdict.CORRECT, (gold, boxed)
    assert len(seen) > 15_000


def balanced(text: str) -> bool:
    depth = 0
    for character in text.replace("\\{", "").replace("\\}", ""):
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0 and "\\boxed" not in text
