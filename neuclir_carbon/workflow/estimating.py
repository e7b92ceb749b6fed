"""Estimates as activity records: what `estimate` prints, and writes into a ledger when one is given."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.estimate.result import POWER, Estimate
from neuclir_carbon.factors import devices, instances, language_models, mlco2
from neuclir_carbon.factors.places import cloud_regions
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.journal_format import new_record_id
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import ACTIVITIES, SCHEMA, ActivityRecord
from neuclir_carbon.model.tool import THIS_TOOL

MOST_PER_TONNE = 1_000_000_000.0
MOST_LABEL = 200
MOST_TAGS = 10_000
# The same as in the schema of an activity record.
_TAG = re.compile(r"[^\s/\\\x00-\x1f\x7f]{1,100}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ADVICE = {
    POWER: {
        "cloud": "tell the mean load (--load PERCENT)",
        "device": "tell the mean share of its TDP (--utilization SHARE)",
        "mlco2": "measure the work, or use 'estimate device --utilization SHARE'",
        "upper-bound": "measure the work, or use 'estimate device'",
    },
    "pue": {"api": "tell the PUE (--pue)", "device": "tell the PUE (--pue) or the kind of site (--site)"},
    "grid_intensity": {
        "api": "tell the place (--country and --region, or --cloud) or the intensity (--intensity)",
        "device": "tell the place (--country and --region, or --cloud) or the intensity (--intensity)",
    },
}
# What a method was told of its mean power: where it was, no option narrows the power further.
_TOLD = {"cloud": "load_percent", "device": "utilization"}
_NAMES = {POWER: "power", "pue": "PUE", "grid_intensity": "grid intensity"}


@frozen(kw_only=True)
class Purpose:
    """What the work was for: the activity, the step's name, and the runs that it serves (none: all the team's)."""

    activity: str = "other"
    label: str | None = None
    run_tags: tuple[str, ...] = ()

    def checked(self) -> "Purpose":
        """The same, if a record can hold it; `BadOption` or `UnknownName` else."""
        if self.activity not in ACTIVITIES:
            raise UnknownName("activity", self.activity, ACTIVITIES, hint=f"known: {', '.join(ACTIVITIES)}")
        if self.label is not None and len(self.label) > MOST_LABEL:
            raise BadOption(f"--label has {len(self.label):,} characters; give one of at most {MOST_LABEL}")
        if self.label is not None and not _is_text(self.label):
            raise BadOption(
                f"--label {self.label!a} holds a control character, or bytes that are no UTF-8; leave them out"
            )
        for tag in self.run_tags:
            if not _TAG.fullmatch(tag) or not _is_text(tag):
                raise BadOption(f"--run-tag is {tag!a:.120}, wanted 1 to 100 characters without white space or slashes")
        if len(self.run_tags) > MOST_TAGS:
            raise BadOption(f"--run-tag is given {len(self.run_tags)} times; at most {MOST_TAGS:,} are allowed")
        return evolve(self, run_tags=tuple(dict.fromkeys(self.run_tags)))


@frozen(kw_only=True)
class Price:
    """A price of offsets per tonne of CO2e, as the user gives it."""

    per_tonne: float
    currency: str = "USD"

    def checked(self) -> "Price":
        """The same, if it can be a price; `BadOption` else."""
        if not (math.isfinite(self.per_tonne) and 0 <= self.per_tonne <= MOST_PER_TONNE):
            raise BadOption(
                f"--price-per-tonne is {self.per_tonne:g}; it must be a number from 0 to {MOST_PER_TONNE:,.0f}"
            )
        if not _CURRENCY.fullmatch(self.currency):
            raise BadOption(f"--currency is {self.currency!a:.80}; give three capital letters (ISO 4217), such as USD")
        return self

    def cost_of(self, kilograms: float) -> float:
        """What offsetting so many kg CO2e costs, in the price's currency."""
        return kilograms / 1000 * self.per_tonne

    def told(self, kilograms: float | None) -> dict[str, Any]:
        """The same as JSON data, with the price; the amount is null where the emissions are unknown."""
        amount = None if kilograms is None else self.cost_of(kilograms)
        return {"amount": amount, "currency": self.currency, "per_tonne": self.per_tonne}


@frozen(kw_only=True)
class Estimated:
    """An estimate as a record, where it was written (None: nowhere), and what narrows its range (None: nothing)."""

    estimate: Estimate
    record: ActivityRecord
    path: Path | None = None
    advice: str | None = None
    offset_cost: float | None = None


def as_record(
    estimate: Estimate,
    purpose: Purpose,
    price: Price | None = None,
    *,
    started_at: str | None = None,
    ended_at: str | None = None,
) -> ActivityRecord:
    """The activity record of an estimate, sealed with its digest; when it ran stays null where that is not known."""
    from neuclir_carbon.store.documents import sealed

    told = purpose.checked()
    record = ActivityRecord(
        schema=SCHEMA,
        record_id=new_record_id(),
        activity=told.activity,
        label=told.label,
        run_tags=told.run_tags,
        method="estimated",
        started_at=started_at,
        ended_at=ended_at,
        duration_s=None if estimate.hours is None else estimate.hours * 3600,
        hardware=estimate.hardware,
        energy=estimate.energy,
        pue=estimate.pue,
        grid=estimate.grid,
        embodied=estimate.embodied,
        emissions=estimate.emissions,
        dominant_factor=estimate.dominant_factor,
        factors=estimate.factors,
        source=estimate.source,
        tool=THIS_TOOL,
        notes=_notes(estimate, price),
    )
    return sealed(record)


