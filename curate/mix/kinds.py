"""Kinds of traces: what the grades of a recipe draw, and what they do to a text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise

from curate.errors import InputError
from curate.mix.recipe import Recipe
from curate.mix.specs import GradeSpec

REPLAY = "replay"
CANARY = "canary"
ADDED = (REPLAY, CANARY)
"""Names of rows that stand beside what is compared, and of no grade."""
LONGER = 1.5
"""A `length_only` trace has at least so many times the tokens of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Which traces may be drawn; kinds with an equal draw use the same traces."""

    conditions: tuple[tuple[str, str | None], ...]
    """(Condition, source or None for all), all of which hold."""
    longer: float | None = None
    """At least so many times as long as the same draw without this."""
    own_problems: bool = False
    again: bool = False
    """The second draw of A/A."""
    group: tuple[str, ...] = ()
    """Tokens are matched only among draws of one group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A grade as it is written: what is drawn, and what is done to its text."""

    name: str
    draw: Draw
    defects: tuple[tuple[str, float | None], ...] = ()


def kinds_of(recipe: Recipe) -> dict[str, Kind]:
    """A kind for every grade of the recipe, by name."""
    specs = {**cut_grades(recipe), **recipe.grades}
    return {name: kind_of(name, specs, ()) for name in specs}


def cut_grades(recipe: Recipe) -> dict[str, GradeSpec]:
    """The grades by cut points of a column."""
    cuts = recipe.cuts
    if cuts is None:
        return {}
    if len(cuts.names) != len(cuts.at) + 1 or list(cuts.at) != sorted(set(cuts.at)):
        raise InputError(
            f"`[cuts]` has {len(cuts.names)} names and the points {list(cuts.at)}",
            why="points rise, and there is one name more than there are points",
            fix="give a name for what is below the first point, between two, and from the last on",
        )
    column, at = f'"{cuts.column}"', cuts.at
    middle = [f"{column} >= {low} and {column} < {high}" for low, high in pairwise(at)]
    wheres = [f"{column} < {at[0]}", *middle, f"{column} >= {at[-1]}"]
    return {name: GradeSpec(where=w) for name, w in zip(cuts.names, wheres, strict=True)}


def kind_of(name: str, specs: Mapping[str, GradeSpec], seen: tuple[str, ...]) -> Kind:
    """The kind of a grade, after the grade that it is made of."""
    spec = known(name, specs)
    if name in seen:
        raise InputError(
            f"the grade `{name}` is made of itself", why=" of ".join(seen), fix="mend `of`"
        )
    if spec.defect == "wrong_answer":
        wrong = GradeSpec(where="verdict = 'incorrect'", source=spec.source)
        own = ((spec.where, spec.source),) if spec.where else ()
        return Kind(name=name, draw=Draw(conditions=(*own, (str(wrong.where), spec.source))))
    parent = kind_of(spec.of, specs, (*seen, name)) if spec.of else None
    own = ((spec.where or "true", spec.source),) if spec.where or spec.source else ()
    conditions = (parent.draw.conditions if parent else ()) + own
    longer = (spec.amount or LONGER) if spec.defect == "length_only" else None
    here = ((spec.defect, spec.amount),) if spec.defect and longer is None else ()
    draw = Draw(conditions=conditions, longer=longer, own_problems=spec.own_problems)
    return Kind(name=name, draw=draw, defects=(parent.defects if parent else ()) + here)


def known(name: str, specs: Mapping[str, GradeSpec]) -> GradeSpec:
    """The grade of that name.

    Raises:
        InputError: there is none; says which name is nearest.
    """
    if name in specs:
        return specs[name]
    near = get_close_matches(name, list(specs), n=1, cutoff=0.5)
    raise InputError(
        f"unknown grade `{name}`",
        why=f"the grades are {', '.join(specs) or 'none'}",
        fix=f"did you mean `{near[0]}`?" if near else f"add `[grades.{name}]`",
    )


def grade(name: str, kinds: Mapping[str, Kind]) -> Kind:
    """The kind of a grade; an unknown one is an error as above."""
    if name not in kinds:
        known(name, dict.fromkeys(kinds, GradeSpec()))
    return kinds[name]


def again(kind: Kind) -> Kind:
    """The kind for a second draw of the same specification."""
    return replace(kind, name=f"{kind.name}-again", draw=replace(kind.draw, again=True))


def perturbed(kind: Kind) -> Kind:
    """The kind whose steps are shuffled after whatever else is done to it."""
    defects = (*kind.defects, ("shuffled_steps", None))
    return replace(kind, name=f"{kind.name}-shuffled-steps", defects=defects)
