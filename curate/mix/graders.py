"""How far a second grader agrees with the grades of a design, among all candidates and in each arm.

A slope over grades is flattened by traces that have the wrong one. With the second grader taken for
the truth, a difference of two grades a and b is seen shrunk by P(a | graded a) − P(a | graded b)
(Bross 1954, doi:10.2307/3001619), which is `contrast`; where both graders err, independently of
each other, the true factor lies between it and 1. A trace is graded before any defect.
"""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.mix.design import Design
from curate.mix.kinds import Kind, grade, kinds_of
from curate.mix.recipe import Recipe

NEITHER = "neither"
"""No grade, or more than one, holds of the trace by the second grader."""
ONE_ONLY = "one grader only: reliability unknown"


def graded_kinds(recipe: Recipe) -> dict[str, Kind]:
    """The grades that some second grader gives, too.

    Raises:
        InputError: one is no grade of the recipe (says which name is nearest), or is alone.
    """
    kinds = kinds_of(recipe)
    for grader, grades in recipe.graders.items():
        if len(grades) < 2:
            raise InputError(
                f"the second grader `{grader}` gives {len(grades)} grade",
                why="who knows one grade only cannot disagree",
                fix=f"add a condition for another grade to `[graders.{grader}]`",
            )
    names = dict.fromkeys(name for grades in recipe.graders.values() for name in grades)
    return {name: grade(name, kinds) for name in names}


def first_column(grade: str) -> str:
    """The column that says whether a candidate is of a grade."""
    return f"first-{grade}"


def second_column(grader: str, grade: str) -> str:
    """The column that says whether the second grader gives it this grade."""
    return f"second-{grader}-{grade}"


def agreement(
    candidates: pl.DataFrame, frames: Mapping[str, pl.DataFrame], design: Design, recipe: Recipe
) -> dict[str, dict[str, Any]]:
    """For each second grader what it says of all candidates and of the traces of each arm."""
    found = {}
    for grader, wheres in recipe.graders.items():
        names = list(wheres)
        both = labelled(candidates, grader, names)
        arms = {arm.name: both[frames[arm.name]["at"]] for arm in design.arms}
        found[grader] = {
            "grades": dict(wheres),
            **measures(both, names),
            "arms": {name: elsewhere(rows, names) for name, rows in arms.items()},
        }
    return found


def labelled(frame: pl.DataFrame, grader: str, names: Sequence[str]) -> pl.DataFrame:
    """(candidates) `first` and `second`: the grades, null where a trace has no single one."""
    return frame.select(
        first=one_of({name: first_column(name) for name in names}),
        second=one_of({name: second_column(grader, name) for name in names}),
    )


def one_of(columns: Mapping[str, str]) -> pl.Expr:
    """The only grade that holds; null where none or several do."""
    many = pl.sum_horizontal(pl.col(column).cast(pl.Int32) for column in columns.values())
    first = pl.coalesce(
        pl.when(pl.col(column)).then(pl.lit(name)) for name, column in columns.items()
    )
    return pl.when(many == 1).then(first)


def confusion(both: pl.DataFrame, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Grade → grade of the second grader, or `neither` → traces."""
    graded = both.filter(pl.col("first").is_not_null()).with_columns(
        pl.col("second").fill_null(NEITHER)
    )
    counts = {(a, b): n for a, b, n in graded.group_by("first", "second").len().iter_rows()}
    return {a: {b: counts.get((a, b), 0) for b in (*names, NEITHER)} for a in names}


def measures(both: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Agreement, kappa, the confusion, and what follows from it for each grade."""
    table = confusion(both, names)
    placed = {a: {b: table[a][b] for b in names} for a in names}
    total = sum(sum(row.values()) for row in placed.values())
    return {
        "traces": sum(sum(row.values()) for row in table.values()),
        "placed": total,
        "agreement": share(sum(placed[name][name] for name in names), total),
        "kappa": kappa(placed),
        "confusion": table,
        "by_grade": {name: of_grade(name, placed) for name in names},
        "contrast": {
            f"{a}, {b}": contrast(placed, a, b) for a, b in permutations(names, 2)
        },
    }  # fmt: skip


def kappa(table: Mapping[str, Mapping[str, int]]) -> float | None:
    """Cohen's kappa in [-1, 1] (1960, doi:10.1177/001316446002000104); None where chance is all."""
    total = sum(sum(row.values()) for row in table.values())
    if not total:
        return None
    seen = sum(table[name][name] for name in table) / total
    chance = sum(
        sum(table[name].values()) * sum(row[name] for row in table.values()) for name in table
    ) / (total * total)
    return (seen - chance) / (1 - chance) if chance < 1 else None


def of_grade(name: str, table: Mapping[str, Mapping[str, int]]) -> dict[str, float | None]:
    """How the grade stands against the second grader, taken for the truth; shares in [0, 1]."""
    true = sum(row[name] for row in table.values())
    given, both = sum(table[name].values()), table[name][name]
    total = sum(sum(row.values()) for row in table.values())
    return {
        "sensitivity": share(both, true),
        "specificity": share(total - true - given + both, total - true),
        "precision": share(both, given),
    }


def contrast(table: Mapping[str, Mapping[str, int]], high: str, low: str) -> float | None:
    """P(high by the second | high) − P(high by the second | low), in [-1, 1]."""
    shares = [share(table[name][high], sum(table[name].values())) for name in (high, low)]
    return None if shares[0] is None or shares[1] is None else shares[0] - shares[1]


def elsewhere(both: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """The traces of an arm that have a grade, and how many the second grader puts elsewhere."""
    table = confusion(both, names)
    total = sum(sum(row.values()) for row in table.values())
    other = sum(table[a][b] for a in names for b in names if a != b)
    return {
        "traces": total,
        "elsewhere": share(other, total),
        "neither": share(sum(table[name][NEITHER] for name in names), total),
        "confusion": table,
    }


def share(part: int, whole: int) -> float | None:
    """A share in [0, 1]; None of nothing."""
    return part / whole if whole else None
