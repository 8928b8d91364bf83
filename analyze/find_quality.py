"""What the data's quality did: dose and response, factors, strata, where the design has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from curate.analyze.crossed import Fit, chosen_arms, moment_fit
from curate.analyze.dose import dose_response
from curate.analyze.factorial import Effect, factorial
from curate.analyze.find_grading import SAME, regraded
from curate.analyze.interval import Estimate
from curate.analyze.records import Dose, Factor, Value
from curate.analyze.scopes import Scope, Scopes
from curate.analyze.shapley import shapley
from curate.analyze.study import Arm
from curate.analyze.swarm import swarm


def doses(found: Scopes) -> tuple[Dose, ...]:
    """Dose–response of every domain, if two arms or more have doses."""
    arms = [name for name, arm in found.design.arms.items() if is_dose(arm)]
    if len({found.design.arms[name].dose for name in arms}) < 2:
        found.leave_out(
            "dose and response",
            "no two arms of the design have different doses",
            "make nested doses with `curate mix dose-response`, or give arms a `dose`",
        )
        return ()
    if not found.design.graders:
        found.leave_out(
            "a slope without the grader's errors",
            "the mixture had one grader only",
            "name a second one under `[graders.NAME]` in the recipe of `curate mix`",
        )
    return tuple(
        made
        for base in found.bases
        for scope in found.domains(base)
        if (made := found.attempt(f"dose and response of {at(scope)}", dose, found, scope, arms))
    )


def at(scope: Scope) -> str:
    """`x` on `base`."""
    return f"`{scope.name}` on `{scope.base}`"


def is_dose(arm: Arm) -> bool:
    """Whether an arm stands for a dose, and is no control."""
    return arm.dose is not None and arm.role not in ("again", "shuffled")


def dose(found: Scopes, scope: Scope, arms: Sequence[str]) -> Dose:
    """One domain."""
    design = found.design
    panel = found.panel(scope)
    held = [name for name in arms if name in panel.arms]
    pairs = control_pairs(found, panel.arms)
    controls = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    made = dose_response(
        found.runs(scope, held),
        [float(design.arms[name].dose or 0.0) for name in held],
        controls=pairs,
        control_runs=found.runs(scope, controls) if controls else None,
        means=pooled_means(found, scope, held),
        several_draws=len(np.unique(panel.mixes)) > 1,
        alpha=design.alpha,
    )
    slope = made.slope
    if len(np.unique(panel.mixes)) > 1 and made.slope_by_seed is not None:
        slope = made.slope_by_seed
    return Dose(
        base=scope.base,
        scope=scope.name,
        doses=made.doses,
        means=tuple(interval(one) for one in made.means),
        start=base_mean(found, scope),
        slope=interval(slope),
        p_trend=made.p_trend,
        p_not_monotone=made.p_not_monotone,
        floor=made.floor if made.controls else None,
        verdict=made.verdict,
        why=made.why,
        regraded=regraded(found, slope, held),
    )


def base_mean(found: Scopes, scope: Scope) -> float | None:
    """The untrained base, benchmarks weighted as everywhere; None where it was not evaluated."""
    known = found.moments(scope)
    return float(known.means[0]) if known.has_base else None


def pooled_means(found: Scopes, scope: Scope, held: Sequence[str]) -> Fit | None:
    """Means of some arms, their runs' variance pooled over all checkpoints; None of single runs."""
    known = found.moments(scope)
    if not known.seeds_known:
        return None
    places = np.array([known.arms.index(name) for name in held])
    return chosen_arms(moment_fit(known, found.design.window), places)


def interval(one: Estimate) -> Value:
    """As a record of results."""
    return Value(value=one.value, low=one.low, high=one.high)


