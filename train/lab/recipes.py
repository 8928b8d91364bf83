"""Arms of the lab: which share of the problems is answered with which grade of trace.

All arms of a lab have the same problems in the same rows. Their line is in one random order, and an
arm is a list of pieces of that line, so that doses are nested: the 25 % of bad traces are among the
50 %. Other data (replay, refusals) takes the place of the last piece.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from curate.train.lab.traces import GRADES

REPLAY: Mapping[str, float] = MappingProxyType(
    {"sort": 0.15, "max": 0.1, "reverse": 0.15, "fact": 0.4, "harm": 0.1, "benign": 0.1}
)
"""Shares of the tasks in replayed data, answered directly as in pretraining."""
REFUSALS: Mapping[str, float] = MappingProxyType({"harm": 0.5, "benign": 0.5})
"""Prompts that must be refused, and as many look-alikes that must not."""
EQUAL_LENGTH = ("verified", "systematic", "wrong", "noise", "shuffled")
"""Grades whose traces of a problem have the same number of tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRecipe:
    """An arm."""

    name: str
    mix: Mapping[str, float]
    """Grade and its share of the chains, from the start of the line; together 1"""
    other: Mapping[str, float] = field(default_factory=dict)
    """`replay` or `refusals`, and its share of all rows, in [0, 1)"""
    role: str = "arm"
    dose: float | None = None

    def __post_init__(self) -> None:
        unknown = set(self.mix) - set(GRADES) | set(self.other) - {"replay", "refusals"}
        if unknown or abs(sum(self.mix.values()) - 1) > 1e-9:
            raise ValueError(f"{self.name}: unknown {sorted(unknown)}, or shares that are not 1")

    @property
    def matched(self) -> bool:
        """Whether its tokens can equal those of the verified arm, row by row."""
        return set(self.mix) <= set(EQUAL_LENGTH) and not self.other


def of_grade(grade: str, name: str | None = None) -> ArmRecipe:
    """An arm of one grade."""
    return ArmRecipe(name=name or grade, mix={grade: 1.0})


def with_other(kind: str, share: float, name: str) -> ArmRecipe:
    """Verified traces and a share of other data."""
    return ArmRecipe(name=name, mix={"verified": 1.0}, other={kind: share}, role="replay")


def doses(low: str, shares: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)) -> list[ArmRecipe]:
    """Verified traces with these shares of a bad grade, nested."""
    return [
        ArmRecipe(
            name=f"dose-{round(100 * share)}",
            mix={grade: part for grade, part in ((low, share), ("verified", 1 - share)) if part},
            role="dose",
            dose=share,
        )
        for share in shares
    ]


def defects() -> list[ArmRecipe]:
    """An arm for every known defect, beside verified and direct ones."""
    return [of_grade(grade) for grade in GRADES]
