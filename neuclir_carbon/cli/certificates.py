"""`certificate serial` and `certificate check`; and how coverage is shown at the terminal."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.cli.adding import add

if TYPE_CHECKING:
    from neuclir_carbon.checks.coverage import TeamCoverage, TrackCoverage
    from neuclir_carbon.model.finding import Finding
    from neuclir_carbon.model.inventory import CertificateRow
    from neuclir_carbon.model.outside import RegistryFile
    from neuclir_carbon.workflow.certifying import Checked, CheckedReference, SerialAnswer

AS_OF = typer.Option(
    None, "--as-of", metavar="DATE", help="Day to judge dates on. Default: SOURCE_DATE_EPOCH, or today."
)
FORMAT = typer.Option(console.Format.TEXT, "--format", help="How the result is printed.")
REGISTRY = typer.Option(
    None, "--registry", metavar="FILE", help="A registry's export (CSV) to look certificates up in; repeatable."
)
EARLIER = typer.Option(
    None, "--earlier", metavar="INVENTORY", help="An earlier year's organizer/inventory.json; repeatable."
)
RESOLUTIONS = typer.Option(
    None, "--resolutions", metavar="FILE", help="People's decisions on disputed claims (resolution/1); repeatable."
)
BAR_WIDTH = 20
BAR_SIGNS = (("declared", "-"), ("documented", "="), ("serial_consistent", "#"), ("registry_verified", "@"))
QUALITY = "Coverage does not measure credit quality, and serials can't show double issuance or double claiming."


def app() -> typer.Typer:
    """The sub-commands of `certificate`."""
    commands = typer.Typer(
        no_args_is_help=True, help="Offset certificates: read serials, write references, check them."
    )
    commands.command("serial")(serial)
    commands.command("add")(add)
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
    registry: list[Path] | None = REGISTRY,
    earlier: list[Path] | None = EARLIER,
    resolutions: list[Path] | None = RESOLUTIONS,
    as_of: str | None = AS_OF,
    format: console.Format = FORMAT,
) -> None:
    """Check certificate references, each alone and all of them together.

    Exit code 0 when there is no error, 1 when there is one, 3 when no file could be read. Nothing is fetched: an
    address is never opened; a registry is looked up in the export that --registry names.
    """
    from neuclir_carbon.workflow.bringing import brought
    from neuclir_carbon.workflow.certifying import check_data, check_references
    from neuclir_carbon.workflow.dates import as_of_date

    day = as_of_date(as_of)
    with rows_read() as progress, brought(registry or (), earlier or (), resolutions or (), progress) as outside:
        checked = check_references(files, day, outside)
    console.result(check_data(checked), format, lambda: _check_text(checked))
    for why in checked.unreadable.values():
        console.error(console.safe(why))
    if format is console.Format.TEXT:
        console.findings(_short(checked.findings))
    if not checked.passed:
        raise typer.Exit(1)


def rows_read() -> "AbstractContextManager[Callable[[int], None]]":
    """Shows how many rows of a registry's export were read, which may be millions the first time."""
    return console.counting("rows of registries' exports read")


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
        line = f"{_words(level):<18}{_kg(value.kg):<15} {_percent(value.share)}"
        lines.append(f"{line}{_range_words(covered.share_range[level])}")
    lines += ["", f"not covered at registry-verified: {_kg(covered.residual_kg)}"]
    if covered.surplus_kg:
        lines.append(f"declared beyond a team's own emissions (covers nothing): {_kg(covered.surplus_kg)}")
    if covered.pooled_kg["declared"]:
        lines.append(f"declared for the whole track (in no figure above): {_kg(covered.pooled_kg['declared'])}")
    lines += ["", *_team_lines(covered.teams)]
    lines += [_decision_line(row) for row in covered.rows if row.decision is not None]
    lines += ["", QUALITY]
    return "\n".join(lines)


def _decision_line(row: "CertificateRow") -> str:
    return console.safe(f"{row.certificate_id} for {row.scope_id}: {row.decision}").replace("\n", " ")[:300]


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
    told = ", ".join(f"{sign} {_words(level)}" for level, sign in reversed(BAR_SIGNS))
    return [*lines, f"bar: {told}, . not covered"]


def _bar(team: "TeamCoverage") -> str:
    """The team's emissions as a bar of what covers them; a part that is not full does not fill a cell."""
    cells = ["."] * BAR_WIDTH
    for level, sign in BAR_SIGNS:
        filled = int((team.share(level) or 0.0) * BAR_WIDTH)
        cells[:filled] = sign * filled
    return "".join(cells)


def _serial_text(answer: "SerialAnswer") -> str:
    from neuclir_carbon.workflow.certifying import serial_in_words

    lines = [console.safe(serial_in_words(reading)) for reading in answer.readings]
    return "\n".join([*lines, f"judged as of {answer.as_of}"])


def _check_text(checked: "Checked") -> str:
    from neuclir_carbon.workflow.certifying import CANNOT_SEE

    lines = [line for reference in checked.references for line in _reference_lines(reference)]
    lines += [_registry_line(file) for file in checked.registry]
    verdict = f"{'passed' if checked.passed else 'not passed'}, judged as of {checked.as_of}"
    return "\n".join([*lines, verdict, CANNOT_SEE])


def _registry_line(file: "RegistryFile") -> str:
    odd = f", {file.unread:,} that can't be read" if file.unread else ""
    odd += f", {file.unequal:,} with another quantity than their serials hold" if file.unequal else ""
    text = f"{file.name}: {file.kind}, {file.rows:,} rows{odd}, as of {file.as_of or 'no known day'}, {file.sha256}"
    return console.safe(text).replace("\n", " ")


def _reference_lines(reference: "CheckedReference") -> list[str]:
    certificate = reference.certificate
    text = (
        f"{reference.path}: {certificate.certificate_id} ({certificate.programme}), {certificate.quantity_kg} kg, "
        f"{reference.allocated_kg} kg allocated, {_words(reference.reached.level)}"
        f"{' (disputed)' if reference.reached.is_disputed else ''}"
    )
    rises = [f"  {_words(rise.level)}: {rise.by}" for rise in reference.reached.rises[1:]]
    return [console.safe(line).replace("\n", " ") for line in (text, *rises)]


def _short(findings: "tuple[Finding, ...]") -> "tuple[Finding, ...]":
    """The findings that ask for something: notes are for JSON and for `explain`."""
    from neuclir_carbon.model.finding import Severity

    return tuple(finding for finding in findings if finding.severity is not Severity.NOTE)


def _words(level: str) -> str:
    return level.replace("_", "-")


def _range_words(bounds: tuple[float, float] | None) -> str:
    """What the emissions' range makes of a share; nothing where the range makes no difference."""
    if bounds is None or bounds[0] == bounds[1]:
        return ""
    return f" ({_percent(bounds[0])} to {_percent(bounds[1])} over the emissions' range)"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _kg(kg: float) -> str:
    return f"{kg:,.0f} kg" if kg >= 1000 or kg == int(kg) else f"{kg:.4g} kg"
