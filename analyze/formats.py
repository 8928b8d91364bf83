"""Three accuracies: of all responses, of those that were finished, of those that were parsed.

An early dip is partly answers cut off by the limit on tokens, or written so that none was found.
An accuracy among finished (or parsed) responses is a ratio of means; it becomes a panel by
linearization: item i counts r + (y_i − r a_i) / ā with r the ratio, a_i the share of its responses
that were finished and y_i the share that were finished and right. Its mean is r, and its variance
that of r (Cochran 1977, section 6.3), so everything else works on it as on any panel. Responses
that were not finished may have been the hard ones: the accuracy of the rest is not what they
would have had.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import polars as pl

from curate.analyze.estimates import Estimates, estimates
from curate.analyze.panel import Floats, Panel, panel
from curate.analyze.variance import Moments
from curate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracies:
    """The same responses, counted three ways."""

    all: Panel
    finished: Panel
    """Among responses that were not truncated."""
    parsed: Panel
    """Among responses that were not truncated and in which an answer was found."""


def accuracies(
    table: pl.DataFrame,
    scope: str,
    *,
    base: str | None = None,
    by: str = "domain",
    mode: str = "free",
    weights: Mapping[str, float] | None = None,
) -> Accuracies:
    """The three accuracies of a suite or domain. A flag that is null counts as fulfilled."""
    if missing := {"truncated", "answered"} - set(table.columns):
        raise InputError(
            f"the table has no `{min(missing)}`",
            why="which responses were finished and parsed is told from `truncated` and `answered`",
            fix="map the table's own columns to them",
        )
    finished = ~pl.col("truncated").fill_null(False)
    parsed = finished & pl.col("answered").fill_null(True)
    judged = pl.col("score").is_not_null()
    table = table.with_columns(
        pl.when(judged).then(flag.cast(pl.Float64)).alias(f"_{name}")
        for name, flag in (("finished", finished), ("parsed", parsed))
    ).with_columns(
        (pl.col(f"_{name}") * pl.col("score")).alias(f"_{name}_right")
        for name in ("finished", "parsed")
    )

    def of(measure: str) -> Panel:
        return panel(table, scope, base=base, by=by, mode=mode, measure=measure, weights=weights)

    return Accuracies(
        all=of("score"),
        finished=ratio(of("_finished_right"), of("_finished"), measure="score if finished"),
        parsed=ratio(of("_parsed_right"), of("_parsed"), measure="score if parsed"),
    )


def ratio(part: Panel, whole: Panel, *, measure: str) -> Panel:
    """The panel of weighted mean(part) / weighted mean(whole), linearized item by item."""
    return replace(
        part,
        measure=measure,
        values=_linearized(part.values, whole.values, part),
        base=_linearized(part.base, whole.base, part),
    )


def _linearized(part: Floats, whole: Floats, panel: Panel) -> Floats:
    """(..., item): items' contributions to the ratio of the means along the last axis."""
    known = ~np.isnan(whole)
    weights = np.where(known, panel.weights, 0.0)
    total = weights.sum(axis=-1, keepdims=True)
    right = (weights * np.nan_to_num(part)).sum(axis=-1, keepdims=True)
    share = (weights * np.nan_to_num(whole)).sum(axis=-1, keepdims=True)
    if np.any((share <= 0) & (total > 0)):
        raise InputError(
            f"an accuracy of `{panel.name}` has no response to be taken over",
            why="at some checkpoint of some run every response was truncated or unparsed",
            fix="raise the limit on tokens, or leave out that checkpoint",
        )
    quotient = np.divide(right, share, out=np.full_like(right, np.nan), where=share > 0)
    mean = np.divide(share, total, out=np.ones_like(share), where=total > 0)
    out: Floats = np.where(known, quotient + (part - quotient * whole) / mean, np.nan)
    return out


class Cause(StrEnum):
    """What a dip of the accuracy of all responses is made of."""

    TRUNCATION = "truncation"
    """Among finished responses there is no dip as large as the margin (shown)."""
    FORMAT = "format"
    """Among parsed responses there is none; among finished ones that cannot be said."""
    COMPETENCE = "competence"
    """Parsed responses are below the base too (shown)."""
    UNDETERMINED = "undetermined"


def cause_of_dip(
    finished: Moments,
    parsed: Moments,
    arm: str,
    steps: tuple[int, int],
    *,
    margin: float = 0.02,
    alpha: float = 0.05,
) -> Cause:
    """What the dip at the checkpoints from `steps[0]` to `steps[1]` is made of."""
    among_finished, among_parsed = (_dip(found, arm, steps) for found in (finished, parsed))
    if not (finished.seeds_known and parsed.seeds_known):
        return Cause.UNDETERMINED
    if among_parsed.exceed(0, alpha)[0]:
        return Cause.COMPETENCE
    if among_finished.fall_short(margin, alpha)[0]:
        return Cause.TRUNCATION
    return Cause.FORMAT if among_parsed.fall_short(margin, alpha)[0] else Cause.UNDETERMINED


def _dip(found: Moments, arm: str, steps: tuple[int, int]) -> Estimates:
    """Base less the mean over some checkpoints."""
    own = found.one_arm(arm)
    inside = np.array([steps[0] <= step <= steps[1] for step in own.steps], float)
    return estimates(own, np.r_[1.0, -inside / inside.sum()][None])
