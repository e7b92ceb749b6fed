"""Real Chromium for the tests of pages, driven by playwright; skipped where no Chromium is on the PATH."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--disable-background-networking", "--no-first-run", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium on the PATH")
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *sandbox])
        yield found
        found.close()


class Opened:
    """A page in the browser, and what it did: requests beside its own, messages on the console, dialogs."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def ask(self, script: str, *arguments: Any) -> Any:
        """What a function of the page gives."""
        return self.page.evaluate(script, *arguments)


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page's text as a file; keywords are those of a browser's context."""
    contexts = []

    def opening(text: str, **context: Any) -> Opened:
        context.setdefault("viewport", {"width": 1280, "height": 900})
        contexts.append(browser.new_context(**context))
        contexts[-1].set_default_timeout(10_000)
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(text, encoding="utf-8")
        found = Opened(contexts[-1].new_page())
        found.page.goto(path.as_uri())
        return found

    yield opening
    for context in contexts:
        context.close()
