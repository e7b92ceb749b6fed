"""`amend`: a record corrected. Nothing is overwritten: a new record names the old one, which then no longer counts."""

from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.pue import NOT_GIVEN, resolve_pue
from neuclir_carbon.model.journal_format import new_record_id
from neuclir_carbon.model.record import ActivityRecord, emissions_of, energy_of, it_spread
from neuclir_carbon.model.tool import THIS_TOOL
from neuclir_carbon.store.ledger import write_record
from neuclir_carbon.workflow.estimating import Purpose
from neuclir_carbon.workflow.ledgers import open_ledgers
from neuclir_carbon.workflow.placing import Settled

GRID, PUE = "grid.", "pue."


@frozen(kw_only=True)
class Change:
    """What is to be different; None where it stays. An empty `run_tags` means all the team's runs."""

    activity: str | None = None
    label: str | None = None
    run_tags: tuple[str, ...] | None = None
    surroundings: Settled

    @property
    def named(self) -> tuple[str, ...]:
        """What the change names, in words."""
        said = {
            "activity": self.activity is not None,
            "label": self.label is not None,
            "run tags": self.run_tags is not None,
            "place": self.surroundings.place.is_given,
            "PUE": self.surroundings.pue.is_given,
        }
        return tuple(name for name, is_said in said.items() if is_said)


@frozen(kw_only=True)
class Amended:
    """The new record, the one that it supersedes, and where it was written."""

    record: ActivityRecord
    before: ActivityRecord
    path: Path


def amend(ledger: Path, record_id: str, change: Change) -> Amended:
    """Writes a record that supersedes another one of the ledger.

    `UnknownName` when there is no such record; `BadOption` when it was superseded already, when nothing is to change,
    or when a place is to change the emissions of a record whose energy is unknown.
    """
    if not change.named:
        raise BadOption("nothing to change: give --activity, --label, --run-tag, --all-runs, a place or a PUE")
    purpose = Purpose(activity=change.activity or "other", label=change.label, run_tags=change.run_tags or ()).checked()
    before = _record(ledger, record_id)
    record = evolve(
        _surrounded(before, change.surroundings),
        record_id=new_record_id(),
        supersedes=before.record_id,
        activity=purpose.activity if change.activity is not None else before.activity,
        label=(purpose.label or None) if change.label is not None else before.label,
        run_tags=purpose.run_tags if change.run_tags is not None else before.run_tags,
        tool=THIS_TOOL,
        notes=_notes(before, change),
    )
    return Amended(record=record, before=before, path=write_record(ledger, record))


def _record(ledger: Path, record_id: str) -> ActivityRecord:
    records = {record.record_id: record for record in open_ledgers(ledger).records}
    if record_id not in records:
        raise UnknownName("record", record_id, records, hint=f"'neuclir-carbon log --ledger {ledger}' shows them")
    newer = next((record for record in records.values() if record.supersedes == record_id), None)
    if newer is not None:
        raise BadOption(f"record {record_id} was superseded by {newer.record_id}; amend that one")
    return records[record_id]


def _surrounded(record: ActivityRecord, said: Settled) -> ActivityRecord:
    """The record's work under another grid, another PUE, or both."""
    if not (said.place.is_given or said.pue.is_given):
        return record
    if record.energy.it_kwh is None or not record.energy.components:
        raise BadOption(
            f"record {record.record_id} tells no energy, so a place or a PUE gives it no emissions; estimate the work"
        )
    grid, pue, factors = record.grid, record.pue or NOT_GIVEN, record.factors
    if said.place.is_given:
        grid, numbers = resolve_grid(said.place)
        factors = (*(factor for factor in factors if not factor.id.startswith(GRID)), *numbers)
    if said.pue.is_given or said.place.cloud is not None:
        pue, numbers = resolve_pue(said.pue, said.place)
        factors = (*(factor for factor in factors if not factor.id.startswith(PUE)), *numbers)
    if grid is None:
        raise BadOption(f"record {record.record_id} has no grid; give a place with the PUE")
    components = record.energy.components
    emissions, dominant = emissions_of({"it_energy_kwh": it_spread(components)}, pue, grid, record.embodied)
    return evolve(
        record, energy=energy_of(components, pue), pue=pue, grid=grid, emissions=emissions, dominant_factor=dominant,
        factors=factors,
    )  # fmt: skip


def _notes(before: ActivityRecord, change: Change) -> dict[str, Any]:
    return {**before.notes, "amended": list(change.named)}
