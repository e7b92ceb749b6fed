"""What an amount of emissions is comparable to. Each figure is one country's mean of one year: a picture for the
size of a number, never a part of it.

Source of both: US EPA, Greenhouse Gas Equivalencies Calculator, "Calculations and References", as several public
programs quote it in 2024 and 2025 (epa.gov/energy/greenhouse-gas-equivalencies-calculator-calculations-and-references;
the page itself was not read). CodeCarbon's board has an earlier figure of the same page, 0.409 kg a mile.
"""

from attrs import frozen

from neuclir_carbon.model.quantities import Range

_KM_PER_MILE = 1.609344


@frozen(kw_only=True)
class Equivalent:
    """An everyday activity: its name and unit in words, and what one unit of it emits, in kg CO2e."""

    name: str
    unit: str
    kg_co2e_per_unit: float
    source: str

    def of(self, emissions_kg_co2e: Range) -> Range:
        """How many units emit as much, with the emissions' range."""
        return emissions_kg_co2e.times(1 / self.kg_co2e_per_unit)


EQUIVALENTS = (
    Equivalent(
        name="driving the mean petrol car of the United States", unit="km", kg_co2e_per_unit=0.393 / _KM_PER_MILE,
        source="US EPA equivalencies: 3.93e-4 t CO2e a mile (as quoted 2024/25)",
    ),
    Equivalent(
        name="charging a smartphone from the grid of the United States", unit="charges", kg_co2e_per_unit=0.0124,
        source="US EPA equivalencies: 1.24e-5 t CO2 a charge (as quoted 2024/25)",
    ),
)  # fmt: skip
