"""Runs under a track's rules: the official checker's verdict, our own, and what stands in the verdict document."""

import base64
import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import attrs
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_six_column_check import accepts

from neuclir_carbon.errors import UnknownName, Unreadable
from neuclir_carbon.model.finding import Severity
from neuclir_carbon.model.run import RunVerdict
from neuclir_carbon.model.track import Topics, Track
from neuclir_carbon.resources import schema_path
from neuclir_carbon.store.tracks import load_track
from neuclir_carbon.workflow.validating import judge_run, validate_run

VARIANTS = json.loads((Path(__file__).parents[1] / "data/runs/six-column-variants.json").read_text())["variants"]
TAG = "fas-T-run1"
TOPICS = ("300", "301", "302")
IDS = [
    "cd613e30-d8f1-4adf-91b7-584a2265b1f5",
    "1e2feb89-414c-443c-9027-c4d1c386bbc4",
    "78e51061-7311-48a3-82ce-6f447ed4d57b",
    "35bf992d-c9e9-4616-a12e-7696a6cecc1b",
]


def track_of(*, track: str = "neuclir-2024", topics: Topics | None = None, **format_changes: object) -> Track:
    """A packaged track whose task clir has other topics or another format."""
    loaded = load_track(track).track
    task = loaded.tasks["clir"]
    task = attrs.evolve(task, topics=topics or Topics(ids=TOPICS), format=attrs.evolve(task.format, **format_changes))
    return attrs.evolve(loaded, tasks={"clir": task})


def rows(*, topics: tuple[str, ...] = TOPICS, depth: int = 3, tag: str = TAG) -> list[str]:
    return [f"{topic} Q0 {IDS[i]} {i + 1} {9.5 - i / 2} {tag}" for topic in topics for i in range(depth)]


def text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def judged(data: bytes, track: Track | None = None, *, name: str = TAG, **options: object) -> RunVerdict:
    run_tag = options.pop("run_tag", None)
    return judge_run(io.BytesIO(data), name=name, track=track or track_of(), task="clir", run_tag=run_tag, **options)


def codes(verdict: RunVerdict, severity: Severity = Severity.ERROR) -> set[str]:
    return {finding.code for finding in verdict.findings if finding.severity is severity}


@pytest.mark.parametrize("variant", VARIANTS, ids=[variant["name"] for variant in VARIANTS])
def test_the_verdict_is_the_official_checkers_on_every_variant(variant: dict[str, object]) -> None:
    text_of = str(variant["bytes"])
    data = base64.b64decode(text_of) if variant["encoding"] == "base64" else text_of.encode()
    assert hashlib.sha256(data).hexdigest() == variant["sha256"]
    options = variant["options"]
    track = track_of(
        topics=Topics(ids=tuple(variant["topics"])),
        docid_pattern=options["docid_regex"],
        max_per_topic=options["max_per_topic"],
        any_q0=options["any_q0"],
    )
    wanted = variant["official"]["accept"]
    verdict = judged(data, track, name=str(variant["file_name"]))
    assert verdict.official_verdict == ("accept" if wanted else "reject")
    assert verdict.passed is wanted  # neuclir-2024 has no public text beyond its checker
    assert judged(data, track, name=str(variant["file_name"]), official=True).passed is wanted


def test_there_are_28_variants_of_both_verdicts() -> None:
    assert len(VARIANTS) == 28
    assert {variant["official"]["accept"] for variant in VARIANTS} == {True, False}


def test_the_plain_statement_of_the_check_agrees_with_the_recorded_verdicts() -> None:
    for variant in VARIANTS:
        data = base64.b64decode(variant["bytes"]) if variant["encoding"] == "base64" else variant["bytes"].encode()
        options = variant["options"]
        assert (
            accepts(
                data, variant["file_name"], topics=variant["topics"], docid_pattern=options["docid_regex"],
                most=options["max_per_topic"], any_q0=options["any_q0"],
            )
            is variant["official"]["accept"]
        ), variant["name"]  # fmt: skip


# Parts that lines are put together from: right ones often, odd ones sometimes.
FIELDS = {
    "topic": [*TOPICS * 4, "303", "0300", "", "3OO", "\ufeff300", "300x"],
    "q0": ["Q0"] * 12 + ["q0", "0", "Q\0"],
    "document": [*IDS * 4, IDS[0].upper(), "bad", IDS[1] + "x", "-" * 36, "１" * 36],
    "rank": ["1", "2", "3", "0", "7"] * 4 + ["-1", "01", "+1", "1.0", "abc", "1_0", "-0", "٣", "9" * 4300, "9" * 4301],
    "score": ["9.5", "9", "8.5", "abc", "nan", "inf", "1,5", "1e-5", "1_0", "-2", "1e999"],
    "tag": [TAG] * 20 + ["other", "a.b"],
    "blank": [" "] * 30 + ["\t", "  ", "\u00a0", "\u3000", "\x1c", "\x0b", "\u200b", "\u2028", "\x85", "\r"],
    "end": ["\n"] * 30 + ["\r\n", "\r", " \n", "\n\n", "", "\x0c\n"],
}


