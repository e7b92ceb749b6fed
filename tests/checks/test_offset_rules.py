"""Every OFF rule fires where it should and keeps silent where it should."""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from neuclir_carbon.checks import coverage, offset_conflicts, offsets
from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.checks.offset_evidence import token_set_ratio
from neuclir_carbon.checks.offsets import examine
from neuclir_carbon.checks.registry_pages import is_known_registry, registry_host
from neuclir_carbon.model.certificate import Certificate, Claimed
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.store.certificates import parse_certificate

AS_OF = date(2026, 11, 22)
SHA = "a" * 64
BASE: dict[str, Any] = {
    "schema": "certificate-reference/1", "certificate_id": "VC99998/2024", "programme": "cdm", "unit_type": "CER",
    "action": "voluntary-cancellation", "quantity_kg": 3000, "quantity_as_printed": "3 CERs",
    "serials": [{"raw": "KE-5-71234501-2-2-0-5336", "end_raw": "KE-5-71234503-2-2-0-5336"}],
    "project": {"id": "5336", "host_country": "KE"}, "vintage": {"start": "2016-01-01", "end": "2016-12-31"},
    "retired_on": "2024-11-15", "beneficiary": {"name": "TEAM3", "public": True}, "purpose": "NeuCLIR 2024",
    "registry_url": "https://cdm.unfccc.int/Registry/vc_attest/index.html", "labels": ["CCP"],
    "corresponding_adjustment": "not-applicable",
    "allocations": [{"scope_id": "neuclir-2024/TEAM3", "kg": 3000}],
    "attestation": {"sole_claim": True, "signed_by": "A. Person"},
}  # fmt: skip
VCU = "19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"
VERRA: dict[str, Any] = {
    "programme": "verra-vcs", "unit_type": "VCU", "quantity_kg": 11000, "quantity_as_printed": "11 VCUs",
    "serials": [{"raw": VCU}], "project": {"id": "VCS513", "host_country": "BR"},
    "vintage": {"start": "2018-01-01", "end": "2018-12-31"}, "certificate_id": "V1",
    "allocations": [{"scope_id": "neuclir-2024/TEAM3", "kg": 11000}],
}  # fmt: skip


def certificate(**changes: Any) -> Certificate:
    """The base reference with changes; None drops a key. It goes through the schema, as every reference does."""
    document = {**deepcopy(BASE), **changes}
    data = json.dumps({key: value for key, value in document.items() if value is not None}).encode()
    parsed = parse_certificate(data, "c.json")
    assert parsed.value is not None, parsed.findings
    return parsed.value


def claimed(path: str = "c.json", team: str | None = None, **changes: Any) -> Claimed:
    return Claimed(certificate=certificate(**changes), path=path, team=team)


def codes(*claims: Claimed) -> list[str]:
    return [finding.code for finding in examine(claims, AS_OF)]


def found(code: str, *claims: Claimed) -> list[Finding]:
    return [finding for finding in examine(claims, AS_OF) if finding.code == code]


def serials(*texts: str) -> dict[str, Any]:
    return {"serials": [{"raw": text} for text in texts]}


def period(start: str, end: str, kg: int = 3000) -> dict[str, Any]:
    return {"scope_id": "neuclir-2024/TEAM3", "kg": kg, "period": {"start": start, "end": end}}


def cer(first: int, last: int, project: str = "5336", country: str = "KE") -> str:
    return f"{country}-5-{first}-2-2-0-{project} - {country}-5-{last}-2-2-0-{project}"


