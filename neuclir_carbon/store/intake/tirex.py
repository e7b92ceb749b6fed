"""tirex-tracker's files, which are ir_metadata 0.2, and ir_metadata of other hands: YAML, energies as text in J.

The tracker reads counters or nothing: `0 J` and `null J` say that nothing was measured. It tells no place and no CO2e.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from neuclir_carbon.checks.intake import BAD_ROW, IMPOSSIBLE, LEFT_OUT, NO_CARBON_DATA, UNKNOWN_ENERGY
from neuclir_carbon.errors import Unreadable
from neuclir_carbon.model.reported import Dropped, Origin, Remark, Reported, Statement
from neuclir_carbon.store.files import open_file
from neuclir_carbon.store.intake.amounts import GIB, KWH, SECONDS, amount
from neuclir_carbon.store.intake.form import Form, Head
from neuclir_carbon.store.intake.labels import label, words
from neuclir_carbon.store.intake.machine_limits import most_w
from neuclir_carbon.store.intake.yaml_outline import MOST_BYTES, Outline, outline

TOOL = "tirex-tracker"
OWN_TOOL = "neuclir-carbon"
PARTS = ("cpu", "gpu", "ram")
_MOST_FILE_BYTES = 256 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024
_KEYS = (
    "schema version", "schema-version", "tag", "actor", "platform", "implementation", "resources", "method",
    "research goal", "data",
)  # fmt: skip
_TOP_KEY = re.compile(rf"""^["']?({"|".join(_KEYS)})["']?\s*:""", re.MULTILINE)
_KEY_OF_JSON = re.compile(rf'"({"|".join(_KEYS)})"\s*:')
_OF_THE_TRACKER = re.compile(r"tirex|energy used (?:system|process)|wallclock")
# An item of a series of samples: a bare number or milliseconds, with or without a tag and quotes. A run of ten hours
# has two million of them, and none is used.
_SAMPLE = re.compile(
    rb"""^[ \t]*-[ \t]+(?:!!\w+[ \t]+)?["']?[-+]?[0-9][0-9.eE+-]*(?:ms|s)?["']?[ \t\r]*$""", re.MULTILINE
)
_MARK = re.compile(r"^#?\s*ir_metadata\.(?:start|end)\s*$", re.MULTILINE)
_COMMENTED = re.compile(r"^# ?", re.MULTILINE)
_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")


def _is_ir_metadata(head: Head) -> bool:
    """The version of its schema at the margin, or three of its blocks: other YAML has some of them too."""
    found = _top_keys(head)
    return len(found) >= 3 or bool(found & {"schema version", "schema-version"})


def _looks_like(head: Head) -> bool:
    return len(_top_keys(head)) >= 2 and bool(_OF_THE_TRACKER.search(head.text))


def _top_keys(head: Head) -> set[str]:
    if head.text.lstrip().startswith("{"):
        return set(_KEY_OF_JSON.findall(head.text))
    text = _COMMENTED.sub("", head.text) if _MARK.search(head.text[:200]) else head.text
    return set(_TOP_KEY.findall(text))


def read(path: Path) -> Iterator[Statement]:
    """The one statement of a file, if it tells of any consumption, and what of it is not to be used."""
    found = outline(_text(path))
    if found.fault is None and not isinstance(found.value, dict):
        raise Unreadable(f"{path} is no YAML of keys and values")
    if found.fault is not None:
        line, reason = found.fault
        yield Remark(BAD_ROW.code, f"{reason}: what stands before is read", line)
    if isinstance(found.at("emissions"), dict) and found.text_at("platform", "software", OWN_TOOL):
        yield Remark(
            LEFT_OUT.code,
            f"is {OWN_TOOL}'s own sum over activities: import the records themselves (`records/`, or `activities.json` "
            "of the bundle), which add up to it",
        )
        return
    if not isinstance(found.at("resources"), dict):
        yield Remark(NO_CARBON_DATA.code, "has no block `resources`: no energy and no duration")
        return
    yield from _consumption(found)


def _consumption(found: Outline) -> Iterator[Statement]:
    energies: dict[str, float | None] = {}
    for part in PARTS:
        energies[part] = None
        try:
            energies[part] = _energy_kwh(found, part)
        except ValueError as error:
            yield Remark(IMPOSSIBLE.code, f"resources.{part}.energy used system: {error}")
    runtime = ("resources", "runtime")
    try:
        duration_s = amount(found.text_at(*runtime, "wallclock") or "", SECONDS)
        started_s, ended_s = (_moment(found.text_at(*runtime, key)) for key in ("start time", "stop time"))
    except ValueError as error:
        yield Remark(BAD_ROW.code, f"resources.runtime: {error}")
        return
    if duration_s is None and started_s is not None and ended_s is not None:
        duration_s = ended_s - started_s
    if duration_s is not None and duration_s < 0:
        yield Remark(IMPOSSIBLE.code, f"resources.runtime: a duration of {duration_s:g} s is below 0")
        return
    known = [kwh for kwh in energies.values() if kwh is not None]
    if not known and duration_s is None:
        yield Remark(NO_CARBON_DATA.code, "tells no energy and no duration")
        return
    yield from _unmeasured(energies)
    yield Reported(
        line=None,
        origin=_origin(found),
        identity=(TOOL, found.text_at(*runtime, "start time"), found.text_at(*runtime, "stop time"), duration_s,
                  *energies.values(), _work(found)),
        label=_label(found),
        written_s=ended_s,
        started_s=started_s,
        has_zone=started_s is not None,
        duration_s=duration_s,
        energy_kwh=sum(known) if known else None,
        cpu_kwh=energies["cpu"],
        gpu_kwh=energies["gpu"],
        ram_kwh=energies["ram"],
    )  # fmt: skip
    root = found.text_at("implementation", "source", "root") or found.text_at("implementation", "script", "path")
    yield Dropped(paths=1 if root else 0)


def _unmeasured(energies: dict[str, float | None]) -> Iterator[Remark]:
    """Which parts are not included; where all are unknown, that is said of the statement itself."""
    lacking = [part for part, kwh in energies.items() if kwh is None]
    if 0 < len(lacking) < len(energies):
        yield Remark(UNKNOWN_ENERGY.code, f"the energy of {' and '.join(lacking)} was not measured and is not included")


def _energy_kwh(found: Outline, part: str) -> float | None:
    """The energy of a part; None where no counter was read; ValueError where it can't be."""
    kwh = amount(found.text_at("resources", part, "energy used system") or "", KWH)
    if kwh is not None and kwh < 0:
        raise ValueError("is below 0: the counter was set back; it is not used")
    return kwh or None


def _moment(text: str | None) -> float | None:
    """Seconds since 1970 of a time with its zone; None where there is none; ValueError where it is no time."""
    if text is None or text.lower().startswith("null"):
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text[:60]))
    except ValueError:
        raise ValueError(f"{text[:40]!a} is no time") from None
    return moment.timestamp() if moment.tzinfo else None


