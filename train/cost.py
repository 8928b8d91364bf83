"""What a study costs before it is run: operations, hours, tokens and disk.

Training takes 6 N operations for each token that the model sees (Kaplan et al. 2020,
arXiv:2001.08361, section 2.1), and 8 N where activations are computed again; N is the number of
parameters. Generation takes at least 2 N for each token and reads all weights for it, which is why
far less of the peak is reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curate.train.arms import Arm
from curate.train.bases import Base
from curate.train.study import Study

GENERATE_UTILIZATION = 0.15
"""Share of the peak in batched generation: about 10,000 tokens/s of a 7 B model on one H100."""
BYTES = {"fp32": 4, "bf16-mixed": 4, "bf16": 2}
"""Of a saved weight."""
STATE_BYTES = {"fp32": 12, "bf16-mixed": 12, "bf16": 6}
"""Of a weight with the two moments of its optimizer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What is spent; None is unknown."""

    steps: int
    """Optimizer steps, all cells together."""
    trained_tokens: int
    """Tokens with a loss, all cells together."""
    seen_tokens: int
    """Tokens that the model computes on, prompts among them."""
    train_operations: float | None
    train_hours: float | None
    """GPU hours; hours of a cell's processes on a CPU."""
    checkpoints: int
    """Evaluated, the bases among them."""
    responses: int
    generated_tokens: int
    """At most: every response as long as its cap."""
    generate_hours: float | None
    disk_bytes: int | None
    """Of all checkpoints, and of the state of those that are trained at once."""


def cost_of(
    study: Study, arms: Sequence[Arm], bases: Sequence[Base], items: Mapping[str, int]
) -> Cost:
    """The cost of the whole study; `items` are those of each suite."""
    runs = [(arm, base) for arm in arms for base in bases for _ in range(len(study.seeds.order))]
    steps = [study.schedule.total_steps(arm.rows) for arm, _ in runs]
    epochs = [
        count * study.schedule.batch / arm.rows for count, (arm, _) in zip(steps, runs, strict=True)
    ]
    seen = [round(arm.positions * share) for share, (arm, _) in zip(epochs, runs, strict=True)]
    trained = sum(round(arm.tokens * share) for share, (arm, _) in zip(epochs, runs, strict=True))
    kept = [len(study.schedule.checkpoint_steps(count)) for count in steps]
    responses, tokens = generation(study, items, sum(kept), len(bases))
    sizes = [base.parameters for _, base in runs]
    operations = (
        sum(
            per_token(study) * size * count for size, count in zip(sizes, seen, strict=True) if size
        )
        if all(sizes)
        else None
    )
    return Cost(
        steps=sum(steps),
        trained_tokens=trained,
        seen_tokens=sum(seen),
        train_operations=operations,
        train_hours=train_hours(study, operations, sum(seen)),
        checkpoints=sum(kept) + len(bases),
        responses=responses,
        generated_tokens=tokens,
        generate_hours=generate_hours(study, bases, tokens),
        disk_bytes=disk(study, sizes, kept),
    )


def per_token(study: Study) -> int:
    """Operations for each parameter and each token that is trained on."""
    return 8 if study.schedule.activation_checkpointing else 6


def generation(
    study: Study, items: Mapping[str, int], checkpoints: int, bases: int
) -> tuple[int, int]:
    """Responses, and their tokens at most."""
    responses = tokens = 0
    for suite in study.suites:
        if suite.by_likelihood:
            continue
        more = study.base_samples if suite.temperature > 0 else 1
        asked = items[suite.name] * suite.samples * len(suite.modes)
        asked *= checkpoints + bases * more
        responses += asked
        tokens += asked * suite.max_tokens
    return responses, tokens


def train_hours(study: Study, operations: float | None, tokens: int) -> float | None:
    """Hours of all devices together; None where neither speed nor device is known."""
    launch = study.launch
    if launch.train_tokens_per_second:
        return tokens / launch.train_tokens_per_second / 3600 * launch.processes
    if operations is None or not launch.on_gpu:
        return None
    return operations / (launch.gpu_flops * launch.utilization) / 3600


def generate_hours(study: Study, bases: Sequence[Base], tokens: int) -> float | None:
    """Hours of all devices together, at most."""
    launch = study.launch
    if launch.generate_tokens_per_second:
        return tokens / launch.generate_tokens_per_second / 3600
    sizes = [base.parameters for base in bases if base.parameters]
    if len(sizes) < len(bases) or not launch.on_gpu:
        return None
    operations = 2 * sum(sizes) / len(sizes) * tokens
    return operations / (launch.gpu_flops * GENERATE_UTILIZATION) / 3600


def disk(study: Study, sizes: Sequence[int | None], kept: Sequence[int]) -> int | None:
    """Bytes of weights at every checkpoint, and of the state of as many cells as run at once."""
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return None
    weight, state = BYTES[study.schedule.precision], STATE_BYTES[study.schedule.precision]
    weights = sum(size * count for size, count in zip(known, kept, strict=True)) * weight
    return weights + max(known, default=0) * state * min(study.launch.workers, len(sizes))
