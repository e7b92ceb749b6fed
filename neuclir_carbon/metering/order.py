"""What is asked for when something is to be measured, by a command line or in Python. Standard library only."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.metering import machine
from neuclir_carbon.model.journal_format import BEGIN

METERS = ("auto", "codecarbon", "cpu-time")
SCOPES = ("auto", "machine", "job")
PLACE = ("country", "region", "cloud", "cloud_region", "intensity", "pue", "site")
_MOST_LABEL = 200
_MOST_TAG = 100
_MOST_TAGS = 10_000
_MOST_VARIABLE = 1000


class Order:
    """What a journal's first line says was asked for: an activity, where it runs, and how it is to be metered.

    `options` are `run`'s by key (`cli/run_options.py`), `said` the variables about place and PUE, `program` the
    command's name without its path (None for a block of Python), `argv` its arguments where they are to be kept.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        said: Mapping[str, str],
        program: str | None,
        argv: Sequence[str] | None = None,
    ) -> None:
        self.options = options
        self.said = said
        self.program = program
        self.argv = argv

    @property
    def ledger(self) -> str:
        """The ledger's absolute path; as it was given where the current folder is gone."""
        path = str(self.options["ledger"])
        try:
            return os.path.abspath(path)
        except OSError:
            return path

    @property
    def interval_s(self) -> float:
        return float(self.options["interval"])

    def first_line(self, record_id: str, parent_id: str | None) -> dict[str, Any]:
        """The journal's first line."""
        return {
            "kind": BEGIN,
            "record_id": record_id,
            "parent_id": parent_id,
            "activity": self.options["activity"],
            "label": self.options["label"],
            "run_tags": list(self.options["run_tag"]),
            "program": self.program,
            **({} if self.argv is None else {"argv": list(self.argv)}),
            "given": {name: self.options[name] for name in PLACE},
            "said": dict(self.said),
            "meter": self.options["meter"],
            "scope": self.options["scope"],
            "interval_s": self.interval_s,
            "boot_id": machine.boot_id(),
            "gpus": machine.visible_gpus(os.environ),
            **machine.clocks(),
            **machine.cpu_times(),
        }


def place_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that say place and PUE, as far as they are set: what a record needs when it is made later."""
    names = [f"NEUCLIR_CARBON_{name.upper()}" for name in PLACE]
    return {name: value[:_MOST_VARIABLE] for name in names if (value := environment.get(name))}


def checked_number(name: str, said: str | float, least: float, most: float) -> float:
    """A number in its bounds; `BadOption` names the option, what was found and what is wanted."""
    try:
        value = float(said)
    except (TypeError, ValueError):
        value = math.nan
    if not least <= value <= most:
        raise BadOption(f"{name} is '{shown(str(said))}', wanted a number from {least:g} to {most:,.0f}")
    return value


def checked_choice(name: str, said: str, known: tuple[str, ...]) -> str:
    """One of the known words; `UnknownName` with the nearest ones else."""
    if said not in known:
        raise UnknownName(f"{name} value", str(said), known, hint=f"one of: {', '.join(known)}")
    return said


def checked_label(name: str, said: str) -> str:
    """A step's name: short, and text without control characters."""
    if len(said) > _MOST_LABEL or not _is_text(said):
        raise BadOption(
            f"{name} is '{shown(said)}', wanted at most {_MOST_LABEL} characters of text without control characters"
        )
    return said


def checked_tags(name: str, said: Iterable[str]) -> tuple[str, ...]:
    """Run tags, each once."""
    tags = tuple(dict.fromkeys(checked_tag(name, tag) for tag in said))
    if len(tags) > _MOST_TAGS:
        raise BadOption(f"{name} is given {len(tags):,} times, wanted at most {_MOST_TAGS:,}")
    return tags


def checked_tag(name: str, said: str) -> str:
    """A run tag: what a run's file may be named."""
    if not 0 < len(said) <= _MOST_TAG or not _is_text(said) or any(c.isspace() or c in "/\\" for c in said):
        raise BadOption(
            f"{name} is '{shown(said)}', wanted 1 to {_MOST_TAG} characters without space, slash or control character: "
            "the run's tag, as its file is named"
        )
    return said


def shown(text: str) -> str:
    """A text from outside as a message may show it: short, without control characters."""
    short = text if len(text) <= 80 else text[:77] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in short)


def _is_text(said: str) -> bool:
    return said.isprintable() and not any("\ud800" <= c <= "\udfff" for c in said)
