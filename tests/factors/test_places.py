import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuclir_carbon.errors import BadOption, CarbonError, UnknownName
from neuclir_carbon.factors import tables
from neuclir_carbon.factors.places import check_place, cloud_regions, locate, regions_of

NOWHERE = {"country": None, "region": None, "cloud": None, "cloud_region": None}


@pytest.mark.parametrize(
    ("said", "country", "region"),
    [
        ({}, None, None),
        ({"country": "DEU"}, "DEU", None),
        ({"country": "AND"}, "AND", None),
        ({"country": "USA", "region": "virginia"}, "USA", "virginia"),
        ({"country": "USA", "region": "West Virginia"}, "USA", "west virginia"),
        ({"country": "SWE", "region": "se3"}, "SWE", "SE3"),
        ({"country": "CHN", "region": "Neimenggu"}, "CHN", "inner mongolia"),
        ({"country": "CAN", "region": "quebec"}, "CAN", "quebec"),
        ({"cloud": "aws", "cloud_region": "us-east-1"}, "USA", "virginia"),
        ({"cloud": "aws", "cloud_region": "us-east-1", "country": "USA"}, "USA", "virginia"),
        ({"cloud": "aws", "cloud_region": "eu-north-1"}, "SWE", None),
        ({"cloud": "aws", "cloud_region": "eu-north-1", "region": "SE3"}, "SWE", "SE3"),
        ({"cloud": "gcp", "cloud_region": "us-east4"}, "USA", "virginia"),
        ({"cloud": "azure", "cloud_region": "eastus"}, "USA", "virginia"),
    ],
)
def test_a_known_place_is_located(said: dict[str, str], country: str | None, region: str | None) -> None:
    assert locate(**NOWHERE | said)[:2] == (country, region)
    assert check_place(**NOWHERE | said) is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"country": "DUE"}, "did you mean 'DEU'"),
        ({"country": "Germany"}, "Germany is DEU"),
        ({"country": "de"}, "Germany is DEU"),
        ({"country": "deu"}, "did you mean 'DEU'"),
        ({"country": ""}, "ISO 3166 alpha-3"),
        ({"country": "WOR"}, "there is no country 'WOR'"),
        ({"country": "\x1b[2J"}, r"\x1b[2J"),
        ({"country": "USA", "region": "virgina"}, "did you mean 'virginia'"),
        ({"country": "DEU", "region": "bavaria"}, "leave --region out"),
        ({"country": "NOR", "region": "SE3"}, "there is no region of NOR 'SE3'"),
        ({"cloud": "aws", "cloud_region": "us-east1"}, "did you mean 'us-east-1'"),
        ({"cloud": "amazon", "cloud_region": "us-east-1"}, "known: aws, azure, gcp"),
    ],
)
def test_a_name_that_is_not_known_is_refused_with_what_to_give(said: dict[str, str], words: str) -> None:
    with pytest.raises(UnknownName) as refused:
        check_place(**NOWHERE | said)
    assert words in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"region": "virginia"}, "--region is given without --country"),
        ({"cloud": "aws"}, "--cloud is given without --cloud-region"),
        ({"cloud_region": "us-east-1"}, "--cloud-region is given without --cloud"),
        ({"cloud": "", "cloud_region": ""}, "may not be empty"),
        ({"cloud": "aws", "cloud_region": "us-east-1", "country": "DEU"}, "lies in USA, not in --country DEU"),
        ({"cloud": "aws", "cloud_region": "us-east-1", "region": "ohio"}, "lies in virginia, not in --region ohio"),
    ],
)
def test_a_place_that_contradicts_itself_or_is_half_given_is_refused(said: dict[str, str], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        check_place(**NOWHERE | said)


@given(st.dictionaries(st.sampled_from(sorted(NOWHERE)), st.text(max_size=30)))
def test_any_text_is_either_a_place_or_a_message(said: dict[str, str]) -> None:
    try:
        check_place(**NOWHERE | said)
    except CarbonError as refused:
        assert str(refused).isprintable()


def test_every_cloud_region_lies_in_a_known_country_and_state() -> None:
    for found in cloud_regions().values():
        assert found.country in tables.iso_countries(), found
        assert found.state is None or found.state in regions_of(found.country), found
        assert found.pue is None or (1 <= found.pue < 2 and found.pue_source), found
        assert found.source, found


def test_a_cloud_regions_name_belongs_to_one_provider() -> None:
    names = [region for _, region in cloud_regions()]
    assert len(names) == len(set(names)) == 148


def test_checking_a_place_imports_none_of_the_packages_that_bring_the_tables() -> None:
    script = (
        "import sys; from neuclir_carbon.factors.places import check_place;"
        "check_place(country='USA', region='virginia', cloud='aws', cloud_region='us-east-1');"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'attrs', 'attr', 'codecarbon', 'ecologits', 'wattson', 'pycountry', 'pandas', 'pydantic', 'typer'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
