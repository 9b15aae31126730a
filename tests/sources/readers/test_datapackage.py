"""Data packages: what a good one gives, and every fault of a bad one, named and all at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frictionless
import pandas as pd
import pytest

from needs.errors import InvalidDataError, MissingDataError
from needs.sources import schemas
from needs.sources.readers.datapackage import read_package
from needs.sources.readers.package_tables import TABLES, table_fields

COLUMNS = ("indicator", "area_code", "area_name", "period", "value", "source")

ROW = (
    "all_in_treatment",
    "E10000034",
    "Worcestershire",
    "2021/22",
    "2586",
    "worcestershire_strategy",
)


def write(
    folder: Path,
    *rows: tuple[str, ...],
    columns: tuple[str, ...] = COLUMNS,
    table: str = "observations",
    **changes: Any,
) -> Path:
    """Write a package of one table; `changes` go into its descriptor."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = [one for one in table_fields(table) if one["name"] in columns]
    fields.sort(key=lambda one: columns.index(one["name"]))
    descriptor = {
        "name": "local",
        "title": "Local figures",
        "licenses": [{"name": "OGL-UK-3.0"}],
        "sources": [{"title": "Local extract"}],
        "resources": [{"name": table, "path": f"{table}.csv", "schema": {"fields": fields}}],
        **changes,
    }
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    lines = [",".join(columns), *(",".join(row) for row in rows)]
    (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def observations(folder: Path) -> pd.DataFrame:
    return read_package(folder)["observations"]


def faults(folder: Path) -> str:
    with pytest.raises(InvalidDataError) as caught:
        read_package(folder)
    return str(caught.value)


def test_few_columns_are_enough(tmp_path: Path) -> None:
    row = observations(write(tmp_path / "local", ROW)).iloc[0]
    assert (row["value"], row["status"], row["sex"], row["age"]) == (
        2586,
        "shown",
        "persons",
        "all ages",
    )
    assert (row["period_start"], row["period_end"]) == (
        pd.Timestamp("2021-04-01"),
        pd.Timestamp("2022-03-31"),
    )
    assert row["source_row"] == "observations.csv, line 2"
    assert row["method"] == "published"


def test_the_tables_keep_our_schemas(tmp_path: Path) -> None:
    table = observations(write(tmp_path / "local", ROW))
    assert schemas.problems(table, schemas.OBSERVATIONS, "x") == []


def test_an_indicators_own_ages_are_filled_in(tmp_path: Path) -> None:
    young = ("young_people_in_treatment", *ROW[1:])
    assert observations(write(tmp_path / "local", young))["age"].iloc[0] == "under 18"


def test_a_figure_without_a_number_is_missing_not_zero(tmp_path: Path) -> None:
    row = observations(write(tmp_path / "local", (*ROW[:4], "", ROW[5]))).iloc[0]
    assert pd.isna(row["value"])
    assert row["status"] == "unavailable"


def test_a_share_without_its_value_is_worked_out(tmp_path: Path) -> None:
    columns = (*COLUMNS[:4], "value", "count", "denominator", "source")
    place = ("prison_continuity", *ROW[1:3])
    written = (
        (*place, "2019/20", "", "20", "80", ROW[5]),
        (*place, "2020/21", "24.9", "20", "80", ROW[5]),
        (*place, "2021/22", "[c]", "", "80", ROW[5]),
        (*place, "2022/23", "", "", "80", ROW[5]),
        (*place, "2023/24", "[x]", "20", "80", ROW[5]),
    )
    rows = observations(write(tmp_path / "local", *written, columns=columns))
    said = rows[["value", "status"]].astype("object").where(rows[["value", "status"]].notna(), None)
    assert list(said.itertuples(index=False, name=None)) == [
        (25.0, "shown"),
        (24.9, "shown"),
        (None, "suppressed"),
        (None, "unavailable"),
        (None, "unavailable"),
    ]


def test_zero_is_a_number(tmp_path: Path) -> None:
    row = observations(write(tmp_path / "local", (*ROW[:4], "0", ROW[5]))).iloc[0]
    assert (row["value"], row["status"]) == (0, "shown")


@pytest.mark.parametrize(
    ("symbol", "status"),
    [
        ("[c]", "suppressed"),
        ("[x]", "unavailable"),
        ("[u]", "unreliable"),
        ("[z]", "not applicable"),
        ("[k]", "rounds to zero"),
        ("[low]", "rounds to zero"),
    ],
)
def test_shorthand_gives_the_status(tmp_path: Path, symbol: str, status: str) -> None:
    row = observations(write(tmp_path / "local", (*ROW[:4], symbol, ROW[5]))).iloc[0]
    assert row["status"] == status
    assert pd.isna(row["value"])


@pytest.mark.parametrize("text", ["=1+1", "+44 1905", "-see note", "@home"])
def test_text_that_a_spreadsheet_would_evaluate_stays_text(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path / "local", (*ROW[:2], text, *ROW[3:]))
    assert observations(folder)["area_name"].iloc[0] == text


def test_a_formula_is_no_number(tmp_path: Path) -> None:
    assert "'=1+1' is not a number" in faults(write(tmp_path / "x", (*ROW[:4], "=1+1", ROW[5])))


def test_a_mark_from_a_spreadsheet_program_is_no_part_of_the_heading(tmp_path: Path) -> None:
    folder = write(tmp_path / "local", ROW)
    path = folder / "observations.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert observations(folder)["value"].tolist() == [2586]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    columns = tuple(reversed(COLUMNS))
    folder = write(tmp_path / "local", tuple(reversed(ROW)), columns=columns)
    # declared in another order than they stand in the file
    path = folder / "datapackage.json"
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    descriptor["resources"][0]["schema"]["fields"].reverse()
    path.write_text(json.dumps(descriptor), encoding="utf-8")
    assert observations(folder)["area_code"].tolist() == ["E10000034"]


def test_an_earlier_resource_wins_over_a_later_one(tmp_path: Path) -> None:
    folder = write(tmp_path / "local", ROW)
    path = folder / "datapackage.json"
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    later = {**descriptor["resources"][0], "name": "printed", "path": "printed.csv"}
    descriptor["resources"].append({**later, "table": "observations"})
    path.write_text(json.dumps(descriptor), encoding="utf-8")
    text = (folder / "observations.csv").read_text(encoding="utf-8")
    (folder / "printed.csv").write_text(
        text.replace("2586", "9") + text.split("\n")[1].replace("2021/22", "2020/21") + "\n",
        encoding="utf-8",
    )
    table = observations(folder).set_index("period")["value"]
    assert table.to_dict() == {"2021/22": 2586, "2020/21": 2586}
    only = read_package(folder, only=["printed"])["observations"]
    assert only["value"].tolist() == [9, 2586]


def test_other_tables_are_read_too(tmp_path: Path) -> None:
    columns = tuple(TABLES["lsoa_population"].columns)[:-2]
    folder = write(
        tmp_path / "p",
        ("2011", "E01032122", "2020", "2465"),
        columns=columns,
        table="lsoa_population",
    )
    table = read_package(folder)["lsoa_population"]
    row = {"lsoa_vintage": 2011, "lsoa_code": "E01032122", "year": 2020, "population": 2465.0}
    # a package of before rows said where they stand: its own file, and the declared source
    stands = {"source": "nomis_population", "source_row": "lsoa_population.csv"}
    assert table.to_dict("records") == [row | stands]


def test_rows_of_small_areas_say_where_they_stand(tmp_path: Path) -> None:
    columns = tuple(TABLES["lsoa_population"].columns)
    row = ("2011", "E01032122", "2020", "2465")
    stands = ("nomis_population", "NM_2010_1.csv, edition mid-2020")
    cells = (*row, stands[0], f'"{stands[1]}"')
    folder = write(tmp_path / "p", cells, columns=columns, table="lsoa_population")
    table = read_package(folder)["lsoa_population"]
    assert tuple(table.loc[0, ["source", "source_row"]]) == stands
    folder = write(
        tmp_path / "q", (*row, "nomis", "a.csv"), columns=columns, table="lsoa_population"
    )
    with pytest.raises(InvalidDataError, match="Unknown source 'nomis'"):
        read_package(folder)


def test_neighbours_that_cannot_be_are_named(tmp_path: Path) -> None:
    columns = tuple(TABLES["lsoa_neighbours"].columns)[:-2]
    pair = ("2011", "E01032122", "E01032123")
    folder = write(
        tmp_path / "p",
        pair,
        ("2011", "E01032123", "E01032122"),
        pair,
        columns=columns,
        table="lsoa_neighbours",
    )
    with pytest.raises(InvalidDataError) as caught:
        read_package(folder)
    told = [problem.what for problem in caught.value.problems]
    assert sum("does not begin with the lesser code" in what for what in told) == 1
    assert any("Two rows are of the same" in what for what in told)


def test_no_package_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no data package"):
        read_package(tmp_path)


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        ((*ROW[:4], "2,586".replace(",", "."), ROW[5], "more"), "all", "7 cells"),
        (("all_in_treatmnt", *ROW[1:]), "indicator", "Did you mean all_in_treatment?"),
        ((*ROW[:5], "worcs_strategy"), "source", "Unknown source 'worcs_strategy'"),
        ((*ROW[:3], "2021-2", *ROW[4:]), "period", "is not a period"),
        ((*ROW[:3], "", *ROW[4:]), "period", "The cell is empty"),
        ((*ROW[:4], "2586 people", ROW[5]), "value", "'2586 people' is not a number"),
        ((*ROW[:4], "nan", ROW[5]), "value", "'nan' is not a number"),
        ((*ROW[:4], "10.1.2", ROW[5]), "value", "'10.1.2' is not a number"),
        ((*ROW[:4], "1 234", ROW[5]), "value", "'1 234' is not a number"),
        ((*ROW[:4], "1\u00a0234", ROW[5]), "value", "'1\u00a0234' is not a number"),
        ((*ROW[:4], '"10,1"', ROW[5]), "value", "'10,1' is not a number"),
        ((*ROW[:4], "1e999", ROW[5]), "value", "'1e999' is not a number"),
        ((ROW[0], "Worcs", *ROW[2:]), "area_code", "the code of an area"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, row: tuple[str, ...], column: str, told: str) -> None:
    message = faults(write(tmp_path / "x", ROW, row))
    assert told in message
    if column != "all":
        assert column in message
    assert "row 3" in message


def test_figures_beside_a_documents_own_are_numbers(tmp_path: Path) -> None:
    columns = ("claim_id", "indicator", "area_code", "period", "stated_value", "precision")
    columns += ("comparator_code", "comparator_value")
    start = ("drug_misuse_rate", "E10000034", "2018-20")
    message = faults(
        write(
            tmp_path / "x",
            ("A1", *start, "4.2", "0.1", "E92000001", '"5,3"'),
            ("A2", *start, '"4,2"', "0.1", "E92000001", "5.3"),
            ("A3", *start, "4.2", "0", "E92000001;E12000005", '"5.3;1,234"'),
            columns=columns,
            table="claims",
        )
    )
    assert "'5,3' is not a number.\n  Where:  claims.csv, row 2, column comparator_value" in message
    assert "'4,2' is not a number.\n  Where:  claims.csv, row 3, column stated_value" in message
    assert "0 is not a number above 0.\n  Where:  claims.csv, row 4, column precision" in message
    assert "1,234'" not in message


def test_claims_of_unknown_indicators_are_faults_of_the_package(tmp_path: Path) -> None:
    columns = ("claim_id", "indicator", "area_code", "period", "stated_value", "statistic")
    end = ("E10000034", "2018-20", "4.2")
    rows = (
        ("A1", "drug_misuse_rates", *end, "rate"),
        ("A2", "Adults dependent on alcohol", *end, "count"),
        ("A3", "drug_misuse_rate;population", *end, ""),
    )
    message = faults(write(tmp_path / "x", *rows, columns=columns, table="claims"))
    assert "There is no indicator 'drug_misuse_rates'." in message
    assert "claims.csv, row 2, column indicator" in message
    assert "Did you mean drug_misuse_rate?" in message
    assert "row 3" not in message and "row 4" not in message
    assert len(read_package(write(tmp_path / "y", *rows[1:], columns=columns, table="claims"))) == 1


def test_a_repeated_observation_is_refused(tmp_path: Path) -> None:
    assert "observations.csv" in faults(write(tmp_path / "x", ROW, ROW))


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    message = faults(
        write(
            tmp_path / "x",
            (*ROW[:4], "many", ROW[5]),
            ("nothing", *ROW[1:]),
            (*ROW[:3], "never", *ROW[4:]),
            title="",
        )
    )
    for told in ("'many'", "Unknown indicator 'nothing'", "'never'", "'title' is missing"):
        assert told in message


def test_many_like_faults_are_counted(tmp_path: Path) -> None:
    message = faults(write(tmp_path / "x", *[(*ROW[:4], "many", ROW[5])] * 50))
    assert message.count("'many' is not a number") == 20
    assert "30 more rows" in message


def resource(**changes: Any) -> dict[str, Any]:
    fields = [one for one in table_fields("observations") if one["name"] in COLUMNS]
    return {
        "name": "observations",
        "path": "observations.csv",
        "schema": {"fields": fields},
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "Not a name"}, "'name' is 'Not a name'"),
        ({"licenses": []}, "'licenses' is missing"),
        ({"licenses": [{}]}, "An entry of 'licenses' has no name"),
        ({"sources": None}, "'sources' is missing"),
        ({"resources": []}, "no resources"),
        ({"resources": [{"path": "observations.csv"}]}, "no name"),
        ({"resources": [resource(), resource()]}, "Two resources have this name"),
        ({"resources": [resource(name="observation")]}, "Did you mean observations?"),
        ({"resources": [resource(path="../outside.csv")]}, "not a file inside"),
        ({"resources": [resource(path="/etc/passwd")]}, "not a file inside"),
        ({"resources": [resource(path="C:\\data\\x.csv")]}, "not a file inside"),
        ({"resources": [resource(path="sub/../../x.csv")]}, "not a file inside"),
        ({"resources": [resource(path="https://example.org/x.csv")]}, "not a file inside"),
        ({"resources": [resource(path=None)]}, "not a file inside"),
        ({"resources": [resource(path="none.csv")]}, "The file is not there"),
        ({"resources": [resource(schema={})]}, "no fields"),
    ],
)
def test_a_bad_descriptor_is_named(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    assert told in faults(write(tmp_path / "x", ROW, **changes))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f[4].update(type="string"), "Field 'value' is declared as 'string'"),
        (lambda f: f[4].update(name="valeu"), "Did you mean value?"),
        (lambda f: f.pop(5), "Column 'source' is not declared"),
        (lambda f: f.append(f[0]), "declared twice"),
    ],
)
def test_a_bad_field_is_named(
    tmp_path: Path, change: Callable[[list[dict[str, Any]]], Any], told: str
) -> None:
    fields = [dict(one) for one in table_fields("observations") if one["name"] in COLUMNS]
    fields.sort(key=lambda one: COLUMNS.index(one["name"]))
    change(fields)
    folder = write(tmp_path / "x", ROW, resources=[resource(schema={"fields": fields})])
    assert told in faults(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value", "valeu", "Did you mean value?"),
        ("value", "period", "stands there twice"),
        ("area_name", "area name", "Column 'area_name' is missing"),
    ],
)
def test_a_bad_heading_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    folder = write(tmp_path / "x", ROW)
    path = folder / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    message = faults(folder)
    assert told in message
    assert "observations.csv, row 1" in message


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "x", ROW)
    outside = tmp_path / "outside.csv"
    (folder / "observations.csv").rename(outside)
    try:
        (folder / "observations.csv").symlink_to(outside)
    except OSError:
        pytest.skip("links need a privilege here")
    assert "link out of" in faults(folder)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe1", b"{", b"[]"])
def test_a_descriptor_that_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = write(tmp_path / "x", ROW)
    (folder / "datapackage.json").write_bytes(content)
    assert "Not " in faults(folder)


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "x", ROW)
    (folder / "observations.csv").write_bytes("indicator,é\n".encode("latin-1"))
    assert "Not UTF-8" in faults(folder)


