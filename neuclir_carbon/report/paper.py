"""A paragraph for a paper, ready for LaTeX, and the BibTeX entries of what it cites.

Whatever a stranger wrote is escaped; the only commands in it are `\\cite`. Without special characters in names the
paragraph reads as plain text all the same.
"""

from collections.abc import Iterable, Iterator, Sequence

from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.record import ActivityRecord, Grid
from neuclir_carbon.report.citations import bibliography, keys_of_grid, keys_of_hardware
from neuclir_carbon.report.machines import place_words
from neuclir_carbon.report.methods import VERBS, Way, ways_of
from neuclir_carbon.report.templating import latex_escaped
from neuclir_carbon.report.words import counted, energy, energy_unit, hull, mass, mass_unit, number
from neuclir_carbon.report.work import Work, Written

NOT_TRACKED = "The emissions of this work were not tracked."
_MOST_PLACES = 5
# Stand where a citation goes, of an intensity and of its bounds alone; no escaped text holds it.
_CITED_HERE, _BOUNDS_HERE = "\0", "\1"


def paragraph(work: Work) -> Written:
    """`We used … kWh … and emitted … kg CO2e, between … and …, measured with …`, then the BibTeX entries it cites."""
    if not work.activities:
        incomplete = " Records that could not be read are not considered." if work.is_incomplete else ""
        return Written((NOT_TRACKED + incomplete + "\n").encode())
    ways = ways_of(work.activities)
    text = " ".join((_what(work, ways), *_rest(work))).replace("\u00a0", " ")
    keys = [tool.key for way in ways for tool in way.tools if tool.key]
    records = [activity.record for activity in work.activities]
    keys += [key for record in records for key in (*keys_of_hardware(record), *keys_of_grid(record))]
    unknown = sorted({tool.name for way in ways for tool in way.tools if not tool.is_known})
    notes = (f"no citation is known for {', '.join(unknown)}; add one by hand",) if unknown else ()
    return Written(f"{text}\n\n% What it cites, as BibTeX\n{bibliography(keys)}\n".encode(), notes)


def _what(work: Work, ways: Sequence[Way]) -> str:
    """How much energy and emissions, in how many activities, when, and how they were found."""
    how = _how(ways)
    amounts = " and ".join(part for part in (_energy_used(work), _emitted(work)) if part)
    when = f"{counted(len(work.activities), 'activity', 'activities')}{_months(work.activities)}"
    if not amounts:
        return f"The energy and the emissions of our {when} are unknown ({how})."
    return f"We {amounts}, {how}, in {when}." if len(ways) == 1 else f"We {amounts}, in {when}: {how}."


def _energy_used(work: Work) -> str:
    known = [a for a in work.activities if a.it_energy_kwh is not None or a.facility_energy_kwh is not None]
    if not known:
        return ""
    it_kwh, facility_kwh = work.whole.it_energy_kwh, work.whole.facility_energy_kwh
    by_machines = _escaped(energy(it_kwh, energy_unit([facility_kwh])))
    used = _escaped(energy(facility_kwh))
    parts = f" ({by_machines} by the machines, the rest by their sites)" if by_machines != used else ""
    return f"used {used} of electricity{parts}"


def _emitted(work: Work) -> str:
    whole = work.whole
    if whole.records_without_emissions == whole.records:
        return ""
    told = whole.emissions_kg_co2e
    unit = mass_unit([told.central])
    bounds = f", {_escaped(hull(told, unit))}" if told.low < told.high else ""
    return f"emitted {_escaped(mass(told.central, unit))} CO2e{bounds}"


def _months(activities: Iterable[CountedActivity]) -> str:
    months = sorted({activity.record.started_at[:7] for activity in activities if activity.record.started_at})
    if not months:
        return ""
    return f" in {months[0]}" if len(months) == 1 else f" from {months[0]} to {months[-1]}"


def _how(ways: Sequence[Way]) -> str:
    """`measured with A and B`; `3 were measured with A, and 1 was estimated with A` where there are several ways."""
    if len(ways) == 1:
        return _way(ways[0])
    parts = [f"{way.activities:,} {'was' if way.activities == 1 else 'were'} {_way(way)}" for way in ways]
    return ", ".join(parts[:-1]) + f", and {parts[-1]}"


