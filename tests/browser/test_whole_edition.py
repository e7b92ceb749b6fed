"""From strangers' bundles to the browser: the organizer's edition as `aggregate` writes it, opened as a person does."""

import json
from pathlib import Path

import pytest
from conftest import CHROMIUM
from making import CERTIFICATE, a_ledger, a_record, a_run
from playwright.sync_api import Browser

from neuclir_carbon.model.slugs import slug
from neuclir_carbon.workflow.aggregating import Request, aggregate
from neuclir_carbon.workflow.bundling import Order, bundle
from neuclir_carbon.workflow.dates import as_of_date
from neuclir_carbon.workflow.editions import write_editions

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the PATH")
TEAMS = ("<script>document.title='pwned'</script>", "A&B_50%", "=cmd()", '"><img src=x onerror=alert(1)>', "A/B", "A B")


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organizer's folder of a track whose teams are called as strangers call themselves."""
    folder = tmp_path_factory.mktemp("a track")
    for place, team in enumerate(TEAMS):
        own = folder / slug(team)
        records = (a_record(f"rec-{place}", kwh=10.0 + place, label=team), a_record(f"rec-{place}-b", kwh=1.0))
        own.mkdir()
        certificate = own / "certificate.json"
        allocations = [{"scope_id": f"neuclir-2024/{team}", "kg": 1}]
        certificate.write_text(
            json.dumps({**CERTIFICATE, "certificate_id": f"VC{place}/2024", "allocations": allocations})
        )
        bundle(
            Order(
                run=a_run(own / f"run-{place}", depth=1), track="neuclir-2024", task="clir", team=team,
                ledgers=(a_ledger(own / "ledger", *records),), certificates=(certificate,),
                out=folder / "bundles",
            )
        )  # fmt: skip
    (folder / "bundles" / "noise.crate.zip").write_bytes(b"not an archive")
    scores = folder / "scores.csv"
    scores.write_text("run_tag,measure,value\n" + "".join(f"run-{n},nDCG@20,0.{n + 1}\n" for n in range(len(TEAMS))))
    request = Request(
        sources=(folder / "bundles",), track="neuclir-2024", as_of=as_of_date("2024-11-22"), scores=scores
    )
    write_editions(aggregate(request), folder / "report")
    return folder / "report" / "organizer"


def test_the_page_opens_with_every_team_and_nothing_runs(browser: Browser, edition: Path) -> None:
    context = browser.new_context()
    opened, said = context.new_page(), []
    opened.on("console", lambda message: said.append(message.text))
    opened.goto((edition / "index.html").as_uri())
    assert opened.title() == "neuclir-2024: carbon inventory, organizer’s edition"
    assert set(opened.locator("#teams tbody th bdi").all_inner_texts()) == set(TEAMS)
    assert opened.locator("#runs tbody tr").count() == len(TEAMS)
    assert opened.locator("figure svg[role=img]").count() >= 6
    assert said == []
    context.close()


def test_every_team_s_link_opens_its_own_letter(browser: Browser, edition: Path) -> None:
    context = browser.new_context()
    opened = context.new_page()
    for place, team in enumerate(TEAMS):
        opened.goto((edition / "index.html").as_uri())
        row = opened.locator("#teams tbody tr").filter(has=opened.locator("th bdi").get_by_text(team, exact=True))
        row.get_by_role("link", name="letter").click()
        assert opened.url.endswith(f"/letters/{slug(team)}.txt")
        text = opened.locator("body").inner_text()
        assert f"Dear team {team}," in text and f"run-{place}.crate.zip" in text
        assert not [other for other in range(len(TEAMS)) if other != place and f"run-{other}" in text]
    context.close()


def test_the_page_and_its_figures_stand_alone_wherever_the_folder_is_moved(browser: Browser, edition: Path) -> None:
    alone = edition.parent / "moved page.html"
    alone.write_bytes((edition / "index.html").read_bytes())
    context = browser.new_context()
    opened, sent = context.new_page(), []
    opened.on("request", lambda request: sent.append(request.url))
    opened.goto(alone.as_uri())
    assert len(sent) == 1 and opened.locator("figure").count() >= 6
    for figure in sorted((edition / "figures").glob("*.svg")):
        opened.goto(figure.as_uri())
        assert opened.evaluate("document.documentElement.tagName") == "svg", figure
    context.close()