ALONE: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    # code: (changes that make it fire, changes that do not)
    "OFF002": (
        [{"quantity_as_printed": text} for text in ("3 short tons", "3 ton", "3", "4 CERs", "3000 t", "3 kg")],
        [{"quantity_as_printed": text} for text in ("3 CERs", "3 tCO2e", "3 tonnes of CO2", "3000 kg", "3.0 t")]
        + [{"quantity_as_printed": text} for text in ("3 CERs (3 tonnes)", "5336: 3 CERs", "3.000 kg", None)],
    ),
    "OFF004": (
        [{"quantity_kg": 250, "quantity_as_printed": None}],
        [{}, {"programme": "isometric", "unit_type": "ISO-CREDIT", "quantity_kg": 250, "serials": []}],
    ),
    "OFF009": (
        [serials(cer(71234501, 71234503, "05336")), {**serials(cer(1, 5_000_001)), "quantity_kg": 5_000_001_000}],
        [{}, {**serials(cer(1, 5_000_000)), "quantity_kg": 5_000_000_000}],
    ),
    "OFF010": (
        [serials(text) for text in ("5336", "VC99998/2024", VCU, "ZZ-5-1-2-2-0-5336", "KE-5-1-2-1-0-5336", "K\u200bE")],
        [{}, VERRA, {"programme": "retailer", **serials("order 17")}, {"programme": "pacm-a6.4", **serials("x")}],
    ),
    "OFF011": ([serials(cer(9, 3)), serials("KE-5-0-2-2-0-5336")], [{}, serials(cer(9, 9))]),
    "OFF012": ([{"quantity_kg": 4000}, {**VERRA, "quantity_kg": 12000}], [{}, VERRA, {"serials": []}, serials("x")]),
    "OFF013": ([{"quantity_kg": 2000, "quantity_as_printed": None}], [{}, {"quantity_kg": 4000}]),
    "OFF014": (
        [serials(f"{cer(1, 1)[:18]} - {other}") for other in ("IN-5-3-2-2-0-5336", "KE-6-3-2-2-0-5336")]
        + [serials("KE-5-1-2-2-0-5336 - KE-5-3-2-2-0-5337"), serials("KE-5-1-1-2-0-5336 - KE-5-3-2-2-0-5336")],
        [{}],
    ),
    "OFF015": (
        [{"project": {"id": "5336", "host_country": "UG"}}],
        [{}, {"project": None}, {"project": {}}, serials("ZZ-5-1-2-2-0-5336")],
    ),
    "OFF016": (
        [{"project": {"id": "5337"}}, {**VERRA, "project": {"id": "VCS514"}}],
        [{"project": {"id": "CDM 5336"}}, {"project": {"id": "05336"}}, VERRA, {"project": None}],
    ),
    "OFF017": (
        [{**VERRA, "vintage": {"start": "2018-01-02", "end": "2018-12-31"}}],
        [{}, VERRA, {**VERRA, "vintage": None}, {**VERRA, "vintage": {"start": "2017-01-01", "end": "2019-12-31"}}],
    ),
    "OFF018": (
        [
            {"unit_type": "PIU"},
            {"action": "order"},
            {"action": "pre-purchase"},
            {"quantity_as_printed": "3 PERs"},
        ],
        [{}, {"action": "unknown"}, {"quantity_as_printed": "3 t per year"}],
    ),
    "OFF019": (
        [{"unit_type": "tCER"}, {"unit_type": "EUA"}, serials("KE-7-1-2-2-0-5336")],
        [{}, VERRA],
    ),
    "OFF021": (
        [serials(cer(1, 3), cer(3, 5)), serials(cer(1, 9), cer(4, 5)), serials(f"{cer(1, 1)};{cer(1, 1)}")],
        [{}, serials(cer(1, 3), cer(4, 5)), serials(cer(1, 3), cer(1, 3, country="IN"))],
    ),
    "OFF025": (
        [
            {"programme": "gold-standard"},
            {**VERRA, **serials(VCU.replace("-513-", "-1528-"))},
            {"programme": "cercarbono", **serials("BCR2CDC_106_2_8_322_14_CO_1_1_2019 1-3")},
        ],
        [{}, VERRA, {"programme": "gold-standard", **serials("GS1-1-KE-GS11603-16-2024-30256-110-112")}],
    ),
    "OFF030": (
        [
            {"retired_on": "2026-11-23"},
            {"vintage": {"start": "2016-01-01", "end": "2024-11-16"}},
            {"vintage": {"start": "2016-12-31", "end": "2016-01-01"}},
            {"allocations": [period("2024-12-31", "2024-01-01")]},
            {**VERRA, "vintage": None, "retired_on": "2018-12-30"},
        ],
        [
            {},
            {"retired_on": "2026-11-22"},
            {"vintage": {"start": "2016-01-01", "end": "2016-01-01"}},
            {"vintage": {"start": "2016-01-01", "end": "2024-11-15"}},
            VERRA,
        ],
    ),
    "OFF031": (
        [{"allocations": [period("2023-01-01", "2023-11-14")]}],
        [{}, {"allocations": [period("2023-01-01", "2023-11-15")]}],
    ),
    "OFF032": (
        [{"allocations": [period("2024-11-16", "2024-12-31")]}],
        [
            {},
            {"allocations": [period("2024-11-15", "2024-12-31")]},
            {"allocations": [period("2023-06-01", "2023-12-31", 1), period("2025-01-01", "2025-12-31", 2)]},
        ],
    ),
    "OFF033": (
        [serials("KE-5-1-1-2-0-5336"), {"allocations": [period("2027-01-01", "2027-12-31")]}],
        [{}, {"allocations": [period("2026-12-31", "2026-12-31")]}],
    ),
    "OFF036": (
        [{"allocations": [period("2023-06-01", "2023-12-31", 1), period("2025-01-01", "2025-12-31", 2)]}],
        [{}, {"allocations": [period("2024-11-16", "2024-12-31")]}],
    ),
    "OFF034": (
        [
            {"programme": "socialcarbon", **serials("SCU-SOCIALCARBON-8-USA-2023-09042025101700-1-3")},
            serials("GS1-1-KE-GS11603-16-2029-30256-110-5463"),
            {"programme": "gold-standard", **serials("GS1-1-KE-GS11603-16-2025-30256-110-112")},
            {"vintage": {"start": "2025-01-01", "end": "2025-12-31"}},
        ],
        [{}, {"programme": "gold-standard", **serials("GS1-1-KE-GS11603-16-2024-30256-110-112")}],
    ),
    "OFF035": (
        [serials("KE-5-1-3-3-0-5336"), {"vintage": {"start": "2020-12-01", "end": "2021-01-01"}}],
        [{}, {"vintage": {"start": "2020-01-01", "end": "2020-12-31"}}, VERRA],
    ),
    "OFF040": (
        [{"beneficiary": None, "purpose": None}, {"beneficiary": {"retired_by": "Shop"}, "purpose": "  "}],
        [{"purpose": None}, {"beneficiary": None}],
    ),
    "OFF041": (
        [
            {"beneficiary": {"name": "Somebody Else Ltd"}, "purpose": None},
            {"beneficiary": {"name": "Somebody Else Ltd"}, "purpose": "a tree"},
        ],
        [
            {"beneficiary": {"name": "Somebody Else Ltd"}},
            {"beneficiary": {"name": "Somebody Else Ltd"}, "purpose": "TEAM3"},
            {"beneficiary": {"name": "University, group TEAM3"}, "purpose": None},
            {"beneficiary": None},
        ],
    ),
    "OFF042": (
        [{"beneficiary": {"name": name}} for name in ("Patch", "Toucan Protocol", "KlimaDAO", "Cloverly, Inc.")],
        [{}, {"beneficiary": None}, {"beneficiary": {"name": "TEAM3, retired by Patch"}}]
        + [{"beneficiary": {"name": name}} for name in ("Moss Landing University", "Inc.", "Carbon")],
    ),
    "OFF043": ([{"beneficiary": {"name": "TEAM3"}}], [{}, {"beneficiary": None}]),
    "OFF044": ([{"attestation": None}], [{}]),
    "OFF060": (
        [{"certificate_id": "99998"}, {"programme": "isometric", "certificate_id": "VC99998/2024"}],
        [{}, {"certificate_id": "VC 1 / 2024"}, {"programme": "isometric", "certificate_id": "ret_1KNSQMD6Z1S0TB50"}],
    ),
    "OFF061": (
        [{"registry_url": url} for url in ("https://verra.org.example/1", "https://notverra.org/1", "https://x@verra.org")],
        [{}, {"registry_url": "https://registry.verra.org/x"}, {"registry_url": None}],
    ),
    "OFF070": (
        [{"price": {"amount": amount, "currency": "USD"}} for amount in ("1.49", "6000.01")],
        [{"price": {"amount": "1.5", "currency": "USD"}}, {"price": {"amount": "1", "currency": "EUR"}}, {}],
    ),
    "OFF071": ([{"labels": []}, {"corresponding_adjustment": "unknown"}], [{}]),
}  # fmt: skip

