r"""A synthetic dump with planted truth, for the demo, the tests and the benchmarks.

One row of the flat shape (`planted_…` is the truth that a verifier should find):

    {"id": "fraction-00017-2", "kind": "fraction", "problem": "What is …?",
     "reference": "\frac{5}{6}", "options": null, "response": "<think>…</think>…\boxed{5/6}",
     "finish_reason": "stop", "planted_verdict": "correct", "planted_why": "a slash for \frac"}

The `generations` shape has a row for each problem, and lists where the flat one has texts.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path

import numpy
from numpy.random import Generator

from curate.io import replacing
from curate.sample.kinds import KINDS
from curate.sample.task import Task, draw
from curate.sample.writing import cut_off, finished, silent
from curate.verdict import Verdict

ROLLOUTS = 4


class Shape(StrEnum):
    """How the responses to one problem lie in the dump."""

    FLAT = "flat"
    GENERATIONS = "generations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One row of the flat shape; see the top of this file."""

    id: str
    kind: str
    problem: str
    reference: str | dict[str, object] | None
    options: tuple[str, ...] | None
    response: str
    finish_reason: str
    planted_verdict: str
    planted_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAccount:
    """What was written, so that a verifier's account can be held against it."""

    path: str
    shape: str
    seed: int
    problems: int
    traces: int
    verdicts: dict[str, int]
    broken: dict[str, int]

    def __str__(self) -> str:
        planted = ", ".join(f"{count:,} {verdict}" for verdict, count in self.verdicts.items())
        broken = ", ".join(f"{count:,} {how}" for how, count in self.broken.items())
        return (
            f"{self.traces:,} traces of {self.problems:,} problems: {planted}\n"
            f"{self.broken_lines:,} broken lines{f': {broken}' if broken else ''}\n"
            f"wrote `{self.path}`; the truth is in `planted_verdict` and `planted_why`"
        )

    @property
    def broken_lines(self) -> int:
        """How many lines no reader can use."""
        return sum(self.broken.values())


def plant_response(
    rng: Generator, kind: str, task: Task, *, skill: float
) -> tuple[str, str, Verdict, str]:
    """A response, why it stopped, its verdict, and the reason for the verdict."""
    luck = rng.random()
    if luck < 0.04:
        return cut_off(rng, task), "length", Verdict.UNPARSED, "cut off while thinking"
    if luck < 0.06:
        return silent(rng, task), "stop", Verdict.UNPARSED, "stopped after thinking"
    right = rng.random() < skill
    answers = task.right if right else task.wrong
    answer, why = answers[draw(rng, 0, len(answers) - 1)]
    verdict = Verdict.CORRECT if right else Verdict.INCORRECT
    return finished(rng, kind, task, answer), "stop", verdict, why


def plant_problem(rng: Generator, number: int, rollouts: int) -> Iterator[Planted]:
    """The rollouts of one problem; one problem in 50 has lost its reference."""
    kind = list(KINDS)[number % len(KINDS)]
    task = KINDS[kind](rng)
    skill, lost = rng.uniform(0.1, 1.0), rng.random() < 0.02
    for rollout in range(rollouts):
        response, finish_reason, verdict, why = plant_response(rng, kind, task, skill=skill)
        yield Planted(
            id=f"{kind}-{number:05}-{rollout}",
            kind=kind,
            problem=task.problem,
            reference=None if lost else task.reference,
            options=task.options,
            response=response,
            finish_reason=finish_reason,
            planted_verdict=Verdict.UNVERIFIABLE if lost else verdict,
            planted_why="the reference was lost" if lost else why,
        )


def plant(traces: int, seed: int) -> Iterator[Planted]:
    """`traces` planted traces; the same for the same numbers, everywhere."""
    rng = numpy.random.default_rng(seed)
    for number, first in enumerate(range(0, traces, ROLLOUTS)):
        yield from plant_problem(rng, number, min(ROLLOUTS, traces - first))


def flat_rows(planted: Iterator[Planted]) -> Iterator[dict[str, object]]:
    """A row for each trace."""
    for trace in planted:
        yield asdict(trace)


def generation_rows(planted: Iterator[Planted]) -> Iterator[dict[str, object]]:
    """A row for each problem, with lists of what differs from response to response."""
    for _, group in groupby(planted, key=lambda trace: trace.id.rpartition("-")[0]):
        traces = list(group)
        first = traces[0]
        yield {
            "id": first.id.rpartition("-")[0],
            "kind": first.kind,
            "problem": first.problem,
            "answer": first.reference,
            "options": first.options,
            "generations": [trace.response for trace in traces],
            "finish_reasons": [trace.finish_reason for trace in traces],
            "planted_verdict": [trace.planted_verdict for trace in traces],
            "planted_why": [trace.planted_why for trace in traces],
        }


def broken_lines(count: int) -> list[tuple[str, bytes]]:
    """Lines that cannot be read, each with what is wrong with it."""
    ways = (
        ("cut JSON", b'{"problem": "What is 1 + 1?", "reference": "2", "response": "It is'),
        ("invalid UTF-8", b'{"problem": "What is \xff?", "reference": "2", "response": "2"}'),
        ("without a response", b'{"problem": "What is 1 + 2?", "reference": "3"}'),
        ("not an object", b'["What is 1 + 3?", "4"]'),
    )
    return [ways[number % len(ways)] for number in range(count)]


def lines_of(
    rows: Iterator[dict[str, object]], broken: list[tuple[str, bytes]], every: int
) -> Iterator[bytes]:
    """The rows as JSON lines, a broken line after each `every` of them, the rest at the end."""
    left = [line for _, line in broken]
    for number, row in enumerate(rows, start=1):
        yield json.dumps(row, ensure_ascii=False).encode()
        if number % every == 0 and left:
            yield left.pop(0)
    yield from left


def write_sample(path: Path, *, traces: int, seed: int, broken: int, shape: Shape) -> SampleAccount:
    """Writes the dump, whole or not at all, and says what is in it."""
    verdicts: Counter[str] = Counter()

    def counted() -> Iterator[Planted]:
        for trace in plant(traces, seed):
            verdicts[trace.planted_verdict] += 1
            yield trace

    rows = flat_rows(counted()) if shape is Shape.FLAT else generation_rows(counted())
    lines = broken_lines(broken)
    with replacing(path) as unfinished, unfinished.open("wb") as out:
        out.writelines(line + b"\n" for line in lines_of(rows, lines, max(1, traces // 20)))
    return SampleAccount(
        path=str(path),
        shape=shape,
        seed=seed,
        problems=-(-traces // ROLLOUTS),
        traces=traces,
        verdicts={str(name): verdicts[name] for name in Verdict if verdicts[name]},
        broken=dict(Counter(how for how, _ in lines)),
    )
