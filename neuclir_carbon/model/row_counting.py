"""Which of a run's rows count.

A tracker may write many rows for one run, and no row says how it is meant: running totals (each contains the one before
it), parts, or stretches after a restart. What tells them apart is time: a row was written at its end, so its duration
says when it began. Rows that begin together are one growing total; a row that begins after another one ended is a new
stretch. Whatever can't be told is read so that nothing counts twice.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto

from attrs import frozen

# Times of writing are whole seconds, and a row is written some time after its end.
SLACK_S, SLACK_SHARE = 3.0, 0.001
# Between two whole seconds.
RESOLUTION_S = 1.5
# A clock of local time is set by an hour in spring and autumn.
CLOCK_CHANGES_S = (0.0, 3600.0, -3600.0)
# Of one run so many stretches are held, to see whether a later row contains them; older ones are settled.
MOST_STRETCHES = 10_000
RELATIVE = 1e-9


@frozen
class Amount:
    """A row's figures: seconds, kWh in all and by part, kg CO2e; None where it gives none."""

    duration_s: float | None = None
    energy_kwh: float | None = None
    cpu_kwh: float | None = None
    gpu_kwh: float | None = None
    ram_kwh: float | None = None
    emissions_kg: float | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether it tells neither energy nor emissions."""
        return self.energy_kwh is None and self.emissions_kg is None

    def minus(self, others: Sequence["Amount"]) -> "Amount":
        """What is left after others, figure by figure, never below 0 but for parts; unknown stays unknown."""
        if not others:
            return self
        return Amount(
            duration_s=_left(self.duration_s, [other.duration_s for other in others]),
            energy_kwh=_left(self.energy_kwh, [other.energy_kwh for other in others]),
            cpu_kwh=_left(self.cpu_kwh, [other.cpu_kwh for other in others]),
            gpu_kwh=_left(self.gpu_kwh, [other.gpu_kwh for other in others]),
            ram_kwh=_left(self.ram_kwh, [other.ram_kwh for other in others]),
            emissions_kg=_left(self.emissions_kg, [other.emissions_kg for other in others]),
        )


def _left(whole: float | None, parts: Iterable[float | None]) -> float | None:
    if whole is None:
        return None
    return max(0.0, math.fsum([whole, *(-(part or 0.0) for part in parts)]))


@frozen(kw_only=True)
class Written:
    """A row as counting sees it: which one it is, its figures, when it was written (seconds on the tracker's clock),
    and whether an earlier import has counted it."""

    key: int
    amount: Amount
    written_s: float | None = None
    is_known: bool = False

    @property
    def began_s(self) -> float | None:
        if self.written_s is None or self.amount.duration_s is None:
            return None
        return self.written_s - self.amount.duration_s


@frozen(kw_only=True)
class Counted:
    """A total of a run: the row that tells it, what of it earlier imports have counted, how many rows stand behind it,
    and what had to be assumed, in words (None: nothing)."""

    row: Written
    known: tuple[Amount, ...] = ()
    rows: int = 1
    assumed: str | None = None

    @property
    def is_nothing_new(self) -> bool:
        """Whether earlier imports have counted all of it; of work whose energy nobody tells, all of its time."""
        if self.row.is_known or not self.known:
            return self.row.is_known
        if self.row.amount.is_unknown:
            return not self.new.duration_s
        return not self.new.energy_kwh and not self.new.emissions_kg

    @property
    def new(self) -> Amount:
        """What of it no earlier import has counted."""
        return self.row.amount.minus(self.known)


class _Relation(Enum):
    """How a row stands to the stretch before it."""

    CONTINUES = auto()
    FOLLOWS = auto()
    CONTAINS = auto()
    WITHIN = auto()
    OVERLAPS = auto()


class _Stretch:
    """Rows that are one growing total: the row that tells it, when it began, and what of it is known already.

    `known_row` is the latest row of it that is known, `inside` what is known of the stretches that it contains.
    """

    __slots__ = ("began_s", "inside", "known_row", "last", "reasons", "rows")

    def __init__(self, row: Written) -> None:
        self.last = row
        self.began_s = row.began_s
        self.rows = 1
        self.known_row = row if row.is_known else None
        self.inside: tuple[Amount, ...] = ()
        self.reasons: frozenset[str] = frozenset()

    @property
    def known(self) -> tuple[Amount, ...]:
        return self.inside if self.known_row is None else (self.known_row.amount, *self.inside)

    def go_on(self, row: Written) -> None:
        """Takes the next row. One that tells nothing does not take the place of one that does."""
        self.rows += 1
        if row.amount.is_unknown and not self.last.amount.is_unknown:
            return
        self.last = row
        if row.is_known:
            self.known_row = row

    def take_larger(self, row: Written, reason: str) -> None:
        """Takes a row of the same time: the one with more energy counts, known or not."""
        self.rows += 1
        self.reasons |= {reason}
        if _size(row.amount) > _size(self.last.amount):
            self.last = row
        if row.is_known and (self.known_row is None or _size(row.amount) > _size(self.known_row.amount)):
            self.known_row = row

    def take_in(self, other: "_Stretch") -> None:
        """Takes in a stretch that lies within this one."""
        self.rows += other.rows
        self.inside = (*other.known, *self.inside)
        self.reasons |= other.reasons | {CONTAINED}

    def counted(self, reasons: Iterable[str]) -> Counted:
        told = sorted({*self.reasons, *reasons})
        return Counted(row=self.last, known=self.known, rows=self.rows, assumed="; ".join(told) or None)


NO_TIMES = "rows without times that fall: each rising stretch is taken as one total"
RESTARTED = "the duration falls back or begins anew: each stretch counts by its last row"
CONTAINED = "a later row contains earlier ones in time: it counts, they do not"
TWO_WRITERS = "several writers with one start: the row with the most energy counts"
OVERLAPPING = "rows that overlap in time: the row with the most energy counts"
PAUSED = "rows rise and are taken as running totals, though between some more time passed than was measured"


def totals_of(rows: Iterable[Written]) -> Iterator[Counted]:
    """The totals that a run's rows tell, in the order in which they were written. Rows are given in that order.

    Rows in which duration, energy and emissions never fall are running totals, of which the last one counts, unless
    each began after the one before it was written. Else times of writing tell which rows belong together. Memory does
    not grow beyond `MOST_STRETCHES` stretches.
    """
    by_time = _ByTime()
    before: Written | None = None
    rise, pairs, apart = True, 0, 0
    for row in rows:
        if before is not None:
            pairs += 1
            rise = rise and _rises(before, row)
        relation, settled = by_time.take(row)
        apart += relation is _Relation.FOLLOWS
        before = row
        if settled is not None:
            # So many rows that each begin after the one before are parts, whether they happen to rise or not.
            rise = False
            yield settled
    if rise and (not pairs or apart < pairs):
        yield from by_time.as_one([PAUSED] if apart else [])
    else:
        yield from by_time.totals()


class _ByTime:
    """Stretches as times of writing tell them apart."""

    def __init__(self) -> None:
        self._stretches: deque[_Stretch] = deque()
        self._settled = 0

    def take(self, row: Written) -> tuple[_Relation | None, Counted | None]:
        """Adds a row: how it stands to the last stretch (None for the first row), and the oldest stretch where there
        are more than are held."""
        if not self._stretches:
            self._stretches.append(_Stretch(row))
            return None, None
        last = self._stretches[-1]
        relation = _relation(last, row)
        match relation:
            case _Relation.CONTINUES:
                last.go_on(row)
            case _Relation.CONTAINS if row.amount.is_unknown:
                # A row that tells nothing takes no other's place.
                last.go_on(row)
            case _Relation.FOLLOWS:
                self._stretches.append(_Stretch(row))
            case _Relation.CONTAINS:
                self._contain(row)
            case _Relation.WITHIN | _Relation.OVERLAPS:
                last.take_larger(row, TWO_WRITERS if relation is _Relation.WITHIN else OVERLAPPING)
        if len(self._stretches) <= MOST_STRETCHES:
            return relation, None
        self._settled += 1
        return relation, self._stretches.popleft().counted([RESTARTED])

    def totals(self) -> Iterator[Counted]:
        """Every stretch that is held, the oldest first."""
        many = len(self._stretches) + self._settled > 1
        reason = RESTARTED if all(stretch.began_s is not None for stretch in self._stretches) else NO_TIMES
        for stretch in self._stretches:
            yield stretch.counted([reason] if many else [])

    def as_one(self, reasons: Sequence[str]) -> Iterator[Counted]:
        """All rows as running totals of one stretch: the last one that tells something, and the most that is known."""
        if not self._stretches:
            return
        told = [stretch.last for stretch in self._stretches if not stretch.last.amount.is_unknown]
        known = [amount for stretch in self._stretches for amount in stretch.known]
        yield Counted(
            row=told[-1] if told else self._stretches[-1].last,
            known=(max(known, key=_size),) if known else (),
            rows=sum(stretch.rows for stretch in self._stretches),
            assumed="; ".join(reasons) or None,
        )

    def _contain(self, row: Written) -> None:
        """A row that holds the last stretches: it counts in their place."""
        holding, began = _Stretch(row), row.began_s
        while self._stretches:
            stretch = self._stretches[-1]
            if began is None or stretch.began_s is None or stretch.began_s < began - SLACK_S:
                break
            holding.take_in(self._stretches.pop())
        if row.is_known:
            # What is known of the parts is in what is known of the whole.
            holding.inside = ()
        self._stretches.append(holding)


def _size(amount: Amount) -> tuple[float, float, float]:
    return (amount.energy_kwh or 0.0, amount.emissions_kg or 0.0, amount.duration_s or 0.0)


def _rises(before: Written, after: Written) -> bool:
    """Whether no figure of a row falls."""
    one, other = before.amount, after.amount
    return not (
        _falls(one.duration_s, other.duration_s)
        or _falls(one.energy_kwh, other.energy_kwh)
        or _falls(one.emissions_kg, other.emissions_kg)
    )


def _falls(before: float | None, after: float | None) -> bool:
    return before is not None and after is not None and after < before - RELATIVE * abs(before)


def _relation(stretch: _Stretch, row: Written) -> _Relation:
    last = stretch.last
    rises = _rises(last, row)
    if (
        last.written_s is None or row.written_s is None
        or last.amount.duration_s is None or row.amount.duration_s is None
    ):  # fmt: skip
        return _Relation.CONTINUES if rises else _Relation.FOLLOWS
    gap, grown = row.written_s - last.written_s, row.amount.duration_s - last.amount.duration_s
    follows = row.amount.duration_s <= gap + RESOLUTION_S
    if not _falls(last.amount.duration_s, row.amount.duration_s) and _fits(grown, gap):
        if rises:
            return _Relation.CONTINUES
        return _Relation.FOLLOWS if follows else _Relation.WITHIN
    if follows:
        return _Relation.FOLLOWS
    return _in_time(stretch, row, rises=rises)


def _in_time(stretch: _Stretch, row: Written, *, rises: bool) -> _Relation:
    """How a row that neither continues nor follows lies in time; all times are known."""
    began, first, ended = row.began_s, stretch.began_s, stretch.last.written_s
    if began is None or first is None or ended is None or row.written_s is None:
        return _Relation.OVERLAPS
    # Within the slack each of two short rows would contain the other: the longer one does.
    is_longer = not _falls(stretch.last.amount.duration_s, row.amount.duration_s)
    if is_longer and began <= first + SLACK_S and row.written_s >= ended - SLACK_S:
        return _Relation.CONTAINS
    if began >= first - SLACK_S and row.written_s <= ended + SLACK_S:
        return _Relation.OVERLAPS
    return _Relation.CONTINUES if rises else _Relation.OVERLAPS


def _fits(grown: float, gap: float) -> bool:
    """Whether a duration grew by the time between two writings; a clock of local time may have been set meanwhile."""
    return any(abs(grown - (gap + change)) <= SLACK_S + SLACK_SHARE * abs(grown) for change in CLOCK_CHANGES_S)
