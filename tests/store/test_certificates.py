"""Certificate references between bytes and values: whatever is broken is named by place, and never half used."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.certificate import SCHEMA, Allocation, Period
from neuclir_carbon.model.json_data import format_json, plain
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.certificates import parse_certificate, parse_certificates, read_certificate

EXAMPLE: dict[str, Any] = json.loads(schema_path(SCHEMA).read_text(encoding="utf-8"))["examples"][0]
MINIMAL = {key: EXAMPLE[key] for key in ("schema", "certificate_id", "programme", "unit_type", "quantity_kg")} | {
    "retired_on": "2024-11-15",
    "allocations": [{"scope_id": "neuclir-2024/TEAM3", "kg": 250}],
}


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_the_schemas_example_is_read_whole() -> None:
    certificate = parse_certificate(as_bytes(EXAMPLE), "c.json").value
    assert certificate is not None
    assert certificate.certificate_id == "VC99998/2024"
    assert certificate.allocations == (
        Allocation(scope_id="neuclir-2024/TEAM3", kg=250),
        Allocation(scope_id="neuclir-2025/TEAM3", kg=400),
    )
    assert certificate.serials[0].end_raw == "KE-5-71234503-2-2-0-5336"
    assert certificate.vintage == Period(start="2016-01-01", end="2016-12-31")
    assert certificate.beneficiary is not None
    assert certificate.beneficiary.public is False


@pytest.mark.parametrize("document", [EXAMPLE, MINIMAL])
def test_a_reference_that_was_read_is_written_by_its_schema_and_reads_the_same(document: dict[str, Any]) -> None:
    certificate = parse_certificate(as_bytes(document), "c.json").value
    written = format_json(plain(certificate))
    assert examine_bytes(SCHEMA, written)[1] == ()
    assert parse_certificate(written, "again.json").value == certificate


def test_what_is_missing_is_unknown() -> None:
    certificate = parse_certificate(as_bytes(MINIMAL), "c.json").value
    assert certificate is not None
    assert certificate.action == certificate.corresponding_adjustment == "unknown"
    assert (
        certificate.price is certificate.project is certificate.attestation is certificate.other_uses_declared is None
    )


BROKEN = [
    ("schema", "certificate-reference/2", "/schema"),
    ("schema", None, ""),
    ("certificate_id", "", "/certificate_id"),
    ("certificate_id", "VC1\n", "/certificate_id"),
    ("certificate_id", "VC\u202e1", "/certificate_id"),
    ("certificate_id", "x" * 65, "/certificate_id"),
    ("programme", "verra", "/programme"),
    ("unit_type", "TON", "/unit_type"),
    ("quantity_kg", 0, "/quantity_kg"),
    ("quantity_kg", 0.5, "/quantity_kg"),
    ("quantity_kg", True, "/quantity_kg"),
    ("quantity_kg", "3 t", "/quantity_kg"),
    ("quantity_kg", 10**16, "/quantity_kg"),
    ("retired_on", "15.11.2024", "/retired_on"),
    ("retired_on", "2023-02-29", "/retired_on"),
    ("retired_on", "2024-11-15\n", "/retired_on"),
    ("retired_on", "٢٠٢٤-11-15", "/retired_on"),
    ("allocations", [], "/allocations"),
    ("allocations", [{"scope_id": "neuclir-2024", "kg": 1}], "/allocations/0/scope_id"),
    ("allocations", [{"scope_id": "neuclir-2024/", "kg": 1}], "/allocations/0/scope_id"),
    ("allocations", [{"scope_id": "neuclir-2024/A\u0007", "kg": 1}], "/allocations/0/scope_id"),
    ("allocations", [{"scope_id": "neuclir-2024/A", "kg": 0}], "/allocations/0/kg"),
    ("allocations", [{"scope_id": "neuclir-2024/A", "kg": 1, "note": ""}], "/allocations/0"),
    ("serials", [{"raw": "x"}] * 201, "/serials"),
    ("serials", [{"raw": "x" * 201}], "/serials/0/raw"),
    ("registry_url", "http://verra.org/x", "/registry_url"),
    ("registry_url", "javascript:alert(1)", "/registry_url"),
    ("document", {"sha256": "A" * 64}, "/document/sha256"),
    ("price", {"amount": "4,00", "currency": "USD"}, "/price/amount"),
    ("price", {"amount": "NaN", "currency": "USD"}, "/price/amount"),
    ("attestation", {"sole_claim": False, "signed_by": "A"}, "/attestation/sole_claim"),
    ("notes", "hello", ""),
]


@pytest.mark.parametrize(("key", "value", "pointer"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_reference_is_off001_at_its_place(key: str, value: Any, pointer: str) -> None:
    document = {**MINIMAL, key: value} if value is not None else {k: v for k, v in MINIMAL.items() if k != key}
    parsed = parse_certificate(as_bytes(document), "c.json")
    assert parsed.value is None
    assert any(
        (f.code, f.location.path, f.location.pointer or "") == ("OFF001", "c.json", pointer) for f in parsed.findings
    )


@pytest.mark.parametrize("quantity", [0, -1, 2.5, "3 t", None])
def test_a_quantity_that_is_no_number_of_kg_is_off002_too(quantity: Any) -> None:
    parsed = parse_certificate(as_bytes({**MINIMAL, "quantity_kg": quantity}), "c.json")
    assert {finding.code for finding in parsed.findings} == {"OFF001", "OFF002"}


def test_a_missing_key_is_told_once() -> None:
    (finding,) = parse_certificate(b'{"schema": "certificate-reference/1"}', "c.json").findings
    assert '"quantity_kg"' in finding.message


NO_JSON = [b"", b"   ", b"\xff\xfe", b"not json", b'{"schema":', b'{"a": 1, "a": 2}', b'{"kg": NaN}', b"[" * 100_000]


@pytest.mark.parametrize("data", [*NO_JSON, b"[]", b"null"], ids=range(len(NO_JSON) + 2))
def test_what_is_no_reference_at_all_is_off001(data: bytes) -> None:
    parsed = parse_certificate(data, "c.json")
    assert parsed.value is None
    assert {finding.code for finding in parsed.findings} == {"OFF001"}
    assert all(len(str(finding)) < 400 for finding in parsed.findings)


def test_a_bundles_array_keeps_its_order_and_may_be_empty() -> None:
    second = {**MINIMAL, "certificate_id": "VC2/2024"}
    parsed = parse_certificates(as_bytes([second, EXAMPLE]), "certificates.json")
    assert parsed.value is not None
    assert [certificate.certificate_id for certificate in parsed.value] == ["VC2/2024", "VC99998/2024"]
    assert parse_certificates(b"[]", "certificates.json").value == ()


def test_one_broken_reference_breaks_the_array_and_is_named_by_its_place_in_it() -> None:
    parsed = parse_certificates(as_bytes([EXAMPLE, {**MINIMAL, "quantity_kg": 0}]), "certificates.json")
    assert parsed.value is None
    assert {str(finding.location) for finding in parsed.findings} == {"certificates.json#/1/quantity_kg"}


@pytest.mark.parametrize("data", [*NO_JSON, b"{}", b"[null]"], ids=range(len(NO_JSON) + 2))
def test_what_is_no_array_of_references_is_off001(data: bytes) -> None:
    parsed = parse_certificates(data, "certificates.json")
    assert parsed.value is None
    assert {finding.code for finding in parsed.findings} == {"OFF001"}


def test_a_path_that_is_no_file_is_unreadable(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (8 * 1024 * 1024 + 1))
    for path in (tmp_path / "missing.json", tmp_path, fifo, large):
        with pytest.raises(Unreadable, match=path.name):
            read_certificate(path)


def test_a_file_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(as_bytes(EXAMPLE))
    assert read_certificate(path).value == parse_certificate(as_bytes(EXAMPLE), "x").value
    assert path.read_bytes() == as_bytes(EXAMPLE)
