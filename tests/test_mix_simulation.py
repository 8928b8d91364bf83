"""With a planted effect of quality and a confounding one of length, only matched arms tell it."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.mixtures import Row, arms_of, recipe

DRAWS = 500
PROBLEMS = 60
EFFECT = -1.0
"""Of a low-grade trace on the outcome of its problem."""
OF_LENGTH = 2.0
"""Of the logarithm of its tokens: as low-grade traces are longer, it hides half the effect."""
ARMS = [{"name": "high", "mix": {"high": 1}}, {"name": "low", "mix": {"low": 1}}]


def rows_of(draw: np.random.Generator) -> list[Row]:
    """Ten traces of each problem, the incorrect ones a third longer."""
    rows: list[Row] = []
    for problem in range(PROBLEMS):
        base = draw.normal(6.5, 0.5)
        for number in range(10):
            length = np.exp(base + draw.normal(0, 0.3) + 0.28 * (number % 2))
            rows.append((problem, number % 2 == 0, int(length), "a"))
    return rows


def interval(high: pl.DataFrame, low: pl.DataFrame, problems: pl.Series, seed: int) -> np.ndarray:
    """95 % interval of the effect, paired by problem."""
    draw = np.random.default_rng([seed, 9])
    own = draw.normal(0, 1, PROBLEMS)
    outcomes = []
    for frame, effect in ((high, 0.0), (low, EFFECT)):
        numbers = [int(name, 16) for name in problems[frame["at"]]]
        logs = np.log(frame["tokens"].to_numpy())
        noise = draw.normal(0, 0.5, frame.height)
        outcome = own[numbers] + effect + OF_LENGTH * logs + noise
        outcomes.append(outcome[np.argsort(numbers)])
    difference = outcomes[1] - outcomes[0]
    half = stats.t.ppf(0.975, difference.size - 1) * stats.sem(difference)
    return np.array([difference.mean() - half, difference.mean() + half])


@pytest.mark.slow
def test_matched_arms_cover_the_truth_and_naive_arms_do_not() -> None:
    covered, means = {"matched": 0, "naive": 0}, {"matched": 0.0, "naive": 0.0}
    for seed in range(DRAWS):
        rows = rows_of(np.random.default_rng(seed))
        wanted = {
            "matched": recipe(arms=ARMS, seeds={"draw": seed}),
            "naive": recipe(arms=ARMS, estimand="rows", seeds={"draw": seed}),
        }
        for name, one in wanted.items():
            frames, matched, _ = arms_of(rows, one)
            found = interval(frames["high"], frames["low"], matched.frame["problem_id"], seed)
            covered[name] += bool(found[0] <= EFFECT <= found[1])
            means[name] += found.mean() / DRAWS
    assert covered["matched"] >= 0.93 * DRAWS
    assert abs(means["matched"] - EFFECT) < 0.03
    assert covered["naive"] < 0.2 * DRAWS
    assert means["naive"] > EFFECT + 0.4
