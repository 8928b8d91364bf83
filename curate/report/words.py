"""Numbers as a reader wants them."""

from curate import account_text
from curate.account_text import count as count


def percent(fraction: float | None) -> str:
    """`61.3 %` in one piece, or a dash for the unknown."""
    return account_text.percent(fraction).replace(" ", "\u00a0")


def number(value: float | None) -> str:
    """Three digits that matter: `0.123`, `12.3`, `1,234`; a dash for the unknown."""
    if value is None or value != value:
        return "–"
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    if size >= 1:
        return f"{value:.1f}" if size >= 10 else f"{value:.2f}"
    return f"{value:.3f}" if size >= 0.01 else f"{value:.1g}"


def short(value: float) -> str:
    """For an axis: `0.5`, `200`, `5k`, `2M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def line(text: str, limit: int = 90) -> str:
    """The text in one line of at most so many characters."""
    whole = " ".join(text[: 20 * limit].split())
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def end_of(text: str, limit: int = 48) -> str:
    """A path in one line of at most so many characters, cut at a folder; its end says most."""
    whole = " ".join(text[-20 * limit :].split())
    if len(whole) <= limit:
        return whole
    end = whole[1 - limit :]
    return f"…{end[max(end.find('/'), 0) :]}"


def shown_of(shown: int, total: int, noun: str) -> str:
    """`8 clusters`, or `The 8 largest of 178 clusters`."""
    return (
        count(total, noun) if shown == total else f"The {shown:,} largest of {count(total, noun)}"
    )
