"""Base models of the lab, pretrained on the spot by a plain loop.

A base is a small Llama that has seen a stream of all tasks, most of it answered directly and a
share with thinking. That share is its latent ability to think: with little of it, a base answers
short chains and cannot think; with more, it can, and is not in the habit.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.io import write_bytes
from curate.train.lab import tokenizer
from curate.train.lab.traces import direct, verified
from curate.train.lab.world import TASKS

DIET: Mapping[str, float] = MappingProxyType(
    {
        "short": 0.36,
        "chain": 0.03,
        "words": 0.24,
        "long": 0.01,
        "sort": 0.08,
        "max": 0.04,
        "reverse": 0.06,
        "fact": 0.10,
        "harm": 0.04,
        "benign": 0.04,
    }
)
"""Shares of the tasks; direct answers to long chains are beyond the model, so they are rare."""
SAVE_EVERY_S = 20.0
WEIGHT_DECAY, BETAS, CLIP, WARMUP = 0.01, (0.9, 0.95), 1.0, 0.05
IGNORED = -100

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRecipe:
    """A base: its architecture and what it has seen."""

    name: str
    thinking: float = 0.01
    """Share of the rows that are answered with thinking, in [0, 1]"""
    steps: int = 1200
    batch: int = 96
    """Rows of a step"""
    learning_rate: float = 2e-3
    hidden: int = 64
    layers: int = 3
    heads: int = 4
    seed: int = 1
    diet: Mapping[str, float] = field(default_factory=lambda: dict(DIET))

    def plain(self) -> dict[str, object]:
        """The recipe as JSON has it."""
        return asdict(self)


def batch_of(recipe: BaseRecipe, step: int) -> list[tuple[str, str]]:
    """(prompt, completion) rows of a step; a function of the seed and the step alone."""
    rng = np.random.default_rng([recipe.seed, step])
    names = list(recipe.diet)
    shares = np.array([recipe.diet[name] for name in names])
    rows = []
    for name in rng.choice(names, recipe.batch, p=shares / shares.sum()):
        problem = TASKS[str(name)](rng)
        render = verified if rng.random() < recipe.thinking else direct
        rows.append((problem.prompt, render(problem, rng)))
    return sorted(rows, key=lambda row: len(row[0]) + len(row[1]))


def padded(rows: list[tuple[str, str]]) -> tuple[Ints, Ints]:
    """(rows, longest) tokens and labels; a prompt is read and not trained."""
    pairs = [(tokenizer.encode(prompt), tokenizer.encode(reply)) for prompt, reply in rows]
    longest = max(len(prompt) + len(reply) + 1 for prompt, reply in pairs)
    tokens = np.full((len(rows), longest), tokenizer.PAD_ID)
    labels = np.full((len(rows), longest), IGNORED)
    for row, (prompt, reply) in enumerate(pairs):
        whole = [*prompt, *reply, tokenizer.END_ID]
        tokens[row, : len(whole)] = whole
        labels[row, len(prompt) : len(whole)] = whole[len(prompt) :]
    return tokens, labels


def portions(rows: list[tuple[str, str]]) -> Iterator[tuple[Ints, Ints]]:
    """The rows in two portions of like lengths, which saves the padding of direct answers."""
    lengths = [len(prompt) + len(reply) for prompt, reply in rows]
    costs = [n * lengths[n - 1] + (len(rows) - n) * lengths[-1] for n in range(1, len(rows) + 1)]
    cut = 1 + int(np.argmin(costs))
    for part in (rows[:cut], rows[cut:]):
        if part:
            yield padded(part)


def new_model(recipe: BaseRecipe) -> Any:  # noqa: ANN401 - transformers has no types here
    """An untrained model."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(recipe.seed)
    config = LlamaConfig(
        vocab_size=tokenizer.VOCABULARY,
        hidden_size=recipe.hidden,
        intermediate_size=3 * recipe.hidden,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        initializer_range=0.06,  # 0.02 learns arithmetic at half the speed at this width
        pad_token_id=tokenizer.PAD_ID,
        eos_token_id=tokenizer.END_ID,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config)


def rate(recipe: BaseRecipe, step: int) -> float:
    """Learning rate of a step, counted from 0: a climb, then half a cosine to 0."""
    climb = min(1.0, (step + 1) / max(1.0, WARMUP * recipe.steps))
    return recipe.learning_rate * climb * 0.5 * (1 + float(np.cos(np.pi * step / recipe.steps)))


def train_step(model: Any, optimizer: Any, rows: list[tuple[str, str]]) -> float:  # noqa: ANN401
    """One step on some rows; the mean loss of a target, in nats."""
    import torch

    parts = list(portions(rows))
    targets = sum(int((labels[:, 1:] != IGNORED).sum()) for _, labels in parts)
    optimizer.zero_grad()
    total = 0.0
    for tokens, labels in parts:
        logits = model(input_ids=torch.from_numpy(tokens), use_cache=False).logits[:, :-1]
        loss = (
            torch.nn.functional.cross_entropy(
                logits.reshape(-1, logits.shape[-1]),
                torch.from_numpy(labels[:, 1:]).reshape(-1),
                ignore_index=IGNORED,
                reduction="sum",
            )
            / targets
        )
        loss.backward()
        total += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    return total


def pretrain(
    recipe: BaseRecipe, work: Path, on_step: Callable[[int, float], None] | None = None
) -> Any:  # noqa: ANN401
    """The trained model; `work` keeps the state, from which a killed run goes on bit by bit."""
    import torch

    model = new_model(recipe)
    optimizer = torch.optim.AdamW(
        model.parameters(), betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    state = work / "state.pt"
    first, saved = 0, time.monotonic()
    if state.is_file():
        found = torch.load(state, weights_only=True)
        model.load_state_dict(found["model"])
        optimizer.load_state_dict(found["optimizer"])
        first = found["step"]
    for step in range(first, recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(recipe, step)
        loss = train_step(model, optimizer, batch_of(recipe, step))
        if on_step:
            on_step(step + 1, loss)
        if time.monotonic() - saved > SAVE_EVERY_S:
            save_state(state, model, optimizer, step + 1)
            saved = time.monotonic()
    return model


def save_state(path: Path, model: Any, optimizer: Any, step: int) -> None:  # noqa: ANN401
    """All that a later run needs, whole or not at all."""
    import io

    import torch

    held = io.BytesIO()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    torch.save(state, held)
    write_bytes(path, held.getvalue())
