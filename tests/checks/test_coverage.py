"""Coverage, redone by hand: capped by team, disputed claims declared in full, shares floored, nothing subtracted."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.checks.coverage import TrackCoverage, coverage_of, floored_share
from neuclir_carbon.model.certificate import Claimed
from neuclir_carbon.model.inventory import LEVELS
from neuclir_carbon.store.certificates import parse_certificate

TRACK = "neuclir-2024"
AS_OF = date(2026, 11, 22)


def claim(number: int, *parts: tuple[str, int], path: str = "", team: str | None = None, **changes: Any) -> Claimed:
    """A certificate of 3000 kg, documented and serial-consistent unless changed, with its allocations to the track."""
    first = 1 + 3 * number
    document = {
        "schema": "certificate-reference/1", "certificate_id": f"VC{number}/2024", "programme": "cdm",
        "unit_type": "CER", "quantity_kg": 3000, "retired_on": "2024-11-15",
        "serials": [{"raw": f"KE-5-{first}-2-2-0-5336", "end_raw": f"KE-5-{first + 2}-2-2-0-5336"}],
        "document": {"sha256": f"{number:064x}"},
        "allocations": [
            {"scope_id": scope if scope.startswith(("ragtime-", "neuclir-")) else f"{TRACK}/{scope}", "kg": kg}
            for scope, kg in parts
        ],
        **changes,
    }  # fmt: skip
    data = json.dumps({key: value for key, value in document.items() if value is not None}).encode()
    parsed = parse_certificate(data, "c.json")
    assert parsed.value is not None, parsed.findings
    return Claimed(certificate=parsed.value, path=path or f"c{number}.json", team=team)


def cover(*claims: Claimed, **emissions_kg: float) -> TrackCoverage:
    return coverage_of(claims, emissions_kg, TRACK, AS_OF)


def kg(covered: TrackCoverage) -> dict[str, float]:
    return {level: getattr(covered.coverage, level).kg for level in LEVELS}


def codes(covered: TrackCoverage) -> set[str]:
    return {finding.code for finding in covered.findings if finding.severity != "note"}


def test_each_team_is_covered_up_to_its_own_emissions_and_no_further() -> None:
    covered = cover(claim(1, ("A", 3000)), claim(2, ("B", 100)), A=250.0, B=400.0, C=350.0)
    assert kg(covered)["declared"] == 250 + 100
    assert covered.coverage.declared.share == 0.35
    assert covered.gross_kg == 1000
    assert covered.residual_kg == 1000
    assert covered.surplus_kg == 2750


def test_the_levels_are_in_order_and_no_registry_file_means_nothing_is_verified() -> None:
    covered = cover(
        claim(1, ("A", 250)),
        claim(2, ("B", 300), serials=[]),
        claim(3, ("C", 350), document=None),
        A=250.0, B=400.0, C=350.0,
    )  # fmt: skip
    assert kg(covered) == {
        "declared": 900, "documented": 550, "serial_consistent": 250, "list_matched": 0, "registry_verified": 0,
    }  # fmt: skip
    assert [row.level for row in covered.rows] == ["serial_consistent", "documented", "declared"]


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "serial_consistent"),
        ({"document": None}, "declared"),
        ({"document": None, "registry_url": "https://cdm.unfccc.int/x"}, "serial_consistent"),
        ({"document": None, "registry_url": "https://localhost"}, "declared"),
        ({"serials": []}, "documented"),
        ({"serials": [{"raw": "KE-5-1-2-2-0-5336"}]}, "declared"),
        ({"serials": [{"raw": "nonsense"}]}, "declared"),
        ({"serials": [{"raw": "order 17"}], "programme": "retailer"}, "documented"),
        ({"programme": "retailer"}, "serial_consistent"),
        ({"programme": "puro"}, "declared"),
        ({"programme": "pacm-a6.4"}, "documented"),
        (
            {
                "programme": "puro", "quantity_kg": 3000,
                "serials": [{"raw": "PURO_PR_CORC100+_US_517437_2023_59a44376-3b87-4814-bce1-d05adeac04ad_1-3"}],
            },
            "serial_consistent",
        ),
        ({"action": "order"}, "declared"),
        ({"retired_on": "2027-01-01"}, "declared"),
        ({"programme": "isometric", "serials": [], "certificate_id": "ret_1KNSQMD6Z1S0TB50"}, "documented"),
        ({"programme": "isometric", "serials": [], "registry_url": "https://to.isometric.com/x"}, "documented"),
        ({"serials": [], "registry_url": "https://cdm.unfccc.int/x"}, "documented"),
        (
            {
                "programme": "isometric", "serials": [], "certificate_id": "ret_1KNSQMD6Z1S0TB50",
                "registry_url": "https://to.isometric.com/ret_1KNSQMD6Z1S0TB50",
            },
            "serial_consistent",
        ),
        (
            {
                "programme": "isometric", "serials": [{"raw": "ret_1KNSQMD6Z1S0TB50"}],
                "registry_url": "https://to.isometric.com/ret_1KNSQMD6Z1S0TB50",
            },
            "serial_consistent",
        ),
    ],
)  # fmt: skip
def test_a_level_is_reached_by_its_evidence(changes: dict[str, Any], level: str) -> None:
    (row,) = cover(claim(1, ("A", 250), **changes), A=250.0).rows
    assert row.level == level


def test_a_disputed_claim_counts_in_full_as_declared_and_at_no_higher_level() -> None:
    same = [{"raw": "KE-5-901-2-2-0-5336", "end_raw": "KE-5-903-2-2-0-5336"}]
    covered = cover(
        claim(1, ("A", 250), serials=same), claim(2, ("B", 300), serials=same), claim(3, ("C", 10)),
        A=250.0, B=400.0, C=350.0,
    )  # fmt: skip
    assert "OFF020" in codes(covered)
    assert kg(covered) == {
        "declared": 560, "documented": 10, "serial_consistent": 10, "list_matched": 0, "registry_verified": 0,
    }  # fmt: skip
    assert {team.team: team.disputed_kg for team in covered.teams} == {"A": 250, "B": 300, "C": 0}


def test_a_certificate_in_thirty_bundles_is_one_allocation() -> None:
    claims = [claim(1, ("A", 200), path=f"run{i}.crate.zip", team="A") for i in range(30)]
    covered = cover(*claims, A=1000.0)
    assert kg(covered)["declared"] == 200
    assert len(covered.rows) == 1


def test_allocations_of_runs_add_up_for_their_team() -> None:
    covered = cover(claim(1, ("A/run1", 100), ("A/run2", 50)), A=1000.0)
    assert kg(covered)["declared"] == 150


def test_allocations_to_other_tracks_cover_nothing_here_but_use_up_the_certificate() -> None:
    covered = cover(claim(1, ("A", 250), ("ragtime-2025/A", 2751)), A=1000.0)
    assert kg(covered)["declared"] == 250
    assert kg(covered)["documented"] == 0
    assert "OFF003" in codes(covered)
    assert [row.scope_id for row in covered.rows] == [f"{TRACK}/A"]


def test_a_pooled_allocation_is_told_apart_and_credited_to_nobody() -> None:
    covered = cover(claim(1, ("pool", 800), ("A", 100)), A=1000.0)
    assert kg(covered)["declared"] == 100
    assert covered.pooled_kg["declared"] == covered.pooled_kg["serial_consistent"] == 800
    assert [team.team for team in covered.teams] == ["A"]


def test_two_sizes_of_one_allocation_count_once_and_stay_declared() -> None:
    covered = cover(claim(1, ("A", 250), path="a"), claim(1, ("A", 400), path="b"), A=1000.0)
    assert kg(covered)["declared"] == 400
    assert kg(covered)["documented"] == 0


def test_evidence_in_one_file_serves_the_same_allocation_in_another() -> None:
    covered = cover(claim(1, ("A", 250), path="a", document=None), claim(1, ("A", 250), path="b"), A=1000.0)
    assert kg(covered)["serial_consistent"] == 250


def test_a_team_without_emissions_covers_nothing_and_the_likely_name_is_given() -> None:
    covered = cover(claim(1, ("TEAM-3", 250)), TEAM3=1000.0)
    assert kg(covered)["declared"] == 0
    (finding,) = [finding for finding in covered.findings if finding.code == "OFF080"]
    assert "did it mean TEAM3?" in finding.message
    by_name = {team.team: team for team in covered.teams}
    assert by_name["TEAM-3"].emissions_kg is None
    assert by_name["TEAM-3"].share("declared") is None
    assert "OFF080" not in codes(cover(claim(1, ("TEAM3", 250)), TEAM3=1000.0))


def test_emissions_of_zero_have_no_share() -> None:
    covered = cover(claim(1, ("A", 250)), A=0.0)
    assert covered.coverage.declared.share is None
    assert (covered.coverage.declared.kg, covered.residual_kg, covered.surplus_kg) == (0, 0, 250)


def test_a_track_without_claims_is_covered_by_nothing() -> None:
    covered = cover(A=2.5)
    assert covered.coverage.declared.kg == 0
    assert covered.coverage.declared.share == 0
    assert covered.residual_kg == 2.5
    assert covered.findings == ()


def test_a_certificate_far_beyond_the_emissions_may_be_a_slip_between_tonnes_and_kg() -> None:
    slip = {"quantity_kg": 250_000, "serials": [], "document": None}
    assert "OFF007" in codes(cover(claim(1, ("A", 250), **slip), A=250.0))
    assert "OFF007" not in codes(cover(claim(1, ("A", 250), **slip), A=2500.0))
    assert "OFF007" not in codes(cover(claim(1, ("A", 250)), A=0.25))
    assert "OFF007" not in codes(cover(claim(1, ("A", 250), **{**slip, "quantity_kg": 10_000}), A=1.0))
    assert "OFF007" in codes(cover(claim(1, ("A", 250), **{**slip, "quantity_kg": 11_000}), A=1.0))


def test_surplus_is_a_note() -> None:
    assert [f.code for f in cover(claim(1, ("A", 250)), A=249.0).findings if f.code == "OFF081"] == ["OFF081"]
    assert not [f for f in cover(claim(1, ("A", 250)), A=250.0).findings if f.code == "OFF081"]


def test_a_team_whose_name_holds_a_slash_is_found_by_its_whole_name() -> None:
    covered = cover(claim(1, ("A/B", 250)), claim(2, ("A/B/run1", 50)), **{"A/B": 1000.0, "A": 1000.0})
    assert {team.team: team.claimed_kg["declared"] for team in covered.teams} == {"A": 0, "A/B": 300}


def test_a_team_is_known_by_its_bundle_even_when_its_emissions_are_not() -> None:
    covered = cover(claim(1, ("A/B", 250), team="A/B"), A=1000.0)
    assert {team.team: team.claimed_kg["declared"] for team in covered.teams} == {"A": 0, "A/B": 250}


def test_what_a_later_year_needs_is_kept() -> None:
    (entry,) = cover(claim(1, ("A", 250), ("neuclir-2025/A", 400)), A=1000.0).entries
    assert entry == {
        "id": "VC1/2024", "programme": "cdm", "quantity_kg": 3000,
        "blocks": [{"overlap_key": "cdm:KE:CER", "start": 4, "end": 6}],
        "allocations": [
            {"scope_id": "neuclir-2024/A", "kg": 250, "period": None},
            {"scope_id": "neuclir-2025/A", "kg": 400, "period": None},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("covered_kg", "gross_kg", "share"),
    [
        (250, 1000, 0.25), (0.3, 1.0, 0.3), (999.99, 1000, 0.999), (1000, 1000, 1.0), (1, 1001, 0.0),
        (1, 1000, 0.001), (2, 3, 0.666), (0.1 + 0.2, 0.3, 1.0), (0, 5, 0.0),
    ],
)  # fmt: skip
def test_a_share_is_floored_at_a_tenth_of_a_percent(covered_kg: float, gross_kg: float, share: float) -> None:
    assert floored_share(covered_kg, gross_kg) == share


@given(st.floats(1e-9, 1e12), st.floats(0, 1))
def test_a_share_never_says_more_than_is_covered(gross_kg: float, part: float) -> None:
    covered_kg = gross_kg * part
    share = floored_share(covered_kg, gross_kg)
    assert share is not None
    assert 0 <= share <= 1
    assert Fraction(covered_kg) / Fraction(gross_kg) - Fraction(1, 500) <= Fraction(share)
    assert (share == 1) == (covered_kg >= gross_kg)


@given(
    st.dictionaries(st.sampled_from("ABCD"), st.floats(0, 5000), min_size=1),
    st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 3000), st.booleans(), st.booleans()), max_size=6),
)
def test_the_levels_never_rise_and_nothing_is_covered_twice(
    emissions: dict[str, float], parts: list[tuple[str, int, bool, bool]]
) -> None:
    claims = [
        claim(
            number, (team, size),
            document={"sha256": f"{number:064x}"} if documented else None,
            serials=[{"raw": f"KE-5-{10 * number + place}-2-2-0-5336"} for place in (1, 2, 3)] if serial else [],
        )
        for number, (team, size, documented, serial) in enumerate(parts)
    ]  # fmt: skip
    covered = cover(*claims, **emissions)
    values = kg(covered)
    assert values["declared"] >= values["documented"] >= values["serial_consistent"] >= values["registry_verified"]
    wanted = sum(min(sum(size for team, size, *_ in parts if team == own), emissions[own]) for own in emissions)
    assert values["declared"] == pytest.approx(wanted, abs=1e-9)
    assert covered.residual_kg == covered.gross_kg
