"""Calls of a language model through somebody's API, as EcoLogits models them: requests × (IT energy, manufacture).

operational = IT energy a request × requests × the provider's PUE × grid intensity; embodied = manufacture a request ×
requests. Without a latency the library's own answer is central, and its own range low and high.
"""

from neuclir_carbon.errors import BadOption
from neuclir_carbon.estimate import inputs
from neuclir_carbon.estimate.result import Estimate, Line, estimate_from, shown
from neuclir_carbon.factors import language_models
from neuclir_carbon.factors.grid import resolve_grid
from neuclir_carbon.factors.language_models import Model, Provider, Request
from neuclir_carbon.factors.pue import resolve_pue
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.place import Place, PueChoice
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Embodied, Factor, Grid, Pue

METHOD = "api"
MOST_REQUESTS = 1_000_000_000_000
MOST_TOKENS = 10_000_000.0
MOST_LATENCY_S = 86_400.0
MOST_PARAMETERS_B = 1_000_000.0
SAID = (
    "EcoLogits' model of the servers behind a request: nobody measured them; its range is of the model's size and PUE"
)
OPEN_SAID = "a dense model of the given size on EcoLogits' servers"
_WH_PER_KWH, _G_PER_KG = 1000, 1000


def estimate(
    *,
    provider: str,
    model: str,
    requests: int,
    output_tokens: float,
    latency_s: float | None = None,
    parameters_b: float | None = None,
    place: Place | None = None,
    pue: PueChoice | None = None,
) -> Estimate:
    """`requests` requests of `output_tokens` tokens each (a mean may be a fraction), answered in `latency_s` seconds
    (None: unknown).

    Place and PUE are the provider's as EcoLogits has them, unless others are given. `parameters_b` sizes an open model
    that is not listed, in billions. `UnknownName` and `BadOption` say what is wrong with an input.
    """
    who = language_models.provider(provider)
    number = _whole("--requests", requests)
    tokens = inputs.number("--output-tokens", output_tokens, least=0, most=MOST_TOKENS, what="the tokens of an answer")
    if latency_s is not None:
        latency_s = inputs.number(
            "--latency-s", latency_s, least=0, most=MOST_LATENCY_S, what="the seconds of an answer"
        )
    asked = _asked(provider, model, parameters_b)
    one = language_models.request(asked, output_tokens=tokens, latency_s=latency_s)
    where = place if place is not None and place.is_given else Place(country=who.country)
    grid, grid_factors = resolve_grid(where)
    facility, pue_factors = _pue(who, pue)
    it_kwh = _as_the_library(one, who, facility, is_theirs=not pue_factors)
    kilograms = one.embodied_kg.times(number)
    embodied = Embodied(
        kg_co2e=kilograms.central, low=kilograms.low, high=kilograms.high, source=language_models.named()
    )
    return estimate_from(
        method=METHOD,
        title=f"{number:,} requests of {shown(tokens)} tokens, {provider} {asked.name}",
        hours=None if latency_s is None else number * latency_s / 3600,
        hardware={"provider": provider, "model": asked.name},
        component="machine",
        it_kwh=it_kwh.times(number),
        pue=facility,
        grid=grid,
        embodied=embodied,
        factors=(*_factors(provider, asked, it_kwh, one), *grid_factors, *pue_factors),
        inputs={
            "provider": provider, "model": model, "requests": number, "output_tokens": tokens, "latency_s": latency_s,
            "parameters_b": parameters_b,
        },
        lines=_lines(number, it_kwh, one, grid, facility),
        assumptions=(OPEN_SAID if parameters_b is not None else SAID,),
        warnings=_warnings(asked, grid),
    )  # fmt: skip


def _asked(provider: str, model: str, parameters_b: float | None) -> Model:
    if parameters_b is None:
        return language_models.model(provider, model)
    if model in language_models.models(provider):
        raise BadOption(f"--parameters-b is given for '{model}', which is listed for {provider}; leave one of both out")
    size = inputs.number("--parameters-b", parameters_b, least=0.001, most=MOST_PARAMETERS_B, what="the billions")
    return language_models.open_model(inputs.name("--model", model), size)


