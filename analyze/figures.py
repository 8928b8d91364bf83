"""The pictures of an analysis, each with the words under it."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from itertools import groupby

from curate.analyze.blocks import Picture
from curate.analyze.names import domain_words
from curate.analyze.plots import style_of
from curate.analyze.plots_effects import Doses, Place, Whisker, dose_response, forest, plane
from curate.analyze.plots_time import Track, lines, trajectories
from curate.analyze.records import Effect, Length, Trajectory, Value
from curate.analyze.results import Analysis, Tradeoff
from curate.analyze.words import level, points

COLUMNS = 4
MOST_LINES = 60
"""A forest of more lines is read by nobody; the table has them all."""


def styles(found: Analysis) -> Mapping[str, int]:
    """Colour, marker and line of each arm, in the order of the design."""
    return style_of(list(found.facts.arms))


def trajectory_pictures(found: Analysis) -> list[Picture]:
    """A grid for each base: a row per arm, a column per domain."""
    made = []
    for place, base in enumerate(name for name, _ in found.facts.bases):
        mine = [t for t in found.trajectories if t.base == base and t.kind == "domain"]
        columns = list(dict.fromkeys(t.scope for t in mine))
        for first in range(0, len(columns), COLUMNS):
            chosen = [t for t in mine if t.scope in columns[first : first + COLUMNS]]
            made.append(trajectory_picture(found, base, chosen, f"path-{place}-{first}"))
    return made


def trajectory_picture(
    found: Analysis, base: str, chosen: Sequence[Trajectory], name: str
) -> Picture:
    """One grid."""
    alt = f"Scores of every arm along training on {base}, with simultaneous bands"
    drawn = partial(
        trajectories,
        [track(one) for one in chosen],
        styles(found),
        name=name,
        label=alt,
        unit="score in percent",
    )
    band = (
        f"The band is simultaneous over the checkpoints of a panel ({level(found.facts.alpha)}): "
        "where it leaves the dashed line, the untrained base, the change is sure. "
        if any(one.low for one in chosen)
        else ""
    )
    runs = "Fine lines are single runs. " if any(len(one.runs) > 1 for one in chosen) else ""
    return Picture(
        name=name,
        draw=cache(drawn),
        alt=alt,
        caption=f"On `{base}`. {band}{runs}Above each panel: the verdict of the joint test of dip "
        "and recovery, not of the eye.",
    )


def track(one: Trajectory) -> Track:
    """A panel."""
    return Track(
        row=one.arm,
        column=domain_words(one.scope),
        steps=one.steps,
        means=hundred(one.means),
        low=None if one.low is None else hundred(one.low),
        high=None if one.high is None else hundred(one.high),
        start=None if one.start is None else 100 * one.start,
        label=one.verdict,
        runs=tuple(map(hundred, one.runs)) if len(one.runs) > 1 else (),
    )


def hundred(values: Sequence[float]) -> tuple[float, ...]:
    """In percent."""
    return tuple(100 * value for value in values)


def forest_pictures(found: Analysis) -> list[Picture]:
    """Contrasts between arms, and, apart, changes over the base."""
    rows = [e for e in found.effects if e.kind == "domain"]
    made = (
        forest_picture(found, [e for e in rows if e.reference is not None], "forest", CONTRASTS),
        forest_picture(found, [e for e in rows if e.reference is None], "changes", CHANGES),
    )
    return [one for one in made if one is not None]


CONTRASTS = (
    "Differences between arms in the final window, paired by item. Filled squares: the declared "
    "family, Holm-corrected; open circles: exploratory, Benjamini–Hochberg."
)
CHANGES = (
    "Changes over the untrained base in the final window, paired by item; all exploratory, "
    "Benjamini–Hochberg."
)


def forest_picture(
    found: Analysis, rows: Sequence[Effect], picture: str, words: str
) -> Picture | None:
    """One forest; the table has what is more than a picture can show."""
    if not rows:
        return None
    alt = "Forest plot: " + words.split(".")[0]
    several = len(found.facts.bases) > 1
    drawn = partial(
        forest,
        [whisker(one, several) for one in ordered(rows)[:MOST_LINES]],
        margin=found.facts.margin,
        name=picture,
        label=alt,
    )
    more = f" The first {MOST_LINES} of {len(rows)}." if len(rows) > MOST_LINES else ""
    return Picture(
        name=picture,
        draw=cache(drawn),
        alt=alt,
        caption=f"{words} Bars: {level(found.facts.alpha)} intervals of each by itself. Shaded: "
        f"the margin of equivalence, ± {100 * found.facts.margin:g} points.{more}",
    )


def ordered(rows: Sequence[Effect]) -> list[Effect]:
    """Together what is of one base and domain."""
    keys = list(dict.fromkeys((e.base, e.scope) for e in rows))
    return sorted(rows, key=lambda e: keys.index((e.base, e.scope)))


def whisker(one: Effect, several: bool) -> Whisker:
    """A line of the forest."""
    words = domain_words(one.scope)
    group = f"{words}, {one.base}" if several else words
    return Whisker(
        group=group,
        name=f"{one.arm} − {one.reference}" if one.reference is not None else one.arm,
        effect=100 * one.difference.value,
        low=scaled(one.difference.low),
        high=scaled(one.difference.high),
        primary=one.family == "primary",
        note=one.verdict,
    )


def scaled(value: float | None) -> float | None:
    """In points."""
    return None if value is None else 100 * value


def dose_picture(found: Analysis) -> Picture | None:
    """A panel for each domain and base."""
    if not found.doses:
        return None
    several = len({one.base for one in found.doses}) > 1
    domains = len({one.scope for one in found.doses})
    columns = domains if several and 2 <= domains <= COLUMNS else 3
    panels = [
        Doses(
            title=domain_words(one.scope) + (f", {one.base}" if several else ""),
            doses=one.doses,
            means=tuple(100 * mean.value for mean in one.means),
            low=ends(one.means, "low"),
            high=ends(one.means, "high"),
            slope=100 * one.slope.value,
            intercept=100
            * (mean_of([m.value for m in one.means]) - one.slope.value * mean_of(one.doses)),
            start=None if one.start is None else 100 * one.start,
            note=f"{points(one.slope.value)} [{points(one.slope.low)}, {points(one.slope.high)}]",
        )
        for one in found.doses
    ]
    alt = "Score against dose in each domain, with the fitted line"
    return Picture(
        name="dose",
        draw=cache(partial(dose_response, panels, columns=columns, name="dose", label=alt)),
        alt=alt,
        caption="Score of the final window in percent, by the share of the graded material. Bars: "
        f"{level(found.facts.alpha)} intervals; line: least squares; dashed: the untrained base. "
        "Above each panel: points from dose 0 to 100 %, with interval.",
    )


def ends(means: Sequence[Value], which: str) -> tuple[float, ...] | None:
    """Ends of intervals in percent, where all are known."""
    values = [getattr(mean, which) for mean in means]
    return None if None in values else tuple(100 * value for value in values)


def mean_of(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return sum(values) / len(values)


def tradeoff_pictures(found: Analysis) -> list[Picture]:
    """A plane for each base."""
    made = []
    for number, (base, group) in enumerate(groupby(found.tradeoffs, key=lambda one: one.base)):
        rows = list(group)
        alt = f"Change of safety against change of reasoning on {base}, an ellipse per arm"
        drawn = partial(
            plane,
            [place(one) for one in rows],
            styles(found),
            margin=found.facts.safety_margin,
            name=f"plane-{number}",
            label=alt,
        )
        made.append(
            Picture(
                name=f"plane-{number}",
                draw=cache(drawn),
                alt=alt,
                caption=f"On `{base}`, over the untrained base. Ellipses: joint "
                f"{level(found.facts.alpha)} regions of both changes. Filled: no arm has a higher "
                "estimate in both. Dotted: the margin of safety.",
            )
        )
    return made


def place(one: Tradeoff) -> Place:
    """An arm in the plane."""
    return Place(
        arm=one.arm,
        x=100 * one.reasoning.value,
        y=100 * one.safety.value,
        outline=tuple((100 * x, 100 * y) for x, y in one.outline),
        best=one.in_pareto_set,
    )


def length_pictures(found: Analysis) -> list[Picture]:
    """Tokens of responses along training, a picture for each base."""
    made = []
    for number, (base, group) in enumerate(groupby(found.lengths, key=lambda one: one.base)):
        alt = f"Length of responses along training on {base}"
        drawn = partial(
            lines,
            [length_track(one) for one in group],
            styles(found),
            name=f"length-{number}",
            label=alt,
            unit="tokens of a response",
        )
        made.append(
            Picture(
                name=f"length-{number}",
                draw=cache(drawn),
                alt=alt,
                caption=f"On `{base}`: mean tokens of a response. Dashed: the untrained base. "
                "Length that still moves says that training is not finished; length that rises "
                "again late, with falling scores, is a symptom of overfitting.",
            )
        )
    return made


def length_track(one: Length) -> Track:
    """An arm's lengths."""
    return Track(
        row=one.arm,
        column=domain_words(one.scope),
        steps=one.steps,
        means=one.tokens,
        low=None,
        high=None,
        start=one.start,
        label=one.verdict,
    )
