"""A team's own LaTeX table: energy and emissions by activity and label.

It needs no package, compiles alone, and can be taken into a paper by `\\input`.
"""

from collections.abc import Iterator, Sequence

from attrs import frozen

from neuclir_carbon.model.counting import totals
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import templating, words
from neuclir_carbon.report.methods import how_found
from neuclir_carbon.report.work import Work, Written

_MOST_ROWS = 30
_MOST_LABEL, _MOST_ESCAPED = 40, 100


@frozen(kw_only=True)
class Row:
    """One row of the table as text; the amounts are in the units of the table's head."""

    activity: str
    label: str
    count: str
    energy: str
    emissions: str
    bounds: str


@frozen(kw_only=True)
class _Units:
    """The units of the head, and whether what is below a thousandth of one is told as that: not where all is."""

    energy: words.Unit
    mass: words.Unit
    cuts_small: bool

    def told(self, value: float) -> str:
        return "< 0.001" if self.cuts_small and 0 < value < 0.001 else words.number(value)


def activity_table(work: Work) -> Written:
    """The table, largest emissions first; what goes beyond 30 rows stands in one, so that the rows add up."""
    groups = _groups(work.activities)
    shown, others = groups[:_MOST_ROWS], groups[_MOST_ROWS:]
    energy = words.energy_unit([work.whole.facility_energy_kwh])
    mass = words.mass_unit([work.whole.emissions_kg_co2e.central])
    told = min(work.whole.facility_energy_kwh / energy.size, work.whole.emissions_kg_co2e.central / mass.size)
    units = _Units(energy=energy, mass=mass, cuts_small=told >= 1)
    rows = [_row(activity, label, members, units) for (activity, label), members in shown]
    if others:
        members = [activity for _, group in others for activity in group]
        rows.append(_row("others", words.counted(len(others), "step"), members, units))
    values = {
        "caption": _caption(work),
        "rows": rows,
        "total": _row("total", "", work.activities, units),
        "energy_unit": units.energy.name,
        "mass_unit": units.mass.name,
        "remarks": _remarks(work),
    }
    return Written(templating.latex("activities.tex.j2", values).encode(), tuple(_notes(work)))


def _groups(activities: Sequence[CountedActivity]) -> list[tuple[tuple[str, str], list[CountedActivity]]]:
    groups: dict[tuple[str, str], list[CountedActivity]] = {}
    for activity in activities:
        label = _fitting(activity.record.label or "")
        groups.setdefault((activity.record.activity, label), []).append(activity)
    return sorted(groups.items(), key=lambda item: (-totals(item[1]).emissions_kg_co2e.central, item[0]))


def _fitting(label: str) -> str:
    """The label, cut to what a column holds: what is no Latin letter takes seven characters and more there."""
    cuts = (words.visible(label, most=most) for most in (_MOST_LABEL, _MOST_LABEL // 2, _MOST_LABEL // 4))
    return next(
        (cut for cut in cuts if len(templating.latex_escaped(cut)) <= _MOST_ESCAPED), words.visible(label, most=5)
    )


def _row(activity: str, label: str, members: Sequence[CountedActivity], units: _Units) -> Row:
    """A group's row: an amount that none of its activities knows is unknown."""
    whole = totals(members)
    knows_energy = any(member.facility_energy_kwh is not None for member in members)
    told: Range | None = whole.emissions_kg_co2e if whole.records_without_emissions < whole.records else None

    def kilograms(value: float) -> str:
        return units.told(value / units.mass.size)

    return Row(
        activity=activity,
        label=label,
        count=f"{whole.records:,}",
        energy=units.told(whole.facility_energy_kwh / units.energy.size) if knows_energy else words.UNKNOWN,
        emissions=words.UNKNOWN if told is None else kilograms(told.central),
        bounds="" if told is None else " – ".join(dict.fromkeys((kilograms(told.low), kilograms(told.high)))),
    )


def _notes(work: Work) -> Iterator[str]:
    labels = {activity.record.label or "" for activity in work.activities}
    if any("[U+" in templating.latex_escaped(label) for label in labels):
        yield "labels have letters that plain pdfLaTeX can't set; they are written by code point, as [U+4E2D]"
    if any(activity.inside is not None for activity in work.activities):
        yield "a pipeline's row has what its steps leave of its energy and emissions"


def _caption(work: Work) -> str:
    about = work.about
    whose = " of ".join(
        part for part in (f"run {about.tag}" if about.tag else "", f"team {about.team}" if about.team else "") if part
    )
    return f"Energy and carbon emissions{f' of {whose}' if whose else ' of our work'}, gross."


def _remarks(work: Work) -> list[str]:
    """What a reader must know, in sentences."""
    if not work.activities:
        return ["Nothing was tracked."]
    whole = work.whole
    remarks = [
        f"Figures are {how_found(work.activities)}; energy includes the sites' power usage effectiveness.",
        "Bounds are the extremes of the spreads between the sources of all factors, no confidence interval.",
    ]
    if whole.records_without_embodied:
        without = words.counted(whole.records_without_embodied, "activity", "activities")
        remarks.append(f"Without manufacturing emissions of {without}.")
    if whole.records_without_emissions:
        unknown = words.counted(whole.records_without_emissions, "activity", "activities")
        remarks.append(f"Without the emissions of {unknown}, which are unknown.")
    if work.is_incomplete:
        remarks.append("Without records that could not be read.")
    return remarks
