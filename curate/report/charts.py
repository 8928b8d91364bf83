"""Charts as SVG, drawn where the report is made: pure functions from numbers to markup.

Colours are classes of the style sheet, so that light, dark and print each have their own. A mark
that stands for traces carries `data-bar`, the key of its examples, and says in `aria-label` what it
is; the script of the page makes it a button.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from curate.report.markup import Markup, joined, tag
from curate.report.scales import Tick, axis_values
from curate.report.words import short

WIDTH = 720
LEFT, RIGHT, TOP, BOTTOM = 48, 10, 30, 42
"""Margins of a chart with axes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a bar, a piece of a bar or a cell stands for."""

    value: float
    kind: str
    """A class of the style sheet: a verdict, `plain`, …"""
    label: str
    """What it is, in words, with its count."""
    bar: str | None = None
    """Key of its examples."""


def rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """A rectangle in the colour of a kind; `reach` has none and takes the pointer."""
    own = kind if kind == "reach" else f"fill {kind}"
    return tag("rect", x=fine(x), y=fine(y), width=fine(width), height=fine(height), class_=own)


def fine(value: float) -> str:
    """A coordinate to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, words: str, class_: str) -> Markup:
    """Words at a place."""
    return tag("text", words, x=fine(x), y=fine(y), class_=class_)


def mark(shape: Markup, what: Mark) -> Markup:
    """A shape that tells what it is and opens its examples."""
    return tag(
        "g",
        tag("title", what.label),
        shape,
        class_="mark",
        data_bar=what.bar,
        aria_label=what.label,
    )


def svg(width: float, height: float, label: str, *children: str, class_: str = "chart") -> Markup:
    """A drawing with its own name for readers who hear it."""
    return tag(
        "svg",
        *children,
        viewBox=f"0 0 {fine(width)} {fine(height)}",
        width=fine(width),
        height=fine(height),
        class_=class_,
        role="group",
        aria_label=label,
    )


# --- bars in tables -------------------------------------------------------------------------------


def stacked_bar(marks: Sequence[Mark], of: float, *, width: int, label: str) -> Markup:
    """A horizontal bar of several pieces; `of` is what the full width stands for."""
    height = 16
    at, drawn = 0.0, []
    for one in marks:
        size = width * one.value / of if of else 0
        if one.value:
            # A gap of a pixel keeps neighbours apart without colour; a piece is never invisible.
            shape = rect(at, 0, max(size - 1, 1.5), height, one.kind)
            drawn.append(mark(shape, one))
        at += size
    return svg(width, height, label, *drawn, class_="bar")


# --- charts with axes -----------------------------------------------------------------------------


def histogram(
    columns: Sequence[Sequence[Mark]],
    ticks: Sequence[Tick],
    *,
    label: str,
    x_title: str,
    y_title: str,
    height: int = 250,
) -> Markup:
    """Columns of stacked marks, the first at the bottom; the y axis counts."""
    levels = axis_values(max([sum(one.value for one in column) for column in columns] or [0]))
    plot = height - TOP - BOTTOM
    scale = plot / max(levels[-1], 1)
    step = (WIDTH - LEFT - RIGHT) / max(len(columns), 1)
    drawn = []
    for place, column in enumerate(columns):
        base: float = TOP + plot
        for one in column:
            size = one.value * scale
            if one.value:
                # Never invisible; a fine gap keeps neighbours apart without colour.
                tall = max(size - (0.8 if size > 3 else 0), 1.2)
                shape = rect(
                    LEFT + place * step + 0.5, base - max(size, 1.2), step - 1, tall, one.kind
                )
                drawn.append(mark(shape, one))
            base -= size
    grid = [
        joined(
            [
                line(LEFT, TOP + plot - value * scale, WIDTH - RIGHT, class_="grid"),
                text(LEFT - 8, TOP + plot - value * scale + 4, short(value), "tick right"),
            ]
        )
        for value in levels
    ]
    return svg(
        WIDTH,
        height,
        label,
        *grid,
        *drawn,
        bottom_axis(ticks, step, height, x_title),
        text(0, 12, y_title, "axis"),
    )


