"""Runs of `fit` that die: `python -m tests.fit_driver BASE ARM FOLDER SEED KILLS`.

torch and trl are imported once; every run is a fork of this process, which itself computes nothing.
Some runs get SIGKILL at a random instant, some at a random write point, until one lives.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch
import trl.trainer.sft_trainer
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

from curate.train import build, keeper, trainer
from curate.train.machine import Machine
from curate.train.schedule import Schedule, Seeds
from curate.train.sft import fit
from tests.kill_driver import before_each_write

LOADED = (
    trl.trainer.sft_trainer,
    AutoModelForCausalLM,
    AutoTokenizer,
    TrainerCallback,
    build,
    keeper,
    trainer,
)
SCHEDULE = Schedule(
    learning_rate=1e-2, batch=4, micro_batch=2, steps=12, checkpoints=(2, 5, 9), shuffle=True
)
MACHINE = Machine(device="cpu", save_every_steps=3)


def run(base: Path, arm: Path, folder: Path, *, death: int = 0) -> None:
    """One run in this process; it dies at write point `death`, counted from 1."""
    torch.set_num_threads(1)

    def die(number: int) -> None:
        if number == death:
            os.kill(os.getpid(), signal.SIGKILL)

    before_each_write(die)
    fit(arm, base, SCHEDULE, Seeds(order=3, init=1), folder, machine=MACHINE)


def forked(
    base: Path, arm: Path, folder: Path, *, death: int = 0, after_s: float | None = None
) -> int:
    """Run in a fork; how it ended: 0, or the number of the signal."""
    child = os.fork()
    if child == 0:
        run(base, arm, folder, death=death)
        os._exit(0)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def main() -> None:
    """Kill runs of one folder, then let one live; how many were killed, on stdout."""
    base, arm, folder = map(Path, sys.argv[1:4])
    draw = random.Random(int(sys.argv[4]))
    start = time.monotonic()
    if forked(base, arm, folder / "unbroken"):
        raise SystemExit("the unbroken run did not end well")
    whole_s = time.monotonic() - start
    killed = 0
    for number in range(int(sys.argv[5])):
        way = (
            {"death": draw.randrange(1, 60)}
            if number % 2
            else {"after_s": draw.uniform(0.2, whole_s)}
        )
        killed += forked(base, arm, folder / "killed", **way) == signal.SIGKILL
    if forked(base, arm, folder / "killed"):
        raise SystemExit("the last run did not end well")
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main()
