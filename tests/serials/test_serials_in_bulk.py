"""Serials of whole exports: whatever the quick reader answers, the full one answers as well."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.serials import bulk
from neuclir_carbon.serials.bulk import ANY_YEAR, BulkReader
from neuclir_carbon.serials.reading import GRAMMARS, read_list

SERIALS = Path(__file__).parents[1] / "data/certificates/serials.tsv"
PUBLIC = [row["serial"] for row in csv.DictReader(SERIALS.open(encoding="utf-8", newline=""), delimiter="\t")]
EXAMPLES = [*PUBLIC, *(grammar.example for grammar in GRAMMARS)]
HOMES = sorted({programme for grammar in GRAMMARS for programme in grammar.programmes})
# An end of a block is the number before and after these; the rest of a serial is its frame.
_BLOCK = re.compile(r"[0-9]+( to |-)[0-9]+")


def in_full(text: str, home: str) -> tuple[str, int, int] | None:
    """The block of a text that is one valid serial with a block; None for all else."""
    readings = read_list(text, year=ANY_YEAR, programme=home)
    serial = readings[0].serial
    if len(readings) > 1 or serial is None or readings[0].block is None:
        return None
    return serial.key, readings[0].block.start, readings[0].block.end


def test_the_public_serials_are_answered_as_in_full_or_left_to_it() -> None:
    for home in HOMES:
        reader = BulkReader(home)
        for text in EXAMPLES * 2:
            found = reader.block(text)
            assert found is None or found == in_full(text, home), text


numbers = st.integers(0, 10**16).map(str) | st.integers(0, 60).map(str) | st.sampled_from(("007", "1" * 15, "1" * 16))


@given(st.data())
def test_a_frame_that_is_known_answers_for_its_own_blocks_only(data: st.DataObject) -> None:
    home = data.draw(st.sampled_from(HOMES))
    reader = BulkReader(home)
    for _ in range(6):
        text = data.draw(st.sampled_from(EXAMPLES))
        places = list(_BLOCK.finditer(text))
        if places:
            there = data.draw(st.sampled_from(places))
            block = f"{data.draw(numbers)}{data.draw(st.sampled_from((' to ', '-', there[1])))}{data.draw(numbers)}"
            text = f"{text[: there.start()]}{block}{text[there.end() :]}"
        text = data.draw(st.sampled_from(("", " ", "x", "\n", ";"))) + text + data.draw(st.sampled_from(("", " ", "1")))
        found = reader.block(text)
        assert found is None or found == in_full(text, home), text


@given(st.lists(st.text(max_size=60) | st.text("ACRUS-GS1VCU2019 to;,\n", max_size=80), max_size=5))
def test_no_text_gets_an_answer_that_it_has_not_in_full(texts: list[str]) -> None:
    reader = BulkReader("acr")
    for text in texts:
        found = reader.block(text)
        assert found is None or found == in_full(text, "acr")


@pytest.mark.parametrize(
    ("home", "text"),
    [
        ("verra-vcs", "19298-935997134-935997144-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"),
        ("verra-vcs", "19902-1139690318-1139925921-VCS-VCU-500-VER-US-3352-01012024-31122024-1"),
        ("gold-standard", "GS1-1-KE-GS7495-16-2025-30645-608-30350"),
        ("acr", "ACR-US-212-2019-1155-70286 to 70398"),
        ("art-trees", "ART-GY-102-2021-11-2759599 to 2760598"),
        ("car", "CAR-1-US-1335-31-983-KS-2025-9205-1 to 5000"),
        ("cercarbono", "CDC_1_1_1_321_14_1_2009 4426-4971"),
    ],
)
def test_the_rows_of_the_registries_with_exports_are_answered(home: str, text: str) -> None:
    assert BulkReader(home).block(text) == in_full(text, home) is not None


def test_frames_that_are_none_are_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(bulk, "FRAMES_ON_TRUST", 10)
    monkeypatch.setattr(bulk, "MOST_FRAMES", 20)
    monkeypatch.setattr(bulk, "read_list", lambda text, **more: tried.append(text) or read_list(text, **more))
    reader = BulkReader("acr")
    assert not any(reader.block(f"no serial {i}-1-5") for i in range(200))
    assert len(tried) <= 110
    # They do not spoil it for good: once most texts are sound again, new frames are tried again.
    for batch in range(1, 400):
        text = f"ACR-US-212-2019-{batch}-1 to 5"
        assert reader.block(text) in (None, in_full(text, "acr"))
    assert reader.block("ACR-US-212-2019-9999-1 to 5") == ("acr:212:2019:9999", 1, 5)
