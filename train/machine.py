"""Where and how a run is carried out: nothing of this changes what is trained."""

from dataclasses import dataclass
from typing import Literal

from curate.errors import InputError

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The means of a run."""

    device: Device = "auto"
    world: int = 1
    """Processes that must be there."""
    attention: str | None = None
    """Implementation of attention, as transformers names it; None is its default."""
    report_to: tuple[str, ...] = ()
    """`trackio`, `wandb`, `tensorboard`: beside `train.jsonl`, never instead."""
    project: str = "curate"
    """The study, as trackers show it."""
    run_name: str | None = None
    save_every_steps: int | None = None
    """State for a resume beside that of the checkpoints."""
    save_every_s: float | None = None
    full_determinism: bool = False
    """On a GPU: deterministic kernels, slower. A CPU has no others."""
    sync_each_pass: bool = False
    """With FSDP: less memory and more traffic; whole gradients are never held by one device."""
    keep_state: bool = False
    """Keep optimizer and random numbers when the run is finished."""


def on_cpu(machine: Machine) -> bool:
    """Is there, or shall there be, nothing but a CPU?

    Raises:
        InputError: a GPU is asked for and there is none.
    """
    import torch

    there = torch.accelerator.is_available()
    if machine.device == "cuda" and not there:
        raise InputError(
            "no GPU is to be seen",
            why="PyTorch finds none: none is free, or its build is for CPUs",
            fix='check `nvidia-smi`, or train with `device = "cpu"`',
        )
    return machine.device == "cpu" or not there
