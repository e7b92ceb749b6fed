"""What counts: each run's newest bundle, each activity once, by the organizer's lists; held against known truths."""

import math
import random
from collections.abc import Iterable, Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import CERTIFICATE, a_record, a_submission

from neuclir_carbon.model.counting import GROUPING_KEYS, grouped, totals
from neuclir_carbon.model.json_data import format_json
from neuclir_carbon.model.outside import EarlierActivities, Outside
from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.model.roster import FormAnswer, Lists, Roster, Score
from neuclir_carbon.model.submission import Submission
from neuclir_carbon.store.certificates import parse_certificates
from neuclir_carbon.workflow.choosing import Chosen, choose

TRACK = "neuclir-2024"


def chosen_of(
    *submissions: Submission, lists: Lists | None = None, earlier: Sequence[EarlierActivities] = ()
) -> Chosen:
    return choose(submissions, TRACK, Outside(lists=lists or Lists(), earlier_activities=tuple(earlier)))


def kwh(chosen: Chosen) -> float:
    return math.fsum(activity.it_energy_kwh or 0.0 for activity in chosen.activities)


def codes(chosen: Chosen) -> list[str]:
    return sorted(finding.code for finding in chosen.findings)


def counted_in(*records: ActivityRecord, team: str = "lotus", name: str = "last-year.json") -> EarlierActivities:
    return EarlierActivities(
        inventory=name,
        digests=frozenset(str(record.record_sha256) for record in records),
        ids={team: frozenset(record.record_id for record in records)},
    )


# One id, two contents


def test_two_contents_of_one_id_are_told_and_it_is_said_which_counts() -> None:
    first = a_submission("lotus", "one", a_record("training", kwh=5.0))
    second = a_submission("lotus", "two", a_record("training", kwh=7.0))
    chosen = chosen_of(second, first)
    assert kwh(chosen) == 5.0
    assert codes(chosen) == ["EMI007"]
    told = chosen.findings[0]
    assert told.location.path == second.path
    assert f"another content than in {first.path}, which counts" in told.message


def test_two_teams_with_one_id_and_two_contents_both_count_and_it_is_an_error() -> None:
    mine, altered = a_record("training", kwh=5.0), a_record("training", kwh=0.001)
    chosen = chosen_of(a_submission("maple", "one", mine), a_submission("aaa", "two", altered))
    assert kwh(chosen) == 5.001
    assert codes(chosen) == ["INV008"]


def test_a_shared_training_counts_once_over_all_bundles_of_its_team() -> None:
    training = a_record("training", kwh=8.0)
    runs = [a_submission("lotus", f"run-{n}", training, a_record(f"r{n}", kwh=1.0)) for n in range(5)]
    assert kwh(chosen_of(*runs)) == 13.0


def test_a_record_that_another_bundle_of_the_team_supersedes_does_not_count_and_is_named() -> None:
    old, new = a_record("old", kwh=9.0), a_record("new", kwh=2.0, supersedes="old")
    chosen = chosen_of(a_submission("lotus", "one", old), a_submission("lotus", "two", new))
    assert kwh(chosen) == 2.0
    assert [finding.message for finding in chosen.findings] == ["record old was replaced by new; it does not count"]


def test_superseding_another_team_s_record_changes_nothing() -> None:
    chosen = chosen_of(
        a_submission("lotus", "one", a_record("theirs", kwh=9.0)),
        a_submission("maple", "two", a_record("mine", kwh=1.0, supersedes="theirs")),
    )
    assert kwh(chosen) == 10.0
    assert codes(chosen) == ["INV006"]


# Withdrawn bundles


