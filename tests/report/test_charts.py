"""Figures: what is drawn, where, and what may not be in them."""

import math
import re
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import made_up_tracks as made_up
import matplotlib
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.inventory import LEVELS, TrackDetails
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import chart_effectiveness, charts

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ("<script>alert(1)</script>", "A&B_50%", "=cmd()", "$x^2_{", "evil\u202egnp", "]]>", "\\frac")
TWELVE = made_up.track(12)


def figures(*track: Any) -> dict[str, str]:
    return {drawing.name: drawing.svg for drawing in charts.organizer_drawings(*track)}


def public_figures(document: Any) -> dict[str, str]:
    return {drawing.name: drawing.svg for drawing in charts.public_drawings(document)}


FIGURES = figures(*TWELVE)
WITHHELD = {"suppressed": True, "reason": "fewer than 3 teams"}


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def strokes(svg: str, part: str) -> list[str]:
    """The `d` of the paths that are drawn with a colour."""
    paths = ElementTree.fromstring(svg).iter(f"{SVG}path")
    return [path.get("d", "") for path in paths if f"stroke-{part}" in path.get("class", "").split()]


def public_with(groups: dict[str, Any]) -> dict[str, Any]:
    """A public document whose groups by activity are these."""
    return {**made_up.published("public-twelve-teams"), "by_activity": groups}


def a_group(kg: Range) -> dict[str, Any]:
    return {"emissions_kg_co2e": plain(kg), "it_energy_kwh": 1.0, "activities": 5, "teams": 5}


def test_every_figure_of_the_report_is_there() -> None:
    names = set(FIGURES)
    assert names >= {"total", "by-activity", "by-method", "by-task", "by-team", "coverage"}
    assert {name for name in names if name.startswith("effectiveness-")} == {
        "effectiveness-clir-ndcg-20", "effectiveness-clir-r-1000",
        "effectiveness-mlir-ndcg-20", "effectiveness-mlir-r-1000",
    }  # fmt: skip
    public = public_figures(made_up.published("public-twelve-teams"))
    assert set(public) == {"total", "by-activity", "by-method", "by-task", "coverage"}


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_figure_has_a_text_alternative_and_nothing_that_leaks_into_a_page(name: str) -> None:
    root = ElementTree.fromstring(FIGURES[name])
    described = root.get("aria-describedby")
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title") != ""
    assert [d.get("id") for d in root.iter(f"{SVG}desc")] == [described]
    assert (root.findtext(f"{SVG}desc") or "").endswith(".")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "title", "desc", "path", "text", "g"}
    allowed = {"d", "x", "y", "class", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap",
               "text-anchor", "font-size", "font-weight"}  # fmt: skip
    for element in root.iter():
        if element.tag in (f"{SVG}path", f"{SVG}text"):
            assert set(element.attrib) <= allowed


def test_a_page_may_colour_every_part_of_a_figure() -> None:
    for svg in FIGURES.values():
        for element in ElementTree.fromstring(svg).iter():
            for key in ("fill", "stroke"):
                if element.get(key, "none") != "none":
                    assert f"{key}-" in element.get("class", "")


def test_the_same_values_give_the_same_bytes_whatever_the_user_s_matplotlibrc_says() -> None:
    with matplotlib.rc_context({"lines.linewidth": 9, "savefig.bbox": "tight", "font.size": 30, "text.color": "red"}):
        assert figures(*TWELVE) == FIGURES


