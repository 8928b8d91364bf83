"""A model of transformers in a folder, as a backend of evaluation."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.errors import InputError, MissingExtra
from curate.quality.causal import context_of
from curate.train.eval.backend import Continuation, Generation, Sampling
from curate.train.eval.decode import Row, decode, padded

TAIL = 8
"""Last tokens of a prompt that are decoded with the response, so that its first is in place."""
LOGITS = 2**26
"""Numbers that a batch of likelihoods may return at once; one pair is always read."""
TOKENS = 2**16
"""Tokens that a batch of likelihoods may read at once."""
DTYPES = {"fp32": "float32", "bf16": "bfloat16", "auto": "auto"}


class LocalModel:
    """A causal language model with its tokenizer, on the GPU where there is one."""

    def __init__(self, model: Any, tokenizer: Any) -> None:  # noqa: ANN401
        """Take a model that is loaded; it is set to evaluation."""
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.context = context_limit(model.config)
        self.ends = end_tokens(model, tokenizer)
        end = tokenizer.eos_token_id
        self.end: tuple[int, ...] = () if end is None else (end,)

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, none added."""
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def generate(
        self, prompts: Sequence[list[int]], keys: Sequence[int], sampling: Sampling
    ) -> list[Generation]:
        """A response for each prompt; those too long for the model are answered so."""
        fit = [at for at, prompt in enumerate(prompts) if 0 < len(prompt) < self.context]
        made = [Generation(text="", n_tokens=0, stop_reason="too_long") for _ in prompts]
        if not fit:
            return made
        rows = decode(
            self.model,
            [prompts[at] for at in fit],
            [keys[at] for at in fit],
            sampling=sampling,
            ends=self.ends,
            context=self.context,
            stopped=self._stopper(sampling.stop),
        )
        for at, row in zip(fit, rows, strict=True):
            made[at] = self._generation(prompts[at], row, sampling.stop)
        return made

    def _stopper(self, stop: tuple[str, ...]) -> Any:  # noqa: ANN401
        """Whether the end of some tokens holds a stop text; None where there is none."""
        if not stop:
            return None
        # a token has a byte at least
        length = max(len(each.encode()) for each in stop) + TAIL

        def stopped(tokens: list[int]) -> bool:
            text = self._text(tokens[-length:])
            return any(each in text for each in stop)

        return stopped

    def _generation(self, prompt: list[int], row: Row, stop: tuple[str, ...]) -> Generation:
        text = self.continued(prompt, row.tokens)
        if row.reason == "stop_text":
            text = text[: min((at for each in stop if (at := text.find(each)) >= 0), default=None)]
        return Generation(text=text, n_tokens=len(row.tokens), stop_reason=row.reason or "length")

    def continued(self, prompt: Sequence[int], tokens: Sequence[int]) -> str:
        """The text of tokens behind a prompt: some tokenizers leave out a first space."""
        before = self._text(prompt[-TAIL:])
        whole = self._text([*prompt[-TAIL:], *tokens])
        return whole[len(before) :] if whole.startswith(before) else self._text(tokens)

    def _text(self, tokens: Sequence[int]) -> str:
        return str(
            self.tokenizer.decode(
                list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False
            )
        )

    def likelihoods(
        self, pairs: Sequence[tuple[list[int], list[int]]]
    ) -> list[Continuation | None]:
        """Log-likelihood and entropy of each continuation; None where it does not fit."""
        found: list[Continuation | None] = [None] * len(pairs)
        fit = [at for at, (a, b) in enumerate(pairs) if a and b and len(a) + len(b) <= self.context]
        for batch in batches(fit, pairs, self.model.config.get_text_config().vocab_size):
            for at, one in zip(batch, self._likelihoods([pairs[at] for at in batch]), strict=True):
                found[at] = one
        return found

    def _likelihoods(self, pairs: Sequence[tuple[list[int], list[int]]]) -> list[Continuation]:
        import torch

        tokens, mask = padded(torch, [[*a, *b] for a, b in pairs], self.model.device)
        longest = max(len(b) for _, b in pairs)
        with torch.inference_mode():
            # Padded on the left, all continuations end together, and only they need logits.
            logits = self.model(
                input_ids=tokens, attention_mask=mask, use_cache=False,
                position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0), logits_to_keep=longest + 1,
            ).logits[:, :-1].float()  # fmt: skip
            logp = logits.log_softmax(dim=-1)  # (pairs, longest, vocabulary)
            own = logp.gather(-1, tokens[:, -longest:, None])[..., 0].double()
            nothing = torch.isneginf(logp)  # of no chance, and 0 · log 0 is 0
            entropy = -(logp.exp() * logp).masked_fill(nothing, 0.0).sum(dim=-1).double()
        return [
            Continuation(
                logp=float(own[at, -len(b) :].sum()),
                n_tokens=len(b),
                entropy=float(entropy[at, -len(b) :].mean()),
            )
            for at, (_, b) in enumerate(pairs)
        ]


