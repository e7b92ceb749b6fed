"""Estimates as text: the formula with every value, the range, what narrows it, and the same work elsewhere."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neuclir_carbon.cli import console

if TYPE_CHECKING:
    from neuclir_carbon.model.quantities import Range
    from neuclir_carbon.workflow.elsewhere import Elsewhere
    from neuclir_carbon.workflow.estimating import Estimated, Price
    from neuclir_carbon.workflow.estimating_jobs import JobsEstimated

_WIDTH = 17


def estimate_text(
    made: "Estimated", price: "Price | None", elsewhere: "Sequence[Elsewhere]" = (), *, equivalents: bool = False
) -> str:
    """One estimate as `estimate` prints it."""
    estimate, whole = made.estimate, made.estimate.emissions.range
    lines = [estimate.title, ""]
    for line in estimate.lines:
        lines.append(_row(line.name, line.text))
        if line.source:
            lines.append(_row("", f"  from {line.source}"))
    lines += ["", *_total_lines(whole)]
    lines += [_row("assumed", text) for text in estimate.assumptions]
    if made.advice:
        lines.append(_row("narrower", made.advice))
    if price is not None and made.offset_cost is not None:
        cost = f"{made.offset_cost:,.2f} {price.currency} at {price.per_tonne:g} {price.currency}/t"
        lines.append(_row("offset cost", f"{cost} (emissions stay as they are)"))
    if equivalents and whole is not None:
        lines += [_row("as much as", text) for text in equivalent_texts(whole)]
    return console.safe("\n".join([*lines, *elsewhere_lines(elsewhere)]))


def jobs_text(found: "JobsEstimated", price: "Price | None", elsewhere: "Sequence[Elsewhere]" = ()) -> str:
    """A log of jobs as `estimate jobs` prints it: a line for each place and month, and the sum."""
    from neuclir_carbon.report.records import aligned

    rows = [("month", "place", "jobs", "hours", "kWh", "kg CO2e", "at the outside")]
    for record in found.records:
        grid, source, emitted = record.grid, (record.source or {}).get("inputs", {}), record.emissions.range
        place = " ".join(name for name in (grid.country, grid.region) if name) if grid else ""
        rows.append((
            str(source.get("month")), place or "not given", f"{source.get('jobs', 0):,}",
            f"{(record.duration_s or 0) / 3600:,.6g}", f"{record.energy.it_kwh or 0:,.6g}",
            "unknown" if emitted is None else f"{emitted.central:,.6g}",
            "" if emitted is None else _bounds(emitted.low, emitted.high),
        ))  # fmt: skip
    whole = found.totals.emissions_kg_co2e
    lines = [f"{found.jobs:,} of {found.rows:,} jobs count", "", aligned(rows), "", *_total_lines(whole)]
    if found.shared_s:
        shared = f"{found.shared_s / 3600:,.6g} h in which several jobs ran on one machine count once"
        lines.append(_row("overlaps", shared))
    if price is not None:
        cost = f"{price.cost_of(whole.central):,.2f} {price.currency} at {price.per_tonne:g} {price.currency}/t"
        lines.append(_row("offset cost", f"{cost} (emissions stay as they are)"))
    return console.safe("\n".join([*lines, *elsewhere_lines(elsewhere)]))


def elsewhere_lines(found: "Sequence[Elsewhere]") -> list[str]:
    """The same work in other places, the least emissions first."""
    if not found:
        return []
    from neuclir_carbon.report.records import aligned

    rows = [("  elsewhere", "kg CO2e", "at the outside", "g/kWh", "PUE")]
    for one in found:
        emitted, grams = one.emissions_kg_co2e, one.grid.g_co2e_per_kwh
        rows.append((
            f"  {one.place}", "unknown" if emitted is None else f"{emitted.central:,.4g}",
            "" if emitted is None else f"{_rounded(emitted.low)} to {_rounded(emitted.high)}",
            "unknown" if grams is None else f"{grams:g}", "the same" if one.pue is None else f"{one.pue.value:g}",
        ))  # fmt: skip
    return ["", aligned(rows)]


def equivalent_texts(emissions: "Range") -> list[str]:
    """What emissions compare to, each with its source."""
    from neuclir_carbon.factors.equivalents import EQUIVALENTS

    return [
        f"{equivalent.name}: {_rounded(equivalent.of(emissions).central)} {equivalent.unit} ({equivalent.source})"
        for equivalent in EQUIVALENTS
    ]


def listing_text(items: Sequence[dict[str, Any]]) -> str:
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


def _total_lines(whole: "Range | None") -> list[str]:
    if whole is None:
        return [_row("total", "unknown: the grid intensity is not known")]
    return [
        _row("total", _kilograms(whole.central)),
        _row("likely", _bounds(whole.likely_low, whole.likely_high)),
        _row("at the outside", _bounds(whole.low, whole.high)),
    ]


def _row(name: str, text: str) -> str:
    return f"  {name:<{_WIDTH}}{text}"


def _kilograms(value: float) -> str:
    return f"{value:,.2f} kg CO2e" if value >= 1 else f"{value:.4g} kg CO2e"


def _bounds(low: float, high: float) -> str:
    return f"{_rounded(low)} to {_rounded(high)} kg CO2e"


def _rounded(value: float) -> str:
    """Three significant digits, written out."""
    return f"{float(f'{value:.3g}'):,.10g}"
