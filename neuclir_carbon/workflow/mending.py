"""One topic's lines, mended as far as that needs no judgement, and a count of what was done.

What of two things that contradict each other is right is for the run's makers to say: where ranks and scores do not
agree, the lines stay as they are unless `order_by` says which counts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from neuclir_carbon.model.run import FIELDS, NUMBER, RANK

SCORE, RANKS = "score", "rank"
_Q0, _RANK, _SCORE, _TAG = 1, 3, 4, 5
_USUAL_BLANKS = re.compile(r"[ \t]+")


class Wanted(NamedTuple):
    """What a mended run shall be like. `q0` and `tag` are None where field 2 and the tag are left as they are."""

    q0: str | None
    tag: str | None
    order_by: str | None


class Row:
    """A line of six fields; `blank` is what stands between them when it has to be written anew."""

    def __init__(self, text: str, fields: list[str]) -> None:
        self.text = text.strip()
        self.fields = fields
        self.blank = "\t" if "\t" in self.text and " " not in self.text else " "
        # None: not a rank, or not a finite number.
        self.rank = int(fields[_RANK]) if RANK.fullmatch(fields[_RANK]) else None
        self.score = _finite(fields[_SCORE])
        self.changed = len(_USUAL_BLANKS.split(self.text)) != FIELDS

    def put(self, place: int, value: str) -> bool:
        """Writes a field; whether it was another one before."""
        if self.fields[place] == value:
            return False
        self.fields[place] = value
        return self._change()

    def _change(self) -> bool:
        self.changed = True
        return True

    def __str__(self) -> str:
        return self.blank.join(self.fields) if self.changed else self.text


def _finite(text: str) -> float | None:
    value = float(text) if NUMBER.fullmatch(text) else None
    return None if value is None or abs(value) == float("inf") else value


def mended(rows: list[Row], wanted: Wanted, done: Counter[str]) -> tuple[list[Row], bool]:
    """A topic's rows as they shall stand, and whether somebody has to say by what they are ordered.

    `done` counts what was changed, in lines and in topics.
    """
    for row in rows:
        done["odd blanks"] += row.changed
        if wanted.q0 is not None:
            done["q0"] += row.put(_Q0, wanted.q0)
        if wanted.tag is not None:
            done["tag"] += row.put(_TAG, wanted.tag)
    order = _order(rows, wanted.order_by)
    if order is None:
        return rows, True
    done["sorted"] += order != list(range(len(rows)))
    rows = [rows[place] for place in order]
    if wanted.order_by == RANKS and not _falls([row.score for row in rows]):
        for number, row in enumerate(rows):
            row.put(_SCORE, str(len(rows) - number))
        done["scores"] += 1
    if not _rises([row.rank for row in rows]):
        for number, row in enumerate(rows, 1):
            row.put(_RANK, str(number))
        done["ranks"] += 1
    return rows, False


def _order(rows: Sequence[Row], order_by: str | None) -> list[int] | None:
    """In which order the rows shall stand; None where it is not clear."""
    places = list(range(len(rows)))
    ranks, scores = [row.rank for row in rows], [row.score for row in rows]
    if _rises(ranks) and (_falls(scores) or None in scores):
        return places
    agreed = _agreed(ranks, scores)
    if agreed is not None:
        return agreed
    if order_by == SCORE and None not in scores:
        return sorted(places, key=lambda place: (-_sure(scores[place]), _sure(ranks[place] or 0)))
    if order_by == RANKS and None not in ranks:
        return sorted(places, key=lambda place: _sure(ranks[place]))
    return None


def _agreed(ranks: Sequence[int | None], scores: Sequence[float | None]) -> list[int] | None:
    """The order on which ranks and scores agree: no document has a better rank and a worse score than another."""
    places = list(range(len(scores)))
    if None in scores:
        return None
    if None in ranks:
        return places if _falls(scores) else None
    order = sorted(places, key=lambda place: (_sure(ranks[place]), -_sure(scores[place])))
    return order if _falls([scores[place] for place in order]) else None


def _sure(value: float | None) -> float:
    return 0.0 if value is None else value


def _falls(scores: Sequence[float | None]) -> bool:
    return None not in scores and all(_sure(above) >= _sure(below) for above, below in pairwise(scores))


def _rises(ranks: Sequence[int | None]) -> bool:
    return None not in ranks and all(above < below for above, below in pairwise(ranks))  # type: ignore[operator]
