"""tirex-tracker's files and ir_metadata of other hands."""

from pathlib import Path
from time import process_time

import pytest
from intake_files import DATA, codes, dropped, only, reported

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.intake import tirex
from neuclir_carbon.store.intake.recognising import recognise

FILES = DATA / "tirex"
KWH = 3_600_000


def read(name: str) -> list[tirex.Statement]:
    return list(tirex.read(FILES / name))


def test_joules_become_kwh_and_the_place_on_the_disk_is_dropped() -> None:
    said = only(read("measured.yml"))
    assert said.cpu_kwh == pytest.approx(625 / KWH)
    assert said.ram_kwh == pytest.approx(95 / KWH)
    assert said.energy_kwh == pytest.approx(720 / KWH)
    assert said.gpu_kwh is None
    assert said.emissions_kg is None
    assert said.pue is None
    assert (said.duration_s, said.has_zone, said.label) == (5.232, True, "bm25")
    assert said.started_s == pytest.approx(1795317103.553993)
    assert said.origin.version == "0.2.24"
    assert ("logical_cpus", 4) in said.origin.hardware
    assert said.origin.country is None
    assert dropped(read("measured.yml")).paths == 1
    assert codes(read("measured.yml")) == ["INT017"]


def test_null_joules_and_zero_joules_were_not_measured_whatever_their_tags() -> None:
    statements = read("null-joules-with-odd-tags.yml")
    said = only(statements)
    assert (said.energy_kwh, said.cpu_kwh, said.gpu_kwh, said.ram_kwh) == (None, None, None, None)
    assert said.duration_s == pytest.approx(22.872)
    assert codes(statements) == []


def test_a_counter_that_was_set_back_is_not_used() -> None:
    statements = read("negative-gpu.yml")
    said = only(statements)
    assert said.gpu_kwh is None
    assert said.energy_kwh == pytest.approx(1800 / KWH)
    assert codes(statements) == ["INT003", "INT017"]


@pytest.mark.parametrize(("name", "joules"), [("between-marks.ir_metadata", 3600), ("comment-of-a-run.txt", 7200)])
def test_lines_around_the_yaml_are_no_part_of_it(name: str, joules: float) -> None:
    assert recognise(FILES / name) is tirex.FORM
    assert only(read(name)).energy_kwh == pytest.approx(joules / KWH)


def test_json_is_yaml(tmp_path: Path) -> None:
    path = tmp_path / "ir_metadata.json"
    path.write_text('{"schema version": 0.2, "resources": {"cpu": {"energy used system": "72 J"}}}', encoding="utf-8")
    assert recognise(path) is tirex.FORM
    assert only(list(tirex.read(path))).energy_kwh == pytest.approx(72 / KWH)


def test_what_stands_before_a_tear_is_read_and_the_tear_is_told() -> None:
    statements = read("torn-in-the-middle.yml")
    assert only(statements).energy_kwh == pytest.approx(625 / KWH)
    assert codes(statements)[0] == "INT002"


@pytest.mark.parametrize("name", ["placeholders-only.yml", "version-0.1.yml"])
def test_a_form_without_energy_holds_no_carbon_data(name: str) -> None:
    assert recognise(FILES / name) in (tirex.FORM, tirex.OTHER_FORM)
    assert reported(read(name)) == []
    assert codes(read(name)) == ["INT019"]


def test_our_own_sum_is_not_counted_beside_its_records() -> None:
    assert reported(read("our-own-sum.yml")) == []
    assert codes(read("our-own-sum.yml")) == ["INT020"]


def test_a_number_without_a_unit_and_numbers_of_python_are_no_energies() -> None:
    statements = read("energy-without-unit.yml")
    assert only(statements).energy_kwh is None
    assert codes(statements) == ["INT003", "INT003", "INT003"]


def test_a_time_that_is_none_is_told() -> None:
    assert codes(read("no-time.yml")) == ["INT002"]


def test_the_same_file_is_the_same_statement_and_another_run_is_not(tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.yml", tmp_path / "other.yml"
    text = (FILES / "measured.yml").read_text(encoding="utf-8")
    copy.write_text(text.replace("ram: 25276 MB", "ram: 25276  MB"), encoding="utf-8")
    other.write_text(text.replace("03:11:43.55", "03:11:43.56"), encoding="utf-8")
    first = only(read("measured.yml")).identity
    assert only(list(tirex.read(copy))).identity == first
    assert only(list(tirex.read(other))).identity != first


def test_ten_hours_of_samples_are_read(tmp_path: Path) -> None:
    path = tmp_path / "long.yml"
    text = (FILES / "measured.yml").read_text(encoding="utf-8")
    times = "".join(f"        - {100 * number}ms\n" for number in range(400_000))
    values = "".join(f'        - !!int "{number % 100}"\n' for number in range(400_000))
    path.write_text(text.replace("        - 60ms\n", times).replace("        - 35\n", values), encoding="utf-8")
    assert path.stat().st_size > 15_000_000
    assert only(list(tirex.read(path))).energy_kwh == pytest.approx(720 / KWH)


HEAD = "schema version: 0.2\nresources:\n"
BOMBS = {
    "a billion laughs": "k0: &k0 [x, x]\n" + "".join(
        f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]\n" for n in range(1, 30)
    ),
    "nested lists": "x: " + "[" * 100_000,
    "nested mappings": "x: " + "{a: " * 100_000,
    "nested blocks": "".join(" " * n + "a:\n" for n in range(2, 400)),
    "question marks": "x: " + "? " * 100_000,
    "one long word": "x: " + "a" * 7_000_000,
    "one long key": "a" * 2_000_000 + ": 1\n",
    "many keys": "".join(f"k{n}:\n" for n in range(300_000)),
    "NUL bytes": "x: \0\0\0\n",
    "anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(100_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_survived_and_makes_no_figure(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.yml"
    path.write_bytes((HEAD + BOMBS[name]).encode())
    began = process_time()
    statements = list(tirex.read(path))
    assert process_time() - began < 5
    assert reported(statements) == []
    assert codes(statements)


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.yml"
    with path.open("wb") as stream:
        stream.write(HEAD.encode())
        for _ in range(90):
            stream.write(b"x: " + b"a" * 100_000 + b"\n")
    with pytest.raises(Unreadable, match="longer"):
        list(tirex.read(path))
