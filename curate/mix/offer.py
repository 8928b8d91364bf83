"""Which problems the matching may choose among, in the order of the line."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from curate.errors import InputError
from curate.mix.columns import Columns
from curate.mix.levels import Facts
from curate.mix.line import stratified_order
from curate.mix.recipe import Recipe
from curate.mix.solve import Ints

SPARE = 1.25
"""Where fewer problems are wanted than there are, so many times as many are offered."""


def offer(
    able: Ints,
    strata: Sequence[str],
    recipe: Recipe,
    facts: Facts,
    columns: Columns,
    rng: Generator,
) -> Ints:
    """The problems that the blocks are filled from, in the order of the line."""
    labels = [strata[problem] for problem in able.tolist()]
    line = able[stratified_order(labels, rng)]
    if facts.weights.size:
        chosen = weighted(line, facts, columns, recipe)
        both = [f"{strata[p]} {source_of(p, facts, columns)}" for p in chosen.tolist()]
        line = chosen[stratified_order(both, rng)]
    if recipe.problems is None:
        return line
    return line[: max(int(recipe.problems * SPARE), recipe.problems + 50)]


def source_of(problem: int, facts: Facts, columns: Columns) -> int:
    """The number of the source of a problem, by its first trace."""
    return int(facts.source[columns.choice[np.searchsorted(columns.problem, problem), 0, 0]])


def weighted(line: Ints, facts: Facts, columns: Columns, recipe: Recipe) -> Ints:
    """The line with so many problems of each source that their tokens have the wanted shares.

    Raises:
        InputError: a source has no problem that can be matched.
    """
    rows = columns.choice[np.searchsorted(columns.problem, line), 0, 0]
    source, tokens = facts.source[rows], facts.tokens[rows]
    counts = np.array([(source == n).sum() for n in range(facts.weights.size)])
    if (counts == 0).any():
        raise InputError(
            "a source with a weight has no problem in the design",
            why="none of its problems can be matched",
            fix="loosen the grades, or take its weight away",
        )
    means = np.array([tokens[source == n].mean() for n in range(counts.size)])
    ratio = facts.weights / means
    scale = (counts / ratio).min()
    if recipe.problems is not None:
        scale = min(scale, SPARE * recipe.problems / ratio.sum())
    take = np.floor(scale * ratio + 1e-9).astype(int)
    rank = np.zeros(line.size, int)
    for number in range(counts.size):
        rank[source == number] = np.arange(counts[number])
    keep = (source >= 0) & (rank < take[source])
    return np.asarray(line[keep], dtype=np.int64)