def mutated(rng: random.Random) -> bytes:
    """A small run with a few faults, sometimes none."""
    lines = [line.split() for line in rows(depth=rng.choice([1, 2, 3]))]
    rng.choice([lambda _: None, lambda _: None, rng.shuffle])(lines)
    if rng.random() < 0.2:
        del lines[rng.randrange(len(lines)) :]
    parts = []
    for line in lines:
        changed = [
            rng.choice(FIELDS[name]) if rng.random() < 0.04 else value
            for name, value in zip(("topic", "q0", "document", "rank", "score", "tag"), line, strict=True)
        ]
        blank = rng.choice(FIELDS["blank"]) if rng.random() < 0.1 else " "
        parts.append(blank.join(changed) + (rng.choice(FIELDS["end"]) if rng.random() < 0.1 else "\n"))
    data = "".join(parts).encode()
    if rng.random() < 0.1:
        place = rng.randrange(len(data) + 1)
        data = data[:place] + rng.choice([b"\xff", b"\x00", b"\xef\xbb\xbf", b"\n", b"\xe2\x80"]) + data[place:]
    return data


@pytest.mark.parametrize("seed", range(8))
def test_the_official_verdict_is_that_of_the_plain_statement_on_random_faults(seed: int) -> None:
    rng = random.Random(seed)
    seen = {True: 0, False: 0}
    for _ in range(150):
        data, most = mutated(rng), rng.choice([1000, 2])
        if rng.random() < 0.6:
            topics, options = Topics(ids=TOPICS), {"topics": TOPICS}
        else:
            pattern = rng.choice([r"\d+", r"\S+", r"[0-9]+\Z"])
            topics, options = Topics(pattern=pattern), {"topic_pattern": pattern}
        any_q0 = rng.random() < 0.2
        docids = rng.choice([r"[0-9a-f-]{36}", r"\S+", r"[^x]+"])
        wanted = accepts(data, TAG, docid_pattern=docids, most=most, any_q0=any_q0, **options)
        track = track_of(topics=topics, docid_pattern=docids, max_per_topic=most, any_q0=any_q0)
        if topics.ids is None:  # with an expression instead of a list, the official checker takes an empty run
            rules = track.tasks["clir"].rules
            rules = {**rules, "official": {**rules["official"], "RUN001": "warning"}}
            track = attrs.evolve(track, tasks={"clir": attrs.evolve(track.tasks["clir"], rules=rules)})
        verdict = judged(data, track, digests=False)
        assert verdict.official_verdict == ("accept" if wanted else "reject"), (data, options, [*verdict.findings])
        seen[wanted] += 1
    assert min(seen.values()) > 20


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", text(rows())]))
def test_no_bytes_end_in_a_traceback(noise: bytes, before: bytes) -> None:
    verdict = judged(before + noise)
    assert (verdict.official_verdict == "accept") is accepts(
        before + noise, TAG, topics=TOPICS, docid_pattern="[0-9a-f-]{36}"
    )
    assert verdict.passed is (verdict.official_verdict == "accept")
    json.dumps(verdict.document()).encode()


def test_a_run_of_one_line_is_never_compared_with_the_file_name() -> None:
    one = track_of(topics=Topics(ids=("300",)))
    verdict = judged(text(rows(topics=("300",), depth=1)), one, name="other")
    assert verdict.official_verdict == "accept"
    assert codes(verdict, Severity.WARNING) == {"RUN303"}
    two = judged(text(rows(topics=("300",), depth=2)), one, name="other")
    assert (two.official_verdict, codes(two)) == ("reject", {"RUN302"})


def test_what_no_official_checker_looks_at_is_a_warning_in_2024_and_an_error_in_2022() -> None:
    lines = rows()
    lines[0], lines[1] = lines[1], lines[0]  # scores 9.0, 9.5, 8.5
    data = text([*lines[:-1], lines[-1].replace("8.5", "nan")])
    newer = judged(data)
    assert newer.passed
    assert {"RUN203", "RUN111"} <= codes(newer, Severity.WARNING)
    older = judged(data, track_of(track="neuclir-2022"))
    assert not older.passed
    assert codes(older) == {"RUN203", "RUN111"}
    assert older.official_verdict is None


def test_a_ranking_that_is_too_long_is_cut_off_in_2023_and_rejected_in_2022_and_2024() -> None:
    data = text(rows())
    levels = {}
    for year in ("2022", "2023", "2024"):
        verdict = judged(data, track_of(track=f"neuclir-{year}", max_per_topic=2))
        levels[year] = (verdict.passed, "RUN202" in codes(verdict), "RUN202" in codes(verdict, Severity.WARNING))
    assert levels == {"2022": (False, True, False), "2023": (True, False, True), "2024": (False, True, False)}


