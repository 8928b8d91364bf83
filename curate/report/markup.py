r"""HTML that is built so that text can never become markup.

`tag("p", "1 < 2")` is `<p>1 &lt; 2</p>`: text is escaped and made visible unless it is `Markup`,
which only `tag` and the templates of this package make.
"""

import html
import json
import re
from collections.abc import Iterable

# What would steer the page or hide from the reader: control characters, directions, blanks without
# width. The joiners of emoji and Indic scripts (200C, 200D) stay; a picture stands for ASCII.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def visible(text: str) -> str:
    """The text with every character that steers or hides shown as such, line ends as `\\n`."""
    return UNSEEN.sub(_shown, text.replace("\r\n", "\n").replace("\r", "\n"))


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"


def escaped(text: str) -> Markup:
    """The text as HTML, or what is HTML already."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(visible(text)))


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """An element; `class_` is `class`, `data_bar` is `data-bar`, and None leaves one away."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{pairs}>")
    return Markup(f"<{name}{pairs}>{joined(children)}</{name}>")


VOID = frozenset({"input", "meta"})


def joined(parts: Iterable[str]) -> Markup:
    """The parts one after the other."""
    return Markup("".join(map(escaped, parts)))


def script_json(value: object) -> Markup:
    """JSON that may stand in a script element: without `<`, `>`, `&` and line separators."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def table(head: Iterable[str], rows: Iterable[Iterable[Markup]], class_: str = "") -> Markup:
    """A table of cells that are `<td>` or `<th>` already, under the names of its columns."""
    names = joined(tag("th", name, scope="col") for name in head)
    lines = joined(tag("tr", *cells) for cells in rows)
    return tag("table", tag("thead", tag("tr", names)), tag("tbody", lines), class_=class_ or None)


def name_cell(*children: str) -> Markup:
    """The cell that names its row."""
    return tag("th", *children, scope="row")


def number_cell(text: str) -> Markup:
    """A cell whose content is flush right."""
    return tag("td", text, class_="number")


def code(text: str) -> Markup:
    """Something to type."""
    return tag("code", text)


def foreign(text: str) -> Markup:
    """Text out of a dump, which keeps its own direction to itself."""
    return tag("bdi", text)
