import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.factors.instances import instance, instances, published_region

P4D = instance("aws", "p4d.24xlarge")


@pytest.mark.parametrize(
    ("load", "watts"),
    [
        (0, 744.8),
        (10, 1687.5),
        (50, 3781.8),
        (100, 5245.0),
        (5, (744.8 + 1687.5) / 2),
        (0.5, 744.8 + (1687.5 - 744.8) * 0.05),  # the package itself gives the idle value here
        (10.9, 1687.5 + (3781.8 - 1687.5) * 0.9 / 40),  # and the value of 10 % here
        (75, (3781.8 + 5245.0) / 2),
    ],
)
def test_power_is_interpolated_between_the_published_loads(load: float, watts: float) -> None:
    assert P4D.power_w_at(load) == pytest.approx(watts, rel=1e-12)


@pytest.mark.parametrize("load", [-0.1, 100.1, float("nan"), float("inf")])
def test_a_load_lies_between_0_and_100(load: float) -> None:
    with pytest.raises(BadOption, match="--load"):
        P4D.power_w_at(load)


@given(st.sampled_from(sorted(instances())), st.floats(0, 100), st.floats(0, 100))
def test_more_load_never_draws_less(name: str, first: float, second: float) -> None:
    low, high = sorted((first, second))
    found = instance("aws", name)
    assert found.power_w_at(low) <= found.power_w_at(high) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("provider", "name", "words"),
    [
        ("aws", "p4d.24xlarg", "did you mean 'p4d.24xlarge'"),
        ("aws", "P4D.24XLARGE", "did you mean 'p4d.24xlarge'"),
        ("aws", "p5.48xlarg", "did you mean 'p5.48xlarge'"),
        ("azure", "ND96asr_v4", "did you mean 'Standard_ND96asr_v4'"),
        ("azure", "p4d.24xlarge", "estimate list instances azure"),
        ("gcp", "a2-highgpu-1", "did you mean 'a2-highgpu-1g'"),
        ("gcp", "n1-standard-8", "estimate device"),
        ("ovh", "t1-45", "known: aws, azure, gcp"),
    ],
)
def test_an_instance_is_exact_or_refused(provider: str, name: str, words: str) -> None:
    with pytest.raises(UnknownName) as refused:
        instance(provider, name)
    assert words in str(refused.value)


def test_a_region_that_the_source_lacks_is_refused() -> None:
    with pytest.raises(UnknownName, match="without --as-published"):
        published_region("eu-south-2")


def test_instances_with_accelerators_know_how_many() -> None:
    assert (P4D.accelerator, P4D.accelerators) == ("A100 SXM4 40GB", 8)
    assert instance("aws", "m5.xlarge").accelerators == 0
