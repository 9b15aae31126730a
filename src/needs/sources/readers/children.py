"""Children's services statistics: shares of assessments, and of looked-after children.

Measures, of two tables of the Department for Education for England, its regions and authorities:

- edition "factors": ``parental_drug_misuse``, ``parental_alcohol_misuse``, ``child_drug_misuse``
  and ``child_alcohol_misuse``, each among all assessments with a factor;
- edition "looked after": one measure, named by the edition's options, among all children.

Value = share in per cent, of the count and the denominator that the file gives. A reporting year
ends on 31 March. Inner and outer London stand beside London and are left out.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources import periods
from needs.sources.readers import file_faults, tabular
from needs.stats.status import STATUS_SYMBOL, Status

#: The factors that concern drugs and alcohol.
FACTORS = (
    "parental_drug_misuse",
    "parental_alcohol_misuse",
    "child_drug_misuse",
    "child_alcohol_misuse",
)

#: Whose name and code stand in which columns, by the publisher's level.
_LEVELS = {"National": "country", "Regional": "region", "Local authority": "authority"}

#: Codes of inner and outer London, which are halves of a region.
_HALVES = "E13"

_OTHERWISE = {symbol: str(status) for status, symbol in STATUS_SYMBOL.items()}

_PLACE = ["line", "period", "period_start", "period_end", "area_code", "area_name"]


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read counts with what they are a share of.

    Returns
    -------
    DataFrame
        Readings, persons. A count that the publisher withholds has the status of its letter.

    Raises
    ------
    MissingDataError, InvalidDataError
    """
    table, faults = tabular.read_headed(path, "children", edition.edition)
    table = _areas(_years(table, faults), faults)
    faults.raise_if_any()
    if "breakdown" in table.columns:
        long = _of_breakdown(table, source, edition, faults)
    else:
        long = table.melt([*_PLACE, "all_assessments"], list(FACTORS), "measure", "people")
        long = long.rename(columns={"all_assessments": "everyone"}).assign(whole_line=long["line"])
    shorthand = tuple(_OTHERWISE)
    count = tabular.numbers(long, "people", faults, missing=shorthand, whole=True)
    everyone = tabular.numbers(long, "everyone", faults, missing=shorthand, whole=True)
    tabular.note_cells(long, "people", count > everyone, "is more than all of them", faults)
    return tabular.readings(
        long[[*_PLACE, "measure"]],
        path.name,
        faults,
        sex="persons",
        age="under 18",
        value=100 * count / everyone.where(everyone > 0),
        count=count,
        denominator=everyone,
        status=_status(long["people"], everyone),
        source_row=_places(path.name, long),
    )


def _years(table: pd.DataFrame, faults: file_faults.Faults) -> pd.DataFrame:
    """Reporting years as the financial years that end with them."""
    other = table["year_kind"].str.strip() != "Reporting year"
    tabular.note_cells(table, "year_kind", other, "is not a kind of year that we know", faults)
    year = table["year"].str.strip()
    wrong = ~year.str.fullmatch(r"20\d\d")
    tabular.note_cells(table, "year", wrong, "is not a year", faults)
    table = table[~wrong]
    ended = year[~wrong].map(lambda text: periods.financial_year(int(text) - 1).label)
    return tabular.with_periods(table.assign(year=ended), "year", faults)


def _areas(table: pd.DataFrame, faults: file_faults.Faults) -> pd.DataFrame:
    """One column for the code and one for the name of a row's area."""
    kind = table["level"].str.strip().map(_LEVELS)
    tabular.note_cells(table, "level", kind.isna(), "is not a level that we know", faults)
    for part in ("code", "name"):
        columns = {one: table[f"{one}_{part}"].str.strip() for one in _LEVELS.values()}
        table[f"area_{part}"] = pd.Series("", index=table.index)
        for one, texts in columns.items():
            table[f"area_{part}"] = table[f"area_{part}"].mask(kind == one, texts)
    halves = (kind == "region") & table["area_code"].str.startswith(_HALVES)
    table = table[~halves]
    tabular.codes(table, "area_code", r"E\d{8}", faults)
    return table


def _of_breakdown(
    table: pd.DataFrame, source: Source, edition: Edition, faults: file_faults.Faults
) -> pd.DataFrame:
    """The rows that an edition's options name, each beside all children of its area and year."""
    topic, all_children, measures = (
        tabular.option(source, edition, name) for name in ("characteristic", "all", "measures")
    )
    told = table[table["characteristic"].str.strip() == topic]
    breakdown = told["breakdown"].str.strip()
    for wanted in (all_children, *measures.values()):
        if not (breakdown == wanted).any():
            faults.add(f"No row of '{topic}' is '{wanted}'.", "column breakdown")
    faults.raise_if_any()
    key = ["period", "area_code"]
    whole = told[breakdown == all_children].drop_duplicates(key)
    everyone = whole[[*key, "people", "line"]].rename(
        columns={"people": "everyone", "line": "whole_line"}
    )
    found = [
        told[breakdown == wanted].assign(measure=measure)[[*_PLACE, "measure", "people"]]
        for measure, wanted in measures.items()
    ]
    long: pd.DataFrame = pd.concat(found).merge(everyone, on=key, how="left")
    return long.assign(everyone=long["everyone"].fillna("x"))


def _places(file: str, long: pd.DataFrame) -> pd.Series[str]:
    """Where a count stands, and where all of whom it is a part do, if elsewhere."""
    own = f"{file}, line " + long["line"].astype(str)
    other = long["whole_line"].notna() & (long["whole_line"] != long["line"])
    lines = long["whole_line"].fillna(0).astype(int).astype(str)
    return own.mask(other, own + f"; {file}, line " + lines)


def _status(cells: pd.Series[str], everyone: pd.Series[float]) -> pd.Series[str]:
    """Why there is no number: the publisher's letter, or nobody to be a share of."""
    status = cells.str.strip().map(_OTHERWISE).fillna(str(Status.SHOWN))
    none = (status == Status.SHOWN) & (everyone == 0)
    status = status.mask(none, str(Status.NOT_APPLICABLE))
    return status.mask((status == Status.SHOWN) & everyone.isna(), str(Status.UNAVAILABLE))