ALONE_FIRING = [(code, change) for code, (firing, _) in ALONE.items() for change in firing]
ALONE_SILENT = [(code, change) for code, (_, silent) in ALONE.items() for change in silent]


@pytest.mark.parametrize(("code", "change"), ALONE_FIRING, ids=[f"{c}-{i}" for i, (c, _) in enumerate(ALONE_FIRING)])
def test_a_rule_fires(code: str, change: dict[str, Any]) -> None:
    (first, *_) = found(code, claimed(**change))
    assert first.severity is entries()[code].severity
    assert first.location.path == "c.json"
    assert first.message.strip()


@pytest.mark.parametrize(("code", "change"), ALONE_SILENT, ids=[f"{c}-{i}" for i, (c, _) in enumerate(ALONE_SILENT)])
def test_a_rule_keeps_silent(code: str, change: dict[str, Any]) -> None:
    assert not found(code, claimed(**change))


def test_a_good_certificate_has_no_finding() -> None:
    assert codes(claimed()) == []
    assert codes(claimed(**VERRA)) == []


A = {"certificate_id": "VC1/2024"}
B = {"certificate_id": "VC2/2024"}
HALF = [{"scope_id": "neuclir-2024/A", "kg": 1500}]
REST = [{"scope_id": "neuclir-2024/B", "kg": 1500}]
PAGE = "https://to.isometric.com/ret_1KNSQMD6Z1S0TB50"
LIST = "https://cdm.unfccc.int/Registry/vc_attest/index.html"


