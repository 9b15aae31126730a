"""Files that are not what they should be, and headings that a map does not know."""

from __future__ import annotations

import shutil
import time
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from needs.catalogue import CATALOGUE, Edition
from needs.catalogue import load as load_catalogue
from needs.errors import InvalidDataError, MissingDataError
from needs.sources.readers import csv_files, file_faults, heading_maps, tabular, workbooks


def test_missing_file_names_file_and_folder(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        csv_files.read_csv(tmp_path / "ons" / "none.csv")
    assert "none.csv" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("  \n\n", "empty"),
        ("<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
        ('{"error":{"code":400,"message":"Invalid query"}}', "Invalid query"),
        ("a,b\n", "no rows"),
        ("a,a\n1,2\n", "stands twice"),
        ("a,b\n1,2,3\n", "3 cells"),
        ("a,b\n1,2\n3\n", "1 cells"),
    ],
)
def test_what_is_not_a_table(written, text, said):
    with pytest.raises(InvalidDataError) as caught:
        csv_files.read_csv(written(text))
    assert said in str(caught.value)


def test_other_encodings_and_archives_are_refused(written, tmp_path):
    with pytest.raises(InvalidDataError, match="cannot be read") as caught:
        csv_files.read_csv(written("a,b\ncafé,1\n", encoding="latin-1"))
    assert "UTF-8" in str(caught.value)
    archive = tmp_path / "file.csv"
    archive.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InvalidDataError) as caught:
        csv_files.read_csv(archive)
    assert "workbook or a zip" in str(caught.value)


def test_lines_follow_breaks_inside_quotes(written):
    table = csv_files.read_csv(written('a,"b\nc"\n1,"x\ny"\n2,z\n'))
    assert table["line"].tolist() == [3, 5]


def test_byte_order_mark_and_crlf(written):
    table = csv_files.read_csv(written("\ufeffcode,n\r\nE1,2\r\n"))
    assert table.to_dict("list") == {"code": ["E1"], "n": ["2"], "line": [2]}


def test_unknown_and_missing_headings_are_told_together():
    known = heading_maps.Layout(
        {"LSOA code (2011)": "code", "Score": "score"}, frozenset({"score"})
    )
    faults = file_faults.Faults(Path("folder/file.csv"))
    heading_maps.rename(pd.DataFrame(columns=["LSOA code (2012)", "Scores"]), known, faults)
    said = [problem.what for problem in faults.problems]
    assert said == [
        "Heading 'LSOA code (2012)' is not known; nearest known: 'LSOA code (2011)'.",
        "Heading 'Scores' is not known; nearest known: 'Score'.",
        "Heading 'Score' is missing; nearest in the file: 'Scores'.",
    ]
    assert all(problem.where == "folder/file.csv, line 1" for problem in faults.problems)


def test_numbers_name_each_bad_cell_and_never_guess():
    table = pd.DataFrame(
        {"n": ["1", "1,234", "", " 5 ", "x", "1.5", "inf", ":"], "line": range(2, 10)}
    )
    faults = file_faults.Faults(Path("folder/file.csv"))
    value = tabular.numbers(table, "n", faults, missing=("", ":"), whole=True)
    assert value.tolist()[:2] == [1.0, 1234.0]
    assert value.isna().tolist() == [False, False, True, False, True, True, True, True]
    assert [problem.where for problem in faults.problems] == [
        "folder/file.csv, line 6, column n",
        "folder/file.csv, line 7, column n",
        "folder/file.csv, line 8, column n",
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("10,1", "8,5", "11,9", "4,2", "0,123", "1234,567", "1,23,456", "1,2345", "1,234,5", ",5"),
        *("1.234,5", "10.1.2", "1 234", "1\u00a0234", "1\u202f234", "1'234", "1_000", "nan"),
    ],
)
def test_what_might_be_another_number_is_none(text):
    table = pd.DataFrame({"n": ["1", text], "line": [2, 3]})
    faults = file_faults.Faults(Path("folder/file.csv"))
    assert tabular.numbers(table, "n", faults).isna().tolist() == [False, True]
    (problem,) = faults.problems
    assert problem.what == f"'{text}' is not a number."
    assert problem.where == "folder/file.csv, line 3, column n"
    assert "a point before decimals" in problem.remedy


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1,234", 1234.0), ("12,345,678", 12345678.0), ("-1,234.5", -1234.5)),
        *(("10.1", 10.1), (" 1,234 ", 1234.0), ("1.5E+03", 1500.0)),
    ],
)
def test_commas_between_thousands_are_taken_away(text, value):
    faults = file_faults.Faults(Path("folder/file.csv"))
    table = pd.DataFrame({"n": ["", text], "line": [2, 3]})
    assert tabular.numbers(table, "n", faults).tolist()[1] == value
    assert not faults.problems


