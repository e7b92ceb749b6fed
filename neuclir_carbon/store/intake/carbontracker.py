"""carbontracker's logs: both halves of a pair, one of them, or what it printed, pasted into another text.

The output half tells `Actual consumption`, which contains a PUE (1.58); the standard half tells mean powers without
one, a duration an epoch, the place and the grid's intensity. Whichever half is read, its other half beside it is read
too, so that both make the same statement and count once: what makes it the same is its components and the second in
which they were found. What was predicted is never counted. Times are local.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from neuclir_carbon.checks.intake import BAD_ROW, LEFT_OUT, UNFINISHED
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Dropped, Origin, Remark, Reported, Statement
from neuclir_carbon.store.intake.amounts import JOULES_PER_KWH
from neuclir_carbon.store.intake.carbontracker_log import Actual, Session, sessions
from neuclir_carbon.store.intake.form import Form, Head
from neuclir_carbon.store.intake.labels import words
from neuclir_carbon.store.intake.machine_limits import W_PER_NODE
from neuclir_carbon.store.intake.named_places import country_of

TOOL = "carbontracker"
# What it multiplies by since 2.0 and what its 1.x of 2020 to 2022 had too; the standard half says it.
PUE = 1.58
_STANDARD, _OUTPUT = "_carbontracker.log", "_carbontracker_output.log"
_MARK = re.compile(
    r"carbontracker version |CarbonTracker: |Average power usage \(W\) for |^Actual consumption(?: for .*epoch.*)?:",
    re.MULTILINE,
)
_DEVICES = re.compile(r"\b(CPU|GPU) with device\(s\) (.{1,1000}?)(?=\. (?:CPU|GPU) with|$)")
# Both halves note when they found the components; the second may turn between them.
_SAME_MOMENT_S = 2.0


@frozen(kw_only=True)
class _Pair:
    """What one tracker wrote: in the output half, in the standard half, or in both."""

    output: Session | None = None
    standard: Session | None = None

    @property
    def either(self) -> Session:
        found = self.output or self.standard
        assert found is not None  # noqa: S101  a pair is made of one at least
        return found


def _looks_like(head: Head) -> bool:
    return bool(_MARK.search(head.text))


def read(path: Path) -> Iterator[Statement]:
    """What each tracker consumed, once for both halves of its log, and what was not finished or only predicted."""
    own = list(sessions(path))
    if not own:
        raise Unreadable(f"{path} holds no line of carbontracker's")
    is_standard = path.name.endswith(_STANDARD)
    other = list(_beside(path, is_standard=is_standard))
    for session in own:
        yield from session.remarks
        match = next((one for one in other if _are_one(one, session)), None)
        standard = session if session.epochs or is_standard else match
        output = session if session.actual else match
        yield from _statements(_Pair(output=output, standard=standard), session)
    yield Dropped(coordinates=sum(bool(session.place and "," in session.place) for session in own))


def _beside(path: Path, *, is_standard: bool) -> Iterator[Session]:
    """The sessions of the other half, where it stands beside; nothing where it can't be read."""
    if is_standard:
        name = path.name.removesuffix(_STANDARD) + _OUTPUT
    elif path.name.endswith(_OUTPUT):
        name = path.name.removesuffix(_OUTPUT) + _STANDARD
    else:
        return
    try:
        yield from sessions(path.with_name(name))
    except Unreadable:
        return


def _are_one(one: Session, other: Session) -> bool:
    """Whether two halves are of one tracker: the same components, found at the same moment."""
    if one.begun_s is None or other.begun_s is None:
        return False
    return one.components == other.components and abs(one.begun_s - other.begun_s) <= _SAME_MOMENT_S


def _statements(pair: _Pair, session: Session) -> Iterator[Statement]:
    if any(half is not None and half.is_interrupted for half in (pair.output, pair.standard)):
        yield Remark(UNFINISHED.code, "the training was interrupted: its consumption up to then counts", session.line)
    if session.predicted:
        yield Remark(LEFT_OUT.code, "a predicted consumption is no consumption", session.predicted)
    actual = pair.output.actual if pair.output else []
    for index, block in enumerate(actual):
        said = _of_output(pair, block, is_last=index == len(actual) - 1)
        yield said if pair.output is session else said._replace(line=session.line)
    if actual:
        return
    if pair.standard is not None and pair.standard.epochs:
        yield _of_standard(pair.standard)
    elif session.components:
        yield Remark(
            BAD_ROW.code, "tells components and no consumption: it was broken off, or its other half is missing",
            session.line,
        )  # fmt: skip