def _whole(option: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_REQUESTS:
        raise BadOption(f"{option} is {str(value)[:40]}; wanted a whole number from 1 to {MOST_REQUESTS:,}")
    return value


def _pue(who: Provider, choice: PueChoice | None) -> tuple[Pue, tuple[Factor, ...]]:
    """The user's PUE with its published numbers, else the provider's as EcoLogits has it (and no numbers of ours)."""
    if choice is not None and choice.is_given:
        found, factors = resolve_pue(choice, Place())
        given = Factor(id="pue.given", value=found.value, unit="1", low=found.low, high=found.high, source=found.source)
        return found, factors or (given,)
    spread = who.pue
    return Pue(
        value=spread.central, low=spread.low, high=spread.high, source=f"{language_models.named()}: {who.name}"
    ), ()


def _as_the_library(one: Request, who: Provider, facility: Pue, *, is_theirs: bool) -> Spread:
    """IT energy of a request in kWh. Under the provider's own PUE its central value times that PUE is the middle of the
    library's own range, which is no product of middles."""
    if not is_theirs:
        return one.it_kwh
    middle = (one.it_kwh.low * who.pue.low + one.it_kwh.high * who.pue.high) / 2
    return Spread(one.it_kwh.low, middle / facility.value, one.it_kwh.high).containing(middle / facility.value)


def _factors(provider: str, asked: Model, it_kwh: Spread, one: Request) -> tuple[Factor, ...]:
    source, number = language_models.SOURCE, version(language_models.DISTRIBUTION)
    identity = f"api.{provider}.{asked.name}"[:150]
    return (
        Factor(
            id=f"{identity}.it_kwh_per_request", value=it_kwh.central, unit="kWh", low=it_kwh.low, high=it_kwh.high,
            source=source, version=number,
        ),
        Factor(
            id=f"{identity}.embodied_kg_per_request", value=one.embodied_kg.central, unit="kg CO2e",
            low=one.embodied_kg.low, high=one.embodied_kg.high, source=source, version=number,
        ),
    )  # fmt: skip


def _lines(number: int, it_kwh: Spread, one: Request, grid: Grid, pue: Pue) -> tuple[Line, ...]:
    energy, grams = it_kwh.times(_WH_PER_KWH), one.embodied_kg.times(_G_PER_KG)
    whole_kwh = it_kwh.central * number
    lines = [
        Line(
            "IT energy",
            f"{number:,} × {shown(energy.central)} Wh a request ({shown(energy.low)} to {shown(energy.high)}) / 1000 = "
            f"{shown(whole_kwh)} kWh",
            language_models.named(),
        ),
        Line("PUE", f"{shown(pue.value)} ({shown(pue.low)} to {shown(pue.high)})", pue.source),
    ]
    intensity = grid.g_co2e_per_kwh
    if intensity is not None and grid.low is not None and grid.high is not None:
        kilograms = whole_kwh * pue.value * intensity / 1000
        lines += [
            Line(
                "grid intensity",
                f"{shown(intensity)} g CO2e/kWh ({shown(grid.low)} to {shown(grid.high)})",
                grid.source,
            ),
            Line(
                "operational",
                f"{shown(whole_kwh)} kWh × PUE {shown(pue.value)} × {shown(intensity)} g/kWh / 1000 = "
                f"{shown(kilograms)} kg CO2e",
            ),
        ]
    lines.append(
        Line(
            "embodied",
            f"{number:,} × {shown(grams.central)} g a request ({shown(grams.low)} to {shown(grams.high)}) / 1000 = "
            f"{shown(one.embodied_kg.central * number)} kg CO2e",
            language_models.named(),
        )
    )
    return tuple(lines)


def _warnings(asked: Model, grid: Grid) -> tuple[str, ...]:
    said = {
        "model-arch-not-released": "the model's architecture has not been published: its size is guessed by EcoLogits",
        "model-arch-multimodal": "the model takes more than text: EcoLogits expects lower precision",
    }
    unknown = (grid.source,) if grid.g_co2e_per_kwh is None else ()
    return (*(said.get(doubt, doubt) for doubt in asked.doubts), *unknown)
