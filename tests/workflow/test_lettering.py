"""Letters from real bundles: each team reads about its own work, whatever its neighbours did to it."""

import csv
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from making import CERTIFICATE, a_ledger, a_record, a_run
from readable import text_of
from test_aggregating import a_team, summed_up
from test_auditing import forged, json_member

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.errors import Unwritable
from neuclir_carbon.model.letter import Fate
from neuclir_carbon.model.slugs import slug
from neuclir_carbon.report.letters import format_letter
from neuclir_carbon.workflow.aggregating import Aggregate
from neuclir_carbon.workflow.bundling import Order, bundle
from neuclir_carbon.workflow.editions import write_editions

NAMES = ("lotus", "Lotus_", "A/B", "A B", "翻訳検索", "<script>alert(1)</script>", "=cmd()")


def sent(tmp_path: Path, team: str, *records: object, tag: str, certificate: dict[str, object] | None = None) -> Path:
    """A bundle of a team; the certificate's changes are laid over a sound one."""
    folder = tmp_path / slug(team)
    ledger = a_ledger(folder / f"ledger-{tag}", *records)  # type: ignore[arg-type]
    files = ()
    if certificate is not None:
        path = folder / f"{tag}.json"
        path.write_text(json.dumps({**CERTIFICATE, **certificate}))
        files = (path,)
    order = Order(
        run=a_run(folder / tag, depth=1), track="neuclir-2024", task="clir", team=team, ledgers=(ledger,),
        certificates=files, out=tmp_path / "bundles" / slug(team),
    )  # fmt: skip
    return bundle(order).path


def a_quarrelling_track(tmp_path: Path) -> dict[str, list[str]]:
    """Teams that copy each other's records, replace them, claim one certificate, and have names alike.

    Gives what nobody but each team may read: names, run tags, record ids, certificate ids, digits of its figures.
    """
    chance = random.Random(11)
    stolen = a_record("stolen-77c1", kwh=41.87)
    secrets: dict[str, list[str]] = {}
    for place, team in enumerate(NAMES):
        tag, own = f"run{place}-{chance.randrange(16**6):06x}", f"rec{place}-{chance.randrange(16**6):06x}"
        kg = 1000 + chance.randrange(8000)
        records = [a_record(own, kwh=kg / 7.3)]
        if place in (0, 1):
            records.append(stolen)
        if place in (2, 3):
            replaced = secrets[NAMES[place - 1]][2]
            records.append(a_record(f"{own}-taken", kwh=1.0, supersedes=replaced))
        certificate: dict[str, object] = {
            "certificate_id": f"CERT-{kg}", "quantity_kg": 3000,
            "allocations": [{"scope_id": f"neuclir-2024/{team}", "kg": kg}],
        }  # fmt: skip
        sent(tmp_path, team, *records, tag=tag, certificate=certificate)
        secrets[team] = [team, tag, own, f"CERT-{kg}", f"{kg:,}", str(kg)]
    return secrets


def texts(result: Aggregate) -> dict[str, str]:
    return {letter.team: format_letter(letter, {}) for letter in result.letters}


