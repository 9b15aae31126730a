"""The processed tables, declared once: columns, types and what each value may be.

Every table below ``data/processed/`` is checked against its schema when it is written, with all
failures reported at once, so that nothing after it has to check again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import pandera.pandas as pa

from needs.errors import Problem, did_you_mean
from needs.sources.columns import CLAIM_COLUMNS, VERDICTS
from needs.stats.rates import ESP2013
from needs.stats.status import SYMBOLS, Status

if TYPE_CHECKING:
    from needs.catalogue import Indicator

#: Domains of the Indices of Deprivation, in the publisher's order.
DOMAINS: tuple[str, ...] = (
    "imd",
    "income",
    "employment",
    "education",
    "health",
    "crime",
    "barriers",
    "environment",
)

AREA_KINDS: tuple[str, ...] = ("country", "region", "upper tier", "district")

SEXES: tuple[str, ...] = ("persons", "male", "female")

#: What a reader of observations returns; see docs/adding-a-source.md.
READING_COLUMNS: tuple[str, ...] = (
    "measure",
    "area_code",
    "area_name",
    "period",
    "period_start",
    "period_end",
    "sex",
    "age",
    "category",
    "value",
    "lower",
    "upper",
    "count",
    "denominator",
    "status",
    "marks",
    "verdict",
    "source_row",
)

#: What makes an observation unique.
OBSERVATION_KEY: tuple[str, ...] = (
    "indicator",
    "area_code",
    "period",
    "sex",
    "age",
    "category",
)

POPULATION_KEY: tuple[str, ...] = ("area_code", "year", "sex", "age_from", "age_to")

AREA_CODE = r"^[EKW]\d{8}$"
LSOA_CODE = r"^[EW]01\d{6}$"

#: Patterns, and what they ask for in words.
_KEYS = r"^[a-z][a-z0-9_]*$"
_SOURCES = r"^[a-z][a-z0-9_;]*$"
_EDITION = r"^\d{4}$"
_EDITION_OR_NONE = r"^(\d{4})?$"
_REGION_CODE = r"^E12\d{6}$"
_SUCCESSORS = r"^[EW]\d{8}(;[EW]\d{8})*$"
_MARKS = rf"^[{''.join(SYMBOLS)}]*$"
_PATTERNS: Mapping[str, str] = {
    AREA_CODE: "the code of an area, such as E10000034",
    LSOA_CODE: "the code of an LSOA, such as E01000001",
    _KEYS: "a key in small letters, digits and _",
    _SOURCES: "keys of sources, joined with ;",
    _EDITION: "a year of four digits",
    _EDITION_OR_NONE: "a year of four digits, or empty",
    _REGION_CODE: "the code of a region, such as E12000005",
    _SUCCESSORS: "codes of areas, joined with ;",
    _MARKS: f"letters of {', '.join(SYMBOLS)}",
}

_TEXT = pd.StringDtype(na_value=float("nan"))


def _text(*checks: pa.Check, nullable: bool = False) -> pa.Column:
    return pa.Column(_TEXT, list(checks), nullable=nullable)


def _number(*checks: pa.Check) -> pa.Column:
    return pa.Column("float64", list(checks), nullable=True)


def _date(nullable: bool = False) -> pa.Column:
    return pa.Column("datetime64[ns]", nullable=nullable)


def _year() -> pa.Column:
    return pa.Column("int64", pa.Check.in_range(1981, 2100))


def _per_cent() -> pa.Column:
    return pa.Column("float64", pa.Check.in_range(0, 100))


def _table(name: str, columns: Mapping[str, pa.Column], **rules: Any) -> pa.DataFrameSchema:
    """A table of just these columns, in this order; `rules` are pandera's."""
    return pa.DataFrameSchema(dict(columns), name=name, strict=True, ordered=True, **rules)


def _matches(pattern: str) -> pa.Check:
    return pa.Check.str_matches(pattern)


#: What binary fractions may move a limit by, as a share of the value.
_EXACT = 1e-9


