"""Deaths related to drug poisoning and drug misuse: the whole workbook, and spoilt ones."""

from __future__ import annotations

import re

import openpyxl
import pandas as pd
import pytest

from needs.errors import InvalidDataError, MissingDataError
from needs.sources.readers import ons_deaths
from needs.stats.status import Status


@pytest.fixture(scope="module")
def deaths(read) -> pd.DataFrame:
    return read("ons_drug_deaths")


def _one(deaths, measure, code, period, sex="persons"):
    rows = deaths[
        (deaths["measure"] == measure)
        & (deaths["area_code"] == code)
        & (deaths["period"] == period)
        & (deaths["sex"] == sex)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.mirror
def test_every_table_area_and_period(deaths):
    counts = deaths.groupby(["measure", "sex"]).agg(
        areas=("area_code", "nunique"), periods=("period", "nunique"), rows=("period", "size")
    )
    # England, 9 regions, Inner and Outer London, 30 counties of both kinds, 309 districts
    assert set(counts["areas"]) == {351}
    assert set(counts.loc["drug_misuse_deaths", "periods"]) == {29}
    assert set(counts.loc["drug_misuse_rate", "periods"]) == {19}
    assert (counts["rows"] == counts["areas"] * counts["periods"]).all()
    assert sorted(counts.index) == [
        ("drug_misuse_deaths", "persons"),
        ("drug_misuse_rate", "female"),
        ("drug_misuse_rate", "male"),
        ("drug_misuse_rate", "persons"),
        ("drug_poisoning_deaths", "persons"),
        ("drug_poisoning_rate", "female"),
        ("drug_poisoning_rate", "male"),
        ("drug_poisoning_rate", "persons"),
    ]


@pytest.mark.mirror
def test_published_rate_of_worcestershire(deaths):
    row = _one(deaths, "drug_misuse_rate", "E10000034", "2018 to 2020")
    assert (row["count"], row["value"], row["lower"], row["upper"]) == (69, 4.2, 3.3, 5.3)
    assert row["area_name"] == "Worcestershire"
    assert row["period_end"] == pd.Timestamp("2020-12-31")
    assert re.fullmatch(
        r"2021localauthorities\.xlsx, Table 6, row \d+, columns of 2018 to 2020", row["source_row"]
    )


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("measure", "period", "expected"),
    [("drug_poisoning_deaths", "2021", 4532), ("drug_misuse_deaths", "2021", 2846)],
)
def test_counts_of_england(deaths, measure, period, expected):
    assert _one(deaths, measure, "E92000001", period)["value"] == expected


@pytest.mark.mirror
def test_regions_add_up_to_england(deaths):
    for measure in ("drug_poisoning_deaths", "drug_misuse_deaths"):
        rows = deaths[deaths["measure"] == measure]
        regions = rows[rows["area_code"].str.startswith("E12")].groupby("period")["count"].sum()
        england = rows[rows["area_code"] == "E92000001"].set_index("period")["count"]
        assert (regions - england).abs().max() == 0


@pytest.mark.mirror
def test_three_years_are_the_sum_of_the_years(deaths):
    years = deaths[deaths["measure"] == "drug_misuse_deaths"]
    wide = years.pivot_table(index="area_code", columns="period", values="count")
    pooled = deaths[
        (deaths["measure"] == "drug_misuse_rate")
        & (deaths["sex"] == "persons")
        & (deaths["period"] == "2018 to 2020")
    ].set_index("area_code")["count"]
    summed = wide[["2018", "2019", "2020"]].sum(axis=1)
    assert (summed - pooled).abs().max() == 0


@pytest.mark.mirror
def test_withheld_rates_are_never_zero_and_keep_their_count(deaths):
    rates = deaths[deaths["measure"].str.endswith("_rate")]
    few = rates[rates["count"] < 10]
    assert len(few) > 1000
    assert set(few["status"]) == {Status.UNRELIABLE}
    assert few[["value", "lower", "upper"]].isna().all(axis=None)
    shown = rates[rates["status"] == Status.SHOWN]
    assert (shown["value"] > 0).all()
    assert (shown["lower"] <= shown["value"]).all()
    assert (shown["value"] <= shown["upper"]).all()


