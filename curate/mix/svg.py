"""The drawings of the report as SVG: the Love plot, densities of lengths, and bars of shares."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

COLOURS = 8
WIDTH = 980


@dataclass(frozen=True, slots=True, kw_only=True)
class Love:
    """One covariate of a Love plot: the largest |SMD| of any two arms."""

    name: str
    before: float | None
    after: float
    gated: bool


def svg(width: float, height: float, inner: Sequence[str], label: str) -> str:
    """A drawing that scales."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}">'
        + "".join(inner)
        + "</svg>"
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", small: bool = False) -> str:
    """Words at a place."""
    style = ' class="small"' if small else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def nice_step(top: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that gives four to nine marks up to a value."""
    step = 10.0 ** math.floor(math.log10(max(top, 1e-9) / 4))
    return next(step * times for times in (1, 2, 5, 10) if top / (step * times) <= 8)


# --- the Love plot --------------------------------------------------------------------------------


def love_plot(rows: Sequence[Love], limit: float) -> str:
    """|SMD| of each covariate before (ring) and after (disc), and the limit as a dashed line."""
    left, right, step = 190.0, WIDTH - 30.0, 34.0
    shown = [value for row in rows for value in (row.before, row.after) if value is not None]
    top = min(2.2, max([1.6 * limit, *(1.08 * value for value in shown if value < 1e6)]))
    height = step * len(rows) + 52

    def x(value: float) -> float:
        return left + (right - left) * min(value, top) / top

    parts = [line(x(mark), 10, x(mark), height - 40, "axis") for mark in marks(top)]
    parts += [text(x(m), height - 22, f"{m:g}", anchor="middle", small=True) for m in marks(top)]
    parts.append(line(x(limit), 6, x(limit), height - 40, "limit"))
    parts.append(text((left + right) / 2, height - 4, "|SMD|", anchor="middle", small=True))
    for place, row in enumerate(rows):
        parts += love_row(row, 26 + step * place, left, x, top)
    return svg(WIDTH, height, parts, "Love plot")


def marks(top: float) -> list[float]:
    """Round values from 0 to the top."""
    step = nice_step(top)
    return [step * number for number in range(int(top / step) + 1)]


def love_row(row: Love, y: float, left: float, x, top: float) -> list[str]:  # type: ignore[no-untyped-def] # noqa: ANN001
    """One covariate of the plot."""
    colour = "var(--after)" if row.gated else "var(--grey)"
    parts = [text(left - 14, y + 4, row.name, anchor="end", small=not row.gated)]
    if row.before is not None:
        parts.append(
            f'<line x1="{x(row.before):.1f}" y1="{y}" x2="{x(row.after):.1f}" y2="{y}" '
            f'stroke="{colour}" stroke-opacity=".35" stroke-width="2"/>'
        )
        parts.append(
            f'<circle cx="{x(row.before):.1f}" cy="{y}" r="5" fill="var(--card)" '
            f'stroke="{"var(--before)" if row.gated else "var(--grey)"}" stroke-width="2"/>'
        )
        if row.before > top:
            parts.append(text(x(top) - 10, y + 4, "beyond", anchor="end", small=True))
    parts.append(f'<circle cx="{x(row.after):.1f}" cy="{y}" r="5.5" fill="{colour}"/>')
    return parts


# --- densities ------------------------------------------------------------------------------------


def densities(
    edges: Sequence[float], arms: Mapping[str, Sequence[float] | None], top: float, title: str
) -> str:
    """Smoothed shares of log tokens, a line for each arm, on an axis of tokens."""
    width, height, left, base = 480.0, 230.0, 12.0, 190.0
    span = edges[-1] - edges[0]

    def x(value: float) -> float:
        return left + (width - 2 * left) * (value - edges[0]) / span

    parts = [line(left, base, width - left, base, "axis"), text(left, 16, title)]
    for tokens in ticks(edges[0], edges[-1]):
        at = x(math.log(tokens))
        parts.append(line(at, base, at, base + 5, "axis"))
        parts.append(text(at, base + 19, thousands(tokens), anchor="middle", small=True))
    parts.append(text(width / 2, height - 4, "tokens of a trace", anchor="middle", small=True))
    centres = [(a + b) / 2 for a, b in pairwise(edges)]
    for number, (_, shares) in enumerate(arms.items()):
        if shares is not None:
            points = zip(centres, smoothed(shares), strict=True)
            path = " ".join(f"{x(c):.1f},{base - (base - 32) * s / top:.1f}" for c, s in points)
            parts.append(
                f'<polyline points="{path}" fill="none" stroke="var(--c{number % COLOURS})" '
                'stroke-width="2" stroke-linejoin="round" stroke-opacity=".85"/>'
            )
    return svg(width, height, parts, title)


def smoothed(shares: Sequence[float]) -> list[float]:
    """Each share as the weighted mean of five neighbours, in all as much as before."""
    padded = [0.0, 0.0, *shares, 0.0, 0.0]
    weights = (1, 2, 3, 2, 1)
    return [
        sum(w * v for w, v in zip(weights, padded[place : place + 5], strict=True)) / 9
        for place in range(len(shares))
    ]


def ticks(low: float, high: float) -> list[int]:
    """Round numbers of tokens between two logarithms, at most about seven."""
    for times in ((1, 2, 5), (1, 3), (1,)):
        found = [
            base * 10**power
            for power in range(8)
            for base in times
            if low <= math.log(base * 10**power) <= high
        ]
        if len(found) <= 7:
            return found
    return found


def thousands(number: int) -> str:
    """`500`, `2k`."""
    return f"{number // 1000}k" if number >= 1000 else str(number)


def share_bar(shares: Mapping[str, float], colours: Mapping[str, int]) -> str:
    """A bar of shares that add up to 1."""
    parts, start = [], 0.0
    for name, share in shares.items():
        parts.append(
            f'<rect x="{160 * start:.2f}" y="2" width="{max(0.0, 160 * share - 1):.2f}" '
            f'height="10" rx="2" fill="var(--c{colours[name] % COLOURS})"><title>{escape(name)} '
            f"{100 * share:.3g} %</title></rect>"
        )
        start += share
    return svg(160, 14, parts, ", ".join(f"{name} {100 * s:.3g} %" for name, s in shares.items()))


def plain_bar(share: float) -> str:
    """A bar for one share of 1."""
    inner = [
        '<rect x="0" y="2" width="160" height="10" rx="2" fill="var(--line)"/>',
        f'<rect x="0" y="2" width="{160 * share:.1f}" height="10" rx="2" fill="var(--after)"/>',
    ]
    return svg(160, 14, inner, f"{100 * share:.3g} %")
