"""Figures as SVG text, drawn with matplotlib without its global state: the same values give the same bytes.

Every colour is a plain attribute (so that a figure stands alone, in a paper or a slide) and a class named for its
part (`ink`, `muted`, `accent` …), by which a page's style sheet gives it the colours of a light or a dark page. Text
stays text, in the reader's own sans-serif; each figure has a title and a description that say the values in words.

One unit of length is one CSS pixel; figures are made for a column of 400 pixels and so are legible on a phone.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from attrs import frozen

from neuclir_carbon.model.inventory import LEVELS, Inventory, RunRow, TrackDetails
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import words

WIDTH = 400.0
EDGE = 7.0
ROW = 38.0
MAX_ROWS = 40
# Digits of a group's figures: the public edition holds no more than two.
GROUP_DIGITS = {"organizer": 3, "public": 2}
MAX_EFFECTIVENESS_FIGURES = 24
MAX_KEYS = 12
MAX_POINTS = 300
LOGARITHMIC_FROM = 500.0
COLOURS = {
    "ink": "#1b2426", "muted": "#566266", "rule": "#dfe5e5", "hull": "#7b8a8e", "likely": "#4f9b93",
    "accent": "#0b5f59", "held": "#8a5300", "paper": "#ffffff",
}  # fmt: skip
_CLASSES = {colour: name for name, colour in COLOURS.items()}
_SVG = "http://www.w3.org/2000/svg"
_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]+)")
_KEPT_STYLES = ("fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "text-anchor", "opacity")


@frozen(kw_only=True)
class Drawing:
    """One figure: its name (a file name without ending), its title, what to know when reading it, and its SVG.

    `is_told` is False where every value is withheld or unknown: the figure then only lists names.
    """

    name: str
    title: str
    caption: str
    svg: str
    is_told: bool = True


@frozen(kw_only=True)
class Row:
    """One line of a figure of ranges: a value in kg CO2e, or a band of kg, or neither and the reason why."""

    label: str
    value: Range | None = None
    band: tuple[float, float] | None = None
    reason: str = ""


def organizer_drawings(inventory: Inventory, details: TrackDetails) -> list[Drawing]:
    """The organizer's figures in the order of the page; a figure without any value is left out."""
    with _settings():
        shared = _shared_drawings(plain(inventory), with_teams=True)
        return [*shared, *_effectiveness_drawings(details.runs)]


def public_drawings(inventory: Mapping[str, Any]) -> list[Drawing]:
    """The public figures in the order of the page; a figure without any row is left out."""
    with _settings():
        return _shared_drawings(inventory, with_teams=False)


@contextmanager
def _settings() -> Iterator[None]:
    """matplotlib's own defaults, whatever the user's matplotlibrc says, and text kept as text; only while we draw."""
    from matplotlib import style

    with style.context(["default", {"svg.fonttype": "none", "svg.hashsalt": "neuclir-carbon"}]):
        yield


def _shared_drawings(document: Mapping[str, Any], *, with_teams: bool) -> list[Drawing]:
    digits = GROUP_DIGITS[document["edition"]]
    groups = ("activity", "method", "task", "team") if with_teams else ("activity", "method", "task")
    drawings = [
        _ranges_drawing("total", "The whole track", _total_rows(document), 3),
        *(
            _ranges_drawing(f"by-{key}", f"Emissions by {key}", _group_rows(document[f"by_{key}"]), digits)
            for key in groups
        ),
        _coverage_drawing(document["coverage"]),
    ]
    return [drawing for drawing in drawings if drawing is not None]


def _total_rows(document: Mapping[str, Any]) -> list[Row]:
    labels = {
        "emissions_kg_co2e": "the teams’ work",
        "evaluation": "the organizers’ evaluation",
        "total_with_evaluation_kg_co2e": "both together",
        "harmonized": "the teams’ work under one year’s factors",
    }
    return [_row(label, document[key]) for key, label in labels.items() if document.get(key) is not None]


def _group_rows(groups: Mapping[str, Any]) -> list[Row]:
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


