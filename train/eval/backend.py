"""What evaluation asks of a model, whoever runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn."""

    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    top_k: int = 0
    """0 is all tokens."""
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What a model wrote."""

    text: str
    """Without the end token, the stop text and what was prefilled."""
    n_tokens: int
    """Tokens it drew, the end token not counted."""
    stop_reason: str
    """`stop` (it ended), `stop_text`, `length` (cut at the cap), `context` (cut at the model's
    context) or `too_long` (the prompt did not fit, and nothing was generated)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What a model makes of tokens that it is given."""

    logp: float
    """Log-likelihood of all of them, nats."""
    n_tokens: int
    entropy: float | None
    """Mean entropy of the distributions over the next token, nats; None where it is not known."""


class Backend(Protocol):
    """A model with its tokenizer."""

    tokenizer: Any
    end: tuple[int, ...]
    """The end token; nothing where there is none."""

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, none added; marks in it become their tokens."""
        ...

    def generate(
        self, prompts: Sequence[list[int]], keys: Sequence[int], sampling: Sampling
    ) -> list[Generation]:
        """A response for each prompt, its noise drawn from the prompt's own 64-bit key."""
        ...

    def likelihoods(
        self, pairs: Sequence[tuple[list[int], list[int]]]
    ) -> list[Continuation | None]:
        """For each (context, continuation), both not empty; None where it does not fit."""
        ...
