"""DOC: documents against their schemas; messages name the place, what was found, and what is wanted."""

import json

import pytest
from making import a_record

from neuclir_carbon.checks.documents import examine_array, examine_bytes
from neuclir_carbon.model.json_data import format_json, plain

RECORD = plain(a_record())


def examined(value: object) -> list[str]:
    _, findings = examine_bytes("activity-record/1", json.dumps(value).encode())
    return [str(finding) for finding in findings]


def test_a_sound_document_comes_back_as_its_value() -> None:
    value, findings = examine_bytes("activity-record/1", format_json(RECORD))
    assert value == RECORD
    assert findings == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"activity": "mining"}, '#/activity DOC002 is "mining", wanted one of "training", "development"'),
        ({"duration_s": "1 h"}, '#/duration_s DOC002 is "1 h", wanted number or null'),
        ({"duration_s": -1}, "#/duration_s DOC002 is -1, but minimum is 0"),
        ({"kg": 1}, 'DOC002 has unknown keys "kg"'),
        ({"schema": "activity-record/2"}, "#/schema DOC002 is"),
        ({"started_at": "yesterday"}, "#/started_at DOC002 is"),
        ({"record_id": "20241115T093000Z-00000001\n"}, "#/record_id DOC002 is"),
        ({"run_tags": ["a/b"]}, "#/run_tags/0 DOC002 is"),
    ],
)
def test_a_fault_is_told_with_its_pointer_what_was_found_and_what_is_wanted(
    changes: dict[str, object], expected: str
) -> None:
    assert examined({**RECORD, **changes})[0].startswith(expected)


def test_missing_keys_are_named() -> None:
    assert examined({"schema": "activity-record/1"})[0].startswith('DOC002 lacks "record_id", "activity"')


def test_a_document_with_a_thousand_faults_is_told_in_few_lines() -> None:
    _, findings = examine_bytes("activity-record/1", json.dumps({**RECORD, "run_tags": [1] * 5000}).encode())
    assert 10 < len(findings) <= 51
    assert all(len(str(finding)) < 400 for finding in findings)


def test_one_bad_document_of_an_array_is_named_by_its_place() -> None:
    values, findings = examine_array("activity-record/1", json.dumps([RECORD, {**RECORD, "method": 3}]).encode())
    assert values is None
    assert [finding.location.pointer for finding in findings] == ["/1/method"]


@pytest.mark.parametrize("data", [b"{}", b"3", b"null", b"[", b""])
def test_what_is_no_array_is_refused(data: bytes) -> None:
    values, findings = examine_array("activity-record/1", data)
    assert values is None
    assert findings


def test_an_array_of_a_million_broken_documents_is_told_in_fifty_findings_and_soon() -> None:
    """Each would give a finding of its own: they must not fill the memory."""
    values, findings = examine_array("activity-record/1", b"[" + b"{}," * 1_000_000 + b"{}]")
    assert values is None
    assert len(findings) == 50


def test_an_array_of_more_values_than_memory_holds_is_not_read() -> None:
    values, findings = examine_array("activity-record/1", b"[" + b"[]," * 3_000_000 + b"[]]")
    assert values is None
    assert [finding.code for finding in findings] == ["DOC001"]
