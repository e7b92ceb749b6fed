"""The first screen of either edition as plain values: the headline, coverage, and what is missing."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.model.comparison import ONE_SET
from neuclir_carbon.model.inventory import LEVELS
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report import words
from neuclir_carbon.report.words import Cell


@frozen(kw_only=True)
class Total:
    """The headline: amount and unit apart with its ranges in words, or (unit empty) what `cell` says instead."""

    cell: Cell
    amount: str = ""
    unit: str = ""
    likely: str = ""
    hull: str = ""


@frozen(kw_only=True)
class LevelLine:
    """One level of coverage: its share and mass, or `whole` with the reason where the level is withheld."""

    label: str
    is_side_branch: bool
    share: Cell
    mass: Cell
    whole: Cell


@frozen(kw_only=True)
class Fact:
    """One labelled value of the summary."""

    label: str
    cell: Cell


@frozen(kw_only=True)
class MethodPart:
    """One method's part of the strip, in thousandths of its length."""

    kind: str
    name: str
    start: str
    width: str
    said: str


@frozen(kw_only=True)
class Remark:
    """A sentence, and the reason where a value in it is withheld."""

    text: str
    reason: str = ""


@frozen(kw_only=True)
class Summary:
    """The first screen of either edition."""

    track: str
    as_of: str
    tool: str
    total: Total
    meaning: str
    levels: tuple[LevelLine, ...]
    offset: str
    facts: tuple[Fact, ...]
    methods: tuple[MethodPart, ...]
    methods_said: str
    beside: tuple[Remark, ...]
    gaps: tuple[Remark, ...]


def summary(document: Mapping[str, Any]) -> Summary:
    methods, said = _methods(document["by_method"])
    tool = document["tool"]
    return Summary(
        track=document["track"],
        as_of=document["as_of"],
        tool=f"{tool['name']} {tool['version']}",
        total=_total(document),
        meaning=_meaning(document),
        levels=tuple(_level(name, document["coverage"][name]) for name in LEVELS),
        offset=_offset_said(document),
        facts=tuple(_facts(document)),
        methods=methods,
        methods_said=said,
        beside=tuple(_beside(document)),
        gaps=tuple(_gaps(document)) or (Remark(text="Nothing that was reported is missing from the total."),),
    )


def _total(document: Mapping[str, Any]) -> Total:
    """The headline; where no activity counts, or none of known emissions, nothing is known, which is not 0 kg."""
    value, activities = document["emissions_kg_co2e"], document["activities"]
    if activities == 0:
        return Total(cell=Cell(text="nothing counts"))
    found = words.range_of(value)
    if found is None:
        return Total(cell=words.cell(value, words.mass))
    if isinstance(activities, int) and document["records_without_emissions"] == activities:
        return Total(cell=Cell(text=words.UNKNOWN))
    unit = words.mass_unit([found.central])
    return Total(
        cell=Cell(text=words.mass(found.central, unit), sort=found.central),
        amount=words.number(found.central / unit.size),
        unit=unit.name,
        likely=words.likely(found, unit),
        hull=words.hull(found, unit),
    )


def _meaning(document: Mapping[str, Any]) -> str:
    """What the total is about; figures that are withheld are left out of the sentence."""
    counts = [
        words.counted(document[key], noun, many)
        for key, noun, many in (("teams", "team", "teams"), ("runs", "run", "runs"))
        if isinstance(document[key], int)
    ]
    activities = document["activities"]
    whose = f"The work of {' with '.join(counts)}" if counts else "The teams’ work"
    if isinstance(activities, int):
        whose += f", {words.counted(activities, 'activity', 'activities')} in all"
    return f"{whose}; each activity counts once. Nothing is subtracted."


