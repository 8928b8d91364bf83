"""Main effects and two-way interactions of two-level factors, full or fractional.

An effect is the mean score of the arms at the high level less that at the low one. A two-way
interaction is half the difference of one factor's effect between the levels of the other. In a
fraction, effects share a column with others (aliases), named beside each; what is printed under
one name is the sum of all of them (Box, Hunter & Hunter 2005, ch. 6). With one run of each arm
the effects themselves give the noise (Lenth 1989, DOI 10.1080/00401706.1989.10488595).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from curate.analyze.crossed import Fit, Runs, arm_fit, estimate
from curate.analyze.interval import Estimate
from curate.analyze.panel import Floats
from curate.detectable import quantile
from curate.errors import InputError

Word = tuple[str, ...]
"""Factors whose signs are multiplied: one of a main effect, two of an interaction."""
LENTH_LEAST = 7
"""Effects from which Lenth's estimate of noise has about its stated error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One column of the design."""

    factors: Word
    aliases: tuple[Word, ...]
    """Effects up to two-way (and main effects) that cannot be told from it in this design."""
    estimate: Estimate
    p_holm: float | None
    """Holm-adjusted over all effects of the table; None where nothing tells the noise of runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factorial:
    """All effects that the design can tell."""

    levels: Mapping[str, tuple[str, str]]
    """Low and high level of each factor."""
    resolution: int | None
    """Length of the shortest word that is constant; None for a full design."""
    effects: tuple[Effect, ...]
    noise: str
    """Where the error comes from: `runs and items`; with one run of each arm `Lenth`, or `items
    only` where effects are too few for it, and then no effect can be claimed."""


def factorial(
    runs: Runs,
    levels: Sequence[Mapping[str, str]],
    *,
    order: Mapping[str, tuple[str, str]] | None = None,
    means: Fit | None = None,
    alpha: float = 0.05,
) -> Factorial:
    """Effects of arms whose factor levels are `levels`, in the order of the arms.

    `order` says which level is low and which high (default: as sorted); `means`: arm means with
    their error from elsewhere, such as `moment_fit`.
    """
    named = level_names(levels, order)
    signs = {
        name: np.array([1.0 if row[name] == high else -1.0 for row in levels])
        for name, (_, high) in named.items()
    }
    sets = alias_sets(signs)
    weights = effect_weights(signs, [words[0] for words in sets])
    means = arm_fit(runs) if means is None else means
    found = [
        estimate(means, row, " x ".join(words[0]), alpha)
        for words, row in zip(sets, weights, strict=True)
    ]
    noise = "runs and items"
    if means.run_df == 0:
        found, noise = unreplicated(means, signs, found, alpha)
    known = [one.seeds_known for one in found]
    adjusted = holm([one.p for one in found]) if all(known) else [None] * len(found)
    return Factorial(
        levels=named,
        resolution=resolution(signs),
        effects=tuple(
            Effect(factors=words[0], aliases=tuple(words[1:]), estimate=one, p_holm=p)
            for words, one, p in zip(sets, found, adjusted, strict=True)
        ),
        noise=noise,
    )


def level_names(
    levels: Sequence[Mapping[str, str]], order: Mapping[str, tuple[str, str]] | None
) -> dict[str, tuple[str, str]]:
    """Low and high level of each factor; refuses factors that do not have two."""
    if not levels or any(row.keys() != levels[0].keys() for row in levels):
        raise InputError(
            "the arms do not have the same factors",
            why=f"{len(levels)} arms were trained here"
            + (f", the first with {', '.join(levels[0])}" if levels else ""),
            fix="train the same cells on every base, and name every factor of each",
        )
    found = {name: tuple(sorted({row[name] for row in levels})) for name in levels[0]}
    named: dict[str, tuple[str, str]] = {}
    for name, values in found.items():
        if len(values) != 2:
            raise InputError(
                f"the factor `{name}` has {len(values)} levels: {', '.join(values)}",
                why="main effects and interactions are defined here for two levels",
                fix="leave the factor out, or name the arms of two of its levels",
            )
        named[name] = (order or {}).get(name, (values[0], values[1]))
    return named


def column(signs: Mapping[str, Floats], word: Word) -> Floats:
    """Product of the signs of a word's factors, by arm."""
    product: Floats = np.prod([signs[name] for name in word], axis=0)
    return product


def alias_sets(signs: Mapping[str, Floats]) -> list[list[Word]]:
    """Words of one and two factors in sets with the same column up to its sign; main ones first.

    Constant columns are left out: the design does not vary them.
    """
    words = [word for size in (1, 2) for word in combinations(signs, size)]
    sets: dict[bytes, list[Word]] = {}
    for word in words:
        values = column(signs, word)
        if np.ptp(values) > 0:
            key = (values * values[0]).astype(np.int8).tobytes()
            sets.setdefault(key, []).append(word)
    return list(sets.values())


def resolution(signs: Mapping[str, Floats]) -> int | None:
    """Length of the shortest word whose column is constant."""
    for size in range(1, len(signs) + 1):
        for word in combinations(signs, size):
            if np.ptp(column(signs, word)) == 0:
                return size
    return None


def effect_weights(signs: Mapping[str, Floats], words: Sequence[Word]) -> Floats:
    """Weights (effect, arm) of arm means: twice the least-squares coefficients of the signs.

    Orthogonal designs give mean high less mean low; designs with lost arms are corrected for what
    they confound, as long as the columns can be told apart.
    """
    columns = [column(signs, word) for word in words]
    design = np.column_stack((np.ones(len(columns[0])), *columns))
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InputError(
            f"{len(design)} arms cannot tell {len(words)} effects apart",
            why="arms are missing, or the design is of main effects only",
            fix="run the missing arms, or analyse fewer factors",
        )
    weights: Floats = 2 * np.linalg.pinv(design)[1:]
    return weights


def unreplicated(
    means: Fit, signs: Mapping[str, Floats], found: list[Estimate], alpha: float
) -> tuple[list[Estimate], str]:
    """The effects with the noise that effects of all orders show of themselves."""
    words = [word for size in range(1, len(signs) + 1) for word in combinations(signs, size)]
    columns = {(c * c[0]).tobytes(): c for word in words if np.ptp(c := column(signs, word)) > 0}
    if len(columns) < LENTH_LEAST:
        return found, "items only"
    every = np.stack(list(columns.values())) @ means.values * 2 / len(means.values)
    return lenth(found, every, alpha), "Lenth"


def lenth(effects: Sequence[Estimate], every: Floats, alpha: float = 0.05) -> list[Estimate]:
    """The effects with Lenth's pseudo standard error in place of theirs, which lacks the runs.

    It takes most effects to be near 0; where many are not, it is too large, which is the safe side.
    """
    size = np.abs(every)
    first = 1.5 * float(np.median(size))
    kept = size[size < 2.5 * first]
    pse = 1.5 * float(np.median(kept)) if len(kept) else 0.0
    df = len(every) / 3
    half = quantile(1 - alpha / 2, df) * pse
    return [
        Estimate(
            name=one.name, value=one.value, se=pse, df=df, low=one.value - half,
            high=one.value + half, p=lenth_p(one.value, pse, df), level=1 - alpha,
            seeds_known=True,
        )
        for one in effects
    ]  # fmt: skip


def lenth_p(value: float, pse: float, df: float) -> float:
    """Two-sided p by Lenth's t with a third as many degrees of freedom as effects."""
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(value) / pse)) if pse > 0 else float(value == 0)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values (1979), in the order given."""
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * (len(values) - np.arange(len(values))))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1.0, stepped)
    return [float(one) for one in adjusted]
