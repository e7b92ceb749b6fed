"""Serial numbers: every public example has the verdict it should, and every grammar reads back what it writes."""

import csv
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.serial import Block, Verdict
from neuclir_carbon.serials.acr import AcrBlock, format_acr, parse_acr
from neuclir_carbon.serials.car import CarBlock, format_car, parse_car
from neuclir_carbon.serials.cdm import CerBlock, CerNumber, format_cer, parse_cer
from neuclir_carbon.serials.countries import country_name, is_country, is_party
from neuclir_carbon.serials.gold_standard import GsBlock, format_gs, parse_gs
from neuclir_carbon.serials.normal import MAX_LENGTH, normalised, split_list
from neuclir_carbon.serials.reading import GRAMMARS, accepts, grammars_of, read_list, read_serial
from neuclir_carbon.serials.verra import VcuBlock, format_vcu, parse_vcu

YEAR = 2026
ROWS = list(
    csv.DictReader(
        (Path(__file__).parent.parent / "data/certificates/serials.tsv").open(encoding="utf-8", newline=""),
        delimiter="\t",
    )
)


@pytest.mark.parametrize("row", ROWS, ids=[f"{i}-{row['format']}-{row['expected']}" for i, row in enumerate(ROWS)])
def test_a_public_serial_has_the_expected_verdict(row: dict[str, str]) -> None:
    assert read_serial(row["serial"], year=YEAR).verdict == row["expected"]


# Quantities that stand in the same row of the registry's export (see tests/data/certificates/SOURCES.md).
REAL_QUANTITIES = [
    ("RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014", 3_657),
    ("9344-82392553-82392562-VCS-VCU-262-VER-BR-14-1686-01012017-31122017-1", 10),
    ("15312-681393912-681394011-VCS-VCU-208-VER-CA-3-929-01012018-31122018-0", 100),
    ("GS1-1-KE-GS7495-16-2025-30645-608-30350", 29_743),
    ("ACR-US-934-2024-2891-58384 to 58673", 290),
    ("CAR-1-US-1480-46-1156-FL-2026-10272-915425 to 915425", 1),
]


@pytest.mark.parametrize(("text", "units"), REAL_QUANTITIES)
def test_a_block_holds_as_many_units_as_the_registry_says(text: str, units: int) -> None:
    block = read_serial(text, year=YEAR).block
    assert block is not None
    assert block.units == units


def test_a_cer_block_says_what_it_encodes() -> None:
    serial = read_serial("ke-5-71234501-2-2-0-5336 – ke-5-71234503-2-2-0-5336", year=YEAR).serial
    assert serial is not None
    assert (serial.programme, serial.unit, serial.country, serial.project) == ("cdm", "CER", "KE", "5336")
    assert serial.block == Block(71234501, 71234503)
    assert serial.key == "cdm:KE:CER"
    assert serial.commitment_periods == (2, 2)
    assert serial.vintage is None


def test_a_vcu_block_says_what_it_encodes() -> None:
    serial = read_serial("19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0", year=YEAR).serial
    assert serial is not None
    assert (serial.programme, serial.unit, serial.country, serial.project) == ("verra-vcs", "VCU", "BR", "513")
    assert serial.vintage is not None
    assert (serial.vintage.first, serial.vintage.last) == (date(2018, 1, 1), date(2018, 12, 31))
    assert serial.key == "verra"
    assert serial.details == ("issuance 19298", "sectoral scope 1", "without additional certifications")


def test_a_european_cer_is_possible_and_a_european_vcu_is_not() -> None:
    assert read_serial("EU-5-10-2-2-0-5336", year=YEAR).verdict is Verdict.OK
    text = "9344-82392553-82392562-VCS-VCU-262-VER-EU-14-1686-01012017-31122017-1"
    assert read_serial(text, year=YEAR).verdict is Verdict.E_COUNTRY


@pytest.mark.parametrize(
    ("text", "verdict", "further"),
    [
        # The country comes before everything about the vintage.
        ("GS1-1-QQ-GS11603-16-2029-30256-110-5463", Verdict.E_COUNTRY, Verdict.E_VINTAGE_FUTURE),
        ("KE-5-9-2-2-0-5336 - IN-5-3-2-2-0-5336", Verdict.E_MIXED, Verdict.E_REVERSED),
        ("ZZ-5-0-2-2-0-5336", Verdict.E_ZERO, Verdict.E_COUNTRY),
        ("KE-6-9-2-1-0-5336", Verdict.W_TEMPORARY_UNIT, Verdict.E_CP_ORDER),
        ("1-2-1-VCS-VCU-2-VER-ZZ-1-3-31022018-01012018-0", Verdict.E_REVERSED, Verdict.E_DATE),
        ("1-1-2-VCS-VCU-2-VER-KE-1-3-31122018-01012018-0", Verdict.E_VINTAGE_ORDER, Verdict.E_VINTAGE_ORDER),
        ("1-1-2-VCS-VCU-2-VER-KE-1-3-01011980-31121980-0", Verdict.E_VINTAGE_OLD, Verdict.E_VINTAGE_OLD),
    ],
)
def test_the_first_check_that_applies_is_the_verdict_and_the_others_are_told_too(
    text: str, verdict: Verdict, further: Verdict
) -> None:
    reading = read_serial(text, year=YEAR)
    assert reading.verdict is verdict
    assert further in {fault.verdict for fault in reading.faults}


def test_a_vintage_is_in_the_future_only_as_seen_from_an_earlier_year() -> None:
    text = "GS1-1-KE-GS11603-16-2029-30256-110-5463"
    assert read_serial(text, year=2028).verdict is Verdict.E_VINTAGE_FUTURE
    assert read_serial(text, year=2029).verdict is Verdict.OK


