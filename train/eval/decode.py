"""Decoding of a batch, token by token, with a cache: greedy, or sampled by keyed noise.

The same tokens as `model.generate`, without what it does at every step for the sake of options
that are not needed here. Rows that have ended leave the batch, so the last long response does not
drag the others along.

A row does not depend on the others but for the order of sums in the matrix products, which a
library may choose by the shape of the batch: float32 logits differ by about 1e-6, and a token only
where two are as near as that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.train.eval.backend import Sampling
from curate.train.eval.cache import roomy_cache
from curate.train.eval.sampling import next_tokens

SHRINK_AT = 0.75
"""The batch is made smaller when no more than this share of its rows goes on."""


@dataclass(slots=True, kw_only=True)
class Row:
    """One response while it is written."""

    tokens: list[int] = field(default_factory=list)
    reason: str | None = None
    """Why it ended; None while it goes on."""


def decode(
    model: Any,  # noqa: ANN401  a causal language model of transformers
    prompts: Sequence[Sequence[int]],
    keys: Sequence[int],
    *,
    sampling: Sampling,
    ends: frozenset[int],
    context: int,
    stopped: Callable[[list[int]], bool] | None = None,
) -> list[Row]:
    """The tokens that follow each prompt, none of them empty, and why they end.

    `stopped` tells whether the tokens so far hold a stop text. The end token is not among them.
    """
    import torch

    rows = [Row() for _ in prompts]
    caps = [min(sampling.max_tokens, context - len(prompt)) for prompt in prompts]
    live = list(range(len(rows)))
    device = model.device
    tokens, mask = padded(torch, prompts, device)
    noise = torch.tensor(list(keys), dtype=torch.int64, device=device)
    places = (mask.cumsum(dim=1) - 1).clamp(min=0)
    cache: Any = roomy_cache(model.config)
    with torch.inference_mode():
        for step in range(max(caps)):
            out = model(
                input_ids=tokens, attention_mask=mask, position_ids=places,
                past_key_values=cache, use_cache=True, logits_to_keep=1,
            )  # fmt: skip
            tokens = next_tokens(out.logits[:, -1], noise, step, sampling)
            going = advance(rows, live, tokens.tolist(), caps, sampling, ends, stopped)
            if not going:
                break
            places = (places[:, -1:] + 1).clamp(max=context - 1)  # rows that ended wait there
            tokens = tokens[:, None]
            mask = torch.nn.functional.pad(mask, (0, 1), value=1)
            if len(going) <= SHRINK_AT * len(live):
                keep = torch.tensor(going, device=device)
                cache.reorder_cache(keep)  # the one selection that recurrent layers have as well
                tokens, mask, places, noise = tokens[keep], mask[keep], places[keep], noise[keep]
                live = [live[at] for at in going]
    return rows


def padded(torch: Any, prompts: Sequence[Sequence[int]], device: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """Prompts padded on the left, and their mask: (rows, longest) both."""
    longest = max(map(len, prompts))
    tokens = [[*[0] * (longest - len(prompt)), *prompt] for prompt in prompts]
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(tokens, device=device), torch.tensor(mask, device=device)


def advance(
    rows: Sequence[Row], live: Sequence[int], drawn: Sequence[int], caps: Sequence[int],
    sampling: Sampling, ends: frozenset[int], stopped: Callable[[list[int]], bool] | None,
) -> list[int]:  # fmt: skip
    """Give each row its token; the places in `live` of those that go on."""
    going = []
    for at, number in enumerate(live):
        row = rows[number]
        if row.reason is not None:
            continue
        if drawn[at] in ends:
            row.reason = "stop"
            continue
        row.tokens.append(drawn[at])
        if stopped is not None and stopped(row.tokens):
            row.reason = "stop_text"
        elif len(row.tokens) >= caps[number]:
            row.reason = "length" if caps[number] == sampling.max_tokens else "context"
        else:
            going.append(at)
    return going
