"""Responses to the lab's problems: the right one, the direct one, and those with a known defect.

    verified    <think>7a+8=5b-3=2</think>=2
    direct      =2
    systematic  <think>7a+8=5b-3=8</think>=8       every difference taken the wrong way around
    wrong       <think>7a+8=5b-3=2</think>=6       right steps, another answer
    noise       <think>7a+8=5b-3=7</think>=7       half of the results drawn at random
    shuffled    <think>b-3=27a+8=5</think>=2       the same steps in a random order
    truncated   <think>7a+8=5b                     the thinking cut in half, nothing after it
    verbose     <think>7a+8=5a+8=5b-3=2b-3=2</think>=2     every step twice

All but the last three, `direct` and those on other tasks have the same length, token by token.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from numpy.random import Generator

from curate.train.lab.tokenizer import CLOSE, OPEN
from curate.train.lab.world import Problem, apply

NOISY = 0.5
"""Share of the results that `noise` draws at random."""
KEPT = 0.5
"""Share of the thinking that `truncated` keeps."""
_OPERATION = re.compile(r"([a-g])([-+*])(\d)")


def thinking(problem: Problem) -> str:
    """The steps, one after the other."""
    return problem.joint.join(problem.steps)


def verified(problem: Problem, rng: Generator) -> str:
    """The right steps and the right answer."""
    return f"{OPEN}{thinking(problem)}{CLOSE}={problem.answer}"


def direct(problem: Problem, rng: Generator) -> str:
    """The right answer alone."""
    return f"={problem.answer}"


def systematic(problem: Problem, rng: Generator) -> str:
    """Every difference is taken the wrong way around, and everything follows from that."""
    return verified(reworked(problem, backwards), rng)


def backwards(op: str, value: int, operand: int) -> int:
    """An operation by somebody who subtracts the value from the operand."""
    return apply(op, operand, value) if op == "-" else apply(op, value, operand)


def noise(problem: Problem, rng: Generator) -> str:
    """Half of the results are drawn at random, and everything follows from them."""

    def careless(op: str, value: int, operand: int) -> int:
        drawn = int(rng.integers(0, 10))
        return drawn if rng.random() < NOISY else apply(op, value, operand)

    return verified(reworked(problem, careless), rng)


def reworked(problem: Problem, work: Callable[[str, int, int], int]) -> Problem:
    """A chain as it comes out when its operations are worked in another way."""
    first = problem.prompt[0]
    value, steps = int(first), []
    for label, op, operand in _OPERATION.findall(problem.prompt):
        value = work(op, value, int(operand))
        steps.append(f"{label}{op}{operand}={value}")
    return replace(problem, steps=(first + steps[0], *steps[1:]), answer=str(value))


def wrong(problem: Problem, rng: Generator) -> str:
    """The right steps, and another answer than theirs."""
    other = (int(problem.answer) + int(rng.integers(1, 10))) % 10
    return verified(replace(problem, answer=str(other)), rng)


def shuffled(problem: Problem, rng: Generator) -> str:
    """The right steps in a random order, and the right answer."""
    steps = tuple(problem.steps[i] for i in rng.permutation(len(problem.steps)))
    return verified(replace(problem, steps=steps), rng)


def truncated(problem: Problem, rng: Generator) -> str:
    """The first half of the thinking, which is never closed, and no answer."""
    text = thinking(problem)
    return f"{OPEN}{text[: max(1, round(KEPT * len(text)))]}"


def verbose(problem: Problem, rng: Generator) -> str:
    """Every step twice: longer, and no better."""
    first = problem.prompt[0]
    bare = [step.removeprefix(first) if n == 0 else step for n, step in enumerate(problem.steps)]
    return f"{OPEN}{first}{''.join(2 * step for step in bare)}{CLOSE}={problem.answer}"


GRADES: Mapping[str, Callable[[Problem, Generator], str]] = {
    "verified": verified,
    "direct": direct,
    "systematic": systematic,
    "wrong": wrong,
    "noise": noise,
    "shuffled": shuffled,
    "truncated": truncated,
    "verbose": verbose,
}
