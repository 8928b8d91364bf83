"""From a recipe to its arms: which grade each arm gives to which piece of the line.

All problems stand on a line from 0 to 1, in an order drawn within the strata. An arm is a list of
pieces of that line, each with a kind of trace:

    dose-25    [0, 0.25) low    [0.25, 1) high
    dose-50    [0, 0.50) low    [0.50, 1) high

so doses are nested, and every arm has every problem. A piece that no arm cuts is a block; the
matching is solved block by block, and whatever holds in each block holds in each arm.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from curate.errors import InputError
from curate.mix.factors import Factorial, all_cells, fraction_iv
from curate.mix.kinds import ADDED, Draw, Kind, again, grade, kinds_of, perturbed
from curate.mix.recipe import Recipe
from curate.mix.specs import ArmSpec

EPS = 1e-9
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""What an arm may be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of the line of problems, and what it holds in an arm."""

    start: float
    stop: float
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One training set to be."""

    name: str
    pieces: tuple[Piece, ...]
    role: str
    """`arm`, `dose`, `size`, `cell`, `again`, `shuffled`, `perturbed` or `canaries`."""
    problems: int | float | None = None
    epochs: float | None = None
    batch: int | None = None
    levels: Mapping[str, str] = field(default_factory=dict)
    of: str | None = None
    """The grade that a control is made of."""
    twin: str | None = None
    """The arm of which this is a copy with canaries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """All arms of an experiment."""

    arms: tuple[Arm, ...]
    aliases: tuple[str, ...] = ()

    @property
    def kinds(self) -> dict[str, Kind]:
        """All kinds of traces, by name, in the order in which they come."""
        found: dict[str, Kind] = {}
        for arm in self.arms:
            for piece in arm.pieces:
                found.setdefault(piece.kind.name, piece.kind)
        return found

    @property
    def draws(self) -> list[Draw]:
        """All distinct draws, in the order in which they come; longer and second ones last."""
        found = dict.fromkeys(kind.draw for kind in self.kinds.values())
        return sorted(found, key=lambda draw: (draw.longer is not None, draw.again))

    @property
    def cuts(self) -> list[float]:
        """The points at which some arm cuts the line, from 0 to 1."""
        ends = {p.start for arm in self.arms for p in arm.pieces}
        return sorted(ends | {0.0, 1.0})


def design_of(recipe: Recipe) -> Design:
    """The arms of a recipe.

    Raises:
        InputError: it names an unknown grade, shares do not add up, or there is no arm.
    """
    need_numbers(recipe)
    kinds = kinds_of(recipe)
    need_free_names(kinds)
    cells = factorial_of(recipe) if recipe.factors else Factorial(cells=(), aliases=())
    arms = [
        *(one_arm(spec, kinds) for spec in recipe.arms),
        *dose_arms(recipe, kinds),
        *size_arms(recipe, kinds),
        *(cell_arm(cell, kinds, recipe) for cell in cells.cells),
        *control_arms(recipe, kinds),
    ]
    arms += canary_arms(arms, recipe)
    need_sound(arms)
    return Design(arms=tuple(arms), aliases=cells.aliases)


def need_numbers(recipe: Recipe) -> None:
    """Nothing, when the numbers of the recipe are such as it can mean.

    Raises:
        InputError: one is not.
    """
    doses = recipe.doses.at if recipe.doses else ()
    seeds = (recipe.seeds.draw, recipe.seeds.order, *recipe.seeds.training)
    wrong = {
        "`problems` is a whole number from 1": recipe.problems is not None and recipe.problems < 1,
        "`per_problem` is a whole number from 1": recipe.per_problem < 1,
        "`caliper` is a number above 0": recipe.caliper is not None and recipe.caliper <= 0,
        "doses are percent, from 0 to 100": any(not 0 <= dose <= 100 for dose in doses),
        "seeds are whole numbers from 0": min(seeds) < 0,
        "`training` names a seed once": len(set(recipe.seeds.training)) < len(seeds) - 2,
        "`rules` names one at least": not recipe.evaluation.rules,
        "`canaries` is a whole number from 1": recipe.controls.canaries is not None
        and recipe.controls.canaries < 1,
        "shares of an arm are numbers from 0 to 1": any(
            not 0 <= share <= 1 for arm in recipe.arms for share in arm.mix.values()
        ),
    }
    for rule, broken in wrong.items():
        if broken:
            raise InputError(
                "a number of the recipe makes no sense", why=rule, fix="change the number"
            )


def need_free_names(kinds: Mapping[str, Kind]) -> None:
    """Nothing, when no grade is called as rows are that stand beside what is compared."""
    taken = [name for name in ADDED if name in kinds]
    if taken:
        raise InputError(
            f"no grade can be called `{taken[0]}`",
            why="rows of that name stand beside what is compared",
            fix="rename it",
        )


