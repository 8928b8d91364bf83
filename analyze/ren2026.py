"""The tables that Ren et al. 2026 (arXiv 2604.06628) published, and what can be read off them.

The file `ren2026.json` beside this one holds them cell by cell, in points of percent unless a
benchmark is a reward. They were transcribed from secondary sources; a cell in doubt says why. The
paper trained each condition once, so nothing here has an interval and nothing can be tested: what
is computed is the size of what was printed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LAST_STEP = 640
NO_TEST = (
    "one seed for each condition: no interval and no test is possible, and a difference of a few "
    "points may be noise"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One published number."""

    table: str
    base: str
    arm: str | None
    """None for the untrained base."""
    step: int
    benchmark: str
    domain: str
    unit: str
    """`percent` or `reward`."""
    value: float
    suspect: str | None
    """Why the cell may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dip:
    """What a published trajectory does, in points; paper.md's definition, a look and not a test."""

    base: str
    arm: str
    benchmark: str
    domain: str
    start: float
    trough: float
    trough_step: int
    depth: float
    """Trough minus start; not below 0 means that it never dips."""
    back_step: int | None
    """The first step after the trough that is above the base; None if there is none, or no dip."""
    last: float
    last_step: int
    net: float
    suspect: str | None

    @property
    def dips(self) -> bool:
        """Whether any checkpoint lies below the base."""
        return self.depth < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """Change of an arm over its own base in one table, in points or in reward."""

    table: str
    base: str
    arm: str
    step: int
    benchmark: str
    domain: str
    unit: str
    change: float
    suspect: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """Arms of a base from the best to the worst mean change over a domain, in points."""

    base: str
    domain: str
    arms: tuple[tuple[str, float], ...]
    suspect: tuple[str, ...]
    """Arms whose mean holds a cell in doubt."""


