"""aggregate: each activity once, totals redone by hand, one bad bundle never takes the rest with it."""

import hashlib
import json
import math
import os
import random
import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import attrs
import pytest
from making import CERTIFICATE, a_ledger, a_record, a_run
from readable import text_of
from test_auditing import forged, named_by_another_tool, raw_member

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.checks.inventory import near_names
from neuclir_carbon.errors import UnknownName, Unreadable, Unwritable
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.quantities import NOTHING
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.workflow.aggregating import Aggregate, Request, aggregate
from neuclir_carbon.workflow.bundling import Order, bundle
from neuclir_carbon.workflow.editions import look_ahead, write_editions

AS_OF = date(2024, 11, 22)
SIZES = {"lotus": 1.0, "maple": 1.2, "cedar": 0.9, "birch": 1.1}


def a_team(tmp_path: Path, team: str, kwh: float, *, revision: int = 1, certificate: bool = False) -> list[Path]:
    """Two runs of a team that share one training; gives the bundles."""
    tags = (f"fas-{team}-one", f"fas-{team}-two")
    ledger = a_ledger(
        tmp_path / f"{team}-ledger",
        a_record(f"{team}-1", activity="training", kwh=kwh, run_tags=tags),
        a_record(f"{team}-2", kwh=kwh / 2, run_tags=tags[:1]),
        a_record(f"{team}-3", kwh=kwh / 4, run_tags=tags[1:]),
    )
    files = ()
    if certificate:
        path = tmp_path / f"{team}.json"
        allocations = [{"scope_id": f"neuclir-2024/{team}", "kg": 1}]
        path.write_text(json.dumps({**CERTIFICATE, "allocations": allocations}))
        files = (path,)
    made = []
    for tag in tags:
        run = tmp_path / "runs" / tag
        if not run.exists():
            a_run(run, depth=1)
        order = Order(
            run=run, track="neuclir-2024", task="clir", team=team, ledgers=(ledger,), certificates=files,
            out=tmp_path / "bundles" / f"{team}-{revision}", revision=revision,
        )  # fmt: skip
        made.append(bundle(order).path)
    return made


def a_track(tmp_path: Path) -> None:
    for team, kwh in SIZES.items():
        a_team(tmp_path, team, kwh, certificate=team == "lotus")


def summed_up(tmp_path: Path, *sources: Path, **changes: object) -> Aggregate:
    chosen = sources or (tmp_path / "bundles",)
    return aggregate(Request(sources=chosen, track="neuclir-2024", as_of=AS_OF, **changes))  # type: ignore[arg-type]


def codes(result: Aggregate) -> list[str]:
    """The codes of what was found; what the public edition of such a small track withholds (OFF082) is not meant."""
    return sorted({finding.code for finding in result.details.findings} - {"OFF082"})


def by_hand(bundles: Iterable[Path]) -> float:
    """kg CO2e over the records of bundles, each record id once."""
    found = {}
    for path in bundles:
        with zipfile.ZipFile(path) as archive:
            for record in json.loads(archive.read("activities.json")):
                found[record["record_id"]] = record["emissions"]["total_kg_co2e"]
    return math.fsum(found.values())


def test_the_total_is_the_sum_over_the_records_each_once(tmp_path: Path) -> None:
    a_track(tmp_path)
    inventory = summed_up(tmp_path).inventory
    assert inventory.emissions_kg_co2e.central == by_hand((tmp_path / "bundles").rglob("*.zip"))
    assert (inventory.teams, inventory.runs, inventory.submissions, inventory.activities) == (4, 8, 8, 12)
    assert inventory.it_energy_kwh == pytest.approx(math.fsum(SIZES.values()) * 1.75)


