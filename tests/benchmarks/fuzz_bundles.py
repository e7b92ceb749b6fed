"""Changes a sound bundle at random and looks at what `verify` makes of it. By hand, from the top of a checkout:

    python tests/benchmarks/fuzz_bundles.py --minutes 10 [--seed 1]

Three kinds of change: the archive's bytes and headers; values in its JSON documents, with every digest made anew; the
text of its YAML, README and crate in a bundle that says another version made it. Told are tracebacks, files that were
written, bundles whose archive differs and that passed all the same, the slowest look and how much memory came to stay.
"""

import argparse
import json
import os
import random
import resource
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from hostile import FULL, Members, canonical, packed, raws, sound_members, with_digests

from neuclir_carbon.errors import CarbonError
from neuclir_carbon.model.submission import MANIFEST, MEMBERS
from neuclir_carbon.workflow.auditing import audit

TEXTS = ("ir-metadata.yml", "README.txt", MEMBERS[0])
DOCUMENTS = (MANIFEST, "activities.json", "certificates.json", "verdict.json", "track-schema.json")
TOKENS = (
    b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\0" * 4, b"\xff" * 4, b"../", b"\\", b"&a ", b"*a",
    b"!!x ", b"- ", b"? ", b": ", b"{", b"[", b'"', b"\n", b"---\n", b"%YAML 9\n", b"\xef\xbb\xbf", b"\xe2\x80\xae",
    b"9" * 400,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, 2**63, 10**40, "", "x" * 5000, "\u202e", "\x00", "../..", [], {}, [[[]]], "NaN",
    "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z",
)  # fmt: skip


def of_bytes(chosen: random.Random, members: Members) -> bytes:
    """Bytes changed, cut out, doubled or put in, mostly where the archive's own structure is."""
    data = bytearray(packed(raws(members)))
    for _ in range(chosen.choice((1, 1, 1, 2, 5))):
        near_end = chosen.random() < 0.5
        at = chosen.randrange(max(0, len(data) - 1200), len(data)) if near_end else chosen.randrange(len(data))
        match chosen.randrange(5):
            case 0:
                data[at] ^= 1 << chosen.randrange(8)
            case 1:
                data[at : at + 4] = struct.pack(
                    "<I", chosen.choice((0, 1, 0xFFFF, FULL, FULL - 1, chosen.getrandbits(32)))
                )
            case 2:
                del data[at : at + chosen.choice((1, 4, 22, 46, 1000))]
            case 3:
                data[at:at] = data[chosen.randrange(len(data)) :][: chosen.choice((1, 22, 46, 300))]
            case _:
                data[at:at] = chosen.choice(TOKENS)
    return bytes(data)


def of_headers(chosen: random.Random, members: Members) -> bytes:
    """Members packed anew with lies in their headers, doubled, dropped or moved."""
    found = raws(members)
    for _ in range(chosen.choice((1, 1, 2, 3))):
        at = chosen.randrange(len(found))
        number = chosen.choice((0, 1, 8, 99, 0xFFFF))
        lies: list[dict[str, Any]] = [
            {"name": bytes(chosen.getrandbits(8) for _ in range(chosen.choice((0, 1, 9, 300))))},
            {"name": chosen.choice(found).name.swapcase()}, {"flags": number}, {"method": number}, {"crc32": number},
            {"size": chosen.choice((0, 1, FULL, FULL - 1))}, {"compressed": chosen.choice((0, 1, FULL, FULL - 1))},
            {"mode": number}, {"extra": struct.pack("<2H", 1, 16) + bytes(chosen.choice((0, 8, 16)))},
            {"comment": b"x" * number}, {"offset": chosen.choice((0, 30, 10_000, FULL - 1))}, {"gap": b"x" * number},
            {"own": {"size": number, "name": b"other"}},
        ]  # fmt: skip
        found[at] = evolve(found[at], **chosen.choice(lies))
        if chosen.random() < 0.2:
            found.insert(chosen.randrange(len(found)), found[at])
        if chosen.random() < 0.2:
            chosen.shuffle(found)
    end = {key: chosen.choice((0, 9, 11, 0xFFFF)) for key in ("count", "disk") if chosen.random() < 0.1}
    end |= {key: chosen.choice((0, 46, FULL)) for key in ("length", "start") if chosen.random() < 0.1}
    return packed(found, behind=chosen.choice((b"", b"", b"x")), before=chosen.choice((b"", b"", b"x")), **end)