def test_a_withdrawn_bundle_is_left_out_and_named_and_an_unknown_digest_is_told() -> None:
    kept, out = (
        a_submission("lotus", "one", a_record("a", kwh=1.0)),
        a_submission("maple", "two", a_record("b", kwh=2.0)),
    )
    chosen = chosen_of(kept, out, lists=Lists(withdrawn=(out.sha256, "f" * 64), withdrawn_path="out.txt"))
    assert (kwh(chosen), chosen.withdrawn) == (1.0, 1)
    assert [(finding.code, finding.location.path) for finding in chosen.findings] == [
        ("INV011", out.path), ("INV012", "out.txt"),
    ]  # fmt: skip
    assert [stand.team for stand in chosen.teams] == ["lotus"]


def test_an_older_revision_counts_again_when_the_newer_one_is_withdrawn() -> None:
    old = a_submission("lotus", "one", a_record("a", kwh=1.0))
    new = a_submission("lotus", "one", a_record("b", kwh=2.0), revision=2, replaces=old.sha256)
    assert kwh(chosen_of(old, new)) == 2.0
    assert kwh(chosen_of(old, new, lists=Lists(withdrawn=(new.sha256,)))) == 1.0


# Roster and forms


def test_the_roster_s_aliases_make_two_names_one_team() -> None:
    training = a_record("training", kwh=4.0)
    lists = Lists(roster=Roster(teams=("lotus",), aliases={"LOTUS-IR": "lotus"}), has_roster=True)
    pair = (a_submission("lotus", "one", training), a_submission("LOTUS-IR", "two", training))
    apart, merged = chosen_of(*pair), chosen_of(*pair, lists=lists)
    assert codes(apart) == ["INV004"]
    assert codes(merged) == []
    assert [stand.team for stand in merged.teams] == ["lotus"]
    assert {activity.team for activity in merged.activities} == {"lotus"}
    assert merged.activities[0].run_tags == ("one", "two")


def test_revisions_under_two_names_of_one_team_are_revisions_of_one_run() -> None:
    lists = Lists(roster=Roster(teams=("lotus",), aliases={"LOTUS-IR": "lotus"}))
    old = a_submission("LOTUS-IR", "one", a_record("a", kwh=1.0))
    new = a_submission("lotus", "one", a_record("b", kwh=2.0), revision=2)
    assert kwh(chosen_of(old, new, lists=lists)) == 2.0


def test_an_alias_in_a_certificate_s_scope_is_the_team_and_two_names_in_one_stay_apart() -> None:
    lists = Lists(roster=Roster(teams=("lotus",), aliases={"LOTUS-IR": "lotus"}))

    def scopes(*named: str) -> list[str]:
        document = {**CERTIFICATE, "allocations": [{"scope_id": f"{TRACK}/{name}", "kg": 5} for name in named]}
        certificates = parse_certificates(format_json([document]), "x").value or ()
        chosen = chosen_of(a_submission("LOTUS-IR", "one", certificates=tuple(certificates)), lists=lists)
        return [part.scope_id for part in chosen.submissions[0].certificates[0].allocations]

    assert scopes("LOTUS-IR") == [f"{TRACK}/lotus"]
    assert scopes("LOTUS-IR", "lotus") == [f"{TRACK}/LOTUS-IR", f"{TRACK}/lotus"]


def test_teams_without_bundles_come_in_by_roster_and_forms_and_near_names_are_pointed_out() -> None:
    lists = Lists(
        roster=Roster(teams=("lotus", "maple", "elm")), has_roster=True, forms_path="forms.csv",
        forms=(
            FormAnswer(team="maple", tracked=True, offset=False, line=2),
            FormAnswer(team="Mapple", tracked=None, offset=None, line=3),
        ),
    )  # fmt: skip
    chosen = chosen_of(a_submission("lotus", "one", a_record("a", kwh=1.0)), lists=lists)
    assert {one.team: (one.tracked, one.offset, one.has_bundles) for one in chosen.teams} == {
        "lotus": (True, False, True), "maple": (True, False, False), "elm": (None, None, False),
        "Mapple": (None, None, False),
    }  # fmt: skip
    assert codes(chosen) == ["INV007", "INV013"]
    off = next(finding for finding in chosen.findings if finding.code == "INV013")
    assert str(off.location) == "forms.csv:3"
    assert "is it 'maple'?" in off.message


