"""A sheet to draw on, its SVG text and its PDF, drawn with matplotlib without its global state: equal drawings, equal
bytes.

Every colour is a plain attribute (so that a figure stands alone, in a paper or a slide) and a class named for its
part (`ink`, `muted`, `accent` …), by which a page's style sheet gives it the colours of a light or a dark page. Text
stays text, in the reader's own sans-serif; each figure has a title and a description that say the values in words.

One unit of length is one CSS pixel; figures are made for a column of 400 pixels and so are legible on a phone.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

from attrs import field, frozen

from neuclir_carbon.model.plain_text import escaped
from neuclir_carbon.report import words

WIDTH = 400.0
EDGE = 7.0
COLOURS = {
    "ink": "#1b2426", "muted": "#566266", "rule": "#dfe5e5", "hull": "#7b8a8e", "likely": "#4f9b93",
    "accent": "#0b5f59", "held": "#8a5300", "paper": "#ffffff",
}  # fmt: skip
_CLASSES = {colour: name for name, colour in COLOURS.items()}
_SVG = "http://www.w3.org/2000/svg"
_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]+)")
_KEPT_STYLES = ("fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "text-anchor", "opacity")


@frozen(kw_only=True)
class Figure:
    """One figure: its name (a file name without ending), its title, what to know when reading it, and its SVG.

    `is_told` is False where every value is withheld or unknown: the figure then only lists names.
    """

    name: str
    title: str
    caption: str
    svg: str = field(repr=False)
    is_told: bool = True


@frozen(kw_only=True)
class FinishedFigure(Figure):
    """A figure with its PDF, as plain data."""

    pdf: bytes = field(repr=False)


@frozen(kw_only=True)
class Drawing(Figure):
    """A figure with the sheet that it is drawn on."""

    canvas: "Canvas" = field(eq=False, repr=False)

    def pdf(self, *, for_print: bool = False) -> bytes:
        """The figure as PDF; `for_print` embeds fonts as publishers ask for it (Type 42), at 20 times the time."""
        return self.canvas.pdf(self.title, for_print=for_print)

    def finished(self, *, for_print: bool = False) -> FinishedFigure:
        """The figure without its sheet, which stays in the process that drew on it."""
        return FinishedFigure(
            name=self.name, title=self.title, caption=self.caption, svg=self.svg, is_told=self.is_told,
            pdf=self.pdf(for_print=for_print),
        )  # fmt: skip


@contextmanager
def settings(**chosen: Any) -> Iterator[None]:
    """matplotlib's own defaults, whatever the user's matplotlibrc says, and text kept as text; only while we draw."""
    from matplotlib import style

    ours = {"svg.fonttype": "none", "svg.hashsalt": "neuclir-carbon", **chosen}
    with style.context(["default", ours]):
        yield


class Canvas:
    """A sheet in CSS pixels, y downwards, on which a figure is drawn."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure as Sheet

        self.width, self.height = width, height
        self._tips: dict[str, str] = {}
        self._figure = Sheet(figsize=(width / 72, height / 72), dpi=72)
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

    def pdf(self, title: str, *, for_print: bool) -> bytes:
        """The drawing as PDF, without date, program or machine; letters that the embedded font lacks are written by
        their code points, so that nothing depends on which fonts are installed."""
        import io

        sheet = io.BytesIO()
        metadata = {"Title": title, "Creator": None, "Producer": None, "CreationDate": None}
        texts = {text: text.get_text() for text in self._axes.texts}
        with settings(**{"pdf.fonttype": 42 if for_print else 3, "font.sans-serif": ["DejaVu Sans"]}):
            try:
                for text, said in texts.items():
                    text.set_text(_in_the_embedded_font(said))
                self._figure.savefig(sheet, format="pdf", metadata=metadata)
            finally:
                for text, said in texts.items():
                    text.set_text(said)
        return sheet.getvalue()

    def tip(self, gid: str) -> str | None:
        """The text for a resting pointer over the part with this id."""
        return self._tips.get(gid)


def _in_the_embedded_font(text: str) -> str:
    """The text with letters escaped that matplotlib's own DejaVu Sans has no glyph for."""
    if text.isascii():
        return text
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont("DejaVu Sans"))
    return "".join(letter if font.get_char_index(ord(letter)) else escaped(letter) for letter in text)


def _tidied(drawn: str, canvas: Canvas, name: str, title: str, description: str) -> str:
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


def cut(text: str, columns: int) -> str:
    """The text, cut with an ellipsis where it is wider than `columns` letters."""
    if letters_wide(text) <= columns:
        return text
    while letters_wide(text) >= columns:
        text = text[:-1]
    return text + "…"


def letters_wide(text: str) -> int:
    """How wide a text is, in narrow letters; letters of East Asian scripts count twice."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
