"""`certificate add`: a reference from options, or from answers at a terminal; a PDF proposes, a person accepts."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.errors import BadOption

if TYPE_CHECKING:
    from datetime import date

    from neuclir_carbon.workflow.referencing import Proposed

# Each value that is asked for at a terminal: its name, the question, the kind of candidates in a document.
QUESTIONS = (
    ("certificate_id", "certificate's number, as printed", "certificate_ids"),
    ("serials", "serial numbers or blocks, several apart by ';' (none: just Enter)", "serials"),
    ("programme", "programme, e.g. cdm, verra-vcs, gold-standard", None),
    ("unit_type", "kind of unit, e.g. CER, VCU, GS-VER", None),
    ("quantity", "quantity of the whole certificate with its unit, e.g. 3 CERs", "quantities"),
    ("retired_on", "day of the retirement or cancellation, e.g. 2024-11-15", "dates"),
    ("beneficiary", "beneficiary (none: just Enter)", None),
    ("purpose", "purpose (none: just Enter)", None),
    ("registry_url", "registry's page of this retirement (none: just Enter)", "registry_urls"),
    ("allocations", "part used, as SCOPE=KG, e.g. neuclir-2024/TEAM3=250; several apart by ';'", None),
    ("signed_by", "who states that nobody else claims it (none: just Enter)", None),
)
LISTS = frozenset({"serials", "allocations"})


def add(
    ledger: Path = typer.Option(
        Path("carbon"), "--ledger", metavar="DIR", envvar="NEUCLIR_CARBON_LEDGER", help="The team's ledger."
    ),
    certificate_id: str | None = typer.Option(None, "--id", metavar="NUMBER", help="The certificate's number."),
    programme: str | None = typer.Option(None, help="Programme, e.g. cdm. Default: what the serials tell."),
    unit_type: str | None = typer.Option(None, help="Kind of unit, e.g. CER. Default: what the serials tell."),
    quantity: str | None = typer.Option(None, metavar="TEXT", help="Whole certificate with its unit: '3 CERs', '3 t'."),
    serial: list[str] | None = typer.Option(None, metavar="TEXT", help="A serial number or block; repeatable."),
    retired_on: str | None = typer.Option(None, metavar="DATE", help="Day of the retirement or cancellation."),
    allocate: list[str] | None = typer.Option(
        None,
        metavar="SCOPE=KG[@START/END]",
        help="A part's use, and its period where it has one, e.g. neuclir-2024/TEAM3=250; repeatable.",
    ),
    action: str | None = typer.Option(None, help="retirement, voluntary-cancellation, order, donation, pre-purchase."),
    project: str | None = typer.Option(None, metavar="ID", help="The project's number with the programme."),
    host_country: str | None = typer.Option(None, metavar="CC", help="The project's country, two letters."),
    vintage: str | None = typer.Option(None, metavar="START/END", help="Vintage as two dates."),
    beneficiary: str | None = typer.Option(None, metavar="NAME", help="For whom it was retired."),
    public: bool = typer.Option(False, "--public", help="The beneficiary's name may be shown."),
    retired_by: str | None = typer.Option(None, metavar="NAME", help="Who retired it for the beneficiary."),
    purpose: str | None = typer.Option(None, metavar="TEXT", help="The reason, as printed."),
    registry_url: str | None = typer.Option(None, metavar="URL", help="The registry's page of it; never opened."),
    document: Path | None = typer.Option(None, metavar="FILE", help="The certificate's file; its digest is kept."),
    from_pdf: Path | None = typer.Option(
        None, metavar="FILE", help="A PDF that proposes values; you accept or type each (needs neuclir-carbon[pdf])."
    ),
    label: list[str] | None = typer.Option(None, help="A label that the credits carry, e.g. CCP; repeatable."),
    corresponding_adjustment: str | None = typer.Option(
        None, help="authorized, applied, not-applicable: whether the host country adjusts its balance."
    ),
    price: str | None = typer.Option(None, metavar="AMOUNT CURRENCY", help="Of the whole certificate: '12.50 USD'."),
    other_uses: bool | None = typer.Option(
        None, "--other-uses/--no-other-uses", help="Whether a part of it serves another inventory."
    ),
    signed_by: str | None = typer.Option(None, metavar="NAME", help="Who states that nobody else claims it."),
    signed_on: str | None = typer.Option(None, metavar="DATE", help="When that was stated."),
    as_of: str | None = typer.Option(None, metavar="DATE", help="Day to judge dates on."),
    format: console.Format = typer.Option(console.Format.TEXT, "--format", help="How the result is printed."),
) -> None:
    """Write a certificate reference into the ledger: LEDGER/certificates/ID.json.

    What the options leave out is asked for at a terminal. It is checked as `certificate check` does; with an error,
    nothing is written (exit code 1). A PDF only proposes: without a terminal its candidates are listed, and the options
    are your word.
    """
    from neuclir_carbon.workflow.dates import as_of_date
    from neuclir_carbon.workflow.referencing import add as write
    from neuclir_carbon.workflow.referencing import document_entry, proposed

    day = as_of_date(as_of)
    seen = proposed(from_pdf) if from_pdf is not None else None
    evidence = document_entry(document) if document is not None else dict(seen.document) if seen is not None else None
    values: dict[str, Any] = {
        "certificate_id": certificate_id, "programme": programme, "unit_type": unit_type, "quantity": quantity,
        "serials": serial, "retired_on": retired_on, "allocations": allocate, "action": action, "project": project,
        "host_country": host_country, "vintage": vintage, "beneficiary": beneficiary, "public": public,
        "retired_by": retired_by, "purpose": purpose, "registry_url": registry_url, "document": evidence,
        "labels": label, "corresponding_adjustment": corresponding_adjustment, "price": price,
        "other_uses": other_uses, "signed_by": signed_by, "signed_on": signed_on,
    }  # fmt: skip
    said = {key: value for key, value in values.items() if value not in (None, [], ())}
    said = _completed(said, seen, day, ledger)
    added = write(said, ledger, day, seen.candidates if seen is not None else None)
    console.result(
        {"path": str(added.path), "reference": added.document, "findings": _data(added.findings)},
        format,
        lambda: f"{console.safe(str(added.document['certificate_id']))}: {added.path}",
    )
    if format is console.Format.TEXT:
        console.findings(finding for finding in added.findings if finding.severity.value != "note")
    console.note(f"next: neuclir-carbon bundle … --certificate {added.path}")


def _completed(said: dict[str, Any], seen: "Proposed | None", day: "date", ledger: Path) -> dict[str, Any]:
    """What was said, told by serials, and answered at a terminal; `BadOption` where that is too little."""
    from neuclir_carbon.workflow.referencing import REQUIRED, told_by_serials

    told = told_by_serials(said.get("serials", ()), said.get("programme"), day)
    said = {**told, **said}
    missing = [name for name in REQUIRED if name not in said]
    if not missing:
        return said
    if not (console.is_terminal(sys.stdin) and console.is_terminal(sys.stderr)):
        listed = "" if seen is None else f"; the document has {_listed(seen)}: nothing of it is taken by itself"
        raise BadOption(f"missing are {', '.join(missing)}: give them as options, or run this at a terminal{listed}")
    said = _asked(said, seen, day)
    _confirmed(said, ledger)
    return said


def _asked(said: dict[str, Any], seen: "Proposed | None", day: "date") -> dict[str, Any]:
    from neuclir_carbon.workflow.referencing import REQUIRED, told_by_serials

    for name, question, kind in QUESTIONS:
        if name in said:
            continue
        found = getattr(seen.candidates, kind) if seen is not None and kind is not None else ()
        answer = _answer(name, question, found, required=name in REQUIRED)
        if answer:
            said[name] = [part.strip() for part in answer.split(";") if part.strip()] if name in LISTS else answer
        if name == "serials":
            told = told_by_serials(said.get("serials", ()), said.get("programme"), day)
            for key, value in told.items():
                console.note(f"  the serials say: {key} {value}")
            said = {**told, **said}
    return said


def _answer(name: str, question: str, found: Sequence[str], *, required: bool) -> str:
    """One answer; a number picks a candidate of the document. Asked again until it can be."""
    if found:
        console.note(f"the document's text has ({len(found)}), hidden text included; look at the document itself:")
        for number, candidate in enumerate(found, 1):
            console.note(f"  {number}) {console.safe(candidate)}")
    while True:
        typed = str(typer.prompt(question, default="", show_default=False, err=True)).strip()
        answer = found[int(typed) - 1] if typed.isdecimal() and 0 < int(typed[:9]) <= len(found) else typed
        if not answer and required:
            console.note("  this can't be left out")
            continue
        try:
            _check(name, answer)
        except BadOption as error:
            console.note(f"  {console.safe(str(error))}")
            continue
        return answer


def _check(name: str, answer: str) -> None:
    """`BadOption` where an answer can't be what was asked for; what is checked here can be said again at once."""
    from neuclir_carbon.workflow.referencing import allocation_of, day_of, quantity_of

    if name == "quantity":
        quantity_of(answer)
    elif name == "retired_on":
        day_of(answer)
    elif name == "allocations":
        for part in answer.split(";"):
            allocation_of(part.strip())


def _confirmed(said: Mapping[str, Any], ledger: Path) -> None:
    """Shows what will be written and asks once more; nothing is written without a yes."""
    from neuclir_carbon.workflow.referencing import reference_of

    console.note(console.safe(console.json_text(reference_of(said))))
    typer.confirm(f"write this reference into {console.safe(str(ledger))}?", abort=True, err=True)


def _listed(seen: "Proposed") -> str:
    from neuclir_carbon.model.json_data import plain

    kinds = {kind.replace("_", " "): values for kind, values in plain(seen.candidates).items() if values}
    words = (f"{kind}: {', '.join(values[:5])}" for kind, values in kinds.items())
    return console.safe("; ".join(words) or "no candidate at all")


def _data(findings: object) -> Any:
    from neuclir_carbon.model.json_data import plain

    return plain(findings)
