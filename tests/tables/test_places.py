"""One place, many codes: the land of each, and what makes it up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from needs.errors import ParameterError
from needs.figures import assessment
from needs.tables import same_land
from needs.tables.areas import upper_tiers

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def areas(national: Path) -> pd.DataFrame:
    return pd.read_parquet(national / "areas.parquet")


@pytest.fixture(scope="module")
def lands(areas: pd.DataFrame) -> dict[str, frozenset[str]]:
    return same_land.lands(areas)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("E10000002", "E06000060"),  # Buckinghamshire, April 2020
        ("E10000023", "E06000065"),  # North Yorkshire, April 2023
        ("E10000027", "E06000066"),  # Somerset, April 2023
        ("E08000016", "E08000038"),  # Barnsley, April 2025
        ("E08000019", "E08000039"),  # Sheffield, April 2025
    ],
)
def test_a_place_keeps_its_land_under_another_code(
    lands: dict[str, frozenset[str]], one: str, other: str
) -> None:
    assert lands[one] == lands[other]
    assert same_land.cover(one, [other, "E06000016"], lands) == (other,)
    assert same_land.cover(other, [one], lands) == (one,)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("E10000006", ("E06000063", "E06000064")),  # Cumbria
        ("E10000021", ("E06000061", "E06000062")),  # Northamptonshire
        ("E06000063", ("E07000026", "E07000028", "E07000029")),  # Cumberland, of districts
        ("E06000058", ("E06000028", "E06000029", "E07000048")),  # Bournemouth, Christchurch, Poole
    ],
)
def test_areas_of_another_date_make_up_the_land(
    lands: dict[str, frozenset[str]], code: str, parts: tuple[str, ...]
) -> None:
    assert same_land.cover(code, parts, lands) == parts
    assert same_land.cover(code, parts[1:], lands) == ()


def test_authorities_of_a_year_share_no_land_and_leave_none_over(
    areas: pd.DataFrame, lands: dict[str, frozenset[str]]
) -> None:
    for year in range(2018, 2026):
        codes = [one.code for one in upper_tiers(areas, year)]
        assert same_land.sharing(codes, lands) == []
        assert frozenset().union(*(lands[code] for code in codes)) == lands["E92000001"]


def test_regions_make_up_england(lands: dict[str, frozenset[str]]) -> None:
    regions = [code for code in lands if code.startswith("E12")]
    assert len(regions) == 9
    assert same_land.sharing(regions, lands) == []
    assert frozenset().union(*(lands[code] for code in regions)) == lands["E92000001"]


@pytest.mark.parametrize(
    ("members", "year", "said"),
    [
        (("E08000016", "E08000038"), 2024, "Barnsley (E08000016) is the same land as Barnsley"),
        (("Cumbria", "Cumberland"), 2022, "Cumbria (E10000006) and Cumberland (E06000063) share"),
        (("E10000002", "E06000060"), 2022, "is the same land as Buckinghamshire (E06000060)"),
        (("Bournemouth", "E06000058"), 2022, "Poole (E06000058) share land"),
        (("Leicester", "Leicester"), 2022, "An authority is given twice."),
    ],
)
def test_land_is_not_counted_twice(
    areas: pd.DataFrame, members: tuple[str, ...], year: int, said: str
) -> None:
    with pytest.raises(ParameterError) as error:
        assessment.choose(members, year, areas, "Overlap")
    assert any(said in problem.what for problem in error.value.problems)


def test_three_at_once_are_refused_with_each_pair(areas: pd.DataFrame) -> None:
    members = ("Cumbria", "Cumberland", "Westmorland and Furness")
    with pytest.raises(ParameterError) as error:
        assessment.choose(members, 2022, areas, "Overlap")
    assert len(error.value.problems) == 2


def test_a_declared_footprint_is_checked_too(
    areas: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = "Twice:\n- Cumbria\n- Cumberland\nOnce:\n- Cumberland\n- Westmorland and Furness\n"
    (tmp_path / "footprints.yaml").write_text(declared, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParameterError, match="wrong"):
        assessment.choose("Twice", 2022, areas)
    members, name = assessment.choose("Once", 2023, areas)
    assert (len(members), name) == (2, "Once")


def test_authorities_are_compared_once_each(
    national: Path, lands: dict[str, frozenset[str]]
) -> None:
    na = assessment.load("Somerset", 2022, processed=national)
    for key, period in (
        ("drug_misuse_crude_rate", "2019 to 2021"),
        ("alcohol_specific_mortality", "2015 to 2017"),
    ):
        codes = [one.code for one in na.compared(key, period)]
        assert codes[0] == "E10000027"
        assert same_land.sharing(codes, lands) == []
    # Bournemouth and Poole had a rate before they were joined, and the whole has none
    assert {"E06000028", "E06000029"} <= set(codes)
    assert "E06000058" not in codes