def _of_output(pair: _Pair, block: Actual, *, is_last: bool) -> Reported:
    """The consumption of a block, which contains the PUE that the other half names."""
    standard = pair.standard
    pue = standard.pue if standard and standard.pue else PUE
    said = _of_standard(standard) if standard and standard.epochs and is_last else None
    duration_s = block.duration_s
    if said is not None and said.duration_s is not None and abs(said.duration_s - (duration_s or 0.0)) < 1:
        # The block has whole seconds.
        duration_s = said.duration_s
    written_s = block.written_s if block.written_s is not None else pair.either.ended_s
    return Reported(
        line=block.line,
        origin=_origin(pair),
        identity=_identity(pair.either, None if is_last and pair.either.begun_s is not None else block),
        run=_run(pair.either),
        written_s=written_s,
        started_s=None if written_s is None or duration_s is None else written_s - duration_s,
        duration_s=duration_s,
        energy_kwh=block.energy_kwh,
        pue=pue,
        emissions_kg=block.emissions_kg,
        intensity_g_per_kwh=_intensity(pair),
    )


def _of_standard(standard: Session) -> Reported:
    """Mean powers times durations, without a PUE."""
    duration_s = math.fsum(epoch.duration_s for epoch in standard.epochs)
    parts: dict[str, float | None] = {}
    for part in ("cpu", "gpu"):
        powers = [(epoch.powers_w.get(part), epoch.duration_s) for epoch in standard.epochs]
        known = [watts * seconds for watts, seconds in powers if watts is not None]
        parts[part] = math.fsum(known) / JOULES_PER_KWH if len(known) == len(powers) else None
    told = [kwh for kwh in parts.values() if kwh is not None]
    written_s = standard.ended_s
    return Reported(
        line=standard.line,
        origin=_origin(_Pair(standard=standard)),
        identity=_identity(standard, None),
        run=_run(standard),
        written_s=written_s,
        started_s=None if written_s is None else written_s - duration_s,
        duration_s=duration_s,
        energy_kwh=math.fsum(told) if told else None,
        cpu_kwh=parts["cpu"],
        gpu_kwh=parts["gpu"],
        intensity_g_per_kwh=standard.intensity_g_per_kwh,
    )


def _identity(session: Session, block: Actual | None) -> tuple[str | float | None, ...]:
    """The moment when the components were found is the same in both halves; a block has its figures beside it."""
    figures = () if block is None else (block.duration_s, block.energy_kwh, block.emissions_kg)
    return (TOOL, session.components, session.begun, *figures)


def _run(session: Session) -> str | None:
    return None if session.begun is None else f"{session.begun}|{session.components}"


def _intensity(pair: _Pair) -> float | None:
    known = [half.intensity_g_per_kwh for half in (pair.standard, pair.output) if half is not None]
    return next((value for value in known if value is not None), None)


def _origin(pair: _Pair) -> Origin:
    halves = [half for half in (pair.standard, pair.output) if half is not None]
    place = next((half.place for half in halves if half.place), "")
    named = [part.strip() for part in place.split(",")]
    country = country_of(place, codes=True) if place else None
    found = dict(_DEVICES.findall(pair.either.components or ""))
    hardware = {"cpu_model": words(found.get("CPU", "")), "gpu_model": words(found.get("GPU", ""))}
    version = next((half.version for half in halves if half.version), None)
    return Origin(
        tool=TOOL,
        version=version,
        country=country,
        # City, region, country.
        region=words(named[-2]) if country and len(named) == 3 else None,
        mode="machine",
        hardware=tuple((key, value) for key, value in hardware.items() if value),
        power_limit_w=W_PER_NODE,
    )


FORM = Form(name=TOOL, title="carbontracker's logs, either half", looks_like=_looks_like, read=read)
