"""A page in Chromium: it asks nobody for anything, works without scripts, and runs nothing that a stranger wrote."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import Open
from pages_under_test import HOSTILE, PAGES, page
from playwright.sync_api import Browser

each_page = pytest.mark.parametrize("name", PAGES)


@contextmanager
def served(text: str) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that has this one page; gives its address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode() if self.path == "/" else b"")

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()


@each_page
def test_a_page_is_one_request_whatever_is_done_with_it(browser: Browser, name: str) -> None:
    with served(page(name)) as (address, asked):
        context = browser.new_context()
        opened = context.new_page()
        sent: list[str] = []
        context.on("request", lambda request: sent.append(request.url))
        opened.goto(address, wait_until="networkidle")
        for button in opened.query_selector_all("thead button")[:20]:
            button.click()
        for summary in opened.query_selector_all("summary"):
            summary.click()
        opened.mouse.wheel(0, 100_000)
        opened.emulate_media(media="print")
        opened.wait_for_timeout(300)
        context.close()
    assert asked == ["/"]
    assert sent == [address]


@each_page
def test_nothing_a_stranger_wrote_runs_and_chromium_has_nothing_to_complain_of(opened: Open, name: str) -> None:
    found = opened(page(name))
    for summary in found.page.query_selector_all("summary"):
        summary.click()
    found.page.wait_for_timeout(100)
    assert found.said == []
    assert len(found.requests) == 1
    assert found.ask("typeof window.pwned") == "undefined"
    assert found.ask("document.querySelectorAll('img,iframe,object,embed,link,form,base').length") == 0
    names = found.ask("[...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames())")
    assert not [name for name in names if name.startswith("on")]


def test_the_security_policy_would_stop_a_script_and_a_request_that_got_in(browser: Browser) -> None:
    smuggled = "<script>window.pwned=1</script><img src='/x'><style>body{background:url(/y)}</style><main"
    with served(page("organizer").replace("<main", smuggled, 1)) as (address, asked):
        context = browser.new_context()
        opened = context.new_page()
        opened.goto(address, wait_until="networkidle")
        assert opened.evaluate("typeof window.pwned") == "undefined"
        context.close()
    assert asked == ["/"]


def test_hostile_names_are_read_as_they_were_written(opened: Open) -> None:
    found = opened(page("hostile"))
    shown = found.page.locator("#teams tbody th bdi").all_inner_texts()
    for name in HOSTILE[:3]:
        assert name in shown
    assert "evil\\u202egnp.exe" in shown
    title = found.page.title()
    assert title.startswith("<script>window.pwned=1</script>: carbon inventory")


@each_page
def test_without_scripts_every_row_and_every_finding_can_be_read(opened: Open, name: str) -> None:
    with_script, without = opened(page(name)), opened(page(name), java_script_enabled=False)
    rows = without.page.locator("tbody tr")
    assert rows.count() == with_script.page.locator("tbody tr").count()
    assert without.page.locator("tbody tr:not([hidden])").count() == rows.count()
    assert without.page.locator("button").count() == 0 and without.page.locator("input").count() == 0
    closed = without.page.locator("details:not([open]) > summary")
    for _ in range(closed.count()):
        closed.first.click()
    assert without.page.locator("details:not([open])").count() == 0
    for item in without.page.locator("details li").all()[:20]:
        assert item.is_visible()


def test_a_finding_s_link_leads_to_what_explain_says_of_its_rule(opened: Open) -> None:
    found = opened(page("organizer"), java_script_enabled=False)
    link = found.page.locator("#findings details a").first
    link.click()
    code = link.inner_text().split()[3]
    target = found.page.locator(f"#explain-{code}")
    found.page.wait_for_url(f"**#explain-{code}")
    assert target.is_visible()
    box = target.bounding_box()
    assert box is not None and -1 <= box["y"] <= 900


def test_a_letter_s_link_leads_to_the_file_beside_the_page(opened: Open) -> None:
    found = opened(page("organizer"))
    links = found.page.locator("#teams a").evaluate_all("(found) => found.map((a) => a.getAttribute('href'))")
    assert len(links) == 12 and all(link.startswith("letters/") and link.endswith(".txt") for link in links)