@pytest.mark.mirror
def test_flag_of_unreliable_rates(deaths):
    shown = deaths[deaths["measure"].str.endswith("_rate") & (deaths["status"] == Status.SHOWN)]
    marked = shown["marks"] == "u"
    assert (shown.loc[marked, "count"] < 20).all()
    assert (shown.loc[~marked, "count"] >= 20).all()
    row = _one(deaths, "drug_misuse_rate", "E10000034", "2019 to 2021", "female")
    assert (row["count"], row["value"], row["marks"]) == (19, 2.2, "u")


@pytest.mark.mirror
def test_a_count_of_nought_is_shown(deaths):
    row = _one(deaths, "drug_misuse_deaths", "E06000053", "2021")
    assert (row["value"], row["status"]) == (0, Status.SHOWN)


def _book(path, *, period="2018–20", headings=None, cells=None, skip=""):
    """A small workbook of eight tables; the block of a rate has a flag column."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    headings = headings or (
        *("Deaths", "Rate 1", None, "Lower Confidence Limit 2", "Upper Confidence Limit 2"),
    )
    for number in range(1, 9):
        if f"Table {number}" == skip:
            continue
        sheet = book.create_sheet(f"Table {number}")
        sheet.append(["Back to contents"])
        sheet.append(["Title"])
        if number <= 2:
            sheet.append(["Area Codes", "Area Names", None, 2021, 2020])
            sheet.append(["E92000001", "ENGLAND", None, 20, 0])
            sheet.append(["E10000034", None, "Worcestershire ", 3, ":"])
        else:
            sheet.append(["Area Codes", "Area Names", None, period])
            sheet.append([None, None, None, *headings])
            sheet.append(["E92000001", "ENGLAND", None, *(cells or (30, 4.2, None, 3.3, 5.3))])
            sheet.append(["E10000034", None, "Worcestershire ", 12, 2.0, "U", 1.0, 3.0])
            sheet.append(["W92000004", "WALES", None, 1, 1, None, 1, 1])
        sheet.append(["Footnotes"])
    book.save(path)
    return path


def test_small_book(edition_of, tmp_path):
    table = edition_of("ons_drug_deaths").read(_book(tmp_path / "a.xlsx"))
    assert set(table["area_name"]) == {"England", "Worcestershire"}
    hidden = table[table["status"] == Status.SUPPRESSED]
    assert set(hidden["measure"]) == {"drug_poisoning_deaths", "drug_misuse_deaths"}
    assert hidden[["value", "count"]].isna().all(axis=None)
    assert (table.loc[table["marks"] == "u", "area_name"] == "Worcestershire").all()


def test_decimal_commas_in_a_workbook_are_not_numbers(edition_of, tmp_path):
    cells = (30, "4,2", None, "3,3", "5.3")
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_drug_deaths").read(_book(tmp_path / "a.xlsx", cells=cells))
    told = str(caught.value)
    assert "'4,2' is not a number." in told and "'3,3' is not a number." in told
    assert "sheet Table 3" in told and "row 5, column Rate 1" in told


def test_block_without_flag_column(edition_of, tmp_path):
    path = _book(
        tmp_path / "a.xlsx",
        headings=("Deaths", "Rate 1", "Lower Confidence Limit 2", "Upper Confidence Limit 2"),
        cells=(30, 4.2, 3.3, 5.3),
    )
    book = openpyxl.load_workbook(path)
    for name in book.sheetnames[2:]:
        for row in (6, 7):
            book[name].delete_rows(row)
    book.save(path)
    table = edition_of("ons_drug_deaths").read(path)
    rates = table[(table["measure"] == "drug_misuse_rate") & (table["area_name"] == "England")]
    assert rates[["value", "lower", "upper"]].drop_duplicates().to_numpy().tolist() == [
        [4.2, 3.3, 5.3]
    ]


@pytest.mark.parametrize("flag", ["u", "U", "[u]", "[U] ", " u "])
def test_flags_of_low_reliability_in_any_writing(edition_of, tmp_path, flag):
    table = edition_of("ons_drug_deaths").read(
        _book(tmp_path / "a.xlsx", cells=(12, 4.2, flag, 3.3, 5.3))
    )
    rates = table[table["measure"].str.endswith("_rate")]
    assert set(rates.loc[rates["area_name"] == "England", "marks"]) == {"u"}


@pytest.mark.parametrize("flag", ["x", "[c]", "unreliable", 1])
def test_a_flag_that_is_not_known_is_a_fault_with_its_cell(edition_of, tmp_path, flag):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_drug_deaths").read(
            _book(tmp_path / "a.xlsx", cells=(30, 4.2, flag, 3.3, 5.3))
        )
    assert len(caught.value.problems) == 6  # a table each
    first = caught.value.problems[0]
    assert first.what == f"'{flag}' is not a flag that we know: [u], low reliability."
    assert first.where.endswith("sheet Table 3, 2018–20, row 5, column of flags, without a heading")


def test_an_area_that_stands_twice_and_differs_is_a_fault(edition_of, tmp_path):
    path = _book(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book["Table 1"].append(["E10000034", None, "Worcestershire", 4, ":"])
    book.save(path)
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_drug_deaths").read(path)
    (problem,) = caught.value.problems
    assert "Worcestershire, 2021, persons, all ages, and differ: value 3 and 4" in problem.what
    both = "Table 1, row 5, columns of 2021 and Table 1, row 7, columns of 2021"
    assert problem.where.endswith(both)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"period": "2018 twenty"}, "'2018 twenty' is not a period"),
        (
            {"headings": ("Deaths", "Rates", None, "Lower Confidence Limit 2", "Upper limit")},
            "Heading 'Rates' is not known; nearest known: 'Rate 1'",
        ),
        ({"cells": (30, "high", None, 3.3, 5.3)}, "'high' is not a number"),
        ({"cells": (30.5, 4.2, None, 3.3, 5.3)}, "'30.5' is not a whole number"),
        ({"skip": "Table 7"}, "Sheet 'Table 7' is missing"),
    ],
)
def test_faults_name_sheet_and_cell(edition_of, tmp_path, change, said):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_drug_deaths").read(_book(tmp_path / "a.xlsx", **change))
    assert said in str(caught.value)


def test_a_renamed_heading_names_the_nearest_and_the_map_to_edit(edition_of, tmp_path):
    path = _book(tmp_path / "a.xlsx", period="2018 to 2020")  # is taken, as 2018–20 is
    reader = edition_of("ons_drug_deaths")
    assert set(reader.read(path)["period"]) == {"2018 to 2020", "2020", "2021"}
    book = openpyxl.load_workbook(path)
    for sheet in book:
        sheet["A3"], sheet["B3"] = "Area code", "Area name"
    book.save(path)
    with pytest.raises(InvalidDataError) as caught:
        reader.read(path)
    assert len(caught.value.problems) == 8
    for problem in caught.value.problems:
        assert "nearest to 'Area Codes': 'Area code'" in problem.what
        assert "catalogue/maps/ons_deaths.csv, column 2021" in problem.remedy
        assert "ownload" not in problem.remedy


def test_an_edition_without_its_column_in_the_map_of_sheets_is_told(edition_of, tmp_path):
    found = edition_of("ons_drug_deaths")
    edition = found.edition.model_copy(update={"edition": "2023"})
    with pytest.raises(InvalidDataError) as caught:
        ons_deaths.read(_book(tmp_path / "a.xlsx"), found.source, edition)
    assert "no edition '2023'" in caught.value.problem.what
    assert caught.value.problem.where == "catalogue/maps/ons_deaths_sheets.csv"
    assert "Add a column" in caught.value.problem.remedy


def test_all_sheets_are_told_at_once(edition_of, tmp_path):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_drug_deaths").read(
            _book(tmp_path / "a.xlsx", cells=(30, "high", None, 3.3, 5.3))
        )
    wheres = [problem.where for problem in caught.value.problems]
    assert len(wheres) == 6
    assert "sheet Table 8, 2018–20, row 5, column Rate 1" in wheres[-1]


def test_missing_and_wrong_file(edition_of, tmp_path, written):
    with pytest.raises(MissingDataError):
        edition_of("ons_drug_deaths").read(tmp_path / "none.xlsx")
    with pytest.raises(InvalidDataError):
        edition_of("ons_drug_deaths").read(written("<html>", "a.xlsx"))


AREAS = (("E92000001", "ENGLAND"), ("E10000034", "Worcestershire"), ("E06000017", "Rutland"))


def book(path, years=(2021, 2020), periods=("2019–21", "2018–20"), missing=":", flag="u"):
    """A made-up workbook in the shape of the publisher's."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number in range(1, 9):
        sheet = book.create_sheet(f"Table {number}")
        sheet.append(["Back to contents"])
        sheet.append([None])
        if number <= 2:
            sheet.append(["Area Codes", "Area Names", None, *years])
        else:
            apart = [None] * 5
            sheet.append(
                ["Area Codes", "Area Names [note 1]", None, periods[0], *apart, periods[1]]
            )
            block = ["Deaths [note 2]", "Rate 1", None, "Lower Confidence Limit 2"]
            block = [*block, "Upper Confidence Limit 2 [x]", None]
            sheet.append([None, None, None, *block, *block])
        for code, name in AREAS:
            few = code == "E06000017"
            rates = [8, missing, None, missing, missing, None]
            rates = rates if few else [15, 3.1, flag, 1.9, 4.8, None]
            cells = [3, missing] if few else [20, 30]
            sheet.append([code, name, None, *(cells if number <= 2 else rates * 2)])
    book.save(path)
    return path


