"""Answers to a track's upload form, ready to be pasted: ASCII, as long as the form's database takes them.

A form's keys are the track's own; what a row asks for is read from the words in its key. A question that nothing in the
bundle answers stays open, and is never guessed.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from neuclir_carbon.model.certificate import Certificate
from neuclir_carbon.model.counting import Totals, counted, totals
from neuclir_carbon.model.plain_text import escaped
from neuclir_carbon.model.submission import Manifest, WholeSubmission
from neuclir_carbon.model.track import FormField

MAX_VALUE = 2500
MAX_KEY = 25
GRAMS_PER_KG = 1000


@frozen
class Answer:
    """A row of the form with its answer; `value` is None where only the team can answer."""

    key: str
    question: str
    type: str
    value: str | None
    required: bool = False


@frozen(kw_only=True)
class Own:
    """What only the team knows: where the bundle can be fetched, and which of its runs should be assessed first."""

    url: str | None = None
    priority: int | None = None


def answers(submission: WholeSubmission, own: Own) -> tuple[Answer, ...]:
    """The rows of the task's form in their order, with the bundle's answers."""
    task = submission.track.tasks.get(submission.manifest.task)
    known = _Known(submission, own)
    return tuple(_answer(row, known) for row in (task.form if task else ()))


def carbon_line(submission: WholeSubmission) -> str:
    """All of a bundle's carbon in one line of ASCII, for a form that has a comment field and no rows for it."""
    manifest, whole = submission.manifest, _totals(submission)
    parts = [f"tracked={'yes' if manifest.tracked else 'no'}", f"offset={'yes' if _offset(submission) else 'no'}"]
    if _has_emissions(whole):
        emissions = whole.emissions_kg_co2e
        parts.append(f"kg_co2e={emissions.central:.6g} (low {emissions.low:.6g}, high {emissions.high:.6g})")
    if manifest.tracked:
        parts.append(f"it_energy_kwh={whole.it_energy_kwh:.6g}")
    return _ascii("; ".join([*parts, f"bundle_sha256={submission.sha256}"]))


class _Known:
    """What is known of a submission, by the words that ask for it."""

    def __init__(self, submission: WholeSubmission, own: Own) -> None:
        manifest, whole = submission.manifest, _totals(submission)
        kg = whole.emissions_kg_co2e.central if _has_emissions(whole) else None
        kwh = whole.it_energy_kwh if whole.records else None
        said: Mapping[str, Callable[[FormField], str | None]] = {
            "track": lambda row: _yes_or_no(row, manifest.tracked),
            "offset": lambda row: _yes_or_no(row, _offset(submission)),
            "co2": lambda row: _amount(row, kg, "kg", GRAMS_PER_KG),
            "kwh": lambda row: _amount(row, kwh, "kWh", 1),
            "sha256": lambda _: submission.sha256,
            "url": lambda _: own.url,
            "priority": lambda _: None if own.priority is None else str(own.priority),
            "repo": lambda _: manifest.repository,
            "desc": lambda _: manifest.method_description,
            "method": lambda _: manifest.method_name,
            "runtag": lambda _: manifest.run_tag,
            "team": lambda _: manifest.team,
            "license": lambda _: manifest.license,
        }
        self._said = said

    def value(self, row: FormField) -> str | None:
        """The answer to a row by the first word that its key holds; None where it holds none, or nobody knows."""
        key = row.key.lower().replace("_", "-")
        if row.type == "RUNTAG":
            key = "runtag"
        asked = next((say for word, say in self._said.items() if word in key), None)
        return None if asked is None else asked(row)


def _answer(row: FormField, known: _Known) -> Answer:
    value = known.value(row)
    text = None if value is None else _ascii(value)
    return Answer(row.key, row.question, row.type, text or None, row.required)


def _totals(submission: WholeSubmission) -> Totals:
    return totals(counted(submission.records))


def _has_emissions(whole: Totals) -> bool:
    return whole.records_without_emissions < whole.records


def _offset(submission: WholeSubmission) -> bool:
    """Whether a certificate in the bundle serves the team or the run in this track."""
    return any(_serves(certificate, submission.manifest) for certificate in submission.certificates)


def _serves(certificate: Certificate, manifest: Manifest) -> bool:
    return any(
        part.track == manifest.track and part.kg > 0 and (part.is_pooled or part.team({manifest.team}) == manifest.team)
        for part in certificate.allocations
    )


def _yes_or_no(row: FormField, value: bool) -> str | None:
    """`yes` or `no`, in the form's own spelling where it gives choices; None where neither is among them."""
    word = "yes" if value else "no"
    if not row.choices:
        return word
    return next((choice for choice in row.choices if choice.strip().lower().startswith(word)), None)


def _amount(row: FormField, value: float | None, unit: str, smaller: int) -> str | None:
    """An amount as the row takes it: a whole number of the smaller unit where it is a NUMBER, else with its unit."""
    if value is None:
        return None
    return str(round(value * smaller)) if row.type == "NUMBER" else f"{value:.6g} {unit}"


def _ascii(text: str) -> str:
    """The text on one line in ASCII: letters lose their accents, what has no such form stands as its code point."""
    line = " ".join(text.split())
    plain = "".join(_ascii_of(character) for character in line)
    return plain if len(plain) <= MAX_VALUE else plain[: MAX_VALUE - 3] + "..."


def _ascii_of(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else escaped(character)
    letters = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    return "".join(letters) if letters and all(part.isascii() for part in letters) else escaped(character)


def form_text(rows: Iterable[Answer], line: str) -> str:
    """The answers for a person: each question with its answer under its key; then the line for a comment field."""
    told = [
        f"{row.question}\n  {row.key:<{MAX_KEY}}  {row.value if row.value is not None else '(yours to answer)'}"
        for row in rows
    ]
    return "\n".join([*told, f"In one line, for a comment field\n  {line}"])


def form_data(rows: Iterable[Answer]) -> list[dict[str, Any]]:
    """The rows as JSON data."""
    return [{"key": row.key, "value": row.value, "type": row.type, "question": row.question} for row in rows]
