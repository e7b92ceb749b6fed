"""Certificates: what a serial number encodes, and what is wrong with certificate references."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.evidence_ladder import Climb, climb, decision_about, lowest
from neuclir_carbon.checks.offset_claims import allocated_kg, allocations_of
from neuclir_carbon.checks.offset_reference import findings_about
from neuclir_carbon.checks.offsets import Examined, examined
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.certificate import KG_PER_CREDIT, Certificate, Claimed
from neuclir_carbon.model.finding import Counts, Finding, Severity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.outside import NOTHING_BROUGHT, Outside, RegistryFile, Resolution
from neuclir_carbon.model.serial import Reading, Vintage
from neuclir_carbon.serials.countries import country_name
from neuclir_carbon.serials.reading import read_list
from neuclir_carbon.store.certificates import read_certificate

# What no certificate's reference and no serial can tell; said wherever certificates are judged.
CANNOT_SEE = (
    "Serials can't show double issuance or double claiming, and the quality of credits is not judged; "
    "an address is never opened."
)
PROGRAMME_NAMES = {
    "cdm": "CDM",
    "verra-vcs": "Verra",
    "gold-standard": "Gold Standard",
    "acr": "American Carbon Registry",
    "art-trees": "ART TREES",
    "fcpf": "FCPF",
    "car": "Climate Action Reserve",
    "puro": "Puro",
    "isometric": "Isometric",
    "plan-vivo": "Plan Vivo",
    "uk-wcc": "Woodland Carbon Code",
    "uk-peatland": "Peatland Code",
    "cercarbono": "Cercarbono",
    "biocarbon": "BioCarbon",
    "socialcarbon": "SocialCarbon",
    "undp": "a national registry",
    "ers": "ERS",
    "eu-ets": "the EU's emissions trading",
    "uk-ets": "the UK's emissions trading",
    "accu": "Australia's registry",
}


@frozen
class SerialAnswer:
    """What one text, a serial or a list of them, encodes."""

    readings: tuple[Reading, ...]
    as_of: date

    @property
    def worst(self) -> Reading:
        """The reading whose verdict comes first in the order of the checks; an error before any warning."""
        order = list(type(self.readings[0].verdict))
        return min(self.readings, key=lambda reading: (reading.is_valid, order.index(reading.verdict)))

    @property
    def is_valid(self) -> bool:
        return all(reading.is_valid for reading in self.readings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for reading in self.readings for finding in findings_about(reading))


@frozen
class CheckedReference:
    """One reference that could be read: where, what, how far its evidence reaches, and the kg allocated of it."""

    path: str
    certificate: Certificate
    reached: Climb
    allocated_kg: int


@frozen
class Checked:
    """The outcome of a check of several files. `unreadable` files could not be examined: path → why."""

    as_of: date
    references: tuple[CheckedReference, ...]
    findings: tuple[Finding, ...]
    unreadable: Mapping[str, str]
    registry: tuple[RegistryFile, ...] = ()

    @property
    def passed(self) -> bool:
        """No finding of level error, and every file was examined."""
        return not self.unreadable and all(finding.severity is not Severity.ERROR for finding in self.findings)


def read_serials(text: str, as_of: date) -> SerialAnswer:
    """What a serial, or a list of serials, encodes; vintages are judged in the year of `as_of`."""
    return SerialAnswer(read_list(text, year=as_of.year), as_of)


def serial_data(answer: SerialAnswer) -> dict[str, Any]:
    """The answer as JSON data. What the serials of a list do not share is null; so are units that can't be counted."""
    serials = [reading.serial for reading in answer.readings]
    known = [serial for serial in serials if serial is not None]
    blocks = [block for reading in answer.readings if (block := reading.block) is not None]

    def shared(name: str) -> Any:
        values = {getattr(serial, name) for serial in known}
        return values.pop() if len(values) == 1 and len(known) == len(serials) else None

    return {
        "valid": answer.is_valid,
        "verdict": answer.worst.verdict.value,
        "programme": shared("programme"),
        "unit": shared("unit"),
        "blocks": [{"start": block.start, "end": block.end, "units": block.units} for block in blocks],
        "units": sum(block.units for block in blocks) if len(blocks) == len(serials) else None,
        "country": shared("country"),
        "project": shared("project"),
        "vintage": _vintage_data(shared("vintage")),
        "overlap_key": shared("key"),
        "findings": plain(answer.findings),
        "as_of": answer.as_of.isoformat(),
    }


