"""`form`: a bundle's answers to the questions of its track's upload form."""

from pathlib import Path

from attrs import frozen

from neuclir_carbon.errors import Rejected
from neuclir_carbon.model.finding import Finding, Severity
from neuclir_carbon.model.submission import WholeSubmission
from neuclir_carbon.report.form import Answer, Own, answers, carbon_line
from neuclir_carbon.workflow.auditing import audit


@frozen
class Form:
    """The rows with their answers, one line that says the same, and what was found in the bundle."""

    rows: tuple[Answer, ...]
    line: str
    findings: tuple[Finding, ...]

    @property
    def open(self) -> tuple[Answer, ...]:
        """The rows that only the team can answer."""
        return tuple(row for row in self.rows if row.value is None)


def fill_form(path: Path, own: Own) -> Form:
    """The filled form of a bundle; `Rejected` when the bundle is not sound, `Unreadable` when it can't be read."""
    submission, findings = sound_submission(path)
    return Form(answers(submission, own), carbon_line(submission), findings)


def sound_submission(path: Path) -> tuple[WholeSubmission, tuple[Finding, ...]]:
    """What a bundle holds, and the findings on it; `Rejected` with its errors when it is not sound."""
    audited = audit(path)
    if audited.submission is None:
        errors = [str(finding) for finding in audited.findings if finding.severity is Severity.ERROR]
        listed = "\n".join(f"  {error}" for error in errors[:20])
        raise Rejected(f"{path} is not a sound bundle; make it anew:\n{listed}")
    return audited.submission, audited.findings
