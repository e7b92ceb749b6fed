"""A bundle's members as other programs read them: the crate, ir_metadata, the list of digests.

What their own checkers say stands in `tests/benchmarks/public_checkers.py`, run by hand.
"""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from making import TAG, a_ledger, a_record, ordered

from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.record import Command
from neuclir_carbon.workflow.bundling import Bundled, bundle

CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    {"resourceUsage": "https://w3id.org/ro/terms/workflow-run#resourceUsage"},
]
# The words of RO-Crate 1.1's context that a bundle uses; another word would be refused by the crate's public checker.
WORDS = {
    "@id", "@type", "about", "actionStatus", "agent", "author", "conformsTo", "contentSize", "datePublished",
    "description", "encodingFormat", "endTime", "hasPart", "instrument", "license", "mentions", "name", "object",
    "propertyID", "resourceUsage", "result", "startTime", "unitText", "value", "version",
}  # fmt: skip
TIMES = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+\d{2}:\d{2}")


def member(made: Bundled, name: str) -> bytes:
    with zipfile.ZipFile(made.path) as archive:
        return archive.read(name)


def graph(made: Bundled) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads(member(made, "ro-crate-metadata.json"))["@graph"]}


@pytest.fixture
def made(tmp_path: Path) -> Bundled:
    command = Command(program="search tool/é", exit_code=1)
    order = ordered(tmp_path, license="CC-BY-4.0")
    a_ledger(tmp_path / "ledger", a_record("20241117T000000Z-0000000a", run_tags=(TAG,), command=command))
    return bundle(order)


def test_the_crate_keeps_to_the_words_of_its_context(made: Bundled) -> None:
    document = json.loads(member(made, "ro-crate-metadata.json"))
    assert document["@context"] == CONTEXT
    used = {key for entity in document["@graph"] for key in entity}
    assert used <= WORDS


def test_the_crate_that_is_made_in_pieces_is_json_like_every_other_document(made: Bundled) -> None:
    text = member(made, "ro-crate-metadata.json")
    assert text == format_json(json.loads(text))


def test_every_reference_in_the_crate_leads_somewhere_and_every_member_is_described(made: Bundled) -> None:
    entities = graph(made)
    outside = ("https://w3id.org/ro/crate/1.1",)
    for entity in entities.values():
        for value in entity.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    assert item["@id"] in entities or item["@id"] in outside
    with zipfile.ZipFile(made.path) as archive:
        described = {entity["name"] for entity in entities.values() if entity["@type"] == "File"}
        assert described == set(archive.namelist()) - {"ro-crate-metadata.json", "manifest-sha256.txt"}


def test_each_activity_is_an_action_with_all_that_the_profile_asks_for(made: Bundled) -> None:
    entities = graph(made)
    assert entities["./"]["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    actions = [entity for entity in entities.values() if entity["@type"] == "CreateAction"]
    assert len(actions) == 3
    for action in actions:
        assert TIMES.fullmatch(action["startTime"]) and TIMES.fullmatch(action["endTime"])
        assert entities[action["instrument"]["@id"]]["@type"] == "SoftwareApplication"
        assert entities[action["instrument"]["@id"]]["version"]
        assert entities[action["object"]["@id"]]["name"] == "neuclir-2024, task clir"
        assert entities[action["result"]["@id"]]["name"] == TAG
        usage = [entities[part["@id"]] for part in action["resourceUsage"]]
        assert [part["unitText"] for part in usage] == ["kWh", "kg", "s"]
        assert all(part["@type"] == "PropertyValue" for part in usage)
    states = [action["actionStatus"].removeprefix("http://schema.org/") for action in actions]
    assert sorted(states) == ["CompletedActionStatus", "CompletedActionStatus", "FailedActionStatus"]


def test_the_root_names_licence_author_and_date(made: Bundled, tmp_path: Path) -> None:
    root, entities = graph(made)["./"], graph(made)
    assert entities[root["license"]["@id"]]["name"] == "CC-BY-4.0"
    assert entities[root["author"]["@id"]] == {"@id": "#team", "@type": "Organization", "name": "lotus"}
    assert root["datePublished"] == "2024-11-15T10:30:00.000Z"
    without = graph(bundle(ordered(tmp_path / "without")))
    assert without["#license"]["name"] == "No licence was given."


def test_a_method_on_the_command_line_beats_ledger_toml_and_reaches_ir_metadata(tmp_path: Path) -> None:
    order = ordered(tmp_path, method_name="BM25", repository="https://example.org/lotus")
    (tmp_path / "ledger" / "ledger.toml").write_text('method_name = "old"\nmethod_description = "two\\nlines"\n')
    found = yaml.safe_load(member(bundle(order), "ir-metadata.yml"))
    assert found["method"] == {"name": "BM25", "description": "two\nlines"}
    assert found["implementation"]["source"] == {"repository": "https://example.org/lotus"}
    assert found["data"]["test collection"]["name"] == "neuclir-2024/clir"
    assert found["actor"] == {"team": "lotus"}


def test_what_is_unknown_is_left_out_of_ir_metadata_and_never_0(tmp_path: Path) -> None:
    untracked = yaml.safe_load(member(bundle(ordered(tmp_path / "a", ledgers=())), "ir-metadata.yml"))
    assert untracked["emissions"] == {"tracked": False}
    assert "resources" not in untracked
    assert untracked["platform"]["software"].keys() == {"neuclir-carbon"}
    order = ordered(tmp_path / "b", ledgers=(a_ledger(tmp_path / "unknown", a_record("x", kwh=None)),))
    unknown = yaml.safe_load(member(bundle(order), "ir-metadata.yml"))["emissions"]
    assert "emissions_kg_co2e" not in unknown and "embodied_kg_co2e" not in unknown
    assert unknown["activities_without_emissions"] == 1


def test_the_verdict_inside_does_not_tell_where_the_run_lay(tmp_path: Path) -> None:
    order = ordered(tmp_path / "ada's secret folder", allow_invalid=True)
    order.run.write_text(order.run.read_text().replace(" Q0 ", " q0 "))
    verdict = json.loads(member(bundle(order), "verdict.json"))
    assert verdict["findings"]
    assert {finding["location"]["path"] for finding in verdict["findings"]} == {TAG}