def _way(way: Way) -> str:
    tools = (_escaped(tool.words) + _cited([tool.key] if tool.key else []) for tool in way.tools)
    return f"{VERBS[way.method]} {' and '.join(tools)}"


def _cited(keys: Sequence[str]) -> str:
    return f"~\\cite{{{','.join(keys)}}}" if keys else ""


def _rest(work: Work) -> Iterator[str]:
    """What a reader must know to take the figures for what they are."""
    whole, records = work.whole, [activity.record for activity in work.activities]
    if whole.emissions_kg_co2e.low < whole.emissions_kg_co2e.high:
        yield "The bounds are the extremes of the spreads between the sources of all factors, no confidence interval."
    keys = dict.fromkeys(key for record in records for key in keys_of_hardware(record))
    if keys:
        yield f"Power and manufacture that no meter reads, and their ranges, follow{_cited(list(keys))}."
    yield from _grids(records)
    not_given = sum(record.pue is not None and record.pue.source == "not given" for record in records)
    if not_given:
        yield (
            f"The power usage effectiveness of the site was not given for {_of_all(not_given, records)}; it counts as "
            "1 there, and in the upper bound as 2."
        )
    yield from _manufacture(work)
    if whole.records_without_emissions and whole.records_without_emissions < whole.records:
        yield f"The emissions of {_of_all(whole.records_without_emissions, records)} are unknown and not included."
    if work.is_incomplete:
        yield "Records that could not be read are not included."


def _manufacture(work: Work) -> Iterator[str]:
    whole = work.whole
    if whole.records_without_embodied < whole.records:
        yield f"The emissions include {_escaped(mass(whole.embodied_kg_co2e))} CO2e from manufacturing."
    if whole.records_without_embodied:
        without = _of_all(whole.records_without_embodied, work.activities)
        yield f"Manufacturing emissions are unknown for {without}."


def _of_all(count: int, every: Sequence[object]) -> str:
    if count == len(every):
        return "the activity" if count == 1 else f"all {count:,} activities"
    return f"{count:,} of the {len(every):,} activities"


def _grids(records: Sequence[ActivityRecord]) -> Iterator[str]:
    """The carbon intensities, by place, the most used first, with what is cited for them or their bounds."""
    told: dict[str, list[str]] = {}
    for record in sorted(records, key=lambda record: -(record.energy.facility_kwh or 0.0)):
        if record.grid is not None and record.grid.g_co2e_per_kwh is not None:
            keys = told.setdefault(_grid(record.grid), [])
            keys += [key for key in keys_of_grid(record) if key not in keys]
    if told:
        parts = [_with_citations(words, keys) for words, keys in list(told.items())[:_MOST_PLACES]]
        more = [f"and {len(told) - _MOST_PLACES:,} more"] if len(told) > _MOST_PLACES else []
        yield f"The carbon intensity of the electricity was {'; '.join([*parts, *more])}."


def _with_citations(words: str, keys: Sequence[str]) -> str:
    """The words with what is cited for them; where others are cited for the bounds only, that is said."""
    bounds = f" (its bounds are others'{_cited(keys)})" if keys else ""
    return words.replace(_CITED_HERE, _cited(keys)).replace(_BOUNDS_HERE, bounds)


def _grid(grid: Grid) -> str:
    place = _escaped(place_words(grid))
    there = f" in {place}" if place else ""
    amount = f"{_escaped(number(grid.g_co2e_per_kwh or 0.0))} g CO2e/kWh"
    match grid.basis:
        case "unspecified":
            return f"the world's mean of {amount}{_CITED_HERE}, because no place was given"
        case "given":
            return f"{amount}{there}, as we know it of the site{_CITED_HERE}"
        case "as reported":
            return f"{amount}{there}, as the tracker reported it{_BOUNDS_HERE}"
        case "as published":
            return f"{amount}{there}, as the method's source has it{_CITED_HERE}"
        case _:
            return f"{amount}{there}{_CITED_HERE}"


def _escaped(text: str) -> str:
    """A text for LaTeX, its no-break spaces as spaces."""
    return latex_escaped(text.replace("\u00a0", " "))
