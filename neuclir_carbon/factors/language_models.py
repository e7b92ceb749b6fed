"""One door to what a call of a language model's API costs: EcoLogits, its models, providers and calculation.

EcoLogits models the GPUs and the server behind one request (ecologits.ai, methodology of LLM inference); nobody
measured them. It is asked with a PUE of 1, so that energies are IT energies here as everywhere, and its providers' PUE
stands apart. Its own request energy is IT energy × that PUE.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import frozen

from neuclir_carbon.errors import UnknownName
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.quantities import Spread

DISTRIBUTION = "ecologits"
SOURCE = "EcoLogits"


@frozen(kw_only=True)
class Provider:
    """Who answers the requests: the country of its data centres (alpha-3) and their PUE, as EcoLogits has them."""

    name: str
    country: str
    pue: Spread


@frozen(kw_only=True)
class Model:
    """A model: its parameters in billions (those that a token passes through, and all), how quickly it answers if that
    is known, and what EcoLogits says about the precision."""

    name: str
    active_parameters_b: Spread
    total_parameters_b: Spread
    tokens_per_s: float | None = None
    first_token_s: float | None = None
    doubts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@frozen(kw_only=True)
class Request:
    """One request: IT energy in kWh, and its share of manufacture in kg CO2e, each between the library's own bounds."""

    it_kwh: Spread
    embodied_kg: Spread


def provider(name: str) -> Provider:
    """The provider of exactly this name; `UnknownName` with the nearest ones else."""
    if name not in providers():
        raise UnknownName("provider of models", name, providers(), hint=f"known: {', '.join(sorted(providers()))}")
    return providers()[name]


@cache
def providers() -> Mapping[str, Provider]:
    """Name → provider."""
    from ecologits.tracers.utils import PROVIDER_CONFIG_MAP

    return {
        name: Provider(name=name, country=config.datacenter_location, pue=_spread(config.datacenter_pue))
        for name, config in PROVIDER_CONFIG_MAP.items()
    }


def model(provider_name: str, name: str) -> Model:
    """The model of exactly this name, or the one that it is an alias of; `UnknownName` with the nearest ones else."""
    known = models(provider_name)
    if name not in known:
        hint = (
            f"'neuclir-carbon estimate list models {provider_name}' shows all; for an open model that is not listed, "
            "give --parameters-b"
        )
        raise UnknownName(f"model of {provider_name}", name, known, hint=hint)
    return known[name]


def open_model(name: str, parameters_b: float) -> Model:
    """A dense model of so many billion parameters."""
    size = Spread.exact(parameters_b)
    return Model(name=name, active_parameters_b=size, total_parameters_b=size)


@cache
def models(provider_name: str) -> Mapping[str, Model]:
    """Name → model of a provider, aliases included."""
    listed = tables.read_json(DISTRIBUTION, "data", "models.json")
    found = {entry["name"]: _model(entry) for entry in listed["models"] if entry["provider"] == provider_name}
    aliases = {
        entry["name"]: found[entry["alias"]] for entry in listed["aliases"] if entry["provider"] == provider_name
    }
    return {**found, **aliases}


def request(asked: Model, *, output_tokens: float, latency_s: float | None) -> Request:
    """What one request costs that gives so many tokens; `latency_s` None: as long as EcoLogits' model has it.

    Each model is asked at the lower and at the upper end of its parameters; the mean of both is central.
    """
    answers = [_answer(asked, output_tokens, latency_s, bound) for bound in ("low", "high")]
    return Request(
        it_kwh=_between(*(energy for energy, _ in answers)), embodied_kg=_between(*(kg for _, kg in answers))
    )


def _answer(asked: Model, output_tokens: float, latency_s: float | None, bound: str) -> tuple[float, float]:
    """(IT energy in kWh, embodied kg CO2e) of a request at one end of the parameters' range."""
    import math

    from ecologits.impacts.llm import compute_llm_impacts_dag

    found = compute_llm_impacts_dag(
        model_active_parameter_count=getattr(asked.active_parameters_b, bound),
        model_total_parameter_count=getattr(asked.total_parameters_b, bound),
        output_token_count=output_tokens,
        request_latency=math.inf if latency_s is None else latency_s,
        # What it makes of place and PUE is not used: ours come from one resolver.
        if_electricity_mix_adpe=0.0,
        if_electricity_mix_pe=0.0,
        if_electricity_mix_gwp=0.0,
        if_electricity_mix_wue=0.0,
        datacenter_pue=1.0,
        datacenter_wue=0.0,
        tps=asked.tokens_per_s,
        ttft=asked.first_token_s,
    )
    return float(found["request_energy"]), float(found["request_embodied_gwp"])


def _between(first: float, second: float) -> Spread:
    low, high = sorted((first, second))
    return Spread(low, (low + high) / 2, high)


def _model(entry: Mapping[str, Any]) -> Model:
    parameters = entry["architecture"]["parameters"]
    is_mixture = isinstance(parameters, dict) and "active" in parameters
    deployment = entry.get("deployment") or {}
    return Model(
        name=entry["name"],
        active_parameters_b=_spread(parameters["active"] if is_mixture else parameters),
        total_parameters_b=_spread(parameters["total"] if is_mixture else parameters),
        tokens_per_s=deployment.get("tps"),
        first_token_s=deployment.get("ttft"),
        doubts=tuple(entry.get("warnings") or ()),
        sources=tuple(entry.get("sources") or ()),
    )


def _spread(value: Any) -> Spread:
    """A number, or the library's range (as an object or as in its file), whose middle is central."""
    if isinstance(value, dict):
        return _between(float(value["min"]), float(value["max"]))
    if hasattr(value, "min"):
        return _between(float(value.min), float(value.max))
    return Spread.exact(float(value))


def named() -> str:
    """The source with its version, as a record names it."""
    return f"{SOURCE} {version(DISTRIBUTION)}"