def of_values(chosen: random.Random, members: Members) -> bytes:
    """A value of a document replaced, doubled or taken away, and every digest made anew."""
    name = chosen.choice(DOCUMENTS)
    value = json.loads(members[name])
    for _ in range(chosen.choice((1, 1, 2, 4))):
        parent, key = _somewhere(chosen, value)
        if parent is None:
            break
        if chosen.random() < 0.2:
            del parent[key]
        else:
            parent[key] = chosen.choice((*VALUES, parent[key]))
    return canonical(_relisted({**members, name: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")}))


def _somewhere(chosen: random.Random, value: Any) -> tuple[Any, Any]:
    parent: Any = None
    key: Any = None
    while isinstance(value, (dict, list)) and value and (parent is None or chosen.random() < 0.7):
        parent, key = value, chosen.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = value[key]
    return parent, key


def of_texts(chosen: random.Random, members: Members) -> bytes:
    """A text that no schema describes, changed in a bundle of another version; or any document's raw text."""
    manifest = json.loads(members[MANIFEST])
    manifest["tool"]["version"] = "0.0.9"
    forged = {**members, MANIFEST: json.dumps(manifest).encode()}
    name = chosen.choice((*TEXTS, *DOCUMENTS))
    data = bytearray(forged[name])
    for _ in range(chosen.choice((1, 2, 8))):
        at = chosen.randrange(len(data) + 1)
        if chosen.random() < 0.5:
            data[at:at] = chosen.choice(TOKENS) * chosen.choice((1, 1, 30, 3000))
        else:
            del data[at : at + chosen.choice((1, 3, 50))]
    return canonical(_relisted({**forged, name: bytes(data)}))


def _relisted(members: Members) -> Members:
    try:
        return with_digests(members)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return members


KINDS: dict[str, Callable[[random.Random, Members], bytes]] = {
    "bytes": of_bytes, "headers": of_headers, "values": of_values, "texts": of_texts,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tried, passed, codes = Counter[str](), Counter[str](), Counter[str]()
    troubles: list[str] = []
    slowest = (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        members = sound_members(Path(folder) / "made")
        sound = packed(raws(members))
        path = Path(folder) / "fuzzed.crate.zip"
        path.write_bytes(sound)
        audit(path)
        before, listing = _peak_mib(), sorted(Path(folder).rglob("*"))
        ends, number = time.monotonic() + asked.minutes * 60, 0
        while time.monotonic() < ends:
            number += 1
            kind = list(KINDS)[number % len(KINDS)]
            data = KINDS[kind](random.Random(f"{asked.seed}-{number}"), members)
            path.write_bytes(data)
            started = time.perf_counter()
            try:
                result = audit(path)
            except CarbonError as error:
                codes[type(error).__name__] += 1
            except Exception:  # noqa: BLE001 - what the fuzzer is for
                troubles.append(f"{kind} {number}: {traceback.format_exc(limit=-3)}")
            else:
                codes.update({finding.code for finding in result.findings if finding.severity == "error"})
                passed[kind] += result.passed and data != sound
                if result.passed and data != sound and kind in ("bytes", "headers"):
                    troubles.append(f"{kind} {number}: passed, and its bytes differ from the sound bundle's")
            slowest = max(slowest, (time.perf_counter() - started, f"{kind} {number}"))
            tried[kind] += 1
        if sorted(Path(folder).rglob("*")) != listing:
            troubles.append("files were written")
    print(f"tried: {tried.total():,} ({', '.join(f'{kind} {count:,}' for kind, count in tried.items())})")
    print(f"passed though changed (harmless values, or texts that only another version can make anew): {dict(passed)}")
    print(f"codes: {', '.join(f'{code} {count:,}' for code, count in sorted(codes.items()))}")
    print(f"slowest look: {slowest[0]:.2f} s ({slowest[1]}); peak memory rose by {_peak_mib() - before:.0f} MiB")
    print(f"tracebacks, files or forgeries that passed: {len(troubles)}")
    print("\n".join(troubles[:10]))
    return 1 if troubles else 0


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