def test_drawing_leaves_matplotlib_as_it_was() -> None:
    # Asking for the backend's name would itself import pyplot, so that one setting is not looked at.
    script = (
        "import sys, matplotlib; sys.path.insert(0, sys.argv[1]); import made_up_tracks as made_up\n"
        "from neuclir_carbon.report import charts\n"
        "assert 'matplotlib.figure' not in sys.modules\n"
        "settings = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}\n"
        "before = settings()\n"
        "[d.svg for d in charts.organizer_drawings(*made_up.track(3))]\n"
        "assert settings() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(made_up.INVENTORIES.parent.parent / "report")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_range_lies_where_its_values_say() -> None:
    svg = public_figures(public_with({"training": a_group(Range(10, 50, 100, 25, 75))}))["by-activity"]
    # The scale goes from 0 at x = 7 to 1.02 × 100 kg at x = 393; the marks lie 25 below the row's top.
    per_kg = 386 / 102
    ends = [[float(x) for x in re.findall(r"[ML] ([0-9.]+) 25", d)] for part in ("hull", "likely") for d in
            strokes(svg, part) if " 25 L" in d]  # fmt: skip
    wanted = [[7 + 10 * per_kg, 7 + 100 * per_kg], [7 + 25 * per_kg, 7 + 75 * per_kg]]
    assert ends == [pytest.approx(pair, abs=1e-4) for pair in wanted]
    dot = next(p for p in ElementTree.fromstring(svg).iter(f"{SVG}path") if "fill-accent" in p.get("class", ""))
    assert float(dot.get("d", "").split()[1]) == pytest.approx(7 + 50 * per_kg, abs=1e-4)
    assert "50\u00a0kg" in texts(svg)


def test_a_withheld_group_is_listed_and_nothing_is_drawn_for_it() -> None:
    told = {"training": a_group(Range(10, 50, 100, 25, 75))}
    alone = public_figures(public_with(told))["by-activity"]
    both = public_figures(public_with({**told, "retrieval": WITHHELD}))["by-activity"]
    assert set(texts(both)) - set(texts(alone)) == {"retrieval", "withheld"}
    assert strokes(both, "hull") and len(strokes(both, "hull")) == len(strokes(alone, "hull"))
    assert both.count("fill-accent") == alone.count("fill-accent")
    assert "retrieval: withheld (fewer than 3 teams)" in both


def test_a_band_is_drawn_between_its_ends_without_a_central_value() -> None:
    svg = public_figures(public_with({"training": {"band": [20, 50], "reason": "dominated"}}))["by-activity"]
    assert "between 20 and 50\u00a0kg" in texts(svg)
    assert len(strokes(svg, "held")) == 1
    assert not strokes(svg, "likely") and "fill-accent" not in svg


def test_withheld_coverage_has_no_bar_and_no_share() -> None:
    document = made_up.published("public-twelve-teams")
    document["coverage"] = dict.fromkeys(LEVELS, WITHHELD)
    drawing = next(d for d in charts.public_drawings(document) if d.name == "coverage")
    assert not drawing.is_told
    assert "<path" not in drawing.svg
    assert texts(drawing.svg).count("withheld") == len(LEVELS)


@pytest.mark.parametrize(
    ("kg", "axis"), [(1e-6, "g CO₂e"), (0.3, "g CO₂e"), (40.0, "kg CO₂e"), (3e7, "t CO₂e"), (9e14, "t CO₂e")]
)
def test_the_axis_names_the_unit_that_fits_the_values(kg: float, axis: str) -> None:
    svg = public_figures(public_with({"training": a_group(Range.exact(kg)), "other": a_group(Range.exact(0))}))
    assert axis in texts(svg["by-activity"])


def test_values_of_very_different_size_are_drawn_on_a_logarithmic_scale_that_says_so() -> None:
    groups = {"training": a_group(Range.exact(1000)), "retrieval": a_group(Range.exact(0.1))}
    svg = public_figures(public_with(groups))["by-activity"]
    assert "kg CO₂e, logarithmic scale" in texts(svg)
    assert {"0.1", "1", "10", "100", "1,000"} <= set(texts(svg))
    assert {"1,000\u00a0kg", "100\u00a0g"} <= set(texts(svg))


def test_far_out_ticks_of_a_logarithmic_scale_are_powers_of_ten() -> None:
    groups = {"training": a_group(Range.exact(5)), "retrieval": a_group(Range.exact(2e-7))}
    shown = texts(public_figures(public_with(groups))["by-activity"])
    assert {"10⁻⁷", "10⁻⁵", "0.001", "0.1"} <= set(shown)


def test_a_track_of_nothing_but_zeros_and_unknowns_is_drawn_without_a_fault() -> None:
    nothing = TrackDetails(
        teams=(), runs=(), activities=(made_up.activity("kvasir", 1, kg=None),), certificates=(), findings=()
    )
    inventory = made_up.inventory_of(nothing)
    assert set(figures(inventory, nothing)) == {"total", "coverage"}
    zero = evolve(nothing, activities=(made_up.activity("kvasir", 1, kg=0.0),))
    assert "by-team" in figures(made_up.inventory_of(zero), zero)


def test_hostile_names_are_shown_as_they_are_written() -> None:
    _, details = made_up.track(2)
    activities = tuple(made_up.activity(name, place, kg=5.0 + place) for place, name in enumerate(HOSTILE))
    runs = tuple(
        evolve(details.runs[0], run_tag=name, task=name, scores={name: 0.1 * place})
        for name in HOSTILE for place in (1, 2)
    )  # fmt: skip
    details = evolve(details, activities=activities, runs=runs)
    found = figures(made_up.inventory_of(details), details)
    shown = texts(found["by-team"])
    assert {name for name in HOSTILE if name.isprintable()} <= set(shown)
    assert "evil\\u202egnp" in shown
    assert all("\u202e" not in svg and "<script" not in svg for svg in found.values())
    assert all(re.fullmatch(r"[a-z0-9-]{1,100}", name) for name in found)
    assert sum(name.startswith("effectiveness-") for name in found) == len(HOSTILE)


def test_more_teams_than_fit_are_left_to_the_table_and_the_figure_says_how_many() -> None:
    activities = tuple(made_up.activity(f"team {place:03d}", place, kg=1.0 + place) for place in range(55))
    details = TrackDetails(teams=(), runs=(), activities=activities, certificates=(), findings=())
    drawings = charts.organizer_drawings(made_up.inventory_of(details), details)
    by_team = next(drawing for drawing in drawings if drawing.name == "by-team")
    assert by_team.caption == "The 40 largest; 15 more are in the table."
    assert "team 054" in texts(by_team.svg) and "team 014" not in texts(by_team.svg)


def test_each_run_of_a_figure_of_effectiveness_tells_its_name_to_a_resting_pointer() -> None:
    svg = FIGURES["effectiveness-clir-ndcg-20"]
    tips = [element.text or "" for element in ElementTree.fromstring(svg).iterfind(f"{SVG}g/{SVG}title")]
    wanted = [run.run_tag for run in TWELVE[1].runs if run.task == "clir"]
    assert [tip.partition(":")[0] for tip in tips] == wanted


def test_of_very_many_runs_the_front_is_always_drawn() -> None:
    inventory, details = made_up.track(2)
    cheap = evolve(details.runs[0], run_tag="cheap", task="clir", share_kg_co2e=Range.exact(0.5), scores={"m": 0.01})
    many = tuple(
        evolve(cheap, run_tag=f"r{place}", share_kg_co2e=Range.exact(1.0 + place), scores={"m": 0.5 - place / 1e4})
        for place in range(320)
    )
    drawings = charts.organizer_drawings(inventory, evolve(details, runs=(cheap, *many)))
    drawing = next(drawing for drawing in drawings if drawing.name == "effectiveness-clir-m")
    assert drawing.caption.endswith("The 21 runs of the lowest scores are in the table only.")
    tips = [element.text or "" for element in ElementTree.fromstring(drawing.svg).iterfind(f"{SVG}g/{SVG}title")]
    assert len(tips) == chart_effectiveness.MAX_POINTS
    assert tips[0].startswith("cheap:")


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([(1, 0.5), (2, 0.6), (3, 0.55)], [0, 1]),
        ([(3, 0.9), (1, 0.9)], [1]),
        ([(1, 0.2), (1, 0.4)], [1]),
        ([(1, 0.4), (1, 0.4)], [0]),
        ([(5, 0.1)], [0]),
    ],
)
def test_the_front_holds_the_runs_that_no_other_beats(points: list[tuple[float, float]], front: list[int]) -> None:
    assert chart_effectiveness.pareto_front(points) == front


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30))
def test_the_front_is_what_comparing_all_pairs_gives(points: list[tuple[float, float]]) -> None:
    def beaten(i: int) -> bool:
        return any(
            other[0] <= points[i][0] and other[1] >= points[i][1] and (other != points[i] or j < i)
            for j, other in enumerate(points) if j != i
        )  # fmt: skip

    assert set(chart_effectiveness.pareto_front(points)) == {i for i in range(len(points)) if not beaten(i)}


def test_a_score_that_is_no_number_is_not_drawn() -> None:
    inventory, details = made_up.track(3)
    runs = tuple(evolve(run, task="clir", scores={"nDCG@20": math.nan}) for run in details.runs)
    assert not [n for n in figures(inventory, evolve(details, runs=runs)) if n.startswith("effectiveness")]
