"""Choose one column for each problem so that sums over the chosen ones are equal: HiGHS.

A column is a way to serve a problem: one trace for every draw. Columns of a problem exclude each
other; a `Level` says that some sums of the chosen columns (the tokens of each draw, say) lie within
`width` of each other. The linear relaxation gives the bound. It leaves at most about one problem
per level undecided; these, and a few more that are opened again, are decided by an integer program.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DROP = 100.0
"""Cost of a problem that leaves; a column costs about 1."""
SLACK = 1000.0
"""Cost of one unit by which a level is missed: ten problems are dropped for it."""
REOPENED = 160
"""So many problems are decided by the integer program at first; then twice as many, twice."""
NODES = 400
"""Limit of the branch and bound, in nodes: a clock would make results depend on the machine."""
WHOLE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Sums that are to be equal."""

    coefficients: sparse.csr_matrix
    """(sums, columns)"""
    width: float
    """How far apart the sums may be; with a target, how far from it, both ways together."""
    unit: float
    """What a miss is measured in, so that all levels weigh alike."""
    offsets: Floats
    """What earlier blocks left in each sum."""
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One problem of choice."""

    problem: Ints
    """(columns,) the number of the problem that each column serves, rising."""
    cost: Floats
    """(columns,)"""
    problems: int
    count: int | None = None
    """How many problems are to stay; None: as many as possible."""
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What was chosen."""

    chosen: Ints
    """(problems,) column of each problem, -1 for one that left."""
    cost: float
    bound: float
    """No choice whatever costs less."""


def solve(block: Block) -> Solution:
    """The cheapest choice, or one as near to it as the limits allow."""
    relaxed, bound = program(block, whole=False)
    chosen = rounded(block, relaxed)
    undecided = np.flatnonzero(fractional(block, relaxed))
    best, cost = chosen, cost_of(block, chosen)
    for more in (REOPENED, 2 * REOPENED, 4 * REOPENED):
        if cost - bound <= 0.02 * max(1.0, bound) and not undecided.size:
            break
        opened = reopen(block.problems, undecided, more)
        trial, least = decide(block, chosen, opened)
        if opened.all():
            bound = max(bound, least)
        trial_cost = cost_of(block, trial)
        if trial_cost < cost:
            best, cost = trial, trial_cost
        if cost - bound <= 0.02 * max(1.0, bound) or opened.all():
            break
    return Solution(chosen=best, cost=cost, bound=min(bound, cost))


