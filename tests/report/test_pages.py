"""Both pages: whole, alone, readable by all, and closed to what strangers wrote."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import made_up_tracks as made_up
import pytest
from attrs import evolve

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.checks.emissions import BOOK
from neuclir_carbon.model.finding import Counts, Finding, Location, Severity
from neuclir_carbon.model.inventory import LEVELS, Coverage, CoverageLevel, Inventory, TrackDetails
from neuclir_carbon.model.json_data import plain
from neuclir_carbon.model.quantities import NOTHING
from neuclir_carbon.report import pages
from neuclir_carbon.resources import template_text

TWELVE = made_up.track(12)
ORGANIZER = pages.organizer_page(*TWELVE)
EVERYTHING = made_up.with_everything(*TWELVE)
LETTERS = made_up.letters_of(TWELVE[1])
WHOLE = pages.organizer_page(*EVERYTHING, rules=entries(), letters=LETTERS)
PUBLIC = pages.public_page(made_up.published("public-twelve-teams"))
ALL = {
    "organizer, 12 teams": ORGANIZER,
    "organizer, with all that stands beside": WHOLE,
    "organizer, 3 teams, grams": pages.organizer_page(*made_up.track(3, scale=1e-6, seed=3, evaluation=False)),
    "public, 12 teams": PUBLIC,
    "public, 3 teams, all withheld": pages.public_page(made_up.published("public-three-teams-in-grams")),
}
each_page = pytest.mark.parametrize("page", ALL.values(), ids=ALL.keys())
VOID = {"meta", "br", "hr", "input", "link", "img"}
HOSTILE = (
    "<script>alert(1)</script>",
    "A&B_50%",
    "=cmd()",
    "evil\u202egnp.exe",
    '"><img src=x onerror=y>',
    "{{ 7*7 }}",
)


class Reader(HTMLParser):
    """The elements of a page in order, and its visible text; a tag that is closed in the wrong place is a fault."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: list[str] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.feed(page)
        self.close()
        assert not self.inside, f"left open: {self.inside}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.inside and self.inside[-1] == tag, f"</{tag}> closes {self.inside}"
        self.inside.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.inside), data))

    def text(self) -> str:
        """What a reader sees, with single spaces."""
        shown = (data for inside, data in self.texts if not {"style", "script", "title"} & set(inside))
        return " ".join(" ".join(shown).split())

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def content(self, tag: str) -> list[str]:
        return [data for inside, data in self.texts if inside and inside[-1] == tag]


def cells(page: str, table: str) -> Iterator[list[str]]:
    """The texts of the rows of one table's body."""
    body = page.split(f'id="{table}-caption"')[1].split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    for row in body.split("<tr>")[1:]:
        yield [
            " ".join(Reader(f"<div>{cell}</div>").text().split()) for cell in re.split(r"</t[hd]>", _opened(row))[:-1]
        ]


def _opened(row: str) -> str:
    return re.sub(r"<t[hd][^>]*>", "", row.replace("</tr>", ""))


@each_page
def test_a_page_asks_nothing_of_anybody(page: str) -> None:
    reader = Reader(page)
    for tag, attributes in reader.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "video", "audio", "source"}
        for key in ("src", "srcset", "data", "action", "poster", "xlink:href", "style"):
            assert key not in attributes, (tag, attributes)
        assert re.match(r"#|letters/[a-z0-9-]+\.txt$", attributes.get("href", "#"))
        assert not [key for key in attributes if key.startswith("on")]
    assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", page)


