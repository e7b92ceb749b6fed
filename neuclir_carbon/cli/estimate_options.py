"""What all `estimate` commands have in common: options beside the method's own, and what is done with an estimate.

A method's function takes its own options and returns an `Estimate`; `estimating` makes a command of it.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuclir_carbon.cli import console

if TYPE_CHECKING:
    from neuclir_carbon.estimate.result import Estimate
    from neuclir_carbon.workflow.elsewhere import Elsewhere
    from neuclir_carbon.workflow.estimating import Price, Purpose
    from neuclir_carbon.workflow.placing import Settled

Hours = Annotated[float, typer.Option("--hours", metavar="H", help="Hours of use.")]
Count = Annotated[int, typer.Option("--count", metavar="N", help="How many of them.")]
Format = Annotated[console.Format, typer.Option("--format", help="How to print the result.")]


def _place_options(
    *,
    country: Annotated[str | None, typer.Option("--country", metavar="DEU", help="ISO 3166 alpha-3.")] = None,
    region: Annotated[str | None, typer.Option("--region", metavar="NAME", help="State, province or zone.")] = None,
    cloud: Annotated[str | None, typer.Option("--cloud", metavar="NAME", help="aws, azure or gcp.")] = None,
    cloud_region: Annotated[str | None, typer.Option("--cloud-region", metavar="NAME", help="Its region.")] = None,
    intensity: Annotated[
        float | None, typer.Option("--intensity", metavar="G_PER_KWH", help="Grid intensity, if you know it.")
    ] = None,
    pue: Annotated[float | None, typer.Option("--pue", metavar="X", help="Facility energy / IT energy.")] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="KIND", help="laptop or machine-room.")] = None,
) -> None:
    """Where the work ran, and the PUE there."""


def _common_options(
    *,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", metavar="DIR", help="Record it in this ledger; without it, only print.")
    ] = None,
    activity: Annotated[str, typer.Option("--activity", metavar="NAME", help="What the work was for.")] = "other",
    label: Annotated[str | None, typer.Option("--label", metavar="TEXT", help="The step's name.")] = None,
    run_tag: Annotated[
        list[str] | None, typer.Option("--run-tag", metavar="TAG", help="A run that it serves (none: all the team's).")
    ] = None,
    price_per_tonne: Annotated[
        float | None, typer.Option("--price-per-tonne", metavar="AMOUNT", help="Show what offsetting it would cost.")
    ] = None,
    currency: Annotated[str, typer.Option("--currency", metavar="CODE", help="The price's currency.")] = "USD",
    in_: Annotated[
        list[str] | None,
        typer.Option(
            "--in", metavar="PLACE", help="The same work there: FRA, USA:vermont, aws:eu-north-1; repeatable."
        ),
    ] = None,
    equivalents: Annotated[bool, typer.Option("--equivalents", help="Show what it is comparable to.")] = False,
    format: Format = console.Format.TEXT,
) -> None:
    """What the work was for, what else is shown, and how."""


def estimating(*, placed: bool = False) -> Callable[[Callable[..., "Estimate"]], Callable[..., None]]:
    """Makes a command of a method's function: it gets its own options, and with `placed` also `settled`, the place and
    PUE that hold; the options that all share decide what becomes of its estimate."""

    def command_of(method: Callable[..., "Estimate"]) -> Callable[..., None]:
        def command(**options: Any) -> None:
            common = {name: options.pop(name) for name in _names(_common_options)}
            if placed:
                options["settled"] = settled_of(options, common["ledger"])
            _finish(method(**options), **common)

        return with_options(method, command, placed=placed)

    return command_of


def with_options(
    method: Callable[..., Any], command: Callable[..., None], *, placed: bool, without: tuple[str, ...] = ()
) -> Callable[..., None]:
    """The command under the method's name and help, with the method's options, the place's and those that all share."""
    shared = (*((_place_options,) if placed else ()), _common_options)
    own = [one for one in _parameters(method) if one.name != "settled"]
    parameters = own + [one for options in shared for one in _parameters(options) if one.name not in without]
    return _with_parameters(command, method, parameters)


