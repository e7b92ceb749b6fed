"""Small runs with random faults, sometimes none: six columns, NeuCLIR reports, RAGTIME reports."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

TAG = "T-run1"
TOPICS = ("300", "301", "302")
LIMIT = 100
IDS = (
    "cd613e30-d8f1-4adf-91b7-584a2265b1f5",
    "1e2feb89-414c-443c-9027-c4d1c386bbc4",
    "78e51061-7311-48a3-82ce-6f447ed4d57b",
    "35bf992d-c9e9-4616-a12e-7696a6cecc1b",
)
# Values that may stand anywhere in a line of JSON.
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -0.0, 1, 1.5, -3, "", "x", "text citations", "300", " 300", 300, [], {}, [1], [[]], ["a"],
    {"a": 1}, {"text": "a"}, [None], float("nan"), float("inf"), 10**30, "metadata", ["text", "citations"], "\u0000",
    "é" * 3, "\ud800", "[]", "{}", '[{"a": 1}]', "neuclir/1/zho", ["neuclir/1/zho", "neuclir/1/eng"],
)  # fmt: skip
TEXTS = ("A sentence.", "", "ﷺ" * 6, "ﬁ" * 30, "e\u0301" * 50, "a " * 50, "x" * 99, "x" * 100, "x" * 101, "\ud800")
CITED = (
    *IDS, *IDS, IDS[0].upper(), IDS[1].replace("-", ""), IDS[2] + "\n", IDS[3][:-1], IDS[0].replace("-4adf-", "-1adf-"),
    IDS[0].replace("-", "", 1), " " + IDS[0], "x", "", 3, None, [], "\u0661" * 36,
)  # fmt: skip
LINES = (
    "", " ", "{", "[", "null", "1", '"a"', '"[1"', '"{}"', "[]", "[{}]", "{}", "nan", "NaN", "{'a': 1}", "\x00",
    "\ufeff{}", "{}{}",
)  # fmt: skip


def neuclir_entry(topic: str, rng: random.Random) -> dict[str, Any]:
    """A good line of a NeuCLIR report."""
    sentences = [
        {"text": "A sentence.", "citations": rng.sample(IDS, rng.randint(0, 2))} for _ in range(rng.randint(1, 3))
    ]
    return {"request_id": topic, "run_id": TAG, "collection_ids": ["neuclir/1/zho"], "sentences": sentences}


def ragtime_entry(topic: str, rng: random.Random) -> dict[str, Any]:
    """A good line of a RAGTIME report."""
    cited = rng.sample(IDS, rng.randint(0, 2))
    citations: Any = cited if rng.random() < 0.5 else dict.fromkeys(cited, 0.5)
    responses = [{"text": "A sentence.", "citations": citations} for _ in range(rng.randint(1, 3))]
    metadata = {"team_id": "T", "run_id": TAG, "topic_id": topic}
    return {"metadata": metadata, "responses": responses, "references": cited}


def mutated_report(rng: random.Random, entry: Callable[[str, random.Random], dict[str, Any]]) -> bytes:
    """A small run of reports with a few faults of its values, its lines or its bytes."""
    entries = [entry(topic, rng) for topic in TOPICS]
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 3))):
        _change(rng, entries)
    if rng.random() < 0.1:
        entries.append(copy.deepcopy(rng.choice(entries)))
    if rng.random() < 0.1:
        del entries[rng.randrange(len(entries))]
    lines = [json.dumps(item, ensure_ascii=rng.random() < 0.5 or _holds_surrogate(item)) for item in entries]
    if rng.random() < 0.2:
        _change_lines(rng, lines)
    if rng.random() < 0.03:
        lines += [rng.choice(("{", "{}", "[1]"))] * rng.choice((24, 25, 26, 27, 60))
    return _change_bytes(rng, lines)


def _holds_surrogate(value: Any) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in json.dumps(value, ensure_ascii=False))


def _change(rng: random.Random, entries: list[Any]) -> None:
    """Puts something else at one place of one entry."""
    entry = rng.choice(entries)
    texts = entry.get("sentences") or entry.get("responses")
    how = rng.random()
    passage = rng.choice(texts) if isinstance(texts, list) and texts else None
    if how < 0.3 and isinstance(passage, dict):
        passage["text"] = rng.choice(TEXTS) * rng.choice((1, 1, 1, 20))
    elif how < 0.6 and isinstance(passage, dict):
        passage["citations"] = _citations(rng)
    else:
        holder, key = rng.choice(list(_places(entry)))
        if rng.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(rng.choice(JUNK))


def _citations(rng: random.Random) -> Any:
    cited = [rng.choice(CITED) for _ in range(rng.choice((0, 1, 1, 2, 2, 2, 3)))]
    how = rng.random()
    if how < 0.15:
        return {str(item): rng.choice((0.5, 1, True, "0.5", float("nan"), None)) for item in cited}
    return rng.choice((None, "", IDS[0], 3, "ab", {}, True)) if how < 0.25 else cited


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of everything in a value."""
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(value, key) for key, _ in steps]
    steps = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for inner in steps:
        found += _places(inner)
    return found


