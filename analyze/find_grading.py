"""What the errors of the grader do to a dose slope, where the mixture had a second grader."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from curate.analyze.interval import Estimate
from curate.analyze.misclassification import (
    CorrectedSlope,
    GraderError,
    corrected,
    from_agreement,
    from_second_grader,
)
from curate.analyze.records import Regraded, Value
from curate.analyze.scopes import Scopes
from curate.analyze.study import Arm

SAME = 1e-6
"""Shares of rows that differ by less are the same."""


def regraded(found: Scopes, slope: Estimate, held: Sequence[str]) -> tuple[Regraded, ...]:
    """The slope per true dose by every second grader that knows both grades of the doses."""
    grades = graded_pair([found.design.arms[name] for name in held])
    if grades is None:
        return ()
    made = (
        found.attempt(f"the correction by `{grader}`", by_grader, grader, about, grades, slope)
        for grader, about in found.design.graders.items()
        if set(grades) <= set(about.get("confusion", {}))
    )
    return tuple(one for one in made if one is not None)


def graded_pair(arms: Sequence[Arm]) -> tuple[str, str] | None:
    """The grade that the doses take away, and the one that they bring; None if not just two."""
    ends = (
        min(arms, key=lambda arm: arm.dose or 0.0).grades,
        max(arms, key=lambda arm: arm.dose or 0.0).grades,
    )
    change = {
        grade: ends[1].get(grade, 0.0) - ends[0].get(grade, 0.0)
        for grade in dict.fromkeys((*ends[0], *ends[1]))
    }
    less = [grade for grade, by in change.items() if by < -SAME]
    more = [grade for grade, by in change.items() if by > SAME]
    return (less[0], more[0]) if len(less) == len(more) == 1 else None


def by_grader(
    grader: str, about: Mapping[str, Any], grades: tuple[str, str], slope: Estimate
) -> Regraded:
    """Both readings of what the graders' disagreement means.

    Raises:
        InputError: the first grader is no better than chance beside the second.
    """
    rng = np.random.default_rng(0)
    high, low = grades
    table = about["confusion"]
    right = from_second_grader(table, high, low, rng)
    alike = from_agreement(
        table[low][low], table[high][high], table[low][high] + table[high][low], rng
    )
    return Regraded(
        grader=grader,
        traces=sum(table[a][b] for a in grades for b in grades),
        agreement=float(about["agreement"]),
        if_right=value(corrected(slope, right, rng)),
        real_if_right=real(right),
        if_alike=value(corrected(slope, alike, rng)),
        real_if_alike=real(alike),
    )


def value(slope: CorrectedSlope) -> Value:
    """A corrected slope; without limits where the grader may be no better than chance."""
    if not slope.bounded:
        return Value(value=slope.value)
    return Value(value=slope.value, low=slope.low, high=slope.high)


def real(grader: GraderError) -> Value:
    """The attenuation."""
    low, high = grader.interval
    return Value(value=grader.attenuation, low=low, high=high)