def test_a_serial_that_is_refused_has_no_block() -> None:
    assert read_serial("ZZ-5-10-2-2-0-5336", year=YEAR).block is None
    assert read_serial("KE-5-10-2-2-0-5336", year=YEAR).block == Block(10, 10)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a; b", ["a", "b"]),
        ("KE-5-1-2-2-0-5, KE-5-9-2-2-0-5", ["KE-5-1-2-2-0-5", "KE-5-9-2-2-0-5"]),
        ("1,000", ["1,000"]),
        ("KE-5-1-2-2-0-\n5336\nKE-5-9-2-2-0-5336", ["KE-5-1-2-2-0-5336", "KE-5-9-2-2-0-5336"]),
        ("", [""]),
        (" ; ", [" ; "]),
    ],
)
def test_a_list_is_split_where_one_serial_ends(text: str, parts: list[str]) -> None:
    assert [part.strip() for part in split_list(text)] == [part.strip() for part in parts]


@pytest.mark.parametrize("dash", ["\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015"])
def test_dashes_and_odd_blanks_from_documents_are_understood(dash: str) -> None:
    text = f"KE{dash}5{dash}1{dash}2{dash}2{dash}0{dash}5336\u00a0{dash}\u2003KE-5-3-2-2-0-5336"
    assert read_serial(text, year=YEAR).block == Block(1, 3)


def test_every_grammars_example_is_right_and_fits_no_other_grammar() -> None:
    for grammar in GRAMMARS:
        assert read_serial(grammar.example, year=YEAR).verdict is Verdict.OK
        assert [other.name for other in GRAMMARS if other.read(grammar.example)] == [grammar.name]
        assert all(grammar in grammars_of(programme) for programme in grammar.programmes)


def test_a_cer_may_carry_gold_standards_label_and_no_other() -> None:
    serial = read_serial("KE-5-10-2-2-0-5336", year=YEAR).serial
    assert serial is not None
    assert [programme for programme in ("cdm", "gold-standard", "verra-vcs") if accepts(programme, serial)] == [
        "cdm",
        "gold-standard",
    ]


def test_countries_are_those_of_iso_3166_and_the_few_that_registries_add() -> None:
    assert country_name("KE") == "Kenya"
    assert [code for code in ("NA", "XK", "EU", "ZZ", "ke", "KEN", "") if is_country(code)] == ["NA", "XK"]
    assert is_party("EU")
    assert not is_party("ZZ")


def digits(most: int, least: int = 1) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
cer_numbers = st.builds(
    CerNumber, letters, st.sampled_from("567"), digits(15), st.sampled_from("0123"), st.sampled_from("0123"),
    digits(3), digits(7),
)  # fmt: skip


@given(st.builds(CerBlock, cer_numbers, cer_numbers))
def test_a_cer_block_is_read_back_as_written(block: CerBlock) -> None:
    assert parse_cer(format_cer(block)) == block


@given(
    st.builds(
        VcuBlock, digits(9), digits(15), digits(15), digits(6), letters, st.none() | digits(2), digits(6),
        digits(8, 8), digits(8, 8), st.sampled_from("01"),
    )
)  # fmt: skip
def test_a_vcu_block_is_read_back_as_written(block: VcuBlock) -> None:
    assert parse_vcu(format_vcu(block)) == block


@given(st.builds(GsBlock, letters, digits(7), digits(2), digits(4, 4), digits(9), digits(15), digits(15)))
def test_a_gold_standard_block_is_read_back_as_written(block: GsBlock) -> None:
    assert parse_gs(format_gs(block)) == block


@given(
    st.builds(
        AcrBlock, st.sampled_from(("ACR", "ART", "FCPF")), letters, digits(7), digits(4, 4), digits(9), digits(15),
        digits(15),
    )
)  # fmt: skip
def test_an_acr_block_is_read_back_as_written(block: AcrBlock) -> None:
    assert parse_acr(format_acr(block)) == block


@given(
    st.builds(
        CarBlock, st.sampled_from(("1", "ROC")), letters, digits(7), digits(4), digits(7), letters, digits(4, 4),
        digits(9), digits(15), digits(15),
    )
)  # fmt: skip
def test_a_car_block_is_read_back_as_written(block: CarBlock) -> None:
    assert parse_car(format_car(block)) == block


@given(st.text(max_size=300) | st.text("KE5-GSACRVCUTO 0123456789–;,\n", max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for reading in read_list(text, year=YEAR):
        assert len(reading.text) <= MAX_LENGTH
        assert (reading.block is None) or reading.is_valid


@given(st.text(max_size=250))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


HOSTILE = [
    "0" * 200,
    "-" * 200,
    "1-" * 100,
    "KE-5-" + "1" * 190,
    "KE-5-1-2-2-0-5336" + " - " * 60,
    "ACR-US-1-2019-1-1" + " TO" * 60,
    "GS1-1-" * 33,
    "\u0301" * 200,
    "\ufdfa" * 200,
    "\U0010ffff" * 200,
    "\ud800" * 200,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    read_serial(text, year=YEAR)
    fastest = min(_seconds(text) for _ in range(20))
    assert read_serial(text, year=YEAR).verdict.is_error
    assert fastest < 0.001


def _seconds(text: str) -> float:
    start = time.perf_counter()
    read_serial(text, year=YEAR)
    return time.perf_counter() - start


def test_a_megabyte_of_combining_marks_is_refused_without_sorting_them() -> None:
    start = time.perf_counter()
    assert read_serial("\u0301\u0323" * 500_000, year=YEAR).verdict is Verdict.E_LENGTH
    assert time.perf_counter() - start < 1
