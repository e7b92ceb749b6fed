"""What a paper cites for tools and data, as BibTeX in plain ASCII.

Each entry is what its makers ask for, as their repository or page had it in 2026-11: CITATION.cff of codecarbon,
ecologits and tirex-tracker, the READMEs of carbontracker and Eco2AI, USENIX's page of Zeus, arXiv's of ML CO2 Impact,
Our World in Data's of the grid's carbon intensity, Teads's of its data set. Where one names no year, none stands here.
"""

import re
from collections.abc import Iterable

from attrs import frozen

from neuclir_carbon.model.record import ActivityRecord
from neuclir_carbon.version import __version__


@frozen(kw_only=True)
class Citation:
    """One entry: its key, its kind in BibTeX, and its fields in their order."""

    key: str
    kind: str
    fields: tuple[tuple[str, str], ...]

    @property
    def bibtex(self) -> str:
        """The entry as BibTeX."""
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in self.fields)
        return f"@{self.kind}{{{self.key},\n{lines}\n}}"


@frozen(kw_only=True)
class KnownTool:
    """A tool by the name that its makers write, and the key of what is cited for it; None where nothing is."""

    name: str
    key: str | None


OURS, CODECARBON, CARBONTRACKER, ECO2AI = "neuclir-carbon", "codecarbon", "anthony2020carbontracker", "eco2ai_lib"
TIREX, ZEUS, ECOLOGITS, MLCO2 = "tirextracker2025", "zeus-nsdi23", "ecologits", "lacoste2019quantifying"
EMBER, EGRID, TEADS = "owid-carbon-intensity", "egrid2023", "davy2021ec2"

_CITATIONS = (
    Citation(
        key=OURS, kind="misc",
        fields=(
            ("author", "{The neuclir-carbon maintainers}"),
            ("title", "{neuclir-carbon}: Carbon reporting for benchmark submissions"),
            ("note", f"Software, version {__version__}"),
        ),
    ),
    Citation(
        key=CODECARBON, kind="misc",
        fields=(
            (
                "author",
                "Courty, Benoit and Schmidt, Victor and Luccioni, Sasha and Feld, Boris and Lecourt, J{\\'e}r{\\'e}my "
                "and L{\\'e}val, Mathilde and Blanche, Luis and Cruveiller, Alexis and others",
            ),
            ("title", "{CodeCarbon}: Estimate and track carbon emissions from computing"),
            ("year", "2026"),
            ("howpublished", "Zenodo"),
            ("doi", "10.5281/zenodo.4658424"),
            ("url", "https://codecarbon.io"),
        ),
    ),
    Citation(
        key=CARBONTRACKER, kind="misc",
        fields=(
            ("author", "Anthony, Lasse F. Wolff and Kanding, Benjamin and Selvan, Raghavendra"),
            (
                "title",
                "Carbontracker: Tracking and Predicting the Carbon Footprint of Training Deep Learning Models",
            ),
            (
                "howpublished",
                "ICML Workshop on Challenges in Deploying and monitoring Machine Learning Systems",
            ),
            ("year", "2020"),
            ("note", "arXiv:2007.03051"),
        ),
    ),
    Citation(
        key=ECO2AI, kind="article",
        fields=(
            (
                "author",
                "Budennyy, Semen and Lazarev, Vladimir and Zakharenko, Nikita and Korovin, Alexey and Plosskaya, Olga "
                "and Dimitrov, Denis and Arkhipkin, Vladimir and Barsola, Ivan and Egorov, Ilya and Kosterina, "
                "Aleksandra and Zhukov, Leonid",
            ),
            ("title", "{eco2AI}: open-source library for carbon emission tracking of machine learning models"),
            ("journal", "arXiv preprint arXiv:2208.00406"),
            ("year", "2022"),
            ("doi", "10.48550/arXiv.2208.00406"),
        ),
    ),
    Citation(
        key=TIREX, kind="inproceedings",
        fields=(
            (
                "author",
                "Hagen, Tim and Fr{\\\"o}be, Maik and Merker, Jan Heinrich and Scells, Harrisen and Hagen, Matthias "
                "and Potthast, Martin",
            ),
            ("title", "{TIREx} Tracker: The Information Retrieval Experiment Tracker"),
            (
                "booktitle",
                "48th International ACM SIGIR Conference on Research and Development in Information Retrieval "
                "(SIGIR 2025)",
            ),
            ("publisher", "ACM"),
            ("year", "2025"),
            ("doi", "10.1145/3726302.3730297"),
        ),
    ),
    Citation(
        key=ZEUS, kind="inproceedings",
        fields=(
            ("author", "You, Jie and Chung, Jae-Won and Chowdhury, Mosharaf"),
            ("title", "Zeus: Understanding and Optimizing {GPU} Energy Consumption of {DNN} Training"),
            ("booktitle", "20th USENIX Symposium on Networked Systems Design and Implementation (NSDI 23)"),
            ("pages", "119--139"),
            ("year", "2023"),
            ("url", "https://www.usenix.org/conference/nsdi23/presentation/you"),
        ),
    ),
    Citation(
        key=ECOLOGITS, kind="article",
        fields=(
            ("author", "Rinc{\\'e}, Samuel and Banse, Adrien"),
            ("title", "{EcoLogits}: Evaluating the Environmental Impacts of Generative {AI}"),
            ("journal", "Journal of Open Source Software"),
            ("volume", "10"),
            ("number", "111"),
            ("pages", "7471"),
            ("year", "2025"),
            ("doi", "10.21105/joss.07471"),
        ),
    ),
    Citation(
        key=MLCO2, kind="article",
        fields=(
            ("author", "Lacoste, Alexandre and Luccioni, Alexandra and Schmidt, Victor and Dandres, Thomas"),
            ("title", "Quantifying the Carbon Emissions of Machine Learning"),
            ("journal", "arXiv preprint arXiv:1910.09700"),
            ("year", "2019"),
        ),
    ),
    Citation(
        key=EMBER, kind="misc",
        fields=(
            ("author", "{Ember} and {Our World in Data}"),
            ("title", "Lifecycle carbon intensity of electricity generation"),
            ("note", "Ember, with major processing by Our World in Data"),
            ("url", "https://ourworldindata.org/grapher/carbon-intensity-electricity"),
        ),
    ),
    Citation(
        key=EGRID, kind="misc",
        fields=(
            ("author", "{United States Environmental Protection Agency}"),
            ("title", "Emissions \\& Generation Resource Integrated Database ({eGRID2023})"),
            ("year", "2025"),
            ("url", "https://www.epa.gov/egrid"),
        ),
    ),
    Citation(
        key=TEADS, kind="misc",
        fields=(
            ("author", "Davy, Benjamin"),
            ("title", "Building an {AWS} {EC2} Carbon Emissions Dataset"),
            ("howpublished", "Teads Engineering"),
            ("year", "2021"),
            (
                "url",
                "https://medium.com/teads-engineering/building-an-aws-ec2-carbon-emissions-dataset-3f0fd76c98ac",
            ),
        ),
    ),
)  # fmt: skip
CITATIONS = {citation.key: citation for citation in _CITATIONS}

