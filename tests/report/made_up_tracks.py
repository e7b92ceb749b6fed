"""Made-up tracks for the tests of report/: nothing in here was measured by anybody.

`track(teams, scale)` gives an inventory and its rows that add up; `published()` reads a public document.
"""

import json
import random
from collections.abc import Callable, Iterable
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from attrs import evolve

from neuclir_carbon.model.comparison import Change, FactorTable, Harmonization, Since, TeamHarmonized
from neuclir_carbon.model.finding import Counts, Finding, Location, Severity
from neuclir_carbon.model.inventory import (
    LEVELS,
    Answers,
    CertificateRow,
    CountedActivity,
    Coverage,
    CoverageBeside,
    CoverageLevel,
    Group,
    Inventory,
    Question,
    Questions,
    Rise,
    RunRow,
    TeamRow,
    TrackDetails,
)  # fmt: skip
from neuclir_carbon.model.letter import TeamLetter
from neuclir_carbon.model.quantities import NOTHING, Range, total
from neuclir_carbon.model.record import (
    ActivityRecord,
    Embodied,
    Emissions,
    Energy,
    Factor,
    Grid,
    Pue,
    Tool,
)  # fmt: skip
from neuclir_carbon.model.slugs import slug

INVENTORIES = Path(__file__).parent.parent / "data" / "inventories"
TEAMS = (
    "Fjordlab", "IR Group Example University", "kvasir", "Nightingale", "Polyglot & Sons", "RAG-time stompers",
    "sparse-is-more", "翻訳検索チーム", "گروه بازیابی نمونه", "Два слова", "tiny-but-mighty",
    "A Team With An Extraordinarily Long Name That Nobody Will Ever Want To Type Twice",
)  # fmt: skip
PLACES = (("DEU", 330.0, 2024), ("USA", 384.0, 2023), ("NOR", 30.0, 2024), ("JPN", 482.0, 2023), (None, 445.0, 2024))
STEPS = (("training", 60.0), ("indexing", 14.0), ("translation", 25.0), ("retrieval", 3.0), ("reranking", 9.0),
         ("generation", 6.0), ("development", 30.0))  # fmt: skip
RUNS = ("bm25", "dense", "rerank")
METHODS = ("measured", "measured", "measured", "imported", "estimated")


