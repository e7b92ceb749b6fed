"""The same work elsewhere: the same IT energy under another grid, and under a cloud's own PUE."""

import pytest
from making import a_record

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.model.place import Place
from neuclir_carbon.workflow.elsewhere import elsewhere, parsed_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("FRA", Place(country="FRA")),
        ("USA:vermont", Place(country="USA", region="vermont")),
        ("aws:eu-north-1", Place(cloud="aws", cloud_region="eu-north-1")),
    ],
)
def test_a_place_is_a_country_a_region_or_a_provider_s_region(text: str, place: Place) -> None:
    assert parsed_place(text) == place


@pytest.mark.parametrize(
    ("text", "error"),
    [("", BadOption), ("FRA:", BadOption), (":x", BadOption), ("France", UnknownName), ("USA:vermontt", UnknownName),
     ("aws:us-east-9", UnknownName), ("awss:us-east-1", UnknownName)],
)  # fmt: skip
def test_what_is_no_place_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        elsewhere([a_record("a", kwh=1.0)], [text])


def test_the_least_comes_first_and_each_is_energy_times_grid() -> None:
    found = elsewhere([a_record("a", kwh=1.0), a_record("b", kwh=2.0)], ["IND", "FRA", "aws:eu-north-1", "FRA"])
    assert [one.place for one in found] == ["aws:eu-north-1", "FRA", "IND"]
    kilograms = {one.place: one.emissions_kg_co2e for one in found}
    assert kilograms["FRA"] is not None and kilograms["FRA"].central == pytest.approx(3.0 * 0.04144)
    assert kilograms["IND"] is not None and kilograms["IND"].central == pytest.approx(3.0 * 0.67013)
    # The provider's own PUE holds in its region.
    assert kilograms["aws:eu-north-1"] is not None
    assert kilograms["aws:eu-north-1"].central == pytest.approx(3.0 * 1.10 * 0.03526)
    assert all(one.low <= one.central <= one.high for one in kilograms.values() if one)


def test_work_of_unknown_energy_is_unknown_elsewhere_too() -> None:
    (found,) = elsewhere([a_record("a", kwh=None)], ["FRA"])
    assert found.emissions_kg_co2e is None
