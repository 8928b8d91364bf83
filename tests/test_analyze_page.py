"""The page and the Markdown: whole in themselves, safe with hostile names, the same bytes again."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from curate.analyze.blocks import Picture
from curate.analyze.markdown import markdown, write_markdown
from curate.analyze.page import page
from curate.analyze.paper_report import paper_report
from curate.analyze.pipeline import analyze
from curate.analyze.report import report
from curate.analyze.study import read_study
from curate.analyze.text import terminal_text
from curate.errors import MissingExtra
from tests.planted_study import written_table

NASTY = "<script>alert(1)</script>`|$x$&\u202e"


class Reader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        self.tags.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value or "")
            if key in ("src", "href", "xlink:href", "data", "action"):
                self.links.append(value or "")
            assert not key.startswith("on"), key


def read(html: str) -> Reader:
    """The page parsed."""
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page on a study whose every name is hostile."""
    rows: list[dict[str, object]] = [
        {"model": NASTY, "arm": arm, "seed": seed, "step": step, "suite": NASTY,
         "item": f"{NASTY}{n}", "score": float((n + seed + step) % 3 > (arm == NASTY))}
        for arm in (NASTY, "b")
        for seed in range(2)
        for step in (0, 10, 20, 40)
        for n in range(20)
    ]  # fmt: skip
    path = written_table(tmp_path_factory.mktemp("nasty") / "t.jsonl", rows)
    return page(report(analyze(read_study(path))))


def test_hostile_names_stay_text(nasty: str) -> None:
    assert "script" not in read(nasty).tags
    assert "&lt;script&gt;" in nasty
    assert "\u202e" not in re.sub(r"<svg.*?</svg>", "", nasty, flags=re.DOTALL)


def test_the_page_asks_for_nothing(nasty: str) -> None:
    for html in (nasty, page(paper_report())):
        found = read(html)
        assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
        assert all(link.startswith("#") for link in found.links)
        assert "default-src 'none'" in html
        assert "url(http" not in html


def test_ids_are_unique_and_links_lead_to_them(nasty: str) -> None:
    found = read(nasty)
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links} <= set(found.ids)


def test_text_of_pictures_can_be_selected_and_colours_follow_the_page() -> None:
    html = page(paper_report())
    drawn = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert drawn
    assert all("<text" in one and "var(--ink)" in one for one in drawn)
    assert not any(re.search(r"#0103|#0102", one) for one in drawn)
    assert all('aria-label="' in one for one in drawn)


def test_pictures_are_the_same_bytes_again() -> None:
    first, second = (
        [b.draw() for p in paper_report().parts for b in p.blocks if isinstance(b, Picture)]
        for _ in range(2)
    )
    assert first == second


def test_markdown_has_its_pictures_beside_and_no_markup_of_names(tmp_path: Path) -> None:
    write_markdown(paper_report(), tmp_path / "paper.md")
    text = (tmp_path / "paper.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)]*[.]svg)\)", text)
    assert links
    for link in links:
        drawn = (tmp_path / link).read_text("utf-8")
        assert drawn.startswith("<svg xmlns=")
        assert "var(--" not in drawn


def test_markdown_of_hostile_names_is_text(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"arm": arm, "step": 5, "suite": "s", "item": str(n), "score": 1.0}
        for arm in (NASTY, "*b*")
        for n in range(4)
    ]
    found = analyze(read_study(written_table(tmp_path / "t.jsonl", rows)))
    text = markdown(report(found), "pictures")
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert "<script" not in outside
    assert "*b*" not in outside.replace("\\*b\\*", "")


def test_without_matplotlib_the_install_line_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    made = paper_report()
    assert "62.9 at 20" in terminal_text(made, ("dips",))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match="matplotlib"):
        page(made)
