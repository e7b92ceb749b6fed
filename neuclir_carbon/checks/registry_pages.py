"""Addresses of registries' pages, as text: none is ever opened."""

from urllib.parse import urlsplit

# carbonplan/offsets-db-data, docs/api.md (commit cdfd8f77), for Verra, Gold Standard and the APX registries; the
# others: UN offset platform (offset.climateneutralnow.org/faq), to.isometric.com and retirements.puro.earth (addresses
# of public retirement pages).
REGISTRY_DOMAINS = (
    "unfccc.int", "climateneutralnow.org", "verra.org", "goldstandard.org", "art.apx.com", "thereserve2.apx.com",
    "acr2.apx.com", "isometric.com", "puro.earth",
)  # fmt: skip


def registry_host(url: str) -> str | None:
    """The host of an https address; None when the address has none or is malformed."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    well_formed = parts.scheme == "https" and host and "." in host and parts.username is None and url.isprintable()
    return host if well_formed and " " not in url else None


def is_known_registry(url: str) -> bool:
    """Whether the address belongs to a registry that is known here."""
    host = registry_host(url)
    return host is not None and any(host == domain or host.endswith(f".{domain}") for domain in REGISTRY_DOMAINS)


def retirement_page(url: str) -> str | None:
    """The address in one form, if it can be that of a single retirement: it holds a digit and shows no project."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    rest = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    single = any(character.isdigit() for character in rest) and "project" not in rest.lower()
    return f"{host}{rest}" if single else None
