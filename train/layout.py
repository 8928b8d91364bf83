"""Which rows an optimizer step trains, what each counts, and which share a forward pass.

The rows and their weights are the recipe; how they are laid out is only speed. A layout is, for
each device, as many groups of rows as for any other, and every row of the step is in one of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from curate.train.rows import Rows
from curate.train.schedule import Schedule, Seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

Group = list[int]
"""Places of rows within a step (0 to batch - 1) that share a forward pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One optimizer step."""

    rows: "NDArray[np.int64]"
    """(batch,): indices of rows; a small arm may have one twice."""
    weights: "NDArray[np.float64]"
    """(batch,): what the summed loss of each row is multiplied with."""
    scale: float
    """The sum of the objective's weights over all targets: 1 for a mean."""
    tokens: int
    """Trained tokens."""


def step_rows(number: int, rows: int, batch: int, *, seed: int | None) -> "NDArray[np.int64]":
    """(batch,): the rows of step `number`, counted from 0, in the endless stream of epochs."""
    places = np.arange(number * batch, (number + 1) * batch)
    epochs, within = np.divmod(places, rows)
    if seed is None:
        return np.asarray(within)
    orders = {int(epoch): epoch_order(rows, int(epoch), seed) for epoch in np.unique(epochs)}
    return np.array(
        [orders[int(epoch)][place] for epoch, place in zip(epochs, within, strict=True)]
    )


def epoch_order(rows: int, epoch: int, seed: int) -> "NDArray[np.int64]":
    """(rows,): the order of an epoch, the same on every machine and for every resume."""
    return np.random.default_rng([seed, epoch]).permutation(rows)


def step_of(number: int, rows: Rows, schedule: Schedule, seeds: Seeds) -> Step:
    """What step `number`, counted from 0, trains."""
    seed = seeds.order if schedule.shuffle else None
    chosen = step_rows(number, len(rows), schedule.batch, seed=seed)
    counts = rows.targets[chosen]
    mass = rows.weights[chosen] * counts  # (batch,)
    units = units_of(schedule)  # (batch,)
    totals = np.bincount(units, weights=mass)
    share = 1 if schedule.normalization == "tokens" else schedule.reference_world
    # a unit whose rows all weigh nothing trains nothing
    weights = rows.weights[chosen] / np.where(totals > 0, totals, 1.0)[units] / share
    return Step(
        rows=chosen,
        weights=weights,
        scale=float((weights * counts).sum()),
        tokens=int(counts.sum()),
    )


def units_of(schedule: Schedule) -> "NDArray[np.int64]":
    """(batch,): the unit of the mean that each place belongs to.

    The whole step for `tokens`. For `micro_batch`, the micro-batches of a run on `reference_world`
    devices, where device d gets the places d, d + world, d + 2 world, … of the step (PyTorch's
    DistributedSampler, as in the paper's trainer) and takes them `micro_batch` at a time.
    """
    places = np.arange(schedule.batch)
    if schedule.normalization == "tokens":
        return np.zeros_like(places)
    world = schedule.reference_world
    on_device = schedule.batch // world // schedule.micro_batch
    return places % world * on_device + places // world // schedule.micro_batch


def groups_of(
    lengths: "NDArray[np.int64]", schedule: Schedule, *, world: int = 1
) -> list[list[Group]]:
    """The groups of each device for a step whose rows have these lengths."""
    make = {"padded": padded_groups, "sorted": sorted_groups, "packed": packed_groups}
    groups = evened(make[schedule.batching](lengths, schedule), world)
    return [groups[rank::world] for rank in range(world)]


def padded_groups(lengths: "NDArray[np.int64]", schedule: Schedule) -> list[Group]:
    """Rows in their order, `micro_batch` at a time; the units of the mean, where these are such."""
    if schedule.normalization == "micro_batch":
        units = units_of(schedule)
        return [np.flatnonzero(units == unit).tolist() for unit in range(int(units.max()) + 1)]
    size = schedule.micro_batch
    return [
        list(range(first, min(first + size, len(lengths))))
        for first in range(0, len(lengths), size)
    ]


def sorted_groups(lengths: "NDArray[np.int64]", schedule: Schedule) -> list[Group]:
    """Rows from the longest to the shortest, as many as fit the budget with their padding."""
    return filled(lengths, lambda group, _: int(lengths[group[0]]) * (len(group) + 1), schedule)


def packed_groups(lengths: "NDArray[np.int64]", schedule: Schedule) -> list[Group]:
    """Rows end to end, each into the fullest group that has room (best fit, longest first)."""
    room: list[int] = []
    groups: list[Group] = []
    for place in np.argsort(-lengths, kind="stable").tolist():
        length = int(lengths[place])
        fitting = [number for number, left in enumerate(room) if left >= length]
        if fitting:
            best = min(fitting, key=room.__getitem__)
            groups[best].append(place)
            room[best] -= length
        else:
            groups.append([place])
            room.append(schedule.token_budget - length)
    return groups


def filled(
    lengths: "NDArray[np.int64]", cost: Callable[[Group, int], int], schedule: Schedule
) -> list[Group]:
    """Longest first, a new group as soon as one row more would cost more than the budget."""
    groups: list[Group] = []
    for place in np.argsort(-lengths, kind="stable").tolist():
        if groups and cost(groups[-1], place) <= schedule.token_budget:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def evened(groups: Sequence[Group], world: int) -> list[Group]:
    """As many groups as can be dealt evenly: the largest are halved until the number fits.

    Every device must do as many forward passes as any other, or sharded training waits for ever.
    Where the number of rows is a multiple of `world` (`build` sees to it) that always ends.
    """
    even = list(groups)
    while len(even) % world:
        even.sort(key=len, reverse=True)
        largest = even.pop(0)
        half = len(largest) // 2
        even += [largest[:half], largest[half:]]
    return even
