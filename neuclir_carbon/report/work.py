"""The work that an export tells of, and what an export is: text, and what of the work has no place in it."""

from collections.abc import Sequence

from attrs import frozen

from neuclir_carbon.model.counting import Totals, totals
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.report.ir_metadata import About


@frozen(kw_only=True)
class Work:
    """A team's activities as they count, each once; `is_incomplete` when there were records that can't be read."""

    activities: tuple[CountedActivity, ...]
    whole: Totals
    about: About
    is_incomplete: bool = False

    @classmethod
    def of(cls, activities: Sequence[CountedActivity], about: About, *, is_incomplete: bool = False) -> "Work":
        """These activities with their totals."""
        return cls(activities=tuple(activities), whole=totals(activities), about=about, is_incomplete=is_incomplete)


@frozen
class Written:
    """An export's bytes, and notes for the one who asked: what the format can't hold, and what is not known."""

    data: bytes
    notes: tuple[str, ...] = ()
