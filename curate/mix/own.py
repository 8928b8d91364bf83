"""Arms with problems of their own, which are matched in number and tokens alone."""

import numpy as np
import polars as pl
from scipy import sparse

from curate.errors import InputError
from curate.mix.match import Matched
from curate.mix.recipe import Recipe
from curate.mix.solve import Block, Floats, Ints, Level, solve


def own_rows(found: Matched, number: int, recipe: Recipe, budget: float) -> Ints:
    """(problems, copies) rows for a draw of its own problems: as many, with the same tokens."""
    rng = np.random.default_rng([recipe.seeds.draw, 2, number])
    mine = found.frame.with_row_index("at").filter(pl.col(f"draw-{number}"))
    ids = mine.select(pl.col("problem_id").unique().sort()).with_row_index("number")
    mine = mine.join(ids, on="problem_id", how="left", maintain_order="left").sort(
        "number", maintain_order=True
    )
    wanted = found.problems.size * recipe.per_problem
    fewer = ids.height // recipe.per_problem
    if ids.height < wanted:
        raise InputError(
            f"{ids.height:,} problems for an arm of its own problems, and {wanted:,} are needed",
            why="every arm has as many rows",
            fix=f"ask for `problems = {fewer}`" if fewer else "name another pool for its source",
        )
    problem, tokens = (
        mine["number"].to_numpy().astype(np.int64),
        mine["tokens"].to_numpy().astype(float),
    )
    levels = budget_level(tokens, budget) if recipe.estimand == "tokens" else ()
    block = Block(
        problem=problem,
        cost=rng.random(problem.size),
        problems=ids.height,
        count=wanted,
        levels=levels,
    )
    chosen = solve(block).chosen
    rows = mine["at"].to_numpy().astype(np.int64)[chosen[chosen >= 0]]
    return rng.permutation(rows).reshape(-1, recipe.per_problem)


def budget_level(tokens: Floats, budget: float) -> tuple[Level, ...]:
    """The level that holds the tokens of single traces to a budget, to half a trace."""
    mean = float(tokens.mean())
    matrix = sparse.csr_matrix(tokens[None, :])
    width = min(mean / 2, 2 * 0.001 * budget)
    return (Level(coefficients=matrix, width=width, unit=mean, offsets=np.zeros(1), target=budget),)
