"""The organizer's page of a year-sized made-up track in real Chromium: how large it is, and how quick in use.

    python tests/benchmarks/year_report.py --out FOLDER [--teams 60] [--runs 274]

Writes `FOLDER/index.html` (every figure in it is made up) and prints sizes and times beside those of a track of 12
teams. Times are medians of several loads, each in a fresh context; `--busy` slows Chromium's processor by the factor.
"""

import argparse
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "report")]

import made_up_tracks as made_up  # noqa: E402
from attrs import evolve  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from neuclir_carbon.checks.catalogue import entries  # noqa: E402
from neuclir_carbon.model.finding import Counts, Finding, Location, Severity  # noqa: E402
from neuclir_carbon.model.inventory import Inventory, TrackDetails  # noqa: E402
from neuclir_carbon.report import charts, pages  # noqa: E402

SUFFIXES = ("bm25", "dense", "rerank", "splade", "colbert", "fusion", "gpt", "doc-trans", "plaid")
PAINTED = """() => performance.getEntriesByName("first-contentful-paint").length > 0
  && performance.getEntriesByType("navigation")[0].loadEventEnd > 0"""
LOADED = """() => {
  const [load] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint.startTime, load.domContentLoadedEventEnd, load.loadEventEnd, document.querySelectorAll("*").length];
}"""
# How long something takes until the next frame is laid out, in ms.
TIMED = """async (act) => {
  const start = performance.now();
  new Function(act)();
  document.documentElement.getBoundingClientRect();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}"""
SORT = "document.querySelector('#activities thead th.number button').click()"
FILTER = """const field = document.querySelector('#activities input');
field.value = 'rerank'; field.dispatchEvent(new Event('input'));"""


def a_year(teams: int, runs: int) -> tuple[Inventory, TrackDetails]:
    """About as many runs as asked for, and for each some activities and findings."""
    inventory, details = made_up.track(teams, seed=11, suffixes=SUFFIXES)
    kept = details.runs[:runs]
    findings = tuple(
        Finding(code, severity, f"{entry.summary}: found 1, wanted 2", Location(run.bundle, line))
        for place, (code, entry) in enumerate(sorted(entries().items()))
        for severity in [Severity.ERROR if place % 7 == 0 else Severity.WARNING if place % 3 else Severity.NOTE]
        for run in kept[place % 5 :: 9]
        for line in (1, 2)
    )
    details = evolve(details, runs=kept, findings=findings)
    inventory = evolve(inventory, runs=len(kept), findings=Counts.of(findings))
    return made_up.with_everything(inventory, details)


def page_of(track: tuple[Inventory, TrackDetails]) -> tuple[str, float, float]:
    """The page, and how many seconds its figures and the rest took."""
    start = time.perf_counter()
    drawings = charts.organizer_drawings(*track)
    drawn = time.perf_counter() - start
    letters = made_up.letters_of(track[1])
    text = pages.organizer_page(*track, rules=entries(), figures=drawings, letters=letters)
    return text, drawn, time.perf_counter() - start - drawn


def in_chromium(browser: Browser, path: Path, busy: float, times: int = 5) -> dict[str, float]:
    """Medians over some loads, in ms."""
    found: dict[str, list[float]] = {}
    for _ in range(times):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": busy})
        page.goto(path.as_uri())
        page.wait_for_function(PAINTED)
        paint, content, load, elements = page.evaluate(LOADED)
        values: dict[str, Any] = {
            "first paint": paint, "content": content, "load": load, "elements": elements,
            "sort": page.evaluate(TIMED, SORT), "filter": page.evaluate(TIMED, FILTER),
        }  # fmt: skip
        for name, value in values.items():
            found.setdefault(name, []).append(value)
        context.close()
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--teams", type=int, default=60)
    options.add_argument("--runs", type=int, default=274)
    options.add_argument(
        "--busy", type=float, nargs="*", default=[1.0, 4.0], help="slow the processor by these factors"
    )
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    sizes: dict[str, list[float]] = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--no-first-run"])
        for name, (teams, runs) in {"small": (12, 23), "year": (chosen.teams, chosen.runs)}.items():
            track = a_year(teams, runs)
            text, drawn, rest = page_of(track)
            path = chosen.out / ("index.html" if name == "year" else "small.html")
            path.write_text(text, encoding="utf-8")
            details = track[1]
            print(
                f"{name}: {len(details.teams)} teams, {len(details.runs)} runs, {len(details.activities)} activities, "
                f"{len(details.findings)} findings; {len(text.encode()) / 1024:.0f} KiB, figures {drawn:.2f} s, "
                f"page {rest:.2f} s"
            )
            sizes.setdefault("KiB", []).append(len(text.encode()) / 1024)
            for busy in chosen.busy:
                found = in_chromium(browser, path, busy)
                print(f"  processor 1/{busy:g}: " + ", ".join(f"{key} {value:,.0f}" for key, value in found.items()))
                for key, value in found.items():
                    sizes.setdefault(f"{key} at 1/{busy:g}", []).append(value)
        browser.close()
    print("year / small: " + ", ".join(f"{key} {year / small:.1f}" for key, (small, year) in sizes.items()))


if __name__ == "__main__":
    main()