@each_page
def test_a_page_is_whole_and_its_links_lead_somewhere(page: str) -> None:
    reader = Reader(page)
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in reader.elements:
        for key in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(key, "").split()) <= set(ids)
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
    assert page.startswith("<!DOCTYPE html>")
    assert reader.named("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in reader.named("meta")
    assert len(reader.named("h1")) == len(reader.named("main")) == 1
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


@each_page
def test_every_table_has_a_caption_and_heads_and_scrolls_by_keyboard_in_its_own_frame(page: str) -> None:
    reader = Reader(page)
    assert len(reader.named("table")) == len(reader.named("caption")) > 0
    assert all(head.get("scope") in ("col", "row") for head in reader.named("th"))
    frames = [attributes for attributes in reader.named("div") if "table" in attributes.get("class", "").split()]
    assert len(frames) == len(reader.named("table"))
    assert all(frame["tabindex"] == "0" and frame["role"] == "region" for frame in frames)


@each_page
def test_every_figure_has_a_text_alternative(page: str) -> None:
    for attributes in Reader(page).named("svg"):
        assert attributes.get("aria-hidden") == "true" or (attributes["role"], bool(attributes["aria-label"])) == (
            "img", True,
        )  # fmt: skip


@each_page
def test_only_our_own_style_and_script_may_work(page: str) -> None:
    policy = next(m["content"] for m in Reader(page).named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in found]
        wanted = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
        assert f"{directive} {wanted};" in policy


@each_page
def test_the_first_screen_says_gross_and_what_coverage_is_not(page: str) -> None:
    text = Reader(page).text()
    assert "Emissions of the teams’ work, gross" in text
    assert "Coverage does not measure credit quality." in text
    assert "can’t show double issuance" in text
    assert not re.search(r"\bnet\b", text, re.IGNORECASE)
    for level in ("declared", "documented", "serial-consistent", "list-matched", "registry-verified"):
        assert level in text


def test_the_total_its_ranges_and_its_parts_are_those_of_the_inventory() -> None:
    inventory = TWELVE[0]
    assert 2575 < inventory.emissions_kg_co2e.central < 2585
    text = Reader(ORGANIZER).text()
    assert "2,580 kg CO₂e" in text
    assert "Likely between 2,000 and 3,730 kg ; at the extremes between 1,420 and 4,890 kg." in text
    assert "The work of 12 teams with 23 runs, 51 activities in all; each activity counts once." in text
    assert "Only the registry-verified part is called offset: 332 kg. Not covered at that level: 2,240 kg." in text
    for gap in (
        "1 activity has unknown emissions, which are not in the total.",
        f"{inventory.records_without_embodied} activities have no embodied part, which is missing from the total.",
        "9 activities name no place: the world’s mean and range stand in for their grid.",
    ):
        assert gap in text
    by_method = {name: group.emissions_kg_co2e.central for name, group in inventory.by_method.items()}
    share = int(1000 * by_method["measured"] / sum(by_method.values())) / 10
    assert f"measured {share} %" in text


def test_the_tables_hold_a_row_for_each_team_run_activity_and_certificate() -> None:
    details = TWELVE[1]
    teams = list(cells(ORGANIZER, "teams-table"))
    assert {row[0] for row in teams} == {row.team for row in details.teams}
    assert len(list(cells(ORGANIZER, "activities-table"))) == len(details.activities)
    assert len(list(cells(ORGANIZER, "certificates-table"))) == len(details.certificates)
    runs = {row[0]: row for row in cells(ORGANIZER, "runs-table")}
    assert len(runs) == len(details.runs)
    first = details.runs[0]
    assert float(runs[first.run_tag][6]) == pytest.approx(first.scores["R@1000"], abs=5e-4)
    assert float(runs[first.run_tag][3]) == pytest.approx(first.share_kg_co2e.central, rel=5e-3)


def test_the_sources_of_all_factors_are_told_with_their_years() -> None:
    rows = list(cells(ORGANIZER, "sources-table"))
    assert ["grid intensity", "ecologits 0.11.2, electricity mixes", "2024", "0.11.2", "30 – 330", "g CO2e/kWh"] in [
        [row[0], row[1], row[2], row[3], row[4].replace(".00", "").replace(".0", ""), row[5]] for row in rows
    ]
    assert [row for row in rows if row[:3] == ["pue", "typed by the team", "not given"]]


def test_findings_stand_by_severity_and_code_with_the_rule_s_own_words() -> None:
    _, details = TWELVE
    findings = (*details.findings, Finding("EMI001", Severity.ERROR, "is 1 kg, but 2 kWh × 3 g/kWh is 0.006 kg"))
    inventory = evolve(TWELVE[0], findings=Counts.of(findings))
    page = pages.organizer_page(inventory, evolve(details, findings=findings), rules=BOOK.entries)
    text = Reader(page).text()
    assert "4 errors, 1 warning, 1 note; in full in findings.json." in text
    assert text.index("Errors (4)") < text.index("Warnings (1)") < text.index("Notes (1)")
    assert "RUN104 × 2" in text
    assert "team01-bm25/run.txt:17 : score is 'nan', must be finite" in text
    assert "Operational emissions must be facility energy (kWh) × carbon intensity" in text
    assert '<a href="#explain-EMI001">' in page and '<div id="explain-EMI001">' in page
    explained = page.split('<div id="explain-EMI001">')[1].split("</div>")[0]
    assert " ".join(BOOK.entries["EMI001"].explanation.split()[:8]) in Reader(f"<div>{explained}</div>").text()
    assert "neuclir-carbon explain RUN104" in text, "a code without a rule here names the command"


def test_a_page_does_not_grow_without_bound() -> None:
    inventory, details = made_up.track(2)
    runs = tuple(evolve(details.runs[0], run_tag=f"run{place}") for place in range(1234))
    findings = tuple(Finding("RUN104", Severity.ERROR, "x", Location("run.txt", line)) for line in range(70))
    page = pages.organizer_page(inventory, evolve(details, runs=runs, findings=findings))
    assert page.count('<th scope="row" data-sort="run') == 1000
    assert "The 1,000 largest of 1,234; all are in runs.csv." in page
    assert "and 45 more in findings.json" in page


def hostile_track() -> tuple[Inventory, TrackDetails]:
    """A track in which every text that a stranger can write is hostile."""
    _, details = made_up.track(2)
    activities = tuple(
        made_up.activity(name, place, kg=9.0 - place, label=name, run_tags=(name,), tasks=(name,))
        for place, name in enumerate(HOSTILE)
    )
    details = TrackDetails(
        teams=tuple(evolve(details.teams[0], team=name) for name in HOSTILE),
        runs=tuple(
            evolve(details.runs[0], team=name, run_tag=name, task=task, scores={name: 0.3})
            for name in HOSTILE
            for task in (name, "clir")
        ),
        activities=activities,
        certificates=tuple(evolve(details.certificates[0], scope_id=name, team=name) for name in HOSTILE),
        findings=tuple(Finding("SUB001", Severity.ERROR, name, Location(name, None, f"/{name}")) for name in HOSTILE),
    )
    return evolve(made_up.inventory_of(details), track=HOSTILE[0]), details


def test_what_strangers_wrote_stays_text() -> None:
    page = pages.organizer_page(*hostile_track())
    reader = Reader(page)
    assert "\u202e" not in page and "<img" not in page and "alert(1)</script>" not in page
    assert len(reader.named("script")) == 1
    shown = {row[0] for row in cells(page, "teams-table")}
    assert shown == {name.replace("\u202e", "\\u202e") for name in HOSTILE}
    assert reader.content("title")[0].startswith("<script>alert(1)</script>: carbon inventory")


def test_a_hostile_public_document_stays_text() -> None:
    document = made_up.published("public-twelve-teams")
    document["track"], document["withheld"] = HOSTILE[0], [HOSTILE[4]]
    document["by_task"] = dict.fromkeys(HOSTILE, document["by_task"]["clir"])
    document["by_place"] = {HOSTILE[3]: {"suppressed": True, "reason": HOSTILE[0]}}
    page = pages.public_page(document)
    assert not Reader(page).named("script") and not Reader(page).named("img")
    assert "\u202e" not in page


def test_what_stands_beside_the_total_has_its_own_section_with_its_sentences_and_tables() -> None:
    text = Reader(WHOLE).text()
    assert "Under one set of factors, 16.6 % of the difference between teams is gone." in text
    rows = {row[0]: row[1:] for row in cells(WHOLE, "harmonized-table")}
    first = EVERYTHING[0].harmonization.teams[0]  # type: ignore[union-attr]
    assert rows[first.team] == ["179", "143", "−20 %"]
    assert next(iter(cells(WHOLE, "since-table"))) == ["all teams, as reported", "1,800", "2,580", "+43 %"]
    assert "9 teams then, 12 now, 7 in both. Only then: Gone & Away. Only now: Fjordlab." in text
    assert "The earlier inventory keeps no energies by place." in text
    assert [row[0] for row in cells(WHOLE, "evaluation-table")] == ["estimated"]
    assert "1 activity, 77.0 kg in all, stood in an earlier inventory." in text
    assert [row[2] for row in cells(WHOLE, "earlier-table")] == ["a model of last year"]
    assert "beside" not in {attributes.get("id") for _, attributes in Reader(ORGANIZER).elements}


def test_a_team_known_from_a_form_only_has_unknown_figures_and_its_answers() -> None:
    head = re.findall(
        r"<th scope=\"col\"[^>]*>([^<]+)", WHOLE.split('id="teams-table-caption"')[1].split("</thead>")[0]
    )
    rows = {row[0]: dict(zip(head, row, strict=True)) for row in cells(WHOLE, "teams-table")}
    form = rows["only a form"]
    assert (form["kg CO₂e"], form["IT energy, MWh"], form["tracked"], form["offset"]) == (
        "unknown", "unknown", "yes", "–",
    )  # fmt: skip
    assert list(rows)[-1] == "only a form"
    assert rows["Fjordlab"]["tracked"] == "yes; form: no" and rows["Fjordlab"]["also called"] == "Fjord Lab"
    assert (rows["Fjordlab"]["letter"], form["letter"]) == ("letter", "–")
    assert 'href="letters/fjordlab-' in WHOLE
    text = Reader(WHOLE).text()
    for gap in (
        "1 team of unknown emissions: nothing is made up for them.", "2 teams did not answer whether they tracked.",
        "2 answers on forms differ from what the team’s bundles show; the bundles count.",
        "2 bundles were withdrawn and left out.", "1 activity was counted in an earlier year and is not in this total.",
    ):  # fmt: skip
        assert gap in text


def test_disputes_are_listed_first_with_what_holds_them_and_decisions_with_who_took_them() -> None:
    rows = list(cells(WHOLE, "certificates-table"))
    assert rows[0][6:] == ["declared", "", "disputed: OFF020", ""]
    decided = next(row for row in rows if row[0] == "cert-1")
    assert decided[7:] == [
        "documented: its page in the registry", "", "upheld by the chair on 2024-11-20: the documents differ",
    ]  # fmt: skip
    assert "1 allocation is disputed, 90.0 kg in all" in Reader(WHOLE).text()


def test_coverage_stands_by_level_with_its_range_and_by_team_with_what_it_lacks() -> None:
    levels = {row[0]: row[1:] for row in cells(WHOLE, "levels-table")}
    assert levels["declared"][1:] == ["62.3 %", "50.0 %", "90.0 %", "25"]
    assert levels["registry-verified"][2:4] == ["unknown", "unknown"]
    text = Reader(WHOLE).text()
    assert "Teams declared 12.5 kg beyond their emissions; that covers nobody." in text
    teams = list(cells(WHOLE, "coverage-table"))
    assert len(teams) == 5 and {row[0] for row in teams} == {row.team for row in TWELVE[1].certificates}
    assert teams[0][1:3] == ["90.0", "45.0"] and teams[0][-1] == "add serials that hold the quantity"


def test_a_long_table_scrolls_in_its_frame_under_heads_that_stay() -> None:
    assert 'class="table long" tabindex="0" role="region" aria-labelledby="activities-table-caption"' in ORGANIZER
    assert 'class="table" tabindex="0" role="region" aria-labelledby="teams-table-caption"' in ORGANIZER


def test_a_public_page_is_made_from_a_public_document_only() -> None:
    with pytest.raises(ValueError, match="edition 'public'"):
        pages.public_page(plain(TWELVE[0]))


def test_the_public_page_shows_no_group_by_team_even_if_there_is_one() -> None:
    document = {**made_up.published("public-twelve-teams"), "by_team": plain(TWELVE[0].by_team)}
    page = pages.public_page(document)
    assert not [team for team in TWELVE[0].by_team if team in page]


def test_the_public_page_says_what_is_withheld_and_why() -> None:
    document = made_up.published("public-twelve-teams")
    text = Reader(PUBLIC).text()
    assert all(sentence in text for sentence in document["withheld"])
    by_activity = {row[0]: row for row in cells(PUBLIC, "by-activity")}
    assert by_activity["retrieval"][1:] == ["withheld 3", "", "", "", "", ""]
    assert by_activity["indexing"][6] == "withheld 3"
    assert by_activity["reranking"][1] == "between 100 and 200 1"
    assert by_activity["training"][:4] == ["training", "1,500", "1,200 – 2,200", "820 – 2,800"]
    reasons = dict(re.findall(r'<li id="reason-(\d+)" value="\d+">([^<]+)</li>', PUBLIC))
    assert reasons["3"] == "fewer than 3 teams"
    assert "How many activities name no place is withheld." in text
    assert "at least 9 of 12" in text


def test_a_withheld_total_is_said_to_be_withheld_with_its_reason() -> None:
    document = made_up.published("public-twelve-teams")
    document["emissions_kg_co2e"] = {"suppressed": True, "reason": "one team makes up most of the total"}
    text = Reader(pages.public_page(document)).text()
    assert "gross withheld" in text and "one team makes up most of the total" in text
    tiny = Reader(ALL["public, 3 teams, all withheld"]).text()
    assert "gross between 0.2 and 0.5 g" in tiny
    assert "Not drawn, since every value is withheld or unknown: Emissions by activity;" in tiny


def test_the_organizer_s_evaluation_and_one_year_s_factors_stand_beside_the_total() -> None:
    document: dict[str, Any] = made_up.published("public-twelve-teams")
    document["harmonized"] = {"low": 1000, "central": 2000, "high": 4000, "likely_low": 1500, "likely_high": 3000}
    text = Reader(pages.public_page(document)).text()
    assert "The organizers’ own evaluation stands apart: 148 kg, likely between 114 and 214 kg." in text
    assert "The same energies under one year’s factors: 2,000 kg, likely between 1,500 and 3,000 kg." in text


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of #rrggbb."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [0, 1, 2], ids=["light", "dark", "print"])
def test_every_text_has_wcag_aa_contrast_and_every_mark_can_be_told_from_the_paper(palette: int) -> None:
    blocks = [dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block)) for block in
              re.findall(r":root \{(.*?)\}", template_text("style.css"), re.DOTALL)]  # fmt: skip
    colours = blocks[palette]
    for ground in ("paper", "panel"):
        for text in ("ink", "muted", "accent", "held", "bad"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for mark in ("hull", "likely", "accent", "held"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark


def nothing_counts() -> tuple[Inventory, TrackDetails]:
    """A track of which one bundle was received, which does not count."""
    finding = Finding("SUB001", Severity.ERROR, "is no archive", Location("noise.crate.zip"))
    empty = TrackDetails(teams=(), runs=(), activities=(), certificates=(), findings=(finding,))
    none = CoverageLevel(kg=0.0, share=None)
    coverage = Coverage(**dict.fromkeys(LEVELS, none))
    return evolve(made_up.inventory_of(empty), submissions=1, coverage=coverage, residual_kg=0.0), empty


def test_a_track_of_whose_work_no_emissions_are_known_says_so_and_never_zero_kilograms() -> None:
    inventory, details = made_up.track(3)
    unknown = evolve(inventory, emissions_kg_co2e=NOTHING, records_without_emissions=inventory.activities)
    text = Reader(pages.organizer_page(unknown, details, rules=entries())).text()
    assert "gross unknown The work of" in text


def test_a_track_in_which_nothing_counts_says_so_and_never_zero_kilograms() -> None:
    page = pages.organizer_page(*nothing_counts(), rules=entries())
    text = Reader(page).text()
    assert "gross nothing counts" in text and "0 kg CO₂e" not in text
    assert "Of 1 bundle received, 1 does not count: see Findings and letters." in text
    for said in ("No team’s bundle counts.", "No run counts.", "There is nothing to group.", "No activity counts."):
        assert said in text
    assert not Reader(page).named("table")
