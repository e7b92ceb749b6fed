"""`bundle` and `verify`: a run with its carbon report in one archive, and the look at a stranger's."""

import re
from pathlib import Path

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.cli.ledgers import LedgerOption
from neuclir_carbon.errors import BadOption, CarbonError


def bundle(
    run: Path = typer.Argument(metavar="RUN", help="The run file."),
    track: str = typer.Option(..., help="Track id (tracks list), or a track schema's path."),
    task: str = typer.Option(..., help="The track's task, e.g. clir."),
    team: str | None = typer.Option(None, help="Your team's name. Default: ledger.toml."),
    ledger: LedgerOption = None,
    certificate: list[Path] | None = typer.Option(None, metavar="FILE", help="A certificate reference; repeatable."),
    out: Path = typer.Option(Path(), metavar="DIR", help="Where to write the bundle."),
    run_tag: str | None = typer.Option(None, metavar="TAG", help="Run tag. Default: the run file's name."),
    revision: int = typer.Option(1, min=1, max=1_000_000, help="Counts up when a run is submitted again."),
    replaces: str | None = typer.Option(None, metavar="SHA256", help="Digest of the bundle that this one replaces."),
    license: str | None = typer.Option(None, metavar="ID", help="Licence of what is submitted, e.g. CC-BY-4.0."),
    allow_invalid: bool = typer.Option(
        False, "--allow-invalid", help="Bundle a run that has errors; the bundle says so."
    ),
    format: console.Format = typer.Option(console.Format.TEXT, help="How to print."),
) -> None:
    """Validate a run and bundle it with its carbon report.

    The report holds the activity records that serve the run and the certificate references that you name.
    Writes DIR/<run tag>.crate.zip; the same inputs give the same bytes. The run itself stays as it is and is what you
    upload to the track; the bundle goes beside it.
    """
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.workflow.bundling import Order
    from neuclir_carbon.workflow.bundling import bundle as make_bundle
    from neuclir_carbon.workflow.dates import source_date_epoch

    if replaces is not None and not re.fullmatch(r"[0-9a-f]{64}", replaces):
        raise BadOption(f"--replaces is '{replaces[:80]}', wanted the SHA-256 of a bundle (64 lower-case hex digits)")
    order = Order(
        run=run, track=track, task=task, team=team, ledgers=tuple(ledger or _default_ledger()),
        certificates=tuple(certificate or ()), out=out, run_tag=run_tag, revision=revision, replaces=replaces,
        license=license, allow_invalid=allow_invalid, source_date_epoch=source_date_epoch(),
    )  # fmt: skip
    made = make_bundle(order)
    console.findings(made.findings)
    value = {
        "path": str(made.path),
        "sha256": made.sha256,
        "md5": made.md5,
        "run_tag": made.run_tag,
        "totals": plain(made.totals),
        "coverage": plain(made.coverage.coverage),
        "findings": plain(made.findings),
    }

    def text() -> str:
        from neuclir_carbon.report.words import energy, hull, mass

        emissions = made.totals.emissions_kg_co2e
        found = f"{mass(emissions.central)} CO2e ({hull(emissions)}), {energy(made.totals.it_energy_kwh)}"
        return f"{made.path}\nsha256 {made.sha256}\n" + (found if made.totals.records else "not tracked")

    console.result(value, format, text)
    console.note(f"next: upload the run {run} to the track, and hand in {made.path} where it asks for carbon")


def verify(
    bundles: list[Path] = typer.Argument(metavar="BUNDLE…", help="Bundles (*.crate.zip)."),
    track: str | None = typer.Option(None, metavar="FILE", help="The organizer's own track schema (or a track id)."),
    format: console.Format = typer.Option(console.Format.TEXT, help="How to print."),
) -> None:
    """Check bundles as an organizer would; nothing is unpacked.

    Exit code 0 when all are right (warnings included), 1 when one has an error, 3 when none could be read.
    """
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.store.tracks import load_track
    from neuclir_carbon.workflow.auditing import audit

    published = load_track(track) if track is not None else None
    results, unread = [], 0
    for path in bundles:
        try:
            results.append(audit(path, published))
        except CarbonError as error:
            unread += 1
            console.error(str(error))
    for result in results:
        console.findings(result.findings)
    passed = [not any(finding.severity == "error" for finding in result.findings) for result in results]
    value = [
        {
            "path": str(result.path),
            "passed": good,
            "sha256": result.submission.sha256 if result.submission else None,
            "run_tag": result.submission.manifest.run_tag if result.submission else None,
            "team": result.submission.manifest.team if result.submission else None,
            "findings": plain(result.findings),
        }
        for result, good in zip(results, passed, strict=True)
    ]

    def text() -> str:
        return "\n".join(
            f"{result.path}: {'passed' if good else 'failed'}" for result, good in zip(results, passed, strict=True)
        )

    if results:
        console.result(value, format, text)
    if not results:
        raise typer.Exit(3)
    if unread or not all(passed):
        raise typer.Exit(1)


def _default_ledger() -> list[Path]:
    """`carbon`, where there is one: a team that tracked nothing has none, and bundles all the same."""
    from neuclir_carbon.store.files import is_there

    default = Path("carbon")
    return [default] if is_there(default) else []
