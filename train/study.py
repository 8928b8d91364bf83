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
preset: the schedule, and for each suite of the file that it knows by name, its protocol.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from curate.errors import InputError
from curate.mix.keys import need_known, need_table, read_record
from curate.train.specs import (
    AnalysisSpec,
    ArmsSpec,
    BaseSpec,
    EvaluateSpec,
    LaunchSpec,
    PilotSpec,
    SeedsSpec,
)

PRESETS = ("ren2026", "small")


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study, whole, as it stands in its file and its preset."""

    name: str = "study"
    about: str = ""
    arms: ArmsSpec
    bases: Mapping[str, BaseSpec]
    seeds: SeedsSpec = field(default_factory=SeedsSpec)
    schedule: Mapping[str, Any] = field(default_factory=dict)
    """The table `[schedule]` over that of its preset; `curate.train.schedule` reads it."""
    suites: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The tables `[suites.NAME]` over those of the preset; `curate.train.eval` reads them."""
    evaluate: EvaluateSpec = field(default_factory=EvaluateSpec)
    analysis: AnalysisSpec = field(default_factory=AnalysisSpec)
    pilot: PilotSpec = field(default_factory=PilotSpec)
    launch: LaunchSpec = field(default_factory=LaunchSpec)
    folder: Path
    """What relative paths are relative to."""

    def plain(self) -> dict[str, Any]:
        """The study in plain values, for `study.json`."""
        return {**asdict(self), "folder": str(self.folder)}


TABLES: dict[str, type] = {
    "seeds": SeedsSpec, "evaluate": EvaluateSpec, "analysis": AnalysisSpec, "pilot": PilotSpec,
    "launch": LaunchSpec,
}  # fmt: skip
KEYS = ["name", "about", "preset", "arms", "bases", "schedule", "suites", *TABLES]


def read_study(path: Path) -> Study:
    """The study in a file.

    Raises:
        InputError: there is none, it is no TOML, or a key or a value does not fit.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise InputError(
            f"no study `{path}`",
            why=str(error.strerror),
            fix="name a TOML file; `curate ablate --help` shows a small one",
        ) from error
    return parse_study(text, f"`{path}`", path.parent.resolve())


def parse_study(text: str, place: str, folder: Path) -> Study:
    """The study in a TOML text.

    Raises:
        InputError: it is no TOML, or a key or a value does not fit.
    """
    return study_of(parsed(text, place), place, folder)


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
    need_tables(found, ("arms", "bases"), place)
    preset = preset_tables(found.get("preset"))
    values: dict[str, Any] = {
        name: read_record(
            cls, {**preset.get(name, {}), **found.get(name, {})}, f"`[{name}]` of {place}"
        )
        for name, cls in TABLES.items()
    }
    values |= {name: str(found[name]) for name in ("name", "about") if name in found}
    study = Study(
        **values,
        arms=arms_of(need_table(found["arms"], f"`[arms]` of {place}"), place),
        bases=bases_of(need_table(found["bases"], f"`[bases]` of {place}"), place),
        schedule=schedule_of(found, preset, place),
        suites=suites_of(found, preset, place),
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
    """`[bases]`: each a path, or a table with `path` and `revision`."""
    return {
        name: read_record(
            BaseSpec,
            {"path": value} if isinstance(value, str) else value,
            f"`[bases.{name}]` of {place}",
        )
        for name, value in table.items()
    }


def schedule_of(found: Mapping[str, Any], preset: Mapping[str, Any], place: str) -> dict[str, Any]:
    """`[schedule]` over that of its own preset, or of the study's."""
    table = dict(need_table(found.get("schedule", {}), f"`[schedule]` of {place}"))
    own = table.pop("preset", None)
    under = dict((preset_tables(own) if own else preset).get("schedule", {}))
    # Epochs and steps are two ways to say one thing: what the file says, the preset does not.
    if {"epochs", "steps"} & table.keys():
        under = {name: value for name, value in under.items() if name not in ("epochs", "steps")}
    return {**under, **table}


def suites_of(
    found: Mapping[str, Any], preset: Mapping[str, Any], place: str
) -> dict[str, dict[str, Any]]:
    """`[suites.NAME]`, each over the preset's suite of that name."""
    tables = need_table(found.get("suites", {}), f"`[suites]` of {place}")
    under = preset.get("suites", {})
    return {
        name: {**under.get(name, {}), **need_table(table, f"`[suites.{name}]` of {place}")}
        for name, table in tables.items()
    }


def need_sense(study: Study, place: str) -> None:
    """Nothing, when the values fit each other.

    Raises:
        InputError: two of them do not.
    """
    seeds, analysis = study.seeds, study.analysis
    if not seeds.order or len(set(seeds.order)) < len(seeds.order):
        raise InputError(
            f"`order` of `[seeds]` in {place} is {list(seeds.order)}",
            why="each order is one run of every arm, and two of one order are the same run",
            fix="write different whole numbers, such as `order = [0, 1, 2]`",
        )
    if len(seeds.init) not in (1, len(seeds.order)):
        raise InputError(
            f"`init` of `[seeds]` in {place} has {len(seeds.init)} numbers",
            why=f"it has one for all runs, or one for each of the {len(seeds.order)} of `order`",
            fix="write as many as `order` has, or leave it out",
        )
    if any(len(pair) != 2 for pair in analysis.contrasts):
        raise InputError(
            f"`contrasts` of `[analysis]` in {place} are no pairs",
            why="a contrast is an arm and the arm that it is compared with",
            fix='write `contrasts = [["dose-100", "dose-0"]]`',
        )
    shares = {name: getattr(analysis, name) for name in ("margin", "alpha", "power", "detect")}
    for name, value in shares.items():
        if value is not None and not 0 < value < 1:
            raise InputError(
                f"`{name} = {value}` in `[analysis]` of {place}",
                why="it is a share between 0 and 1",
                fix=f"write 3 percent as `{name} = 0.03`",
            )


def preset_text(name: str) -> str:
    """A preset as it stands in its file."""
    return (resources.files("curate.train") / "presets" / f"{name}.toml").read_text("utf-8")


def preset_tables(name: object) -> dict[str, Any]:
    """The tables of a preset; none where no preset is named.

    Raises:
        InputError: there is no preset of that name.
    """
    if name is None:
        return {}
    if name not in PRESETS:
        raise InputError(
            f"no preset `{name}`", why=f"the presets are {', '.join(PRESETS)}", fix="take one"
        )
    return tomllib.loads(preset_text(str(name)))