def load_model(folder: Path, *, device: str = "auto", precision: str = "auto") -> LocalModel:
    """The model in a folder made by `save_pretrained`; `precision` is fp32, bf16 or auto.

    Raises:
        MissingExtra: transformers or torch is not installed.
        InputError: there is no such model.
    """
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingExtra("transformers", extra="train", needed_for="evaluation") from error
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    from safetensors import SafetensorError

    try:
        with quiet():
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=DTYPES[precision], local_files_only=True
            )
    except (OSError, ValueError, SafetensorError) as error:
        raise InputError(
            f"`{folder}` is no model that can be loaded",
            why=str(error).partition("\n")[0],
            fix="give a folder with weights and a tokenizer, as `save_pretrained` writes it",
        ) from error
    need_cache(model, folder)
    try:
        model = model.to(where)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"`{folder}` does not go to the device `{where}`",
            why=str(error).partition("\n")[0],
            fix='say `device = "cpu"` in `[evaluate]`, or name a device that is there',
        ) from error
    return LocalModel(model, tokenizer)


def need_cache(model: Any, folder: Path) -> None:  # noqa: ANN401
    """Nothing, when the model keeps what it has read in the cache that decoding gives it.

    Raises:
        InputError: it has one of its own, as Mamba.
    """
    if "past_key_values" not in inspect.signature(model.forward).parameters:
        raise InputError(
            f"`{folder}` cannot be decoded here",
            why="it keeps what it has read in a cache of its own kind",
            fix='say `backend = "vllm"` in `[evaluate]`',
        )


@contextmanager
def quiet() -> Iterator[None]:
    """No bars of transformers while the block runs."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def context_limit(config: Any) -> int:  # noqa: ANN401
    """Tokens that the model reads at once."""
    text = config.get_text_config()
    return int(getattr(text, "max_position_embeddings", None) or context_of(config))


def end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:  # noqa: ANN401
    """The tokens that end a response: the tokenizer's, and those of the generation config."""
    named = getattr(model.generation_config, "eos_token_id", None)
    several = named if isinstance(named, list | tuple) else [named]
    return frozenset(each for each in (tokenizer.eos_token_id, *several) if each is not None)


def batches(
    order: Sequence[int], pairs: Sequence[tuple[list[int], list[int]]], vocabulary: int
) -> list[list[int]]:
    """Places of pairs, like lengths together, in batches whose logits are not too many."""
    found: list[list[int]] = []
    longest = 0
    for at in sorted(order, key=lambda at: (len(pairs[at][0]) + len(pairs[at][1]), at)):
        longest = max(longest, len(pairs[at][1]))
        whole = len(pairs[at][0]) + len(pairs[at][1])  # the longest so far: they ascend
        size = len(found[-1]) + 1 if found else 1
        many = size > 256 or size * whole > TOKENS
        if not found or many or size * (longest + 1) * vocabulary > LOGITS:
            found.append([])
            longest = len(pairs[at][1])
        found[-1].append(at)
    return found
