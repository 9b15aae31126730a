"""The rows of publishers' files that figures cite, read again as they stand."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from needs.sources.readers.workbooks import read_sheets

#: A file's name, perhaps a sheet, and the lines or rows: "a.xlsx, Table 1, row 9, columns of 2020".
CITED = re.compile(
    r"(?P<file>[^;:,/ ][^;:,/]*\.(?:csv|xlsx|xls|ods))(?:, (?P<sheet>(?!line|row)[^,;]+))?, "
    r"(?:lines?|rows?) (?P<numbers>\d+(?:(?:, | and | to )\d+)*)"
)


def cited_rows(text: str) -> tuple[tuple[str, str, int], ...]:
    """File, sheet (empty of a CSV) and line of each row that a text cites, in order.

    Examples
    --------
    >>> cited_rows("a.xlsx, Table 1, row 9, columns of 2020; b.csv, lines 2 and 4")
    (('a.xlsx', 'Table 1', 9), ('b.csv', '', 2), ('b.csv', '', 4))
    """
    found = {
        (one["file"], one["sheet"] or "", line): None
        for one in CITED.finditer(text)
        for line in _lines(one["numbers"])
    }
    return tuple(found)


def _lines(text: str) -> list[int]:
    runs = [[int(end) for end in run.split(" to ")] for run in re.split(", | and ", text)]
    return [line for run in runs for line in range(run[0], run[-1] + 1)]


def cell_number(cell: str) -> float | None:
    """The number in a cell, or None.

    Examples
    --------
    >>> cell_number("1,029"), cell_number("4.2%"), cell_number("[c]")
    (1029.0, 4.2, None)
    """
    try:
        number = float(cell.replace(",", "").rstrip("%"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def nine_digits(number: float) -> float:
    """A number to the digits that two ways of reading it agree on."""
    return float(f"{number:.9g}")


@dataclass
class CitedFiles:
    """Cells of the files at hand, each file opened once.

    Attributes
    ----------
    paths : mapping of str to Path
        By file name.
    """

    paths: Mapping[str, Path]
    _opened: dict[tuple[str, str], dict[int, list[str]]] = field(default_factory=dict)
    _known: dict[tuple[str, str, int], frozenset[float]] = field(default_factory=dict)

    def sheet(self, file: str, sheet: str = "") -> dict[int, list[str]]:
        """Rows by the number of the line on which each begins.

        Raises
        ------
        KeyError
            The file is not at hand, or has no such sheet.
        """
        if (file, sheet) not in self._opened:
            path = self.paths[file]
            self._opened[file, sheet] = _csv(path) if path.suffix == ".csv" else _sheet(path, sheet)
        return self._opened[file, sheet]

    def numbers(self, file: str, sheet: str, line: int) -> frozenset[float]:
        """The numbers of a row, to nine digits.

        Raises
        ------
        KeyError
            There is no such file, sheet or line.
        """
        key = (file, sheet, line)
        if key not in self._known:
            found = (cell_number(cell) for cell in self.sheet(file, sheet)[line])
            self._known[key] = frozenset(nine_digits(one) for one in found if one is not None)
        return self._known[key]


def _csv(path: Path) -> dict[int, list[str]]:
    out, begins = {}, 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        for row in reader:
            out[begins] = [cell.strip() for cell in row]
            begins = reader.line_num + 1
    return out


def _sheet(path: Path, sheet: str) -> dict[int, list[str]]:
    # a workbook of today is read by another way than the readers', which might count rows wrongly
    if path.suffix == ".xlsx":
        import openpyxl

        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = [list(row) for row in book[sheet].iter_rows(values_only=True)]
        book.close()
    else:
        rows = read_sheets(path, [sheet])[sheet]
    return {
        number: ["" if cell is None else str(cell).strip() for cell in row]
        for number, row in enumerate(rows, start=1)
    }