@pytest.mark.parametrize(
    ("records", "tracked", "offset", "told"),
    [
        (1, False, None, ["team 'lotus' answers tracked with no, but a bundle of it holds activity records"]),
        (0, True, None, ["team 'lotus' answers tracked with yes, but no bundle of it holds an activity record"]),
        (1, True, True, ["team 'lotus' answers offset with yes, but no bundle of it brings a certificate"]),
        (1, True, False, []),
        (0, None, None, []),
    ],
)
def test_bundles_beat_a_form_s_answer_and_a_contradiction_is_told(
    records: int, tracked: bool | None, offset: bool | None, told: list[str]
) -> None:
    lists = Lists(forms=(FormAnswer(team="lotus", tracked=tracked, offset=offset, line=7),), forms_path="forms.csv")
    own = [a_record("a", kwh=1.0)] * records
    chosen = chosen_of(a_submission("lotus", "one", *own), lists=lists)
    assert [(one.tracked, one.offset) for one in chosen.teams] == [(bool(records), False)]
    found = [finding for finding in chosen.findings if finding.code == "INV014"]
    assert [finding.message for finding in found] == [f"{text}; the bundles count" for text in told]
    assert all(str(finding.location) == "forms.csv:7" for finding in found)


def test_scores_of_runs_that_did_not_count_and_of_tags_that_several_runs_have_are_told() -> None:
    rows = [
        Score(run_tag=tag, measure="nDCG", value=0.5, line=line) for line, tag in enumerate(("one", "onne", "two"), 2)
    ]
    lists = Lists(scores=tuple(rows), scores_path="scores.csv")
    chosen = chosen_of(
        a_submission("lotus", "one", a_record("a")), a_submission("maple", "one", a_record("b")),
        a_submission("maple", "two", a_record("b")), lists=lists,
    )  # fmt: skip
    assert [(finding.code, str(finding.location), finding.message) for finding in chosen.findings] == [
        ("INV015", "scores.csv:3", "1 of 3 run tags are of no run that counted: 'onne'; did the first mean 'one'?"),
        (
            "INV016", "scores.csv:2",
            "the scores of run tag 'one' are taken for 2 runs: team 'lotus', task clir; team 'maple', task clir",
        ),
    ]  # fmt: skip


# Earlier years


def test_a_model_trained_last_year_is_shown_apart_and_in_no_total_of_this_year() -> None:
    training, search = a_record("training", kwh=50.0), a_record("search", kwh=1.0)
    chosen = chosen_of(a_submission("lotus", "one", training, search), earlier=[counted_in(training)])
    assert kwh(chosen) == 1.0
    assert [activity.record.record_id for activity in chosen.earlier] == ["training"]
    assert codes(chosen) == ["INV009"]
    assert chosen.findings[0].message == (
        "team 'lotus': 1 activity counted in last-year.json; in no total of this year: training"
    )
    assert "last-year.json" not in chosen.findings[0].in_a_letter


@pytest.mark.parametrize(
    ("again", "way"),
    [
        (a_record("training", kwh=49.0), "1 activity counted under the same id with another content in last-year.json"),
        (
            a_record("amended", kwh=49.0, supersedes="training"),
            "1 activity replacing a record counted in last-year.json",
        ),
        (a_record("step", kwh=20.0, parent_id="training"), "1 activity inside a record counted in last-year.json"),
    ],
)
def test_work_of_last_year_that_comes_back_changed_is_not_counted_a_second_time(
    again: ActivityRecord, way: str
) -> None:
    chosen = chosen_of(a_submission("lotus", "one", again), earlier=[counted_in(a_record("training", kwh=50.0))])
    assert kwh(chosen) == 0.0
    assert codes(chosen) == ["INV010"]
    assert way in chosen.findings[0].message