# By a name's letters and digits alone: `eco2AI`, `tirex-tracker` and `TIREx tracker` are written in many ways.
_TOOLS = {
    "neuclircarbon": KnownTool(name="neuclir-carbon", key=OURS),
    "codecarbon": KnownTool(name="CodeCarbon", key=CODECARBON),
    "carbontracker": KnownTool(name="carbontracker", key=CARBONTRACKER),
    "eco2ai": KnownTool(name="eco2AI", key=ECO2AI),
    "tirex": KnownTool(name="TIREx Tracker", key=TIREX),
    "tirextracker": KnownTool(name="TIREx Tracker", key=TIREX),
    "zeus": KnownTool(name="Zeus", key=ZEUS),
    "sacct": KnownTool(name="SLURM's accounting", key=None),
    "slurm": KnownTool(name="SLURM's accounting", key=None),
    "modelcard": KnownTool(name="a model card", key=None),
    "huggingface": KnownTool(name="a model card", key=None),
}
# What a source says of itself at its beginning, or anywhere → what is cited for it.
_SOURCES = (
    (re.compile(r"ecologits\b"), ECOLOGITS),
    (re.compile(r"codecarbon\b"), CODECARBON),
    (re.compile(r"mlco2/impact\b"), MLCO2),
    (re.compile(r".{0,200}\bOur World in Data\b"), EMBER),
    (re.compile(r".{0,200}\beGRID2023\b"), EGRID),
    (re.compile(r".{0,200}\bTeads\b"), TEADS),
)
_GRID_UNIT = "g CO2e/kWh"
# Methods of `estimate` that are another's.
_METHODS = {"mlco2": MLCO2, "api": ECOLOGITS}


def known_tool(name: str) -> KnownTool | None:
    """The tool that a record names; None where it is none that we know."""
    return _TOOLS.get(re.sub(r"[^a-z0-9]", "", name[:80].lower()))


def keys_of_grid(record: ActivityRecord) -> tuple[str, ...]:
    """What is cited for the carbon intensity of a record's electricity."""
    grid = [] if record.grid is None else [record.grid.source]
    return _keys([*grid, *(factor.source for factor in record.factors if factor.unit == _GRID_UNIT)])


def keys_of_hardware(record: ActivityRecord) -> tuple[str, ...]:
    """What is cited for a record's other outside numbers (power, manufacture), and for its method of estimating."""
    keys = _keys([factor.source for factor in record.factors if factor.unit != _GRID_UNIT])
    method = record.source.get("method") if record.source else None
    if record.method == "estimated" and isinstance(method, str) and method in _METHODS:
        keys = (_METHODS[method], *keys)
    return tuple(dict.fromkeys(keys))


def _keys(sources: Iterable[str]) -> tuple[str, ...]:
    keys = (key for text in sources for pattern, key in _SOURCES if pattern.match(text))
    return tuple(dict.fromkeys(keys))


def bibliography(keys: Iterable[str]) -> str:
    """The entries of these keys as BibTeX, each once, in their order."""
    return "\n\n".join(CITATIONS[key].bibtex for key in dict.fromkeys(keys))
