"""What an analysis finds, as plain records: the JSON of `curate analyze --json` is these.

Units and what None means: see `records.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from curate.analyze.records import Dose, Effect, Factor, Length, Modes, Trajectory, Value

SCHEMA = "curate.analyze/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """An effect on each base, and whether it differs between them."""

    scope: str
    arm: str
    reference: str
    bases: tuple[tuple[str, float, Value], ...]
    """(base, measured capability, effect)."""
    p_heterogeneity: float | None
    p_adjusted: float | None = None
    """The same after Benjamini and Hochberg over all contrasts and domains: exploratory."""
    slope: Value | None
    verdict: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What responses of an arm do beside the base's: procedure or verbosity."""

    base: str
    scope: str
    arm: str
    score: Value
    growth: float
    """Length as a multiple of the base's."""
    rates: Mapping[str, Value]
    """Changes of behaviours, per 1,000 tokens or as shares."""
    verdict: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """What an unmeasured confounder would have to explain; shares in [0, 1]."""

    base: str
    scope: str
    arm: str
    reference: str
    robustness: float
    """Of both the choice of arm and the score, to bring the effect to 0."""
    robustness_interval: float
    """The same, to bring the interval to 0."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradeoff:
    """Reasoning and safety of an arm together, over the base."""

    base: str
    arm: str
    reasoning: Value
    safety: Value
    outline: tuple[tuple[float, float], ...]
    """Joint region as a polygon; empty where there is none."""
    in_pareto_set: bool
    dominated: float | None
    """Probability that another arm is better in both."""
    exchange: Value | None
    """Safety per reasoning; None where the interval has no bounds."""
    exchange_words: str
    over_refusal: Value | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How often a judge says that an attack succeeded, and how often it did, by its errors."""

    base: str
    arm: str
    judge: str
    labels: int
    """Answers that people labelled, which say how often the judge errs."""
    sensitivity: float
    specificity: float
    attacks: Value
    """Share of the requests to refuse, as judged."""
    corrected: Value | None
    """The same without the judge's errors; None where it is no better than chance."""
    change: Value
    """Over the base, as judged."""
    corrected_change: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Gradient attribution of one run and what retraining made of it; nats per token."""

    base: str
    arm: str
    seed: int
    suites: tuple[str, ...]
    traces: int
    confirmed: bool
    top: Value
    """Likelihood of right responses without the most helpful traces, less without random ones."""
    bottom: Value
    """The same without the most harmful ones."""
    rank: Value
    """Correlation of summed scores and outcomes over random halves."""
    ends: Mapping[str, tuple[float, float, float]]
    """Grade to its share of all, of the most helpful, of the most harmful traces; empty where
    retraining did not confirm the scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How often a smaller base or an earlier checkpoint orders arms as the largest does."""

    scope: str
    source: str
    target: str
    metric: str
    """What the small or early one is measured by; the other is by its score."""
    accuracy: Value
    pairs: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A change of this study beside the paper's."""

    base: str
    scope: str
    arm: str
    ours: Value
    paper_base: str
    paper_arm: str
    paper_scope: str
    paper: float
    """In [0, 1], as ours."""
    same_sign: bool | None
    """None where our interval holds 0."""
    suspect: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A part that cannot be computed."""

    section: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What would settle an effect that is not settled."""

    base: str
    scope: str
    arm: str
    reference: str
    seeds: int
    seeds_needed: int | None
    """None where no number of seeds is enough with these items."""
    to_find: float
    """The difference that would be found with 80 % power."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was counted."""

    name: str
    rows_in: int
    rows_used: int
    left_out: Mapping[str, int]
    itemised: bool
    bases: tuple[tuple[str, float | None], ...]
    """(base, mean score of the untrained base over reasoning suites)."""
    arms: Mapping[str, Mapping[str, Any]]
    seeds: Mapping[str, int]
    """Runs of each arm, the fewest over bases."""
    steps: tuple[int, ...]
    suites: tuple[tuple[str, str, int], ...]
    """(suite, domain, items)."""
    modes: tuple[str, ...]
    samples: int
    margin: float
    safety_margin: float
    alpha: float
    window: int
    declared: bool
    confirmatory: bool
    balance: Mapping[str, Any] | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything; two runs on the same input give the same."""

    facts: Facts
    claim: str
    """One sentence with its interval."""
    also: tuple[str, ...]
    """The next sentences."""
    effects: tuple[Effect, ...] = ()
    trajectories: tuple[Trajectory, ...] = ()
    lengths: tuple[Length, ...] = ()
    modes: tuple[Modes, ...] = ()
    doses: tuple[Dose, ...] = ()
    factors: tuple[Factor, ...] = ()
    capability: tuple[Capability, ...] = ()
    behaviour: tuple[Doing, ...] = ()
    tradeoffs: tuple[Tradeoff, ...] = ()
    judged: tuple[Judged, ...] = ()
    traces: tuple[Traces, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    robustness: tuple[Robustness, ...] = ()
    beside: tuple[Beside, ...] = ()
    needs: tuple[Need, ...] = ()
    missing: tuple[Missing, ...] = ()
    warnings: tuple[str, ...] = field(default_factory=tuple)


def as_json(found: Analysis) -> dict[str, Any]:
    """The analysis as JSON can hold it: no NaN, no infinity."""
    from curate import __version__

    made: dict[str, Any] = {"schema": SCHEMA, "curate": __version__, **asdict(found)}
    return {key: finite(value) for key, value in made.items()}


def finite(value: Any) -> Any:  # noqa: ANN401
    """Numbers that JSON has no word for as null, tuples as lists."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value
