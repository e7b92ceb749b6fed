"""The JSON Schemas themselves: sound, explained to the last property, and with examples that pass."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neuclir_carbon.resources import schema_path, shelf, track_paths

KINDS = (
    "activity-record/1",
    "certificate-reference/1",
    "commitment/1",
    "ledger-settings/1",
    "receipt/1",
    "resolution/1",
    "submission-manifest/1",
    "track-inventory/1",
    "track-schema/1",
    "verdict/1",
)


def schema(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema_path(kind).read_text())
    return loaded


def properties(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            yield f"{path}/{name}", inner
        for key, inner in node.items():
            if key not in ("examples", "enum", "const"):
                yield from properties(inner, f"{path}/{key}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from properties(inner, f"{path}/{index}")


def test_every_kind_of_document_has_its_schema_and_nothing_else_lies_there() -> None:
    assert {path.name for path in shelf("schemas").glob("*.json")} == {schema_path(kind).name for kind in KINDS}
    assert not list(Path(shelf("schemas")).rglob("*.py"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_sound_and_its_examples_pass(kind: str) -> None:
    loaded = schema(kind)
    jsonschema.Draft202012Validator.check_schema(loaded)
    assert loaded["$id"] == f"urn:neuclir-carbon:schema:{kind.replace('/', ':')}"
    assert loaded["title"]
    assert loaded["examples"]
    for example in loaded["examples"]:
        jsonschema.Draft202012Validator(loaded).validate(example)


@pytest.mark.parametrize("kind", KINDS)
def test_every_property_is_explained_and_unknown_ones_are_refused(kind: str) -> None:
    loaded = schema(kind)
    assert loaded["description"]
    assert loaded["additionalProperties"] is False
    unexplained = [path for path, inner in properties(loaded) if not inner.get("description")]
    assert unexplained == []


@pytest.mark.parametrize("kind", ["activity-record/1", "track-inventory/1", "certificate-reference/1"])
def test_a_number_s_name_or_its_description_tells_the_unit(kind: str) -> None:
    units = ("kwh", "kg", "_s", "g_co2e", "bytes", "watts", "per_kwh", "percent")
    words = (
        "kWh",
        "kg",
        "seconds",
        "g CO2e",
        "Facility energy",
        "IT energy",
        "bound",
        "share",
        "value",
        "Of the teams",
    )
    for path, inner in properties(schema(kind)):
        if inner.get("type") in ("number", ["number", "null"]):
            name = path.rsplit("/", 1)[-1]
            explained = any(unit in name for unit in units) or any(word in inner["description"] for word in words)
            assert explained, path


@pytest.mark.parametrize(("track", "path"), list(track_paths()))
def test_a_packaged_track_follows_the_schema_and_is_named_as_its_file(track: str, path: Path) -> None:
    loaded = json.loads(path.read_text())
    jsonschema.Draft202012Validator(schema("track-schema/1")).validate(loaded)
    assert loaded["track"] == track == path.stem
