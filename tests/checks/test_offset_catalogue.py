"""The catalogue of OFF codes in docs/certificates.md: every code that can be decided offline, tested firing and not."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import publishing
import pytest
import test_coverage
import test_earlier_years
import test_offset_documents
import test_offset_plausibility
import test_offset_registry_rules
import test_offset_rules
from pdf_files import HOSTILE, a_pdf
from registry_files import an_export

from neuclir_carbon.checks import giveaways
from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.checks.giveaways import Names, PublicText
from neuclir_carbon.checks.offsets import examine_document
from neuclir_carbon.model.finding import Finding
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.pdf_text import read_pdf
from neuclir_carbon.workflow.publication import findings_on

PAGE = Path(__file__).parents[2] / "docs/certificates.md"
EXAMPLE = json.loads(schema_path("certificate-reference/1").read_text(encoding="utf-8"))["examples"][0]
Case = Callable[[Path], Iterable[Finding]]


def document(**changes: object) -> Case:
    return lambda _: examine_document(json.dumps({**EXAMPLE, **changes}).encode())[1]


def covered(kg: int, *, track: str = "A", **changes: object) -> Case:
    return lambda _: test_coverage.cover(test_coverage.claim(1, (track, kg), **changes), A=250.0).findings


def earlier(then: int, now: int) -> Case:
    def found(folder: Path) -> Iterable[Finding]:
        path = test_earlier_years.an_inventory(folder / "2023.json", [("neuclir-2023/A", then)])
        return test_earlier_years.covered([("neuclir-2024/A", now)], path).findings

    return found


def listed(**changes: object) -> Case:
    def found(folder: Path) -> Iterable[Finding]:
        rules = test_offset_registry_rules
        path = an_export(folder / "list.csv", "cdm", [{**rules.ATTESTED, **changes}])
        return rules.covered(rules.certificate(rules.CDM), path).findings

    return found


def pdf(data: bytes) -> Case:
    def found(folder: Path) -> Iterable[Finding]:
        (folder / "c.pdf").write_bytes(data)
        return read_pdf(folder / "c.pdf").findings

    return found


def published(*kwh: float, offset: int = 0) -> Case:
    """The public edition of as many teams, each with its energy; so many of them offset."""

    def found(_: Path) -> Iterable[Finding]:
        work = [item for n, each in enumerate(kwh) for item in publishing.activities_of(f"team{n}", other=each)]
        return findings_on(publishing.published(work, offset=offset))

    return found


def naming(*names: str) -> Case:
    """A public file in which these names stand; `Emissions` is a word of our own."""
    every = Names.of(["lotus", "VC99998/2024", "Emissions"])
    standing = every.standing_in([f"by {name}" for name in names]) - every.standing_in(["Emissions by activity"])
    forbidden = {"a name": frozenset({"lotus", "VC99998/2024", "Emissions"})}
    return lambda _: giveaways.BOOK.examine(PublicText("public/index.html", forbidden, standing))


SLIP = {"quantity_kg": 250_000, "serials": [], "document": None}
# Codes that are reported by readers, or about teams: (cases that fire, cases that do not).
FURTHER: dict[str, tuple[list[Case], list[Case]]] = {
    "OFF001": ([document(retired_on="15.11.2024"), document(nonsense=1), document(allocations=[])], [document()]),
    "OFF007": ([covered(250, **SLIP)], [covered(250), covered(250, **{**SLIP, "quantity_kg": 10_000})]),
    "OFF026": ([earlier(3000, 1), earlier(250, 2751)], [earlier(250, 2750), earlier(0, 3000)]),
    "OFF055": ([listed()], [listed(**{"Quantity of units cancelled": "4"}), listed(**{"Project/POA number": "1"})]),
    "OFF063": ([pdf(HOSTILE[name][0]) for name in ("script", "encrypted", "10,000-pages")], [pdf(a_pdf())]),
    "OFF080": ([covered(250, track="B")], [covered(250)]),
    "OFF081": ([covered(251)], [covered(250)]),
    "OFF082": (
        [published(1.0, 1.0), published(9.0, 1.0, 1.0), published(1.0, 1.0, 1.0, 1.0, offset=1)],
        [published(1.0, 1.0, 1.0), published(1.0, 1.0, 1.0, 1.0, offset=4)],
    ),
    "OFF083": ([naming("lotus"), naming("VC99998/2024")], [naming(), naming("Emissions")]),
}
CASES = [
    (code, fires, case)
    for code, both in FURTHER.items()
    for fires, cases in zip((True, False), both, strict=True)
    for case in cases
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUCLIR_CARBON_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("code", "fires", "case"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_a_code_of_a_reader_or_about_a_team_fires_where_it_should(
    code: str, fires: bool, case: Case, tmp_path: Path
) -> None:
    assert (code in {finding.code for finding in case(tmp_path)}) is fires


def counts() -> dict[str, tuple[int, int]]:
    """How many cases of firing and of not firing the tests have, by code."""
    beside = (test_offset_registry_rules.TABLE, test_offset_plausibility.TABLE)
    tables = (test_offset_rules.ALONE, test_offset_rules.TOGETHER, *beside, FURTHER)
    found = {code: (len(firing), len(silent)) for table in tables for code, (firing, silent) in table.items()}
    found["OFF062"] = (len(test_offset_documents.FIRING), len(test_offset_documents.SILENT))
    return found


def table() -> list[str]:
    """The catalogue as the page has it."""
    tested = counts()
    head = ["| code | severity | what it tells | tested firing / not firing |", "|---|---|---|---|"]
    return head + [
        f"| {code} | {entry.severity} | {entry.summary} | {tested[code][0]} / {tested[code][1]} |"
        for code, entry in entries().items()
        if code.startswith("OFF")
    ]


def test_every_code_is_tested_firing_and_not_firing() -> None:
    codes = {code for code in entries() if code.startswith("OFF")}
    assert set(counts()) == codes
    assert all(firing and silent for firing, silent in counts().values())


def test_the_page_has_the_catalogue_as_it_is() -> None:
    shown = re.findall(r"^\|.*OFF0.*$|^\| code \|.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = [line for line in table() if "---" not in line]
    assert shown == wanted, "docs/certificates.md should have:\n" + "\n".join(table())
