"""A causal language model of transformers that scores tokens, on the GPU where there is one."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from curate.errors import InputError, MissingExtra
from curate.quality.likelihood import RANK_CLIP, TokenScores, Window

LONGEST_CONTEXT = 4096
"""Tokens at once, however many the model could read: the memory goes with them."""
LOGITS = 2**27
"""Numbers that the model may return for a batch, half a gigabyte; one window is always read."""


class CausalModel:
    """A model in a folder made by `save_pretrained`, or by its name on the Hub."""

    def __init__(self, name: str) -> None:
        """Load the model.

        Raises:
            MissingExtra: transformers or torch is not installed.
            InputError: there is no such model, or none that tells where its tokens are.
        """
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise MissingExtra("transformers", extra="lm", needed_for="`--lm`") from error
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
            model: Any = AutoModelForCausalLM.from_pretrained(name, dtype="auto")
        except (OSError, ValueError) as error:
            raise InputError(
                f"`--lm {name}` is no model that can be loaded",
                why=str(error).partition("\n")[0],
                fix="give a folder made by `save_pretrained`, or a name on the Hub",
            ) from error
        if not self._tokenizer.is_fast:
            raise InputError(
                f"`--lm {name}` cannot tell where its tokens begin in the text",
                why="it has a slow tokenizer",
                fix="give a model with a `tokenizer.json`",
            )
        self._torch: Any = torch
        self._model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        self.start: int | None = self._tokenizer.bos_token_id
        self.context = min(LONGEST_CONTEXT, context_of(model.config))

    def tokens(self, text: str) -> tuple[list[int], list[int]]:
        """The tokens of a text, and where each begins in it; marks in the text are only text."""
        found = self._tokenizer(
            text,
            add_special_tokens=False,
            return_offsets_mapping=True,
            split_special_tokens=True,
            verbose=False,
        )
        return found["input_ids"], [start for start, _ in found["offset_mapping"]]

    def scores(self, windows: Sequence[Window]) -> Iterator[TokenScores]:
        """Surprisals and ranks of the new tokens of each window, in order."""
        for batch in batches(windows, self._model.config.get_text_config().vocab_size):
            yield from self._scores(batch)

    def _scores(self, batch: Sequence[Window]) -> Iterator[TokenScores]:
        torch = self._torch
        longest = max(len(window.tokens) for window in batch)
        padded = [[*window.tokens, *[0] * (longest - len(window.tokens))] for window in batch]
        mask = [[place < len(window.tokens) for place in range(longest)] for window in batch]
        device = self._model.device
        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.tensor(padded, device=device),
                attention_mask=torch.tensor(mask, device=device, dtype=torch.long),
                use_cache=False,
            ).logits  # (windows, tokens, vocabulary)
            for window, own in zip(batch, logits, strict=True):
                yield token_scores(torch, own, window)


def token_scores(torch: Any, logits: Any, window: Window) -> TokenScores:  # noqa: ANN401
    """Surprisals and ranks of the new tokens of a window, from its logits: (tokens, vocabulary)."""
    stop = len(window.tokens)
    wanted = torch.tensor(window.tokens[stop - window.new :], device=logits.device)[:, None]
    # The logits at a place are about the token that comes next.
    about = logits[stop - window.new - 1 : stop - 1].float()
    own = about.gather(1, wanted)
    surprisals = torch.logsumexp(about, dim=1) - own[:, 0]
    ranks = (1 + (about > own).sum(dim=1)).clamp(max=RANK_CLIP)
    return TokenScores(
        surprisals=surprisals.cpu().numpy().astype(np.float64),
        ranks=ranks.cpu().numpy().astype(np.float64),
    )


def batches(windows: Sequence[Window], vocabulary: int) -> Iterator[list[Window]]:
    """The windows in batches whose logits are not too many."""
    batch: list[Window] = []
    longest = 0
    for window in windows:
        longest = max(longest, len(window.tokens))
        if batch and (len(batch) + 1) * longest * vocabulary > LOGITS:
            yield batch
            batch, longest = [], len(window.tokens)
        batch.append(window)
    if batch:
        yield batch


def context_of(config: Any) -> int:  # noqa: ANN401
    """Tokens that a model was made to read at once; the longest we take where it does not say."""
    text = config.get_text_config()
    return int(getattr(text, "max_position_embeddings", None) or LONGEST_CONTEXT)