def published(name: str) -> dict[str, Any]:
    """A public document of tests/data/inventories/."""
    value = json.loads((INVENTORIES / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def spread_around(kg: float, below: float = 0.55, above: float = 1.9) -> Range:
    """A range with that central value, in kg."""
    return Range(kg * below, kg, kg * above, kg * (1 + below) / 2, kg * (1 + above) / 2)


def activity(
    team: str, number: int, *, kind: str = "retrieval", kg: float | None = 1.0, method: str = "measured",
    place: tuple[str | None, float, int] = PLACES[0], embodied: bool = True, label: str | None = "first stage",
    run_tags: tuple[str, ...] = (), tasks: tuple[str, ...] = ("clir",),
) -> CountedActivity:  # fmt: skip
    """One counted activity; with `kg` None its emissions are unknown."""
    country, grams, year = place
    made = None if kg is None or not embodied else kg * 0.1
    ran = None if kg is None else kg - (made or 0.0)
    facility = None if ran is None else ran / grams * 1000
    it_kwh = None if facility is None else facility / 1.4
    source = "ecologits 0.11.2, electricity mixes" if country else "world's range, ecologits 0.11.2"
    record = ActivityRecord(
        record_id=f"r-{number:04d}", activity=kind, label=label, method=method,
        run_tags=run_tags, started_at=f"2024-{6 + number % 4:02d}-11T08:30:00.000Z", duration_s=3600.0,
        energy=Energy(it_kwh=it_kwh, facility_kwh=facility), pue=Pue(value=1.4, low=1.1, high=1.6, source="site"),
        grid=Grid(g_co2e_per_kwh=grams, low=grams * 0.8, high=grams * 1.2, country=country, year=year, source=source,
                  basis="location" if country else "unspecified"),
        embodied=None if made is None else Embodied(kg_co2e=made, low=made, high=made, source="made up"),
        emissions=Emissions(operational_kg_co2e=ran, embodied_kg_co2e=made, total_kg_co2e=kg),
        dominant_factor="grid_intensity" if kg is not None else None,
        factors=(
            Factor(id="grid_intensity", value=grams, unit="g CO2e/kWh", year=year, source=source, version="0.11.2"),
            Factor(id="pue", value=1.4, unit="1", year=None, source="typed by the team"),
        ),
        tool=Tool(name="neuclir-carbon", version="0.1.0"), record_sha256=f"{number:064x}",
    )  # fmt: skip
    return CountedActivity(
        record=record, team=team, tasks=tasks, run_tags=run_tags, operational_kg_co2e=ran, embodied_kg_co2e=made,
        emissions_kg_co2e=None if kg is None else spread_around(kg), it_energy_kwh=it_kwh, facility_energy_kwh=facility,
    )  # fmt: skip


def track(
    teams: int = 12, *, scale: float = 1.0, seed: int = 7, evaluation: bool = True, suffixes: tuple[str, ...] = RUNS
) -> tuple[Inventory, TrackDetails]:
    """A made-up track; `scale` multiplies all emissions (1e-4 for a track of grams). Each team has a run of one or more
    of the suffixes."""
    chance = random.Random(seed)
    names = tuple(islice(chain(TEAMS, (f"team {number:03d}" for number in count(len(TEAMS)))), teams))
    activities: list[CountedActivity] = []
    runs: list[RunRow] = []
    for place, team in enumerate(names):
        tasks = chance.choice([("clir",), ("mlir",), ("clir", "mlir")])
        tags = tuple(f"team{place:02d}-{suffix}" for suffix in suffixes[: chance.randint(1, len(suffixes))])
        size = chance.choice([0.3, 1.0, 1.6, 4.0])
        for kind, weight in chance.sample(STEPS, chance.randint(2, 6)):
            activities.append(
                activity(
                    team, len(activities), kind=kind, kg=scale * size * weight * chance.uniform(0.5, 1.5),
                    method=chance.choice(METHODS), place=PLACES[place % len(PLACES)], embodied=chance.random() < 0.6,
                    run_tags=tags, tasks=tasks,
                )
            )  # fmt: skip
        own = total(a.emissions_kg_co2e for a in activities if a.team == team and a.emissions_kg_co2e)
        for tag in tags:
            score = {"nDCG@20": chance.uniform(0.2, 0.62), "R@1000": chance.uniform(0.5, 0.95)}
            runs.append(
                RunRow(
                    run_tag=tag, team=team, task=tasks[0], bundle=f"{tag}.zip", sha256=f"{len(runs):064x}",
                    passed=chance.random() < 0.9, tracked=True, share_kg_co2e=own.times(1 / len(tags)), scores=score,
                )
            )  # fmt: skip
    activities.append(activity(names[0], len(activities), kg=None, label="a node without a meter"))
    details = _details(names, runs, activities, scale)
    return inventory_of(details, evaluation=evaluation, scale=scale), details


def _details(names: Iterable[str], runs: list[RunRow], activities: list[CountedActivity], scale: float) -> TrackDetails:
    certificates = tuple(
        CertificateRow(
            certificate_id=f"cert-{place}", programme=programme, team=team, scope_id=f"{team}/2024",
            quantity_kg=max(1, round(4000 * scale)), allocated_kg=max(1, round(90 * scale)), level=level,
        )
        for place, (team, programme, level) in enumerate(
            zip(names, ("cdm", "vcs", "gold-standard", "cdm", "puro"), LEVELS, strict=False)
        )
    )  # fmt: skip
    rows = []
    for team in names:
        own = [a for a in activities if a.team == team]
        known = [a.emissions_kg_co2e for a in own if a.emissions_kg_co2e]
        mine = [run for run in runs if run.team == team]
        rows.append(
            TeamRow(
                team=team, submissions=len(mine), runs=len(mine), activities=len(own), emissions_kg_co2e=total(known),
                it_energy_kwh=sum(a.it_energy_kwh or 0.0 for a in own), tracked=True,
                declared_kg=float(sum(c.allocated_kg for c in certificates if c.team == team)),
            )
        )  # fmt: skip
    findings = (
        Finding("RUN104", Severity.ERROR, "score is 'nan', must be finite", Location("team01-bm25/run.txt", 17)),
        Finding("RUN104", Severity.ERROR, "score is 'inf', must be finite", Location("team01-bm25/run.txt", 18)),
        Finding("OFF011", Severity.ERROR, "the serial's end 10 is before its start 20; swap them",
                Location("cert-1.json", None, "/serials/0")),
        Finding("EMI009", Severity.WARNING, "no place is given, so the grid is the world's range; name --country",
                Location("team04-bm25.zip")),
        Finding("RUN300", Severity.NOTE, "3 topics have fewer than 1000 documents", Location("team02-bm25/run.txt")),
    )  # fmt: skip
    return TrackDetails(
        teams=tuple(rows), runs=tuple(runs), activities=tuple(activities), certificates=certificates, findings=findings
    )


def grouped(activities: Iterable[CountedActivity], key: Callable[[CountedActivity], str]) -> dict[str, Group]:
    """Groups of the activities whose emissions are known."""
    found: dict[str, list[CountedActivity]] = {}
    for each in activities:
        if each.emissions_kg_co2e is not None:
            found.setdefault(key(each), []).append(each)
    return {
        name: Group(
            emissions_kg_co2e=total(a.emissions_kg_co2e or NOTHING for a in members),
            it_energy_kwh=sum(a.it_energy_kwh or 0.0 for a in members),
            activities=len(members),
            teams=len({a.team for a in members}),
        )
        for name, members in found.items()
    }


def inventory_of(details: TrackDetails, *, evaluation: bool = False, scale: float = 1.0) -> Inventory:
    """The inventory of some rows."""
    counted = details.activities
    emissions = total(a.emissions_kg_co2e for a in counted if a.emissions_kg_co2e)
    shares = dict(zip(LEVELS, (0.6234, 0.41, 0.33, 0.2, 0.129), strict=True))
    levels = {name: CoverageLevel(kg=emissions.central * share, share=share) for name, share in shares.items()}
    bound = spread_around(147.55 * scale) if evaluation else None
    tracked, offset = max(0, len(details.teams) - 1), min(5, len(details.teams))
    return Inventory(
        track="neuclir-2024", teams=len(details.teams), runs=len(details.runs), submissions=len(details.runs),
        activities=len(counted), emissions_kg_co2e=emissions,
        operational_kg_co2e=sum(a.operational_kg_co2e or 0.0 for a in counted),
        embodied_kg_co2e=sum(a.embodied_kg_co2e or 0.0 for a in counted),
        records_without_embodied=sum(a.embodied_kg_co2e is None for a in counted),
        records_without_emissions=sum(a.emissions_kg_co2e is None for a in counted),
        it_energy_kwh=sum(a.it_energy_kwh or 0.0 for a in counted),
        facility_energy_kwh=sum(a.facility_energy_kwh or 0.0 for a in counted),
        by_activity=grouped(counted, lambda a: a.record.activity),
        by_method=grouped(counted, lambda a: a.record.method),
        by_task=grouped(counted, lambda a: a.task),
        by_month=grouped(counted, lambda a: (a.record.started_at or "unknown")[:7]),
        by_place=grouped(counted, lambda a: (a.record.grid and a.record.grid.country) or "unknown"),
        by_basis=grouped(counted, lambda a: a.record.grid.basis if a.record.grid else "unknown"),
        by_data_year=grouped(counted, lambda a: str(a.record.grid.year) if a.record.grid else "unknown"),
        by_team=grouped(counted, lambda a: a.team),
        coverage=Coverage(**levels), residual_kg=emissions.central * (1 - 0.129),
        evaluation=bound, total_with_evaluation_kg_co2e=total([emissions, bound]) if bound else None,
        answers=Answers(tracked=tracked, offset=offset, unanswered=1),
        questions=Questions(
            tracked=Question(yes=tracked, no=0, unanswered=1),
            offset=Question(yes=offset, no=max(0, tracked - offset), unanswered=1),
        ),
        as_of="2024-11-22", findings=Counts.of(details.findings), tool=Tool(name="neuclir-carbon", version="0.1.0"),
    )  # fmt: skip


def with_everything(inventory: Inventory, details: TrackDetails) -> tuple[Inventory, TrackDetails]:
    """The track with all that stands beside its totals: one set of factors, an earlier year, forms, disputes."""
    tables = (FactorTable(source="ecologits, electricity mixes", version="0.11.2", year=2024),)
    pairs = tuple(
        TeamHarmonized(team=row.team, as_reported_kg_co2e=kg, harmonized_kg_co2e=kg.times(0.8 + place / 20))
        for place, row in enumerate(details.teams)
        if (kg := row.emissions_kg_co2e) is not None
    )
    whole = total(pair.harmonized_kg_co2e for pair in pairs)
    harmonization = Harmonization(
        tables=tables, activities=50, without_place=9, without_energy=1, compared=50,
        as_reported_kg_co2e=inventory.emissions_kg_co2e, harmonized_kg_co2e=whole, teams=pairs,
        mean_difference_kg=180.0, from_factors_kg=30.0, from_factors_share=1 / 6,
        sentence="Under one set of factors, 16.6 % of the difference between teams is gone.",
    )  # fmt: skip
    then = Change(then=inventory.emissions_kg_co2e.times(0.7), now=inventory.emissions_kg_co2e, ratio=3 / 7)
    since = Since(
        track="neuclir-2023", as_of="2023-11-20", teams_then=9, teams_now=12, teams_both=7, whole=then,
        same_teams=then, by_activity={"training": then}, only_then=("Gone & Away",), only_now=(TEAMS[0],),
        tables=tables, not_compared=("The earlier inventory keeps no energies by place.",),
        sentence="Like for like, the 7 teams of both years emitted more than a year before.",
    )  # fmt: skip
    earlier = (activity(details.teams[0].team, 900, kind="training", kg=77.0, label="a model of last year"),)
    method = Group(emissions_kg_co2e=spread_around(147.55), it_energy_kwh=400.0, activities=3, teams=1)
    asked = Question(yes=9, no=1, unanswered=2, from_bundles=8, contradicted=1)
    rows = (
        evolve(details.teams[0], aliases=("Fjord Lab",), form_tracked=False, offset=True, counted_earlier=1),
        *details.teams[1:],
        TeamRow(team="only a form", submissions=0, runs=0, activities=0, emissions_kg_co2e=None, it_energy_kwh=None,
                tracked=True, form_tracked=True, declared_kg=0.0),
    )  # fmt: skip
    certificates = (
        evolve(details.certificates[0], level="declared", disputed=True, held_by=("OFF020",)),
        evolve(details.certificates[1], rises=(Rise(level="documented", by="its page in the registry"),),
               decision="upheld by the chair on 2024-11-20: the documents differ"),
        *details.certificates[2:],
    )  # fmt: skip
    details = evolve(
        details, teams=rows, certificates=certificates, earlier=earlier,
        coverage_beside=CoverageBeside(
            share_range=dict(zip(LEVELS, ((0.5, 0.9), (0.3, 0.6), (0.2, 0.5), (0.1, 0.3), None), strict=True)),
            pooled_kg=dict.fromkeys(LEVELS, 25), surplus_kg=12.5,
        ),
        runs=(evolve(details.runs[0], leads=("nDCG@20",)), *details.runs[1:]),
    )  # fmt: skip
    inventory = evolve(
        inventory, teams=13, teams_without_number=1, records_without_place=9, counted_earlier=1,
        evaluation_by_method={"estimated": method}, counted_earlier_group=Group(
            emissions_kg_co2e=spread_around(77.0), it_energy_kwh=160.0, activities=1, teams=1),
        withdrawn=2, questions=Questions(tracked=asked, offset=asked), harmonization=harmonization, harmonized=whole,
        since=since,
    )  # fmt: skip
    return inventory, details


def letters_of(details: TrackDetails) -> list[tuple[TeamLetter, str]]:
    """A letter for each team with where it lies; the first team's certificate is disputed."""
    found = []
    for place, row in enumerate(details.teams):
        kg = {level: row.declared_kg / (1 + steps) for steps, level in enumerate(LEVELS)}
        levels = {level: CoverageLevel(kg=value, share=0.1 if value else 0.0) for level, value in kg.items()}
        letter = TeamLetter(
            track="neuclir-2024", team=row.team, as_of="2024-11-22", received=(), levels=levels,
            disputed_kg=0 if place else int(row.declared_kg), next_step="add serials that hold the quantity",
        )  # fmt: skip
        found.append((letter, f"letters/{slug(row.team)}.txt"))
    return found
