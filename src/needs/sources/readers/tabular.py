"""What all readers share: opening files, matching headings, and reading cells without guessing.

Every fault found in a file is collected, so that the analyst mends the file once.
"""

from __future__ import annotations

import csv
import difflib
import functools
import io
import re
import zipfile
import zlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from needs.catalogue import Edition, Source, in_use
from needs.errors import InvalidDataError, MissingDataError, Problem
from needs.sources import periods
from needs.sources.schemas import READING_COLUMNS
from needs.sources.written_numbers import WRITE_NUMBERS, ungrouped
from needs.stats.status import Status

#: Faulty cells named for one column; the rest are counted.
SHOWN_CELLS = 10

#: Rows of a sheet in which headings are looked for.
TOP = 30

_REPEATED = "repeated"

#: Shorthand such as [x] or [low], and notes such as [3], [note 3] or [notes 1, 2 and 4].
_NOTES = re.compile(
    r"(?:\s*\[(?:(?:(?:foot)?notes?\s*)?\d+(?:(?:,|\s+and|\s)\s*\d+)*|[a-z]|low)\])+$",
    re.IGNORECASE,
)

#: Shorthand in place of a number that the publisher does not have, or does not give.
UNAVAILABLE = ("[x]", "[z]")
CONFIDENTIAL = ("[c]",)

#: As `csv` counts lines.
_LINE_END = re.compile(r"\r\n|\r|\n")

#: Characters of one cell; a longer one is a quotation mark that is not closed where it should be.
LONGEST_CELL = 131_072

#: Stands alone as the last record of a text whose quotation marks are all closed.
_END = "\ue000end"


@dataclass
class Faults:
    """Everything found wrong with one file, raised together at the end.

    Attributes
    ----------
    path : Path
    problems : list of Problem
    headings : dict of str to str
        The publisher's heading of each of our columns, as `rename` found it.
    written : DataFrame, optional
        The cells as they are written, under our names.
    """

    path: Path
    problems: list[Problem] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    written: pd.DataFrame | None = None

    @property
    def file(self) -> str:
        """Folder and file name, without the part that differs between machines."""
        return f"{self.path.parent.name}/{self.path.name}"

    def add(self, what: str, place: str = "", remedy: str = "", value: str = "") -> None:
        """Note one fault at a place inside the file, and what is written there."""
        where = f"{self.file}, {place}" if place else self.file
        self.problems.append(
            Problem(what, where, remedy or "Download the file again: needs fetch.", value)
        )

    def cell(self, index: Any, row: Any, column: str, value: Any) -> str:
        """A cell as it is written, where reading it has changed it."""
        table = self.written
        if table is None or column not in table or index not in table.index:
            return str(value)
        unit = "line" if "line" in table else "row"
        there = table.loc[index]
        return str(there[column]) if there[unit] == row else str(value)

    def raise_if_any(self) -> None:
        """Stop when anything was found.

        Raises
        ------
        InvalidDataError
        """
        if self.problems:
            raise InvalidDataError(
                f"{self.path.name} cannot be read as its source declares.",
                self.file,
                problems=self.problems,
            )


@dataclass(frozen=True)
class Layout:
    """The headings of one file shape, from ``catalogue/maps/``.

    Attributes
    ----------
    headings : mapping
        Publisher's heading (in plain spaces) to our name; several headings may share a name.
    required : frozenset of str
        Our names that must be there.
    map : str
        Where the headings are declared, for the messages: the file and its column.
    """

    headings: Mapping[str, str]
    required: frozenset[str]
    map: str = "the map of this shape in catalogue/maps/"

    def name_of(self, written: object) -> str | None:
        """Our name of a publisher's heading, in any case; None where it is not known.

        Shorthand and notes in brackets at its end are passed over.

        Examples
        --------
        >>> layout("iod", "2025").name_of("LSOA Code (2021)")
        'lsoa_code'
        """
        text = heading(written, self.headings)
        if text in self.headings:
            return self.headings[text]
        alike = {name for one, name in self.headings.items() if one.casefold() == text.casefold()}
        return alike.pop() if len(alike) == 1 else None


def layout(shape: str, edition: str = "") -> Layout:
    """Read the heading map of a file shape.

    The CSV has our ``name``, a ``need`` (required, optional or ignored), and a column of headings
    for each edition. A blank cell: the edition does not have it. Two headings for one name: two
    rows.

    Parameters
    ----------
    shape : str
        Name of the CSV in ``catalogue/maps/``.
    edition : str
        Its column; when empty, the headings of all columns are known.

    Examples
    --------
    >>> layout("iod", "2025").headings["LSOA code (2021)"]
    'lsoa_code'
    """
    path = in_use(f"maps/{shape}.csv")
    return _layout(path, edition, path.stat().st_mtime_ns)