def _ranges_drawing(name: str, title: str, rows: Sequence[Row], digits: int) -> Drawing | None:
    """A row for each value: hull as a thin line, likely bounds as a thick bar, the central value as a dot."""
    if not rows:
        return None
    shown, unit = rows[:MAX_ROWS], _unit_of(rows)
    scale = _Scale.of(_landmarks(shown), unit, EDGE, WIDTH - EDGE)
    drawn = any(row.value or row.band for row in shown)
    canvas = _Canvas(WIDTH, len(shown) * ROW + (44 if drawn else 4))
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
    return Drawing(name=name, title=title, caption=caption, svg=svg, is_told=drawn)


def _unit_of(rows: Iterable[Row]) -> words.Unit:
    return words.mass_unit(_size(row) for row in rows)


def _landmarks(rows: Iterable[Row]) -> list[float]:
    """The values in kg that a scale must show: central values, and the bounds above them."""
    found = [bound for row in rows if row.value for bound in (row.value.likely_low, row.value.central, row.value.high)]
    return [*found, *(end for row in rows if row.band for end in row.band)]


def _draw_row(canvas: "_Canvas", scale: "_Scale", row: Row, said: str, *, top: float) -> None:
    text, middle = top + 14, top + 25
    canvas.text(EDGE, text, _cut(row.label, 54 - _columns(said)), "ink", size=12.5)
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


def _draw_key(canvas: "_Canvas", baseline: float) -> None:
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


def _draw_axis(canvas: "_Canvas", scale: "_Scale", *, top: float, bottom: float, title: str) -> None:
    for value, label in scale.ticks():
        x = scale.at(value)
        canvas.line(x, top, x, bottom, "rule", 1)
        anchor = "left" if x < EDGE + 12 else "right" if x > WIDTH - EDGE - 16 else "center"
        canvas.text(x, bottom + 14, label, "muted", size=10.5, anchor=anchor)
    canvas.text(EDGE, bottom + 34, title, "muted", size=10.5)


def _coverage_drawing(coverage: Mapping[str, Any]) -> Drawing | None:
    """A bar for each level: the share of the teams' central emissions that certificates cover at it or above."""
    levels = [_Level.of(name, coverage[name]) for name in LEVELS]
    if all(level.share is None and not level.reason for level in levels):
        return None
    row, side, full = 34.0, 14.0, WIDTH - 2 * EDGE
    canvas = _Canvas(WIDTH, len(levels) * row + 22)
    longest = max(1.0, *(level.share or 0.0 for level in levels))
    for index, level in enumerate(levels):
        indent = side if level.is_side_branch else 0.0
        text, middle = index * row + 14, index * row + 24
        canvas.text(EDGE + indent, text, level.label, "ink", size=12.5)
        canvas.text(WIDTH - EDGE, text, level.said, "held" if level.reason else "ink", size=12.5, anchor="right")
        if level.share is not None:
            canvas.box(EDGE + indent, middle - 4, full - indent, 8, "rule")
        if level.share:
            length = (full - indent) * level.share / longest
            canvas.box(EDGE + indent, middle - 4, length, 8, "likely" if level.is_side_branch else "accent")
    end = len(levels) * row + 16
    canvas.text(EDGE, end, "0 %", "muted", size=10.5)
    canvas.text(WIDTH - EDGE, end, f"{longest:.0%} of the teams’ emissions".replace("%", " %"), "muted", size=10.5,
                anchor="right")  # fmt: skip
    said = "; ".join(f"{level.label}: {level.said}" for level in levels) + "."
    title = "Coverage by certificates, at least at each level"
    caption = "Coverage does not measure credit quality. List-matched is a side branch out of documented."
    svg, told = canvas.svg("coverage", title, said), any(level.share is not None for level in levels)
    return Drawing(name="coverage", title=title, caption=caption, svg=svg, is_told=told)


@frozen(kw_only=True)
class _Level:
    """One level of coverage as it is drawn; `share` is None where it is unknown or withheld."""

    label: str
    share: float | None
    said: str
    reason: str = ""

    @classmethod
    def of(cls, name: str, value: Any) -> "_Level":
        label = words.plainly(name)
        reason = words.reason_of(value) or words.reason_of(value.get("share"))
        if reason:
            band = words.cell(value if words.is_withheld(value) else value["share"], words.share)
            return cls(label=label, share=None, said=band.text, reason=reason)
        kg = words.cell(value["kg"], words.mass).text
        return cls(label=label, share=value["share"], said=f"{kg} · {words.share(value['share'])}")

    @property
    def is_side_branch(self) -> bool:
        return self.label == words.plainly("list_matched")


