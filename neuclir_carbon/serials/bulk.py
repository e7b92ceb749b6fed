"""Blocks of millions of serials, as a registry's export has them: what `reading.read_list` says of each, sooner.

What stands around a block's two numbers repeats from row to row: its frame. A frame is read once, with a block of the
largest numbers in it, and remembered; from then on a serial is its frame and two numbers in order. What is not that
plain (a list, odd blanks, leading zeros, ends that are printed apart) is not answered here and must be read in full.
"""

import re

from neuclir_carbon.serials.normal import MAX_LENGTH
from neuclir_carbon.serials.reading import read_list

# Serials name their vintage. Where nothing is judged, none is too late.
ANY_YEAR = 9999
MOST_FRAMES = 50_000
# After so many frames that were none, others are tried only while at most every second text had such a one.
FRAMES_ON_TRUST = 1000
_NUMBER = "([1-9][0-9]{0,14})"
_LAST = re.compile(rf"(.{{1,150}}[-_ ]){_NUMBER}( to |-){_NUMBER}")
_VCU = re.compile(rf"[0-9]{{1,9}}-{_NUMBER}-{_NUMBER}(-VCS-VCU-.{{1,100}})")
_ISSUANCE, _FIRST, _LARGEST = 10**9 - 1, 10**15 - 2, 10**15 - 1


class BulkReader:
    """Reads the serials of one export, most of them of the programme `home`."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._keys: dict[str, str | None] = {}
        self._asked = self._failed = 0

    def block(self, text: str) -> tuple[str, int, int] | None:
        """Overlap key, start and end of a text that is one valid block; None where only a full reading can tell."""
        self._asked += 1
        if (found := _VCU.fullmatch(text)) is not None:
            start, end, frame = found.groups()
            before, between, after = f"{_ISSUANCE}-", "-", frame
        elif (found := _LAST.fullmatch(text)) is not None:
            frame, start, between, end = found.groups()
            before, after = frame, ""
        else:
            return None
        first, last = int(start), int(end)
        if last < first or len(text) > MAX_LENGTH:
            return None
        known = frame in self._keys
        key = self._keys[frame] if known else self._key(frame, f"{before}{_FIRST}{between}{_LARGEST}{after}")
        return None if key is None else (key, first, last)

    def _key(self, frame: str, probe: str) -> str | None:
        """The key of every valid block in a frame; None where the frame has none, or the numbers are not its ends."""
        if self._failed >= FRAMES_ON_TRUST and self._failed > self._asked // 2:
            return None
        if len(self._keys) >= MOST_FRAMES:
            self._keys.clear()
        key = self._keys[frame] = self._read(probe)
        self._failed += key is None
        return key

    def _read(self, probe: str) -> str | None:
        readings = read_list(probe, year=ANY_YEAR, programme=self._home)
        serial = readings[0].serial
        if len(readings) > 1 or serial is None or not readings[0].is_valid:
            return None
        is_plain = (serial.start, serial.end) == (_FIRST, _LARGEST) and not serial.order_only
        varies = any(str(number) in serial.key for number in (_ISSUANCE, _FIRST, _LARGEST))
        return serial.key if is_plain and not varies else None
