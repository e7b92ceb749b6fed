"""Zeus's measurement windows."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_files import DATA, codes, only, remarks, reported

from neuclir_carbon.errors import Unreadable
from neuclir_carbon.store.intake import zeus
from neuclir_carbon.store.intake.recognising import recognise

FILES = DATA / "zeus"
KWH = 3_600_000
HEADER = "start_time,window_name,elapsed_time,gpu0_energy\n"


def read(name: str) -> list[zeus.Statement]:
    return list(zeus.read(FILES / name))


@pytest.mark.parametrize("path", sorted(FILES.iterdir()), ids=lambda path: path.stem)
def test_every_file_is_recognised(path: Path) -> None:
    assert recognise(path) is zeus.FORM


def test_steps_within_epochs_are_not_counted_beside_them() -> None:
    statements = read("steps-within-epochs.csv")
    found = reported(statements)
    assert [(said.label, said.energy_kwh) for said in found] == [
        ("epoch", pytest.approx(12600 / KWH)), ("epoch", pytest.approx(12000 / KWH)),
    ]  # fmt: skip
    assert all(said.is_part and said.started_s is None and not said.has_zone for said in found)
    assert codes(statements) == ["INT004", "INT017"]


def test_a_start_that_no_monotonic_clock_has_is_a_time_since_1970() -> None:
    statements = read("since-1970-with-processor.csv")
    said = only(statements)
    assert (said.started_s, said.has_zone) == (1764288000.5, True)
    assert said.gpu_kwh == pytest.approx(3600 / KWH)
    assert said.cpu_kwh == pytest.approx(360 / KWH)
    assert said.ram_kwh == pytest.approx(36 / KWH)
    assert said.energy_kwh == pytest.approx(3996 / KWH)
    assert codes(statements) == []


def test_damaged_windows_are_told_and_the_sound_one_counts() -> None:
    statements = read("counters-set-back.csv")
    assert only(statements).label == "b"
    assert sorted((remark.line or 0, remark.code) for remark in remarks(statements)) == [
        (0, "INT017"), (2, "INT003"), (4, "INT002"), (5, "INT002"), (6, "INT002"), (7, "INT002"),
    ]  # fmt: skip


def test_windows_without_a_counter_are_work_of_unknown_energy() -> None:
    said = only(read("nothing-measured.csv"))
    assert (said.duration_s, said.energy_kwh) == (10.0, None)


@given(
    outer=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 1000), st.integers(0, 4)), min_size=1, max_size=12),
    random=st.randoms(use_true_random=False),
)
def test_whatever_steps_lie_within_the_sum_is_that_of_the_outer_windows(
    outer: list[tuple[int, int, int]], random: Random, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows, start = [], 100.0
    for length, joules, steps in outer:
        rows.append(f"{start},epoch,{length},{joules}")
        rows += [
            f"{start + step * length / steps},step,{length / steps},{joules / (steps + 1)}" for step in range(steps)
        ]
        start += length
    random.shuffle(rows)
    path = tmp_path_factory.mktemp("zeus") / "windows.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    found = reported(zeus.read(path))
    assert sum(said.energy_kwh or 0 for said in found) == pytest.approx(sum(row[1] for row in outer) / KWH)
    assert {said.label for said in found} == {"epoch"}


def test_more_windows_than_are_held_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zeus, "MOST_WINDOWS", 10)
    path = tmp_path / "windows.csv"
    path.write_text(HEADER + "".join(f"{n},w,1,1\n" for n in range(12)), encoding="utf-8")
    with pytest.raises(Unreadable, match="windows"):
        list(zeus.read(path))
