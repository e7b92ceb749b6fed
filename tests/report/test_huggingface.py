"""The front matter of a model card: grams, place and hardware, and nothing that a stranger wrote acts in it."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from making import a_record
from strangers import TEXTS
from works import FRANCE, NO_FIGURE, a_work, imported

from neuclir_carbon.errors import BadOption, CarbonError, Rejected, UnknownName
from neuclir_carbon.model.record import Embodied, Grid
from neuclir_carbon.report.huggingface import Card, front_matter
from neuclir_carbon.report.work import Written


def block_of(written: Written) -> dict[str, Any]:
    """The block as the Hub's library finds it: what stands between the first two lines of three hyphens."""
    found = re.fullmatch(r"(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|$))", written.data.decode())
    assert found is not None
    document = yaml.safe_load(found[2])
    assert list(document) == ["co2_eq_emissions"]
    block: dict[str, Any] = document["co2_eq_emissions"]
    return block


def test_emissions_are_in_grams_with_place_and_hardware() -> None:
    hardware = {
        "cpu_model": "Xeon",
        "logical_cpus": 16,
        "gpu_model": "8 x NVIDIA H100",
        "gpu_count": 8,
        "ram_gib": 64.0,
    }
    training = a_record("a", activity="training", kwh=10.0, hardware=hardware)
    block = block_of(front_matter(a_work(training), Card(training_type="fine-tuning")))
    assert block["emissions"] == pytest.approx(10 * 329.65)
    assert block["training_type"] == "fine-tuning"
    assert block["geographical_location"] == "Germany"
    assert block["hardware_used"] == "8 x NVIDIA H100, Xeon (16 logical CPUs), 64.0 GiB of memory"
    assert "measured with neuclir-carbon" in block["source"] and "between" in block["source"]
    assert list(block) == ["emissions", "source", "training_type", "geographical_location", "hardware_used"]


def test_the_training_alone_can_be_asked_for_and_a_pipeline_then_counts_with_its_rest() -> None:
    records = [
        a_record("p", activity="training", kwh=10.0),
        a_record("s", activity="evaluation", kwh=4.0, parent_id="p", grid=FRANCE),
    ]
    whole = front_matter(a_work(*records), Card())
    rest_kg = 10 * 0.32965 - 4 * 0.0414
    assert block_of(whole)["emissions"] == pytest.approx(10 * 329.65)
    assert "--activity training" in "\n".join(whole.notes)
    alone = front_matter(a_work(*records), Card(activities=("training",)))
    assert block_of(alone)["emissions"] == pytest.approx(rest_kg * 1000)
    assert block_of(alone)["geographical_location"] == "Germany"


def test_the_places_and_machines_of_the_most_emissions_come_first() -> None:
    records = [
        a_record("small", kwh=0.1, grid=FRANCE, hardware={"cpu_model": "Xeon"}),
        a_record("large", kwh=9.0, hardware={"gpu_model": "NVIDIA H100", "gpu_count": 4}),
    ]
    block = block_of(front_matter(a_work(*records), Card()))
    assert block["geographical_location"] == "Germany; France"
    assert block["hardware_used"] == "4 x NVIDIA H100; Xeon"


def test_the_kind_of_training_is_never_guessed() -> None:
    written = front_matter(a_work(a_record(activity="training")), Card())
    assert block_of(written)["training_type"] == "not stated"
    assert "--training-type" in "\n".join(written.notes)
    written = front_matter(a_work(a_record(activity="retrieval")), Card())
    assert block_of(written)["training_type"] == "none (retrieval)"


def test_manufacture_is_in_the_number_and_named() -> None:
    embodied = Embodied(kg_co2e=1.0, low=0.5, high=2.0, source="x")
    block = block_of(front_matter(a_work(a_record(kwh=1.0, embodied=embodied)), Card()))
    assert block["emissions"] == pytest.approx(1329.65)
    assert "1.00 kg from manufacture" in block["source"]


def test_unknown_emissions_are_said_and_a_number_is_never_made_up() -> None:
    written = front_matter(a_work(a_record("a"), a_record("b", kwh=None)), Card())
    assert "without 1 activity of unknown emissions" in block_of(written)["source"]
    assert "1 activity of unknown emissions" in "\n".join(written.notes)
    with pytest.raises(Rejected, match="unknown for 1 activity"):
        front_matter(a_work(a_record(grid=NO_FIGURE)), Card())
    with pytest.raises(Rejected, match="no activity is recorded"):
        front_matter(a_work(), Card())


def test_the_tool_that_tracked_is_named() -> None:
    block = block_of(front_matter(a_work(imported("a", "codecarbon", "2.3.5"), a_record("b")), Card()))
    assert "1 imported from CodeCarbon 2.3.5" in block["source"]


@pytest.mark.parametrize(
    ("card", "error", "names"),
    [
        (Card(training_type="fine tuning"), UnknownName, "fine-tuning"),
        (Card(activities=("trainig",)), UnknownName, "training"),
    ],
)
def test_a_wrong_word_names_the_nearest(card: Card, error: type[CarbonError], names: str) -> None:
    with pytest.raises(error, match=names):
        card.checked()


def test_an_activity_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(BadOption, match="retrieval"):
        front_matter(a_work(a_record()), Card(activities=("training",)))


@given(model=TEXTS, region=TEXTS, tool=TEXTS)
def test_no_stranger_s_text_acts_in_the_yaml_or_ends_it(model: str, region: str, tool: str) -> None:
    grid = Grid(g_co2e_per_kwh=1.0, low=1.0, high=1.0, country="USA", region=region, source="x", basis="given")
    record = imported("a", tool or "x", tool, grid=grid, hardware={"cpu_model": model, "device": model, "count": 2})
    written = front_matter(a_work(record), Card())
    assert written.data.decode().count("\n---\n") == 1
    block = block_of(written)
    assert [type(value) for value in block.values()] == [float, str, str, str, str]
    assert all(value.isprintable() for value in list(block.values())[1:])
