"""Remade authorities: the right residents, deaths and rates under each of their codes.

Expected residents are those of the publisher's mid-2023 workbook, sheet MYE4; deaths those of its
workbook of drug deaths, Table 2 and Table 6; rates were worked out from the two by hand.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from needs.catalogue import load
from needs.chapters import recent
from needs.figures import assessment, population
from needs.stats.trend import recent_trend
from needs.tables import remade_areas
from needs.tables.same_land import lands

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def observations(national: Path) -> pd.DataFrame:
    return pd.read_parquet(national / "observations.parquet")


@pytest.fixture(scope="module")
def populations(national: Path) -> pd.DataFrame:
    table = pd.read_parquet(national / "populations.parquet")
    everyone = table["age_from"].eq(0) & table["age_to"].isna() & table["sex"].eq("persons")
    return table[everyone].set_index(["area_code", "year"])


def rows(table: pd.DataFrame, key: str, code: str, sex: str = "persons") -> pd.DataFrame:
    chosen = table["indicator"].eq(key) & table["area_code"].eq(code) & table["sex"].eq(sex)
    return table[chosen & table["category"].eq("")].set_index("period").sort_values("period_end")


@pytest.mark.parametrize(
    ("code", "year", "residents"),
    [
        ("E10000021", 2019, 777_016),  # Northamptonshire; pre-census file: 753,278
        ("E10000006", 2019, 499_171),  # Cumbria; 500,012
        ("E10000006", 2020, 498_439),  # 499,781
        ("E10000027", 2019, 564_987),  # Somerset; 562,225
        ("E10000027", 2020, 566_310),  # 563,851
        ("E06000066", 2019, 564_987),
        ("E10000002", 2019, 545_859),
        ("E08000038", 2023, 248_449),
    ],
)
def test_the_newest_revision_is_used_under_each_code(
    populations: pd.DataFrame, code: str, year: int, residents: int
) -> None:
    row = populations.loc[(code, year)]
    assert (row["population"], row["edition"]) == (residents, "mid-2023")


def test_no_pre_census_total_where_the_newest_edition_has_the_land(
    populations: pd.DataFrame,
) -> None:
    known = {code for code, year in populations.index if year == 2011}
    for (code, year), edition in populations["edition"].items():
        if code in known and year <= 2023:
            assert edition == "mid-2023", (code, year)


def test_a_sum_with_a_part_missing_is_not_formed(national: Path) -> None:
    areas = pd.read_parquet(national / "areas.parquet")
    table = pd.read_parquet(national / "populations.parquet")
    part = table[table["area_code"].isin(["E07000026", "E07000028"]) & (table["year"] == 2020)]
    made = remade_areas.people_everywhere(part, areas, lands(areas))
    assert set(made["area_code"]) == {
        "E07000026",
        "E07000028",
    }  # and no Cumberland without Copeland


@pytest.mark.parametrize(
    ("code", "year", "value"),
    [
        ("E10000021", "2019", 3.1),  # Northamptonshire; with pre-census residents 3.2
        ("E10000023", "2019", 5.4),  # North Yorkshire; 5.3
        ("E06000065", "2019", 5.4),
    ],
)
def test_yearly_rates_rest_on_the_same_residents(
    observations: pd.DataFrame, code: str, year: str, value: float
) -> None:
    row = rows(observations, "drug_misuse_yearly_rate", code).loc[year]
    assert round(row["value"], 1) == value


def test_three_year_crude_rates_are_there_for_each_code(observations: pd.DataFrame) -> None:
    pooled = rows(observations, "drug_misuse_crude_rate", "E10000021").loc["2017 to 2019"]
    assert (round(pooled["value"], 1), pooled["count"]) == (3.9, 91)
    for code in ("E10000006", "E10000023", "E06000065", "E10000027", "E06000066"):
        newest = rows(observations, "drug_misuse_crude_rate", code).loc["2019 to 2021"]
        assert newest["status"] == "shown"
        assert newest["denominator"] > 1_400_000


def test_cumbrias_trend_is_increasing(observations: pd.DataFrame) -> None:
    found = rows(observations, "drug_misuse_yearly_rate", "E10000006").tail(5).reset_index()
    assert found["count"].tolist() == [27, 27, 36, 63, 43]
    out = recent_trend(
        found.assign(ends=found["period_end"], begins=found["period_start"]),
        by=["indicator"], time="ends", start="begins",
        value="value", lower="lower", upper="upper",
    ).iloc[0]  # fmt: skip
    assert (out["trend"], round(out["chi_squared"], 2)) == ("increasing", 9.79)


@pytest.mark.parametrize("area", ["Cumbria", "Somerset", "North Yorkshire"])
def test_a_remade_county_has_a_trend_and_stands_in_the_funnel(national: Path, area: str) -> None:
    na = assessment.load(area, 2022, processed=national)
    assert na.latest_period("drug_misuse_crude_rate") == "2019 to 2021"
    compared = na.compared("drug_misuse_crude_rate", "2019 to 2021")
    assert (compared[0].code, len(compared)) == (na.area.code, 149)
    assert recent.own_trend(na, "drug_misuse_yearly_rate").said


def test_deaths_under_the_later_code_are_the_earlier_ones_too(national: Path) -> None:
    na = assessment.load("Buckinghamshire", 2019, processed=national)
    assert na.area.code == "E10000002"
    deaths = na.figure("drug_misuse_deaths")
    assert (deaths.period, deaths.value) == ("2019", 17)
    assert deaths.source_rows[-1] == "under E06000060, the same land"
    assert na.latest_period("drug_misuse_rate") == "2017 to 2019"


def test_periods_after_a_new_code_are_seen_under_the_old_one() -> None:
    """B06: the later periods of a file stand under the code that took over."""
    catalogue = load()
    areas = pd.DataFrame(
        {"code": ["E08000016", "E08000038"], "name": ["Barnsley"] * 2,
         "region_code": ["E12000003"] * 2, "upper_code": ["E08000016", "E08000038"],
         "successor": ["E08000038", None]}
    )  # fmt: skip
    made = pd.DataFrame(
        [
            {"indicator": "alcohol_specific_mortality", "area_code": code, "area_name": "Barnsley",
             "period": period, "period_start": pd.Timestamp(start, 1, 1),
             "period_end": pd.Timestamp(start + 2, 12, 31), "sex": "persons", "age": "all ages",
             "category": "", "value": value, "lower": value - 3, "upper": value + 3,
             "count": 100.0, "denominator": 720_000.0, "status": "shown", "marks": "",
             "method": "published", "source": "ohid_fingertips_91380", "source_row": "f, line 2"}
            for code, period, start, value in (
                ("E08000016", "2016 to 2018", 2016, 15.4), ("E08000038", "2019 to 2021", 2019, 18.3)
            )
        ]
    )  # fmt: skip
    found = remade_areas.counts_everywhere(made, areas, lands(areas), catalogue)
    for code in ("E08000016", "E08000038"):
        own = found[found["area_code"] == code].set_index("period")["value"]
        assert own.to_dict() == {"2016 to 2018": 15.4, "2019 to 2021": 18.3}


def test_ages_by_persons_only_are_used(national: Path) -> None:
    """The files of mid-2019 and mid-2020 do not tell the sexes apart."""
    na = assessment.load("Worcestershire", 2021, processed=national)
    assert population.latest_year(na) == 2020
    assert population.sexes_given(na) == ("persons",)
    shares = [population.age_share(na, na.area, one).value for one in population.AGE_GROUPS]
    assert sum(share or 0 for share in shares) == pytest.approx(100)
    frame = population.by_age_and_sex(na, na.area)
    assert frame["population"].sum() == 598_070
    assert set(frame["sex"]) == {"persons"}


def test_every_code_of_a_place_has_the_same_rows(
    observations: pd.DataFrame, national: Path
) -> None:
    areas = pd.read_parquet(national / "areas.parquet")
    land = lands(areas)
    local = [code for code in areas["code"] if code.startswith(("E06", "E07", "E08", "E09", "E10"))]
    columns = ["indicator", "period", "sex", "age", "category", "value", "lower", "upper", "count"]
    pairs = [
        (one, other) for one in local for other in local if one < other and land[one] == land[other]
    ]
    assert len(pairs) >= 5
    for one, other in pairs:
        tables = [
            observations.loc[observations["area_code"] == code, columns]
            .sort_values(columns[:5])
            .reset_index(drop=True)
            for code in (one, other)
        ]
        pd.testing.assert_frame_equal(*tables)
