"""Children's assessments and looked-after children, of all authorities."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from needs.errors import InvalidDataError
from needs.stats.status import Status


def _row(table: pd.DataFrame, measure: str, code: str, period: str) -> pd.Series:
    rows = table[
        (table["measure"] == measure) & (table["area_code"] == code) & (table["period"] == period)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("measure", "code", "count", "of"),
    [
        ("parental_drug_misuse", "E10000034", 945, 4693),
        ("parental_alcohol_misuse", "E10000034", 896, 4693),
        ("parental_drug_misuse", "E92000001", 72620, 513250),
        ("parental_alcohol_misuse", "E92000001", 73250, 513250),
    ],
)
def test_factors_as_published(read, measure: str, code: str, count: int, of: int) -> None:
    row = _row(read("dfe_children_in_need"), measure, code, "2024/25")
    assert (row["count"], row["denominator"]) == (count, of)
    assert row["value"] == pytest.approx(100 * count / of)
    assert (row["period_start"], row["period_end"]) == (
        pd.Timestamp(2024, 4, 1),
        pd.Timestamp(2025, 3, 31),
    )


@pytest.mark.mirror
def test_factors_of_all_authorities(read) -> None:
    table = read("dfe_children_in_need")
    one = table[table["measure"] == "parental_drug_misuse"]
    kinds = pd.crosstab(one["period"], one["area_code"].str[:3])
    assert (kinds["E92"] == 1).all()
    assert (kinds["E12"] == 9).all()  # without the halves of London
    places = kinds[["E06", "E08", "E09", "E10"]].sum(axis=1)
    assert places.to_dict() == {
        **{f"{year}/{year % 100 + 1}": 152 for year in (2017, 2018, 2021, 2022)},
        **{f"{year}/{year % 100 + 1}": 151 for year in (2019, 2020)},
        **{f"{year}/{year % 100 + 1}": 153 for year in (2023, 2024)},
    }
    withheld = table[table["status"] != Status.SHOWN]
    assert withheld[["value", "lower", "upper"]].isna().all(axis=None)
    assert (withheld["status"] == Status.SUPPRESSED).sum() == 65


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("code", "period", "count", "of"),
    [
        ("E10000034", "2024/25", 22, 782),
        ("E09000003", "2021/22", 0, 196),
        ("E92000001", "2021/22", 1600, 58250),
    ],
)
def test_looked_after_children(read, code: str, period: str, count: int, of: int) -> None:
    row = _row(read("dfe_looked_after_children"), "looked_after_substance_misuse", code, period)
    assert (row["count"], row["denominator"]) == (count, of)
    assert row["value"] == pytest.approx(100 * count / of)


@pytest.mark.mirror
def test_a_small_number_is_withheld_and_never_zero(read) -> None:
    table = read("dfe_looked_after_children")
    small = table[table["status"] == Status.SUPPRESSED]
    assert len(small) == 170
    assert small[["value", "count"]].isna().all(axis=None)


HEAD = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,"
    "region_name,old_la_code,la_name,new_la_code,characteristic,breakdown,children_count,"
    "children_percent\n"
)


def _line(level: str, breakdown: str, people: str, **other: str) -> str:
    said = {"year": "2022", "kind": "Reporting year", "code": "E10000034"} | other
    return (
        f"{said['year']},{said['kind']},{level},E92000001,England,E12000008,West Midlands,885,"
        f"Worcestershire,{said['code']},Substance misuse: Children looked after all ages,"
        f"{breakdown},{people},3\n"
    )


WHOLE = "Total all ages"
PART = "Identified as having a substance misuse problem"
GOOD = _line("Local authority", WHOLE, "711") + _line("Local authority", PART, "18")


def test_shorthand_says_why_there_is_no_number(written, edition_of) -> None:
    text = HEAD + _line("Local authority", WHOLE, "711") + _line("Local authority", PART, "c")
    (row,) = edition_of("dfe_looked_after_children").read(written(text)).to_dict("records")
    assert row["status"] == Status.SUPPRESSED
    assert row["denominator"] == 711
    text = HEAD + _line("Local authority", WHOLE, "0") + _line("Local authority", PART, "0")
    (row,) = edition_of("dfe_looked_after_children").read(written(text)).to_dict("records")
    assert row["status"] == Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace(",18,", ",eighteen,"), "'eighteen' is not a whole number"),
        (GOOD.replace(",18,", ",1800,"), "'1800' is more than all of them"),
        (GOOD.replace("Reporting year", "Calendar year"), "is not a kind of year that we know"),
        (GOOD.replace("2022,", "22,"), "'22' is not a year"),
        (GOOD.replace("Local authority,", "Ward,"), "'Ward' is not a level that we know"),
        (GOOD.replace("E10000034", "885"), "'885' is not a code of this kind"),
        (GOOD.replace(PART, "With a problem"), f"No row of .* is '{PART}'"),
        (GOOD + _line("Local authority", PART, "19"), "Two rows give one figure"),
    ],
)
def test_a_spoilt_file_is_refused(written, edition_of, text: str, said: str) -> None:
    with pytest.raises(InvalidDataError) as refused:
        edition_of("dfe_looked_after_children").read(written(HEAD + text))
    assert any(re.search(said, str(one)) for one in refused.value.problems)
