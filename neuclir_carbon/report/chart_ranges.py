"""Figures of ranges: a row for each value, with its extremes, its likely bounds and its central value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import words
from neuclir_carbon.report.chart_scale import Scale
from neuclir_carbon.report.svg import EDGE, WIDTH, Canvas, Drawing, cut, letters_wide

ROW = 38.0
MAX_ROWS = 40
# What a line holds in whatever sans-serif the reader has, also with the letters set apart as readers may (WCAG 1.4.12).
LETTERS = 47


@frozen(kw_only=True)
class Row:
    """One line of a figure of ranges: a value in kg CO2e, or a band of kg, or neither and the reason why."""

    label: str
    value: Range | None = None
    band: tuple[float, float] | None = None
    reason: str = ""


def total_rows(document: Mapping[str, Any]) -> list[Row]:
    labels = {
        "emissions_kg_co2e": "the teams’ work",
        "evaluation": "the organizers’ evaluation",
        "total_with_evaluation_kg_co2e": "both together",
        "harmonized": "the teams’ work under one year’s factors",
    }
    return [_row(label, document[key]) for key, label in labels.items() if document.get(key) is not None]


def group_rows(groups: Mapping[str, Any]) -> list[Row]:
    """Rows of a grouping: the largest first, then bands, then what is withheld."""
    rows = [
        _row(name, group if words.is_withheld(group) else group["emissions_kg_co2e"]) for name, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (row.value is None, row.band is None, -_size(row), row.label))


def _row(label: str, value: Any) -> Row:
    return Row(
        label=words.visible(label),
        value=words.range_of(value),
        band=words.band_of(value),
        reason=words.reason_of(value),
    )


def _size(row: Row) -> float:
    if row.value is not None:
        return row.value.central
    return row.band[1] if row.band else 0.0


def ranges_drawing(name: str, title: str, rows: Sequence[Row], digits: int) -> Drawing | None:
    """A row for each value: hull as a thin line, likely bounds as a thick bar, the central value as a dot."""
    if not rows:
        return None
    shown, unit = rows[:MAX_ROWS], _unit_of(rows)
    scale = Scale.of(_landmarks(shown), unit, EDGE, WIDTH - EDGE)
    drawn = any(row.value or row.band for row in shown)
    canvas = Canvas(WIDTH, len(shown) * ROW + (44 if drawn else 4))
    if drawn:
        _draw_axis(canvas, scale, top=4, bottom=len(shown) * ROW + 4, title=f"{unit.name} CO₂e{scale.remark}")
    for index, row in enumerate(shown):
        own = _unit_of([row]) if scale.logarithmic else unit
        _draw_row(canvas, scale, row, _value_text(row, own, digits), top=index * ROW)
    if any(row.value for row in shown):
        _draw_key(canvas, len(shown) * ROW + 38)
    left_out = len(rows) - len(shown)
    caption = f"The {MAX_ROWS} largest; {left_out} more are in the table." if left_out else ""
    svg = canvas.svg(name, title, _said(shown, digits))
    return Drawing(name=name, title=title, caption=caption, svg=svg, canvas=canvas, is_told=drawn)


def _unit_of(rows: Iterable[Row]) -> words.Unit:
    return words.mass_unit(_size(row) for row in rows)


def _landmarks(rows: Iterable[Row]) -> list[float]:
    """The values in kg that a scale must show: central values, and the bounds above them."""
    found = [bound for row in rows if row.value for bound in (row.value.likely_low, row.value.central, row.value.high)]
    return [*found, *(end for row in rows if row.band for end in row.band)]


def _draw_row(canvas: Canvas, scale: Scale, row: Row, said: str, *, top: float) -> None:
    text, middle = top + 14, top + 25
    canvas.text(EDGE, text, cut(row.label, LETTERS - letters_wide(said)), "ink", size=12.5)
    canvas.text(WIDTH - EDGE, text, said, "held" if row.reason else "ink", size=12.5, anchor="right")
    if row.value is not None:
        canvas.line(scale.at(row.value.low), middle, scale.at(row.value.high), middle, "hull", 1.5)
        canvas.line(scale.at(row.value.likely_low), middle, scale.at(row.value.likely_high), middle, "likely", 7)
        canvas.dot(scale.at(row.value.central), middle, 4.5, "accent")
    elif row.band is not None:
        canvas.line(scale.at(row.band[0]), middle, scale.at(row.band[1]), middle, "held", 7, dashes=(3, 2))


def _value_text(row: Row, unit: words.Unit, digits: int) -> str:
    if row.value is not None:
        return words.mass(row.value.central, unit, digits=digits)
    if row.band is not None:
        return words.cell({"band": row.band, "reason": row.reason}, lambda kg: words.mass(kg, unit)).text
    return words.WITHHELD if row.reason else words.UNKNOWN


def _said(rows: Iterable[Row], digits: int) -> str:
    """The rows of a figure in words, for those who don't see it."""
    sentences = []
    for row in rows:
        unit = _unit_of([row])
        said = f"{row.label}: {_value_text(row, unit, digits)}"
        if row.value is not None:
            said += f", likely {words.likely(row.value, unit)}, at the extremes {words.hull(row.value, unit)}"
        elif row.reason:
            said += f" ({words.visible(row.reason)})"
        sentences.append(said)
    return "; ".join(sentences) + "."


def _draw_key(canvas: Canvas, baseline: float) -> None:
    """The key at the right of the axis title."""
    middle, x = baseline - 4, WIDTH - EDGE
    for label, width, draw in (("extremes", 50, "hull"), ("likely", 34, "likely"), ("central", 42, "accent")):
        canvas.text(x, baseline, label, "muted", size=10.5, anchor="right")
        left = x - width - 18
        if draw == "accent":
            canvas.dot(left + 9, middle, 3.5, "accent")
        else:
            canvas.line(left, middle, left + 13, middle, draw, 7 if draw == "likely" else 1.5)
        x = left - 12


def _draw_axis(canvas: Canvas, scale: Scale, *, top: float, bottom: float, title: str) -> None:
    for value, label in scale.ticks():
        x = scale.at(value)
        canvas.line(x, top, x, bottom, "rule", 1)
        anchor = "left" if x < EDGE + 12 else "right" if x > WIDTH - EDGE - 16 else "center"
        canvas.text(x, bottom + 14, label, "muted", size=10.5, anchor=anchor)
    canvas.text(EDGE, bottom + 34, title, "muted", size=10.5)
