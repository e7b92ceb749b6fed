"""Registries' exports for the tests: real samples, and made-up ones with the same columns."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "data/registries"
HEADERS: Mapping[str, tuple[str, ...]] = {
    "verra": (
        "Issuance Date", "Sustainable Development Goals", "Vintage Start", "Vintage End", "ID", "Name", "Country/Area",
        "Project Type", "Methodology", "Total Vintage Quantity", "Quantity Issued", "Serial Number",
        "Additional Certifications", "Retirement/Cancellation Date", "Retirement Beneficiary", "Retirement Reason",
        "Retirement Details",
    ),
    "gs-issuances": (
        "Vintage", "Credit Status", "Quantity", "GSID", "Project Name", "Country", "Product Type", "Issuance Date",
        "Serial Number",
    ),
    "gs": (
        "Vintage", "Credit Status", "Quantity", "GSID", "Project Name", "Country", "Product Type", "Issuance Date",
        "Retirement Date", "Serial Number", "Note",
    ),
    "acr-cancellations": (
        "Credit Serial Numbers", "Quantity of Credits", "Status Effective  (GMT)", "Cancellation Type", "Project ID",
    ),
    "acr": (
        "Credit Serial Numbers", "Quantity of Credits", "Status Effective (GMT)", "Retirement Reason", "Project ID",
    ),
    "art": (
        "Credit Serial Numbers", "Quantity of Credits", "Status Effective", "CCP Approved", "Retired on Behalf of",
        "Retirement Reason", "Purpose of Retirement",
    ),
    "isometric": (
        "retirement_id", "retired_at", "credit_batch_size_total.credits", "credit_batch_size_total.credit_kgs",
    ),
    "cercarbono": (
        "project_id", "serial", "vintage", "certificate_destination", "end_user", "passive_subject", "date", "quantity",
        "from", "to",
    ),
    "offsets-db-credits": (
        "id", "project_id", "quantity", "vintage", "transaction_date", "transaction_type", "retirement_account",
        "retirement_reason", "retirement_note", "retirement_beneficiary", "retirement_beneficiary_harmonized",
        "transaction_url",
    ),
    "offsets-db-projects": (
        "project_id", "name", "registry", "proponent", "protocol", "category", "project_type", "country", "status",
        "listed_at", "first_issuance_at", "first_retirement_at", "issued", "retired", "is_compliance", "project_url",
    ),
    "cdm": (
        "Project/POA number", "Project name", "Project type", "Host country", "Quantity of units cancelled",
        "Unit type", "Reason/ Beneficiary", "Date of completion", "Link to the attestation",
    ),
}  # fmt: skip


def an_export(path: Path, kind: str, rows: Iterable[Mapping[str, Any]]) -> Path:
    """An export with a registry's header; what a row leaves out is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, HEADERS[kind], restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def moved(project: str, tonnes: float, day: str, vintage: int = 2018, kind: str = "retirement") -> dict[str, Any]:
    """A row of OffsetsDB's processed table of transactions."""
    return {
        "project_id": project, "quantity": tonnes, "vintage": vintage, "transaction_date": f"{day} 00:00:00+00:00",
        "transaction_type": kind, "retirement_beneficiary": "Somebody",
    }  # fmt: skip


def vcu(start: int, end: int, project: int = 513) -> str:
    return f"19298-{start}-{end}-VCS-VCU-1491-VER-BR-1-{project}-01012018-31122018-0"


def verra_row(
    start: int, end: int, retired: str = "", project: int = 513, issued: str = "2020-01-01"
) -> dict[str, Any]:
    return {
        "Issuance Date": issued, "ID": project, "Quantity Issued": f"{end - start + 1:,}",
        "Serial Number": vcu(start, end, project), "Retirement/Cancellation Date": retired,
    }  # fmt: skip
