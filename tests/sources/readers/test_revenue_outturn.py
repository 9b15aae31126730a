"""What councils spent on drugs and alcohol: form RO3 of the revenue outturn, three years."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from needs.catalogue import GROSS
from needs.errors import InvalidDataError
from needs.sources.readers.revenue_outturn import ADULTS
from needs.stats.status import Status

YEARS = ("2022/23", "2023/24", "2024/25")


def _value(table: pd.DataFrame, measure: str, code: str, category: str = "") -> float:
    rows = table[
        (table["measure"] == measure)
        & (table["area_code"] == code)
        & (table["category"] == category)
    ]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("year", "drugs", "alcohol"),
    [("2022/23", 2413, 1653), ("2023/24", 2670, 1818), ("2024/25", 2964, 2006)],
)
def test_spending_as_published(read, year: str, drugs: int, alcohol: int) -> None:
    table = read("mhclg_revenue_outturn", year)
    assert _value(table, "drug_treatment", "E10000034") == 1000 * drugs
    assert _value(table, "alcohol_treatment", "E10000034") == 1000 * alcohol
    assert set(table["period"]) == {year}


@pytest.mark.mirror
def test_england_as_published_and_said_to_be_estimated(read) -> None:
    table = read("mhclg_revenue_outturn", "2023/24")
    assert round(_value(table, "drug_treatment", "E92000001") / 1000) == 409_854
    assert round(_value(table, "alcohol_treatment", "E92000001") / 1000) == 202_916
    assert set(table.loc[table["area_code"] == "E92000001", "marks"]) == {"e"}


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("year", "areas", "silent"), [("2022/23", 152, 4), ("2023/24", 153, 11), ("2024/25", 153, 3)]
)
def test_who_did_not_answer_has_no_value_and_never_zero(
    read, year: str, areas: int, silent: int
) -> None:
    table = read("mhclg_revenue_outturn", year)
    local = table[table["area_code"] != "E92000001"]
    one = local[(local["measure"] == "drug_treatment") & (local["category"] == "")]
    assert len(one) == one["area_code"].nunique() == areas
    assert not one["area_code"].str.startswith("E07").any()
    without = one[one["status"] == Status.UNAVAILABLE]
    assert len(without) == silent
    assert without[["value", "count"]].isna().all(axis=None)
    assert "Birmingham" in set(without["area_name"])


@pytest.mark.mirror
def test_returns_that_were_not_certified_are_marked(read) -> None:
    marks = {}
    for year in YEARS:
        table = read("mhclg_revenue_outturn", year)
        own = table[table["area_code"] == "E10000034"]
        marks[year] = set(own["marks"])
    assert marks == {"2022/23": {""}, "2023/24": {"p"}, "2024/25": {""}}


@pytest.mark.mirror
def test_sums_are_of_a_rows_own_lines_and_gross_is_before_income(read) -> None:
    table = read("mhclg_revenue_outturn", "2024/25")
    keys = ["area_code", "category"]
    wide = table.pivot_table(index=keys, columns="measure", values="value")
    assert (wide[list(ADULTS)].sum(axis=1, skipna=False) - wide["adult_services"]).abs().max() < 1
    gross, net = (wide.xs(one, level="category")["drug_treatment"] for one in (GROSS, ""))
    assert (gross >= net)[net.notna()].mean() > 0.98
    # one council reports all of its treatment as prevention: only the sum can be compared
    assert wide.loc[("E08000005", ""), "adult_treatment"] == 0
    assert wide.loc[("E08000005", ""), "adult_services"] > 5_000_000


HEAD = ["E-code", "ONS Code", "Local authority", "Notes", "Class", "Detailed Class"]
NAMES = {
    "Treatment for drug misuse in adults": 40,
    "Treatment for alcohol misuse in adults": 30,
    "Preventing and reducing harm from drug misuse in adults": 20,
    "Preventing and reducing harm from alcohol misuse in adults": 10,
    "Specialist drug and alcohol misuse services for children and young people": 5,
}
SHIRE = ["E1821", "E10000034", "Worcestershire CC", "", "SC", "SC", "N"]
DISTRICT = ["E1831", "E07000234", "Bromsgrove", "", "SD", "SD", "N"]


def _sheet(*rows: list[object], lines: tuple[str, ...] = tuple(NAMES)) -> list[list[object]]:
    headings: list[object] = [*HEAD, "Certification"]
    for line in lines:
        headings += [
            f"Substance misuse - {line} - Total Expenditure (C3 = C1 + C2)",
            f"Substance misuse - {line} - Net Current Expenditure (C7 = C3 - C6)",
        ]
    return [["Source: the ministry"], headings, *rows]


def _spent() -> list[object]:
    return [amount for net in NAMES.values() for amount in (net + 1, net)]


def _write(tmp_path, rows: list[list[object]]):
    path = tmp_path / "RO3_LA_Data_2024-25_data_by_LA.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "RO3_LA_Data_202425"
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_line_without_an_answer(tmp_path, edition_of) -> None:
    reader = edition_of("mhclg_revenue_outturn", "2024/25")
    rows = _sheet([*SHIRE[:-1], "[x]", *["[x]"] * 10], [*DISTRICT, *[0] * 10])
    table = reader.read(_write(tmp_path, rows))
    assert set(table["area_code"]) == {"E10000034"}
    assert set(table["area_name"]) == {"Worcestershire"}
    assert set(table["status"]) == {Status.UNAVAILABLE}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (_sheet([*SHIRE, *_spent()], lines=tuple(NAMES)[1:]), "is missing"),
        (_sheet([*SHIRE[:-1], "maybe", *_spent()]), "does not say whether it is certified"),
        (_sheet([*SHIRE, "some", *_spent()[1:]]), "'some' is not a number"),
        (_sheet([*SHIRE[:4], "XX", "SC", "N", *_spent()]), "is not a class that we know"),
        (
            _sheet([*SHIRE, *_spent(), 1], lines=(*NAMES, "Gambling")),
            "Heading 'Substance misuse - Gambling - Total Expenditure",
        ),
        ([["nothing"]], "No row has the headings"),
    ],
)
def test_spoilt_files_are_refused(tmp_path, edition_of, rows, said: str) -> None:
    with pytest.raises(InvalidDataError) as error:
        edition_of("mhclg_revenue_outturn", "2024/25").read(_write(tmp_path, rows))
    assert said in str(error.value)
