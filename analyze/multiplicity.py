"""Several questions, one error rate: Holm in the declared family, Benjamini–Hochberg in a scan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from curate.analyze.effects import Effect
from curate.analyze.panel import Floats, Ints


class Family(StrEnum):
    """Whether a question was declared before the data were seen."""

    PRIMARY = "primary"
    """Declared; the chance of any false claim among these is at most alpha (Holm)."""
    EXPLORATORY = "exploratory"
    """Looked at afterwards; of the claims, a share of alpha may be false (Benjamini–Hochberg)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An effect, its family and what is left of its p."""

    effect: Effect
    family: Family
    adjusted_p: float | None
    """None where the effect has no p, because seeds are unknown."""
    level: float
    """What a claim of equivalence or non-inferiority is tested at: alpha shared out evenly over
    the declared family (Bonferroni); alpha itself in a scan."""

    @property
    def different(self) -> bool:
        """Whether the arms differ, at the effect's alpha, after adjustment."""
        return self.adjusted_p is not None and self.adjusted_p <= self.effect.alpha


def findings(primary: Sequence[Effect], exploratory: Sequence[Effect]) -> tuple[Finding, ...]:
    """Every effect with its label: the declared family by Holm, the rest by Benjamini–Hochberg."""
    families = (
        (Family.PRIMARY, primary, holm),
        (Family.EXPLORATORY, exploratory, benjamini_hochberg),
    )
    shares = {Family.PRIMARY: max(1, len(primary)), Family.EXPLORATORY: 1}
    return tuple(
        Finding(effect=effect, family=family, adjusted_p=p, level=effect.alpha / shares[family])
        for family, members, adjust in families
        for effect, p in zip(members, _adjusted(members, adjust), strict=True)
    )


def _adjusted(members: Sequence[Effect], adjust: Callable[[Floats], Floats]) -> list[float | None]:
    """Adjusted p values; effects without one are no part of the family."""
    tested = [effect.p for effect in members if effect.p is not None]
    new = iter(adjust(np.array(tested)).tolist())
    return [None if effect.p is None else next(new) for effect in members]


def holm(p: Floats) -> Floats:
    """Adjusted p values that control the chance of any false rejection (Holm 1979)."""
    order, many = np.argsort(p, kind="stable"), len(p)
    raised = np.maximum.accumulate(p[order] * (many - np.arange(many)))
    return _in_place(np.minimum(raised, 1), order)


def holm_by_level(claims: Sequence[Callable[[float], bool]], alpha: float) -> list[bool]:
    """Which claims hold together at `alpha`, where each says at a given level whether it holds.

    Holm's procedure (1979) without p values: all are asked at alpha over their number, and those
    left again at alpha over what is left, until none is added.
    """
    held = [False] * len(claims)
    while True:
        level = alpha / max(1, held.count(False))
        added = [at for at, claim in enumerate(claims) if not held[at] and claim(level)]
        if not added:
            return held
        for at in added:
            held[at] = True


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p values that control the expected share of false ones among the rejections.

    Benjamini & Hochberg 1995; holds for independent and positively dependent tests.
    """
    order, many = np.argsort(p, kind="stable"), len(p)
    scaled = p[order] * many / np.arange(1, many + 1)
    lowered = np.minimum.accumulate(scaled[::-1])[::-1]
    return _in_place(np.minimum(lowered, 1), order)


def _in_place(ordered: Floats, order: Ints) -> Floats:
    out = np.empty_like(ordered)
    out[order] = ordered
    return out
