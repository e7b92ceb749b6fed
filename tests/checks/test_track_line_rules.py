"""Rules about track files whose runs are JSONL: schemas that can be used, expressions in them, paths that agree."""

from typing import Any

import attrs
import pytest

from neuclir_carbon.checks.tracks import BOOK
from neuclir_carbon.model.track import Track
from neuclir_carbon.store.tracks import load_track

FORMAT = "/tasks/report/format"


def changed(**of_format: Any) -> Track:
    loaded = load_track("neuclir-2024").track
    report = loaded.tasks["report"]
    return attrs.evolve(loaded, tasks={"report": attrs.evolve(report, format=attrs.evolve(report.lines, **of_format))})


def faults(track: Track) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.location.pointer) for finding in BOOK.examine(track)]


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"type": "objekt"}, ""),
        ({"required": "topic_id"}, ""),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": 7}, ""),
        ({"$ref": "#"}, ""),
        ({"properties": {"a": {"$ref": "https://example.org/schema.json"}}}, "/properties/a"),
        ({"anyOf": [{"$dynamicRef": "#x"}]}, "/anyOf/0"),
    ],
)
def test_a_line_schema_is_a_json_schema_without_references(schema: dict[str, Any], pointer: str) -> None:
    assert faults(changed(line_schema=schema)) == [("TRK006", f"{FORMAT}/line_schema{pointer}")]


def test_a_property_may_be_called_like_a_keyword() -> None:
    assert (
        faults(changed(line_schema={"properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}})) == []
    )


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"citation_pattern": "("}, "TRK001", "/citation_pattern"),
        ({"citation_pattern": "(a+)+"}, "TRK002", "/citation_pattern"),
        ({"run_tag_pattern": "["}, "TRK001", "/run_tag_pattern"),
        ({"line_schema": {"pattern": "("}}, "TRK001", "/line_schema/pattern"),
        ({"line_schema": {"items": {"pattern": "(a+)+"}}}, "TRK002", "/line_schema/items/pattern"),
        ({"line_schema": {"patternProperties": {"(a*)*": {}}}}, "TRK002", "/line_schema/patternProperties"),
    ],
)
def test_every_expression_of_a_line_format_is_looked_at(changes: dict[str, Any], code: str, pointer: str) -> None:
    assert (code, FORMAT + pointer) in faults(changed(**changes))


@pytest.mark.parametrize(
    ("texts", "citations"),
    [("/texts/*", "/citations/*"), ("/sentences/*/text", "/cited/*/ids"), ("/text", "/citations"), ("/s/*/t", "/s/*")],
)
def test_texts_and_citations_stand_in_the_same_list(texts: str, citations: str) -> None:
    assert faults(changed(texts_path=texts, citations_path=citations)) == [("TRK007", f"{FORMAT}/citations_path")]


def test_levels_are_given_to_rules_about_that_kind_of_run() -> None:
    loaded = load_track("neuclir-2024").track
    report = attrs.evolve(loaded.tasks["report"], rules={"RUN203": "error", "official": {"RUN401": "error"}})
    found = list(BOOK.examine(attrs.evolve(loaded, tasks={"report": report})))
    assert [(finding.code, finding.location.pointer) for finding in found] == [("TRK003", "/tasks/report/rules")]
    assert "no rule 'RUN203' about runs of kind jsonl" in found[0].message
