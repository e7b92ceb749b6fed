"""Every table is named with its terms, in the command and in the notices that ship."""

from pathlib import Path

import pytest

from neuclir_carbon.factors.sources import Source, sources

NOTICES = Path(__file__).parents[2] / "THIRD-PARTY.md"
DATA = Path(__file__).parents[2] / "neuclir_carbon" / "factors" / "data"
FORBIDDEN = ("AGPL", "ODbL", "all rights reserved")


@pytest.mark.parametrize("source", sources(), ids=lambda one: one.name)
def test_a_table_has_its_terms_and_none_that_we_may_not_ship(source: Source) -> None:
    assert source.licence and source.attribution and source.version and source.holds
    assert "not installed" not in source.version
    assert not any(word in source.licence for word in FORBIDDEN)


def test_each_of_our_files_and_each_package_is_named_in_both_places() -> None:
    told, notices = " ".join(source.name for source in sources()), NOTICES.read_text(encoding="utf-8")
    for name in [path.name for path in DATA.glob("*.csv")] + [
        "ecologits",
        "codecarbon",
        "valohai-wattson",
        "pycountry",
    ]:
        assert name in told and name in notices
    assert "Greenhouse Gas Equivalencies" in notices
