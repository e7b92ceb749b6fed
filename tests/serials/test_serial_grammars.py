"""Serial numbers: every public example has the verdict it should, and every grammar reads back what it writes."""

import csv
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.serial import Block, Verdict
from neuclir_carbon.serials import accu, allowances, biocarbon, cercarbono, ers, isometric, markit, puro, undp
from neuclir_carbon.serials import socialcarbon as scu
from neuclir_carbon.serials.acr import AcrBlock, format_acr, parse_acr
from neuclir_carbon.serials.car import CarBlock, format_car, parse_car
from neuclir_carbon.serials.cdm import CerBlock, CerNumber, format_cer, parse_cer
from neuclir_carbon.serials.countries import country_name, is_country, is_party
from neuclir_carbon.serials.gold_standard import GsBlock, format_gs, parse_gs
from neuclir_carbon.serials.normal import MAX_LENGTH, normalised, split_list
from neuclir_carbon.serials.reading import GRAMMARS, SHORTEST, accepts, grammars_of, read_list, read_serial
from neuclir_carbon.serials.verra import VcuBlock, format_vcu, parse_vcu

YEAR = 2026
ROWS = list(
    csv.DictReader(
        (Path(__file__).parent.parent / "data/certificates/serials.tsv").open(encoding="utf-8", newline=""),
        delimiter="\t",
    )
)


# The table has what a narrow grammar answers; where its note leaves that open, these are read.
WIDER = {
    "SCU-SOCIALCARBON-7-Brazil-2020-14052025145100-1-10121": "OK",
    "VU-ITMO-11-356-2022-0-27-35": "OK",
    "ERS-0-PRJ1-BR-VRU-2024-1-1-500": "OK",
}


@pytest.mark.parametrize("row", ROWS, ids=[f"{i}-{row['format']}-{row['expected']}" for i, row in enumerate(ROWS)])
def test_a_public_serial_has_the_expected_verdict(row: dict[str, str]) -> None:
    wanted = WIDER.get(row["serial"], row["expected"])
    assert read_serial(row["serial"], year=YEAR).verdict == wanted
    assert wanted == row["expected"] or "UNDECIDED" in row["note"]


