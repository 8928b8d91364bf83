"""A lab on disk: bases, arms, suites and the file of a study, ready for `curate ablate run`.

LAB/
  lab.json                      the preset and its seed
  bases/direct/                 a copy of the base in the cache
  arms/                         as `curate mix` writes them
  suites/chain.jsonl, …
  STUDY.toml                    and STUDY-short.toml, … where there are several schedules
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from curate.errors import InputError
from curate.io import write_bytes
from curate.progress import Progress
from curate.train.lab.arms import write_arms
from curate.train.lab.bases import base_key, cache_folder, need_base
from curate.train.lab.presets import PRESETS, Preset
from curate.train.lab.pretrain import BaseRecipe
from curate.train.lab.suites import held_out, tables, write_suites

NAME = "lab.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A lab that is there."""

    folder: Path
    preset: Preset
    studies: tuple[Path, ...]
    """The files of its studies"""
    pretrained: tuple[str, ...]
    """Bases that were not in the cache"""


def preset_of(name: str) -> Preset:
    """The preset of a name.

    Raises:
        InputError: there is none.
    """
    if name in PRESETS:
        return PRESETS[name]
    raise InputError(
        f"no preset `{name}`", why=f"there are {', '.join(PRESETS)}", fix="name one of these"
    )


def make_lab(
    preset: Preset,
    out: Path,
    *,
    seed: int = 0,
    seeds: int | None = None,
    cache: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Made:
    """Make everything that the studies of a preset need; what is there already is kept.

    Raises:
        InputError: the folder holds something else, or another lab.
        PoolError: another run is pretraining the same base.
    """
    about = {"made_by": "curate lab", "preset": preset.name, "seed": seed}
    need_ours(out, about)
    write_bytes(out / NAME, json.dumps(about, indent=2).encode())
    pretrained = [
        recipe.name
        for recipe in preset.bases
        if copy_base(recipe, out / "bases" / recipe.name, cache or cache_folder(), progress)
    ]
    preset = replace(preset, seeds=seeds or preset.seeds, workers=workers or preset.workers)
    write_suites(out / "suites", preset.items)
    prompts = held_out(preset.items)
    write_arms(preset.arms, out / "arms", rows=preset.rows, seed=seed, held_out=prompts)
    studies = [
        write_study(preset, out, name, schedule) for name, schedule in preset.schedules.items()
    ]
    return Made(folder=out, preset=preset, studies=tuple(studies), pretrained=tuple(pretrained))


def need_ours(out: Path, about: Mapping[str, object]) -> None:
    """Nothing, when the folder is new, empty or this very lab.

    Raises:
        InputError: it is not.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        found = json.loads((out / NAME).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot make a lab in `{out}`", why="it holds other things", fix="name a new folder"
        ) from error
    if found != about:
        raise InputError(
            f"`{out}` holds another lab",
            why=f"it is of preset `{found.get('preset')}`, seed {found.get('seed')}",
            fix="name a new folder, or the same preset and seed",
        )


def copy_base(recipe: BaseRecipe, folder: Path, cache: Path, progress: Progress | None) -> bool:
    """Put a base there, whole or not at all; whether it had to be pretrained."""
    mark = folder / "key"
    key = base_key(recipe)
    if mark.is_file() and mark.read_text("utf-8") == key:
        return False
    new = not (cache / key).is_dir()
    source = pretrained_base(recipe, cache, progress)
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(source, temporary)
    write_bytes(temporary / "key", key.encode())
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)
    return new


def pretrained_base(recipe: BaseRecipe, cache: Path, progress: Progress | None) -> Path:
    """The folder of a base in the cache; how far its pretraining is, is shown."""
    if progress is None or (cache / base_key(recipe)).is_dir():
        return need_base(recipe, cache)
    with progress.phase(f"pretraining base {recipe.name}", recipe.steps, "steps") as phase:
        return need_base(recipe, cache, lambda step, loss: phase.advance(1))


# --- the file of a study --------------------------------------------------------------------------


def write_study(preset: Preset, out: Path, name: str, schedule: Mapping[str, object]) -> Path:
    """Write the file of one study; its path."""
    path = out / (f"STUDY-{name}.toml" if name else "STUDY.toml")
    write_bytes(path, study_text(preset, name, schedule).encode())
    return path


def study_text(preset: Preset, name: str, schedule: Mapping[str, object]) -> str:
    """The study as TOML."""
    title = "-".join(part for part in ("lab", preset.name, name) if part)
    contrasts = [list(pair) for pair in preset.contrasts]
    return "\n".join(
        [
            f"name = {value_text(title)}",
            f"about = {value_text(preset.about)}",
            *table_text("arms", {"design": "arms"}),
            *table_text("bases", {base.name: f"bases/{base.name}" for base in preset.bases}),
            *table_text("seeds", {"order": list(range(preset.seeds))}),
            *table_text("schedule", schedule),
            *(
                line
                for suite, table in tables(preset.modes).items()
                for line in table_text(f"suites.{suite}", table)
            ),
            *table_text("evaluate", {"batch_size": 128, "probes": preset.probes}),
            *table_text("analysis", {"contrasts": contrasts, "exploratory": True}),
            *table_text("launch", {"workers": preset.workers, "threads": 1}),
            "",
        ]
    )


def table_text(name: str, table: Mapping[str, object]) -> list[str]:
    """The lines of a table."""
    return ["", f"[{name}]", *(f"{key} = {value_text(value)}" for key, value in table.items())]


def value_text(value: object) -> str:
    """A value as TOML has it; of strings, numbers, truths and lists it is what JSON has."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(value_text(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False)
