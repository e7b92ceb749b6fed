"""The figures of both editions, in the order of their pages."""

from collections.abc import Mapping
from typing import Any

from neuclir_carbon.model.inventory import Inventory, TrackDetails
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.report import words
from neuclir_carbon.report.chart_coverage import coverage_drawing
from neuclir_carbon.report.chart_effectiveness import effectiveness_drawings
from neuclir_carbon.report.chart_ranges import group_rows, ranges_drawing, total_rows
from neuclir_carbon.report.svg import Drawing, settings


def organizer_drawings(inventory: Inventory, details: TrackDetails) -> list[Drawing]:
    """The organizer's figures in the order of the page; a figure without any value is left out."""
    with settings():
        shared = _shared_drawings(plain(inventory.shown), with_teams=True)
        return [*shared, *effectiveness_drawings(details.runs)]


def public_drawings(inventory: Mapping[str, Any]) -> list[Drawing]:
    """The public figures in the order of the page; a figure without any row is left out."""
    with settings():
        return _shared_drawings(inventory, with_teams=False)


def _shared_drawings(document: Mapping[str, Any], *, with_teams: bool) -> list[Drawing]:
    digits = words.GROUP_DIGITS[document["edition"]]
    groups = ("activity", "method", "task", "team") if with_teams else ("activity", "method", "task")
    drawings = [
        ranges_drawing("total", "The whole track", total_rows(document) if document["activities"] != 0 else [], 3),
        *(
            ranges_drawing(f"by-{key}", f"Emissions by {key}", group_rows(document[f"by_{key}"]), digits)
            for key in groups
        ),
        coverage_drawing(document["coverage"]),
    ]
    return [drawing for drawing in drawings if drawing is not None]
