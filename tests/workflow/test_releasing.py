"""What leaves with a public edition: no names, receipts that prove, and no change that one team alone has made."""

import csv
import html
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from making import CERTIFICATE, a_ledger, a_record, a_run
from readable import text_of
from test_aggregating import SIZES, a_team, a_track, summed_up

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.checks.giveaways import Names
from neuclir_carbon.cli.app import main
from neuclir_carbon.errors import Unreadable, Unwritable
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import Grid
from neuclir_carbon.report.svg import Canvas, settings
from neuclir_carbon.workflow import public_scan
from neuclir_carbon.workflow.aggregating import Aggregate
from neuclir_carbon.workflow.bundling import Order, bundle
from neuclir_carbon.workflow.editions import write_editions


def written(result: Aggregate, out: Path) -> dict[str, bytes]:
    """Both editions on disk; the public files by name."""
    page = write_editions(result, out)["public"]
    return {path.relative_to(page.parent).as_posix(): path.read_bytes() for path in page.parent.rglob("*.*")}


# Typed: no table has it.
OF_ITS_OWN = Grid(g_co2e_per_kwh=600.0, low=600.0, high=600.0, country="DEU", source="typed", basis="given")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A track of four teams, aggregated; a folder with bundles/ and first/organizer, first/public."""
    folder = tmp_path_factory.mktemp("a track")
    a_track(folder)
    written(summed_up(folder), folder / "first")
    return folder


def test_what_is_written_follows_the_schemas(played: Path) -> None:
    for kind, path in (
        ("track-inventory/1", "organizer/inventory.json"), ("track-inventory/1", "public/inventory.json"),
        ("commitment/1", "public/commitment.json"), ("receipt/1", "organizer/receipts/lotus.json"),
    ):  # fmt: skip
        assert examine_bytes(kind, (played / "first" / path).read_bytes())[1] == (), path


def test_a_team_s_receipt_proves_each_of_its_bundles_and_no_other_s(
    played: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = played / "first"
    for bundle_path in sorted((played / "bundles").rglob("*.zip")):
        code = main([
            "receipt", "check", str(first / "organizer/receipts/lotus.json"), "--commitment",
            str(first / "public/commitment.json"), "--bundle", str(bundle_path), "--format", "json",
        ])  # fmt: skip
        told = json.loads(capsys.readouterr().out)
        assert (code, told["counts"]) == ((0, True) if "lotus" in bundle_path.name else (1, False))
        assert told["inventory_sha256"] == _sha256(first / "public/inventory.json")


def test_a_changed_bundle_is_not_proven(played: Path, tmp_path: Path) -> None:
    one = next((played / "bundles" / "lotus-1").glob("*.zip"))
    (tmp_path / "changed.zip").write_bytes(one.read_bytes()[:-1] + b"x")
    assert _checked(played, bundle=tmp_path / "changed.zip") == 1


def test_neither_a_receipt_nor_the_commitment_names_anything(played: Path) -> None:
    text = "".join(path.read_text() for path in sorted((played / "first/organizer/receipts").glob("*.json")))
    text += (played / "first/public/commitment.json").read_text()
    for path in (played / "bundles").rglob("*.zip"):
        assert _sha256(path) not in text
    assert not any(name in text for name in ("lotus", "maple", "fas", "birch"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", 1), (b"{}", 1), (b'{"schema": "receipt/1"}', 1), (b"\xff\xfe", 1), (b"[" * 100_000, 1),
        (b'{"schema":"receipt/1","track":"t","as_of":"2024-11-22","root":"%s","proofs":[]}' % (b"0" * 64), 1),
        (b'{"schema":"receipt/1","track":"t","as_of":"2024-11-22","root":"%s","proofs":[{"index":1e99,"path":[]}]}'
         % (b"0" * 64), 1),
        (b'{"schema":"receipt/1","track":"\\u202e\\u001b[2J","as_of":"2024-11-22","root":"%s","proofs":[{"index":0,'
         b'"path":[%s]}]}' % (b"0" * 64, b",".join([b'"' + b"0" * 64 + b'"'] * 16)), 1),
    ],
)  # fmt: skip
def test_a_hostile_receipt_proves_nothing_and_breaks_nothing(
    played: Path, tmp_path: Path, text: bytes, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "receipt.json").write_bytes(text)
    assert _checked(played, receipt=tmp_path / "receipt.json") == code
    out, err = capsys.readouterr()
    assert "\x1b[2J" not in out + err and "\u202e" not in out + err and "Traceback" not in err


def test_a_receipt_that_is_missing_or_a_folder_is_exit_3(played: Path, tmp_path: Path) -> None:
    assert _checked(played, receipt=tmp_path / "none.json") == 3
    assert _checked(played, receipt=tmp_path) == 3
    assert _checked(played, bundle=tmp_path / "none.zip") == 3


def test_a_receipt_of_another_edition_says_so(played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = json.loads((played / "first/organizer/receipts/lotus.json").read_bytes())
    (tmp_path / "old.json").write_text(json.dumps({**receipt, "root": "0" * 64}))
    assert _checked(played, receipt=tmp_path / "old.json") == 1
    assert "belongs to another edition" in capsys.readouterr().out


def test_a_letter_brings_its_receipt(played: Path) -> None:
    letter = (played / "first/organizer/letters/lotus.txt").read_text()
    assert "receipt check lotus.json --commitment commitment.json" in letter


def test_a_public_file_that_names_a_team_stops_everything(played: Path, tmp_path: Path) -> None:
    result = summed_up(played)
    by_task = {"Lotus special": next(iter(result.public["by_task"].values()))}
    leaking = attrs.evolve(result, public={**result.public, "by_task": by_task})
    with pytest.raises(Unwritable, match=r"OFF083.*public/inventory.json holds a team's name.*nothing was written"):
        write_editions(leaking, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_a_figure_as_pdf_shows_and_says_of_itself_is_read_too() -> None:
    with settings():
        canvas = Canvas(200, 60)
        canvas.text(5, 20, "Wave to AVATAR (Ltd) at Türkü", "ink", size=10)
        for way in (True, False):
            text = public_scan.text_of(canvas.pdf("by lotus", for_print=way))
            assert Names.of(["AVATAR (Ltd)", "Türkü", "lotus", "absent"]).standing_in([text]) == {
                "AVATAR (Ltd)", "Türkü", "lotus",
            }  # fmt: skip


def test_teams_with_hostile_and_with_ordinary_names_are_published_about_without_a_false_alarm(tmp_path: Path) -> None:
    """Names that are words of the templates, of the track, or numbers, and names that are code."""
    names = ("Emissions", "neuclir-2024", "total", "42", "a", "<script>alert(1)</script>", "=cmd()", "翻訳検索", "kg")
    for place, team in enumerate(names):
        ledger = a_ledger(tmp_path / f"ledger{place}", a_record(f"record-{place}", kwh=1.0 + place / 10))
        certificate = tmp_path / f"c{place}.json"
        scope = [{"scope_id": f"neuclir-2024/{team}", "kg": 1}]
        serials = [{"raw": f"KE-5-{71234501 + place}-2-2-0-5336", "end_raw": f"KE-5-{71234501 + place}-2-2-0-5336"}]
        changed = {"certificate_id": f"VC9{place:04d}/2024", "allocations": scope, "quantity_kg": 1000}
        certificate.write_text(json.dumps({**CERTIFICATE, **changed, "serials": serials}))
        bundle(Order(
            run=a_run(tmp_path / f"fas-run-{place}", depth=1), track="neuclir-2024", task="clir", team=team,
            ledgers=(ledger,), certificates=(certificate,), out=tmp_path / "bundles",
        ))  # fmt: skip
    files = written(summed_up(tmp_path), tmp_path / "out")
    text = "\n".join(text_of(name, data) for name, data in files.items())
    assert not any(name in text for name in ("<script>alert", "=cmd()", "翻訳検索", "fas-run", "VC9", "71234501"))
    assert json.loads(files["inventory.json"])["emissions_kg_co2e"]["central"] > 0


# Editions that are out


def test_a_late_team_is_held_back_until_two_more_have_changed(played: Path, tmp_path: Path) -> None:
    bundles = _copied(played, tmp_path)
    first = _public(played / "first")
    inventory = played / "first/organizer/inventory.json"
    a_team(tmp_path, "willow", 1.3)
    late = summed_up(tmp_path, bundles, published=inventory)
    assert late.inventory.teams == 5
    assert written(late, tmp_path / "second") == first  # to the byte: the change can't even be guessed
    assert any("stays as it is" in finding.message for finding in late.details.findings)
    assert not (tmp_path / "second/organizer/receipts/willow.json").exists()
    letter = (tmp_path / "second/organizer/letters/willow.txt").read_text()
    assert "None goes with this letter" in letter and "in the published total" not in letter
    assert letter.count("not published yet: waits for the next public edition") == 2
    told = " ".join(letter.split())
    assert "their receipts come with that edition" in told and "so many teams have changed that no team's" in told
    lotus = (tmp_path / "second/organizer/letters/lotus.txt").read_text()
    assert "waits for the next" not in lotus and "in the published total" in lotus
    index = csv.DictReader((tmp_path / "second/organizer/letters/index.csv").read_text().splitlines())
    receipts = {row["team"]: row["receipt"] for row in index}
    assert (receipts["lotus"], receipts["willow"]) == ("lotus.json", "")

    a_team(tmp_path, "elm", 1.0)
    a_team(tmp_path, "oak", 0.9)
    third = summed_up(tmp_path, bundles, published=tmp_path / "second/organizer/inventory.json")
    assert written(third, tmp_path / "third") != first
    assert json.loads(format_json(third.public))["teams"] == 7
    assert (tmp_path / "third/organizer/receipts/willow.json").exists()


def test_a_letter_says_that_a_withdrawn_bundle_is_still_in_the_edition_that_is_out(
    played: Path, tmp_path: Path
) -> None:
    withdrawn = next((played / "bundles" / "lotus-1").glob("*.zip"))
    (tmp_path / "withdrawn.txt").write_text(_sha256(withdrawn) + "\n")
    late = summed_up(
        tmp_path, played / "bundles", published=played / "first/organizer/inventory.json",
        withdrawn=tmp_path / "withdrawn.txt",
    )  # fmt: skip
    assert written(late, tmp_path / "second") == _public(played / "first")
    letter = " ".join((tmp_path / "second/organizer/letters/lotus.txt").read_text().split())
    assert letter.count("the public edition that is out still contains it, until the next one") == 1
    assert "the next edition leaves it out" in letter and "waits for the next public edition" not in letter
    assert "still contains it" not in (tmp_path / "second/organizer/letters/maple.txt").read_text()


def test_an_edition_stays_to_the_byte_where_no_team_has_changed(played: Path, tmp_path: Path) -> None:
    first, inventory = _public(played / "first"), played / "first/organizer/inventory.json"
    assert "suppressed" not in json.loads(first["inventory.json"])["harmonized"]
    again = summed_up(tmp_path, played / "bundles", published=inventory)
    assert written(again, tmp_path / "again") == first
    assert not any("stays as it is" in finding.message for finding in again.details.findings)
    kept = json.loads((tmp_path / "again/organizer/inventory.json").read_bytes())
    assert len(kept["editions"]) == 1


def test_the_organizers_own_work_is_published_though_no_team_has_changed(played: Path, tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "own", a_record("own-1", activity="evaluation", kwh=5.0))
    inventory = played / "first/organizer/inventory.json"
    later = summed_up(tmp_path, played / "bundles", published=inventory, evaluation=(ledger,))
    first = json.loads(inventory.read_bytes())["published"]
    whole = first["emissions_kg_co2e"]["central"] + later.public["evaluation"]["central"]
    assert later.public["total_with_evaluation_kg_co2e"]["central"] == pytest.approx(whole, rel=1e-3)
    own = ("evaluation", "total_with_evaluation_kg_co2e", "as_of")
    assert {key: value for key, value in later.public.items() if key not in own} == {
        key: value for key, value in first.items() if key not in own
    }
    assert len(later.inventory.editions) == 2


@pytest.mark.parametrize("forms", ["lotus,yes,yes\noak,no,no\n", "oak,yes,no\nelm,no,no\n"])
def test_one_more_answer_is_held_back_and_three_are_not(tmp_path: Path, played: Path, forms: str) -> None:
    """Whoever compares two editions must not learn what a team that answered in between has said."""
    roster, answers = tmp_path / "roster.csv", tmp_path / "forms.csv"
    roster.write_text("team,aliases\n" + "".join(f"{team},\n" for team in (*SIZES, "oak", "elm", "ash")))
    answers.write_text("team,tracked,offset\n")
    lists = {"roster": roster, "forms": answers}
    first = summed_up(tmp_path, played / "bundles", **lists)
    out = write_editions(first, tmp_path / "first")["public"].parent.parent / "organizer/inventory.json"
    answers.write_text("team,tracked,offset\n" + forms)
    late = summed_up(tmp_path, played / "bundles", published=out, **lists)
    assert late.public == json.loads(out.read_bytes())["published"]
    answers.write_text("team,tracked,offset\noak,no,no\nelm,no,no\nash,yes,no\n")
    assert summed_up(tmp_path, played / "bundles", published=out, **lists).public["answers"]["unanswered"] == 0


def test_one_set_of_factors_is_not_told_where_one_team_alone_had_others(tmp_path: Path) -> None:
    for team, kwh in SIZES.items():
        a_team(tmp_path, team, kwh)
    assert "suppressed" not in summed_up(tmp_path).public["harmonized"]
    records = [a_record("oak-1", kwh=1.1, grid=OF_ITS_OWN), a_record("oak-2", kwh=1.2, grid=OF_ITS_OWN)]
    ledger = a_ledger(tmp_path / "oak", *records)
    run = tmp_path / "runs" / "fas-oak"
    a_run(run, depth=1)
    order = Order(
        run=run, track="neuclir-2024", task="clir", team="oak", ledgers=(ledger,), out=tmp_path / "bundles/oak"
    )
    bundle(order)
    found = summed_up(tmp_path)
    assert found.inventory.harmonized is not None
    assert found.public["harmonized"]["suppressed"] is True
    assert "what one team reported beside one set of factors" in found.public["harmonized"]["reason"]


def test_three_late_teams_of_which_one_makes_up_most_are_held_back(played: Path, tmp_path: Path) -> None:
    bundles = _copied(played, tmp_path)
    for team, kwh in (("willow", 5.0), ("elm", 0.1), ("oak", 0.1)):
        a_team(tmp_path, team, kwh)
    late = summed_up(tmp_path, bundles, published=played / "first/organizer/inventory.json")
    assert written(late, tmp_path / "second") == _public(played / "first")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"edition": "public"}, "is a public edition"),
        ({"track": "neuclir-2023"}, "is of track 'neuclir-2023'"),
        ({"editions": []}, "does not keep what stood behind"),
        ({"editions": [{"published": {}}]}, "not as `aggregate` writes it"),
        ({"editions": [{"published": {"edition": "public"}, "parts": 3, "covered_kg": {}, "bundles": []}]},
         "not as `aggregate` writes it"),
        ({"schema": "x"}, "give the organizer/inventory.json"),
    ],
)  # fmt: skip
def test_an_inventory_that_does_not_tell_what_is_out_is_refused(
    played: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    inventory = json.loads((played / "first/organizer/inventory.json").read_bytes())
    (tmp_path / "inventory.json").write_text(json.dumps({**inventory, **change}))
    with pytest.raises(Unreadable, match=said):
        summed_up(played, published=tmp_path / "inventory.json")


def a_year(folder: Path, factors: Mapping[str, float], **changes: object) -> tuple[Aggregate, dict[str, Path]]:
    """A track whose teams do a part of their usual work, and its report on disk."""
    for team, kwh in SIZES.items():
        a_team(folder, team, kwh * factors.get(team, 1.0))
    result = summed_up(folder, **changes)
    return result, write_editions(result, folder / "report")


def said_on(page: Path) -> str:
    """A page's words, with plain gaps between them."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", text_of(page))))


