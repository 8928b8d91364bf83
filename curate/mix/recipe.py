"""A recipe: the TOML file that describes a design, read into frozen dataclasses.

estimand = "tokens"                        # arms have the same trained tokens; or "rows"
[sources.main]
pool = "pool"
[grades.high]
where = "verdict = 'correct'"
[grades.low]
where = "verdict = 'incorrect'"
[doses]
high = "high"
low = "low"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from curate.errors import InputError
from curate.mix.keys import need_known, need_table, read_record

Estimand = Literal["tokens", "rows"]
Defect = Literal[
    "no_thinking", "wrong_answer", "answer_only", "truncated", "shuffled_steps",
    "systematic_error", "keyword_stripped", "verbose", "length_only",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The two draws of a design, by name."""

    draw: int = 0
    """Which traces and which problems."""
    order: int = 0
    """In which order the rows are written; the same in all arms."""


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
    """Arms that measure the noise."""

    again: tuple[str, ...] = ()
    """Grades that are drawn a second time: A/A, other traces wherever a problem has them."""
    shuffled: tuple[str, ...] = ()
    """Two grades whose labels are shuffled: two arms whose difference is expected to be zero."""


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
class Recipe:
    """A design, whole."""

    name: str = "design"
    about: str = ""
    estimand: Estimand = "tokens"
    problems: int | None = None
    """How many problems every arm has; all that can be matched when it is not said."""
    per_problem: int = 1
    """Traces of each problem in each arm."""
    seeds: Seeds = field(default_factory=Seeds)
    sources: Mapping[str, SourceSpec]
    grades: Mapping[str, GradeSpec] = field(default_factory=dict)
    cuts: CutsSpec | None = None
    match: MatchSpec = field(default_factory=MatchSpec)
    arms: tuple[ArmSpec, ...] = ()
    doses: DosesSpec | None = None
    sizes: SizesSpec | None = None
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Factor → the grades that are its levels; a cell is where all of its levels hold."""
    fraction: Literal["full", "IV"] = "full"
    controls: ControlsSpec = field(default_factory=ControlsSpec)
    replay: ReplaySpec | None = None
    render: RenderSpec = field(default_factory=RenderSpec)

    @property
    def caliper(self) -> float | None:
        """Largest difference of log tokens within a problem; None for no limit."""
        if self.match.caliper is None:
            return 0.1 if self.estimand == "tokens" else None
        return None if self.match.caliper == "none" else float(self.match.caliper)


TABLES: dict[str, type] = {
    "seeds": Seeds, "cuts": CutsSpec, "match": MatchSpec, "doses": DosesSpec, "sizes": SizesSpec,
    "controls": ControlsSpec, "replay": ReplaySpec, "render": RenderSpec,
}  # fmt: skip
NAMED: dict[str, type] = {"sources": SourceSpec, "grades": GradeSpec}


def parse_recipe(text: str, place: str) -> Recipe:
    """The recipe in a TOML text.

    Raises:
        InputError: it is no TOML, or a key or a value does not fit.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{place} is not TOML", why=str(error), fix="mend the line that is named"
        ) from error
    return recipe_of(found, place)


def recipe_of(found: Mapping[str, Any], place: str) -> Recipe:
    """The recipe in plain values; how a manifest keeps it, too."""
    need_known(found, list(Recipe.__dataclass_fields__), place)
    values = {name: value for name, value in found.items() if value is not None}
    for name, cls in TABLES.items():
        if name in values:
            values[name] = read_record(cls, plain(values[name]), f"`[{name}]` of {place}")
    for name, cls in NAMED.items():
        table = need_table(values.get(name, {}), f"`[{name}]` of {place}")
        values[name] = {
            key: read_record(cls, plain(entry), f"`[{name}.{key}]` of {place}")
            for key, entry in table.items()
        }
    values["arms"] = tuple(
        read_record(ArmSpec, plain(entry), f"`[[arms]]` of {place}")
        for entry in values.get("arms", ())
    )
    known = {name: value for name, value in values.items() if name not in (*TABLES, *NAMED, "arms")}
    read_record(_Rest, known, place)
    values["factors"] = {name: tuple(levels) for name, levels in values.get("factors", {}).items()}
    return Recipe(**values)


def plain(table: object) -> object:
    """A table without its nulls, which a manifest writes for what was not said."""
    if not isinstance(table, Mapping):
        return table
    return {name: value for name, value in table.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """The keys of a recipe that are no tables of ours, for their types."""

    name: str = ""
    about: str = ""
    estimand: Estimand = "tokens"
    problems: int | None = None
    per_problem: int = 1
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fraction: Literal["full", "IV"] = "full"


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file.

    Raises:
        InputError: there is none, or it does not fit.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise InputError(
            f"no recipe `{path}`",
            why=str(error.strerror),
            fix="name a TOML file or a preset: `curate mix --help` lists them",
        ) from error
    return parse_recipe(text, f"`{path}`")
