import pytest

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.factors.places import cloud_regions
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.model.place import Place, PueChoice

US_EAST_1 = Place(cloud="aws", cloud_region="us-east-1")


@pytest.mark.parametrize(
    ("choice", "place", "low", "value", "high"),
    [
        (PueChoice(), Place(), 1.0, 1.0, 2.0),
        (PueChoice(), Place(country="DEU"), 1.0, 1.0, 2.0),
        (PueChoice(pue=1.4), Place(), 1.4, 1.4, 1.4),
        (PueChoice(pue=1.4), US_EAST_1, 1.4, 1.4, 1.4),
        (PueChoice(site="laptop"), Place(), 1.0, 1.0, 1.0),
        (PueChoice(site="machine-room"), Place(), 1.1, 1.56, 2.0),
        (PueChoice(), US_EAST_1, 1.07, 1.15, 1.46),
        (PueChoice(), Place(cloud="aws", cloud_region="eu-west-2"), 1.07, 1.15, 1.46),
        (PueChoice(), Place(cloud="aws", cloud_region="ap-south-2"), 1.07, 1.46, 1.46),
        (PueChoice(), Place(cloud="azure", cloud_region="japaneast"), 1.11, 1.28, 1.43),
        (PueChoice(), Place(cloud="gcp", cloud_region="us-east4"), 1.07, 1.09, 1.16),
        (PueChoice(), Place(cloud="gcp", cloud_region="us-south1"), 1.07, 1.10, 1.16),
    ],
)
def test_the_pue_is_what_was_said_or_published(
    choice: PueChoice, place: Place, low: float, value: float, high: float
) -> None:
    pue, factors = resolve_pue(choice, place)
    assert (pue.low, pue.value, pue.high) == (low, value, high)
    assert [factor.value for factor in factors] in ([], [value])


def test_nothing_said_is_said_to_be_not_given() -> None:
    assert resolve_pue(PueChoice(), Place())[0].source == "not given"
    assert resolve_pue(PueChoice(pue=1.4), Place())[0].source == "given by the user"


@pytest.mark.parametrize("pue", [0.5, 0.999, 101.0, float("nan"), float("inf"), -1.0, 1e300])
def test_a_pue_is_a_number_from_1_to_100(pue: float) -> None:
    with pytest.raises(BadOption, match="--pue"):
        resolve_pue(PueChoice(pue=pue), Place())


def test_an_unknown_site_and_two_answers_are_refused() -> None:
    with pytest.raises(UnknownName, match="machine-room"):
        resolve_pue(PueChoice(site="machineroom"), Place())
    with pytest.raises(BadOption, match="give one of them"):
        resolve_pue(PueChoice(pue=1.2, site="laptop"), Place())


def test_every_cloud_region_has_a_pue_with_its_bounds_in_order() -> None:
    for provider, region in cloud_regions():
        pue, (factor,) = resolve_pue(PueChoice(), Place(cloud=provider, cloud_region=region))
        assert 1 <= pue.low <= pue.value <= pue.high <= 2, (provider, region)
        assert len(pue.source) <= 500 and factor.year == 2024
