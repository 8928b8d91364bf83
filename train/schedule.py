"""How long, how fast and in what portions a model is trained: one frozen record.

The defaults are the paper's kind of run at a size that fits anything; `ren2026()` is the paper's
recipe itself (arXiv 2604.06628, Table 3 and the authors' training script).

What one optimizer step minimises is written as one weighted sum, whatever the batches look like:

    objective = sum over the rows r of the step of  w_r * (sum of -log p over the targets of r)

    normalization = "tokens"         w_r = 1 / targets in the step                  (TRL's own)
    normalization = "micro_batch"    w_r = 1 / (targets in r's micro-batch * reference_world)

The second is what the paper's trainer does on `reference_world` GPUs: a token mean within each
micro-batch, summed over the micro-batches of a GPU, averaged over the GPUs. Its gradient is as many
times larger than a mean as a GPU has micro-batches (8 in the paper), so a clip at 1.0 bites 8 times
as early. Neither depends on how many devices really train, nor on how rows are laid out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from curate.errors import InputError

Decay = Literal["cosine", "linear", "constant"]
Normalization = Literal["tokens", "micro_batch"]
Precision = Literal["fp32", "bf16-mixed", "bf16"]
Batching = Literal["padded", "sorted", "packed"]

PAPER_SHARES = tuple(step / 640 for step in (10, 20, 40, 80, 160, 320, 480, 640))
"""Where the paper published checkpoints of its 640 steps."""
CHOICES = {
    "decay": get_args(Decay),
    "normalization": get_args(Normalization),
    "precision": get_args(Precision),
    "batching": get_args(Batching),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The two named seeds of a training run; which traces are in the arm is the arm's own."""

    order: int = 0
    """Order of the rows, where `shuffle` is on; without it nothing depends on this seed."""
    init: int = 0
    """Dropout and every other random number of the run; a fixed base without dropout has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A training recipe. Sizes are in sequences unless they say tokens or steps."""

    learning_rate: float = 5e-5
    batch: int = 256
    """Sequences of one optimizer step, over all devices."""
    micro_batch: int = 4
    """Sequences of one forward pass; with `micro_batch` normalization also the unit of the mean."""
    epochs: float | None = None
    """Passes over the rows, fractions allowed; this or `steps`. Neither: 8 epochs."""
    steps: int | None = None
    """Optimizer steps."""
    decay: Decay = "cosine"
    warmup: float = 0.1
    """Share of all steps, in [0, 1), in which the rate climbs from 0; also a constant rate."""
    weight_decay: float = 0.01
    """Of every parameter, norms and embeddings too, as in the paper (TRL leaves norms out)."""
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip: float | None = 1.0
    """Largest norm of the whole gradient; None clips nothing."""
    normalization: Normalization = "tokens"
    reference_world: int = 1
    """Devices of the run that `micro_batch` normalization reproduces."""
    precision: Precision = "fp32"
    """`bf16`: weights and optimizer state too (the paper); `bf16-mixed`: fp32 master weights."""
    max_length: int = 20_000
    """Tokens of prompt and completion; longer rows are refused, never cut."""
    shuffle: bool = False
    """A new order in every epoch; False is the order of the arm, the same every time."""
    batching: Batching = "padded"
    """`sorted`: rows of like length share a forward pass; `packed`: no padding at all. Both train
    the same rows in every step with the same loss as `padded`."""
    token_budget: int = 16_384
    """Most tokens, padding counted, of one forward pass of `sorted` and `packed` (a longer row goes
    alone)."""
    checkpoints: tuple[float, ...] = PAPER_SHARES
    """Whole numbers are steps; fractions are shares of all steps. The last step is always one."""
    activation_checkpointing: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "checkpoints", tuple(self.checkpoints))
        for problem, why, fix in problems(self):
            raise InputError(problem, why=why, fix=fix)

    def total_steps(self, rows: int) -> int:
        """Optimizer steps over so many rows.

        Rows form one endless stream, epoch after epoch, cut into steps of exactly `batch` rows; the
        number of steps is rounded up. So no step is ragged, no row is left out, and where
        `rows * epochs` is no multiple of `batch`, the first rows of the next epoch fill the last.
        """
        if self.steps is not None:
            return self.steps
        epochs = 8.0 if self.epochs is None else self.epochs
        return max(1, math.ceil(rows * epochs / self.batch - 1e-9))

    def warmup_steps(self, total: int) -> int:
        """Steps of the climb: rounded down, as in the paper's trainer."""
        return int(total * self.warmup + 1e-9)

    def rate_factor(self, done: int, total: int) -> float:
        """Share of the learning rate, in [0, 1], of the step after `done` steps.

        The formulas of transformers' `get_*_schedule_with_warmup`; the first of a climb is 0.
        """
        warmup = self.warmup_steps(total)
        if done < warmup:
            return done / max(1, warmup)
        progress = (done - warmup) / max(1, total - warmup)
        match self.decay:
            case "cosine":
                return max(0.0, 0.5 * (1 + math.cos(math.pi * progress)))
            case "linear":
                return max(0.0, 1 - progress)
            case "constant":
                return 1.0

    def checkpoint_steps(self, total: int) -> tuple[int, ...]:
        """The steps after which weights are kept: ascending, distinct, the last one `total`."""
        steps = {round(point * total) if share(point) else int(point) for point in self.checkpoints}
        return tuple(sorted({max(1, step) for step in steps if step < total} | {total}))


