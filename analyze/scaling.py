"""Do small bases, or early checkpoints, put the arms in the order that the largest one does?

Decision accuracy (DataDecide, Magnusson et al. 2025, arXiv:2504.11393): the share of pairs of
arms whose order the cheap measurement gets right. The order at the largest is itself measured with
noise, so an accuracy of 1 is out of reach: the ceiling is how well two halves of the largest's runs
and items agree with each other.

Pairs share arms and are not independent. The interval is Wilson's for as many independent pairs as
have the variance of the share of all pairs (Kendall 1938): 4 for four arms, 8 for six, 16 for ten.
Resampling items and runs instead covers the truth in 70 to 85 % of studies, not in 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from math import sqrt

import numpy as np

from curate.analyze.crossed import Runs
from curate.analyze.panel import Floats, Ints
from curate.errors import InputError

DRAWS = 1000
LEAST_ARMS = 3
MOST_EXACT = 7
"""Arms of which every order is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How well a cheap measurement orders the arms."""

    name: str
    """Base, step and measure of the cheap one."""
    accuracy: float
    """Share in [0, 1] of pairs in the order of the largest; ties count a half."""
    low: float
    high: float
    """Interval for arms like these, measured like these; wide, and honest, with few arms."""
    p_coin: float
    """One-sided, against orders that have nothing to do with each other (permutation of arms)."""
    clear: float | None
    """The same of pairs only that the largest itself tells apart; None without any."""
    clear_pairs: int
    pairs: int
    ceiling: float
    """Mean agreement of two halves of the largest: no cheap measurement exceeds it by much."""
    words: str


def decision(
    small: Runs,
    large: Runs,
    name: str,
    *,
    rng: np.random.Generator | None = None,
    alpha: float = 0.05,
    draws: int = DRAWS,
) -> Decision:
    """Decision accuracy of `small` for the order of the arms of `large`.

    The measures may differ (log-probability against accuracy): only orders are compared. Higher
    is better in both.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    order = shared_arms(small, large)
    both = means_of(small, order), means_of(large, order)
    pairs = list(combinations(range(len(order)), 2))
    clear = clear_pairs(resampled(large, order, rng, draws), pairs, alpha)
    agreed = agreement(*both, pairs)
    low, high = wilson(agreed, independent_pairs(len(order)), alpha)
    p_coin = coin_p(*both, pairs, rng)
    chosen = [pair for pair, known in zip(pairs, clear, strict=True) if known]
    return Decision(
        name=name,
        accuracy=agreed,
        low=low,
        high=high,
        p_coin=p_coin,
        clear=agreement(*both, chosen) if chosen else None,
        clear_pairs=len(chosen),
        pairs=len(pairs),
        ceiling=ceiling(large, order, rng),
        words=in_words(agreed, p_coin < alpha, len(chosen), len(pairs)),
    )


def shared_arms(small: Runs, large: Runs) -> list[str]:
    """Arms that both have."""
    order = [name for name in large.arms if name in small.arms]
    if len(order) < LEAST_ARMS:
        raise InputError(
            f"{len(order)} arms were run on both bases",
            why=f"an ordering needs {LEAST_ARMS} arms or more",
            fix="run more arms on the small base; it is the cheap one",
        )
    return order


def means_of(runs: Runs, order: Sequence[str]) -> Floats:
    """Mean score of each arm (arm,)."""
    scores = runs.scores @ runs.items.weights
    return np.array([scores[runs.arm == runs.arms.index(name)].mean() for name in order])


def resampled(runs: Runs, order: Sequence[str], rng: np.random.Generator, draws: int) -> Floats:
    """Arm means (draw, arm) of clusters and runs drawn again.

    Deviations of runs are stretched by sqrt(S / (S - 1)), which a bootstrap of S runs lacks.
    """
    clusters, place = np.unique(runs.items.clusters, return_inverse=True)
    rows = [np.flatnonzero(runs.arm == runs.arms.index(name)) for name in order]
    by_arm = np.stack([runs.scores[own].mean(axis=0) for own in rows])
    counts = rng.multinomial(len(clusters), np.full(len(clusters), 1 / len(clusters)), draws)
    weights = runs.items.weights * counts[:, place]
    found: Floats = weights @ by_arm.T / weights.sum(axis=1, keepdims=True)
    scores = runs.scores @ runs.items.weights
    for at, own in enumerate(rows):
        if len(own) > 1:
            off = (scores[own] - scores[own].mean()) * np.sqrt(len(own) / (len(own) - 1))
            found[:, at] += off[rng.integers(len(own), size=(draws, len(own)))].mean(axis=1)
    return found