def others(first: int, last: int, country: str = "KE") -> dict[str, Any]:
    return {**B, **serials(cer(first, last, country=country))}


TOGETHER: dict[str, tuple[list[list[Claimed]], list[list[Claimed]]]] = {
    "OFF003": (
        [
            [claimed("a", allocations=HALF), claimed("b", allocations=[{"scope_id": "neuclir-2025/B", "kg": 1501}])],
            [claimed("a", allocations=[{"scope_id": "neuclir-2024/A", "kg": 3001}])],
            [claimed("a", allocations=[period("2023-01-01", "2023-12-31"), period("2024-01-01", "2024-12-31", 1)])],
        ],
        [
            [claimed("a", allocations=HALF), claimed("b", allocations=REST)],
            [claimed(f"bundle{i}") for i in range(30)],
            [claimed("a", allocations=HALF * 3)],
        ],
    ),
    "OFF005": (
        [
            [claimed("a"), claimed("b", quantity_kg=30000, quantity_as_printed=None)],
            [claimed("a"), claimed("b", retired_on="2024-11-14")],
            [claimed("a"), claimed("b", serials=[])],
            [claimed("a"), claimed("b", vintage={"start": "2015-01-01", "end": "2015-12-31"})],
            [claimed("a", document={"sha256": SHA}), claimed("b", document={"sha256": "b" * 64})],
        ],
        [
            [claimed("a"), claimed("b")],
            [claimed("a"), claimed("b", purpose="something else", vintage=None, document={"sha256": SHA})],
            [claimed("a"), claimed("b", **serials(cer(71234501, 71234503)))],
            [claimed("a", allocations=HALF), claimed("b", allocations=REST)],
            [claimed("a"), claimed("b", **B)],
        ],
    ),
    "OFF006": (
        [[claimed(allocations=[{"scope_id": "neuclir-2024/A", "kg": 2999}])]],
        [[claimed()], [claimed("a", allocations=HALF), claimed("b", allocations=REST)]],
    ),
    "OFF008": (
        [
            [claimed("a", allocations=HALF), claimed("b", allocations=[{"scope_id": "neuclir-2024/A", "kg": 400}])],
            [claimed(allocations=[{"scope_id": "neuclir-2024/A", "kg": kg} for kg in (1, 2)])],
        ],
        [
            [claimed("a", allocations=HALF), claimed("b", allocations=HALF)],
            [claimed(allocations=[period("2023-01-01", "2023-12-31", 1), period("2024-01-01", "2024-12-31", 2)])],
        ],
    ),
    "OFF020": (
        [
            [claimed("a", **A), claimed("b", **others(71234503, 71234505))],
            [claimed("a", **A), claimed("b", **others(1, 99999999))],
            # The same credits in two books: Gold Standard prints CDM's own serials.
            [claimed("a", **A), claimed("b", **others(71234502, 71234502), programme="gold-standard")],
        ],
        [
            [claimed("a", **A), claimed("b", **others(71234504, 71234505))],
            [claimed("a", **A), claimed("b", **others(71234501, 71234503, "IN"))],
            [claimed("a"), claimed("b")],
            [claimed("a"), claimed("b", quantity_kg=2000)],
        ],
    ),
    "OFF022": (
        [[claimed("a", **A), claimed("b", **others(71234501, 71234503, "IN"))]],
        [
            [claimed("a", **A), claimed("b", **others(71234501, 71234504, "IN"))],
            [claimed("a", **A), claimed("b", **others(71234501, 71234503))],
            [claimed("a"), claimed("b")],
        ],
    ),
    "OFF023": (
        [
            [claimed("a", **A, document={"sha256": SHA}), claimed("b", **B, document={"sha256": SHA})],
            [claimed("a", **A, registry_url=PAGE), claimed("b", **B, registry_url=f"{PAGE}/")],
            [
                claimed(name, **ids, programme="isometric", **serials("ret_1KNSQMD6Z1S0TB50"))
                for name, ids in (("a", A), ("b", B))
            ],
        ],
        [
            [claimed("a", **A, document={"sha256": SHA}), claimed("b", **B, document={"sha256": "b" * 64})],
            [claimed("a", **A, registry_url=LIST), claimed("b", **B, registry_url=LIST)],
            [
                claimed("a", **A, registry_url=PAGE),
                claimed("b", **B, registry_url=PAGE.replace("https://", "https://x.")),
            ],
            [claimed("a", registry_url=PAGE), claimed("b", registry_url=PAGE)],
        ],
    ),
    "OFF024": (
        [
            [claimed("a", "A", allocations=HALF), claimed("b", "B", allocations=HALF)],
            [claimed("a", "A", allocations=HALF), claimed("b", "B", allocations=REST)],
            [claimed("a", other_uses_declared=True)],
        ],
        [
            [claimed("a", "A", allocations=HALF + REST), claimed("b", "B", allocations=HALF + REST)],
            [claimed(name, allocations=part, other_uses_declared=True) for name, part in (("a", HALF), ("b", REST))],
            [claimed("a", "A", allocations=[{"scope_id": "neuclir-2024/A/run1", "kg": 5}])],
            [claimed("a", "A/B", allocations=[{"scope_id": "neuclir-2024/A/B", "kg": 5}])],
            [claimed("a", "A", allocations=[{"scope_id": "neuclir-2024/pool", "kg": 5}])],
            [
                claimed("a", "A", allocations=HALF),
                claimed("b", "A", allocations=[*HALF, {"scope_id": "neuclir-2025/A", "kg": 5}]),
            ],
        ],
    ),
}
TOGETHER_FIRING = [(code, claims) for code, (firing, _) in TOGETHER.items() for claims in firing]
TOGETHER_SILENT = [(code, claims) for code, (_, silent) in TOGETHER.items() for claims in silent]