def test_every_grouping_and_the_runs_add_up_to_the_total(tmp_path: Path) -> None:
    a_track(tmp_path)
    result = summed_up(tmp_path)
    whole = result.inventory.emissions_kg_co2e
    for name in ("activity", "method", "task", "month", "place", "basis", "data_year", "team"):
        groups = getattr(result.inventory, f"by_{name}")
        for bound in ("low", "central", "high"):
            parts = math.fsum(getattr(group.emissions_kg_co2e, bound) for group in groups.values())
            assert math.isclose(parts, getattr(whole, bound), rel_tol=1e-12), name
    assert math.isclose(math.fsum(run.share_kg_co2e.central for run in result.details.runs), whole.central)


def test_both_documents_follow_their_schema(tmp_path: Path) -> None:
    a_track(tmp_path)
    result = summed_up(tmp_path)
    for document in (result.inventory, result.public):
        assert examine_bytes("track-inventory/1", format_json(document))[1] == ()


def test_the_order_of_the_sources_does_not_matter(tmp_path: Path) -> None:
    a_track(tmp_path)
    bundles = sorted((tmp_path / "bundles").rglob("*.zip"))
    assert summed_up(tmp_path, *bundles) == summed_up(tmp_path, *reversed(bundles))


def test_coverage_counts_what_is_declared_capped_by_team(tmp_path: Path) -> None:
    a_track(tmp_path)
    coverage = summed_up(tmp_path).inventory.coverage
    lotus_kg = SIZES["lotus"] * 1.75 * 0.32965
    assert coverage.declared.kg == pytest.approx(min(1.0, lotus_kg))
    assert coverage.registry_verified.kg == 0


