"""Procedure or verbosity, for every arm out of domain, from measured responses."""

import polars as pl

from curate.analyze.behaviour import RATES, Behaviour, behaviours
from curate.analyze.crossed import changes_of
from curate.analyze.find_quality import interval
from curate.analyze.panel import panel
from curate.analyze.results import Doing
from curate.analyze.scopes import Scope, Scopes

SHOWN = ("backtracking_rate", *RATES, "failed_steps", "loop_share")


def doings(found: Scopes, measured: pl.DataFrame | None) -> tuple[Doing, ...]:
    """Every arm on every base, out of domain; in domain where nothing is out of it."""
    if measured is None:
        found.leave_out(
            "procedure or verbosity",
            "there are no responses to measure",
            "keep `responses.parquet` of the study",
        )
        return ()
    made = []
    for base in found.bases:
        scopes = {scope.name: scope for scope in found.domains(base)}
        scope = next((scopes[name] for name in ("ood", "id", "unsorted") if name in scopes), None)
        if scope is not None:
            made += (
                found.attempt(
                    f"procedure or verbosity on `{base}`",
                    of_scope,
                    found,
                    scope,
                    measured,
                )
                or []
            )
    return tuple(made)


def of_scope(found: Scopes, scope: Scope, measured: pl.DataFrame) -> list[Doing]:
    """All arms in one domain of one base."""
    names = ["log_tokens", *SHOWN]
    rows = scored(found, scope, measured)
    arms = found.panel(scope).arms
    changes = {
        name: changes_of(
            panel(rows, scope.name, base=scope.base, by=scope.kind, measure=name, arms=arms),
            found.design.window,
        )
        for name in ("score", *names)
    }
    told = behaviours(changes, margin=found.design.margin, alpha=found.design.alpha)
    return [doing(scope, one) for one in told]


def scored(found: Scopes, scope: Scope, measured: pl.DataFrame) -> pl.DataFrame:
    """Measured responses with the scores of the same rows; only where both are known."""
    frame = found.parts[scope.base, scope.domain, "free"]
    keys = [k for k in ("arm", "base", "seed", "step", "suite", "item", "sample")
            if k in measured.columns]  # fmt: skip
    own = measured.filter(pl.col("base") == scope.base)
    signals = [name for name in own.columns if name not in frame.columns]
    untrained = pl.col("step") == 0
    own = own.with_columns(
        pl.when(untrained).then(None).otherwise("arm").alias("arm"),
        *([pl.when(untrained).then(0).otherwise("seed").fill_null(0).cast(pl.Int64).alias("seed")]
          if "seed" in keys else []),
        *([pl.col("sample").fill_null(0).cast(pl.Int32)] if "sample" in keys else []),
        pl.col("step").cast(pl.Int64),
    ).unique(keys, keep="first", maintain_order=True)  # fmt: skip
    return frame.join(
        own.select(*keys, *signals), on=keys, how="inner", nulls_equal=True, maintain_order="left"
    )


def doing(scope: Scope, one: Behaviour) -> Doing:
    """As a record of results."""
    return Doing(
        base=scope.base,
        scope=scope.name,
        arm=one.arm,
        score=interval(one.score),
        growth=one.growth,
        rates={name: interval(value) for name, value in one.rates.items()},
        verdict=one.verdict,
        why=one.why,
    )
