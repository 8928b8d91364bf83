"""`fit` in a process of several: `torchrun … -m tests.world_driver ARM BASE FOLDER WORLD`."""

import sys
from pathlib import Path

import torch

from curate.train.machine import Machine
from curate.train.schedule import Schedule, Seeds
from curate.train.sft import Fitted, fit

SCHEDULE = Schedule(
    learning_rate=1e-2,
    batch=8,
    micro_batch=2,
    steps=3,
    checkpoints=(1,),
    normalization="micro_batch",
    reference_world=4,
    batching="packed",
    token_budget=100,
)


def run(arm: Path, base: Path, folder: Path, *, world: int) -> Fitted:
    """One run in this process, which is one of `world`."""
    torch.set_num_threads(1)
    machine = Machine(device="cpu", world=world, save_every_s=0.0)
    return fit(arm, base, SCHEDULE, Seeds(), folder, machine=machine)


if __name__ == "__main__":
    run(*map(Path, sys.argv[1:4]), world=int(sys.argv[4]))