def found_in(text: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that stand in a text as words of their own."""
    return [secret for secret in secrets if re.search(rf"(?<![\w,.]){re.escape(secret)}(?![\w])", text)]


def test_no_letter_names_another_team_its_runs_records_certificates_or_figures(tmp_path: Path) -> None:
    secrets = a_quarrelling_track(tmp_path)
    result = summed_up(tmp_path)
    letters = texts(result)
    assert set(letters) == set(NAMES)
    codes = {finding.code for finding in result.details.findings}
    assert codes >= {"INV004", "INV006", "INV007", "OFF003", "OFF020"}
    for team, text in letters.items():
        assert found_in(text, secrets[team][:2]) == secrets[team][:2], team
        for other in set(NAMES) - {team}:
            assert not found_in(text, secrets[other]), (team, other)


def test_two_teams_that_share_a_certificate_can_not_work_out_each_other_s_part(tmp_path: Path) -> None:
    parts = {"lotus": 1234, "maple": 2345}
    for team, kg in parts.items():
        allocations = [{"scope_id": f"neuclir-2024/{team}", "kg": kg}]
        record = a_record(f"{team}-1", kwh=1.0)
        sent(tmp_path, team, record, tag=f"fas-{team}", certificate={"allocations": allocations})
    letters = texts(summed_up(tmp_path))
    over = sum(parts.values()) - 3000
    for team, other in (("lotus", "maple"), ("maple", "lotus")):
        assert "OFF003" in letters[team]
        assert not found_in(letters[team], [str(over), str(parts[other]), f"{parts[other]:,}", other])


def test_the_findings_of_the_whole_track_do_name_them_so_the_letters_have_something_to_hide(tmp_path: Path) -> None:
    secrets = a_quarrelling_track(tmp_path)
    result = summed_up(tmp_path)
    across = [
        finding.code
        for finding in result.details.findings
        for team in NAMES
        if slug(team) in (finding.location.path or "").split("/")
        for other in set(NAMES) - {team}
        if found_in(finding.message, secrets[other])
    ]
    assert set(across) >= {"INV004", "INV006", "OFF020"}


def test_a_bundle_that_was_damaged_on_its_way_is_told_to_the_team_that_it_names(tmp_path: Path) -> None:
    path = sent(tmp_path, "lotus", a_record("lotus-1", kwh=1.0), tag="fas-lotus")
    sent(tmp_path, "maple", a_record("maple-1", kwh=1.0), tag="fas-maple")
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    result = summed_up(tmp_path)
    assert (result.inventory.runs, result.inventory.submissions) == (1, 2)
    letters = {letter.team: letter for letter in result.letters}
    assert [bundle.fate for bundle in letters["lotus"].received] == [Fate.REJECTED]
    assert [finding.code for finding in letters["lotus"].findings] == ["SUB003"]
    text = format_letter(letters["lotus"], {})
    assert "DOES NOT COUNT" in text and "SUB003" in text


def test_a_rejected_bundle_is_told_to_the_team_that_it_names_with_its_errors(tmp_path: Path) -> None:
    path = sent(tmp_path, "lotus", a_record("lotus-1", kwh=1.0), tag="fas-lotus")
    sent(tmp_path, "maple", a_record("maple-1", kwh=1.0), tag="fas-maple")

    def doubled(records: list[dict[str, object]]) -> list[dict[str, object]]:
        return [*records, *records]

    forged(path, json_member("activities.json", doubled))
    path.unlink()
    letters = {letter.team: letter for letter in summed_up(tmp_path).letters}
    assert [bundle.fate for bundle in letters["lotus"].received] == [Fate.REJECTED]
    assert letters["lotus"].emissions is None and letters["lotus"].findings
    assert [bundle.fate for bundle in letters["maple"].received] == [Fate.COUNTS]
    assert not letters["maple"].findings
    text = format_letter(letters["lotus"], {})
    assert (
        "DOES NOT COUNT" in text and "No activity of yours counts here." in text and "--revision 2 --replaces" in text
    )


def test_an_older_revision_and_a_bundle_for_another_track_are_told_apart(tmp_path: Path) -> None:
    a_team(tmp_path, "lotus", 1.0)
    a_team(tmp_path, "lotus", 1.0, revision=2)
    fates = [(bundle.revision, bundle.fate) for bundle in summed_up(tmp_path).letters[0].received]
    assert fates == [(1, Fate.REPLACED), (2, Fate.COUNTS)] * 2


def test_teams_of_roster_and_forms_get_letters_too_and_aliases_one_letter_together(tmp_path: Path) -> None:
    for team in ("lotus", "Lotus Lab"):
        sent(tmp_path, team, a_record(f"{slug(team)}-1", kwh=1.0), tag=f"fas-{slug(team)}")
    (tmp_path / "roster.csv").write_text("team,aliases\nlotus,Lotus Lab\nsilent,\n")
    (tmp_path / "forms.csv").write_text("team,tracked,offset\nlotus,no,\nsilent,yes,no\n")
    result = summed_up(tmp_path, roster=tmp_path / "roster.csv", forms=tmp_path / "forms.csv")
    letters = texts(result)
    assert set(letters) == {"lotus", "silent"}
    assert letters["lotus"].count(": counts\n") == 2
    assert "Did you track? yes, by your bundles; your form says no" in letters["lotus"]
    assert "No bundle." in letters["silent"] and "Did you track? yes\n" in letters["silent"]
    assert "lotus" not in letters["silent"] and "silent" not in letters["lotus"]


def test_a_withdrawn_bundle_is_told_to_be_left_out(tmp_path: Path) -> None:
    first, _ = a_team(tmp_path, "lotus", 1.0)
    (tmp_path / "withdrawn").write_text(hashlib.sha256(first.read_bytes()).hexdigest() + "\n")
    result = summed_up(tmp_path, withdrawn=tmp_path / "withdrawn")
    assert [bundle.fate for bundle in result.letters[0].received] == [Fate.LEFT_OUT, Fate.COUNTS]
    assert "the organizers left it out as withdrawn" in texts(result)["lotus"]


def test_a_copy_of_a_bundle_is_one_bundle_in_the_letter(tmp_path: Path) -> None:
    first, _ = a_team(tmp_path, "lotus", 1.0)
    (tmp_path / "bundles" / "copy.crate.zip").write_bytes(first.read_bytes())
    assert len(summed_up(tmp_path).letters[0].received) == 2


def test_letters_are_written_under_slugs_with_an_index_of_who_gets_which(tmp_path: Path) -> None:
    a_quarrelling_track(tmp_path)
    result = summed_up(tmp_path)
    write_editions(result, tmp_path / "report")
    folder = tmp_path / "report" / "organizer" / "letters"
    names = {path.name for path in folder.iterdir()}
    assert names == {"index.csv", *(f"{slug(team)}.txt" for team in NAMES)}
    rows = list(csv.DictReader((folder / "index.csv").read_text().splitlines()))
    assert {row["team"]: row["letter"] for row in rows} == {
        ("'" + team if team.startswith("=") else team): f"{slug(team)}.txt" for team in NAMES
    }
    assert "Dear team A/B,\n" in (folder / f"{slug('A/B')}.txt").read_text()


def test_letters_of_teams_that_are_gone_are_replaced_and_changed_ones_are_kept(tmp_path: Path) -> None:
    for team in ("lotus", "maple"):
        sent(tmp_path, team, a_record(f"{team}-1", kwh=1.0), tag=f"fas-{team}")
    out = tmp_path / "report"
    write_editions(summed_up(tmp_path), out)
    write_editions(summed_up(tmp_path, tmp_path / "bundles" / "maple"), out)
    letters = out / "organizer" / "letters"
    assert {path.name for path in letters.iterdir()} == {"index.csv", "maple.txt"}
    (letters / "maple.txt").write_text("a better letter")
    with pytest.raises(Unwritable, match=r"maple\.txt was changed"):
        write_editions(summed_up(tmp_path), out)
    assert (letters / "maple.txt").read_text() == "a better letter"


@pytest.mark.parametrize(("edition", "least"), [("organizer", {"total", "by-team"}), ("public", {"total"})])
def test_figures_stand_as_svg_and_as_pdf(tmp_path: Path, edition: str, least: set[str]) -> None:
    for team in ("lotus", "maple", "cedar", "birch"):
        sent(tmp_path, team, a_record(f"{team}-1", kwh=1.0), tag=f"fas-{team}")
    write_editions(summed_up(tmp_path), tmp_path / "report")
    figures = list((tmp_path / "report" / edition / "figures").iterdir())
    svg, pdf = ({path.stem for path in figures if path.suffix == kind} for kind in (".svg", ".pdf"))
    assert svg == pdf >= least
    for path in figures:
        if edition == "public" and path.suffix == ".pdf":
            assert "lotus" not in text_of(path) and "birch" not in text_of(path)


def test_a_letter_names_the_receipt_that_lies_beside_it_and_fits_the_bundle(tmp_path: Path) -> None:
    (first, _), _ = a_team(tmp_path, "A/B", 1.0), a_team(tmp_path, "maple", 1.0)
    write_editions(summed_up(tmp_path), tmp_path / "report")
    organizer = tmp_path / "report" / "organizer"
    text = (organizer / "letters" / f"{slug('A/B')}.txt").read_text()
    name = f"{slug('A/B')}.json"
    assert f"neuclir-carbon receipt check {name} --commitment commitment.json --bundle BUNDLE" in text
    (tmp_path / "mail").mkdir()
    shutil.copy(organizer / "receipts" / name, tmp_path / "mail")
    shutil.copy(tmp_path / "report" / "public" / "commitment.json", tmp_path / "mail")
    command = ["receipt", "check", name, "--commitment", "commitment.json", "--bundle", str(first)]
    done = subprocess.run(
        [sys.executable, "-m", "neuclir_carbon", *command], cwd=tmp_path / "mail", check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_a_contradicted_form_and_a_name_off_the_roster_are_findings_with_a_next_step(tmp_path: Path) -> None:
    sent(tmp_path, "lotus", a_record("lotus-1", kwh=1.0), tag="fas-lotus")
    roster, forms = tmp_path / "roster.csv", tmp_path / "forms.csv"
    roster.write_text("team,aliases\nmaple,\n")
    forms.write_text("team,tracked,offset\nlotus,no,no\n")
    letter = next(one for one in summed_up(tmp_path, roster=roster, forms=forms).letters if one.team == "lotus")
    said = {finding.code: finding.message for finding in letter.findings}
    assert said["INV014"].startswith("your form says that you did not track, your bundles say otherwise")
    assert "tell the organizers which is right" in said["INV014"]
    assert said["INV013"].startswith("tell the organizers under which name your team is registered")
    assert "maple" not in "".join(said.values())
    text = " ".join(format_letter(letter, entries()).split())
    assert text.count("a team is not on the roster") == 1 and "Nothing was found to be wrong" not in text
