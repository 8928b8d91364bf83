"""Labelled pairs from the test suites of many graders, and where we disagree with a label."""

import json
from collections import Counter
from pathlib import Path

import pytest

from curate.verify import Verdict, verify
from tests.real_data import real_file

# Row of the file → why the label is not followed. Every disagreement must stand here.
POLICY = "the label follows another policy than ours"
SET_ASIDE = {
    285: f"{POLICY}: a bare list is unordered",
    328: f"{POLICY}: a rounded reference takes what rounds to it",
    376: f"{POLICY}: a unit may be missing",
    89: f"{POLICY}: an exact reference wants an exact answer",
    99: f"{POLICY}: an exact reference wants an exact answer",
    299: f"{POLICY}: 2 is not 2.0001",
    300: f"{POLICY}: a bare 75 is not 0.75",
    381: f"{POLICY}: an exact reference wants an exact answer",
    383: f"{POLICY}: the suite names a tolerance that the pair does not carry",
    384: f"{POLICY}: the suite names a tolerance that the pair does not carry",
    731: "mathematics: a logarithm to base a is not the natural one",
    732: "mathematics: a logarithm to base 11 is not the natural one",
    733: "mathematics: a logarithm to base 2 is not the natural one",
    727: "mathematics: a two-sided limit is not the one from above",
    728: "mathematics: a two-sided limit is not the one from above",
    729: "mathematics: a two-sided limit is not the one from above",
    565: "mathematics: irrational numbers have no least common multiple",
    633: "mathematics: the label is a parser's way of writing a large lcm",
    557: "mathematics: gcd(125, 50x) depends on x",
    558: "mathematics: the gcd of two formulas is not 1 for every x",
    566: "mathematics: the lcm of decimals is a matter of definition",
    568: "mathematics: the lcm of decimals is a matter of definition",
    666: "mathematics: a percentage of infinity",
    138: "mathematics: the answer lists one tuple twice",
}