# Quantities that stand in the same row of the registry's export (see tests/data/certificates/SOURCES.md).
REAL_QUANTITIES = [
    ("RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014", 3_657),
    ("9344-82392553-82392562-VCS-VCU-262-VER-BR-14-1686-01012017-31122017-1", 10),
    ("15312-681393912-681394011-VCS-VCU-208-VER-CA-3-929-01012018-31122018-0", 100),
    ("GS1-1-KE-GS7495-16-2025-30645-608-30350", 29_743),
    ("ACR-US-934-2024-2891-58384 to 58673", 290),
    ("CAR-1-US-1480-46-1156-FL-2026-10272-915425 to 915425", 1),
    ("PURO_PR_CORC100+_US_517437_2025_59a44376-3b87-4814-bce1-d05adeac04ad_1-460", 460),
    (
        "PURO_PR_CORC_FR_181856_2021_8646834b-ea59-4167-996e-16d8a084cfc1_643002406555908610000000272877-"
        "643002406555908610000000272883",
        7,
    ),
    ("643002406555908611000000000001 - 000000000100", 100),
    ("PV-PVC-MW-100000000000781-01012010-31122010-2072166-2072193-MER-0-A", 28),
    ("PV-rPVC-GT-110200000000070-01012020-31122023-12028-12302-SPG", 275),
    ("VCS-VER-BR-100000000000142-01012007-15032007-4437702-4437719-MER-1-P", 18),
    ("BCR-CO-259-14-002-2-2401-2409-0043804-0043903", 100),
    ("PCR-CO-BFX-14-002-2-2101-2112-0000001-0299564", 299_564),
    ("CDC_1_1_1_321_14_1_2009 4426-4971", 546),
    ("CDC_4_1_1_321_14_R1_XX_CO_1_2_2018 1-62740", 62_740),
    ("SCU-SOCIALCARBON-8-USA-2023-09042024101700-26-26", 1),
    ("SC-SCU - Removal-SOCIALCARBON-9-India-2023-25112025081145-8122-8221", 100),
    ("VU-ITMO-11-356-2022-0-27-35", 9),
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


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("PURO_PR_CORC100+_ZZ_517437_2025_59a44376-3b87-4814-bce1-d05adeac04ad_1-460", Verdict.E_COUNTRY),
        ("PURO_PR_CORC100+_US_51743_2025_59a44376-3b87-4814-bce1-d05adeac04ad_1-460", Verdict.E_SYNTAX),
        ("puro_pr_corc100+_us_517437_2025_59A44376-3b87-4814-bce1-d05adeac04ad_1 – 460", Verdict.OK),
        ("643002406555908611000000000001 - 643002406555908612000000000100", Verdict.E_MIXED),
        ("643002406555908611000000000000 - 000000000100", Verdict.OK),
        ("643002406555908611000000000001", Verdict.E_SYNTAX),
        ("ret_1KNSQMD6Z1S0TBIL", Verdict.E_SYNTAX),
        ("ret_1KNSQMD6Z1S0TB5", Verdict.E_SYNTAX),
        ("iss_1KP6EDZ8K1S036PY", Verdict.OK),
        ("prj_1JYCV03BW1S0RTE5", Verdict.E_SYNTAX),
        ("WCC-PIU-GB-103000000012345-01042015-31032120-1-5-SPG", Verdict.W_EX_ANTE_UNIT),
        ("PV-PVC-MW-100000000000781-01012031-31122031-1-5-SPG", Verdict.E_VINTAGE_FUTURE),
        ("PV-PVC-MW-100000000000781-30022010-31122009-5-1-SPG", Verdict.E_REVERSED),
        ("BCR-CO-259-14-002-2-2413-2409-0043804-0043903", Verdict.E_DATE),
        ("BCR-CO-259-14-002-2-2409-2401-0043804-0043903", Verdict.E_VINTAGE_ORDER),
        ("BCR-CO-259-14-002-2-2401-2409-43804-43903", Verdict.E_SYNTAX),
        ("BCR-CO-259-14-002-2-2401-2409-0000000-0000009", Verdict.E_ZERO),
        ("BCR-ZZ-259-14-002-2-2401-2409-0043804-0043903", Verdict.E_COUNTRY),
        ("CDC_1_1_1_321_14_1_2031 4426-4971", Verdict.E_VINTAGE_FUTURE),
        ("CDC_R_16_3_5_323_1_CO_1_1_2011 1-9", Verdict.OK),
        ("CDC_4_1_1_321_14_R1_XX_CO_1_2_BFC_2018 1-9", Verdict.OK),
        ("CDC_1_1_1_321_14_1 0-999", Verdict.E_ZERO),
        ("CDC_7_3_1_323_14_ZZ_1_2_2018 1-9", Verdict.OK),
        ("SCU-SOCIALCARBON-8-XYZ-2023-09042024101700-26-26", Verdict.OK),
        ("SCU-SOCIALCARBON-8-USA-2023-31022024101700-26-26", Verdict.E_DATE),
        ("SCU-SOCIALCARBON-8-USA-2023-0904202410170-26-26", Verdict.E_SYNTAX),
        ("ZZ-ITMO-11-356-2022-0-27-35", Verdict.E_COUNTRY),
        ("VU-ITMO-16-356-2022-0-27-35", Verdict.E_SYNTAX),
        ("ERS-1-PRJ1-BR-PRU-20240115-1-1-500", Verdict.W_EX_ANTE_UNIT),
        ("DE-0-1200001-2-2 - DE-0-1200250-2-2", Verdict.W_COMPLIANCE_UNIT),
        ("GB-0-1200001-3-3", Verdict.W_COMPLIANCE_UNIT),
        ("DE-0-1-2-2 - FR-0-9-2-2", Verdict.E_MIXED),
        ("KE-0-1200001-2-2-0-5336", Verdict.E_SYNTAX),
        ("KE-4-1200001-2-2-0-5336", Verdict.E_SYNTAX),
    ],
)
def test_a_grammars_edges_are_where_its_source_has_them(text: str, verdict: Verdict) -> None:
    assert read_serial(text, year=YEAR).verdict is verdict


def test_bare_numbers_are_read_where_the_programme_is_stated_and_nowhere_else() -> None:
    assert read_serial("1-100", year=YEAR).verdict is Verdict.E_SYNTAX
    assert read_serial("1-100", year=YEAR, programme="puro").verdict is Verdict.E_SYNTAX
    assert read_serial("1-100", year=YEAR, programme="accu").block == Block(1, 100)


