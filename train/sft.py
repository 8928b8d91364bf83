"""Supervised fine-tuning of one base on one arm, from wherever it was left off to the end.

    fit(Path("arms/dose-0"), Path("base"), Schedule(epochs=2), Seeds(), Path("cell"))

leaves `cell/train.jsonl` and `cell/checkpoints/step-000040/`, … Killed at any instant and called
again it goes on from the last whole checkpoint; on a CPU the end is the same bit for bit.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import xxhash

from curate.errors import InputError
from curate.io import remove, write_bytes
from curate.train.base import base_key, load_tokenizer
from curate.train.checkpoints import Checkpoint, latest, published
from curate.train.failures import OutOfMemory, WrongWorld
from curate.train.machine import Machine
from curate.train.quiet import quiet
from curate.train.rows import Overlong, Rows, load_rows
from curate.train.runlog import Line
from curate.train.schedule import Schedule, Seeds
from curate.train.templates import Rendering
from curate.train.trackers import trackers

if TYPE_CHECKING:
    from curate.train.trainer import RecipeTrainer

__all__ = ["Fitted", "Machine", "fit", "fit_rows", "quiet", "run_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A finished run."""

    steps: int
    tokens: int
    """Trained tokens."""
    examples: int
    seconds: float
    """Of training, over all its parts."""
    checkpoints: tuple[int, ...]
    """The steps whose weights were kept."""


def fit(
    arm: Path,
    base: Path,
    schedule: Schedule,
    seeds: Seeds,
    folder: Path,
    *,
    rendering: Rendering | None = None,
    overlong: Overlong = "refuse",
    machine: Machine | None = None,
    on_step: Callable[[Line, int], None] | None = None,
) -> Fitted:
    """Train a base on an arm; nothing is done where that is done already.

    `base` is a folder with a model and its tokenizer, `on_step` is told the line of every step and
    the number of all steps.

    Raises:
        InputError: the arm cannot be trained whole, or the folder holds another run.
        Diverged: the loss or the gradient is no finite number.
        OutOfMemory: the device is too small.
        WrongWorld: another number of processes than planned.
    """
    with quiet():
        rows = load_rows(
            arm,
            load_tokenizer(base),
            max_length=schedule.max_length,
            rendering=rendering,
            overlong=overlong,
        )
        return fit_rows(
            rows, base, schedule, seeds, folder, machine=machine or Machine(), on_step=on_step
        )


def fit_rows(
    rows: Rows,
    base: Path,
    schedule: Schedule,
    seeds: Seeds,
    folder: Path,
    *,
    machine: Machine,
    on_step: Callable[[Line, int], None] | None = None,
) -> Fitted:
    """Train a base on tokens."""
    key = run_key(rows, base, schedule, seeds)
    if done := finished(folder, key):
        return done
    with quiet(), trackers(machine.report_to, folder, machine.project):
        return trained(
            rows, base, schedule, seeds, folder, machine=machine, key=key, on_step=on_step
        )


def trained(
    rows: Rows,
    base: Path,
    schedule: Schedule,
    seeds: Seeds,
    folder: Path,
    *,
    machine: Machine,
    key: str,
    on_step: Callable[[Line, int], None] | None,
) -> Fitted:
    """Train from the last whole checkpoint to the end."""
    from curate.train.build import build
    from curate.train.keeper import Keeper

    start = start_of(folder, schedule.checkpoint_steps(schedule.total_steps(len(rows))), key)
    trainer = build(rows, base, schedule, seeds, folder, machine=machine)
    if (found := trainer.accelerator.num_processes) != machine.world:
        raise WrongWorld(planned=machine.world, found=found)
    keeper = Keeper(
        folder, trainer, schedule, machine=machine, key=key, start=start, on_step=on_step
    )
    if trainer.accelerator.is_main_process:
        remove(folder / "fit.json")  # of a run whose checkpoints were lost since
        account = rows.account() | {
            "schedule": asdict(schedule),
            "seeds": asdict(seeds),
            "key": key,
        }
        write_bytes(folder / "rows.json", orjson.dumps(account, option=orjson.OPT_INDENT_2))
    run(trainer, start.folder if start else None)
    return keeper.finish()


def start_of(folder: Path, grid: Sequence[int], key: str) -> Checkpoint | None:
    """The state to go on from; None where the run must start anew.

    That is also so where weights that were kept before that state are gone or damaged.

    Raises:
        InputError: the state is of another run.
    """
    state = latest(folder)
    if state is None:
        return None
    if state.about["key"] != key:
        raise other_run(folder)
    kept = {each.step for each in published(folder)}
    return state if kept >= {step for step in grid if step <= state.step} else None


def run(trainer: "RecipeTrainer", state: Path | None) -> None:
    """Train, with what a full memory raises made our own."""
    import torch

    try:
        trainer.train(resume_from_checkpoint=str(state) if state else None)
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(trainer.state.global_step + 1, detail=first_line(error)) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # how PyTorch says it on a CPU
            raise
        raise OutOfMemory(trainer.state.global_step + 1, detail=first_line(error)) from error


def first_line(error: BaseException) -> str:
    """The first line of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def run_key(rows: Rows, base: Path, schedule: Schedule, seeds: Seeds) -> str:
    """Hash of all that decides what is trained; two runs with the same key are the same run."""
    made_of = {
        "rows": rows.key(),
        "base": base_key(base),
        "schedule": asdict(schedule),
        "seeds": asdict(seeds),
    }
    return str(xxhash.xxh3_128_hexdigest(orjson.dumps(made_of, option=orjson.OPT_SORT_KEYS)))


def finished(folder: Path, key: str) -> Fitted | None:
    """What a finished run left, if it is this run and all of it is there."""
    path = folder / "fit.json"
    if not path.is_file():
        return None
    content = orjson.loads(path.read_bytes())
    if content.pop("key") != key:
        raise other_run(folder)
    content["checkpoints"] = tuple(content["checkpoints"])
    whole_steps = {each.step for each in published(folder)}
    return Fitted(**content) if whole_steps >= set(content["checkpoints"]) else None


def other_run(folder: Path) -> InputError:
    """The folder cannot be gone on with."""
    return InputError(
        f"`{folder}` holds another run",
        why="its rows, base, schedule or seeds are not those of this one",
        fix="name another folder, or remove this one",
    )
