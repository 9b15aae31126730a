"""The parts of a workbook's file, with the rows of its tables put in as text.

The library makes an object of each cell and writes each by itself, which is most of the time that a
workbook takes. It makes all else: what stands above the tables, styles, links and properties.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.dimensions import SheetDimension
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.writer.excel import ExcelWriter

_END = b"</sheetData>"


@dataclass(frozen=True)
class TableRows:
    """The rows of a sheet's table, below all that the sheet itself holds.

    Attributes
    ----------
    xml : str
        As the file has them.
    last : str
        The sheet's last cell, "C85".
    links : sequence of Hyperlink
        Of cells in them.
    """

    xml: str
    last: str
    links: Sequence[Hyperlink] = ()


def workbook_parts(workbook: Workbook, rows: Mapping[str, TableRows]) -> dict[str, bytes]:
    """The parts of a workbook's archive, by their names and in the order of the library's writer.

    Parameters
    ----------
    workbook : Workbook
    rows : mapping of str to TableRows
        By the sheet's title; a sheet that is not named holds all that it has.

    Examples
    --------
    >>> workbook = Workbook()
    >>> workbook.active.append(["Area", "Deaths"])
    >>> row = '<row r="2"><c r="A2" t="inlineStr"><is><t>Rutland</t></is></c></row>'
    >>> parts = workbook_parts(workbook, {"Sheet": TableRows(row, "B2")})
    >>> b"<t>Rutland</t>" in parts["xl/worksheets/sheet1.xml"]
    True
    """
    kept = _Kept()
    _Writer(workbook, kept, rows).save()
    return kept.parts


class _Kept:
    """Stands for an archive: the library would compress its parts and add a time to each."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}

    def writestr(self, name: str, part: str | bytes) -> None:
        self.parts[name] = part.encode() if isinstance(part, str) else part

    def namelist(self) -> list[str]:
        return list(self.parts)

    def close(self) -> None:
        pass


class _Writer(ExcelWriter):  # type: ignore[misc]
    """Writes a workbook whose tables' rows are not among the cells of its sheets."""

    def __init__(self, workbook: Workbook, archive: Any, rows: Mapping[str, TableRows]) -> None:
        super().__init__(workbook, archive)
        self.rows = rows

    def write_worksheet(self, ws: Any) -> None:
        """Write a sheet; the library's own would go through a file."""
        rows = self.rows.get(ws.title)
        written = io.BytesIO()
        writer = _SheetWriter(ws, written, rows) if rows else WorksheetWriter(ws, written)
        writer.write()
        ws._rels = writer._rels
        whole = written.getvalue()
        if rows:
            whole = whole.replace(_END, rows.xml.encode("ascii", "xmlcharrefreplace") + _END, 1)
        self._archive.writestr(ws.path[1:], whole)
        self.manifest.append(ws)


class _SheetWriter(WorksheetWriter):  # type: ignore[misc]
    """Writes all of a sheet but the rows of its table, and counts them in."""

    def __init__(self, sheet: Any, out: io.BytesIO, rows: TableRows) -> None:
        super().__init__(sheet, out)
        self.table = rows

    def write_dimensions(self) -> None:
        self.xf.send(SheetDimension(f"A1:{self.table.last}").to_tree())

    def write_hyperlinks(self) -> None:
        self.ws._hyperlinks += self.table.links
        super().write_hyperlinks()