def rows() -> list[dict[str, object]]:
    path = real_file("verify_cases.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_labelled_pairs_of_other_graders_agree() -> None:
    found = Counter[str]()
    wrongly_accepted = []
    for number, row in enumerate(rows()):
        correct = verify(str(row["answer"]), str(row["reference"])).verdict is Verdict.CORRECT
        found["agree" if correct == row["equal"] else "differ"] += 1
        if correct and not row["equal"] and number not in SET_ASIDE:
            wrongly_accepted.append(row)
    assert wrongly_accepted in (
        [],
        [rows()[21]],
    )  # 21: a formula the suite refuses for its line break
    assert found["agree"] / found.total() >= 0.945


def test_pairs_whose_labels_stand_agree() -> None:
    standing = [row for number, row in enumerate(rows()) if number not in SET_ASIDE]
    agree = sum(
        (verify(str(row["answer"]), str(row["reference"])).verdict is Verdict.CORRECT)
        == row["equal"]
        for row in standing
    )
    assert agree / len(standing) >= 0.97


@pytest.mark.parametrize(
    ("reference", "answer", "equal"),
    [
        ("1000000", "1,000,000", True),
        ("1000000", "1\\,000\\,000", True),
        ("(1,234)", "1234", False),
        ("Yes", "Yes. The function is continuous.", True),
        ("Yes", "No. Yes would need a proof.", False),
        ("\\frac{1}{3}", "0.\\overline{3}", True),
        ("\\frac{1}{3}", "0.333...", True),
        ("\\frac{1}{3}", "0.33", False),
        ("0.33", "\\frac{1}{3}", True),
        ("0.5", "0.4999", False),
        ("2.5 million", "2500000", True),
        ("25", "twenty-five", True),
        ("1\\frac{1}{2}", "1½", True),
        ("50\\%", "\\frac12", True),
        ("50\\%", "50", True),
        ("0.5", "0.5\\%", False),
        ("5\\text{ m}", "5 cm", False),
        ("1\\text{ m}", "100 cm", True),
        ("\\$5", "5 cents", False),
        ("\\$5", "5", True),
        ("\\sin 30^\\circ", "\\frac12", True),
        ("\\sin 1", "\\sin 1^\\circ", False),
        ("(0, 12.5)", "0 < x < 12.5", True),
        ("[0, 1]", "(0, 1)", False),
        ("(0, 1)", "]0, 1[", True),
        ("x<1 or x>2", "(-\\infty,1)\\cup(2,\\infty)", True),
        ("\\{x \\mid x > 3\\}", "(3, \\infty)", True),
        ("3 \\pm 2\\sqrt{2}", "3+2\\sqrt2, 3-2\\sqrt2", True),
        ("1,2,3", "3,2,1", True),
        ("(1,2,3)", "(3,2,1)", False),
        ("\\{1,2,2\\}", "\\{2,1\\}", True),
        ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "[[1,2],[3,4]]", True),
        ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "(1,2)", True),
        ("\\sqrt{-4}", "2i", True),
        ("2x+4y-3=0", "y = -\\frac{x}{2}+\\frac34", True),
        ("x=1, y=2", "x=2, y=1", False),
        ("x=5", "5", True),
        ("x=5", "y=5", False),
        ("\\frac{x^2}{2}+C", "\\frac{x^2+4}{2}+C", True),
        ("\\frac{x^2}{2}+C", "\\frac{x^2}{2}", False),
        ("\\ln(x^2)", "2\\ln x", True),
        ("\\binom{10}{3}", "120", True),
        ("1/2004!", "1/2006!", False),
        ("2^{-99}", "2^{-98}", False),
        ("4:30 p.m.", "4:30 PM", True),
        ("12:00", "1:00", False),
        ("7", "7 or 8", False),
        ("7", "5, 6, 7", False),
        ("(D) Alina", "D", True),
        ("(D) Alina", "(A) Cecile", False),
        ("A", "(A) or (B)", False),
        ("A, C", "AC", True),
        ("3:4", "6:8", True),
        ("101_2", "5", True),
        ("1e-6", "0.000001", True),
        ("Dan", "Nad", False),
        ("0x22d53e92", "0x21302f6e", False),
    ],
)
def test_what_graders_miss(reference: str, answer: str, equal: bool) -> None:
    found = verify(f"So the final answer is \\boxed{{{answer}}}.", reference)
    assert (found.verdict is Verdict.CORRECT) == equal, found


GOLDEN = Path(__file__).parent / "golden" / "pairs.jsonl"


def test_golden_pairs_hold_in_both_directions() -> None:
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        sides = row["reference"], row["answer"]
        for reference, answer in (sides, sides[::-1]):
            found = verify(f"The answer is $\\boxed{{{answer}}}$", reference)
            assert (found.verdict is Verdict.CORRECT) == row["equal"], (reference, answer, found)


COUNTDOWN = {"numbers": [44, 19, 35], "target": 98}


@pytest.mark.parametrize(
    ("answer", "equal"),
    [
        ("(44 + 19) + 35", True),
        ("44 + 19 + 35 = 98", True),
        ("\\boxed{44 + 19 + 35}", True),
        ("44 + 19 + 35 = 97", False),
        ("98", False),
        ("44 + 54", False),
        ("44 + 19 + 35 + 0", False),
        ("44 + 19 + 35 ** 1", False),
        ("__import__('os').system('true')", False),
    ],
)
def test_countdown_uses_each_number_once(answer: str, equal: bool) -> None:
    assert (verify(answer, COUNTDOWN).verdict is Verdict.CORRECT) == equal


def test_countdown_reads_every_spelling_of_its_signs() -> None:
    reference = {"numbers": [8, 6, 2, 4], "target": 20}
    for answer in ("8 × 6 ÷ 2 − 4", "8 \\times 6 \\div 2 - 4", "\\frac{8 \\cdot 6}{2} - 4"):
        assert verify(answer, reference).verdict is Verdict.CORRECT, answer


def test_a_number_with_thousands_separators_is_no_tuple() -> None:
    assert verify("\\boxed{(12, 345)}", "12,345").verdict is Verdict.INCORRECT
    assert verify("\\boxed{(12,345)}", "12345").verdict is Verdict.INCORRECT
    assert verify("\\boxed{12,345}", "12345").verdict is Verdict.CORRECT