def test_official_without_a_public_checker_is_our_own_verdict() -> None:
    verdict = judged(text(rows()), track_of(track="neuclir-2023"), official=True)
    assert verdict.official_verdict is None
    assert not verdict.by_official_rules


def test_interleaved_topics_are_judged_whole_whatever_the_size_of_a_reading(tmp_path: Path) -> None:
    topics = [str(300 + i) for i in range(40)]
    pool = [f"{i:08x}-d8f1-4adf-91b7-584a2265b1f5" for i in range(50)]
    lines = [f"{topic} Q0 {pool[rank]} {rank} {50 - rank} {TAG}" for rank in range(50) for topic in topics]
    track = track_of(topics=Topics(ids=tuple(topics)), max_per_topic=50)
    clean = judged(text(lines), track)
    assert clean.passed
    assert codes(clean, Severity.WARNING) == {"RUN306"}
    again = [*lines, f"339 Q0 {pool[0]} 50 0 {TAG}", f"300 Q0 {'f' * 36} 50 99 {TAG}"]
    faulty = judged(text(again), track)
    found = {finding.code: finding for finding in faulty.findings}
    assert found["RUN201"].location.line == 2001
    assert "line 40" in found["RUN201"].message  # topic 339's first line
    assert found["RUN202"].location.line == 2002
    assert found["RUN203"].location.line == 2002


def test_findings_are_capped_and_counted_in_full() -> None:
    data = text([line.replace(" Q0 ", " q0 ") for line in rows()])
    verdict = judged(data, max_findings=2)
    assert len(verdict.findings) == 2
    assert verdict.counts.error == 9
    nothing = judged(data, max_findings=0)
    assert (nothing.findings, nothing.counts.error, nothing.passed) == ((), 9, False)


def test_every_broken_rule_keeps_a_finding_under_the_cap() -> None:
    lines = [line.replace(" Q0 ", " q0 ") for line in rows()]
    lines[-1] = lines[-1].replace(IDS[2], "bad")
    assert {finding.code for finding in judged(text(lines), max_findings=2).findings} == {"RUN103", "RUN105"}


def test_the_verdict_document_follows_its_schema_and_holds_the_files_digests() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_path("verdict/1").read_text(encoding="utf-8")))
    for data in (text(rows()), b"", b"\x1f\x8b\x08", b"\xff" * 50 + b"\n", text(rows(tag="x" * 9000))):
        document = judged(data).document()
        validator.validate(document)
        assert document["run"]["sha256"] == hashlib.sha256(data).hexdigest()
        assert document["run"]["md5"] == hashlib.md5(data).hexdigest()
    good = judged(text(rows())).document()
    assert (good["passed"], good["run"]["topics"], good["run"]["lines"], good["run"]["tag"]) == (True, 3, 9, TAG)
    assert good["counts"] == {"error": 0, "warning": 0, "note": 0}


def test_digests_are_left_out_where_nobody_asks_for_them(tmp_path: Path) -> None:
    run = tmp_path / TAG
    run.write_bytes(text(rows()))
    verdict = validate_run(run, track_of(), "clir", digests=False)
    assert (verdict.sha256, verdict.md5, verdict.passed) == (None, None, True)


def test_a_stream_that_cannot_be_rewound_is_judged_like_a_file() -> None:
    data = text(rows() + rows()[:1])
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        verdict = judge_run(stream, name="-", track=track_of(), task="clir", run_tag=TAG)
    assert codes(verdict) == {"RUN201"}
    assert verdict.sha256 == hashlib.sha256(data).hexdigest()


def test_what_is_in_a_gzip_file_is_judged_and_the_file_is_rejected_for_its_form(tmp_path: Path) -> None:
    lines = rows()
    run = tmp_path / f"{TAG}.gz"
    run.write_bytes(gzip.compress(text(lines)))
    verdict = validate_run(run, track_of(), "clir")
    assert codes(verdict) == {"RUN004"}
    assert (verdict.official_verdict, verdict.lines, verdict.topics) == ("reject", 9, 3)
    assert verdict.sha256 == hashlib.sha256(run.read_bytes()).hexdigest()
    assert "gunzip it (what is in it was looked at all the same)" in verdict.findings[-1].message
    interleaved = gzip.compress(text(lines[::2])) + gzip.compress(text(lines[1::2] + lines[:1]))
    run.write_bytes(interleaved)
    again = validate_run(run, track_of(), "clir")
    assert codes(again) == {"RUN004", "RUN201"}
    assert again.lines == 10


