"""Pages in Chromium as people read them: on a phone, in the dark, enlarged, by keyboard, by ear, and on paper."""

import io
from typing import Any

import pytest
from conftest import Open, Opened
from pages_under_test import PAGES, page
from pypdf import PdfReader

each_page = pytest.mark.parametrize("name", PAGES)
PHONE = {"width": 390, "height": 844}
# Everything that a reader sees as text, with its colour on the colour behind it, as WCAG 2.2 compares them.
CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const over = (front, back) => {
    const alpha = front.length > 3 ? front[3] : 1;
    return [0, 1, 2].map((i) => alpha * front[i] + (1 - alpha) * back[i]);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || element.closest("script,style,title,desc") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const colour = parts(element.closest("svg") ? style.fill : style.color), back = behind(element);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    found.push([ratio(over(colour, back), back), large ? 3 : 4.5, text.slice(0, 40)]);
  }
  return found;
}"""
# What reaches beyond the right edge of the window, without what scrolls in a frame of its own.
WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((e) => !e.closest(".table") && e.checkVisibility() && !e.matches(".skip"))
  .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 120))"""


# The colours in which a part of the figures is drawn.
COLOURS = """(part) => ["fill", "stroke"].flatMap((key) =>
  [...document.querySelectorAll(`figure .${key}-${part}`)].map((e) => getComputedStyle(e)[key]))"""


