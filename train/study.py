"""A study: the TOML file that says which arms, bases and seeds are trained, and what is measured.

name = "dose"
[arms]
design = "arms"                # a folder that `curate mix` wrote: all of its arms
[bases]
tiny = "bases/tiny"            # a local folder, or a hub name
[seeds]
order = [0, 1, 2]              # one training run of every arm for each
[schedule]
learning_rate = 5e-5
[suites.math500]
path = "suites/math500.jsonl"
domain = "id"
[analysis]
detect = 0.03                  # the smallest difference that the study must be able to see

Paths are relative to the folder of the file. `preset = "ren2026"` takes what is not said from a
preset; of its suites only those that the file names, too. Prompts of training and of evaluation are
rendered alike, by `[rendering]`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from curate.errors import InputError
from curate.records import need_known, need_table, read_record
from curate.train.eval.evaluate import EvalSettings
from curate.train.eval.suite import Suite, read_suite
from curate.train.preset import preset_tables
from curate.train.rows import Overlong
from curate.train.schedule import Schedule
from curate.train.sense import contradictions
from curate.train.specs import AnalysisSpec, ArmsSpec, BaseSpec, LaunchSpec, PilotSpec, SeedsSpec
from curate.train.templates import Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study, whole, as it stands in its file and its preset."""

    name: str = "study"
    about: str = ""
    arms: ArmsSpec
    bases: Mapping[str, BaseSpec]
    seeds: SeedsSpec = field(default_factory=SeedsSpec)
    schedule: Schedule
    overlong: Overlong = "refuse"
    """What becomes of rows over `max_length`; stands in `[schedule]`."""
    rendering: Rendering = field(default_factory=Rendering)
    suites: tuple[Suite, ...] = ()
    evaluate: EvalSettings = field(default_factory=EvalSettings)
    base_samples: int = 2
    """Times the samples of a suite: of the base, whose noise enters every contrast; stands in
    `[evaluate]`."""
    analysis: AnalysisSpec = field(default_factory=AnalysisSpec)
    pilot: PilotSpec = field(default_factory=PilotSpec)
    launch: LaunchSpec = field(default_factory=LaunchSpec)
    folder: Path
    """What relative paths are relative to."""

    def plain(self) -> dict[str, Any]:
        """The study in plain values, for `study.json`."""
        return {**asdict(self), "folder": str(self.folder)}


TABLES: dict[str, type] = {
    "seeds": SeedsSpec, "rendering": Rendering, "analysis": AnalysisSpec, "pilot": PilotSpec,
    "launch": LaunchSpec,
}  # fmt: skip
KEYS = ["name", "about", "preset", "arms", "bases", "schedule", "suites", "evaluate", *TABLES]


def read_study(path: Path) -> Study:
    """The study in a file.

    Raises:
        InputError: there is none, it is no TOML, or a key or a value does not fit.
    """
    return parse_study(text_of(path), f"`{path}`", path.parent.resolve())


def read_protocol(path: Path) -> Study:
    """The study in a file that may lack arms and bases: its suites are wanted.

    Raises:
        InputError: there is none, it is no TOML, or a key or a value does not fit.
    """
    place = f"`{path}`"
    return study_of(parsed(text_of(path), place), place, path.parent.resolve())


def text_of(path: Path) -> str:
    """The text of a file of a study."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"no study `{path}`",
            why=str(getattr(error, "strerror", None) or error),
            fix="name a TOML file; `docs/ablate.md` begins with a small one",
        ) from error


def parse_study(text: str, place: str, folder: Path) -> Study:
    """The study in a TOML text.

    Raises:
        InputError: it is no TOML, or a key or a value does not fit.
    """
    found = parsed(text, place)
    need_known(found, KEYS, place)
    need_tables(found, ("arms", "bases"), place)
    return study_of(found, place, folder)


def parsed(text: str, place: str) -> dict[str, Any]:
    """The values of a TOML text."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{place} is not TOML", why=str(error), fix="mend the line that is named"
        ) from error


