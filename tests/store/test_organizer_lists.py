"""An organizer's lists: what they say, and that a slip in one is told with its line instead of being guessed at."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.roster import Roster
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.organizer_lists import read_forms, read_lists, read_roster, read_scores, read_withdrawn

DIGEST = "0123456789abcdef" * 4


def written(tmp_path: Path, text: str | bytes, name: str = "a list.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_roster_names_teams_and_the_names_that_are_merged_into_theirs(tmp_path: Path) -> None:
    roster = read_roster(written(tmp_path, "team,aliases\nlotus,LOTUS-IR; lotus_lab;\nmaple,\n\n"))
    assert roster.teams == ("lotus", "maple")
    assert {name: roster.name_of(name) for name in ("LOTUS-IR", "lotus_lab", "maple", "elm")} == {
        "LOTUS-IR": "lotus", "lotus_lab": "lotus", "maple": "maple", "elm": "elm",
    }  # fmt: skip
    assert roster.aliases == {"LOTUS-IR": "lotus", "lotus_lab": "lotus"}


def test_a_byte_order_mark_windows_line_ends_capitals_and_further_columns_change_nothing(tmp_path: Path) -> None:
    plain = read_roster(written(tmp_path, 'team,aliases\n"a, b",c\n'))
    other = '\ufeffAliases,note,TEAM\r\nc,\u00fc,"a, b"\r\n'
    assert read_roster(written(tmp_path, other, "other.csv")) == plain
    assert plain.teams == ("a, b",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"a list\.csv:1 is empty; wanted the header team,aliases"),
        ("team\nlotus\n", r"list\.csv:1 has the columns 'team'; wanted team, aliases \(aliases is missing\)"),
        ("team;aliases\nlotus;x\n", r"list\.csv:1 .* separate columns by commas"),
        ("team,aliases,team\nlotus,x,y\n", r":1 has the column team 2 times; wanted it once"),
        ("team,aliases\nlotus\n", r":2 has 1 cells; wanted 2 as in the header"),
        ("team,aliases\nlotus,a,b\n", r":2 has 3 cells; wanted 2"),
        ("team,aliases\nlotus,\nmaple,\nlotus,\n", r":4 names 'lotus', which stands in line 2 already"),
        ("team,aliases\nlotus,elm\nelm,\n", r":3 names 'elm', which stands in line 2 already"),
        ("team,aliases\nlotus,x\nmaple,x\n", r":3 names 'x', which stands in line 2 already"),
        ("team,aliases\n,x\n", r":2 has no team; wanted a name .*: write it, or delete the row"),
        (f"team,aliases\n{'x' * 201},\n", r":2 has a team of 201 characters; .*: write it as the bundles do"),
        (f"team,aliases\nlotus,{'x' * 201}\n", r":2 has an alias of 201 characters"),
        (f"team,aliases\nlotus,{'x' * 5000}\n", r":2 has a cell of 5,000 characters; wanted at most 4,000"),
        (f"team,aliases\nlotus,{'x' * 200_000}\n", ":2 has a cell of 200,000 characters; wanted at most 4,000"),
        ("team,aliases\nmaple,\nlo\0tus,x\n", r":3 holds a NUL byte"),
        (b"team,aliases\nmaple,\nl\xf6tus,x\n", r":3 is no UTF-8; wanted text in UTF-8"),
        ('team,aliases\nmaple,"x\n', r":2 is no CSV \(unexpected end of data\)"),
        ('team,aliases\n"lotus"x,\n', r":2 is no CSV"),
    ],
)  # fmt: skip
def test_a_slip_in_a_roster_is_told_with_its_line_what_is_there_and_what_is_wanted(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(Unreadable, match=told):
        read_roster(written(tmp_path, text))


def as_csv(*rows: tuple[str, ...]) -> str:
    sheet = io.StringIO()
    csv.writer(sheet).writerows(rows)
    return sheet.getvalue()


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0;"), max_size=220).filter(str.strip))
@example("=cmd()")
@example("@SUM(A1)")
@example("lo\x07tus")
@example("two\nlines")
@example("x" * 200)
@example("x" * 201)
def test_the_lists_take_exactly_the_names_that_a_bundle_may_give(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Blanks at a cell's ends belong to no name in a list, and an alias ends at a semicolon."""
    name, folder = name.strip(), tmp_path_factory.mktemp("lists")
    rules = json.loads(schema_path("submission-manifest/1").read_text())["properties"]["team"]
    rows = {
        "team.csv": (("team", "aliases"), (name, "")),
        "alias.csv": (("team", "aliases"), ("a team", f"{name};")),
        "forms.csv": (("team", "tracked", "offset"), (name, "yes", "no")),
    }
    read = {
        "team.csv": lambda path: read_roster(path).teams[0],
        "alias.csv": lambda path: next(iter(read_roster(path).aliases), ""),
        "forms.csv": lambda path: read_forms(path, Roster())[0].team,
    }
    for kind, lines in rows.items():
        path = written(folder, as_csv(*lines), kind)
        if rules["minLength"] <= len(name) <= rules["maxLength"]:
            assert read[kind](path) == name
        else:
            with pytest.raises(Unreadable, match=r"csv:2 has .*; wanted a name of 1 to 200 characters: "):
                read[kind](path)


