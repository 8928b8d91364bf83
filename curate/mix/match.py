"""The matching of a design: which trace of which problem every draw takes.

Problems that lack a trace of some draw leave all arms. The others stand on the line, are cut into
blocks, and each block is solved on its own, with what the blocks before it left to be evened out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.random import Generator

from curate.errors import InputError
from curate.mix.attrition import attrition
from curate.mix.candidates import Candidates, column_of
from curate.mix.columns import KEPT, Columns, columns_of
from curate.mix.design import Design
from curate.mix.kinds import Draw
from curate.mix.levels import Carry, Facts, facts_of, levels_of, names_of
from curate.mix.line import Place, chunks, places, quotas
from curate.mix.offer import offer
from curate.mix.recipe import Recipe
from curate.mix.solve import Block, Ints, Level, solve
from curate.progress import Phase, Progress

KEPT_IDENTICAL = 48
"""Columns of a problem where values must come equally often, which needs more to choose among."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A matching."""

    frame: pl.DataFrame
    """The candidates, with the number of their `problem`."""
    problems: Ints
    """The problems that every arm has, in the order of the line."""
    place: Ints
    """(problems,) the block of each."""
    places: tuple[Place, ...]
    rows: dict[Draw, Ints]
    """(problems, copies) rows of the candidates; of own problems as many."""
    attrition: pl.DataFrame
    """stratum, reason, problems: who left; the reason null for those who stayed."""
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """By how much the cost may be above the least possible, as a fraction of it."""
        return max(0.0, self.cost - self.bound) / max(self.bound, 1e-9)


def match(
    found: Candidates, recipe: Recipe, design: Design, progress: Progress | None = None
) -> Matched:
    """The matching of a design.

    Raises:
        InputError: no problem, or fewer than wanted, can be matched.
    """
    rng = np.random.default_rng([recipe.seeds.draw, 1])
    draws = [draw for draw in design.draws if not draw.own_problems]
    frame = with_problems(found.frame, [f"draw-{design.draws.index(draw)}" for draw in draws])
    inside = paired_rows(frame, draws, design)
    columns = offered_columns(inside, draws, recipe, rng)
    able = np.unique(columns.problem)
    need_some(able, recipe, problems_of(inside, draws))
    strata = problem_strata(inside)
    facts = facts_of(frame, recipe, recipe.problems or able.size)
    offered = offer(able, strata, recipe, facts, columns, rng)
    total = wanted_total(design, recipe, offered.size)
    shown = progress or Progress()
    with shown.phase("matching", offered.size, "problems") as phase:
        whole = assign(columns, offered, draws, facts, recipe, design, total, phase)
    if recipe.problems is None and uneven(whole):
        with shown.phase("matching again, in even doses", offered.size, "problems") as phase:
            even = evened(whole)
            whole = assign(columns, offered, draws, facts, recipe, design, even, phase)
    problems, block, chosen, cost, bound, blocks = whole
    picked = columns.choice[chosen]
    return Matched(
        frame=frame,
        problems=problems,
        place=block,
        places=tuple(blocks),
        rows={draw: picked[:, n] for n, draw in enumerate(draws)},
        attrition=attrition(inside, draws, design, able, problems, strata, misfit(recipe)),
        cost=cost,
        bound=bound,
    )


def paired_rows(frame: pl.DataFrame, draws: Sequence[Draw], design: Design) -> pl.DataFrame:
    """The candidates of the common problems, `at` their rows, the draws numbered from 0."""
    flags = (
        pl.col(f"draw-{design.draws.index(draw)}").alias(f"draw-{number}")
        for number, draw in enumerate(draws)
    )
    renamed = frame.select(pl.exclude("^draw-.*$"), *flags).with_row_index("at")
    return renamed.filter(pl.col("problem").is_not_null())


def offered_columns(
    inside: pl.DataFrame, draws: Sequence[Draw], recipe: Recipe, rng: Generator
) -> Columns:
    """The ways to serve each problem, by rows of all candidates."""
    columns = columns_of(
        inside,
        draws,
        copies=recipe.per_problem,
        caliper=recipe.caliper,
        exact=[column_of(name) for name in recipe.match.exact],
        kept=KEPT_IDENTICAL if recipe.match.identical else KEPT,
        rng=rng,
    )
    at = inside["at"].to_numpy().astype(np.int64)
    return replace(columns, choice=at[columns.choice])


Assigned = tuple[Ints, Ints, Ints, float, float, list[Place]]


def misfit(recipe: Recipe) -> str:
    """Why a problem that has a trace for every draw cannot be matched."""
    fit = "within the caliper" if recipe.caliper is not None else "that fit together"
    return f"no traces {fit}" + (f", of one {recipe.match.exact[0]}" if recipe.match.exact else "")


