"""Long traces whose verdicts are known, for the benchmarks: made up, seeded, as large as wanted.

{"problem": "Problem 7: …", "response": "<think>\\n… \\\\boxed{12} …", "reference": "12",
 "planted": "correct"}

Kinds of references in the proportions of 19,888 real ones from MATH, GSM8K, OlympiadBench and other
sets; answers 49 % identical, 20 % written otherwise, the rest wrong neighbours; 20 to 60 kB of
thinking with inline formulas and boxes on the way; every third trace holds characters beyond ASCII.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

SHARES = {
    "integer": 57.4, "fraction": 9.2, "expression": 6.5, "constant": 4.8, "list": 4.7,
    "equation": 4.0, "interval": 2.9, "mixed": 2.7, "decimal": 1.6, "unit": 1.3,
    "inequality": 1.1, "degrees": 1.1, "matrix": 0.9, "letter": 0.6, "thousands": 0.5,
    "currency": 0.3, "percent": 0.3,
}  # fmt: skip
"""Percent of the real references that are of each kind."""
IDENTICAL, OTHERWISE = 0.49, 0.20
PARAGRAPHS = 20_000
REAL = Path(__file__).parents[2] / "shared" / "data" / "longcot_math_skythought.jsonl.gz"
SHORTEST, LONGEST = 20_000, 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """How many traces of which kind; the same seed makes the same bytes."""

    traces: int
    rollouts: int = 32
    distinct: bool = False
    """Whether every pair of answer and reference is another, as if nothing came twice."""
    real: bool = False
    """Whether the thinking is made of paragraphs of real traces."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A reference, the same value in other forms, and neighbours that are wrong."""

    reference: str
    otherwise: tuple[str, ...]
    wrong: tuple[str, ...]


def write_dump(path: Path, load: Workload) -> int:
    """Write the traces as lines of JSON; the size in bytes."""
    draw = np.random.default_rng(load.seed)
    paragraphs = real_paragraphs() if load.real else [paragraph(draw) for _ in range(PARAGRAPHS)]
    with path.open("wb") as file:
        for problem, task, answer, planted in answers(load, draw):
            record = {
                "problem": problem,
                "response": response(answer, paragraphs, draw),
                "reference": task.reference,
                "planted": planted,
            }
            file.write(orjson.dumps(record) + b"\n")
    return path.stat().st_size


def answers(load: Workload, draw: np.random.Generator) -> Iterator[tuple[str, Task, str, str]]:
    """Problem, task, answer and the verdict that it deserves, for each trace."""
    kinds, weights = list(SHARES), np.array(list(SHARES.values()))
    top = 10**7 if load.distinct else 400
    seen: set[tuple[str, str]] = set()
    for number in range(load.traces):
        if load.distinct or number % load.rollouts == 0:
            kind = str(draw.choice(kinds, p=weights / weights.sum()))
            task = task_of(kind, draw, top)
        answer, planted = answer_to(task, draw)
        while load.distinct and (answer, task.reference) in seen:
            task = task_of("integer", draw, top)  # a letter has too few values to be distinct
            answer, planted = answer_to(task, draw)
        seen.add((answer, task.reference))
        problem = number if load.distinct else number // load.rollouts
        yield f"Problem {problem}: find the value that is asked for.", task, answer, planted


def answer_to(task: Task, draw: np.random.Generator) -> tuple[str, str]:
    """One answer and its verdict: the reference itself, another form of it, or a neighbour."""
    chance = draw.random()
    if chance < IDENTICAL:
        return task.reference, "correct"
    if chance < IDENTICAL + OTHERWISE:
        return str(draw.choice(task.otherwise)), "correct"
    return str(draw.choice(task.wrong)), "incorrect"


# --- references -----------------------------------------------------------------------------------