def test_many_bad_cells_are_counted():
    table = pd.DataFrame({"n": ["x"] * 25, "line": range(2, 27)})
    faults = file_faults.Faults(Path("folder/file.csv"))
    tabular.numbers(table, "n", faults)
    assert len(faults.problems) == file_faults.SHOWN_CELLS + 1
    assert faults.problems[-1].what.startswith("15 more")


def test_unknown_edition_of_a_map():
    with pytest.raises(InvalidDataError, match="1066"):
        heading_maps.layout("iod", "1066")


def test_missing_option_names_the_yaml():
    source = load_catalogue().sources["mhclg_iod_2019"]
    with pytest.raises(InvalidDataError) as caught:
        tabular.option(source, Edition(edition="x", file="x"), "lsoa_vintage")
    assert "catalogue/sources/mhclg_iod_2019.yaml" in str(caught.value)


def test_every_map_is_well_formed():
    for path in sorted((CATALOGUE / "maps").glob("*.csv")):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if list(table.columns[:2]) == ["name", "need"]:
            assert set(table["need"]) <= {"required", "optional"}, path.name
            heading_maps.layout(path.stem)


def test_workbook_that_is_a_web_page(written):
    with pytest.raises(InvalidDataError, match="declares") as caught:
        workbooks.read_sheets(written("<html>", "book.xlsx"))
    assert "not a workbook" in str(caught.value)


def workbook(path: Path, ref: str, cut: int = 0) -> Path:
    """A sheet of 4 rows and 3 columns that says of itself to be `ref`; `cut` bytes of it away."""
    whole = path.with_name("whole.xlsx")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "MYE"
    for row in (["Code", "Name", "All"], ["E1", "a", 1], [], ["E2", None, None]):
        sheet.append(row)
    book.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b'<dimension ref="A1:C4"' in content
                content = content.replace(
                    b'<dimension ref="A1:C4"', b'<dimension ref="%s"' % ref.encode()
                )
                content = content[: len(content) - cut]
            new.writestr(name, content)
    return path


@pytest.mark.parametrize("ref", ["A1:C4", "A1:C2", "A1:A4", "A1", "A1:Z99"])
def test_a_sheet_is_read_whole_whatever_size_it_declares(tmp_path, ref):
    rows = workbooks.read_sheets(workbook(tmp_path / "a.xlsx", ref))["MYE"]
    nothing = [None] * 3
    assert rows == [["Code", "Name", "All"], ["E1", "a", 1], nothing, ["E2", None, None]]


def test_a_sheet_that_is_cut_off_is_named(tmp_path):
    with pytest.raises(InvalidDataError) as caught:
        workbooks.read_sheets(workbook(tmp_path / "a.xlsx", "A1:C4", cut=80))
    assert "Sheet 'MYE' is broken or cut off" in str(caught.value)
    assert "sheet MYE" in caught.value.problems[0].where


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n', 3),
        ('a,b\n1,"x\ny"\n3,"4\n5,6\n', 4),  # the one above is closed
        ('a,b\n1,2\n3,"4\n' + "5,6\n" * 50_000, 3),  # more than a field may hold
        ('a,b\n3,"4\n' + "5,6\n" * 50_000 + '7,"8"\n', 2),  # and one closed far below
        ('a,"b\n1,2\n', 1),
    ],
)
def test_a_quotation_mark_that_is_not_closed_is_told_where_it_opens(written, text, line):
    with pytest.raises(InvalidDataError) as caught:
        csv_files.read_csv(written(text))
    (fault,) = caught.value.problems
    assert "quotation mark opens here" in fault.what
    assert fault.where == f"source/file.csv, line {line}"


