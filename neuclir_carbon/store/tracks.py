"""Track files: those that come with the package, by name, and an organizer's own, by path."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neuclir_carbon.errors import UnknownName, Unreadable
from neuclir_carbon.model.finding import Severity
from neuclir_carbon.model.track import SCHEMA, Track, track_of
from neuclir_carbon.resources import track_paths

if TYPE_CHECKING:
    from neuclir_carbon.store.documents import Parsed

MAX_TRACK_BYTES = 8 * 1024 * 1024


class LoadedTrack(NamedTuple):
    """A track and the exact bytes of its file, which a bundle freezes."""

    track: Track
    raw: bytes


def load_track(name_or_path: str) -> LoadedTrack:
    """The track of a name or a path. A value with a slash or ending in `.json` is a path, anything else a name.

    `UnknownName` for a name that is not known; `Unreadable` for a file that is missing or broken. A packaged track is
    not validated again: the tests have done that.
    """
    if "/" in name_or_path or name_or_path.endswith(".json"):
        return _read_track(name_or_path)
    known = dict(track_paths())
    if name_or_path not in known:
        raise UnknownName("track", name_or_path, known, hint="'tracks list' shows all; a file is named with a slash")
    raw = known[name_or_path].read_bytes()
    return LoadedTrack(track_of(json.loads(raw)), raw)


def _read_track(path: str) -> LoadedTrack:
    from neuclir_carbon.store.files import read_bytes

    raw = read_bytes(Path(path), most=MAX_TRACK_BYTES)
    parsed = parse_track(raw, path)
    if parsed.value is None:
        faults = "\n".join(f"  {finding}" for finding in parsed.findings[:20])
        raise Unreadable(f"{path} is no track file ('tracks check' tells more):\n{faults}")
    return LoadedTrack(parsed.value, raw)


def parse_track(data: bytes, path: str) -> "Parsed[Track]":
    """The track of a file's bytes; None where the schema or a TRK rule finds an error. Findings name `path`."""
    from neuclir_carbon.checks.documents import examine_bytes
    from neuclir_carbon.checks.tracks import BOOK
    from neuclir_carbon.store.documents import Parsed

    raw, findings = examine_bytes(SCHEMA, data)
    if raw is None:
        return Parsed(None, tuple(finding.inside(path) for finding in findings))
    track = track_of(raw)
    found = tuple(finding.inside(path) for finding in BOOK.examine(track))
    broken = any(finding.severity is Severity.ERROR for finding in found)
    return Parsed(None if broken else track, found)
