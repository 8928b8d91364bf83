"""Gradient attribution on models small enough to know the truth by leaving traces out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from curate.analyze.attribution import (
    correlation_interval,
    rank_correlation,
    tracin,
    tracin_on_mean,
    validate_by_removal,
)
from curate.errors import InputError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")
"""PyTorch's own, of a module that it imports for forward-mode derivatives."""
Floats = npt.NDArray[np.float64]
TRACES, QUERIES, WIDTH = 60, 20, 4


def task(seed: int = 0) -> tuple[list[Any], list[Any]]:
    """Rows of a logistic regression, of which the first fifteen have the wrong label; queries."""
    rng = np.random.default_rng(seed)
    truth = np.array([2.0, -1.0, 0.5, 0.0])

    def rows(count: int, wrong: int) -> list[Any]:
        x = rng.normal(size=(count, WIDTH))
        y = (x @ truth + rng.logistic(size=count) > 0) ^ (np.arange(count) < wrong)
        return [
            (torch.tensor(a, dtype=torch.float32), torch.tensor(float(b)))
            for a, b in zip(x, y, strict=True)
        ]

    return rows(TRACES, 15), rows(QUERIES, 0)


def loss(model: Any, example: Any) -> Any:
    x, y = example
    return torch.nn.functional.binary_cross_entropy_with_logits(model(x)[0], y)


def mean_loss(model: Any, rows: Sequence[Any]) -> Any:
    return torch.stack([loss(model, row) for row in rows]).mean()