def serial_in_words(reading: Reading) -> str:
    """One serial in a sentence: how many units of what, from where and when, and which numbers."""
    serial = reading.serial
    if serial is None:
        return f"{_quoted(reading.text)} is no serial known here ({reading.verdict})"
    block = reading.block
    amount = "an unknown number of units" if block is None else _counted(block.units, "unit")
    name = None if serial.country is None else country_name(serial.country)
    place = f" ({name or serial.country})" if serial.country else ""
    project = f" project {serial.project}" if serial.project else ""
    parts = [f"{amount} of {PROGRAMME_NAMES.get(serial.programme, serial.programme)}{project}{place}"]
    if serial.vintage is not None:
        parts.append(_vintage_in_words(serial.vintage))
    parts.extend((*serial.details, f"unit {serial.unit}"))
    if block is not None:
        parts.append(f"serial {block.start}" if block.units == 1 else f"serials {block.start} to {block.end}")
        parts.append(f"{block.units * KG_PER_CREDIT:,} kg CO2e")
    return f"{', '.join(parts)} ({reading.verdict})"


def check_references(paths: Sequence[Path], as_of: date, outside: Outside = NOTHING_BROUGHT) -> Checked:
    """All references in `paths`, examined each alone, together, and beside what was brought; a file that can't be read
    is told and passed over.

    `Unreadable` when none of the files could be examined.
    """
    claims: list[Claimed] = []
    broken: list[Finding] = []
    unreadable: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        try:
            parsed = read_certificate(path)
        except Unreadable as error:
            unreadable[str(path)] = str(error)
            continue
        broken.extend(parsed.findings)
        if parsed.value is not None:
            claims.append(Claimed(certificate=parsed.value, path=str(path)))
    if not claims and not broken:
        raise Unreadable("\n".join(unreadable.values()))
    found = examined(claims, as_of, outside=outside)
    references = tuple(_checked(claim, found, as_of, outside.resolutions) for claim in claims)
    files = tuple(outside.registry.files) if outside.registry is not None else ()
    return Checked(as_of, references, (*broken, *found.findings), unreadable, files)


def check_data(checked: Checked) -> dict[str, Any]:
    """The outcome as JSON data; names of beneficiaries are not in it."""
    return {
        "passed": checked.passed,
        "as_of": checked.as_of.isoformat(),
        "certificates": [
            {
                "path": reference.path,
                "certificate_id": reference.certificate.certificate_id,
                "programme": reference.certificate.programme,
                "unit_type": reference.certificate.unit_type,
                "quantity_kg": reference.certificate.quantity_kg,
                "allocated_kg": reference.allocated_kg,
                "level": reference.reached.level,
                "list_matched": reference.reached.list_matched,
                "disputed": reference.reached.is_disputed,
                "held_by": list(reference.reached.held_by),
                "rises": plain(reference.reached.rises),
            }
            for reference in checked.references
        ],
        "registry": registry_data(checked.registry),
        "cannot_see": CANNOT_SEE,
        "unreadable": [{"path": path, "message": why} for path, why in checked.unreadable.items()],
        "counts": plain(Counts.of(checked.findings)),
        "findings": plain(checked.findings),
    }


def registry_data(files: Sequence[RegistryFile]) -> list[dict[str, Any]]:
    """The exports that were looked into, as JSON data: what proves a claim names its file."""
    return [
        {
            "name": file.name,
            "kind": file.kind,
            "sha256": file.sha256,
            "as_of": None if file.as_of is None else file.as_of.isoformat(),
            "rows": file.rows,
            "unread": file.unread,
            "unequal": file.unequal,
        }
        for file in files
    ]


def _checked(claim: Claimed, found: Examined, as_of: date, resolutions: Sequence[Resolution]) -> CheckedReference:
    """The reference with the least that its allocations have reached: decisions are made for one scope each."""
    holding = found.collection.holdings[claim.certificate.certificate_id]
    copy = next(copy for copy in holding.copies if copy.certificate == claim.certificate)
    decided = (decision_about(resolutions, holding.certificate_id, scope) for scope, _ in allocations_of([copy]))
    climbs = [climb(copy, found, as_of, one.decision if one is not None else None) for one in decided]
    return CheckedReference(claim.path, claim.certificate, lowest(climbs), allocated_kg(holding))


def _vintage_data(vintage: Vintage | None) -> dict[str, str] | None:
    return None if vintage is None else {"start": vintage.first.isoformat(), "end": vintage.last.isoformat()}


def _vintage_in_words(vintage: Vintage) -> str:
    return f"vintage {vintage.first.year}" if vintage.whole_years else f"vintage {vintage.first} to {vintage.last}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _quoted(text: str) -> str:
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'" if text else "an empty text"