def test_empty_columns_and_rows_at_the_end_are_ignored(written):
    text = "LSOA11CD,LAD19CD,,\nE01000001,E09000001,,\n , ,\nE01000002,,,\n,,,\n   \n"
    table = csv_files.read_csv(written(text))
    assert list(table.columns) == ["LSOA11CD", "LAD19CD", "line"]
    assert table["LAD19CD"].tolist() == ["E09000001", ""]
    assert table["line"].tolist() == [2, 4]


def test_a_cell_beyond_the_headings_is_still_a_fault(written):
    with pytest.raises(InvalidDataError) as caught:
        csv_files.read_csv(written("a,b,,\n1,2,,\n3,4,,5\n"))
    (fault,) = caught.value.problems
    assert (fault.what, fault.where) == (
        "The row has 4 cells, but there are 2 headings.",
        "source/file.csv, line 3",
    )


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators_are_named(written, mark, name):
    text = "LSOA code;Education, Skills and Training;Crime\nE1;1,5;2\n".replace(";", mark)
    with pytest.raises(InvalidDataError) as caught:
        csv_files.read_csv(written(text))
    (fault,) = caught.value.problems
    assert f"parted by {name}" in fault.what
    assert "CSV with commas" in fault.remedy


OLD = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
OPEN = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize(("content", "name"), [(OLD, "old .xls"), (OPEN, "OpenDocument")])
@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".csv"])
def test_other_workbooks_are_named_as_what_they_are(tmp_path, content, name, suffix):
    path = tmp_path / f"book{suffix}"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError) as caught:
        csv_files.read_csv(path) if suffix == ".csv" else workbooks.read_sheets(path)
    (fault,) = caught.value.problems
    assert name in fault.what
    assert "ave it as" in fault.remedy and "ownload" not in fault.remedy


def test_empty_columns_and_rows_of_a_sheet_are_ignored(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["Code", "Name", None, " "])
    book.active.append(["E1", None, None])
    book.active["F9"] = " "  # once formatted
    book.save(path)
    assert workbooks.read_sheets(path)["Sheet"] == [["Code", "Name"], ["E1", None]]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_a_broken_part_of_a_workbook_is_a_fault(tmp_path, part):
    whole = workbook(tmp_path / "a.xlsx", "A1:C4")
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) // 2] if name == part else content)
    with pytest.raises(InvalidDataError) as caught:
        workbooks.read_sheets(path)
    assert "broken or cut off" in caught.value.problems[0].what


def test_a_renamed_heading_names_the_map_and_the_edition():
    known = heading_maps.layout("ons_lookups", "district to upper tier 2019")
    table = pd.DataFrame({heading: ["x"] for heading in known.headings} | {"line": [2]})
    table = table.rename(columns={"LTLA19CD": "LTLA19CODE"})
    faults = file_faults.Faults(Path("ons/a.csv"))
    heading_maps.rename(table, known, faults)
    unknown, missing = faults.problems
    assert "'LTLA19CODE' is not known; nearest known: 'LTLA19CD'" in unknown.what
    assert "'LTLA19CD' is missing; nearest in the file: 'LTLA19CODE'" in missing.what
    for fault in faults.problems:
        assert "maps/ons_lookups.csv, column district to upper tier 2019" in fault.remedy
        assert "ownload" not in fault.remedy


WORKBOOKS = Path(__file__).parent / "workbooks"


@pytest.mark.parametrize("ending", [".xls", ".ods"])
@pytest.mark.parametrize("named", ["", ".xlsx"])
def test_all_formats_of_workbooks_are_read_alike(tmp_path, ending, named):
    """As LibreOffice saves one: merged cells, formulas, a note, empty rows and columns first."""
    path = tmp_path / f"book{named or ending}"
    shutil.copy(WORKBOOKS / f"workbook{ending}", path)
    expected = workbooks.read_sheets(WORKBOOKS / "workbook.xlsx")
    assert expected["Table 1"][2:4] == [
        ["Area code", "Area name", 2021, "2020 [note 3]"],
        ["E10000034", "Worcestershire", 20, 3.25],
    ]
    assert expected["Notes"][2] == [None, None, "far", None]
    assert workbooks.read_sheets(path) == expected
    assert list(workbooks.read_sheets(path, ["Notes"])) == ["Notes"]


