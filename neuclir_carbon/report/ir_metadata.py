"""ir_metadata 0.2 (https://www.ir-metadata.org), as TIREx's tracker writes it, with a block of ours for emissions.

The format gives energies as text in joules and durations as text in milliseconds; it has no field for CO2.
"""

import math
from collections.abc import Sequence
from typing import Any

from neuclir_carbon.model.counting import Totals, outermost
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.submission import Manifest

JOULES_PER_KWH = 3_600_000


def ir_metadata(manifest: Manifest, activities: Sequence[CountedActivity], totals: Totals) -> bytes:
    """The YAML of `ir-metadata.yml`; what is unknown is left out, never written as 0."""
    import yaml

    document = {
        "schema version": 0.2,
        "tag": manifest.run_tag,
        "actor": {"team": manifest.team},
        "method": _known({"name": manifest.method_name, "description": manifest.method_description}),
        "implementation": {
            "executable": {"cmd": sorted(_programs(activities))},
            **_known({"source": _known({"repository": manifest.repository})}),
        },
        "resources": _resources(activities, totals),
        "emissions": {
            "tool": f"{manifest.tool.name} {manifest.tool.version}",
            "activities": totals.records,
            "it_energy_kwh": totals.it_energy_kwh,
            "facility_energy_kwh": totals.facility_energy_kwh,
            "emissions_kg_co2e": plain(totals.emissions_kg_co2e),
            "operational_kg_co2e": totals.operational_kg_co2e,
            "embodied_kg_co2e": totals.embodied_kg_co2e,
        }
        if totals.records
        else {"tracked": False},
    }
    text: str = yaml.safe_dump(_known(document), sort_keys=False, allow_unicode=True, width=1000)
    return text.encode("utf-8")


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
    return {"energy used system": f"{math.fsum(known) * JOULES_PER_KWH:.6g} J"} if known else {}


def _programs(activities: Sequence[CountedActivity]) -> set[str]:
    return {
        activity.record.command.program
        for activity in activities
        if activity.record.command and activity.record.command.program
    }


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, {}, [])}
