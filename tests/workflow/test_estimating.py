"""Estimates as records: they follow the schema, pass the rules about records, and come back from a ledger."""

from pathlib import Path

import pytest

from neuclir_carbon.checks import emissions
from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.errors import BadOption, UnknownName, Unwritable
from neuclir_carbon.estimate import cloud, device, mlco2, upper_bound
from neuclir_carbon.estimate.result import Estimate
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.place import Place
from neuclir_carbon.model.record import SCHEMA
from neuclir_carbon.store.ledger import read_ledger
from neuclir_carbon.workflow.estimating import Price, Purpose, advice, listing, record_estimate

ESTIMATES = {
    "mlco2": mlco2.estimate(device="A100 PCIe 40/80GB", count=8, hours=336, provider="aws", region="us-east-1"),
    "mlco2 of nothing": mlco2.estimate(device="T4", count=1, hours=0, provider="seeweb", region="fro2"),
    "upper bound": upper_bound.estimate(processors=1, hours=2160),
    "cloud as published": cloud.estimate(
        provider="aws", instance="p4d.24xlarge", region="us-east-1", hours=336, load=50, as_published=True
    ),
    "cloud": cloud.estimate(provider="aws", instance="m5.xlarge", region="ca-central-1", hours=0.5, count=3),
    "composed": cloud.estimate(
        provider="azure", instance="Standard_NV6ads_A10_v5", region="westeurope", hours=24, load=50, lifetime_years=5
    ),
    "composed without manufacture": cloud.estimate(
        provider="gcp", instance="ct4p-hightpu-4t", region="us-central1", hours=24
    ),
    "device": device.estimate(device="TPU v3", count=4, hours=10, place=Place(country="SWE", region="SE3")),
    "device nowhere": device.estimate(device="AMD EPYC 7763", count=1, hours=1),
    "device without a grid": device.estimate(device="T4", count=1, hours=10, place=Place(country="CAF")),
}


@pytest.mark.parametrize("estimate", ESTIMATES.values(), ids=ESTIMATES)
def test_every_estimate_is_a_sound_record_that_comes_back_from_a_ledger(estimate: Estimate, tmp_path: Path) -> None:
    purpose = Purpose(activity="training", label="été", run_tags=("fas-T-1", "fas-T-1"))
    made = record_estimate(estimate, purpose, ledger=tmp_path, price=Price(per_tonne=16.1))
    value, findings = examine_bytes(SCHEMA, format_json(made.record))
    assert findings == ()
    assert value["method"] == "estimated" and value["started_at"] is None
    assert list(emissions.BOOK.examine(made.record)) == []
    ledger = read_ledger(tmp_path)
    assert ledger.findings == ()
    assert ledger.records == (made.record,)
    assert made.path == tmp_path / "records" / f"{made.record.record_id}.json"
    assert ledger.records[0].run_tags == ("fas-T-1",)


@pytest.mark.parametrize("estimate", ESTIMATES.values(), ids=ESTIMATES)
def test_every_number_in_a_record_has_a_source_and_the_bounds_of_the_grid_stand_in_the_factors(
    estimate: Estimate,
) -> None:
    assert all(factor.source and factor.unit for factor in estimate.factors)
    values = {factor.value for factor in estimate.factors}
    known = (estimate.grid.low, estimate.grid.high)
    if estimate.method in ("cloud", "device"):
        assert {bound for bound in known if bound is not None} <= values
    assert len({factor.id for factor in estimate.factors}) == len(estimate.factors)


def test_without_a_ledger_nothing_is_written(tmp_path: Path) -> None:
    made = record_estimate(ESTIMATES["mlco2"], Purpose())
    assert made.path is None
    assert list(tmp_path.iterdir()) == []


