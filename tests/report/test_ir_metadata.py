"""ir_metadata 0.2: energies as text in joules, each once, and strangers' names as nothing but text."""

import math
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from making import a_record
from strangers import TEXTS
from works import NO_FIGURE, a_work, ledgers

from neuclir_carbon.model.record import ActivityRecord, Command
from neuclir_carbon.report.ir_metadata import ir_metadata
from neuclir_carbon.report.work import Work


def document_of(work: Work) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(ir_metadata(work.about, work.activities, work.whole))
    return document


@pytest.mark.parametrize(
    ("kwh", "text"),
    [
        (1.0, "3600000 J"), (1e9, "3600000000000000 J"), (1e-9, "0.0036 J"), (1e-15, "0.0000000036 J"),
        (0.1, "360000 J"), (1 / 3, "1200000 J"), (0.0, "0 J"),
    ],
)  # fmt: skip
def test_energies_are_text_in_joules_without_powers_of_ten(kwh: float, text: str) -> None:
    assert document_of(a_work(a_record(kwh=kwh)))["resources"]["cpu"] == {"energy used system": text}


@given(ledgers())
def test_joules_and_the_block_of_ours_tell_the_same_energy(records: list[ActivityRecord]) -> None:
    work = a_work(*records)
    document = document_of(work)
    if not work.activities:
        assert document["emissions"] == {"tracked": False}
        return
    told = document["resources"].get("cpu", {"energy used system": "0 J"})["energy used system"]
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)? J", told)
    assert float(told.removesuffix(" J")) / 3.6e6 == pytest.approx(work.whole.it_energy_kwh, rel=1e-9, abs=1e-18)
    assert document["emissions"]["it_energy_kwh"] == work.whole.it_energy_kwh


def test_what_is_unknown_is_left_out() -> None:
    document = document_of(a_work(a_record("a", kwh=None), a_record("b", kwh=None, grid=NO_FIGURE)))
    assert not {"cpu", "gpu", "ram"} & document["resources"].keys()
    assert "emissions_kg_co2e" not in document["emissions"]
    assert document["emissions"]["activities_without_emissions"] == 2


def test_a_replaced_pipeline_s_steps_add_nothing_to_it() -> None:
    records = [
        a_record("p", kwh=1.0), a_record("s", kwh=0.5, parent_id="p"), a_record("q", kwh=1.0, supersedes="p"),
    ]  # fmt: skip
    document = document_of(a_work(*records))
    assert document["resources"]["cpu"]["energy used system"] == "3600000 J"
    assert document["resources"]["runtime"]["wallclock"] == "3600000 ms"


@given(team=TEXTS, tag=TEXTS, program=TEXTS)
def test_strangers_names_are_read_back_as_the_same_text(team: str, tag: str, program: str) -> None:
    record = a_record(command=Command(program=program or "x"))
    work = a_work(record, team=team, tag=tag, method_description=team)
    document = document_of(work)
    assert document.get("tag", "") == tag
    assert document.get("actor", {"team": ""})["team"] == team
    assert document.get("method", {"description": ""})["description"] == team
    assert document["implementation"]["executable"]["cmd"] == [program or "x"]
    assert math.isclose(document["schema version"], 0.2)