@functools.cache
def _layout(path: Path, edition: str, changed: int) -> Layout:
    shape = path.stem
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    columns = [edition] if edition else list(table.columns[2:])
    if edition and edition not in table.columns:
        raise InvalidDataError(
            f"The heading map '{shape}' has no edition '{edition}'.",
            f"catalogue/maps/{shape}.csv",
            "Add a column with the headings of that edition; see docs/adding-a-source.md.",
        )
    headings: dict[str, str] = {}
    required = set()
    for column in columns:
        for name, need, heading in zip(table["name"], table["need"], table[column], strict=True):
            if heading:
                headings[plain(heading)] = name
                if need == "required":
                    required.add(name)
    where = f"catalogue/maps/{shape}.csv"
    if edition or len(columns) == 1:
        where += f", column {columns[0]}"
    return Layout(headings, frozenset(required), where)


def plain(text: object) -> str:
    r"""Cell text with single spaces, no byte-order mark and no space at its ends.

    Examples
    --------
    >>> plain("\ufeffLSOA  code (2011) ")
    'LSOA code (2011)'
    """
    if text is None:
        return ""
    return re.sub(r"\s+", " ", str(text).replace("\ufeff", "")).strip()


def heading(cell: object, known: Container[str] = ()) -> str:
    """Text of a heading without the shorthand and notes in brackets at its end.

    One that is `known` with its note stays as it is.

    Examples
    --------
    >>> heading("2019 [x]"), heading("Area code [note 3]"), heading("Rate [per 100,000]")
    ('2019', 'Area code', 'Rate [per 100,000]')
    """
    text = plain(cell)
    return text if text in known else _NOTES.sub("", text) or text


def period_text(cell: object) -> str:
    """Text of a period without notes: in brackets, or a raised digit that became a plain one.

    Examples
    --------
    >>> period_text("2018 [note 3]"), period_text("2021–23 5"), period_text("2018 - 20")
    ('2018', '2021–23', '2018 - 20')
    """
    text = heading(cell)
    raised = re.fullmatch(r"(.*\d)(?: \d|[⁰¹²³⁴-⁹]+)", text)
    return raised[1] if raised else text


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
    if not path.is_file():
        raise MissingDataError(
            f"There is no file {path.name}.", f"{path.parent.name}/", "Bring it in: needs fetch."
        )
    faults = Faults(path)
    raw = path.read_bytes()
    _refuse_other_formats(raw, faults)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(f"The file is not UTF-8 text: {error.reason} at byte {error.start}.")
        faults.raise_if_any()
    refuse_other_separators(text, faults)
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
        table.attrs[_REPEATED] = table.loc[twice, "line"].tolist()
    return table


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
        header = without_empty_end([plain(cell) for cell in next(reader)], 0)
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


#: What to do with a workbook in another format that cannot be read.
SAVE_AS_XLSX = (
    "Open it in a spreadsheet program and save it as an Excel workbook (.xlsx), under the name "
    "that the source declares."
)


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
        said = plain(start[:120].decode("utf-8", "replace"))
        faults.add(f"The file is a service's message, not a table: {said}", remedy=remedy)
    elif start[:2] == b"PK":
        faults.add("The file is a workbook or a zip archive, not CSV.", remedy=remedy)
    faults.raise_if_any()


