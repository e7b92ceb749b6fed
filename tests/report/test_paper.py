"""The paragraph for a paper: what it says of known records, and that LaTeX and BibTeX take it."""

import re
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from latex_runs import bibtex, needs_latex, pdflatex
from making import GERMANY, a_record
from strangers import HOSTILE, TEXTS
from works import FRANCE, NO_FIGURE, a_work, imported

from neuclir_carbon.model.record import Embodied, Factor, Grid, Pue
from neuclir_carbon.report.citations import CITATIONS, bibliography
from neuclir_carbon.report.paper import NOT_TRACKED, paragraph
from neuclir_carbon.report.work import Work

EMBER = attrs.evolve(GERMANY, source="ecologits 0.11.3 (Ember through Our World in Data) 2025; range with codecarbon")
UNSPECIFIED = Grid(g_co2e_per_kwh=460.0, low=20.0, high=1600.0, source="no place was given", basis="unspecified")


def parts_of(work: Work) -> tuple[str, str]:
    """The sentences, and the BibTeX entries below them."""
    text, _, entries = paragraph(work).data.decode().partition("\n\n% What it cites, as BibTeX\n")
    return text, entries


def test_it_says_how_much_between_what_and_measured_with_what() -> None:
    record = a_record(kwh=2.0, metered_s=3600.0, notes={"codecarbon": "3.3.2"}, grid=EMBER)
    text, entries = parts_of(a_work(record))
    assert text.startswith("We used 2.00 kWh of electricity and emitted 659 g CO2e, between 330 and 3,050 g, measured ")
    assert r"~\cite{neuclir-carbon} and CodeCarbon 3.3.2~\cite{codecarbon}, in 1 activity in 2024-11." in text
    assert r"330 g CO2e/kWh in Germany~\cite{ecologits,owid-carbon-intensity}" in text
    keys = re.findall(r"@[a-z]+\{([^,]+),", entries)
    assert keys == ["neuclir-carbon", "codecarbon", "ecologits", "owid-carbon-intensity"]


def test_each_way_is_told_with_its_tools_the_most_used_first() -> None:
    records = [
        imported("a", "codecarbon", "2.3.5"), imported("b", "codecarbon", "2.3.5"), imported("c", "eco2AI"),
        a_record("d", method="estimated", source={"kind": "estimate", "method": "mlco2"}),
    ]  # fmt: skip
    text, entries = parts_of(a_work(*records))
    assert (
        r"in 4 activities in 2024-11: 2 were imported from CodeCarbon 2.3.5~\cite{codecarbon}, "
        r"1 was imported from eco2AI~\cite{eco2ai_lib}, and 1 was estimated with neuclir-carbon" in text
    )
    assert "in Germany, as the tracker reported it; " in text
    assert {"codecarbon", "eco2ai_lib", "lacoste2019quantifying"} <= set(re.findall(r"\{([a-z0-9_]+),", entries))


def test_the_places_of_the_most_energy_are_told_and_the_others_counted() -> None:
    records = [
        a_record(f"r{number}", kwh=float(number), grid=attrs.evolve(GERMANY, region=f"place {number}"))
        for number in range(1, 8)
    ]
    text, _ = parts_of(a_work(*records))
    assert "was 330 g CO2e/kWh in place 7, Germany; 330 g CO2e/kWh in place 6, Germany; " in text
    assert "in place 3, Germany; and 2 more." in text


def test_a_facility_that_adds_nothing_to_be_seen_is_not_told() -> None:
    nearly_one = Pue(value=1.0001, low=1.0, high=2.0, source="given by the user")
    text, _ = parts_of(a_work(a_record(kwh=100.0, pue=nearly_one)))
    assert text.startswith("We used 100 kWh of electricity and emitted")


def test_the_versions_of_a_tool_make_one_way() -> None:
    few = [imported("a", "codecarbon", "3.0.8"), imported("b", "CodeCarbon", "2.3.5"), imported("c", "codecarbon")]
    assert r"imported from CodeCarbon (2.3.5, 3.0.8)~\cite{codecarbon}, in 3 activities in" in parts_of(a_work(*few))[0]
    many = [imported(f"r{number}", "codecarbon", f"3.{number}") for number in range(5)]
    assert r"imported from CodeCarbon (5 versions)~\cite{codecarbon}, in" in parts_of(a_work(*many))[0]


def test_others_are_cited_for_the_bounds_of_a_reported_intensity_and_not_for_itself() -> None:
    other = Factor(id="g", value=1.0, unit="g CO2e/kWh", source="ecologits (Ember)")
    text, _ = parts_of(a_work(imported("a", "codecarbon", factors=(other,))))
    assert r"in Germany, as the tracker reported it (its bounds are others'~\cite{ecologits})." in text


@pytest.mark.parametrize(
    ("tool", "key"),
    [
        ("CodeCarbon", "codecarbon"), ("carbontracker", "anthony2020carbontracker"), ("eco2ai", "eco2ai_lib"),
        ("tirex-tracker", "tirextracker2025"), ("TIREx tracker", "tirextracker2025"), ("zeus", "zeus-nsdi23"),
    ],
)  # fmt: skip
def test_every_tracker_that_is_imported_has_its_citation(tool: str, key: str) -> None:
    text, entries = parts_of(a_work(imported("a", tool)))
    assert f"\\cite{{{key}}}" in text and f"{{{key}," in entries


def test_a_tool_without_a_citation_is_named_and_said() -> None:
    written = paragraph(a_work(imported("a", "my_tracker", "1.0")))
    assert r"imported from my\_tracker 1.0, in" in written.data.decode()
    assert "my_tracker" in written.notes[0]


