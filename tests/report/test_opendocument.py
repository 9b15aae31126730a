"""The OpenDocument workbook says what the .xlsx says, and follows the same rules."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import odfdo
import openpyxl
import pytest
from lxml import etree

from needs.chapters.blocks import Cell, Column, Table
from needs.report.document import Chapter, Document, read_document
from needs.report.opendocument import MIME_TYPE, render_ods
from needs.report.spreadsheet import render_xlsx

AWKWARD = (
    "=SUM(A1:A9)",
    "+1",
    "@now",
    "\tTabbed",
    "first\nsecond",
    "  spaces   inside ",
    "TRUE",
    "]]>&<b>",
    "5\u00a0% – ‘x’ 😀",
    "bell\x07",
)
NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
}


@pytest.fixture(scope="module")
def data(document: Document) -> bytes:
    return render_ods(document)


@pytest.fixture(scope="module")
def workbook(data: bytes) -> Any:
    return odfdo.Document(io.BytesIO(data))


@pytest.fixture(scope="module")
def content(data: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return etree.fromstring(parts.read("content.xml"))


def one_table(document: Document, table: Table) -> Document:
    return dataclasses.replace(
        document,
        chapters=(Chapter("tables", "1", "Tables", (table,)),),
        register=(),
        chart_numbers={},
        table_numbers={table.id: 1},
    )


def find(node: Any, path: str) -> list[Any]:
    return list(node.xpath(path, namespaces=NAMES))


def attribute(node: Any, name: str) -> str:
    prefix, local = name.split(":")
    return str(node.get(f"{{{NAMES[prefix]}}}{local}"))


def said(cell: Any) -> str:
    """A cell's text as a reader sees it."""
    lines = []
    for paragraph in find(cell, "text:p"):
        text = ""
        for event, node in etree.iterwalk(paragraph, events=("start", "end")):
            if event == "start":
                kind = etree.QName(node).localname
                text += {"s": " " * int(attribute(node, "text:c") if kind == "s" else 0),
                         "tab": "\t"}.get(kind, "") + (node.text or "")  # fmt: skip
            elif node is not paragraph:
                text += node.tail or ""
        lines.append(text)
    return "\n".join(lines)


def test_it_says_what_the_xlsx_says(workbook: Any, document: Document) -> None:
    other = openpyxl.load_workbook(io.BytesIO(render_xlsx(document)))
    assert [table.name for table in workbook.body.tables] == other.sheetnames
    numbers = texts = 0
    for sheet, table in zip(other, workbook.body.tables, strict=True):
        rows = list(sheet.iter_rows(values_only=True))
        assert table.height == len(rows)
        for theirs, row in zip(rows, table.traverse(), strict=True):
            cells = [cell for cell in row.traverse() if cell.type is not None]
            values = [value for value in theirs if value is not None]
            for value, cell in zip(values, cells, strict=True):
                if isinstance(value, str):
                    texts += 1
                    assert cell.type == "string"
                    plain = "".join(cell.xpath(".//text()"))
                    assert " ".join(plain.split()) == " ".join(value.split())
                else:
                    numbers += 1
                    assert cell.type == "float"
                    assert float(cell.value) == pytest.approx(value, rel=1e-14)
    assert numbers > 200 and texts > 300


def test_each_sheet_has_one_named_table_with_one_header_row(content: Any) -> None:
    ranges = find(content, "//table:database-range")
    sheets = find(content, "//table:table")
    assert len(ranges) == len(sheets) - 1 > 6
    names = [attribute(one, "table:name") for one in ranges]
    assert len({name.casefold() for name in names}) == len(names)
    for sheet, one in zip(sheets[1:], ranges, strict=True):
        (head,) = find(sheet, "table:table-header-rows/table:table-row")
        assert attribute(one, "table:contains-header") == "true"
        assert attribute(one, "table:display-filter-buttons") == "false"
        first, last = attribute(one, "table:target-range-address").split(":")
        name = attribute(sheet, "table:name")
        above = len(find(sheet, "table:table-row[following-sibling::table:table-header-rows]"))
        rows = find(sheet, ".//table:table-row")
        assert first == f"{name}.A{above + 1}"
        wide = len(find(head, "table:table-cell"))
        assert last == f"{name}.{openpyxl.utils.get_column_letter(wide)}{len(rows)}"
        assert {len(find(row, "table:table-cell")) for row in rows[above:]} == {wide}
        assert {len(find(row, "table:table-cell")) for row in rows[:above]} == {1}
        assert len(find(sheet, ".//table:table-column")) == wide
        assert len(find(sheet, "table:table-header-columns/table:table-column")) == 1
        title = find(rows[0], "table:table-cell")[0]
        assert attribute(title, "table:style-name") == "Heading_20_1"


def test_nothing_that_hinders_a_screen_reader(content: Any, data: bytes) -> None:
    assert not [cell for cell in find(content, "//table:table-cell") if not said(cell).strip()]
    for forbidden in (
        "//@table:formula",
        "//@table:number-columns-spanned",
        "//@table:number-rows-spanned",
        "//@table:number-columns-repeated",
        "//table:covered-table-cell",
        "//@table:visibility",
        "//table:filter",
        "//*[local-name()='frame' or local-name()='image' or local-name()='shapes']",
        "//*[local-name()='scripts' or local-name()='event-listeners']",
    ):
        assert find(content, forbidden) == [], forbidden
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not [name for name in parts.namelist() if re.search("Pictures|settings|Obj", name)]


