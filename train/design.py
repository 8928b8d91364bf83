"""`design.json`: what the analysis must know of the arms and of what was declared beforehand."""

from collections.abc import Sequence
from typing import Any

from curate.errors import InputError
from curate.train.arms import Arm, manifest_of
from curate.train.study import Study

NOISE = ("again", "shuffled")
"""Roles of arms that differ from others by chance alone."""


def design_of(study: Study, arms: Sequence[Arm], *, confirmatory: bool) -> dict[str, Any]:
    """The design in plain values, as the contract between study and analysis has it."""
    return declared(study) | {
        "arms": {arm.name: about(arm) for arm in first_draw(arms)},
        "draws": 1 + max(arm.draw for arm in arms),
        "contrasts": [list(pair) for pair in contrasts_of(study, arms)],
        "primary": "confirmatory" if confirmatory else "exploratory",
        "balance": of_mixture(study, "balance"),
        "graders": graders_of(study),
    }


def declared(study: Study) -> dict[str, Any]:
    """What a study declares before a result is seen, whatever its arms are."""
    analysis = study.analysis
    domains = list(dict.fromkeys(suite.domain for suite in study.suites))
    return {
        "name": study.name,
        "domains": list(analysis.domains) or domains,
        "margin": analysis.margin,
        "safety_margin": analysis.safety_margin,
        "alpha": analysis.alpha,
        "window": analysis.window,
    }


def about(arm: Arm) -> dict[str, Any]:
    """What the design says of one arm."""
    return {
        "role": arm.role,
        "dose": arm.dose,
        "levels": dict(arm.levels),
        "grades": dict(arm.grades),
        "shares": dict(arm.shares),
        "rows": arm.rows,
        "tokens": arm.tokens,
    }


def first_draw(arms: Sequence[Arm]) -> list[Arm]:
    """The arms by name, of several draws the first."""
    return list({arm.name: arm for arm in reversed(arms)}.values())[::-1]


def contrasts_of(study: Study, arms: Sequence[Arm]) -> list[tuple[str, str]]:
    """The primary family: as declared, or every arm against the reference.

    The reference is the arm of dose 0, or the first one; arms that measure noise are not tested.

    Raises:
        InputError: a declared contrast names no arm.
    """
    names = [arm.name for arm in first_draw(arms)]
    for name in (name for pair in study.analysis.contrasts for name in pair):
        if name not in names:
            raise InputError(
                f"a contrast names the arm `{name}`, which the study has not",
                why=f"its arms are {', '.join(names)}",
                fix="correct `contrasts` in `[analysis]`",
            )
    if study.analysis.contrasts:
        return [(arm, reference) for arm, reference in study.analysis.contrasts]
    reference = next((arm.name for arm in arms if arm.dose == 0), names[0])
    others = [arm for arm in first_draw(arms) if arm.name != reference]
    tested = [arm.name for arm in others if arm.role not in NOISE]
    return [(name, reference) for name in tested or [arm.name for arm in others]]


def of_mixture(study: Study, part: str) -> Any:  # noqa: ANN401 - plain values
    """A part of the manifest of the (first) mixture; None where the arms are of no design."""
    designs = study.arms.designs
    return manifest_of(study.folder / designs[0]).get(part) if designs else None


def graders_of(study: Study) -> dict[str, dict[str, Any]]:
    """How far second graders agree with the grades of the doses, over all candidates."""
    return {
        name: {"agreement": about["agreement"], "confusion": about["confusion"]}
        for name, about in (of_mixture(study, "graders") or {}).items()
    }