def test_a_chain_of_amendments_leads_back_to_what_was_counted() -> None:
    chain = [a_record("b", kwh=2.0, supersedes="a"), a_record("c", kwh=3.0, supersedes="b")]
    chosen = chosen_of(a_submission("lotus", "one", *chain), earlier=[counted_in(a_record("a", kwh=1.0))])
    assert (kwh(chosen), [one.record.record_id for one in chosen.earlier]) == (0.0, ["c"])


def test_a_parent_s_remainder_counts_this_year_when_its_step_counted_last_year() -> None:
    whole, step = a_record("whole", kwh=10.0), a_record("step", kwh=4.0, parent_id="whole")
    chosen = chosen_of(a_submission("lotus", "one", whole, step), earlier=[counted_in(step)])
    assert kwh(chosen) == 6.0


def test_naming_another_team_s_record_of_last_year_hides_nothing() -> None:
    hiding = a_record("mine", kwh=5.0, supersedes="theirs")
    chosen = chosen_of(a_submission("lotus", "one", hiding), earlier=[counted_in(a_record("theirs"), team="maple")])
    assert kwh(chosen) == 5.0


def test_circles_of_parents_and_successors_come_to_an_end() -> None:
    records = (
        a_record("a", kwh=1.0, parent_id="b", supersedes="c"), a_record("b", kwh=2.0, parent_id="a"),
        a_record("c", kwh=3.0, supersedes="a"),
    )  # fmt: skip
    chosen = chosen_of(a_submission("lotus", "one", *records), earlier=[counted_in(a_record("z"))])
    assert kwh(chosen) == 6.0


def test_what_a_later_year_needs_holds_what_was_counted_earlier_too() -> None:
    """Else a model of year one, which year two shows apart, would count again in year three."""
    training, old = a_record("training", kwh=50.0), a_record("old", kwh=1.0)
    new = a_record("new", kwh=2.0, supersedes="old")
    second = chosen_of(a_submission("lotus", "one", training, old, new), earlier=[counted_in(training)])
    year_two = EarlierActivities(
        inventory="two", digests=frozenset(second.known_digests),
        ids={team: frozenset(ids) for team, ids in second.known_ids.items()},
    )  # fmt: skip
    third = chosen_of(a_submission("lotus", "again", training, old), earlier=[year_two])
    assert kwh(third) == 0.0


# Known truths over random tracks


@attrs.frozen
class Made:
    """A random track, and what it comes to: kWh by team of the records that count."""

    submissions: tuple[Submission, ...]
    kwh_by_team: dict[str, float]


