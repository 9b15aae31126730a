"""Mid-year population estimates of authorities, by single year of age and sex.

Two shapes, told by the edition's option ``shape``: ``workbook`` (sheets "MYE2 - Persons", "MYE2 -
Females", "MYE2 - Males", and the option ``totals`` names a sheet of earlier years' totals) and
``wide`` (a repackaged CSV of persons). Counties, metropolitan counties and regions keep their own
rows and codes, so nothing here is to be added up without choosing a kind of area first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import csv_files, file_faults, heading_maps, tabular, workbooks

SHEETS = {"MYE2 - Persons": "persons", "MYE2 - Females": "female", "MYE2 - Males": "male"}

COLUMNS = [
    "area_code",
    "area_name",
    "year",
    "sex",
    "age_from",
    "age_to",
    "population",
    "edition",
    "source_row",
]

_WHOSE = ["area_code", "area_name", "place"]

#: The last single year of age stands for that age and over.
OPEN_AGE = 90


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read populations of England, its regions, counties and districts.

    Returns
    -------
    DataFrame
        Columns of the table ``populations``. All ages are 0 with no upper age; the last age band
        is 90 with no upper age.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    shape = tabular.option(source, edition, "shape")
    faults = file_faults.Faults(path)
    if shape == "wide":
        table = heading_maps.rename(csv_files.read_csv(path), _layout(edition), faults)
        faults.raise_if_any()
        table = table.assign(place=path.name + ", line " + table["line"].astype(str))
        long = _long(table, "persons", int(tabular.option(source, edition, "year")), faults)
    else:
        long = _read_workbook(path, source, edition, faults)
    faults.raise_if_any()
    long = _named(long).assign(edition=edition.edition, source_row=long["place"])
    return long[COLUMNS].reset_index(drop=True)


def _layout(edition: Edition) -> heading_maps.Layout:
    return heading_maps.layout("ons_population", edition.edition)


def _read_workbook(
    path: Path, source: Source, edition: Edition, faults: file_faults.Faults
) -> pd.DataFrame:
    totals = str(edition.options.get("totals", ""))
    wanted = [*SHEETS, *([totals] if totals else [])]
    sheets = workbooks.read_sheets(path, wanted)
    for name in wanted:
        if name not in sheets:
            faults.add(f"Sheet '{name}' is missing.", remedy="Check that this is the right file.")
    faults.raise_if_any()
    year = int(tabular.option(source, edition, "year"))
    parts = []
    for name, sex in SHEETS.items():
        words = {f"{sex.removesuffix('s')}s": "persons|females|males"} | _year(year)
        table = _table(sheets[name], name, _layout(edition), faults, words)
        if table is not None:
            parts.append(_long(table, sex, year, faults))
    if totals:
        table = _table(
            sheets[totals],
            totals,
            heading_maps.layout("ons_population_totals", edition.edition),
            faults,
            _year(year),
        )
        if table is not None:
            parts.append(_years(table, year, faults))
    faults.raise_if_any()
    return pd.concat(parts, ignore_index=True)


def _year(year: int) -> dict[str, str]:
    """What a title says of the year."""
    return {f"mid-{year}": r"mid-\d{4}"}


def _table(
    rows: list[list[Any]],
    sheet: str,
    known: heading_maps.Layout,
    faults: file_faults.Faults,
    words: dict[str, str],
) -> pd.DataFrame | None:
    """Rows under the headings of a sheet, England's only, or None with the fault noted.

    For `words` see `workbooks.check_title`.
    """
    of_areas = [
        heading for heading, name in known.headings.items() if name in ("area_code", "area_name")
    ]
    header = workbooks.find_row(rows, of_areas)
    if header is None:
        workbooks.missing_row(rows, of_areas, known, sheet, faults)
        return None
    workbooks.check_title(rows, header, words, sheet, faults)
    headings = [heading_maps.cell_text(cell) for cell in rows[header]]
    width = max((i + 1 for i, heading in enumerate(headings) if heading), default=0)
    body = [row[:width] for row in rows[header + 1 :]]
    table = pd.DataFrame(body, columns=headings[:width], dtype=object)
    table["row"] = range(header + 2, header + 2 + len(table))
    before = len(faults.problems)
    table = heading_maps.rename(table, known, faults, f"sheet {sheet}, row {header + 1}")
    if len(faults.problems) > before:
        return None
    # a whole number read from a cell is printed as one, and an empty cell as empty text
    text = [column for column in table.columns if column != "row"]
    table[text] = table[text].map(heading_maps.cell_text).astype(str)
    table.attrs["sheet"] = sheet
    table["place"] = [f"{faults.path.name}, {sheet}, row {row}" for row in table["row"]]
    return table[table["area_code"].str.fullmatch(r"E\d{8}")]


def _long(table: pd.DataFrame, sex: str, year: int, faults: file_faults.Faults) -> pd.DataFrame:
    ages = [column for column in table.columns if column.isdigit()]
    columns = {column: tabular.numbers(table, column, faults, missing=()) for column in ages}
    columns["total"] = tabular.numbers(table, "total", faults, missing=())
    wide = table[_WHOSE].assign(**columns)
    apart = (wide[ages].sum(axis=1) - wide["total"]).abs() > 0.5
    tabular.note_cells(table, "total", apart, "is not the sum of its ages", faults)
    twice = table["area_code"].duplicated()
    tabular.note_cells(table, "area_code", twice, "stands more than once", faults)
    wide = wide[wide["area_code"].str.startswith("E")]
    long = wide.melt(_WHOSE, var_name="band", value_name="population")
    total = long["band"] == "total"
    age = pd.to_numeric(long["band"].mask(total, "0")).astype("int64")
    return long.assign(
        year=year,
        sex=sex,
        age_from=age,
        age_to=age.astype("Int64").mask(total | (age == OPEN_AGE)),
    )


def _years(table: pd.DataFrame, newest: int, faults: file_faults.Faults) -> pd.DataFrame:
    """Totals of the years before the edition's own."""
    years = [column for column in table.columns if column.isdigit() and int(column) != newest]
    columns = {column: tabular.numbers(table, column, faults, missing=()) for column in years}
    wide = table[_WHOSE].assign(**columns)
    long = wide.melt(_WHOSE, var_name="year", value_name="population")
    return long.assign(
        year=long["year"].astype("int64"),
        sex="persons",
        age_from=0,
        age_to=pd.Series(pd.NA, index=long.index, dtype="Int64"),
    )


def _named(long: pd.DataFrame) -> pd.DataFrame:
    """Names as in running text: "West Midlands", not "WEST MIDLANDS"."""
    name = long["area_name"].str.strip()
    capitals = name == name.str.upper()
    titled = name.str.title().str.replace(" And ", " and ").str.replace(" The ", " the ")
    return long.assign(area_name=name.mask(capitals, titled))
