"""A headless browser that notes whatever a page says, asks for or runs."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium of the system, or of playwright; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    with playwright.sync_playwright() as started:
        try:
            found = started.chromium.launch(executable_path=executable)
        except playwright.Error:
            pytest.skip("no Chromium: install `chromium`, or run `playwright install chromium`")
        yield found
        found.close()


class Visit:
    """A page that was opened, and all that it did."""

    def __init__(
        self, browser: "Browser", path: Path, width: int = 1280, dark: bool = False
    ) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            offline=True,
        )
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.resolve().as_uri())

    def is_quiet(self) -> bool:
        """Whether the page complained of nothing and asked for nothing but itself."""
        return not self.said and len(self.asked) == 1