def a_random_track(seed: int) -> Made:
    """Teams with shared trainings, amended records, nested steps, several revisions and equal copies of bundles."""
    chance = random.Random(seed)
    submissions: list[Submission] = []
    truth: dict[str, float] = {}
    for team in (f"team{n}" for n in range(chance.randint(1, 5))):
        shared = [a_record(f"{team}-t{n}", kwh=chance.uniform(1, 9), activity="training") for n in range(2)]
        counting = {record.record_id: record.energy.it_kwh or 0.0 for record in shared}
        bundles: list[Submission] = []
        carried: set[str] = set()
        for run in range(chance.randint(1, 4)):
            tag, task = f"{team}-run{run}", chance.choice(["clir", "mlir"])
            own = a_record(
                f"{team}-r{run}", kwh=chance.uniform(1, 9), started_at=f"2024-{run + 3:02d}-01T00:00:00.000Z"
            )
            step = a_record(
                f"{team}-s{run}", kwh=(own.energy.it_kwh or 0) / 3, parent_id=own.record_id, activity="indexing"
            )
            records = [own, *([step] if chance.random() < 0.5 else [])]
            counting[own.record_id] = own.energy.it_kwh or 0.0  # with its step inside
            if chance.random() < 0.4:
                better = a_record(f"{team}-b{run}", kwh=chance.uniform(1, 9), supersedes=own.record_id)
                records.append(better)
                del counting[own.record_id]
                # A step of a replaced record is nested in the one that took its place, and counts at least itself.
                inside = records[1].energy.it_kwh or 0.0 if len(records) == 3 else 0.0
                counting[better.record_id] = max(better.energy.it_kwh or 0.0, inside)
            with_shared = [record for record in shared if chance.random() < 0.7]
            carried.update(record.record_id for record in with_shared)
            revision = chance.randint(1, 3)
            for older in range(1, revision):
                wrong = a_record(f"{team}-old{run}-{older}", kwh=100.0)
                bundles.append(a_submission(team, tag, wrong, task=task, revision=older))
            newest = a_submission(team, tag, *records, *with_shared, task=task, revision=revision)
            bundles.append(newest)
            if chance.random() < 0.3:
                bundles.append(attrs.evolve(newest, path=f"copy of {newest.path}"))
        for record in shared:
            if record.record_id not in carried:
                del counting[record.record_id]
        truth[team] = math.fsum(counting.values())
        submissions.extend(bundles)
    chance.shuffle(submissions)
    return Made(tuple(submissions), truth)


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_random_tracks_come_to_what_is_known_of_them_and_nothing_counts_twice(seed: int) -> None:
    made = a_random_track(seed)
    chosen = chosen_of(*made.submissions)
    for team, wanted in made.kwh_by_team.items():
        found = math.fsum(one.it_energy_kwh or 0.0 for one in chosen.activities if one.team == team)
        assert math.isclose(found, wanted, rel_tol=1e-12), team
    digests = [one.record.record_sha256 for one in chosen.activities]
    assert len(digests) == len(set(digests))


@settings(max_examples=30)
@given(st.integers(0, 10**9), st.randoms(use_true_random=False))
def test_the_order_of_bundles_changes_nothing(seed: int, chance: random.Random) -> None:
    made = a_random_track(seed)
    other = list(made.submissions)
    chance.shuffle(other)
    assert chosen_of(*made.submissions) == chosen_of(*other)


@settings(max_examples=30)
@given(st.integers(0, 10**9))
def test_every_grouping_adds_up_to_the_totals(seed: int) -> None:
    activities = chosen_of(*a_random_track(seed).submissions).activities
    whole = totals(activities)
    for name, key in GROUPING_KEYS.items():
        groups = grouped(activities, key).values()
        assert sum(group.activities for group in groups) == whole.records, name
        assert close(whole.it_energy_kwh, (group.it_energy_kwh for group in groups)), name
        assert close(whole.operational_kg_co2e, (group.operational_kg_co2e for group in groups)), name
        for bound in ("low", "likely_low", "central", "likely_high", "high"):
            parts = (getattr(group.emissions_kg_co2e, bound) for group in groups)
            assert close(getattr(whole.emissions_kg_co2e, bound), parts), name


@settings(max_examples=30)
@given(st.integers(0, 10**9), st.randoms(use_true_random=False))
def test_this_year_and_earlier_years_add_up_to_all_whatever_was_counted_before(
    seed: int, chance: random.Random
) -> None:
    made = a_random_track(seed)
    plain = chosen_of(*made.submissions)
    before = [one.record for one in plain.activities if chance.random() < 0.3]
    earlier = EarlierActivities(
        inventory="x", digests=frozenset(str(record.record_sha256) for record in before), ids={}
    )
    split = chosen_of(*made.submissions, earlier=[earlier])
    assert sorted(one.record.record_id for one in (*split.activities, *split.earlier)) == sorted(
        one.record.record_id for one in plain.activities
    )
    assert close(kwh(plain), (one.it_energy_kwh or 0.0 for one in (*split.activities, *split.earlier)))
    assert {record.record_id for record in before} <= {one.record.record_id for one in split.earlier}


def close(whole: float, parts: Iterable[float | None]) -> bool:
    return math.isclose(whole, math.fsum(part or 0.0 for part in parts), rel_tol=1e-12, abs_tol=1e-12)
