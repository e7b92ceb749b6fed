"""Figures as PDF: the same text as the SVG, the same bytes every time, and nothing of the day or the machine."""

import getpass
import io
import os
import platform
import subprocess
import sys
from xml.etree import ElementTree

import made_up_tracks as made_up
import pytest
from pypdf import PdfReader

from neuclir_carbon.model.plain_text import escaped
from neuclir_carbon.report import charts
from neuclir_carbon.report.svg import Drawing

SVG = "{http://www.w3.org/2000/svg}"
DRAWINGS = {drawing.name: drawing for drawing in charts.organizer_drawings(*made_up.track(12))}


def words_of(drawing: Drawing) -> str:
    """The texts of the SVG without blanks."""
    texts = [element.text or "" for element in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]
    return "".join("".join(texts).split())


@pytest.mark.parametrize("for_print", [False, True], ids=["on screen", "for print"])
@pytest.mark.parametrize("name", ["total", "by-activity", "coverage", "effectiveness-clir-ndcg-20"])
def test_a_pdf_says_what_the_svg_says(name: str, for_print: bool) -> None:
    drawing = DRAWINGS[name]
    reader = PdfReader(io.BytesIO(drawing.pdf(for_print=for_print)))
    assert len(reader.pages) == 1
    said = "".join(reader.pages[0].extract_text().split())
    assert sorted(said) == sorted(words_of(drawing))
    width, height = (float(edge) for edge in reader.pages[0].mediabox[2:])
    assert width == 400 and height > 40


def test_a_pdf_has_its_title_and_neither_date_nor_program_nor_machine() -> None:
    data = DRAWINGS["by-team"].pdf()
    assert dict(PdfReader(io.BytesIO(data)).metadata or {}) == {"/Title": "Emissions by team"}
    # A short name may stand in compressed bytes by chance.
    machine = [name.encode() for name in (platform.node(), getpass.getuser()) if len(name) > 5]
    for told in (b"CreationDate", b"Producer", b"matplotlib", b"/home/", b"/tmp/", *machine):
        assert told not in data


def test_fonts_for_print_are_embedded_as_publishers_ask() -> None:
    def kinds(data: bytes) -> set[str]:
        fonts = PdfReader(io.BytesIO(data)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
        return {fonts[name]["/Subtype"] for name in fonts}

    assert "/Type3" not in kinds(DRAWINGS["total"].pdf(for_print=True))
    assert kinds(DRAWINGS["total"].pdf()) == {"/Type3"}


def test_letters_that_the_embedded_font_lacks_are_written_by_their_code_points() -> None:
    team = "翻訳検索チーム"
    said = "".join(PdfReader(io.BytesIO(DRAWINGS["by-team"].pdf())).pages[0].extract_text().split())
    assert "".join(escaped(letter) for letter in team) in said
    assert "Двaслова".replace("a", "а") in said, "what it has stays as it is"
    assert team in words_of(DRAWINGS["by-team"]), "and so does the SVG, which takes the reader's fonts"


def test_the_same_values_give_the_same_bytes_in_another_process() -> None:
    script = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]); import made_up_tracks as made_up\n"
        "from neuclir_carbon.report import charts\n"
        "for d in charts.organizer_drawings(*made_up.track(12)):\n"
        "    print(d.name, hashlib.sha256(d.pdf()).hexdigest(), hashlib.sha256(d.svg.encode()).hexdigest())\n"
    )
    folder = str(made_up.INVENTORIES.parent.parent / "report")
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script, folder], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]  # fmt: skip
    assert outputs[0] == outputs[1] and outputs[0].count("\n") == len(DRAWINGS)


def test_drawing_a_pdf_leaves_the_svg_as_it_was() -> None:
    drawing = charts.organizer_drawings(*made_up.track(12))[4]
    before = drawing.canvas.svg(drawing.name, drawing.title, "x")
    drawing.pdf()
    assert drawing.canvas.svg(drawing.name, drawing.title, "x") == before