def agreement(first: Floats, second: Floats, pairs: Sequence[tuple[int, int]]) -> float:
    """Share of pairs in the same order in both; a tie in either counts a half."""
    left, right = np.array(pairs).T
    signs = np.sign(first[left] - first[right]) * np.sign(second[left] - second[right])
    return float((1 + signs).mean() / 2)


def independent_pairs(arms: int) -> float:
    """Independent pairs that all pairs of so many arms are worth.

    0.25 over the variance of the share of pairs in the same order where the orders have nothing to
    do with each other, (2n + 5) / (18 n (n - 1)) (Kendall 1938).
    """
    return 4.5 * arms * (arms - 1) / (2 * arms + 5)


def wilson(share: float, count: float, alpha: float) -> tuple[float, float]:
    """Wilson's interval (1927) for a share of `count` independent trials."""
    from scipy.special import ndtri

    z2 = float(ndtri(1 - alpha / 2)) ** 2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count**2))) / (1 + z2 / count)
    return max(0.0, centre - half), min(1.0, centre + half)


def coin_p(
    first: Floats, second: Floats, pairs: Sequence[tuple[int, int]], rng: np.random.Generator
) -> float:
    """Share of orders of the arms that agree at least as well; all orders up to seven arms.

    With three arms it is 1/6 at best, with four 1/24: fewer than four arms can show nothing.
    """
    count = len(first)
    if count <= MOST_EXACT:
        orders = np.array(list(permutations(range(count))))
    else:
        orders = np.stack([np.arange(count), *(rng.permutation(count) for _ in range(5000))])
    left, right = np.array(pairs).T
    wanted = np.sign(second[left] - second[right])
    found = (np.sign(first[orders[:, left]] - first[orders[:, right]]) * wanted).sum(axis=1)
    return float(np.mean(found >= found[0]))


def clear_pairs(drawn: Floats, pairs: Sequence[tuple[int, int]], alpha: float) -> list[bool]:
    """Which pairs keep their order in all but alpha of the draws of the largest."""
    return [
        bool(
            min(np.mean(drawn[:, a] > drawn[:, b]), np.mean(drawn[:, a] < drawn[:, b])) < alpha / 2
        )
        for a, b in pairs
    ]


def ceiling(large: Runs, order: Sequence[str], rng: np.random.Generator, splits: int = 50) -> float:
    """Mean agreement of two halves of the largest."""
    pairs = list(combinations(range(len(order)), 2))
    found = [agreement(*half_means(large, order, rng), pairs) for _ in range(splits)]
    return float(np.mean(found))


def half_means(runs: Runs, order: Sequence[str], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Arm means of two halves that share neither runs (if there are two) nor clusters of items."""
    clusters, place = np.unique(runs.items.clusters, return_inverse=True)
    first = (rng.permutation(len(clusters)) < len(clusters) // 2)[place]
    halves = []
    rows = [rng.permutation(np.flatnonzero(runs.arm == runs.arms.index(n))) for n in order]
    for side, chosen in enumerate((first, ~first)):
        weights = runs.items.weights * chosen
        own = [
            r if len(r) < 2 else r[: len(r) // 2] if side == 0 else r[len(r) // 2 :] for r in rows
        ]
        halves.append(np.array([(runs.scores[r] @ weights).mean() for r in own]) / weights.sum())
    return halves[0], halves[1]


def half(rows: Ints, side: int) -> Ints:
    """The first or second half of some rows; all of a single one."""
    middle = len(rows) // 2
    return rows if len(rows) < 2 else rows[:middle] if side == 0 else rows[middle:]


def in_words(accuracy: float, better: bool, clear: int, pairs: int) -> str:
    """One sentence."""
    than = "better than a coin" if better else "not shown to be better than a coin"
    return (
        f"{100 * accuracy:.0f} % of {pairs} pairs of arms in the order of the largest, {than}; "
        f"the largest itself tells {clear} of them apart"
    )
