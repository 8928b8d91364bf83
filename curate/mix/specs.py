"""The tables of a recipe as frozen dataclasses; what a key means stands under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Rule = Literal[
    "verbatim", "short", "variables", "numbers", "ngrams", "similar", "embedding"
]  # fmt: skip

Estimand = Literal["tokens", "rows"]
Defect = Literal[
    "no_thinking", "wrong_answer", "answer_only", "truncated", "shuffled_steps",
    "systematic_error", "keyword_stripped", "verbose", "length_only",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The draws of a design, by name."""

    draw: int = 0
    """Which traces and which problems."""
    order: int = 0
    """In which order the rows are written; the same in all arms."""
    training: tuple[int, ...] = (0, 1, 2)
    """Of the runs, each with every arm: the run is the unit, not the answer of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """A pool, or a selection of one."""

    pool: str
    where: str = "true"
    selection: str | None = None
    """Name of a selection that `curate filter` made in the pool."""
    weight: float | None = None
    """Share of the trained tokens in [0, 1]; all sources of the grades have one, or none has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeSpec:
    """A kind of trace: those that a condition is true of, or those of another grade, spoilt."""

    where: str | None = None
    source: str | None = None
    """Only traces of this source; of all sources when it is not said."""
    of: str | None = None
    """The grade whose traces are transformed by `defect`."""
    defect: Defect | None = None
    amount: float | None = None
    """How strong the defect is; each defect has its own default."""
    own_problems: bool = False
    """True: its traces are of other problems than those of the other grades (Countdown)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutsSpec:
    """Grades by cut points of a column: below the first, between them, from the last on."""

    column: str
    at: tuple[float, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSpec:
    """What the arms have in common, beside their problems."""

    caliper: float | Literal["none"] | None = None
    """Largest difference of log tokens within a problem.

    By default 0.1 for the estimand `tokens`, and none for `rows`."""
    exact: tuple[str, ...] = ()
    """Columns that are equal within each problem, such as the generator."""
    identical: tuple[str, ...] = ()
    """Columns whose values come equally often in every arm, stratum by stratum (fine balance)."""
    strata: tuple[str, ...] = ("pass_rate",)
    """Columns of the problem that the draws are stratified by; numbers are binned."""
    bins: tuple[float, ...] = (0.25, 0.5, 0.75)
    covariates: tuple[str, ...] = ()
    """Columns of numbers whose means are made equal and are tested, beside tokens."""
    free: tuple[str, ...] = ()
    """Factors whose levels may differ in tokens (a factor that is the length itself)."""
    max_smd: float = 0.1
    max_token_gap: float = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSpec:
    """One arm: how much of which grade."""

    name: str
    mix: Mapping[str, float]
    """Shares of the problems; they add up to 1."""
    problems: int | float | None = None
    """How many problems (a whole number), or what share of all (below 1.0 or 1.0)."""
    epochs: float | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DosesSpec:
    """Arms between two grades; each dose holds the swaps of the smaller ones."""

    high: str
    low: str
    at: tuple[float, ...] = (0, 25, 50, 75, 100)
    """Percent of the problems whose trace is of the low grade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizesSpec:
    """Nested sizes at the same number of steps: fewer problems are seen more often."""

    grade: str
    problems: tuple[int | float, ...]
    epochs: float
    """How often the smallest size is seen; every other gets as many steps as that takes."""
    batch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlsSpec:
    """Arms that measure the noise, and arms whose effect is known."""

    again: tuple[str, ...] = ()
    """Grades that are drawn a second time: A/A, other traces wherever a problem has them."""
    shuffled: tuple[str, ...] = ()
    """Two grades whose labels are shuffled: two arms whose difference is expected to be zero."""
    perturbed: tuple[str, ...] = ()
    """Grades that get a second arm of the same traces, their steps shuffled: known to be worse."""
    canaries: int | None = None
    """Items of an evaluation that a copy of an arm is trained on: known to be better on these."""
    canary_suite: str | None = None
    """The file of these items; the first of `[evaluation] suites` when it is not said."""
    canary_arms: tuple[str, ...] = ()
    """The arms that get such a copy; the first of the design when none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySpec:
    """Rows of another source that every arm gets, the same in all."""

    source: str
    share: float
    """Of the trained tokens of an arm, in (0, 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSpec:
    """How a trace becomes `prompt` and `completion`."""

    prompt: str = "{problem}\n\n"
    completion: str = "{response}"
    tokenizer: str | None = None
    """A local folder of a tokenizer; it counts the tokens, and its ids are written."""
    chat: bool = False
    """True: the chat template of the tokenizer makes the prompt."""
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSpec:
    """What the models will be tested on, so that no arm is trained on it."""

    suites: tuple[str, ...] = ()
    """Files of problems, as `curate decontaminate --against` takes them."""
    found: Literal["leave", "stay"] = "leave"
    """What becomes of problems and traces in which an item is found; `stay` declares the leak."""
    rules: tuple[Rule, ...] = get_args(Rule)
    """How sure a find must be; `curate decontaminate` says what each of the rules means."""
    declared: str | None = None
    """What is known about it where no file can be named."""
    selected_with: str | None = None
    """Which grades or selections used the evaluation itself: its domains, weights or scores."""
