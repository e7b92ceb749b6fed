"""Whether a bundle is signed, and by its team."""

from pathlib import Path

from neuclir_carbon.checks import submissions
from neuclir_carbon.errors import CarbonError
from neuclir_carbon.model import submission as names
from neuclir_carbon.model.finding import Finding, Location
from neuclir_carbon.model.run import listed, shown
from neuclir_carbon.store.archives import Archive
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.signatures import Checked, check_integrity, check_signature

_WHERE = Location(names.SIGNATURE)


def signature_findings(archive: Archive, team: str | None, allowed_signers: Path | None) -> list[Finding]:
    """What is to be said of a bundle's signature over its digests.

    With a list of allowed signers it must be there and be the team's (unknown where `submission.json` is broken);
    without one it must be a signature of the digests by whatever key. `Unreadable` when the list can't be read.
    """
    signed = archive.members[-1].name == names.SIGNATURE
    if allowed_signers is None:
        return _integrity(archive) if signed else []
    with open_file(allowed_signers):
        pass
    if not signed:
        return [submissions.NOT_SIGNED.reported("is not signed; the team signs it with 'bundle --sign KEY'")]
    if team is None:
        return []
    signature, digests = archive.read(names.SIGNATURE), archive.read(names.DIGESTS)
    checked = check_signature(signature, digests, allowed_signers=allowed_signers, signer=team)
    return [] if checked.right else [_wrong(f"is not by {shown(team)}{_known_as(checked)}: {checked.reason}")]


def _integrity(archive: Archive) -> list[Finding]:
    try:
        checked = check_integrity(archive.read(names.SIGNATURE), archive.read(names.DIGESTS))
    except CarbonError as error:
        return [submissions.UNCHECKED_SIGNATURE.reported(f"could not be looked at: {error}", _WHERE)]
    if not checked.right:
        return [_wrong(f"is not a signature of the digests: {checked.reason}")]
    return [submissions.UNCHECKED_SIGNATURE.reported("is signed; --allowed-signers tells by whom", _WHERE)]


def _wrong(text: str) -> Finding:
    return submissions.WRONG_SIGNATURE.reported(text, _WHERE)


def _known_as(checked: Checked) -> str:
    return f" (the key is that of {listed(checked.others)})" if checked.others else ""