def need_sound(arms: list[Arm]) -> None:
    """Nothing, when there are arms and each has its own name, which a folder can have."""
    names = [arm.name for arm in arms]
    for name in names:
        if not NAME.fullmatch(name):
            raise InputError(
                f"`{name}` cannot be the name of an arm",
                why="every arm is a folder",
                fix="take letters, digits, `-`, `_` and `.`, and begin with a letter or a digit",
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if arms and not twice:
        return
    raise InputError(
        f"two arms are called `{twice[0]}`" if twice else "the recipe has no arm",
        why="every arm is a folder" if twice else "nothing in it makes one",
        fix="rename one" if twice else "add `[[arms]]`, `[doses]`, `[sizes]` or `factors`",
    )


# --- arms -----------------------------------------------------------------------------------------


def pieces_of(mix: Mapping[str, float], kinds: Mapping[str, Kind]) -> tuple[Piece, ...]:
    """The line cut by shares, in the order in which they are given."""
    pieces, start = [], 0.0
    for name, share in mix.items():
        if share > 0:
            stop = 1.0 if start + share > 1 - EPS else round(start + share, 9)
            pieces.append(Piece(start=start, stop=stop, kind=grade(name, kinds)))
            start = stop
    if abs(sum(mix.values()) - 1) > 1e-6:
        raise InputError(
            f"the shares {dict(mix)} add up to {sum(mix.values()):g}",
            why="an arm has every problem once",
            fix="make them add up to 1",
        )
    return tuple(pieces)


def one_arm(spec: ArmSpec, kinds: Mapping[str, Kind]) -> Arm:
    """An arm that the recipe spells out."""
    return Arm(
        name=spec.name,
        pieces=pieces_of(spec.mix, kinds),
        role="arm",
        problems=spec.problems,
        epochs=spec.epochs,
        batch=spec.batch,
    )


def dose_arms(recipe: Recipe, kinds: Mapping[str, Kind]) -> Iterator[Arm]:
    """An arm for each dose; the swapped problems are the first of the line."""
    doses = recipe.doses
    for percent in doses.at if doses else ():
        assert doses is not None
        mix = {doses.low: percent / 100, doses.high: 1 - percent / 100}
        yield Arm(name=f"dose-{percent:g}", pieces=pieces_of(mix, kinds), role="dose")


def size_arms(recipe: Recipe, kinds: Mapping[str, Kind]) -> Iterator[Arm]:
    """An arm for each size; the epochs follow when the problems are counted."""
    sizes = recipe.sizes
    for size in sizes.problems if sizes else ():
        assert sizes is not None
        shown = f"{size:,}".replace(",", "") if isinstance(size, int) else f"{100 * size:g}pct"
        yield Arm(
            name=f"{sizes.grade}-{shown}",
            pieces=pieces_of({sizes.grade: 1}, kinds),
            role="size",
            problems=size,
            batch=sizes.batch,
        )


def factorial_of(recipe: Recipe) -> Factorial:
    """The cells that the recipe asks for."""
    make = fraction_iv if recipe.fraction == "IV" else all_cells
    return make(recipe.factors)


def cell_arm(cell: Mapping[str, str], kinds: Mapping[str, Kind], recipe: Recipe) -> Arm:
    """An arm whose traces are of all the levels of a cell."""
    levels = [grade(level, kinds) for level in cell.values()]
    draw = Draw(
        conditions=tuple(dict.fromkeys(c for level in levels for c in level.draw.conditions)),
        longer=next((level.draw.longer for level in levels if level.draw.longer), None),
        group=tuple(level for factor, level in cell.items() if factor in recipe.match.free),
    )
    name = "-".join(cell.values())
    kind = Kind(name=name, draw=draw, defects=tuple(d for level in levels for d in level.defects))
    piece = Piece(start=0.0, stop=1.0, kind=kind)
    return Arm(name=name, pieces=(piece,), role="cell", levels=dict(cell))


def control_arms(recipe: Recipe, kinds: Mapping[str, Kind]) -> Iterator[Arm]:
    """A/A arms, arms of shuffled steps, and the two arms whose labels are shuffled."""
    for name in recipe.controls.again:
        kind = again(grade(name, kinds))
        first = next((arm for arm in recipe.arms if arm.mix.get(name) == 1), None)
        yield Arm(
            name=kind.name,
            pieces=(Piece(start=0.0, stop=1.0, kind=kind),),
            role="again",
            of=name,
            epochs=first.epochs if first else None,
            batch=first.batch if first else None,
        )
    for name in recipe.controls.perturbed:
        kind = perturbed(grade(name, kinds))
        whole = Piece(start=0.0, stop=1.0, kind=kind)
        yield Arm(name=kind.name, pieces=(whole,), role="perturbed", of=name)
    if not recipe.controls.shuffled:
        return
    if len(recipe.controls.shuffled) != 2:
        raise InputError(
            f"`shuffled` names {len(recipe.controls.shuffled)} grades",
            why="labels are shuffled between two",
            fix='write `shuffled = ["high", "low"]`',
        )
    one, other = (grade(name, kinds) for name in recipe.controls.shuffled)
    for name, outer, inner in (("shuffled-1", one, other), ("shuffled-2", other, one)):
        ends = ((0.0, 0.25, outer), (0.25, 0.75, inner), (0.75, 1.0, outer))
        pieces = tuple(Piece(start=a, stop=b, kind=kind) for a, b, kind in ends)
        yield Arm(name=name, pieces=pieces, role="shuffled")


def canary_arms(arms: list[Arm], recipe: Recipe) -> Iterator[Arm]:
    """The copies of arms that get canaries.

    Raises:
        InputError: one is a copy of no arm.
    """
    if not recipe.controls.canaries or not arms:
        return
    by = {arm.name: arm for arm in arms}
    for name in recipe.controls.canary_arms or (arms[0].name,):
        if name not in by:
            raise InputError(
                f"no arm `{name}` to give canaries to",
                why=f"the arms are {', '.join(by)}",
                fix="name one of these in `canary_arms`",
            )
        yield replace(by[name], name=f"{name}-canaries", role="canaries", twin=name)
