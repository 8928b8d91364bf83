"""What a local causal language model makes of a response: perplexity, IFD, rank-surprisal ratio.

For every token of the response the model gives its surprisal, the negative log-likelihood in nats,
and its rank among all tokens, 1 for the likeliest and `RANK_CLIP` at most:

    perplexity       exp of the mean surprisal, given the problem
    ifd              mean surprisal given the problem / mean surprisal without it: how little the
                     problem helps (Li et al. 2308.12032; the ratio of losses of its eq. 3, while
                     some programs take that of perplexities)
    rank_surprisal   sum of ranks / sum of surprisals, less is better for a student (Yang et al.
                     2601.14249, ranks clipped at 100 as in their program)

The first token of a step is a surprise whatever follows, so a mean over tokens prefers long steps
(Wang et al. 2604.06834). Each of the three is therefore also there as `…_debiased`, without the
first token of every step: their Aslec-drop. A step is what they take for one: it ends with a
sentence or a line.

A text that is longer than the model's context is read in windows that overlap by a half; every
token is counted once, with at least half a context before it (the whole text before it, at the
start). The problem stands at the head of every window, unless it takes more than half of the
context, when it is only the text before the response. Nothing is cut.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RANK_CLIP = 100
STEP = re.compile(r"(?:\A\s*|[.?!]\s+|\n\s*)(?=\S)")
BETWEEN = "\n\n"
"""What stands between the problem and the response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Tokens that the model reads at once, of which the last are new."""

    tokens: tuple[int, ...]
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenScores:
    """What the model makes of each token of a response."""

    surprisals: Floats
    """In nats."""
    ranks: Floats
    """From 1 to `RANK_CLIP`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """The columns of one trace; None where no token is left to count."""

    perplexity: float | None
    perplexity_debiased: float | None
    ifd: float | None
    ifd_debiased: float | None
    rank_surprisal: float | None
    rank_surprisal_debiased: float | None
    likelihood_tokens: int
    """Tokens of the response that were counted."""
    likelihood_steps: int
    """Tokens of them that begin a step."""


class LanguageModel(Protocol):
    """Tokens of a text, and what a model makes of them."""

    context: int
    """Tokens that it reads at once."""
    start: int | None
    """The token that begins a text; None where the model has none."""

    def tokens(self, text: str) -> tuple[list[int], list[int]]:
        """The tokens of a text, and where each begins in it."""
        ...

    def scores(self, windows: Sequence[Window]) -> Iterator[TokenScores]:
        """Surprisals and ranks of the new tokens of each window, in order."""
        ...


def likelihoods(model: LanguageModel, traces: Sequence[tuple[str, str]]) -> list[Likelihood]:
    """The columns of each (problem, response)."""
    read = [
        (model.tokens(problem + BETWEEN)[0], *model.tokens(response))
        for problem, response in traces
    ]
    plans = [
        plan
        for problem, tokens, _ in read
        for plan in (
            windows(head_of(model, problem), tokens, model.context),
            windows(head_of(model, []), tokens, model.context),
        )
    ]
    found = model.scores([window for plan in plans for window in plan])
    scored = [joined(list(islice(found, len(plan)))) for plan in plans]
    return [
        likelihood(scored[2 * place], scored[2 * place + 1], first_of_steps(response, starts))
        for place, ((_, response), (_, _, starts)) in enumerate(zip(traces, read, strict=True))
    ]


def head_of(model: LanguageModel, tokens: Sequence[int]) -> list[int]:
    """What stands before a response: the start of a text and the problem."""
    return [*([] if model.start is None else [model.start]), *tokens]


def windows(head: Sequence[int], tokens: Sequence[int], context: int) -> list[Window]:
    """The windows in which every token of a response is new once.

    A first token with nothing at all before it cannot be predicted, and is new nowhere.
    """
    if len(head) + len(tokens) <= context:
        return [Window(tokens=(*head, *tokens), new=len(tokens) - (not head))] if tokens else []
    if len(head) > context // 2:
        return sliding((), [*head, *tokens], len(head), context)
    return sliding(head, tokens, 0 if head else 1, context)


def sliding(head: Sequence[int], tokens: Sequence[int], first: int, context: int) -> list[Window]:
    """Windows with this head over the tokens, of which those from `first` on are new once."""
    room = context - len(head)
    step = max(1, room // 2)
    found = []
    stop = min(room, len(tokens))
    while first < len(tokens):
        if stop > first:
            taken = tokens[max(0, stop - room) : stop]
            found.append(Window(tokens=(*head, *taken), new=stop - first))
            first = stop
        stop = min(stop + step, len(tokens))
    return found


def joined(scores: Sequence[TokenScores]) -> TokenScores:
    """The scores of several windows as those of one text."""
    return TokenScores(
        surprisals=np.concatenate([np.empty(0), *(each.surprisals for each in scores)]),
        ranks=np.concatenate([np.empty(0), *(each.ranks for each in scores)]),
    )


def first_of_steps(text: str, starts: Sequence[int]) -> NDArray[np.bool_]:
    """For every token whether it begins a step: whether it holds the first character of one.

    `starts` are the places of the tokens in the text.
    """
    # Without white space at the end, of which every line would be looked through to the last.
    steps = [found.end() for found in STEP.finditer(text.rstrip())]
    places = np.searchsorted(np.array(starts), np.array(steps, dtype=np.int64), side="right") - 1
    first = np.zeros(len(starts), bool)
    first[places[places >= 0]] = True
    return first


def likelihood(given: TokenScores, alone: TokenScores, first: NDArray[np.bool_]) -> Likelihood:
    """The columns from the scores with and without the problem, which are of the same tokens."""
    # Without a start of text, the first token has a score with the problem only.
    count = min(len(given.surprisals), len(alone.surprisals))
    given, alone, first = last(given, count), last(alone, count), first[len(first) - count :]
    every, rest = np.ones(count, bool), ~first
    return Likelihood(
        perplexity=perplexity(given, every),
        perplexity_debiased=perplexity(given, rest),
        ifd=ifd(given, alone, every),
        ifd_debiased=ifd(given, alone, rest),
        rank_surprisal=rank_surprisal(given, every),
        rank_surprisal_debiased=rank_surprisal(given, rest),
        likelihood_tokens=count,
        likelihood_steps=int(first.sum()),
    )


def last(scores: TokenScores, count: int) -> TokenScores:
    """The scores of the last tokens."""
    skip = len(scores.surprisals) - count
    return TokenScores(surprisals=scores.surprisals[skip:], ranks=scores.ranks[skip:])


def perplexity(scores: TokenScores, taken: NDArray[np.bool_]) -> float | None:
    """`exp` of the mean surprisal, at least 1; None of no tokens."""
    return float(np.exp(scores.surprisals[taken].mean())) if taken.any() else None


def ifd(given: TokenScores, alone: TokenScores, taken: NDArray[np.bool_]) -> float | None:
    """Mean surprisal with the problem over the mean without it."""
    return ratio(given.surprisals[taken].sum(), alone.surprisals[taken].sum())


def rank_surprisal(scores: TokenScores, taken: NDArray[np.bool_]) -> float | None:
    """Sum of ranks over sum of surprisals."""
    return ratio(scores.ranks[taken].sum(), scores.surprisals[taken].sum())


def ratio(above: float, below: float) -> float | None:
    """The quotient; None where there is nothing to divide by."""
    return float(above / below) if below > 0 else None