def control_pairs(found: Scopes, present: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of arms that should not differ: shuffled ones, and an arm drawn again with its own.

    An arm drawn again has grades `NAME-again`, as `curate mix` writes them.
    """
    arms = {name: arm for name, arm in found.design.arms.items() if name in present}
    shuffled = [name for name, arm in arms.items() if arm.role == "shuffled"]
    pairs = list(combinations(shuffled, 2))
    for name, arm in arms.items():
        if arm.role == "again":
            own = {grade.removesuffix("-again"): share for grade, share in arm.grades.items()}
            like = (o for o, other in arms.items() if is_dose(other) and same(other.grades, own))
            pairs += [(name, other) for other in like]
    return pairs


def same(one: object, other: object) -> bool:
    """Whether two maps of shares are alike."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return one.keys() == other.keys() and all(abs(one[k] - other[k]) < SAME for k in one)


# --- factors, strata ------------------------------------------------------------------------------


def factors(found: Scopes) -> tuple[Factor, ...]:
    """Factorial effects, the regression of a swarm, and Shapley values, as the arms allow."""
    arms = found.design.arms
    crossed = [name for name, arm in arms.items() if arm.levels]
    mixed = [name for name, arm in arms.items() if arm.shares]
    if all(same(arms[name].shares, arms[mixed[0]].shares) for name in mixed):
        mixed = []
    made: list[Factor] = []
    if len(crossed) < 4:
        found.leave_out(
            "factors", "the design crosses no factors", "make cells with `factors` in `curate mix`"
        )
    if len(mixed) < 2:
        found.leave_out(
            "strata",
            "the arms do not differ in their strata",
            "make a swarm of mixtures, or subsets",
        )
    for base in found.bases:
        for scope in found.domains(base):
            if len(crossed) >= 4:
                one = found.attempt(f"factors in {at(scope)}", crossed_rows, found, scope)
                made += one or ()
            if len(mixed) >= 2:
                made += strata(found, scope)
    return tuple(made)


def crossed_rows(found: Scopes, scope: Scope) -> list[Factor]:
    """Main effects and interactions in one domain."""
    arms = found.design.arms
    held = [name for name in found.panel(scope).arms if arms[name].levels]
    table = factorial(
        found.runs(scope, held), [arms[name].levels for name in held], alpha=found.design.alpha
    )
    return [
        replace(
            factor("factorial", scope, one.estimate, factor_note(one, table.levels)),
            name=" × ".join(one.factors),
            p_adjusted=one.p_holm,
        )
        for one in table.effects
    ]


def factor(method: str, scope: Scope, one: Estimate, note: str) -> Factor:
    """As a record of results."""
    return Factor(
        method=method,
        base=scope.base,
        scope=scope.name,
        name=one.name,
        effect=interval(one),
        p=one.p,
        p_adjusted=None,
        seeds_known=one.seeds_known,
        note=note,
    )


def factor_note(one: Effect, levels: Mapping[str, tuple[str, str]]) -> str:
    """Which level is high, and what else stands under the same name."""
    said = []
    if len(one.factors) == 1:
        low, high = levels[one.factors[0]]
        said.append(f"`{high}` less `{low}`")
    if one.aliases:
        said.append("with " + ", ".join(" × ".join(word) for word in one.aliases))
    return "; ".join(said)


def strata(found: Scopes, scope: Scope) -> Iterator[Factor]:
    """A swarm's worths, or Shapley values where arms hold whole subsets."""
    arms = found.design.arms
    held = [name for name in found.panel(scope).arms if arms[name].shares]
    if len(held) < 2:
        return
    names = sorted({stratum for name in held for stratum in arms[name].shares})
    made = found.attempt("strata", swarm_rows, found, scope, held, names)
    yield from made or ()
    subsets = subsets_of([arms[name].shares for name in held])
    if frozenset() in subsets and frozenset().union(*subsets) in subsets:
        shares = found.attempt("Shapley values", shapley_rows, found, scope, held, subsets)
        yield from shares or ()


def subsets_of(shares: Sequence[Mapping[str, float]]) -> list[frozenset[str]]:
    """The strata that each arm holds beside those that all arms hold, which are the background."""
    held = [frozenset(name for name, share in one.items() if share > 0) for one in shares]
    background = frozenset.intersection(*held)
    return [one - background for one in held]


def swarm_rows(
    found: Scopes, scope: Scope, held: Sequence[str], names: Sequence[str]
) -> list[Factor]:
    """The regression on shares of strata."""
    arms = found.design.arms
    shares = np.array([[arms[a].shares.get(s, 0.0) for s in names] for a in held])
    made = swarm(found.runs(scope, held), shares, names, alpha=found.design.alpha)
    r2 = made.r2_held_out["least squares"]
    return [
        factor("swarm", scope, one, f"R² of held-out arms {r2:.2f}; variance inflation {vif:.1f}")
        for one, vif in zip(made.effects, made.vif, strict=True)
    ]


def shapley_rows(
    found: Scopes, scope: Scope, held: Sequence[str], subsets: Sequence[frozenset[str]]
) -> list[Factor]:
    """Shapley values of the strata."""
    made = shapley(found.runs(scope, held), subsets, alpha=found.design.alpha)
    mixed = made.interaction_share
    note = f"{made.method}; " + (
        "no variation beyond noise" if mixed is None else f"interaction share {100 * mixed:.0f} %"
    )
    return [factor("shapley", scope, one, note) for one in made.shares]