def _change_lines(rng: random.Random, lines: list[str]) -> None:
    place = rng.randrange(len(lines) + 1)
    if rng.random() < 0.5 or place == len(lines):
        lines.insert(place, rng.choice(LINES))
        return
    line = lines[place]
    lines[place] = rng.choice(
        (
            line[: len(line) // 2],
            line + ",",
            " " + line + "\t",
            line.replace(": ", ":\r", 1),
            line.replace("A sentence.", "A\tsentence.", 1),
            line.replace("A sentence.", "A\u2028sentence\u0085.", 1),
            line[:-1] + ', "x": ' + "[" * 50 + "]" * 50 + "}",
            line[:-1] + ', "x": ' + "[" * 3000 + "]" * 3000 + "}",
            line[:-1] + ', "x": ' + "9" * rng.choice((4300, 4301)) + "}",
            line[:-1] + ', "x": 1e400}',
            line[:-1] + ', "run_id": "other", "references": 1}',
            line + line,
        )
    )


def _change_bytes(rng: random.Random, lines: list[str]) -> bytes:
    data = "".join(line + rng.choice(("\n",) * 30 + ("\r\n", "\r", "\n\n", "")) for line in lines).encode("utf-8")
    how = rng.random()
    if how < 0.03:
        place = rng.randrange(len(data) + 1)
        return (
            data[:place] + rng.choice((b"\xff", b"\x00", b"\xef\xbb\xbf", b"\n", b"\xe2\x80", b"\xc3")) + data[place:]
        )
    if how < 0.05:
        return rng.choice((b"", b"\n", b"\xef\xbb\xbf" + data, data.decode().encode("utf-16"), b"\x1f\x8b" + data))
    return data


# Parts of lines in six columns: right ones often, odd ones sometimes.
FIELDS = {
    "topic": [*TOPICS * 4, "303", "0300", "", "3OO", "\ufeff300", "300x"],
    "q0": ["Q0"] * 12 + ["q0", "0", "Q\0"],
    "document": [*IDS * 4, IDS[0].upper(), "bad", IDS[1] + "x", "-" * 36, "１" * 36],
    "rank": ["1", "2", "3", "0", "7"] * 4 + ["-1", "01", "+1", "1.0", "abc", "1_0", "-0", "٣", "9" * 4300, "9" * 4301],
    "score": ["9.5", "9", "8.5", "abc", "nan", "1,5"],
    "tag": [TAG] * 20 + ["other", "a.b"],
    "blank": [" "] * 30 + ["\t", "  ", "\u00a0", "\u3000", "\x1c", "\x0b", "\u200b", "\u2028", "\x85", "\r"],
    "end": ["\n"] * 30 + ["\r\n", "\r", " \n", "\n\n", "", "\x0c\n"],
}


def mutated_columns(rng: random.Random) -> bytes:
    """A small run in six columns with a few faults of its fields, its order or its bytes."""
    depth = rng.choice((1, 2, 3, 12))
    lines = [
        [topic, "Q0", IDS[i % 4][:-2] + f"{i:02x}", str(i + 1), str(9.5 - i / 2), TAG]
        for topic in TOPICS
        for i in range(depth)
    ]
    rng.choice((lambda _: None, lambda _: None, rng.shuffle))(lines)
    if rng.random() < 0.2:
        del lines[rng.randrange(len(lines)) :]
    if rng.random() < 0.1:
        lines += [lines[0]] * rng.choice((24, 25, 26, 30)) if lines else []
    often = rng.choice((0.0, 0.02, 0.04))
    parts = []
    for line in lines:
        changed = [
            rng.choice(FIELDS[name]) if rng.random() < often else value
            for name, value in zip(("topic", "q0", "document", "rank", "score", "tag"), line, strict=True)
        ]
        blank = rng.choice(FIELDS["blank"]) if rng.random() < often else " "
        parts.append(blank.join(changed) + (rng.choice(FIELDS["end"]) if rng.random() < often else "\n"))
    data = "".join(parts).encode()
    if rng.random() < 0.06:
        place = rng.randrange(len(data) + 1)
        data = data[:place] + rng.choice((b"\xff", b"\x00", b"\xef\xbb\xbf", b"\n", b"\xe2\x80")) + data[place:]
    return data