def test_the_newest_revision_takes_the_older_one_s_place(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    for path in (tmp_path / "lotus-ledger" / "records").iterdir():
        path.unlink()
    a_team(tmp_path, "lotus", 3.0, revision=2)
    result = summed_up(tmp_path)
    assert result.inventory.it_energy_kwh == pytest.approx(3.0 * 1.75)
    assert (result.inventory.runs, result.inventory.submissions) == (2, 4)
    assert codes(result) == ["INV003"]


def test_two_contents_of_one_revision_are_told_and_one_counts(tmp_path: Path) -> None:
    a_team(tmp_path / "first", "lotus", 1.0)
    a_team(tmp_path / "second", "lotus", 3.0)
    result = summed_up(tmp_path, tmp_path / "first" / "bundles", tmp_path / "second" / "bundles")
    assert result.inventory.runs == 2
    assert "INV002" in codes(result)


def test_a_record_that_two_teams_carry_counts_once_and_is_told(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "ledger", a_record("shared", kwh=1.0))
    for team in ("lotus", "maple"):
        run = a_run(tmp_path / f"fas-{team}", depth=1)
        bundle(
            Order(run=run, track="neuclir-2024", task="clir", team=team, ledgers=(ledger,), out=tmp_path / "bundles")
        )
    result = summed_up(tmp_path)
    assert result.inventory.it_energy_kwh == pytest.approx(1.0)
    assert "INV004" in codes(result)


def test_a_record_can_not_make_another_team_s_vanish(tmp_path: Path) -> None:
    for team, supersedes in (("lotus", None), ("maple", "lotus-0")):
        ledger = a_ledger(tmp_path / team, a_record(f"{team}-0", kwh=1.0, supersedes=supersedes))
        run = a_run(tmp_path / f"fas-{team}", depth=1)
        bundle(
            Order(run=run, track="neuclir-2024", task="clir", team=team, ledgers=(ledger,), out=tmp_path / "bundles")
        )
    result = summed_up(tmp_path)
    assert result.inventory.it_energy_kwh == pytest.approx(2.0)
    assert "INV006" in codes(result)


def carried_by(tmp_path: Path, team: str, *records: ActivityRecord, run: str = "one") -> None:
    """A bundle of a team with these records."""
    ledger = a_ledger(tmp_path / f"{team}-{run}", *records)
    path = a_run(tmp_path / f"fas-{team}-{run}", depth=1)
    bundle(Order(run=path, track="neuclir-2024", task="clir", team=team, ledgers=(ledger,), out=tmp_path / "bundles"))


def test_a_team_that_copies_a_record_can_not_replace_it_away(tmp_path: Path) -> None:
    """`aaa` comes first by name, so the copy would be its own, and the copy's successor would take maple's work."""
    work = a_record("work", kwh=100.0)
    carried_by(tmp_path, "maple", work)
    carried_by(tmp_path, "aaa", work)
    carried_by(tmp_path, "aaa", a_record("nothing", kwh=0.001, supersedes="work"), run="two")
    assert summed_up(tmp_path).inventory.it_energy_kwh == pytest.approx(100.001)


def test_a_step_that_another_team_copies_is_still_a_step(tmp_path: Path) -> None:
    whole, step = a_record("whole", kwh=10.0), a_record("step", kwh=4.0, parent_id="whole")
    carried_by(tmp_path, "maple", whole, step)
    carried_by(tmp_path, "aaa", step)
    assert summed_up(tmp_path).inventory.it_energy_kwh == pytest.approx(10.0)


def test_a_record_that_two_teams_replaced_alike_counts_once(tmp_path: Path) -> None:
    old, new = a_record("old", kwh=10.0), a_record("new", kwh=1.0, supersedes="old")
    for team in ("maple", "aaa"):
        carried_by(tmp_path, team, old)
        carried_by(tmp_path, team, new, run="two")
    assert summed_up(tmp_path).inventory.it_energy_kwh == pytest.approx(1.0)


def test_an_allocation_that_names_teams_makes_nobody_a_team_that_brought_a_certificate(tmp_path: Path) -> None:
    a_track(tmp_path)
    path = tmp_path / "many.json"
    allocations = [{"scope_id": f"neuclir-2024/somebody-{n}", "kg": 1} for n in range(50)]
    path.write_text(json.dumps({**CERTIFICATE, "certificate_id": "VC1/2024", "allocations": allocations}))
    run = a_run(tmp_path / "fas-elm", depth=1)
    ledger = a_ledger(tmp_path / "elm", a_record("elm-1", kwh=1.0))
    bundle(
        Order(
            run=run, track="neuclir-2024", task="clir", team="elm", ledgers=(ledger,), certificates=(path,),
            out=tmp_path / "bundles",
        )
    )  # fmt: skip
    assert summed_up(tmp_path).inventory.answers.offset == 2  # lotus and elm


def test_a_bundle_that_is_refused_for_its_certificates_says_so(tmp_path: Path) -> None:
    a_track(tmp_path)
    path = next((tmp_path / "bundles").rglob("*lotus*.zip"))
    forged(path, raw_member("certificates.json", b"[{}]"))
    path.unlink()
    result = summed_up(tmp_path)
    assert result.inventory.runs == 7
    assert "OFF001" in codes(result)


def test_a_bundle_that_is_named_in_several_ways_was_received_once(tmp_path: Path) -> None:
    bundles = a_team(tmp_path, "lotus", 1.0)
    (tmp_path / "link").symlink_to(tmp_path / "bundles")
    result = summed_up(
        tmp_path, *bundles, tmp_path / "bundles", tmp_path / "bundles" / ".." / "bundles", tmp_path / "link"
    )
    assert (result.inventory.submissions, result.inventory.runs) == (2, 2)


def test_a_link_to_a_folder_within_a_folder_is_told_since_its_bundles_do_not_count(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    (tmp_path / "inbox").mkdir()
    bundles = list((tmp_path / "bundles").rglob("*.zip"))
    bundles[0].rename(tmp_path / "inbox" / bundles[0].name)
    (tmp_path / "inbox" / "late").symlink_to(tmp_path / "bundles")
    result = summed_up(tmp_path, tmp_path / "inbox")
    assert (result.inventory.runs, codes(result)) == (1, ["SUB007"])


def test_a_path_that_no_system_takes_is_told_as_any_other(tmp_path: Path) -> None:
    bundles = a_team(tmp_path, "lotus", 1.0)
    assert "SUB007" in codes(summed_up(tmp_path, *bundles, tmp_path / ("x" * 300)))


def test_a_bad_bundle_is_told_and_the_rest_counts(tmp_path: Path) -> None:
    a_track(tmp_path)
    noise = tmp_path / "bundles" / "noise.crate.zip"
    noise.write_bytes(b"PK\x03\x04 not really")
    result = summed_up(tmp_path)
    assert result.inventory.teams == 4
    assert "SUB001" in codes(result)
    assert result.inventory.findings.error == 1


def test_a_bad_bundle_that_is_withdrawn_is_no_trouble_any_more(tmp_path: Path) -> None:
    a_track(tmp_path)
    noise = tmp_path / "bundles" / "noise.crate.zip"
    noise.write_bytes(b"PK\x03\x04 not really")
    (tmp_path / "withdrawn.txt").write_text(hashlib.sha256(noise.read_bytes()).hexdigest())
    result = summed_up(tmp_path, withdrawn=tmp_path / "withdrawn.txt")
    assert not [code for code in codes(result) if code.startswith(("SUB", "INV"))]
    assert (result.inventory.submissions, result.inventory.withdrawn) == (9, 1)


def test_a_missing_source_is_told_and_only_nothing_at_all_is_fatal(tmp_path: Path) -> None:
    bundles = a_team(tmp_path, "lotus", 1.0)
    assert "SUB007" in codes(summed_up(tmp_path, *bundles, tmp_path / "missing.crate.zip"))
    with pytest.raises(Unreadable, match="missing"):
        summed_up(tmp_path, tmp_path / "missing.crate.zip")
    with pytest.raises(UnknownName):
        aggregate(Request(sources=(tmp_path,), track="neuclir-2042", as_of=AS_OF))


def test_a_thousand_strange_names_are_compared_soon_and_told_in_few_findings() -> None:
    alike = {"a" * 180 + str(number) for number in range(1000)}
    shuffled = {"".join(random.Random(number).sample("abcdefghij" * 20, 200)) for number in range(100)}
    assert len(list(near_names(alike))) == 50
    assert len(list(near_names(shuffled))) <= 50


def test_ten_thousand_teams_are_compared_and_the_two_that_look_alike_are_found() -> None:
    chance = random.Random(3)
    teams = {"".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=12)) for _ in range(10_000)}
    found = [
        finding.message
        for finding in near_names({*teams, "Universit\u00e9 de Montr\u00e9al", "universite-de-montreal"})
    ]
    assert len(found) == 1
    assert "Montr" in found[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("maple", "m\u0430ple"),  # Cyrillic a
        ("maple", "m\u0430\u0440l\u0435"),  # Cyrillic a, er, ie
        ("MAPLE", "\u041c\u0410\u0420LE"),  # Cyrillic capitals
        ("Hot", "\u0397\u03bf\u03c4"),  # Greek
    ],
)
def test_names_that_look_the_same_in_other_alphabets_are_told_with_their_letters(one: str, other: str) -> None:
    (found,) = near_names([one, other, "birch"])
    assert found.code == "INV007"
    assert ascii(other) in found.message
    assert "other alphabets" in found.message