def rename(
    table: pd.DataFrame, known: Layout, faults: Faults, place: str = "line 1"
) -> pd.DataFrame:
    """Give columns our names; note headings that the map does not know and those that are missing.

    Rows that stand in the file twice, cell for cell, are noted as well, and read once.

    Shorthand and notes at the end of a heading are passed over, as `heading` says. Columns named
    ``line`` or ``row`` are ours already. Columns whose name in the map is empty or
    begins with ``ignored`` are dropped.
    """
    repeated = table.attrs.pop(_REPEATED, [])
    for line in repeated[:SHOWN_CELLS]:
        faults.add("The row stands in the file already, cell for cell.", f"line {line}")
    if len(repeated) > SHOWN_CELLS:
        faults.add(f"{len(repeated) - SHOWN_CELLS} more rows stand in the file already.")
    table = table[~table["line"].isin(repeated)] if repeated else table
    ours = {"line", "row"} & set(table.columns)
    found = [column for column in table.columns if column not in ours]
    names = {column: known.name_of(column) for column in found}
    for column in (column for column, name in names.items() if name is None):
        near = nearest(plain(column), known.headings)
        faults.add(
            f"Heading '{plain(column)}' is not known; nearest known: {near}.",
            place,
            f"If the publisher renamed it, add it to {known.map}.",
        )
    here = [name for name in names.values() if name]
    for name in sorted(known.required - set(here)):
        expected = [one for one, ours_ in known.headings.items() if ours_ == name]
        near = nearest(expected[0], [plain(column) for column in found])
        faults.add(
            f"Heading '{expected[0]}' is missing; nearest in the file: {near}.",
            place,
            f"If the publisher renamed it, write its new heading into {known.map}; if the column "
            "was lost, use the publisher's file as it was issued.",
        )
    for name in sorted({one for one in here if here.count(one) > 1 and one != "ignored"}):
        faults.add(f"Two columns are '{name}'.", place)
    keep = {column: name for column, name in names.items() if name and name != "ignored"}
    faults.headings.update({name: plain(column) for column, name in keep.items()})
    renamed = table[[*keep, *sorted(ours)]].rename(columns=keep)
    names_once = renamed.columns.is_unique  # else that is a fault already
    for column in map(str, renamed.columns):
        if names_once and "code" in column.split("_"):
            renamed = renamed.assign(**{column: _tidied(renamed[column])})
    faults.written = renamed.copy(deep=False) if ours and renamed.columns.is_unique else None
    return renamed


#: A code of the Office for National Statistics, in whatever case and with spaces around it.
_CODE = re.compile(r"\s*[a-z]\d{8}\s*", re.IGNORECASE)


def read_headed(
    path: Path, shape: str, edition: str = "", *, repeats: bool = False
) -> tuple[pd.DataFrame, Faults]:
    """Read a CSV under our column names; every fault of its headings is raised at once.

    Parameters
    ----------
    path : Path
    shape, edition : str
        See `layout`.
    repeats : bool
        See `read_csv`.

    Returns
    -------
    table : DataFrame
    faults : Faults
        For what is wrong with its cells.
    """
    faults = Faults(path)
    table = rename(read_csv(path, repeats=repeats), layout(shape, edition), faults)
    faults.raise_if_any()
    return table, faults


def note_repeated(table: pd.DataFrame, column: str, faults: Faults) -> None:
    """Note each row whose value of a column another row has too."""
    note_cells(table, column, table[column].duplicated(), "stands more than once", faults)


def _tidied(column: pd.Series[str]) -> pd.Series[str]:
    """Codes in capitals without the spaces around them; anything else as it is."""
    ours = {
        one: one.strip().upper()
        for one in column.unique()
        if isinstance(one, str) and _CODE.fullmatch(one)
    }
    changed = {one: tidy for one, tidy in ours.items() if one != tidy}
    return column.map(lambda one: changed.get(one, one)) if changed else column


def nearest(word: str, known: Iterable[str]) -> str:
    """Words most like one, as a message names them.

    Examples
    --------
    >>> nearest("Area Codes", ["Area code", "Area name", "Deaths"])
    "'Area code'; 'Area name'"
    """
    near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.4)
    return "; ".join(f"'{one}'" for one in near) if near else "none"


def numbers(
    table: pd.DataFrame,
    column: str,
    faults: Faults,
    *,
    missing: Sequence[str] = ("",),
    whole: bool = False,
) -> pd.Series[float]:
    """Read a text column as numbers; note every cell that is neither a number nor missing.

    A comma is taken away only between groups of three digits: "10,1" is not a number.

    Parameters
    ----------
    table : DataFrame
        With the column, and ``line`` or ``row`` for the messages.
    missing : sequence of str
        Texts that mean there is no number.
    whole : bool
        Whether a fraction is a fault.

    Returns
    -------
    Series of float
        Missing where there is no number.
    """
    text = table[column].astype(str).str.strip()
    value = pd.to_numeric(text, errors="coerce").astype("float64")
    commas = text.str.contains(",", regex=False)
    if commas.any():
        grouped = pd.to_numeric(text[commas].map(ungrouped), errors="coerce")
        value = value.mask(commas, grouped.astype("float64"))
    bad = (value.isna() & ~text.isin(list(missing))) | (value.abs() == float("inf"))
    if whole:
        bad |= value.notna() & (value % 1 != 0)
    remedy = f"{WRITE_NUMBERS} Or download the file again: needs fetch."
    why = "is not a whole number" if whole else "is not a number"
    note_cells(table, column, bad, why, faults, remedy)
    return value.mask(bad)