def _within(rows: pd.DataFrame) -> pd.Series[bool]:
    """Whether each value lies in its own interval; a limit that is not there binds nothing."""
    room = _EXACT * rows["value"].abs()
    below = rows["value"] < rows["lower"] - room
    return ~(below | (rows["value"] > rows["upper"] + room)) | _crossed(rows)


def _crossed(rows: pd.DataFrame) -> pd.Series[bool]:
    return rows["lower"] > rows["upper"]


#: Rules on whole rows: each text says what is wrong, with the row's own cells in braces.
_OBSERVATION_CHECKS = [
    pa.Check(
        lambda rows: rows["value"].notna() | (rows["status"] != Status.SHOWN),
        error="The row is shown but has no value.",
    ),
    pa.Check(
        lambda rows: (
            rows[["value", "lower", "upper"]].isna().all(axis=1) | (rows["status"] == Status.SHOWN)
        ),
        error="The row is {status}, so it cannot have a value or limits.",
    ),
    pa.Check(
        lambda rows: rows["count"].isna() | (rows["status"] != Status.SUPPRESSED),
        error="The row is suppressed, so it cannot keep its count.",
    ),
    pa.Check(
        lambda rows: ~_crossed(rows),
        error="The lower limit, {lower}, is above the upper limit, {upper}.",
    ),
    pa.Check(
        _within,
        error="The value, {value}, is outside its own limits, {lower} to {upper}.",
    ),
    pa.Check(
        lambda rows: rows["period_start"] <= rows["period_end"],
        error="The period ends before it begins.",
    ),
]

_READING_FIELDS: dict[str, pa.Column] = {
    "area_code": _text(_matches(AREA_CODE)),
    "area_name": _text(),
    "period": _text(),
    "period_start": _date(),
    "period_end": _date(),
    "sex": _text(pa.Check.isin(SEXES)),
    "age": _text(),
    "category": _text(),
    "value": _number(),
    "lower": _number(),
    "upper": _number(),
    "count": _number(pa.Check.ge(0)),
    "denominator": _number(pa.Check.ge(0)),
    "status": _text(pa.Check.isin([str(one) for one in Status])),
    "marks": _text(_matches(_MARKS)),
    # the publisher's own comparison with England, where its file has one
    "verdict": pa.Column(_TEXT, pa.Check.isin(VERDICTS), required=False),
}

OBSERVATIONS = _table(
    "observations",
    {
        "indicator": _text(_matches(_KEYS)),
        **_READING_FIELDS,
        "count": _number(),
        "method": _text(),
        "source": _text(_matches(_SOURCES)),
        "source_row": _text(),
    },
    checks=[
        *_OBSERVATION_CHECKS,
        # people not in treatment, of an estimate that is below those who are
        pa.Check(
            lambda rows: ~(rows["count"] < 0) | (rows["method"] == "unmet_need"),
            error="The count, {count}, is below 0.",
        ),
    ],
    unique=list(OBSERVATION_KEY),
)

_FILES: dict[str, pa.Column] = {"source": _text(_matches(_SOURCES)), "source_row": _text()}

LSOA = _table(
    "lsoa",
    {
        "edition": _text(_matches(_EDITION)),
        "lsoa_vintage": pa.Column("int64", pa.Check.isin([2011, 2021])),
        "lsoa_code": _text(_matches(LSOA_CODE)),
        "lsoa_name": _text(),
        "district_code": _text(_matches(AREA_CODE)),
        "district_name": _text(),
        "upper_code": _text(_matches(AREA_CODE)),
        "upper_name": _text(),
        "imd_score": pa.Column("float64", pa.Check.ge(0)),
        **{
            f"{domain}_{part}": pa.Column("Int64", check)
            for domain in DOMAINS
            for part, check in (
                ("rank", pa.Check.ge(1)),
                ("decile", pa.Check.in_range(1, 10)),
            )
        },
        # metres of the British National Grid
        "easting": pa.Column("float64", pa.Check.in_range(0, 700_000), nullable=True),
        "northing": pa.Column("float64", pa.Check.in_range(0, 1_300_000), nullable=True),
        **_FILES,
    },
    unique=["edition", "lsoa_code"],
)

