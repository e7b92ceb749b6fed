"""A model card's front matter: `co2_eq_emissions` in grams, as the Hugging Face Hub reads it.

Keys and units as the Hub documents them (huggingface.co/docs/hub/model-cards-co2). The Hub finds the first number in
what stands under `emissions`, so that is a plain number.
"""

from collections.abc import Iterator, Sequence

from attrs import frozen

from neuclir_carbon.errors import BadOption, Rejected, UnknownName
from neuclir_carbon.model.inventory import CountedActivity
from neuclir_carbon.model.record import ACTIVITIES
from neuclir_carbon.report.machines import all_machines, all_places
from neuclir_carbon.report.methods import how_found
from neuclir_carbon.report.words import counted, hull, mass, visible
from neuclir_carbon.report.work import Work, Written

TRAINING_TYPES = ("pre-training", "fine-tuning")
TRAINING = "training"
_GRAMS_PER_KG = 1000
_MOST_TEXT = 1000
_MOST_NAMED = 8


@frozen(kw_only=True)
class Card:
    """What the one who asks says of the model: the kind of training, and which activities made it (none: all)."""

    training_type: str | None = None
    activities: tuple[str, ...] = ()

    def checked(self) -> "Card":
        """The same, if it can stand in a card; `BadOption` or `UnknownName` else."""
        if self.training_type is not None and self.training_type not in TRAINING_TYPES:
            raise UnknownName("training type", self.training_type, TRAINING_TYPES, hint="the Hub knows these two")
        for name in self.activities:
            if name not in ACTIVITIES:
                raise UnknownName("activity", name, ACTIVITIES, hint=f"known: {', '.join(ACTIVITIES)}")
        return self


def front_matter(work: Work, card: Card) -> Written:
    """The front matter between its two lines `---`; `Rejected` when no emissions are known, since the Hub wants a
    number, and `BadOption` when none of the activities asked for is there."""
    import yaml

    made = _made_by(work, card)
    whole = made.whole
    if whole.records == whole.records_without_emissions:
        raise Rejected(
            f"emissions are unknown for {counted(whole.records, 'activity', 'activities')}, and co2_eq_emissions must "
            "be a number; give a place (--country) where the energy is known, or measure"
            if whole.records
            else "no activity is recorded, and co2_eq_emissions must be a number"
        )
    records = [activity.record for activity in sorted(made.activities, key=_emitted, reverse=True)]
    block = {
        "emissions": float(f"{whole.emissions_kg_co2e.central * _GRAMS_PER_KG:.9g}"),
        "source": _source(made),
        "training_type": card.training_type or _no_training_type(made),
        "geographical_location": _listed(all_places(records)) or "unknown",
        "hardware_used": _listed(all_machines(records)) or "unknown",
    }
    text = yaml.safe_dump({"co2_eq_emissions": block}, sort_keys=False, allow_unicode=True, width=2**31)
    return Written(f"---\n{text}---\n".encode(), tuple(_notes(made, card)))


def _made_by(work: Work, card: Card) -> Work:
    """The work of the activities asked for; a pipeline counts with what its steps leave."""
    if not card.activities:
        return work
    chosen = [activity for activity in work.activities if activity.record.activity in card.activities]
    if not chosen:
        there = sorted({activity.record.activity for activity in work.activities})
        raise BadOption(
            f"no record is of activity {' or '.join(card.activities)}; the records' are {', '.join(there) or 'none'}"
        )
    return Work.of(chosen, work.about, is_incomplete=work.is_incomplete)


def _emitted(activity: CountedActivity) -> float:
    return activity.emissions_kg_co2e.central if activity.emissions_kg_co2e else 0.0


def _source(work: Work) -> str:
    """Tool, methods, activities and range in a sentence."""
    whole = work.whole
    parts = [
        f"{work.about.tool.name} {work.about.tool.version}: {how_found(work.activities)}",
        f"activities: {', '.join(_activities(work.activities))}",
        f"{hull(whole.emissions_kg_co2e)} CO2e",
    ]
    if whole.embodied_kg_co2e:
        parts.append(f"of it {mass(whole.embodied_kg_co2e)} from manufacture of the hardware")
    if whole.records_without_emissions:
        left_out = counted(whole.records_without_emissions, "activity", "activities")
        parts.append(f"without {left_out} of unknown emissions")
    if work.is_incomplete:
        parts.append("without records that could not be read")
    return visible("; ".join(parts), most=_MOST_TEXT).replace("\u00a0", " ")


def _no_training_type(work: Work) -> str:
    """What stands for the kind of training where nobody said it."""
    has_training = any(activity.record.activity == TRAINING for activity in work.activities)
    return "not stated" if has_training else f"none ({', '.join(_activities(work.activities))})"


def _activities(activities: Sequence[CountedActivity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(activity.record.activity for activity in activities))


def _listed(items: Sequence[str]) -> str:
    more = [f"and {len(items) - _MOST_NAMED} more"] if len(items) > _MOST_NAMED else []
    return visible("; ".join([*items[:_MOST_NAMED], *more]), most=_MOST_TEXT).replace("\u00a0", " ")


def _notes(work: Work, card: Card) -> Iterator[str]:
    names = _activities(work.activities)
    has_training = any(name == TRAINING for name in names)
    if has_training and card.training_type is None:
        yield f"training_type is not stated; say it with --training-type {' or '.join(TRAINING_TYPES)}"
    if not card.activities and len(names) > 1:
        yield f"the number is that of all activities ({', '.join(names)}); --activity training takes the training alone"
    if work.whole.records_without_emissions:
        unknown = counted(work.whole.records_without_emissions, "activity", "activities")
        yield f"the number is without {unknown} of unknown emissions"
    if any(activity.record.grid is not None and not activity.record.grid.country for activity in work.activities):
        yield "the place of some work is not known; geographical_location does not name it"
