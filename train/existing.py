"""Models that exist already: evaluated like the checkpoints of a study, and never trained.

    qwen3-4b-math-cot/step10, …/step640     the steps of one run; `step0` or `--base` is its base

The public checkpoints of Ren et al. 2026 lie in such folders.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from curate.errors import InputError
from curate.train.bases import Base, base_at
from curate.train.cells import Cell, base_cell, key_of, shared
from curate.train.design import declared
from curate.train.eval.quarantine import with_tasks_left_out
from curate.train.specs import BaseSpec
from curate.train.study import Study

STEP = re.compile(r"(?:global_)?(?:step|checkpoint)[-_]?(\d+)$", re.IGNORECASE)


def models_in(folders: Sequence[Path]) -> dict[str, list[tuple[int, Path]]]:
    """The models of each run, by step: of folders of models, or of folders of those.

    Raises:
        InputError: there is none, or two have the same step.
    """
    found: dict[str, list[tuple[int, Path]]] = {}
    for folder in (model for given in folders for model in models_at(given)):
        match = STEP.search(folder.resolve().name)
        if match is None:
            raise InputError(
                f"`{folder}` does not say of which step it is",
                why="a step is read from the name of its folder, such as `step40`",
                fix="rename it, or name the base with `--base`",
            )
        found.setdefault(run_name(folder), []).append((int(match[1]), folder))
    for name, models in found.items():
        models.sort(key=lambda model: model[0])
        steps = [step for step, _ in models]
        if len(set(steps)) < len(steps):
            raise InputError(
                f"two models of `{name}` are of the same step",
                why=f"their steps are {', '.join(map(str, steps))}",
                fix="put each run into a folder with a name of its own",
            )
    return found


def run_name(model: Path) -> str:
    """What the run of a model is called: the folder that it lies in, `checkpoints` passed over."""
    parent = model.resolve().parent
    return parent.parent.name if parent.name == "checkpoints" else parent.name


def models_at(folder: Path) -> list[Path]:
    """The folder, when it is a model; else the models in it, or in its `checkpoints`.

    Raises:
        InputError: there is none.
    """
    if (folder / "config.json").is_file():
        return [folder]
    inside = folder / "checkpoints" if (folder / "checkpoints").is_dir() else folder
    found = sorted(path.parent for path in inside.glob("*/config.json"))
    if not found:
        raise InputError(
            f"no model in `{folder}`",
            why="neither it nor a folder in it has a `config.json`",
            fix="name folders that `save_pretrained` wrote",
        )
    return found


def cells_for(study: Study, folders: Sequence[Path], base: Path | None) -> list[Cell]:
    """A cell for each run, and one for the base where it is known."""
    settings, _ = with_tasks_left_out(study.suites, study.evaluate)
    study, runs = replace(study, evaluate=settings), models_in(folders)
    start = base or next((models[0][1] for models in runs.values() if models[0][0] == 0), None)
    known = base_at("base", BaseSpec(path=str((start or first_of(runs)).resolve())), Path())
    asked = replace(study, bases={"base": BaseSpec(path=str(known.folder))})
    cells = [existing_cell(asked, name, models, known) for name, models in runs.items()]
    found = [cell for cell in cells if cell.models]
    return [base_cell(asked, known), *found] if start else found


def first_of(runs: dict[str, list[tuple[int, Path]]]) -> Path:
    """Any of the models, where no base is known."""
    return next(iter(runs.values()))[0][1]


def existing_cell(study: Study, name: str, models: Sequence[tuple[int, Path]], base: Base) -> Cell:
    """The cell of the models of one run."""
    later = [(step, str(path.resolve())) for step, path in models if step > 0]
    return Cell(
        kind="cell",
        key=key_of({"existing": name, "models": later, "files": [stats(p) for _, p in later]}),
        arm=name,
        seed=0,
        models=later,
        steps=max((step for step, _ in later), default=0),
        **shared(study, base, study.suites),
    )


def stats(folder: str) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the files of a model: other ones are another model."""
    files = sorted(path for path in Path(folder).iterdir() if path.is_file())
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def design_for(study: Study, cells: Sequence[Cell]) -> dict[str, Any]:
    """`design.json` of models whose training is not known: exploratory."""
    names = [cell.arm for cell in cells if cell.arm is not None]
    unknown: dict[str, Any] = {
        "role": "arm", "dose": None, "levels": {}, "grades": {}, "shares": {},
        "rows": None, "tokens": None,
    }  # fmt: skip
    return declared(study) | {
        "arms": dict.fromkeys(names, unknown),
        "draws": 1,
        "contrasts": [[name, names[0]] for name in names[1:]],
        "primary": "exploratory",
        "balance": None,
    }