def _facts(document: Mapping[str, Any]) -> Iterable[Fact]:
    teams = document["teams"]
    yield Fact(label="Teams", cell=words.cell(teams, words.count))
    yield Fact(label="Runs", cell=words.cell(document["runs"], words.count))
    yield Fact(label="Teams that tracked", cell=_answer(document["answers"]["tracked"], teams))
    yield Fact(label="Teams with a certificate", cell=_answer(document["answers"]["offset"], teams))
    yield Fact(label="Operational CO₂e", cell=words.cell(document["operational_kg_co2e"], words.mass))
    yield Fact(label="Embodied CO₂e", cell=words.cell(document["embodied_kg_co2e"], words.mass))
    yield Fact(label="IT energy", cell=words.cell(document["it_energy_kwh"], words.energy))
    yield Fact(label="Facility energy (× PUE)", cell=words.cell(document["facility_energy_kwh"], words.energy))


def _answer(value: Any, teams: Any) -> Cell:
    """How many teams gave an answer, with the share where both counts are told."""
    band = words.band_of(value)
    if band and isinstance(teams, int) and band[1] >= teams:
        if not band[0]:
            # "at least 0" is no news.
            return Cell(text=words.WITHHELD, reason=words.reason_of(value))
        return Cell(text=f"at least {band[0]:,.0f} of {teams:,}", reason=words.reason_of(value))
    shown = words.cell(value, words.count)
    if isinstance(value, int) and isinstance(teams, int) and 0 < teams >= value:
        return Cell(text=f"{value:,} of {teams:,} ({words.share_of(value, teams)})", sort=value)
    return shown


def _level(name: str, value: Any) -> LevelLine:
    whole = words.cell(value, words.share) if words.is_withheld(value) else Cell(text="")
    told = {} if words.is_withheld(value) else value
    return LevelLine(
        label=words.plainly(name),
        is_side_branch=name == "list_matched",
        share=words.cell(told.get("share"), words.share),
        mass=words.cell(told.get("kg"), words.mass),
        whole=whole,
    )


def _offset_said(document: Mapping[str, Any]) -> str:
    """What may be called offset: only what is registry-verified."""
    level, residual = document["coverage"]["registry_verified"], document["residual_kg"]
    kg = None if words.is_withheld(level) else level["kg"]
    if kg is None or words.is_withheld(kg):
        said = "Only what is registry-verified is called offset; how much that is can’t be told here."
    elif kg == 0:
        said = "Nothing is registry-verified, so nothing here is called offset."
    else:
        said = f"Only the registry-verified part is called offset: {words.mass(kg)}."
    if isinstance(residual, (int, float)):
        said += f" Not covered at that level: {words.mass(residual)}."
    return said


def _methods(groups: Mapping[str, Any]) -> tuple[tuple[MethodPart, ...], str]:
    """The strip's parts and the same in words; no parts where a share is not told."""
    order = ("measured", "imported", "estimated")
    found = {
        name: None if words.is_withheld(group) else words.range_of(group["emissions_kg_co2e"])
        for name, group in sorted(groups.items(), key=lambda item: (item[0] not in order, item[0]))
    }
    if not found:
        return (), "No activity’s emissions are known."
    known = {name: value.central for name, value in found.items() if value is not None}
    whole = math.fsum(known.values())
    if len(known) < len(found) or whole == 0:
        return (), "How much was measured, imported and estimated is told under Groups, as far as it may be."
    parts, start = [], 0.0
    for name in sorted(known, key=lambda name: (order.index(name) if name in order else len(order), name)):
        width = 1000 * known[name] / whole
        said = words.share(known[name] / whole)
        kind = name if name in order else words.UNKNOWN
        parts.append(MethodPart(kind=kind, name=name, start=f"{start:.2f}", width=f"{width:.2f}", said=said))
        start += width
    return tuple(parts), ", ".join(f"{part.name} {part.said}" for part in parts)


def _beside(document: Mapping[str, Any]) -> Iterable[Remark]:
    """Sentences about the figures that stand apart from the total: the organizers' own work, one year's factors."""
    sentences = (
        ("evaluation", "The organizers’ own evaluation stands apart: {}."),
        ("total_with_evaluation_kg_co2e", "Teams and evaluation together: {}."),
        ("harmonized", "The same energies under one year’s factors: {}."),
    )
    for key, sentence in sentences:
        value = document[key]
        if value is None:
            continue
        found = words.range_of(value)
        said = words.cell(value, words.mass).text if found is None else _ranged(found)
        yield Remark(text=sentence.format(said), reason=words.reason_of(value))
    if said := since_said(document.get("since")):
        yield Remark(text=said)


