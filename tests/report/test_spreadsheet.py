"""The workbook follows the public-sector rules, and says what the report says."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from needs.chapters import blocks
from needs.chapters.blocks import Cards, Cell, Chart, Column, Table
from needs.report.document import Chapter, Document, read_document
from needs.report.spreadsheet import number_format, render_xlsx, sheet_name
from needs.words.text import plain

AWKWARD = (
    "=SUM(A1:A9)",
    "=1+1",
    "+1",
    "-1",
    "@now",
    "\tTabbed",
    "\rReturned",
    "#N/A",
    "TRUE",
    "  spaces  ",
    "_x000D_",
    "]]>&<b>",
    "5\u00a0% – ‘x’ 😀",
    "bell\x07",
)


@pytest.fixture(scope="module")
def data(document: Document) -> bytes:
    return render_xlsx(document)


@pytest.fixture(scope="module")
def workbook(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.fixture(
    scope="module", params=["every block", pytest.param("the example", marks=pytest.mark.slow)]
)
def either(request: pytest.FixtureRequest) -> bytes:
    """The small report's workbook, and that of the worked example."""
    if request.param == "every block":
        return bytes(request.getfixturevalue("data"))
    return bytes((request.getfixturevalue("report") / "tables.xlsx").read_bytes())


@pytest.fixture(scope="module")
def opened(either: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(either))


def with_tables(document: Document, *tables: Table) -> Document:
    """The same report with one chapter of nothing but these tables."""
    return dataclasses.replace(
        document,
        chapters=(Chapter("tables", "1", "Tables", tables),),
        register=(),
        chart_numbers={},
        table_numbers={table.id: number for number, table in enumerate(tables, 1)},
    )


def sheets(workbook: Any) -> Iterator[Any]:
    """The sheets with a table: all but the cover."""
    yield from (sheet for sheet in workbook if sheet.title != "Cover")


def grid(sheet: Any) -> list[list[Any]]:
    """The cells of a sheet's table, header row first."""
    (table,) = sheet.tables.values()
    return [list(row) for row in sheet[table.ref]]


def exact(value: float) -> Any:
    """A number as a workbook keeps it: to 16 significant digits."""
    return pytest.approx(value, rel=1e-14)


def values(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in grid(sheet)]


# The rules


def test_sheets_come_in_reading_order(workbook: Any, document: Document) -> None:
    tables = [sheet_name(number) for number in sorted(document.table_numbers.values())]
    assert workbook.sheetnames == [
        "Cover", "Contents", "Notes", "Sources", "Headline_figures", *tables
    ]  # fmt: skip
    assert len(tables) == len(list(blocks.all_tables(document.blocks))) >= 4
    assert all(len(name) <= 31 for name in workbook.sheetnames)


def test_the_cover_says_what_it_is(workbook: Any, document: Document) -> None:
    cover = [row[0] for row in workbook["Cover"].iter_rows(values_only=True)]
    context = document.context
    assert cover[0] == context.title
    assert "Area: Worcestershire (E10000034)" in cover
    assert "Reporting year: 2022" in cover
    assert "Date of report: 6 January 2023" in cover
    assert "Code version: needs 0.1.0 (0123456789ab)" in cover
    assert f"Contact: {context.contact}" in cover
    assert any("not itself official statistics" in line for line in cover)
    assert workbook["Cover"].max_column == 1
    assert all(cover)
    assert workbook.properties.title == context.title


def test_each_sheet_has_one_named_table_below_its_title(opened: Any) -> None:
    names = []
    for sheet in sheets(opened):
        (table,) = sheet.tables.values()
        names.append(table.displayName)
        first, last = table.ref.split(":")
        head = sheet[first].row
        above = list(sheet.iter_rows(1, head - 1, values_only=True))
        assert above[1][0] == "This sheet contains one table."
        assert all(row[0] and not any(row[1:]) for row in above), sheet.title
        assert sheet[last].row == sheet.max_row and sheet[last].column == sheet.max_column
        assert table.headerRowCount == 1 and table.totalsRowCount is None
        headings = [cell.value for cell in grid(sheet)[0]]
        assert [column.name for column in table.tableColumns] == headings
        assert len({one.casefold() for one in headings}) == len(headings)
    assert len({name.casefold() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names)


def test_titles_are_the_reports(workbook: Any, document: Document) -> None:
    for table in blocks.all_tables(document.blocks):
        number = document.table_numbers[table.id]
        assert workbook[sheet_name(number)]["A1"].value == f"Table {number}: {table.caption}"
        assert workbook[sheet_name(number)]["A1"].style == "Headline 1"


def test_nothing_that_hinders_a_screen_reader(either: bytes, opened: Any) -> None:
    for sheet in opened:
        assert sheet.freeze_panes is None
        assert not sheet.merged_cells.ranges
        assert sheet.auto_filter.ref is None
        assert sheet.sheet_state == "visible"
        assert not any(one.hidden for one in sheet.row_dimensions.values())
        assert not any(one.hidden for one in sheet.column_dimensions.values())
        assert not sheet._images and not sheet._charts
    for sheet in sheets(opened):
        assert all(table.autoFilter is None for table in sheet.tables.values())
        assert not [cell.coordinate for row in grid(sheet) for cell in row
                    if cell.value is None or not str(cell.value).strip()]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(either)) as parts:
        assert not [name for name in parts.namelist() if re.search("media|drawing|vba", name)]


