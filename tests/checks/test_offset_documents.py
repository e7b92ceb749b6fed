"""What a document seems to say: every candidate is found by its shape, and one that differs is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_files import LINES

from neuclir_carbon.checks import offset_documents
from neuclir_carbon.checks.offset_documents import Candidates, Confirmed, candidates_in, quantity_kg
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.certificates import parse_certificate

EXAMPLE: dict[str, Any] = json.loads(schema_path("certificate-reference/1").read_text(encoding="utf-8"))["examples"][0]


def codes(candidates: Candidates, **changes: Any) -> list[str]:
    value = parse_certificate(json.dumps({**EXAMPLE, **changes}).encode(), "c.json").value
    assert value is not None
    return [finding.code for finding in offset_documents.BOOK.examine(Confirmed(value, candidates))]


def test_a_certificates_candidates_are_found_wherever_its_columns_tear_them() -> None:
    wanted = Candidates(
        certificate_ids=("VC99998/2024",),
        quantities=("3 CERs",),
        serials=(
            "KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336",
            "KE-5-71234501-2-2-0-5336",
            "KE-5-71234503-2-2-0-5336",
        ),
        dates=("2024-11-15",),
    )
    assert candidates_in("\n".join(LINES)) == wanted
    torn = [line for line in LINES if line.isupper() or ":" in line] + [line for line in LINES if ":" not in line]
    assert candidates_in("\n\n".join(torn)) == wanted


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("REFERENCE: VC 12 / 2024", "certificate_ids", ("VC12/2024",)),
        ("Retirement ret_1KNSQMD6Z1S0TB50.", "certificate_ids", ("ret_1KNSQMD6Z1S0TB50",)),
        ("1,000 VCUs and 1.5 t", "quantities", ("1,000 VCUs", "1.5 t")),
        ("3 short tons", "quantities", ()),
        ("on 15/11/2024, Nov 16, 2024, 17 November 2024, 2024-11-18, 31/02/2024", "dates",
         ("2024-11-18", "2024-11-15", "2024-11-17", "2024-11-16")),
        ("ACR-US-212-2019-1155-70286 to 70398 retired", "serials", ("ACR-US-212-2019-1155-70286 to 70398",)),
        ("of 19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0.", "serials",
         ("19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0",)),
        ("see https://registry.verra.org/x?id=1.", "registry_urls", ("https://registry.verra.org/x?id=1",)),
        ("http://plain.example javascript:alert(1)", "registry_urls", ()),
    ],
)  # fmt: skip
def test_each_kind_of_value_is_known_by_its_shape(text: str, kind: str, found: tuple[str, ...]) -> None:
    assert getattr(candidates_in(text), kind) == found


@pytest.mark.parametrize(
    ("text", "kg"),
    [
        ("3 CERs", 3000), ("1,000 t", 1_000_000), ("0.004 t", 4), ("250 kg", 250), ("0.5 kg", None), ("0 t", None),
        ("3", None), ("3 tons", None), ("3 short tons", None), ("-3 t", None), ("1e3 t", None),
    ],
)  # fmt: skip
def test_a_printed_quantity_is_counted_only_with_its_unit(text: str, kg: int | None) -> None:
    assert quantity_kg(text) == kg


SAME = Candidates(
    certificate_ids=("VC99998/2024",), quantities=("3 CERs", "3 tonnes"), dates=("2024-11-15", "2016-01-01")
)
FIRING = (
    Candidates(quantities=("3 CERs", "3000 CERs")),
    Candidates(quantities=("30 CERs",)),
    Candidates(certificate_ids=("VC1/2024",)),
    Candidates(certificate_ids=("VC99998/2024", "VC1/2024")),
    Candidates(dates=("2024-11-16",)),
)


@pytest.mark.parametrize("candidates", FIRING)
def test_a_document_that_says_something_else_is_told(candidates: Candidates) -> None:
    assert codes(candidates) == ["OFF062"]


SILENT = (SAME, Candidates(), Candidates(certificate_ids=("vc99998/2024",)))


@pytest.mark.parametrize("candidates", SILENT)
def test_a_document_that_says_the_same_is_not(candidates: Candidates) -> None:
    assert codes(candidates) == []


@given(st.text(max_size=400) | st.text("VC/0123456789 CERs-KE.,:to", max_size=400))
def test_no_text_breaks_the_search(text: str) -> None:
    found = candidates_in(text)
    assert all(len(values) <= offset_documents.MOST_CANDIDATES for values in (found.serials, found.quantities))