def study_of(found: Mapping[str, Any], place: str, folder: Path) -> Study:
    """The study in plain values."""
    need_known(found, KEYS, place)
    preset = preset_tables(found.get("preset"))
    over = {name: table_over(name, found, preset, place) for name in (*TABLES, "evaluate")}
    base_samples = over["evaluate"].pop("base_samples", 2)
    if not isinstance(base_samples, int) or isinstance(base_samples, bool):
        raise InputError(
            f"`base_samples = {base_samples!r}` in `[evaluate]` of {place}",
            why="it is a whole number of times the samples of a suite",
            fix="write it without quotes or a point",
        )
    schedule, overlong = schedule_of(found, preset, place)
    tables: dict[str, Any] = {
        name: read_record(cls, over[name], f"`[{name}]` of {place}") for name, cls in TABLES.items()
    }
    study = Study(
        name=str(found.get("name", "study")),
        about=str(found.get("about", "")),
        **tables,
        arms=arms_of(need_table(found.get("arms", {}), f"`[arms]` of {place}"), place),
        bases=bases_of(need_table(found.get("bases", {}), f"`[bases]` of {place}"), place),
        schedule=schedule,
        overlong=overlong,
        suites=suites_of(found, preset, place, folder),
        evaluate=read_record(EvalSettings, over["evaluate"], f"`[evaluate]` of {place}"),
        base_samples=base_samples,
        folder=folder,
    )
    need_sense(study, place)
    return study


def need_tables(found: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    """Nothing, when the tables without which there is no study are there."""
    for name in names:
        if not found.get(name):
            raise InputError(
                f"`[{name}]` is missing in {place}",
                why="a study trains arms on bases",
                fix=f'add `[{name}]` with a line `name = "path"`',
            )


def table_over(
    name: str, found: Mapping[str, Any], preset: Mapping[str, Any], place: str
) -> dict[str, Any]:
    """A table of the file over that of the preset."""
    return {**preset.get(name, {}), **need_table(found.get(name, {}), f"`[{name}]` of {place}")}


def arms_of(table: Mapping[str, Any], place: str) -> ArmsSpec:
    """`[arms]`: `design`, `only`, and every other key the name of an arm."""
    designs = table.get("design", [])
    paths = {name: path for name, path in table.items() if name not in ("design", "only")}
    return read_record(
        ArmsSpec,
        {
            "designs": [designs] if isinstance(designs, str) else designs,
            "only": table.get("only", []),
            "paths": paths,
        },
        f"`[arms]` of {place}",
    )


def bases_of(table: Mapping[str, Any], place: str) -> dict[str, BaseSpec]:
    """`[bases]`: each a path, or a table with `path` and more."""
    return {
        name: read_record(
            BaseSpec,
            {"path": value} if isinstance(value, str) else value,
            f"`[bases.{name}]` of {place}",
        )
        for name, value in table.items()
    }


def schedule_of(
    found: Mapping[str, Any], preset: Mapping[str, Any], place: str
) -> tuple[Schedule, Overlong]:
    """`[schedule]` over that of its own preset, or of the study's."""
    table = dict(need_table(found.get("schedule", {}), f"`[schedule]` of {place}"))
    own = table.pop("preset", None)
    under = dict((preset_tables(own) if own else preset).get("schedule", {}))
    # Epochs and steps are two ways to say one thing: what the file says, the preset does not.
    if {"epochs", "steps"} & table.keys():
        under = {name: value for name, value in under.items() if name not in ("epochs", "steps")}
    # Seeds of the order are the replicates of a study, so that shuffling is its default.
    values = {"shuffle": True, **under, **table}
    overlong: Overlong = values.pop("overlong", "refuse")
    known = [each.name for each in fields(Schedule)]
    need_known(values, [*known, "overlong", "preset"], f"`[schedule]` of {place}")
    if overlong not in get_args(Overlong):
        raise InputError(
            f"`overlong = {overlong}` in `[schedule]` of {place}",
            why="a row over `max_length` is an error, or is counted and left out",
            fix='write "refuse" or "drop"',
        )
    schedule = read_record(Schedule, values, f"`[schedule]` of {place}")
    if "checkpoints" in values:  # reading makes 1 (the first step) into 1.0 (all steps)
        schedule = replace(schedule, checkpoints=tuple(values["checkpoints"]))
    return schedule, overlong


def suites_of(
    found: Mapping[str, Any], preset: Mapping[str, Any], place: str, folder: Path
) -> tuple[Suite, ...]:
    """`[suites.NAME]`, each over the preset's suite of that name."""
    tables = need_table(found.get("suites", {}), f"`[suites]` of {place}")
    under = preset.get("suites", {})
    return tuple(
        read_suite(
            name,
            {**under.get(name, {}), **need_table(table, f"`[suites.{name}]` of {place}")},
            folder,
        )
        for name, table in tables.items()
    )


def need_sense(study: Study, place: str) -> None:
    """Nothing, when the values fit each other.

    Raises:
        InputError: two of them do not.
    """
    for what, why, fix in contradictions(study):
        raise InputError(f"{what} in {place}", why=why, fix=fix)