def heatmap(
    cells: Iterable[tuple[int, int, Mark]],
    *,
    columns: int,
    rows: int,
    x_ticks: Sequence[Tick],
    y_ticks: Sequence[Tick],
    path: Sequence[tuple[float, float]],
    label: str,
    x_title: str,
    y_title: str,
) -> Markup:
    """Cells by (column, row from below), and a line through points in columns and rows."""
    height = TOP + BOTTOM + 13 * rows
    plot = height - TOP - BOTTOM
    wide, tall = (WIDTH - LEFT - RIGHT) / columns, plot / rows
    drawn = []
    for x, y, one in cells:
        left, top = LEFT + x * wide + 0.5, TOP + plot - (y + 1) * tall + 0.5
        drawn.append(mark(rect(left, top, wide - 1, tall - 1, one.kind), one))
    points = " ".join(f"{fine(LEFT + x * wide)},{fine(TOP + plot - y * tall)}" for x, y in path)
    levels = [
        joined(
            [
                line(LEFT, TOP + plot - tick.at * tall, WIDTH - RIGHT, class_="grid"),
                text(LEFT - 8, TOP + plot - tick.at * tall + 4, tick.text, "tick right"),
            ]
        )
        for tick in y_ticks
    ]
    over = [tag("polyline", points=points, class_=name) for name in ("halo", "trend")]
    return svg(
        WIDTH,
        height,
        label,
        *levels,
        *drawn,
        *(over if path else ()),
        bottom_axis(x_ticks, wide, height, x_title),
        text(0, 12, y_title, "axis"),
    )


def bottom_axis(ticks: Sequence[Tick], step: float, height: int, title: str) -> Markup:
    """The line under a plot, its ticks and its title."""
    base = height - BOTTOM
    marks = [
        joined(
            [
                tag("path", d=f"M{fine(LEFT + tick.at * step)} {base}v4", class_="line"),
                text(LEFT + tick.at * step, base + 17, tick.text, "tick middle"),
            ]
        )
        for tick in ticks
    ]
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    return joined(
        [
            line(LEFT, base, WIDTH - RIGHT, class_="line"),
            *marks,
            text(middle, base + 35, title, "axis middle"),
        ]
    )


def line(x: float, y: float, to: float, *, class_: str) -> Markup:
    """A level line."""
    return tag("path", d=f"M{fine(x)} {fine(y)}H{fine(to)}", class_=class_)


# --- small ones for table cells -------------------------------------------------------------------


def facing(above: Sequence[Mark], below: Sequence[Mark], *, width: int, label: str) -> Markup:
    """Two small histograms of the same bins, one up and one down; heights are square roots."""
    half, gap = 17, 1
    step = width / max(len(above), len(below), 1)
    drawn = []
    for marks, up in ((above, True), (below, False)):
        top = max([one.value for one in marks] or [0])
        for place, one in enumerate(marks):
            if not one.value:
                continue
            size = max(half * sqrt(one.value / top), 1)
            y = half - size if up else half + gap
            shape = rect(place * step + 0.25, y, step - 0.5, size, one.kind)
            # The whole height of the column takes the pointer.
            reach = rect(place * step, 0 if up else half + gap, step, half, "reach")
            drawn.append(mark(joined([reach, shape]), one))
    return svg(width, 2 * half + gap, label, *drawn, class_="facing")


def interval(value: float, low: float, high: float, *, width: int, label: str) -> Markup:
    """A point with its interval on [0, 1], beside the line of chance at one half."""
    middle, height = 9, 18

    def at(share: float) -> float:
        return 4 + (width - 8) * min(max(share, 0), 1)

    sure = "sure" if not low <= 0.5 <= high else "unsure"
    return svg(
        width,
        height,
        label,
        tag("path", d=f"M{fine(at(0))} {middle}H{fine(at(1))}", class_="grid"),
        tag("path", d=f"M{fine(at(0.5))} 1V{height - 1}", class_="chance"),
        tag("path", d=f"M{fine(at(low))} {middle}H{fine(at(high))}", class_=f"whisker {sure}"),
        tag("circle", cx=fine(at(value)), cy=middle, r=3.5, class_=f"dot {sure}"),
        class_="interval",
    )