def with_problems(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The candidates with the number of their problem among those of the paired draws."""
    paired = frame.filter(pl.any_horizontal(names)) if names else frame.clear()
    ids = paired.select(pl.col("problem_id").unique().sort()).with_row_index("problem")
    joined = frame.join(ids, on="problem_id", how="left", maintain_order="left")
    mine = pl.any_horizontal(names) if names else pl.lit(value=False)
    return joined.with_columns(problem=pl.when(mine).then(pl.col("problem").cast(pl.Int64)))


def problem_strata(inside: pl.DataFrame) -> list[str]:
    """The stratum of each problem, by its number."""
    first = inside.group_by("problem").agg(pl.col("stratum").first()).sort("problem")
    return first["stratum"].to_list()


def problems_of(inside: pl.DataFrame, draws: Sequence[Draw]) -> dict[str, int]:
    """How many problems have a trace that each condition is true of."""
    found = {}
    for number, draw in enumerate(draws):
        words = " and ".join(condition for condition, _ in draw.conditions)
        found[words] = inside.filter(pl.col(f"draw-{number}"))["problem"].n_unique()
    return found


def need_some(able: Ints, recipe: Recipe, having: Mapping[str, int]) -> None:
    """Nothing, when enough problems have a trace for every draw.

    Raises:
        InputError: too few have.
    """
    wanted = recipe.problems or 1
    if able.size >= wanted:
        return
    found = ", ".join(f"{number:,} where `{words}`" for words, number in having.items())
    empty = [words for words, number in having.items() if not number]
    raise InputError(
        f"{able.size:,} problems can be matched, and the recipe wants {wanted:,}",
        why=f"every arm needs a trace of each problem, within the caliper; {found}",
        fix=remedy(able.size, empty),
    )


def remedy(able: int, empty: Sequence[str]) -> str:
    """What gives more problems, where so many can be matched and no trace is such."""
    if empty:
        return f"look at the pool with `curate show`; no trace of it is such: {empty[0]}"
    if able:
        return f"ask for `problems = {able}`, widen `caliper`, or loosen the grades"
    return "widen `caliper`, loosen the grades, or see `curate mix --plan` of fewer arms"


def wanted_total(design: Design, recipe: Recipe, able: int) -> int | None:
    """How many problems are to stay; None for as many as possible."""
    if recipe.problems is not None:
        return recipe.problems
    return able if any(isinstance(arm.problems, int) for arm in design.arms) else None


def assign(
    columns: Columns,
    offered: Ints,
    draws: Sequence[Draw],
    facts: Facts,
    recipe: Recipe,
    design: Design,
    total: int | None,
    phase: Phase,
) -> Assigned:
    """The choice of all blocks, one after the other."""
    blocks = places(design, total or offered.size)
    wanted = quotas(blocks, total) if total is not None else [None] * len(blocks)
    spare = quotas(blocks, offered.size - (total or 0))
    given = [many + (least or 0) for many, least in zip(spare, wanted, strict=True)]
    sized = any(arm.problems is not None for arm in design.arms)
    carry, start = Carry(sums={}), 0
    problems, places_of, chosen, cost, bound = [], [], [], 0.0, 0.0
    for number, (many, count) in enumerate(zip(given, wanted, strict=True)):
        sizes = chunks(many)
        counts = [None] * len(sizes) if count is None else spread_count(count, sizes)
        for size, keep in zip(sizes, counts, strict=True):
            mine = offered[start : start + size]
            start += size
            took, spent, least = solve_some(columns, mine, keep, draws, facts, recipe, carry, sized)
            problems.append(columns.problem[took])
            chosen.append(took)
            places_of.append(np.full(took.size, number))
            cost, bound = cost + spent, bound + least
            phase.advance(size)
    found = (np.concatenate(problems), np.concatenate(places_of), np.concatenate(chosen))
    return (*found, cost, bound, blocks)


def spread_count(count: int, sizes: Sequence[int]) -> list[int]:
    """How many problems stay in each program of a block."""
    ends = np.round(np.cumsum([0, *sizes]) * count / max(1, sum(sizes))).astype(int)
    return [int(many) for many in np.diff(ends)]


def solve_some(
    columns: Columns,
    mine: Ints,
    count: int | None,
    draws: Sequence[Draw],
    facts: Facts,
    recipe: Recipe,
    carry: Carry,
    sized: bool,
) -> tuple[Ints, float, float]:
    """(Chosen columns, cost, bound) of some problems, whose sums are added to what is carried."""
    if not mine.size:
        return np.zeros(0, np.int64), 0.0, 0.0
    order = np.sort(mine)
    first, last = (
        np.searchsorted(columns.problem, order),
        np.searchsorted(columns.problem, order, "right"),
    )
    lengths = last - first
    at = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    part = Columns(
        problem=np.repeat(np.arange(order.size), lengths),
        choice=columns.choice[at],
        cost=columns.cost[at],
    )
    levels: tuple[Level, ...] = levels_of(part, draws, facts, recipe, carry, sized)
    block = Block(
        problem=part.problem, cost=part.cost, problems=order.size, count=count, levels=levels
    )
    done = solve(block)
    taken = done.chosen[done.chosen >= 0]
    for name, sums in names_of(part, draws, facts):
        carry.sums[name] = carry.sums.get(name, 0.0) + sums[:, taken].sum(axis=1)
    return at[taken], done.cost, done.bound


# --- even blocks ----------------------------------------------------------------------------------


def uneven(whole: Assigned) -> bool:
    """Whether problems that left make the doses or sizes other than they were meant."""
    _, block, _, _, _, blocks = whole
    kept = np.bincount(block, minlength=len(blocks))
    return len(blocks) > 1 and kept.tolist() != quotas(blocks, int(kept.sum()))


def evened(whole: Assigned) -> int:
    """The most problems that all blocks can have in their shares."""
    _, block, _, _, _, blocks = whole
    kept = np.bincount(block, minlength=len(blocks))
    shares = np.array([place.share for place in blocks])
    return max(1, int((kept / shares).min() + 1e-9))
