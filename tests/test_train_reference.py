"""The trainer does what a plain PyTorch loop does: losses, gradients, weights."""

import copy
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from curate.train.base import load_model
from curate.train.build import build
from curate.train.machine import Machine
from curate.train.quiet import quiet
from curate.train.reference import micro_batch_means, reference_fit, step_gradient
from curate.train.rows import Rows, load_rows
from curate.train.schedule import Batching, Normalization, Schedule, Seeds
from tests.tiny_training import save_base, some_rows, tokenizer, write_arm

SCHEDULE = Schedule(
    learning_rate=1e-2,
    batch=16,
    micro_batch=4,
    steps=5,
    warmup=0.0,
    clip=None,
    token_budget=160,
)
BATCHINGS: tuple[Batching, ...] = ("padded", "sorted", "packed")
NORMALIZATIONS: tuple[Normalization, ...] = ("tokens", "micro_batch")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def rows(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    listed = [row | {"weight": 1.0 + n % 3} for n, row in enumerate(some_rows(21))]
    arm = write_arm(tmp_path_factory.mktemp("arm"), listed)
    return load_rows(arm, tokenizer(), max_length=4096)


def grads(model: Any) -> dict[str, torch.Tensor]:
    return {name: each.grad.clone() for name, each in model.named_parameters()}


def trained(base: Path, rows: Rows, schedule: Schedule, folder: Path) -> tuple[Any, list[Any]]:
    """The trainer after its steps; of each step: line, gradient after clipping."""
    from transformers import TrainerCallback

    seen: list[Any] = []

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, *_: Any, model: Any, **__: Any) -> None:
            seen.append((dict(trainer.last), grads(model)))

    with quiet():
        trainer = build(rows, base, schedule, Seeds(), folder, machine=Machine(device="cpu"))
        trainer.add_callback(Watch())
        trainer.train()
    return trainer, seen


def assert_same(
    found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], *, atol: float
) -> None:
    assert found.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=atol, msg=name)


def schedules() -> list[Schedule]:
    made = []
    for batching, normalization in itertools.product(BATCHINGS, NORMALIZATIONS):
        world = 2 if normalization == "micro_batch" else 1
        made.append(
            replace(SCHEDULE, batching=batching, normalization=normalization, reference_world=world)
        )
    return made


@pytest.mark.parametrize("schedule", schedules(), ids=lambda s: f"{s.batching}-{s.normalization}")
@pytest.mark.parametrize(("clip", "whole_logits"), [(None, 2**26), (0.5, 0)])  # 0: TRL's fused head
def test_losses_gradients_and_weights_are_those_of_the_plain_loop(
    schedule: Schedule,
    clip: float | None,
    whole_logits: int,
    base: Path,
    rows: Rows,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from curate.train.trainer import RecipeTrainer

    monkeypatch.setattr(RecipeTrainer, "whole_logits", whole_logits)
    schedule = replace(schedule, clip=clip)
    model = load_model(base, schedule.precision).train()
    first = copy.deepcopy(model)
    step_gradient(first, rows, 0, schedule, Seeds())
    norm = torch.nn.utils.clip_grad_norm_(first.parameters(), clip or float("inf"))
    assert clip is None or norm > clip  # the clip bites
    steps = reference_fit(model, rows, schedule, Seeds())
    trainer, seen = trained(base, rows, schedule, tmp_path)
    assert_same(seen[0][1], grads(first), atol=1e-6)
    for expected, (line, _) in zip(steps, seen, strict=True):
        assert line["loss"] == pytest.approx(expected.loss, rel=1e-5)
        assert line["grad_norm"] == pytest.approx(expected.grad_norm, rel=1e-4)
        assert line["lr"] == pytest.approx(expected.lr, rel=1e-6)
    assert_same(dict(trainer.model.state_dict()), dict(model.state_dict()), atol=2e-5)


def test_tokens_normalization_is_what_plain_trl_does(
    base: Path, rows: Rows, tmp_path: Path
) -> None:
    """An SFTTrainer as it comes, but for its traps, on the same rows (that all weigh the same)."""
    from transformers import PrinterCallback, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from curate.train.batches import arrow_rows

    even = replace(rows, weights=rows.weights * 0 + 1)
    seen: list[Any] = []

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, *_: Any, model: Any, **__: Any) -> None:
            seen.append(grads(model))

    with quiet():
        args = SFTConfig(
            output_dir=str(tmp_path / "plain"),
            per_device_train_batch_size=4,
            gradient_accumulation_steps=4,
            max_steps=1,
            max_length=None,
            train_sampling_strategy="sequential",
            max_grad_norm=0.0,
            bf16=False,
            use_cpu=True,
            activation_checkpointing=False,
            gradient_checkpointing=None,
            dataset_kwargs={"skip_prepare_dataset": True},
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
        )
        plain = SFTTrainer(
            model=load_model(base, "fp32"),
            args=args,
            processing_class=tokenizer(),
            train_dataset=arrow_rows(even),
        )
        plain.remove_callback(PrinterCallback)
        plain.add_callback(Watch())
        plain.train()
    _, ours = trained(base, even, replace(SCHEDULE, steps=1), tmp_path)
    assert_same(ours[0][1], seen[0], atol=1e-6)


def test_the_papers_gradient_is_that_of_devices_that_sum_and_average(
    base: Path, rows: Rows
) -> None:
    """One device, two and eight: each other's scale, as the paper's trainer has it."""
    norms = {}
    for world in (1, 2, 8):
        schedule = replace(
            SCHEDULE, batch=16, micro_batch=2, normalization="micro_batch", reference_world=world
        )
        model = load_model(base, schedule.precision).train()
        micro_batch_means(model, rows, list(range(16)), schedule)
        norms[world] = float(torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf")))
    # 8 micro-batches: summed on one device, or one on each of eight and averaged
    assert norms[1] / norms[8] == pytest.approx(8, rel=0.3)
    assert norms[2] / norms[8] == pytest.approx(4, rel=0.3)
