"""The declarations of the processed tables catch what they should."""

from __future__ import annotations

import pandas as pd
import pytest

from needs.sources import schemas

ROW = {
    **{"indicator": "deaths", "area_code": "E10000034", "area_name": "Worcestershire"},
    **{"period": "2021", "period_start": "2021-01-01", "period_end": "2021-12-31"},
    **{"sex": "persons", "age": "all ages", "category": "", "value": 5.0, "lower": 4.0},
    **{"upper": 6.0, "count": 69.0, "denominator": 100.0, "status": "shown", "marks": "up"},
    **{"method": "published", "source": "a;b", "source_row": "a.csv, line 2"},
}


def _table(**changes) -> pd.DataFrame:
    table = pd.DataFrame([{**ROW, **changes}])
    for column in ("period_start", "period_end"):
        table[column] = pd.to_datetime(table[column])
    return schemas.conform(table, schemas.OBSERVATIONS)


def test_a_good_row_passes():
    assert schemas.problems(_table(), schemas.OBSERVATIONS, "observations") == []


@pytest.mark.parametrize("name", list(schemas.TABLES))
def test_empty_tables_conform(name):
    assert schemas.problems(schemas.empty(schemas.TABLES[name]), schemas.TABLES[name], name) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"area_code": "Worcestershire"},
            "area_code is 'Worcestershire'; it has to be the code of an area, such as E10000034.",
        ),
        ({"sex": "women"}, "sex is 'women'; allowed: persons, male, female."),
        ({"status": "shwn"}, "Did you mean 'shown'?"),
        ({"marks": "q"}, "marks is 'q'; it has to be letters of "),
        ({"count": -1.0}, "The count, -1.0, is below 0."),
        ({"denominator": -1.0}, "denominator is -1.0; it has to be 0 or more."),
        ({"area_name": None}, "area_name is empty"),
        ({"value": 6.5}, "The value, 6.5, is outside its own limits, 4.0 to 6.0."),
        ({"value": 3.5, "upper": None}, "The value, 3.5, is outside its own limits"),
        ({"value": 9.0, "lower": None}, "The value, 9.0, is outside its own limits"),
        ({"value": None}, "The row is shown but has no value."),
        ({"status": "suppressed", "count": None}, "cannot have a value or limits"),
        (
            {"status": "suppressed", "value": None, "lower": None, "upper": None},
            "The row is suppressed, so it cannot keep its count.",
        ),
        ({"lower": 7.0}, "The lower limit, 7.0, is above the upper limit, 6.0."),
        ({"period_end": "2020-12-31"}, "ends before it begins"),
        ({"source": "Some source"}, "source"),
    ],
)
def test_each_rule(changes, said):
    found = schemas.problems(_table(**changes), schemas.OBSERVATIONS, "observations")
    assert any(said in problem.what for problem in found)
    assert {problem.where for problem in found} == {"observations: a.csv, line 2"}


@pytest.mark.parametrize(
    "changes",
    [
        {"value": 4.0},
        {"value": 6.0 + 1e-12},
        {"lower": None, "upper": None},
        {"method": "unmet_need", "count": -40.0, "value": 5.0, "lower": -3.0},
    ],
)
def test_what_is_allowed(changes):
    assert schemas.problems(_table(**changes), schemas.OBSERVATIONS, "observations") == []


def test_no_fault_is_told_in_terms_of_the_checking_library():
    table = _table(sex="women", area_code="x", marks="q", denominator=-1.0, age=None)
    frame = pd.concat([table, table], ignore_index=True).drop(columns="period").assign(more=1)
    frame["count"] = "many"
    found = schemas.problems(frame, schemas.OBSERVATIONS, "observations")
    assert len(found) > 10
    text = " ".join(problem.what for problem in found)
    for word in ("isin", "in_range", "str_matches", "nullable", "dtype", "hold of", "object"):
        assert word not in text
    assert "Column 'period' is missing." in text
    assert "There is no column 'more' in this table." in text
    assert "count does not hold numbers." in text


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("E01000002", "E01000001")], "does not begin with the lesser code."),
        ([("E01000001", "E01000001")], "does not begin with the lesser code."),
        ([("E01000001", "E01000002")] * 2, "Two rows are of the same lsoa_vintage 2011, lsoa_code"),
        ([("E01000001", "E02000001")], "neighbour_code is 'E02000001'"),
    ],
)
def test_each_rule_of_neighbours(pairs, said):
    table = pd.DataFrame(pairs, columns=["lsoa_code", "neighbour_code"])
    table.insert(0, "lsoa_vintage", 2011)
    table = table.assign(source="ons_boundaries", source_row="lsoa.geojson, edition lsoa 2011")
    found = schemas.problems(table, schemas.LSOA_NEIGHBOURS, "lsoa_neighbours")
    assert found and all(said in problem.what for problem in found)
    # the file that was read, and which of its rows
    assert ": lsoa.geojson, edition lsoa 2011: 2011, E0100000" in found[0].where


def test_doubled_rows_and_several_faults_are_told_together():
    table = pd.concat([_table(), _table(sex="women"), _table()], ignore_index=True)
    found = schemas.problems(table, schemas.OBSERVATIONS, "observations")
    assert any("women" in problem.what for problem in found)
    assert sum("Two rows are of the same indicator" in problem.what for problem in found) == 2


def test_long_lists_are_counted():
    table = pd.concat([_table(sex="women", age=str(n)) for n in range(30)], ignore_index=True)
    found = schemas.problems(table, schemas.OBSERVATIONS, "observations", limit=5)
    assert len(found) == 6
    assert "25 more" in found[-1].what


def test_missing_column_is_told():
    found = schemas.problems(_table().drop(columns="sex"), schemas.OBSERVATIONS, "observations")
    assert any("sex" in problem.what for problem in found)
