"""The options of `run`, declared once: the launcher's small parser and the help both read this.

Standard library only. The parser exists because the child must start before anything large is imported.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from neuclir_carbon.errors import BadOption, UnknownName
from neuclir_carbon.metering.order import (
    METERS,
    SCOPES,
    checked_choice,
    checked_label,
    checked_number,
    checked_tag,
    checked_tags,
    shown,
)

# As in model/record.py and model/place.py, which import attrs; a test holds them together.
ACTIVITIES = (
    "training", "development", "indexing", "translation", "retrieval", "reranking", "generation", "evaluation", "other",
)  # fmt: skip
SITES = ("laptop", "machine-room")
USAGE = "neuclir-carbon run [OPTIONS] [--] COMMAND [ARG]..."


class RunOption:
    """One option: its name on the command line, what its value may be, and its line in the help."""

    __slots__ = ("choices", "default", "environment", "is_flag", "is_repeatable", "metavar", "name", "parse", "text")

    def __init__(
        self,
        name: str,
        metavar: str | None,
        text: str,
        *,
        parse: Callable[[str, str], Any] | None = None,
        choices: tuple[str, ...] = (),
        default: Any = None,
        environment: str | None = None,
        is_repeatable: bool = False,
    ) -> None:
        self.name = name
        self.metavar = metavar
        self.text = text
        self.parse = parse
        self.choices = choices
        self.default = default
        self.environment = environment
        self.is_repeatable = is_repeatable
        self.is_flag = metavar is None

    @property
    def key(self) -> str:
        """The option's name as a Python name: `--run-tag` is `run_tag`."""
        return self.name.removeprefix("--").replace("-", "_")

    def value_of(self, text: str) -> Any:
        """The value that a text on the command line stands for; `BadOption` says what was wanted."""
        if self.choices:
            return checked_choice(self.name, text, self.choices)
        return text if self.parse is None else self.parse(self.name, text)


class RunRequest:
    """What a command line of `run` asks for: option values by key, and the child's argv (empty with `wants_help`)."""

    __slots__ = ("command", "options", "wants_help")

    def __init__(self, options: Mapping[str, Any], command: Sequence[str], *, wants_help: bool = False) -> None:
        self.options = options
        self.command = list(command)
        self.wants_help = wants_help


def _number(least: float, most: float) -> Callable[[str, str], float]:
    return lambda name, text: checked_number(name, text, least, most)


def _folder(name: str, text: str) -> str:
    if not text:
        raise BadOption(f"{name} is empty, wanted a folder")
    return text


OPTIONS: tuple[RunOption, ...] = (
    RunOption(
        "--ledger", "DIR", "The team's ledger: the folder that the record goes to.",
        parse=_folder, default="carbon", environment="NEUCLIR_CARBON_LEDGER",
    ),
    RunOption("--activity", "ACTIVITY", "What the work is for.", choices=ACTIVITIES, default="other"),
    RunOption("--label", "TEXT", "The step's name, in your words.", parse=checked_label),
    RunOption(
        "--run-tag", "TAG", "A run that the work serves; may be repeated. None: it serves all the team's runs.",
        parse=checked_tag, is_repeatable=True,
    ),
    RunOption(
        "--country", "DEU", "Where the machine stands: ISO 3166 alpha-3. Never guessed.",
        environment="NEUCLIR_CARBON_COUNTRY",
    ),
    RunOption(
        "--region", "NAME", "US state, Canadian or Chinese province, Nordic zone; with --country.",
        environment="NEUCLIR_CARBON_REGION",
    ),
    RunOption(
        "--cloud", "PROVIDER", "Cloud provider (aws, azure, gcp); with --cloud-region.",
        environment="NEUCLIR_CARBON_CLOUD",
    ),
    RunOption(
        "--cloud-region", "NAME", "The provider's region, for example us-east-1.",
        environment="NEUCLIR_CARBON_CLOUD_REGION",
    ),
    RunOption(
        "--intensity", "G_PER_KWH", "Carbon intensity of your electricity, if you know it, in g CO2e/kWh.",
        parse=_number(0, 100_000), environment="NEUCLIR_CARBON_INTENSITY",
    ),
    RunOption(
        "--pue", "X", "Facility energy / IT energy of your site, if you know it; at least 1.",
        parse=_number(1, 100), environment="NEUCLIR_CARBON_PUE",
    ),
    RunOption(
        "--site", "KIND", "Kind of site, where the PUE is not known.",
        choices=SITES, environment="NEUCLIR_CARBON_SITE",
    ),
    RunOption(
        "--interval", "S", "Seconds between checkpoints: at most so much is lost when the wrapper is killed.",
        parse=_number(0.2, 86_400), default=15.0,
    ),
    RunOption("--quiet", None, "Print nothing on stderr.", default=False),
    RunOption(
        "--keep-argv", None,
        "Keep the command's arguments in the record; without this, only its program's name. Bundles leave them "
        "out in any case.",
        default=False,
    ),
    RunOption(
        "--meter", "METER",
        "codecarbon: sample the machine. cpu-time: from the command's own CPU time. auto: the first, else the second.",
        choices=METERS, default="auto",
    ),
    RunOption(
        "--scope", "SCOPE",
        "machine: the whole machine's energy. job: the command's share of it by CPU time. auto: job under SLURM or "
        "where others use the machine considerably.",
        choices=SCOPES, default="auto",
    ),
)  # fmt: skip
BY_NAME = {option.name: option for option in OPTIONS}


def parse_run(arguments: Iterable[str], environment: Mapping[str, str]) -> RunRequest:
    """What the arguments after `run` ask for; `BadOption` for what can't be right. The first word that is no option,
    and everything after `--`, is the child's."""
    rest = list(arguments)
    given: dict[str, list[Any]] = {}
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        if word in ("-h", "--help"):
            return RunRequest({}, [], wants_help=True)
        option, value = _taken(word, rest)
        given.setdefault(option.key, []).append(value)
    if not rest:
        raise BadOption(f"there is no command to run; wanted: {USAGE}")
    options = {option.key: _settled(option, given.get(option.key), environment) for option in OPTIONS}
    if options["pue"] is not None and options["site"] is not None:
        raise BadOption("--pue and --site are both given; give one of them")
    return RunRequest(options, rest)


def _taken(word: str, rest: list[str]) -> tuple[RunOption, Any]:
    """The option that a word names, and its value, which may be the next word."""
    name, equals, text = word.partition("=")
    option = BY_NAME.get(name)
    if option is None:
        raise UnknownName("option of run", name, (*BY_NAME, "--help"), hint="the command's own options come after it")
    if option.is_flag:
        if equals:
            raise BadOption(f"{name} takes no value, found '{shown(text)}'")
        return option, True
    if not equals:
        if not rest:
            raise BadOption(f"{name} needs a value: {name} {option.metavar}")
        text = rest.pop(0)
    return option, option.value_of(text)


def _settled(option: RunOption, given: list[Any] | None, environment: Mapping[str, str]) -> Any:
    """The value that holds: repeated options keep all values once, others the last. Of the environment only the
    ledger counts here; place and PUE are taken whole from one level, later (`workflow/placing.py`)."""
    if option.is_repeatable:
        return checked_tags(option.name, given or ())
    if given:
        return given[-1]
    if option.key == "ledger":
        return environment.get("NEUCLIR_CARBON_LEDGER") or option.default
    return option.default
