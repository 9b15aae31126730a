"""The tables that a data package may hold: their columns, and what may be left out of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa

from needs.sources import schemas
from needs.sources.columns import CLAIM_COLUMNS, FILES
from needs.sources.readers import ons_population
from needs.stats.status import STATUS_SYMBOL, Status

DESCRIPTOR = "datapackage.json"

#: What `needs pack` notes of each table that it writes; see `packed`.
PACKED = "needs:packed"

TEXT = pd.StringDtype(na_value=float("nan"))

#: What many rows have in common: their source, and the place in its file with ``{}`` where each
#: row's own number goes and ``{period}`` where its period does. A row of `LINKED` then has `LINK`
#: instead of source and source_row.
SOURCE_PLACES = pa.DataFrameSchema(
    {name: pa.Column(TEXT) for name in ("place", "source", "source_row")},
    unique=["place"],
    strict=True,
    ordered=True,
    name="source_places",
)

#: Columns that stand for source and source_row: a place, and the numbers that fill it, joined with
#: ";" (left out where no place takes any).
LINK = ("place", "rows")

#: Tables whose rows were read from files that are named as a whole; see
#: `needs.sources.columns.FILES`.
OF_FILES = ("lsoa", "lsoa_population", "lsoa_neighbours", "authority_features")

#: Tables whose rows may name places.
LINKED = ("observations", "populations_by_sex", "official_neighbours", *OF_FILES)

#: Populations with a column for each sex: a row of this gives up to three of ``populations``.
POPULATIONS_BY_SEX = pa.DataFrameSchema(
    {
        **{
            name: column
            for name, column in schemas.POPULATIONS.columns.items()
            if name not in ("sex", "population", "edition", "source_row")
        },
        **{
            sex: pa.Column("float64", pa.Check.ge(0), nullable=True)
            for sex in ("persons", "male", "female")
        },
        "edition": schemas.POPULATIONS.columns["edition"],
        # {sheet} stands for the sheet of each sex, see `SHEETS`
        "source_row": schemas.POPULATIONS.columns["source_row"],
    },
    unique=["area_code", "year", "age_from", "age_to", "edition", "source_row"],
    strict=True,
    ordered=True,
    name="populations_by_sex",
)

#: Sheets of the publisher's workbook of populations, by sex: beside each other, the rows of a
#: package name them by `{sheet}`.
SHEETS: Mapping[str, str] = {sex: sheet for sheet, sex in ons_population.SHEETS.items()}

#: Tables that a package may hold.
TABLES: Mapping[str, pa.DataFrameSchema] = {
    **schemas.TABLES,
    "source_places": SOURCE_PLACES,
    "populations_by_sex": POPULATIONS_BY_SEX,
    "claims": schemas.CLAIMS,
    "local_counts": schemas.LOCAL_COUNTS,
    "local_populations": schemas.LOCAL_POPULATIONS,
    "consultation": schemas.CONSULTATION,
}

#: Columns of observations that a package may leave out or leave empty; see `usual_figures`.
OPTIONAL = (
    *("period_start", "period_end", "sex", "age", "category", "lower", "upper", "count"),
    *("denominator", "status", "marks", "verdict", "method", "source_row"),
)

#: The same of other tables. Claims have needed columns instead; see `_declared`.
OPTIONAL_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "observations": OPTIONAL,
    "populations": ("source_row",),
    "populations_by_sex": ("source_row",),
    "local_counts": ("lsoa_code", "district_code", "frequency", "source_row"),
    "consultation": ("n",),
    "official_neighbours": ("source_row",),
    "claims": tuple(
        name
        for name in CLAIM_COLUMNS
        if name not in ("claim_id", "indicator", "area_code", "period", "stated_value")
    ),
    # packages of before there were these columns
    **dict.fromkeys(OF_FILES, FILES),
}

_NAMED = {"area_name": ("area_code", "name")}

#: Columns that a table may leave out or leave empty where the package has the table ``areas``: each
#: with the column of its code, and that of ``areas`` which has it.
FROM_AREAS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "observations": _NAMED,
    "populations": _NAMED,
    "populations_by_sex": _NAMED,
    "lsoa": {
        "district_name": ("district_code", "name"),
        "upper_code": ("district_code", "upper_code"),
        "upper_name": ("upper_code", "name"),
    },
}

#: Tables that others refer to.
LOOKUPS = ("source_places", "areas")

SYMBOL_STATUS = {f"[{symbol}]": status for status, symbol in STATUS_SYMBOL.items()}

SYMBOL_STATUS["[low]"] = Status.ROUNDS_TO_ZERO


def table_fields(table: str) -> list[dict[str, Any]]:
    """Fields of one of our tables as a Frictionless table schema declares them.

    Examples
    --------
    >>> table_fields("lsoa_population")[2]
    {'name': 'year', 'type': 'integer', 'constraints': {'required': True}}
    """
    fields = []
    may_be_empty = ("category", "marks") if table == "observations" else ()
    for name, column in TABLES[table].columns.items():
        if not column.required:  # publishers' files alone have it
            continue
        entry: dict[str, Any] = {"name": name, "type": _frictionless_type(column)}
        if not column.nullable and name not in may_be_empty:
            entry["constraints"] = {"required": True}
        fields.append(entry)
    return fields


def _frictionless_type(column: pa.Column) -> str:
    kind = str(column.dtype)
    if kind.startswith("datetime"):
        return "date"
    if kind.lower().startswith("int"):
        return "integer"
    return "number" if kind.startswith("float") else "string"


def table_of(resource: Mapping[str, Any]) -> str:
    """The table that a resource is of: as it says, or by its name."""
    return str(resource.get("table", resource.get("name")))
