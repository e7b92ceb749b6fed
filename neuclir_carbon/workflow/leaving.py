"""`bundle --show`: all that would leave with a drafted bundle."""

from typing import Any

from attrs import frozen

from neuclir_carbon.model.json_data import plain
from neuclir_carbon.report.leaving import leaving_text
from neuclir_carbon.store.archives import digest_of
from neuclir_carbon.workflow.bundling import Draft


@frozen
class Leaving:
    """What would leave: for a person, and as JSON data."""

    text: str
    data: dict[str, Any]


def leaving(draft: Draft) -> Leaving:
    """Every member with its size and digest, and every value in the documents that the team makes."""
    members = tuple(digest_of(source) for source in draft.sources)
    verdict = draft.verdict.inside(draft.manifest.run_tag).document()
    key = draft.key.path.name if draft.key else None
    text = leaving_text(
        draft.manifest, draft.records, draft.certificates, verdict, members, signed=draft.key is not None
    )
    return Leaving(
        text,
        {
            "path": str(draft.path),
            "members": [plain(member) for member in members],
            "signed_with": key,
            "submission": plain(draft.manifest),
            "activities": [plain(record) for record in draft.records],
            "certificates": [plain(certificate) for certificate in draft.certificates],
            "verdict": verdict,
        },
    )
