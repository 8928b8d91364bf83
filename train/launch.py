"""How the processes of a cell are started: a plain interpreter, or `accelerate launch`.

One process trains and evaluates. Several train together by `accelerate launch` with a file of our
own (without one it guesses, or takes what the user once saved), and then evaluate the checkpoints
side by side, each on its own GPU.
"""

import json
import os
import sys
from importlib import resources
from pathlib import Path

import orjson

from curate.io import write_bytes
from curate.train.cells import Cell

CONFIG = "accelerate.json"
QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "DO_NOT_TRACK": "1",
}
"""No package that we use sends anything home or draws bars into the log."""


def commands_of(cell: Cell, folder: Path, module: str) -> list[list[list[str]]]:
    """Groups of commands: those of a group at the same time, the groups one after the other."""
    plain = [sys.executable, "-P", "-m", module, str(folder)]
    processes = cell.launch["processes"]
    if processes == 1 or cell.kind == "base":
        return [[plain]]
    side_by_side = [
        [*plain, "--phase", "evaluate", "--share", f"{number}/{processes}"]
        for number in range(processes)
    ]
    together = [*accelerate(cell, folder), "-m", module, str(folder), "--phase", "train"]
    return [side_by_side] if cell.models else [[together], side_by_side]


def accelerate(cell: Cell, folder: Path) -> list[str]:
    """`accelerate launch` with the generated configuration."""
    write_bytes(folder / CONFIG, orjson.dumps(config_of(cell), option=orjson.OPT_INDENT_2))
    return [
        sys.executable, "-P", "-m", "accelerate.commands.launch",
        "--config_file", str(folder / CONFIG),
    ]  # fmt: skip


def config_of(cell: Cell) -> dict[str, object]:
    """The configuration of `accelerate` for a cell: the preset of its sharding, made to fit."""
    name = cell.launch["sharding"]
    text = (resources.files("curate.train") / "presets" / f"{name}.json").read_text("utf-8")
    mixed = "bf16" if cell.schedule["precision"] == "bf16-mixed" else "no"
    config = {
        **json.loads(text),
        "num_processes": cell.launch["processes"],
        "mixed_precision": mixed,
        "main_process_port": 0,  # any that is free: several cells may run on one machine
    }
    if cell.launch["device"] == "cpu":
        config |= {"use_cpu": True}
    return config


def environment(threads: int) -> dict[str, str]:
    """What a process of a cell finds in its environment beside what we have."""
    count = str(threads)
    return {
        **QUIET,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "POLARS_MAX_THREADS": count,
    }


def gpus_here() -> list[str]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them."""
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    if said is not None:
        return [name for name in said.split(",") if name and name != "-1"]
    found = [path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*")]
    return sorted(found, key=int)


def gpus_of_cell(launch_gpus: int | None, processes: int, device: str) -> int:
    """GPUs that a cell gets: as said, else one for each process where there are any."""
    if device == "cpu":
        return 0
    if launch_gpus is not None:
        return launch_gpus
    return processes if gpus_here() else 0