@pytest.mark.parametrize(
    ("code", "claims"), TOGETHER_FIRING, ids=[f"{c}-{i}" for i, (c, _) in enumerate(TOGETHER_FIRING)]
)
def test_a_rule_over_all_files_fires(code: str, claims: list[Claimed]) -> None:
    (first, *_) = found(code, *claims)
    assert first.severity is offset_conflicts.BOOK.entries[code].severity
    assert first.location.path in {claim.path for claim in claims}


@pytest.mark.parametrize(
    ("code", "claims"), TOGETHER_SILENT, ids=[f"{c}-{i}" for i, (c, _) in enumerate(TOGETHER_SILENT)]
)
def test_a_rule_over_all_files_keeps_silent(code: str, claims: list[Claimed]) -> None:
    assert not found(code, *claims)


def test_every_rule_of_the_two_books_has_a_table_of_firing_and_not_firing() -> None:
    tables: Mapping[str, Any] = {**ALONE, **TOGETHER}
    rules = {code for book in (offsets.BOOK, offset_conflicts.BOOK) for code, e in book.entries.items() if e.rule}
    # OFF025 looks into exports as well, and where there are none at the serials.
    assert rules | {"OFF025"} == set(tables)
    assert all(firing and silent for firing, silent in tables.values())


def test_no_code_stands_in_two_books_and_every_one_explains_itself() -> None:
    entries = [*offsets.BOOK.entries.values(), *offset_conflicts.BOOK.entries.values(), *coverage.BOOK.entries.values()]
    assert len({entry.code for entry in entries}) == len(entries)
    assert all(len(entry.explanation) > 60 and entry.code.startswith("OFF") for entry in entries)


