"""Fingertips: 26 and 27 columns, repackaged and next-generation files."""

from __future__ import annotations

import csv
import io

import pytest

from needs.errors import InvalidDataError
from needs.sources.readers import file_faults, fingertips, heading_maps
from needs.stats.status import Status


@pytest.mark.mirror
def test_alcohol_specific_mortality_of_all_england(read):
    table = read("ohid_fingertips_91380")
    assert len(table) == 6_597
    assert set(table["sex"]) == {"persons", "male", "female"}
    headline = table[table["category"] == ""]
    persons = headline[headline["sex"] == "persons"]
    by_period = persons.groupby("period")["area_code"].agg(
        lambda codes: codes.str.match("E0|E10").sum()
    )
    assert by_period["2015 to 2017"] == 152
    assert by_period["2016 to 2018"] == 149
    england = headline[(headline["area_code"] == "E92000001") & (headline["sex"] == "persons")]
    # one England row a period: its inequality rows are not headlines
    assert england["period"].is_unique
    assert england.set_index("period").loc["2016 to 2018", "count"] == 17_044
    county = persons[persons["area_code"] == "E10000034"].set_index("period").loc["2016 to 2018"]
    assert county["value"] == pytest.approx(10.93405437)
    assert county["lower"] == pytest.approx(9.45941746)
    assert county["upper"] == pytest.approx(12.57237392)


def test_decimal_commas_are_not_numbers(edition_of, written):
    """Read as thousands, 10.1 per 100,000 would be 101."""
    heading = (
        "Indicator ID,Indicator Name,Parent Code,Parent Name,Area Code,Area Name,Area Type,Sex,Age,"
        "Category Type,Category,Time period,Value,Lower CI 95.0 limit,Upper CI 95.0 limit,"
        "Lower CI 99.8 limit,Upper CI 99.8 limit,Count,Denominator,Value note,Recent Trend,"
        "Compared to England value or percentiles,Column not used,Time period Sortable,New data,"
        "Compared to goal,Time period range"
    )
    start = "91380,Alcohol-specific mortality,E92000001,England,E10000034,Worcestershire,"
    start += "Upper tier local authorities (post 4/23),Persons,All ages,,,2016 - 18,"
    end = ",,,180,1780000,,,,,20160000,,,3y"
    source = edition_of("ohid_fingertips_91380")
    wrong = written(f'{heading}\n{start}"10,1","8,5","11,9"{end}\n')
    with pytest.raises(InvalidDataError) as caught:
        source.read(wrong)
    told = [(one.what, one.where.partition(", ")[2]) for one in caught.value.problems]
    assert told == [
        ("'10,1' is not a number.", "line 2, column Value"),
        ("'8,5' is not a number.", "line 2, column Lower CI 95.0 limit"),
        ("'11,9' is not a number.", "line 2, column Upper CI 95.0 limit"),
    ]
    right = source.read(written(f"{heading}\n{start}10.1,8.5,11.9{end}\n"))
    assert right[["value", "lower", "upper"]].to_numpy().tolist() == [[10.1, 8.5, 11.9]]


@pytest.mark.mirror
def test_inequality_rows_are_englands_and_keep_their_category(read):
    table = read("ohid_fingertips_91380")
    unequal = table[table["category"] != ""]
    assert len(unequal) == 1_260
    assert set(unequal["area_code"]) == {"E92000001"}
    newest = unequal[(unequal["period"] == "2016 to 2018") & (unequal["sex"] == "persons")]
    deciles = newest[newest["category"].str.startswith("County & UA")]
    assert len(deciles) == 10


@pytest.mark.mirror
def test_missing_values_are_missing_and_say_why(read):
    table = read("ohid_fingertips_91380")
    missing = table[table["value"].isna()]
    assert len(missing) > 0
    assert Status.SHOWN not in set(missing["status"])
    small = missing["note"].str.contains("too small")
    assert set(missing.loc[small, "status"]) <= {Status.UNRELIABLE, Status.SUPPRESSED}


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("key", "period", "value", "lower", "upper"),
    [
        ("ohid_fingertips_93517", "2018/19", 54.61674677, 40.64516129, 64.13076077),
        ("ohid_fingertips_93532", "2018/19", 80.55065524, 75.15492958, 85.21410097),
    ],
)
def test_unmet_need_with_27_columns(read, key, period, value, lower, upper):
    table = read(key)
    row = table[(table["area_code"] == "E10000034") & (table["period"] == period)].iloc[0]
    assert (row["value"], row["lower"], row["upper"]) == pytest.approx((value, lower, upper))
    assert row["age"] in ("15-64", "18+")


