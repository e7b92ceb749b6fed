"""A statement as a record, by hand-made figures."""

import pytest
from attrs import evolve

from neuclir_carbon.checks import emissions
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.reported import Allocation, Origin, Reported
from neuclir_carbon.model.row_counting import Amount
from neuclir_carbon.store.intake.rows import New
from neuclir_carbon.workflow.estimating import Purpose
from neuclir_carbon.workflow.placing import Settled
from neuclir_carbon.workflow.reported_records import Bringing, record_of

GERMANY = Origin(tool="codecarbon", version="3.2.3", country="DEU", mode="machine")
NOWHERE = Origin(tool="tirex-tracker")


def made(origin: Origin = GERMANY, settled: Settled | None = None, **figures: object) -> ActivityRecord:
    """The record of a statement, which keeps every rule about records."""
    reported = Reported(line=2, origin=origin, identity=("x",), **figures)  # type: ignore[arg-type]
    amount = Amount(
        reported.duration_s, reported.energy_kwh, reported.cpu_kwh, reported.gpu_kwh, reported.ram_kwh,
        reported.emissions_kg,
    )  # fmt: skip
    new = New(reported, b"\0" * 16, 0, amount, 1)
    record = record_of(new, Bringing(purpose=Purpose(activity="training"), settled=settled or Settled()))
    assert [str(finding) for finding in emissions.BOOK.examine(record)] == []
    return record


def test_energy_pue_and_intensity_are_the_tools_own_by_hand() -> None:
    record = made(
        duration_s=3600.0, energy_kwh=1.5, cpu_kwh=0.9, gpu_kwh=0.45, ram_kwh=0.15, pue=1.5, emissions_kg=0.57
    )
    assert record.energy.it_kwh == pytest.approx(1.5 / 1.5)
    assert record.energy.cpu_kwh == pytest.approx(0.9 / 1.5)
    assert record.energy.facility_kwh == pytest.approx(1.5)
    assert record.grid is not None
    assert record.grid.g_co2e_per_kwh == pytest.approx(0.57 / 1.5 * 1000)
    assert record.emissions.total_kg_co2e == pytest.approx(0.57, rel=1e-12)
    assert (record.method, record.grid.basis, record.grid.source) == (
        "imported", "as reported", "as reported by codecarbon 3.2.3",
    )  # fmt: skip


def test_the_range_of_energy_is_that_of_the_ways_that_the_tool_may_have_taken() -> None:
    record = made(duration_s=3600.0, energy_kwh=1.0, cpu_kwh=0.5, gpu_kwh=0.3, ram_kwh=0.2, emissions_kg=0.38)
    found = {part.component: (part.low_kwh, part.high_kwh) for part in record.energy.components}
    # half the TDP: the truth lies between 10 % and 100 % of it; a GPU has a counter; memory by its sources per GiB
    assert found["cpu"] == (pytest.approx(0.5 * 0.1 / 0.5), pytest.approx(0.5 * 1.0 / 0.5))
    assert found["gpu"] == (pytest.approx(0.3 * 0.85), pytest.approx(0.3 * 1.15))
    assert found["ram"] == (pytest.approx(0.2 * 0.04 / 0.37), pytest.approx(0.2 * 0.9 / 0.37))
    assert {factor.id for factor in record.factors} >= {
        "reported_share.cpu", "reported_share.counter", "reported_share.ram", "grid.as-reported",
    }  # fmt: skip


def test_a_tool_that_reads_counters_only_has_the_counters_range() -> None:
    record = made(NOWHERE, duration_s=60.0, energy_kwh=0.001, cpu_kwh=0.001)
    (part,) = record.energy.components
    assert (part.low_kwh, part.high_kwh) == (pytest.approx(0.00085), pytest.approx(0.00115))


def test_the_intensitys_range_is_that_of_our_sources_for_the_place() -> None:
    record = made(duration_s=60.0, energy_kwh=1.0, emissions_kg=0.9)
    assert record.grid is not None
    assert record.grid.g_co2e_per_kwh == pytest.approx(900)
    assert record.grid.high == pytest.approx(900)
    assert (record.grid.low or 0) < 400


@pytest.mark.parametrize(
    ("said", "basis", "country"),
    [(Settled(), "unspecified", None), (Settled(place=Place(country="POL")), "location", "POL")],
)
def test_a_tool_that_knows_no_place_has_the_users(said: Settled, basis: str, country: str | None) -> None:
    record = made(NOWHERE, said, duration_s=60.0, energy_kwh=1.0, cpu_kwh=1.0)
    assert record.grid is not None
    assert (record.grid.basis, record.grid.country) == (basis, country)


def test_the_users_place_and_pue_do_not_stand_above_what_the_tool_tells() -> None:
    said = Settled(place=Place(country="POL"), pue=PueChoice(pue=1.2))
    told = made(GERMANY, said, duration_s=60.0, energy_kwh=1.5, pue=1.5, emissions_kg=0.5)
    assert told.grid is not None
    assert told.pue is not None
    assert (told.grid.country, told.pue.value) == ("DEU", 1.5)
    silent = made(GERMANY, said, duration_s=60.0, energy_kwh=1.5, emissions_kg=0.5)
    assert silent.pue is not None
    assert silent.pue.value == 1.2


def test_emissions_without_energy_are_what_the_tool_says() -> None:
    record = made(evolve(GERMANY, tool="model-card"), emissions_kg=41.1)
    assert (record.energy.it_kwh, record.grid, record.pue) == (None, None, None)
    assert record.emissions.range is not None
    assert record.emissions.range.central == record.emissions.range.high == 41.1


def test_what_a_scheduler_allocated_is_an_estimate() -> None:
    record = made(Origin(tool="sacct"), duration_s=3600.0, allocation=Allocation(processors=8, processor_share=1.0))
    assert record.method == "estimated"
    # eight threads of 4 W (codecarbon's default) at full load
    assert record.energy.it_kwh == pytest.approx(8 * 4.0 / 1000)


def test_no_energy_and_no_emissions_are_unknown() -> None:
    record = made(duration_s=60.0)
    assert (record.energy.it_kwh, record.emissions.total_kg_co2e, record.duration_s) == (None, None, 60.0)


def test_an_energy_of_nothing_emits_nothing() -> None:
    record = made(duration_s=0.001, energy_kwh=0.0, emissions_kg=0.0)
    assert (record.energy.it_kwh, record.emissions.total_kg_co2e) == (0.0, 0.0)
