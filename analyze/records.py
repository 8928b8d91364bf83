"""What the parts of an analysis find, one record a row.

Scores and differences of scores are in [0, 1], never in percent; None means that it cannot be
known. `seeds_known` is False where one run stands for an arm: an interval then holds for these
very runs and says nothing about training again.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A number with its interval."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An arm against another, or against the untrained base, over the final window."""

    base: str
    kind: str
    """`domain` or `suite`."""
    scope: str
    arm: str
    reference: str | None
    """None: the untrained base."""
    family: str
    """`primary` or `exploratory`."""
    difference: Value
    p: float | None
    p_adjusted: float | None
    """Holm among the primary effects, Benjamini–Hochberg among the exploratory ones."""
    standardized: float | None
    """Difference over the spread of items."""
    mde: float | None
    """Smallest difference that would be found with 80 % power."""
    seeds_known: bool
    equivalent: bool | None
    """Shown to lie within ± the margin."""
    not_harmed: bool | None
    """Shown not to lie below minus the safety margin; None outside safety."""
    verdict: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the means of a trajectory do, without a test."""

    trough_step: int
    """The lowest checkpoint."""
    depth: float
    """It less the base; not below 0 means that no checkpoint lies under the base."""
    back_step: int | None
    """The first later checkpoint above the base."""
    net: float
    """Last checkpoint less base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """What a study that stopped at a checkpoint would have concluded."""

    step: int
    change: Value
    """Over the base."""
    conclusion: str
    """`gain`, `loss` or `undetermined`."""
    error: Value
    """This checkpoint less the last window."""
    wrong: bool
    """The opposite of what the last window shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """An arm over its checkpoints in a domain."""

    base: str
    kind: str
    scope: str
    arm: str
    steps: tuple[int, ...]
    means: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    """The simultaneous band."""
    start: float | None
    runs: tuple[tuple[float, ...], ...]
    """Every run by itself."""
    verdict: str
    why: str
    look: Look | None
    """By eye; the verdict is by test."""
    trough_steps: tuple[int, int] | None
    """The window of the trough."""
    trough_interval: tuple[int, int] | None
    """Where the trough may lie."""
    depth: Value | None
    recovery: Value | None
    net: Value | None
    moving: str | None
    """`extend training`, `stop`, `pick an earlier window` or `undetermined`."""
    use: tuple[int, int] | None
    """The window to use."""
    early: tuple["Early", ...] = ()
    seeds_known: bool = True
    holds: bool | None = None
    """Whether the verdict holds with all trajectories of its kind tested together (Holm); None
    where nothing was shown."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """Tokens of responses over the checkpoints."""

    base: str
    scope: str
    arm: str
    steps: tuple[int, ...]
    tokens: tuple[float, ...]
    start: float | None
    phases: tuple[tuple[int, int, str], ...]
    """(from step, to step, `rise`, `fall`, `stable` or `rebound`)."""
    verdict: str
    overfitting: bool | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """What a low point of a trajectory is made of: format, truncation or competence."""

    base: str
    scope: str
    arm: str
    steps: tuple[int, int]
    """First and last checkpoint of the low point."""
    change: Value
    """Over the base."""
    adoption: Value | None
    """Part of it that comes from entering the other mode; None without forced modes."""
    competence: Value | None
    """Part of it that comes from being better or worse in a mode."""
    residual: Value | None
    """What the identity leaves."""
    truncated: tuple[float | None, float] | None
    """Share of responses cut off: at the base (None: not known), at the low point."""
    unparsed: tuple[float | None, float] | None
    """Share without an answer that could be read, likewise."""
    cause: str | None
    """Of a dip that was shown: `truncation`, `format`, `competence` or `undetermined`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """A dose slope without the errors of the first grader, as a second one shows them."""

    grader: str
    traces: int
    """That both graders gave one of the two grades."""
    agreement: float
    """Share of all traces with a grade by both that have the same one."""
    if_right: Value
    """The slope per true dose, if the second grader is always right."""
    real_if_right: Value
    """The share of a graded difference that is real, likewise."""
    if_alike: Value
    """The slope per true dose, if both err as often, either way, and independently."""
    real_if_alike: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """Score by share of the graded material."""

    base: str
    scope: str
    doses: tuple[float, ...]
    means: tuple[Value, ...]
    start: float | None
    slope: Value
    p_trend: float | None
    p_not_monotone: float | None
    floor: float | None
    """The largest difference between arms that should not differ."""
    verdict: str
    why: str
    regraded: tuple[Regraded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A main effect, an interaction, a stratum's weight or a Shapley value."""

    method: str
    """`factorial`, `swarm` or `shapley`."""
    base: str
    scope: str
    name: str
    effect: Value
    p: float | None
    p_adjusted: float | None
    seeds_known: bool
    note: str = ""