def test_an_id_without_a_block_is_valid_and_counts_no_credits() -> None:
    reading = read_serial("ret_1KNSQMD6Z1S0TB50", year=YEAR)
    assert (reading.verdict, reading.block) == (Verdict.OK, None)
    assert reading.serial is not None
    assert reading.serial.key == "isometric:ret_1KNSQMD6Z1S0TB50"


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        # Puro: numbers of two issuances are different credits, those of one GSRN are not.
        (
            "PURO_PR_CORC100+_US_517437_2025_59a44376-3b87-4814-bce1-d05adeac04ad_1-460",
            "PURO_PR_CORC100+_US_517437_2025_1dce1bb9-299c-4f7f-b8c6-9584e0f00f61_1-460",
            False,
        ),
        (
            "PURO_PR_CORC_FR_181856_2021_8646834b-ea59-4167-996e-16d8a084cfc1_643002406555908610000000272877-"
            "643002406555908610000000272883",
            "643002406555908610000000272877 - 000000272883",
            True,
        ),
        # BioCarbon: real blocks of two projects that differ in the last number only, both from 1 on.
        (
            "BCR-CO-259-14-002-2-2201-2212-0000001-0121743",
            "BCR-CO-259-14-003-2-2201-2212-0000001-0685823",
            False,
        ),
        (
            "SCU-SOCIALCARBON-8-USA-2023-09042024101700-26-26",
            "SCU-SOCIALCARBON-8-United States-2023-09042024101700-26-26",
            True,
        ),
        ("KE-5-1-2-2-0-5336", "KE-5-1-1-2-0-77", True),
        ("ACR-US-1187-2024-1-1 to 9", "ACR-US-1202-2024-1-1 to 9", False),
    ],
)
def test_two_serials_share_a_key_exactly_where_equal_numbers_are_equal_credits(one: str, two: str, same: bool) -> None:
    first, second = (read_serial(text, year=YEAR).serial for text in (one, two))
    assert first is not None
    assert second is not None
    assert (first.key == second.key) is same


def test_a_wrong_serial_is_told_the_shapes_that_begin_like_it() -> None:
    (fault,) = read_serial("PURO_PR_CORC100+_US", year=YEAR).faults
    assert "wanted, for example, Puro CORC: PURO_PR_CORC100+_US_517437" in fault.message
    (fault,) = read_serial("5336", year=YEAR, programme="car").faults
    assert fault.message.endswith("wanted, for example, CAR CRT or ROC: CAR-1-US-1335-31-983-KS-2025-9205-1 to 5000)")


def test_every_grammars_example_is_right_and_fits_no_other_grammar() -> None:
    for grammar in GRAMMARS:
        reading = read_serial(grammar.example, year=YEAR, programme=grammar.programmes[0])
        assert reading.verdict in {Verdict.OK, Verdict.W_COMPLIANCE_UNIT}
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


uuids = st.uuids().map(str)
corcs = st.builds(
    puro.CorcBlock, digits(15), digits(15), st.sampled_from(("CORC", "CORC_100", "CORC100+", "CORC200+")), letters,
    digits(6, 6), digits(4, 4), uuids,
)  # fmt: skip
old_corcs = st.builds(puro.CorcBlock, digits(12, 12), digits(12, 12), gsrn=digits(18, 18), last_gsrn=digits(18, 18))
allowance_numbers = st.builds(
    allowances.AllowanceNumber, st.sampled_from(sorted(allowances.REGISTRIES)), digits(15), st.sampled_from("0123"),
    st.sampled_from("0123"),
) | st.builds(
    allowances.AllowanceNumber, st.sampled_from(sorted(allowances.REGISTRIES)), digits(15), st.sampled_from("0123"),
    st.sampled_from("0123"), digits(3), digits(7),
)  # fmt: skip
padded = digits(7, 7) | st.integers(10**7, 10**10 - 1).map(str)
words = st.text("ABCXYZ0189", min_size=1, max_size=6)
BUILT = [
    (puro.parse_corc, puro.format_corc, corcs | old_corcs),
    (
        isometric.parse_isometric, isometric.format_isometric,
        st.builds(
            isometric.IsometricId, st.sampled_from(("ret", "iss")),
            st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=16, max_size=33),
        ),
    ),
    (
        markit.parse_markit, markit.format_markit,
        st.builds(
            markit.MarkitBlock, st.sampled_from(("PV", "VCS", "WCC", "XYZ")), st.sampled_from(markit.UNITS), letters,
            digits(15, 15), digits(8, 8), digits(8, 8), digits(15), digits(15), st.sampled_from(("MER-0-A", "SPG")),
        ),
    ),
    (
        cercarbono.parse_cdc, cercarbono.format_cdc,
        st.builds(
            lambda head, project, parts, start, end: cercarbono.CdcBlock(
                f"{head}_{project}_{'_'.join(parts)}", project, start, end
            ),
            st.sampled_from(("CDC", "BCR2CDC")), digits(6), st.lists(words, min_size=4, max_size=12), digits(15),
            digits(15),
        ),
    ),
    (
        biocarbon.parse_bcr, biocarbon.format_bcr,
        st.builds(
            biocarbon.BcrBlock, st.sampled_from(("BCR", "PCR")), letters, words, digits(3), digits(4),
            st.sampled_from(("2", "R")), digits(4, 4), digits(4, 4), padded, padded,
        ),
    ),
    (
        scu.parse_scu, scu.format_scu,
        st.builds(
            scu.ScuBlock, st.sampled_from(("SCU", "SC-SCU - REMOVAL")), digits(7),
            st.sampled_from(("USA", "BRAZIL", "COTE D'IVOIRE")), digits(4, 4), digits(14, 14), digits(15), digits(15),
        ),
    ),
    (
        undp.parse_itmo, undp.format_itmo,
        st.builds(
            undp.ItmoBlock, letters, st.integers(1, 15).map(str), digits(9), digits(4, 4), digits(15), digits(15)
        ),
    ),
    (
        ers.parse_ers, ers.format_ers,
        st.builds(
            ers.ErsBlock, st.sampled_from("01"), words, letters, st.sampled_from(("VRU", "PRU")), digits(4, 4),
            digits(9), digits(9), digits(9),
        ),
    ),
    (
        allowances.parse_allowances, allowances.format_allowances,
        st.builds(allowances.AllowanceBlock, allowance_numbers, allowance_numbers),
    ),
    (accu.parse_accu, accu.format_accu, st.builds(accu.AccuBlock, digits(15), digits(15))),
]  # fmt: skip


