"""Weak and strong bases: the effect of each contrast on every base, and whether they differ."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from curate.analyze.capability import ALIKE, DIFFER, base_effect, capability_of
from curate.analyze.find_quality import interval
from curate.analyze.multiplicity import benjamini_hochberg
from curate.analyze.results import Capability
from curate.analyze.scopes import Scopes

SEED = 0


def capabilities(found: Scopes) -> tuple[Capability, ...]:
    """Every contrast in every domain over the bases."""
    if len(found.bases) < 2:
        found.leave_out(
            "weak and strong bases",
            "there is one base model",
            "train the arms on two bases or more; a slope on capability takes five",
        )
        return ()
    made = [
        one
        for domain in found.design.domains
        for arm, reference in found.design.contrasts
        if (
            one := found.attempt(
                f"differences between bases in `{domain}`",
                capability,
                found,
                domain,
                arm,
                reference,
            )
        )
    ]
    return adjusted(made, found.design.alpha)


def adjusted(made: Sequence[Capability], alpha: float) -> tuple[Capability, ...]:
    """With p that bases differ corrected for all contrasts and domains (Benjamini–Hochberg)."""
    known = [one.p_heterogeneity for one in made if one.p_heterogeneity is not None]
    new = iter(benjamini_hochberg(np.array(known)).tolist())
    told = []
    for one in made:
        p = None if one.p_heterogeneity is None else next(new)
        verdict = ALIKE if one.verdict == DIFFER and p is not None and p > alpha else one.verdict
        told.append(replace(one, p_adjusted=p, verdict=verdict))
    return tuple(told)


def capability(found: Scopes, domain: str, arm: str, reference: str) -> Capability:
    """One contrast in one domain."""
    both = [
        base_effect(
            found.panel(scope),
            arm,
            reference,
            np.random.default_rng(SEED),
            window=found.design.window,
            alpha=found.design.alpha,
        )
        for base in found.bases
        for scope in found.domains(base)
        if scope.name == domain
    ]
    made = capability_of(
        [effect for effect, _ in both], [halves for _, halves in both], found.design.alpha
    )
    return Capability(
        scope=domain,
        arm=arm,
        reference=reference,
        bases=tuple(
            (base, at, interval(one))
            for base, at, one in zip(made.bases, made.capability, made.effects, strict=True)
        ),
        p_heterogeneity=made.heterogeneity.p,
        slope=None if made.slope is None else interval(made.slope),
        verdict=made.words.split(";")[0],
        why=made.words.partition("; ")[2],
    )
