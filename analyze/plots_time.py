"""Pictures over training steps: trajectories with their bands, and lengths of responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.analyze.plots import (
    COLOURS,
    INK,
    MARKERS,
    SOFT,
    STYLES,
    WIDTH,
    base_place,
    cut,
    drawing,
    percent_axis,
    plain,
    step_axis,
    svg_of,
)

PANEL_HEIGHT = 132.0
SMALL_COLUMNS = 4
"""Domains beside each other; more go on below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One panel: an arm in a domain."""

    row: str
    """The arm."""
    column: str
    """The domain, in words."""
    steps: tuple[int, ...]
    means: tuple[float, ...]
    """In percent, or in tokens."""
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    """The simultaneous band; None where there can be none."""
    start: float | None
    """The base."""
    label: str
    """The verdict in two or three words."""
    runs: tuple[tuple[float, ...], ...] = ()
    """Every run by itself."""


def trajectories(
    tracks: Sequence[Track], styles: Mapping[str, int], *, name: str, label: str, unit: str
) -> str:
    """A grid of panels, a row per arm and a column per domain, all with one scale per column."""
    rows = list(dict.fromkeys(track.row for track in tracks))
    columns = list(dict.fromkeys(track.column for track in tracks))
    height = PANEL_HEIGHT * len(rows) + 46
    options = {"nrows": len(rows), "ncols": len(columns), "squeeze": False, "sharey": "col"}
    with drawing(WIDTH, height, **options) as (figure, axes):
        for track in tracks:
            panel(
                axes[rows.index(track.row)][columns.index(track.column)], track, styles[track.row]
            )
        for place, words in enumerate(columns):
            axes[0][place].set_title(
                plain(words), fontweight="bold", fontsize=11, loc="left", pad=19
            )
        for place, words in enumerate(rows):
            axes[place][0].set_ylabel(plain(cut(words, 22)), color=INK)
            for other in axes[place][1:]:
                other.set_ylabel("")
        for row in axes[:-1]:
            for one in row:
                one.tick_params(labelbottom=False)
        hide_empty(axes, rows, columns, tracks)
        figure.supxlabel(f"training step (logarithmic); {unit}", fontsize=10.5, color=SOFT)
        return svg_of(figure, name, label)


def hide_empty(
    axes: Any,  # noqa: ANN401
    rows: Sequence[str],
    columns: Sequence[str],
    tracks: Sequence[Track],
) -> None:
    """Panels of which there is no track."""
    there = {(track.row, track.column) for track in tracks}
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            if (row, column) not in there:
                axes[r][c].set_visible(False)


def panel(axes: Any, track: Track, style: int) -> None:  # noqa: ANN401
    """The line, its band, the base, and the verdict above."""
    colour = COLOURS[style]
    axes.grid(axis="y")
    if track.start is not None:
        axes.axhline(track.start, color=SOFT, linestyle=(0, (4, 3)), linewidth=1)
        axes.plot(base_place(track.steps), track.start, marker="o", color=SOFT, markersize=4)
    for run in track.runs:
        axes.plot(track.steps, run, color=colour, linewidth=0.6, alpha=0.45)
    if track.low is not None and track.high is not None:
        axes.fill_between(track.steps, track.low, track.high, color=colour, alpha=0.2)
    axes.plot(track.steps, track.means, color=colour, marker=MARKERS[style], markersize=4)
    from_base(axes, track, colour)
    step_axis(axes, track.steps)
    percent_axis(axes.yaxis)
    axes.annotate(
        plain(track.label),
        xy=(0.02, 1.0),
        xycoords="axes fraction",
        fontsize=9.5,
        va="bottom",
        color=SOFT,
    )


def from_base(axes: Any, track: Track, colour: str) -> None:  # noqa: ANN401
    """A faint line from the base to the first checkpoint."""
    if track.start is not None:
        x = [base_place(track.steps), track.steps[0]]
        axes.plot(x, [track.start, track.means[0]], color=colour, linewidth=0.8, alpha=0.6)


def lines(
    tracks: Sequence[Track], styles: Mapping[str, int], *, name: str, label: str, unit: str
) -> str:
    """Arms over each other, a panel per domain; the legend names each by marker and line."""
    columns = list(dict.fromkeys(track.column for track in tracks))
    wide = min(len(columns), 2)
    tall = -(-len(columns) // wide)
    options = {"nrows": tall, "ncols": wide, "squeeze": False}
    with drawing(WIDTH, 200.0 * tall + 60, **options) as (figure, axes):
        every = [one for row in axes for one in row]
        for one in every[len(columns) :]:
            one.set_visible(False)
        for track in tracks:
            overlay(every[columns.index(track.column)], track, styles[track.row])
        for place, words in enumerate(columns):
            every[place].set_title(plain(words), loc="left")
        handles, names = every[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper left", ncols=min(len(names), 5))
        figure.supxlabel(f"training step (logarithmic); {unit}", fontsize=10.5, color=SOFT)
        return svg_of(figure, name, label)


def overlay(axes: Any, track: Track, style: int) -> None:  # noqa: ANN401
    """One arm in a panel of several."""
    axes.grid(axis="y")
    if track.start is not None:
        axes.axhline(track.start, color=SOFT, linestyle=(0, (4, 3)), linewidth=1)
    axes.plot(
        track.steps,
        track.means,
        color=COLOURS[style],
        marker=MARKERS[style],
        linestyle=STYLES[style],
        markersize=4.5,
        label=plain(cut(track.row, 28)),
    )
    step_axis(axes, track.steps)
    percent_axis(axes.yaxis)
