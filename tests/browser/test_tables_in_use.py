"""Tables in Chromium: sorted and filtered by mouse and by keyboard."""

from typing import Any

import made_up_tracks as made_up
import pytest
from conftest import Open, Opened
from pages_under_test import page
from playwright.sync_api import Locator

RUNS = made_up.track(12)[1].runs
SCORES = sorted(run.scores["nDCG@20"] for run in RUNS)
# The keys of a column's rows as they stand, without those that a filter hides.
KEYS = """(head) => {
  const table = head.closest("table"), column = head.cellIndex;
  return [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[column].dataset.sort);
}"""


def head(found: Opened, table: str, text: str) -> Locator:
    return found.page.locator(f"#{table} thead th", has=found.page.get_by_role("button", name=text, exact=True))


def numbers(where: Locator) -> list[float]:
    return [float(key) for key in where.evaluate(KEYS) if key]


def test_a_click_sorts_a_column_of_numbers_down_and_then_up(opened: Open) -> None:
    found = opened(page("organizer"))
    column = head(found, "runs", "nDCG@20")
    column.get_by_role("button").click()
    assert (numbers(column), column.get_attribute("aria-sort")) == (SCORES[::-1], "descending")
    column.get_by_role("button").click()
    assert (numbers(column), column.get_attribute("aria-sort")) == (SCORES, "ascending")
    assert found.page.locator("#runs th[aria-sort]").count() == 1


def test_text_is_sorted_from_a_to_z_first(opened: Open) -> None:
    found = opened(page("organizer"))
    column = head(found, "runs", "Run")
    column.get_by_role("button").click()
    assert column.evaluate(KEYS) == sorted(run.run_tag for run in RUNS)
    assert column.get_attribute("aria-sort") == "ascending"


def test_unknown_values_stand_last_whichever_way_a_column_is_sorted(opened: Open) -> None:
    found = opened(page("organizer"))
    column = head(found, "teams", "kg CO₂e")
    for _ in range(2):
        column.get_by_role("button").click()
        keys = column.evaluate(KEYS)
        assert keys[-1] == "" and "" not in keys[:-1]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_reaches_every_head_and_sorts_and_keeps_its_place(opened: Open, key: str) -> None:
    found = opened(page("organizer"))
    column = head(found, "runs", "nDCG@20")
    found.page.locator("#runs .table").focus()
    for _ in range(20):
        found.page.keyboard.press("Tab")
        if found.ask("document.activeElement.textContent") == "nDCG@20":
            break
    found.page.keyboard.press(key)
    assert numbers(column) == SCORES[::-1]
    assert found.ask("document.activeElement.textContent") == "nDCG@20"
    outline: Any = found.ask("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_a_filter_by_keyboard_hides_rows_counts_those_that_stay_and_outlives_sorting(opened: Open) -> None:
    found = opened(page("organizer"))
    found.page.locator("#runs").get_by_label("Show rows with").focus()
    found.page.keyboard.type("BM25")
    bm25 = sum("bm25" in run.run_tag for run in RUNS)
    column = head(found, "runs", "nDCG@20")
    assert found.page.locator("#runs tbody tr:visible").count() == bm25
    assert found.page.locator("#runs [aria-live]").inner_text() == f"{bm25} of {len(RUNS)}"
    column.get_by_role("button").click()
    wanted = sorted((run.scores["nDCG@20"] for run in RUNS if "bm25" in run.run_tag), reverse=True)
    assert numbers(column) == wanted
    found.page.locator("#runs input").focus()
    found.page.keyboard.press("Control+A")
    found.page.keyboard.press("Delete")
    assert found.page.locator("#runs tbody tr:visible").count() == len(RUNS)
    assert found.page.locator("#runs [aria-live]").inner_text() == ""


def test_a_filter_takes_strangers_letters_as_they_are(opened: Open) -> None:
    found = opened(page("hostile"))
    field = found.page.locator("#teams").get_by_label("Show rows with")
    for text, count in (("<SCRIPT>window", 1), (".*", 0), ("a&b_50%", 1), ("\\u202e", 2)):
        field.fill(text)
        assert found.page.locator("#teams tbody tr:visible").count() == count, text


def test_each_table_s_filter_is_its_own(opened: Open) -> None:
    found = opened(page("organizer"))
    found.page.locator("#teams").get_by_label("Show rows with").fill("nobody is called this")
    assert found.page.locator("#teams tbody tr:visible").count() == 0
    assert found.page.locator("#runs tbody tr:visible").count() == len(RUNS)


def test_heads_and_names_of_a_long_table_stay_while_it_scrolls(opened: Open) -> None:
    found = opened(page("organizer"), viewport={"width": 390, "height": 844})
    frame = found.page.locator("#activities .table.long")
    frame.evaluate("(frame) => frame.scrollTo(200, 900)")
    place = frame.evaluate(
        """(frame) => {
          const edge = frame.getBoundingClientRect(), table = frame.querySelector("table");
          const head = table.tHead.rows[0].cells[3].getBoundingClientRect();
          const names = [...table.tBodies[0].rows].map((row) => row.cells[0].getBoundingClientRect());
          return [head.top - edge.top, Math.max(...names.map((name) => Math.abs(name.left - edge.left)))];
        }"""
    )
    assert place == [pytest.approx(0, abs=1), pytest.approx(0, abs=1)]