def share(point: float) -> bool:
    """Is a checkpoint a share of all steps? 1.0 is the whole, 1 is the first step."""
    return isinstance(point, float) and 0 < point <= 1


def problems(schedule: Schedule) -> Sequence[tuple[str, str, str]]:
    """What is wrong with a schedule: what, why, fix of each."""
    found: list[tuple[str, str, str]] = []
    for name, allowed in CHOICES.items():
        if (value := getattr(schedule, name)) not in allowed:
            known = ", ".join(f"`{each}`" for each in allowed)
            found.append((f"`{name}` is `{value}`", f"known are {known}", "choose one of these"))
    for name, least, most in (
        ("learning_rate", 0, math.inf),
        ("batch", 1, math.inf),
        ("micro_batch", 1, math.inf),
        ("epochs", 1e-9, math.inf),
        ("steps", 1, math.inf),
        ("warmup", 0, 0.999999),
        ("weight_decay", 0, math.inf),
        ("beta1", 0, 0.999999999),
        ("beta2", 0, 0.999999999),
        ("epsilon", 0, math.inf),
        ("clip", 1e-12, math.inf),
        ("reference_world", 1, math.inf),
        ("max_length", 2, math.inf),
        ("token_budget", 1, math.inf),
    ):
        value = getattr(schedule, name)
        if value is not None and not (least <= value <= most and math.isfinite(value)):
            why = f"it must lie between {least} and {most}"
            found.append((f"`{name}` is {value}", why, f"set `{name}` within these"))
    return [*found, *contradictions(schedule)]


def contradictions(schedule: Schedule) -> list[tuple[str, str, str]]:
    """Fields that cannot stand together."""
    found = []
    if schedule.epochs is not None and schedule.steps is not None:
        found.append(("`epochs` and `steps` are both set", "each says how long", "keep one"))
    if not all(
        share(point) or (float(point).is_integer() and point >= 1) for point in schedule.checkpoints
    ):
        why = "a checkpoint is a step from 1, or a share of all steps in (0, 1]"
        found.append((f"`checkpoints` are {schedule.checkpoints}", why, "correct the list"))
    unit = schedule.micro_batch * schedule.reference_world
    if schedule.normalization == "micro_batch" and schedule.batch % unit:
        why = f"each of {schedule.reference_world} devices takes {schedule.micro_batch} at a time"
        found.append((f"`batch` is {schedule.batch}", why, f"make it a multiple of {unit}"))
    return found


def ren2026() -> Schedule:
    """The paper's recipe: Table 3, with what its trainer does beside it.

    Its gradient is the sum over the 8 micro-batches of a GPU, averaged over 8 GPUs; weights,
    gradients and optimizer state are bf16. One thing differs: where its trainer skips a step
    whose gradient is not finite, ours stops (`Diverged`).
    """
    return Schedule(
        epochs=8.0,
        normalization="micro_batch",
        reference_world=8,
        precision="bf16",
        activation_checkpointing=True,
    )


def field_names() -> tuple[str, ...]:
    """The keys of a schedule in a recipe file."""
    return tuple(field.name for field in fields(Schedule))
