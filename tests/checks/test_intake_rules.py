"""Each rule about statements, on one that breaks it and on its nearest sound neighbour."""

import pytest
from attrs import evolve

from neuclir_carbon.checks import intake
from neuclir_carbon.checks.intake import BOOK, Examined
from neuclir_carbon.model.reported import Origin, Reported

NOW_S = 1_767_225_600.0
ORIGIN = Origin(tool="codecarbon", country="DEU", power_limit_w=1000.0)
SOUND = Reported(
    line=2, origin=ORIGIN, identity=(), written_s=NOW_S - 10, duration_s=3600.0, energy_kwh=0.5, cpu_kwh=0.3,
    gpu_kwh=0.1, ram_kwh=0.1, emissions_kg=0.19,
)  # fmt: skip


def codes(row: Reported) -> list[str]:
    return [finding.code for finding in BOOK.examine(Examined(reported=row, now_s=NOW_S))]


def test_a_sound_row_has_no_findings() -> None:
    assert codes(SOUND) == []


@pytest.mark.parametrize(
    ("code", "broken", "sound"),
    [
        ("INT010", {"origin": evolve(ORIGIN, country="CAN", place_in_doubt=True)},
         {"origin": evolve(ORIGIN, country="CAN")}),
        ("INT011", {"gpu_kwh": -0.1, "energy_kwh": 0.3, "emissions_kg": 0.1}, {"gpu_kwh": 0.0, "energy_kwh": 0.4}),
        ("INT012", {"cpu_kwh": 0.31}, {"cpu_kwh": 0.304}),
        ("INT013", {"emissions_kg": 0.0}, {"emissions_kg": 0.0, "duration_s": 0.0, "energy_kwh": 0.001,
                                          "cpu_kwh": None, "gpu_kwh": None, "ram_kwh": None}),
        ("INT014", {"energy_kwh": 1.01, "emissions_kg": 0.4, "cpu_kwh": None, "gpu_kwh": None, "ram_kwh": None},
         {"energy_kwh": 1.0, "emissions_kg": 0.4, "cpu_kwh": None, "gpu_kwh": None, "ram_kwh": None}),
        ("INT015", {"written_s": NOW_S + 15 * 3600}, {"written_s": NOW_S + 13 * 3600}),
        ("INT015", {"written_s": NOW_S + 60, "has_zone": True}, {"written_s": NOW_S - 60, "has_zone": True}),
        ("INT022", {"emissions_kg": 1.1}, {"emissions_kg": 0.9}),
        ("INT022", {"intensity_g_per_kwh": 38_000.0}, {"intensity_g_per_kwh": 380.0}),
        ("INT026", {"origin": evolve(ORIGIN, country="XXX")}, {"origin": evolve(ORIGIN, country="FRA")}),
    ],
)  # fmt: skip
def test_a_rule_tells_a_broken_row_from_its_sound_neighbour(
    code: str, broken: dict[str, object], sound: dict[str, object]
) -> None:
    assert codes(SOUND._replace(**broken)) == [code]
    assert codes(SOUND._replace(**sound)) == []


@pytest.mark.parametrize(
    ("figure", "wrong", "extreme"),
    [
        ("duration_s", -1e-9, 0.0), ("duration_s", 3.3e9, 1_009_910.0), ("energy_kwh", -0.1, 0.0),
        ("energy_kwh", 1.1e10, 10_600.0), ("emissions_kg", -0.1, 0.0), ("emissions_kg", 1.1e10, 4_100.0),
        ("pue", 0.9, 1.0), ("pue", 150.0, 2.4),
        ("gpu_kwh", -1e300, -0.4), ("cpu_kwh", 1e300, 40.0), ("ram_kwh", 1e300, 40.0),
    ],
)  # fmt: skip
def test_a_figure_that_cannot_be_is_told_from_an_extreme(figure: str, wrong: float, extreme: float) -> None:
    assert intake.impossible_figure(SOUND._replace(**{figure: wrong})) is not None
    assert intake.impossible_figure(SOUND._replace(**{figure: extreme})) is None


def test_without_knowledge_of_the_machine_only_what_no_machine_draws_is_refused() -> None:
    unknown = SOUND._replace(origin=evolve(ORIGIN, power_limit_w=None), cpu_kwh=None, gpu_kwh=None, ram_kwh=None)
    assert codes(unknown._replace(energy_kwh=100.0, emissions_kg=38.0)) == []
    assert codes(unknown._replace(energy_kwh=160.0, emissions_kg=60.0)) == ["INT014"]


@pytest.mark.parametrize("code", [entry.code for entry in BOOK.entries.values()])
def test_every_code_is_explained_with_what_is_good_and_what_is_bad(code: str) -> None:
    text = intake.BOOK.entries[code].explanation
    if code != intake.TWICE.code:
        assert "Good:" in text
        assert "Bad:" in text
