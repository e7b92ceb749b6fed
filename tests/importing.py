"""How the tests import: with nothing said about place or purpose, on a fixed day."""

from collections.abc import Iterable
from pathlib import Path

from neuclir_carbon.model.place import Place
from neuclir_carbon.store.ledger import read_ledger
from neuclir_carbon.workflow.estimating import Purpose
from neuclir_carbon.workflow.importing import Imported, import_files
from neuclir_carbon.workflow.placing import Settled
from neuclir_carbon.workflow.reported_records import Bringing

DATA = Path(__file__).parent / "data" / "intake"
# 2026-01-01, seconds since 1970.
NOW_S = 1_767_225_600.0


def brought(
    ledger: Path, *paths: Path, form: str | None = None, place: Place | None = None, now_s: float = NOW_S,
) -> Imported:  # fmt: skip
    """The import of files into a ledger."""
    settled = Settled(place=place) if place else Settled()
    return import_files(paths, ledger, Bringing(purpose=Purpose(), settled=settled), now_s=now_s, form=form)


def codes(found: Imported, *, without: Iterable[str] = ("INT018",)) -> list[str]:
    """The codes of an import's findings, in order; that times tell no zone is left out where nobody asks for it."""
    return [finding.code for finding in found.findings if finding.code not in without]


def kilograms(ledger: Path) -> float:
    """The sum of a ledger's emissions, kg CO2e."""
    return sum(record.emissions.total_kg_co2e or 0.0 for record in read_ledger(ledger).records)
