"""The recipe as a plain PyTorch loop, one row at a time: what the trainer is held to.

No TRL, no padding, no packing, no fused kernels, no weights per row: the loss is written down as
the paper's trainer computes it, device by device and micro-batch by micro-batch. Slow, and meant
for small models.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.train.layout import step_rows
from curate.train.rows import IGNORED, Rows
from curate.train.schedule import Schedule, Seeds

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceStep:
    """One optimizer step."""

    loss: float
    """Mean of -log p, as the recipe weighs it."""
    grad_norm: float
    """Of the objective as it is minimised, before clipping."""
    lr: float


def reference_fit(
    model: Any,  # noqa: ANN401 - torch is imported by nobody who only reads types
    rows: Rows,
    schedule: Schedule,
    seeds: Seeds,
    *,
    steps: int | None = None,
) -> list[ReferenceStep]:
    """Train a model in place for the first `steps` steps of a schedule; what each was like."""
    import torch

    total = schedule.total_steps(len(rows))
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=schedule.learning_rate,
        betas=(schedule.beta1, schedule.beta2),
        eps=schedule.epsilon,
        weight_decay=schedule.weight_decay,
        foreach=False,
    )
    made = []
    for number in range(total if steps is None else steps):
        lr = schedule.learning_rate * schedule.rate_factor(number, total)
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        loss = step_gradient(model, rows, number, schedule, seeds)
        bound = schedule.clip or float("inf")
        norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), bound))
        optimizer.step()
        made.append(ReferenceStep(loss=loss, grad_norm=norm, lr=lr))
    return made


def step_gradient(
    model: Any,  # noqa: ANN401
    rows: Rows,
    number: int,
    schedule: Schedule,
    seeds: Seeds,
) -> float:
    """Leave the gradient of a step, counted from 0, in the model; the loss of the step."""
    seed = seeds.order if schedule.shuffle else None
    chosen = step_rows(number, len(rows), schedule.batch, seed=seed).tolist()
    if schedule.normalization == "tokens":
        return whole_step_mean(model, rows, chosen)
    return micro_batch_means(model, rows, chosen, schedule)


def whole_step_mean(model: Any, rows: Rows, chosen: "Sequence[int]") -> float:  # noqa: ANN401
    """The mean over all targets of the step: TRL's objective."""
    mass = sum(float(rows.weights[row]) * int(rows.targets[row]) for row in chosen)
    total = 0.0
    for row in chosen:
        loss = row_loss(model, rows, row) * float(rows.weights[row]) / mass
        loss.backward()
        total += float(loss.detach())
    return total


def micro_batch_means(
    model: Any,  # noqa: ANN401
    rows: Rows,
    chosen: "Sequence[int]",
    schedule: Schedule,
) -> float:
    """The paper's objective: means of micro-batches, summed on a device, averaged over devices."""
    world, size = schedule.reference_world, schedule.micro_batch
    means = []
    for device in range(world):
        own = chosen[device::world]  # PyTorch's DistributedSampler, not shuffled
        for first in range(0, len(own), size):
            batch = own[first : first + size]
            mass = sum(float(rows.weights[row]) * int(rows.targets[row]) for row in batch)
            mean = (
                sum(row_loss(model, rows, row) * float(rows.weights[row]) for row in batch) / mass
            )
            (mean / world).backward()
            means.append(float(mean.detach()))
    return float(np.mean(means))


def row_loss(model: Any, rows: Rows, row: int) -> Any:  # noqa: ANN401
    """The sum of -log p over the targets of one row, alone in its batch."""
    import torch

    tokens, labels = rows.row(row)
    inputs = torch.from_numpy(tokens.astype(np.int64))[None].to(model.device)
    logits = (
        model(input_ids=inputs, use_cache=False).logits[0, :-1].float()
    )  # (tokens - 1, vocabulary)
    return torch.nn.functional.cross_entropy(
        logits, torch.from_numpy(labels[1:]).to(model.device), ignore_index=IGNORED, reduction="sum"
    )
