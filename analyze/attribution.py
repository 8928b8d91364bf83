"""Which traces pushed a score: gradient attribution, worth nothing until removal confirms it.

TracIn over saved checkpoints (Pruthi et al. 2020, arXiv:2002.08484): influence of a trace on a
query = sum over checkpoints of learning rate * <gradient of the trace, gradient of the query>,
positive where training on the trace lowers the query's loss. Exact gradients, one trace at a time,
so for small models; scores of other tools (such as dattri) can be validated here just the same.

`validate_by_removal` retrains without the traces that a score names, and without as many random
ones. Only scores that pass may be shown, as hypotheses, beside the causal estimates from arms.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from curate.analyze.interval import Estimate, interval
from curate.analyze.panel import Floats, Ints
from curate.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import torch

    Loss = Callable[[torch.nn.Module, Any], torch.Tensor]
    """Mean loss of one example under a model, with its graph."""
    Losses = Callable[[torch.nn.Module, Any, dict[str, torch.Tensor]], torch.Tensor]
    """Loss (row,) of each row of a batch, under these weights in place of the model's own."""

Retrain = Callable[[Ints, int], float]
"""(places of the traces to train on, seed) to the query's score, higher is better."""


def tracin(
    model: "torch.nn.Module",
    checkpoints: Sequence[Any],
    rates: Sequence[float],
    loss: "Loss",
    traces: Sequence[Any],
    queries: Sequence[Any],
    *,
    kind: Literal["dot", "cosine"] = "dot",
) -> Floats:
    """Influence (trace, query); each checkpoint is a state dict with its learning rate.

    `cosine` divides by the gradients' lengths, so that long or hard traces do not win by size.
    The model is left with the last checkpoint's weights.
    """
    torch = torch_or_refuse()
    if len(checkpoints) != len(rates) or not len(checkpoints):
        raise InputError(
            f"{len(checkpoints)} checkpoints and {len(rates)} learning rates",
            why="each checkpoint counts with the learning rate that was used there",
            fix="give one rate for each checkpoint",
        )
    found = torch.zeros((len(traces), len(queries)), dtype=torch.float64)
    model.eval()
    for state, rate in zip(checkpoints, rates, strict=True):
        model.load_state_dict(state)
        wanted = torch.stack([gradient(model, loss, query, kind) for query in queries])
        for place, trace in enumerate(traces):
            found[place] += rate * (wanted @ gradient(model, loss, trace, kind)).double()
    influence: Floats = found.numpy()
    return influence


def tracin_on_mean(
    model: "torch.nn.Module",
    checkpoints: Iterable[Any],
    rates: Sequence[float],
    losses: "Losses",
    traces: Sequence[Any],
    queries: Sequence[Any],
) -> Floats:
    """Influence (trace,) on the mean loss of the queries; `traces` and `queries` are batches.

    The same as the mean of `tracin` over queries, at the cost of a forward pass: the product with
    one fixed gradient is the derivative of a trace's loss along it (forward-mode), so that no
    gradient of a single trace is ever held. `losses` gives one loss for each row of a batch.
    """
    engine = torch_or_refuse()
    model.eval()
    found: list[Any] = []
    for state, rate in zip(checkpoints, rates, strict=True):
        model.load_state_dict(state)
        weights = {name: value.detach() for name, value in model.named_parameters()}
        wanted = mean_gradient(model, losses, queries)
        along = [
            engine.func.jvp(partial(losses, model, batch), (weights,), (wanted,))[1]
            for batch in traces
        ]
        found.append(rate * engine.cat(along).double())
    influence: Floats = engine.stack(found).sum(dim=0).cpu().numpy()
    return influence


def mean_gradient(
    model: "torch.nn.Module", losses: "Losses", batches: Sequence[Any]
) -> "dict[str, torch.Tensor]":
    """Gradient of the mean loss over all rows of some batches, by the name of the parameter."""
    engine = torch_or_refuse()
    weights = {name: value.detach().requires_grad_() for name, value in model.named_parameters()}
    total = {name: engine.zeros_like(value) for name, value in weights.items()}
    rows = 0
    for batch in batches:
        loss = losses(model, batch, weights)
        parts = engine.autograd.grad(loss.sum(), list(weights.values()), allow_unused=True)
        rows += len(loss)
        for name, part in zip(weights, parts, strict=True):
            total[name] += 0 if part is None else part
    return {name: value.detach() / rows for name, value in total.items()}


