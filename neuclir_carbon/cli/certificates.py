"""`certificate serial` and `certificate check`; and how coverage is shown at the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neuclir_carbon.cli import console

if TYPE_CHECKING:
    from neuclir_carbon.checks.coverage import TeamCoverage, TrackCoverage
    from neuclir_carbon.model.finding import Finding
    from neuclir_carbon.workflow.certifying import Checked, CheckedReference, SerialAnswer

AS_OF = typer.Option(
    None, "--as-of", metavar="DATE", help="Day to judge dates on. Default: SOURCE_DATE_EPOCH, or today."
)
FORMAT = typer.Option(console.Format.TEXT, "--format", help="How the result is printed.")
BAR_WIDTH = 20
QUALITY = "Coverage does not measure credit quality, and serials can't show double issuance or double claiming."


def app() -> typer.Typer:
    """The sub-commands of `certificate`."""
    commands = typer.Typer(no_args_is_help=True, help="Offset certificates: read serial numbers, check references.")
    commands.command("serial")(serial)
    commands.command("check")(check)
    return commands


def serial(
    text: str = typer.Argument(..., metavar="TEXT", help="A serial number or block as printed; several apart by ';'."),
    as_of: str | None = AS_OF,
    format: console.Format = FORMAT,
) -> None:
    """Say what a registry's serial number encodes.

    Exit code 0 when it can be right (OK, or a W_ verdict), 1 when it can't (E_). Put `--` before a text that begins
    with a dash.
    """
    from neuclir_carbon.workflow.certifying import read_serials, serial_data
    from neuclir_carbon.workflow.dates import as_of_date

    answer = read_serials(text, as_of_date(as_of))
    console.result(serial_data(answer), format, lambda: _serial_text(answer))
    if format is console.Format.TEXT:
        console.findings(answer.findings)
    if not answer.is_valid:
        raise typer.Exit(1)


def check(
    files: list[Path] = typer.Argument(..., metavar="FILE...", help="Certificate references (JSON)."),
    as_of: str | None = AS_OF,
    format: console.Format = FORMAT,
) -> None:
    """Check certificate references, each alone and all of them together.

    Exit code 0 when there is no error, 1 when there is one, 3 when no file could be read. Nothing is fetched: an
    address is never opened.
    """
    from neuclir_carbon.workflow.certifying import check_data, check_references
    from neuclir_carbon.workflow.dates import as_of_date

    checked = check_references(files, as_of_date(as_of))
    console.result(check_data(checked), format, lambda: _check_text(checked))
    for why in checked.unreadable.values():
        console.error(console.safe(why))
    if format is console.Format.TEXT:
        console.findings(_short(checked.findings))
    if not checked.passed:
        raise typer.Exit(1)


def show_coverage(covered: "TrackCoverage", format: console.Format) -> None:
    """Prints a track's coverage: a table by team with the levels as a bar, or JSON; findings go to stderr as text."""
    from neuclir_carbon.workflow.covering import coverage_data

    console.result(coverage_data(covered), format, lambda: coverage_text(covered))
    if format is console.Format.TEXT:
        console.findings(covered.findings)


def coverage_text(covered: "TrackCoverage") -> str:
    """The coverage in words: emissions first, then each level, then a row per team."""
    from neuclir_carbon.model.inventory import LEVELS

    lines = [
        f"{console.safe(covered.track)}, as of {covered.as_of}: {_kg(covered.gross_kg)} CO2e of {len(covered.teams)} "
        f"teams",
        "",
        "at least          covers          share",
    ]
    for level in LEVELS:
        value = getattr(covered.coverage, level)
        lines.append(f"{_words(level):<18}{_kg(value.kg):<15} {_percent(value.share)}")
    lines += ["", f"not covered at registry-verified: {_kg(covered.residual_kg)}"]
    if covered.surplus_kg:
        lines.append(f"declared beyond a team's own emissions (covers nothing): {_kg(covered.surplus_kg)}")
    if covered.pooled_kg["declared"]:
        lines.append(f"declared for the whole track (in no figure above): {_kg(covered.pooled_kg['declared'])}")
    lines += ["", *_team_lines(covered.teams), "", QUALITY]
    return "\n".join(lines)


def _team_lines(teams: "tuple[TeamCoverage, ...]") -> list[str]:
    from neuclir_carbon.workflow.covering import next_step

    if not teams:
        return ["no team"]
    names = [console.safe(team.team).replace("\n", " ")[:40] for team in teams]
    width = max(4, *(len(name) for name in names))
    lines = [f"{'team':<{width}}  {'emissions':>12}  {'declared':>12}  {'':{BAR_WIDTH}}  next step"]
    for name, team in zip(names, teams, strict=True):
        emissions = "unknown" if team.emissions_kg is None else _kg(team.emissions_kg)
        declared = _kg(team.claimed_kg["declared"])
        lines.append(f"{name:<{width}}  {emissions:>12}  {declared:>12}  {_bar(team)}  {next_step(team)}")
    return [*lines, "bar: # serial-consistent, = documented, - declared, . not covered"]


def _bar(team: "TeamCoverage") -> str:
    """The team's emissions as a bar of what covers them; a part that is not full does not fill a cell."""
    cells = ["."] * BAR_WIDTH
    for level, sign in (("declared", "-"), ("documented", "="), ("serial_consistent", "#")):
        filled = int((team.share(level) or 0.0) * BAR_WIDTH)
        cells[:filled] = sign * filled
    return "".join(cells)


def _serial_text(answer: "SerialAnswer") -> str:
    from neuclir_carbon.workflow.certifying import serial_in_words

    lines = [console.safe(serial_in_words(reading)) for reading in answer.readings]
    return "\n".join([*lines, f"judged as of {answer.as_of}"])


def _check_text(checked: "Checked") -> str:
    lines = [_reference_line(reference) for reference in checked.references]
    return "\n".join([*lines, f"{'passed' if checked.passed else 'not passed'}, judged as of {checked.as_of}"])


def _reference_line(reference: "CheckedReference") -> str:
    certificate = reference.certificate
    text = (
        f"{reference.path}: {certificate.certificate_id} ({certificate.programme}), {certificate.quantity_kg} kg, "
        f"{reference.allocated_kg} kg allocated, {_words(reference.level)}"
    )
    return console.safe(text).replace("\n", " ")


def _short(findings: "tuple[Finding, ...]") -> "tuple[Finding, ...]":
    """The findings that ask for something: notes are for JSON and for `explain`."""
    from neuclir_carbon.model.finding import Severity

    return tuple(finding for finding in findings if finding.severity is not Severity.NOTE)


def _words(level: str) -> str:
    return level.replace("_", "-")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _kg(kg: float) -> str:
    return f"{kg:,.0f} kg" if kg >= 1000 or kg == int(kg) else f"{kg:.4g} kg"
