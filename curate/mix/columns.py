"""The ways to serve a problem: one trace for every draw, all within the caliper.

Candidates of a draw lie sorted by (unit, log tokens), a unit being a problem, or a problem with one
value of the columns that must be equal. An anchor is a candidate; every draw then takes a trace at
random among those from the anchor's length up to the caliper above it. Trying every anchor tries
every window, so a problem without a column has no traces within the caliper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator

from curate.mix.kinds import Draw
from curate.mix.solve import Floats, Ints

STRIDE = 64.0
"""More than any logarithm of a length, so that units stay apart in one sorted array."""
KEPT = 16
"""Columns of a problem that the solver may choose among."""
MOST_TRIED = 256
SAME = 4.0
"""Cost of a second draw that takes the trace of the first, in calipers squared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Ways to serve problems."""

    problem: Ints
    """(columns,) rising"""
    choice: Ints
    """(columns, draws, copies) rows of the candidates"""
    cost: Floats
    """(columns,)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The candidates of one draw, by unit and length."""

    rows: Ints
    keys: Floats
    """unit * STRIDE + log tokens, rising"""


def columns_of(
    frame: pl.DataFrame,
    draws: Sequence[Draw],
    *,
    copies: int,
    caliper: float | None,
    exact: Sequence[str],
    kept: int,
    rng: Generator,
) -> Columns:
    """Up to `kept` ways for each problem; `frame` has `problem` and `draw-i` for each draw."""
    unit, problem_of_unit = units(frame, exact)
    logs = np.log(np.maximum(frame["tokens"].to_numpy(), 1).astype(np.float64))
    shelves = [shelf(frame[f"draw-{n}"].to_numpy(), unit, logs) for n in range(len(draws))]
    start = attempts(shelves, len(problem_of_unit), kept)
    unit_of = np.repeat(np.arange(len(problem_of_unit)), start)
    turn = np.arange(unit_of.size) - np.repeat(np.cumsum(start) - start, start)
    choice = np.full((unit_of.size, len(draws), copies), -1)
    for group in dict.fromkeys(draw.group for draw in draws):
        places = [n for n, draw in enumerate(draws) if draw.group == group and not draw.longer]
        bottom = bottom_of(unit_of)
        have = [shelves[n] for n in places]
        low = bottom if caliper is None or not have else anchors(have, unit_of, turn, rng)
        reach = np.inf if caliper is None else caliper + 1e-12
        high: Floats = np.minimum(low + reach, top(unit_of))
        for place in (n for n in places if not draws[n].again):
            base, second = family(place, draws)
            take(choice, (base, second), shelves[place], low, high, rng)
        for place in (n for n in places if draws[n].again and (choice[:, n] < 0).all()):
            take(choice, (place, None), shelves[place], low, high, rng)
    for place in (n for n, draw in enumerate(draws) if draw.longer):
        take_longer(choice, place, draws, shelves[place], unit_of, logs, rng)
    whole = (choice >= 0).all(axis=(1, 2))
    return best(choice[whole], problem_of_unit[unit_of[whole]], logs, draws, caliper, kept, rng)


def units(frame: pl.DataFrame, exact: Sequence[str]) -> tuple[Ints, Ints]:
    """(unit of each candidate, problem of each unit); units in the order of their problems."""
    keys = frame.select("problem", *exact)
    known = keys.unique(maintain_order=True).sort("problem", maintain_order=True)
    numbered = known.with_row_index("unit")
    found = keys.join(
        numbered, on=["problem", *exact], how="left", maintain_order="left", nulls_equal=True
    )
    return found["unit"].to_numpy().astype(np.int64), known["problem"].to_numpy().astype(np.int64)


def shelf(may: np.ndarray, unit: Ints, logs: Floats) -> Shelf:
    """The shelf of the candidates that a draw may take."""
    rows = np.flatnonzero(may)
    keys = unit[rows] * STRIDE + logs[rows]
    order = np.argsort(keys, kind="stable")
    return Shelf(rows=rows[order], keys=keys[order])


def attempts(shelves: Sequence[Shelf], count: int, kept: int) -> Ints:
    """How many columns are tried for each unit: every anchor, at least twice what is kept."""
    have = [np.bincount((s.keys // STRIDE).astype(np.int64), minlength=count) for s in shelves]
    tried = np.clip(np.sum(have, axis=0), 2 * kept, MOST_TRIED)
    return np.where(np.min(have, axis=0) > 0, tried, 0)


def top(unit_of: Ints) -> Floats:
    """A key above all of the unit's."""
    return np.asarray(unit_of * STRIDE + (STRIDE - 1), dtype=np.float64)


def bottom_of(unit_of: Ints) -> Floats:
    """A key below all of the unit's."""
    return np.asarray(unit_of * STRIDE - 1e-9, dtype=np.float64)


