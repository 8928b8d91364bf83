"""Random numbers that depend on what they are for, and on nothing else.

A number is a hash of (key of the response, position, token), so a sampled response does not depend
on which others are in its batch, on the batch size or the device, nor on whether a run was killed.
The same item and sample at two checkpoints, or in two arms, share their noise: where the two
models agree, so do the tokens, which makes paired contrasts sharper.
"""

from typing import Any

import xxhash

# SplitMix64 (Steele, Lea and Flood 2014), as signed numbers, since torch has no unsigned products
_GOLDEN = 0x9E3779B97F4A7C15 - 2**64
_FIRST = 0xBF58476D1CE4E5B9 - 2**64
_SECOND = 0x94D049BB133111EB - 2**64


def key_of(seed: int, *names: object) -> int:
    """A signed 64-bit key for a response."""
    text = "\0".join(str(name) for name in (seed, *names))
    return int(xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))) - 2**63


def mixed(x: Any) -> Any:  # noqa: ANN401  tensors of int64
    """The finalizer of SplitMix64, with the shifts as of unsigned numbers."""
    x = (x ^ ((x >> 30) & (2**34 - 1))) * _FIRST
    x = (x ^ ((x >> 27) & (2**37 - 1))) * _SECOND
    return x ^ ((x >> 31) & (2**33 - 1))


def gumbel(keys: Any, position: int, count: int) -> Any:  # noqa: ANN401  tensors
    """Standard Gumbel noise for `count` tokens: (keys,) to (keys, count), float32.

    The token with the largest logit plus noise is a draw from the softmax of the logits.
    """
    import torch

    rows = mixed(keys + (position + 1) * _GOLDEN % 2**63)[:, None]
    tokens = torch.arange(1, count + 1, device=keys.device)
    bits = (mixed(rows + tokens * _GOLDEN) >> 41) & (2**23 - 1)
    # 23 bits and a half are exact in float32 and never 0 or 1
    uniform = (bits.float() + 0.5) * 2.0**-23
    return -torch.log(-torch.log(uniform))
