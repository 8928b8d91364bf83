"""A trainer made from a recipe, with every default of TRL that matters said out loud."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import InputError
from curate.train.base import load_model, load_tokenizer
from curate.train.machine import Machine, on_cpu
from curate.train.rows import Rows
from curate.train.schedule import Schedule, Seeds
from curate.train.trackers import missing_trackers

if TYPE_CHECKING:
    from curate.train.trainer import RecipeTrainer


def build(
    rows: Rows, base: Path, schedule: Schedule, seeds: Seeds, folder: Path, *, machine: Machine
) -> "RecipeTrainer":
    """The trainer of a run, before its first step."""
    from accelerate import PartialState
    from transformers import PrinterCallback

    from curate.train.batches import Steps, arrow_rows
    from curate.train.trainer import RecipeTrainer

    missing_trackers(machine.report_to)
    if schedule.batch % machine.world:
        raise InputError(
            f"a batch of {schedule.batch} cannot be dealt to {machine.world} devices",
            why="each must train as many rows of a step as any other",
            fix="make `batch` a multiple of the number of devices",
        )
    args = arguments(schedule, seeds, folder, machine, total=schedule.total_steps(len(rows)))
    tokenizer = load_tokenizer(base)
    state = PartialState()
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    steps = Steps(
        rows,
        schedule,
        seeds,
        pad_id=pad or 0,
        rank=state.process_index,
        world=state.num_processes,
    )
    trainer = RecipeTrainer(
        steps=steps,
        model=load_model(base, schedule.precision, attention=machine.attention),
        args=args,
        processing_class=tokenizer,
        train_dataset=arrow_rows(rows),
    )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout
    return trainer


def arguments(
    schedule: Schedule, seeds: Seeds, folder: Path, machine: Machine, *, total: int
) -> Any:  # noqa: ANN401
    """The recipe as TRL's configuration."""
    from trl import SFTConfig

    return SFTConfig(
        output_dir=str(folder / "resume"),
        max_steps=total,
        per_device_train_batch_size=1,  # an item is a whole step: see `curate.train.batches`
        gradient_accumulation_steps=1,
        learning_rate=schedule.learning_rate,
        lr_scheduler_type="constant_with_warmup"
        if schedule.decay == "constant"
        else schedule.decay,
        warmup_steps=schedule.warmup_steps(total),
        optim="adamw_torch_fused",
        weight_decay=schedule.weight_decay,
        adam_beta1=schedule.beta1,
        adam_beta2=schedule.beta2,
        adam_epsilon=schedule.epsilon,
        max_grad_norm=schedule.clip or 0.0,
        bf16=schedule.precision == "bf16-mixed",
        fp16=False,
        use_cpu=on_cpu(machine),
        activation_checkpointing=schedule.activation_checkpointing,
        gradient_checkpointing=None,
        seed=seeds.init,
        data_seed=seeds.order,
        full_determinism=machine.full_determinism,
        max_length=None,  # 1024 unless said otherwise; ours were checked, and are never cut
        packing=False,
        completion_only_loss=False,  # the labels say it
        dataset_kwargs={"skip_prepare_dataset": True},
        dataloader_num_workers=0,
        accelerator_config={
            "gradient_accumulation_kwargs": {"sync_each_batch": machine.sync_each_pass}
        },
        ddp_find_unused_parameters=False,
        save_strategy="no",  # the keeper says when
        eval_strategy="no",
        logging_strategy="steps" if machine.report_to else "no",
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to=list(machine.report_to) or "none",
        project=machine.project,
        run_name=machine.run_name,
        disable_tqdm=True,
        push_to_hub=False,
    )