NOTED = (
    {"years": ("2021 [x]", "2020 [note 3]")},
    {"years": ("2021 [notes 3, 4 and 5]", "2020 [r] [note 3]")},
    {"periods": ("2019–21 5", "2018 to 2020 [low]")},
    {"periods": ("2019 - 21⁵", "2018-2020 [3]"), "flag": "[u]"},
)


@pytest.mark.slow
@pytest.mark.parametrize("noted", NOTED)
def test_notes_beside_periods_and_headings_are_passed_over(tmp_path, edition_of, noted):
    plain = edition_of("ons_drug_deaths").read(book(tmp_path / "a.xlsx"))
    assert sorted(plain["period"].unique()) == ["2018 to 2020", "2019 to 2021", "2020", "2021"]
    found = edition_of("ons_drug_deaths").read(book(tmp_path / "a.xlsx", **noted))
    pd.testing.assert_frame_equal(found, plain)


@pytest.mark.parametrize(
    ("missing", "status"), [(":", "suppressed"), ("[c]", "suppressed"), ("[x]", "unavailable")]
)
def test_shorthand_in_place_of_a_number(tmp_path, edition_of, missing, status):
    found = edition_of("ons_drug_deaths").read(book(tmp_path / "a.xlsx", missing=missing))
    rows = found[(found["area_code"] == "E06000017") & (found["sex"] == "persons")]
    assert set(rows.loc[rows["period"] == "2020", "status"]) == {status}
    assert set(rows.loc[rows["measure"].str.endswith("rate"), "status"]) == {"unreliable"}
    assert rows.loc[rows["period"] == "2020", "value"].isna().all()


@pytest.mark.parametrize("noted", [{"years": ("2021", "2021 [x]")}, {"periods": ("2019–21",) * 2}])
def test_two_columns_that_differ_in_their_notes_alone_are_told(tmp_path, edition_of, noted):
    with pytest.raises(InvalidDataError, match=r"Two columns are '20(19–)?21'"):
        edition_of("ons_drug_deaths").read(book(tmp_path / "a.xlsx", **noted))
