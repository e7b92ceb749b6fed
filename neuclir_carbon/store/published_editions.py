"""Public editions that are out already, as an organizer's inventory keeps them (`--published`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.inventory import LEVELS, SCHEMA
from neuclir_carbon.model.parts import part_from
from neuclir_carbon.model.published import Edition
from neuclir_carbon.store.files import MAX_DOCUMENT_BYTES, read_bytes

HINT = "give the organizer/inventory.json that was written together with the public edition that is out"


def read_published(path: Path, track: str) -> tuple[Edition, ...]:
    """The editions that are out, the last one last. `Unreadable` when the file is missing, broken, a public edition,
    of another track, or does not keep what stood behind its public edition."""
    value, findings = examine_bytes(SCHEMA, read_bytes(path, most=MAX_DOCUMENT_BYTES))
    if findings or value is None:
        raise Unreadable("; ".join(str(finding.inside(str(path))) for finding in findings[:5]) + f": {HINT}")
    if value["edition"] != "organizer":
        raise Unreadable(f"{path} is a public edition, which does not tell what stands behind it: {HINT}")
    if value["track"] != track:
        raise Unreadable(f"{path} is of track '{value['track']}', wanted '{track}': {HINT}")
    if not value.get("editions"):
        raise Unreadable(f"{path} does not keep what stood behind its public edition (/editions): {HINT}")
    try:
        return editions_of(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{path}#/editions is not as `aggregate` writes it ({error!r}): {HINT}") from None


def editions_of(inventory: Mapping[str, Any]) -> tuple[Edition, ...]:
    """The editions that an organizer's inventory keeps, the last one last; KeyError, TypeError, ValueError or
    AttributeError where they are none."""
    return tuple(_edition(item) for item in inventory.get("editions", ()))


def _edition(item: Mapping[str, Any]) -> Edition:
    document = item["published"]
    if document["edition"] != "public":
        raise ValueError("an edition is not public")
    parts = tuple(part_from(str(team["team"]), part) for team in item["parts"] for part in team["parts"])
    covered = {
        str(team): {level: float(kg[level]) for level in LEVELS} for team, kg in item["covered_kg"].items()
    }  # fmt: skip
    bundles = tuple(str(bundle) for bundle in item["bundles"])
    if any(len(bytes.fromhex(bundle)) != 32 for bundle in bundles):
        raise ValueError("a bundle's digest has not 64 hex digits")
    states = {str(team): str(state) for team, state in item["states"].items()}
    same_teams = tuple(str(team) for team in item.get("same_teams", ()))
    return Edition(
        document=document, parts=parts, covered=covered, bundles=bundles, states=states, same_teams=same_teams
    )