def note_cells(
    table: pd.DataFrame,
    column: str,
    bad: pd.Series[bool],
    why: str,
    faults: Faults,
    remedy: str = "",
) -> None:
    """Note the cells of a column that are wrong, with their rows."""
    if not bad.any():
        return
    unit = "line" if "line" in table.columns else "row"
    rows = table.loc[bad, [column, unit]]
    named = f"column {faults.headings.get(column, column)}"
    sheet = f"sheet {table.attrs['sheet']}, " if "sheet" in table.attrs else ""
    for index, read, line in rows.head(SHOWN_CELLS).itertuples():
        value = faults.cell(index, line, column, read)
        faults.add(f"'{value}' {why}.", f"{sheet}{unit} {line}, {named}", remedy, value)
    if len(rows) > SHOWN_CELLS:
        faults.add(f"{len(rows) - SHOWN_CELLS} more cells: {why}.", f"{sheet}{named}", remedy)


def codes(table: pd.DataFrame, column: str, pattern: str, faults: Faults) -> pd.Series[str]:
    """Read a column of codes; note every cell that does not match."""
    text = table[column].astype(str).str.strip()
    note_cells(table, column, ~text.str.fullmatch(pattern), "is not a code of this kind", faults)
    return text


def with_periods(
    table: pd.DataFrame, column: str, faults: Faults, source: Source | None = None
) -> pd.DataFrame:
    """Replace a column of periods as published by ``period``, ``period_start``, ``period_end``.

    Where a spelling leaves it open, the source says of which kind its periods are.
    """
    kind = periods.kind_of(source.period_type) if source else None
    parsed: dict[str, periods.Period] = {}
    unread: list[str] = []
    for text in table[column].unique():
        try:
            parsed[text] = periods.parse(period_text(text), kind)
        except InvalidDataError:
            unread.append(text)
    note_cells(table, column, table[column].isin(unread), "is not a period", faults)
    written = table[column]
    return table.assign(
        period=written.map({text: one.label for text, one in parsed.items()}),
        period_start=pd.to_datetime(written.map({text: one.start for text, one in parsed.items()})),
        period_end=pd.to_datetime(written.map({text: one.end for text, one in parsed.items()})),
    )


def readings(table: pd.DataFrame, file: str, faults: Faults, **constants: Any) -> pd.DataFrame:
    """Complete a frame of readings: constants, absent columns, status, source rows, order.

    A row without a value is ``unavailable`` unless its status says otherwise. A figure that stands
    there more than once is kept once where its rows agree, and is a fault where they do not.

    Parameters
    ----------
    table : DataFrame
        Any of the columns of a reading, and ``line`` or ``source_row``.
    file : str
        Name of the file, for ``source_row``.
    faults : Faults
        Raised here if it holds anything, before the repeats are looked for and after.
    **constants
        Columns that are the same in every row.
    """
    faults.raise_if_any()
    table = table.assign(**constants)
    for column in ("value", "lower", "upper", "count", "denominator"):
        if column not in table.columns:
            table[column] = float("nan")
    for column in ("category", "marks", "status"):
        if column not in table.columns:
            table[column] = ""
    if "source_row" not in table.columns:
        table["source_row"] = f"{file}, line " + table["line"].astype(str)
    status = table["status"].where(table["status"] != "", str(Status.SHOWN))
    unsaid = (status == Status.SHOWN) & table["value"].isna()
    table["status"] = status.mask(unsaid, str(Status.UNAVAILABLE))
    table, twice = one_row_each(table, faults.file)
    faults.problems.extend(twice)
    faults.raise_if_any()
    extra = [
        one for one in table.columns if one not in READING_COLUMNS and one not in ("line", "row")
    ]
    return table[[*READING_COLUMNS, *extra]].reset_index(drop=True)