def record_estimate(
    estimate: Estimate, purpose: Purpose, *, ledger: Path | None = None, price: Price | None = None
) -> Estimated:
    """The estimate as a record, written into `ledger` if one is given; `Unwritable` says why it could not be."""
    from neuclir_carbon.store.ledger import write_record

    chosen = price.checked() if price else None
    record = as_record(estimate, purpose, chosen)
    return Estimated(
        estimate=estimate,
        record=record,
        path=write_record(ledger, record) if ledger is not None else None,
        advice=advice(estimate),
        offset_cost=offset_cost(estimate, chosen) if chosen else None,
    )


def offset_cost(estimate: Estimate, price: Price) -> float | None:
    """What offsetting the central emissions costs, in the price's currency; None where they are unknown."""
    kilograms = estimate.emissions.total_kg_co2e
    return None if kilograms is None else price.cost_of(kilograms)


def advice(estimate: Estimate) -> str | None:
    """Which factor makes most of the range, and what to tell so that it narrows; None where all are exact."""
    if estimate.dominant_factor is None or estimate.dominant_share is None:
        return None
    name = _NAMES[estimate.dominant_factor]
    share = f"{estimate.dominant_share:.0%} of the spread is the {name}"
    what = _ADVICE[estimate.dominant_factor].get(estimate.method)
    if estimate.dominant_factor == POWER and estimate.inputs.get(_TOLD.get(estimate.method, "")) is not None:
        what = "measure the work"
    return f"{share}; to narrow it, {what}" if what else share


def listing(kind: str, wanted: str = "") -> tuple[dict[str, Any], ...]:
    """What estimates know of one kind (`devices`, `instances`, `regions`, `models`, `mlco2`), with its source, by name.

    `wanted` keeps the entries in which it occurs, capitals aside.
    """
    listings = {"devices": _devices, "instances": _instances, "regions": _regions, "models": _models, "mlco2": _mlco2}
    if kind not in listings:
        raise UnknownName("kind of list", kind, listings, hint=f"known: {', '.join(listings)}")
    needle = wanted.casefold()
    return tuple(item for item in listings[kind]() if needle in " ".join(map(str, item.values())).casefold())


def _devices() -> Sequence[dict[str, Any]]:
    cards = [
        {"name": card.name, "kind": card.kind, "most_w": card.most_w, "source": card.source}
        for card in devices.accelerators().values()
    ]
    source = f"codecarbon {version('codecarbon')} (cpu_power.csv)"
    return cards + [
        {"name": name, "kind": "cpu", "most_w": watts, "source": source}
        for name, watts in sorted(devices.processors().items())
    ]


def _instances() -> Sequence[dict[str, Any]]:
    source = f"{instances.SOURCE} {version(instances.DISTRIBUTION)}"
    published = [
        {
            "name": found.name, "provider": found.provider, "w_at_50_percent": found.power_w_at(50),
            "manufacture_g_co2e_per_h": found.manufacture_g_per_h, "source": source,
        }
        for found in instances.instances().values()
    ]  # fmt: skip
    composed = [
        {
            "name": found.name, "provider": found.provider, "accelerator": found.accelerator,
            "accelerators": round(found.accelerators, 4), "vcpus": found.vcpus, "memory_gib": found.memory_gib,
            "host_processor": found.host_processor, "source": found.source,
        }
        for found in instances.unpublished_instances()
    ]  # fmt: skip
    return published + composed


def _regions() -> Sequence[dict[str, Any]]:
    return [
        {
            "name": found.region, "provider": found.provider, "place": found.place, "country": found.country,
            "region": found.state, "pue": found.pue, "source": found.source,
        }
        for found in cloud_regions().values()
    ]  # fmt: skip


def _models() -> Sequence[dict[str, Any]]:
    source = language_models.named()
    return [
        {
            "name": name, "provider": provider, "active_parameters_b": _told(found.active_parameters_b),
            "total_parameters_b": _told(found.total_parameters_b), "source": source,
        }
        for provider in sorted(language_models.providers())
        for name, found in sorted(language_models.models(provider).items())
    ]  # fmt: skip


def _told(spread: Spread) -> str:
    return f"{spread.low:g}" if spread.low == spread.high else f"{spread.low:g} to {spread.high:g}"


def _mlco2() -> Sequence[dict[str, Any]]:
    table = f"mlco2/impact {mlco2.VERSION}"
    return [
        {"name": found.name, "kind": found.kind, "w": found.tdp_w, "note": found.note, "source": table}
        for found in mlco2.devices().values()
    ] + [
        {
            "name": found.region, "kind": "region", "provider": found.provider, "g_co2e_per_kwh": found.g_co2e_per_kwh,
            "note": found.note, "source": table,
        }
        for found in mlco2.regions().values()
    ]  # fmt: skip


def _notes(estimate: Estimate, price: Price | None) -> dict[str, Any]:
    notes: dict[str, Any] = {
        "formula": [
            {"name": line.name, "text": line.text, "source": line.source} for line in estimate.lines
        ],
    }  # fmt: skip
    if estimate.warnings:
        notes["warnings"] = list(estimate.warnings)
    if price is not None:
        notes["offset_cost"] = price.told(estimate.emissions.total_kg_co2e)
    return notes


def _is_text(text: str) -> bool:
    """Whether a document can hold it: no lone surrogates (bytes that were no UTF-8), no control characters."""
    return all(character.isprintable() for character in text)
