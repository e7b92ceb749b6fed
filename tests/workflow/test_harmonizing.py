"""One set of grid factors: recomputed by hand, and what of the difference between teams comes of the factors alone."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import a_record

from neuclir_carbon.factors import tables
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.model.counting import counted
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.quantities import Range, Spread, product, scaled
from neuclir_carbon.model.record import Embodied, Grid, Pue
from neuclir_carbon.workflow.harmonizing import Grids, difference, harmonized, harmonized_of

kilo = st.floats(0, 1e6).map(lambda value: round(value, 3))


def typed(grams: float, country: str | None = None, region: str | None = None) -> Grid:
    return Grid(
        g_co2e_per_kwh=grams, low=grams, high=grams, country=country, region=region, source="typed", basis="given"
    )


def activity(team: str, kwh: float | None, grid: Grid | None, **changes: object) -> CountedActivity:
    (found,) = counted([a_record(f"{team}-1", kwh=kwh, grid=grid, **changes)], team=team)  # type: ignore[arg-type]
    return found


def g_per_kwh(**place: str) -> Spread:
    spread = resolve_grid(Place(**place))[0].spread
    assert spread is not None
    return spread


def test_a_typed_intensity_is_replaced_by_its_country_s_and_everything_else_stays() -> None:
    """2 kWh (1 to 4) of IT energy, PUE 1.5 (1.2 to 2), Germany's grid, 0.25 kg (0.1 to 0.5) of manufacture."""
    one = activity(
        "lotus", 2.0, typed(20.0, "DEU"), pue=Pue(value=1.5, low=1.2, high=2.0, source="x"),
        embodied=Embodied(kg_co2e=0.25, low=0.1, high=0.5, source="x"),
    )  # fmt: skip
    grid = g_per_kwh(country="DEU")
    found = harmonized_of(one, Grids())
    assert found is not None
    assert found.central == pytest.approx(2 * 1.5 * grid.central / 1000 + 0.25)
    assert found.low == pytest.approx(1 * 1.2 * grid.low / 1000 + 0.1)
    assert found.high == pytest.approx(4 * 2.0 * grid.high / 1000 + 0.5)
    assert found.low < found.likely_low < found.central < found.likely_high < found.high
    assert one.emissions_kg_co2e is not None
    assert one.emissions_kg_co2e.central == pytest.approx(3 * 20 / 1000 + 0.25)


def test_a_record_under_the_tables_of_this_version_comes_out_as_it_went_in() -> None:
    grid, _ = resolve_grid(Place(country="FRA"))
    one = activity("lotus", 1.7, grid)
    found = harmonized_of(one, Grids())
    assert found is not None
    assert one.emissions_kg_co2e is not None
    for bound in ("low", "likely_low", "central", "likely_high", "high"):
        assert getattr(found, bound) == pytest.approx(getattr(one.emissions_kg_co2e, bound), rel=1e-12)


@pytest.mark.parametrize(
    ("grid", "place"),
    [
        (typed(5.0, "USA", "vermont"), {"country": "USA", "region": "vermont"}),
        (typed(5.0, "USA", "us-west-2"), {"cloud": "aws", "cloud_region": "us-west-2"}),
        (typed(5.0, "USA", "somewhere else"), {"country": "USA"}),
        (typed(5.0, "DEU", "us-west-2"), {"country": "DEU"}),
        (typed(5.0, "QQQ"), {}),
        (typed(5.0, "ATA"), {}),
        (typed(5.0), {}),
        (None, {}),
    ],
)
def test_a_place_is_taken_as_narrow_as_the_tables_know_it_and_no_place_is_the_world_s_range(
    grid: Grid | None, place: dict[str, str]
) -> None:
    found = harmonized_of(activity("lotus", 1.0, grid), Grids())
    wanted = g_per_kwh(**place)
    assert found is not None
    assert found.central == pytest.approx(wanted.central / 1000)
    assert found.high == pytest.approx(2 * 2 * wanted.high / 1000)  # the record's own bounds: 2 kWh, PUE 2


def test_what_could_not_be_recomputed_or_has_no_place_is_counted() -> None:
    activities = [
        activity("lotus", 1.0, typed(100.0, "DEU")), activity("maple", 1.0, typed(5.0)), activity("elm", None, None),
        activity("birch", 1.0, None),
    ]  # fmt: skip
    whole, comparison = harmonized(activities, Grids())
    assert whole is not None
    assert comparison is not None
    assert (comparison.activities, comparison.without_place, comparison.without_energy) == (3, 2, 1)
    assert comparison.compared == 2  # birch reported none
    germany, world = g_per_kwh(country="DEU").central, g_per_kwh().central
    assert whole.central == pytest.approx((germany + 2 * world) / 1000)
    assert comparison.harmonized_kg_co2e.central == pytest.approx((germany + world) / 1000)
    assert comparison.as_reported_kg_co2e.central == pytest.approx(0.105)
    assert {table.source.split()[0] for table in comparison.tables} >= {"ecologits", "codecarbon"}
    assert all(table.version for table in comparison.tables)