def _origin(found: Outline) -> Origin:
    cpu = ("platform", "hardware", "cpu")
    threads = _count(found, *cpu, "threads per core") or 1
    cores = _count(found, *cpu, "number of cores")
    gpu = found.text_at("platform", "hardware", "gpu", "model")
    ram_gib = _gib(found.text_at("platform", "hardware", "ram"))
    cpus = cores * threads if cores else None
    hardware: dict[str, str | int | float | None] = {
        "cpu_model": words(found.text_at(*cpu, "model") or ""), "logical_cpus": cpus, "gpu_model": words(gpu or ""),
        "ram_gib": ram_gib,
    }  # fmt: skip
    version = found.text_at("platform", "software", TOOL) or _installed(found)
    return Origin(
        tool=TOOL if version or found.at("resources", "runtime") else "ir-metadata",
        version=version[:40] if version else None,
        mode="machine",
        hardware=tuple((key, value) for key, value in hardware.items() if value is not None),
        # The cores are told of one socket; eight of them, and as many GPUs, are the largest machines there are.
        power_limit_w=most_w(cpus=cpus * 8, gpus=16, ram_gib=ram_gib or 0.0) if cpus else None,
    )


def _installed(found: Outline) -> str | None:
    """The tracker's version in the list of the packages that were there."""
    packages = found.at("implementation", "python", "packages")
    named = (item for item in packages if isinstance(item, str)) if isinstance(packages, list) else iter(())
    return next((item.removeprefix(f"{TOOL}==") for item in named if item.startswith(f"{TOOL}==")), None)


def _label(found: Outline) -> str | None:
    for keys in (("tag",), ("method", "name")):
        said = found.text_at(*keys)
        if said:
            return label(said)
    return None


def _count(found: Outline, *keys: str) -> int | None:
    text = found.text_at(*keys) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _gib(text: str | None) -> float | None:
    try:
        return amount(text or "", GIB)
    except ValueError:
        return None


def _work(found: Outline) -> str:
    """What was run, as a digest: files without times are told apart by it."""
    said = repr((found.at("implementation"), found.at("method"), found.at("tag"), found.at("actor")))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _text(path: Path) -> str:
    """The file without its series of samples, and without the lines that mark where it begins and ends."""
    parts: list[bytes] = []
    held = read = 0
    with open_file(path) as stream:
        while block := stream.read(_BLOCK_BYTES):
            block += stream.readline(_BLOCK_BYTES)
            read += len(block)
            kept = _SAMPLE.sub(b"", block)
            held += len(kept)
            if held > MOST_BYTES or read > _MOST_FILE_BYTES:
                raise Unreadable(
                    f"{path} is longer than {_MOST_FILE_BYTES:,} bytes, or than {MOST_BYTES:,} without its series of "
                    "samples; ir_metadata of one run is far shorter"
                )
            parts.append(kept)
    data = b"".join(parts).removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if mark := _MARK.search(text[:200]):
        if mark[0].startswith("#"):
            text = _commented(text)
        text = _MARK.sub("", text)
    return text


def _commented(text: str) -> str:
    """The comment at the head of a run in six columns."""
    lines = text.split("\n")
    return "\n".join(line[1:].removeprefix(" ") if line.startswith("#") else "" for line in lines)


FORM = Form(name="tirex", title="tirex-tracker's ir_metadata 0.2, YAML", looks_like=_looks_like, read=read)
OTHER_FORM = Form(name="ir-metadata", title="ir_metadata of other hands, YAML", looks_like=_is_ir_metadata, read=read)