def reopen(problems: int, undecided: Ints, more: int) -> NDArray[np.bool_]:
    """The problems to decide again: the undecided, and others evenly over the block."""
    opened = np.zeros(problems, bool)
    opened[undecided] = True
    step = max(1, problems // more)
    opened[::step] = True
    return opened


def decide(block: Block, chosen: Ints, opened: NDArray[np.bool_]) -> tuple[Ints, float]:
    """The choice with the opened problems decided by an integer program, the others as they are.

    With it the least that the opened ones can cost.
    """
    fixed = chosen[~opened & (chosen >= 0)]
    numbers = np.cumsum(opened) - 1
    columns = np.flatnonzero(opened[block.problem])
    left_out = int((chosen[~opened] < 0).sum())
    count = block.count
    if count is not None:
        count = min(int(opened.sum()), max(0, count - int((~opened).sum()) + left_out))
    small = Block(
        problem=numbers[block.problem[columns]],
        cost=block.cost[columns],
        problems=int(opened.sum()),
        count=count,
        levels=tuple(restricted(level, columns, fixed) for level in block.levels),
    )
    found, least = program(small, whole=True)
    inner = rounded(small, found)
    result = chosen.copy()
    result[opened] = np.where(inner >= 0, columns[np.maximum(inner, 0)], -1)
    return result, least


def restricted(level: Level, columns: Ints, fixed: Ints) -> Level:
    """The level on some columns, with what the fixed ones give as offsets."""
    given = np.asarray(level.coefficients[:, fixed].sum(axis=1)).ravel()
    return Level(
        coefficients=level.coefficients[:, columns],
        width=level.width,
        unit=level.unit,
        offsets=level.offsets + given,
        target=level.target,
    )


def fractional(block: Block, values: Floats) -> NDArray[np.bool_]:
    """For each problem whether the relaxation left it undecided."""
    open_columns = np.abs(values - np.round(values)) > WHOLE
    found = np.zeros(block.problems, bool)
    found[block.problem[open_columns]] = True
    return found


def rounded(block: Block, values: Floats) -> Ints:
    """The column with the largest value of each problem; -1 where leaving it has more."""
    chosen = np.full(block.problems, -1)
    served = np.bincount(block.problem, values, block.problems)
    order = np.lexsort((-values, block.problem))
    problems, first = np.unique(block.problem[order], return_index=True)
    chosen[problems] = order[first]
    if block.count is None:
        return np.where(served >= 0.5, chosen, -1)
    staying = np.argsort(-served, kind="stable")[: block.count]
    kept = np.zeros(block.problems, bool)
    kept[staying] = True
    return np.where(kept, chosen, -1)


def cost_of(block: Block, chosen: Ints) -> float:
    """What a choice costs: its columns, the problems that left, and every level it misses."""
    columns = chosen[chosen >= 0]
    left = 0.0 if block.count is not None else DROP * float((chosen < 0).sum())
    missed = 0.0
    for level in block.levels:
        sums = np.asarray(level.coefficients[:, columns].sum(axis=1)).ravel() + level.offsets
        missed += SLACK * missed_by(sums, level) / level.unit
    return float(block.cost[columns].sum()) + left + missed


def missed_by(sums: Floats, level: Level) -> float:
    """By how much the sums are too far from their best common level, all together."""
    half = level.width / 2
    # The best level is a median of the ends of what each sum allows.
    middle = np.median(sums) if level.target is None else level.target
    tried = [middle] if level.target is not None else [*(sums - half), *(sums + half)]
    return min(float(np.maximum(np.abs(sums - at) - half, 0).sum()) for at in tried)


def program(block: Block, *, whole: bool) -> tuple[Floats, float]:
    """Values of the columns in the linear or the integer program, and the least it can cost."""
    columns, problems = block.problem.size, block.problems
    rows = sum(level.coefficients.shape[0] for level in block.levels)
    free = [level for level in block.levels if level.target is None]
    width = columns + problems + len(free) + 2 * rows
    cost = np.zeros(width)
    cost[:columns] = block.cost
    cost[columns : columns + problems] = 0.0 if block.count is not None else DROP
    cost[width - 2 * rows :] = SLACK
    low, high = np.zeros(width), np.full(width, np.inf)
    low[columns + problems : columns + problems + len(free)] = -np.inf
    high[: columns + problems] = 1.0
    whole_numbers = np.zeros(width)
    whole_numbers[:columns] = 1 if whole else 0
    done = milp(
        cost,
        constraints=constraints(block, width),
        bounds=Bounds(low, high),
        integrality=whole_numbers,
        options={"node_limit": NODES, "mip_rel_gap": 1e-3} if whole else {},
    )
    if done.x is None:  # the limit came before a first choice: cheapest columns
        return np.zeros(columns), 0.0
    return done.x[:columns], float(done.mip_dual_bound if whole else done.fun)


def constraints(block: Block, width: int) -> LinearConstraint:
    """One column or none for each problem, the count, and the levels."""
    columns, problems = block.problem.size, block.problems
    serve = sparse.csr_matrix(
        (np.ones(columns), (block.problem, np.arange(columns))), shape=(problems, columns)
    )
    parts = [widened([serve, sparse.eye(problems)], width)]
    low, high = [np.ones(problems)], [np.ones(problems)]
    if block.count is not None:
        leaving = sparse.csr_matrix(np.ones((1, problems)))
        parts.append(widened([sparse.csr_matrix((1, columns)), leaving], width))
        low.append(np.array([float(problems - block.count)]))
        high.append(low[-1])
    for rows, least, most in level_rows(block, width):
        parts.append(rows)
        low.append(least)
        high.append(most)
    return LinearConstraint(sparse.vstack(parts, format="csc"), np.hstack(low), np.hstack(high))


def level_rows(block: Block, width: int) -> list[tuple[sparse.csr_matrix, Floats, Floats]]:
    """The rows of each level, scaled by its unit, with its own level and slacks."""
    problems = block.problems
    frees = sum(level.target is None for level in block.levels)
    rows = sum(level.coefficients.shape[0] for level in block.levels)
    place, free, found = 0, 0, []
    for level in block.levels:
        sums = level.coefficients.shape[0]
        own = sparse.lil_matrix((sums, frees))
        if level.target is None:
            own[:, free] = -1.0
            free += 1
        slack = sparse.eye(sums, rows, k=place)
        parts = [level.coefficients / level.unit, sparse.csr_matrix((sums, problems)), own, slack]
        matrix = widened([*parts, -slack], width)
        centre = (0.0 if level.target is None else level.target / level.unit) - (
            level.offsets / level.unit
        )
        half = level.width / level.unit / 2
        found.append((matrix, centre - half, centre + half))
        place += sums
    return found


def widened(parts: list[sparse.csr_matrix], width: int) -> sparse.csr_matrix:
    """Matrices side by side, with columns of zeros up to a width."""
    beside = sparse.hstack(parts, format="csr")
    rest = sparse.csr_matrix((beside.shape[0], width - beside.shape[1]))
    return sparse.hstack([beside, rest], format="csr")
