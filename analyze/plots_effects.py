"""Pictures of effects: the forest of contrasts, dose and response, and the trade-off plane."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.analyze.plots import (
    COLOURS,
    FAINT,
    INK,
    LINE,
    MARKERS,
    SOFT,
    WIDTH,
    cut,
    drawing,
    percent_axis,
    plain,
    points_axis,
    signed,
    svg_of,
)

ROW = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """One line of a forest: an effect with its interval, in points."""

    group: str
    """Heading over the lines that belong together."""
    name: str
    effect: float
    low: float | None
    high: float | None
    primary: bool
    """Primary effects have a full mark, exploratory ones an open mark."""
    note: str
    """What stands at the right: the verdict in a word."""


def forest(rows: Sequence[Whisker], *, margin: float, name: str, label: str) -> str:
    """Effects under each other with intervals; the grey stripe is the margin of equivalence."""
    places, heads, at = [], [], 0.0
    for number, row in enumerate(rows):
        if number == 0 or row.group != rows[number - 1].group:
            heads.append((at, row.group))
            at += 1.05
        places.append(at)
        at += 1
    with drawing(WIDTH, ROW * at + 62) as (figure, axes):
        axes.axvspan(-100 * margin, 100 * margin, color=FAINT)
        axes.axvline(0, color=SOFT, linewidth=1)
        axes.grid(axis="x")
        for place, row in zip(places, rows, strict=True):
            whisker(axes, place, row)
        for place, words in heads:
            axes.annotate(
                plain(words), xy=(0, place), xycoords=("axes fraction", "data"),
                xytext=(-4, 0), textcoords="offset points", ha="right", va="center",
                fontweight="bold", fontsize=11,
            )  # fmt: skip
        axes.set_ylim(at - 0.4, -0.7)
        axes.set_yticks(places, [plain(cut(row.name, 44)) for row in rows], color=INK)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        wide(axes, rows, margin)
        points_axis(axes.xaxis)
        axes.set_xlabel("difference in points")
        return svg_of(figure, name, label)


def whisker(axes: Any, place: float, row: Whisker) -> None:  # noqa: ANN401
    """One effect: full where primary, open where exploratory."""
    face = INK if row.primary else "none"
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [place, place], color=INK, linewidth=1.4)
    axes.plot(
        row.effect,
        place,
        marker="s" if row.primary else "o",
        markerfacecolor=face,
        markeredgecolor=INK,
        linestyle="none",
        markersize=6,
    )
    axes.annotate(
        plain(row.note), xy=(1, place), xycoords=("axes fraction", "data"),
        xytext=(8, 0), textcoords="offset points", va="center", fontsize=10, color=SOFT,
        annotation_clip=False,
    )  # fmt: skip


def wide(axes: Any, rows: Sequence[Whisker], margin: float) -> None:  # noqa: ANN401
    """Limits that hold every interval and the margin."""
    ends = [v for row in rows for v in (row.effect, row.low, row.high) if v is not None]
    low, high = min([*ends, -110 * margin]), max([*ends, 110 * margin])
    room = 0.04 * (high - low)
    axes.set_xlim(low - room, high + room)


# --- dose and response ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Doses:
    """One panel: scores by dose, and the straight line through them."""

    title: str
    doses: tuple[float, ...]
    """Share in [0, 1]."""
    means: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    """Percent."""
    slope: float | None
    """Points from dose 0 to dose 1."""
    intercept: float | None
    start: float | None
    """The base, in percent."""
    note: str


def dose_response(panels: Sequence[Doses], *, columns: int, name: str, label: str) -> str:
    """Score by share of the graded material, a panel per domain."""
    wide_ = min(len(panels), columns)
    tall = -(-len(panels) // wide_)
    with drawing(WIDTH, 215.0 * tall + 24, nrows=tall, ncols=wide_, squeeze=False) as (
        figure,
        axes,
    ):
        every = [one for row in axes for one in row]
        for one in every[len(panels) :]:
            one.set_visible(False)
        for one, doses in zip(every, panels, strict=False):
            dose_panel(one, doses)
        figure.supxlabel("dose, percent of the set", fontsize=10.5, color=SOFT)
        return svg_of(figure, name, label)


def dose_panel(axes: Any, doses: Doses) -> None:  # noqa: ANN401
    """Points with intervals, the line, the base."""
    x = [100 * dose for dose in doses.doses]
    axes.grid(axis="y")
    if doses.start is not None:
        axes.axhline(doses.start, color=SOFT, linestyle=(0, (4, 3)), linewidth=1)
    if doses.slope is not None and doses.intercept is not None:
        ends = (min(doses.doses), max(doses.doses))
        axes.plot(
            [100 * end for end in ends],
            [doses.intercept + doses.slope * end for end in ends],
            color=COLOURS[0],
            linewidth=1.4,
        )
    if doses.low is not None and doses.high is not None:
        axes.vlines(x, doses.low, doses.high, color=INK, linewidth=1.3)
    axes.plot(x, doses.means, color=INK, marker="o", linestyle="none", markersize=6)
    axes.set_title(plain(doses.title), loc="left", pad=18)
    axes.annotate(
        plain(doses.note), xy=(0, 1.02), xycoords="axes fraction", fontsize=9.5, color=SOFT,
        va="bottom",
    )  # fmt: skip
    axes.set_xticks(x, [f"{value:g}" for value in x])
    axes.set_xlim(min(x) - 6, max(x) + 6)
    percent_axis(axes.yaxis, 5)


# --- the trade-off plane --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An arm in the plane of reasoning and safety, in points over the base."""

    arm: str
    x: float
    y: float
    outline: tuple[tuple[float, float], ...]
    """The joint region as a polygon; empty where there is none."""
    best: bool
    """In the Pareto set."""


def plane(
    places: Sequence[Place], styles: Mapping[str, int], *, margin: float, name: str, label: str
) -> str:
    """Change of safety against change of reasoning with joint regions."""
    with drawing(560.0, 400.0) as (figure, axes):
        axes.axhline(0, color=SOFT, linewidth=1)
        axes.axvline(0, color=SOFT, linewidth=1)
        axes.axhline(-100 * margin, color=SOFT, linewidth=1, linestyle=(0, (2, 2)))
        axes.grid(color=LINE)
        for place in places:
            region(axes, place, styles[place.arm])
        axes.margins(0.12)
        points_axis(axes.xaxis)
        points_axis(axes.yaxis)
        axes.set_xlabel("change of reasoning out of domain, points")
        axes.set_ylabel("change of safety, points")
        figure.legend(loc="outside right upper", fontsize=10.5)
        return svg_of(figure, name, label)


def region(axes: Any, place: Place, style: int) -> None:  # noqa: ANN401
    """An arm and its joint region."""
    colour = COLOURS[style]
    if place.outline:
        xs, ys = zip(*place.outline, strict=True)
        axes.fill(xs, ys, color=colour, alpha=0.16)
        axes.plot([*xs, xs[0]], [*ys, ys[0]], color=colour, linewidth=1)
    axes.plot(
        place.x,
        place.y,
        marker=MARKERS[style],
        color=colour,
        markersize=9,
        markerfacecolor=colour if place.best else "none",
        markeredgewidth=1.6,
        linestyle="none",
        label=plain(cut(place.arm, 26)),
    )


def points(value: float) -> str:
    """`+3.1` points from a score difference."""
    return signed(100 * value, 3)
