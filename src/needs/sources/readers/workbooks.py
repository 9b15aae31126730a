"""Workbooks: sheets as rows of cells, whatever format they are saved in, and tables inside them."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from needs.errors import MissingDataError
from needs.sources.readers.csv_files import other_format
from needs.sources.readers.file_faults import SHOWN_CELLS, Faults
from needs.sources.readers.heading_maps import TOP, Layout, cell_text, heading, nearest

#: What to do with a workbook in another format that cannot be read.
SAVE_AS_XLSX = (
    "Open it in a spreadsheet program and save it as an Excel workbook (.xlsx), under the name "
    "that the source declares."
)

#: What broken parts of a workbook end in; a syntax error is one of their XML.
_BROKEN = (zlib.error, EOFError, SyntaxError, ValueError, TypeError, AttributeError, IndexError)

#: Bytes that a workbook may have when it is unpacked; publishers' have some tens of millions.
LARGEST = 500_000_000

#: Cells of a sheet, empty ones too, where all are held at once.
MOST_CELLS = 20_000_000


def refuse_inflated(archive: zipfile.ZipFile, faults: Faults) -> None:
    """Refuse an archive that would be too large unpacked, by the sizes that it declares itself.

    Raises
    ------
    InvalidDataError
    """
    size = sum(part.file_size for part in archive.infolist())
    if size > LARGEST:
        faults.add(
            f"The file would have {size / 1e9:,.1f} GB unpacked; {LARGEST / 1e9:g} GB are read.",
            remedy="Compare its size with that on the landing page of the source, and download it "
            "again; or save the sheets that are needed as a workbook of their own.",
        )
        faults.raise_if_any()


def read_sheets(path: Path, sheets: Sequence[str] | None = None) -> dict[str, list[list[Any]]]:
    """Read sheets of a workbook as rows of cells, whole, whatever size each declares of itself.

    Parameters
    ----------
    path : Path
        Workbook in the format xlsx, xls or ods, whichever its name says.
    sheets : sequence of str, optional
        Names to read, as plain text; all of them when not given. A name that is not there is left
        out of the result.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    if not path.is_file():
        raise MissingDataError(
            f"There is no file {path.name}.", f"{path.parent.name}/", "Bring it in: needs fetch."
        )
    faults = Faults(path)
    with path.open("rb") as file:
        other = other_format(file.read(200))
        file.seek(0)
        if other:
            return _other_sheets(file, sheets, other, faults)
        return _xlsx_sheets(file, sheets, faults)


def _xlsx_sheets(
    file: BinaryIO, sheets: Sequence[str] | None, faults: Faults
) -> dict[str, list[list[Any]]]:
    """Sheets of an xlsx, row by row: a lone cell far away takes no room, and errors are kept."""
    import openpyxl

    try:
        with zipfile.ZipFile(file) as archive:
            refuse_inflated(archive, faults)
            empty = _formulas_without_values(archive)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except _BROKEN as error:  # the list of sheets, the shared texts or the styles
        faults.add(f"The workbook is broken or cut off: {error}.")
        faults.raise_if_any()
    except (zipfile.BadZipFile, KeyError, openpyxl.utils.exceptions.InvalidFileException):
        faults.add(
            "The file is not a workbook in the xlsx format; it may be a web page.",
            remedy="Open the landing page of the source, download the file and put it in its "
            "folder.",
        )
        faults.raise_if_any()
    found = {}
    try:
        for name in book.sheetnames:
            if sheets is None or cell_text(name) in sheets:
                found[cell_text(name)] = _cells(book[name])
                for cell in empty.get(str(book[name]._worksheet_path), ())[:SHOWN_CELLS]:
                    faults.add(
                        "The cell has a formula, and the value that it came to was not stored.",
                        f"sheet {cell_text(name)}, cell {cell}",
                        "Open the file in a spreadsheet program and save it, or download it again.",
                    )
    except (*_BROKEN, zipfile.BadZipFile, KeyError) as error:
        faults.add(f"Sheet '{name}' is broken or cut off: {error}.", f"sheet {cell_text(name)}")
        faults.raise_if_any()
    finally:
        book.close()
    faults.raise_if_any()
    return found


