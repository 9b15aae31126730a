"""Cells of a data package's tables: text as it stands, then each of its declared type."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from needs.errors import Problem, did_you_mean
from needs.sources.area_codes import tidy
from needs.sources.readers import csv_files
from needs.sources.readers.package_faults import PackageFaults
from needs.sources.readers.package_tables import (
    DESCRIPTOR,
    LOOKUPS,
    PACKED,
    SYMBOL_STATUS,
    table_of,
)

#: Significant digits that every program keeps of a number.
_DIGITS = 15

#: Columns of codes of places; other columns' names end in _code.
_CODES = ("code", "successor")

#: What no program can show: it stops the PDF, and a lone carriage return breaks a CSV in two.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")

#: Marks on one letter beyond those that it is written with: they run over the lines above, and
#: stop the PDF.
_MOST_MARKS = 2


def read_rows(
    path: Path, name: str, declared: Sequence[str], faults: PackageFaults
) -> dict[str, list[Any]] | None:
    """Cells by column as text, never evaluated; the file's line numbers stand under "#"."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError as error:
        faults.add(f"Not UTF-8: {error.reason}.", name, "Save it as CSV UTF-8.")
        return None
    except csv.Error as error:
        where = f"{name}, row {reader.line_num + 1}"
        faults.add(f"Not CSV: {error}.", where, "Save it again as CSV UTF-8.")
        return None
    lines = [(line, row) for line, row in lines if any(map(str.strip, row))]
    if not lines:
        faults.add("The file is empty.", name, f"Begin it with: {','.join(declared)}")
        return None
    heading = csv_files.without_empty_end([cell.strip() for cell in lines[0][1]], 0)
    spelt = {one.casefold(): one for one in declared}
    heading = [spelt.get(cell.casefold(), cell) for cell in heading]
    if len(heading) == 1 and ";" in heading[0]:
        faults.add(
            "The cells are parted by semicolons, not by commas.",
            f"{name}, row 1",
            "Save it again as CSV with commas (in a spreadsheet program: CSV UTF-8, in an English "
            "locale).",
        )
        return None
    good = True
    for column in heading:
        if column not in declared or heading.count(column) > 1:
            good = False
            what = "is not declared" if column not in declared else "stands there twice"
            remedy = did_you_mean(column, declared, f"Declared: {', '.join(declared)}.")
            faults.add(f"Heading '{column}' {what}.", f"{name}, row 1", remedy)
    for column in declared:
        if column not in heading:
            good = False
            faults.add(
                f"Column '{column}' is missing.",
                f"{name}, row 1",
                "Add it, or take it out of datapackage.json.",
            )
    cells: dict[str, list[Any]] = {"#": [], **{column: [] for column in heading}}
    for line, written in lines[1:]:
        row = csv_files.without_empty_end(written, len(heading))
        if len(row) != len(heading):
            good = False
            faults.add(
                f"The row has {len(row)} cells, the heading {len(heading)}.",
                f"{name}, row {line}",
                "Quote cells that hold a comma; keep empty cells.",
                (name, "all", "wrong number of cells"),
            )
            continue
        cells["#"].append(line)
        for column, cell in zip(heading, row, strict=True):
            cells[column].append(cell)
            where = f"{name}, row {line}, column {column}"
            good &= not note_control(cell, where, faults, (name, column, "a control character"))
    return cells if good else None


def note_control(
    text: str, where: str, faults: PackageFaults, kind: tuple[str, str, str] | None = None
) -> bool:
    """Note the first control character of a text; line breaks and tabs are none.

    Accents upon accents are noted as well.
    """
    control = _CONTROL.search(text)
    if control:
        faults.add(
            f"There is a control character, U+{ord(control[0]):04X}, at character "
            f"{control.start() + 1} of the text.",
            where,
            "Delete it: it cannot be seen, and no program can show it.",
            kind,
        )
    stacked = None if text.isascii() else _stacked(text)
    if stacked is not None:
        faults.add(
            f"There are more than {_MOST_MARKS} accents on one letter, at character {stacked} of "
            "the text.",
            where,
            "Delete them: they cannot be read.",
            kind,
        )
    return bool(control) or stacked is not None


def _stacked(text: str) -> int | None:
    """Place of the first letter with too many accents; None where there is none.

    Examples
    --------
    >>> _stacked("Ynys M\u00f4n"), _stacked("ab" + 3 * "\N{COMBINING ACUTE ACCENT}")
    (None, 2)
    """
    marks = 0
    for place, sign in enumerate(text, 1):
        marks = marks + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if marks > _MOST_MARKS:
            return place - marks
    return None


def texts_of(entry: object, where: str) -> Iterable[tuple[str, str]]:
    """All texts of a descriptor, each with where it stands."""
    if isinstance(entry, str):
        yield where, entry
    elif isinstance(entry, dict):
        for key, one in entry.items():
            yield from texts_of(one, f"{where}: {key}")
    elif isinstance(entry, list):
        for number, one in enumerate(entry, 1):
            yield from texts_of(one, f"{where} {number}")


