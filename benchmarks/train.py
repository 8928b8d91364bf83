"""Tokens per second of training, beside TRL as it comes and a plain PyTorch loop.

    python benchmarks/train.py                                        # a lab-sized model on a CPU
    python benchmarks/train.py --device cuda --parameters 100e6       # long traces on a GPU

A Qwen3 with random weights trains the same steps of the same rows with each contender, in turn and
several times over. Rows are token numbers drawn at random, their lengths as of real traces
(log-normal); a quarter of each is its prompt. Seconds are of the CPU on a CPU and of the clock on a
GPU, without the first two steps (memory is taken and kernels are chosen there), checkpoints left
out. The losses of all contenders that train the same objective must agree.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from curate.train.base import load_model, load_tokenizer
from curate.train.layout import step_rows
from curate.train.machine import Machine
from curate.train.quiet import quiet
from curate.train.rows import Rows, joined
from curate.train.schedule import Schedule, Seeds
from curate.train.sft import fit_rows

SKIPPED = 2
"""Steps before the clock counts."""
SHAPES = {  # about so many parameters: hidden size, layers, vocabulary
    2e5: (64, 3, 320),
    1e6: (128, 3, 2048),
    5e6: (256, 6, 2048),
    1e8: (768, 12, 16_384),
    6e8: (1024, 28, 151_936),
}


@dataclass
class Clock:
    """When each step was over, and its loss."""

    now: Callable[[], float]
    ends: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def tick(self, loss: float) -> None:
        """A step is over."""
        self.ends.append(self.now())
        self.losses.append(loss)

    def seconds(self) -> float:
        """Of the steps that count."""
        return self.ends[-1] - self.ends[SKIPPED - 1]


def make_base(folder: Path, parameters: float) -> int:
    """A Qwen3 of about so many parameters; the size of its vocabulary."""
    import torch
    from tokenizers import Tokenizer, models
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    hidden, layers, vocabulary = SHAPES[min(SHAPES, key=lambda each: abs(each - parameters))]
    heads = max(2, hidden // 64)
    config = AutoConfig.for_model(
        "qwen3", vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=max(1, heads // 2),
        head_dim=hidden // heads, intermediate_size=hidden * 3, tie_word_embeddings=True,
        max_position_embeddings=65_536, eos_token_id=0, pad_token_id=1, bos_token_id=None,
    )  # fmt: skip
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    words = {f"w{number}": number for number in range(vocabulary)}
    words_of = Tokenizer(models.WordLevel(words, unk_token="w2"))
    PreTrainedTokenizerFast(
        tokenizer_object=words_of, eos_token="w0", pad_token="w1"
    ).save_pretrained(folder)
    print(f"Qwen3 with {sum(each.numel() for each in model.parameters()):,} parameters")
    return vocabulary


def make_rows(count: int, *, length: int, longest: int, vocabulary: int) -> Rows:
    """Rows of `length` tokens at the median."""
    draw = np.random.default_rng(0)
    lengths = np.clip(length * np.exp(draw.normal(0, 0.6, count)), 8, longest).astype(int)
    pairs = [
        (draw.integers(2, vocabulary, size).tolist(), [place >= size // 4 for place in range(size)])
        for size in lengths.tolist()
    ]
    return joined([str(number) for number in range(count)], pairs, weights=[1.0] * count)


def ours(rows: Rows, base: Path, schedule: Schedule, machine: Machine, clock: Clock) -> None:
    """`fit`, with its log."""
    folder = Path(tempfile.mkdtemp())
    try:
        fit_rows(
            rows, base, schedule, Seeds(), folder, machine=machine,
            on_step=lambda line, _: clock.tick(line["loss"]),
        )  # fmt: skip
    finally:
        shutil.rmtree(folder)


def plain_trl(
    rows: Rows,
    base: Path,
    schedule: Schedule,
    machine: Machine,
    clock: Clock,
    **changed: Any,  # noqa: ANN401
) -> None:
    """TRL's SFTTrainer; rows whole, everything else as it comes but for what is `changed`."""
    from transformers import PrinterCallback, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from curate.train.batches import arrow_rows

    class Watch(TrainerCallback):
        def on_log(self, args, state, control, logs, **_):  # noqa: ANN001, ANN003, ANN202
            if "loss" in logs:
                clock.tick(logs["loss"])

    folder = tempfile.mkdtemp()
    args = SFTConfig(
        output_dir=folder, max_steps=schedule.steps,
        per_device_train_batch_size=schedule.micro_batch,
        gradient_accumulation_steps=schedule.batch // schedule.micro_batch, max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True}, use_cpu=machine.device == "cpu",
        learning_rate=schedule.learning_rate, lr_scheduler_type="constant", report_to="none",
        save_strategy="no", disable_tqdm=True, logging_steps=1, **changed,
    )  # fmt: skip
    with quiet():
        trainer = SFTTrainer(
            model=load_model(base, schedule.precision), args=args,
            processing_class=load_tokenizer(base), train_dataset=arrow_rows(rows),
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(Watch())
        trainer.train()
    shutil.rmtree(folder, ignore_errors=True)


def plain_loop(rows: Rows, base: Path, schedule: Schedule, machine: Machine, clock: Clock) -> None:
    """What one writes by hand: padded micro-batches, one mean over the tokens of the step."""
    import torch

    with quiet():
        model = load_model(base, schedule.precision).to(machine.device).train()
    if schedule.activation_checkpointing:
        model.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=schedule.learning_rate, weight_decay=0.01, fused=True
    )
    mixed = schedule.precision == "bf16-mixed"
    for number in range(schedule.steps or 0):
        chosen = step_rows(number, len(rows), schedule.batch, seed=None)
        targets = int(rows.targets[chosen].sum())
        total = torch.zeros((), device=machine.device)
        for first in range(0, schedule.batch, schedule.micro_batch):
            micro = [rows.row(int(row)) for row in chosen[first : first + schedule.micro_batch]]
            ids = padded([tokens.astype(np.int64) for tokens, _ in micro], 1).to(machine.device)
            labels = padded([labels for _, labels in micro], -100).to(machine.device)
            lengths = torch.tensor([len(tokens) for tokens, _ in micro], device=machine.device)
            mask = torch.arange(ids.shape[1], device=machine.device)[None] < lengths[:, None]
            with torch.autocast(machine.device, torch.bfloat16, enabled=mixed):
                logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(
                logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten(), reduction="sum"
            )
            (loss / targets).backward()
            total += loss.detach() / targets
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        clock.tick(float(total))


