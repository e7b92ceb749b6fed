"""How values are said."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import words
from neuclir_carbon.report.words import Cell

WITHHELD = {"suppressed": True, "reason": "fewer than 3 teams"}


def spaced(text: str) -> str:
    """The text with its no-break spaces as plain ones."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (1, "1.00"),
        (0.5, "0.500"),
        (147.55, "148"),
        (999.6, "1,000"),
        (1234.5, "1,230"),
        (99_999, "100,000"),
        (0.00123, "0.00123"),
        (1.234e-6, "1.23 × 10⁻⁶"),
        (4.2e12, "4.20 × 10¹²"),
        (-2.5, "-2.50"),
        (math.inf, "unknown"),
        (math.nan, "unknown"),
    ],
)
def test_numbers_have_three_significant_digits(value: float, said: str) -> None:
    assert spaced(words.number(value)) == said


@given(st.floats(min_value=1e-5, max_value=9.9e8))
def test_a_number_said_is_within_half_a_digit_of_the_number(value: float) -> None:
    assert float(words.number(value).replace(",", "")) == pytest.approx(value, rel=0.00501)


@pytest.mark.parametrize(
    ("kg", "said"),
    [
        (1e-6, "0.00100 g"),
        (0.0294, "29.4 g"),
        (0.999, "999 g"),
        (1.0, "1.00 kg"),
        (9_990.0, "9,990 kg"),
        (10_000.0, "10.0 t"),
        (2.5e6, "2,500 t"),
        (0.0, "0 kg"),
        (None, "unknown"),
    ],
)
def test_a_mass_is_said_in_the_unit_that_reads_best(kg: float | None, said: str) -> None:
    assert spaced(words.mass(kg)) == said


@pytest.mark.parametrize(
    ("kwh", "said"), [(0.0005, "0.500 Wh"), (672.0, "672 kWh"), (22_500.0, "22.5 MWh"), (None, "unknown")]
)
def test_an_energy_is_said_in_the_unit_that_reads_best(kwh: float | None, said: str) -> None:
    assert spaced(words.energy(kwh)) == said


def test_both_ends_of_a_range_have_one_unit() -> None:
    assert spaced(words.between(0.9, 1.7)) == "between 0.900 and 1.70 kg"
    assert spaced(words.between(2.0, 2.0)) == "2.00 kg"
    found = Range(0.5, 1.0, 3.0, 0.8, 1.5)
    assert spaced(words.likely(found, words.GRAM)) == "between 800 and 1,500 g"
    assert spaced(words.hull(found)) == "between 0.500 and 3.00 kg"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.6239, "62.3 %"),
        (0.57, "57.0 %"),
        (0.29, "29.0 %"),
        (1.0, "100.0 %"),
        (0.99999999, "99.9 %"),
        (0.0004, "under 0.1 %"),
        (0.0, "0 %"),
        (1.25, "125.0 %"),
        (None, "unknown"),
    ],
)
def test_a_share_is_cut_at_a_tenth_of_a_percent(share: float | None, said: str) -> None:
    assert spaced(words.share(share)) == said


@given(st.floats(min_value=0.001, max_value=1, exclude_max=True))
def test_what_is_not_all_is_never_said_to_be_all_nor_more_than_it_is(share: float) -> None:
    said = float(words.share(share).removesuffix("\u00a0%"))
    assert said < 100
    assert said / 100 <= share * (1 + 1e-12)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(17, 21, "81 %"), (0, 21, "0 %"), (21, 21, "100 %"), (999, 1000, "over 99 %"), (1, 1000, "under 1 %")],
)
def test_a_count_is_all_or_nothing_only_where_it_is(part: int, whole: int, said: str) -> None:
    assert spaced(words.share_of(part, whole)) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("翻訳 گروه Два", "翻訳 گروه Два"),
        ("a\u202ebc", "a\\u202ebc"),
        ("\x1b[31m", "\\u001b[31m"),
        ("two\nlines\t", "two\\u000alines\\u0009"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 4),
        ("x" * 300, "x" * 200 + "…"),
    ],
)
def test_what_a_stranger_wrote_is_visible(text: str, shown: str) -> None:
    assert words.visible(text) == shown


@given(st.text(max_size=300))
def test_nothing_invisible_is_left(text: str) -> None:
    for character in words.visible(text):
        assert character in "\u00a0\u202f" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, Cell(text="unknown")),
        (0, Cell(text="0", sort=0.0)),
        (1200, Cell(text="1,200", sort=1200.0)),
        (WITHHELD, Cell(text="withheld", reason="fewer than 3 teams")),
        ({"band": [9, 12], "reason": "few"}, Cell(text="between 9 and 12", reason="few")),
    ],
)
def test_a_withheld_value_is_said_to_be_withheld_and_never_zero(value: object, cell: Cell) -> None:
    assert words.cell(value, words.count) == cell


@pytest.mark.parametrize(
    ("band", "said"),
    [
        ([0.0002, 0.0005], "between 0.2 and 0.5 g"),
        ([100, 200], "between 100 and 200 kg"),
        ([1, 2.5], "between 1 and 2.5 kg"),
        ([10_000, 20_000], "between 10 and 20 t"),
    ],
)
def test_the_ends_of_a_band_are_said_as_round_numbers(band: list[float], said: str) -> None:
    unit = words.mass_unit(band)
    assert spaced(words.cell({"band": band, "reason": "r"}, lambda kg: words.mass(kg, unit)).text) == said


def test_a_public_document_s_values_are_told_apart() -> None:
    told = {"low": 1, "central": 2, "high": 3, "likely_low": 1.5, "likely_high": 2.5}
    band = {"band": [1, 2], "reason": "r"}
    assert words.range_of(told) == Range(1, 2, 3, 1.5, 2.5)
    assert [words.range_of(value) for value in (None, WITHHELD, band)] == [None, None, None]
    assert [words.band_of(value) for value in (None, WITHHELD, told, band)] == [None, None, None, (1.0, 2.0)]
    assert [words.reason_of(value) for value in (None, told, WITHHELD, band)] == ["", "", "fewer than 3 teams", "r"]
    assert [words.size(value) for value in (None, 7, told, band, WITHHELD)] == [0.0, 7.0, 2, 2.0, 0.0]
