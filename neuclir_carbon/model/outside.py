"""What an organizer brings beside the references: registries' exports, earlier inventories, people's decisions."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from neuclir_carbon.model.roster import NO_LISTS, Lists


class Status(StrEnum):
    """What a registry's row says of its credits."""

    RETIRED = "retired"
    CANCELLED = "cancelled"
    ISSUED = "issued"


@frozen(kw_only=True)
class RegistryFile:
    """One export as evidence: its name, digest, and the day it is known to reach.

    `as_of` is the latest day that any row names: the export may be newer, never older. `programmes` are those of which
    it lists every retirement, so that a credit's absence says something. `unread` rows have a serial that can't be
    read, `unequal` ones a quantity that their serial does not hold.
    """

    name: str
    kind: str
    sha256: str
    as_of: date | None
    programmes: tuple[str, ...] = ()
    rows: int = 0
    unread: int = 0
    unequal: int = 0


@frozen(kw_only=True)
class RegistryRow:
    """One row of an export: the credits (a block under a key, or an id), what became of them, when, how many kg.

    `line` is the line in the file on which the row begins.
    """

    file: RegistryFile
    line: int
    key: str
    start: int | None
    end: int | None
    status: Status
    day: date | None
    project: str | None
    quantity_kg: int | None


@frozen(kw_only=True)
class ListedRow:
    """One row of a list that names no serials: the CDM's list of attestations. `project` is the CDM's number."""

    file: RegistryFile
    line: int
    project: str
    day: date
    quantity_kg: int


@frozen(kw_only=True)
class ProjectTold:
    """What a table without serials tells of a project; it can make a claim implausible and prove none.

    Quantities are in kg CO2e, None where the table does not tell. `retired_of_vintages_kg` is what is retired of the
    asked vintages, `retired_between_kg` what was retired between the asked days, whatever the vintage. A project that
    `is_known` is False stands in no row of a table that has others of its registry.
    """

    file: RegistryFile
    project: str
    is_known: bool
    status: str | None = None
    country: str | None = None
    issued_kg: int | None = None
    retired_kg: int | None = None
    retired_of_vintages_kg: int | None = None
    retired_between_kg: int | None = None


class Registry(Protocol):
    """What can be asked of the exports that were brought."""

    @property
    def files(self) -> Sequence[RegistryFile]:
        """The exports, in the order in which they were given."""

    def rows_over(self, key: str, start: int, end: int) -> Sequence[RegistryRow]:
        """The rows that share credits with a block, by their start; the first `MOST_ROWS` of each export."""

    def rows_of(self, key: str) -> Sequence[RegistryRow]:
        """The rows of an id that has no block."""

    def listed(self, project: str, first: date, last: date, quantity_kg: int) -> Sequence[ListedRow]:
        """The rows of a list without serials, of a project and quantity, between two days."""

    def told_of(self, project: str, vintages: tuple[int, int] | None, days: tuple[date, date]) -> Sequence[ProjectTold]:
        """What tables without serials tell of a project (`VCS513`, as those tables name it), of the vintages from one
        year to another and between two days; nothing of tables that have none of its registry."""


# A claim of a participant may span a whole registry: no more rows than this are looked at for one block.
MOST_ROWS = 1000


@frozen(kw_only=True)
class EarlierCertificate:
    """A certificate as an earlier year's inventory keeps it; `inventory` is that file's path.

    `blocks` are (overlap key, start, end), `allocated` the kg by (scope, period's start, period's end).
    """

    inventory: str
    track: str
    certificate_id: str
    quantity_kg: int
    blocks: tuple[tuple[str, int, int], ...]
    allocated: tuple[tuple[tuple[str, str | None, str | None], int], ...]


@frozen(kw_only=True)
class EarlierActivities:
    """The activities that an earlier inventory counted; `inventory` is that file's path.

    `digests` are of records that it counted, of whatever team; `ids` the ids of each team's records that it knew.
    """

    inventory: str
    digests: frozenset[str]
    ids: Mapping[str, frozenset[str]]


class Decision(StrEnum):
    """What a person decided about one claim: it stands, it does not, the team takes it back, or only: it was seen."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SEEN = "seen"


@frozen(kw_only=True)
class Resolution:
    """A person's decision about a certificate's claim for one scope: who, when, why (`resolution/1`).

    Field names are the document's keys.
    """

    schema: str = "resolution/1"
    certificate_id: str
    scope_id: str
    decision: str
    by: str
    on: str
    why: str


@frozen(kw_only=True)
class Outside:
    """All of it; nothing, where nothing was brought. `lists` are the organizer's own."""

    registry: Registry | None = None
    earlier: tuple[EarlierCertificate, ...] = ()
    earlier_activities: tuple[EarlierActivities, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    lists: Lists = NO_LISTS


NOTHING_BROUGHT = Outside()
