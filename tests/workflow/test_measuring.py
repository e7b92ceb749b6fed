"""`measure`: the same record for a block of Python, and never any trouble for the block."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wrapping import RUN, records_in, the_record

import neuclir_carbon
from neuclir_carbon.errors import BadOption, CarbonError, UnknownName
from neuclir_carbon.metering.order import METERS, SCOPES


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(1000))


def test_a_block_leaves_a_record(tmp_path: Path) -> None:
    with neuclir_carbon.measure(
        activity="indexing",
        label="build",
        run_tags=["a", "b"],
        ledger=tmp_path,
        country="DEU",
        pue=1.2,
        meter="cpu-time",
    ) as measurement:
        burn(0.3)
    record = the_record(tmp_path)
    assert measurement.record is not None and measurement.record.record_id == record["record_id"]
    assert measurement.path == tmp_path / "records" / f"{record['record_id']}.json"
    assert measurement.warnings == ()
    assert (record["activity"], record["label"], record["run_tags"]) == ("indexing", "build", ["a", "b"])
    assert (record["status"], record["method"]) == ("complete", "measured")
    assert record["command"] == {
        "program": None, "exit_code": None, "signal": None, "argv": None, "failed_in_body": False,
    }  # fmt: skip
    assert 0.3 <= record["notes"]["command_cpu_s"] < 3
    facility = record["energy"]["facility_kwh"]
    assert record["emissions"]["operational_kg_co2e"] == pytest.approx(facility * 329.65 / 1000, rel=1e-9)
    assert facility == pytest.approx(record["energy"]["it_kwh"] * 1.2, rel=1e-9)


def test_an_exception_passes_through_and_is_on_record(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), neuclir_carbon.measure(ledger=tmp_path, meter="cpu-time"):
        _ = 1 / 0
    assert the_record(tmp_path)["command"]["failed_in_body"] is True
    assert the_record(tmp_path)["status"] == "complete"


def test_a_decorated_function_is_measured_at_each_call(tmp_path: Path) -> None:
    measurement = neuclir_carbon.measure(ledger=tmp_path, label="step", meter="cpu-time")

    @measurement
    def add(first: int, *, second: int) -> int:
        """Adds."""
        return first + second

    assert (add.__name__, add.__doc__) == ("add", "Adds.")
    assert [add(1, second=2), add(3, second=4)] == [3, 7]
    assert len(records_in(tmp_path)) == 2
    assert measurement.record is not None


def test_coroutines_are_measured_also_when_they_overlap(tmp_path: Path) -> None:
    @neuclir_carbon.measure(ledger=tmp_path, meter="cpu-time")
    async def wait(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    async def both() -> list[float]:
        return list(await asyncio.gather(wait(0.3), wait(0.1)))

    assert asyncio.run(both()) == [0.3, 0.1]
    durations = sorted(record["duration_s"] for record in records_in(tmp_path))
    assert len(durations) == 2 and durations[0] < durations[1]


def test_generators_are_refused_with_a_word_on_what_to_do(tmp_path: Path) -> None:
    def numbers() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="with measure"):
        neuclir_carbon.measure(ledger=tmp_path)(numbers)
    assert list(tmp_path.iterdir()) == []


def test_a_block_in_a_block_names_its_parent_and_so_does_a_wrapped_command(tmp_path: Path) -> None:
    before = dict(os.environ)
    with neuclir_carbon.measure(ledger=tmp_path, label="outer", meter="cpu-time"):
        with neuclir_carbon.measure(ledger=tmp_path, label="inner", meter="cpu-time"):
            pass
        subprocess.run([*RUN, "--quiet", "--label", "command", "--ledger", str(tmp_path), "true"], check=True)
    assert dict(os.environ) == before
    records = {record["label"]: record for record in records_in(tmp_path)}
    assert records["outer"]["parent_id"] is None
    assert {records[name]["parent_id"] for name in ("inner", "command")} == {records["outer"]["record_id"]}


def test_threads_measure_side_by_side(tmp_path: Path) -> None:
    def work(number: int) -> None:
        with neuclir_carbon.measure(ledger=tmp_path, label=str(number), meter="cpu-time"):
            time.sleep(0.05)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(record["label"] for record in records_in(tmp_path)) == ["0", "1", "2", "3"]


def test_a_forked_copy_leaves_the_record_to_the_original(tmp_path: Path) -> None:
    program = f"""
import os, neuclir_carbon
with neuclir_carbon.measure(ledger={str(tmp_path)!r}, meter="cpu-time"):
    child = os.fork()
if child:
    os.waitpid(child, 0)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert the_record(tmp_path)["status"] == "complete"