LSOA_POPULATION = _table(
    "lsoa_population",
    {
        "lsoa_vintage": pa.Column("int64", pa.Check.isin([2011, 2021])),
        "lsoa_code": _text(_matches(LSOA_CODE)),
        "year": _year(),
        "population": pa.Column("float64", pa.Check.ge(0)),
        **_FILES,
    },
    unique=["lsoa_vintage", "lsoa_code", "year"],
)

#: LSOAs that share a border or a corner: each pair once, the lesser code first.
LSOA_NEIGHBOURS = _table(
    "lsoa_neighbours",
    {
        "lsoa_vintage": pa.Column("int64", pa.Check.isin([2011, 2021])),
        "lsoa_code": _text(_matches(LSOA_CODE)),
        "neighbour_code": _text(_matches(LSOA_CODE)),
        **_FILES,
    },
    checks=pa.Check(
        lambda rows: rows["lsoa_code"] < rows["neighbour_code"],
        error="The pair {lsoa_code}, {neighbour_code} does not begin with the lesser code.",
    ),
    unique=["lsoa_vintage", "lsoa_code", "neighbour_code"],
)

POPULATIONS = _table(
    "populations",
    {
        "area_code": _text(_matches(AREA_CODE)),
        "area_name": _text(),
        "year": _year(),
        "sex": _text(pa.Check.isin(SEXES)),
        "age_from": pa.Column("int64", pa.Check.in_range(0, 120)),
        "age_to": pa.Column("Int64", pa.Check.in_range(0, 120), nullable=True),
        "population": pa.Column("float64", pa.Check.ge(0)),
        "edition": _text(),
        # file, sheet and row of the publisher's file
        "source_row": _text(),
    },
    unique=list(POPULATION_KEY),
)

#: What upper-tier authorities are compared by to find statistical neighbours; shares in per cent.
#: `year` is the first reporting year that a row serves. See `needs.figures.neighbours`.
AUTHORITY_FEATURES = _table(
    "authority_features",
    {
        "area_code": _text(_matches(AREA_CODE)),
        "year": _year(),
        "population_year": _year(),
        "population": pa.Column("float64", pa.Check.gt(0)),
        **{
            f"aged_{band}": _per_cent()
            for band in ("under_18", "18_to_24", "25_to_44", "45_to_64", "65_and_over")
        },
        "index_edition": _text(_matches(_EDITION)),
        # LSOA residents, by whom the index and density are weighted, and their mid-year
        "residents_year": _year(),
        "residents": pa.Column("float64", pa.Check.gt(0)),
        "imd_score": pa.Column("float64", pa.Check.ge(0)),
        "most_deprived_fifth": _per_cent(),
        "km2": pa.Column("float64", pa.Check.gt(0)),
        "sparsely_populated": _per_cent(),
        # of ages, index, residents of LSOAs and land, in this order
        **_FILES,
    },
    unique=["area_code", "year"],
)

#: Each authority's nearest neighbours by a publisher's own list, from reporting year `year` on.
OFFICIAL_NEIGHBOURS = _table(
    "official_neighbours",
    {
        "tier": _text(pa.Check.isin(["lower tier", "upper tier"])),
        "area_code": _text(_matches(AREA_CODE)),
        "year": _year(),
        "rank": pa.Column("int64", pa.Check.ge(1)),
        "neighbour_code": _text(_matches(AREA_CODE)),
        "distance": pa.Column("float64", pa.Check.ge(0)),
        **_FILES,
    },
    unique=["tier", "area_code", "year", "rank"],
)

AREAS = _table(
    "areas",
    {
        "code": _text(_matches(AREA_CODE)),
        "name": _text(),
        "kind": _text(pa.Check.isin(AREA_KINDS)),
        "region_code": _text(_matches(_REGION_CODE), nullable=True),
        "upper_code": _text(_matches(AREA_CODE), nullable=True),
        "valid_from": _date(nullable=True),
        "valid_to": _date(nullable=True),
        "successor": _text(_matches(_SUCCESSORS), nullable=True),
    },
    unique=["code"],
)

