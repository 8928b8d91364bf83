"""What is held equal over the arms: tokens, covariates, counts of values, shares of sources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from curate.mix.candidates import column_of
from curate.mix.columns import Columns
from curate.mix.kinds import Draw
from curate.mix.recipe import Recipe
from curate.mix.solve import Floats, Ints, Level

TRACE_WIDTH = 0.25
"""Budgets agree to a quarter of a trace at every cut, so any piece agrees to half a trace."""
TOTAL_WIDTH = 0.001
"""And to so much of the total, which is less where the arms are small."""
REFUSED = 0.004
"""A gap of so much of the total is nearly refused, so it weighs as much as a whole trace."""
SMD_WIDTH = 0.025
"""Means of covariates agree to so many standard deviations; refusal begins at 0.1."""


@dataclass(slots=True, kw_only=True)
class Carry:
    """What the blocks that are solved leave in each sum, by the name of its level."""

    sums: dict[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the levels are made of, for all blocks."""

    tokens: Floats
    """(candidates,)"""
    covariates: dict[str, Floats]
    """Name → (candidates,), missing values at the mean."""
    values: dict[str, Ints]
    """Name of an `identical` column → (candidates,) number of (stratum, value)."""
    source: Ints
    """(candidates,) number of the source among those with a weight, -1 for others."""
    weights: Floats
    mean: float
    """Tokens of a trace."""
    total: float
    """Tokens of an arm, about."""


def facts_of(frame: pl.DataFrame, recipe: Recipe, problems: int) -> Facts:
    """The facts of the candidates."""
    tokens = frame["tokens"].to_numpy().astype(np.float64)
    named = {name: spec.weight for name, spec in recipe.sources.items() if spec.weight is not None}
    weights = np.array([float(weight) for weight in named.values()])
    numbers = {name: number for number, name in enumerate(named)}
    mean = float(tokens.mean()) if tokens.size else 1.0
    logs = {"log tokens": np.log(np.maximum(tokens, 1))} if recipe.caliper is not None else {}
    return Facts(
        tokens=tokens,
        covariates={**logs, **{name: filled(frame[name]) for name in recipe.match.covariates}},
        values={name: pair_numbers(frame, name) for name in recipe.match.identical},
        source=frame["from"].replace_strict(numbers, default=-1, return_dtype=pl.Int64).to_numpy(),
        weights=weights / weights.sum() if weights.size else weights,
        mean=mean,
        total=mean * max(1, problems) * recipe.per_problem,
    )


def filled(column: pl.Series) -> Floats:
    """A column of numbers, missing ones at the mean."""
    numbers = column.cast(pl.Float64)
    return numbers.fill_null(numbers.mean() or 0.0).to_numpy()


def pair_numbers(frame: pl.DataFrame, name: str) -> Ints:
    """For each candidate the number of its stratum with its value of a column."""
    value = pl.col(column_of(name)).cast(pl.String).fill_null("unknown")
    both = frame.select(both=pl.concat_str("stratum", value, separator="\0"))["both"]
    return both.rank("dense").to_numpy().astype(np.int64)


def levels_of(
    columns: Columns, draws: Sequence[Draw], facts: Facts, recipe: Recipe, carry: Carry, sized: bool
) -> tuple[Level, ...]:
    """The levels of one block."""
    made = [
        *(token_levels(columns, draws, facts, carry, sized) if recipe.estimand == "tokens" else ()),
        *covariate_levels(columns, draws, facts, carry),
        *value_levels(columns, facts, carry),
        *share_levels(columns, facts, carry),
    ]
    return tuple(made)


def per_draw(columns: Columns, values: Floats) -> Floats:
    """(draws, columns) the values of the chosen traces, summed over the copies."""
    return np.asarray(values[columns.choice].sum(axis=2).T, dtype=np.float64)


def level(
    name: str, coefficients: object, width: float, unit: float, carry: Carry, target: float | None
) -> Level:
    """A level that goes on from what the earlier blocks left under its name."""
    matrix = sparse.csr_matrix(coefficients)
    before = carry.sums.get(name, np.zeros(matrix.shape[0]))
    return Level(
        coefficients=matrix,
        width=width,
        unit=unit,
        offsets=before - (before.mean() if target is None else 0.0),
        target=target,
    )


def groups_of_draws(draws: Sequence[Draw]) -> dict[tuple[str, ...], list[int]]:
    """The draws whose tokens are matched with each other, by group."""
    found: dict[tuple[str, ...], list[int]] = {}
    for number, draw in enumerate(draws):
        if not draw.longer:
            found.setdefault(draw.group, []).append(number)
    return found


def names_of(columns: Columns, draws: Sequence[Draw], facts: Facts) -> Iterator[tuple[str, Floats]]:
    """(Name, sums of each column) of every level that is carried on from block to block."""
    tokens = per_draw(columns, facts.tokens)
    centred = tokens - facts.mean * columns.choice.shape[2]
    for group, numbers in groups_of_draws(draws).items():
        yield f"tokens {group}", tokens[numbers]
        yield f"size {group}", centred[numbers]
        for name, values in facts.covariates.items():
            yield f"{name} {group}", per_draw(columns, values)[numbers]
    for source in range(facts.weights.size):
        inside = per_draw(columns, np.where(facts.source == source, facts.tokens, 0.0))
        yield f"share {source}", inside - facts.weights[source] * tokens


def token_levels(
    columns: Columns, draws: Sequence[Draw], facts: Facts, carry: Carry, sized: bool
) -> Iterator[Level]:
    """The same tokens for every draw of a group; with nested sizes the same mean in each size."""
    width = min(TRACE_WIDTH * facts.mean, TOTAL_WIDTH * facts.total)
    unit = min(facts.mean, REFUSED * facts.total)
    sums = dict(names_of(columns, draws, facts))
    for group in groups_of_draws(draws):
        yield level(f"tokens {group}", sums[f"tokens {group}"], width, unit, carry, None)
        if sized:
            name = f"size {group}"
            yield level(name, sums[name], width, unit, carry, 0.0)


def covariate_levels(
    columns: Columns, draws: Sequence[Draw], facts: Facts, carry: Carry
) -> Iterator[Level]:
    """Nearly the same mean of each covariate in every draw of a group."""
    problems = facts.total / facts.mean
    sums = dict(names_of(columns, draws, facts))
    for group in groups_of_draws(draws):
        for name, values in facts.covariates.items():
            deviation = float(values.std()) or 1.0
            key = f"{name} {group}"
            yield level(key, sums[key], SMD_WIDTH * deviation * problems, deviation, carry, None)


def value_levels(columns: Columns, facts: Facts, carry: Carry) -> Iterator[Level]:
    """Every value of an `identical` column equally often in each draw, stratum by stratum."""
    rows, draws, copies = columns.choice.shape
    for numbers in facts.values.values():
        found = numbers[columns.choice]
        for value in np.unique(found):
            counts = (found == value).sum(axis=2).T.astype(np.float64)
            if draws > 1 and rows and copies and (counts != counts[0]).any():
                yield level("", counts, 0.0, 1.0, Carry(sums={}), None)


def share_levels(columns: Columns, facts: Facts, carry: Carry) -> Iterator[Level]:
    """Every source with its share of the tokens, in each draw."""
    tokens = per_draw(columns, facts.tokens)
    for source in range(facts.weights.size - 1):  # the last follows from the others
        inside = per_draw(columns, np.where(facts.source == source, facts.tokens, 0.0))
        sums = inside - facts.weights[source] * tokens
        yield level(f"share {source}", sums, facts.mean, facts.mean, carry, 0.0)