def test_text_wraps_in_columns_of_a_sensible_width(opened: Any) -> None:
    for sheet in opened:
        widths = [one.width for one in sheet.column_dimensions.values()]
        assert len(widths) == sheet.max_column
        assert all(12 <= one <= 100 for one in widths)
        texts = [cell for row in sheet for cell in row if cell.data_type == "s" and cell.value]
        assert all(cell.alignment.wrap_text for cell in texts if len(cell.value) > 12)
        assert {cell.font.name for cell in texts} == {"Arial"}
        assert min(cell.font.size for cell in texts) >= 12


def test_every_sheet_is_reached_by_a_link(opened: Any) -> None:
    links = [row[0].hyperlink.location for row in grid(opened["Contents"])[1:]]
    assert links == [f"'{name}'!A1" for name in opened.sheetnames[2:]]
    back = [
        cell.hyperlink.location
        for sheet in opened
        for cell in sheet["A"]
        if cell.hyperlink and cell.value in ("Contents of this workbook", "Cover of this workbook")
    ]
    assert back == ["'Contents'!A1", "'Cover'!A1", *["'Contents'!A1"] * len(links)]


def test_the_workbook_begins_with_what_it_holds_and_explains_shorthand(opened: Any) -> None:
    assert opened.sheetnames[:3] == ["Cover", "Contents", "Notes"]
    explained = {str(row[0]) for row in values(opened["Notes"])}
    used = {
        mark
        for sheet in sheets(opened)
        for row in values(sheet)
        for cell in row
        for mark in re.findall(r"\[[a-z]\]", str(cell))
    }
    assert used and used <= explained


def test_notes_and_sources_explain(workbook: Any, document: Document) -> None:
    notes = {row[0]: row[1] for row in values(workbook["Notes"])}
    used = {
        mark
        for sheet in sheets(workbook)
        if sheet.title != "Notes"
        for row in values(sheet)
        for cell in row
        for mark in re.findall(r"\[[a-z]\]", str(cell))
    }
    assert used == {name for name in notes if name.startswith("[")} >= {"[c]", "[p]"}
    assert notes["[c]"] == "confidential"
    (source,) = document.sources
    row = values(workbook["Sources"])[1]
    assert row == [source.title, source.producer, "yes", source.licence, source.attribution]
    assert grid(workbook["Sources"])[1][0].hyperlink.target == source.landing_page


def test_shorthand_and_notes_stand_above_the_table(workbook: Any, document: Document) -> None:
    for block in document.blocks:
        if not isinstance(block, (Chart, Table)):
            continue
        table = block.table if isinstance(block, Chart) else block
        sheet = workbook[sheet_name(document.table_numbers[table.id])]
        above = "\n".join(
            str(row[0].value) for row in sheet.iter_rows(1, grid(sheet)[0][0].row - 1)
        )
        assert all(note in above for note in table.notes)
        if isinstance(block, Chart):
            assert block.subtitle in above and plain(block.headline) in above
        if any(cell.text == "[c]" for row in table.rows for cell in row):
            assert "[c] confidential" in above
        if table.sources:
            assert "Source: Office for Examples" in above


# The numbers


def test_values_are_the_models(workbook: Any, document: Document) -> None:
    numbers = 0
    for table in blocks.all_tables(document.blocks):
        cells = grid(workbook[sheet_name(document.table_numbers[table.id])])
        assert len(cells) == len(table.rows) + 1
        for column, heading in zip(table.columns, cells[0], strict=True):
            assert heading.value.startswith(column.label)
            assert f"({column.unit})" in heading.value or not column.unit
        for row, written in zip(table.rows, cells[1:], strict=True):
            for one, cell in zip(row, written, strict=True):
                if one.value is None:
                    assert (cell.value, cell.data_type) == (one.text, "s")
                else:
                    numbers += 1
                    assert (exact(cell.value), cell.data_type) == (one.value, "n")
                    assert cell.number_format == number_format(one)
    assert numbers > 200


