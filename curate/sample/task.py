r"""A problem with a known answer, other ways to write that answer, and near misses.

task = KINDS["fraction"](rng)
task.problem     "What is $\frac{1}{2} + \frac{1}{3}$?"
task.reference   "\frac{5}{6}"
task.right       the same value in other clothes, each with a word on what was done to it
task.wrong       what a model that slipped would write, each with the slip
"""

from dataclasses import dataclass
from fractions import Fraction

from numpy.random import Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A problem whose answer is known, with answers whose verdict is known."""

    problem: str
    reference: str | dict[str, object]
    right: tuple[tuple[str, str], ...]
    """(answer, what was done to it): the first is the plain one."""
    wrong: tuple[tuple[str, str], ...]
    """(answer, the slip that leads to it)"""
    steps: tuple[str, ...]
    """What a solver writes down on the way, in order."""
    options: tuple[str, ...] | None = None


def draw(rng: Generator, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return int(rng.integers(low, high + 1))


def draw_distinct(rng: Generator, low: int, high: int, count: int) -> list[int]:
    """Different whole numbers from `low` to `high`, both included, in random order."""
    return [low + int(i) for i in rng.choice(high - low + 1, size=count, replace=False)]


def latex(value: Fraction, command: str = "frac") -> str:
    """The value as LaTeX: a whole number, or a fraction with its sign in front."""
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return f"{sign}\\{command}{{{abs(value.numerator)}}}{{{value.denominator}}}"