def test_an_overlap_is_told_to_both_and_names_both() -> None:
    first, second = found("OFF020", claimed("a", **A), claimed("b", **others(71234503, 71234505)))
    assert (first.location.path, second.location.path) == ("a", "b")
    for finding in (first, second):
        assert "71234503 to 71234503 of cdm:KE:CER" in finding.message
        assert "VC1/2024 (a)" in finding.message
        assert "VC2/2024 (b)" in finding.message


def test_a_document_used_twice_is_told_to_both_and_names_both() -> None:
    same = {"document": {"sha256": SHA}}
    for finding in found("OFF023", claimed("a", **A, **same), claimed("b", **others(1, 3), **same)):
        assert "VC1/2024 (a)" in finding.message
        assert "VC2/2024 (b)" in finding.message


def test_a_real_double_retirement_is_found_as_an_overlap_within_one_certificate() -> None:
    """The same block listed twice by a registry, as SocialCarbon's public page once did, in CDM's grammar."""
    assert "OFF021" in codes(claimed(**serials(cer(26, 26), cer(26, 26))))


def test_the_sum_over_all_files_is_told_with_its_parts() -> None:
    (finding,) = found("OFF003", claimed("a", allocations=HALF), claimed("b", allocations=[{**REST[0], "kg": 1700}]))
    assert "3000 kg, but 3200 kg are allocated" in finding.message
    assert "1700 kg to neuclir-2024/B, 1500 kg to neuclir-2024/A" in finding.message
    assert "200 kg" in finding.message


@pytest.mark.parametrize(("parts", "more"), [(3, ""), (4, " and 1 more")])
def test_at_most_three_names_are_told_and_how_many_more_there_are(parts: int, more: str) -> None:
    allocations = [{"scope_id": f"neuclir-2024/T{i}", "kg": 2000} for i in range(parts)]
    (finding,) = found("OFF003", claimed(allocations=allocations))
    assert f"2000 kg to neuclir-2024/T{parts - 3}{more}): lower" in finding.message


def test_serials_that_only_one_file_has_are_told_as_none_in_the_other() -> None:
    (finding,) = found("OFF005", claimed("a"), claimed("b", serials=[]))
    assert "serials is KE-5-71234501-2-2-0-5336 - KE-5-71234503-2-2-0-5336 and none" in finding.message


def test_a_claim_within_an_array_is_told_with_its_place_there() -> None:
    first = Claimed(certificate=certificate(**A), path="a", pointer="/2")
    finding, _ = found("OFF020", first, claimed("b", **others(71234503, 71234505)))
    assert "VC1/2024 (a#/2) and VC2/2024 (b)" in finding.message


@pytest.mark.parametrize(
    ("url", "host"), [("https://notverra.org/1", "notverra.org"), ("https://x@verra.org", "missing")]
)
def test_an_address_that_is_not_known_is_told_by_its_host(url: str, host: str) -> None:
    (finding,) = found("OFF061", claimed(registry_url=url))
    assert finding.message.startswith(f"the host of registry_url is {host}; known are unfccc.int, ")


def test_one_allocation_with_two_sizes_names_both_places() -> None:
    (finding,) = found("OFF008", claimed("a", allocations=HALF), claimed("b", allocations=[{**HALF[0], "kg": 400}]))
    assert finding.severity is Severity.ERROR
    assert "400 kg in b" in finding.message
    assert "1500 kg in a" in finding.message


def test_findings_do_not_depend_on_the_order_of_the_files() -> None:
    claims = [claimed("a", **A), claimed("b", **others(71234503, 71234505)), claimed("c", quantity_kg=9000)]
    assert examine(claims, AS_OF) == examine(claims[::-1], AS_OF)


def test_equal_references_in_many_bundles_are_told_about_once() -> None:
    many = [claimed(f"bundle{i:02}", attestation=None) for i in range(30)]
    assert [finding.location.path for finding in examine(many, AS_OF)] == ["bundle00"]