def test_a_form_s_answers_are_yes_no_or_open_under_the_team_s_own_name(tmp_path: Path) -> None:
    roster = Roster(teams=("lotus",), aliases={"LOTUS-IR": "lotus"})
    text = "team,tracked,offset\nLOTUS-IR,Yes,no\nmaple,,\nelm,0,TRUE\n"
    answers = read_forms(written(tmp_path, text), roster)
    assert [(one.team, one.tracked, one.offset, one.line) for one in answers] == [
        ("lotus", True, False, 2), ("maple", None, None, 3), ("elm", False, True, 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("team,tracked\nlotus,yes\n", r":1 .*offset is missing"),
        ("team,tracked,offset\nlotus,maybe,no\n", r":2 answers tracked with 'maybe'; wanted yes, no, or an empty cell"),
        ("team,tracked,offset\nlotus,yes,no\nlotus,yes,no\n", r":3 is a second row of team 'lotus', after line 2"),
        ("team,tracked,offset\nlotus,yes,no\nLOTUS-IR,no,no\n", r":3 .* 'LOTUS-IR' \(an alias of 'lotus'\), after"),
    ],
)  # fmt: skip
def test_a_slip_in_the_forms_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        read_forms(written(tmp_path, text), Roster(teams=("lotus",), aliases={"LOTUS-IR": "lotus"}))


def test_withdrawn_bundles_are_digests_one_a_line(tmp_path: Path) -> None:
    text = f"\ufeff{DIGEST.upper()}\r\n\r\n# asked by mail\r\n{'f' * 64}  # a leak\r\n{DIGEST}\r\n"
    assert read_withdrawn(written(tmp_path, text)) == (DIGEST, "f" * 64)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{DIGEST}\n{DIGEST[:-1]}\n", r"list\.csv:2 is '0123456789abcdef.*'; wanted the 64 hex digits"),
        (f"{DIGEST}  fas-lotus.crate.zip\n", r":1 is .* alone on a line"),
        (b"\xff\xfe0\x001\x00", r"is no text in UTF-8"),
    ],
)
def test_a_line_that_is_no_digest_withdraws_nothing_and_is_refused(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(Unreadable, match=told):
        read_withdrawn(written(tmp_path, text))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("x,y,high", r":2 has the value 'high'; wanted a number such as 0\.412"),
        ("x,y,nan", r":2 has the value 'nan'"),
        ("x,y,1e999", r":2 has the value '1e999'"),
        ("x,y,1_0", r":2 has the value '1_0'"),
        ('x,y,"0,4"', r":2 has the value '0,4'; wanted a number such as 0\.412; write a decimal point"),
        ("x,,0.4", r":2 has no measure"),
        ("=x,y,0.4", r":2 run_tag is '=x', which a spreadsheet"),
        ("x,y,0.4\nx,y,0.5", r":3 gives 'y' of 'x' as 0\.5; line 2 has 0\.4; wanted each run and measure once"),
    ],
)
def test_a_score_that_is_no_number_or_stands_twice_is_refused(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        read_scores(written(tmp_path, f"run_tag,measure,value\n{row}\n"))


def test_a_score_may_be_negative_and_the_same_one_may_stand_twice(tmp_path: Path) -> None:
    scores = read_scores(written(tmp_path, "run_tag,measure,value\nx,y,-0.5\nx,y,-.5\nx,z,1e-3\n"))
    assert [(one.run_tag, one.measure, one.value) for one in scores] == [("x", "y", -0.5), ("x", "z", 0.001)]


def test_lists_that_were_not_given_say_nothing(tmp_path: Path) -> None:
    assert not read_lists().has_roster
    assert read_lists(roster=written(tmp_path, "team,aliases\n")).has_roster
    with pytest.raises(Unreadable, match="missing"):
        read_lists(forms=tmp_path / "missing.csv")


def test_an_alias_in_an_allocation_s_scope_is_the_team_it_stands_for() -> None:
    roster = Roster(teams=("lotus", "elm"), aliases={"LOTUS": "lotus", "LOTUS/lab": "elm"})
    assert roster.scope_of("neuclir-2024/LOTUS/run") == "neuclir-2024/lotus/run"
    assert roster.scope_of("neuclir-2024/LOTUS/lab/run") == "neuclir-2024/elm/run"
    assert roster.scope_of("neuclir-2024/LOTUSES") == "neuclir-2024/LOTUSES"
    assert roster.scope_of("LOTUS") == "LOTUS"


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("list") / "x.csv"
    for head in (b"", b"team,aliases\n", b"run_tag,measure,value\n"):
        path.write_bytes(head + data)
        for reader in (read_roster, read_scores, read_withdrawn):
            try:
                reader(path)
            except Unreadable as error:
                assert "x.csv" in str(error)
