"""Long traces with known answers, for the benchmarks: made up, seeded, and never the same text.

References in the proportions of 19,888 real ones (integers 57 %, fractions 9 %, expressions,
lists, intervals, …); answers 49 % identical, 20 % written otherwise, the rest wrong neighbours.
"""

from dataclasses import dataclass

import numpy as np

KINDS = ("integer", "fraction", "expression", "constant", "list", "equation", "interval", "decimal")
SHARES = np.array([0.60, 0.10, 0.08, 0.06, 0.06, 0.04, 0.04, 0.02])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One response with its reference and whether its answer is right."""

    problem: str
    response: str
    reference: str
    equal: bool


def reference_of(kind: str, draw: np.random.Generator) -> tuple[str, str, str]:
    """A reference, the same value written otherwise, and a wrong neighbour."""
    a, b = (int(x) for x in draw.integers(2, 400, 2))
    below = 2 * b + 1
    forms = {
        "integer": (str(a * b), f"{a * b:,}", str(a * b + 1)),
        "fraction": (f"\\frac{{{a}}}{{{below}}}", f"{a}/{below}", f"\\frac{{{a + 1}}}{{{below}}}"),
        "expression": (f"(x+{a})(x-{b})", f"x^2+{a - b}x-{a * b}", f"(x+{a})(x+{b})"),
        "constant": (f"{a}\\sqrt{{{b}}}", f"\\sqrt{{{a * a * b}}}", f"{a}\\sqrt{{{b + 1}}}"),
        "list": (f"{a}, {-b}", f"{-b},{a}", f"{a}, {b}"),
        "equation": (f"y={a}x+{b}", f"{a}x-y+{b}=0", f"y={a}x-{b}"),
        "interval": (f"({-a},{b}]", f"{-a}<x\\le {b}", f"({-a},{b})"),
        "decimal": (f"{a}.25", f"{4 * a + 1}/4", f"{a}.5"),
    }  # fmt: skip
    return forms[kind]


def filler(size: int, draw: np.random.Generator) -> str:
    """Thinking of about `size` characters, with formulas and a box or two on the way."""
    parts: list[str] = []
    length = 0
    while length < size:
        a, b = draw.integers(1, 10**6, 2)
        part = (
            f"Let me see, so $x_{{{a % 9}}}={a}+{b}={a + b}$ and then we should check whether "
            f"\\(\\frac{{{a}}}{{{b}}}\\) is what the problem asks for. Wait, is {a % 97} right? "
            f"I think the sum over all cases gives {b % 1013}, but that needs the other bound.\n\n"
        )
        if a % 41 == 0:
            part += f"So the answer might be $\\boxed{{{b}}}$. Wait, no.\n"
        parts.append(part)
        length += len(part)
    return "".join(parts)


def rows(problems: int, rollouts: int, seed: int = 0) -> list[Row]:
    """Traces of 20 to 60 kB, some rollouts a problem; few distinct answers, as in real rollouts."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(problems):
        kind = str(draw.choice(KINDS, p=SHARES / SHARES.sum()))
        reference, other, wrong = reference_of(kind, draw)
        for _ in range(rollouts):
            chance = draw.random()
            answer = reference if chance < 0.49 else other if chance < 0.69 else wrong
            thinking = filler(int(draw.integers(20_000, 60_000)), draw)
            found.append(
                Row(
                    problem=f"Problem {number}: find the value asked for.",
                    response=f"<think>\n{thinking}</think>\n\nTherefore the answer is "
                    f"$\\boxed{{{answer}}}$.",
                    reference=reference,
                    equal=chance < 0.69,
                )
            )
    return found