def test_the_change_since_last_year_stands_in_the_public_edition(tmp_path: Path) -> None:
    a_year(tmp_path / "2023", {})
    last = tmp_path / "2023" / "report" / "organizer" / "inventory.json"
    result, pages = a_year(tmp_path / "2024", dict.fromkeys(SIZES, 0.8), since=last)
    public = json.loads((pages["public"].parent / "inventory.json").read_bytes())
    assert public["since"] == {
        "track": "neuclir-2024",
        "as_of": "2024-11-22",
        "teams_both": 4,
        "factors": "one set of grid factors",
        "ratio": -0.2,
    }
    assert result.inventory.since is not None
    assert result.inventory.since.only_then == ()
    said = (
        "Under one set of grid factors, the 4 teams with figures in both years emitted 20 % less than for neuclir-2024."
    )
    assert said in said_on(pages["public"])


def test_a_change_that_one_team_made_alone_is_withheld_from_every_public_file(tmp_path: Path) -> None:
    a_year(tmp_path / "2023", {})
    last = tmp_path / "2023" / "report" / "organizer" / "inventory.json"
    result, pages = a_year(tmp_path / "2024", {"lotus": 2.0}, since=last)
    assert result.inventory.since is not None
    assert result.inventory.since.same_teams is not None
    assert result.inventory.since.same_teams.ratio == pytest.approx(1.0 / math.fsum(SIZES.values()))
    public = json.loads((pages["public"].parent / "inventory.json").read_bytes())
    assert public["since"]["suppressed"] is True
    assert "figures in both years" not in said_on(pages["public"])


def _copied(played: Path, folder: Path) -> Path:
    for path in (played / "bundles").iterdir():
        (folder / "bundles").mkdir(exist_ok=True)
        (folder / "bundles" / path.name).symlink_to(path) if path.is_file() else _linked(path, folder / "bundles")
    return folder / "bundles"


def _linked(source: Path, folder: Path) -> None:
    (folder / source.name).mkdir()
    for path in source.iterdir():
        (folder / source.name / path.name).hardlink_to(path)


def _public(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out / "public").as_posix(): path.read_bytes() for path in (out / "public").rglob("*.*")}


def _checked(played: Path, *, receipt: Path | None = None, bundle: Path | None = None) -> int:
    first = played / "first"
    own = bundle or next((played / "bundles" / "lotus-1").glob("*.zip"))
    given = receipt or first / "organizer/receipts/lotus.json"
    return main([
        "receipt", "check", str(given), "--commitment", str(first / "public/commitment.json"), "--bundle", str(own),
    ])  # fmt: skip


def _sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
