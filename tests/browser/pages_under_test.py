"""The pages that are opened in the browser, made once a process."""

from functools import cache

import made_up_tracks as made_up
from attrs import evolve

from neuclir_carbon.checks.catalogue import entries
from neuclir_carbon.model.finding import Finding, Location, Severity
from neuclir_carbon.model.inventory import Inventory, TrackDetails
from neuclir_carbon.report import pages

HOSTILE = (
    "<script>window.pwned=1</script>", "A&B_50%", "=cmd()", "evil\u202egnp.exe", '"><img src=x onerror=pwned=1>',
    "{{ 7*7 }}", "</title></style></svg><script>pwned=1</script>", "javascript:pwned=1", "x" * 3000,
    "https://example.org/pixel.gif", "' onmouseover='pwned=1", "]]><svg onload=pwned=1>", "a\tb\nc\x00d",
    "Z̸̡̢͎̲̱̮̗͎̫̓̒a̶l̷g̸o", "\u2028\u2029", "\u202e\u202d\u2066\u2069",
)  # fmt: skip


def hostile_track() -> tuple[Inventory, TrackDetails]:
    """A track in which every text that a stranger can write is hostile."""
    inventory, details = made_up.with_everything(*made_up.track(2))
    activities = tuple(
        made_up.activity(name, place, kg=30.0 - place, label=name, run_tags=(name,), tasks=(name,), kind=name)
        for place, name in enumerate(HOSTILE)
    )
    findings = tuple(Finding("SUB001", Severity.ERROR, name, Location(name, None, f"/{name}")) for name in HOSTILE)
    hostile = TrackDetails(
        teams=tuple(evolve(details.teams[0], team=name, aliases=(name,)) for name in HOSTILE),
        runs=tuple(
            evolve(details.runs[0], team=name, run_tag=name, task=task, scores={name: 0.3}, leads=(name,))
            for name in HOSTILE
            for task in (name, "clir")
        ),
        activities=activities,
        certificates=tuple(
            evolve(
                details.certificates[0],
                disputed=True,
                held_by=(name,),
                certificate_id=name,
                scope_id=name,
                team=name,
                decision=name,
            )
            for name in HOSTILE
        ),
        findings=findings,
        earlier=activities[:3],
    )
    made = made_up.inventory_of(hostile)
    since = evolve(inventory.since, track=HOSTILE[0], sentence=HOSTILE[4], only_then=HOSTILE, only_now=HOSTILE)
    return evolve(made, track=HOSTILE[0], since=since, harmonization=inventory.harmonization), hostile


@cache
def page(name: str) -> str:
    """`organizer`, `hostile`, `public` or `withheld`."""
    if name == "hostile":
        track = hostile_track()
        return pages.organizer_page(*track, rules=entries(), letters=made_up.letters_of(track[1]))
    if name == "public":
        return pages.public_page(made_up.published("public-twelve-teams"))
    if name == "withheld":
        return pages.public_page(made_up.published("public-three-teams-in-grams"))
    whole = made_up.track(12)
    letters = made_up.letters_of(whole[1])
    return pages.organizer_page(*made_up.with_everything(*whole), rules=entries(), letters=letters)


PAGES = ("organizer", "hostile", "public", "withheld")