def task_of(kind: str, draw: np.random.Generator, top: int) -> Task:
    """A task of one kind with numbers below `top`."""
    a, b, c = (int(x) for x in draw.integers(2, top, 3))
    odd, n = 2 * b + 1, a * b + 1
    tasks: dict[str, tuple[Sequence[object], ...]] = {
        "integer": (
            [n],
            [f"{n:,}", f"{n}.0", f"x={n}", f"\\text{{{n}}}", f"\\mathbf{{{n}}}", f"{n}."],
            [n + 1, -n, c + n],
        ),
        "fraction": (
            [f"\\frac{{{2 * a}}}{{{odd}}}"],
            [f"{2 * a}/{odd}", f"\\dfrac{{{4 * a}}}{{{2 * odd}}}", f"\\left({2 * a}/{odd}\\right)"],
            [f"\\frac{{{2 * a + 1}}}{{{odd}}}", f"-\\frac{{{2 * a}}}{{{odd}}}"],
        ),
        "expression": (
            [f"(x+{a})(x-{b})"],
            [f"x^2+{a}x-{b}x-{a * b}", f"(x-{b})(x+{a})", f"x^{{2}}-{a * b}+({a}-{b})x"],
            [f"(x+{a})(x+{b})", f"x^2-{a * b}", f"(x+{a + 1})(x-{b})"],
        ),
        "constant": (
            [f"{a}\\sqrt{{{b}}}"],
            [f"\\sqrt{{{a * a * b}}}", f"{a}\\cdot\\sqrt{{{b}}}", f"\\sqrt{{{b}}}\\times {a}"],
            [f"{a}\\sqrt{{{b + 1}}}", f"{a + 1}\\sqrt{{{b}}}", f"-{a}\\sqrt{{{b}}}"],
        ),
        "list": (
            [f"{a}, {-b}, {a + c}"],
            [f"{-b}, {a + c}, {a}", f"{a + c},{a},{-b}"],
            [f"{a}, {b}, {a + c}", f"{a}, {-b}"],
        ),
        "equation": (
            [f"y={a}x+{b}"],
            [f"{a}x-y+{b}=0", f"{2 * a}x-2y+{2 * b}=0", f"y = {b} + {a}x"],
            [f"y={a}x-{b}", f"y={a + 1}x+{b}"],
        ),
        "interval": (
            [f"({-a},{b}]"],
            [f"\\left({-a}, {b}\\right]", f"({-a}.0, {b}]"],
            [f"({-a},{b})", f"[{-a},{b}]", f"({-a},{b + 1}]"],
        ),
        "mixed": (
            [f"{a}\\frac{{1}}{{{odd}}}"],
            [f"\\frac{{{a * odd + 1}}}{{{odd}}}", f"{a * odd + 1}/{odd}"],
            [f"{a}\\frac{{2}}{{{odd}}}", f"\\frac{{{a}}}{{{odd}}}"],
        ),
        "decimal": (
            [f"{a}.25"],
            [f"{a}.250", f"\\frac{{{4 * a + 1}}}{{4}}"],
            [f"{a}.5", f"{a}.35"],
        ),
        "unit": (
            [f"{a}\\text{{ cm}}"],
            [f"{a} cm", f"{a}\\,\\mathrm{{cm}}"],
            [f"{a + 1}\\text{{ cm}}", f"{a}\\text{{ m}}"],
        ),
        "inequality": (
            [f"x \\le {a}"],
            [f"x\\leq {a}", f"{a} \\ge x"],
            [f"x < {a}", f"x \\ge {a}", f"x \\le {a + 1}"],
        ),
        "degrees": (
            [f"{a}^\\circ"],
            [f"{a}^{{\\circ}}", f"{a}"],
            [f"{a + 1}^\\circ", f"-{a}^\\circ"],
        ),
        "matrix": (
            matrix(a, b, c, "pmatrix"),
            matrix(a, b, c, "bmatrix"),
            matrix(a, b + 1, c, "pmatrix"),
        ),
        "letter": (["ABCD"[a % 4]], [f"({'ABCD'[a % 4]})"], ["ABCD"[(a + 1) % 4]]),
        "thousands": ([f"{1000 * n:,}"], [f"{1000 * n}"], [f"{1000 * n + 1:,}", f"{100 * n}"]),
        "currency": ([f"\\${a}.50"], [f"{a}.50", f"\\${a}.5"], [f"\\${a}.05", f"\\${a + 1}.50"]),
        "percent": ([f"{a}\\%"], [f"{a} \\%", f"{a}.0\\%"], [f"{a + 1}\\%", f"{a}0\\%"]),
    }  # fmt: skip
    reference, otherwise, wrong = tasks[kind]
    return Task(str(reference[0]), tuple(map(str, otherwise)), tuple(map(str, wrong)))


