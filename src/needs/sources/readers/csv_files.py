"""CSV files as text: records and their lines, without guessing at separators or quotation marks."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd

from needs.errors import MissingDataError
from needs.sources.readers.file_faults import SHOWN_CELLS, Faults
from needs.sources.readers.heading_maps import REPEATED, cell_text

#: As `csv` counts lines.
_LINE_END = re.compile(r"\r\n|\r|\n")

#: Characters of one cell; a longer one is a quotation mark that is not closed where it should be.
LONGEST_CELL = 131_072

#: Stands alone as the last record of a text whose quotation marks are all closed.
_END = "\ue000end"


def read_csv(path: Path, *, repeats: bool = False) -> pd.DataFrame:
    """Read a CSV as text, with the line on which each record begins in column ``line``.

    Empty cells are empty text. A header on the first line is needed. Rows that are empty throughout
    and empty cells beyond the last heading are left out: spreadsheet programs write them for what
    was once formatted.

    Parameters
    ----------
    path : Path
    repeats : bool
        Whether the publisher issues rows more than once; else a row that stands twice is a fault.

    Raises
    ------
    MissingDataError
        No file.
    InvalidDataError
        A web page, a service's error message, a workbook, no UTF-8, cells that semicolons part, a
        quotation mark that is not closed, uneven rows, or no row.
    """
    faults = Faults(path)
    text = _text(path, faults)
    header, lines, records = _records(text, faults)
    widths = [len(record) for record in records]
    for heading in sorted({one for one in header if header.count(one) > 1}):
        faults.add(f"Heading '{heading}' stands twice.", "line 1")
    if not lines:
        faults.add("The file has headings but no rows.")
    uneven = [
        (line, width) for line, width in zip(lines, widths, strict=True) if width != len(header)
    ]
    for line, width in uneven[:SHOWN_CELLS]:
        faults.add(
            f"The row has {width} cells, but there are {len(header)} headings.", f"line {line}"
        )
    if len(uneven) > SHOWN_CELLS:
        faults.add(f"{len(uneven) - SHOWN_CELLS} more rows have too few or too many cells.")
    faults.raise_if_any()
    table = pd.DataFrame(records, columns=pd.Index(header), dtype=str)
    twice = table.duplicated() & (not repeats)
    table = table.assign(line=lines)
    if twice.any():
        table.attrs[REPEATED] = table.loc[twice, "line"].tolist()
    return table


def rows_of_csv(path: Path) -> tuple[list[int], list[list[str]]]:
    """Read a CSV whose headings stand below other lines: the line of each record, and its cells.

    Records are equally long; those that are empty throughout are left out.

    Raises
    ------
    MissingDataError, InvalidDataError
        See `read_csv`.
    """
    faults = Faults(path)
    first, lines, records = _records(_text(path, faults), faults)
    records = [first, *records]
    width = max(map(len, records))
    return [1, *lines], [one + [""] * (width - len(one)) for one in records]


def _text(path: Path, faults: Faults) -> str:
    """The text of a file that is a CSV with commas."""
    if not path.is_file():
        raise MissingDataError(
            f"There is no file {path.name}.", f"{path.parent.name}/", "Bring it in: needs fetch."
        )
    raw = path.read_bytes()
    _refuse_other_formats(raw, faults)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(f"The file is not UTF-8 text: {error.reason} at byte {error.start}.")
        faults.raise_if_any()
    refuse_other_separators(text, faults)
    return text


def _records(text: str, faults: Faults) -> tuple[list[str], list[int], list[list[str]]]:
    """Headings, and for each record the line it begins on and its cells."""
    before = csv.field_size_limit(LONGEST_CELL)  # other libraries set it for the whole process
    try:
        return _read_records(text, faults)
    finally:
        csv.field_size_limit(before)


def _read_records(text: str, faults: Faults) -> tuple[list[str], list[int], list[list[str]]]:
    # lines, not records, are counted: quoted cells may hold line breaks
    reader = csv.reader(io.StringIO(f"{text}\n{_END}\n", newline=""))
    header: list[str] = []
    lines: list[int] = []
    records: list[list[str]] = []
    begins = 1
    record: list[str] = []
    try:
        header = without_empty_end([cell_text(cell) for cell in next(reader)], 0)
        begins = reader.line_num + 1
        for record in reader:
            if record != [_END] and any(map(str.strip, record)):
                lines.append(begins)
                records.append(without_empty_end(record, len(header)))
            begins = reader.line_num + 1
        if record != [_END]:
            begins = lines[-1] if lines else 1
            _note_open_quote(text, begins, faults)
    except csv.Error as error:
        if "field limit" in str(error):
            _note_open_quote(text, begins, faults)
        else:
            faults.add(f"The file is not CSV: {error}.", f"line {begins}")
    faults.raise_if_any()
    return header, lines, records


def without_empty_end(cells: list[str], least: int) -> list[str]:
    """Cells up to the last that is not empty, but at least as many as there are headings.

    Examples
    --------
    >>> without_empty_end(["1", "", "", ""], 2)
    ['1', '']
    """
    width = len(cells)
    while width > least and not cells[width - 1].strip():
        width -= 1
    return cells[:width]


def _note_open_quote(text: str, begins: int, faults: Faults) -> None:
    """Name the line of the quotation mark that swallows what follows, from line `begins` on."""
    opens, size, marks = begins, 0, 0
    for line, written in enumerate(_LINE_END.split(text)[begins - 1 :], begins):
        if marks % 2 == 0:
            opens, size = line, 0
        marks += written.count('"')
        size += len(written)
        if marks % 2 and size > LONGEST_CELL:
            break
    faults.add(
        "A quotation mark opens here and is not closed: the rows below would all be one cell.",
        f"line {opens}",
        "Take the quotation mark out, or close it; or download the file again: needs fetch.",
    )


def refuse_other_separators(text: str, faults: Faults) -> None:
    """Refuse a CSV whose cells are parted by semicolons or tabs, and say by which.

    Raises
    ------
    InvalidDataError
    """
    first = text.split("\n", 1)[0]
    commas = len(next(csv.reader([first]), []))
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(next(csv.reader([first], delimiter=mark), [])) > commas:
            faults.add(
                f"The cells are parted by {name}, not by commas.",
                "line 1",
                "Save the file again as CSV with commas (in a spreadsheet program: CSV UTF-8, in "
                "an English locale), or use the publisher's file as it was issued.",
            )
    faults.raise_if_any()


def other_format(start: bytes) -> str:
    """Say which kind of workbook a file is by its first bytes; empty for xlsx and all others.

    Examples
    --------
    >>> other_format(bytes.fromhex("d0cf11e0a1b11ae1"))
    'a workbook in the old .xls format'
    """
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "a workbook in the old .xls format"
    if start.startswith(b"PK") and b"opendocument.spreadsheet" in start[:200]:
        return "a workbook in the OpenDocument format (.ods)"
    return ""


def _refuse_other_formats(raw: bytes, faults: Faults) -> None:
    start = raw[:2000].lstrip(b"\xef\xbb\xbf \r\n\t")
    remedy = "Open the landing page of the source, download the file and put it in its folder."
    if not start:
        faults.add("The file is empty.", remedy=remedy)
    elif other := other_format(raw[:200]):
        faults.add(f"The file is {other}, not CSV.", remedy="Save it as CSV UTF-8, with commas.")
    elif start[:1] == b"<":
        faults.add("The file is a web page, not a table.", remedy=remedy)
    elif start[:1] in (b"{", b"["):
        said = cell_text(start[:120].decode("utf-8", "replace"))
        faults.add(f"The file is a service's message, not a table: {said}", remedy=remedy)
    elif start[:2] == b"PK":
        faults.add("The file is a workbook or a zip archive, not CSV.", remedy=remedy)
    faults.raise_if_any()
