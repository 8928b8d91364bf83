"""Lengths of responses along training: phases that are sure, and the symptom of overfitting."""

from collections.abc import Iterator

import numpy as np

from curate.analyze.overfitting import overfitting
from curate.analyze.panel import Floats
from curate.analyze.phases import Direction, Phases, log_lengths, phases
from curate.analyze.records import Length
from curate.analyze.scopes import Scope, Scopes
from curate.analyze.variance import moments


def lengths(found: Scopes) -> tuple[Length, ...]:
    """Every arm in every domain, where `n_tokens` was recorded."""
    if found.study.table.frame["n_tokens"].null_count() == found.study.table.rows_used:
        found.leave_out(
            "length of responses", "no row has `n_tokens`", "record how many tokens were written"
        )
        return ()
    return tuple(one for base in found.bases for one in of_base(found, base))


def of_base(found: Scopes, base: str) -> Iterator[Length]:
    """Domain by domain."""
    for scope in found.domains(base):
        yield from (
            found.attempt(f"lengths in `{scope.name}` on `{base}`", of_scope, found, scope) or ()
        )


def of_scope(found: Scopes, scope: Scope) -> list[Length]:
    """All arms in one domain."""
    plain = found.panel(scope, measure="n_tokens")
    known = moments(log_lengths(plain)) if found.study.table.itemised else None
    tokens = known_mean(np.moveaxis(plain.values, 1, 2), plain.weights)
    start = float(known_mean(plain.base[None], plain.weights))
    made = []
    for place, arm in enumerate(plain.arms):
        told = None
        if known is not None:
            told = phases(known, arm, window=found.design.window, alpha=found.design.alpha)
        overfits = symptom(found, scope, told, arm)
        made.append(
            Length(
                base=scope.base,
                scope=scope.name,
                arm=arm,
                steps=plain.steps,
                tokens=tuple(map(float, tokens[place])),
                start=None if np.isnan(start) else start,
                phases=rows(told),
                verdict=words(told),
                overfitting=overfits,
                why=why(told, overfits),
            )
        )
    return made


def known_mean(values: Floats, weights: Floats) -> Floats:
    """(…, run, item) to (…): mean over what is known, items weighted; NaN where nothing is."""
    known = ~np.isnan(values)
    total = (np.where(known, values, 0) * weights).sum(axis=(-2, -1))
    share = (known * weights).sum(axis=(-2, -1))
    found: Floats = np.divide(total, share, out=np.full_like(total, np.nan), where=share > 0)
    return found


def rows(told: Phases | None) -> tuple[tuple[int, int, str], ...]:
    """Phases as plain records."""
    if told is None:
        return ()
    return tuple((one.first_step, one.last_step, str(one.direction)) for one in told.phases)


def words(told: Phases | None) -> str:
    """The phases in a few words."""
    if told is None:
        return "not testable"
    if not told.phases:
        return "no change is sure"
    path = ", then ".join(str(one.direction) for one in told.phases)
    return path if told.seeds_known else f"{path} (of one run)"


def symptom(found: Scopes, scope: Scope, told: Phases | None, arm: str) -> bool | None:
    """Scores fall late in and out of domain and responses grow again; None if not to be told."""
    if told is None or not told.seeds_known:
        return None
    scopes = {one.name: one for one in found.domains(scope.base)}
    if not {"id", "ood"} <= scopes.keys():
        return None
    inside, outside = found.moments(scopes["id"]), found.moments(scopes["ood"])
    if arm not in inside.arms or arm not in outside.arms:
        return None
    made = overfitting(
        inside, outside, told, arm, window=found.design.window, alpha=found.design.alpha
    )
    return made.shown


def why(told: Phases | None, overfits: bool | None) -> str:
    """What a reader should do about it."""
    if overfits:
        return (
            "responses grow again to the end while scores fall in and out of domain: the symptom "
            "of overfitting"
        )
    if told is not None and told.phases and told.phases[-1].last_step == told.last_step:
        last = told.phases[-1].direction
        if last in (Direction.FALL, Direction.RISE):
            return "length still moves at the end: training is not finished"
    return ""
