"""What low points are made of: format adoption and competence, answers cut off or not parsed."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from curate.analyze.decompose import Decomposition, decompose
from curate.analyze.estimates import estimates
from curate.analyze.formats import accuracies, cause_of_dip
from curate.analyze.panel import Floats, Panel
from curate.analyze.records import Modes, Trajectory, Value
from curate.analyze.scopes import Scope, Scopes
from curate.analyze.variance import Moments, moments
from curate.errors import InputError

FORCED = ("forced_cot", "forced_direct")
MEASURES = {"thinking": "used_thinking", "truncated": "truncated", "answered": "answered"}


def modes(found: Scopes, paths: Sequence[Trajectory]) -> tuple[Modes, ...]:
    """Every arm and reasoning domain whose lowest checkpoint lies under the base."""
    low = [
        t
        for t in paths
        if t.kind == "domain" and t.scope != "safety" and t.look is not None and t.look.depth < 0
    ]
    if not found.study.table.itemised:
        found.leave_out(
            "format or competence",
            "rows are scores of whole benchmarks",
            "evaluate item by item, free and forced into each mode",
        )
        return ()
    if not set(FORCED) <= set(found.modes):
        found.leave_out(
            "format adoption against competence",
            "responses were not forced into thinking and into answering directly",
            "evaluate in the modes `forced_cot` and `forced_direct` too",
        )
    return tuple(
        one
        for base in found.bases
        for scope in found.domains(base)
        if (mine := [t for t in low if (t.base, t.scope) == (base, scope.name)])
        for one in found.attempt(
            f"format or competence in `{scope.name}` on `{base}`",
            of_scope,
            found,
            scope,
            mine,
        )
        or ()
    )


def of_scope(found: Scopes, scope: Scope, mine: Sequence[Trajectory]) -> list[Modes]:
    """All low points of one domain."""
    return list(low_points(found, scope, mine))


def low_points(found: Scopes, scope: Scope, mine: Sequence[Trajectory]) -> Iterator[Modes]:
    """One after the other."""
    whole = parts(found, scope)
    section = f"format adoption against competence in `{scope.name}` on `{scope.base}`"
    made = None if whole is None else found.attempt(section, moments_of_parts, whole)
    three = counted_three_ways(found, scope) if any(t.depth for t in mine) else None
    rates = {name: flag(found, scope, column) for name, column in MEASURES.items()}
    for one in mine:
        assert one.look is not None
        at = one.trough_steps or (one.look.trough_step, one.look.trough_step)
        yield Modes(
            base=scope.base,
            scope=scope.name,
            arm=one.arm,
            steps=at,
            change=change(found.moments(scope), one.arm, at, found, from_base=True),
            adoption=made_of(made, "adoption", one.arm, at, found),
            competence=made_of(made, "competence", one.arm, at, found),
            residual=made_of(made, "residual", one.arm, at, found),
            truncated=shares(rates["truncated"], one.arm, at),
            unparsed=failing(shares(rates["answered"], one.arm, at)),
            cause=cause(found, three, one, at),
        )


def moments_of_parts(whole: Decomposition) -> dict[str, Moments]:
    """Means and errors of the three parts.

    Raises:
        InputError: the base was not asked in a forced mode.
    """
    panels = {name: getattr(whole, name) for name in ("adoption", "competence", "residual")}
    if all(np.isnan(one.values).all() for one in panels.values()):
        raise InputError(
            "the parts of a change are not known",
            why="the untrained base was not evaluated in the forced modes",
            fix="evaluate it in them",
        )
    return {name: moments(one) for name, one in panels.items()}


def made_of(
    made: Mapping[str, Moments] | None, part: str, arm: str, at: tuple[int, int], found: Scopes
) -> Value | None:
    """One part of a change, where it is known."""
    return None if made is None else change(made[part], arm, at, found)


def parts(found: Scopes, scope: Scope) -> Decomposition | None:
    """The identity's parts, where every mode was asked in."""
    if not set(FORCED) <= set(found.modes):
        return None
    frame = found.parts[scope.base, scope.domain, "free"]
    if frame["used_thinking"].null_count() == frame.height:
        found.leave_out(
            "format adoption against competence",
            "no row says whether the response was thinking",
            "record `used_thinking`",
        )
        return None
    return found.attempt(
        f"format adoption against competence in `{scope.name}` on `{scope.base}`",
        split,
        found,
        scope,
    )


