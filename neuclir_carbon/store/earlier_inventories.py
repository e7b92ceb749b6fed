"""Earlier years' organizer inventories (`track-inventory/1`): the certificates and the activities that they keep."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.inventory import SCHEMA
from neuclir_carbon.model.outside import EarlierActivities, EarlierCertificate
from neuclir_carbon.model.roster import Roster
from neuclir_carbon.store.files import read_bytes

# A platform's year has tens of thousands of teams, and a digest of every record.
MAX_INVENTORY_BYTES = 512 * 1024 * 1024


@frozen(kw_only=True)
class Earlier:
    """What all earlier inventories keep."""

    certificates: tuple[EarlierCertificate, ...] = ()
    activities: tuple[EarlierActivities, ...] = ()


def read_earlier(paths: Sequence[Path], roster: Roster | None = None) -> Earlier:
    """What the inventories keep, by the names that teams have on the roster today.

    `Unreadable` when a file is missing, broken, or a public edition.
    """
    certificates: list[EarlierCertificate] = []
    activities: list[EarlierActivities] = []
    for path in dict.fromkeys(paths):
        value = read_inventory(path)
        certificates.extend(_certificates(path, value))
        activities.append(_activities(path, value, roster or Roster()))
    return Earlier(certificates=tuple(certificates), activities=tuple(activities))


def read_inventory(path: Path) -> Mapping[str, Any]:
    """An organizer's inventory as JSON data that follows its schema; `Unreadable` when it is none."""
    value, findings = examine_bytes(SCHEMA, read_bytes(path, most=MAX_INVENTORY_BYTES))
    if findings or value is None:
        told = "; ".join(str(finding.inside(str(path))) for finding in findings[:5])
        raise Unreadable(f"{told}: give an earlier year's organizer/inventory.json")
    if value["edition"] != "organizer":
        raise Unreadable(
            f"{path} is a public edition, which names no teams, activities and certificates: give "
            "organizer/inventory.json"
        )
    return dict(value)


def _activities(path: Path, value: Mapping[str, Any], roster: Roster) -> EarlierActivities:
    ids: dict[str, set[str]] = {}
    for row in value.get("team_values", []):
        ids.setdefault(roster.name_of(row["team"]), set()).update(row.get("record_ids", []))
    return EarlierActivities(
        inventory=str(path),
        digests=frozenset(value.get("record_digests", [])),
        ids={team: frozenset(known) for team, known in ids.items()},
    )


def _certificates(path: Path, value: Mapping[str, Any]) -> tuple[EarlierCertificate, ...]:
    try:
        return tuple(_certificate(item, path, value["track"]) for item in value.get("certificates", []))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(
            f"{path}#/certificates has no id, quantity_kg, blocks and allocations as `aggregate` writes them ({error})"
        ) from None


def _certificate(item: Mapping[str, Any], path: Path, track: str) -> EarlierCertificate:
    return EarlierCertificate(
        inventory=str(path),
        track=track,
        certificate_id=str(item["id"]),
        quantity_kg=int(item["quantity_kg"]),
        blocks=tuple((str(b["overlap_key"]), int(b["start"]), int(b["end"])) for b in item["blocks"]),
        allocated=tuple((_identity(part), int(part["kg"])) for part in item["allocations"]),
    )


def _identity(part: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    period = part.get("period") or {}
    return str(part["scope_id"]), period.get("start"), period.get("end")