def matrix(a: int, b: int, c: int, name: str) -> list[str]:
    """A matrix of two rows, which is another one when its numbers are."""
    return [f"\\begin{{{name}}} {a} & {b} \\\\ {c + 400} & 1 \\end{{{name}}}"]


# --- responses ------------------------------------------------------------------------------------

WORDS = (
    "the of and to that we is in so this it for value case then be let which must have number sum "
    "but wait check from problem answer equation first if each are can term two by with all maybe "
    "since not hmm because compute same would there need therefore should integer think actually "
    "one triangle again side set possible original function when point as line square given other "
    "using what now angle total ratio where condition gives formula root product area following "
    "consider substitute simplify factor both means divide multiply constant polynomial prime even "
    "remainder probability circle radius length distance positive negative solution alternatively"
).split()
STEPS = (
    "so $x_{{{c}}} = {a} + {b} = {s}$", "and \\(\\frac{{{a}}}{{{b}}}\\) again", "which is {a}",
    "\n\\[ y^{{{c}}} - {a}y + {b} = 0 \\]\n", "that is ${a} \\cdot {b} = {p}$", "or {b} at most",
    "where $f({c}) = \\sqrt{{{a}}} \\le {b}$", "**Step {c}:**", "\n- for $n = {c}$: {a}\n",
)  # fmt: skip
SIGNS = ("≤", "×", "π", "√", "→", "²", "≠", "—", "θ")
CLOSINGS = (
    "The result of all this is $\\boxed{{{answer}}}$.",
    "**Final Answer**\n\n\\[\n\\boxed{{{answer}}}\n\\]",
    "We get $\\boxed{{{answer}}}$.\n\nTherefore, the final answer is $\\boxed{{{answer}}}$.",
    "### Conclusion\nSo the answer is\n$$\\boxed{{{answer}}}$$",
)


def real_paragraphs() -> list[str]:
    """Paragraphs of the real long traces about mathematics, each once, as they stand there."""
    with gzip.open(REAL, "rt", encoding="utf-8") as lines:
        thoughts = [json.loads(line)["response"] for line in lines]
    found = dict.fromkeys(piece for text in thoughts for piece in text.split("\n\n"))
    # A tag of thinking in the middle of it would end it.
    return [f"{piece}\n\n" for piece in found if 20 < len(piece) < 2000 and "<" not in piece]


def paragraph(draw: np.random.Generator) -> str:
    """A few sentences of a model that thinks aloud, with a box in one of thirty."""
    common = 1 / np.arange(1, len(WORDS) + 1)
    pieces = []
    for step in draw.choice(STEPS, int(draw.integers(2, 6))):
        words = draw.choice(WORDS, int(draw.integers(4, 14)), p=common / common.sum())
        a, b = (int(x) for x in draw.integers(1, 10**5, 2))
        pieces += [*words, step.format(a=a, b=b, c=a % 23, s=a + b, p=a * b)]
    end = f" So maybe $\\boxed{{{a % 997}}}$? No, wait." if draw.random() < 1 / 30 else "."
    return " ".join(pieces).capitalize() + end + "\n\n"


def response(answer: str, paragraphs: list[str], draw: np.random.Generator) -> str:
    """Thinking of 20 to 60 kB, then the answer in one of four ways."""
    size = int(draw.integers(SHORTEST, LONGEST))
    parts = [paragraphs[place] for place in draw.integers(0, len(paragraphs), size // 100)]
    thinking = "".join(parts)[:size].rpartition("\n\n")[0]
    if draw.random() < 1 / 3:
        thinking = thinking.replace("\\le ", f"{draw.choice(SIGNS)} ")
    closing = str(draw.choice(CLOSINGS)).format(answer=answer)
    return f"<think>\n{thinking}\n</think>\n\n{closing}"