def test_a_workbook_is_the_edition_in_any_format_that_is_read(tmp_path):
    edition = Edition(edition="1", file="source/book*.xlsx")
    (tmp_path / "source").mkdir()
    for name in ("book_a.xls", "book_b.ods", "book_c.xlsx", "book_d.csv", "other.ods"):
        (tmp_path / "source" / name).touch()
    found = [path.name for path in edition.files(tmp_path)]
    assert found == ["book_a.xls", "book_b.ods", "book_c.xlsx"]


def declaring(path, size, target):
    """A workbook whose list of contents gives its last part another size than it has."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = size.to_bytes(4, "little")
    target.write_bytes(content)
    return target


@pytest.mark.parametrize("ending", [".xlsx", ".ods"])
def test_an_inflated_workbook_is_told_before_it_is_unpacked(tmp_path, ending):
    path = declaring(WORKBOOKS / f"workbook{ending}", 4_000_000_000, tmp_path / f"big{ending}")
    begun = time.monotonic()
    with pytest.raises(InvalidDataError, match=f"big{ending}") as caught:
        workbooks.read_sheets(path)
    assert time.monotonic() - begun < 5
    (fault,) = caught.value.problems
    assert "4.0 GB unpacked" in fault.what and fault.where.endswith(path.name)


@pytest.mark.parametrize("ending", [".xlsx", ".ods"])
def test_a_part_that_is_larger_than_it_declares_is_broken(tmp_path, ending):
    path = declaring(WORKBOOKS / f"workbook{ending}", 10, tmp_path / f"a{ending}")
    with pytest.raises(InvalidDataError):
        workbooks.read_sheets(path)


def test_a_lone_cell_far_away_takes_no_room(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "near"
    book.active["XFD1000"] = "far"
    book.save(path)
    rows = workbooks.read_sheets(path)["Sheet"]
    assert (rows[0][0], rows[-1][-1], len(rows)) == ("near", "far", 1000)
    book.active["XFD100000"] = "farther"
    book.save(path)
    with pytest.raises(InvalidDataError, match="100,000 rows of 16,384 cells"):
        workbooks.read_sheets(path)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2019 [x]", "2019"),
        ("2018 [note 3]", "2018"),
        ("2018/19[Notes 1 and 2]", "2018/19"),
        ("2018 to 2020 [p][footnote 4]", "2018 to 2020"),
        ("2018 - 20", "2018 to 2020"),
        ("2018–20 5", "2018 to 2020"),
        ("2018²", "2018"),
    ],
)
def test_a_period_is_read_without_its_notes(text, read):
    faults = file_faults.Faults(Path("a.csv"))
    table = pd.DataFrame({"year": [text], "line": [2]})
    assert tabular.with_periods(table, "year", faults)["period"].tolist() == [read]
    assert not faults.problems


@pytest.mark.parametrize("text", ["[x]", "2018 20", "2018 [see the note below]", "5"])
def test_what_is_no_note_stays(text):
    faults = file_faults.Faults(Path("a.csv"))
    tabular.with_periods(pd.DataFrame({"year": [text], "line": [2]}), "year", faults)
    (fault,) = faults.problems
    assert fault.what == f"'{text}' is not a period."


def test_headings_are_matched_without_their_notes():
    known = heading_maps.Layout({"Code": "code", "Rate [low]": "rate"}, frozenset({"code", "rate"}))
    faults = file_faults.Faults(Path("a.csv"))
    table = pd.DataFrame([["E1", "1", 2]], columns=["Code [note 3]", "Rate [low]", "line"])
    assert list(heading_maps.rename(table, known, faults)) == ["code", "rate", "line"]
    assert not faults.problems
    twice = pd.DataFrame([["E1", "E2", 2]], columns=["Code [x]", "Code", "line"])
    heading_maps.rename(twice, known, faults)
    assert "Two columns are 'code'." in [one.what for one in faults.problems]
