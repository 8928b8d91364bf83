"""Why a training run ended early: each type is recorded on its cell and stops no other.

TrainingFailed
├── Diverged         the loss or the gradient is no longer a finite number
├── OutOfMemory      the device has too little memory
└── WrongWorld       another number of processes than the plan says
"""

from curate.errors import CurateError


class TrainingFailed(CurateError):
    """A run that cannot go on as it is."""


class Diverged(TrainingFailed):
    """The loss or the gradient of a step is infinite or no number; that step was not taken."""

    def __init__(self, step: int, *, loss: float, grad_norm: float | None) -> None:
        super().__init__(
            f"training diverged at step {step}",
            why=f"the loss is {loss} and the norm of the gradient is {grad_norm}",
            fix="lower `learning_rate`, or set `clip`",
        )
        self.step = step


class OutOfMemory(TrainingFailed):
    """The device ran out of memory."""

    def __init__(self, step: int, *, detail: str) -> None:
        super().__init__(
            f"out of memory at step {step}",
            why=detail,
            fix="lower `micro_batch` or `token_budget`, or set `activation_checkpointing = true`",
        )
        self.step = step


class WrongWorld(TrainingFailed):
    """Training runs in another number of processes than was planned."""

    def __init__(self, *, planned: int, found: int) -> None:
        super().__init__(
            f"training runs in {found} process(es), and {planned} are planned",
            why="a launcher without a fitting configuration starts fewer, and says nothing",
            fix=f"launch with `accelerate launch --num_processes {planned} --config_file FILE`",
        )
