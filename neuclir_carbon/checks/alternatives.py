"""Whether what is printed tells of a team, by linear programming.

A printed figure is a row: the sum of some pieces of some teams' work. The attacker is a team that knows its own work to
the last digit, knows in which rows every other team has a part, and gets every printed sum exactly (rounding and bands
come on top). She learns nothing of a team within p % if two other tracks print the same numbers to her: one in which
that team's figures are all p % higher, and one in which they are all p % lower, the other teams making up for it. For
each team and each attacker we look for both. Where there is none, the cheapest rows are withheld that make room for it.

Figures that a piece can have in any proportion are looked at each for itself. A range is given as its low bound and its
widths, each at least 0 and otherwise free, so that its other bounds follow.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    import numpy as np

    Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]

Row = Hashable
# What is broken of a row by less than this share of the team's move is the arithmetic's doing (HiGHS works to 1e-7).
_TOLERANCE = 1e-6
# What a difference of sums can be off by, as a share of the sum; much more than a double's 1e-16 a team.
_ROUNDING = 1e-9


@frozen
class Piece:
    """One team's part in a set of rows: its figures, each at least 0, where it is known."""

    team: str
    rows: frozenset[Row]
    values: tuple[float, ...]


@frozen(kw_only=True)
class Printed:
    """One row as it is printed.

    `price` says how much is lost when it is withheld; None where it is out already and can't be. `figures` are those of
    the pieces' figures that it tells; all when None. Of a band, `less` and `more` tell how far the sum could be from
    its value, as a share of it.
    """

    price: float | None
    figures: frozenset[int] | None = None
    less: float = 0.0
    more: float = 0.0

    def tells(self, figure: int) -> bool:
        return self.figures is None or figure in self.figures


@frozen(kw_only=True)
class Question:
    """Whether a team's figure could be higher (`sign` 1) or lower (-1) by p %."""

    team: int
    figure: int
    sign: int


def rows_to_withhold(pieces: Sequence[Piece], rows: Mapping[Row, Printed], percent: float) -> frozenset[Row]:
    """The rows that must not be printed, so that no attacker learns any team's figures within `percent` %.

    Rows that are out already are never among them, even where they alone tell of a team: nothing can mend that.
    """
    printed = dict(rows)
    system = _System.of(pieces, printed)
    for question in system.questions():
        while telling := _telling(system, question, percent / 100):
            for row in telling:
                del printed[row]
            system = _System.of(pieces, printed)
    return frozenset(rows) - frozenset(printed)


def _telling(system: "_System", question: Question, share: float) -> frozenset[Row]:
    """The rows to withhold because of one question; none when every attacker finds it open."""
    if system.is_open_at_sight(question, share):
        return frozenset()
    view = system.view(question, share)
    if not view.rows or view.is_open_at_once():
        return frozenset()
    everybody = view.attackers()
    groups = [everybody[1::2], everybody[::2]]
    while groups:
        group = groups.pop()
        telling = view.telling(view.caps_without(group))
        if telling and len(group) < 2:
            return telling
        if telling:
            # What is possible without anybody of a group is possible to each of them; what is not, is asked by halves.
            groups += [group[1::2], group[::2]]
    return frozenset()


@frozen
class _Leading:
    """By column: the sum of all parts, the two largest, the team that has the largest, and how many teams have any."""

    total: "Vector"
    first: "Vector"
    second: "Vector"
    team: "np.ndarray[tuple[int], np.dtype[np.intp]]"
    teams: "np.ndarray[tuple[int], np.dtype[np.intp]]"

    @classmethod
    def of(cls, parts: "Matrix") -> "_Leading":
        import numpy as np

        columns = np.arange(parts.shape[1])
        team = parts.argmax(axis=0)
        rest = parts.copy()
        rest[team, columns] = 0.0
        return cls(parts.sum(axis=0), parts[team, columns], rest.max(axis=0), team, (parts > 0).sum(axis=0))


