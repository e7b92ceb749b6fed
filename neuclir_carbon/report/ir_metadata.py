"""ir_metadata 0.2 (https://www.ir-metadata.org), as TIREx's tracker writes it, with a block of ours for emissions.

The format gives energies as text in joules and durations as text in milliseconds; it has no field for CO2. What TIRA's
`run-with-metadata` asks for beyond it stands in `actor`, `method`, `implementation.source` and `data`.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from neuclir_carbon.model.counting import Totals, outermost
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.record import Tool
from neuclir_carbon.model.submission import Manifest
from neuclir_carbon.model.tool import THIS_TOOL

JOULES_PER_KWH = 3_600_000
# PyYAML writes them into a text as they are, and reads them back as blanks.
_LINE_ENDS_BEYOND_ASCII = "\x85\u2028\u2029"


@frozen(kw_only=True)
class About:
    """What ir_metadata tells beside energies: the run, who made it and how. None where nobody said it."""

    tag: str | None = None
    team: str | None = None
    method_name: str | None = None
    method_description: str | None = None
    repository: str | None = None
    collection: str | None = None
    tool: Tool = THIS_TOOL

    @classmethod
    def of(cls, manifest: Manifest) -> "About":
        """As a bundle's manifest says it; the collection is the track's task."""
        return cls(
            tag=manifest.run_tag, team=manifest.team, method_name=manifest.method_name,
            method_description=manifest.method_description, repository=manifest.repository,
            collection=f"{manifest.track}/{manifest.task}", tool=manifest.tool,
        )  # fmt: skip


def ir_metadata(about: About, activities: Sequence[CountedActivity], totals: Totals) -> bytes:
    """The YAML of `ir-metadata.yml`; what is unknown is left out, never written as 0."""
    import yaml

    document = {
        "schema version": 0.2,
        "tag": about.tag,
        "actor": _known({"team": about.team}),
        "method": _known({"name": about.method_name, "description": about.method_description}),
        "implementation": _known(
            {
                "executable": _known({"cmd": sorted(_programs(activities))}),
                "source": _known({"repository": about.repository}),
            }
        ),
        "data": _known({"test collection": _known({"name": about.collection})}),
        "platform": {"software": {about.tool.name: about.tool.version}},
        "resources": _resources(activities, totals) if totals.records else {},
        "emissions": emissions_block(totals),
    }
    known = _known(document)
    text: str = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=1000)
    if any(line_end in text for line_end in _LINE_ENDS_BEYOND_ASCII):
        text = yaml.safe_dump(known, sort_keys=False, allow_unicode=False, width=1000)
    return text.encode("utf-8")


def emissions_block(totals: Totals) -> dict[str, Any]:
    """The block `emissions`: the bundle's totals in kWh and kg CO2e, `tracked: false` where there is no record."""
    if not totals.records:
        return {"tracked": False}
    found: dict[str, Any] = {
        "tracked": True,
        "activities": totals.records,
        "it_energy_kwh": totals.it_energy_kwh,
        "facility_energy_kwh": totals.facility_energy_kwh,
    }
    if totals.records_without_emissions < totals.records:
        found["emissions_kg_co2e"] = plain(totals.emissions_kg_co2e)
        found["operational_kg_co2e"] = totals.operational_kg_co2e
    if totals.records_without_embodied < totals.records:
        found["embodied_kg_co2e"] = totals.embodied_kg_co2e
    return {
        **found,
        "activities_without_embodied": totals.records_without_embodied,
        "activities_without_emissions": totals.records_without_emissions,
    }


def _resources(activities: Sequence[CountedActivity], totals: Totals) -> dict[str, Any]:
    started = [activity.record.started_at for activity in activities if activity.record.started_at]
    ended = [activity.record.ended_at for activity in activities if activity.record.ended_at]
    return {
        "runtime": _known(
            {
                "start time": min(started, default=None),
                "stop time": max(ended, default=None),
                "wallclock": f"{round(totals.duration_s * 1000)} ms",
            }
        ),
        **_known({part: _energy(activities, part) for part in ("cpu", "gpu", "ram")}),
    }


def _energy(activities: Sequence[CountedActivity], part: str) -> dict[str, str]:
    known = [kwh for record in outermost(activities) if (kwh := getattr(record.energy, f"{part}_kwh")) is not None]
    return {"energy used system": f"{_plain_number(math.fsum(known) * JOULES_PER_KWH)} J"} if known else {}


def _plain_number(value: float) -> str:
    """The number to twelve significant digits, without a power of ten: readers of the format look for digits."""
    return f"{Decimal(f'{value:.12g}'):f}"


def _programs(activities: Sequence[CountedActivity]) -> set[str]:
    return {
        activity.record.command.program
        for activity in activities
        if activity.record.command and activity.record.command.program
    }


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, {}, [])}
