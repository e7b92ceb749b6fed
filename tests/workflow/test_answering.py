"""form: the track's questions in their order, with answers that can be pasted."""

import json
from pathlib import Path
from typing import Any

import pytest
from making import TAG, a_certificate, a_ledger, a_record, ordered

from neuclir_carbon.errors import Rejected, Unreadable
from neuclir_carbon.model.record import Grid
from neuclir_carbon.report.form import MAX_VALUE, Own
from neuclir_carbon.resources import track_paths
from neuclir_carbon.workflow.answering import Form, fill_form
from neuclir_carbon.workflow.bundling import bundle


def a_track(folder: Path, *rows: dict[str, Any]) -> str:
    """neuclir-2024 with another form."""
    track = json.loads(dict(track_paths())["neuclir-2024"].read_bytes())
    track["track"] = "our-track"
    track["tasks"]["clir"]["form"] = list(rows)
    path = folder / "our-track.json"
    path.write_text(json.dumps(track))
    return str(path)


def row(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "question": f"{key}?", "type": kind, **more}


def filled(order: Any, own: Own | None = None) -> Form:
    return fill_form(bundle(order).path, own or Own())


def values(form: Form) -> dict[str, str | None]:
    return {answer.key: answer.value for answer in form.rows}


def test_the_packaged_form_is_answered_in_its_order(tmp_path: Path) -> None:
    order = ordered(tmp_path, certificates=(a_certificate(tmp_path),))
    sha256 = bundle(order).sha256
    form = filled(order)
    assert [(answer.key, answer.value) for answer in form.rows] == [
        ("carbon-tracked", "yes"), ("carbon-offset", "yes"), ("carbon-g-co2e", "692"), ("carbon-sha256", sha256),
        ("carbon-bundle-url", None),
    ]  # fmt: skip
    assert [answer.key for answer in form.open] == ["carbon-bundle-url"]
    assert f"bundle_sha256={sha256}" in form.line and "kg_co2e=0.692265" in form.line


def test_a_team_that_tracked_nothing_says_so_and_gives_no_number(tmp_path: Path) -> None:
    found = values(filled(ordered(tmp_path, ledgers=())))
    assert (found["carbon-tracked"], found["carbon-offset"], found["carbon-g-co2e"]) == ("no", "no", None)


def test_unknown_emissions_are_no_number(tmp_path: Path) -> None:
    unknown = Grid(g_co2e_per_kwh=None, low=None, high=None, source="unknown", basis="unspecified")
    ledger = a_ledger(tmp_path / "unknown", a_record("x", grid=unknown))
    found = values(filled(ordered(tmp_path, ledgers=(ledger,))))
    assert (found["carbon-tracked"], found["carbon-g-co2e"]) == ("yes", None)


@pytest.mark.parametrize("scope", ["neuclir-2024/birch", "neuclir-2023/lotus"])
def test_a_certificate_for_somebody_else_offsets_nothing(tmp_path: Path, scope: str) -> None:
    certificate = a_certificate(tmp_path, allocations=[{"scope_id": scope, "kg": 250}])
    assert values(filled(ordered(tmp_path, certificates=(certificate,))))["carbon-offset"] == "no"


def test_a_form_of_other_types_gets_answers_of_those_types(tmp_path: Path) -> None:
    track = a_track(
        tmp_path, row("co2", "TEXT"), row("co2-grams", "NUMBER"), row("kwh", "TEXT"),
        row("tracked", "RADIO", choices=["Yes, all of it", "No"]), row("offset", "RADIO", choices=["ja", "nein"]),
        row("std-priority", "NUMBER"), row("std-repo", "TEXT"), row("std-description", "COMMENT"), row("tag", "RUNTAG"),
        row("favourite-colour", "TEXT"),
    )  # fmt: skip
    said = "Türkçe — naïve\n\x09" + "x" * 3000
    order = ordered(tmp_path, track=track, repository="https://example.org/x", method_description=said)
    found = values(filled(order, Own(priority=3)))
    assert (found["co2"], found["co2-grams"], found["kwh"]) == ("0.692265 kg", "692", "2.1 kWh")
    assert (found["tracked"], found["offset"]) == ("Yes, all of it", None)
    assert (found["std-priority"], found["std-repo"], found["tag"]) == ("3", "https://example.org/x", TAG)
    assert found["favourite-colour"] is None
    description = found["std-description"]
    assert description is not None
    assert description.startswith("Turkce \\u2014 naive xxx")
    assert len(description) == MAX_VALUE and description.isascii()


def test_a_bundle_that_is_not_sound_answers_nothing(tmp_path: Path) -> None:
    made = bundle(ordered(tmp_path))
    made.path.write_bytes(made.path.read_bytes()[:-1])
    with pytest.raises(Rejected, match="SUB001"):
        fill_form(made.path, Own())
    with pytest.raises(Unreadable, match="missing"):
        fill_form(tmp_path / "missing", Own())