@pytest.mark.mirror
def test_a_file_of_all_area_types(mirror, edition_of):
    path = next(mirror.glob("ohid_fingertips/93495_*.csv"))
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ohid_fingertips_93532").read(path)
    assert "is not indicator 93532" in str(caught.value)
    source = edition_of("ohid_fingertips_93532")
    edition = source.edition.model_copy(update={"options": {"indicator_id": 93495}})
    table = fingertips.read(path, source.source, edition)
    assert table["area_code"].str.fullmatch(fingertips.AREAS).all()
    assert table.duplicated(["area_code", "period", "sex", "age", "category"]).sum() == 0


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("key", "period"), [("ohid_fingertips_91382", "2017"), ("ohid_fingertips_91414", "2017/18")]
)
def test_repackaged(read, key, period):
    table = read(key)
    assert len(table) == 3_270
    newest = table[table["period"] == period]
    assert newest["area_code"].nunique() == 327
    assert table[["lower", "upper", "count"]].isna().all(axis=None)
    assert set(table.loc[table["value"].isna(), "status"]) == {Status.UNAVAILABLE}


@pytest.mark.mirror
def test_next_generation_service(read):
    table = read("ohid_fingertips_next")
    england = table[(table["area_code"] == "E92000001") & (table["category"] == "")]
    mortality = england[(england["measure"] == "93763") & (england["sex"] == "persons")]
    assert sorted(mortality["period"]) == [str(year) for year in range(2018, 2024)]
    admissions = england[england["measure"] == "92904"]
    assert "2018/19 to 2020/21" in set(admissions["period"])
    assert set(admissions["age"]) == {"under 18"}


def _file(columns=27, rows=None, swap=None):
    headings = list(heading_maps.layout("fingertips", f"{columns} columns").headings)
    variants = {
        *("Compared to percentiles", "Compared to Region value or percentiles", "Target data"),
        "Compared to Regions (statistical) value or percentiles",
    }
    headings = [one for one in headings if one not in variants]
    assert len(headings) == columns
    cells = {
        **{"Indicator ID": "91380", "Area Code": "E92000001", "Area Name": "England"},
        **{"Sex": "Persons", "Age": "All ages", "Time period": "2018 - 20", "Value": "5.5"},
        **{"Indicator Name": "Deaths\nof alcohol", "Value note": ""},
    }
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([(swap or {}).get(one, one) for one in headings])
    for row in rows or [{}]:
        writer.writerow([{**cells, **row}.get(one, "") for one in headings])
    return out.getvalue()


@pytest.mark.parametrize("columns", [26, 27])
@pytest.mark.parametrize(
    "name",
    [
        "Column not used",
        "Compared to percentiles",
        "Compared to Regions (statistical) value or percentiles",
    ],
)
def test_columns_are_found_by_name(edition_of, written, columns, name):
    text = _file(columns, swap={"Column not used": name})
    table = edition_of("ohid_fingertips_91380").read(written("\ufeff" + text))
    assert table["value"].tolist() == [5.5]
    assert table["period"].tolist() == ["2018 to 2020"]


@pytest.mark.parametrize(
    ("written_as", "period", "ends"),
    [
        ("2018 - 20", "2018 to 2020", "2020-12-31"),
        ("2020/21", "2020/21", "2021-03-31"),
        ("2020", "2020", "2020-12-31"),
        ("2017/18 - 19/20", "2017/18 to 2019/20", "2020-03-31"),
    ],
)
def test_periods(edition_of, written, written_as, period, ends):
    text = _file(rows=[{"Time period": written_as}])
    row = edition_of("ohid_fingertips_91380").read(written(text)).iloc[0]
    assert row["period"] == period
    assert str(row["period_end"].date()) == ends


@pytest.mark.parametrize(
    ("note", "count", "status"),
    [
        ("", "", Status.UNAVAILABLE),
        ("Value suppressed for disclosure control due to small count", "", Status.SUPPRESSED),
        ("Value cannot be calculated as number of cases is too small", "7", Status.UNRELIABLE),
    ],
)
def test_why_a_value_is_missing(edition_of, written, note, count, status):
    text = _file(rows=[{"Value": "", "Value note": note, "Count": count}])
    row = edition_of("ohid_fingertips_91380").read(written(text)).iloc[0]
    assert row["status"] == status
    assert row["note"] == note


def test_same_area_under_two_parents_stands_once(edition_of, written):
    rows = [{"Parent Code": code} for code in ("E12000001", "E92000001")]
    assert len(edition_of("ohid_fingertips_91380").read(written(_file(rows=rows)))) == 1


WORCESTERSHIRE = {
    **{"Area Code": "E10000034", "Area Name": "Worcestershire", "Time period": "2016 - 18"},
    **{"Lower CI 95.0 limit": "8.5", "Upper CI 95.0 limit": "11.9", "Count": "180"},
    **{"Denominator": "1780000", "Value": "10.1", "Area Type": "County & UA (pre 4/19)"},
}