@pytest.mark.parametrize(("parse", "form", "built"), BUILT, ids=[form.__name__ for _, form, _ in BUILT])
@given(st.data())
def test_a_block_of_any_programme_is_read_back_as_written(
    parse: Callable[[str], object], form: Callable[[object], str], built: st.SearchStrategy[object], data: st.DataObject
) -> None:
    block = data.draw(built)
    assert parse(form(block)) == block


def test_every_grammar_is_among_those_that_are_written_and_read_back() -> None:
    built = {parse.__module__ for parse, _, _ in BUILT}
    earlier = {module.__module__ for module in (parse_cer, parse_vcu, parse_gs, parse_acr, parse_car)}
    assert {grammar.read.__module__ for grammar in GRAMMARS} == built | earlier


@given(st.text(max_size=300) | st.text("KE5-GSACRVCUTOPBDLIMN_+ 0123456789–;,\n", max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for reading in (*read_list(text, year=YEAR), *read_list(text, year=YEAR, programme="accu")):
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
    "PURO_PR_CORC100+_US_517437_2025_59a44376-3b87-4814-bce1-d05adeac04ad_" + "1 TO " * 25,
    "PURO_PR_CORC100+_US_517437_2025_59a44376-3b87-4814-bce1-d05adeac04ad_" + "1" * 130,
    "SCU-SOCIALCARBON-8-" + "A B" * 60,
    "SCU-SOCIALCARBON-8-" + "AB-" * 60,
    "CDC_1" + "_1" * 95,
    "CDC_1" + "_AB" * 12 + " 1",
    "BCR-" * 50,
    "PV-" * 66,
    "ret_" + "1" * 196,
    "DE-0-1-2-2" + " - " * 60,
    "\u0301" * 200,
    "\ufdfa" * 200,
    "\U0010ffff" * 200,
    "C;" * 100,
    "1\n" * 100,
    "4,\uff21 " * 50,
    "AD,I" * 50,
    "1-1;" * 50,
    "KE-5-1-2-2-0-5 " * 14,
    "; ".join(["ACR-US-1-2019-1-1-9"] * 9) + "x",
    "\ud800" * 200,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    read_list(text, year=YEAR)
    fastest = min(_seconds(text) for _ in range(20))
    assert any(reading.verdict.is_error for reading in read_list(text, year=YEAR))
    assert len(text) <= MAX_LENGTH + 10
    assert fastest < 0.001


def _seconds(text: str) -> float:
    start = time.perf_counter()
    read_list(text, year=YEAR)
    return time.perf_counter() - start


@given(st.text(max_size=SHORTEST - 1))
def test_what_is_passed_over_as_too_short_fits_no_grammar(text: str) -> None:
    assert not [grammar.name for grammar in GRAMMARS if grammar.read(normalised(text))]


def test_a_megabyte_of_combining_marks_is_refused_without_sorting_them() -> None:
    start = time.perf_counter()
    assert read_serial("\u0301\u0323" * 500_000, year=YEAR).verdict is Verdict.E_LENGTH
    assert time.perf_counter() - start < 1