#: Local extracts of events, as a data package holds them; never written to data/processed/.
LOCAL_COUNTS = _table(
    "local_counts",
    {
        "indicator": _text(_matches(_KEYS)),
        "lsoa_code": _text(_matches(LSOA_CODE), nullable=True),
        "district_code": _text(_matches(AREA_CODE), nullable=True),
        "period": _text(),
        "sex": _text(pa.Check.isin(SEXES)),
        "age_band": _text(pa.Check.isin(list(ESP2013))),
        "count": pa.Column("int64", pa.Check.ge(0)),
        # events of each person counted; empty where each event is counted once
        "frequency": pa.Column("Int64", pa.Check.ge(1), nullable=True),
        "source_row": _text(),
    },
    checks=pa.Check(
        lambda rows: rows["lsoa_code"].notna() | rows["district_code"].notna(),
        error="The row has no place: neither lsoa_code nor district_code.",
    ),
    unique=["indicator", "lsoa_code", "district_code", "period", "sex", "age_band", "frequency"],
)

#: Populations of LSOAs by age and sex, for standardised rates by deprivation quintile.
LOCAL_POPULATIONS = _table(
    "local_populations",
    {
        "lsoa_code": _text(_matches(LSOA_CODE)),
        "year": _year(),
        "sex": _text(pa.Check.isin(SEXES)),
        "age_band": _text(pa.Check.isin(list(ESP2013))),
        "population": pa.Column("float64", pa.Check.ge(0)),
    },
    unique=["lsoa_code", "year", "sex", "age_band"],
)

#: What people said in a consultation: themes, in words, and how many raised each.
CONSULTATION = _table(
    "consultation",
    {
        "area_code": _text(_matches(AREA_CODE)),
        "theme": _text(),
        "text": _text(),
        "n": pa.Column("Int64", pa.Check.ge(0), nullable=True),
    },
)

#: The same as reports show it: how many, in words, under the package's disclosure rule.
COMMENTS = _table(
    "consultation",
    {"area_code": _text(), "theme": _text(), "text": _text(), "people": _text()},
)

#: Figures that a published document prints, to be checked: see `needs.figures.claims`.
CLAIMS = _table(
    "claims",
    {
        name: _number() if name in ("stated_value", "precision") else _text(nullable=True)
        for name in CLAIM_COLUMNS
    },
    unique=["claim_id"],
)

#: Parts of an authority that rates of a local extract are computed for.
LOCAL_KINDS: tuple[str, ...] = ("area", "district", "quintile", "age and sex")

#: Rates from local extracts, after disclosure control (`needs.tables.local_rates`); only where
#: there is one.
LOCAL_RATES = _table(
    "local_rates",
    {
        "upper_code": _text(_matches(AREA_CODE)),
        "package": _text(),
        "indicator": _text(_matches(_KEYS)),
        "name": _text(),
        "counted": _text(),
        "chapter": _text(),
        "kind": _text(pa.Check.isin(LOCAL_KINDS)),
        "part_code": _text(),
        "part": _text(),
        # of the Indices of Deprivation; empty but for quintiles
        "edition": _text(_matches(_EDITION_OR_NONE)),
        **{name: _READING_FIELDS[name] for name in ("period", "period_start", "period_end")},
        "sex": _READING_FIELDS["sex"],
        "age": _text(),
        "statistic": _text(pa.Check.isin(["crude_rate", "directly_standardised_rate"])),
        **{
            name: _READING_FIELDS[name]
            for name in ("value", "lower", "upper", "count", "denominator", "status", "marks")
        },
        "rule": _text(),
        "source_row": _text(),
    },
    checks=_OBSERVATION_CHECKS,
    unique=[
        *("upper_code", "package", "indicator", "kind", "part_code", "period", "sex", "age"),
        "statistic",
    ],
)

#: Tables of data/processed/ that are only there where a data package gives them.
LOCAL_TABLES: Mapping[str, pa.DataFrameSchema] = {
    "local_rates": LOCAL_RATES,
    "consultation": COMMENTS,
}

