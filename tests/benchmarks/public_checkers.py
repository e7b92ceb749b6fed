"""What the public checkers say to a bundle of ours and to exports. By hand on Linux, from the top of a checkout:

    python tests/benchmarks/public_checkers.py [--checkers DIR]

The checkers go into a virtual environment of this script's own, outside the checkout, at the first use (that needs a
package index): roc-validator, ro-crate-py, TIRA's client and the Hugging Face Hub's library. The validator works
offline: RO-Crate's 1.1 context comes inside ro-crate-py 0.15.0 and is put under its address into the validator's cache.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from making import TAG, a_certificate, a_ledger, a_record, ordered

from neuclir_carbon.model.record import Command
from neuclir_carbon.report.huggingface import Card
from neuclir_carbon.workflow.bundling import bundle
from neuclir_carbon.workflow.exporting import export, export_for_tira

CHECKERS = (
    "roc-validator==0.13.0",
    "rocrate==0.15.0",
    "requests-cache==1.3.3",
    "tira==0.0.207",
    "huggingface-hub==2.4.0",
)
WARM = """
import io, sys
from pathlib import Path
import rocrate
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3.response import HTTPResponse

class FromPackage(HTTPAdapter):
    def send(self, request, **options):
        body = io.BytesIO((Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes())
        kind = {"Content-Type": "application/ld+json"}
        return self.build_response(request, HTTPResponse(
            body, headers=kind, status=200, reason="OK", preload_content=False, request_method="GET",
            request_url=request.url))

session = CachedSession(sys.argv[1], backend="sqlite")
session.mount("https://w3id.org/", FromPackage())
for headers in ({}, {"Accept": "application/ld+json, application/json"}):
    session.get("https://w3id.org/ro/crate/1.1/context", headers=headers)
"""
READ = """
import sys
from rocrate.rocrate import ROCrate
for place in sys.argv[1:]:
    crate = ROCrate(place)
    kinds = [entity.type for entity in crate.get_entities()]
    print(len(kinds), "entities,", kinds.count("CreateAction"), "actions, of", crate.root_dataset["author"]["name"])
"""
TIRA = """
import sys
from pathlib import Path
from tira.check_format import check_format
for place, kind in zip(sys.argv[1::2], sys.argv[2::2]):
    verdict, text = check_format(Path(place), kind)
    print(kind, verdict.name, " ".join(text.split())[:200])
    assert verdict.name == "OK"
"""


CARD = """
import sys
from types import SimpleNamespace
from huggingface_hub import ModelCard
from huggingface_hub.utils.endpoint_helpers import _is_emission_within_threshold as within

card = ModelCard(open(sys.argv[1]).read() + "# A model")
block = card.data.to_dict()["co2_eq_emissions"]
wanted = float(sys.argv[2])
assert sorted(block) == ["emissions", "geographical_location", "hardware_used", "source", "training_type"], block
assert abs(block["emissions"] - wanted) <= 1e-6 * wanted, block
assert all(isinstance(block[key], str) for key in block if key != "emissions")
info = SimpleNamespace(card_data=card.data)
assert within(info, wanted * 0.999, wanted * 1.001) and not within(info, wanted * 1.001, wanted * 2)
assert ModelCard(str(card)).data.to_dict()["co2_eq_emissions"] == block
print(block)
"""


def installed(folder: Path) -> Path:
    """The `bin` of an environment that has the checkers."""
    place = folder / "bin"
    if not place.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(place / "pip"), "install", "--quiet", *CHECKERS], check=True)
    return place


def told(what: str, command: Sequence[str | Path], cwd: Path) -> bool:
    """Runs a checker and shows what it said last; whether it is content."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip(" ─│╭╮╰╯")] or done.stderr.splitlines()
    good = done.returncode == 0
    print(f"{what}: {'passes' if good else 'FAILS'}")
    for line in lines[-3:] if good else lines[-25:]:
        print(f"    {line}")
    return good


def bundled(folder: Path) -> Path:
    """A bundle with measured and failed activities, a certificate and a described method."""
    folder.mkdir(parents=True, exist_ok=True)
    order = ordered(
        folder, certificates=(a_certificate(folder),), license="CC-BY-4.0", method_name="BM25",
        method_description="ranks by BM25", repository="https://example.org/lotus",
    )  # fmt: skip
    command = Command(program="search tool/é", exit_code=1)
    a_ledger(folder / "ledger", a_record("20241117T000000Z-0000000a", run_tags=(TAG,), command=command))
    return bundle(order).path


HOSTILE = "--- x: [y] # z\n---\n<script>alert(1)</script> \u202e{{ 7 * 7 }}"


def a_hostile_ledger(folder: Path) -> Path:
    """A ledger whose words are a stranger's: labels, hardware, and a team that is called like YAML."""
    records = [
        a_record("a", activity="training", kwh=3.0, label=HOSTILE, hardware={"cpu_model": HOSTILE, "logical_cpus": 8}),
        a_record("b", kwh=1.0, parent_id="a", command=Command(program=HOSTILE)),
    ]
    ledger = a_ledger(folder, *records)
    (ledger / "ledger.toml").write_text('schema = "ledger-settings/1"\nteam = "--- !!python/name:os.system"\n')
    return ledger


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkers", type=Path, default=Path(tempfile.gettempdir()) / "neuclir-carbon-public-checkers")
    checkers = installed(parser.parse_args().checkers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = bundled(folder / "tracked")
        untracked = bundle(ordered(folder / "untracked", ledgers=())).path
        unpacked = folder / "unpacked"
        with zipfile.ZipFile(path) as archive:
            archive.extractall(unpacked)
        export_for_tira(path, folder / "tira")
        ledger = a_hostile_ledger(folder / "hostile")
        (folder / "README.md").write_bytes(export(ledger, "huggingface", Card(training_type="fine-tuning")).data)
        (folder / "metadata").mkdir()
        (folder / "metadata" / "ir-metadata.yml").write_bytes(export(ledger, "ir-metadata").data)
        subprocess.run([str(checkers / "python"), "-c", WARM, str(folder / "cache")], check=True)
        validate = [
            checkers / "rocrate-validator", "-y", "validate", "--offline", "--cache-path", folder / "cache",
            "-p", "process-run-crate", "--no-paging", "-v", "-l", "required",
        ]  # fmt: skip
        python = checkers / "python"
        tira = [folder / "tira", "ir_metadata", folder / "tira", "run-with-metadata", unpacked, "ir_metadata"]
        tira += [folder / "metadata", "ir_metadata"]
        grams = str(3.0 * 329.65)
        good = [
            told("unzip -t", ["unzip", "-t", path], folder),
            told("sha256sum -c", ["sha256sum", "-c", "manifest-sha256.txt"], unpacked),
            told("ro-crate-py 0.15.0, zip and folder", [python, "-c", READ, path, unpacked], folder),
            told("roc-validator 0.13.0, zip", [*validate, path], folder),
            told("roc-validator 0.13.0, folder", [*validate, unpacked], folder),
            told("roc-validator 0.13.0, nothing tracked", [*validate, untracked], folder),
            told("TIRA 0.0.207", [python, "-c", TIRA, *tira], folder),
            told("huggingface-hub 2.4.0", [python, "-c", CARD, folder / "README.md", grams], folder),
        ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