def test_the_offset_of_the_neuclir_page_costs_four_dollars() -> None:
    made = record_estimate(ESTIMATES["mlco2"], Purpose(), price=Price(per_tonne=16.1))
    assert made.offset_cost == pytest.approx(0.24864 * 16.1)
    assert round(made.offset_cost, 2) == 4.00
    assert made.record.notes["offset_cost"] == {
        "amount": made.offset_cost, "currency": "USD", "per_tonne": 16.1,
    }  # fmt: skip
    assert made.record.emissions.total_kg_co2e == pytest.approx(248.64)


def test_unknown_emissions_have_no_price() -> None:
    made = record_estimate(ESTIMATES["device without a grid"], Purpose(), price=Price(per_tonne=16.1))
    assert made.offset_cost is None
    assert made.advice is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cloud as published", "of the spread is the grid intensity"),
        ("upper bound", "100% of the spread is the power"),
        ("device nowhere", "tell the place"),
        ("composed without manufacture", "tell the mean load (--load PERCENT)"),
        ("composed", "of the spread is the power; to narrow it, measure the work"),
    ],
)
def test_the_advice_names_the_factor_that_makes_most_of_the_range(name: str, words: str) -> None:
    assert words in advice(ESTIMATES[name])


@pytest.mark.parametrize(
    ("purpose", "kind", "words"),
    [
        (Purpose(activity="trainig"), UnknownName, "did you mean 'training'"),
        (Purpose(label="x" * 201), BadOption, "--label"),
        (Purpose(label="a\x1b[2Jb"), BadOption, "--label"),
        (Purpose(label="\udcff"), BadOption, "--label"),
        (Purpose(run_tags=("a b",)), BadOption, "--run-tag"),
        (Purpose(run_tags=("../x",)), BadOption, "--run-tag"),
        (Purpose(run_tags=("",)), BadOption, "--run-tag"),
        (Purpose(run_tags=("x" * 101,)), BadOption, "--run-tag"),
    ],
)
def test_what_a_record_can_not_hold_is_refused_before_anything_is_written(
    purpose: Purpose, kind: type[BadOption], words: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=words):
        record_estimate(ESTIMATES["mlco2"], purpose, ledger=tmp_path / "carbon")
    assert not (tmp_path / "carbon").exists()


@pytest.mark.parametrize(
    "price", [Price(per_tonne=-1), Price(per_tonne=float("nan")), Price(per_tonne=1, currency="usd; rm")]
)
def test_an_absurd_price_is_refused(price: Price, tmp_path: Path) -> None:
    with pytest.raises(BadOption):
        record_estimate(ESTIMATES["mlco2"], Purpose(), price=price, ledger=tmp_path / "carbon")
    assert not (tmp_path / "carbon").exists()


def test_a_ledger_that_is_a_file_is_unwritable(tmp_path: Path) -> None:
    (tmp_path / "carbon").write_text("mine")
    with pytest.raises(Unwritable):
        record_estimate(ESTIMATES["mlco2"], Purpose(), ledger=tmp_path / "carbon")
    assert (tmp_path / "carbon").read_text() == "mine"


@pytest.mark.parametrize(
    ("kind", "wanted", "names"),
    [
        ("instances", "H200", {"p5e.48xlarge", "p5en.48xlarge", "Standard_ND96isr_H200_v5", "a3-ultragpu-8g"}),
        ("instances", "p4d", {"p4d.24xlarge", "p4de.24xlarge"}),
        ("regions", "virginia", {"us-east-1", "eastus", "eastus2", "usgovvirginia", "us-east4"}),
        ("devices", "TPU", {"TPU v2", "TPU v3", "TPU v4"}),
        ("mlco2", "coreweave", {"LGA1", "ORD1", "LAS1"}),
        ("devices", "nothing like it", set()),
    ],
)
def test_a_list_shows_the_names_that_contain_a_word(kind: str, wanted: str, names: set[str]) -> None:
    found = listing(kind, wanted)
    assert {item["name"] for item in found} == names
    assert all(item["source"] for item in found)


def test_an_unknown_kind_of_list_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'devices'"):
        listing("device")
