"""Where an activity ran, settled from what was said: command line, then environment, then `ledger.toml`.

The place is taken whole from the first level that names any part of it, and so is the PUE. A bad value there is
never papered over by a lower level: the place is then unspecified, and a fault says why.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from attrs import evolve, field, frozen

from neuclir_carbon.errors import BadOption, CarbonError, Unreadable
from neuclir_carbon.factors.places import check_place
from neuclir_carbon.model.place import SITES, Place, PueChoice
from neuclir_carbon.model.settings import Settings
from neuclir_carbon.store.settings import FILE_NAME, read_settings

PREFIX = "NEUCLIR_CARBON_"
Said = TypeVar("Said", Place, PueChoice)


@frozen(kw_only=True)
class Settled:
    """The place and the PUE that hold for an activity, and what was wrong with what was said about them."""

    place: Place = field(factory=Place)
    pue: PueChoice = field(factory=PueChoice)
    team: str | None = None
    faults: tuple[CarbonError, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The faults in words, for a command that goes on without them (`run`)."""
        return tuple(str(fault) for fault in self.faults)

    def or_refuse(self) -> "Settled":
        """The same, for a command that does not go on with a bad value: raises the first fault."""
        if self.faults:
            raise self.faults[0]
        return self


def settle(place: Place, pue: PueChoice, ledger: Path | None, environment: Mapping[str, str]) -> Settled:
    """What holds, given the command line's place and PUE, the environment, and a ledger with or without settings."""
    faults: list[CarbonError] = []
    settings = _settings(ledger, faults)
    chosen_place = _first_given(
        [
            lambda: _checked(place),
            lambda: _of_environment(_place_of(environment)),
            lambda: _from_file(settings.place, ledger),
        ],
        faults,
        Place(),
    )
    chosen_pue = _first_given(
        [lambda: pue, lambda: _pue_of(environment), lambda: _pue_from_file(settings.pue_choice, ledger)],
        faults,
        PueChoice(),
    )
    return Settled(place=chosen_place, pue=chosen_pue, team=settings.team, faults=tuple(faults))


def _settings(ledger: Path | None, faults: list[CarbonError]) -> Settings:
    if ledger is None:
        return Settings()
    parsed = read_settings(ledger)
    if parsed.value is None:
        reasons = "; ".join(str(finding) for finding in parsed.findings[:5])
        faults.append(
            Unreadable(f"{reasons}; mend {ledger / FILE_NAME}, or write it anew with 'neuclir-carbon init --force'")
        )
        return Settings()
    return parsed.value


def _first_given(levels: Sequence[Callable[[], Said]], faults: list[CarbonError], nothing: Said) -> Said:
    for level in levels:
        try:
            said = level()
        except CarbonError as fault:
            faults.append(fault)
            return nothing
        if said.is_given:
            return said
    return nothing


def _checked(place: Place) -> Place:
    check_place(country=place.country, region=place.region, cloud=place.cloud, cloud_region=place.cloud_region)
    return place


def _of_environment(place: Place) -> Place:
    """The same place; a fault tells that it came from variables, since no option was typed."""
    try:
        return _checked(place)
    except CarbonError as fault:
        raise BadOption(f"from the {PREFIX}… variables: {fault}") from None


def _pue_from_file(choice: PueChoice, ledger: Path | None) -> PueChoice:
    if choice.pue is not None and choice.site is not None:
        raise Unreadable(f"{ledger / FILE_NAME if ledger else FILE_NAME} has both pue and site; keep one of them")
    return choice


def _from_file(place: Place, ledger: Path | None) -> Place:
    try:
        return _checked(place)
    except CarbonError as fault:
        raise Unreadable(f"{ledger / FILE_NAME if ledger else FILE_NAME}: {fault}") from None


def _place_of(environment: Mapping[str, str]) -> Place:
    def said(name: str) -> str | None:
        return environment.get(PREFIX + name) or None

    place = Place(
        country=said("COUNTRY"), region=said("REGION"), cloud=said("CLOUD"), cloud_region=said("CLOUD_REGION")
    )
    intensity = said("INTENSITY")
    if intensity is None:
        return place
    return evolve(place, intensity_g_co2e_per_kwh=_number(PREFIX + "INTENSITY", intensity, least=0, most=100_000))


def _pue_of(environment: Mapping[str, str]) -> PueChoice:
    site = environment.get(PREFIX + "SITE") or None
    if site is not None and site not in SITES:
        raise BadOption(f"{PREFIX}SITE is '{site[:80]}', wanted {' or '.join(SITES)}")
    pue = environment.get(PREFIX + "PUE") or None
    if pue is not None and site is not None:
        raise BadOption(f"{PREFIX}PUE and {PREFIX}SITE are both set; unset one of them")
    return PueChoice(pue=None if pue is None else _number(PREFIX + "PUE", pue, least=1, most=100), site=site)


def _number(name: str, text: str, *, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise BadOption(f"{name} is '{text[:80]}', wanted a number from {least} to {most:,}")
    return value
