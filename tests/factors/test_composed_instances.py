"""Our own table of instances: every row has its source and its provider's size, and its power is composed or not."""

import pytest

from neuclir_carbon.errors import BadOption
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.composed_instances import ComposedInstance, InstanceParts, composed_instances, listed_parts
from neuclir_carbon.factors.devices import accelerators
from neuclir_carbon.factors.instances import instance, instances, unpublished_instances
from neuclir_carbon.factors.power import W_PER_THREAD
from neuclir_carbon.model.quantities import Spread

PAGES = ("https://learn.microsoft.com/azure/", "https://cloud.google.com/", "https://karpenter.sh/docs/")


def test_all_three_providers_have_accelerated_types_that_the_teads_data_lacks() -> None:
    found = unpublished_instances()
    counts = {provider: sum(one.provider == provider for one in found) for provider in ("aws", "azure", "gcp")}
    assert min(counts.values()) >= 20
    assert len(found) >= 60


def test_no_instance_stands_twice_in_the_table() -> None:
    assert len(listed_parts()) == len(tables.own_rows("cloud_instances.csv"))


@pytest.mark.parametrize("parts", listed_parts().values(), ids=lambda parts: parts.name)
def test_a_row_names_a_page_of_its_provider_or_says_that_it_is_unverified(parts: InstanceParts) -> None:
    assert parts.source.startswith(PAGES) or "unverified" in parts.source
    assert parts.accelerators > 0
    assert (parts.vcpus is None) == (parts.memory_gib is None)
    assert (parts.host_processor is None) == (parts.host_vcpus is None) == (parts.host_source == "")


@pytest.mark.parametrize(
    ("provider", "name", "accelerator", "sizes"),
    [
        ("aws", "p5.48xlarge", "H100 SXM", (8, 192, 2048)),
        ("aws", "p5.4xlarge", "H100 SXM", (1, 16, 256)),
        ("aws", "p5en.48xlarge", "H200 SXM", (8, 192, 2048)),
        ("aws", "p6-b200.48xlarge", "B200", (8, 192, 2048)),
        ("aws", "p4de.24xlarge", "A100 SXM4 80GB", (8, 96, 1152)),
        ("aws", "g5.xlarge", "A10G", (1, 4, 16)),
        ("aws", "g6.12xlarge", "L4", (4, 48, 192)),
        ("aws", "g6e.48xlarge", "L40S", (8, 192, 1536)),
        ("aws", "gr6.8xlarge", "L4", (1, 32, 256)),
        ("azure", "Standard_NC6", "K80", (1 / 2, 6, 56)),
        ("azure", "Standard_NC24ads_A100_v4", "A100 PCIe 80GB", (1, 24, 220)),
        ("azure", "Standard_NC40ads_H100_v5", "H100 NVL", (1, 40, 320)),
        ("azure", "Standard_NC64as_T4_v3", "T4", (4, 64, 440)),
        ("azure", "Standard_ND40rs_v2", "V100 SXM2", (8, 40, 672)),
        ("azure", "Standard_ND96amsr_A100_v4", "A100 SXM4 80GB", (8, 96, 1900)),
        ("azure", "Standard_ND96isr_MI300X_v5", "MI300X", (8, 96, 1850)),
        ("azure", "Standard_NV6ads_A10_v5", "A10", (1 / 6, 6, 55)),
        ("gcp", "a2-megagpu-16g", "A100 SXM4 40GB", (16, 96, 1360)),
        ("gcp", "a2-ultragpu-1g", "A100 SXM4 80GB", (1, 12, 170)),
        ("gcp", "a3-highgpu-8g", "H100 SXM", (8, 208, 1872)),
        ("gcp", "a3-ultragpu-8g", "H200 SXM", (8, 224, 2952)),
        ("gcp", "a4-highgpu-8g", "B200", (8, 224, 3968)),
        ("gcp", "g2-standard-32", "L4", (1, 32, 128)),
        ("gcp", "ct3-hightpu-4t", "TPU v3", (4, 96, 340)),
    ],
)
def test_an_instance_has_the_size_that_its_provider_tells(
    provider: str, name: str, accelerator: str, sizes: tuple[float, int, float]
) -> None:
    found = instance(provider, name)
    assert isinstance(found, ComposedInstance)
    assert (found.accelerator, found.accelerators, found.vcpus, found.memory_gib) == (accelerator, *sizes)
    assert tuple(factor.value for factor in found.size_factors) == sizes


@pytest.mark.parametrize(
    ("provider", "name", "w_per_vcpu"),
    [
        ("aws", "g6e.xlarge", Spread.exact(225 / 96)),  # AMD EPYC 7R13, as codecarbon lists it
        ("azure", "Standard_ND40rs_v2", Spread.exact(205 / 24)),  # Intel Xeon Platinum 8168, one vCPU a core
        ("azure", "Standard_ND96asr_v4", W_PER_THREAD),  # AMD EPYC 7V12, which codecarbon does not list
        ("gcp", "a2-highgpu-1g", W_PER_THREAD),
    ],
)
def test_a_vcpu_draws_its_part_of_a_listed_processor_or_lies_in_the_range_of_all(
    provider: str, name: str, w_per_vcpu: Spread
) -> None:
    found = instance(provider, name)
    assert found.host_w_per_vcpu == w_per_vcpu
    assert (found.host_factor.low, found.host_factor.value, found.host_factor.high) == (
        w_per_vcpu.low, w_per_vcpu.central, w_per_vcpu.high
    )  # fmt: skip


def test_where_the_teads_data_has_an_instance_it_stays_the_source() -> None:
    both = [name for provider, name in composed_instances() if provider == "aws" and name in instances()]
    assert {"p4d.24xlarge", "g4dn.xlarge"} <= set(both)
    assert all(instance("aws", name) is instances()[name] for name in both)


WITHOUT_POWER = [
    parts
    for parts in listed_parts().values()
    if parts.accelerator not in accelerators() and (parts.provider != "aws" or parts.name not in instances())
]


def test_an_instance_whose_host_is_not_known_is_refused_by_its_name() -> None:
    with pytest.raises(BadOption, match="'v2-8' has a host of which neither vCPUs nor memory are known"):
        instance("gcp", "v2-8")


@pytest.mark.parametrize("parts", WITHOUT_POWER, ids=lambda parts: parts.name)
def test_an_instance_whose_accelerator_has_no_power_in_our_tables_is_refused_by_its_name(parts: InstanceParts) -> None:
    with pytest.raises(BadOption, match="in no table that we know") as refused:
        instance(parts.provider, parts.name)
    assert (refused.value.exit_code, parts.name in str(refused.value)) == (2, True)