def missing_values(resource: Mapping[str, Any]) -> frozenset[str]:
    """Texts that a table's schema takes for no value."""
    schema = resource.get("schema")
    given = schema.get("missingValues", [""]) if isinstance(schema, dict) else [""]
    return frozenset(str(one) for one in given) | {""}


def typed_cells(
    rows: Mapping[str, list[Any]],
    name: str,
    declared: Mapping[str, Any],
    missing: Iterable[str],
    needed: bool,
    faults: PackageFaults,
) -> list[Any]:
    """Cells of a column in its declared type; None where there is nothing."""
    column, kind = str(declared["name"]), str(declared["type"])
    nothing = set(missing)
    out: list[Any] = []
    for line, cell in zip(rows["#"], rows[column], strict=True):
        where = f"{name}, row {line}, column {column}"
        text = _plain(column, cell)
        # shorthand stands for a number that is not there, declared as missing or not
        if text in nothing or (kind == "number" and text in SYMBOL_STATUS):
            out.append(None)
            if needed:
                faults.lines.setdefault(name, set()).add(line)
                faults.add("The cell is empty.", where, "Fill it in.", (name, column, "empty"))
            continue
        value = _cell(text, kind)
        if value is None:
            faults.lines.setdefault(name, set()).add(line)
            faults.add(
                f"'{cell}' is not {_ARTICLE.get(kind, kind)}.",
                where,
                _REMEDY.get(kind, ""),
                (name, column, f"not {_ARTICLE.get(kind, kind)}"),
            )
        out.append(value)
    return out


_ARTICLE = {"number": "a number", "integer": "a whole number", "date": "a date"}

_REMEDY = {
    "number": "Write it as 1234.5, without commas, units or spaces; leave it empty if missing.",
    "integer": "Write it as 1234, without commas or decimals.",
    "date": "Write it as 2021-04-01.",
}


def _plain(column: str, cell: str) -> str:
    """A cell without the spaces around it; the letter of a place's code is a capital.

    Examples
    --------
    >>> _plain("area_code", " e10000034"), _plain("theme", "e10000034 ")
    ('E10000034', 'e10000034')
    """
    of_place = column in _CODES or column.endswith("_code")
    return tidy(cell).strip() if of_place else cell.strip()


def packed(
    fields: Iterable[Mapping[str, Any]], rows: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """What a descriptor notes of a table's rows: their number, and the SHA-256 of what they say.

    The order of rows and columns, line ends, spaces around a cell, and how a number is written make
    no difference.

    Parameters
    ----------
    fields : iterable of mapping
        As the table's schema declares them.
    rows : mapping of str to sequence of str
        Cells by column.

    Examples
    --------
    >>> fields = [{"name": "area_code", "type": "string"}, {"name": "value", "type": "number"}]
    >>> one = packed(fields, {"area_code": ["E10000034"], "value": ["2.50"]})
    >>> one == packed(fields[::-1], {"value": [" 2.5"], "area_code": ["e10000034"]})
    True
    >>> one["rows"], len(one["sha256"])
    (1, 64)
    """
    kinds = {str(one["name"]): str(one.get("type")) for one in fields}
    columns = sorted(kinds)
    cells = [[_said(one, kinds[one], cell) for cell in rows[one]] for one in columns]
    said = sorted(json.dumps(row) for row in zip(*cells, strict=True))
    digest = hashlib.sha256("\n".join([json.dumps(columns), *said]).encode())
    return {"rows": len(said), "sha256": digest.hexdigest()}


def _said(column: str, kind: str, cell: str) -> str:
    text = _plain(column, cell)
    value = _cell(text, kind) if kind in ("number", "integer") else None
    return text if value is None else f"{value:.{_DIGITS}g}"


def note_changed(
    resource: Mapping[str, Any],
    declared: Iterable[Mapping[str, Any]],
    rows: Mapping[str, list[Any]],
    faults: PackageFaults,
) -> None:
    """Note a table whose rows are not those that were packed."""
    noted = resource.get(PACKED)
    if noted is None:
        return
    own = packed(declared, rows)
    if own == noted:
        return
    name = str(resource["path"])
    before = noted.get("rows") if isinstance(noted, dict) else None
    problem = Problem(
        f"The table has {own['rows']:,} rows; {before:,} were packed."
        if isinstance(before, int) and before != own["rows"]
        else "Cells of the table are not those that were packed.",
        name,
        "Copy it again, or make it again with needs pack. If the change is meant, take "
        f'"{PACKED}" of this table out of {DESCRIPTOR}.',
    )
    if table_of(resource) in LOOKUPS:  # what refers to it is not to blame
        faults.problems.append(problem)
    else:
        faults.changed[name] = problem


def _cell(text: str, kind: str) -> Any:
    if kind == "string":
        return text
    try:
        if kind == "date":
            return pd.Timestamp(date.fromisoformat(text))
        if kind == "integer":
            return int(text) if re.fullmatch(r"[+-]?\d+", text) else None
        number = float(text) if re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?", text) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
