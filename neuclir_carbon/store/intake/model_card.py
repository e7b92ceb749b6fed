"""Hugging Face model cards: `co2_eq_emissions` in the front matter of a README, in grams, a number or a block.

The format is the hub's own (its documentation of model cards): emissions in grams of CO2 equivalent, with a source, a
training type, a place and hardware as free text. Cards that sentence-transformers writes also have CodeCarbon's
energy in kWh, and hours.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from neuclir_carbon.checks.intake import BAD_ROW, IMPOSSIBLE, NO_CARBON_DATA
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Dropped, Origin, Remark, Reported, Statement
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.intake.amounts import KWH, amount
from neuclir_carbon.store.intake.form import Form, Head
from neuclir_carbon.store.intake.labels import words
from neuclir_carbon.store.intake.named_places import country_of
from neuclir_carbon.store.intake.yaml_outline import Node, entries, outline

TOOL = "model-card"
KEY = "co2_eq_emissions"
# Front matter is a page long; the text of the card after it is not read.
_MOST_FRONT_BYTES = 1024 * 1024
MOST_BLOCKS = 100
_FENCE = re.compile(r"\A\s*---[ \t]*\r?\n(?P<front>.*?)(?:^---[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_KEY_AT_MARGIN = re.compile(rf"""^["']?{KEY}["']?\s*:""", re.MULTILINE)
_GAS = re.compile(r"(?:\s*(?:of\s+)?co[2₂]\s*[-_]?\s*(?:eq|e|equivalents?)?\.?)$", re.IGNORECASE)
_UNTOLD = frozenset({"unknown", "n/a", "na", "none", "nan", "tbd", "more information needed"})
_KG: Mapping[str, float] = {
    "g": 1e-3, "gram": 1e-3, "grams": 1e-3, "kg": 1.0, "kilogram": 1.0, "kilograms": 1.0, "mg": 1e-6, "t": 1e3,
    "ton": 1e3, "tons": 1e3, "tonne": 1e3, "tonnes": 1e3, "": 1e-3,
}  # fmt: skip


def _looks_like(head: Head) -> bool:
    front = _front(head.text)
    return bool(_KEY_AT_MARGIN.search(front))


def read(path: Path) -> Iterator[Statement]:
    """The one statement of a card, if it tells of emissions."""
    front = _front(_beginning(path))
    found = outline(front)
    if found.fault is None and not isinstance(found.value, dict):
        raise Unreadable(f"{path} has no front matter")
    if found.fault is not None:
        line, reason = found.fault
        yield Remark(BAD_ROW.code, f"{reason}: what stands before is read", line + 1)
    said = found.at(KEY)
    blocks = said if isinstance(said, list) else [said]
    digest = hashlib.sha256(front.encode("utf-8", "replace")).hexdigest()
    for number, block in enumerate(blocks[:MOST_BLOCKS]):
        yield from _statement(dict(entries(block)) or {"emissions": block}, (digest, number), _line_of(front))


def _statement(block: Mapping[str, Node], identity: tuple[str, int], line: int) -> Iterator[Statement]:
    grams = block.get("emissions")
    if not isinstance(grams, str):
        yield Remark(NO_CARBON_DATA.code, f"tells no {KEY}")
        return
    try:
        emissions_kg = _kilograms(grams)
        energy_kwh = amount(_text(block.get("energy_consumed")) or "", KWH, plain=1.0)
        hours = amount(_text(block.get("hours_used")) or "", {"h": 1.0, "hours": 1.0}, plain=1.0)
    except ValueError as error:
        yield Remark(BAD_ROW.code, f"{KEY}: {error}", line)
        return
    if emissions_kg is None:
        yield Remark(NO_CARBON_DATA.code, f"{KEY} is {grams[:40]!a}", line)
        return
    if min(emissions_kg, energy_kwh or 0.0, hours or 0.0) < 0:
        yield Remark(IMPOSSIBLE.code, f"{KEY} is {grams[:40]!a} with a figure below 0", line)
        return
    place = _text(block.get("geographical_location"))
    yield Reported(
        line=line,
        origin=_origin(block, place),
        identity=(TOOL, emissions_kg, *identity),
        label=_text(block.get("training_type")),
        duration_s=None if hours is None else hours * 3600,
        energy_kwh=energy_kwh,
        emissions_kg=emissions_kg,
    )
    yield Dropped(coordinates=1 if place else 0)


def _kilograms(said: str) -> float | None:
    """kg CO2e; a number without a unit is in grams."""
    if said.strip("[] ").lower() in _UNTOLD:
        return None
    return amount(_GAS.sub("", said[:200]), _KG, plain=1e-3)


def _origin(block: Mapping[str, Node], place: str | None) -> Origin:
    hardware = {
        "described_as": _text(block.get("hardware_used")), "cpu_model": _text(block.get("cpu_model")),
        "tracked_with": _text(block.get("source")),
    }  # fmt: skip
    return Origin(
        tool=TOOL,
        country=country_of(place, codes=False) if place else None,
        hardware=tuple((key, value) for key, value in hardware.items() if value),
    )


def _text(node: Node) -> str | None:
    return words(node) if isinstance(node, str) else None


def _front(text: str) -> str:
    """The front matter of a card; of a text without fences, all of it."""
    text = text.removeprefix("\ufeff")
    fenced = _FENCE.match(text)
    return fenced["front"] if fenced else text


def _line_of(front: str) -> int:
    found = _KEY_AT_MARGIN.search(front)
    return front.count("\n", 0, found.start() if found else 0) + 2


def _beginning(path: Path) -> str:
    with open_file(path) as stream:
        data = stream.read(_MOST_FRONT_BYTES)
    return data.decode("utf-8", "replace")


FORM = Form(
    name=TOOL, title="a Hugging Face model card's co2_eq_emissions, in grams", looks_like=_looks_like, read=read
)
