"""`receipt check`: a team's proof that its bundle is in the published total."""

from pathlib import Path

import typer

from neuclir_carbon.cli import console

app = typer.Typer(help="Prove that a bundle is in a published total.", no_args_is_help=True)


@app.callback()
def receipts() -> None:
    """Prove that a bundle is in a published total."""


@app.command()
def check(
    receipt: Path = typer.Argument(metavar="RECEIPT", help="The receipt that came with the organizers' letter."),
    commitment: Path = typer.Option(..., metavar="FILE", help="The published commitment.json."),
    bundle: Path = typer.Option(..., metavar="FILE", help="Your bundle, byte for byte as you sent it."),
    format: console.Format = typer.Option(console.Format.TEXT, help="How to print."),
) -> None:
    """Check that your bundle is among those that the public edition counts.

    The receipt tells nothing to anybody who does not have the bundle. Exit 0 when the bundle counts, 1 when not.
    """
    from neuclir_carbon.model.json_data import plain
    from neuclir_carbon.workflow.receipts import check_receipt

    found = check_receipt(receipt, commitment, bundle)

    def text() -> str:
        if not found.counts:
            return f"not proven: {found.why}"
        return (
            f"{bundle} is in the published total of {found.track} as of {found.as_of}\n"
            f"its inventory.json has SHA-256 {found.inventory_sha256}"
        )

    console.result(plain(found), format, text)
    if not found.counts:
        raise typer.Exit(1)
