"""Who took part, by the organizer's own lists: the roster with names that are merged, and answers to the form."""

from collections.abc import Iterable, Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class Roster:
    """The teams that took part, and which other name stands for which of them (alias → team), to the letter."""

    teams: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(factory=dict)

    def name_of(self, said: str) -> str:
        """The team that a name stands for: itself, unless it is an alias."""
        return self.aliases.get(said, said)

    def scope_of(self, scope_id: str) -> str:
        """An allocation's scope (`<track>/<team>…`) under the team's own name; the longest alias that fits counts."""
        track, slash, rest = scope_id.partition("/")
        parts = rest.split("/")
        for count in range(len(parts), 0, -1):
            team = self.aliases.get("/".join(parts[:count]))
            if team is not None:
                return "/".join((f"{track}{slash}{team}", *parts[count:]))
        return scope_id


@frozen(kw_only=True)
class FormAnswer:
    """One team's answers on the submission form; None where it left a question open. `line` is its line in the file."""

    team: str
    tracked: bool | None
    offset: bool | None
    line: int


@frozen(kw_only=True)
class Score:
    """A run's effectiveness by one measure. `line` is its line in the file."""

    run_tag: str
    measure: str
    value: float
    line: int


@frozen(kw_only=True)
class Lists:
    """What an organizer tells of the track in lists. `withdrawn` are digests (SHA-256) of bundles to leave out.

    `has_roster` tells a roster that names nobody from none; the paths are what messages name.
    """

    roster: Roster = Roster()
    has_roster: bool = False
    forms: tuple[FormAnswer, ...] = ()
    withdrawn: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    forms_path: str = ""
    withdrawn_path: str = ""
    scores_path: str = ""

    @property
    def teams(self) -> Iterable[str]:
        """Every team that a list names, under its own name."""
        return dict.fromkeys((*self.roster.teams, *(answer.team for answer in self.forms)))


NO_LISTS = Lists()
