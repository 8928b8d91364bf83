"""The cells of a study: every training run, with the key that says what it is made from.

    key = SHA-256(arm's data, base, schedule, rendering, seeds, versions)[:16]

A cell lies in `cells/KEY/`, an untrained base in `bases/KEY/`; `cell.json` there holds all that is
needed to run it. What changes a model changes the key. Suites do not: they have a hash of their own
(`evaluation`), so that a new suite trains nothing again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from curate.io import write_bytes
from curate.train.arms import Arm, sum_of
from curate.train.bases import Base
from curate.train.eval.suite import Suite
from curate.train.study import Study
from curate.train.templates import FAMILIES, Rendering

TRAIN_VERSION = 1
"""Raised when our code would train another model from the same rows and schedule."""
PACKAGES = ("torch", "transformers", "trl", "accelerate")
FILE = "cell.json"
KEY_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One training run and its evaluations, or an untrained base and its evaluation."""

    kind: Literal["cell", "base"]
    key: str
    study: str
    arm: str | None = None
    """None for a base, and so are the next seven."""
    seed: int | None = None
    """The number of the replicate: what pairs the runs of two arms."""
    draw: int | None = None
    mix_seed: int | None = None
    order_seed: int | None = None
    init_seed: int | None = None
    arm_folder: str | None = None
    arm_digest: str | None = None
    base: str
    base_folder: str
    base_digest: str
    schedule: Mapping[str, Any]
    overlong: str
    rendering: Mapping[str, Any]
    suites: Sequence[Mapping[str, Any]]
    """As they are run: samples of a base multiplied, prompts rendered."""
    evaluate: Mapping[str, Any]
    evaluation: str
    """Hash of the suites, their files, and the settings of the evaluation."""
    launch: Mapping[str, Any]
    versions: Mapping[str, str | None]
    steps: int = 0
    """Planned; what is really trained stands in `fit.json`."""
    models: Sequence[tuple[int, str]] = ()
    """Steps and folders of models that exist already and are only evaluated."""

    def place(self, study: Path) -> Path:
        """Its folder."""
        return study / f"{self.kind}s" / self.key

    @property
    def title(self) -> str:
        """How it is called in tables and messages."""
        if self.kind == "base":
            return f"base {self.base}"
        return f"{self.arm} on {self.base}, seed {self.seed}"


def versions() -> dict[str, str | None]:
    """The versions that a trained model depends on; None for what is not installed."""
    found: dict[str, str | None] = {"curate.train": str(TRAIN_VERSION)}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def key_of(parts: object) -> str:
    """The key of what is made from these parts: hexadecimal, the same on every machine."""
    content = json.dumps(
        parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_DIGITS]


def cells_of(study: Study, arms: Sequence[Arm], bases: Sequence[Base]) -> list[Cell]:
    """Every base untrained, where anything is measured, then every arm on every base by seeds.

    Seeds come last, so that a study which is ended early has whole replicates.
    """
    inits = study.seeds.init * (len(study.seeds.order) if len(study.seeds.init) == 1 else 1)
    trained = [
        arm_cell(study, arm, base, number=number, order=order, init=init)
        for number, (order, init) in enumerate(zip(study.seeds.order, inits, strict=True))
        for base in bases
        for arm in arms
    ]
    untrained = [base_cell(study, base) for base in bases if study.suites]
    return untrained + trained


def base_cell(study: Study, base: Base) -> Cell:
    """The cell of an untrained base; each base has as many samples as its noise needs."""
    suites = [
        replace(suite, samples=suite.samples * study.base_samples)
        if suite.temperature > 0
        else suite
        for suite in study.suites
    ]
    same = shared(study, base, suites)
    made_of = {
        "base": base.digest,
        "name": base.name,
        "rendering": same["rendering"],
        "versions": same["versions"],
    }
    return Cell(kind="base", key=key_of(made_of), **same)


def arm_cell(study: Study, arm: Arm, base: Base, *, number: int, order: int, init: int) -> Cell:
    """The cell of an arm on a base with one order and one init."""
    same = shared(study, base, study.suites)
    made_of = {
        "arm": arm.digest,
        "base": base.digest,
        "schedule": same["schedule"],
        "overlong": study.overlong,
        "rendering": same["rendering"],
        "seeds": {"draw": arm.draw, "order": order, "init": init},
        "versions": same["versions"],
    }
    return Cell(
        kind="cell",
        key=key_of(made_of | {"name": arm.name, "base_name": base.name}),
        arm=arm.name,
        seed=arm.draw * len(study.seeds.order) + number,
        draw=arm.draw,
        mix_seed=arm.mix_seed,
        order_seed=order,
        init_seed=init,
        arm_folder=str(arm.folder),
        arm_digest=arm.digest,
        steps=study.schedule.total_steps(arm.rows),
        **same,
    )


def shared(study: Study, base: Base, suites: Sequence[Suite]) -> dict[str, Any]:
    """The fields that all cells of a base share."""
    template = study.bases[base.name].template
    rendering = replace(study.rendering, template=template) if template else study.rendering
    shown = [asdict(rendered(suite, rendering)) for suite in suites]
    return {
        "study": study.name,
        "base": base.name,
        "base_folder": str(base.folder),
        "base_digest": base.digest,
        "schedule": asdict(study.schedule),
        "overlong": study.overlong,
        "rendering": asdict(rendering),
        "suites": shown,
        "evaluate": asdict(study.evaluate),
        "evaluation": key_of([items_key(suite) for suite in shown] + [asdict(study.evaluate)]),
        "launch": asdict(study.launch),
        "versions": versions(),
    }


def rendered(suite: Suite, rendering: Rendering) -> Suite:
    """The suite with its prompt in the same turns as in training.

    One that asks for the chat template of the tokenizer, or has such turns already, stays as it is.
    """
    turns = FAMILIES[rendering.template]
    marks = turns is not None and turns.turn.partition("{role}")[0] in suite.template
    if suite.chat or turns is None or marks:
        return suite
    return replace(suite, template=rendering.prompt(suite.template))


def items_key(suite: Mapping[str, Any]) -> dict[str, Any]:
    """What the rows of a suite depend on: its settings and the bytes of its file, not its path."""
    path = suite["path"]
    return {**suite, "path": None if path is None else sum_of(Path(path))}


def write_cell(cell: Cell, study: Path) -> None:
    """Write `cell.json`, when it is not there or says something else."""
    path = cell.place(study) / FILE
    content = json.dumps(asdict(cell), ensure_ascii=False, indent=1).encode() + b"\n"
    if not path.is_file() or path.read_bytes() != content:
        write_bytes(path, content)


def read_cell(folder: Path) -> Cell:
    """The cell in a folder."""
    return Cell(**json.loads((folder / FILE).read_bytes()))