def _ranged(found: Range) -> str:
    unit = words.mass_unit([found.central])
    return f"{words.mass(found.central, unit)}, likely {words.likely(found, unit)}"


def since_said(found: Any) -> str:
    """The public edition's change of the same teams since an earlier year in a sentence; empty where it has none."""
    if not isinstance(found, Mapping) or "ratio" not in found:
        return ""
    ratio, teams = found["ratio"], words.counted(found["teams_both"], "team")
    percent = f"{words.number(abs(ratio) * 100, digits=2)}{words.GAP}%"
    how = f"{percent} {'more' if ratio > 0 else 'less'} than" if ratio else "as much as"
    text = f"he {teams} with figures in both years emitted {how} for {words.visible(found['track'])}"
    return f"Under one set of grid factors, t{text}." if found["factors"] == ONE_SET else f"T{text}, as reported."


def _gaps(document: Mapping[str, Any]) -> Iterable[Remark]:
    """Sentences about what is missing; a count that is 0 needs none."""
    placeless = document.get("records_without_place") or document["by_basis"].get("unspecified", 0)
    if isinstance(placeless, Mapping) and not words.is_withheld(placeless):
        placeless = placeless["activities"]
    sentences = (
        (document["records_without_emissions"], "have unknown emissions", ", which are not in the total"),
        (document["records_without_embodied"], "have no embodied part", ", which is missing from the total"),
        (placeless, "name no place", ": the world’s mean and range stand in for their grid"),
        (document["counted_earlier"], "were counted in an earlier year", " and are not in this total"),
    )
    for value, what, so in sentences:
        if value is None or value == 0:
            continue
        if isinstance(value, int):
            said = f"{words.counted(value, 'activity', 'activities')} {_agreeing(what + so, value)}."
        elif words.band_of(value):
            said = f"B{words.cell(value, words.count).text[1:]} activities {what}{so}."
        else:
            said = f"How many activities {what} is withheld."
        yield Remark(text=said, reason=words.reason_of(value))
    yield from _gaps_of_teams(document)


def _gaps_of_teams(document: Mapping[str, Any]) -> Iterable[Remark]:
    """What is missing of whole teams; most of it stands in the organizer's document only."""
    questions = document.get("questions") or {}
    sentences = (
        (document.get("teams_without_number"), "of unknown emissions: nothing is made up for them"),
        (document["answers"]["unanswered"], "gave no answer"),
        *(
            (questions[key]["unanswered"], f"did not answer whether they {did}")
            for key, did in (("tracked", "tracked"), ("offset", "offset"))
            if key in questions
        ),
    )
    for value, what in sentences:
        if isinstance(value, int) and value:
            yield Remark(text=f"{words.counted(value, 'team')} {what}.")
    contradicted = sum(question["contradicted"] for question in questions.values())
    if contradicted:
        forms = words.counted(contradicted, "answer on a form differs", "answers on forms differ")
        yield Remark(text=f"{forms} from what the team’s bundles show; the bundles count.")
    received, counting = document["submissions"], document["runs"]
    if document["edition"] == "organizer" and received > counting:
        bundles = words.counted(received, "bundle", "bundles")
        do = "does" if received - counting == 1 else "do"
        yield Remark(text=f"Of {bundles} received, {received - counting:,} {do} not count: see Findings and letters.")
    if document.get("withdrawn"):
        bundles = words.counted(document["withdrawn"], "bundle was", "bundles were")
        yield Remark(text=f"{bundles} withdrawn and left out.")


def _agreeing(what: str, count: int) -> str:
    """The sentence's end in the singular for one activity."""
    if count != 1:
        return what
    swaps = {"have ": "has ", "name ": "names ", "were ": "was ", "and are ": "and is ", "their grid": "its grid"}
    for many, one in swaps.items():
        what = what.replace(many, one)
    return what
