"""carbontracker's logs: pairs, halves and what was pasted."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_files import DATA, codes, dropped, only, remarks, reported

from neuclir_carbon.store.intake import amounts, carbontracker
from neuclir_carbon.store.intake.recognising import recognise

FILES = DATA / "carbontracker"
STANDARD = FILES / "pair" / "7.1_2026-11-22T031149Z_carbontracker.log"
OUTPUT = FILES / "pair" / "7.1_2026-11-22T031149Z_carbontracker_output.log"


def read(path: Path) -> list[carbontracker.Statement]:
    return list(carbontracker.read(path))


@pytest.mark.parametrize("path", sorted(FILES.rglob("*.*")), ids=lambda path: path.stem)
def test_every_log_is_recognised(path: Path) -> None:
    assert recognise(path) is carbontracker.FORM


def test_both_halves_make_the_same_statement_with_the_actual_consumption() -> None:
    first, second = only(read(STANDARD)), only(read(OUTPUT))
    assert first.identity == second.identity
    assert first._replace(line=None) == second._replace(line=None)
    assert first.energy_kwh == 0.005266666667
    assert first.pue == 1.58
    assert first.emissions_kg == pytest.approx(0.00079)
    assert (first.duration_s, first.written_s) == (120.0, 1795317231.0)
    assert first.intensity_g_per_kwh == 150.0
    assert (first.origin.country, first.origin.version) == ("DNK", "2.4.7")
    assert dict(first.origin.hardware) == {"cpu_model": "Xeon @ 2.50GHz", "gpu_model": "T4, T4"}
    assert dropped(read(STANDARD)).coordinates == 1
    assert "Copenhagen" not in repr(read(STANDARD))


def test_what_was_predicted_is_left_out_and_told() -> None:
    assert [(remark.code, remark.line) for remark in remarks(read(OUTPUT))] == [("INT020", 3)]


def test_a_standard_half_alone_tells_power_times_duration_without_a_pue(tmp_path: Path) -> None:
    alone = Path(shutil.copy(STANDARD, tmp_path / STANDARD.name))
    said = only(read(alone))
    assert said.cpu_kwh == pytest.approx(36.0 * 120 / 3_600_000)
    assert said.gpu_kwh == pytest.approx(64.0 * 120 / 3_600_000)
    assert said.energy_kwh == pytest.approx(100.0 * 120 / 3_600_000)
    assert (said.pue, said.emissions_kg, said.intensity_g_per_kwh) == (None, None, 150.0)
    # Its output half has 1.58 times as much, and later it adds nothing to the pair.
    assert said.energy_kwh == pytest.approx(only(read(OUTPUT)).energy_kwh / 1.58)  # type: ignore[operator]
    assert said.identity == only(read(OUTPUT)).identity


def test_an_output_half_alone_under_another_name_is_the_same_statement(tmp_path: Path) -> None:
    alone = Path(shutil.copy(OUTPUT, tmp_path / "log.txt"))
    said = only(read(alone))
    assert (said.energy_kwh, said.pue, said.duration_s) == (0.005266666667, 1.58, 120.0)
    assert said.identity == only(read(OUTPUT)).identity


def test_pasted_output_of_two_trackers_is_two_consumptions() -> None:
    statements = read(FILES / "pasted-among-other-lines.txt")
    first, second = reported(statements)
    assert first.duration_s == 111 * 3600 + 11 * 60 + 54
    assert (first.energy_kwh, first.emissions_kg, first.written_s) == (1.58, pytest.approx(0.395), None)
    assert (second.duration_s, second.energy_kwh) == (10.0, 0.158)
    assert first.identity != second.identity
    assert codes(statements) == ["INT021", "INT020"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("broken-off.log", [(1, "INT002")]), ("torn-block_output.log", [(5, "INT002"), (3, "INT002"), (1, "INT002")])],
)
def test_a_log_without_a_consumption_makes_no_figure(name: str, found: list[tuple[int, str]]) -> None:
    statements = read(FILES / name)
    assert reported(statements) == []
    assert [(remark.line, remark.code) for remark in remarks(statements)] == found


def test_a_list_of_many_devices_goes_on_in_the_next_line() -> None:
    statements = read(FILES / "eight-devices-of-1.x_carbontracker.log")
    said = only(statements)
    assert said.gpu_kwh == pytest.approx(800.0 * 60 / 3_600_000)
    assert (said.origin.country, said.origin.version, said.intensity_g_per_kwh) == ("DNK", "1.1.6", 143.3)
    assert codes(statements) == []


def test_a_list_that_is_torn_does_not_swallow_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "x_carbontracker.log"
    text = (FILES / "eight-devices-of-1.x_carbontracker.log").read_text(encoding="utf-8")
    path.write_text(text.replace(" 100.12345679 100.12345679 99.13580247]\n", ""), encoding="utf-8")
    statements = read(path)
    said = only(statements)
    assert (said.gpu_kwh, said.duration_s, said.intensity_g_per_kwh) == (None, 60.0, 143.3)
    assert [(remark.code, remark.line) for remark in remarks(statements)] == [("INT002", 6)]


def test_no_counter_is_an_unknown_energy_and_no_place_is_none() -> None:
    said = only(read(FILES / "unknown-place-and-no-counter.log"))
    assert (said.energy_kwh, said.gpu_kwh, said.duration_s) == (None, None, 60.0)
    assert (said.origin.country, said.intensity_g_per_kwh) == (None, 445.0)


def test_a_hostile_log_is_read_in_bounded_time(tmp_path: Path) -> None:
    path = tmp_path / "x_carbontracker_output.log"
    with path.open("wb") as stream:
        stream.write(b"CarbonTracker: \nActual consumption:\n\tTime:\t" + b"9" * 10_000_000 + b"\n")
        stream.write(b"\tEnergy:\t1e400 kWh\n\tCO2eq:\t-3 g\n")
        stream.write(b"2026-99-99 99:99:99 - CarbonTracker: \0\0" + b"at detected location: " * 400_000 + b"\n")
    statements = read(path)
    assert reported(statements) == []
    assert set(codes(statements)) == {"INT002"}


@given(st.integers(0, 100_000), st.integers(0, 59), st.integers(0, 59))
def test_hours_may_exceed_a_day(hours: int, minutes: int, seconds: int) -> None:
    assert amounts.clock_seconds(f"{hours}:{minutes:02}:{seconds:02}") == hours * 3600 + minutes * 60 + seconds


@given(st.text(max_size=60))
def test_no_text_makes_a_duration_or_an_amount_that_is_not_finite(text: str) -> None:
    for parse in (amounts.clock_seconds, lambda said: amounts.amount(said, amounts.KWH, plain=1.0)):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert value is None or abs(value) < float("inf")
