"""Weak and strong bases: the effect of each contrast on every base, and whether they differ."""

import numpy as np

from curate.analyze.capability import base_effect, capability_of
from curate.analyze.find_quality import interval
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
    return tuple(
        made
        for domain in found.design.domains
        for arm, reference in found.design.contrasts
        if (
            made := found.attempt(
                f"`{arm}` against `{reference}` over bases in `{domain}`",
                capability,
                found,
                domain,
                arm,
                reference,
            )
        )
    )


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
