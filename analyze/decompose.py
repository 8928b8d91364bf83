"""Accuracy as format adoption times competence in each format (ablation.md 6.3).

A model that has been shown long traces may answer with thinking or directly. Forced into either
mode it has a competence; left free it thinks with some rate c. If the mode is all that matters,

    accuracy = (1 − c) · direct + c · cot,

and a change since the base splits without remainder into

- adoption: (c_t − c_0) · (cot_0 − direct_0), the mode entered at the competence of the base;
- competence: c_t · (cot_t − cot_0) + (1 − c_t) · (direct_t − direct_0);
- residual: what the identity leaves of the observed change.

All of it item by item, so that thinking more on some kinds of items than others is accounted for:
rate and competences come from separate responses, so the product of their item means is unbiased.
"""

from dataclasses import dataclass, replace

from curate.analyze.panel import Floats, Panel
from curate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """Panels of the change since the base (base 0) and its parts, for `moments` and the bands."""

    observed: Panel
    adoption: Panel
    competence: Panel
    residual: Panel
    predicted: Panel
    """The accuracy by the identity, base included; not a change."""


def decompose(*, free: Panel, thinking: Panel, cot: Panel, direct: Panel) -> Decomposition:
    """Parts of a change in accuracy.

    `free` holds scores in the mode `free`, `thinking` its `used_thinking`, `cot` and `direct`
    scores in the modes `forced_cot` and `forced_direct`; all on the same items, runs and steps.
    """
    for other in (thinking, cot, direct):
        _refuse_other_axes(free, other)
    c, k, d = thinking.values, cot.values, direct.values
    c0, k0, d0 = thinking.base, cot.base, direct.base
    adoption = (c - c0) * (k0 - d0)
    competence = c * (k - k0) + (1 - c) * (d - d0)
    observed = free.values - free.base
    predicted = _named(free, "predicted", (1 - c) * d + c * k)
    return Decomposition(
        observed=_named(free, "observed change", observed),
        adoption=_named(free, "adoption", adoption),
        competence=_named(free, "competence", competence),
        residual=_named(free, "residual", observed - adoption - competence),
        predicted=replace(predicted, base=(1 - c0) * d0 + c0 * k0),
    )


def _named(like: Panel, measure: str, values: Floats) -> Panel:
    """A panel of changes: the base is 0 wherever it is known."""
    return replace(like, measure=measure, values=values, base=like.base * 0)


def _refuse_other_axes(one: Panel, other: Panel) -> None:
    for axis in ("arms", "seeds", "steps", "suites", "items"):
        if getattr(one, axis) != getattr(other, axis):
            raise InputError(
                f"modes `{one.mode}` and `{other.mode}` of `{one.name}` have other {axis}",
                why="the parts of an accuracy are products on the same items of the same runs",
                fix="evaluate all modes of every checkpoint, or keep what they share",
            )
