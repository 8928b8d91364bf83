"""How strong something unmeasured must be to explain the settled effects away."""

import numpy as np

from curate.analyze.crossed import arm_fit, estimate
from curate.analyze.records import Effect
from curate.analyze.results import Robustness
from curate.analyze.scopes import Scope, Scopes
from curate.analyze.sensitivity import sensitivity


def robustness(found: Scopes, effects: tuple[Effect, ...]) -> tuple[Robustness, ...]:
    """Every contrast of whole domains that is better or worse."""
    settled = [
        one
        for one in effects
        if one.kind == "domain" and one.reference is not None and one.verdict in ("better", "worse")
    ]
    if not found.study.table.itemised:
        return ()
    return tuple(
        made
        for one in settled
        if (made := found.attempt(f"robustness of `{one.arm}`", of_effect, found, one))
    )


def of_effect(found: Scopes, one: Effect) -> Robustness:
    """Of one contrast."""
    scope = Scope(base=one.base, kind=one.kind, name=one.scope, domain=one.scope)
    runs = found.runs(scope, (one.arm, one.reference or ""))
    told = sensitivity(estimate(arm_fit(runs), np.array([1.0, -1.0]), one.arm, found.design.alpha))
    return Robustness(
        base=one.base,
        scope=one.scope,
        arm=one.arm,
        reference=one.reference or "",
        robustness=told.robustness,
        robustness_interval=told.robustness_interval,
        words=told.words,
    )