def test_names_that_differ_as_they_are_seen_are_told_without_a_word_on_alphabets() -> None:
    (found,) = near_names(
        ["\u043b\u043e\u0442\u043e\u0441-\u043b\u0430\u0431", "\u041b\u043e\u0442\u043e\u0441 \u043b\u0430\u0431"]
    )
    assert "alphabets" not in found.message
    assert not list(near_names(["\u043b\u043e\u0442\u043e\u0441", "lotus", "birch"]))


def test_look_alike_teams_are_never_merged(tmp_path: Path) -> None:
    made = a_team(tmp_path, "maple", 1.0)
    forged(made[1], named_by_another_tool("m\u0430ple"))
    made[1].unlink()
    result = summed_up(tmp_path)
    assert result.inventory.teams == 2
    assert "INV007" in codes(result)


def test_an_inventory_of_the_largest_records_follows_its_schema(tmp_path: Path) -> None:
    for team in ("lotus", "maple"):
        carried_by(tmp_path, team, a_record(f"{team}-1", kwh=1e14), a_record(f"{team}-2", kwh=4e14))
    inventory = summed_up(tmp_path).inventory
    assert inventory.it_energy_kwh == 1e15
    assert inventory.facility_energy_kwh == 1e15
    assert examine_bytes("track-inventory/1", format_json(attrs.evolve(inventory, it_energy_kwh=1e20)))[1] == ()


