"""The look of every picture, and how a matplotlib figure becomes SVG inside a page.

Text stays text, so that it can be selected and searched. Colours are drawn as marks of their role
and become variables of the style sheet, so that light, dark and print each have their own. Arms
differ in marker and line besides colour. Nothing depends on the clock or on chance: the same
numbers give the same bytes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from io import StringIO
from types import MappingProxyType
from typing import Any

from curate.errors import MissingExtra

DPI = 72
"""A unit of the drawing is a pixel of the page."""
WIDTH = 800.0
INK, SOFT, LINE, PAPER, FAINT = "#010203", "#010204", "#010205", "#010206", "#010207"
ROLES = {INK: "--ink", SOFT: "--soft", LINE: "--line", PAPER: "--paper", FAINT: "--faint"}
COLOURS = tuple(f"#01030{number}" for number in range(8))
"""Stand-ins for the eight colours of arms, `--o0` to `--o7` of the style sheet (Okabe–Ito)."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLES: tuple[Any, ...] = (
    "-",
    (0, (6, 2)),
    (0, (1.5, 1.5)),
    (0, (6, 2, 1.5, 2)),
    (0, (3, 2)),
    (0, (8, 2, 1.5, 2, 1.5, 2)),
    (0, (10, 3)),
    (0, (4, 1)),
)
VARIABLES = ROLES | {colour: f"--o{number}" for number, colour in enumerate(COLOURS)}

SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "curate",
    "font.family": "DejaVu Sans",  # ships with matplotlib, so widths are the same everywhere
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.labelsize": 11,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "figure.dpi": DPI,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "patch.linewidth": 0,
    "legend.frameon": False,
    "axes.unicode_minus": True,
}


def style_of(names: Sequence[str]) -> Mapping[str, int]:
    """For every arm its place among colours, markers and lines, the same in every picture."""
    return MappingProxyType({name: place % len(COLOURS) for place, name in enumerate(names)})


@contextmanager
def drawing(width: float, height: float, **options: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """A figure of so many pixels with its axes, closed at the end.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as error:
        raise MissingExtra("matplotlib", extra="analyze", needed_for="a picture") from error
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width / DPI, height / DPI), layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, figure.subplots(**options)


def svg_of(figure: Any, name: str, label: str) -> str:  # noqa: ANN401
    """The figure as an `<svg>` whose ids begin with its name; `label` says what it shows."""
    out = StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(out, format="svg", metadata=nothing)
    return themed(out.getvalue(), name, label)


def themed(drawn: str, name: str, label: str) -> str:
    """SVG of matplotlib made to live in a page."""
    body = drawn[drawn.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'<style type="text/css">.*?</style>', "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)  # repeats every text
    body = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    body = re.sub(r"#01030[0-7]|#01020[3-7]", lambda m: f"var({VARIABLES[m[0]]})", body)
    body = re.sub(r"font: ([^;\"]*?)([\d.]+)px [^;\"]*", font, body)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body)
    width, height = size.groups() if size else ("", "")
    head = (
        f'<svg class="picture" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return re.sub(r"<svg[^>]*>", lambda _: head, body, count=1).strip() + "\n"


def font(found: re.Match[str]) -> str:
    """The size and weight of a text; the family is the page's."""
    weight = "; font-weight: 700" if re.search(r"bold|\b[67]00\b", found[1]) else ""
    return f"font-size: {found[2]}px{weight}"


# --- axes -----------------------------------------------------------------------------------------


def step_axis(axes: Any, steps: Sequence[int]) -> None:  # noqa: ANN401
    """A logarithmic axis of checkpoints with the base, step 0, one place before the first."""
    axes.set_xscale("log")
    first, last = min(steps), max(steps)
    shown = thinned([step for step in steps if step > 0])
    start = base_place(steps)
    axes.set_xlim(start / 1.25, last * 1.25 if last > first else last * 2)
    axes.set_xticks([start, *shown], ["base", *(short(step) for step in shown)])
    axes.minorticks_off()


def base_place(steps: Sequence[int]) -> float:
    """Where step 0 stands on a logarithmic axis."""
    every = sorted(steps)
    ratio = every[1] / every[0] if len(every) > 1 else 2.0
    return every[0] / min(max(ratio, 1.6), 2.5)


def thinned(steps: Sequence[int], most: int = 4) -> list[int]:
    """So many steps at most, evenly along a logarithmic axis, the last among them."""
    from math import log

    every = sorted(steps)
    if len(every) <= most:
        return every
    low, high = log(every[0]), log(every[-1])
    wanted = [low + (high - low) * (place / (most - 1)) for place in range(most)]
    chosen = {min(every, key=lambda step: (abs(log(step) - at), step)) for at in wanted}
    return sorted(chosen)


def short(value: float) -> str:
    """`640`, `10k`, `2M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size and (abs(value) >= 10 * size or value % size == 0):
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def points_axis(axis: Any) -> None:  # noqa: ANN401
    """Differences in points with a sign, a true minus, and no clutter."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: signed(value, 6)))


def percent_axis(axis: Any, bins: int = 4) -> None:  # noqa: ANN401
    """Scores in percent."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def signed(value: float, digits: int = 3) -> str:
    """`+1.5`, `−3`, `0`."""
    text = f"{abs(value):.{digits}g}"
    if float(text) == 0:
        return "0"
    return f"{'−' if value < 0 else '+'}{text}"


def plain(text: str) -> str:
    """A name that matplotlib does not read as mathematics."""
    return text.replace("$", r"\$")


def cut(text: str, most: int) -> str:
    """A name in so many characters, its middle left out."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[: most - 1 - half]}…{text[-half:]}"
