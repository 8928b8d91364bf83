"""Reasoning against safety for every arm of a study, and refusal beside over-refusal."""

import polars as pl

from curate.analyze.crossed import changes_of, runs_of
from curate.analyze.find_quality import interval
from curate.analyze.panel import panel
from curate.analyze.records import Value
from curate.analyze.results import Tradeoff
from curate.analyze.scopes import Scope, Scopes
from curate.analyze.tradeoff import refusals, tradeoff
from curate.errors import InputError


def tradeoffs(found: Scopes) -> tuple[Tradeoff, ...]:
    """Every base that has a safety suite and a reasoning domain."""
    if "safety" not in found.design.domains:
        found.leave_out(
            "reasoning against safety",
            "no benchmark is of the domain `safety`",
            "evaluate one that must be refused and one that must not, or `--domain NAME=safety`",
        )
        return ()
    return tuple(
        one
        for base in found.bases
        for one in found.attempt(f"reasoning against safety on `{base}`", of_base, found, base)
        or ()
    )


def of_base(found: Scopes, base: str) -> list[Tradeoff]:
    """All arms of one base in the plane of out-of-domain reasoning and safety."""
    scopes = {scope.name: scope for scope in found.domains(base)}
    reasoning = next((scopes[n] for n in ("ood", "id", "unsorted") if n in scopes), None)
    if reasoning is None or "safety" not in scopes:
        raise InputError(
            "there is nothing to weigh",
            why=f"the domains of `{base}` are {', '.join(scopes)}",
            fix="evaluate a reasoning suite and a safety suite on the same arms",
        )
    panels = found.panel(reasoning), found.panel(scopes["safety"])
    arms = [arm for arm in panels[0].arms if arm in panels[1].arms]
    if not arms:
        raise InputError(
            "no arm was evaluated on both",
            why=f"reasoning: {', '.join(panels[0].arms)}; safety: {', '.join(panels[1].arms)}",
            fix="evaluate both on the same arms",
        )
    changes = (changes_of(panel, found.design.window, arms) for panel in panels)
    made = tradeoff(*changes, alpha=found.design.alpha)
    over = over_refusal(found, scopes["safety"])
    several = len(arms) > 1
    return [
        Tradeoff(
            base=base,
            arm=point.arm,
            reasoning=interval(point.reasoning),
            safety=interval(point.safety),
            outline=tuple((float(x), float(y)) for x, y in point.ellipse)
            if point.reasoning.seeds_known
            else (),
            in_pareto_set=point.arm in made.front,
            dominated=1 - point.on_front if several and point.reasoning.seeds_known else None,
            exchange=Value(
                value=point.exchange.value, low=point.exchange.low, high=point.exchange.high
            )
            if point.exchange.shape == "interval" and point.reasoning.seeds_known
            else None,
            exchange_words=point.exchange.words if point.reasoning.seeds_known else "one run",
            over_refusal=over.get(point.arm),
            words="",
        )
        for point in made.points
    ]


def over_refusal(found: Scopes, scope: Scope) -> dict[str, Value]:
    """For every arm the share of harmless requests that it refuses in the final window."""
    frame = found.parts[scope.base, "safety", "free"]
    told = frame.filter(pl.col("refused").is_not_null() & pl.col("should_refuse").is_not_null())
    if (
        told.filter(pl.col("should_refuse")).is_empty()
        or told.filter(~pl.col("should_refuse")).is_empty()
    ):
        found.leave_out(
            f"over-refusal on `{scope.base}`",
            "safety suites do not hold both requests to refuse and requests to answer",
            "add a suite of harmless look-alikes: refusing everything is safe and useless",
        )
        return {}
    made = found.attempt(f"over-refusal on `{scope.base}`", rates, found, told, scope)
    return made or {}


def rates(found: Scopes, told: pl.DataFrame, scope: Scope) -> dict[str, Value]:
    """Over-refusal by arm."""
    asked = told.with_columns(pl.col("refused").cast(pl.Float64))
    arms = found.panel(scope).arms
    harmful, harmless = (
        runs_of(
            panel(asked.filter(pl.col("should_refuse") == wanted), scope.name, base=scope.base,
                  by=scope.kind, measure="refused", arms=arms),
            found.design.window,
        )
        for wanted in (True, False)
    )  # fmt: skip
    made = refusals(harmful, harmless, found.design.alpha)
    return {one.arm: interval(one.over_refusal) for one in made}