#: Every Parquet table of data/processed/ but the boundaries.
TABLES: Mapping[str, pa.DataFrameSchema] = {
    "observations": OBSERVATIONS,
    "lsoa": LSOA,
    "lsoa_population": LSOA_POPULATION,
    "lsoa_neighbours": LSOA_NEIGHBOURS,
    "populations": POPULATIONS,
    "authority_features": AUTHORITY_FEATURES,
    "official_neighbours": OFFICIAL_NEIGHBOURS,
    "areas": AREAS,
}


def empty(schema: pa.DataFrameSchema) -> pd.DataFrame:
    """Return a table of a schema without rows, its columns typed.

    Examples
    --------
    >>> list(empty(LSOA_POPULATION))
    ['lsoa_vintage', 'lsoa_code', 'year', 'population', 'source', 'source_row']
    """
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _dtypes(schema).items()})


def conform(table: pd.DataFrame, schema: pa.DataFrameSchema) -> pd.DataFrame:
    """Put columns in the schema's order and types, without checking a value.

    Parameters
    ----------
    table : DataFrame
        With the schema's columns, and perhaps others, which are dropped. A text that the schema
        does not require is empty where the table has none.

    Raises
    ------
    KeyError
        When a column is not there.
    """
    typed = _dtypes(schema)
    lacking = [name for name, column in schema.columns.items() if not column.required]
    for name in lacking:
        kept = table[name].astype("object").fillna("") if name in table else ""
        table = table.assign(**{name: kept})
    return table[list(typed)].astype(typed)


def _dtypes(schema: pa.DataFrameSchema) -> dict[str, Any]:
    return {name: column.dtype.type for name, column in schema.columns.items()}


#: Statistics that are at most the whole: all people, or as many events as there are people.
_OF_A_WHOLE = ("proportion", "unmet_need", "crude_rate", "directly_standardised_rate")


