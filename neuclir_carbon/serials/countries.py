"""Country codes as serials use them: ISO 3166-1 alpha-2 (pycountry's table), and the few that registries add."""

from functools import lru_cache

# XK is user-assigned in ISO 3166-1 and in common use for Kosovo.
_ADDED = {"XK": "Kosovo"}
# The European Union was itself a party to the Kyoto Protocol, so its registry could be a CER's party.
_PARTIES = {"EU": "European Union"}


@lru_cache(maxsize=512)
def country_name(code: str) -> str | None:
    """The name of a country by its alpha-2 code, `XK` and `EU` included; None where there is none."""
    import pycountry

    if code in _ADDED or code in _PARTIES:
        return _ADDED.get(code) or _PARTIES[code]
    country = pycountry.countries.get(alpha_2=code) if len(code) == 2 and code.isupper() else None
    return None if country is None else str(getattr(country, "common_name", country.name))


@lru_cache(maxsize=512)
def country_code(name: str) -> str | None:
    """The alpha-2 code of a country by its alpha-3 code or English name, in any case; None where there is none."""
    import pycountry

    try:
        return str(pycountry.countries.lookup(name.strip()).alpha_2)
    except LookupError:
        return None


def is_country(code: str) -> bool:
    """Whether the code stands in ISO 3166-1, or is `XK`."""
    return code not in _PARTIES and country_name(code) is not None


def is_party(code: str) -> bool:
    """Whether the code may be a party of the Kyoto Protocol in a CER: a country, or `EU`."""
    return country_name(code) is not None
