"""Numbers and verdicts in plain words, the same in the page, in Markdown and on the terminal."""

from collections.abc import Sequence

from curate.analyze.names import domain_words
from curate.analyze.records import Effect, Value

NBSP = "\u00a0"


def name(text: str) -> str:
    """A name between backticks."""
    return f"`{text.replace('`', chr(39))}`"


def points(value: float | None, digits: int = 1) -> str:
    """A difference of scores in points, `+3.1`; a dash for the unknown."""
    if value is None or value != value:
        return "–"
    shown = f"{abs(100 * value):.{digits}f}"
    if float(shown) == 0:
        return shown
    return f"{'−' if value < 0 else '+'}{shown}"


def size(value: float) -> str:
    """A difference in points without its sign."""
    return f"{abs(100 * value):.1f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A score in percent; a dash for the unknown."""
    if value is None or value != value:
        return "–"
    return f"{100 * value:.{digits}f}".replace("-", "−")


def interval(found: Value | None) -> str:
    """`−3.1 [−4.0, −2.2]` in points."""
    if found is None:
        return "–"
    if found.low is None or found.high is None:
        return points(found.value)
    return f"{points(found.value)}{NBSP}[{points(found.low)},{NBSP}{points(found.high)}]"


def rate(found: Value) -> str:
    """A share with its interval, in percent."""
    if found.low is None or found.high is None:
        return percent(found.value, 0)
    return f"{percent(found.value, 0)} [{percent(found.low, 0)}, {percent(found.high, 0)}]"


def bounds(found: Value) -> str:
    """`2.2 to 4.0`, the interval of a sentence that has said the direction."""
    if found.low is None or found.high is None:
        return "no interval"
    return f"{points(found.low)} to {points(found.high)}"


def chance(p: float | None) -> str:
    """A p value: `0.03`, `< 0.001`."""
    if p is None or p != p:
        return "–"
    if p < 0.001:
        return f"<{NBSP}0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def count(number: int, noun: str) -> str:
    """`1 run`, `3 runs`."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def listing(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def level(alpha: float) -> str:
    """`95 %`."""
    return f"{100 * (1 - alpha):g}{NBSP}%"


def against(effect: Effect) -> str:
    """`a` against `b`, or over the base."""
    if effect.reference is None:
        return f"{effect.arm} over the base"
    return f"{effect.arm} against {effect.reference}"


def where(effect: Effect, several: bool) -> str:
    """The domain or benchmark, and the base where there are several."""
    return place(effect.kind, effect.scope, effect.base if several else None)


PLACES = {"general": "in general ability", "safety": "in safety", "unsorted": "overall"}


def place(kind: str, scope: str, base: str | None) -> str:
    """`out of domain on `large``, as a sentence says it."""
    there = PLACES.get(scope, domain_words(scope)) if kind == "domain" else f"on {name(scope)}"
    return there if base is None else f"{there} on {name(base)}"


def subject(arm: str, scope: str, base: str, *, several: bool) -> str:
    """An arm, its domain and, where there are several, its base, in one cell."""
    tail = f", {name(base)}" if several else ""
    return f"{name(arm)} {domain_words(scope)}{tail}"


def effect_sentence(effect: Effect, *, alpha: float, margin: float, several: bool) -> str:
    """What one contrast says, no more."""
    who = f"Training on {name(effect.arm)} instead of {name(effect.reference or '')}"
    if effect.reference is None:
        who = f"Training on {name(effect.arm)}"
    there, found = where(effect, several), effect.difference
    over = " over the base" if effect.reference is None else ""
    inside = f"{level(alpha)} interval {bounds(found)}"
    if not effect.seeds_known:
        return (
            f"{who} goes with {points(found.value)} points{over} {there} in these very runs; with "
            "one run of each, luck of the seed cannot be told from the data."
        )
    if effect.verdict in ("better", "worse"):
        verb = "raises" if found.value > 0 else "lowers"
        return f"{who} {verb} the score {there} by {size(found.value)} points{over} ({inside})."
    if effect.equivalent:
        return (
            f"{who} changes the score {there} by less than {100 * margin:g} points, as an "
            f"equivalence test shows ({points(found.value)}, {inside})."
        )
    return (
        f"Whether {who[0].lower()}{who[1:]} changes the score {there} is not settled: "
        f"{points(found.value)} points, {inside}."
    )


def p_words(effect: Effect) -> str:
    """The p value and what it was corrected for."""
    kind = "Holm" if effect.family == "primary" else "BH"
    return f"{chance(effect.p_adjusted)} ({kind})" if effect.p_adjusted is not None else "–"
