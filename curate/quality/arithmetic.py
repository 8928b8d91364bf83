"""Every checkable equation of a trace, checked with exact arithmetic.

    >>> check_arithmetic("So 12 * 7 = 84, and 84 + 9 = 95.")
    Arithmetic(checked=2, right=1, wrong=1, first_wrong_start=20, first_wrong_end=31)

`wrong` is said only of what the trace plainly claims: docs/arithmetic.md lists what is read, what
is left alone, and how often the verdict is false. No text ever reaches an evaluator.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from curate.quality.arithmetic_compare import GOOD
from curate.quality.arithmetic_context import REACH_AFTER, REACH_BEFORE, Place
from curate.quality.arithmetic_judge import Truth, is_plain, judge, settle
from curate.quality.arithmetic_scan import Span, links

__all__ = ["Arithmetic", "Equation", "Truth", "check_arithmetic", "equations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """One relation between two numbers, as it stands in a text."""

    start: int
    """Characters of the text, as `end`: the equation is `text[start:end]`."""
    end: int
    left: str
    relation: str
    """`=`, `≈`, `≡`, `<`, `>`, `≤`, `≥` or `is`, however it is spelled in the text."""
    right: str
    verdict: Truth
    why: str
    """The reason in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """How much of the arithmetic of a text is right."""

    checked: int
    """Equations with a verdict: the right and the wrong ones together."""
    right: int
    wrong: int
    first_wrong_start: int | None
    """Characters of the text; None where nothing is wrong."""
    first_wrong_end: int | None


def check_arithmetic(text: str) -> Arithmetic:
    """How many equations of a text can be checked, and how many are right and wrong."""
    right = wrong = 0
    first: tuple[int, int] | None = None
    for left, _, other, verdict, _ in verdicts(text):
        if verdict is Truth.RIGHT:
            right += 1
        elif verdict is Truth.WRONG:
            wrong += 1
            if first is None:
                first = left[0], other[1]
    begin, stop = first or (None, None)
    return Arithmetic(
        checked=right + wrong,
        right=right,
        wrong=wrong,
        first_wrong_start=begin,
        first_wrong_end=stop,
    )


def equations(text: str) -> Iterator[Equation]:
    """The equations of a text one by one, with those that could not be checked."""
    for left, sign, right, verdict, why in verdicts(text):
        yield Equation(
            start=left[0],
            end=right[1],
            left=text[slice(*left)],
            relation=sign,
            right=text[slice(*right)],
            verdict=verdict,
            why=why,
        )


def verdicts(text: str) -> Iterator[tuple[Span, str, Span, Truth, str]]:
    """Both sides of every relation between numbers, with the verdict and its reason."""
    for left, sign, right in links(text):
        one, other, finding = settle(text[slice(*left)], sign, text[slice(*right)])
        if one is None or other is None:
            yield left, sign, right, Truth.UNCHECKED, "not read"
        elif is_plain(one, other, sign):
            yield left, sign, right, Truth.UNCHECKED, "two plain numbers"
        elif finding in GOOD:
            yield left, sign, right, Truth.RIGHT, finding.value
        else:
            yield left, sign, right, *judge(_place(text, left, right), sign)


def _place(text: str, left: Span, right: Span) -> Place:
    return Place(
        text[max(0, left[0] - REACH_BEFORE) : left[0]],
        text[slice(*left)],
        text[slice(*right)],
        text[right[1] : right[1] + REACH_AFTER],
    )