def outside_scale(
    rows: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> Iterator[tuple[Any, str, str]]:
    """Shares above the whole or below nothing: index of the row, column, and what is wrong.

    Unmet need may be below 0: more people can be treated than are estimated to need it. Of rates,
    those of more events than people.
    """
    for key, group in rows.groupby("indicator", sort=False):
        one = indicators.get(str(key))
        if one is None or one.statistic not in _OF_A_WHOLE:
            continue
        whole = f"{one.multiplier:g}{one.unit}"
        for part in ("value", "lower", "upper"):
            numbers = group[part].astype("float64")
            for index, number in numbers[numbers > one.multiplier * (1 + _EXACT)].items():
                yield index, part, f"The {part}, {number:g}, is above the whole, {whole}."
            negative = numbers[(numbers < 0) & (one.statistic != "unmet_need")]
            for index, number in negative.items():
                yield index, part, f"The {part}, {number:g}, is below 0{one.unit}."


def problems(
    table: pd.DataFrame, schema: pa.DataFrameSchema, where: str, limit: int = 20
) -> list[Problem]:
    """List every way in which a table breaks its schema.

    Parameters
    ----------
    table : DataFrame
        Rows to check; a ``source_row`` column tells where each came from.
    schema : DataFrameSchema
    where : str
        File or table, for rows that do not say themselves.
    limit : int
        Rows named for each broken rule; the rest are counted.

    Returns
    -------
    list of Problem
        Empty when the table is as declared.

    Examples
    --------
    >>> rows = pd.DataFrame({"lsoa_vintage": [1991], "lsoa_code": ["E01000001"],
    ...                      "year": [2020], "population": [5.0],
    ...                      "source": ["nomis_population"], "source_row": ["a.csv"]})
    >>> print(problems(rows, LSOA_POPULATION, "lsoa_population")[0].what)
    lsoa_vintage is 1991; allowed: 2011, 2021.
    """
    try:
        schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        return _failures(table, schema, error.failure_cases, where, limit)
    return []


#: Faults that are of a table's columns as a whole.
_COLUMNS = ("column_in_dataframe", "column_in_schema", "column_ordered")


def _failures(
    table: pd.DataFrame, schema: pa.DataFrameSchema, cases: pd.DataFrame, where: str, limit: int
) -> list[Problem]:
    found: list[Problem] = []
    # a rule on whole rows gives a case for each cell of the row: one is enough
    of_rows = (cases["schema_context"] == "DataFrameSchema") & cases["index"].notna()
    cases = cases.assign(column=cases["column"].mask(of_rows, "row"))
    cases = cases.drop_duplicates(["check", "column", "index"])
    # a rule that cannot be checked, because a column is at fault that is told by itself
    broken = cases["column"].eq(schema.name) & ~cases["check"].isin(_COLUMNS)
    cases = cases[~broken] if not broken.all() else cases
    for (column, check), group in cases.groupby(["column", "check"], sort=True, dropna=False):
        for case in group.head(limit).itertuples():
            found.append(
                Problem(
                    _words(schema, str(column), str(check), case.failure_case, _row(table, case)),
                    _place(table, case.index, where),
                    "Download the file again; if it is as published, see docs/adding-a-source.md.",
                )
            )
        if len(group) > limit:
            more = f"{len(group) - limit} more rows with the same fault"
            found.append(Problem(f"{more}{'' if column == 'row' else f' in {column}'}.", where))
    return found


def _row(table: pd.DataFrame, case: Any) -> Mapping[str, Any]:
    there = case.index is not None and not pd.isna(case.index) and case.index in table.index
    return {str(k): v for k, v in table.loc[case.index].items()} if there else {}


def _words(
    schema: pa.DataFrameSchema, column: str, check: str, case: Any, row: Mapping[str, Any]
) -> str:
    """What was found, and what is allowed, in a sentence."""
    match check.split("(")[0]:
        case "not_nullable":
            return f"{column} is empty; it has to be filled in."
        case "column_in_dataframe":
            return f"Column '{case}' is missing."
        case "column_in_schema":
            return f"There is no column '{case}' in this table{_nearest(case, schema.columns)}"
        case "column_ordered":
            return f"Column '{case}' is out of order; the order is {', '.join(schema.columns)}."
        case "multiple_fields_uniqueness":
            keys = ", ".join(f"{name} {row.get(name)}" for name in schema.unique or [])
            return f"Two rows are of the same {keys}."
        case "dtype":
            return f"{column} does not hold {_kind(str(schema.columns[column].dtype))}."
    if column == "row":
        return check.format_map(row)
    if column == schema.name:
        return f"The rows cannot be checked: {case}."
    rule = next(one for one in schema.columns[column].checks if one.error == check)
    said: Mapping[str, Any] = rule.statistics
    shown = f"'{case}'" if isinstance(case, str) else case
    match rule.name:
        case "isin":
            allowed = [str(one) for one in said["allowed_values"]]
            listed = ", ".join(allowed)
            return f"{column} is {shown}; allowed: {listed}{_nearest(case, allowed)}"
        case "in_range":
            return f"{column} is {shown}; it has to be {said['min_value']} to {said['max_value']}."
        case "greater_than":
            return f"{column} is {shown}; it has to be above {said['min_value']}."
        case "greater_than_or_equal_to":
            return f"{column} is {shown}; it has to be {said['min_value']} or more."
    return f"{column} is {shown}; it has to be {_PATTERNS[said['pattern']]}."


def _kind(dtype: str) -> str:
    if dtype.startswith("datetime"):
        return "dates"
    if dtype.lower().startswith("int"):
        return "whole numbers"
    return "numbers" if dtype.startswith("float") else "text"


def _nearest(word: Any, allowed: Iterable[str]) -> str:
    near = did_you_mean(str(word), allowed, quote="'")
    return f". {near}" if near else "."


def _place(table: pd.DataFrame, index: Any, where: str) -> str:
    if index is None or pd.isna(index) or index not in table.index:
        return where
    row = table.loc[int(index)]
    cells = ", ".join(str(part) for part in row.head(4))
    if "source_row" not in table.columns:
        return f"{where}: row {index}: {cells}"
    text = str(row["source_row"])
    # a file alone does not say which of its rows
    return (
        f"{where}: {text}" if re.search(r"\b(line|row)s? \d", text) else f"{where}: {text}: {cells}"
    )
