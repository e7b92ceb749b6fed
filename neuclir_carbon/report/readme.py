"""README.txt of a bundle: what each file is, and the totals, for a person."""

import re
from string import Template

from neuclir_carbon.model.counting import Totals
from neuclir_carbon.model.plain_text import on_one_line
from neuclir_carbon.model.submission import Manifest
from neuclir_carbon.resources import template_text

_NUMBERS = {
    "it_energy_kwh": re.compile(r"^IT energy: +([0-9.e+-]+) kWh", re.MULTILINE),
    "emissions_kg_co2e": re.compile(r"^Emissions: +([0-9.e+-]+) kg", re.MULTILINE),
}


def numbers_in(readme: bytes) -> dict[str, str | None]:
    """The two totals as a README states them, IT energy in kWh and emissions in kg CO2e; None where it states none."""
    text = readme.decode("utf-8", "replace")
    return {key: found[1] if (found := number.search(text)) else None for key, number in _NUMBERS.items()}


def bundle_readme_numbers(totals: Totals) -> dict[str, str | None]:
    """The same two totals as a bundle of these records must state them; None where nothing was tracked."""
    if not totals.records:
        return dict.fromkeys(_NUMBERS)
    return {
        "it_energy_kwh": f"{totals.it_energy_kwh:.6g}",
        "emissions_kg_co2e": f"{totals.emissions_kg_co2e.central:.6g}",
    }


def bundle_readme(manifest: Manifest, totals: Totals) -> bytes:
    """The text, UTF-8; energy in kWh and emissions in kg CO2e with their hull."""
    emissions = totals.emissions_kg_co2e
    if not totals.records:
        energy = found = "not tracked"
    else:
        energy = f"{totals.it_energy_kwh:.6g} kWh in {totals.records} activities"
        found = f"{emissions.central:.6g} kg CO2e (between {emissions.low:.6g} and {emissions.high:.6g})"
    return (
        Template(template_text("bundle-readme.txt"))
        .substitute(
            run_tag=manifest.run_tag,
            team=on_one_line(manifest.team),
            track=on_one_line(manifest.track),
            task=on_one_line(manifest.task),
            revision=manifest.revision,
            created_at=manifest.created_at,
            energy=energy,
            emissions=found,
        )
        .encode("utf-8")
    )
