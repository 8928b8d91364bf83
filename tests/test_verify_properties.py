"""What must hold for every answer: symmetry, the same verdict in every rendering, no exceptions."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from curate.verify import Policy, Verdict, canonical, extract, read_reference, verify

MORE = settings(max_examples=200, deadline=None)

integers = st.integers(-(10**9), 10**9).map(str)
fractions = st.fractions(-1000, 1000, max_denominator=500)
names = st.sampled_from("xyzabkn")


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> str:
    """LaTeX of a small formula in a variable or two."""
    if depth == 0:
        return draw(st.one_of(st.integers(1, 20).map(str), names))
    inner = formulas(depth - 1)
    shape = draw(st.integers(0, 6))
    left = draw(inner)
    if shape == 0:
        return f"\\frac{{{left}}}{{{draw(inner)}}}"
    if shape == 1:
        return f"\\sqrt{{{left}}}"
    if shape == 2:
        return f"\\left({left}\\right)^{{{draw(st.integers(2, 4))}}}"
    if shape == 3:
        return f"{left}+{draw(inner)}"
    if shape == 4:
        return f"\\left({left}\\right)\\cdot\\left({draw(inner)}\\right)"
    return left if shape == 5 else f"{left}-{draw(st.integers(1, 9))}"


def correct(response: str, reference: str) -> bool:
    return verify(response, reference).verdict is Verdict.CORRECT


RENDERINGS = (
    "{}",
    "${}$",
    "\\({}\\)",
    "\\[ {} \\]",
    "\\boxed{{{}}}",
    "$\\boxed{{ {} }}$",
    "The final answer is ${}$.",
    "**Answer:** ${}$",
    "<answer>{}</answer>",
    "<think>maybe \\boxed{{1}}?</think>So \\boxed{{{}}}.",
    "{}.",
)


@MORE
@given(formulas())
def test_a_reference_verifies_against_itself_in_every_rendering(formula: str) -> None:
    for rendering in RENDERINGS:
        response = rendering.format(formula)
        assert correct(response, formula), (response, verify(response, formula))


@MORE
@given(formulas(), st.data())
def test_white_space_and_delimiters_never_change_a_verdict(
    formula: str, data: st.DataObject
) -> None:
    other = data.draw(formulas())
    before = verify(f"\\boxed{{{other}}}", formula).verdict
    spaced = other.replace("+", " + ").replace("{", "{ ").replace("\\frac", "\\dfrac")
    assert verify(f"\\boxed{{ ${spaced}$ }}", f"$ {formula} $").verdict == before


@MORE
@given(formulas(), formulas())
def test_swapping_the_sides_never_changes_a_verdict(left: str, right: str) -> None:
    assert correct(f"\\boxed{{{left}}}", right) == correct(f"\\boxed{{{right}}}", left)


@MORE
@given(fractions)
def test_a_fraction_equals_its_other_spellings(value: Fraction) -> None:
    above, below = value.numerator, value.denominator
    reference = f"\\frac{{{above}}}{{{below}}}"
    for spelling in (
        f"{above}/{below}",
        f"\\dfrac{{{3 * above}}}{{{3 * below}}}",
        f"x = {above}/{below}",
    ):
        assert correct(f"\\boxed{{{spelling}}}", reference), spelling


@MORE
@given(fractions, fractions)
def test_different_rational_numbers_are_never_equal(left: Fraction, right: Fraction) -> None:
    sides = [f"\\frac{{{side.numerator}}}{{{side.denominator}}}" for side in (left, right)]
    assert correct(f"\\boxed{{{sides[0]}}}", sides[1]) == (left == right)


@MORE
@given(st.integers(-(10**15), 10**15))
def test_thousands_separators_never_change_an_integer(value: int) -> None:
    for spelling in (
        f"{value:,}",
        f"{value:,}".replace(",", "{,}"),
        f"{value:,}".replace(",", "\\,"),
    ):
        assert correct(f"\\boxed{{{spelling}}}", str(value)), spelling


@MORE
@given(st.lists(integers, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_a_bare_list_does_not_matter(items: list[str], random: object) -> None:
    shuffled = sorted(items)
    assert correct("\\boxed{" + ", ".join(items) + "}", ", ".join(shuffled))
    assert correct("\\boxed{(" + ", ".join(items) + ")}", "(" + ", ".join(shuffled) + ")") == (
        items == shuffled
    )


@MORE
@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_raises(response: str, reference: str) -> None:
    found = verify(response, reference)
    assert isinstance(found.verdict, Verdict)
    assert found.verdict is not Verdict.ERROR, found
    canonical(response)


PIECES = (
    "\\boxed{ } { 5 x $ \\frac ^ _ ( ) [ ] , answer_is \\text{ and | \\ ! % \\left \\right = < "
    "</think> <answer> #### \\begin{matrix} \\end{matrix} & \\\\ \\sqrt \\sin 1/2 . - \\pm ° ½"
).split()


@MORE
@given(st.lists(st.sampled_from([*PIECES, " ", "\n", "answer is "]), max_size=40).map("".join))
def test_no_broken_formula_raises_or_is_ours_to_answer_for(text: str) -> None:
    found = verify(text, "5")
    assert found.verdict is not Verdict.ERROR, found
    assert verify("\\boxed{5}", text).verdict is not Verdict.ERROR


@MORE
@given(st.text(max_size=200), st.text(alphabet="abc 5{}$\\", max_size=50))
def test_the_span_of_an_answer_is_its_place_in_the_response(before: str, answer: str) -> None:
    response = f"{before}\\boxed{{{answer}}}"
    found = extract(response, read_reference("5"))
    if found.answer is not None:
        assert response[found.start : found.end] == found.answer


def test_two_missing_answers_are_never_equal() -> None:
    assert verify("", "").verdict is Verdict.UNVERIFIABLE
    assert verify("\\boxed{}", "5").verdict is Verdict.UNPARSED
    assert verify("5", None).verdict is Verdict.UNVERIFIABLE


def test_a_tolerance_is_named_and_can_be_refused() -> None:
    cases = [
        ("0.33", "\\frac13", "rounded", Policy(rounded=False)),
        ("5\\text{ m}", "5", "unit", Policy(units_optional=False)),
        ("28\\%", "28", "percent sign", Policy(percent_optional=False)),
    ]
    for reference, answer, named, strict in cases:
        found = verify(f"\\boxed{{{answer}}}", reference)
        assert found.verdict is Verdict.CORRECT
        assert named in found.method
        assert verify(f"\\boxed{{{answer}}}", reference, policy=strict).verdict is Verdict.INCORRECT
