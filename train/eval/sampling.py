"""From logits to the next token: temperature, top-k, top-p, and a draw by keyed noise."""

from typing import Any

from curate.train.eval.backend import Sampling
from curate.train.eval.noise import gumbel


def next_tokens(logits: Any, keys: Any, position: int, sampling: Sampling) -> Any:  # noqa: ANN401
    """One token for each row: (rows, vocabulary) to (rows,)."""
    if sampling.temperature == 0:
        return logits.argmax(dim=-1)
    warped = kept(logits.float() / sampling.temperature, sampling)
    return (warped + gumbel(keys, position, warped.shape[-1])).argmax(dim=-1)


def kept(logits: Any, sampling: Sampling) -> Any:  # noqa: ANN401  tensors
    """The logits with what top-k and then top-p leave out at minus infinity.

    As transformers has it: the smallest set of likeliest tokens whose probability reaches top-p.
    """
    if 0 < sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < least, -float("inf"))
    if sampling.top_p < 1:
        ordered, places = logits.sort(dim=-1, descending=True, stable=True)
        chances = ordered.softmax(dim=-1)
        # A token is left out when those before it suffice; the first never is.
        out = chances.cumsum(dim=-1) - chances >= sampling.top_p
        logits = logits.masked_fill(out.scatter(-1, places, out), -float("inf"))
    return logits