def test_handlers_and_streams_are_left_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGIO, signal.SIGUSR1, signal.SIGPIPE]
    before = [signal.getsignal(number) for number in numbers], signal.pthread_sigmask(signal.SIG_BLOCK, ()), sys.stdout
    with neuclir_carbon.measure(ledger=tmp_path):
        inside = (
            [signal.getsignal(number) for number in numbers],
            signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            sys.stdout,
        )
    assert before == inside
    assert capfd.readouterr() == ("", "")
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"neuclir-carbon-meter"})


def test_a_ledger_that_can_t_be_written_is_no_trouble_of_the_block_s(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with (
        caplog.at_level(logging.WARNING, "neuclir_carbon"),
        neuclir_carbon.measure(ledger=tmp_path / "file", meter="cpu-time") as measurement,
    ):
        ran = True
    assert ran
    assert measurement.record is None
    assert "nothing is recorded" in measurement.warnings[0]
    assert "nothing is recorded" in caplog.text


def test_a_ledger_that_vanishes_is_no_trouble_of_the_block_s(tmp_path: Path) -> None:
    ledger = tmp_path / "l"
    with neuclir_carbon.measure(ledger=ledger, meter="cpu-time") as measurement:
        (journal,) = (ledger / "journal").iterdir()
        journal.unlink()
        (ledger / "journal").rmdir()
        ledger.rmdir()
    assert measurement.record is None
    assert len(measurement.warnings) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"activity": "trainig"}, ["trainig", "training"]),
        ({"country": "Germany"}, ["Germany", "DEU"]),
        ({"region": "vermont"}, ["--country"]),
        ({"intensity": -1}, ["intensity", "-1"]),
        ({"intensity": float("nan")}, ["intensity", "nan"]),
        ({"pue": 0.5}, ["pue", "0.5"]),
        ({"pue": "much"}, ["pue", "much"]),
        ({"pue": 1.2, "site": "laptop"}, ["pue", "site"]),
        ({"site": "attic"}, ["attic", "laptop"]),
        ({"meter": "rapl"}, ["rapl"]),
        ({"run_tags": ["a b"]}, ["a b"]),
        ({"label": "x\0"}, ["label"]),
        ({"interval_s": 0}, ["interval_s"]),
    ],
)
def test_a_bad_argument_is_refused_where_it_is_given(
    tmp_path: Path, arguments: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(BadOption) as raised:
        neuclir_carbon.measure(ledger=tmp_path, **arguments)  # type: ignore[arg-type]
    assert isinstance(raised.value, CarbonError)
    assert all(word in str(raised.value) for word in words)
    assert list(tmp_path.iterdir()) == []


def test_one_tag_as_text_is_one_tag(tmp_path: Path) -> None:
    with neuclir_carbon.measure(ledger=tmp_path, run_tags="fas-t", meter="cpu-time"):
        pass
    assert the_record(tmp_path)["run_tags"] == ["fas-t"]


def test_the_known_words_are_refused_with_the_nearest() -> None:
    for name, known in (("meter", METERS), ("scope", SCOPES)):
        with pytest.raises(UnknownName) as raised:
            neuclir_carbon.measure(**{name: known[1][:-1]})  # type: ignore[arg-type]
        assert known[1] in raised.value.nearest


def test_a_long_block_is_metered(tmp_path: Path) -> None:
    with neuclir_carbon.measure(ledger=tmp_path, interval_s=0.5, scope="machine", country="FRA"):
        time.sleep(7)
    record = the_record(tmp_path)
    assert record["metered_s"] > 1
    assert {part["component"] for part in record["energy"]["components"]} >= {"cpu", "ram"}
    assert record["emissions"]["operational_kg_co2e"] == pytest.approx(
        record["energy"]["facility_kwh"] * record["grid"]["g_co2e_per_kwh"] / 1000, rel=1e-9
    )


def test_blocks_in_processes_beside_each_other_divide_the_machine(tmp_path: Path) -> None:
    script = (
        "import sys, time; from neuclir_carbon import measure\n"
        "with measure(ledger=sys.argv[1], interval_s=0.5, meter='cpu-time', scope='machine'):\n"
        "    e = time.monotonic() + 4\n"
        "    while time.monotonic() < e: pass\n"
    )
    pair = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(2)]
    assert [process.wait(60) for process in pair] == [0, 0]
    first, second = records_in(tmp_path)
    assert (first["shared_with"], second["shared_with"]) == ([second["record_id"]], [first["record_id"]])
    assert first["notes"]["cpu_time_share"] + second["notes"]["cpu_time_share"] == pytest.approx(1.0, abs=0.15)
