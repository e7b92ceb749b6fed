"""`bundle`, `verify` and `form`: a run with its carbon report in one archive, and the look at a stranger's."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuclir_carbon.cli import console
from neuclir_carbon.cli.ledgers import LedgerOption
from neuclir_carbon.errors import BadOption, CarbonError

if TYPE_CHECKING:
    from neuclir_carbon.workflow.bundling import Bundled, Inputs, Order


def bundle(
    run: Path = typer.Argument(metavar="RUN", help="The run file, or a folder of runs of one task."),
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
    method_name: str | None = typer.Option(None, metavar="TEXT", help="Name of the method. Default: ledger.toml."),
    method_description: str | None = typer.Option(None, metavar="TEXT", help="One paragraph about it."),
    repository: str | None = typer.Option(None, metavar="URL", help="Where its code lies."),
    sign: Path | None = typer.Option(None, metavar="KEY", help="Sign with this SSH key."),
    allow_invalid: bool = typer.Option(
        False, "--allow-invalid", help="Bundle a run that has errors; the bundle says so."
    ),
    show: bool = typer.Option(False, "--show", help="List all that would leave, and write nothing."),
    format: console.Format = typer.Option(console.Format.TEXT, help="How to print."),
) -> None:
    """Validate a run and bundle it with its carbon report.

    The report holds the activity records that serve the run and the certificate references that you name.
    Writes DIR/<run tag>.crate.zip; the same inputs give the same bytes. The run itself stays as it is and is what you
    upload to the track; the bundle goes beside it. A folder gives a bundle for each file in it, named as its run tag.
    """
    from neuclir_carbon.store.files import is_folder
    from neuclir_carbon.workflow.bundling import Inputs, Order
    from neuclir_carbon.workflow.dates import source_date_epoch

    if replaces is not None and not re.fullmatch(r"[0-9a-f]{64}", replaces):
        raise BadOption(f"--replaces is '{replaces[:80]}', wanted the SHA-256 of a bundle (64 lower-case hex digits)")
    order = Order(
        run=run, track=track, task=task, team=team, ledgers=tuple(ledger or _default_ledger()),
        certificates=tuple(certificate or ()), out=out, run_tag=run_tag, revision=revision, replaces=replaces,
        license=license, method_name=method_name, method_description=method_description, repository=repository,
        sign=sign, allow_invalid=allow_invalid, source_date_epoch=source_date_epoch(),
    )  # fmt: skip
    inputs = Inputs(order)
    if is_folder(run):
        if run_tag is not None or replaces is not None:
            raise BadOption("--run-tag and --replaces are of one run, and a folder was given; bundle that run alone")
        _bundle_folder(order, inputs, show=show, format=format)
    elif show:
        _show([order], inputs, format)
    else:
        _bundle_one(order, inputs, format)


def _bundle_one(order: "Order", inputs: "Inputs", format: console.Format) -> None:
    from neuclir_carbon.workflow.bundling import bundle as make_bundle

    made = make_bundle(order, inputs)
    console.findings(made.findings)
    console.result(_data(made), format, lambda: _text(made))
    console.note(f"next: upload the run {order.run} to the track, and hand in {made.path} where it asks for carbon")


def _bundle_folder(order: "Order", inputs: "Inputs", *, show: bool, format: console.Format) -> None:
    """A bundle for each run of a folder. Those that can't be bundled are told, and the others are."""
    from attrs import evolve

    from neuclir_carbon.workflow.bundling import bundle as make_bundle
    from neuclir_carbon.workflow.bundling import runs_in

    inputs.gather()
    orders = [evolve(order, run=path) for path in runs_in(order.run)]
    if show:
        _show(orders, inputs, format)
        return
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    failures: list[CarbonError] = []
    with console.progress(orders, "bundling") as shown:
        for each in shown:
            try:
                made = make_bundle(each, inputs)
            except CarbonError as error:
                failures.append(error)
                console.error(f"{each.run}: {error}")
                rows.append({"run": str(each.run), "path": None, "error": str(error)})
                continue
            console.findings(made.findings)
            rows.append({"run": str(each.run), **_data(made)})
            texts.append(_text(made))
    if len(failures) < len(orders) or any(error.exit_code == 1 for error in failures):
        console.result(rows, format, lambda: "\n".join(texts))
        console.note(f"{len(orders) - len(failures)} of {len(orders)} runs bundled")
    if failures:
        raise typer.Exit(_exit_code(failures, len(orders)))