def split(found: Scopes, scope: Scope) -> Decomposition:
    """The parts of every change in one domain."""
    return decompose(
        free=found.panel(scope),
        thinking=found.panel(scope, measure="used_thinking"),
        cot=found.panel(scope, mode="forced_cot"),
        direct=found.panel(scope, mode="forced_direct"),
    )


def counted_three_ways(found: Scopes, scope: Scope) -> tuple[Moments, Moments] | None:
    """Finished and parsed responses, of the arms that have whole runs."""
    arms = list(found.panel(scope).arms)
    frame = found.parts[scope.base, scope.domain, "free"]
    kept = frame.filter(pl.col("arm").is_null() | pl.col("arm").is_in(arms))
    return found.attempt(
        f"finished and parsed responses in `{scope.name}` on `{scope.base}`",
        of_ratios,
        kept,
        scope,
    )


def of_ratios(kept: pl.DataFrame, scope: Scope) -> tuple[Moments, Moments]:
    """Moments of the accuracies among finished and among parsed responses."""
    three = accuracies(kept, scope.name, base=scope.base, by=scope.kind)
    return moments(three.finished), moments(three.parsed)


def flag(found: Scopes, scope: Scope, column: str) -> Panel | None:
    """A panel of a flag, where it was recorded."""
    frame = found.parts[scope.base, scope.domain, "free"]
    if frame[column].null_count() == frame.height:
        return None
    return found.attempt(
        f"`{column}` in `{scope.name}` on `{scope.base}`",
        found.panel,
        scope,
        measure=column,
    )


def change(
    known: Moments, arm: str, at: tuple[int, int], found: Scopes, *, from_base: bool = False
) -> Value:
    """Mean over some checkpoints of an arm, less the base where asked, with its interval."""
    own = known.one_arm(arm)
    inside = np.array([at[0] <= step <= at[1] for step in own.steps], np.float64)
    one = estimates(own, np.r_[-1.0 if from_base else 0.0, inside / inside.sum()][None])
    value, half = float(one.values[0]), float(one.limit(found.design.alpha / 2)[0])
    return Value(value=value, low=value - half, high=value + half)


def shares(made: Panel | None, arm: str, at: tuple[int, int]) -> tuple[float | None, float] | None:
    """A flag's share at the base, where it is known, and over some checkpoints of an arm."""
    if made is None or arm not in made.arms:
        return None
    inside = [place for place, step in enumerate(made.steps) if at[0] <= step <= at[1]]
    there = weighted(made.values[made.arms.index(arm)][:, inside], made.weights)
    return None if there is None else (weighted(made.base, made.weights), there)


def weighted(values: Floats, weights: Floats) -> float | None:
    """Mean (…, item) over all that is known, items weighted; None where nothing is."""
    shared = np.broadcast_to(weights, values.shape)[~np.isnan(values)]
    return float(np.average(values[~np.isnan(values)], weights=shared)) if shared.sum() else None


def failing(found: tuple[float | None, float] | None) -> tuple[float | None, float] | None:
    """The shares of what did not."""
    if found is None:
        return None
    return None if found[0] is None else 1 - found[0], 1 - found[1]


def cause(
    found: Scopes, three: tuple[Moments, Moments] | None, one: Trajectory, at: tuple[int, int]
) -> str | None:
    """What a dip that was shown is made of."""
    if three is None or one.depth is None:
        return None
    design = found.design
    made = found.attempt(
        f"the cause of the dip of `{one.arm}` in `{one.scope}` on `{one.base}`",
        cause_of_dip,
        *three,
        one.arm,
        at,
        margin=design.margin,
        alpha=design.alpha,
    )
    return None if made is None else str(made)