def test_numbers_are_shown_as_the_report_prints_them(content: Any) -> None:
    styles = {attribute(one, "style:name"): one for one in find(content, "//style:style")}
    formats = {attribute(one, "style:name"): one for one in find(content, "//number:number-style")}
    cells = find(content, "//table:table-cell[@office:value-type='float']")
    assert len(cells) > 200
    for cell in cells:
        style = styles[attribute(cell, "table:style-name")]
        how = formats[attribute(style, "style:data-style-name")]
        (number,) = find(how, "number:number")
        places = int(attribute(number, "number:decimal-places"))
        comma = "," if attribute(number, "number:grouping") == "true" else ""
        value = float(attribute(cell, "office:value"))
        texts = ["".join(one.itertext()) for one in find(how, "number:text")]
        digits = re.sub(r"[^\d.,-]", "", said(cell))
        assert said(cell).replace(digits, "") == "".join(texts)
        assert abs(float(digits.replace(",", "")) - value) <= 0.5 * 10**-places + 1e-9
        assert len(digits.partition(".")[2]) == places
        assert ("," in digits) <= bool(comma)


def test_every_sheet_is_reached_by_a_link(content: Any) -> None:
    names = [attribute(one, "table:name") for one in find(content, "//table:table")]
    listed = find(content, "//table:table[@table:name='Contents']//text:a/@xlink:href")
    assert listed == ["#Cover.A1", *(f"#{name}.A1" for name in names[2:])]
    targets = {str(one) for one in find(content, "//text:a/@xlink:href")}
    assert {one[1:-3] for one in targets if one.startswith("#")} == set(names)
    assert "https://www.example.gov.uk/deaths" in targets


def test_text_stays_text(document: Document) -> None:
    rows = tuple((Cell(text), Cell(text)) for text in AWKWARD)
    table = Table("t", "=HYPERLINK(A1)", (Column("=A1", "header"), Column("Name", "text")), rows)
    data = render_ods(one_table(document, table))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        content = etree.fromstring(parts.read("content.xml"))
    (sheet,) = find(content, "//table:table[@table:name='Table_1']")
    written = [
        [said(cell) for cell in find(row, "table:table-cell")]
        for row in find(sheet, "table:table-row[preceding-sibling::table:table-header-rows]")
    ]
    assert written == [[text.replace("\x07", " ")] * 2 for text in AWKWARD]
    kinds = find(sheet, ".//table:table-cell/@office:value-type")
    assert set(kinds) == {"string"}
    assert find(content, "//@table:formula") == []


def test_a_suppressed_number_is_not_written(document: Document) -> None:
    rows = ((Cell("Rutland"), Cell("[c]", 31.5)),)
    table = Table("t", "T", (Column("Area", "header"), Column("Deaths")), rows)
    data = render_ods(one_table(document, table))
    assert b"31.5" not in data and b"[c]" in data


def test_the_same_report_gives_the_same_bytes(data: bytes, document: Document) -> None:
    assert render_ods(document) == data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        first = parts.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", 0, b"")
        assert parts.read("mimetype") == MIME_TYPE.encode()
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        meta = parts.read("meta.xml").decode()
        listed = re.findall('full-path="([^"/]+)"', parts.read("META-INF/manifest.xml").decode())
        assert {*listed, "mimetype", "META-INF/manifest.xml"} == set(parts.namelist())
    assert "2023-01-06T00:00:00</dc:date>" in meta
    assert f"<dc:title>{document.context.title}</dc:title>" in meta
    assert "<dc:language>en-GB</dc:language>" in meta


@pytest.mark.parametrize("which", ["every block", "the example"])
def test_libreoffice_reads_what_the_other_workbook_says(
    which: str,
    document: Document,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    through_libreoffice: Callable[[Path, Path], Any],
) -> None:
    """The ODS, opened by LibreOffice, has the sheets of the XLSX and every cell of them."""
    if which == "every block":
        ods, xlsx = render_ods(document), render_xlsx(document)
    else:
        report = request.getfixturevalue("report")
        ods, xlsx = ((report / f"tables.{kind}").read_bytes() for kind in ("ods", "xlsx"))
    (tmp_path / "tables.ods").write_bytes(ods)
    again = through_libreoffice(tmp_path / "tables.ods", tmp_path)
    wanted = openpyxl.load_workbook(io.BytesIO(xlsx))
    assert again.sheetnames == wanted.sheetnames
    for sheet in wanted:
        assert not again[sheet.title].merged_cells.ranges
        for row in sheet.iter_rows():
            for cell in row:
                there = again[sheet.title][cell.coordinate].value
                if isinstance(cell.value, float | int):
                    assert there == pytest.approx(cell.value, rel=1e-14), (sheet, cell)
                else:  # a tab that begins a cell does not come through LibreOffice
                    assert str(there).lstrip("\t") == str(cell.value).lstrip("\t"), (sheet, cell)


def test_a_report_without_a_date_or_tables_is_a_workbook(document: Document) -> None:
    context = dataclasses.replace(document.context, date="", contact="", version="")
    bare = odfdo.Document(io.BytesIO(render_ods(read_document([], context=context))))
    assert [table.name for table in bare.body.tables] == ["Cover", "Contents", "Notes", "Sources"]