def _effectiveness_drawings(runs: Iterable[RunRow]) -> list[Drawing]:
    """A figure for each task and measure with at least two scored runs: kg CO2e against effectiveness."""
    groups: dict[tuple[str, str], list[_Point]] = {}
    for run in runs:
        for measure, score in run.scores.items():
            if math.isfinite(score):
                point = _Point(label=words.visible(run.run_tag), value=run.share_kg_co2e, score=score)
                groups.setdefault((run.task, measure), []).append(point)
    chosen = [(key, points) for key, points in sorted(groups.items()) if len(points) > 1][:MAX_EFFECTIVENESS_FIGURES]
    used: set[str] = set()
    return [_effectiveness_drawing(task, measure, points, used) for (task, measure), points in chosen]


@frozen(kw_only=True)
class _Point:
    """One run: its share of the emissions (kg CO2e) and its score."""

    label: str
    value: Range
    score: float


def _best(points: Sequence[_Point]) -> tuple[list[_Point], int]:
    """The points to draw, and how many are left out: of too many, those of the lowest scores that no front needs."""
    if len(points) <= MAX_POINTS:
        return list(points), 0
    front = set(pareto_front([(point.value.central, point.score) for point in points]))
    ordered = sorted(range(len(points)), key=lambda i: (i not in front, -points[i].score, i))
    return [points[i] for i in sorted(ordered[:MAX_POINTS])], len(points) - MAX_POINTS


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (kg, score) that no other beats: none emits as little or less and scores more or as much.

    In the order of rising kg; of equal points the first stands.
    """
    front: list[int] = []
    for index in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1], i)):
        if not front or points[index][1] > points[front[-1]][1]:
            front.append(index)
    return front


def _effectiveness_drawing(task: str, measure: str, points: Sequence[_Point], used: set[str]) -> Drawing:
    """A dot for each run with its likely bounds; runs that no other beats are joined, numbered and listed."""
    points, left_out = _best(points)
    front = pareto_front([(point.value.central, point.score) for point in points])
    unit = words.mass_unit(point.value.central for point in points)
    left, right, top, bottom = 46.0, WIDTH - EDGE, 26.0, 250.0
    across = _Scale.of([end for p in points for end in (p.value.central, p.value.likely_high)], unit, left, right)
    up = _Scale.around([point.score for point in points], bottom, top)
    keys = front[-MAX_KEYS:]
    canvas = _Canvas(WIDTH, bottom + 44 + 17 * len(keys) + 4)
    _draw_frame(canvas, across, up, words.visible(measure, most=40), unit)
    for point in points:
        y = up.at(point.score)
        canvas.line(across.at(point.value.likely_low), y, across.at(point.value.likely_high), y, "hull", 1)
    for here, there in pairwise(front):
        x, y = across.at(points[there].value.central), up.at(points[here].score)
        canvas.line(across.at(points[here].value.central), y, x, y, "accent", 1)
        canvas.line(x, y, x, up.at(points[there].score), "accent", 1)
    for index, point in enumerate(points):
        tip = f"{point.label}: {words.mass(point.value.central)}, {words.number(point.score)}"
        x, y = across.at(point.value.central), up.at(point.score)
        canvas.dot(x, y, 4.5 if index in front else 3.5, "accent" if index in front else "likely", tip=tip)
    for place, index in enumerate(keys, 1):
        point, y = points[index], bottom + 44 + 17 * place - 6
        canvas.text(across.at(point.value.central), up.at(point.score) - 8, str(place), "accent", size=10.5,
                    anchor="center", bold=True)  # fmt: skip
        said = f"{words.number(point.score)} · {words.mass(point.value.central, unit)}"
        canvas.text(left, y, str(place), "accent", size=11, anchor="right", bold=True)
        canvas.text(left + 8, y, _cut(point.label, 50 - _columns(said)), "ink", size=11)
        canvas.text(right, y, said, "ink", size=11, anchor="right")
    title = f"{words.visible(measure)} against emissions, task {words.visible(task)}"
    caption = "Up and left is better. Numbered runs: no other run emits as little and scores as much."
    if left_out:
        caption += f" The {left_out:,} runs of the lowest scores are in the table only."
    said = f"{len(points)} runs. On the front: " + "; ".join(
        f"{points[i].label}: {words.number(points[i].score)} at {words.mass(points[i].value.central)}"
        for i in front[:40]
    )
    name = _unused(f"effectiveness-{_slug(task)}-{_slug(measure)}", used)
    return Drawing(name=name, title=title, caption=caption, svg=canvas.svg(name, title, said + "."))


def _draw_frame(canvas: "_Canvas", across: "_Scale", up: "_Scale", measure: str, unit: words.Unit) -> None:
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


@frozen(kw_only=True)
class _Scale:
    """Where values (kg, or a score) lie between two pixel positions, and which ticks say so."""

    low: float
    high: float
    start: float
    end: float
    tick_size: float = 1.0
    logarithmic: bool = False

    @classmethod
    def of(cls, values: Sequence[float], unit: words.Unit, start: float, end: float) -> "_Scale":
        """A scale from 0, or a logarithmic one where the smallest value would not be seen beside the largest."""
        above = [value for value in values if value > 0]
        highest = max(above, default=unit.size)
        lowest = min(above, default=highest)
        if highest / lowest < LOGARITHMIC_FROM:
            return cls(low=0.0, high=highest * 1.02, start=start, end=end, tick_size=unit.size)
        floor = 10.0 ** math.floor(math.log10(lowest / unit.size)) * unit.size
        return cls(low=floor, high=highest * 1.1, start=start, end=end, tick_size=unit.size, logarithmic=True)

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> "_Scale":
        """A scale a little wider than the values."""
        low, high = min(values), max(values)
        margin = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        return cls(low=low - margin, high=high + margin, start=start, end=end)

    @property
    def remark(self) -> str:
        return ", logarithmic scale" if self.logarithmic else ""

    def at(self, value: float) -> float:
        """The position of a value; what lies outside stands at the edge."""
        inside = min(max(value, self.low), self.high)
        if self.logarithmic:
            part = math.log(inside / self.low) / math.log(self.high / self.low)
        else:
            part = (inside - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Values and their labels in the scale's unit, about five of them."""
        low, high = self.low / self.tick_size, self.high / self.tick_size
        if self.logarithmic:
            first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high))
            step = max(1, math.ceil((last - first) / 5))
            return [(10.0**power * self.tick_size, _power_label(power)) for power in range(first, last + 1, step)]
        found = [value for value in _round_ticks(low, high) if low <= value <= high]
        return [(value * self.tick_size, _tick_label(value)) for value in found]


