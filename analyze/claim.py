"""The one sentence at the top, and the next few: what the study shows, and no more."""

from collections import Counter
from collections.abc import Sequence

from curate.analyze.names import domain_words
from curate.analyze.records import Dose, Effect, Trajectory
from curate.analyze.study import Design
from curate.analyze.words import (
    bounds,
    count,
    effect_sentence,
    interval,
    level,
    listing,
    name,
    place,
    points,
    size,
)

ORDER = ("ood", "id", "general", "unsorted", "safety")
"""Where the first sentence is looked for: generalization first."""


def claim(design: Design, effects: Sequence[Effect], doses: Sequence[Dose]) -> str:
    """The dose slope where there are doses, else a declared contrast; out of domain first."""
    several = len({one.base for one in effects}) > 1
    slopes = first_doses(doses)
    if slopes:
        return dose_sentence(slopes[0], design, several=several)
    chosen = first_effect(effects)
    if chosen is None:
        return "Nothing can be said: no two arms, and no arm and its base, can be compared."
    margin = design.safety_margin if chosen.scope == "safety" else design.margin
    return effect_sentence(chosen, alpha=design.alpha, margin=margin, several=several)


def first_doses(doses: Sequence[Dose]) -> list[Dose]:
    """The domain that is told first, on every base."""
    ranked = sorted(doses, key=lambda one: (rank(one.scope), one.base))
    return [one for one in ranked if one.scope == ranked[0].scope]


def first_effect(effects: Sequence[Effect]) -> Effect | None:
    """A declared contrast before others, a contrast before a change, out of domain first."""
    first = [one for one in effects if one.kind == "domain" and one.reference is not None]
    wanted = [one for one in first if one.family == "primary"] or first
    if not wanted:
        wanted = [one for one in effects if one.kind == "domain"]
    return min(wanted, key=lambda one: rank(one.scope), default=None)


def elsewhere(effects: Sequence[Effect], doses: Sequence[Dose]) -> str:
    """The same on the other bases."""
    slopes, chosen = first_doses(doses), first_effect(effects)
    if slopes:
        found = [(one.base, one.slope) for one in slopes[1:]]
    elif chosen is not None:
        same = (chosen.kind, chosen.scope, chosen.arm, chosen.reference)
        found = [(e.base, e.difference) for e in effects if e.base != chosen.base
                 and (e.kind, e.scope, e.arm, e.reference) == same]  # fmt: skip
    else:
        found = []
    if not found:
        return ""
    told = [f"{name(base)} {interval(value)}" for base, value in found]
    return f"The same on the other bases, in points: {listing(told)}."


def other_domains(effects: Sequence[Effect], doses: Sequence[Dose]) -> str:
    """The claimed slope or contrast in every other domain of its base, whatever it came to."""
    slopes, chosen = first_doses(doses), first_effect(effects)
    if slopes:
        told = [
            f"{domain_words(one.scope)} {interval(one.slope)}, {one.verdict}"
            for one in sorted(doses, key=lambda one: rank(one.scope))
            if one.base == slopes[0].base and one.scope != slopes[0].scope
        ]
        return f"The same slope elsewhere, in points: {'; '.join(told)}." if told else ""
    if chosen is None:
        return ""
    same = (chosen.base, chosen.arm, chosen.reference)
    others = [one for one in effects if one.kind == "domain" and one.scope != chosen.scope
              and (one.base, one.arm, one.reference) == same]  # fmt: skip
    told = [
        f"{domain_words(one.scope)} {interval(one.difference)}, {one.verdict}"
        for one in sorted(others, key=lambda one: rank(one.scope))
    ]
    return f"The same contrast elsewhere, in points: {'; '.join(told)}." if told else ""


def rank(scope: str) -> int:
    """Generalization first."""
    return ORDER.index(scope) if scope in ORDER else len(ORDER)


