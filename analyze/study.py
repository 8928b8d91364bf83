"""What a study is, beside its rows: arms and their doses, what was declared, and what lies there.

`design.json` of a study, shortened:

    {"name": "dose", "arms": {"dose-25": {"role": "dose", "dose": 0.25, "grades": {"good": 0.75,
     "bad": 0.25}, "rows": 208, "tokens": 61947}}, "contrasts": [["dose-25", "dose-0"]],
     "margin": 0.02, "safety_margin": 0.02, "alpha": 0.05, "window": 2, "primary": "confirmatory"}
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import polars as pl

from curate.analyze.names import DOMAINS, UNSORTED, listed
from curate.analyze.table import Reading, Table, read_table
from curate.errors import InputError

ARMS_SHOWN = 6
"""Without a declared family every pair of so few arms is compared; of more, each with the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What is known of one training set."""

    role: str | None = None
    """`dose`, `arm`, `again`, `shuffled`, …"""
    dose: float | None = None
    """Share of the graded material in [0, 1]."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """Factor to level, in a factorial design."""
    grades: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    """Stratum to share, in a swarm."""
    rows: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What was declared before the results were seen."""

    name: str
    arms: Mapping[str, Arm] = field(default_factory=dict)
    contrasts: tuple[tuple[str, str], ...] = ()
    """Arm and its reference."""
    domains: tuple[str, ...] = ()
    margin: float = 0.02
    """Differences within ± this are no difference, in score."""
    safety_margin: float = 0.02
    """Safety may fall by so much and counts as not harmed."""
    alpha: float = 0.05
    window: int = 2
    """Checkpoints in the final window."""
    primary: str = "exploratory"
    """`confirmatory` where the contrasts were declared before the results."""
    balance: Mapping[str, Any] | None = None
    """The balance of the mixture's manifest."""
    graders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Second graders of the mixture's manifest: `agreement`, and `confusion` with the first."""
    declared: bool = True
    """False where there was no design and the contrasts are ours."""

    @property
    def confirmatory(self) -> bool:
        """Whether the primary family was declared beforehand."""
        return self.declared and self.primary == "confirmatory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Everything that the analysis reads."""

    design: Design
    table: Table
    probes: pl.DataFrame | None = None
    judge_error: Mapping[str, Any] | None = None
    """How often the judge of safety erred on labelled answers: counts `found`, `missed`, `passed`,
    `false_alarms`, and the `judge`."""
    influences: tuple[Mapping[str, Any], ...] = ()
    """What `curate analyze influence` found of traces, one for each time it was asked."""
    responses: Path | None = None
    """Read only where behaviour is counted: it can be gigabytes."""
    recipe: Mapping[str, Any] | None = None
    """`study.json`, as it is."""


def read_study(path: Path, how: Reading | None = None) -> Study:
    """A study folder, or a table that stands alone.

    Raises:
        InputError: nothing that can be read, or a design that does not fit its table.
    """
    table = read_table(path, how)
    folder = path if path.is_dir() else None
    design = None
    if folder is not None and (folder / "design.json").is_file():
        design = read_design(folder / "design.json")
    design = fitted(design or assumed(path.stem if path.is_file() else path.name), table, path)
    return Study(
        design=design,
        table=table,
        probes=beside(folder, "probes.parquet"),
        responses=there(folder, "responses.parquet"),
        judge_error=json_beside(folder, "judge_error.json"),
        influences=tuple(map(read_json, influence_files(folder))),
        recipe=json_beside(folder, "study.json"),
    )


def there(folder: Path | None, name: str) -> Path | None:
    """A file of the study, if it has it."""
    return folder / name if folder is not None and (folder / name).is_file() else None


def beside(folder: Path | None, name: str) -> pl.DataFrame | None:
    """A table of the study, if it has it."""
    path = there(folder, name)
    return None if path is None else pl.read_parquet(path)


def influence_files(folder: Path | None) -> list[Path]:
    """What was asked about traces of the study."""
    return [] if folder is None else sorted(folder.glob("influence/*/removal.json"))


def json_beside(folder: Path | None, name: str) -> dict[str, Any] | None:
    """A JSON object of the study, if it has it."""
    path = there(folder, name)
    return None if path is None else read_json(path)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"`{path}` is not JSON", why=str(error), fix="write it again with the study"
        ) from None
    if not isinstance(found, dict):
        raise InputError(
            f"`{path}` holds no object",
            why=f"it holds a {type(found).__name__}",
            fix="see the docs",
        )
    return found


