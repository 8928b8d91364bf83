"""What the lab costs: training and generation beside plain loops, and whole presets.

    python benchmarks/lab.py                    tokens per CPU second, ours and plain, in one run
    python benchmarks/lab.py --preset demo      CPU and wall of `curate lab`, base and all

Plain training is a loop of twenty lines on the same rows, padded, with AdamW and clipping; plain
generation is `model.generate` on the same prompts. Both sides use one thread, and take turns, as
the machine may be busy.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

from measure import cost_of

if TYPE_CHECKING:
    from curate.train.runlog import Line
    from curate.train.schedule import Schedule

STEPS, SKIPPED = 60, 10
"""Optimizer steps of a turn, and those at its start that are not counted: they warm up."""
TURNS = 3


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--preset")
    options.add_argument("--workers", default="2")
    chosen = options.parse_args()
    if chosen.preset:
        measure_preset(chosen.preset, chosen.workers)
    else:
        measure_loops()


def measure_preset(name: str, workers: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        words = ["-m", "curate", "lab", "--preset", name, "-o", f"{folder}/lab"]
        cost = cost_of([*words, "--cache", f"{folder}/cache", "--workers", workers])
    print(f"{name}: {cost.cpu_s:,.0f} CPU s, {cost.wall_s:,.0f} s by the clock, "
          f"{cost.peak_mib:,.0f} MiB")  # fmt: skip


def measure_loops() -> None:
    import torch

    from curate.train.lab.make import make_lab, preset_of

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Speed does not depend on what the weights have learned: the smoke lab's arms, and a new
        # model of the usual size in place of its base.
        lab = make_lab(preset_of("smoke"), folder / "lab", cache=folder / "cache").folder
        base = usual_base(folder / "base")
        arm = big_arm(lab, folder)
        trained = [(ours(arm, base, folder / f"run-{n}"), plain(arm, base)) for n in range(TURNS)]
        made = [generated(base, lab) for _ in range(TURNS)]
    show("training", trained)
    show("generation", made)


def show(what: str, turns: list[tuple[float, float]]) -> None:
    """The medians of both sides, and of their ratios."""
    own, other = (statistics.median(side) for side in zip(*turns, strict=True))
    ratio = statistics.median(left / right for left, right in turns)
    print(f"{what}: ours {own:,.0f}, plain {other:,.0f} tokens per CPU second, ratio {ratio:.2f}")


def usual_base(folder: Path) -> Path:
    from curate.train.lab import tokenizer
    from curate.train.lab.presets import DIRECT
    from curate.train.lab.pretrain import new_model
    from curate.train.quiet import quiet

    with quiet():
        new_model(DIRECT).save_pretrained(folder)
        tokenizer.save(folder)
    return folder


def big_arm(lab: Path, folder: Path) -> Path:
    from curate.train.lab.arms import write_arms
    from curate.train.lab.recipes import of_grade

    arms = folder / "arms"
    write_arms([of_grade("verified")], arms, rows=2048, seed=0, held_out=frozenset())
    return arms / "verified"


def recipe() -> "Schedule":
    from curate.train.lab.presets import LONG
    from curate.train.schedule import Schedule

    return Schedule(**{**LONG, "steps": STEPS, "checkpoints": (STEPS,)})  # type: ignore[arg-type]


def ours(arm: Path, base: Path, folder: Path) -> float:
    """Trained tokens per CPU second of `fit`, from the tenth step on."""
    from curate.train.schedule import Seeds
    from curate.train.sft import fit

    stamps: list[tuple[float, int]] = []

    def stamp(line: "Line", total: int) -> None:
        stamps.append((time.process_time(), line["tokens"]))

    fit(arm, base, recipe(), Seeds(), folder, on_step=stamp)
    (start, before), (end, after) = stamps[SKIPPED - 1], stamps[-1]
    return (after - before) / (end - start)


def plain(arm: Path, base: Path) -> float:
    """Trained tokens per CPU second of a plain loop over the same rows."""
    import numpy as np
    import polars as pl
    import torch
    from transformers import AutoModelForCausalLM

    from curate.train.lab.pretrain import IGNORED, padded

    schedule = recipe()
    frame = pl.read_parquet(arm / "data" / "*.parquet")
    rows = list(zip(frame["prompt"], frame["completion"], strict=True))
    model = AutoModelForCausalLM.from_pretrained(base)
    optimizer = torch.optim.AdamW(model.parameters(), lr=schedule.learning_rate)
    order = np.random.default_rng(0).permutation(len(rows))
    tokens, start = 0, 0.0
    for step in range(STEPS):
        if step == SKIPPED:
            tokens, start = 0, time.process_time()
        chosen = order[np.arange(step * 64, (step + 1) * 64) % len(rows)]
        ids, labels = (torch.from_numpy(part) for part in padded([rows[n] for n in chosen]))
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=IGNORED
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += int((labels != IGNORED).sum())
    return tokens / (time.process_time() - start)


def generated(base: Path, lab: Path) -> tuple[float, float]:
    """New tokens per CPU second: our decoding, and `model.generate`, on the same prompts."""
    import torch

    from curate.train.eval.backend import Sampling
    from curate.train.eval.local import load_model
    from curate.train.lab.suites import MAX_TOKENS, items_of

    local = load_model(base)
    prompts = [local.tokens(f"{problem.prompt}<think>") for problem in items_of("chain", 96)]
    start = time.process_time()
    made = local.generate(prompts, list(range(96)), Sampling(max_tokens=MAX_TOKENS))
    own = sum(each.n_tokens for each in made) / (time.process_time() - start)
    batch = local.tokenizer.pad({"input_ids": prompts}, return_tensors="pt", padding_side="left")
    start = time.process_time()
    with torch.no_grad():
        out = local.model.generate(**batch, max_new_tokens=MAX_TOKENS, do_sample=False)
    new = out[:, batch["input_ids"].shape[1] :]
    count = int((new != local.tokenizer.pad_token_id).sum())
    return own, count / (time.process_time() - start)


if __name__ == "__main__":
    main()