def test_thousands_of_faults_are_told_in_a_few_lines() -> None:
    parts = [{"scope_id": f"neuclir-2024/T{i}", "kg": kg} for i in range(2000) for kg in (1, 2)]
    claim = claimed(allocations=parts, serials=[{"raw": "a;" * 99}] * 200)
    findings = examine([claim], AS_OF)
    for code in ("OFF008", "OFF010"):
        shown = [finding for finding in findings if finding.code == code]
        assert len(shown) == offsets.MOST_OF_A_CODE + 1
        assert "and more" in shown[-1].message


def test_a_finding_points_into_the_array_of_a_bundle() -> None:
    claim = Claimed(certificate=certificate(quantity_kg=4000), path="certificates.json", pointer="/7")
    (finding,) = found("OFF012", claim)
    assert str(finding.location) == "certificates.json#/7/serials"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://registry.verra.org/app", "registry.verra.org"),
        ("https://REGISTRY.verra.org/app", "registry.verra.org"),
        ("https://verra.org@evil.example/", None),
        ("https://", None),
        ("https://localhost/x", None),
        ("https://[::1/x", None),
        ("https://verra.org/\u202e", None),
        ("https://verra.org/a b", None),
    ],
)
def test_only_a_well_formed_address_has_a_host(url: str, host: str | None) -> None:
    assert registry_host(url) == host


def test_a_domain_is_known_by_its_end_and_not_by_looks() -> None:
    assert is_known_registry("https://to.isometric.com/ret_1")
    assert not is_known_registry("https://isometric.com.evil.example/ret_1")
    assert not is_known_registry("https://evilisometric.com/ret_1")


@pytest.mark.parametrize(
    ("one", "two", "least", "most"),
    [
        ("TEAM3 at Uni", "uni team3", 100, 100),
        ("University of X", "X", 100, 100),
        ("alpha", "omega", 0, 59),
        ("", "x", 0, 0),
    ],
)
def test_names_are_alike_whatever_the_order_of_their_words(one: str, two: str, least: float, most: float) -> None:
    assert least <= token_set_ratio(one, two) <= most


def test_what_one_team_is_told_names_no_other_teams_file_name_or_part() -> None:
    """The organizer sees who is meant; a letter to birch must not say that it is about lotus."""
    page = {"registry_url": PAGE}
    parts = [{"scope_id": f"neuclir-2024/{team}", "kg": kg} for team, kg in (("lotus", 1501), ("birch", 7))]
    claims = [
        claimed("birch.zip", "birch", **A, **page, allocations=[{"scope_id": "neuclir-2024/birch", "kg": 2999}]),
        claimed("lotus.zip", "lotus", **A, **page, quantity_kg=9000, quantity_as_printed=None, allocations=parts),
        claimed("crane.zip", "crane", **others(71234503, 71234505), **page,
                allocations=[{"scope_id": "neuclir-2024/willow", "kg": 1}]),
        claimed("fern.zip", "fern", **{**others(71234501, 71234503, "IN"), "certificate_id": "VC3/2024"},
                allocations=[{"scope_id": "neuclir-2024/fern", "kg": 1}], other_uses_declared=True),
    ]  # fmt: skip
    teams = {"birch", "lotus", "crane", "fern", "willow"}
    found = offsets.examined(claims, AS_OF)
    wanted = {"OFF003", "OFF005", "OFF008", "OFF020", "OFF022", "OFF023", "OFF024"}
    assert wanted <= {finding.code for finding in found.findings}
    told = set()
    for team in ("birch", "lotus", "crane", "fern"):
        for finding in found.for_team(team):
            told.add(finding.code)
            assert finding.location.path == f"{team}.zip"
            assert not {other for other in teams - {team} if other in finding.message}, finding
            others_ids = {"VC1/2024", "VC2/2024", "VC3/2024"} - {
                claim.certificate.certificate_id for claim in claims if claim.team == team
            }
            assert not {other for other in others_ids if other in finding.message}, finding
    assert wanted <= told
    assert found.for_team("nobody") == ()


def test_a_letter_is_in_no_json() -> None:
    (finding, *_) = found("OFF020", claimed("a", **A), claimed("b", **others(71234503, 71234505)))
    assert finding.to_team
    assert set(plain(finding)) == {"code", "severity", "message", "location"}