def test_the_embedded_package_keeps_the_standard(root: Path) -> None:
    """An independent reader of the standard finds nothing wrong with it."""
    package = root / "data" / "raw" / "worcestershire" / "datapackage.json"
    report = frictionless.validate(str(package))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:5]


# what many rows share


PLACED = ("indicator", "area_code", "period", "value", "place", "rows")


def linked(
    folder: Path,
    rows: str = "all_in_treatment,E10000034,2021/22,2586,a,7;9",
    places: str = 'a,worcestershire_strategy,"x.csv, line {}; y.xlsx, Table 2, row {}"',
    areas: str = "E10000034,Worcestershire,upper tier,,,,,",
) -> Path:
    """Write a package whose observations refer to its places and areas."""
    texts = {
        "observations": ",".join(PLACED) + f"\n{rows}\n",
        "source_places": f"place,source,source_row\n{places}\n",
        "areas": ",".join(str(one["name"]) for one in table_fields("areas")) + f"\n{areas}\n",
    }
    own = [one for one in table_fields("observations") if one["name"] in PLACED]
    fields = {
        "observations": [*own, *({"name": name, "type": "string"} for name in ("place", "rows"))],
        "source_places": table_fields("source_places"),
        "areas": table_fields("areas"),
    }
    resources = [
        {"name": name, "path": f"{name}.csv", "schema": {"fields": fields[name]}} for name in texts
    ]
    write(folder, resources=resources)
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_place_and_its_rows_give_the_whole_source(tmp_path: Path) -> None:
    package = read_package(linked(tmp_path / "local"))
    assert set(package) == {"observations", "areas"}
    row = package["observations"].iloc[0]
    assert row["source"] == "worcestershire_strategy"
    assert row["source_row"] == "x.csv, line 7; y.xlsx, Table 2, row 9"
    assert row["area_name"] == "Worcestershire"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rows": "all_in_treatment,E10000034,2021/22,1,b,7;9"}, "Unknown place 'b'"),
        ({"rows": "all_in_treatment,E10000034,2021/22,1,a,7"}, "takes 2 numbers, not 1"),
        ({"rows": "all_in_treatment,E10000034,2021/22,1,a,"}, "takes 2 numbers, not 0"),
        ({"rows": "all_in_treatment,E06000017,2021/22,1,a,7;9"}, "no 'E06000017'"),
        ({"places": "a,nobody,x"}, "Unknown source 'nobody'"),
    ],
)
def test_a_link_that_leads_nowhere_is_named(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    told = faults(linked(tmp_path / "local", **changes))
    assert words in told
    assert told.count("Where:") == 2  # the package, and the one fault


def test_rows_that_name_places_need_a_table_of_them(tmp_path: Path) -> None:
    folder = linked(tmp_path / "local")
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"] = [one for one in package["resources"] if "places" not in one["name"]]
    path.write_text(json.dumps(package), encoding="utf-8")
    assert "no table of them" in faults(folder)


def test_names_may_be_left_out_only_where_there_are_areas(tmp_path: Path) -> None:
    few = tuple(name for name in COLUMNS if name != "area_name")
    folder = write(tmp_path / "local", (*ROW[:2], *ROW[3:]), columns=few)
    assert "'area_name' is not declared" in faults(folder)


def test_populations_may_stand_by_sex(tmp_path: Path) -> None:
    columns = tuple(str(one["name"]) for one in table_fields("populations_by_sex"))
    folder = write(
        tmp_path / "local",
        (
            "E10000034",
            "Worcestershire",
            "2021",
            "0",
            "",
            "5",
            "2",
            "3",
            "mid-2023",
            '"mye.xlsx, {sheet}, row 7"',
        ),
        ("E10000034", "Worcestershire", "2022", "0", "", "6", "", "", "mid-2023", ""),
        columns=columns,
        table="populations_by_sex",
    )
    people = read_package(folder)["populations"]
    got = sorted(people[["year", "sex", "population"]].itertuples(index=False, name=None))
    assert got == [
        (2021, "female", 3.0),
        (2021, "male", 2.0),
        (2021, "persons", 5.0),
        (2022, "persons", 6.0),
    ]
    rows = dict(zip(people["sex"], people["source_row"], strict=True))
    assert rows["female"] == "mye.xlsx, MYE2 - Females, row 7"
    # which file a row is of that does not say so is the package's own
    assert (
        people.loc[people["year"] == 2022, "source_row"].item() == "populations_by_sex.csv, line 3"
    )
    assert schemas.problems(people, schemas.POPULATIONS, "x") == []
