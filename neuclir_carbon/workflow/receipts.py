"""`receipt check`: whether a bundle is among those that a public edition counts."""

import hashlib
from pathlib import Path
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.documents import examine_bytes
from neuclir_carbon.errors import Rejected
from neuclir_carbon.model.commitment import COMMITMENT, RECEIPT, Commitment, Proof, proves
from neuclir_carbon.store.files import open_file, read_bytes

MAX_RECEIPT_BYTES = 16 * 1024 * 1024


@frozen(kw_only=True)
class Checked:
    """Whether the bundle counts, and in what: the SHA-256 of the public `inventory.json`, its track and date."""

    counts: bool
    why: str
    track: str
    as_of: str
    inventory_sha256: str
    bundle_sha256: str


def check_receipt(receipt: Path, commitment: Path, bundle: Path) -> Checked:
    """Compares a team's receipt with the published commitment and the team's own bundle.

    `Unreadable` when a file is missing, `Rejected` when the receipt or the commitment is broken.
    """
    own, public = _read(receipt, RECEIPT), _read(commitment, COMMITMENT)
    sha256 = _sha256(bundle)
    promised = Commitment(track=public["track"], nonce=public["nonce"], depth=public["depth"], root=public["root"])
    why = ""
    if own["root"] != promised.root:
        why = (
            f"the receipt belongs to another edition (of {own['track']}, as of {own['as_of']}): ask for the newest one"
        )
    elif not any(proves(_proof(proof), promised, sha256) for proof in own["proofs"]):
        why = "no proof in the receipt leads from this bundle to the commitment: it was changed, or is another one"
    return Checked(
        counts=not why, why=why, track=promised.track, as_of=public["as_of"],
        inventory_sha256=public["inventory_sha256"], bundle_sha256=sha256,
    )  # fmt: skip


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_file(path) as stream:
        while chunk := stream.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def _proof(data: dict[str, Any]) -> Proof:
    return Proof(index=data["index"], path=tuple(data["path"]))


def _read(path: Path, kind: str) -> dict[str, Any]:
    value, findings = examine_bytes(kind, read_bytes(path, most=MAX_RECEIPT_BYTES))
    if value is None or findings:
        told = "; ".join(str(finding.inside(str(path))) for finding in findings[:5])
        raise Rejected(f"{told}: wanted a {kind.partition('/')[0]} as `aggregate` writes it")
    found: dict[str, Any] = value
    return found
