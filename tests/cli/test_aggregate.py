"""aggregate as a real process over two years: lists, withdrawn bundles, last year's training, slips in lists."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from making import a_ledger, a_record, a_run

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.workflow.bundling import Order, bundle

TRAINING = a_record("training", activity="training", kwh=50.0)


def program(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", "aggregate", "--track", "neuclir-2024", *arguments, "--workers", "1"],
        cwd=place, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def aggregated(place: Path, *arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The organizer's inventory, and the printed result."""
    done = program(place, *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    path = Path(printed["organizer"]).parent / "inventory.json"
    data = (place / path).read_bytes()
    assert examine_bytes("track-inventory/1", data)[1] == ()
    assert (
        examine_bytes("track-inventory/1", (place / path.parent.parent / "public" / "inventory.json").read_bytes())[1]
        == ()
    )
    return json.loads(data), printed


def test_a_place_that_can_t_be_written_is_told_of_first(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("years of work")
    done = program(tmp_path, "missing", "--out", "report")
    assert done.returncode == 3 and "report is no folder" in done.stderr and "missing" not in done.stderr


def handed_in(place: Path, team: str, tag: str, *records: ActivityRecord) -> Path:
    """A bundle of a team's run, in the folder `place / "sent in"`."""
    run = a_run(place / "runs" / tag, depth=1)
    ledger = a_ledger(place / f"ledger of {tag}", *records)
    order = Order(run=run, track="neuclir-2024", task="clir", team=team, ledgers=(ledger,), out=place / "sent in" / tag)
    return bundle(order).path


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with last year's report, this year's bundles, and the organizer's lists."""
    place = tmp_path_factory.mktemp("the track")
    last = place / "last year"
    handed_in(last, "lotus", "fas-lotus-23", TRAINING, a_record("search-23", kwh=4.0))
    handed_in(last, "maple", "fas-maple-23", a_record("maple-23", kwh=3.0))
    aggregated(place, "last year/sent in", "--out", "report 2023")
    handed_in(place, "lotus", "fas-lotus-a", TRAINING, a_record("search-a", kwh=2.0))
    handed_in(place, "LOTUS-IR", "fas-lotus-b", TRAINING, a_record("search-b", kwh=1.0))
    handed_in(place, "birch", "fas-birch-a", a_record("birch-a", kwh=8.0))
    out = handed_in(place, "elm", "fas-elm-a", a_record("elm-a", kwh=500.0))
    (place / "withdrawn.txt").write_text(f"{hashlib.sha256(out.read_bytes()).hexdigest()}  # asked by mail\n")
    (place / "roster.csv").write_text("team,aliases\r\nlotus,LOTUS-IR\r\nbirch,\r\nmaple,\r\noak,\r\n")
    (place / "forms.csv").write_text("\ufeffteam,tracked,offset\nLOTUS-IR,no,\nmaple,yes,no\n")
    (place / "scores.csv").write_text(
        "run_tag,measure,value\nfas-lotus-a,nDCG@20,0.3\nfas-lotus-b,nDCG@20,0.4\nfas-birch-a,nDCG@20,0.5\nx,nDCG@20,1\n"
    )
    bound = a_record("bound", activity="evaluation", method="estimated", kwh=10.0, source={"method": "upper-bound"})
    a_ledger(place / "organizers", bound, a_record("scoring", activity="evaluation", kwh=1.0))
    return place


LISTS = ("--roster", "roster.csv", "--forms", "forms.csv", "--withdrawn", "withdrawn.txt", "--scores", "scores.csv")
YEARS = ("--earlier", "report 2023/organizer/inventory.json", "--since", "report 2023/organizer/inventory.json")


def test_a_second_year_with_every_list(track: Path) -> None:
    inventory, printed = aggregated(
        track, "sent in", *LISTS, *YEARS, "--evaluation", "organizers", "--out", "report 2024", "--as-of", "2024-11-22"
    )
    # 2 + 1 kWh of lotus under both its names, 8 of birch; not elm's 500, and last year's training apart.
    assert inventory["it_energy_kwh"] == pytest.approx(11.0)
    assert inventory["counted_earlier"] == printed["counted_earlier"] == 1
    assert inventory["counted_earlier_group"]["it_energy_kwh"] == pytest.approx(50.0)
    assert inventory["withdrawn"] == 1
    assert (inventory["teams"], inventory["runs"], inventory["teams_without_number"]) == (4, 3, 2)
    assert inventory["answers"] == printed["answers"] == {"tracked": 3, "offset": 0, "unanswered": 1}
    assert inventory["questions"]["tracked"] == {
        "yes": 3, "no": 0, "unanswered": 1, "from_bundles": 2, "contradicted": 1,
    }  # fmt: skip
    assert {key: value["it_energy_kwh"] for key, value in inventory["evaluation_by_method"].items()} == {
        "upper-bound": 10.0, "measured": 1.0,
    }  # fmt: skip
    assert inventory["evaluation"]["central"] == pytest.approx(11 * 0.32965)
    assert inventory["effectiveness"] == [
        {"task": "clir", "measure": "nDCG@20", "runs": 3, "front": ["fas-lotus-b", "fas-birch-a"]}
    ]
    found = json.loads((track / "report 2024" / "organizer" / "findings.json").read_text())
    assert sorted(finding["code"] for finding in found if finding["code"].startswith("INV")) == [
        "INV009", "INV011", "INV014", "INV015",
    ]  # fmt: skip
    since = printed["since"]
    assert since == inventory["since"]
    assert (since["teams_then"], since["teams_now"], since["teams_both"]) == (2, 2, 1)
    assert since["same_teams"]["ratio"] == pytest.approx(3 / 54 - 1)
    assert since["harmonized"]["ratio"] == pytest.approx(3 / 54 - 1)
    assert since["only_then"] == ["maple"]
    assert since["only_now"] == ["birch"]
    values = {value["team"]: value for value in inventory["team_values"]}
    assert (values["maple"]["emissions_kg_co2e"], values["oak"]["it_energy_kwh"]) == (None, None)
    assert values["lotus"]["record_ids"] == ["search-a", "search-b", "training"]


def test_the_order_of_sources_changes_no_byte_of_any_output(track: Path) -> None:
    bundles = sorted(str(path.relative_to(track)) for path in (track / "sent in").rglob("*.zip"))
    outputs = []
    for name, sources in (("one", bundles), ("two", bundles[::-1])):
        done = program(track, *sources, *LISTS, *YEARS, "--out", name, "--as-of", "2024-11-22")
        assert done.returncode == 0, done.stderr
        files = (path for path in sorted((track / name).rglob("*")) if path.is_file())
        outputs.append({str(path.relative_to(track / name)): path.read_bytes() for path in files})
    assert outputs[0] == outputs[1]


def test_the_text_tells_what_stands_apart_and_how_teams_differ(track: Path) -> None:
    done = program(track, "sent in", *LISTS, *YEARS, "--out", "text", "--as-of", "2024-11-22")
    shown = done.stdout.replace("\u00a0", " ")
    assert "2 teams without a number: not in the total" in shown
    assert "counted in an earlier year, not in the total: 1 activity, 16.5 kg" in shown
    assert "under one set of grid factors:" in shown
    assert "The two teams differ by" in shown
    assert "Since neuclir-2024 (as of" in shown


def test_a_track_of_whose_work_no_emissions_are_known_is_told_so_and_not_as_zero(tmp_path: Path) -> None:
    out = handed_in(tmp_path, "lotus", "fas-lotus", a_record("nowhere", grid=None))
    done = program(tmp_path, "sent in", "--out", "text", "--as-of", "2024-11-22")
    assert done.returncode == 0, done.stderr
    assert "emissions: unknown\n1 team without a number: not in the total" in done.stdout
    (tmp_path / "withdrawn.txt").write_text(hashlib.sha256(out.read_bytes()).hexdigest())
    none = program(tmp_path, "sent in", "--out", "text", "--withdrawn", "withdrawn.txt")
    assert "emissions: nothing counts\n" in none.stdout


def test_the_public_edition_has_none_of_what_is_the_organizer_s(track: Path) -> None:
    aggregated(track, "sent in", *LISTS, *YEARS, "--out", "whole")
    public = json.loads((track / "whole" / "public" / "inventory.json").read_text())
    from neuclir_carbon.model.inventory import ORGANIZER_ONLY

    assert set(ORGANIZER_ONLY) & set(public) == set()


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("--roster", "team,aliases\nlotus,\nlotus,\n", "a list.csv:3 names 'lotus', which stands in line 2 already"),
        ("--forms", "team,tracked,offset\nlotus,perhaps,no\n", "a list.csv:2 answers tracked with 'perhaps'"),
        ("--withdrawn", "fas-elm-a.crate.zip\n", "a list.csv:1 is 'fas-elm-a.crate.zip'; wanted the 64 hex digits"),
        ("--scores", "run_tag,measure,value\nfas-lotus-a,=cmd(),1\n", "a list.csv:2 measure is '=cmd()'"),
        ("--since", "{}", "a list.csv"),
        ("--earlier", "[]", "a list.csv"),
    ],
)
def test_a_slip_in_a_list_stops_before_anything_is_written(track: Path, option: str, text: str, told: str) -> None:
    (track / "a list.csv").write_text(text)
    done = program(track, "sent in", option, "a list.csv", "--out", "never")
    assert (done.returncode, done.stdout) == (3, "")
    assert told in done.stderr
    assert not (track / "never").exists()


