import pytest
from attrs import asdict
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.places import cloud_regions, regions_of
from neuclir_carbon.model.place import Place


@pytest.mark.parametrize(
    ("place", "low", "central", "high"),
    [
        # ecologits is central; CodeCarbon's country table gives the other end
        (Place(country="DEU"), 329.65, 329.65, 380.95),
        (Place(country="FRA"), 41.44, 41.44, 56.039),
        (Place(country="USA"), 369.473, 384.40, 384.40),
        (Place(country="KEN"), 70.492, 95.44, 95.44),
        # a state, a province or a zone before its country
        (Place(country="USA", region="virginia"), 244.758, 244.758, 384.40),
        (Place(country="CHN", region="beijing"), 525.34, 555.4, 582.317),
        (Place(country="SWE", region="SE3"), 27.0, 27.0, 40.695),
        # a cloud region stands for its state, or its country
        (Place(cloud="aws", cloud_region="us-east-1"), 244.758, 244.758, 384.40),
        (Place(cloud="aws", cloud_region="eu-north-1"), 35.26, 35.26, 40.695),
        # Canada's provinces are lower bounds: the country is central
        (Place(country="CAN", region="quebec"), 3.93736, 190.72, 190.72),
        (Place(country="CAN", region="alberta"), 170.043, 190.72, 627.675),
        # Google's own figure joins the range
        (Place(cloud="gcp", cloud_region="europe-west9"), 34.0, 41.44, 56.039),
        (Place(cloud="gcp", cloud_region="us-west3"), 369.473, None, 588.0),
    ],
)
def test_a_place_has_its_own_intensity_between_the_recent_sources(
    place: Place, low: float, central: float | None, high: float
) -> None:
    grid, factors = resolve_grid(place)
    if central is None:
        central = tables.us_states()["utah"]
        low, high = min(low, central), max(high, central)
    assert grid.g_co2e_per_kwh == pytest.approx(central, rel=1e-5)
    assert (grid.low, grid.high) == pytest.approx((low, high), rel=1e-5)
    assert grid.basis == "location"
    assert grid.country
    assert {grid.low, grid.high, grid.g_co2e_per_kwh} <= {factor.value for factor in factors}
    assert all(factor.unit == "g CO2e/kWh" and factor.version and factor.source for factor in factors)


def test_the_same_place_has_the_same_central_value_under_every_providers_name() -> None:
    places = [
        Place(country="USA", region="virginia"),
        Place(cloud="aws", cloud_region="us-east-1"),
        Place(cloud="azure", cloud_region="eastus"),
        Place(cloud="gcp", cloud_region="us-east4"),
    ]
    assert len({resolve_grid(place)[0].g_co2e_per_kwh for place in places}) == 1


def test_no_place_is_the_whole_worlds_range_and_says_so() -> None:
    grid, factors = resolve_grid(Place())
    assert grid.basis == "unspecified"
    assert grid.country is None
    assert grid.g_co2e_per_kwh == 458.29
    assert (grid.low, grid.high) == (20.0, 1306.27)
    assert [factor.id for factor in factors] == ["grid.ecologits.WOR", "grid.codecarbon.LSO", "grid.ecologits.TKM"]


def test_no_resolved_country_lies_outside_the_unspecified_range() -> None:
    world, _ = resolve_grid(Place())
    for country in tables.iso_countries():
        grid, _ = resolve_grid(Place(country=country))
        if grid.g_co2e_per_kwh is not None:
            assert world.low <= grid.low <= grid.g_co2e_per_kwh <= grid.high <= world.high, country


@pytest.mark.parametrize("country", ["CAF", "AND", "LIE"])
def test_a_country_without_data_is_unknown_and_never_zero_or_the_world(country: str) -> None:
    grid, factors = resolve_grid(Place(country=country))
    assert (grid.g_co2e_per_kwh, grid.low, grid.high) == (None, None, None)
    assert grid.country == country
    assert "give --intensity" in grid.source
    assert factors == ()


@pytest.mark.parametrize("country", [None, "FRA", "CAF"])
def test_an_intensity_that_the_user_gives_is_exact_and_keeps_the_country(country: str | None) -> None:
    grid, factors = resolve_grid(Place(intensity_g_co2e_per_kwh=12.5, country=country))
    assert asdict(grid) == {
        "g_co2e_per_kwh": 12.5, "low": 12.5, "high": 12.5, "country": country, "region": None, "year": None,
        "source": "given by the user", "basis": "given",
    }  # fmt: skip
    assert [factor.value for factor in factors] == [12.5]


@pytest.mark.parametrize("intensity", [-1.0, float("nan"), float("inf"), 1e300, 100_001.0])
def test_an_absurd_intensity_is_refused(intensity: float) -> None:
    with pytest.raises(BadOption, match="--intensity"):
        resolve_grid(Place(intensity_g_co2e_per_kwh=intensity))


REGIONS = [
    (country, region) for country in ("USA", "CAN", "CHN", "SWE", "NOR", "FIN") for region in regions_of(country)
]
PLACES = (
    [Place(country=country) for country in tables.iso_countries()]
    + [Place(country=country, region=region) for country, region in REGIONS]
    + [Place(cloud=cloud, cloud_region=region) for cloud, region in cloud_regions()]
)


@given(st.sampled_from(PLACES))
def test_every_known_place_resolves_with_its_bounds_in_order_and_fits_the_document(place: Place) -> None:
    grid, factors = resolve_grid(place)
    assert len(grid.source) <= 500
    if grid.g_co2e_per_kwh is not None:
        assert 0 < grid.low <= grid.g_co2e_per_kwh <= grid.high < 2000
        assert (grid.low, grid.high) == (min(f.value for f in factors), max(f.value for f in factors))