def placed(*, here_only: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a command of a function that has an option `ledger`: it gets its own options and `settled`, the place and
    PUE that hold. With `here_only` only what stands on the command line holds."""

    def command_of(method: Callable[..., None]) -> Callable[..., None]:
        def command(**options: Any) -> None:
            settled = settled_of(options, None if here_only else options["ledger"], here_only=here_only)
            method(settled=settled, **options)

        own = [one for one in _parameters(method) if one.name != "settled"]
        return _with_parameters(command, method, [*own, *_parameters(_place_options)])

    return command_of


def _with_parameters(
    command: Callable[..., None], method: Callable[..., Any], parameters: list[inspect.Parameter]
) -> Callable[..., None]:
    """The command under the method's name and help, with these options."""
    command.__name__, command.__doc__ = method.__name__, method.__doc__
    # Where `inspect.signature`, and so Typer, looks first; the type of a function does not know it.
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _names(function: Callable[..., Any]) -> list[str]:
    return [one.name for one in _parameters(function)]


def settled_of(options: dict[str, Any], ledger: Path | None, *, here_only: bool = False) -> "Settled":
    """The place and PUE of the options, which leave `options`, else (unless `here_only`) of the environment, else of
    the ledger; refused where something is wrong with them."""
    import os

    from neuclir_carbon.model.place import Place, PueChoice
    from neuclir_carbon.workflow.placing import settle

    said = {name: options.pop(name) for name in _names(_place_options)}
    place = Place(
        country=said["country"], region=said["region"], cloud=said["cloud"], cloud_region=said["cloud_region"],
        intensity_g_co2e_per_kwh=said["intensity"],
    )  # fmt: skip
    environment = {} if here_only else os.environ
    return settle(place, PueChoice(pue=said["pue"], site=said["site"]), ledger, environment).or_refuse()


def purpose_of(activity: str, label: str | None, run_tags: list[str] | None) -> "Purpose":
    """What the work was for; refused where a record can't hold it."""
    from neuclir_carbon.workflow.estimating import Purpose

    return Purpose(activity=activity, label=label, run_tags=tuple(run_tags or ())).checked()


def price_of(per_tonne: float | None, currency: str) -> "Price | None":
    """The price of offsets, if one was given."""
    from neuclir_carbon.workflow.estimating import Price

    return None if per_tonne is None else Price(per_tonne=per_tonne, currency=currency).checked()


def elsewhere_told(found: "tuple[Elsewhere, ...]") -> list[dict[str, Any]]:
    """The same work elsewhere, as JSON data."""
    from neuclir_carbon.model.json_data import plain

    return [plain(one) for one in found]


def _finish(
    estimate: "Estimate",
    *,
    ledger: Path | None,
    activity: str,
    label: str | None,
    run_tag: list[str] | None,
    price_per_tonne: float | None,
    currency: str,
    in_: list[str] | None,
    equivalents: bool,
    format: console.Format,
) -> None:
    from attrs import evolve

    from neuclir_carbon.cli.estimate_text import estimate_text
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.workflow.elsewhere import elsewhere
    from neuclir_carbon.workflow.estimating import as_record, record_estimate

    purpose, price = purpose_of(activity, label, run_tag), price_of(price_per_tonne, currency)
    # Before anything is written: a bad place is refused, and nothing is recorded.
    there = elsewhere([as_record(estimate, purpose)], in_ or ())
    made = record_estimate(estimate, purpose, ledger=ledger, price=price)
    shown = made.record if not there else evolve(
        made.record, notes={**made.record.notes, "elsewhere": elsewhere_told(there)}
    )  # fmt: skip
    console.result(plain(shown), format, lambda: estimate_text(made, price, there, equivalents=equivalents))
    for warning in estimate.warnings:
        console.note(f"warning: {warning}")
    if estimate.grid.basis == "unspecified":
        console.note("hint: no place was given, so the range is the whole world's; give --country, or --intensity")
    if made.path is not None:
        if purpose.activity == "other":
            console.note("hint: --activity says what the work was for; it is now recorded as 'other'")
        console.note(f"recorded in {made.path}")
