"""A section of the report: a heading, one line that says what it is, and its figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from curate.report.markup import Markup, code, joined, tag

VERDICT_WORDS = {
    "correct": "correct",
    "incorrect": "incorrect",
    "unparsed": "no answer found",
    "unverifiable": "no usable reference",
    "error": "error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One entry of the table of contents."""

    name: str
    """Anchor, a word."""
    title: str
    body: Markup

    @property
    def markup(self) -> Markup:
        """The section as HTML."""
        return tag("section", tag("h2", self.title), self.body, id=self.name)


def figure(title: str, drawing: Markup, caption: str, *before: Markup) -> Markup:
    """A picture with its one-line explanation under it."""
    head = tag("h3", title) if title else Markup("")
    return joined(
        [tag("figure", head, *before, drawing, tag("figcaption", caption))],
    )


def quiet(what: str, command: str) -> Markup:
    """The line in place of a figure whose columns are not there."""
    return tag("p", f"{what} Make it with ", code(command), ".", class_="quiet")


def legend(kinds: Sequence[tuple[str, str]]) -> Markup:
    """(class, words) of the colours of a figure."""
    return tag(
        "p",
        *(
            tag("span", tag("i", class_=f"swatch {kind}"), words, class_="key")
            for kind, words in kinds
        ),
        class_="legend",
    )


def verdict_legend(verdicts: Sequence[str]) -> Markup:
    """The colours of these verdicts."""
    return legend([(verdict, VERDICT_WORDS[verdict]) for verdict in verdicts])
