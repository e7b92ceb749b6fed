"""A team's LaTeX table: rows that add up, compiled alone and inside a paper, with whatever names stand in it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from latex_runs import needs_latex, pdflatex
from making import a_record
from strangers import HOSTILE, TEXTS
from works import NO_FIGURE, a_work

from neuclir_carbon.report.activity_table import activity_table
from neuclir_carbon.report.work import Work


def rows_of(work: Work) -> list[list[str]]:
    """The cells of the table's rows, its head excepted."""
    text = activity_table(work).data.decode()
    lines = [line.removesuffix(r" \\") for line in text.splitlines() if line.endswith(r" \\") and " & " in line]
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", line)] for line in lines[1:]]


def test_rows_are_by_activity_and_step_the_largest_first() -> None:
    work = a_work(
        a_record("a", kwh=1.0, activity="indexing"),
        a_record("b", kwh=10.0, activity="training", label="mT5"),
        a_record("c", kwh=2.0, activity="training", label="mT5"),
        a_record("d", kwh=3.0, activity="training", label="ColBERT"),
    )
    assert [row[:5] for row in rows_of(work)] == [
        ["{training}", "{mT5}", "2", "12.0", "3.96"],
        ["{training}", "{ColBERT}", "1", "3.00", "0.989"],
        ["{indexing}", "{}", "1", "1.00", "0.330"],
        ["total", "", "4", "16.0", "5.27"],
    ]
    head = next(line for line in activity_table(work).data.decode().splitlines() if line.startswith("Activity"))
    assert head == r"Activity & Step & Records & kWh & kg CO$_2$e & bounds \\"


def test_a_pipeline_has_its_rest_and_its_step_a_row_of_its_own() -> None:
    work = a_work(
        a_record("p", kwh=10.0, activity="other"), a_record("s", kwh=4.0, activity="reranking", parent_id="p")
    )
    assert [row[3] for row in rows_of(work)] == ["6.00", "4.00", "10.0"]


def test_unknown_is_written_as_unknown_and_counted_in_the_caption() -> None:
    work = a_work(
        a_record("a", kwh=1.0), a_record("b", kwh=None, label="lost"), a_record("c", grid=NO_FIGURE, label="d")
    )
    rows = {row[1]: row[3:] for row in rows_of(work)}
    assert rows["{lost}"] == ["unknown", "unknown", ""]
    assert rows["{d}"] == ["0.100", "unknown", ""]
    assert "Without the emissions of 2 activities, which are unknown." in activity_table(work).data.decode()


def test_many_steps_end_in_one_row_so_that_the_rows_still_add_up() -> None:
    work = a_work(*(a_record(f"r{number}", kwh=float(number), label=f"step {number}") for number in range(1, 41)))
    rows = rows_of(work)
    assert len(rows) == 32
    assert rows[30][:4] == ["{others}", "{10 steps}", "10", "55.0"]
    assert sum(float(row[3]) for row in rows[:-1]) == pytest.approx(820.0) == pytest.approx(float(rows[-1][3]))


def test_what_is_below_a_thousandth_of_the_unit_is_told_as_that_but_not_where_all_is_small() -> None:
    rows = rows_of(a_work(a_record("a", kwh=10.0), a_record("b", kwh=1e-6, label="small")))
    assert rows[1][3:] == [r"\textless{} 0.001"] * 3
    (row, _) = rows_of(a_work(a_record("b", kwh=1e-6, label="small")))
    assert row[3:5] == ["0.00100", "0.000330"]


def test_a_long_label_is_cut_to_what_a_column_holds_and_letters_beyond_latex_are_said() -> None:
    written = activity_table(a_work(a_record("a", label="重排序" * 20), a_record("b", label="x" * 200)))
    labels = {line.split(" & ")[1] for line in written.data.decode().splitlines() if line.startswith("{")}
    assert max(map(len, labels)) < 110
    assert "{" + "x" * 40 + r"\dots{}}" in labels
    assert any("[U+4E2D]" in note for note in written.notes)
    assert activity_table(a_work(a_record(label="Größe"))).notes == ()


def test_nothing_tracked_and_records_that_could_not_be_read_are_said() -> None:
    assert "Nothing was tracked." in activity_table(a_work()).data.decode()
    assert "could not be read" in activity_table(a_work(a_record(), is_incomplete=True)).data.decode()


def test_the_caption_names_run_and_team() -> None:
    text = activity_table(a_work(a_record(), tag="fas_1", team="A&B")).data.decode()
    assert r"\caption{Energy and carbon emissions of run fas\_1 of team A\&B, gross. Figures are measured with" in text


@given(label=TEXTS, team=TEXTS)
def test_no_stranger_s_text_becomes_a_cell_a_row_or_a_command(label: str, team: str) -> None:
    work = a_work(a_record("a", label=label), a_record("b", kwh=0.05, label="x"), team=team)
    text = activity_table(work).data.decode()
    assert text.isascii()
    assert [len(row) for row in rows_of(work)] == [6] * (2 if label == "x" else 3)
    commands = set(re.findall(r"\\([A-Za-z]{3,})", text)) - {"fi", "expandafter", "ifx", "csname", "endcsname", "relax"}
    assert commands <= {
        "input", "def", "neuclircarbonalone", "documentclass", "begin", "caption", "centering", "hline", "end",
        "ifdefined",
        "textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar", "textasciigrave",
        "dots", "times", "cdot",
    }  # fmt: skip
    assert text.count(r"\input") == 1  # in the comment of the first line


# As LaTeX reads it

EVERY_ASCII = "".join(chr(point) for point in range(32, 127))
LATIN = "".join(chr(point) for point in range(0xA0, 0x250))


@needs_latex
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "inside a paper"])
def test_latex_compiles_the_table_with_every_hostile_name(tmp_path: Path, alone: bool) -> None:
    labels = (*HOSTILE, EVERY_ASCII[:40], EVERY_ASCII[40:80], EVERY_ASCII[80:], *re.findall(".{1,40}", LATIN))
    records = [a_record(f"r{number}", kwh=2.0**-number, label=label) for number, label in enumerate(labels)]
    for start in range(0, len(records), 25):
        table = tmp_path / "table.tex"
        table.write_bytes(activity_table(a_work(*records[start : start + 25], team=EVERY_ASCII + LATIN)).data)
        if not alone:
            paper = "\\documentclass[11pt]{article}\\begin{document}Before \\input{table.tex} after.\\end{document}"
            (tmp_path / "paper.tex").write_text(paper)
        pdflatex(tmp_path / ("table.tex" if alone else "paper.tex"))


@needs_latex
def test_latex_compiles_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "table.tex").write_bytes(activity_table(a_work()).data)
    pdflatex(tmp_path / "table.tex")
