"""`estimate`: emissions of work that was not tracked, with the formula, every value and an honest range."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuclir_carbon.cli import console

if TYPE_CHECKING:
    from neuclir_carbon.estimate.result import Estimate
    from neuclir_carbon.workflow.estimating import Estimated, Price, Purpose

app = typer.Typer(no_args_is_help=True, help="Estimate the emissions of work that was not tracked.")

Hours = Annotated[float, typer.Option("--hours", metavar="H", help="Hours of use.")]
Count = Annotated[int, typer.Option("--count", metavar="N", help="How many of them.")]
Ledger = Annotated[
    Path | None, typer.Option("--ledger", metavar="DIR", help="Record it in this ledger; without it, only print.")
]
Activity = Annotated[str, typer.Option("--activity", metavar="NAME", help="What the work was for.")]
Label = Annotated[str | None, typer.Option("--label", metavar="TEXT", help="The step's name.")]
RunTags = Annotated[
    list[str] | None, typer.Option("--run-tag", metavar="TAG", help="A run that it serves (none: all the team's).")
]
PricePerTonne = Annotated[
    float | None, typer.Option("--price-per-tonne", metavar="AMOUNT", help="Show what offsetting it would cost.")
]
Currency = Annotated[str, typer.Option("--currency", metavar="CODE", help="The price's currency.")]
Format = Annotated[console.Format, typer.Option("--format", help="How to print the result.")]


@app.command()
def mlco2(
    *,
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="A device as that calculator spells it.")],
    hours: Hours,
    provider: Annotated[str, typer.Option("--provider", metavar="NAME", help="aws, azure, gcp …")],
    region: Annotated[str, typer.Option("--region", metavar="NAME", help="The provider's region.")],
    count: Count = 1,
    ledger: Ledger = None,
    activity: Activity = "other",
    label: Label = None,
    run_tag: RunTags = None,
    price_per_tonne: PricePerTonne = None,
    currency: Currency = "USD",
    format: Format = console.Format.TEXT,
) -> None:
    """ML CO2 Impact's calculation, to the digit.

    Example: estimate mlco2 --device "A100 PCIe 40/80GB" --count 8 --hours 336 --provider aws --region us-east-1
    gives 248.64 kg CO2e.
    """
    from neuclir_carbon.estimate import mlco2 as method

    found = method.estimate(device=device, count=count, hours=hours, provider=provider, region=region)
    _finish(found, _purpose(activity, label, run_tag), ledger, _price(price_per_tonne, currency), format)


@app.command("upper-bound")
def upper_bound(
    *,
    processors: Annotated[int, typer.Option("--processors", metavar="N", help="How many processors.")],
    hours: Hours,
    watts: Annotated[float, typer.Option("--watts", metavar="W", help="Power of one processor.")] = 150.0,
    intensity: Annotated[float, typer.Option("--intensity", metavar="G_PER_KWH", help="Grid intensity.")] = 455.4,
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="NAME", help="What they are: warns if one draws more than --watts."),
    ] = None,
    ledger: Ledger = None,
    activity: Activity = "other",
    label: Label = None,
    run_tag: RunTags = None,
    price_per_tonne: PricePerTonne = None,
    currency: Currency = "USD",
    format: Format = console.Format.TEXT,
) -> None:
    """An organizer's upper bound, as AIcrowd does it: 150 W a processor, all the time.

    Example: estimate upper-bound --processors 1 --hours 2160 gives 147.55 kg CO2e.
    """
    from neuclir_carbon.estimate import upper_bound as method

    found = method.estimate(processors=processors, hours=hours, watts=watts, intensity=intensity, device=device)
    _finish(found, _purpose(activity, label, run_tag), ledger, _price(price_per_tonne, currency), format)


@app.command()
def cloud(
    *,
    instance: Annotated[str, typer.Option("--instance", metavar="TYPE", help="For example p4d.24xlarge.")],
    region: Annotated[str, typer.Option("--region", metavar="NAME", help="The provider's region.")],
    hours: Hours,
    provider: Annotated[str, typer.Option("--provider", metavar="NAME", help="aws, azure or gcp.")],
    load: Annotated[float | None, typer.Option("--load", metavar="PERCENT", help="Mean load, 0 to 100.")] = None,
    count: Count = 1,
    lifetime_years: Annotated[
        float | None,
        typer.Option(
            "--lifetime-years", metavar="YEARS", help="Manufacture is divided over them (4, between 3 and 6)."
        ),
    ] = None,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="The source's own grid and PUE, as Valohai's estimate has them.")
    ] = False,
    ledger: Ledger = None,
    activity: Activity = "other",
    label: Label = None,
    run_tag: RunTags = None,
    price_per_tonne: PricePerTonne = None,
    currency: Currency = "USD",
    format: Format = console.Format.TEXT,
) -> None:
    """A cloud instance: power at its load, and its share of manufacture.

    Example: estimate cloud --provider aws --instance p4d.24xlarge --region us-east-1 --hours 336 --load 50
    --as-published gives 634.0 kg operational and 45.5 kg embodied. Instances on Azure, on Google Cloud and newer ones
    on AWS are composed of accelerators, host processor and memory; there, --load is the accelerators' share of TDP.
    """
    from neuclir_carbon.estimate import cloud as method

    found = method.estimate(
        provider=provider, instance=instance, region=region, hours=hours, load=load, count=count,
        as_published=as_published, lifetime_years=lifetime_years,
    )  # fmt: skip
    _finish(found, _purpose(activity, label, run_tag), ledger, _price(price_per_tonne, currency), format)


@app.command()
def device(
    *,
    hours: Hours,
    device: Annotated[str | None, typer.Option("--device", metavar="NAME", help="An accelerator or a CPU.")] = None,
    count: Count = 1,
    utilization: Annotated[
        float | None, typer.Option("--utilization", metavar="SHARE", help="Mean power as a share of its TDP, 0 to 1.")
    ] = None,
    watts: Annotated[float | None, typer.Option("--watts", metavar="W", help="TDP of one that is not listed.")] = None,
    country: Annotated[str | None, typer.Option("--country", metavar="DEU", help="ISO 3166 alpha-3.")] = None,
    region: Annotated[str | None, typer.Option("--region", metavar="NAME", help="State, province or zone.")] = None,
    cloud: Annotated[str | None, typer.Option("--cloud", metavar="NAME", help="aws, azure or gcp.")] = None,
    cloud_region: Annotated[str | None, typer.Option("--cloud-region", metavar="NAME", help="Its region.")] = None,
    intensity: Annotated[
        float | None, typer.Option("--intensity", metavar="G_PER_KWH", help="Grid intensity, if you know it.")
    ] = None,
    pue: Annotated[float | None, typer.Option("--pue", metavar="X", help="Facility energy / IT energy.")] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="KIND", help="laptop or machine-room.")] = None,
    ledger: Ledger = None,
    activity: Activity = "other",
    label: Label = None,
    run_tag: RunTags = None,
    price_per_tonne: PricePerTonne = None,
    currency: Currency = "USD",
    format: Format = console.Format.TEXT,
) -> None:
    """An accelerator or a processor by its exact name, or by its rating in W.

    Example: estimate device --device "A100 SXM4 80GB" --count 8 --hours 336 --country DEU --site machine-room
    """
    import os

    from neuclir_carbon.estimate import device as method
    from neuclir_carbon.model.place import Place, PueChoice
    from neuclir_carbon.workflow.placing import settle

    said = Place(
        country=country, region=region, cloud=cloud, cloud_region=cloud_region, intensity_g_co2e_per_kwh=intensity
    )
    settled = settle(said, PueChoice(pue=pue, site=site), ledger, os.environ).or_refuse()
    found = method.estimate(
        device=device, count=count, hours=hours, utilization=utilization, watts=watts, place=settled.place,
        pue=settled.pue,
    )  # fmt: skip
    if not settled.place.is_given:
        console.note("hint: no place was given, so the range is the whole world's; give --country, or --intensity")
    _finish(found, _purpose(activity, label, run_tag), ledger, _price(price_per_tonne, currency), format)


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="devices, instances, regions or mlco2.")],
    filter: Annotated[str, typer.Argument(metavar="[FILTER]", help="Only what contains this.")] = "",
    format: Format = console.Format.TEXT,
) -> None:
    """Show the names that estimates know, with their source."""
    from neuclir_carbon.workflow.estimating import listing

    items = listing(kind, filter)
    if items or format is console.Format.JSON:
        console.result({"kind": kind, "items": list(items)}, format, lambda: _table(items))
    else:
        console.note(f"nothing of {kind} contains '{console.safe(filter[:80])}'")


def _purpose(activity: str, label: str | None, run_tags: list[str] | None) -> "Purpose":
    from neuclir_carbon.workflow.estimating import Purpose

    return Purpose(activity=activity, label=label, run_tags=tuple(run_tags or ())).checked()


def _price(per_tonne: float | None, currency: str) -> "Price | None":
    from neuclir_carbon.workflow.estimating import Price

    return None if per_tonne is None else Price(per_tonne=per_tonne, currency=currency).checked()


def _finish(
    estimate: "Estimate", purpose: "Purpose", ledger: Path | None, price: "Price | None", format: console.Format
) -> None:
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.workflow.estimating import record_estimate

    made = record_estimate(estimate, purpose, ledger=ledger, price=price)
    console.result(plain(made.record), format, lambda: _text(made, price))
    for warning in estimate.warnings:
        console.note(f"warning: {warning}")
    if made.path is not None:
        if purpose.activity == "other":
            console.note("hint: --activity says what the work was for; it is now recorded as 'other'")
        console.note(f"recorded in {made.path}")


def _text(made: "Estimated", price: "Price | None") -> str:
    estimate, emissions = made.estimate, made.estimate.emissions
    whole = emissions.range
    lines = [estimate.title, ""]
    for line in estimate.lines:
        lines.append(f"  {line.name:<17}{line.text}")
        if line.source:
            lines.append(f"  {'':<17}  from {line.source}")
    lines.append("")
    if whole is None:
        lines.append("  total            unknown: the grid intensity is not known")
    else:
        lines += [
            f"  {'total':<17}{_kilograms(whole.central)}",
            f"  {'likely':<17}{_bounds(whole.likely_low, whole.likely_high)}",
            f"  {'at the outside':<17}{_bounds(whole.low, whole.high)}",
        ]
    lines += [f"  {'assumed':<17}{text}" for text in estimate.assumptions]
    if made.advice:
        lines.append(f"  {'narrower':<17}{made.advice}")
    if price is not None and made.offset_cost is not None:
        cost = f"{made.offset_cost:,.2f} {price.currency} at {price.per_tonne:g} {price.currency}/t"
        lines.append(f"  {'offset cost':<17}{cost} (emissions stay as they are)")
    return console.safe("\n".join(lines))


def _kilograms(value: float) -> str:
    return f"{value:,.2f} kg CO2e" if value >= 1 else f"{value:.4g} kg CO2e"


def _bounds(low: float, high: float) -> str:
    return f"{_rounded(low)} to {_rounded(high)} kg CO2e"


def _rounded(value: float) -> str:
    """Three significant digits, written out."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _table(items: "tuple[dict[str, object], ...]") -> str:
    """Columns: the name, what is known of it, and the source at the end of the line."""
    rows = []
    for item in items:
        known = ", ".join(
            f"{key.replace('_', ' ')} {value}"
            for key, value in item.items()
            if key not in ("name", "source") and value not in (None, "")
        )
        rows.append(f"{item['name']!s:<24}  {known}  [{item['source']}]")
    return "\n".join(rows)