def test_data_behind_the_hardware_is_cited_apart_from_the_grid_s() -> None:
    power = Factor(id="instance.aws.p4d.power", value=1.0, unit="W", source="Teads Engineering, CC BY 4.0")
    state = Factor(id="grid.codecarbon.USA.virginia", value=1.0, unit="g CO2e/kWh", source="codecarbon (EPA eGRID2023)")
    text, _ = parts_of(a_work(a_record(factors=(power, state))))
    assert r"and their ranges, follow~\cite{davy2021ec2}." in text
    assert r"in Germany~\cite{codecarbon,egrid2023}" in text


def test_facility_energy_unknown_place_unknown_pue_and_manufacture_are_said() -> None:
    known = Pue(value=1.5, low=1.5, high=1.5, source="given by the user")
    records = [
        a_record("a", kwh=1.0, pue=known, embodied=Embodied(kg_co2e=0.25, low=0.1, high=0.5, source="x")),
        a_record("b", kwh=1.0, grid=UNSPECIFIED),
        a_record("c", kwh=1.0, grid=FRANCE),
    ]
    text, _ = parts_of(a_work(*records))
    assert "used 3.50 kWh of electricity (3.00 kWh by the machines, the rest by their sites)" in text
    assert "the world's mean of 460 g CO2e/kWh, because no place was given" in text
    assert "not given for 2 of the 3 activities" in text
    assert "The emissions include 250 g CO2e from manufacturing." in text
    assert "Manufacturing emissions are unknown for 2 of the 3 activities." in text


def test_unknown_amounts_are_never_told_as_zero() -> None:
    text, _ = parts_of(a_work(a_record("a", kwh=None)))
    assert text.startswith("The energy and the emissions of our 1 activity in 2024-11 are unknown (measured with ")
    text, _ = parts_of(a_work(a_record("a", kwh=1.0, grid=NO_FIGURE)))
    assert text.startswith("We used 1.00 kWh of electricity, measured with ")
    assert "emitted" not in text and "bounds" not in text
    text, _ = parts_of(a_work(a_record("a", kwh=1.0), a_record("b", kwh=None)))
    assert "The emissions of 1 of the 2 activities are unknown and not included." in text


def test_work_of_months_tells_the_first_and_the_last() -> None:
    records = [a_record("a"), a_record("b", started_at="2025-02-01T00:00:00Z"), a_record("c", started_at=None)]
    assert "in 3 activities from 2024-11 to 2025-02" in parts_of(a_work(*records))[0]


def test_nothing_tracked_and_records_that_could_not_be_read_are_said() -> None:
    assert paragraph(a_work()).data.decode() == NOT_TRACKED + "\n"
    assert "could not be read" in paragraph(a_work(is_incomplete=True)).data.decode()
    assert "Records that could not be read are not included." in parts_of(a_work(a_record(), is_incomplete=True))[0]


@given(tool=TEXTS, region=TEXTS)
def test_the_only_commands_are_citations_of_entries_below(tool: str, region: str) -> None:
    grid = attrs.evolve(GERMANY, region=region)
    text, entries = parts_of(a_work(imported("a", tool, tool, grid=grid), a_record("b", grid=grid)))
    assert text.isascii() and "\n" not in text
    cited = {key for group in re.findall(r"\\cite\{([^}]*)\}", text) for key in group.split(",")}
    assert cited <= set(re.findall(r"@[a-z]+\{([^,]+),", entries)) <= CITATIONS.keys()


# As LaTeX and BibTeX read it


def compiled(folder: Path, text: str, entries: str) -> tuple[str, str]:
    """The logs of BibTeX and of the last of three runs over a paper that has the paragraph in it."""
    paper = folder / "paper.tex"
    paper.write_text(
        f"\\documentclass{{article}}\n\\begin{{document}}\n{text}\n\\bibliographystyle{{plain}}\n"
        "\\bibliography{entries}\n\\end{document}\n"
    )
    (folder / "entries.bib").write_text(entries)
    pdflatex(paper)
    told = bibtex(paper)
    pdflatex(paper)
    return told, pdflatex(paper)


@needs_latex
def test_latex_and_bibtex_find_every_citation(tmp_path: Path) -> None:
    power = Factor(id="p", value=1.0, unit="W", source="Teads Engineering, CC BY 4.0")
    state = Factor(id="g", value=1.0, unit="g CO2e/kWh", source="codecarbon (EPA eGRID2023)")
    tools = ("codecarbon", "carbontracker", "eco2ai", "tirex-tracker", "zeus")
    records = [
        *(imported(f"i{number}", tool, "1.0", grid=EMBER) for number, tool in enumerate(tools)),
        a_record("m", metered_s=1.0, factors=(power, state)),
        a_record("e", kwh=1e-9, method="estimated", source={"method": "mlco2"}),
    ]
    text, entries = parts_of(a_work(*records))
    assert set(CITATIONS) == set(re.findall(r"@[a-z]+\{([^,]+),", entries))
    told, log = compiled(tmp_path, text, entries)
    assert "undefined" not in log
    warnings = [line for line in told.splitlines() if line.startswith("Warning") and "empty year" not in line]
    assert warnings == []


@needs_latex
def test_latex_takes_the_paragraph_with_every_hostile_name(tmp_path: Path) -> None:
    records = [
        imported(f"r{number}", name, name, grid=attrs.evolve(GERMANY, region=name, low=1.0 + number))
        for number, name in enumerate(HOSTILE)
    ]
    compiled(tmp_path, *parts_of(a_work(*records, a_record("z"))))


def test_every_entry_is_plain_ascii_with_balanced_braces() -> None:
    entries = bibliography(CITATIONS)
    assert entries.isascii()
    assert entries.count("{") == entries.count("}")
    assert len(CITATIONS) == entries.count("@")