def test_a_step_in_another_place_than_its_parent_has_its_own_grid() -> None:
    whole = a_record("whole", kwh=10.0, grid=typed(1.0, "FRA"))
    step = a_record("step", kwh=4.0, parent_id="whole", grid=typed(1.0, "POL"))
    found, _ = harmonized(counted([whole, step], team="lotus"), Grids())
    assert found is not None
    france, poland = g_per_kwh(country="FRA").central, g_per_kwh(country="POL").central
    assert found.central == pytest.approx((6 * france + 4 * poland) / 1000)


def test_two_teams_of_equal_energy_differ_by_their_factors_alone() -> None:
    """1 kWh each in Germany; one typed 100 g, the other 300 g: all of the 0.2 kg between them are factors."""
    _, comparison = harmonized(
        [activity("lotus", 1.0, typed(100.0, "DEU")), activity("maple", 1.0, typed(300.0, "DEU"))], Grids()
    )
    assert comparison is not None
    assert comparison.mean_difference_kg == pytest.approx(0.2)
    assert comparison.from_factors_kg == pytest.approx(0.2)
    assert comparison.from_factors_share == pytest.approx(1.0)
    assert "(100%) comes of different grid factors alone" in comparison.sentence


def test_the_two_parts_of_the_difference_recomputed_by_hand() -> None:
    """Reported 10, 4, 1; recomputed 7, 5, 2. Pairs: 6, 9, 3 (mean 6), of which 2, 5, 3 (mean 10/3) stay."""
    mean, part = difference([10.0, 4.0, 1.0], [7.0, 5.0, 2.0])
    assert mean == pytest.approx(6.0)
    assert part == pytest.approx(6 - 10 / 3)


def test_factors_that_hide_a_difference_make_a_negative_part() -> None:
    """One team took ten times the energy on a typed grid of a tenth."""
    _, comparison = harmonized(
        [activity("lotus", 1.0, typed(400.0, "DEU")), activity("maple", 10.0, typed(41.0, "DEU"))], Grids()
    )
    assert comparison is not None
    assert comparison.from_factors_kg is not None
    assert comparison.from_factors_kg < 0
    assert "hide another" in comparison.sentence


def test_one_team_has_nobody_to_differ_from_and_equal_teams_do_not_differ() -> None:
    _, one = harmonized([activity("lotus", 1.0, typed(100.0, "DEU"))], Grids())
    _, two = harmonized([activity(team, 1.0, typed(100.0, "DEU")) for team in ("lotus", "maple")], Grids())
    assert one is not None
    assert two is not None
    assert (one.mean_difference_kg, one.from_factors_share) == (None, None)
    assert (two.mean_difference_kg, two.from_factors_share) == (0.0, None)
    assert harmonized([], Grids()) == (None, None)


@given(st.lists(st.tuples(kilo, kilo), min_size=2, max_size=12))
def test_the_difference_is_the_mean_over_all_pairs_and_equal_factors_leave_no_part(
    pairs: list[tuple[float, float]],
) -> None:
    reported, recomputed = [one for one, _ in pairs], [other for _, other in pairs]
    mean, part = difference(reported, recomputed)
    every = list(itertools.combinations(pairs, 2))
    by_hand = math.fsum(abs(a[0] - b[0]) for a, b in every) / len(every)
    stays = math.fsum((a[1] - b[1]) * ((a[0] > b[0]) - (a[0] < b[0])) for a, b in every) / len(every)
    assert mean == pytest.approx(by_hand, abs=1e-6)
    assert part == pytest.approx(by_hand - stays, abs=1e-6)
    assert difference(reported, reported)[1] == pytest.approx(0.0, abs=1e-6)


@given(st.tuples(*(st.tuples(*(st.floats(0.01, 100.0),) * 3).map(sorted),) * 3))
def test_scaling_by_one_more_factor_is_the_product_of_all(factors: tuple[list[float], ...]) -> None:
    spreads = [Spread(*factor) for factor in factors]
    step, whole = scaled(product(spreads[:2]), spreads[2]), product(spreads)
    for bound in ("low", "likely_low", "central", "likely_high", "high"):
        assert getattr(step, bound) == pytest.approx(getattr(whole, bound), rel=1e-9), bound


@given(
    st.tuples(*(st.floats(0.0, 100.0) for _ in range(5))).map(sorted),
    st.tuples(*(st.floats(0.0, 9.0),) * 3).map(sorted),
)
def test_a_scaled_range_keeps_its_bounds_in_order(bounds: list[float], factor: list[float]) -> None:
    low, likely_low, central, likely_high, high = bounds
    found = scaled(Range(low, central, high, likely_low, likely_high), Spread(*factor))
    assert found.low <= found.likely_low <= found.central <= found.likely_high <= found.high


def test_strangers_places_cost_a_look_up_and_no_search_for_near_names() -> None:
    grids = Grids()
    for number in range(20_000):
        assert grids.is_world((None, None))
        grids.at(("DEU", f"a region that nobody knows, number {number}"))
    assert {table.source.split()[0] for table in grids.tables} <= {"ecologits", "codecarbon"}
    assert "DEU" in tables.iso_countries()