def one_row_each(table: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Keep one row of each figure; tell of two that give one figure and differ.

    A file may repeat a figure, for instance under each parent of an area: that is harmless. Which
    of two different ones is meant is not ours to guess, least of all by the order of rows.

    Parameters
    ----------
    table : DataFrame
        Readings. An area that has no code yet is told by its name.
    where : str
        File, for the messages.

    Returns
    -------
    rows : DataFrame
        The first row of each figure.
    problems : list of Problem
        Each names both rows; those beyond `SHOWN_CELLS` are counted.
    """
    place = table["area_code"].where(table["area_code"] != "", table["area_name"])
    keyed = table.assign(area_code=place)
    if not keyed.duplicated(list(_FIGURE)).any():
        return table, []
    said = keyed.drop_duplicates([*_FIGURE, *_SAID])
    differ = said[said.duplicated(list(_FIGURE), keep=False)]
    pairs = [
        (rows.iloc[0], rows.iloc[other])
        for _, rows in differ.groupby(list(_FIGURE), sort=False)
        for other in range(1, len(rows))
    ]
    problems = [_two_for_one(one, two, where) for one, two in pairs[:SHOWN_CELLS]]
    if len(pairs) > SHOWN_CELLS:
        more = f"{len(pairs) - SHOWN_CELLS} more figures stand twice and differ."
        problems.append(Problem(more, where, _TWICE))
    return table[~keyed.duplicated(list(_FIGURE))], problems


#: What makes a reading one figure, and what its rows have to agree on.
_FIGURE = ("measure", "area_code", "period", "sex", "age", "category")
_SAID = ("value", "lower", "upper", "count", "denominator", "status", "marks")

_TWICE = (
    "Download the file again, for one type of area. If it still gives both, ask the publisher "
    "which one stands, and leave the file out until then."
)


def _two_for_one(one: pd.Series[Any], two: pd.Series[Any], where: str) -> Problem:
    """Two rows of one figure, with the first thing that they do not agree on."""
    differ = next(name for name in _SAID if not _same(one[name], two[name]))
    cells = (one[differ], two[differ])
    shown = [f"{cell:.10g}" if isinstance(cell, float) else f"'{cell}'" for cell in cells]
    parts = (one["area_name"] or one["area_code"], one["period"], one["sex"], one["age"])
    figure = ", ".join(str(part) for part in (*parts, one["category"]) if part)
    # the place inside the file: its name stands before it
    places = [str(row["source_row"]).partition(", ")[2] for row in (one, two)]
    return Problem(
        f"Two rows give one figure, {figure}, and differ: {differ} {shown[0]} and {shown[1]}.",
        f"{where}, {places[0]} and {places[1]}",
        _TWICE,
    )


def _same(one: Any, two: Any) -> bool:
    return bool(one == two or (pd.isna(one) and pd.isna(two)))


def low_reliability(table: pd.DataFrame, column: str, faults: Faults) -> pd.Series[bool]:
    """Whether a column of flags says that a rate is of low reliability; note any other text.

    Publishers write "u" or "U", in brackets or not.
    """
    text = table[column].map(plain).str.lower()
    flagged = text.isin(["u", "[u]"])
    unknown = ~flagged & (text != "")
    note_cells(table, column, unknown, "is not a flag that we know: [u], low reliability", faults)
    return flagged


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
            if sheets is None or plain(name) in sheets:
                found[plain(name)] = _cells(book[name])
                for cell in empty.get(str(book[name]._worksheet_path), ())[:SHOWN_CELLS]:
                    faults.add(
                        "The cell has a formula, and the value that it came to was not stored.",
                        f"sheet {plain(name)}, cell {cell}",
                        "Open the file in a spreadsheet program and save it, or download it again.",
                    )
    except (*_BROKEN, zipfile.BadZipFile, KeyError) as error:
        faults.add(f"Sheet '{name}' is broken or cut off: {error}.", f"sheet {plain(name)}")
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
                where = f"sheet {plain(name)}"
                if sheets is None or plain(name) in sheets:
                    sheet = book.get_sheet_by_name(name)
                    _refuse_far(sheet.total_height, sheet.total_width)
                    rows = sheet.to_python(skip_empty_area=False)
                    found[plain(name)] = _trimmed(
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
        while width and not plain(row[width - 1]):
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
    text = [plain(cell) for row in rows[:header] for cell in row]
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
    there = sorted({plain(cell) for row in rows[:TOP] for cell in row} - {""})
    lacking = [one for one in labels if one not in there]
    near = ", ".join(f"nearest to '{one}': {nearest(one, there)}" for one in lacking)
    named = " and ".join(f"'{one}'" for one in labels)
    faults.add(
        f"No row has the headings {named}; {near}." if near else f"No row has {named} together.",
        f"sheet {sheet}",
        f"If the publisher renamed them, write the new headings into {known.map}.",
    )


def option(source: Source, edition: Edition, name: str) -> Any:
    """Return an option that the reader needs of an edition.

    Raises
    ------
    InvalidDataError
        When the source's YAML does not give it.
    """
    if name not in edition.options:
        raise InvalidDataError(
            f"Edition '{edition.edition}' does not give the option '{name}'.",
            f"catalogue/sources/{source.key}.yaml",
            f"Add '{name}' under the edition's options; see docs/adding-a-source.md.",
        )
    return edition.options[name]