def anchors(shelves: Sequence[Shelf], unit_of: Ints, turn: Ints, rng: Generator) -> Floats:
    """The key of an anchor for each attempt; the attempts of a unit take them in turn."""
    keys = np.sort(np.concatenate([one.keys for one in shelves]), kind="stable")
    first = np.searchsorted(keys, unit_of * STRIDE - 1)
    many = np.maximum(np.searchsorted(keys, top(unit_of)) - first, 1)
    shift = rng.integers(0, 1 << 30, unit_of.max(initial=-1) + 1)[unit_of]
    at = np.minimum(first + (turn + shift) % many, keys.size - 1)
    return np.asarray(keys[at] - 1e-12, dtype=np.float64)


def family(place: int, draws: Sequence[Draw]) -> tuple[int, int | None]:
    """A draw and the second draw of the same conditions, if there is one."""
    mine = draws[place]
    for other, draw in enumerate(draws):
        same = draw.conditions == mine.conditions and draw.group == mine.group
        if draw.again and same and draw.longer == mine.longer:
            return place, other
    return place, None


def take(
    choice: Ints,
    places: tuple[int, int | None],
    shelf: Shelf,
    low: Floats,
    high: Floats,
    rng: Generator,
) -> None:
    """Neighbours in length at random from the window, distinct in a draw and its second draw."""
    copies, (first, second) = choice.shape[2], places
    start = np.searchsorted(shelf.keys, low)
    many = np.searchsorted(shelf.keys, high, side="right") - start
    wanted = copies if second is None else 2 * copies
    apart = many >= wanted
    used = np.where(apart, wanted, copies)
    at = start + (rng.random(low.size) * np.maximum(many - used + 1, 1)).astype(np.int64)
    fits = many >= copies
    # Which of the neighbours is whose is drawn, or the second draw would always be the longer.
    turned = rng.permuted(np.tile(np.arange(wanted), (low.size, 1)), axis=1)
    for copy in range(copies):
        mine = np.where(apart, turned[:, copy], copy)
        choice[:, first, copy] = picked(shelf, at + mine, fits)
        if second is not None:
            other = np.where(apart, turned[:, copies + copy], copy)
            choice[:, second, copy] = picked(shelf, at + other, fits)


def picked(shelf: Shelf, at: Ints, fits: np.ndarray) -> Ints:
    """The candidates at these places of a shelf; -1 where nothing fits."""
    if not shelf.rows.size:
        return np.full(at.size, -1)
    return np.where(fits, shelf.rows[np.clip(at, 0, shelf.rows.size - 1)], -1)


def take_longer(
    choice: Ints,
    place: int,
    draws: Sequence[Draw],
    shelf: Shelf,
    unit_of: Ints,
    logs: Floats,
    rng: Generator,
) -> None:
    """Traces that are longer than those of the same draw by its factor, if there is such a draw."""
    draw, copies = draws[place], choice.shape[2]
    same = [
        n for n, other in enumerate(draws)
        if other.conditions == draw.conditions and not other.longer and other.again == draw.again
    ]  # fmt: skip
    low = bottom_of(unit_of)
    if same:
        low = low + logs[choice[:, same[0]]].max(axis=1) + np.log(draw.longer or 1.0)
    take(choice, (place, None), shelf, low, top(unit_of), rng)
    if same:
        choice[(choice[:, same[0]] < 0).any(axis=1), place, :copies] = -1


def best(
    choice: Ints,
    problem: Ints,
    logs: Floats,
    draws: Sequence[Draw],
    caliper: float | None,
    kept: int,
    rng: Generator,
) -> Columns:
    """The distinct columns, the cheapest of each problem: squared spread, and a draw."""
    flat = choice.reshape(len(choice), choice.shape[1] * choice.shape[2])
    # Equal choices hash equally; a chance collision (2^-64) would cost one column.
    odd = rng.integers(1, 1 << 62, flat.shape[1]) * 2 + 1
    mixed = (flat * odd).sum(axis=1)
    _, first = np.unique(mixed, return_index=True)
    choice, problem = choice[np.sort(first)], problem[np.sort(first)]
    cost = rng.random(len(choice)) + spread(choice, logs, draws, caliper)
    cost += SAME * repeated(choice, draws)
    order = np.lexsort((cost, problem))
    rank = np.arange(order.size) - np.searchsorted(problem[order], problem[order])
    order = order[rank < kept]
    return Columns(problem=problem[order], choice=choice[order], cost=cost[order])


def repeated(choice: Ints, draws: Sequence[Draw]) -> Floats:
    """(columns,) how many second draws take the traces of the first."""
    found = np.zeros(len(choice))
    for place in range(len(draws)):
        first, second = family(place, draws)
        if second is not None and second != first:
            found += (choice[:, first] == choice[:, second]).any(axis=1)
    return found


def spread(choice: Ints, logs: Floats, draws: Sequence[Draw], caliper: float | None) -> Floats:
    """(columns,) the squared spread of log tokens in each group, in calipers, on average."""
    if caliper is None or not len(choice):
        return np.zeros(len(choice))
    groups = dict.fromkeys(draw.group for draw in draws)
    total = np.zeros(len(choice))
    for group in groups:
        places = [n for n, d in enumerate(draws) if d.group == group and not d.longer]
        if places:
            inside = logs[choice[:, places]].reshape(len(choice), -1)
            total += ((inside.max(axis=1) - inside.min(axis=1)) / max(caliper, 1e-9)) ** 2
    return total / len(groups)
