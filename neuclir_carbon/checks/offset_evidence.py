"""OFF: who claims one certificate, and where a person can look it up."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from neuclir_carbon.checks.offset_reference import Reference
from neuclir_carbon.checks.registry_pages import REGISTRY_DOMAINS, is_known_registry, registry_host
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.model.finding import Fault, Location, Severity
from neuclir_carbon.serials.normal import normalised

USUAL_NUMBERS = {
    # No text of a UN certificate could be had: the shape is that of pictures, so it is a warning only.
    "cdm": (re.compile(r"VC\s?[0-9]{1,6}\s?/\s?20[0-9]{2}"), "VC12345/2024"),
    "isometric": (re.compile(r"ret_[0-9A-HJKMNP-TV-Z]{16,40}"), "ret_1KNSQMD6Z1S0TB50"),
}
# Marketplaces and bridges that retire for others: the owners on Isometric's public retirements (patch.io, stripe.com),
# sellers by API (docs of Cloverly, Patch, Lune, CNaught, Stripe Climate), and bridges to tokens (Toucan, Moss, C3,
# KlimaDAO, Carbonmark, Flowcarbon). A name counts if it is one of these but for words such as Inc.
INTERMEDIARIES = frozenset(
    frozenset(words.split())
    for words in (
        "patch", "patch technologies", "cloverly", "climate impact x", "lune", "cnaught", "stripe", "stripe climate",
        "toucan", "toucan protocol", "moss", "moss earth", "c3", "c3 carbon", "klimadao", "klima dao", "carbonmark",
        "flowcarbon", "myclimate", "carbonoffsetnow",
    )
)  # fmt: skip
COMPANY_WORDS = frozenset({"inc", "ltd", "llc", "gmbh", "pbc", "foundation", "the", "io", "com"})
SIMILAR = 60
MOST_COMPARED = 100
EVIDENCE: Rulebook[Reference] = Rulebook("a certificate's evidence")


@EVIDENCE.rule("OFF040", Severity.WARNING, "neither beneficiary nor purpose")
def the_claim_is_tied_to_the_work(reference: Reference) -> Iterator[Fault]:
    """A beneficiary or a purpose ties the retirement to the work. Without either, anybody could point to it."""
    certificate = reference.certificate
    name = certificate.beneficiary.name if certificate.beneficiary else None
    if not (name or "").strip() and not (certificate.purpose or "").strip():
        yield Fault("has neither beneficiary.name nor purpose: copy what the certificate prints")


@EVIDENCE.rule("OFF041", Severity.WARNING, "the beneficiary looks like somebody else")
def the_beneficiary_is_the_claimant(reference: Reference) -> Iterator[Fault]:
    """The beneficiary should look like the team, the track or TREC (token-set ratio of at least 60 of 100), or the
    purpose should name one of them. Names differ legitimately (an institution, say), so this never counts as an error.
    """
    certificate = reference.certificate
    name = certificate.beneficiary.name if certificate.beneficiary else None
    if not name or not name.strip():
        return
    names = {"trec"} | {re.sub(r"[-_.]?[0-9]{4}$", "", part.track) for part in certificate.allocations}
    names |= {part.team() for part in certificate.allocations if not part.is_pooled}
    purpose = _tokens(certificate.purpose or "")
    if any(_tokens(known) and _tokens(known) <= purpose for known in names):
        return
    if max(token_set_ratio(name, known) for known in sorted(names)[:MOST_COMPARED]) < SIMILAR:
        yield Fault(
            "the beneficiary resembles neither the team nor the track, and the purpose names neither: make sure that "
            "the retirement is yours",
            Location(pointer="/beneficiary/name"),
        )


@EVIDENCE.rule("OFF042", Severity.WARNING, "the beneficiary is an intermediary")
def the_beneficiary_is_no_intermediary(reference: Reference) -> Iterator[Fault]:
    """A marketplace, or a bridge to tokens, that stands as the beneficiary has retired for somebody: for whom, the
    certificate does not say. Ask it for a retirement in the team's name, or state the purpose it was told.

    Good: beneficiary TEAM3, retired by Patch. Bad: beneficiary Patch.
    """
    certificate = reference.certificate
    name = certificate.beneficiary.name if certificate.beneficiary else None
    tokens = _tokens(name or "") - COMPANY_WORDS
    if tokens in INTERMEDIARIES:
        yield Fault(
            "the beneficiary is a marketplace or bridge that retires for others: name for whom, as the certificate "
            "has it",
            Location(pointer="/beneficiary/name"),
        )


def token_set_ratio(one: str, two: str) -> float:
    """How alike two names are, 0 to 100, whatever the order of their words and however many are added."""
    first, second = _tokens(one), _tokens(two)
    common = " ".join(sorted(first & second))
    whole = [f"{common} {' '.join(sorted(words - first & second))}".strip() for words in (first, second)]
    pairs = ((common, whole[0]), (common, whole[1]), (whole[0], whole[1]))
    return 100 * max((SequenceMatcher(None, a, b).ratio() for a, b in pairs if a and b), default=0.0)


def _tokens(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", normalised(name).casefold()))


@EVIDENCE.rule("OFF043", Severity.NOTE, "the beneficiary is not public")
def the_beneficiary_stays_private(reference: Reference) -> Iterator[Fault]:
    """`beneficiary.public` is false (as it is unless stated): the name is left out of every output. No fault."""
    beneficiary = reference.certificate.beneficiary
    if beneficiary is not None and beneficiary.name and not beneficiary.public:
        yield Fault("the beneficiary's name is kept out of every output", Location(pointer="/beneficiary/public"))


@EVIDENCE.rule("OFF044", Severity.WARNING, "no word that the claim is the only one")
def sole_claim_is_attested(reference: Reference) -> Iterator[Fault]:
    """Somebody should sign that nobody else claims this retirement: `attestation` with `sole_claim` and `signed_by`."""
    if reference.certificate.attestation is None:
        yield Fault('has no attestation: add {"sole_claim": true, "signed_by": …}')


@EVIDENCE.rule("OFF060", Severity.WARNING, "the certificate's number has an unusual shape")
def number_has_the_usual_shape(reference: Reference) -> Iterator[Fault]:
    """Certificates of the UN's platform are numbered like VC12345/2024, Isometric's retirements like
    ret_1KNSQMD6Z1S0TB50. Other shapes may be right: a warning only.
    """
    certificate = reference.certificate
    usual = USUAL_NUMBERS.get(certificate.programme)
    if usual is not None and not usual[0].fullmatch(certificate.certificate_id):
        yield Fault(
            f"certificate_id is '{certificate.certificate_id}'; those of {certificate.programme} usually look like "
            f"{usual[1]}: copy it as printed",
            Location(pointer="/certificate_id"),
        )


@EVIDENCE.rule("OFF061", Severity.WARNING, "the registry's address is not one that is known")
def registry_address_is_known(reference: Reference) -> Iterator[Fault]:
    """`registry_url` should lead to a registry that is known here. It is never opened; a person should not open a
    strange one either.
    """
    url = reference.certificate.registry_url
    if url is not None and not is_known_registry(url):
        yield Fault(
            f"the host of registry_url is {registry_host(url) or 'missing'}; known are {', '.join(REGISTRY_DOMAINS)}: "
            f"give the registry's own page",
            Location(pointer="/registry_url"),
        )
