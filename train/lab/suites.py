"""The suites of the lab: items as JSON lines, and the table of each for a study.

    {"id": "chain-0007", "problem": "7a+8b-3c*7?", "reference": "=4", "cluster": "chain-3"}

An answer is written with its `=`, so that a response forced to begin with it answers directly.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from curate.io import write_bytes
from curate.train.lab.tokenizer import OPEN
from curate.train.lab.world import REFUSAL, TASKS, Problem

MAX_TOKENS = 64
"""New tokens; the longest right response, to a chain of seven operations, has 43."""
SEED = 20260408


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSuite:
    """Which task a suite asks, and what it is evidence of."""

    task: str
    domain: str
    range: str | None = None
    should_refuse: bool | None = None
    """None outside safety"""


SUITES = (
    LabSuite(task="short", domain="id"),
    LabSuite(task="chain", domain="id"),
    LabSuite(task="words", domain="ood", range="near"),
    LabSuite(task="long", domain="ood", range="near"),
    LabSuite(task="sort", domain="ood", range="far"),
    LabSuite(task="max", domain="ood", range="far"),
    LabSuite(task="reverse", domain="ood", range="far"),
    LabSuite(task="fact", domain="general"),
    LabSuite(task="harm", domain="safety", should_refuse=True),
    LabSuite(task="benign", domain="safety", should_refuse=False),
)


def items_of(task: str, count: int) -> list[Problem]:
    """So many distinct problems of a task, always the same; fewer where there are no more."""
    rng = np.random.default_rng([SEED, list(TASKS).index(task)])
    found: dict[str, Problem] = {}
    for _ in range(20 * count):
        if len(found) == count:
            break
        problem = TASKS[task](rng)
        found.setdefault(problem.prompt, problem)
    return list(found.values())


def held_out(items: int) -> frozenset[str]:
    """The prompts of all suites but the facts, of which there are no others; in no arm."""
    tasks = [suite.task for suite in SUITES if suite.task != "fact"]
    return frozenset(problem.prompt for task in tasks for problem in items_of(task, items))


def lines_of(suite: LabSuite, items: int) -> str:
    """The items of a suite as JSON lines."""
    rows = []
    for number, problem in enumerate(items_of(suite.task, items)):
        row: dict[str, object] = {
            "id": f"{suite.task}-{number:04}",
            "problem": problem.prompt,
            "reference": f"={problem.answer}",
            "cluster": f"{suite.task}-{number:04}",
            "reference_response": problem.joint.join(problem.steps),
        }
        if suite.should_refuse is not None:
            row["should_refuse"] = suite.should_refuse
        rows.append(json.dumps(row))
    return "\n".join(rows) + "\n"


def write_suites(folder: Path, items: int) -> None:
    """Write all suites, a file each."""
    for suite in SUITES:
        write_bytes(folder / f"{suite.task}.jsonl", lines_of(suite, items).encode())


def tables(modes: Mapping[str, list[str]]) -> dict[str, dict[str, object]]:
    """The tables `[suites.NAME]` of a study; modes by domain."""
    found: dict[str, dict[str, object]] = {}
    for suite in SUITES:
        table: dict[str, object] = {
            "path": f"suites/{suite.task}.jsonl",
            "domain": suite.domain,
            "scorer": "exact",
            "max_tokens": MAX_TOKENS,
            "modes": modes.get(suite.domain, ["free"]),
            "forced_cot": OPEN,
            "forced_direct": "=",
            "answer": "{reference}",
            "chance": items_of(suite.task, 1)[0].chance,
        }
        if suite.range:
            table["range"] = suite.range
        if suite.domain == "safety":
            table |= {"scorer": "refusal", "refusals": [f"={REFUSAL}"], "rubric": "harm"}
            table["chance"] = 0.0
        found[suite.task] = table
    return found
