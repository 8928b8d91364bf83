"""Checkpoints that are whole or not there.

    FOLDER/checkpoints/step-000040/    weights, configuration, tokenizer, manifest.json
    FOLDER/resume/checkpoint-40/       those and optimizer, schedule, random numbers, train.jsonl,
                                       manifest.json; only of the latest step that was saved
    FOLDER/fit.json                    written when the run is finished

A manifest holds the size and the hash of every other file and is written last, so what a kill left
half-written is never taken for a checkpoint; nor is one that was cut or edited afterwards.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import xxhash

from curate.io import flush, write_bytes
from curate.train.failures import TrainingFailed

MANIFEST = "manifest.json"
NOT_WEIGHTS = (
    "optimizer",
    "scheduler",
    "scaler",
    "rng_state",
    "trainer_state",
    "pytorch_model_fsdp",
    "zero_to_fp32",
    "latest",
    "train.jsonl",
    MANIFEST,
)
"""How the names begin of what only a resume needs."""
CHUNK_BYTES = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A whole checkpoint."""

    folder: Path
    step: int
    about: Mapping[str, Any]
    """What was said of it: `key`, `tokens`, `examples`."""


def step_folder(folder: Path, step: int) -> Path:
    """Where the weights after a step lie."""
    return folder / "checkpoints" / f"step-{step:06}"


def seal(folder: Path, step: int, about: Mapping[str, Any]) -> None:
    """Write the manifest of a folder whose files are all there."""
    files = {}
    for path in sorted(
        each for each in folder.rglob("*") if each.is_file() and each.name != MANIFEST
    ):
        flush(path)
        files[path.relative_to(folder).as_posix()] = {
            "bytes": path.stat().st_size,
            "xxh3": digest(path),
        }
    content = {"step": step, **about, "files": files}
    write_bytes(folder / MANIFEST, orjson.dumps(content, option=orjson.OPT_INDENT_2))


def digest(path: Path) -> str:
    """Hash of the bytes of a file."""
    state = xxhash.xxh3_128()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            state.update(chunk)
    return str(state.hexdigest())


def whole(folder: Path) -> Checkpoint | None:
    """The checkpoint in a folder; None where a file is missing, cut or edited."""
    try:
        content = orjson.loads((folder / MANIFEST).read_bytes())
        intact = all(
            (folder / name).stat().st_size == file["bytes"]
            and digest(folder / name) == file["xxh3"]
            for name, file in content["files"].items()
        )
    except (OSError, orjson.JSONDecodeError):
        return None
    if not intact:
        return None
    about = {name: value for name, value in content.items() if name not in ("files", "step")}
    return Checkpoint(folder=folder, step=content["step"], about=about)


def published(folder: Path) -> list[Checkpoint]:
    """The whole weights of a run, ascending by step."""
    folders = sorted((folder / "checkpoints").glob("step-*"))
    return [found for each in folders if (found := whole(each))]


def latest(folder: Path) -> Checkpoint | None:
    """The whole checkpoint with the most steps that a run can go on from."""
    folders = (folder / "resume").glob("checkpoint-*")
    found = [checkpoint for each in folders if (checkpoint := whole(each))]
    return max(found, key=lambda each: each.step, default=None)


def publish(state: Path, target: Path, step: int, about: Mapping[str, Any]) -> None:
    """Make a folder of weights out of a folder of state, by links where the disk has them."""
    making = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    for path in sorted(state.iterdir()):
        if path.is_file() and not path.name.startswith(NOT_WEIGHTS):
            link(path, making / path.name)
    if not any(making.glob("*.safetensors")):
        raise TrainingFailed(
            f"no weights were written after step {step}",
            why="the configuration of the launcher keeps them in pieces",
            fix="`FULL_STATE_DICT` (FSDP), `stage3_gather_16bit_weights_on_model_save` (ZeRO-3)",
        )
    seal(making, step, about)
    shutil.rmtree(target, ignore_errors=True)
    making.rename(target)
    flush(target.parent)


def link(source: Path, target: Path) -> None:
    """The same bytes under a second name."""
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)


def forget_others(folder: Path, keep: Path) -> None:
    """Remove every state but one."""
    for path in (folder / "resume").glob("checkpoint-*"):
        if path != keep:
            shutil.rmtree(path)
