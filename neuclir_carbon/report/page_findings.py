"""The findings of a page as plain values: by severity, and by code."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from neuclir_carbon.checks.rulebook import Entry
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.report import words

MAX_FINDINGS_OF_A_CODE = 25
OPEN_CODES = 5
_SEVERITIES = {Severity.ERROR: "Errors", Severity.WARNING: "Warnings", Severity.NOTE: "Notes"}


@frozen(kw_only=True)
class FoundPlace:
    """One finding: its place (may be empty) and its message."""

    place: str
    message: str


@frozen(kw_only=True)
class FoundCode:
    """The findings of one code; only the first ones are listed."""

    code: str
    said: str
    summary: str
    is_explained: bool
    findings: tuple[FoundPlace, ...]
    left_out: str


@frozen(kw_only=True)
class Explanation:
    """What `explain` says of a code: its summary, and its text in paragraphs."""

    code: str
    summary: str
    paragraphs: tuple[str, ...]


@frozen(kw_only=True)
class SeverityGroup:
    """The codes of one severity. `is_open`: few enough to be shown unfolded."""

    title: str
    is_error: bool
    is_open: bool
    codes: tuple[FoundCode, ...]


def findings_said(counts: Mapping[str, int]) -> str:
    parts = [words.counted(counts[key], key) for key in ("error", "warning", "note") if counts[key]]
    return f"{', '.join(parts)}; in full in findings.json." if parts else "Nothing was found to be wrong."


def severity_groups(findings: Iterable[Finding], rules: Mapping[str, Entry[Any]]) -> list[SeverityGroup]:
    """Findings by severity and code, errors first and the most frequent code first."""
    grouped: dict[Severity, dict[str, list[Finding]]] = {severity: {} for severity in Severity}
    for finding in findings:
        grouped[finding.severity].setdefault(finding.code, []).append(finding)
    shown = []
    for severity, codes in grouped.items():
        if not codes:
            continue
        ordered = sorted(codes.items(), key=lambda item: (-len(item[1]), item[0]))
        shown.append(
            SeverityGroup(
                title=f"{_SEVERITIES[severity]} ({sum(map(len, codes.values())):,})",
                is_error=severity is Severity.ERROR,
                is_open=severity is Severity.ERROR and len(codes) <= OPEN_CODES,
                codes=tuple(_found_code(code, found, rules.get(code)) for code, found in ordered),
            )
        )
    return shown


def explanations(findings: Iterable[Finding], rules: Mapping[str, Entry[Any]]) -> list[Explanation]:
    """The explanations of the codes that were found, each once."""
    codes = sorted({finding.code for finding in findings} & rules.keys())
    return [
        Explanation(
            code=code,
            summary=rules[code].summary,
            paragraphs=tuple(" ".join(part.split()) for part in rules[code].explanation.split("\n\n")),
        )
        for code in codes
    ]


def _found_code(code: str, found: Sequence[Finding], rule: Entry[Any] | None) -> FoundCode:
    left_out = len(found) - MAX_FINDINGS_OF_A_CODE
    return FoundCode(
        code=code,
        said=f"× {len(found):,}",
        summary=rule.summary if rule else found[0].message,
        is_explained=rule is not None,
        findings=tuple(
            FoundPlace(place=str(finding.location), message=finding.message)
            for finding in found[:MAX_FINDINGS_OF_A_CODE]
        ),
        left_out=f"{left_out:,}" if left_out > 0 else "",
    )
