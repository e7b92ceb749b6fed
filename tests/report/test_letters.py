"""Letters: what a team reads about its own bundles, in plain text that nothing can break out of."""

import re

from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.inventory import LEVELS, CoverageLevel
from neuclir_carbon.model.letter import Fate, Received, TeamLetter
from neuclir_carbon.model.quantities import Range
from neuclir_carbon.report.letters import MOST_OF_A_CODE, WIDTH, format_letter

RULES = entries()
HOSTILE = (
    "<script>alert(1)</script>", "A&B_50%", "=cmd()", "evil\u202egnp.exe", "a\nBcc: everybody@example.org\n\nhello",
    "{{ 7*7 }}", "a" * 5000, "\x1b[2J", "翻訳検索チーム",
)  # fmt: skip


def a_bundle(**changes: object) -> Received:
    values: dict[str, object] = {
        "path": "inbox/2024/fas-lotus-one.crate.zip", "sha256": "ab" * 32, "team": "lotus", "task": "clir",
        "run_tag": "fas-lotus-one", "revision": 1, "fate": Fate.COUNTS,
    }  # fmt: skip
    return Received(**{**values, **changes})  # type: ignore[arg-type]


def a_letter(**changes: object) -> TeamLetter:
    values: dict[str, object] = {
        "track": "neuclir-2024", "team": "lotus", "as_of": "2024-11-22", "received": (a_bundle(),), "activities": 3,
        "emissions": Range(1.0, 2.0, 4.0, 1.5, 3.0), "operational_kg_co2e": 1.75, "embodied_kg_co2e": 0.25,
        "it_energy_kwh": 5.5, "records_without_embodied": 1, "next_step": "add serials that hold the quantity",
        "levels": {
            level: CoverageLevel(kg=kg, share=kg / 2) for level, kg in zip(LEVELS, (2, 1, 0, 0, 0), strict=True)
        },
    }  # fmt: skip
    return TeamLetter(**{**values, **changes})  # type: ignore[arg-type]


def sections(text: str) -> dict[str, str]:
    """Heading → what stands under it."""
    parts = re.split(r"^(What .*|Your receipt)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_letter_says_what_was_received_what_it_comes_to_and_what_is_covered() -> None:
    text = format_letter(a_letter(), RULES)
    assert text.startswith("Subject: neuclir-2024: your carbon report as we received it\n\nDear team lotus,\n")
    told = sections(text)
    assert "fas-lotus-one, task clir, revision 1: counts" in told["What we received"]
    assert "ab" * 32 in told["What we received"] and "inbox" not in text
    sums = told["What it comes to"]
    assert "Emissions, gross: 2.00 kg CO2e" in sums
    assert "likely between 1.50 and 3.00 kg, at the extremes between 1.00 and 4.00 kg" in sums
    assert "of it operational 1.75 kg, embodied 250 g" in sums
    assert "1 activity without an embodied part: missing from the sum, not zero" in sums
    covered = told["What your certificates cover"]
    assert re.search(r"declared +2\.00 kg +100\.0 %", covered) and re.search(r"serial-consistent +0 kg +0 %", covered)
    assert "To rise: add serials that hold the quantity." in covered
    assert "Nothing was found to be wrong." in told["What was found, and how to mend it"]


def test_unknown_emissions_are_said_to_be_unknown_and_never_zero() -> None:
    none = format_letter(a_letter(emissions=None, records_without_emissions=3, records_without_embodied=3), RULES)
    assert "Emissions: unknown." in none and "0 kg CO2e" not in none
    without = format_letter(a_letter(records_without_embodied=3, embodied_kg_co2e=0.0), RULES)
    assert "embodied unknown" in without


def test_findings_stand_errors_first_with_place_message_and_rule() -> None:
    findings = (
        Finding("EMI009", Severity.WARNING, "no place is given; name --country", Location("x.crate.zip")),
        *(Finding("RUN104", Severity.ERROR, "score is 'nan', must be finite", Location("x.crate.zip!x", line))
          for line in range(1, 31)),
    )  # fmt: skip
    letter = a_letter(findings=findings, received=(a_bundle(fate=Fate.REJECTED, revision=4),))
    told = sections(format_letter(letter, RULES))["What was found, and how to mend it"]
    assert told.index("error RUN104 x.crate.zip!x:1\n") < told.index("warning EMI009 x.crate.zip")
    assert told.count("error RUN104") == MOST_OF_A_CODE
    assert "and 20 more of RUN104: neuclir-carbon verify BUNDLE shows them" in told
    assert f"The rule: {RULES['RUN104'].summary}.\n      In full: neuclir-carbon explain RUN104" in told
    assert f"fas-lotus-one: --revision 5 --replaces {'ab' * 32}" in told


def test_a_bundle_that_does_not_count_says_why() -> None:
    bundles = tuple(a_bundle(run_tag=f"run-{fate}", fate=fate) for fate in Fate)
    told = sections(format_letter(a_letter(received=bundles), RULES))["What we received"]
    assert "run-rejected, task clir, revision 1: DOES NOT COUNT, it has errors (see below)" in told
    assert "run-replaced, task clir, revision 1: does not count, a newer one took its place" in told


def test_a_receipt_is_named_with_the_command_that_checks_it() -> None:
    told = sections(format_letter(a_letter(), RULES, receipt="lotus.json"))["Your receipt"]
    assert "neuclir-carbon receipt check lotus.json --commitment commitment.json --bundle BUNDLE" in told


def test_strangers_text_can_not_break_out_of_its_line() -> None:
    for name in HOSTILE:
        finding = Finding("SUB001", Severity.ERROR, name, Location(name, None, f"/{name}"))
        bundle = a_bundle(run_tag=name, task=name, path=f"inbox/{name}.crate.zip")
        text = format_letter(a_letter(track=name, team=name, received=(bundle,), findings=(finding,)), RULES)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
        assert text.splitlines()[0].startswith("Subject: ") and text.splitlines()[1] == ""
        assert not [line for line in text.splitlines() if line.startswith("Bcc")]
        assert len(text) < 40_000


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=300))
def test_a_letter_has_as_many_lines_whatever_its_names_are(team: str, tag: str, message: str) -> None:
    def of(team: str, tag: str, message: str) -> list[str]:
        findings = (Finding("SUB001", Severity.ERROR, message, Location(tag)),)
        letter = a_letter(team=team, received=(a_bundle(run_tag=tag, task=tag),), findings=findings)
        return format_letter(letter, RULES).split("\n")

    lines, plain = of(team, tag, message), of("x", "x", "x")
    wrapped = len(of("x", "x", message)) - len(plain)
    assert len(lines) == len(plain) + wrapped
    assert wrapped <= 2000 // (WIDTH - 6)