@pytest.mark.parametrize("option", ["--roster", "--forms", "--withdrawn", "--scores", "--since"])
def test_a_missing_list_is_told_by_its_name(track: Path, option: str) -> None:
    done = program(track, "sent in", option, "not there.csv", "--out", "never")
    assert done.returncode == 3
    assert "not there.csv" in done.stderr


def test_a_track_of_one_team_is_told_in_the_singular_and_its_sentence_says_why_it_tells_nothing(tmp_path: Path) -> None:
    handed_in(tmp_path, "lotus", "fas-lotus-a", a_record("search-a", kwh=2.0))
    done = program(tmp_path, "sent in", "--out", "report")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("neuclir-2024: 1 team, 1 run, 1 activity\n")
    sentence = (tmp_path / "report" / "public" / "sentence.txt").read_text()
    assert sentence == "At neuclir-2024, no figure can be published: fewer than 3 teams.\n"


def test_bundles_that_are_all_of_one_other_track_are_told_with_the_track_to_ask_for(tmp_path: Path) -> None:
    handed_in(tmp_path, "lotus", "fas-lotus-a", a_record("search-a", kwh=2.0))
    handed_in(tmp_path, "maple", "fas-maple-a", a_record("search-b", kwh=2.0))
    done = program(tmp_path, "sent in", "--out", "report", "--track", "neuclir-2023")
    assert done.returncode == 0, done.stderr
    told = "all 2 bundles that can be read are of track 'neuclir-2024', and none of 'neuclir-2023'"
    assert f"{told}; give --track neuclir-2024" in done.stderr
