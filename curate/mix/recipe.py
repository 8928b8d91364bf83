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
from curate.mix.specs import (
    ArmSpec,
    ControlsSpec,
    CutsSpec,
    DosesSpec,
    Estimand,
    EvaluationSpec,
    GradeSpec,
    MatchSpec,
    RenderSpec,
    ReplaySpec,
    Seeds,
    SizesSpec,
    SourceSpec,
)
from curate.records import fit, need_known, need_table, read_record

Graders = Mapping[str, Mapping[str, str]]
"""Name of a second grader → grade → the condition under which it would give that grade."""


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
    graders: Graders = field(default_factory=dict)
    evaluation: EvaluationSpec = field(default_factory=EvaluationSpec)
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
    "evaluation": EvaluationSpec,
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
    entries = fit(values.get("arms", ()), tuple[Mapping[str, object], ...], f"{place}, `arms`")
    values["arms"] = tuple(
        read_record(ArmSpec, plain(entry), f"`[[arms]]` of {place}") for entry in entries
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
    graders: Graders = field(default_factory=dict)
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
    except UnicodeDecodeError as error:
        raise InputError(
            f"`{path}` is not TOML",
            why=f"it is no UTF-8: {error.reason} at byte {error.start}",
            fix="write it again as UTF-8",
        ) from error
    return parse_recipe(text, f"`{path}`")