def read_design(path: Path) -> Design:
    """`design.json`; what it does not know is left at its default.

    Raises:
        InputError: a value that can be no such value.
    """
    found = read_json(path)
    arms = found.get("arms", {})
    if not isinstance(arms, dict) or not all(isinstance(a, dict) for a in arms.values()):
        raise bad_design(path, "arms", "an object from names to objects")
    known = {one.name for one in fields(Design)} - {"arms", "declared", "contrasts", "domains"}
    plain = {key: value for key, value in found.items() if key in known and value is not None}
    pairs = found.get("contrasts") or []
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise bad_design(path, "contrasts", "a list of pairs of arms")
    design = Design(
        **{"name": path.parent.name, **plain},
        arms={str(name): arm_of(values) for name, values in arms.items()},
        contrasts=tuple((str(a), str(b)) for a, b in pairs),
        domains=tuple(map(str, found.get("domains") or ())),
    )
    return checked(design, path)


def arm_of(values: Mapping[str, Any]) -> Arm:
    """One arm of a design."""
    known = {one.name for one in fields(Arm)}
    dose = values.get("dose")
    if dose is not None and (isinstance(dose, bool) or not isinstance(dose, int | float)):
        raise InputError(
            f"a `dose` of the design is `{dose}`",
            why="it is the share of the graded material, a number from 0 to 1",
            fix="correct `design.json`",
        )
    return Arm(
        **{key: value for key, value in values.items() if key in known and value is not None}
    )


def checked(design: Design, path: Path) -> Design:
    """The design, if its numbers can be."""
    for name in ("margin", "safety_margin", "alpha"):
        value = getattr(design, name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1:
            raise bad_design(path, name, "a number between 0 and 1")
    if not isinstance(design.window, int) or design.window < 1:
        raise bad_design(path, "window", "a whole number of 1 or more")
    if design.primary not in ("exploratory", "confirmatory"):
        raise bad_design(path, "primary", "`exploratory` or `confirmatory`")
    return design


def bad_design(path: Path, name: str, wanted: str) -> InputError:
    """What to say of a value that cannot be."""
    return InputError(
        f"`{name}` of `{path}` is wrong", why=f"it must be {wanted}", fix="correct it"
    )


# --- design and table together --------------------------------------------------------------------


def assumed(name: str) -> Design:
    """The design of a table that has none."""
    return Design(name=name, declared=False)


def fitted(design: Design, table: Table, path: Path) -> Design:
    """The design with the arms and domains that the table holds.

    Raises:
        InputError: a declared contrast names an arm of which there is no row.
    """
    present = trained_arms(table)
    arms = {name: design.arms.get(name, Arm()) for name in ordered(present, design)}
    if design.declared:
        gone = [one for pair in design.contrasts for one in pair if one not in arms]
        if gone:
            raise InputError(
                f"`{path}` has no row of arm `{gone[0]}`",
                why=f"the design compares it; the rows are of {listed(arms)}",
                fix="train and collect it, or take its contrast out of `design.json`",
            )
    contrasts = design.contrasts if design.declared else pairs_of(list(arms))
    found = table.frame["domain"].unique().to_list()
    order = [*design.domains, *DOMAINS, UNSORTED]
    domains = sorted(found, key=lambda d: (order.index(d) if d in order else len(order), d))
    return replace(design, arms=arms, contrasts=contrasts, domains=tuple(domains))


def trained_arms(table: Table) -> list[str]:
    """Names of the arms with rows, sorted."""
    return [str(name) for name in table.frame["arm"].drop_nulls().unique().sort()]


def ordered(present: Sequence[str], design: Design) -> list[str]:
    """Arms in the order of the design, the others behind them."""
    known = [name for name in design.arms if name in present]
    return known + [name for name in present if name not in design.arms]


def pairs_of(arms: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Which arms to compare when nobody declared it."""
    if len(arms) <= ARMS_SHOWN:
        return tuple((b, a) for n, a in enumerate(arms) for b in arms[n + 1 :])
    return tuple((arm, arms[0]) for arm in arms[1:])


def with_contrasts(study: Study, pairs: Sequence[tuple[str, str]]) -> Study:
    """The study with contrasts asked for on the command line, which makes them exploratory.

    Raises:
        InputError: there is no such arm.
    """
    arms = study.design.arms
    gone = [one for pair in pairs for one in pair if one not in arms]
    if gone:
        raise InputError(
            f"there is no arm `{gone[0]}`",
            why=f"the arms are {listed(arms)}",
            fix="name one of them",
        )
    if not pairs or tuple(pairs) == study.design.contrasts:
        return study
    design = replace(study.design, contrasts=tuple(pairs), primary="exploratory")
    return replace(study, design=design)