def gradient(
    model: "torch.nn.Module", loss: "Loss", example: object, kind: str = "dot"
) -> "torch.Tensor":
    """Gradient (parameter,) of one example's loss; of length 1 for `cosine`."""
    engine = torch_or_refuse()
    parameters = [p for p in model.parameters() if p.requires_grad]
    parts = engine.autograd.grad(loss(model, example), parameters, allow_unused=True)
    flat = engine.cat(
        [
            (engine.zeros_like(p) if g is None else g).reshape(-1)
            for p, g in zip(parameters, parts, strict=True)
        ]
    )
    unit = flat / flat.norm().clamp_min(1e-12) if kind == "cosine" else flat
    return cast("torch.Tensor", unit)


def torch_or_refuse() -> Any:  # noqa: ANN401 - a module
    """The torch module."""
    try:
        import torch
    except ImportError:
        raise MissingExtra("torch", extra="train", needed_for="gradient attribution") from None
    return torch


# --- removal and retraining -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What retraining says about scores."""

    removed: int
    """Traces left out in each retraining."""
    top: Estimate
    """Score without the highest-scored traces less score without as many random ones, over seeds;
    below 0 where the traces named as helpful were."""
    bottom: Estimate
    """The same without the lowest-scored; above 0 where they harmed."""
    lds: float
    """Linear datamodelling score: rank correlation over random subsets between the sum of scores
    kept and the score after retraining (Park et al. 2023, arXiv:2303.14186)."""
    lds_low: float
    lds_high: float
    validated: bool
    words: str


def validate_by_removal(
    scores: Floats,
    retrain: Retrain,
    *,
    share: float = 0.2,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    subsets: int = 24,
    rng: np.random.Generator | None = None,
    alpha: float = 0.05,
) -> Removal:
    """Retrain without the top, the bottom and random traces, and on random halves.

    `scores` (trace,): higher means more helpful to the query. 3 * seeds + subsets retrainings.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    count = len(scores)
    removed = max(1, round(share * count))
    if removed >= count or len(seeds) < 2:
        raise InputError(
            f"removal of {removed} of {count} traces with {len(seeds)} seeds",
            why="something must be left to train on, and chance be told from effect",
            fix="remove a smaller share, with two seeds or more",
        )
    order = np.argsort(scores, kind="stable")
    top, bottom = (
        without_against_random(some, retrain, removed, seeds, rng)
        for some in (order[:-removed], order[removed:])
    )
    kept = [np.sort(rng.permutation(count)[: count // 2]) for _ in range(subsets)]
    outcomes = np.array([retrain(one, int(rng.integers(2**31))) for one in kept])
    sums = np.array([scores[one].sum() for one in kept])
    correlation = rank_correlation(sums, outcomes)
    low, high = correlation_interval(correlation, subsets, alpha)
    estimates = [mean_of(one, name, alpha) for one, name in ((top, "top"), (bottom, "bottom"))]
    passed = estimates[0].high < 0 and low > 0
    return Removal(
        removed=removed, top=estimates[0], bottom=estimates[1], lds=correlation,
        lds_low=low, lds_high=high, validated=passed, words=in_words(passed),
    )  # fmt: skip


def without_against_random(
    kept: Ints,
    retrain: Retrain,
    removed: int,
    seeds: Sequence[int],
    rng: np.random.Generator,
) -> Floats:
    """(seed,): score on what is kept less score on as much that is kept at random, same seed."""
    differences = []
    for seed in seeds:
        control = np.sort(rng.permutation(len(kept) + removed)[removed:])
        differences.append(retrain(np.sort(kept), seed) - retrain(control, seed))
    return np.array(differences)


def mean_of(values: Floats, name: str, alpha: float) -> Estimate:
    """Mean over seeds with a t interval."""
    se = float(values.std(ddof=1) / np.sqrt(len(values)))
    return interval(name, float(values.mean()), se, len(values) - 1.0, alpha)


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's; 0 where one of them does not vary."""
    from scipy.stats import rankdata

    a, b = rankdata(first), rankdata(second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def correlation_interval(correlation: float, count: int, alpha: float) -> tuple[float, float]:
    """By Fisher's z, with 1.06 for ranks (Fieller, Hartley & Pearson 1957)."""
    from scipy.special import ndtri

    centre = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    half = float(ndtri(1 - alpha / 2)) * np.sqrt(1.06 / max(count - 3, 1))
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


def in_words(passed: bool) -> str:
    """What may be done with the scores."""
    if passed:
        return "confirmed by retraining: a hypothesis about traces, not the effect of the data"
    return "not confirmed by retraining: do not show these scores"
