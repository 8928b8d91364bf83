"""The report in a browser: it is drawn, it opens traces, and no trace steers it."""

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from curate.report.page import write_report
from curate.rules import Rule
from curate.selections import save_selection
from curate.verify_dumps import verify_dumps
from tests.browser import Visit, browser
from tests.report_pool import full_pool

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a pool with every group."""
    folder = tmp_path_factory.mktemp("full")
    pool = full_pool(folder)
    save_selection(pool, "strict", [Rule(name="right", where="verdict = 'correct'")])
    write_report(pool, folder / "report.html")
    return folder / "report.html"


@pytest.mark.parametrize("width", [1280, 800, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_drawn_quietly_and_fits(
    browser: "Browser", report: Path, width: int, dark: bool
) -> None:
    visit = Visit(browser, report, width, dark)
    assert visit.is_quiet(), (visit.said, visit.asked)
    count = visit.page.locator
    assert count("#pass-rates svg.chart .mark").count() >= 3
    assert count("#lengths svg.chart .mark").count() >= 30
    assert count("#quality svg.chart .mark").count() >= 100
    assert count("#quality svg.chart polyline.trend").count() == 1
    assert count("#verdicts svg.bar").count() == 2
    assert count("#signals svg.facing").count() == count("#signals tbody tr").count() == 17
    assert count("#signals svg.interval").count() == 17
    fills = visit.page.eval_on_selector_all(
        ".fill", "all => [...new Set(all.map(one => getComputedStyle(one).fill))]"
    )
    assert len(fills) >= 10
    assert "rgb(0, 0, 0)" not in fills
    if width >= 800:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_click_on_a_bar_opens_its_traces_with_the_evidence(
    browser: "Browser", report: Path
) -> None:
    visit = Visit(browser, report)
    page, panel = visit.page, visit.page.locator("#panel")
    assert not panel.is_visible()
    bar = page.locator("#verdicts .mark").nth(1)
    bar.click()
    assert panel.is_visible()
    assert panel.locator("h2").inner_text() == bar.get_attribute("aria-label")
    assert panel.locator(".badge").inner_text() == "incorrect"
    assert "1 of 3 in this page" in panel.inner_text()
    first = panel.locator(".text").nth(1).inner_text()
    assert panel.locator(".text mark.answer").count() == 1
    panel.get_by_role("button", name="Next").click()
    assert "2 of 3 in this page" in panel.inner_text()
    assert panel.locator(".text").nth(1).inner_text() != first
    panel.get_by_role("button", name="Close").click()
    assert not panel.is_visible()
    for section, kind in (("contamination", "contamination"), ("left-out", "")):
        page.locator(f"#{section} .mark").first.click()
        assert panel.is_visible()
        if kind:
            assert panel.locator(f".text mark.{kind}").count() == 1
        else:
            assert panel.locator(".badge").inner_text() == "in quarantine"
    assert visit.is_quiet()


def test_the_keyboard_reaches_every_bar(browser: "Browser", report: Path) -> None:
    visit = Visit(browser, report)
    page, panel = visit.page, visit.page.locator("#panel")
    stops = page.locator('#lengths svg.chart .mark[tabindex="0"]')
    assert stops.count() == 1
    stops.focus()
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label == page.locator("#lengths svg.chart .mark").nth(1).get_attribute("aria-label")
    page.keyboard.press("Enter")
    assert panel.locator("h2").inner_text() == label
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == label
    assert visit.is_quiet()


def test_the_search_finds_by_id_problem_and_answer(browser: "Browser", report: Path) -> None:
    visit = Visit(browser, report)
    page, panel = visit.page, visit.page.locator("#panel")
    results = page.locator("#results button")
    assert results.count() == 25
    name = results.first.locator(".mono").inner_text()
    page.fill("#search", name)
    assert results.count() == 1
    results.first.click()
    assert name in panel.inner_text()
    page.keyboard.press("Escape")
    page.fill("#search", "perimeter")
    assert 1 <= results.count() <= 25
    assert all("perimeter" in text for text in results.all_inner_texts())
    page.fill("#search", "no trace says this")
    assert page.locator("#found").inner_text().startswith("0 of ")
    assert visit.is_quiet()


def test_without_a_script_the_pictures_are_there(browser: "Browser", report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("svg.chart").count() >= 3
    assert page.get_by_text("Reading traces needs JavaScript.").is_visible()
    assert not page.locator("#search").is_visible()
    context.close()


HOSTILE = (
    '</script><img src=x onerror="window.pwned=1"><!--<script>window.pwned=1</script>'
    "\u202egnp.exe\u2066 \x1b]8;;http://evil\x07 \u2028 &lt;b&gt; ${pwned} {{pwned}} ]]> "
    "<svg onload=window.pwned=1> javascript:window.pwned=1 <style>*{display:none}</style>"
)


def test_a_hostile_pool_is_only_text(browser: "Browser", tmp_path: Path) -> None:
    rows = [
        {
            "problem": f"{HOSTILE} What is {number} + 1?",
            "reference": f"{number + 1}" if number % 3 else HOSTILE,
            "response": f"<think>{HOSTILE * 20}</think> \\boxed{{{HOSTILE if number % 2 else 1}}}",
        }
        for number in range(12)
    ]
    dump = tmp_path / "<img src=x onerror=window.pwned=1>.jsonl"
    lines = [orjson.dumps(row) for row in rows]
    dump.write_bytes(b"\n".join([*lines, b'{"problem": "' + HOSTILE.encode()]))
    pool = verify_dumps([str(dump)], tmp_path / "<b>pool", workers=1)
    save_selection(pool, "it", [Rule(name=HOSTILE, where="answer <> '<script>'")])
    write_report(pool, tmp_path / "report.html")
    visit = Visit(browser, tmp_path / "report.html")
    page, panel = visit.page, visit.page.locator("#panel")
    marks = page.locator(".mark")
    for place in range(marks.count()):
        marks.nth(place).dispatch_event("click")
        assert panel.is_visible()
    page.locator("#verdicts .mark").first.click()
    shown = panel.locator(".text").first.inner_text()
    assert shown.startswith('</script><img src=x onerror="window.pwned=1"><!--<script>')
    assert "⟨U+202E⟩gnp.exe" in shown
    assert "␛]8;;" in shown
    assert page.locator("img, iframe, object, main style, #panel style").count() == 0
    assert page.locator("script").count() == 2
    assert page.evaluate("window.pwned") is None
    assert visit.is_quiet(), visit.said


def test_a_script_that_got_in_all_the_same_would_not_run(
    browser: "Browser", report: Path, tmp_path: Path
) -> None:
    page = report.read_text("utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(page.replace("</main>", "<script>window.pwned=1</script></main>"), "utf-8")
    visit = Visit(browser, broken)
    assert visit.page.evaluate("window.pwned") is None
    assert "Content Security Policy" in visit.said[0]
