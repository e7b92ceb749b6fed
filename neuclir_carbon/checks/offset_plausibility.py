"""OFF: one certificate beside tables that name no serials (OffsetsDB's): whether a claim can be, never that it is.

Nothing here raises a claim's evidence, and nothing takes it down: such a table sums up others, and errs by itself.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from attrs import frozen

from neuclir_carbon.checks.offset_reference import Reference
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Severity
from neuclir_carbon.model.outside import ProjectTold, Registry
from neuclir_carbon.serials.countries import country_code, country_name

# How OffsetsDB names a programme's projects: the registry's three letters and the project's number.
PREFIXES = {
    "verra-vcs": "VCS",
    "gold-standard": "GLD",
    "acr": "ACR",
    "car": "CAR",
    "art-trees": "ART",
    "fcpf": "ART",
    "cercarbono": "CCB",
}
# Isometric's projects have a short name there, which a reference may give; the registry's own id is another.
_SHORT_NAME = re.compile(r"ISO[A-Z0-9]{2,12}")
DAYS_APART = timedelta(days=3)
DAYS_TO_PUBLISH = timedelta(days=30)


@frozen
class Weighed:
    """One reference, and what tables without serials tell of its project (by each name that it may have there)."""

    reference: Reference
    told: tuple[ProjectTold, ...] = ()

    @property
    def fresh(self) -> Iterator[ProjectTold]:
        """What tables tell that reach 30 days beyond the stated retirement; of older ones nothing follows."""
        reach = self.reference.certificate.retired + DAYS_TO_PUBLISH
        return (one for one in self.told if one.file.as_of is not None and one.file.as_of >= reach)


BOOK: Rulebook[Weighed] = Rulebook("certificates beside tables without serials")


def weighed(reference: Reference, registry: Registry | None) -> Weighed:
    """What tables without serials tell of a reference's project; nothing, where there are none."""
    if registry is None:
        return Weighed(reference)
    retired = reference.certificate.retired
    days = (retired - DAYS_APART, retired + DAYS_APART)
    vintages = _vintages(reference)
    told = (one for project in _projects(reference) for one in registry.told_of(project, vintages, days))
    return Weighed(reference, tuple(told))


@BOOK.rule("OFF057", Severity.WARNING, "a table without serials makes the claim implausible")
def claims_are_within_totals(looked: Weighed) -> Iterator[Fault]:
    """OffsetsDB's tables name no serials, but say which projects there are, in which country, and how much was issued
    and retired, by vintage and by day. A claim of more than that is implausible: a wrong project, a slip between t and
    kg, a retirement that never was, or an error of the table. Tables that do not reach 30 days beyond the stated
    retirement are not used for it. The claim's level of evidence stays as it is: look at the registry's own export.

    Good: 3000 kg of a project of which 5000 kg were retired within three days. Bad: 3000 kg, and nothing was.
    """
    for told in looked.fresh:
        for why in _contradictions(looked.reference, told):
            yield Fault(f"{told.project}: {why} ({_file(told)}): look at the registry's own export")


@BOOK.rule("OFF058", Severity.NOTE, "a table without serials knows the project")
def totals_are_told(looked: Weighed) -> Iterator[Fault]:
    """What OffsetsDB's tables tell of the project, for a person to look at. It proves nothing of the certificate and
    raises no level of evidence: only a registry's own export with serials does. No fault.
    """
    for told in looked.told:
        if told.is_known:
            yield Fault(f"{told.project}: {_words(told)} ({_file(told)})")


def _contradictions(reference: Reference, told: ProjectTold) -> Iterator[str]:
    if not told.is_known:
        yield "no such project, though others of its registry are listed"
        return
    claimed, retired_on = reference.certificate.quantity_kg, reference.certificate.retired_on
    # Less issued than retired can't be: such a table lacks issuances, and tells nothing by them.
    issued = told.issued_kg if (told.issued_kg or 0) >= (told.retired_kg or 0) else None
    totals = (
        (issued, "issued"),
        (told.retired_kg, "retired"),
        (told.retired_of_vintages_kg, f"retired of {_vintage_words(reference)}"),
        (told.retired_between_kg, f"retired within three days of {retired_on}"),
    )
    short = next(((kg, what) for kg, what in totals if kg is not None and kg < claimed), None)
    if short is not None:
        yield f"{short[0]} kg were {short[1]}, but {claimed} kg are claimed"
    host = reference.certificate.project.host_country if reference.certificate.project else None
    there = country_code(told.country) if told.country else None
    if host and there and host != there:
        yield f"it lies in {country_name(there)}, but project.host_country is {host}"


def _projects(reference: Reference) -> tuple[str, ...]:
    certificate = reference.certificate
    stated = certificate.project.id if certificate.project and certificate.project.id else ""
    if certificate.programme == "isometric":
        named = stated.strip().upper()
        return (named,) if _SHORT_NAME.fullmatch(named) else ()
    prefix = PREFIXES.get(certificate.programme)
    if prefix is None:
        return ()
    texts = (stated, *(serial.project or "" for _, serial in reference.serials if serial.programme != "cdm"))
    numbers = (re.fullmatch(r"[^0-9]*0*([1-9][0-9]{0,8})", text.strip()) for text in texts)
    return tuple(dict.fromkeys(f"{prefix}{number[1]}" for number in numbers if number is not None))


def _vintages(reference: Reference) -> tuple[int, int] | None:
    """The years of the serials' vintages, else of the stated one; both ends, since tables name only one of the two."""
    years = [
        day.year
        for _, serial in reference.serials
        if (one := serial.vintage) is not None
        for day in (one.first, one.last)
    ]
    stated = reference.certificate.vintage
    if not years and stated is not None:
        years = [stated.first.year, stated.last.year]
    return (min(years), max(years)) if years else None


def _vintage_words(reference: Reference) -> str:
    first, last = _vintages(reference) or (0, 0)
    return f"vintage {first}" if first == last else f"vintages {first} to {last}"


def _words(told: ProjectTold) -> str:
    parts: Sequence[tuple[object, str]] = (
        (told.status, f"status {told.status}"),
        (told.country, f"in {told.country}"),
        (told.issued_kg is not None, f"{told.issued_kg} kg issued"),
        (told.retired_kg is not None, f"{told.retired_kg} kg retired"),
        (told.retired_of_vintages_kg is not None, f"{told.retired_of_vintages_kg} kg of its vintages retired"),
        (told.retired_between_kg is not None, f"{told.retired_between_kg} kg retired about that day"),
    )
    return ", ".join(words for known, words in parts if known) or "listed"


def _file(told: ProjectTold) -> str:
    return f"{told.file.name}, {told.file.kind}, sha256 {told.file.sha256}, as of {told.file.as_of or 'no known day'}"
