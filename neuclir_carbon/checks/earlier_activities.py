"""INV: which activities an earlier year's inventory counted already: a model trained last year counts last year."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from attrs import frozen

from neuclir_carbon.checks.inventory import Served
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.outside import EarlierActivities
from neuclir_carbon.model.record import ActivityRecord

BOOK: Rulebook[None] = Rulebook("activities of earlier years")
MOST_NAMED = 5
_Onward = Callable[[ActivityRecord], Iterable[str | None]]

COUNTED_EARLIER = BOOK.note(
    "INV009", Severity.NOTE, "an earlier inventory counted these activities",
    """The same records, to the digest, are in an inventory that was given with --earlier: a model that was trained last
    year, say. They are shown apart (`counted_earlier`) and are in no total of this year.""",
)  # fmt: skip

CHANGED_SINCE = BOOK.note(
    "INV010", Severity.WARNING, "activities of an earlier inventory come back changed",
    """The records replace (`supersedes`, or by the same id) what an inventory given with --earlier counted for the
    team, or are steps inside it. Their work was counted then, so they are shown apart and are in no total of this
    year. Where the earlier figure was wrong, that year's inventory is to be corrected; where this is new work, the
    team records it under a new id, without `supersedes` and `parent_id`.""",
)  # fmt: skip


class _How(StrEnum):
    SAME = "counted in"
    CHANGED = "counted under the same id with another content in"
    REPLACED = "replacing a record counted in"
    INSIDE = "inside a record counted in"


@frozen
class _Team:
    """One team's records by id, the submissions' path to tell, and what earlier inventories know."""

    name: str
    records: Mapping[str, ActivityRecord]
    by_digest: Mapping[str, str]
    ids: Mapping[str, str]

    def traced(self, record: ActivityRecord) -> tuple[_How, str] | None:
        """How an earlier inventory counted the record, and which; None where none did."""
        return self._own(record) or self._replaced(record) or self._inside(record)

    def _own(self, record: ActivityRecord) -> tuple[_How, str] | None:
        found = self.by_digest.get(record.record_sha256 or "")
        if found is not None:
            return _How.SAME, found
        found = self.ids.get(record.record_id)
        return None if found is None else (_How.CHANGED, found)

    def _replaced(self, record: ActivityRecord) -> tuple[_How, str] | None:
        found = self._first((record.supersedes,), lambda one: (one.supersedes,))
        return None if found is None else (_How.REPLACED, found)

    def _inside(self, record: ActivityRecord) -> tuple[_How, str] | None:
        found = self._first((record.parent_id,), lambda one: (one.parent_id, one.supersedes))
        return None if found is None else (_How.INSIDE, found)

    def _first(self, start: Iterable[str | None], onward: _Onward) -> str | None:
        """The inventory that knows the first record on the way; circles end it."""
        way, seen = list(start), set[str]()
        while way:
            at = way.pop(0)
            if at is None or at in seen:
                continue
            seen.add(at)
            known = self.records.get(at)
            found = self.ids.get(at) or (self.by_digest.get(known.record_sha256 or "") if known else None)
            if found is not None:
                return found
            way.extend(onward(known) if known else ())
        return None


def counted_before(
    served: Sequence[Served], earlier: Sequence[EarlierActivities]
) -> tuple[frozenset[tuple[str, str]], tuple[Finding, ...]]:
    """(team, record id) of the records that count and that earlier inventories counted, and a finding for each team,
    inventory and way in which it is so."""
    if not earlier:
        return frozenset(), ()
    by_digest = {digest: one.inventory for one in reversed(earlier) for digest in one.digests}
    found: set[tuple[str, str]] = set()
    told: dict[tuple[str, str, _How], list[Served]] = defaultdict(list)
    for name, items in _by_team(served).items():
        records = {item.record.record_id: item.record for item in items}
        ids = {known: one.inventory for one in reversed(earlier) for known in one.ids.get(name, ())}
        team = _Team(name, records, by_digest, ids)
        for item in items:
            traced = team.traced(item.record) if item.counts else None
            if traced is not None:
                found.add((name, item.record.record_id))
                told[name, traced[1], traced[0]].append(item)
    return frozenset(found), tuple(_told(*key, items) for key, items in sorted(told.items()))


def _by_team(served: Iterable[Served]) -> Mapping[str, list[Served]]:
    teams: dict[str, list[Served]] = defaultdict(list)
    for item in served:
        teams[item.team].append(item)
    return teams


def _told(team: str, inventory: str, how: _How, items: Sequence[Served]) -> Finding:
    names = sorted(item.record.record_id for item in items)
    shown = ", ".join(names[:MOST_NAMED]) + (
        f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    )
    work = "1 activity" if len(names) == 1 else f"{len(names):,} activities"
    end = f"in no total of this year: {shown}"
    told = f"{work} {how} an earlier year's inventory; {end}"
    text = f"team '{team}': {work} {how} {inventory}; {end}"
    entry = COUNTED_EARLIER if how is _How.SAME else CHANGED_SINCE
    place = Location(path=min(items[0].submissions, key=lambda one: one.path).path)
    return entry.reported(text, place, to_team=told)
