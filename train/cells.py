"""The cells of a study: every training run, with the key that says what it is made from.

    key = SHA-256(arm's data, base, schedule, seeds, versions)[:16]

A cell lies in `cells/KEY/`, an untrained base in `bases/KEY/`; `cell.json` there holds all that is
needed to run it. What changes a model changes the key; suites do not, they have a key of their own
(`evaluation`), so that a new suite trains nothing again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from curate.io import write_bytes
from curate.train.arms import Arm
from curate.train.bases import Base
from curate.train.specs import SeedsSpec

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
    arm: str | None
    """None for a base."""
    base: str
    seed: int | None
    """The number of the replicate: what pairs the runs of two arms."""
    mix_seed: int | None = None
    order_seed: int | None = None
    init_seed: int | None = None
    arm_folder: str | None = None
    arm_digest: str | None = None
    base_folder: str
    base_digest: str
    schedule: Mapping[str, Any]
    suites: Mapping[str, Mapping[str, Any]]
    """Their tables, with whole paths."""
    evaluate: Mapping[str, Any]
    evaluation: str
    """Hash of suites, items and settings of the evaluation."""
    launch: Mapping[str, Any]
    versions: Mapping[str, str | None]
    steps: int = 0
    """Steps planned, for the time that is left."""
    checkpoints: tuple[int, ...] = ()

    def place(self, study: Path) -> Path:
        """Its folder."""
        return study / f"{self.kind}s" / self.key

    @property
    def title(self) -> str:
        """How it is called in tables and messages."""
        if self.kind == "base":
            return f"base {self.base}"
        return f"{self.arm} on {self.base}, seed {self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What all cells of a study share."""

    study: str
    schedule: Mapping[str, Any]
    suites: Mapping[str, Mapping[str, Any]]
    evaluate: Mapping[str, Any]
    evaluation: str
    launch: Mapping[str, Any]


def versions() -> dict[str, str | None]:
    """The versions that a trained model depends on; None for what is not installed."""
    found: dict[str, str | None] = {"curate.train": str(TRAIN_VERSION)}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def key_of(parts: Mapping[str, Any]) -> str:
    """The key of what is made from these parts: hexadecimal, the same on every machine."""
    content = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:KEY_DIGITS]


def cells_of(
    arms: Iterable[Arm], bases: Iterable[Base], seeds: SeedsSpec, common: Common
) -> list[Cell]:
    """Every base untrained, then every arm on every base for every seed: seeds come last, so that
    a study that is ended early has whole replicates."""
    arms, bases = list(arms), list(bases)
    untrained = [base_cell(base, common) for base in bases]
    inits = seeds.init if len(seeds.init) > 1 else seeds.init * len(seeds.order)
    trained = [
        arm_cell(arm, base, common, seed=number, order=order, init=init, draws=len(seeds.order))
        for number, (order, init) in enumerate(zip(seeds.order, inits, strict=True))
        for base in bases
        for arm in arms
    ]
    return untrained + trained


def base_cell(base: Base, common: Common) -> Cell:
    """The cell of an untrained base."""
    return Cell(
        kind="base",
        key=key_of({"base": base.digest, "versions": versions()}),
        arm=None,
        seed=None,
        base=base.name,
        base_folder=str(base.folder),
        base_digest=base.digest,
        versions=versions(),
        **fields_of(common),
    )


def arm_cell(
    arm: Arm, base: Base, common: Common, *, seed: int, order: int, init: int, draws: int
) -> Cell:
    """The cell of an arm on a base with one order and one init."""
    parts = {
        "arm": arm.digest,
        "base": base.digest,
        "schedule": common.schedule,
        "seeds": {"mix": arm.mix_seed, "draw": arm.draw, "order": order, "init": init},
        "processes": common.launch["processes"],
        "versions": versions(),
    }
    return Cell(
        kind="cell",
        key=key_of(parts),
        arm=arm.name,
        base=base.name,
        seed=arm.draw * draws + seed,
        mix_seed=arm.mix_seed,
        order_seed=order,
        init_seed=init,
        arm_folder=str(arm.folder),
        arm_digest=arm.digest,
        base_folder=str(base.folder),
        base_digest=base.digest,
        versions=versions(),
        **fields_of(common),
        **planned_steps(arm, common.schedule),
    )


def fields_of(common: Common) -> dict[str, Any]:
    """The fields of a cell that all share."""
    return {name: getattr(common, name) for name in Common.__dataclass_fields__}


def planned_steps(arm: Arm, schedule: Mapping[str, Any]) -> dict[str, Any]:
    """Steps and checkpoints of an arm, as fields of a cell."""
    from curate.train.schedule import Schedule

    plan = Schedule(**schedule)
    steps = plan.total_steps(arm.rows)
    return {"steps": steps, "checkpoints": plan.checkpoint_steps(steps)}


def write_cell(cell: Cell, study: Path) -> None:
    """Write `cell.json`, when it is not there or says something else."""
    path = cell.place(study) / FILE
    content = json.dumps(asdict(cell), ensure_ascii=False, indent=1, default=str).encode() + b"\n"
    if not path.is_file() or path.read_bytes() != content:
        write_bytes(path, content)


def read_cell(folder: Path) -> Cell:
    """The cell in a folder."""
    found = json.loads((folder / FILE).read_bytes())
    return Cell(**{**found, "checkpoints": tuple(found["checkpoints"])})
