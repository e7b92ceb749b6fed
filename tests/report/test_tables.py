"""CSV for spreadsheets; LaTeX and a sentence for the paper."""

import csv
import io
import re
from typing import Any

import made_up_tracks as made_up
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.inventory import TrackDetails
from neuclir_carbon.report import tables
from neuclir_carbon.report.templating import latex_escaped

TWELVE = made_up.track(12)[1]
WITHHELD = {"suppressed": True, "reason": "fewer than 3 teams"}


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def named(name: str) -> TrackDetails:
    """A track of one team, run, activity and certificate that are all called the same."""
    return TrackDetails(
        teams=(evolve(TWELVE.teams[0], team=name),),
        runs=(evolve(TWELVE.runs[0], team=name, run_tag=name, scores={name: 0.5}),),
        activities=(made_up.activity(name, 1, label=name, run_tags=(name,)),),
        certificates=(evolve(TWELVE.certificates[0], team=name, scope_id=name),),
        findings=(),
    )


@pytest.mark.parametrize("make", [tables.teams_csv, tables.runs_csv, tables.activities_csv, tables.certificates_csv])
@pytest.mark.parametrize(
    "name", ["=cmd()", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "\u00a0=1", "=1\u202e"]
)
def test_no_cell_of_a_csv_is_a_formula(make: Any, name: str) -> None:
    data = make(named(name))
    assert b"\r" not in data and data.endswith(b"\n")
    assert data.count(b"\n") == 2
    cells = [cell for row in csv.reader(io.StringIO(data.decode(), newline="")) for cell in row]
    assert any(cell.startswith("'") for cell in cells)
    for cell in cells:
        assert not re.match(r"[\s=+@＝＋－＠-]", cell) or re.fullmatch(r"-?[0-9.e+-]+", cell)


def test_numbers_stay_numbers_in_full() -> None:
    row = rows_of(tables.teams_csv(TWELVE))[0]
    found = TWELVE.teams[0]
    assert float(row["emissions_kg_co2e"]) == found.emissions_kg_co2e.central
    assert float(row["low_kg_co2e"]) == found.emissions_kg_co2e.low
    assert float(row["likely_high_kg_co2e"]) == found.emissions_kg_co2e.likely_high
    assert float(row["it_energy_kwh"]) == found.it_energy_kwh
    assert row["tracked"] == "yes"


def test_a_run_s_scores_stand_in_columns_of_their_own() -> None:
    details = evolve(TWELVE, runs=(TWELVE.runs[0], evolve(TWELVE.runs[1], scores={"nDCG@20": 0.25})))
    rows = rows_of(tables.runs_csv(details))
    assert [row["score_nDCG@20"] for row in rows] == [repr(TWELVE.runs[0].scores["nDCG@20"]), "0.25"]
    assert rows[1]["score_R@1000"] == ""


def test_every_row_of_the_page_has_its_columns_in_a_csv() -> None:
    _, details = made_up.with_everything(*made_up.track(12))
    teams = {row["team"]: row for row in rows_of(tables.teams_csv(details))}
    form = teams["only a form"]
    assert (form["emissions_kg_co2e"], form["it_energy_kwh"], form["tracked"], form["offset"]) == ("", "", "yes", "")
    first = teams["Fjordlab"]
    assert (first["form_tracked"], first["offset"], first["aliases"]) == ("no", "yes", "Fjord Lab")
    assert first["counted_earlier"] == "1"
    assert rows_of(tables.runs_csv(details))[0]["unbeaten_by"] == "nDCG@20"
    certificates = rows_of(tables.certificates_csv(details))
    assert (certificates[0]["disputed"], certificates[0]["held_by"]) == ("yes", "OFF020")
    assert certificates[1]["raised_by"] == "documented: its page in the registry"
    assert certificates[1]["decision"].startswith("upheld by the chair")
    counts = [row["counts"] for row in rows_of(tables.activities_csv(details))]
    assert counts == ["now"] * len(details.activities) + ["earlier"]


def test_unknown_emissions_are_an_empty_cell_and_not_zero() -> None:
    rows = {row["record_id"]: row for row in rows_of(tables.activities_csv(TWELVE))}
    unknown = next(a for a in TWELVE.activities if a.emissions_kg_co2e is None)
    row = rows[unknown.record.record_id]
    assert (row["emissions_kg_co2e"], row["low_kg_co2e"], row["it_energy_kwh"]) == ("", "", "")
    assert len(rows) == len(TWELVE.activities)


def test_the_emissions_of_activities_csv_add_up_to_the_inventory() -> None:
    inventory, details = made_up.track(12)
    total = sum(float(row["emissions_kg_co2e"] or 0) for row in rows_of(tables.activities_csv(details)))
    assert total == pytest.approx(inventory.emissions_kg_co2e.central, rel=1e-12)


def test_a_certificate_s_mass_is_in_whole_kilograms() -> None:
    row = rows_of(tables.certificates_csv(TWELVE))[0]
    assert (row["quantity_kg"], row["allocated_kg"], row["level"]) == ("4000", "90", "declared")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("A&B_50%", r"A\&B\_50\%"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("$1 #2 ~ ^", r"\$1 \#2 \textasciitilde{} \textasciicircum{}"),
        ("a\u202eb", r"a\textbackslash{}u202eb"),
        ("between 1 – 2\u00a0kg", "between 1 -- 2~kg"),
        ("10⁻¹⁶ CO₂e", r"10$^{-16}$ CO$_2$e"),
        ("Größe naïve Łódź Ấn", r"Gr\"{o}\ss{}e na\"{\i}ve \L{}\'{o}d\'{z} \'{\^{A}}n"),
        ("NFD e\u0301", r"NFD \'{e}"),
        ("中文 ru-русский", "[U+4E2D U+6587] ru-[U+0440 U+0443 U+0441 U+0441 U+043A U+0438 U+0439]"),
    ],
)
def test_nothing_that_latex_acts_on_is_left(text: str, escaped: str) -> None:
    assert latex_escaped(text) == escaped


