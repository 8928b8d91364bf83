"""Weak and strong bases: effects on each, what differs, and whether small predicts large."""

from collections.abc import Iterator

import numpy as np

from curate.analyze.capability import base_effect, capability_of
from curate.analyze.crossed import Runs, runs_of
from curate.analyze.find_quality import interval
from curate.analyze.records import Value
from curate.analyze.results import Capability, Prediction
from curate.analyze.scaling import Decision, decision
from curate.analyze.scopes import Scope, Scopes
from curate.errors import InputError

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


# --- small predicts large -------------------------------------------------------------------------


def predictions(found: Scopes) -> tuple[Prediction, ...]:
    """Smaller bases for the most capable one, and early checkpoints for the end of each base."""
    made = [one for domain in found.design.domains for one in of_domain(found, domain)]
    return tuple(made)


def of_domain(found: Scopes, domain: str) -> Iterator[Prediction]:
    """All comparisons in one domain."""
    scopes = {s.base: s for base in found.bases for s in found.domains(base) if s.name == domain}
    ranked = sorted(scopes, key=lambda base: (capability_at(found, scopes[base]), base))
    if len(ranked) > 1:
        largest = scopes[ranked[-1]]
        for base in ranked[:-1]:
            one = found.attempt(
                f"whether `{base}` predicts `{largest.base}` in `{domain}`",
                small_and_large,
                found,
                scopes[base],
                largest,
            )
            yield from [one] if one else []
    for base, scope in scopes.items():
        one = found.attempt(
            f"whether early checkpoints predict the end on `{base}` in `{domain}`",
            early,
            found,
            scope,
        )
        yield from [one] if one else []


def small_and_large(found: Scopes, small: Scope, large: Scope) -> Prediction:
    """One base against the most capable one."""
    names = (small.base, large.base, large.name)
    return told(found, found.runs(small), found.runs(large), names)


def capability_at(found: Scopes, scope: Scope) -> float:
    """Mean score of the untrained base here; 0 where it is unknown."""
    made = found.attempt(f"the base in `{scope.name}`", found.panel, scope)
    if made is None or np.isnan(made.base).all():
        return 0.0
    return float(np.nanmean(made.base))


def early(found: Scopes, scope: Scope) -> Prediction:
    """The checkpoints in the middle of the grid against the end."""
    panel, window = found.panel(scope), found.design.window
    middle = len(panel.steps) // 2
    if middle < 1 or middle >= len(panel.steps) - 1:
        raise InputError(
            f"`{scope.name}` has {len(panel.steps)} checkpoints",
            why="early and late are the same then",
            fix="evaluate four checkpoints or more",
        )
    step = panel.steps[middle - 1]
    names = (f"{scope.base}, up to step {step}", scope.base, scope.name)
    return told(found, runs_of(panel, window, until=step), found.runs(scope), names)


def told(found: Scopes, small: Runs, large: Runs, names: tuple[str, str, str]) -> Prediction:
    """One comparison as a record of results."""
    made: Decision = decision(small, large, names[0], alpha=found.design.alpha)
    return Prediction(
        scope=names[2],
        source=names[0],
        target=names[1],
        metric="score",
        accuracy=Value(value=made.accuracy, low=made.low, high=made.high),
        pairs=made.pairs,
        words=made.words,
    )
