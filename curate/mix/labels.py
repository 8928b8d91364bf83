"""What is known of a candidate beside what may draw it: evaluation items in it, its grades."""

from collections.abc import Callable, Sequence

import polars as pl

from curate.contamination.part import CONTAMINATION
from curate.groups import stages_of
from curate.mix.graders import first_column, graded_kinds, second_column
from curate.mix.kinds import Draw
from curate.mix.recipe import Recipe
from curate.pool import Pool

HITS = "contamination_hits"
FLAGS = ("^draw-.*$", "^first-.*$", "^second-.*$", "replay", "leak_problem", "leak_trace")
"""Columns that are true of a trace where they are true of one of its copies."""
Truth = Callable[[Draw], pl.Series]
"""For every trace of a pool whether a draw may take it."""


def hit_columns(pool: Pool) -> list[str]:
    """The column of what `curate decontaminate` found, where it has run."""
    return [HITS] if CONTAMINATION in stages_of(pool) else []


def with_leaks(rows: pl.LazyFrame, columns: Sequence[str], recipe: Recipe) -> pl.LazyFrame:
    """The rows with whether an item is in the problem, and whether one is anywhere in the trace."""
    if not columns:
        return rows.with_columns(leak_problem=pl.lit(value=False), leak_trace=pl.lit(value=False))
    by = pl.element().struct.field("rule").is_in(list(recipe.evaluation.rules))
    inside = pl.element().struct.field("part") == "problem"
    hits = pl.col(HITS)
    return rows.with_columns(
        leak_problem=hits.list.eval(by & inside).list.any().fill_null(value=False),
        leak_trace=hits.list.eval(by).list.any().fill_null(value=False),
    ).drop(HITS)


def graded(recipe: Recipe, own: Truth) -> dict[str, pl.Series]:
    """Every candidate by the grades, and by each second grader, that have a say on them."""
    found = {first_column(n): own(kind.draw) for n, kind in graded_kinds(recipe).items()}
    for grader, wheres in recipe.graders.items():
        for name, where in wheres.items():
            found[second_column(grader, name)] = own(Draw(conditions=((where, None),)))
    return found