def padded(arrays: list[Any], value: int) -> Any:  # noqa: ANN401
    """Rows of one tensor."""
    import torch

    tensors = [torch.from_numpy(each) for each in arrays]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=value)


def contenders(schedule: Schedule) -> dict[str, Callable[..., None]]:
    """Name and what runs; the first five train the same objective in the same order."""

    def run(**changed: Any) -> Callable[..., None]:  # noqa: ANN401
        return lambda rows, base, _, machine, clock: ours(
            rows, base, replace(schedule, **changed), machine, clock
        )

    told = {
        "bf16": schedule.precision == "bf16-mixed",
        "activation_checkpointing": schedule.activation_checkpointing,
        "gradient_checkpointing": None,
        "train_sampling_strategy": "sequential",
    }
    return {
        "plain PyTorch loop, padded": plain_loop,
        "TRL, told the same": lambda *given: plain_trl(*given, **told),
        "curate, padded": run(batching="padded"),
        "curate, sorted": run(batching="sorted"),
        "curate, packed": run(batching="packed"),
        "TRL, defaults": plain_trl,
        "curate, the paper's loss, padded": run(
            normalization="micro_batch", reference_world=1, batching="padded"
        ),
        "curate, the paper's loss, sorted": run(
            normalization="micro_batch", reference_world=1, batching="sorted"
        ),
    }


def main() -> None:
    """Print a table."""
    import torch

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    options.add_argument("--parameters", type=float, default=2e5)
    options.add_argument("--length", type=int, help="tokens of a row, median")
    options.add_argument("--longest", type=int)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--micro-batch", type=int, default=4)
    options.add_argument("--budget", type=int, help="tokens of a pass, sorted and packed")
    options.add_argument("--steps", type=int, default=8)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--precision", help="fp32, bf16-mixed or bf16")
    options.add_argument("--attention")
    options.add_argument("--only", help="contenders whose name has this in it")
    asked = options.parse_args()
    gpu = asked.device == "cuda"
    length, longest = (
        asked.length or (6000 if gpu else 100),
        asked.longest or (20_000 if gpu else 400),
    )
    schedule = Schedule(
        learning_rate=1e-4, batch=asked.batch, micro_batch=asked.micro_batch, steps=asked.steps,
        decay="constant", warmup=0.0,
        precision=asked.precision or ("bf16-mixed" if gpu else "fp32"),
        token_budget=asked.budget or (32_768 if gpu else 512), checkpoints=(asked.steps,),
        activation_checkpointing=gpu,
    )  # fmt: skip
    machine = Machine(device=asked.device, attention=asked.attention)

    def now() -> float:
        if not gpu:
            return time.process_time()
        torch.cuda.synchronize()
        return time.monotonic()

    base = Path(tempfile.mkdtemp())
    vocabulary = make_base(base, asked.parameters)
    count = asked.batch * asked.steps
    rows = make_rows(count, length=length, longest=longest, vocabulary=vocabulary)
    print(f"{count:,} rows of {rows.lengths.mean():,.0f} tokens (up to {rows.lengths.max():,})")
    chosen = {k: v for k, v in contenders(schedule).items() if (asked.only or "") in k}
    clocks: dict[str, list[Clock]] = {name: [] for name in chosen}
    memory = dict.fromkeys(chosen, 0.0)
    for _ in range(asked.rounds):
        for name, run in chosen.items():
            clock = Clock(now)
            if gpu:
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            run(rows, base, schedule, machine, clock)
            clocks[name].append(clock)
            memory[name] = torch.cuda.max_memory_allocated() / 2**30 if gpu else 0.0
    report(clocks, memory, tokens=int(rows.lengths[asked.batch * SKIPPED :].sum()))
    shutil.rmtree(base)


def report(clocks: dict[str, list[Clock]], memory: dict[str, float], *, tokens: int) -> None:
    """Tokens per second (of the whole rows), and the losses of the last step."""
    first = median(clock.seconds() for clock in next(iter(clocks.values())))
    print(f"{'':34} tokens/s  of the first  last loss     GiB")
    for name, each in clocks.items():
        seconds = median(clock.seconds() for clock in each)
        print(
            f"{name:34} {tokens / seconds:8,.0f} {first / seconds:13.2f} {each[0].losses[-1]:10.6f}"
            f" {memory[name]:7.1f}"
        )


if __name__ == "__main__":
    main()
