"""Arithmetic in traces: what is checked, what is left alone, and that nothing takes long."""

import json
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.quality.arithmetic import Arithmetic, Truth, check_arithmetic, equations
from tests.real_data import real_rows

GOLDEN = [
    json.loads(line)
    for line in (Path(__file__).parent / "golden" / "arithmetic.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def letters(text: str) -> str:
    """The verdicts of a text in order, `R` or `W`, without what is not checkable."""
    marks = {Truth.RIGHT: "R", Truth.WRONG: "W", Truth.UNCHECKED: ""}
    return "".join(marks[equation.verdict] for equation in equations(text))


@pytest.mark.parametrize("row", GOLDEN, ids=[row["text"] for row in GOLDEN])
def test_a_golden_row_has_its_verdicts(row: dict[str, Any]) -> None:
    assert letters(row["text"]) == row["verdicts"]


@pytest.mark.parametrize("row", GOLDEN, ids=[row["text"] for row in GOLDEN])
def test_counts_and_spans_agree_with_the_equations(row: dict[str, Any]) -> None:
    text = f"First of all:\n{row['text']}\nThat is all."
    found = list(equations(text))
    wrong = [equation for equation in found if equation.verdict is Truth.WRONG]
    right = sum(equation.verdict is Truth.RIGHT for equation in found)
    first = wrong[0] if wrong else None
    assert check_arithmetic(text) == Arithmetic(
        checked=right + len(wrong),
        right=right,
        wrong=len(wrong),
        first_wrong_start=first.start if first else None,
        first_wrong_end=first.end if first else None,
    )
    for equation in found:
        span = text[equation.start : equation.end]
        assert span.startswith(equation.left)
        assert span.endswith(equation.right)


def test_a_text_without_equations_has_none() -> None:
    assert check_arithmetic("No number in here.") == Arithmetic(
        checked=0, right=0, wrong=0, first_wrong_start=None, first_wrong_end=None
    )


numbers = st.integers(0, 9_999)
operators = st.sampled_from("+-*/")
Sum = tuple[int, str, int, str, int]
sums: st.SearchStrategy[Sum] = st.tuples(numbers, operators, numbers, operators, numbers)
SPELLINGS = [
    {"+": "+", "-": "-", "*": "*", "/": "/", "=": "="},
    {"+": " + ", "-": " - ", "*": " * ", "/": " / ", "=": " = "},
    {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ ", "=": " = "},
    {"+": " + ", "-": " - ", "*": r" \times ", "/": r" \div ", "=": " = "},
    {"+": "+", "-": "-", "*": r"\cdot ", "/": r"\div ", "=": "="},
    {"+": "＋", "-": "－", "*": "×", "/": "÷", "=": "＝"},
]
INLINE = ["{}", "${}$", r"\( {} \)", "**{}**", "({})"]
ON_A_LINE = ["{}", "\\[\n{}\n\\]", "1. {}", "- {}", "a) {}", "| {} | 7 |"]
PLACES = [
    before + frame + after
    for frames, proses in (
        (
            INLINE,
            [
                ("", ""),
                ("So the total is ", " apples."),
                ("Adding these gives us: ", ", as it should"),
                ("x = 3 holds. ", ". Next, y = 2x"),
                ("计算：", "。所以"),
            ],
        ),
        (ON_A_LINE, [("", ""), ("Now,\n", "\nand on we go."), ("y = 2x\n\n", "\n\n$x = 3$")]),
    )
    for frame in frames
    for before, after in proses
]


def value(terms: Sum) -> Fraction | None:
    """What the sum comes to, by the usual precedence."""
    a, first, b, second, c = terms
    if (first == "/" and b == 0) or (second == "/" and c == 0):
        return None

    def join(x: Fraction, sign: str, y: Fraction) -> Fraction:
        return {
            "+": x + y,
            "-": x - y,
            "*": x * y,
            "/": x / y if y else Fraction(0),
        }[sign]

    x, y, z = Fraction(a), Fraction(b), Fraction(c)
    if first in "+-" and second in "*/":
        return join(x, first, join(y, second, z))
    return join(join(x, first, y), second, z)


def written(terms: Sum, result: Fraction, spelling: dict[str, str]) -> str:
    a, first, b, second, c = terms
    shown = str(result) if result.denominator > 1 else str(result.numerator)
    return f"{a}{spelling[first]}{b}{spelling[second]}{c}{spelling['=']}{shown}"


@given(sums, st.sampled_from(SPELLINGS), st.sampled_from(PLACES))
def test_a_true_equation_is_right_in_every_notation_and_place(
    terms: Sum, spelling: dict[str, str], place: str
) -> None:
    result = value(terms)
    if result is not None:
        text = place.format(written(terms, result, spelling))
        assert letters(text) == "R"


@given(
    sums,
    st.integers(1, 9),
    st.sampled_from(SPELLINGS),
    st.sampled_from(PLACES),
)
def test_a_false_equation_is_never_right(
    terms: Sum, off: int, spelling: dict[str, str], place: str
) -> None:
    result = value(terms)
    if result is not None:
        text = place.format(written(terms, result + off, spelling))
        assert "R" not in letters(text)


@given(
    st.integers(1_000, 9_999),
    st.sampled_from("+*"),
    st.integers(1_000, 9_999),
    st.integers(1, 9),
    st.sampled_from(SPELLINGS),
    st.sampled_from(PLACES),
)
def test_a_slip_in_whole_numbers_is_wrong_in_every_notation_and_place(
    a: int,
    sign: str,
    b: int,
    off: int,
    spelling: dict[str, str],
    place: str,
) -> None:
    result = (a + b if sign == "+" else a * b) + off
    if sign == "*" and result % 10 == 0:  # may have been rounded to its last digit shown
        result += 1
    equation = f"{a}{spelling[sign]}{b}{spelling['=']}{result}"
    assert letters(place.format(equation)) == "W"


@given(st.integers(2, 999), st.integers(2, 999), st.integers(1, 6))
def test_a_decimal_that_is_rounded_right_is_right(a: int, b: int, places: int) -> None:
    shown = f"{a / b:.{places}f}"
    assert "W" not in letters(f"{a} / {b} = {shown}.")
    assert "W" not in letters(f"{a} / {b} \\approx {shown}.")


@given(st.text(alphabet=" 0123456789+-*/^=<>≈().,{}[]$\\!%abxfracqtimod\n", max_size=200))
@settings(max_examples=500)
def test_no_text_breaks_it(text: str) -> None:
    for equation in equations(text):
        assert 0 <= equation.start < equation.end <= len(text)


@given(st.text(max_size=300))
def test_no_text_at_all_breaks_it(text: str) -> None:
    assert check_arithmetic(text).checked >= 0


HOSTILE = {
    "a sum without end": "1+" * 500_000 + "1",
    "a sum without end, equal at last": "1+" * 500_000 + "1 = 7",
    "equals signs": "=" * 1_000_000,
    "equals signs between numbers": "1=" * 500_000,
    "a chain of sums": "1+1=" * 250_000,
    "one slip again and again": "1+1=3 " * 150_000,
    "open brackets": "(" * 500_000 + "1" + ")" * 500_000 + " = 1",
    "open brackets, equal each": "((((((((1 = " * 80_000,
    "braces": r"\frac{" * 160_000,
    "roots": r"\sqrt{" * 160_000 + "4 = 2",
    "a giant power": "9^9^9^9 = 1\n" * 80_000,
    "a giant braced power": "9^{9^{9^{9}}} = 1\n" * 60_000,
    "many large powers": " ".join(f"9^{{{n}}} = {n}" for n in range(500, 2_500)) * 5,
    "a giant factorial": "99999! = 1\n" * 80_000,
    "digits": "1" * 1_000_000,
    "digits, equal": ("1" * 100_000 + " = " + "1" * 100_000 + "\n") * 5,
    "decimals": "0." + "3" * 1_000_000 + " = 1/3",
    "spaces": "1 +" + " " * 1_000_000 + "1 = 2",
    "newlines": "1 +" + "\n" * 1_000_000 + "1 = 2",
    "marks": "1+1=<<" * 160_000,
    "words": "3 apples and pears and plums = " * 30_000,
    "minus signs": "-" * 1_000_000 + "1 = 1",
    "commands": "\\left" * 200_000 + "1 = 1",
    "text commands": "\\text{" * 150_000 + "1 = 1",
    "control signs": "\x00\x01" * 250_000 + "1+1=2" + "\x7f" * 500_000,
    "stars": "*" * 1_000_000 + "1 = 1",
    "dots": "." * 1_000_000 + "1 = 1",
    "commas": "1,000," * 160_000 + "000 = 1",
}
SLOW_S = 12.0
"""Processor seconds for a megabyte of the worst; prose takes a hundredth of a second."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_bounded_time(name: str) -> None:
    start = time.process_time()
    check_arithmetic(HOSTILE[name])
    assert time.process_time() - start < SLOW_S


@pytest.mark.parametrize("name", ["a chain of sums", "open brackets, equal each", "words"])
def test_time_grows_no_faster_than_the_text(name: str) -> None:
    def seconds(text: str) -> float:
        start = time.process_time()
        check_arithmetic(text)
        return time.process_time() - start

    text = HOSTILE[name]
    seconds(text[: len(text) // 8])  # fill the caches
    assert seconds(text) < 8 * 4 * seconds(text[: len(text) // 8]) + 0.5


@pytest.mark.slow
def test_correct_solutions_are_hardly_ever_called_wrong() -> None:
    checked = wrong = 0
    for row in real_rows("sol_gsm8k_gpt3.jsonl.gz"):
        if row["label"]:
            found = check_arithmetic(row["response"])
            checked, wrong = checked + found.checked, wrong + found.wrong
    assert checked > 10_000
    assert wrong / checked < 0.003  # all of the twelve are slips of the solutions
