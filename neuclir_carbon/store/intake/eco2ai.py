"""eco2AI's `emission.csv` in its three generations of columns.

`power_consumption(kWh)` is an energy, whatever its name says. A row grows while its work goes on and is rewritten, so
rows of one id, epoch and time of start are running totals; rows of other epochs or starts add up. Which PUE is inside
is told nowhere (1 unless the user gave another), and times are local.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from neuclir_carbon.checks.intake import BAD_ROW, IMPOSSIBLE
from neuclir_carbon.model.reported import Dropped, Origin, Remark, Reported, Statement
from neuclir_carbon.store.intake.amounts import as_kept
from neuclir_carbon.store.intake.form import Form, Head, has_header
from neuclir_carbon.store.intake.labels import is_path, label, words
from neuclir_carbon.store.intake.machine_limits import W_PER_GPU, W_PER_NODE, W_REST
from neuclir_carbon.store.intake.named_places import country_of
from neuclir_carbon.store.intake.table import Row, read_rows

TOOL = "eco2ai"
_DURATION = ("duration(s)", "time(s)")
_ENERGY = ("power_consumption(kwh)", "power_consumption(kwth)")
_EMISSIONS = ("co2_emissions(kg)",)
_PLACE = ("region/country", "country")
# What it writes where the user names no project.
_NO_PROJECT = frozenset({"", "deafult project name", "default project name"})
_DEVICES = re.compile(
    r"(?P<name>.*?)[/ ]?\s*(?P<count>[0-9]{1,4}) device\(s\)(?:, TDP:(?P<tdp>[0-9]{1,5}(?:\.[0-9]*)?))?"
)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?")
# A processor's TDP is what it draws at length, not at most; where it is not told, more than any has.
_TDPS_AT_MOST, _UNKNOWN_TDP_W = 3.0, 700.0


def _is_header(names: Sequence[str]) -> bool:
    found = set(names)
    return bool(found.intersection(_ENERGY)) and bool(found.intersection(_EMISSIONS))


def _looks_like(head: Head) -> bool:
    return has_header(head, _is_header, "power_consumption")


def read(path: Path) -> Iterator[Statement]:
    """The rows of a file, what of it can't be read, and at the end what was left out."""
    paths = 0
    for row in read_rows(path, _is_header):
        if isinstance(row, Remark):
            yield row
        elif not row.fits:
            yield Remark(BAD_ROW.code, f"has {len(row.cells):,} cells, wanted {row.width:,}", row.line)
        else:
            paths += is_path(_get(row, ("project_name",)))
            try:
                yield _statement(row)
            except ValueError as error:
                yield Remark(BAD_ROW.code, str(error), row.line)
    yield Dropped(paths=paths)


def _statement(row: Row) -> Reported | Remark:
    duration_s, energy_kwh, emissions_kg = (
        row.number(_named(row, names)) for names in (_DURATION, _ENERGY, _EMISSIONS)
    )
    for names, value in ((_DURATION, duration_s), (_ENERGY, energy_kwh), (_EMISSIONS, emissions_kg)):
        if value is not None and value < 0:
            return Remark(IMPOSSIBLE.code, f"{names[0]} is {value:g}, which is below 0", row.line)
    if duration_s is None and energy_kwh is None and emissions_kg is None:
        return Remark(BAD_ROW.code, "holds no figure at all", row.line)
    identity, project, epoch, start = (
        _get(row, (name,))[:400] for name in ("id", "project_name", "epoch", "start_time")
    )
    if _MOMENT.fullmatch(epoch):
        raise ValueError(f"epoch is {epoch[:40]!a}, which is a date: the row is shifted")
    started_s = _moment(start)
    written_s = None if started_s is None or duration_s is None else started_s + duration_s
    epoch = "" if epoch.lower() == "n/a" else epoch
    run = "|".join((identity, epoch, start, "" if identity else project)) if identity or start else None
    return Reported(
        line=row.line,
        origin=_origin(_get(row, ("cpu_name",)), _get(row, ("gpu_name",)), _get(row, _PLACE)),
        identity=(TOOL, identity, epoch, start, as_kept(duration_s), as_kept(energy_kwh), as_kept(emissions_kg)),
        run=run,
        label=label(project) if project.lower() not in _NO_PROJECT else None,
        written_s=written_s,
        started_s=started_s,
        duration_s=duration_s,
        energy_kwh=energy_kwh,
        emissions_kg=emissions_kg,
    )


def _get(row: Row, names: Sequence[str]) -> str:
    return row.get(_named(row, names))


def _named(row: Row, names: Sequence[str]) -> str:
    """The name that a column has in this generation; the first of its names where it is not there."""
    return next((name for name in names if name in row.columns), names[0])


def _moment(text: str) -> float | None:
    """Seconds since 1970 of a local time, as if it were UTC; ValueError where it is none."""
    if not text:
        return None
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        pass
    raise ValueError(f"start_time is {text[:40]!a}, wanted a date: the row is shifted")


@lru_cache(maxsize=4096)
def _origin(cpu: str, gpu: str, place: str) -> Origin:
    country, _, region = place.partition("/")
    processors, cards = _DEVICES.fullmatch(cpu[:400]), _DEVICES.fullmatch(gpu[:400])
    gpus = int(cards["count"]) if cards else 0
    hardware = {
        "cpu_model": words(processors["name"] if processors else cpu),
        "gpu_model": words(cards["name"] if cards else gpu),
        "gpus": gpus if cards else None,
    }
    known = country_of(country, codes=True) if country.strip() else None
    return Origin(
        tool=TOOL,
        country=known,
        region=words(region) if known else None,
        hardware=tuple((key, value) for key, value in hardware.items() if value is not None),
        power_limit_w=_power_limit_w(processors, gpus),
    )


def _power_limit_w(processors: re.Match[str] | None, gpus: int) -> float:
    if processors is None or not int(processors["count"]):
        return W_PER_NODE
    tdp_w = float(processors["tdp"] or _UNKNOWN_TDP_W)
    return W_REST + int(processors["count"]) * tdp_w * _TDPS_AT_MOST + gpus * W_PER_GPU


FORM = Form(name=TOOL, title="eco2AI's CSV", looks_like=_looks_like, read=read)