#: A cell of a sheet's XML with a formula and no value beside it.
_UNSTORED = re.compile(
    rb'<c r="([A-Z]+\d+)"[^>]*>\s*<f[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)


def _formulas_without_values(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    """Cells, by the part of the archive that is their sheet: they would be read as empty."""
    found = {}
    for name in archive.namelist():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            text = archive.read(name)
            if b"<f" in text and (cells := _UNSTORED.findall(text)):
                found[name] = [one.decode() for one in cells]
    return found


def _other_sheets(
    file: BinaryIO, sheets: Sequence[str] | None, kind: str, faults: Faults
) -> dict[str, list[list[Any]]]:
    """Sheets of an xls or ods, in the rows and cells that an xlsx of them would have.

    A cell that shows an error, such as #N/A, comes as an empty one.
    """
    import python_calamine

    found = {}
    where = ""
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                refuse_inflated(archive, faults)
                # a part may be larger than it declares: this reads no further
                if broken := archive.testzip():
                    raise zipfile.BadZipFile(f"its part {broken} is spoilt")
        file.seek(0)
        with python_calamine.CalamineWorkbook.from_filelike(file) as book:
            for name in book.sheet_names:
                where = f"sheet {cell_text(name)}"
                if sheets is None or cell_text(name) in sheets:
                    sheet = book.get_sheet_by_name(name)
                    _refuse_far(sheet.total_height, sheet.total_width)
                    rows = sheet.to_python(skip_empty_area=False)
                    found[cell_text(name)] = _trimmed(
                        [_as_in_xlsx(cell) for cell in row] for row in rows
                    )
    except (*_BROKEN, zipfile.BadZipFile, python_calamine.CalamineError, OSError) as error:
        faults.add(f"The file is {kind}, and cannot be read: {error}.", where, SAVE_AS_XLSX)
        faults.raise_if_any()
    return found


def _as_in_xlsx(cell: Any) -> Any:
    """A cell as an xlsx has it: whole numbers without a point, days with an hour, empty as None."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return None if cell == "" else cell


def _cells(sheet: Any) -> list[list[Any]]:
    """All rows of a sheet, equally long, without those and the columns at its end that are empty.

    The used range of a sheet goes as far as cells were ever formatted.
    """
    # the size that a sheet declares of itself may be less than it has
    sheet.reset_dimensions()
    return _trimmed(sheet.iter_rows(values_only=True))


def _trimmed(cells: Iterable[Sequence[Any]]) -> list[list[Any]]:
    rows = []
    for row in cells:
        width = len(row)
        while width and not cell_text(row[width - 1]):
            width -= 1
        rows.append(list(row[:width]))
    while rows and not rows[-1]:
        rows.pop()
    width = max(map(len, rows), default=0)
    _refuse_far(len(rows), width)
    return [row + [None] * (width - len(row)) for row in rows]


def _refuse_far(height: int, width: int) -> None:
    if height * width > MOST_CELLS:
        raise ValueError(
            f"a cell stands too far from the others: {height:,} rows of {width:,} cells"
        )


def find_row(rows: Sequence[Sequence[Any]], labels: Iterable[str]) -> int | None:
    """Return the index of the first row that holds every label, or None.

    Examples
    --------
    >>> find_row([["MYE2"], ["Code", " Name", "Geography"]], ["Code", "Name"])
    1
    """
    labels = list(labels)
    wanted = {label.casefold() for label in labels}
    for index, row in enumerate(rows):
        if wanted <= {heading(cell, labels).casefold() for cell in row}:
            return index
    return None


def note_twice(headings: Sequence[str], place: str, faults: Faults) -> None:
    """Note headings that stand twice in the columns of one period or group."""
    for one in sorted({one for one in headings if one and headings.count(one) > 1}):
        under = place.rpartition(", ")[2]
        faults.add(
            f"Heading '{one}' stands twice under {under}: its period or group, or the next one's, "
            "is missing.",
            place,
            "Write the missing heading above its columns, or download the file again.",
        )


def check_title(
    rows: Sequence[Sequence[Any]],
    header: int,
    words: Mapping[str, str],
    sheet: str,
    faults: Faults,
) -> None:
    r"""Note that the title above the headings says that the sheet holds something else.

    Sheets are told by their names, which may have been mixed up; a file by its own.

    Parameters
    ----------
    rows : sequence of sequence
        Cells of the sheet.
    header : int
        Index of the row of headings.
    words : mapping of str to str
        What the title ought to say, in any case, and a pattern of what it would say of another
        sheet: ``{"mid-2022": r"mid-\d{4}"}``. A title that says neither is taken.
    """
    text = [cell_text(cell) for row in rows[:header] for cell in row]
    for word, pattern in words.items():
        said = [one for one in text if re.search(rf"\b(?:{pattern})\b", one, re.IGNORECASE)]
        if said and not any(re.search(rf"\b{word}\b", one, re.IGNORECASE) for one in said):
            faults.add(
                f"The sheet's title does not say '{word}': {said[0][:160]}",
                f"sheet {sheet}",
                "Two sheets, or two files, were mixed up. Download the file again.",
            )


def missing_row(
    rows: Sequence[Sequence[Any]], labels: Sequence[str], known: Layout, sheet: str, faults: Faults
) -> None:
    """Note that no row of a sheet holds the headings `labels`, what is like them, and the map."""
    there = sorted({cell_text(cell) for row in rows[:TOP] for cell in row} - {""})
    lacking = [one for one in labels if one not in there]
    near = ", ".join(f"nearest to '{one}': {nearest(one, there)}" for one in lacking)
    named = " and ".join(f"'{one}'" for one in labels)
    faults.add(
        f"No row has the headings {named}; {near}." if near else f"No row has {named} together.",
        f"sheet {sheet}",
        f"If the publisher renamed them, write the new headings into {known.map}.",
    )
