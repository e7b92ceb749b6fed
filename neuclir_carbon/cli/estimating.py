"""`estimate`: emissions of work that was not tracked, with the formula, every value and an honest range."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.cli.estimate_options import (
    Count,
    Format,
    Hours,
    elsewhere_told,
    estimating,
    price_of,
    purpose_of,
    settled_of,
    with_options,
)

if TYPE_CHECKING:
    from neuclir_carbon.estimate.result import Estimate
    from neuclir_carbon.workflow.estimating_jobs import JobDefaults
    from neuclir_carbon.workflow.placing import Settled

app = typer.Typer(no_args_is_help=True, help="Estimate the emissions of work that was not tracked.")


@app.command()
@estimating()
def mlco2(
    *,
    device: Annotated[str, typer.Option("--device", metavar="NAME", help="A device as that calculator spells it.")],
    hours: Hours,
    provider: Annotated[str, typer.Option("--provider", metavar="NAME", help="aws, azure, gcp …")],
    region: Annotated[str, typer.Option("--region", metavar="NAME", help="The provider's region.")],
    count: Count = 1,
) -> "Estimate":
    """ML CO2 Impact's calculation, to the digit.

    Example: estimate mlco2 --device "A100 PCIe 40/80GB" --count 8 --hours 336 --provider aws --region us-east-1
    gives 248.64 kg CO2e.
    """
    from neuclir_carbon.estimate import mlco2 as method

    return method.estimate(device=device, count=count, hours=hours, provider=provider, region=region)


@app.command("upper-bound")
@estimating()
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
) -> "Estimate":
    """An organizer's upper bound, as AIcrowd does it: 150 W a processor, all the time.

    Example: estimate upper-bound --processors 1 --hours 2160 gives 147.55 kg CO2e.
    """
    from neuclir_carbon.estimate import upper_bound as method

    return method.estimate(processors=processors, hours=hours, watts=watts, intensity=intensity, device=device)


@app.command()
@estimating()
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
) -> "Estimate":
    """A cloud instance: power at its load, and its share of manufacture.

    Example: estimate cloud --provider aws --instance p4d.24xlarge --region us-east-1 --hours 336 --load 50
    --as-published gives 634.0 kg operational and 45.5 kg embodied. Instances on Azure, on Google Cloud and newer ones
    on AWS are composed of accelerators, host processor and memory; there, --load is the accelerators' share of TDP.
    """
    from neuclir_carbon.estimate import cloud as method

    return method.estimate(
        provider=provider, instance=instance, region=region, hours=hours, load=load, count=count,
        as_published=as_published, lifetime_years=lifetime_years,
    )  # fmt: skip


@app.command()
@estimating(placed=True)
def device(
    *,
    settled: "Settled",
    hours: Hours,
    device: Annotated[str | None, typer.Option("--device", metavar="NAME", help="An accelerator or a CPU.")] = None,
    count: Count = 1,
    utilization: Annotated[
        float | None, typer.Option("--utilization", metavar="SHARE", help="Mean power as a share of its TDP, 0 to 1.")
    ] = None,
    watts: Annotated[float | None, typer.Option("--watts", metavar="W", help="TDP of one that is not listed.")] = None,
    host_watts: Annotated[
        float | None,
        typer.Option(
            "--host-watts", metavar="W", help="Mean power of the machine around them, or of their share of it."
        ),
    ] = None,
) -> "Estimate":
    """An accelerator or a processor by its exact name, or by its rating in W.

    Example: estimate device --device "A100 SXM4 80GB" --count 8 --hours 336 --country DEU --site machine-room
    """
    from neuclir_carbon.estimate import device as method

    return method.estimate(
        device=device, count=count, hours=hours, utilization=utilization, watts=watts,
        host_watts=host_watts, place=settled.place, pue=settled.pue,
    )  # fmt: skip


@app.command()
@estimating(placed=True)
def api(
    *,
    settled: "Settled",
    provider: Annotated[str, typer.Option("--provider", metavar="NAME", help="openai, anthropic, mistralai …")],
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="The model, as the provider names it.")],
    requests: Annotated[int, typer.Option("--requests", metavar="N", help="How many requests.")],
    output_tokens: Annotated[
        float, typer.Option("--output-tokens", metavar="PER_REQUEST", help="Tokens of one answer, on average.")
    ],
    latency_s: Annotated[
        float | None, typer.Option("--latency-s", metavar="S", help="Seconds that one answer took, if you know.")
    ] = None,
    parameters_b: Annotated[
        float | None,
        typer.Option("--parameters-b", metavar="BILLIONS", help="Size of an open model that is not listed."),
    ] = None,
) -> "Estimate":
    """Calls of a language model through an API, as EcoLogits models them.

    Place and PUE are the provider's unless you give others. Example: estimate api --provider openai --model gpt-4o
    --requests 10000 --output-tokens 400
    """
    from neuclir_carbon.estimate import api as method

    return method.estimate(
        provider=provider, model=model, requests=requests, output_tokens=output_tokens, latency_s=latency_s,
        parameters_b=parameters_b, place=settled.place, pue=settled.pue,
    )  # fmt: skip


def _job_options(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The log; its columns are named in its first line.")],
    processors: Annotated[
        int | None, typer.Option("--processors", metavar="N", help="For jobs whose hardware the log does not name.")
    ] = None,
    device: Annotated[str | None, typer.Option("--device", metavar="NAME", help="Likewise.")] = None,
    count: Count = 1,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="NAME", help="Likewise, with --instance.")
    ] = None,
    instance: Annotated[str | None, typer.Option("--instance", metavar="TYPE", help="Likewise.")] = None,
    machine: Annotated[
        str | None, typer.Option("--machine", metavar="NAME", help="All jobs ran on this one: overlaps count once.")
    ] = None,
    watts: Annotated[
        float | None, typer.Option("--watts", metavar="W", help="Power of a processor, or of a device not listed.")
    ] = None,
    utilization: Annotated[
        float | None, typer.Option("--utilization", metavar="SHARE", help="Of devices: mean share of the TDP, 0 to 1.")
    ] = None,
    load: Annotated[
        float | None, typer.Option("--load", metavar="PERCENT", help="Of instances: mean load, 0 to 100.")
    ] = None,
) -> None:
    """A log of jobs, summed up by place and month.

    Columns: start and end, or seconds; processors, or device and count, or provider and instance; optionally machine,
    country, region. Options fill columns that are not there. Jobs that overlap on one machine count once.
    """


def _jobs(**options: Any) -> None:
    from neuclir_carbon.cli.estimate_text import jobs_text
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.store.ledger import write_record
    from neuclir_carbon.workflow.elsewhere import elsewhere
    from neuclir_carbon.workflow.estimating_jobs import estimate_jobs

    purpose = purpose_of(options.pop("activity"), options.pop("label"), options.pop("run_tag"))
    price = price_of(options.pop("price_per_tonne"), options.pop("currency"))
    places, ledger, chosen = options.pop("in_") or (), options.pop("ledger"), options.pop("format")
    settled = settled_of(options, ledger)
    file = options.pop("file")
    found = estimate_jobs(file, _defaults(options, settled), purpose)
    there = elsewhere(found.records, places)
    paths = [write_record(ledger, record) for record in found.records] if ledger is not None else []
    told: dict[str, Any] = {
        "records": [plain(record) for record in found.records],
        "totals": plain(found.totals),
        "findings": [plain(finding) for finding in found.findings],
        "counts": plain(found.counts),
        "jobs": found.jobs,
        "rows": found.rows,
        "counted_once_s": found.shared_s,
    }
    if there:
        told["elsewhere"] = elsewhere_told(there)
    if price is not None:
        told["offset_cost"] = price.told(found.totals.emissions_kg_co2e.central)
    console.findings(found.findings)
    console.result(told, chosen, lambda: jobs_text(found, price, there))
    if paths:
        console.note(f"recorded {len(paths)} in {ledger}")
    if not found.passed:
        raise typer.Exit(1)


def _defaults(options: dict[str, Any], settled: "Settled") -> "JobDefaults":
    from neuclir_carbon.workflow.estimating_jobs import JobDefaults, check_defaults

    defaults = JobDefaults(**options, place=settled.place, pue=settled.pue)
    check_defaults(defaults)
    return defaults


app.command("jobs")(with_options(_job_options, _jobs, placed=True, without=("equivalents",)))


def sources(format: Format = console.Format.TEXT) -> None:
    """Show all tables that numbers come from, with their year, version, licence and attribution."""
    from neuclir_carbon.factors.sources import sources as all_sources
    from neuclir_carbon.model.json_data import plain

    found = all_sources()

    def as_text() -> str:
        return "\n".join(
            f"{one.name}\n  {one.holds}{f', data of {one.year}' if one.year else ''}; {one.version}\n"
            f"  {one.attribution}; {one.licence}"
            for one in found
        )

    console.result({"sources": [plain(one) for one in found]}, format, as_text)
    console.note("in full, with the notices: THIRD-PARTY.md, which is installed beside the package")


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="devices, instances, regions, models or mlco2.")],
    filter: Annotated[str, typer.Argument(metavar="[FILTER]", help="Only what contains this.")] = "",
    format: Format = console.Format.TEXT,
) -> None:
    """Show the names that estimates know, with their source."""
    from neuclir_carbon.cli.estimate_text import listing_text
    from neuclir_carbon.workflow.estimating import listing

    items = listing(kind, filter)
    if items or format is console.Format.JSON:
        console.result({"kind": kind, "items": list(items)}, format, lambda: listing_text(items))
    else:
        console.note(f"nothing of {kind} contains '{console.safe(filter[:80])}'")