@given(st.text(max_size=100) | st.text(st.characters(max_codepoint=0x250), max_size=100))
def test_latex_s_own_characters_only_stand_in_commands_of_ours(text: str) -> None:
    ours = (
        r"\\text[a-z]+\{\}|\\dots\{\}|\\(?:ss|ae|AE|oe|OE|o|O|l|L|i)\{\}|\\[{}$&#_%]|\$_2\$|\$\^\{[0-9-]+\}\$|~"
        r"|\$\\(?:times|cdot|pm|mu)\$|\$-\$"
    )
    escaped = latex_escaped(text)
    assert escaped.isascii()
    accent = re.compile(r"\\(?:[`'^~=.\"]|[urHvdc])\{(?:[A-Za-z]|\\[ij])\}")
    while accent.search(escaped):
        escaped = accent.sub("e", escaped)
    assert not re.search(r"[\\{}$&#_%^~]", re.sub(ours, "", escaped))


def test_the_table_has_a_line_for_each_group_and_says_why_one_is_withheld() -> None:
    document = made_up.published("public-twelve-teams")
    table = tables.latex_table(document)
    lines = [line for line in table.splitlines() if line.endswith(r"\\") and " & " in line]
    assert len(lines) == 1 + len(document["by_activity"]) + 1
    assert r"training & 8 & 1,500 & 1,200 -- 2,200 \\" in lines
    assert r"retrieval &  & withheld\textsuperscript{1} &  \\" in lines
    assert r"reranking & 9 & between 100 and 200\textsuperscript{3} &  \\" in lines
    assert r"total & 12 & 2,580 & 2,000 -- 3,740 \\" in lines
    assert r"\textsuperscript{1} fewer than 3 teams" in table


def test_a_hostile_task_or_track_is_escaped_in_the_table() -> None:
    document = made_up.published("public-twelve-teams")
    document["track"] = r"A&B_50% \write18{x}"
    document["by_activity"][r"x & \input{y}"] = document["by_activity"]["training"]
    table = tables.latex_table(document)
    assert r"A\&B\_50\% \textbackslash{}write18\{x\}" in table
    assert r"x \& \textbackslash{}input\{y\} & 8 &" in table


def said(**changes: Any) -> str:
    document = {**made_up.published("public-twelve-teams"), **changes}
    return tables.sentence(document).replace("\u00a0", " ")


def test_the_sentence_says_how_many_teams_tracked() -> None:
    text = said(teams=21, answers={"tracked": 17, "offset": 6, "unanswered": 4})
    assert text.startswith(
        "At neuclir-2024, 17 of 21 teams (81 %) tracked their carbon emissions and 6 of 21 teams (29 %) brought a"
    )
    assert "Gross, the teams’ work emitted 2,580 kg CO₂e (likely between 2,000 and 3,740 kg)." in text
    assert text.endswith("Coverage does not measure credit quality.\n")


@pytest.mark.parametrize(
    ("tracked", "words"),
    [({"band": [9, 12], "reason": "r"}, "At neuclir-2024, at least 9 of 12 teams tracked"), (WITHHELD, None),
     ({"band": [3, 7], "reason": "r"}, None), ({"band": [0, 12], "reason": "r"}, None), (None, None)],
)  # fmt: skip
def test_the_sentence_keeps_to_the_counts_that_are_published(tracked: Any, words: str | None) -> None:
    text = said(answers={"tracked": tracked, "offset": WITHHELD, "unanswered": WITHHELD})
    assert text.startswith(words) if words else "tracked" not in text
    assert "certificate of" not in text


def test_a_withheld_total_and_coverage_are_not_in_the_sentence() -> None:
    document = made_up.published("public-twelve-teams")
    coverage = dict.fromkeys(document["coverage"], WITHHELD)
    text = said(emissions_kg_co2e=WITHHELD, coverage=coverage)
    assert "emitted" not in text and "Certificates" not in text
    band = said(emissions_kg_co2e={"band": [2000, 5000], "reason": "r"}, coverage=coverage)
    assert "Gross, the teams’ work emitted between 2,000 and 5,000 kg CO₂e." in band


def test_where_all_is_withheld_the_sentence_says_so_and_why() -> None:
    document = made_up.published("public-twelve-teams")
    few = {"suppressed": True, "reason": "fewer than 3 teams"}
    withheld = {
        "teams": few, "answers": dict.fromkeys(document["answers"], few), "emissions_kg_co2e": few,
        "coverage": dict.fromkeys(document["coverage"], few), "since": None,
    }  # fmt: skip
    assert said(**withheld) == "At neuclir-2024, no figure can be published: fewer than 3 teams.\n"


def test_only_what_is_registry_verified_is_called_offset() -> None:
    document = made_up.published("public-twelve-teams")
    level = {"kg": 300.0, "share": 0.1164}
    text = said(coverage={**document["coverage"], "registry_verified": level})
    assert "62.3 % of these emissions; 11.6 % are offset, that is registry-verified." in text
    assert "offset" not in said()