def test_headline_figures_are_the_registers(workbook: Any, document: Document) -> None:
    (cards,) = [block for block in document.blocks if isinstance(block, Cards)]
    head, *rows = values(workbook["Headline_figures"])
    assert head == [
        "Measure", "Value", "Unit", "Period", "Lower 95% limit", "Upper 95% limit", "England",
        "West Midlands region", "Compared with England", "Recent trend", "Note",
    ]  # fmt: skip
    assert len(rows) == len(cards.items)
    (figure,) = [one for one in document.register if one.id == cards.items[0].figure]
    assert rows[0] == [
        "Deaths from drug misuse", figure.value, "per 100,000", figure.period, exact(figure.lower),
        exact(figure.upper),
        5.0, 5.4, "Similar to England", "increasing (getting worse)", figure.symbols or "none",
    ]  # fmt: skip
    # a comparator without a figure has the symbol that the report's tables give it
    assert rows[1][6:8] == ["[x]", "[x]"]
    assert grid(workbook["Headline_figures"])[1][4].number_format == "#,##0.0"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (Cell("4.6%", 4.64), '#,##0.0"%"'),
        (Cell("£5,421,312", 5421312), '"£"#,##0'),
        (Cell("1,234.50", 1234.5), "#,##0.00"),
        (Cell("-0.3", -0.3), "#,##0.0"),
        (Cell("2018", 2018), "0"),
        (Cell("[c]", 3), None),
        (Cell("4.2 [p]", 4.2), None),
        (Cell("4.2"), None),
        (Cell("inf", float("inf")), None),
    ],
)
def test_formats_show_the_printed_decimals(cell: Cell, expected: str | None) -> None:
    assert number_format(cell) == expected


def test_a_suppressed_number_is_not_written(document: Document) -> None:
    table = Table("t", "T", (Column("Area", "header"), Column("Deaths")),
                  ((Cell("Rutland"), Cell("[c]", 3.0)),))  # fmt: skip
    data = render_xlsx(with_tables(document, table))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Table_1"]
    assert values(sheet)[1] == ["Rutland", "[c]"]


# Awkward text


def test_text_stays_text(document: Document) -> None:
    columns = (Column("=A1", "header"), Column("Name", "text"), Column("name", "text", "=x"),
               Column("NAME", "text"))  # fmt: skip
    rows = tuple((Cell(text), Cell(text), Cell("a"), Cell("b")) for text in AWKWARD)
    table = Table("awkward-id.1", "=HYPERLINK(A1)", columns, rows, notes=("+note", "=1+1"))
    data = render_xlsx(with_tables(document, table))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Table_1"]
    assert sheet["A1"].value == "Table 1: =HYPERLINK(A1)"
    assert values(sheet)[0] == ["=A1", "Name", "name (=x)", "NAME [2]"]
    for text, row in zip(AWKWARD, grid(sheet)[1:], strict=True):
        assert row[0].data_type == row[1].data_type == "s"
        assert row[0].value == row[1].value == text.replace("\x07", " ")
        assert row[0].quotePrefix == text.startswith(("=", "+", "-", "@", "\t", "\r"))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        written = [parts.read(name) for name in parts.namelist() if "worksheets/" in name]
    assert not [part for part in written if b"<f>" in part or b"<f " in part]


# The same bytes


def test_the_same_report_gives_the_same_bytes(data: bytes, document: Document) -> None:
    assert render_xlsx(document) == data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = parts.read("docProps/core.xml").decode()
    assert re.findall(r">([^<]*)</dcterms:", core) == ["2023-01-06T00:00:00Z"] * 2


def test_a_report_without_a_date_or_tables_is_a_workbook(document: Document) -> None:
    context = dataclasses.replace(document.context, date="", contact="", version="")
    bare = read_document([], context=context)
    data = render_xlsx(bare)
    assert data == render_xlsx(bare)
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames == [
        "Cover", "Contents", "Notes", "Sources"
    ]  # fmt: skip


def test_libreoffice_reads_what_was_written(
    either: bytes, opened: Any, tmp_path: Path, through_libreoffice: Callable[[Path, Path], Any]
) -> None:
    """Every sheet and cell: a repair, which LibreOffice makes in silence, would change some."""
    (tmp_path / "tables.xlsx").write_bytes(either)
    again = through_libreoffice(tmp_path / "tables.xlsx", tmp_path)
    assert again.sheetnames == opened.sheetnames
    for sheet in opened:
        assert differences(sheet, again[sheet.title]) == []


def differences(sheet: Any, other: Any) -> list[tuple[str, Any, Any]]:
    """Cells that say something else in another workbook."""
    assert (sheet.max_row, sheet.max_column) == (other.max_row, other.max_column), sheet.title
    return [
        (cell.coordinate, cell.value, there.value)
        for row, rows in zip(sheet.iter_rows(), other.iter_rows(), strict=True)
        for cell, there in zip(row, rows, strict=True)
        if cell.value != there.value
        and not (isinstance(cell.value, float | int) and exact(cell.value) == there.value)
    ]