@frozen
class _System:
    """Who has how much in which columns: pieces in the same printed rows are one column."""

    rows: Mapping[Row, Printed]
    names: tuple[Row, ...]
    teams: tuple[str, ...]
    parts: "Mapping[int, Matrix]" = field(repr=False)
    leading: "Mapping[int, _Leading]" = field(repr=False)
    incidence: "Matrix" = field(repr=False)

    @classmethod
    def of(cls, pieces: Sequence[Piece], rows: Mapping[Row, Printed]) -> "_System":
        import numpy as np

        names = tuple(rows)
        place = {name: number for number, name in enumerate(names)}
        teams = tuple(sorted({piece.team for piece in pieces}))
        order = {team: number for number, team in enumerate(teams)}
        columns: dict[tuple[int, ...], int] = {}
        at: list[tuple[int, int]] = []
        for piece in pieces:
            key = tuple(sorted(place[row] for row in piece.rows if row in place))
            at.append((order[piece.team], columns.setdefault(key, len(columns))))
        figures = len(pieces[0].values) if pieces else 0
        parts = {figure: np.zeros((len(teams), len(columns))) for figure in range(figures)}
        for (team, column), piece in zip(at, pieces, strict=True):
            for figure, value in enumerate(piece.values):
                parts[figure][team, column] += value
        incidence = np.zeros((len(names), len(columns)))
        for key, column in columns.items():
            incidence[list(key), column] = 1.0
        leading = {figure: _Leading.of(of_teams) for figure, of_teams in parts.items()}
        return cls(rows, names, teams, parts, leading, incidence)

    def questions(self) -> Iterator[Question]:
        for figure, parts in self.parts.items():
            for team in range(len(self.teams)):
                if parts[team].any():
                    yield from (Question(team=team, figure=figure, sign=sign) for sign in (1, -1))

    def is_open_at_sight(self, question: Question, share: float) -> bool:
        """Whether `view(…).is_open_at_once()` is sure to say so, from each column's sum and its two largest parts.

        A question costs no look at every other team then; what is close to the edge is looked at.
        """
        import numpy as np

        own, leading = self.parts[question.figure][question.team], self.leading[question.figure]
        largest = np.where(leading.team == question.team, leading.second, leading.first)
        others = leading.teams - (own > 0)
        move = share * own
        left = leading.total - own - largest
        return bool(((others > 1) & (left > move + _ROUNDING * leading.total))[own != 0].all())

    def view(self, question: Question, share: float) -> "_View":
        parts = self.parts[question.figure]
        others = parts.copy()
        others[question.team] = 0.0
        told = [number for number, name in enumerate(self.names) if self.rows[name].tells(question.figure)]
        move = question.sign * share * parts[question.team]
        return _View(
            rows=tuple((self.names[number], self.rows[self.names[number]]) for number in told),
            incidence=self.incidence[told], sums=self.incidence[told] @ parts.sum(axis=0),
            others=others, move=move, team=question.team,
        )  # fmt: skip


@frozen
class _View:
    """One question as an attacker meets it: a team's figure moves by `move`, by column; the others must make up."""

    rows: tuple[tuple[Row, Printed], ...]
    incidence: "Matrix" = field(repr=False)
    sums: "Vector" = field(repr=False)
    others: "Matrix" = field(repr=False)
    move: "Vector" = field(repr=False)
    team: int

    def attackers(self) -> list[int]:
        """All teams but the one in question, those first that have most."""
        sizes = self.others.sum(axis=1)
        return sorted(set(range(len(sizes))) - {self.team}, key=lambda team: (-sizes[team], team))

    def worst_caps(self) -> "Vector":
        """How much of each column is left if its largest other part is known; below 0 where nothing can move."""
        import numpy as np

        left: Vector = self.others.sum(axis=0) - self.others.max(axis=0)
        return np.where((self.others > 0).sum(axis=0) > 1, left, -1.0)

    def caps_without(self, known: Sequence[int]) -> "Vector":
        """How much of each column is left if the parts of these teams are known; below 0 where nothing can move."""
        import numpy as np

        rest = np.delete(self.others, known, axis=0)
        return np.where((rest > 0).any(axis=0), rest.sum(axis=0), -1.0)

    def is_open_at_once(self) -> bool:
        """Whether in each column of the team enough is left of the others to make up for its move."""
        caps = self.worst_caps()
        concerned = self.move != 0
        return bool((caps[concerned] >= self.move[concerned]).all() and (caps[concerned] >= 0).all())

    def telling(self, caps: "Vector") -> frozenset[Row]:
        """The cheapest rows that must change whatever the others do; no column moves further down than to its cap."""
        import numpy as np
        from scipy.optimize import linprog
        from scipy.sparse import csr_array, diags_array, hstack

        size = max(float(np.abs(self.move).max()), 1e-300)
        free = np.flatnonzero(caps >= 0)
        wanted = -self.incidence @ self.move / size
        bands = [
            (-printed.more * total / size, printed.less * total / size)
            for (_, printed), total in zip(self.rows, self.sums, strict=True)
        ]
        dearest = 1e3 * max((printed.price or 1.0 for _, printed in self.rows), default=1.0)
        prices = np.array([dearest if printed.price is None else printed.price for _, printed in self.rows])
        count = len(self.rows)
        matrix = hstack([
            csr_array(self.incidence[:, free]), diags_array(np.ones(count)), diags_array(-np.ones(count)),
            diags_array(np.ones(count)),
        ], format="csr")  # fmt: skip
        found: Any = linprog(
            np.concatenate([np.zeros(len(free)), prices, prices, np.zeros(count)]), A_eq=matrix, b_eq=wanted,
            bounds=[*((-cap, None) for cap in caps[free] / size), *[(0.0, None)] * (2 * count), *bands],
            method="highs",
        )  # fmt: skip
        if found.status != 0:
            raise ArithmeticError(f"the linear program of the public edition can't be solved: {found.message}")
        broken = found.x[len(free) : len(free) + count] + found.x[len(free) + count : len(free) + 2 * count]
        return frozenset(self._withheld(broken > _TOLERANCE))

    def _withheld(self, broken: Iterable[Any]) -> Iterator[Row]:
        for (row, printed), is_broken in zip(self.rows, broken, strict=True):
            if is_broken and printed.price is not None:
                yield row
