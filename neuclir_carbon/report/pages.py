"""Both editions of a track's report, each as one HTML page that needs nothing from outside.

What a page shows is put together as plain values in page_summary.py, page_tables.py and their neighbours, and laid out
by `templates/`. A content security policy lets only our own style and script work, by their digests.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.model.inventory import GROUPINGS, Inventory, TrackDetails
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.letter import TeamLetter
from neuclir_carbon.report import charts, page_comparisons, page_evidence, page_rows, page_tables, templating, words
from neuclir_carbon.report.page_findings import explanations, findings_said, severity_groups
from neuclir_carbon.report.page_summary import summary
from neuclir_carbon.report.svg import Figure


def organizer_page(
    inventory: Inventory,
    details: TrackDetails,
    *,
    rules: Mapping[str, Entry[Any]] | None = None,
    figures: Sequence[Figure] | None = None,
    letters: Sequence[tuple[TeamLetter, str]] = (),
) -> str:
    """The organizer's edition as HTML.

    `rules` (code → entry of a rulebook) brings the texts that `explain` prints; `figures` are given where they
    have been drawn already; `letters` are the teams' letters, each with the path where it lies beside the page.
    """
    document = plain(inventory.shown)
    counts = inventory.findings
    return _rendered(
        "organizer.html.j2",
        document,
        edition="organizer’s edition",
        figures=charts.organizer_drawings(inventory, details) if figures is None else figures,
        teams=page_rows.teams_table(details.teams, {letter.team: path for letter, path in letters}),
        runs=page_rows.runs_table(details.runs),
        groups=[page_tables.group_table(key, document) for key in GROUPINGS],
        comparisons=page_comparisons.comparisons(inventory, details.earlier),
        activities=page_rows.activities_table(details.activities),
        certificates=page_evidence.certificates_table(details.certificates),
        levels=page_evidence.levels_table(document["coverage"], details.coverage_beside),
        coverage=page_evidence.coverage_table(letter for letter, _ in letters),
        disputes=page_evidence.disputes_said(details.certificates),
        severities=severity_groups(details.findings, rules or {}),
        rules=explanations(details.findings, rules or {}),
        findings_count=f"{counts.error + counts.warning + counts.note:,}",
        findings_said=findings_said(document["findings"]),
        sources=page_evidence.sources_table(details.activities),
        script=templating.as_it_is("tables.js"),
    )


def public_page(inventory: Mapping[str, Any], *, figures: Sequence[Figure] | None = None) -> str:
    """The public edition as HTML, from a public document only: the organizer's is refused with ValueError."""
    if inventory.get("edition") != "public":
        raise ValueError("a public page is made from a document of edition 'public' only")
    return _rendered(
        "public.html.j2",
        inventory,
        edition="public edition",
        figures=charts.public_drawings(inventory) if figures is None else figures,
        groups=[page_tables.group_table(key, inventory) for key in GROUPINGS],
        withheld=list(inventory.get("withheld", ())),
        script=None,
    )


def _rendered(template: str, document: Mapping[str, Any], *, script: str | None, **values: Any) -> str:
    style = templating.as_it_is("style.css")
    frame = {
        "summary": summary(document), "reasons": _reasons(document), "style": style, "script": script,
        "content_policy": _content_policy(style, script),
    }  # fmt: skip
    return templating.html(template, {**frame, **values})


def _content_policy(style: str, script: str | None) -> str:
    allowed = f"script-src {_digest(script)}" if script else "script-src 'none'"
    return f"default-src 'none'; style-src {_digest(style)}; {allowed}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _reasons(document: Any) -> dict[str, int]:
    """The reasons for withheld values, numbered in the order of the document."""
    found: dict[str, int] = {}

    def walk(value: Any) -> None:
        if words.is_withheld(value):
            found.setdefault(str(value["reason"]), len(found) + 1)
        elif isinstance(value, Mapping):
            for item in value.values():
                walk(item)

    walk(document)
    return found