def test_a_gzip_file_that_breaks_off_or_grows_without_end_is_read_as_far_as_it_goes() -> None:
    whole = gzip.compress(text(rows(depth=3) * 2000))
    torn = judged(whole[: len(whole) // 2])
    assert "RUN004" in codes(torn)
    assert 0 < torn.lines < 18_000
    assert "it is damaged" in next(f.message for f in torn.findings if f.code == "RUN004")
    bomb = gzip.compress(bytes(80_000_000), 1)
    assert len(bomb) < 1 << 19
    found = judged(bomb)
    assert "it grows to more than" in next(f.message for f in found.findings if f.code == "RUN004")
    assert codes(found) == {"RUN004", "RUN005", "RUN304"}


def test_topics_of_a_file_stand_in_for_the_tasks_own(tmp_path: Path) -> None:
    run, topics = tmp_path / TAG, tmp_path / "topics.txt"
    run.write_bytes(text(rows()))
    track = load_track("neuclir-2024").track
    assert codes(validate_run(run, track, "clir")) == {"RUN304"}
    topics.write_text("300\n301\n302\n")
    assert validate_run(run, track, "clir", topics=topics).passed
    topics.write_text("300\n301\n302\n\n")  # the official checker takes a blank line for a topic without a name
    blank = validate_run(run, track, "clir", topics=topics)
    assert blank.official_verdict == "reject"
    assert "blank line" in blank.findings[0].message


def test_an_older_track_without_a_list_uses_the_one_that_is_given(tmp_path: Path) -> None:
    run, topics = tmp_path / TAG, tmp_path / "topics.txt"
    run.write_bytes(text(rows(topics=("300", "301"))))
    topics.write_text("300\n301\n302\n")
    verdict = validate_run(run, load_track("neuclir-2023").track, "clir", topics=topics)
    assert verdict.passed
    assert "RUN304" in codes(verdict, Severity.WARNING)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    track = track_of()
    for path, reason in (
        (tmp_path / "missing", "No such file"),
        (tmp_path, "a folder"),
        (tmp_path / "fifo", "a FIFO"),
        (Path("a\0b"), "NUL byte"),
    ):
        with pytest.raises(Unreadable, match=reason):
            validate_run(path, track, "clir")
    with pytest.raises(UnknownName, match="did you mean 'clir'"):
        validate_run(tmp_path / "missing", track, "clri")


def test_a_file_name_that_is_not_utf8_still_gives_a_document(tmp_path: Path) -> None:
    run = Path(os.fsdecode(os.fsencode(tmp_path) + b"/run\xff"))
    run.write_bytes(text(rows()))
    document = validate_run(run, track_of(), "clir").document()
    assert json.dumps(document, ensure_ascii=False).encode("utf-8")
    assert not document["passed"]


def test_the_input_is_not_changed(tmp_path: Path) -> None:
    run = tmp_path / TAG
    run.write_bytes(text(rows()) + b"bad")
    before = run.stat()
    validate_run(run, track_of(), "clir")
    assert (run.read_bytes(), run.stat().st_mtime_ns) == (text(rows()) + b"bad", before.st_mtime_ns)


def test_memory_stays_small_on_a_long_run_and_on_a_file_without_line_ends(tmp_path: Path) -> None:
    """Peak memory of a fresh process, beyond that of judging one line: 10 MiB at most for 15 MB of run."""
    long, endless = tmp_path / "long", tmp_path / "endless"
    with long.open("w") as stream:
        for topic in range(200):
            stream.writelines(
                f"{topic} Q0 {topic:04x}{rank:04x}-d8f1-4adf-91b7-584a2265b1f5 {rank} {1000 - rank} long\n"
                for rank in range(1000)
            )
    with endless.open("wb") as stream:
        stream.truncate(100_000_000)
    peaks = {}
    for name in ("one", "long", "endless"):
        run = tmp_path / name
        if name == "one":
            run.write_text(f"0 Q0 {IDS[0]} 1 1 one\n")
        program = (
            "import resource, sys; from pathlib import Path\n"
            "from neuclir_carbon.store.tracks import load_track\n"
            "from neuclir_carbon.workflow.validating import validate_run\n"
            "verdict = validate_run(Path(sys.argv[1]), load_track('neuclir-2023').track, 'clir', digests=False)\n"
            "print(verdict.lines, verdict.counts.error, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        )
        done = subprocess.run([sys.executable, "-c", program, str(run)], capture_output=True, text=True, check=True)
        lines, errors, peak = map(int, done.stdout.split())
        peaks[name] = peak
        assert (lines, errors) == {"one": (1, 0), "long": (200_000, 0), "endless": (1, 1)}[name]
    assert peaks["long"] - peaks["one"] < 10 * 1024
    assert peaks["endless"] - peaks["one"] < 64 * 1024  # a line of up to 16 MiB is read whole
