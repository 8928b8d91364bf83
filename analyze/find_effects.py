"""Effects of a study: the declared family and, apart from it, everything else as exploration.

The primary family is every declared contrast in every domain of every base, Holm over all of them.
Arms against the base, contrasts inside single benchmarks and undeclared ones are exploration,
Benjamini–Hochberg over all of them, and labelled.
"""

from collections.abc import Iterator
from dataclasses import replace

from curate.analyze import effects as tests
from curate.analyze.equivalence import equivalence_p, non_inferiority_p
from curate.analyze.interval import NOTHING
from curate.analyze.multiplicity import Family, Finding, findings
from curate.analyze.records import Effect, Value
from curate.analyze.scopes import Scope, Scopes

Placed = tuple[Scope, tests.Effect]


def effects(found: Scopes) -> tuple[Effect, ...]:
    """Every effect, the primary ones first, with corrected p values."""
    primary: list[Placed] = []
    others: list[Placed] = []
    for base in found.bases:
        for scope in (*found.domains(base), *found.suites(base)):
            made = found.attempt(f"effects in `{scope.name}` on `{base}`", of_scope, found, scope)
            for family, effect in made or ():
                (primary if family is Family.PRIMARY else others).append((scope, effect))
    judged = findings([one for _, one in primary], [one for _, one in others])
    scopes = [scope for scope, _ in (*primary, *others)]
    return tuple(record(found, s, one) for s, one in zip(scopes, judged, strict=True))


def of_scope(found: Scopes, scope: Scope) -> list[tuple[Family, tests.Effect]]:
    """Declared contrasts and arms against the base in one scope."""
    if scope.kind == "suite" and alone(found, scope):
        return []
    known, panel = found.moments(scope), found.panel(scope)
    steps = tests.window_steps(known.steps, found.design.window, None)
    made = []
    for family, pair in pairs_of(found, scope):
        there = {pair[0], pair[1]} - {None} <= set(known.arms)
        if there and (pair[1] is not None or known.has_base):
            effect = tests.effect_of(panel, known, pair, steps, alpha=found.design.alpha)
            # Without any spread there is no error to test by.
            made.append((family, effect if effect.error > NOTHING else replace(effect, p=None)))
    return made


def alone(found: Scopes, scope: Scope) -> bool:
    """Whether a benchmark is all of its domain, which has been told already."""
    return found.parts[scope.base, scope.domain, "free"]["suite"].n_unique() == 1


def pairs_of(found: Scopes, scope: Scope) -> Iterator[tuple[Family, tuple[str, str | None]]]:
    """What to compare: declared contrasts are primary in whole domains."""
    whole = scope.kind == "domain" and found.design.declared
    for arm, reference in found.design.contrasts:
        yield Family.PRIMARY if whole else Family.EXPLORATORY, (arm, reference)
    for arm in found.design.arms:
        yield Family.EXPLORATORY, (arm, None)


def record(found: Scopes, scope: Scope, one: Finding) -> Effect:
    """A finding as a record of results."""
    effect, known = one.effect, one.effect.error > NOTHING
    safe = scope.domain == "safety"
    margin = found.design.safety_margin if safe else found.design.margin
    sure = effect.seeds_known and known
    return Effect(
        base=scope.base,
        kind=scope.kind,
        scope=scope.name,
        arm=effect.arm,
        reference=effect.reference,
        family=str(one.family),
        difference=Value(
            value=effect.estimate,
            low=effect.low if known else None,
            high=effect.high if known else None,
        ),
        p=effect.p,
        p_adjusted=one.adjusted_p,
        standardized=effect.standardized if effect.standardized == effect.standardized else None,
        mde=effect.detectable if known else None,
        seeds_known=effect.seeds_known,
        equivalent=equivalence_p(effect, margin) <= one.level if sure else None,
        not_harmed=non_inferiority_p(effect, margin) <= one.level if safe and sure else None,
        verdict=verdict(one, margin, safe=safe),
        notes=effect.notes,
    )


def verdict(one: Finding, margin: float, *, safe: bool) -> str:
    """`better`, `worse`, `equivalent`, `not harmed`, `not settled` or `one run`.

    What is different and also shown to lie within the margin is equivalent: it is there, and by
    the declared measure it does not matter.
    """
    effect = one.effect
    if not effect.seeds_known:
        return "one run"
    if effect.error <= NOTHING:
        return "no spread"
    if equivalence_p(effect, margin) <= one.level:
        return "equivalent"
    harmless = safe and non_inferiority_p(effect, margin) <= one.level
    if one.different and not (harmless and effect.estimate < 0):
        return "better" if effect.estimate > 0 else "worse"
    return "not harmed" if harmless else "not settled"
