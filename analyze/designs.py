"""What the arms of a study are to each other, read from its `design.json`.

An arm there is, for example::

    "dose-50": {"role": "dose", "dose": 0.5, "levels": {}, "grades": {"correct": 0.5,
                "incorrect": 0.5}, "shares": {}, "rows": 208, "tokens": 61957}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from curate.analyze.panel import Floats
from curate.errors import InputError

Design = Mapping[str, Any]
NEAR = 0.005
"""Shares of grades that differ by less are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseArms:
    """The arms of a dose–response and its controls."""

    arms: tuple[str, ...]
    """With a dose, ascending."""
    doses: tuple[float, ...]
    controls: tuple[tuple[str, str], ...]
    """Pairs that are expected not to differ: an arm and itself drawn again, and arms with shuffled
    grades among each other."""

    @property
    def control_arms(self) -> tuple[str, ...]:
        """Every arm of a control pair, once."""
        return tuple(dict.fromkeys(name for pair in self.controls for name in pair))


def dose_arms(design: Design) -> DoseArms | None:
    """The dose–response in a design; None where fewer than two arms have a dose."""
    arms: Mapping[str, Any] = design["arms"]
    dosed = sorted(
        (float(arm["dose"]), name)
        for name, arm in arms.items()
        if arm.get("role") == "dose" and arm.get("dose") is not None
    )
    if len(dosed) < 2:
        return None
    again = [
        (name, other)
        for name, arm in arms.items()
        if arm.get("role") == "again"
        for _, other in dosed
        if same_grades(arm, arms[other])
    ]
    shuffled = [name for name, arm in arms.items() if arm.get("role") == "shuffled"]
    return DoseArms(
        arms=tuple(name for _, name in dosed),
        doses=tuple(dose for dose, _ in dosed),
        controls=(*again, *combinations(shuffled, 2)),
    )


def same_grades(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two arms hold the same shares of every grade."""
    left, right = first.get("grades") or {}, second.get("grades") or {}
    names = {*left, *right}
    return bool(names) and all(abs(left.get(n, 0) - right.get(n, 0)) < NEAR for n in names)


def factor_arms(design: Design) -> tuple[tuple[str, ...], list[dict[str, str]]] | None:
    """Arms with factor levels, and their levels; None where fewer than four arms have any.

    Factors of which all arms have the same level are left out.
    """
    found = {name: arm["levels"] for name, arm in design["arms"].items() if arm.get("levels")}
    if len(found) < 4:
        return None
    factors = {factor for levels in found.values() for factor in levels}
    varied = [
        factor
        for factor in sorted(factors)
        if len({str(levels.get(factor)) for levels in found.values()}) > 1
    ]
    return tuple(found), [{f: str(levels.get(f)) for f in varied} for levels in found.values()]


def swarm_arms(design: Design) -> tuple[tuple[str, ...], tuple[str, ...], Floats] | None:
    """Arms with shares of strata, the strata, and the shares (arm, stratum); None without any."""
    found = {name: arm["shares"] for name, arm in design["arms"].items() if arm.get("shares")}
    if len(found) < 2:
        return None
    strata = tuple(sorted({name for shares in found.values() for name in shares}))
    return tuple(found), strata, np.array([[s.get(n, 0.0) for n in strata] for s in found.values()])


def subset_arms(design: Design) -> tuple[tuple[str, ...], list[frozenset[str]]] | None:
    """Arms as subsets of strata, for Shapley values, if levels say which strata each arm holds.

    A factor whose levels are `yes` and `no` (or 1 and 0, `in` and `out`) is a stratum.
    """
    factors = factor_arms(design)
    if factors is None:
        return None
    arms, levels = factors
    words = {"yes": True, "1": True, "in": True, "True": True}
    words |= {"no": False, "0": False, "out": False, "False": False}
    if not all(level in words for row in levels for level in row.values()):
        return None
    return arms, [frozenset(f for f, level in row.items() if words[level]) for row in levels]


def named(design: Design, arms: Sequence[str]) -> list[Mapping[str, Any]]:
    """The entries of some arms."""
    missing = [name for name in arms if name not in design["arms"]]
    if missing:
        raise InputError(
            f"the design has no arm {', '.join(f'`{name}`' for name in missing)}",
            why=f"its arms are {', '.join(design['arms'])}",
            fix="name arms of the study",
        )
    return [design["arms"][name] for name in arms]