def dose_sentence(dose: Dose, design: Design, *, several: bool) -> str:
    """What a whole dose does to the score."""
    there = place("domain", dose.scope, dose.base if several else None)
    low, high = 100 * dose.doses[0], 100 * dose.doses[-1]
    span = f"from a dose of {low:g} to {high:g} %"
    slope = dose.slope
    inside = f"{level(design.alpha)} interval {bounds(slope)}"
    if dose.verdict.endswith("with dose"):
        verb = "rises" if slope.value > 0 else "falls"
        return (
            f"The score {there} {verb} by {size(slope.value)} points {span} of the graded "
            f"material ({inside})."
        )
    return (
        f"Whether the score {there} depends on the dose is not settled: {points(slope.value)} "
        f"points {span}, {inside}; {dose.why}."
    )


def also(
    design: Design,
    effects: Sequence[Effect],
    trajectories: Sequence[Trajectory],
    doses: Sequence[Dose],
) -> tuple[str, ...]:
    """Other domains and bases, how many contrasts are settled, what happened on the way, safety."""
    said = (
        other_domains(effects, doses),
        elsewhere(effects, doses),
        family_sentence(effects, design),
        dynamics_sentence(trajectories),
        safety_sentence(effects),
    )
    return tuple(line for line in said if line)


def family_sentence(effects: Sequence[Effect], design: Design) -> str:
    """How the primary family came out."""
    family = [one for one in effects if one.family == "primary"]
    if not family:
        return (
            "No family of contrasts was declared: every number below is exploratory, corrected "
            "after Benjamini and Hochberg, and asks to be confirmed by a study that declares it."
        )
    counts = Counter(one.verdict for one in family)
    parts = [f"{number} {verdict}" for verdict, number in counts.items()]
    label = "declared beforehand" if design.confirmatory else "named, but exploratory"
    return (
        f"Of {count(len(family), 'primary contrast')} ({label}, Holm-corrected): {listing(parts)}."
    )


def dynamics_sentence(trajectories: Sequence[Trajectory]) -> str:
    """What trajectories of whole domains did."""
    mine = [one for one in trajectories if one.kind == "domain" and one.verdict != "not testable"]
    if not mine:
        return ""
    if not any(one.seeds_known for one in mine):
        return (
            "No verdict on dips: with one run of each arm, a dip of this run and a dip of the "
            "data cannot be told apart."
        )
    dips = [one for one in mine if one.verdict.startswith("dip and")]
    counts = Counter(one.verdict for one in mine)
    parts = [f"{number} {verdict}" for verdict, number in counts.most_common()]
    line = f"Of {len(mine)} trajectories (arm × domain × base): {listing(parts)}{together(mine)}."
    if not dips:
        return line
    deepest = min(dips, key=lambda one: one.depth.value if one.depth else 0.0)
    low = deepest.depth
    if low is None or deepest.trough_steps is None:
        return line
    first, last = deepest.trough_steps
    return (
        f"{line} The deepest dip: {name(deepest.arm)}, {domain_words(deepest.scope)}, "
        f"{points(low.value)} points around steps {first} to {last} (simultaneous interval "
        f"{bounds(low)}); a run that stopped there would have looked like failure."
    )


def together(trajectories: Sequence[Trajectory]) -> str:
    """How many verdicts are left when the trajectories are tested as one family."""
    shown = [one for one in trajectories if one.holds is not None]
    held = sum(bool(one.holds) for one in shown)
    if len(trajectories) < 2 or not shown:
        return ""
    left = "all of these" if held == len(shown) else f"{held} of the {len(shown)} verdicts"
    return f"; tested together (Holm), {left} hold"


def safety_sentence(effects: Sequence[Effect]) -> str:
    """Which arms were shown to keep safety, which to lose it, over the base."""
    mine = [one for one in effects if one.scope == "safety" and one.kind == "domain"
            and one.reference is None]  # fmt: skip
    if not mine:
        return ""
    lost = sum(one.verdict == "worse" for one in mine)
    kept = sum(bool(one.not_harmed) for one in mine)
    rest = len(mine) - lost - kept
    return (
        f"Safety against the base, over arms and bases (exploratory): {lost} lost it, {kept} were "
        f"shown to keep it within the margin, {max(rest, 0)} are not settled."
    )
