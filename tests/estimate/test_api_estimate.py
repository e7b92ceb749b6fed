"""Calls of language models: EcoLogits' own answers to the digit, our grid and PUE, and inputs that are refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.estimate import api
from neuclir_carbon.factors import language_models
from neuclir_carbon.model.place import Place, PueChoice

CALL = {"provider": "openai", "model": "gpt-4o", "requests": 1000, "output_tokens": 400.0}


def the_library(provider: str, model: str, tokens: float, latency_s: float) -> tuple[list[float], list[float]]:
    """([lowest, highest] request energy in kWh, the same of embodied kg) as EcoLogits itself answers."""
    from ecologits.tracers.utils import llm_impacts

    found = llm_impacts(provider, model, tokens, latency_s)
    ends = []
    for value in (found.energy.value, found.embodied.gwp.value):
        ends.append([value.min, value.max] if hasattr(value, "min") else [value, value])
    return ends[0], ends[1]


@pytest.mark.parametrize("latency_s", [None, 3.0])
@pytest.mark.parametrize("provider", ["openai", "anthropic", "mistralai", "cohere", "google_genai", "huggingface_hub"])
def test_every_model_of_a_provider_costs_what_ecologits_says(provider: str, latency_s: float | None) -> None:
    pue = language_models.provider(provider).pue
    # Aliases point to models; a few of each kind are enough to see a change of the library.
    for name in sorted(language_models.models(provider))[::7]:
        found = api.estimate(provider=provider, model=name, requests=10, output_tokens=250, latency_s=latency_s)
        energy, embodied = the_library(provider, name, 250, math.inf if latency_s is None else latency_s)
        (part,) = found.energy.components
        assert part.low_kwh == pytest.approx(10 * energy[0] / pue.low)
        assert part.high_kwh == pytest.approx(10 * energy[1] / pue.high)
        assert found.energy.facility_kwh == pytest.approx(10 * (energy[0] + energy[1]) / 2)
        assert found.embodied is not None
        assert (found.embodied.low, found.embodied.high) == (
            pytest.approx(10 * embodied[0]), pytest.approx(10 * embodied[1]),
        )  # fmt: skip


def test_the_provider_s_place_and_pue_hold_unless_others_are_given() -> None:
    theirs = api.estimate(**CALL)
    assert (theirs.grid.country, theirs.grid.g_co2e_per_kwh, theirs.pue.value) == ("USA", 384.4, 1.2)
    ours = api.estimate(**CALL, place=Place(country="FRA"), pue=PueChoice(pue=1.5))
    assert (ours.grid.g_co2e_per_kwh, ours.pue.value) == (41.44, 1.5)
    assert ours.emissions.operational_kg_co2e == pytest.approx((ours.energy.it_kwh or 0) * 1.5 * 41.44 / 1000)


def test_a_quicker_answer_costs_no_more() -> None:
    slow, quick = api.estimate(**CALL), api.estimate(**CALL, latency_s=1.0)
    assert (quick.energy.it_kwh or 0) < (slow.energy.it_kwh or 0)
    assert quick.hours == pytest.approx(1000 / 3600)
    assert slow.hours is None


def test_an_open_model_is_sized_by_its_parameters() -> None:
    call = {"provider": "huggingface_hub", "requests": 1, "output_tokens": 100.0}
    small = api.estimate(**call, model="our-own-7b", parameters_b=7)
    large = api.estimate(**call, model="our-own-70b", parameters_b=70)
    assert 0 < (small.energy.it_kwh or 0) < (large.energy.it_kwh or 0)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"model": "gpt-4oo"}, UnknownName, "did you mean 'gpt-4o'"),
        ({"provider": "openia"}, UnknownName, "openai"),
        ({"requests": 0}, BadOption, "--requests is 0"),
        ({"output_tokens": math.nan}, BadOption, "--output-tokens is nan"),
        ({"output_tokens": -1.0}, BadOption, "--output-tokens is -1"),
        ({"latency_s": math.inf}, BadOption, "--latency-s is inf"),
        ({"parameters_b": 7.0}, BadOption, "listed for openai"),
        ({"model": "own", "parameters_b": 0.0}, BadOption, "--parameters-b is 0"),
    ],
)
def test_what_can_t_be_is_refused(change: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        api.estimate(**{**CALL, **change})  # type: ignore[arg-type]


@given(st.integers(1, 10**9), st.floats(0, 1e6))
def test_energy_is_linear_in_requests_and_in_order(requests: int, tokens: float) -> None:
    one = api.estimate(**{**CALL, "requests": 1, "output_tokens": tokens})
    many = api.estimate(**{**CALL, "requests": requests, "output_tokens": tokens})
    assert many.energy.it_kwh == pytest.approx((one.energy.it_kwh or 0) * requests)
    emitted = many.emissions.range
    assert emitted is not None
    assert emitted.low <= emitted.likely_low <= emitted.central <= emitted.likely_high <= emitted.high