def train(rows: Sequence[Any], steps: int = 40, rate: float = 0.5) -> tuple[Any, list[Any]]:
    """Full-batch gradient descent from zero, with a checkpoint before every fourth step."""
    torch.set_num_threads(1)
    model = torch.nn.Linear(WIDTH, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    x, y = torch.stack([a for a, _ in rows]), torch.stack([b for _, b in rows])
    kept = []
    for step in range(steps):
        if step % 4 == 0:
            kept.append({name: value.clone() for name, value in model.state_dict().items()})
        value = torch.nn.functional.binary_cross_entropy_with_logits(model(x)[:, 0], y)
        (gradient,) = torch.autograd.grad(value, [model.weight])
        with torch.no_grad():
            model.weight -= rate * gradient
    return model, kept


def test_influence_agrees_with_leaving_each_trace_out() -> None:
    rows, queries = task()
    model, checkpoints = train(rows)
    with torch.no_grad():
        whole = float(mean_loss(model, queries))
    found = tracin(model, checkpoints, [0.5] * len(checkpoints), loss, rows, queries).mean(axis=1)
    truth = []
    for out in range(TRACES):
        without, _ = train([row for place, row in enumerate(rows) if place != out])
        with torch.no_grad():
            truth.append(float(mean_loss(without, queries)) - whole)
    assert rank_correlation(found, np.array(truth)) > 0.8
    assert found[:15].mean() < 0 < found[15:].mean()


def losses(model: Any, batch: Any, weights: Any) -> Any:
    x, y = batch
    found = torch.func.functional_call(model, weights, (x,))[:, 0]
    return torch.nn.functional.binary_cross_entropy_with_logits(found, y, reduction="none")


def batches(rows: Sequence[Any], size: int) -> list[Any]:
    parts = [rows[at : at + size] for at in range(0, len(rows), size)]
    return [(torch.stack([a for a, _ in p]), torch.stack([b for _, b in p])) for p in parts]


def test_influence_on_the_mean_is_the_mean_of_the_influences() -> None:
    rows, queries = task()
    model, checkpoints = train(rows)
    rates = list(np.linspace(0.1, 0.5, len(checkpoints)))
    each = tracin(model, checkpoints, rates, loss, rows, queries).mean(axis=1)
    at_once = tracin_on_mean(
        model, checkpoints, rates, losses, batches(rows, 7), batches(queries, 3)
    )
    assert np.allclose(at_once, each, rtol=1e-4, atol=1e-7)


def test_influence_is_that_of_dattri() -> None:
    """The reference: dattri 0.3, TracIn without projection."""
    from dattri.algorithm.tracin import TracInAttributor
    from dattri.task import AttributionTask

    rows, queries = task()
    model, checkpoints = train(rows)
    rates = [0.5] * len(checkpoints)

    def one(weights: Any, example: Any) -> Any:
        x, y = example
        found = torch.func.functional_call(model, weights, (x,))
        return torch.nn.functional.binary_cross_entropy_with_logits(found[0], y)

    theirs = AttributionTask(loss_func=one, model=model, checkpoints=checkpoints)
    attributor = TracInAttributor(
        theirs, weight_list=torch.tensor(rates), normalized_grad=False, projector_kwargs=None
    )
    attributor.projector_kwargs = None  # it projects all the same, unless told again
    loaders = [
        torch.utils.data.DataLoader(each, batch_size=10, shuffle=False) for each in (rows, queries)
    ]
    found = attributor.attribute(*loaders).numpy()
    ours = tracin(model, checkpoints, rates, loss, rows, queries)
    assert np.allclose(found, ours, rtol=1e-4, atol=1e-6)


def test_one_step_of_descent_is_predicted_by_the_dot_product() -> None:
    rows, queries = task()
    model, checkpoints = train(rows, steps=1)
    rate = 1e-3
    found = tracin(model, checkpoints[:1], [rate], loss, rows[:1], queries[:1])[0, 0]
    before = float(loss(model, queries[0]).detach())
    (gradient,) = torch.autograd.grad(loss(model, rows[0]), [model.weight])
    with torch.no_grad():
        model.weight -= rate * gradient
    assert found == pytest.approx(before - float(loss(model, queries[0]).detach()), rel=0.01)


def test_the_cosine_does_not_reward_size() -> None:
    rows, queries = task()
    model, checkpoints = train(rows)
    double = [(2 * x, y) for x, y in rows]
    state = [checkpoints[0]]  # all weights 0, where gradients are proportional to x
    for kind, same in (("cosine", True), ("dot", False)):
        one = tracin(model, state, [1.0], loss, rows, queries, kind=kind)  # type: ignore[arg-type]
        two = tracin(model, state, [1.0], loss, double, queries, kind=kind)  # type: ignore[arg-type]
        assert np.allclose(one, two, atol=1e-5) == same
    with pytest.raises(InputError, match="1 checkpoints and 2 learning rates"):
        tracin(model, state, [1.0, 1.0], loss, rows, queries)


def retrained(rows: Sequence[Any], queries: Sequence[Any], noise: float = 0.002) -> Any:
    """Retraining: the query score is minus the loss, with a little noise of the seed."""

    def retrain(kept: npt.NDArray[np.int64], seed: int) -> float:
        model, _ = train([rows[place] for place in kept])
        with torch.no_grad():
            value = -float(mean_loss(model, queries))
        return value + noise * float(np.random.default_rng(seed).normal())

    return retrain


def test_scores_that_hold_are_confirmed_and_random_ones_are_not() -> None:
    rows, queries = task()
    model, checkpoints = train(rows)
    scores = tracin(model, checkpoints, [0.5] * len(checkpoints), loss, rows, queries).mean(axis=1)
    retrain = retrained(rows, queries)
    good = validate_by_removal(scores, retrain, rng=np.random.default_rng(0))
    assert good.validated
    assert good.top.high < 0
    assert good.top.value < good.bottom.value
    assert good.lds > 0.5
    assert "hypothesis" in good.words
    chance = np.random.default_rng(1).normal(size=TRACES)
    bad = validate_by_removal(chance, retrain, rng=np.random.default_rng(0))
    assert not bad.validated
    assert "do not show" in bad.words
    assert not validate_by_removal(-scores, retrain, rng=np.random.default_rng(0)).validated


def test_random_scores_are_confirmed_in_few_of_many_trials() -> None:
    worth = np.random.default_rng(0).normal(size=40)

    def retrain(kept: npt.NDArray[np.int64], seed: int) -> float:
        return float(worth[kept].mean() + 0.05 * np.random.default_rng(seed).normal())

    rng = np.random.default_rng(1)
    found = [
        validate_by_removal(rng.normal(size=40), retrain, rng=rng).validated for _ in range(200)
    ]
    assert np.mean(found) <= 0.05
    assert validate_by_removal(worth, retrain, rng=rng).validated


def test_removal_that_leaves_nothing_is_refused_and_constants_correlate_with_nothing() -> None:
    with pytest.raises(InputError, match="removal of 10 of 10"):
        validate_by_removal(np.arange(10.0), lambda kept, seed: 0.0, share=1.0)
    assert rank_correlation(np.zeros(5), np.arange(5.0)) == 0
    low, high = correlation_interval(0.5, 24, 0.05)
    assert low < 0.5 < high