def _exit_code(failures: list[CarbonError], runs: int) -> int:
    """1 where something was examined and is bad; where all runs failed for one reason, that reason's code."""
    codes = {error.exit_code for error in failures}
    return codes.pop() if len(codes) == 1 and len(failures) == runs else 1


def _show(orders: list["Order"], inputs: "Inputs", format: console.Format) -> None:
    """What would leave with each bundle; nothing is written."""
    from neuclir_carbon.workflow.bundling import draft
    from neuclir_carbon.workflow.leaving import leaving

    drafts = [draft(order, inputs) for order in orders]
    found = [leaving(drafted) for drafted in drafts]
    for drafted in drafts:
        console.findings(drafted.findings)
    value = [item.data for item in found]
    console.result(value[0] if len(value) == 1 else value, format, lambda: "\n\n".join(item.text for item in found))
    console.note("nothing was written; leave --show away to write it")


def _data(made: "Bundled") -> dict[str, Any]:
    from neuclir_carbon.model.json_data import plain

    return {
        "path": str(made.path),
        "sha256": made.sha256,
        "md5": made.md5,
        "run_tag": made.run_tag,
        "totals": plain(made.totals),
        "coverage": plain(made.coverage.coverage),
        "findings": plain(made.findings),
    }


def _text(made: "Bundled") -> str:
    from neuclir_carbon.report.words import energy, hull, mass

    emissions = made.totals.emissions_kg_co2e
    found = f"{mass(emissions.central)} CO2e ({hull(emissions)}), {energy(made.totals.it_energy_kwh)}"
    return f"{made.path}\nsha256 {made.sha256}\n" + (found if made.totals.records else "not tracked")


def verify(
    bundles: list[Path] = typer.Argument(metavar="BUNDLE…", help="Bundles (*.crate.zip)."),
    track: str | None = typer.Option(None, metavar="FILE", help="The organizer's own track schema (or a track id)."),
    allowed_signers: Path | None = typer.Option(
        None, metavar="FILE", help="SSH keys by team, as ssh-keygen(1) has them: each bundle must be its team's."
    ),
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
            results.append(audit(path, published, allowed_signers=allowed_signers))
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
    codes = {finding.code for result in results for finding in result.findings if finding.severity == "error"}
    if codes:
        console.note(f"next: neuclir-carbon explain {min(codes)} tells what is wanted, and so for each code")
    if unread or not all(passed):
        raise typer.Exit(1)


def form(
    bundle: Path = typer.Argument(metavar="BUNDLE", help="Your bundle (*.crate.zip)."),
    url: str | None = typer.Option(None, metavar="URL", help="Where the bundle can be fetched, if it can."),
    priority: int | None = typer.Option(None, min=1, max=1000, help="Which of your runs this is, if the form asks."),
    format: console.Format = typer.Option(console.Format.TEXT, help="How to print."),
) -> None:
    """Print the answers to paste into the track's upload form.

    The questions stand in the form's order. What only you can say (a priority, an address) is left open.
    """
    from neuclir_carbon.report.form import Own, form_data, form_text
    from neuclir_carbon.workflow.answering import fill_form

    filled = fill_form(bundle, Own(url=url, priority=priority))
    console.findings(filled.findings)
    console.result(form_data(filled.rows), format, lambda: form_text(filled.rows, filled.line))
    if filled.open:
        console.note(f"yours to answer: {', '.join(row.key for row in filled.open)}")


def _default_ledger() -> list[Path]:
    """`carbon`, where there is one: a team that tracked nothing has none, and bundles all the same."""
    from neuclir_carbon.store.files import is_there

    default = Path("carbon")
    return [default] if is_there(default) else []