def _round_ticks(low: float, high: float) -> Sequence[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(value) for value in MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]


def _tick_label(value: float) -> str:
    if value == 0 or 1e-4 <= abs(value) < 1e9:
        return f"{float(f'{value:.10g}'):,.10g}"
    return words.number(value, 2)


def _power_label(power: int) -> str:
    """A power of ten: 0.001 to 100,000 in full, further out as 10⁻⁴ or 10⁶."""
    return f"{10.0**power:,.10g}" if -3 <= power <= 5 else f"10{words.superscript(power)}"


class _Canvas:
    """A sheet in CSS pixels, y downwards, on which a figure is drawn."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self._tips: dict[str, str] = {}
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.set_axis_off()
        self._figure.patch.set_visible(False)

    def line(  # noqa: PLR0917 (two points)
        self, x1: float, y1: float, x2: float, y2: float, part: str, width: float, *, dashes: tuple[float, ...] = ()
    ) -> None:
        from matplotlib.lines import Line2D

        line = Line2D([x1, x2], [y1, y2], color=COLOURS[part], linewidth=width, solid_capstyle="butt", clip_on=False)
        if dashes:
            line.set_linestyle((0, tuple(dash / width for dash in dashes)))
            line.set_dash_capstyle("butt")
        self._axes.add_line(line)

    def box(self, x: float, y: float, width: float, height: float, part: str) -> None:
        from matplotlib.patches import Rectangle

        self._axes.add_patch(Rectangle((x, y), width, height, facecolor=COLOURS[part], linewidth=0, clip_on=False))

    def dot(self, x: float, y: float, radius: float, part: str, *, tip: str = "") -> None:
        """A dot with a rim of the paper's colour, above all lines; `tip` is shown to a resting pointer."""
        from matplotlib.patches import Circle

        dot = Circle((x, y), radius, facecolor=COLOURS[part], edgecolor=COLOURS["paper"], linewidth=1.2, clip_on=False)
        dot.set_zorder(5)
        if tip:
            dot.set_gid(f"tip{len(self._tips)}")
            self._tips[f"tip{len(self._tips)}"] = tip
        self._axes.add_patch(dot)

    def text(
        self, x: float, y: float, text: str, part: str, *, size: float, anchor: str = "left", bold: bool = False
    ) -> None:
        """One line of text as it is: never taken for mathematics, whatever `$` it holds."""
        self._axes.text(
            x, y, text, color=COLOURS[part], fontsize=size, ha=anchor, va="baseline", parse_math=False,
            fontweight="bold" if bold else "normal", family="sans-serif", clip_on=False, zorder=6,
        )  # fmt: skip

    def svg(self, name: str, title: str, description: str) -> str:
        """The drawing as SVG text."""
        import io
        import warnings

        sheet = io.StringIO()
        with warnings.catch_warnings():
            # The reader's fonts will be used, not matplotlib's: what those lack does not matter.
            warnings.simplefilter("ignore", UserWarning)
            self._figure.savefig(sheet, format="svg", metadata={"Date": None, "Creator": None})
        return _tidied(sheet.getvalue(), self, name, title, description)

    def tip(self, gid: str) -> str | None:
        """The text for a resting pointer over the part with this id."""
        return self._tips.get(gid)


