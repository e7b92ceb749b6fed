"""Certificates beside earlier inventories: what was used up stays used up, and what is left may be used."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.certificate import Claimed
from neuclir_carbon.model.outside import Outside
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.certificates import parse_certificate
from neuclir_carbon.store.earlier_inventories import read_earlier

AS_OF = date(2026, 11, 22)
EXAMPLES = json.loads(schema_path("track-inventory/1").read_text(encoding="utf-8"))["examples"]
ORGANIZER = {**EXAMPLES[0], "edition": "organizer"}
Parts = list[tuple[str, int]]


def an_inventory(
    path: Path, parts: Parts, name: str = "VC1/2024", blocks: tuple[int, int] | None = (4, 6), **changes: Any
) -> Path:
    """An organizer's inventory that counted one certificate of 3000 kg, in the form in which `aggregate` writes it."""
    certificate = {
        "id": name, "programme": "cdm", "quantity_kg": 3000,
        "blocks": [{"overlap_key": "cdm:KE:CER", "start": blocks[0], "end": blocks[1]}] if blocks else [],
        "allocations": [{"scope_id": scope, "kg": kg, "period": None} for scope, kg in parts],
    }  # fmt: skip
    path.write_text(json.dumps({**ORGANIZER, "track": "neuclir-2023", "certificates": [certificate], **changes}))
    return path


def covered(parts: Parts, *inventories: Path, name: str = "VC1/2024", first: int = 4) -> TrackCoverage:
    document = {
        "schema": "certificate-reference/1", "certificate_id": name, "programme": "cdm", "unit_type": "CER",
        "quantity_kg": 3000, "retired_on": "2024-11-15", "document": {"sha256": "a" * 64},
        "serials": [{"raw": f"KE-5-{first}-2-2-0-5336 - KE-5-{first + 2}-2-2-0-5336"}],
        "allocations": [{"scope_id": scope, "kg": kg} for scope, kg in parts],
    }  # fmt: skip
    value = parse_certificate(json.dumps(document).encode(), "c.json").value
    assert value is not None
    outside = Outside(earlier=read_earlier(inventories).certificates)
    return coverage_of([Claimed(certificate=value, path="c.json")], {"A": 1e6}, "neuclir-2024", AS_OF, outside)


NOW = "neuclir-2024/A"
THEN = "neuclir-2023/A"


@pytest.mark.parametrize(
    ("then", "now", "name", "first", "fires"),
    [
        ([(THEN, 250)], [(NOW, 2750)], "VC1/2024", 4, False),
        ([(THEN, 250)], [(NOW, 2751)], "VC1/2024", 4, True),
        ([(THEN, 3000)], [(NOW, 1)], "VC1/2024", 4, True),
        # The earlier allocation stands in this year's file too: it counts once.
        ([(THEN, 250)], [(THEN, 250), (NOW, 2750)], "VC1/2024", 4, False),
        ([(THEN, 250)], [(THEN, 251), (NOW, 2750)], "VC1/2024", 4, True),
        # The same certificate without a block in common, and another one with the same credits.
        ([(THEN, 3000)], [(NOW, 1)], "VC1/2024", 100, True),
        ([(THEN, 3000)], [(NOW, 1)], "VC2/2024", 6, True),
        ([(THEN, 2999)], [(NOW, 1)], "VC2/2024", 6, False),
        ([(THEN, 3000)], [(NOW, 1)], "VC2/2024", 7, False),
    ],
)
def test_what_earlier_years_left_may_be_used_and_no_more(
    then: Parts, now: Parts, *, name: str, first: int, fires: bool, tmp_path: Path
) -> None:
    covering = covered(now, an_inventory(tmp_path / "2023.json", then), name=name, first=first)
    assert ("OFF026" in {finding.code for finding in covering.findings}) is fires
    (row,) = covering.rows
    assert row.disputed is fires
    assert row.level == ("declared" if fires else "serial_consistent")
    assert covering.coverage.declared.kg == dict(now)[NOW]


def test_several_earlier_years_add_up(tmp_path: Path) -> None:
    years = [an_inventory(tmp_path / f"{year}.json", [(f"neuclir-{year}/A", 1400)]) for year in (2022, 2023)]
    assert "OFF026" in {finding.code for finding in covered([(NOW, 201)], *years).findings}
    assert "OFF026" not in {finding.code for finding in covered([(NOW, 200)], *years).findings}
    assert "OFF026" not in {finding.code for finding in covered([(NOW, 1600)], years[0], years[0]).findings}


def test_the_finding_names_the_inventory_and_the_letter_does_not(tmp_path: Path) -> None:
    path = an_inventory(tmp_path / "2023.json", [("neuclir-2023/willow", 3000)], name="VC9/2023")
    (finding,) = [finding for finding in covered([(NOW, 1)], path).findings if finding.code == "OFF026"]
    assert str(path) in finding.message
    assert "VC9/2023" in finding.message
    assert "VC9" not in finding.in_a_letter
    assert "of 3000 kg 0 kg are left, but 1 kg more are allocated: lower them by 1 kg" in finding.in_a_letter


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"edition": "public"}, "organizer/inventory.json"),
        ({"certificates": [{"id": "x"}]}, "as `aggregate` writes them"),
        ({"certificates": [{"id": "x", "quantity_kg": "much", "blocks": [], "allocations": []}]}, "as `aggregate`"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_an_inventory_that_cannot_serve_is_refused(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = an_inventory(tmp_path / "x.json", [], **changes)
    with pytest.raises(Unreadable) as told:
        read_earlier([path])
    assert words in str(told.value)
    assert "x.json" in str(told.value)
