"""Rewriting an answer in equivalent LaTeX, or with noise before it, never moves its verdict."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.verify import Verdict, verify

GOLDEN = Path(__file__).parent / "golden" / "pairs.jsonl"
PAIRS = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]

REWRITINGS: dict[str, Callable[[str], str]] = {
    "display fractions": lambda text: text.replace("\\frac", "\\dfrac"),
    "dollars": lambda text: f"${text}$" if "$" not in text else text,
    "spaces around": lambda text: f" {text} ",
    "thin space at the end": lambda text: text + "\\,",
    "period": lambda text: text if text.endswith(".") else text + ".",
    "minus sign": lambda text: text.replace("-", "\u2212"),
}


def boxed(text: str, reference: str) -> Verdict:
    return verify(f"\\boxed{{{text}}}", reference).verdict


@pytest.mark.parametrize("name", REWRITINGS)
def test_equivalent_latex_never_moves_a_verdict(name: str) -> None:
    moved = []
    for pair in PAIRS:
        answer, reference = str(pair["answer"]), str(pair["reference"])
        if boxed(REWRITINGS[name](answer), reference) is not boxed(answer, reference):
            moved.append((reference, answer))
    assert not moved


def test_noise_before_the_answer_never_moves_a_verdict() -> None:
    noise = "First try $x=12$; \\boxed{99} was wrong, since (a) fails.\n\n" + "So we go on. " * 20
    moved = []
    for pair in PAIRS:
        answer, reference = str(pair["answer"]), str(pair["reference"])
        alone = boxed(answer, reference)
        if verify(f"{noise} So \\boxed{{{answer}}}.", reference).verdict is not alone:
            moved.append((reference, answer))
    assert not moved
