"""Bundles: what goes in, that the same inputs give the same bytes, and what is refused with nothing written."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from making import TAG, a_certificate, a_ledger, a_record, ordered

from neuclir_carbon.checks.documents import examine_array, examine_bytes
from neuclir_carbon.errors import BadOption, Rejected, UnknownName, Unreadable
from neuclir_carbon.model.record import Command
from neuclir_carbon.model.submission import MEMBERS
from neuclir_carbon.resources import track_paths
from neuclir_carbon.workflow.auditing import audit
from neuclir_carbon.workflow.bundling import Bundled, bundle


def member(made: Bundled, name: str) -> bytes:
    with zipfile.ZipFile(made.path) as archive:
        return archive.read(name)


def test_a_bundle_holds_the_contract_s_members_in_their_order(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path, certificates=(a_certificate(tmp_path),)))
    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == [TAG, *MEMBERS]
    assert made.path.name == f"{TAG}.crate.zip"
    assert member(made, TAG) == (tmp_path / TAG).read_bytes()
    assert member(made, "track-schema.json") == dict(track_paths())["neuclir-2024"].read_bytes()


def test_every_document_in_it_follows_its_schema(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path, certificates=(a_certificate(tmp_path),)))
    for name, kind in (
        ("submission.json", "submission-manifest/1"),
        ("verdict.json", "verdict/1"),
        ("track-schema.json", "track-schema/1"),
    ):
        assert examine_bytes(kind, member(made, name))[1] == (), name
    assert examine_array("activity-record/1", member(made, "activities.json"))[1] == ()
    assert examine_array("certificate-reference/1", member(made, "certificates.json"))[1] == ()


def test_only_records_that_serve_the_run_go_in(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path))
    ids = [record["record_id"] for record in json.loads(member(made, "activities.json"))]
    assert ids == ["20241115T093000Z-00000001", "20241115T093000Z-00000002"]
    assert made.totals.emissions_kg_co2e.central == pytest.approx((0.1 + 2.0) * 0.32965)


def test_arguments_that_a_record_keeps_stay_at_home_and_its_digest_holds(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    command = Command(program="search", exit_code=0, argv=("search", "--password", "hunter2"))
    a_ledger(tmp_path / "ledger", a_record("20241117T000000Z-0000000a", run_tags=(TAG,), command=command))
    made = bundle(order)
    assert b"hunter2" not in made.path.read_bytes()
    assert audit(made.path).findings == ()


def test_a_superseded_record_stays_out(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    a_ledger(tmp_path / "ledger", a_record("20241116T000000Z-00000009", supersedes="20241115T093000Z-00000002"))
    ids = [record["record_id"] for record in json.loads(member(bundle(order), "activities.json"))]
    assert ids == ["20241115T093000Z-00000001", "20241116T000000Z-00000009"]


def test_ir_metadata_and_crate_say_what_the_records_say(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path))
    metadata = yaml.safe_load(member(made, "ir-metadata.yml"))
    assert metadata["schema version"] == 0.2
    assert metadata["resources"]["cpu"]["energy used system"] == "7560000 J"
    graph = {entity["@id"]: entity for entity in json.loads(member(made, "ro-crate-metadata.json"))["@graph"]}
    actions = [entity for entity in graph.values() if entity["@type"] == "CreateAction"]
    assert len(actions) == 2
    usage = graph[actions[0]["resourceUsage"][0]["@id"]]
    assert (usage["value"], usage["unitText"]) == (0.1, "kWh")
    for entity in graph.values():
        for part in entity.get("hasPart", []):
            assert part["@id"] in graph


def test_the_only_time_inside_is_the_latest_of_the_inputs(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path))
    assert json.loads(member(made, "submission.json"))["created_at"] == "2024-11-15T10:30:00.000Z"
    made = bundle(ordered(tmp_path, certificates=(a_certificate(tmp_path),)))
    assert json.loads(member(made, "submission.json"))["created_at"] == "2024-11-16T00:00:00.000Z"
    made = bundle(ordered(tmp_path, source_date_epoch=1_800_000_000))
    assert json.loads(member(made, "submission.json"))["created_at"] == "2027-01-15T08:00:00.000Z"


def test_the_same_inputs_give_the_same_bytes_in_other_folders_zones_umasks_and_minutes(tmp_path: Path) -> None:
    digests = set()
    for index, (zone, umask, seed) in enumerate(
        (("UTC", 0o022, "1"), ("Asia/Tokyo", 0o077, "2"), ("Etc/GMT+12", 0o000, "3"))
    ):
        folder = tmp_path / f"folder {index}"
        order = ordered(folder)
        run, ledger = order.run, order.ledgers[0]
        os.utime(run, (index * 10**6, index * 10**6))
        command = [
            sys.executable,
            "-m",
            "neuclir_carbon",
            "bundle",
            run.name,
            "--track",
            "neuclir-2024",
            "--task",
            "clir",
        ]
        done = subprocess.run(
            [*command, "--team", "lotus", "--ledger", ledger.name, "--format", "json"],
            cwd=folder, capture_output=True, text=True, check=False, umask=umask,
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        digests.add(json.loads(done.stdout)["sha256"])
    assert len(digests) == 1


def test_a_team_that_tracked_nothing_gets_its_bundle_and_a_warning(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path, ledgers=()))
    assert json.loads(member(made, "submission.json"))["tracked"] is False
    assert "SUB008" in [finding.code for finding in made.findings]


def test_the_team_may_come_from_ledger_toml(tmp_path: Path) -> None:
    order = ordered(tmp_path, team=None)
    with pytest.raises(BadOption, match="--team"):
        bundle(order)
    (tmp_path / "ledger" / "ledger.toml").write_text('team = "lotus & co"\nlicense = "CC-BY-4.0"\n')
    manifest = json.loads(member(bundle(order), "submission.json"))
    assert (manifest["team"], manifest["license"]) == ("lotus & co", "CC-BY-4.0")


def nothing_was_written(tmp_path: Path) -> bool:
    out = tmp_path / "out"
    return not out.exists() or not list(out.iterdir())


def test_a_run_with_errors_is_refused_unless_allowed(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    order.run.write_text(order.run.read_text().replace(" Q0 ", " q0 "))
    with pytest.raises(Rejected, match="Q0"):
        bundle(order)
    assert nothing_was_written(tmp_path)
    made = bundle(ordered(tmp_path, allow_invalid=True))
    assert json.loads(member(made, "verdict.json"))["passed"] is False
    assert "SUB009" in [finding.code for finding in made.findings]


def test_a_damaged_record_stops_it_since_its_emissions_would_vanish(tmp_path: Path) -> None:
    order = ordered(tmp_path)
    victim = tmp_path / "ledger" / "records" / "20241115T093000Z-00000002.json"
    victim.write_bytes(victim.read_bytes()[:100])
    with pytest.raises(Rejected, match="00000002"):
        bundle(order)
    assert nothing_was_written(tmp_path)


def test_a_reference_that_fails_its_schema_stops_it_and_another_finding_goes_along(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="OFF001"):
        bundle(ordered(tmp_path, certificates=(a_certificate(tmp_path, quantity_kg="3 t"),)))
    assert nothing_was_written(tmp_path)
    made = bundle(ordered(tmp_path, certificates=(a_certificate(tmp_path, quantity_kg=200),)))
    assert "OFF003" in [finding.code for finding in made.findings]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"track": "neuclir-2042"}, UnknownName),
        ({"task": "dance"}, UnknownName),
        ({"run": Path("missing")}, Unreadable),
        ({"ledgers": (Path("missing"),)}, Unreadable),
        ({"certificates": (Path("missing.json"),)}, Unreadable),
        ({"run_tag": "submission.json"}, BadOption),
        ({"run_tag": "../escape"}, BadOption),
    ],
)
def test_what_is_missing_or_unknown_is_told(tmp_path: Path, changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        bundle(ordered(tmp_path, **changes))
    assert nothing_was_written(tmp_path)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"team": "x" * 201}, "team"),
        ({"team": "a\x1b[31mb"}, "team"),
        ({"team": "a\u202eb"}, "team"),
        ({"team": "a\udcffb"}, "team"),
        ({"team": " "}, "team"),
        ({"team": ""}, "team"),
        ({"license": "x" * 201}, "license"),
        ({"run_tag": "x" * 150}, "run tag"),
        ({"run_tag": "two words"}, "run tag"),
        ({"run_tag": ""}, "run-tag"),
    ],
)
def test_what_whoever_gets_the_bundle_would_refuse_is_refused_at_once(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(BadOption, match=named):
        bundle(ordered(tmp_path, allow_invalid=True, **changes))
    assert nothing_was_written(tmp_path)


def test_a_team_in_ledger_toml_is_looked_at_like_one_on_the_command_line(tmp_path: Path) -> None:
    order = ordered(tmp_path, team=None)
    (tmp_path / "ledger" / "ledger.toml").write_text('team = "a\\u001b[31mb"\n')
    with pytest.raises(BadOption, match=r"team in ledger\.toml"):
        bundle(order)
    (tmp_path / "ledger" / "ledger.toml").write_text('team = "lotus"\nmethod_description = """two\nlines"""\n')
    assert bundle(order).path.is_file()
