"""The outside tables as files: found without importing the packages that bring them, read once, standard library only.

A short-lived process that needs one number (the wrapper before its child starts) pays for one small file, not for an
import: neither a package's nor pathlib's and csv's, which take longer than the file. What each table must hold is
pinned by the contract tests in `tests/factors/`.
"""

import importlib.util
import json
import os
from functools import cache
from typing import Any

from neuclir_carbon.errors import Unreadable

LB_PER_MWH_IN_G_PER_KWH = 0.45359237
# CodeCarbon's factors for Canada's provinces, kg/kWh: combustion only, all else counts 0
# (codecarbon/core/emissions.py, `_region_energy_mix_to_emissions_rate`).
CANADA_G_PER_KWH = {"coal": 995.725971, "petroleum": 816.6885263, "naturalGas": 743.8415916}
# How codecarbon's table of Google's regions spells them where it differs.
GOOGLE_MISSPELT = {"me-cenrtal1": "me-central1"}
_STATES_NOT_PLACES = ("usa",)


def package_file(package: str, *parts: str) -> str:
    """The path of a data file of an installed package; `Unreadable` if the package or the file is not there."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = os.path.join(folder, *parts)
        if os.path.isfile(path):
            return path
    raise Unreadable(f"{package} has no {'/'.join(parts)}: install neuclir-carbon again, with its dependencies")


def read_json(package: str, *parts: str) -> Any:
    """A package's JSON file."""
    with open(package_file(package, *parts), encoding="utf-8") as stream:
        return json.load(stream)


@cache
def own_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of our tables in `factors/data/`, column → text."""
    import csv

    path = os.path.join(os.path.dirname(__file__), "data", name)
    with open(path, encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def iso_countries() -> dict[str, dict[str, str]]:
    """ISO 3166-1 as pycountry has it: alpha-3 code → its entry (`name`, `alpha_2` …)."""
    entries = read_json("pycountry", "databases", "iso3166-1.json")["3166-1"]
    return {entry["alpha_3"]: entry for entry in entries}


@cache
def ecologits_g_per_kwh() -> dict[str, float]:
    """ecologits' electricity mixes, g CO2e/kWh by alpha-3 code (`WOR` is the world); a 0 there is a gap in the data."""
    mixes = read_json("ecologits", "data", "electricity_mixes.json")["electricity_mixes"]
    # The file holds kg with five decimals: 0.32965 × 1000 must be 329.65, not 329.65000000000003.
    return {mix["name"]: round(mix["gwp"] * 1000, 6) for mix in mixes if mix["gwp"]}


@cache
def codecarbon_countries() -> dict[str, tuple[float, int]]:
    """CodeCarbon's country table (Our World in Data): alpha-3 code → (g CO2e/kWh, year); a 0 there is a gap."""
    table = read_json("codecarbon", "data", "private_infra", "global_energy_mix.json")
    return {
        code: (float(mix["carbon_intensity"]), int(mix["year"]))
        for code, mix in table.items()
        if mix.get("carbon_intensity")
    }


@cache
def us_states() -> dict[str, float]:
    """EPA eGRID2023 (inside CodeCarbon): state in lower case → g CO2e/kWh of its generation."""
    table = read_json("codecarbon", "data", "private_infra", "2023", "usa_emissions.json")
    return {
        state: entry["emissions"] * LB_PER_MWH_IN_G_PER_KWH
        for state, entry in table.items()
        if not state.startswith("_") and state not in _STATES_NOT_PLACES
    }


@cache
def canadian_provinces() -> dict[str, float]:
    """CodeCarbon's Canadian provinces: name in lower case → g/kWh of combustion only, a lower bound."""
    table = read_json("codecarbon", "data", "private_infra", "2023", "canada_energy_mix.json")
    return {
        province: sum(mix[fuel] / mix["total"] * grams for fuel, grams in CANADA_G_PER_KWH.items())
        for province, mix in table.items()
    }


@cache
def chinese_provinces() -> dict[str, tuple[float, tuple[str, ...]]]:
    """China's official provincial factors (inside CodeCarbon): name in lower case → (g CO2/kWh, its other names)."""
    table = read_json("codecarbon", "data", "private_infra", "2023", "china_provincial_emissions.json")
    return {
        entry["names"][0]: (float(entry["emission_factor"]), tuple(entry["names"][1:]))
        for entry in table["data"].values()
    }


@cache
def nordic_zones() -> dict[str, tuple[float, int]]:
    """CodeCarbon's Nordic bidding zones: `SE1` … `NO5`, `FI` → (g CO2e/kWh, year)."""
    table = read_json("codecarbon", "data", "private_infra", "nordic_emissions.json")
    return {zone: (float(entry["emission_factor"]), int(entry["year"])) for zone, entry in table["data"].items()}


@cache
def google_regions() -> dict[str, float]:
    """Google's own grid figures of its regions (inside CodeCarbon), g CO2e/kWh."""
    import csv

    with open(package_file("codecarbon", "data", "cloud", "impact.csv"), encoding="utf-8-sig", newline="") as stream:
        return {
            GOOGLE_MISSPELT.get(row["region"], row["region"]): float(row["impact"])
            for row in csv.DictReader(stream)
            if row["provider"] == "gcp"
        }
