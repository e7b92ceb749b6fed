"""The three teams of the demo: where they work, what they run for which run, and what they did not track.

The pipelines and the energy that they use are real. What a team says it did before, its place, and the certificate
are made up, so that the demo shows an estimate and a claim as well.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from neuclir_carbon.demo.files import documents_path, pairs_path, topics_path, write_lines

TRACK, TASK = "neuclir-2024", "clir"
COLLECTION = Path("collection")


class Step(NamedTuple):
    """One program of a pipeline: `python -m neuclir_carbon.demo.<program> <arguments>`, and the runs that it serves."""

    activity: str
    label: str
    run_tags: tuple[str, ...]
    program: str
    arguments: tuple[str, ...]


class Untracked(NamedTuple):
    """Work that the team says it did without tracking it: made up, as its label says; the options of `estimate`."""

    activity: str
    label: str
    options: tuple[str, ...]


class Team(NamedTuple):
    """One team: its name, the options of `init`, its steps in order, and what it did not track."""

    name: str
    about: str
    place: tuple[str, ...]
    steps: tuple[Step, ...]
    untracked: tuple[Untracked, ...]
    brings_certificate: bool = False

    @property
    def ledger(self) -> Path:
        return ledger_of(self.name)

    @property
    def run_tags(self) -> tuple[str, ...]:
        """The runs that the steps serve, in the order of their first mention."""
        return tuple(dict.fromkeys(tag for step in self.steps for tag in step.run_tags))


def ledger_of(name: str) -> Path:
    return Path(name) / "carbon"


def run_path(team: str, run_tag: str) -> Path:
    return Path(team) / "runs" / run_tag


def certificate_path(team: str) -> Path:
    return Path(team) / "certificate.json"


def write_certificate(path: Path, team: str) -> None:
    """Writes a certificate reference over 3 CERs (3,000 kg), of which 5 kg are for the track. All of it is made up."""
    reference = {
        "schema": "certificate-reference/1",
        "certificate_id": "VC99998/2024",
        "programme": "cdm",
        "unit_type": "CER",
        "action": "voluntary-cancellation",
        "quantity_kg": 3000,
        "quantity_as_printed": "3 CERs",
        "serials": [{"raw": "KE-5-71234501-2-2-0-5336", "end_raw": "KE-5-71234503-2-2-0-5336"}],
        "project": {"id": "5336", "host_country": "KE"},
        "vintage": {"start": "2016-01-01", "end": "2016-12-31"},
        "retired_on": "2024-11-15",
        "beneficiary": {"name": f"Team {team} (made up for the demo)", "public": False},
        "purpose": "Made up for the demo: no such certificate exists",
        "allocations": [{"scope_id": f"{TRACK}/{team}", "kg": 5}],
        "other_uses_declared": False,
        "attestation": {"sole_claim": True, "signed_by": "A. Person", "date": "2024-11-20"},
    }
    write_lines(path, [json.dumps(reference, indent=2)])


def _words(*parts: str | int | Path) -> tuple[str, ...]:
    return tuple(part.as_posix() if isinstance(part, Path) else str(part) for part in parts)


def _searched(language: str, out: Path) -> tuple[str, ...]:
    """The options that every searching program has."""
    documents, topics = documents_path(COLLECTION, language), topics_path(COLLECTION)
    return _words("--documents", documents, "--topics", topics, "--out", out)


def _untracked(*options: str, hours: tuple[int, int]) -> tuple[Untracked, ...]:
    """Hours of trials and hours of indexing on the same machine."""
    return (
        Untracked("development", "trials that nobody tracked (made up)", (*options, "--hours", str(hours[0]))),
        Untracked("indexing", "indexing that nobody tracked (made up)", (*options, "--hours", str(hours[1]))),
    )


def _lotus() -> Team:
    run_tag = "fas-lotus-ngrams"
    return Team(
        "lotus",
        "compares romanised names by their letters; it learns nothing",
        ("--country", "DEU", "--site", "laptop"),
        (Step("retrieval", "n-grams", (run_tag,), "ngrams", _searched("fas", run_path("lotus", run_tag))),),
        _untracked(
            "mlco2", "--device", "A100 PCIe 40/80GB", "--count", "1", "--provider", "aws", "--region", "eu-central-1",
            hours=(24, 3),
        ),
    )  # fmt: skip


def _birch() -> Team:
    translations = {"rus-birch-single": 1, "rus-birch-many": 3}
    table = Path("birch/table.json")
    return Team(
        "birch",
        "learns to translate pieces of names, then ranks by BM25: two runs, one training",
        ("--country", "FRA", "--site", "machine-room"),
        (
            Step(
                "training", "translation table", tuple(translations), "translation",
                _words("--pairs", pairs_path(COLLECTION, "rus"), "--out", table),
            ),
            *(
                Step(
                    "retrieval", f"BM25, translations: {count}", (tag,), "bm25",
                    _words("--table", table, "--translations", count) + _searched("rus", run_path("birch", tag)),
                )
                for tag, count in translations.items()
            ),
        ),
        _untracked(
            "cloud", "--provider", "aws", "--instance", "p3.2xlarge", "--region", "eu-west-3", "--load", "50",
            hours=(120, 8),
        ),
    )  # fmt: skip


def _crane() -> Team:
    run_tag = "zho-crane-rerank"
    first, table, backward = Path("crane/first-stage"), Path("crane/table.json"), Path("crane/backward.json")
    learn = _words("--pairs", pairs_path(COLLECTION, "zho"), "--sizes", 3, "--foreign-sizes", "1,2", "--rounds", 2)
    return Team(
        "crane",
        "finds 100 documents a topic, then orders them anew by a second model",
        ("--country", "JPN", "--site", "machine-room"),
        (
            Step(
                "training", "translation table", (run_tag,), "translation",
                learn + _words("--out", table),
            ),
            Step(
                "training", "reranking table", (run_tag,), "translation",
                learn + _words("--backward", "--out", backward),
            ),
            Step(
                "retrieval", "first stage", (run_tag,), "bm25",
                _words("--table", table) + _searched("zho", first),
            ),
            Step(
                "reranking", "second stage", (run_tag,), "reranking",
                _words("--first-stage", first, "--table", backward) + _searched("zho", run_path("crane", run_tag)),
            ),
        ),
        _untracked(
            "cloud", "--provider", "aws", "--instance", "p3.2xlarge", "--region", "ap-northeast-1", "--load", "50",
            hours=(24, 2),
        ),
        brings_certificate=True,
    )  # fmt: skip


def everyone() -> Iterable[Team]:
    """The teams in the order of their performance."""
    return (_lotus(), _birch(), _crane())