@cache
def published() -> Mapping[str, Any]:
    """The file as it is."""
    text = (resources.files("curate.analyze") / "ren2026.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def cells() -> tuple[Cell, ...]:
    """Every number of every table; a missing cell is left out."""
    benchmarks = published()["benchmarks"]
    return tuple(
        Cell(
            table=table["name"],
            base=row["base"],
            arm=row["arm"],
            step=row["step"],
            benchmark=name,
            domain=benchmarks[name]["domain"],
            unit=benchmarks[name]["unit"],
            value=value,
            suspect=doubt(table, number, name),
        )
        for table in published()["tables"]
        for number, row in enumerate(table["rows"])
        for name, value in zip(table["columns"], row["values"], strict=True)
        if value is not None
    )


def doubt(table: Mapping[str, Any], row: int, column: str) -> str | None:
    """Why a cell is suspect, if it is."""
    found = (s["reason"] for s in table["suspect"] if (s["row"], s["column"]) == (row, column))
    return next(found, None)


def base_of(cell: Cell) -> Cell | None:
    """The untrained base of a cell: of its own table, else of Table 5."""
    same = [
        one
        for one in cells()
        if one.arm is None and (one.base, one.benchmark) == (cell.base, cell.benchmark)
    ]
    own = [one for one in same if one.table == cell.table]
    return next(iter(own or same), None)


@cache
def deltas() -> tuple[Delta, ...]:
    """Change over the base for every trained cell that has a base."""
    return tuple(
        Delta(
            table=cell.table,
            base=cell.base,
            arm=cell.arm,
            step=cell.step,
            benchmark=cell.benchmark,
            domain=cell.domain,
            unit=cell.unit,
            change=cell.value - start.value,
            suspect=cell.suspect or start.suspect,
        )
        for cell in cells()
        if cell.arm is not None and (start := base_of(cell)) is not None
    )


def dips() -> tuple[Dip, ...]:
    """Every published trajectory of three checkpoints or more."""
    found: dict[tuple[str, str, str, str], list[Cell]] = {}
    for cell in cells():
        if cell.arm is not None:
            key = (cell.table, cell.base, cell.arm, cell.benchmark)
            found.setdefault(key, []).append(cell)
    return tuple(
        dip_of(start, trained)
        for trained in found.values()
        if len(trained) >= 3 and (start := base_of(trained[0])) is not None
    )


def dip_of(start: Cell, trained: Sequence[Cell]) -> Dip:
    """The lowest checkpoint, how deep it lies under the base, and the first one above the base."""
    low = min(trained, key=lambda cell: cell.value)
    after = [cell.step for cell in trained if cell.step > low.step and cell.value > start.value]
    last = trained[-1]
    return Dip(
        base=last.base,
        arm=last.arm or "",
        benchmark=last.benchmark,
        domain=last.domain,
        start=start.value,
        trough=low.value,
        trough_step=low.step,
        depth=low.value - start.value,
        back_step=min(after, default=None) if low.value < start.value else None,
        last=last.value,
        last_step=last.step,
        net=last.value - start.value,
        suspect=next((c.suspect for c in (start, *trained) if c.suspect), None),
    )


def orderings(domains: Sequence[str] = ("id", "ood")) -> tuple[Ordering, ...]:
    """The arms of Table 2 by their mean change over each domain, best first."""
    mine = [delta for delta in deltas() if delta.table == "Table 2" and delta.unit == "percent"]
    return tuple(
        ordering([d for d in mine if d.base == base and d.domain == domain], base, domain)
        for base in dict.fromkeys(delta.base for delta in mine)
        for domain in domains
    )


def ordering(found: Sequence[Delta], base: str, domain: str) -> Ordering:
    """Arms of one base and domain."""
    means = {
        arm: mean([delta.change for delta in found if delta.arm == arm])
        for arm in dict.fromkeys(delta.arm for delta in found)
    }
    # A doubtful base moves every arm alike and no ordering; only an arm's own cell can.
    trained = {(c.arm, c.benchmark) for c in cells() if c.table == "Table 2" and c.suspect
               and c.base == base and c.arm is not None}  # fmt: skip
    own = {delta.arm for delta in found if (delta.arm, delta.benchmark) in trained}
    ranked = sorted(means.items(), key=lambda pair: (-pair[1], pair[0]))
    return Ordering(
        base=base,
        domain=domain,
        arms=tuple(ranked),
        suspect=tuple(arm for arm, _ in ranked if arm in own),
    )


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return sum(values) / len(values)


# --- names ----------------------------------------------------------------------------------------

ALIASES = {
    "aime2024": "AIME24",
    "alpacaeval": "AlpacaEval RM",
    "alpacaeval2": "AlpacaEval RM",
    "gpqa": "GPQA-Diamond",
    "gpqad": "GPQA-Diamond",
    "hendrycksmath500": "MATH500",
    "lcb": "LiveCodeBench v2",
    "lcbv2": "LiveCodeBench v2",
    "livecodebench": "LiveCodeBench v2",
    "minervamath500": "MATH500",
    "truthfulqa": "TruthfulQA helpful",
}
ARM_ALIASES = {
    "cot": "Math-CoT",
    "mathcot": "Math-CoT",
    "longcot": "Math-CoT",
    "nocot": "Math-NoCoT",
    "mathnocot": "Math-NoCoT",
    "direct": "Math-NoCoT",
    "humansolutions": "NuminaMath",
    "numinamath": "NuminaMath",
    "numina": "NuminaMath",
    "countdown": "Countdown-CoT",
    "countdowncot": "Countdown-CoT",
}


def plain(name: str) -> str:
    """A name without case and signs: `MATH-500` and `math_500` are `math500`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def benchmark_named(suite: str) -> str | None:
    """The paper's benchmark under another's name for it."""
    known = {plain(name): name for name in published()["benchmarks"]} | ALIASES
    return known.get(plain(suite))


def arm_named(arm: str) -> str | None:
    """The paper's arm under another's name for it."""
    return ARM_ALIASES.get(plain(arm))


def domain_named(suite: str) -> str | None:
    """The domain in which the paper put a benchmark."""
    name = benchmark_named(suite)
    return None if name is None else str(published()["benchmarks"][name]["domain"])