def sideways(found: Opened) -> list[Any]:
    """What makes a page scroll sideways; nothing on a good page."""
    client, scroll = found.ask("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
    return [*([(client, scroll)] if scroll > client else []), *found.ask(WIDE)]


@each_page
def test_a_page_never_scrolls_sideways_on_a_phone(opened: Open, name: str) -> None:
    found = opened(page(name), viewport=PHONE, is_mobile=True, has_touch=True)
    for summary in found.page.locator("summary").all():
        summary.click()
    assert sideways(found) == []


@each_page
@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_a_page_reflows_at_320_pixels_as_if_enlarged_four_times(opened: Open, name: str, script: bool) -> None:
    assert sideways(opened(page(name), viewport={"width": 320, "height": 256}, java_script_enabled=script)) == []


def test_a_page_bears_the_spacing_of_text_that_a_reader_sets(opened: Open) -> None:
    """WCAG 1.4.12; the policy allows no style of others, so it is set by the browser's own tools."""
    found = opened(page("organizer"), viewport=PHONE, bypass_csp=True)
    found.page.add_style_tag(
        content="* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"
    )
    assert sideways(found) == []


@each_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_told_from_what_is_behind_it(opened: Open, name: str, scheme: str) -> None:
    found = opened(page(name), color_scheme=scheme)
    for summary in found.page.locator("details:not([open]) > summary").all()[::-1]:
        summary.click()
    texts = found.ask(CONTRASTS)
    assert len(texts) > 200
    assert [text for text in texts if text[0] < text[1]] == []
    ground = found.ask("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_marks_of_a_figure_take_the_page_s_colours(opened: Open, scheme: str) -> None:
    found = opened(page("organizer"), color_scheme=scheme)
    for part in ("ink", "accent", "likely", "hull"):
        wanted = found.ask(f"getComputedStyle(document.documentElement).getPropertyValue('--{part}').trim()")
        shown = set(found.ask(COLOURS, part))
        assert shown == {f"rgb({', '.join(str(int(wanted[at : at + 2], 16)) for at in (1, 3, 5))})"}, part


def test_forced_colours_keep_every_figure_visible(opened: Open) -> None:
    found = opened(page("organizer"), forced_colors="active")
    assert found.ask("matchMedia('(forced-colors: active)').matches")
    strokes = found.ask(
        "[...document.querySelectorAll('figure path')].map((e) => getComputedStyle(e)).filter("
        "(s) => s.stroke === 'none' && s.fill === 'none').length"
    )
    assert strokes == 0


@each_page
def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened: Open, name: str) -> None:
    found = opened(page(name))
    reach = "a[href],button,input,summary,[tabindex='0']"
    wanted = found.ask(f"[...document.querySelectorAll({reach!r})].filter((e) => e.checkVisibility()).length")
    seen, outlines = 0, set()
    for _ in range(wanted + 5):
        found.page.keyboard.press("Tab")
        at = found.ask(
            "(() => { const e = document.activeElement; if (!e || e === document.body) return null; "
            "const s = getComputedStyle(e); return [s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
        )
        if at is None:
            break
        seen += 1
        outlines.add((at[0], at[1] >= 2))
    assert seen == wanted
    assert outlines == {("solid", True)}


def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(opened: Open) -> None:
    found = opened(page("organizer"))
    found.page.keyboard.press("Tab")
    assert found.ask("document.activeElement.textContent") == "Skip to the content"
    assert found.page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    found.page.keyboard.press("Enter")
    # The address changes a moment after the key; waiting without end is a failure too.
    found.page.wait_for_function("location.hash === '#main'")


@each_page
def test_a_screen_reader_has_a_name_for_everything(opened: Open, name: str) -> None:
    found = opened(page(name))
    landmarks = found.page.locator("main, nav, header, footer")
    assert landmarks.count() == 4
    for role in ("button", "link", "img", "searchbox", "region", "table"):
        for element in found.page.get_by_role(role).all():  # type: ignore[arg-type]
            snapshot = element.aria_snapshot().splitlines()[0]
            assert f'{role} "' in snapshot or f"{role} /" in snapshot, snapshot
    buttons = found.ask("[...document.querySelectorAll('thead button')].length")
    assert found.page.get_by_role("columnheader").count() >= buttons
    titles = found.ask("[...document.querySelectorAll('svg[role=img]')].map((s) => s.getAttribute('aria-label'))")
    assert all(titles)


@each_page
def test_what_is_to_be_touched_is_large_enough(opened: Open, name: str) -> None:
    """WCAG 2.5.8: 24 pixels, or as much room around; links within sentences and tables' text are excepted."""
    found = opened(page(name), viewport=PHONE, is_mobile=True, has_touch=True)
    small = found.ask(
        "[...document.querySelectorAll('nav a, summary, input')].map((e) => [e.getBoundingClientRect(), e])"
        ".filter(([box]) => box.height > 0 && box.height < 24).map(([box, e]) => [box.height, e.textContent])"
    )
    assert small == []


@each_page
def test_nothing_moves(opened: Open, name: str) -> None:
    assert opened(page(name)).ask("document.getAnimations().length") == 0


def printed(found: Opened) -> tuple[str, list[Any]]:
    """The page on A4 as text, and its sheets."""
    sheets = PdfReader(io.BytesIO(found.page.pdf(format="A4"))).pages
    return "\n".join(sheet.extract_text() for sheet in sheets), list(sheets)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_the_whole_report_in_black_on_white(opened: Open, scheme: str) -> None:
    found = opened(page("organizer"), color_scheme=scheme)
    text, sheets = printed(found)
    assert "Show rows with" not in text and "Skip to the content" not in text
    flat = " ".join(text.split())
    for wanted in (
        "Emissions of the teams’ work, gross", "no place is given, so the grid is the world's range",
        "Polyglot & Sons", "a node without a meter", "Method", "What can’t be seen",
    ):  # fmt: skip
        assert wanted in flat, wanted
    found.page.emulate_media(media="print", color_scheme=scheme)
    assert found.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert [text for text in found.ask(CONTRASTS) if text[0] < text[1]] == []
    assert len(sheets) < 40


def test_no_column_is_cut_on_paper(opened: Open) -> None:
    found = opened(page("organizer"), viewport={"width": 718, "height": 1000})
    found.page.emulate_media(media="print")
    cut = found.ask(
        "[...document.querySelectorAll('table')].map((t) => [t.caption.textContent, t.getBoundingClientRect().right])"
        ".filter(([, right]) => right > document.documentElement.clientWidth + 1)"
    )
    assert cut == []
