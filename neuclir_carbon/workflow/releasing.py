"""What leaves with a public edition: the document, the commitment to its bundles, and each team's receipt."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.disclosure import WITHHELD
from neuclir_carbon.model.commitment import COMMITMENT, RECEIPT, Commitment, Proof, committed
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.inventory import Inventory
from neuclir_carbon.model.json_data import format_long_json, plain
from neuclir_carbon.model.parts import parts_of
from neuclir_carbon.model.published import EarlierYear, Edition
from neuclir_carbon.workflow.collecting import Collected
from neuclir_carbon.workflow.harmonizing import Grids, harmonized_of
from neuclir_carbon.workflow.public_coverage import covered_by_team
from neuclir_carbon.workflow.public_since import compared_teams
from neuclir_carbon.workflow.publication import HeldBack, findings_on, publish


@frozen(kw_only=True)
class Release:
    """A public edition as it leaves. `receipts` are by team; `editions` all that are out then, as JSON data;
    `bundles` are the SHA-256 of those that it contains.
    """

    document: Mapping[str, Any]
    commitment: Mapping[str, Any]
    receipts: Mapping[str, Mapping[str, Any]]
    editions: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...]
    bundles: frozenset[str]


def release(
    inventory: Inventory, collected: Collected, *, min_group: int, out: Sequence[Edition] = (),
    then: EarlierYear | None = None,
) -> Release:  # fmt: skip
    """The public edition of an inventory, beside those that are `out` already (the last one last).

    `then` is the earlier year that the inventory is compared with.

    Where no team has changed since the last one, that one stays, to the byte; where too few have, it does, too, and a
    finding says so.
    """
    teams, parts = collected.certified.teams, parts_of(collected.activities, partial(harmonized_of, grids=Grids()))
    states = _states(collected)
    try:
        document = publish(inventory, parts, teams, min_group=min_group, editions=out, then=then, states=states)
    except HeldBack as held:
        text = f"{held}: the edition that is out stays as it is, and nothing of the change is published yet"
        said = WITHHELD.reported(text, Location("public/inventory.json"))
        return _released(collected, out[-1].document, out[-1].bundles, [_data(edition) for edition in out], [said])
    bundles = tuple(sorted({submission.sha256 for submission in collected.submissions}))
    if out and document == out[-1].document:
        return _released(collected, document, out[-1].bundles, [_data(one) for one in out], findings_on(document))
    now = Edition(
        document=document, parts=parts, covered=covered_by_team(teams), bundles=bundles, states=states,
        same_teams=compared_teams(document, parts, then),
    )  # fmt: skip
    return _released(collected, document, bundles, [_data(edition) for edition in (*out, now)], findings_on(document))


def _released(
    collected: Collected, document: Mapping[str, Any], bundles: Sequence[str],
    editions: Sequence[Mapping[str, Any]], findings: Iterable[Finding],
) -> Release:  # fmt: skip
    commitment, proofs = committed(str(document["track"]), bundles)
    named = {
        "schema": COMMITMENT, "track": commitment.track, "as_of": document["as_of"],
        "inventory_sha256": hashlib.sha256(format_long_json(document)).hexdigest(), "nonce": commitment.nonce,
        "depth": commitment.depth, "root": commitment.root,
    }  # fmt: skip
    return Release(
        document=document, commitment=named, receipts=_receipts(collected, commitment, proofs, str(document["as_of"])),
        editions=tuple(editions), findings=tuple(findings), bundles=frozenset(bundles),
    )  # fmt: skip


def _states(collected: Collected) -> Mapping[str, str]:
    """By team a digest of what is counted of it beside its work: its answers and its bundles."""
    bundles: dict[str, list[str]] = defaultdict(list)
    for submission in collected.submissions:
        bundles[submission.manifest.team].append(submission.sha256)
    return {
        stand.team: hashlib.sha256(
            json.dumps([stand.tracked, stand.offset, sorted(bundles[stand.team])]).encode()
        ).hexdigest()
        for stand in collected.chosen.teams
    }


def _receipts(
    collected: Collected, commitment: Commitment, proofs: Mapping[str, Proof], as_of: str
) -> Mapping[str, Mapping[str, Any]]:
    """Each team's receipt: the proofs of its bundles that are in the total, and no name of anything."""
    own: dict[str, list[Proof]] = defaultdict(list)
    for received in collected.received:
        if received.sha256 in proofs:
            own[received.team].append(proofs[received.sha256])
    return {
        team: {
            "schema": RECEIPT, "track": commitment.track, "as_of": as_of, "root": commitment.root,
            "proofs": [plain(proof) for proof in sorted(found, key=lambda proof: proof.index)],
        }
        for team, found in sorted(own.items())
    }  # fmt: skip


def _data(edition: Edition) -> Mapping[str, Any]:
    """An edition as an organizer's inventory keeps it."""
    by_team: dict[str, list[Any]] = defaultdict(list)
    for part in edition.parts:
        by_team[part.team].append({key: value for key, value in plain(part).items() if key != "team"})
    return {
        "published": edition.document,
        "parts": [{"team": team, "parts": parts} for team, parts in sorted(by_team.items())],
        "covered_kg": {team: dict(kg) for team, kg in sorted(edition.covered.items())},
        "bundles": list(edition.bundles),
        "states": dict(sorted(edition.states.items())),
        "same_teams": list(edition.same_teams),
    }
