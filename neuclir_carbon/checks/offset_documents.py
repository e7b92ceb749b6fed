"""OFF: what a certificate's document seems to say, beside what a person took over from it.

Text taken out of a PDF proves nothing: white text and invisible text come back like any other. So every candidate is
listed, and a person picks; a document never raises a claim above documented.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import pairwise

from attrs import frozen

from neuclir_carbon.checks.offset_quantities import PRINTED_UNITS
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.serials.normal import normalised
from neuclir_carbon.serials.reading import read_serial

MOST_CANDIDATES = 20
_NUMBER = re.compile(r"\bVC\s?[0-9]{1,6}\s?/\s?20[0-9]{2}\b|\bret_[0-9A-HJKMNP-TV-Z]{16,33}\b")
_UNITS = "|".join(sorted(PRINTED_UNITS, key=len, reverse=True))
_QUANTITY = re.compile(
    r"(?<![\w.,-])([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12}(?:\.[0-9]{1,3})?)\s?" + rf"({_UNITS})\b", re.IGNORECASE
)
_DATES = (
    (re.compile(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b"), ("%Y-%m-%d",)),
    (re.compile(r"\b[0-9]{1,2}[/.][0-9]{1,2}[/.]20[0-9]{2}\b"), ("%d/%m/%Y",)),
    (re.compile(r"\b[0-9]{1,2} [A-Z][a-z]{2,8},? 20[0-9]{2}\b"), ("%d %B %Y", "%d %b %Y")),
    (re.compile(r"\b[A-Z][a-z]{2,8} [0-9]{1,2},? 20[0-9]{2}\b"), ("%B %d %Y", "%b %d %Y")),
)
# Long texts of letters, digits, dashes and underscores, with a range at the end or a second one after a dash.
_SERIAL = re.compile(r"[A-Za-z0-9_+]+(?:[-_][A-Za-z0-9+]+){2,14}(?: (?:to|-|–) ?[A-Za-z0-9][A-Za-z0-9-]{0,60})?")
_URL = re.compile(r"https://[\w.-]+/[\w./?=&%:-]{1,280}")


@frozen(kw_only=True)
class Candidates:
    """What a document's text could mean, each kind in the order of the text; nothing of it is taken for true."""

    certificate_ids: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    registry_urls: tuple[str, ...] = ()


@frozen
class Confirmed:
    """What a person wrote down, and what the document seemed to say."""

    certificate: Certificate
    candidates: Candidates


BOOK: Rulebook[Confirmed] = Rulebook("a certificate's document")

REFUSED = BOOK.note(
    "OFF063", Severity.ERROR, "the document is refused",
    """A PDF is read only if it has at most 5 MB and 10 pages, is not encrypted, carries no files, scripts or actions,
    and can be read in a few seconds within 512 MB. Nothing of a refused one is used; type its values instead.""",
)  # fmt: skip


@BOOK.rule("OFF062", Severity.WARNING, "the document seems to say something else")
def the_document_says_the_same(confirmed: Confirmed) -> Iterator[Fault]:
    """What was confirmed should stand in the document, and the document should say each thing once. Hidden text and
    several candidates are signs of a tampered document, or of an odd layout: look at it with your own eyes.

    Good: "3 CERs" once, and 3000 kg confirmed. Bad: "3 CERs" and "3000 CERs", or 3 CERs and 30000 kg confirmed.
    """
    certificate, said = confirmed.certificate, confirmed.candidates
    quantities = {kg for text in said.quantities if (kg := quantity_kg(text)) is not None}
    checks = (
        ("certificate_id", _same_case(certificate.certificate_id), {_same_case(one) for one in said.certificate_ids}),
        ("quantity_kg", certificate.quantity_kg, quantities),
        ("retired_on", certificate.retired_on, set(said.dates)),
    )
    for name, taken, found in checks:
        if found and taken not in found:
            shown = ", ".join(sorted(map(str, found))[:5])
            message = f"{name} is {taken}, but the document's text has {shown}: compare with the document itself"
            yield Fault(message, Location(pointer=f"/{name}"))
        elif len(found) > 1 and name != "retired_on":
            shown = ", ".join(sorted(map(str, found))[:5])
            yield Fault(
                f"the document's text has {len(found)} candidates for {name} ({shown}); {taken} was confirmed: look "
                f"whether the others can be seen in the document",
                Location(pointer=f"/{name}"),
            )


def candidates_in(text: str) -> Candidates:
    """All that the text of a document could mean; values are found by their own shape, not by what stands beside them,
    since columns tear labels and values apart."""
    one_line = " ".join(text.split())
    return Candidates(
        certificate_ids=_distinct(re.sub(r"\s", "", match[0]) for match in _NUMBER.finditer(one_line)),
        quantities=_distinct(f"{match[1]} {match[2]}" for match in _QUANTITY.finditer(one_line)),
        serials=_distinct(_with_pairs(list(_distinct(_serials_in(one_line))))),
        dates=_distinct(_dates_in(one_line)),
        registry_urls=_distinct(match[0].rstrip(".") for match in _URL.finditer(one_line)),
    )


def quantity_kg(text: str) -> int | None:
    """The kg of a printed quantity (`3 CERs`, `1,000 t`); None where it is no whole number of kg in a known unit."""
    match = _QUANTITY.fullmatch(normalised(text))
    if match is None:
        return None
    whole, _, decimals = match[1].replace(",", "").partition(".")
    thousandths = int(whole) * 1000 + int((decimals + "000")[:3])
    kg, left = divmod(thousandths * PRINTED_UNITS[match[2].lower()], 1000)
    return kg if kg >= 1 and left == 0 else None


def _serials_in(text: str) -> Iterator[str]:
    for match in _SERIAL.finditer(text):
        for candidate in (match[0], re.split(r" (?:to|-|–) ?", match[0])[0]):
            if read_serial(candidate, year=date.max.year).serial is not None:
                yield candidate
                break


def _with_pairs(serials: list[str]) -> Iterator[str]:
    """The serials, after the blocks that two of them in a row could be the ends of: the UN prints ends apart."""
    for first, last in pairwise(serials):
        joined = f"{first} - {last}"
        if read_serial(joined, year=date.max.year).is_valid:
            yield joined
    yield from serials


def _dates_in(text: str) -> Iterator[str]:
    for shape, formats in _DATES:
        for match in shape.finditer(text):
            for form in formats:
                try:
                    yield datetime.strptime(match[0].replace(".", "/").replace(",", ""), form).date().isoformat()
                    break
                except ValueError:
                    continue


def _distinct(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MOST_CANDIDATES]


def _same_case(number: str) -> str:
    return re.sub(r"\s", "", number).casefold()
