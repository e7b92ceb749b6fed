"""`demo`: the whole chain on real text, in well under a minute."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuclir_carbon.cli import console

if TYPE_CHECKING:
    from neuclir_carbon.demo.play import Played


def demo(
    out: Path = typer.Option(
        Path("neuclir-carbon-demo"), "--out", metavar="DIR", help="A new or empty folder, or an earlier demo's."
    ),
    format: console.Format = typer.Option(console.Format.TEXT, "--format", help="How the result is printed."),
) -> None:
    """Show the whole chain on real text, in well under a minute.

    Three small teams' real retrieval pipelines are measured, validated, bundled and aggregated, offline. Each command
    is shown as it runs, so that it can be tried again.
    """
    from neuclir_carbon.demo.play import play

    played = play(out, console.note)
    console.result(_document(played), format, lambda: _text(played))


def _document(played: "Played") -> dict[str, Any]:
    return {
        "out": str(played.out),
        "organizer_report": str(played.organizer_report),
        "public_report": str(played.public_report),
        "bundles": [str(path) for path in played.bundles],
        "activities": played.organizer["activities"],
        "emissions_kg_co2e": played.organizer["emissions_kg_co2e"],
        "duration_s": round(played.duration_s, 1),
    }


def _text(played: "Played") -> str:
    inventory = played.organizer
    total = inventory["emissions_kg_co2e"]
    measured = inventory["by_method"].get("measured")
    lines = [
        f"{inventory['teams']} teams, {inventory['runs']} runs, {inventory['activities']} activities, each counted "
        f"once: {_kg(total)} (likely {total['likely_low']:.3g} to {total['likely_high']:.3g}).",
    ]
    if measured:
        lines.append(
            f"Measured just now: {measured['it_energy_kwh'] * 1000:.3g} Wh in {measured['activities']} activities, "
            f"{measured['emissions_kg_co2e']['central'] * 1000:.3g} g CO2e. The rest are estimates, which are made up "
            "for the demo, as is the certificate."
        )
    return "\n".join([
        *lines,
        "",
        f"organizer's report  {played.organizer_report}",
        f"public report       {played.public_report}",
        "",
        "Next: open both in a browser; see one team's ledger; then put 'run' before a command of your own:",
        f"  neuclir-carbon log --ledger {played.out / 'birch' / 'carbon'}",
        "  neuclir-carbon run --country DEU --activity retrieval --run-tag MY-RUN -- YOUR COMMAND",
    ])  # fmt: skip


def _kg(total: dict[str, float]) -> str:
    return f"{total['central']:.4g} kg CO2e"