OTHER = {
    **{"Lower CI 95.0 limit": "18.6", "Upper CI 95.0 limit": "22.0", "Count": "360"},
    **{"Value": "20.2", "Area Type": "County & UA (4/19 - 3/20)"},
}


@pytest.mark.parametrize("turned", [False, True])
def test_two_values_for_one_figure_are_a_fault_with_both_lines(edition_of, written, turned):
    """The same county under two area types: which value stands is not told by the order of rows."""
    rows = [WORCESTERSHIRE, WORCESTERSHIRE | OTHER]
    text = _file(rows=rows[::-1] if turned else rows)
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ohid_fingertips_91380").read(written(text))
    (problem,) = caught.value.problems
    assert problem.where == "source/file.csv, line 2 and line 4"
    values = "20.2 and 10.1" if turned else "10.1 and 20.2"
    figure = "Worcestershire, 2016 to 2018, persons, all ages"
    assert problem.what == f"Two rows give one figure, {figure}, and differ: value {values}."


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({"Count": "181"}, "count 180 and 181"),
        ({"Lower CI 95.0 limit": "8.6"}, "lower 8.5 and 8.6"),
        ({"Denominator": ""}, "denominator 1780000 and nan"),
        ({"Value": "", "Value note": "suppressed"}, "value 10.1 and nan"),
    ],
)
def test_rows_that_differ_in_any_number_are_a_fault(edition_of, written, cell, said):
    text = _file(rows=[WORCESTERSHIRE, WORCESTERSHIRE | cell])
    with pytest.raises(InvalidDataError, match=said):
        edition_of("ohid_fingertips_91380").read(written(text))


def test_same_figure_under_two_area_types_stands_once(edition_of, written):
    rows = [WORCESTERSHIRE, WORCESTERSHIRE | {"Area Type": OTHER["Area Type"]}]
    table = edition_of("ohid_fingertips_91380").read(written(_file(rows=rows)))
    assert table["value"].tolist() == [10.1]
    assert table["source_row"].tolist() == ["file.csv, line 2"]


def test_many_figures_that_stand_twice_are_counted(edition_of, written):
    rows = [
        WORCESTERSHIRE | other | {"Time period": f"{year} - {year + 2 - 2000:02}"}
        for year in range(2001, 2016)
        for other in ({}, OTHER)
    ]
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ohid_fingertips_91380").read(written(_file(rows=rows)))
    assert len(caught.value.problems) == file_faults.SHOWN_CELLS + 1
    assert caught.value.problems[-1].what == "5 more figures stand twice and differ."


def test_repackaged_and_next_generation_rows_that_differ(edition_of, written):
    head = "area_code,area_name,period,value,indicator,measure,unit,significance\n"
    row = "E07000237,Worcester,2017,{},Alcohol,Rate,Persons,\n"
    text = head + row.format(40.1) + row.format(50.2)
    with pytest.raises(InvalidDataError, match=r"value 40.1 and 50.2"):
        edition_of("ohid_fingertips_91382").read(written(text))
    head = (
        "IndicatorId,Category,CategoryType,Age,Sex,Trend,Denominator,CategoryTypeId,UpperCI,Value,"
        "Count,AreaCode,SexID,AgeID,Year,LowerCI,CategoryId\n"
    )
    row = "{},,,{},Persons,,1000,,9,{},20,E10000034,4,1,2021,7,\n"
    rows = [row.format(93763, "All ages", 8), row.format(93763, "All ages", 8.5)]
    text = head + "".join(rows) + row.format(92904, "<18 yrs", 8)
    with pytest.raises(InvalidDataError, match=r"line 2 and line 3") as caught:
        edition_of("ohid_fingertips_next").read(written(text))
    assert "E10000034, 2021, persons, all ages, and differ: value 8 and 8.5" in str(caught.value)
    text = head + rows[0] * 2 + row.format(92904, "<18 yrs", 8)
    assert len(edition_of("ohid_fingertips_next").read(written(text))) == 2


def test_bad_cells_are_told_with_their_lines(edition_of, written):
    rows = [{"Value": "x"}, {"Sex": "People"}, {"Time period": "last year"}]
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ohid_fingertips_91380").read(written(_file(rows=rows)))
    # the indicator's name holds a line break, so records are two lines apart
    assert sorted(problem.where for problem in caught.value.problems) == [
        "source/file.csv, line 2, column Value",
        "source/file.csv, line 4, column Sex",
        "source/file.csv, line 6, column Time period",
    ]


def test_answer_without_rows(edition_of, written):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ohid_fingertips_91380").read(written(_file().splitlines()[0] + "\n"))
    assert "no rows" in str(caught.value)


def test_missing_column(edition_of, written):
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ohid_fingertips_91380").read(written(_file(swap={"Value": "Values"})))
    assert "Heading 'Value' is missing; nearest in the file: 'Values'" in str(caught.value)