def test_near_equal_team_names_are_pointed_out_and_never_merged(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    a_team(tmp_path, "Lotus_", 1.0)
    result = summed_up(tmp_path)
    assert result.inventory.teams == 2
    assert "INV007" in codes(result)


def test_a_merged_team_has_its_certificates_decisions_and_its_letter_under_its_own_name(tmp_path: Path) -> None:
    """The bundles, the certificate's scope and a person's decision all say LOTUS; the roster says that it is lotus."""
    a_team(tmp_path, "LOTUS", 4.0, certificate=True)
    (tmp_path / "roster.csv").write_text("team,aliases\nlotus,LOTUS\n")
    decision = {
        "schema": "resolution/1", "certificate_id": CERTIFICATE["certificate_id"], "scope_id": "neuclir-2024/LOTUS",
        "decision": "rejected", "by": "A. Organizer", "on": "2024-11-21", "why": "the team said so",
    }  # fmt: skip
    (tmp_path / "decision.json").write_text(json.dumps(decision))
    plain = summed_up(tmp_path, roster=tmp_path / "roster.csv")
    decided = summed_up(tmp_path, roster=tmp_path / "roster.csv", resolutions=(tmp_path / "decision.json",))
    assert [row.team for row in plain.details.teams] == ["lotus"]
    assert plain.details.teams[0].aliases == ("LOTUS",)
    assert plain.inventory.coverage.declared.kg == pytest.approx(1.0)
    assert "OFF080" not in codes(plain)
    assert [letter.team for letter in plain.letters] == ["lotus"]
    assert [(row.team, row.decision is None) for row in plain.details.certificates] == [("lotus", True)]
    assert [(row.team, row.decision is None) for row in decided.details.certificates] == [("lotus", False)]


def test_a_decision_about_a_claim_that_nobody_makes_is_told_unless_it_is_of_another_track(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 4.0, certificate=True)
    claimed = {
        "schema": "resolution/1", "certificate_id": CERTIFICATE["certificate_id"], "scope_id": "neuclir-2024/lotus",
        "decision": "rejected", "by": "A. Organizer", "on": "2024-11-21", "why": "the team said so",
    }  # fmt: skip
    others = ({"certificate_id": "VC00000"}, {"scope_id": "neuclir-2024/lotos"}, {"scope_id": "neuclir-2023/lotus"})
    decisions = [claimed, *({**claimed, **other} for other in others)]
    (tmp_path / "decisions.json").write_text(json.dumps(decisions))
    result = summed_up(tmp_path, resolutions=(tmp_path / "decisions.json",))
    told = [finding.message for finding in result.details.findings if finding.code == "INV019"]
    assert told == [
        "no bundle that counts claims 'VC00000' for 'neuclir-2024/lotus'",
        f"no bundle that counts claims {CERTIFICATE['certificate_id']!r} for 'neuclir-2024/lotos'",
    ]
    assert [row.decision is None for row in result.details.certificates] == [False]


def test_a_team_whose_work_was_all_counted_earlier_has_nothing_this_year_and_one_without_records_is_unknown(
    tmp_path: Path,
) -> None:
    a_team(tmp_path, "lotus", 4.0)
    write_editions(summed_up(tmp_path), tmp_path / "report")
    carried_by(tmp_path, "maple")
    again = summed_up(tmp_path, earlier=(tmp_path / "report" / "organizer" / "inventory.json",))
    assert {row.team: row.emissions_kg_co2e for row in again.details.teams} == {"lotus": NOTHING, "maple": None}
    assert again.inventory.teams_without_number == 1
    assert {run.run_tag: run.share_kg_co2e for run in again.details.runs if run.team == "maple"} == {
        "fas-maple-one": None
    }


def test_evaluation_stands_apart(tmp_path: Path) -> None:
    a_track(tmp_path)
    ledger = a_ledger(tmp_path / "organizers", a_record("evaluation", activity="evaluation", kwh=10.0))
    inventory = summed_up(tmp_path, evaluation=(ledger,)).inventory
    assert inventory.evaluation is not None
    assert inventory.evaluation.central == pytest.approx(3.2965)
    assert inventory.total_with_evaluation_kg_co2e is not None
    assert inventory.total_with_evaluation_kg_co2e.central == pytest.approx(
        inventory.emissions_kg_co2e.central + 3.2965
    )


def test_an_evaluation_of_which_nothing_is_known_is_left_out_and_told_and_never_zero(tmp_path: Path) -> None:
    a_track(tmp_path)
    (tmp_path / "nothing").mkdir()
    without_place = a_ledger(tmp_path / "nowhere", a_record("judging", activity="evaluation", grid=None))
    for ledger, told in ((tmp_path / "nothing", "no sound record"), (without_place, "1 of 1 activities")):
        result = summed_up(tmp_path, evaluation=(ledger,))
        assert result.inventory.evaluation is None
        assert result.inventory.total_with_evaluation_kg_co2e is None
        assert result.public["evaluation"] is None
        (finding,) = [one for one in result.details.findings if one.code == "INV017"]
        assert told in finding.message
        assert finding.location.path == str(ledger)


def test_what_is_known_of_an_evaluation_counts_and_what_is_missing_is_told(tmp_path: Path) -> None:
    a_track(tmp_path)
    ledger = a_ledger(
        tmp_path / "organizers",
        a_record("scoring", activity="evaluation", kwh=10.0),
        a_record("judging", activity="evaluation", grid=None),
    )
    result = summed_up(tmp_path, evaluation=(ledger,))
    assert result.inventory.evaluation is not None
    assert result.inventory.evaluation.central == pytest.approx(3.2965)
    (finding,) = [one for one in result.details.findings if one.code == "INV017"]
    assert finding.message == "1 of 2 activities have no emissions, which are missing: 'judging'"


def test_scores_stand_beside_the_runs(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    scores = tmp_path / "scores.csv"
    scores.write_text("run_tag,measure,value\nfas-lotus-one,nDCG@10,0.42\n")
    runs = {run.run_tag: run.scores for run in summed_up(tmp_path, scores=scores).details.runs}
    assert runs == {"fas-lotus-one": {"nDCG@10": 0.42}, "fas-lotus-two": {}}


@pytest.mark.parametrize(
    "text", ["run,measure\n", "run_tag,measure,value\nx,y,high\n", "run_tag,measure,value\nx,y,nan\n", ""]
)
def test_scores_that_are_no_table_of_numbers_are_refused(tmp_path: Path, text: str) -> None:
    a_team(tmp_path, "lotus", 1.0)
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(Unreadable, match=r"scores\.csv"):
        summed_up(tmp_path, scores=tmp_path / "scores.csv")


def test_both_editions_are_written_whole_and_replace_only_our_own(tmp_path: Path) -> None:
    a_track(tmp_path)
    result = summed_up(tmp_path)
    out = tmp_path / "report"
    for _ in range(2):
        pages = write_editions(result, out)
    assert sorted(path.name for path in out.iterdir()) == ["organizer", "public"]
    assert pages["organizer"].read_text().lstrip().lower().startswith("<!doctype html>")
    assert json.loads((out / "organizer" / "inventory.json").read_text())["edition"] == "organizer"
    foreign = tmp_path / "foreign"
    (foreign / "public").mkdir(parents=True)
    (foreign / "public" / "thesis.tex").write_text("years of work")
    with pytest.raises(Unwritable):
        write_editions(result, foreign)
    assert [path.name for path in foreign.iterdir()] == ["public"]


@pytest.mark.parametrize("name", ["notes.txt", "letters/lotus.txt", "inbox/late.crate.zip"])
def test_an_edition_to_which_somebody_added_a_file_is_left_alone(tmp_path: Path, name: str) -> None:
    a_team(tmp_path, "lotus", 1.0)
    result, out = summed_up(tmp_path), tmp_path / "report"
    write_editions(result, out)
    added = out / "organizer" / name
    added.parent.mkdir(exist_ok=True)
    added.write_text("years of work")
    with pytest.raises(Unwritable, match=added.name):
        write_editions(result, out)
    assert added.read_text() == "years of work"


def test_a_page_of_somebody_s_own_beside_another_inventory_is_left_alone(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    site = tmp_path / "site" / "public"
    site.mkdir(parents=True)
    for name, text in (("index.html", "<h1>My site</h1>"), ("inventory.json", '{"books": 3}')):
        (site / name).write_text(text)
    with pytest.raises(Unwritable, match="public"):
        write_editions(summed_up(tmp_path), tmp_path / "site")
    assert sorted(path.name for path in site.iterdir()) == ["index.html", "inventory.json"]


def test_a_place_that_can_t_be_written_is_told_of_before_any_bundle_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("years of work")
    (tmp_path / "site" / "public").mkdir(parents=True)
    (tmp_path / "site" / "public" / "index.html").write_text("<h1>My site</h1>")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "organizer").write_text("no folder")
    wanted = {
        "file": "file is no folder", "file/report": "file is no folder", "site": "public is no part",
        "torn": "organizer is no folder",
    }  # fmt: skip
    for place, told in wanted.items():
        with pytest.raises(Unwritable, match=told):
            look_ahead(tmp_path / place)
    a_team(tmp_path, "lotus", 1.0)
    look_ahead(tmp_path / "new" / "report")
    write_editions(summed_up(tmp_path), tmp_path / "report")
    look_ahead(tmp_path / "report")
    assert not (tmp_path / "new").exists(), "it only looks"


def test_an_edition_s_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "organizer").write_text("a file")
    with pytest.raises(Unwritable, match="organizer"):
        write_editions(summed_up(tmp_path), tmp_path / "report")


def test_the_organizer_s_edition_is_as_private_as_the_umask_says(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    before = os.umask(0o077)
    try:
        pages = write_editions(summed_up(tmp_path), tmp_path / "report")
    finally:
        os.umask(before)
    assert pages["organizer"].parent.stat().st_mode & 0o777 == 0o700


def test_an_edition_that_can_not_be_moved_in_leaves_both_earlier_ones(tmp_path: Path) -> None:
    """The public edition's place is a mount point of sorts: a link to a folder can be read, not be replaced."""
    a_team(tmp_path, "lotus", 1.0)
    result, out = summed_up(tmp_path), tmp_path / "report"
    write_editions(result, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    a_team(tmp_path, "maple", 1.0)
    (out / "public").rename(tmp_path / "elsewhere")
    (out / "public").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Unwritable):
        write_editions(summed_up(tmp_path), out)
    assert (out / "public").is_symlink()
    assert sorted(path.name for path in out.iterdir()) == ["organizer", "public"]
    assert all(path.read_bytes() == data for path, data in before.items() if path.is_file())


def test_no_file_of_the_public_edition_names_a_team_a_run_a_record_or_a_certificate(tmp_path: Path) -> None:
    a_track(tmp_path)
    result = summed_up(tmp_path)
    write_editions(result, tmp_path / "report")
    secrets = [
        *SIZES,
        *(run.run_tag for run in result.details.runs),
        *(run.sha256 for run in result.details.runs),
        *(activity.record.record_id for activity in result.details.activities),
        *result.inventory.record_digests,
        "VC99998", "71234501", "5336",
    ]  # fmt: skip
    for path in (tmp_path / "report" / "public").rglob("*"):
        if path.is_file():
            text = text_of(path)
            assert [secret for secret in secrets if secret in text] == [], path
