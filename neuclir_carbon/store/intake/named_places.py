"""Places as other programs name them in words: the country is kept, the town is not."""

from functools import cache

from neuclir_carbon.factors import tables

# Names that people use and that ISO 3166-1 does not have.
_ALSO = {
    "usa": "USA", "u.s.a.": "USA", "us": "USA", "u.s.": "USA", "united states of america": "USA", "uk": "GBR",
    "u.k.": "GBR", "great britain": "GBR", "england": "GBR", "scotland": "GBR", "south korea": "KOR", "russia": "RUS",
    "the netherlands": "NLD", "turkey": "TUR", "czech republic": "CZE",
}  # fmt: skip
# Also the name of a part of another country.
_AMBIGUOUS = frozenset({"georgia", "jersey"})


def country_of(text: str, *, codes: bool) -> str | None:
    """The ISO 3166-1 alpha-3 code of the country that a place's last part names, or its first; None where neither is
    a country for certain. `codes`: two capital letters are a country's code (else they may be a state's)."""
    parts = [part.strip() for part in text[:400].replace("/", ",").split(",") if part.strip()]
    for part in (parts[-1:] + parts[:1]) if parts else ():
        found = _country(part, codes=codes)
        if found is not None:
            return found
    return None


def _country(part: str, *, codes: bool) -> str | None:
    if part.isascii() and part.isupper():
        if len(part) == 3 and part in tables.iso_countries():
            return part
        if codes and len(part) == 2 and part in _alpha_2():
            return _alpha_2()[part]
    name = part.casefold()
    return None if name in _AMBIGUOUS else _by_name().get(name)


@cache
def _alpha_2() -> dict[str, str]:
    return {entry["alpha_2"]: code for code, entry in tables.iso_countries().items()}


@cache
def _by_name() -> dict[str, str]:
    named = {
        entry[key].casefold(): code
        for code, entry in tables.iso_countries().items()
        for key in ("official_name", "common_name", "name")
        if key in entry
    }
    return {**named, **_ALSO}
