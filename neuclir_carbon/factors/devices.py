"""One door to what devices draw: accelerators from our cited table, processors from CodeCarbon's list.

Names are exact. A device that is not listed is refused with the nearest names, never matched to a similar one.
"""

import csv
import re
from functools import cache
from pathlib import Path

from attrs import frozen

from neuclir_carbon.errors import UnknownName
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.versions import version
from neuclir_carbon.model.quantities import Spread
from neuclir_carbon.model.record import Factor
from neuclir_carbon.version import __version__

_DECORATION = re.compile(
    r"\((?:R|TM|r|tm)\)|^\d+th Gen |(?: CPU)? @ [\d.]+ ?GHz| CPU$"
    r"| (?:\d+|Dual|Quad|Six|Eight|Twelve|Sixteen)-Core Processor$| Processor$| with Radeon .*$"
)


@frozen(kw_only=True)
class Accelerator:
    """A GPU or TPU, in W per device.

    `tdp_w` is the vendor's maximum, `tdp_high_w` a higher figure that other sources have; `measured_w` are a vendor's
    measured minimum, mean and maximum in use. Each is None where not published.
    """

    name: str
    kind: str
    tdp_w: float | None
    tdp_high_w: float | None
    measured_w: Spread | None
    source: str
    version: str | None

    @property
    def most_w(self) -> float:
        """The most that it is said to draw, in W."""
        known = (self.tdp_w, self.tdp_high_w, self.measured_w.high if self.measured_w else None)
        return max(watts for watts in known if watts is not None)

    def power_w(self, load: Spread) -> Spread:
        """Its mean power in W where nobody measured: as the vendor measured it, else its TDP times the load (0…1)."""
        if self.measured_w is not None:
            return self.measured_w
        tdp = self.tdp_w if self.tdp_w is not None else self.most_w
        return Spread(tdp * load.low, tdp * load.central, self.most_w * load.high)

    @property
    def factor(self) -> Factor:
        """Its power as a number that goes into a record."""
        if self.measured_w is not None:
            value, low, high = self.measured_w.central, self.measured_w.low, self.measured_w.high
            identity = "measured_w"
        else:
            value = low = self.tdp_w if self.tdp_w is not None else self.most_w
            high, identity = self.most_w, "tdp_w"
        return Factor(
            id=f"device.{_slug(self.name)}.{identity}", value=value, unit="W", low=low, high=high, source=self.source,
            version=self.version,
        )  # fmt: skip


def accelerator(name: str) -> Accelerator:
    """The accelerator of exactly this name; `UnknownName` with the nearest ones else."""
    found = accelerators().get(name)
    if found is None:
        raise UnknownName("accelerator", name, accelerators(), hint="'neuclir-carbon estimate list devices' shows all")
    return found


@cache
def accelerators() -> dict[str, Accelerator]:
    """Name → accelerator; our table `accelerators.csv`."""
    return {row["name"]: _accelerator(row) for row in tables.own_rows("accelerators.csv")}


def _accelerator(row: dict[str, str]) -> Accelerator:
    mean, tdp = _number(row["measured_mean_w"]), _number(row["tdp_w"])
    measured = None
    if mean is not None:
        low, high = _number(row["measured_low_w"]), _number(row["measured_high_w"])
        # TPU v2 has a mean and a TDP only: the mean bounds it below, the TDP above.
        measured = Spread(mean if low is None else low, mean, high if high is not None else (tdp or mean))
    return Accelerator(
        name=row["name"], kind=row["kind"], tdp_w=tdp, tdp_high_w=_number(row["tdp_high_w"]), measured_w=measured,
        source=row["source"], version=f"neuclir-carbon {__version__}",
    )  # fmt: skip


def cpu_tdp_w(model_name: str) -> float | None:
    """The TDP in W of a processor, by its exact name in CodeCarbon's list; None if it is not there.

    What a processor says about itself (`Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz`) is stripped of marks, clock
    and core count; what is left must be a listed name to the letter, so a cloud's `Intel(R) Xeon(R) CPU` is None.
    """
    name = listed_processor(model_name)
    return None if name is None else processors()[name]


def listed_processor(model_name: str) -> str | None:
    """The name in CodeCarbon's list that a processor's own name is, to the letter, without its decoration; else None.

    The own name is looked up first as it is, then without trade marks, generation, clock, core count and graphics,
    then without the word CPU inside it (`Intel Xeon CPU E5-2686 v4`).
    """
    said = " ".join(model_name.split())
    plain = " ".join(_DECORATION.sub(" ", said).split())
    return next((name for name in (said, plain, plain.replace(" CPU ", " ")) if name in processors()), None)


def is_listed(name: str) -> bool:
    """Whether `device` knows the name."""
    return name in accelerators() or listed_processor(name) is not None


def most_w(name: str) -> float:
    """The most that an accelerator or a processor of exactly this name draws, in W; `UnknownName` for neither."""
    return device(name).most_w


def device(name: str) -> Accelerator:
    """The accelerator, or the processor as one whose TDP is known; `UnknownName` with the nearest names else."""
    if name in accelerators():
        return accelerators()[name]
    listed = listed_processor(name)
    if listed is None:
        raise UnknownName(
            "device", name, [*accelerators(), *processors()], hint="'neuclir-carbon estimate list devices' shows all"
        )
    return Accelerator(
        name=listed, kind="cpu", tdp_w=processors()[listed], tdp_high_w=None, measured_w=None,
        source="codecarbon (cpu_power.csv)", version=version("codecarbon"),
    )  # fmt: skip


@cache
def processors() -> dict[str, float]:
    """Name → TDP in W of CodeCarbon's list of processors."""
    # csv.reader: with csv.DictReader every `run` waits 9 ms longer.
    path = Path(tables.package_file("codecarbon", "data", "hardware", "cpu_power.csv"))
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    name, tdp = header.index("Name"), header.index("TDP")
    listed = {" ".join(row[name].split()): _watts(row[tdp]) for row in rows if len(row) > max(name, tdp)}
    return {known: watts for known, watts in listed.items() if watts is not None}


def _watts(text: str) -> float | None:
    """A TDP as the list writes it; None for what is no number there (`27.29.5`)."""
    try:
        watts = float(text)
    except ValueError:
        return None
    return watts if 0 < watts < 10_000 else None


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")[:80]


def _number(text: str) -> float | None:
    return float(text) if text else None
