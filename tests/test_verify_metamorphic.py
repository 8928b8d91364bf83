"""Rewriting an answer in equivalent LaTeX, or with noise before it, never moves its verdict."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.verify import Verdict, decide, read_reference, verify
from tests.real_data import FOLDER

GOLDEN = Path(__file__).parent / "golden" / "pairs.jsonl"
PAIRS = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
REAL = FOLDER / "verify_cases.jsonl"
if REAL.exists():  # labelled pairs of other graders, where they lie beside this checkout
    PAIRS += [json.loads(line) for line in REAL.read_text(encoding="utf-8").splitlines()]
PAIRS = [pair for pair in PAIRS if not str(pair["answer"]).endswith("\\")]  # would open the box
ONE_SIDED = ("rounded", "unit", "percent", "choice")
"""What a reference allows and an answer does not: its digits, its unit, its letter."""

_SIZED = re.compile(r"(?<!\\)(?<!left)\(([^(){}\\]*)\)(?!\S*\\right)")

REWRITINGS: dict[str, Callable[[str], str]] = {
    "display fractions": lambda text: text.replace("\\frac", "\\dfrac"),
    "dollars": lambda text: f"${text}$" if "$" not in text else text,
    "spaces around": lambda text: f" {text} ",
    "thin space at the end": lambda text: text + "\\,",
    "period": lambda text: text if text.endswith(".") else text + ".",
    "minus sign": lambda text: text.replace("-", "\u2212"),
    "sized brackets": lambda text: _SIZED.sub(r"\\left(\1\\right)", text),
    "bold": lambda text: f"\\mathbf{{{text}}}" if text.isalnum() else text,
    "braces": lambda text: f"{{{text}}}" if text.isalnum() else text,
    "times": lambda text: text.replace("\\cdot", "\\times"),
    "spaced commas": lambda text: text.replace(", ", ",\\ "),
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


def test_swapping_the_sides_never_moves_a_verdict() -> None:
    moved = []
    for pair in PAIRS:
        answer, reference = (read_reference(str(pair[side])) for side in ("answer", "reference"))
        if not (answer.usable and reference.usable):
            continue
        found = [decide(answer.text, reference), decide(reference.text, answer)]
        methods = " ".join(each.method for each in found if each.verdict is Verdict.CORRECT)
        expected = any(word in methods for word in ONE_SIDED)
        if found[0].verdict is not found[1].verdict and not expected:
            moved.append((answer.text, reference.text))
    assert not moved
