"""`init`: writes a ledger's settings, checked first, with a word about each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuclir_carbon.checks import documents
from neuclir_carbon.errors import BadOption, Unwritable
from neuclir_carbon.factors.places import check_place
from neuclir_carbon.model.settings import SCHEMA
from neuclir_carbon.store.files import is_there, write_bytes
from neuclir_carbon.store.settings import FILE_NAME

_HEAD = """\
# Place, PUE and team of this ledger. A command's own options and NEUCLIR_CARBON_* variables stand above what is here:
# the place is taken whole from the first of them that names any part of it, and so is the PUE.
"""
# Key, what it means, an example for where it is not set.
_KEYS = (
    ("country", "where the machines stand: ISO 3166 alpha-3", '"DEU"'),
    ("region", "US state, Canadian or Chinese province, Nordic zone", '"vermont"'),
    ("cloud", "cloud provider: aws, azure or gcp; with cloud_region, in place of country", '"aws"'),
    ("cloud_region", "the provider's region", '"us-east-1"'),
    ("intensity_g_co2e_per_kwh", "carbon intensity of your electricity, if you know it, g CO2e/kWh", "50.0"),
    ("pue", "facility energy / IT energy, if you know it; at least 1", "1.2"),
    ("site", "where the PUE is not known: laptop or machine-room", '"machine-room"'),
    ("team", "the team's name in submissions", '"TEAM3"'),
    ("license", "licence of what is submitted", '"CC-BY-4.0"'),
    ("method_name", "name of the method, for TIRA", '"BM25 with translated queries"'),
    ("method_description", "one paragraph about it, for TIRA", '"…"'),
    ("repository", "where its code lies, for TIRA", '"https://example.org/team3/runs"'),
)


def write_settings(ledger: Path, said: Mapping[str, Any], *, overwrite: bool = False) -> Path:
    """Writes `LEDGER/ledger.toml` and gives back its path. `BadOption` for a value that can't be right, `Unwritable`
    when there is one already and `overwrite` is not asked for."""
    settings = {key: value for key, value in said.items() if value is not None}
    check_place(
        country=settings.get("country"),
        region=settings.get("region"),
        cloud=settings.get("cloud"),
        cloud_region=settings.get("cloud_region"),
    )
    if "pue" in settings and "site" in settings:
        raise BadOption("--pue and --site are both given; give one of them")
    findings = tuple(documents.BOOK.examine(documents.Document(SCHEMA, {"schema": SCHEMA, **settings})))
    if findings:
        raise BadOption("; ".join(f"{_option(finding.location.pointer)} {finding.message}" for finding in findings))
    must_be_plain_text({_option(f"/{key}"): value for key, value in settings.items()})
    path = ledger / FILE_NAME
    if not overwrite and is_there(path):
        raise Unwritable(f"{path} is there already; edit it, or give --force to write it anew")
    write_bytes(path, format_settings(settings).encode("utf-8"))
    return path


def _option(pointer: str | None) -> str:
    """The option that a key of the document comes from: `/cloud_region` is `--cloud-region`."""
    return "--" + (pointer or "").removeprefix("/").removesuffix("_g_co2e_per_kwh").replace("_", "-")


def must_be_plain_text(said: Mapping[str, Any]) -> None:
    """`BadOption` for a text that holds a control character, or bytes that were no UTF-8, or nothing but blanks."""
    for name, value in said.items():
        if isinstance(value, str) and not (value.isprintable() and value.strip()):
            raise BadOption(f"{name} is {value[:80]!a}, wanted plain text without control or invisible characters")


def format_settings(settings: Mapping[str, Any]) -> str:
    """The TOML text of settings: each key with its meaning, those that are not set as comments."""
    lines = [_HEAD, f"schema = {_toml(SCHEMA)}"]
    for key, meaning, example in _KEYS:
        value = settings.get(key)
        lines += ["", f"# {meaning}", f"# {key} = {example}" if value is None else f"{key} = {_toml(value)}"]
    return "\n".join(lines) + "\n"


def _toml(value: str | float) -> str:
    """A TOML basic string or float."""
    if isinstance(value, str):
        return '"' + "".join(_escaped(character) for character in value) + '"'
    return repr(float(value))


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 or ord(character) == 0x7F else character
