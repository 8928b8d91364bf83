"""Whether small bases and early checkpoints order the arms as the largest and the last do.

By the score, and where the study has probes by what the model makes of the reference answer, which
is less noisy than whether it writes it (Magnusson et al. 2025, arXiv:2504.11393, section 4).
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from curate.analyze.crossed import Runs, runs_of
from curate.analyze.panel import Panel, panel
from curate.analyze.records import Value
from curate.analyze.results import Prediction
from curate.analyze.scaling import decision
from curate.analyze.scopes import Scope, Scopes
from curate.errors import InputError

PROBES = {
    "log-likelihood": pl.col("logp_reference") / pl.col("n_reference_tokens"),
    "margin": pl.col("margin"),
}
"""Of the reference answer: per token, and over the best wrong alternative."""
PROBE_MODES = ("forced_direct", "forced_cot", "free")
"""The first that was probed; right after `forced_direct` the answer alone is judged."""


def predictions(found: Scopes) -> tuple[Prediction, ...]:
    """Smaller bases for the most capable one, and early checkpoints for the end of each base."""
    return tuple(one for domain in found.design.domains for one in of_domain(found, domain))


def of_domain(found: Scopes, domain: str) -> Iterator[Prediction]:
    """All comparisons in one domain."""
    scopes = {s.base: s for base in found.bases for s in found.domains(base) if s.name == domain}
    ranked = sorted(scopes, key=lambda base: (capability_at(found, scopes[base]), base))
    for base in ranked[:-1]:
        largest = scopes[ranked[-1]]
        section = f"whether `{base}` predicts `{largest.base}` in `{domain}`"
        for metric in metrics(found, scopes[base]):
            one = found.attempt(section, small_and_large, found, scopes[base], largest, metric)
            yield from [one] if one else []
    for base, scope in scopes.items():
        section = f"whether early checkpoints predict the end on `{base}` in `{domain}`"
        for metric in metrics(found, scope):
            one = found.attempt(section, early, found, scope, metric)
            yield from [one] if one else []


def metrics(found: Scopes, scope: Scope) -> list[str]:
    """What the cheap measurement can be here."""
    return ["score", *(name for name in PROBES if probed(found, scope, name) is not None)]


def capability_at(found: Scopes, scope: Scope) -> float:
    """Mean score of the untrained base here; 0 where it is unknown."""
    made = found.attempt(f"the base in `{scope.name}`", found.panel, scope)
    if made is None or np.isnan(made.base).all():
        return 0.0
    return float(np.nanmean(made.base))


def small_and_large(found: Scopes, small: Scope, large: Scope, metric: str) -> Prediction:
    """One base against the most capable one."""
    cheap = runs_of(measured(found, small, metric), found.design.window)
    return told(found, cheap, found.runs(large), (small.base, large.base, large.name), metric)


def early(found: Scopes, scope: Scope, metric: str) -> Prediction:
    """The checkpoints in the middle of the grid against the end."""
    steps = found.panel(scope).steps
    middle = len(steps) // 2
    if middle < 1 or middle >= len(steps) - 1:
        raise InputError(
            f"`{scope.name}` has {len(steps)} checkpoints",
            why="early and late are the same then",
            fix="evaluate four checkpoints or more",
        )
    step = steps[middle - 1]
    cheap = runs_of(measured(found, scope, metric), found.design.window, until=step)
    names = (f"{scope.base}, up to step {step}", scope.base, scope.name)
    return told(found, cheap, found.runs(scope), names, metric)


def measured(found: Scopes, scope: Scope, metric: str) -> Panel:
    """The scores of a scope, or what was probed there."""
    if metric == "score":
        return found.panel(scope)
    rows = probed(found, scope, metric)
    assert rows is not None
    return panel(rows, scope.name, base=scope.base, by=scope.kind, mode=rows["mode"][0],
                 measure="probe", arms=found.panel(scope).arms)  # fmt: skip


def probed(found: Scopes, scope: Scope, metric: str) -> pl.DataFrame | None:
    """Rows of a scope with `probe`, of one mode; None where nothing was probed.

    Suites that have no such probe, as margins of requests to refuse, are left out whole.
    """
    probes = found.study.probes
    if probes is None:
        return None
    mine = probes.filter((pl.col("base") == scope.base) & (pl.col(scope.kind) == scope.name))
    mine = mine.with_columns(probe=PROBES[metric]).filter(pl.col("probe").is_finite())
    modes = [mode for mode in PROBE_MODES if mode in mine["mode"]]
    trained = mine.filter(pl.col("arm").is_not_null() & (pl.col("step") > 0))
    if not modes or trained.is_empty():
        return None
    return mine.filter(pl.col("mode") == modes[0])


def told(
    found: Scopes, small: Runs, large: Runs, names: tuple[str, str, str], metric: str
) -> Prediction:
    """One comparison as a record of results."""
    made = decision(small, large, names[0], alpha=found.design.alpha)
    return Prediction(
        scope=names[2],
        source=names[0],
        target=names[1],
        metric=metric,
        accuracy=Value(value=made.accuracy, low=made.low, high=made.high),
        pairs=made.pairs,
        words=made.words,
    )
