"""The ladder: evidence raises a claim, a conflict holds it down in full, and a person's decision settles that."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.certificate import Claimed
from neuclir_carbon.model.outside import Outside
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.certificates import parse_certificate
from neuclir_carbon.store.resolutions import read_resolutions

AS_OF = date(2026, 11, 22)
EXAMPLE = json.loads(schema_path("resolution/1").read_text(encoding="utf-8"))["examples"][0]


def claim(name: str, team: str, kg: int, first: int = 4, **changes: Any) -> Claimed:
    document = {
        "schema": "certificate-reference/1", "certificate_id": name, "programme": "cdm", "unit_type": "CER",
        "quantity_kg": 3000, "retired_on": "2024-11-15", "document": {"sha256": f"{first:064x}"},
        "serials": [{"raw": f"KE-5-{first}-2-2-0-5336 - KE-5-{first + 2}-2-2-0-5336"}],
        "allocations": [{"scope_id": f"neuclir-2024/{team}", "kg": kg}], **changes,
    }  # fmt: skip
    value = parse_certificate(json.dumps(document).encode(), "c.json").value
    assert value is not None
    return Claimed(certificate=value, path=f"{team}.zip", team=team)


def decisions(folder: Path, *changes: dict[str, Any]) -> Path:
    path = folder / "resolutions.json"
    path.write_text(json.dumps([{**EXAMPLE, **change} for change in changes]))
    return path


def covered(*claims: Claimed, decided: Path | None = None) -> TrackCoverage:
    outside = Outside(resolutions=read_resolutions([decided] if decided else []))
    return coverage_of(claims, {"A": 1e6, "B": 1e6}, "neuclir-2024", AS_OF, outside)


TWO = (claim("VC1/2024", "A", 250), claim("VC2/2024", "B", 300, first=6, document={"sha256": "b" * 64}))


def test_both_sides_of_a_conflict_count_as_declared_and_no_higher() -> None:
    covering = covered(*TWO)
    assert [(row.level, row.disputed, row.held_by) for row in covering.rows] == [("declared", True, ("OFF020",))] * 2
    assert covering.coverage.declared.kg == 550
    assert covering.coverage.documented.kg == 0
    assert [team.disputed_kg for team in covering.teams] == [250, 300]


@pytest.mark.parametrize(
    ("decision", "level", "disputed"),
    [
        ("upheld", "serial_consistent", False),
        ("rejected", "declared", False),
        ("withdrawn", "declared", False),
        ("seen", "declared", True),
    ],
)
def test_a_decision_settles_one_claim_and_makes_nobody_else_win(
    decision: str, level: str, disputed: bool, tmp_path: Path
) -> None:
    settled = {"certificate_id": "VC1/2024", "scope_id": "neuclir-2024/A", "decision": decision}
    covering = covered(*TWO, decided=decisions(tmp_path, settled))
    mine, theirs = covering.rows
    assert (mine.level, mine.disputed) == (level, disputed)
    assert (theirs.level, theirs.disputed) == ("declared", True)
    assert mine.decision == f"{decision} by A. Organizer on 2024-12-01: {EXAMPLE['why']}"
    assert covering.coverage.declared.kg == 550


def test_the_latest_decision_holds_and_having_seen_it_changes_none(tmp_path: Path) -> None:
    one = {"certificate_id": "VC1/2024", "scope_id": "neuclir-2024/A"}
    path = decisions(
        tmp_path,
        {**one, "decision": "rejected", "on": "2024-12-01"},
        {**one, "decision": "upheld", "on": "2024-12-02"},
        {**one, "decision": "seen", "on": "2024-12-03"},
    )  # fmt: skip
    assert covered(*TWO, decided=path).rows[0].level == "serial_consistent"


def test_a_decision_does_not_cure_what_is_simply_wrong(tmp_path: Path) -> None:
    wrong = claim("VC1/2024", "A", 250, quantity_kg=4000)
    path = decisions(tmp_path, {"certificate_id": "VC1/2024", "scope_id": "neuclir-2024/A"})
    (row,) = covered(wrong, decided=path).rows
    assert (row.level, row.disputed, row.held_by) == ("declared", False, ("OFF012",))


def test_each_rise_says_what_raised_it() -> None:
    (row,) = covered(TWO[0]).rows
    assert [rise.level for rise in row.rises] == ["declared", "documented", "serial_consistent"]
    assert row.rises[0].by == "A.zip follows its schema"
    assert row.rises[1].by == f"a document with SHA-256 {4:064x}"
    assert row.rises[2].by == "1 serials hold 3 units of 3000 kg"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "DOC001 empty"),
        ("{}", "lacks"),
        (json.dumps({**EXAMPLE, "decision": "maybe"}), "wanted one of"),
        (json.dumps([EXAMPLE, {**EXAMPLE, "on": "soon"}]), "/1/on"),
        (json.dumps([EXAMPLE, {**EXAMPLE, "decision": "rejected"}]), "both upheld and rejected on 2024-12-01"),
    ],
)
def test_a_broken_or_contradictory_decision_is_refused(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "resolutions.json"
    path.write_text(content)
    with pytest.raises(Unreadable) as told:
        read_resolutions([path])
    assert words in str(told.value)


def test_one_decision_alone_needs_no_array(tmp_path: Path) -> None:
    path = tmp_path / "resolution.json"
    path.write_text(json.dumps(EXAMPLE))
    assert [one.decision for one in read_resolutions([path, path])] == ["upheld"]


def test_a_share_has_the_range_of_the_emissions() -> None:
    emissions = {"A": Range(100, 500, 1000, 400, 600), "B": Range.exact(500)}
    covering = coverage_of([TWO[0]], emissions, "neuclir-2024", AS_OF)
    assert covering.coverage.declared.share == 0.25
    # At the high end 250 of 1500 kg are covered, at the low end 100 of 600.
    assert covering.share_range["declared"] == (0.166, 0.166)
    assert covering.gross_kg == 1000
    whole = coverage_of([TWO[0]], {"A": Range(200, 500, 1000, 400, 600)}, "neuclir-2024", AS_OF)
    assert whole.share_range["declared"] == (0.25, 1.0)
    assert coverage_of([TWO[0]], {"A": 0.0}, "neuclir-2024", AS_OF).share_range["declared"] is None
