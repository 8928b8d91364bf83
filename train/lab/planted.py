"""Studies with a planted truth: what an analysis must find, without any training.

A plan says the true mean score of every arm at every checkpoint; `planted_table` draws items, seeds
and samples around it. Shapes are written relative to the base, in points of score:

    shape            per checkpoint (of 8)                                     end
    flat             0 everywhere                                               0
    rise             straight up to `gain`                                      gain
    dip              down to −depth at the third checkpoint, up to `gain`       gain
    drop             down to −depth at the third checkpoint, and stays          −depth
    partial          down to −depth, back half of the way                       −depth / 2
    hump             up to +depth at the third checkpoint, down to `gain`       gain
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

STEPS = (10, 20, 40, 80, 160, 320, 480, 640)
"""Checkpoints of the paper (arXiv 2604.06628, section 3.1)."""


def flat(n: int, *, gain: float = 0.0, depth: float = 0.0) -> tuple[float, ...]:
    """No change at any checkpoint."""
    return (0.0,) * n


def rise(n: int, *, gain: float = 0.1, depth: float = 0.0) -> tuple[float, ...]:
    """Straight up."""
    return tuple(gain * (i + 1) / n for i in range(n))


def between(n: int, trough: float, end: float) -> tuple[float, ...]:
    """Straight to `trough` at the third checkpoint, then straight to `end` at the last."""
    at = min(2, n - 1)
    first = [trough * (i + 1) / (at + 1) for i in range(at + 1)]
    rest = [trough + (end - trough) * i / max(1, n - 1 - at) for i in range(1, n - at)]
    return (*first, *rest)


def dip(n: int, *, gain: float = 0.05, depth: float = 0.1) -> tuple[float, ...]:
    """Down first, then up to `gain`."""
    return between(n, -depth, gain)


def drop(n: int, *, gain: float = 0.0, depth: float = 0.1) -> tuple[float, ...]:
    """Down, and stays there: the least favourable null of a test for dip and recovery."""
    return between(n, -depth, -depth)


def partial(n: int, *, gain: float = 0.0, depth: float = 0.1) -> tuple[float, ...]:
    """Down, and half of the way back."""
    return between(n, -depth, -depth / 2)


def hump(n: int, *, gain: float = 0.0, depth: float = 0.1) -> tuple[float, ...]:
    """Up first, then down to `gain`."""
    return between(n, depth, gain)


SHAPES: Mapping[str, Callable[..., tuple[float, ...]]] = MappingProxyType(
    {"flat": flat, "rise": rise, "dip": dip, "drop": drop, "partial": partial, "hump": hump}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A suite of items with its own base score."""

    name: str
    domain: str
    """`id`, `ood`, `general` or `safety`"""
    range: str | None = None
    """`near`, `far` or None"""
    base: float = 0.5
    """True mean score of the untrained base, in (0, 1)"""
    items: int = 200
    cluster_size: int = 1
    """Items of a cluster share a part of their difficulty"""
    chance: float = 0.0
    should_refuse: bool | None = None
    """None outside safety"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """An arm and what it does, in points of score relative to the base."""

    name: str
    role: str = "arm"
    dose: float | None = None
    levels: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """For a domain, or a suite, which wins: the change at every checkpoint; else none"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base model."""

    name: str = "base"
    capability: float = 0.5
    """Its true capability; `Plan.slope` acts on what it differs from the mean of the bases"""
    shift: float = 0.0
    """Added to the base score of all suites"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How much varies by chance."""

    seed_sd: float = 0.02
    """SD between training runs of the true score at a checkpoint, in points of score"""
    seed_correlation: float = 0.6
    """… and its correlation from one checkpoint to the next, in [0, 1)"""
    seed_shared: float = 0.0
    """Share of that variance that runs of the same seed have in common across arms, in [0, 1]"""
    item_sd: float = 1.0
    """SD of the difficulty of items, in probits (1.0 is 1.6 logits)"""
    cluster_share: float = 0.3
    """Share of that variance that lies between clusters, in [0, 1]"""
    arm_item_sd: float = 0.2
    """SD of the interaction of arm and item, in probits"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is planted."""

    name: str = "planted"
    suites: tuple[Suite, ...] = (Suite(name="math", domain="id"),)
    arms: tuple[Arm, ...]
    bases: tuple[Base, ...] = (Base(),)
    seeds: int = 3
    samples: int = 1
    steps: tuple[int, ...] = STEPS
    slope: float = 0.0
    """Points of final score that one unit of capability adds to the change by every arm"""
    adoption: tuple[float, ...] | None = None
    """Share of responses that think, at the base and at every checkpoint; None: no modes at all"""
    noise: Noise = Noise()
    contrasts: tuple[tuple[str, str], ...] = ()
    tokens_per_step: int = 4096
    examples_per_step: int = 64


def true_mean(plan: Plan, arm: Arm | None, base: Base, suite: Suite, index: int) -> float:
    """The true mean score in [0.001, 0.999]; `index` is −1 for the base, which has no arm."""
    start = suite.base + base.shift
    if arm is None or index < 0:
        return clipped(start)
    changes = arm.changes.get(suite.name, arm.changes.get(suite.domain))
    change = changes[index] if changes else 0.0
    if changes and plan.slope:
        mean = sum(one.capability for one in plan.bases) / len(plan.bases)
        change += plan.slope * (base.capability - mean) * (index + 1) / len(plan.steps)
    return clipped(start + change)


def clipped(value: float) -> float:
    """The nearest score that still has a probit."""
    return min(0.999, max(0.001, value))


def dose_arms(
    doses: Sequence[float],
    *,
    high: Sequence[float],
    low: Sequence[float],
    domain: str = "id",
    threshold: float | None = None,
) -> tuple[Arm, ...]:
    """Nested doses of a bad grade: the changes go from `high` (0) to `low` (1).

    In a straight line, or, with a threshold, along a smooth step of width 0.1 there.
    """
    return tuple(
        Arm(
            name=f"dose-{round(100 * dose)}",
            role="dose",
            dose=dose,
            grades={"good": 1 - dose, "bad": dose},
            changes={
                domain: [
                    h + (lo - h) * response(dose, threshold)
                    for h, lo in zip(high, low, strict=True)
                ]
            },
        )
        for dose in doses
    )


def response(dose: float, threshold: float | None) -> float:
    """How far a dose has come from no effect (0) to the whole effect (1)."""
    if threshold is None:
        return dose
    return 1 / (1 + math.exp(-(dose - threshold) / 0.05))


def design(plan: Plan) -> dict[str, object]:
    """What `design.json` of the study says."""
    first = plan.arms[0].name
    return {
        "name": plan.name,
        "arms": {
            arm.name: {
                "role": arm.role,
                "dose": arm.dose,
                "levels": dict(arm.levels),
                "grades": dict(arm.grades),
                "shares": {},
                "rows": plan.steps[-1] * plan.examples_per_step,
                "tokens": plan.steps[-1] * plan.tokens_per_step,
            }
            for arm in plan.arms
        },
        "contrasts": [list(pair) for pair in plan.contrasts]
        or [[arm.name, first] for arm in plan.arms[1:]],
        "domains": list(dict.fromkeys(suite.domain for suite in plan.suites)),
        "margin": 0.02,
        "safety_margin": 0.02,
        "alpha": 0.05,
        "window": 2,
        "primary": "exploratory",
        "balance": None,
    }
