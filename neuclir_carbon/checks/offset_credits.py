"""OFF: what kind of credits one certificate retires, and which labels are disclosed. Quality is not judged."""

import re
from collections.abc import Iterator, Mapping

from neuclir_carbon.checks.offset_reference import Reference, serial_faults
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.model.serial import Serial

TEMPORARY_UNITS = {"tCER": "expires", "lCER": "expires"}
COMPLIANCE_UNITS = dict.fromkeys(("ROC", "EUA", "UKA"), "is made for a compliance market")
EX_ANTE_ACTIONS = {"order": "an order is no retirement yet", "pre-purchase": "a pre-purchase is no retirement"}
# carbonplan/offsets-db-data, tests/data (commit cdfd8f77): credits that are on both registries' books.
CONVERTED_PROJECTS: Mapping[tuple[str, str | None], str] = {
    ("car", "400"): "Verra (project 1528)",
    ("car", "498"): "Verra (project 1527)",
    ("verra-vcs", "1528"): "the Climate Action Reserve (CAR400)",
    ("verra-vcs", "1527"): "the Climate Action Reserve (CAR498)",
}
# Gold Standard's planned emission reductions, which no serial tells from its verified ones.
_PLANNED = re.compile(r"\bPERs?\b")
CREDITS: Rulebook[Reference] = Rulebook("a certificate's credits")


@CREDITS.rule("OFF018", Severity.ERROR, "the credits do not exist yet")
def credits_exist(reference: Reference) -> Iterator[Fault]:
    """A unit for reductions still to come (PIU, fPVC, PRU, PER), an order that is not delivered, or a pre-purchase is
    no retirement. Wait for the retirement and refer to that.
    """
    certificate = reference.certificate
    if _PLANNED.search(certificate.quantity_as_printed or ""):
        message = "PERs are planned reductions and can't be retired: wanted verified units"
        yield Fault(message, Location(pointer="/quantity_as_printed"))
    if certificate.unit_type == "PIU":
        message = "unit_type PIU is for reductions still to come and can't be retired: wanted verified units"
        yield Fault(message, Location(pointer="/unit_type"))
    if certificate.action in EX_ANTE_ACTIONS:
        yield Fault(
            f"action is {certificate.action}: {EX_ANTE_ACTIONS[certificate.action]}; wanted retirement or "
            f"voluntary-cancellation",
            Location(pointer="/action"),
        )
    yield from serial_faults(reference, "OFF018")


@CREDITS.rule("OFF019", Severity.WARNING, "the credits expire, or are made for compliance")
def credits_are_permanent_and_voluntary(reference: Reference) -> Iterator[Fault]:
    """tCERs and lCERs expire and must then be replaced; ROCs, EUAs and UKAs are made for compliance markets, and
    cancelling one is another claim than retiring a voluntary credit.
    """
    unit = reference.certificate.unit_type
    why = {**TEMPORARY_UNITS, **COMPLIANCE_UNITS}.get(unit)
    if why is not None:
        yield Fault(f"unit_type {unit} {why}: say so where it is counted", Location(pointer="/unit_type"))
    yield from serial_faults(reference, "OFF019")


def other_book(programme: str, serial: Serial) -> str | None:
    """The other registry that is known to have a serial's credits in its books too; None where there is none."""
    if programme == "gold-standard" and serial.programme == "cdm":
        return "CDM's registry"
    if serial.key.startswith("cercarbono:BCR2CDC"):
        return "BioCarbon"
    return CONVERTED_PROJECTS.get((serial.programme, serial.project))


@CREDITS.rule("OFF071", Severity.NOTE, "no quality label, or corresponding adjustment unknown")
def labels_are_disclosed(reference: Reference) -> Iterator[Fault]:
    """Whether the credits carry the Core Carbon Principles' label (CCP), and whether the host country adjusts its
    balance, is disclosed where it is known. Coverage does not measure the quality of credits. No fault.
    """
    certificate = reference.certificate
    missing = [] if "CCP" in certificate.labels else ["no CCP label"]
    if certificate.corresponding_adjustment == "unknown":
        missing.append("corresponding adjustment unknown")
    if missing:
        yield Fault(" and ".join(missing))
