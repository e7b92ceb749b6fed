"""Figures of effectiveness against emissions, and which runs no other beats."""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from attrs import frozen

from neuclir_carbon.model.effectiveness import pareto_front
from neuclir_carbon.model.inventory import RunRow
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import words
from neuclir_carbon.report.chart_scale import Scale
from neuclir_carbon.report.svg import EDGE, WIDTH, Canvas, Drawing, cut, letters_wide

MAX_FIGURES = 24
MAX_KEYS = 12
MAX_POINTS = 300
LEFT, TOP, BOTTOM, KEY_ROW = 46.0, 26.0, 250.0, 17.0


@frozen(kw_only=True)
class _Point:
    """One run: its share of the emissions (kg CO2e) and its score."""

    label: str
    value: Range
    score: float


def effectiveness_drawings(runs: Iterable[RunRow]) -> list[Drawing]:
    """A figure for each task and measure with at least two scored runs whose emissions are known: kg CO2e against
    effectiveness."""
    groups: dict[tuple[str, str], list[_Point]] = {}
    for run in runs:
        for measure, score in run.scores.items():
            if math.isfinite(score) and run.share_kg_co2e is not None:
                point = _Point(label=words.visible(run.run_tag), value=run.share_kg_co2e, score=score)
                groups.setdefault((run.task, measure), []).append(point)
    chosen = [(key, points) for key, points in sorted(groups.items()) if len(points) > 1][:MAX_FIGURES]
    used: set[str] = set()
    return [_effectiveness_drawing(task, measure, points, used) for (task, measure), points in chosen]


def _best(points: Sequence[_Point]) -> tuple[list[_Point], int]:
    """The points to draw, and how many are left out: of too many, those of the lowest scores that no front needs."""
    if len(points) <= MAX_POINTS:
        return list(points), 0
    front = set(pareto_front([(point.value.central, point.score) for point in points]))
    ordered = sorted(range(len(points)), key=lambda i: (i not in front, -points[i].score, i))
    return [points[i] for i in sorted(ordered[:MAX_POINTS])], len(points) - MAX_POINTS


def _effectiveness_drawing(task: str, measure: str, points: Sequence[_Point], used: set[str]) -> Drawing:
    """A dot for each run with its likely bounds; runs that no other beats are joined, numbered and listed."""
    points, left_out = _best(points)
    front = pareto_front([(point.value.central, point.score) for point in points])
    keys = [points[index] for index in front[-MAX_KEYS:]]
    unit = words.mass_unit(point.value.central for point in points)
    across = Scale.of([end for p in points for end in (p.value.central, p.value.likely_high)], unit, LEFT, WIDTH - EDGE)
    up = Scale.around([point.score for point in points], BOTTOM, TOP)
    canvas = Canvas(WIDTH, BOTTOM + 44 + KEY_ROW * len(keys) + 4)
    _draw_frame(canvas, across, up, words.visible(measure, most=40), unit)
    _draw_bounds(canvas, across, up, points)
    _draw_front(canvas, across, up, [points[index] for index in front])
    _draw_dots(canvas, across, up, points, frozenset(front))
    _draw_keys(canvas, across, up, keys, unit)
    title = f"{words.visible(measure)} against emissions, task {words.visible(task)}"
    caption = "Up and left is better. Numbered runs: no other run emits as little and scores as much."
    if left_out:
        caption += f" The {left_out:,} runs of the lowest scores are in the table only."
    said = f"{len(points)} runs. On the front: " + "; ".join(map(_said, (points[index] for index in front[:40])))
    name = _unused(f"effectiveness-{_slug(task)}-{_slug(measure)}", used)
    svg = canvas.svg(name, title, said + ".")
    return Drawing(name=name, title=title, caption=caption, svg=svg, canvas=canvas)


def _said(point: _Point) -> str:
    return f"{point.label}: {words.number(point.score)} at {words.mass(point.value.central)}"


def _draw_bounds(canvas: Canvas, across: Scale, up: Scale, points: Sequence[_Point]) -> None:
    for point in points:
        y = up.at(point.score)
        canvas.line(across.at(point.value.likely_low), y, across.at(point.value.likely_high), y, "hull", 1)


def _draw_front(canvas: Canvas, across: Scale, up: Scale, front: Sequence[_Point]) -> None:
    """Stairs along the runs that no other beats."""
    for here, there in pairwise(front):
        x, y = across.at(there.value.central), up.at(here.score)
        canvas.line(across.at(here.value.central), y, x, y, "accent", 1)
        canvas.line(x, y, x, up.at(there.score), "accent", 1)


def _draw_dots(canvas: Canvas, across: Scale, up: Scale, points: Sequence[_Point], front: frozenset[int]) -> None:
    for index, point in enumerate(points):
        tip = f"{point.label}: {words.mass(point.value.central)}, {words.number(point.score)}"
        radius, part = (4.5, "accent") if index in front else (3.5, "likely")
        canvas.dot(across.at(point.value.central), up.at(point.score), radius, part, tip=tip)


def _draw_keys(canvas: Canvas, across: Scale, up: Scale, keys: Sequence[_Point], unit: words.Unit) -> None:
    """The numbers above the runs of the front, and the list below that names them."""
    for place, point in enumerate(keys, 1):
        x, y = across.at(point.value.central), BOTTOM + 44 + KEY_ROW * place - 6
        canvas.text(x, up.at(point.score) - 8, str(place), "accent", size=10.5, anchor="center", bold=True)
        said = f"{words.number(point.score)} · {words.mass(point.value.central, unit)}"
        canvas.text(LEFT, y, str(place), "accent", size=11, anchor="right", bold=True)
        canvas.text(LEFT + 8, y, cut(point.label, 50 - letters_wide(said)), "ink", size=11)
        canvas.text(WIDTH - EDGE, y, said, "ink", size=11, anchor="right")


def _draw_frame(canvas: Canvas, across: Scale, up: Scale, measure: str, unit: words.Unit) -> None:
    """The grid, the ticks and both titles of a figure with two scales."""
    left, right, bottom, top = across.start, across.end, up.start, up.end
    canvas.text(EDGE, 12, measure, "muted", size=10.5)
    for value, label in up.ticks():
        canvas.line(left, up.at(value), right, up.at(value), "rule", 1)
        canvas.text(left - 7, up.at(value) + 3.5, label, "muted", size=10.5, anchor="right")
    for value, label in across.ticks():
        x = across.at(value)
        canvas.line(x, top, x, bottom, "rule", 1)
        canvas.text(x, bottom + 14, label, "muted", size=10.5, anchor="right" if x > right - 16 else "center")
    title = f"{unit.name} CO₂e, the run’s share of its team’s work{across.remark}"
    canvas.text(right, bottom + 31, title, "muted", size=10.5, anchor="right")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "x"


def _unused(name: str, used: set[str]) -> str:
    """The name, or with a number behind it if it is taken; it is then taken."""
    candidate, count = name, 1
    while candidate in used:
        count += 1
        candidate = f"{name}-{count}"
    used.add(candidate)
    return candidate