def _tidied(drawn: str, canvas: _Canvas, name: str, title: str, description: str) -> str:
    """matplotlib's SVG without what would leak into a page: ids, style sheet, metadata, doctype, fixed colours."""
    tree = ElementTree.fromstring(drawn)  # noqa: S314 (matplotlib's own text, a line above)
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": _SVG, "viewBox": f"0 0 {canvas.width:g} {canvas.height:g}",
            "width": f"{canvas.width:g}", "height": f"{canvas.height:g}", "role": "img", "aria-label": title,
            "aria-describedby": f"{name}-description", "font-family": "system-ui, sans-serif",
        },
    )  # fmt: skip
    ElementTree.SubElement(root, "title").text = title
    ElementTree.SubElement(root, "desc", {"id": f"{name}-description"}).text = words.visible(description, most=4000)
    for element in tree.iter():
        kind = element.tag.removeprefix(f"{{{_SVG}}}")
        if kind == "g" and (tip := canvas.tip(element.get("id", ""))):
            part = ElementTree.SubElement(root, "g")
            ElementTree.SubElement(part, "title").text = tip
            part.extend(_shape(child) for child in element if child.tag.endswith("path"))
            element.clear()
        elif kind in ("path", "text"):
            root.append(_shape(element))
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _shape(element: ElementTree.Element) -> ElementTree.Element:
    """A path or a text with plain attributes and the classes of its colours."""
    kind = element.tag.removeprefix(f"{{{_SVG}}}")
    kept: dict[str, str] = {key: element.attrib[key] for key in ("d", "x", "y") if key in element.attrib}
    style = dict(_DECLARATION.findall(element.get("style", "")))
    kept |= {key: style[key].strip() for key in _KEPT_STYLES if key in style}
    size = re.search(r"([0-9.]+)px", style.get("font", "") + style.get("font-size", ""))
    if kind == "text":
        kept |= {"font-size": size.group(1)} if size else {}
        kept |= {"font-weight": "600"} if re.search(r"\b(bold|700)\b", element.get("style", "")) else {}
    if "d" in kept:
        kept["d"] = " ".join(kept["d"].split())
    classes = [f"{key}-{_CLASSES[kept[key]]}" for key in ("fill", "stroke") if kept.get(key) in _CLASSES]
    if classes:
        kept["class"] = " ".join(classes)
    shape = ElementTree.Element(kind, kept)
    shape.text = element.text if kind == "text" else None
    return shape


def _columns(text: str) -> int:
    """How wide a text is, in narrow letters; letters of East Asian scripts count twice."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str, columns: int) -> str:
    """The text, cut with an ellipsis where it is wider than `columns` letters."""
    if _columns(text) <= columns:
        return text
    while _columns(text) >= columns:
        text = text[:-1]
    return text + "…"


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
