"""What stands beside the totals for comparison: the same energies under one set of factors, and an earlier year.

Field names are keys of `track-inventory/1`. Energies and emissions are gross.
"""

from collections.abc import Mapping

from attrs import field, frozen

from neuclir_carbon.model.quantities import Range

# By which factors two years are compared in a public edition.
ONE_SET, AS_REPORTED = "one set of grid factors", "as reported"


@frozen(kw_only=True, order=True)
class FactorTable:
    """A table that grid factors were taken from: what it is, the version of its package, the year of its data."""

    source: str
    version: str | None
    year: int | None


@frozen(kw_only=True)
class TeamHarmonized:
    """One team's activities that are known both ways, kg CO2e: as the team reported them, and under the one set."""

    team: str
    as_reported_kg_co2e: Range
    harmonized_kg_co2e: Range


@frozen(kw_only=True)
class Harmonization:
    """All activities under one set of grid factors: energy, PUE and place as they were told, kg CO2e.

    `activities` were recomputed, `without_place` of them under the world's range since they name no place that has a
    figure; `without_energy` could not be. `compared` are known both as reported and recomputed, and the two ranges
    beside, the teams and the differences are of these only. `mean_difference_kg` is the mean over all pairs of teams of
    the difference of their totals; `from_factors_kg` is the part of it that comes of the factors alone (negative
    where the factors hide a difference), and `from_factors_share` that part's share; both None for fewer than two
    teams, the share also where there is no difference.
    """

    tables: tuple[FactorTable, ...]
    activities: int
    without_place: int
    without_energy: int
    compared: int
    as_reported_kg_co2e: Range
    harmonized_kg_co2e: Range
    teams: tuple[TeamHarmonized, ...]
    mean_difference_kg: float | None
    from_factors_kg: float | None
    from_factors_share: float | None
    sentence: str


@frozen(kw_only=True)
class Change:
    """The same figure in an earlier year and now, kg CO2e; `ratio` is now / then − 1, None where then was nothing."""

    then: Range
    now: Range
    ratio: float | None


@frozen(kw_only=True)
class Since:
    """What has changed since an earlier inventory.

    `whole` is of all teams, as reported. Like for like are the teams that have figures in both years (`teams_both` of
    them): `same_teams` as reported, `harmonized` with both years' energies under the factors of `tables`, `by_activity`
    as reported by kind of activity where both years have it. What could not be compared is None, or missing, and
    `not_compared` says why. `only_then` and `only_now` name the teams that are left out.
    """

    track: str
    as_of: str
    teams_then: int
    teams_now: int
    teams_both: int
    whole: Change
    same_teams: Change | None = None
    harmonized: Change | None = None
    by_activity: Mapping[str, Change] = field(factory=dict)
    only_then: tuple[str, ...] = ()
    only_now: tuple[str, ...] = ()
    tables: tuple[FactorTable, ...] = ()
    not_compared: tuple[str, ...] = ()
    sentence: str
