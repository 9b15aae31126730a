"""Data packages: a folder with ``datapackage.json`` and CSV tables in our own columns.

The Frictionless Data Package standard (version 1, tabular). This is how local, login-only and
printed figures enter, and how one authority's data are carried to a machine without network. Every
table is checked against the schema that the package itself declares and against ours, by column
name, and every fault is reported at once with its file, row and column.

Measures: none; a package's ``observations`` already name their indicators. Local extracts of events
(``local_counts``) name indicators that the package itself declares, and are only kept as rates
under the package's disclosure rule (`needs.tables.local_rates`). See docs/local-data.md.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal, Self, TypeVar

import pandas as pd
import pandera.pandas as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from needs import catalogue as catalogue_module
from needs.catalogue import LOCAL_SOURCE, Catalogue, Disclosure
from needs.errors import InvalidDataError, MissingDataError, NeedsError, Problem
from needs.sources import package_checks, printed_claims, schemas
from needs.sources.periods import Period, parse
from needs.sources.printed_claims import CLAIMS
from needs.sources.readers import csv_files, ons_population
from needs.sources.written_numbers import WRITE_NUMBERS
from needs.stats.status import STATUS_SYMBOL, SYMBOLS, Status

DESCRIPTOR = "datapackage.json"

#: What `needs pack` notes of each table that it writes; see `packed`.
PACKED = "needs:packed"

#: Significant digits that every program keeps of a number.
_DIGITS = 15

#: Columns of codes of places; other columns' names end in _code.
_CODES = ("code", "successor")

#: Faults of one kind in one column that are named one by one; the rest are counted.
NAMED = 20

_TEXT = pd.StringDtype(na_value=float("nan"))

#: What no program can show: it stops the PDF, and a lone carriage return breaks a CSV in two.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")

#: Marks on one letter beyond those that it is written with: they run over the lines above, and
#: stop the PDF.
_MOST_MARKS = 2

M = TypeVar("M", bound=BaseModel)


#: What many rows have in common: their source, and the place in its file with ``{}`` where each
#: row's own number goes and ``{period}`` where its period does. A row of `LINKED` then has `LINK`
#: instead of source and source_row.
SOURCE_PLACES = pa.DataFrameSchema(
    {name: pa.Column(_TEXT) for name in ("place", "source", "source_row")},
    unique=["place"],
    strict=True,
    ordered=True,
    name="source_places",
)

#: Columns that stand for source and source_row: a place, and the numbers that fill it, joined with
#: ";" (left out where no place takes any).
LINK = ("place", "rows")

#: Tables whose rows were read from files that are named as a whole; see
#: `needs.sources.schemas.FILES`.
OF_FILES = ("lsoa", "lsoa_population", "lsoa_neighbours", "authority_features")

#: Tables whose rows may name places.
LINKED = ("observations", *OF_FILES)

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
    "claims": CLAIMS,
    "local_counts": schemas.LOCAL_COUNTS,
    "local_populations": schemas.LOCAL_POPULATIONS,
    "consultation": schemas.CONSULTATION,
}

#: Columns of observations that a package may leave out or leave empty; see `_complete`.
OPTIONAL = (
    *("period_start", "period_end", "sex", "age", "category", "lower", "upper", "count"),
    *("denominator", "status", "marks", "method", "source_row"),
)

#: The same of other tables. Claims have needed columns instead; see `_declared`.
OPTIONAL_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "observations": OPTIONAL,
    "populations": ("source_row",),
    "populations_by_sex": ("source_row",),
    "local_counts": ("lsoa_code", "district_code", "frequency", "source_row"),
    "consultation": ("n",),
    "claims": tuple(
        name
        for name in CLAIMS.columns
        if name not in ("claim_id", "indicator", "area_code", "period", "stated_value")
    ),
    # packages of before there were these columns
    **dict.fromkeys(OF_FILES, schemas.FILES),
}

#: Names that a table may leave out where the package has the table ``areas``, each with its code.
NAMES: Mapping[str, Mapping[str, str]] = {
    "observations": {"area_name": "area_code"},
    "populations": {"area_name": "area_code"},
    "populations_by_sex": {"area_name": "area_code"},
    "lsoa": {"district_name": "district_code", "upper_name": "upper_code"},
}

#: Tables that others refer to.
LOOKUPS = ("source_places", "areas")

_SYMBOL_STATUS = {f"[{symbol}]": status for status, symbol in STATUS_SYMBOL.items()}
_SYMBOL_STATUS["[low]"] = Status.ROUNDS_TO_ZERO


class LocalRule(BaseModel):
    """A package's disclosure rule: ``needs:disclosure`` of its descriptor.

    Without one, the rule of the source `LOCAL_SOURCE` stands. `off_because` is the only way to
    switch disclosure control off, and its reason is printed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    threshold: int = Field(default=0, ge=0)
    rounding_base: int = Field(default=0, ge=0)
    secondary: Literal[True] = True
    rule: str = ""
    off_because: str = ""

    @model_validator(mode="after")
    def _on_or_off(self) -> Self:
        if bool(self.off_because.strip()) == (self.threshold >= 2):
            raise ValueError("give a threshold of 2 or more, or off_because with the reason")
        return self

    @property
    def disclosure(self) -> Disclosure:
        """The rule as `needs.tables.disclosure` takes it."""
        return Disclosure(
            threshold=self.threshold, rounding_base=self.rounding_base, secondary=self.secondary
        )

    @property
    def words(self) -> str:
        """The rule in a sentence."""
        if self.off_because:
            return f"Disclosure control is switched off: {self.off_because.strip().rstrip('.')}."
        rounding = (
            f", other counts are rounded to the nearest {self.rounding_base}"
            if self.rounding_base
            else ""
        )
        return self.rule or (
            f"Counts of 1 to {self.threshold - 1} are suppressed{rounding}, and further counts are "
            "suppressed so that none can be found by subtraction."
        )


class LocalIndicator(BaseModel):
    """What a package's ``local_counts`` count: an entry of ``needs:indicators``.

    `years_pooled` years are added up, counted back from the extract's last, so that periods never
    overlap: overlapping ones would give small counts away by subtraction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    chapter: Literal["deaths", "admissions"]
    counted: str = "events"
    years_pooled: int = Field(default=1, ge=1, le=10)


@dataclass(frozen=True)
class NamedPlace:
    """An area as a table names it, and where it first does so."""

    code: str
    name: str
    file: str
    line: int


@dataclass(frozen=True)
class Package:
    """A data package as read: its tables, and what its descriptor says of local extracts.

    `places` are the codes of areas that its tables give, each with the name beside it (empty where
    there is none), its file and the first line: `needs.tables.prepare` knows which areas there are.
    `problems` lists every fault. A package with faults keeps its local tables only, without the
    rows at fault, so that what can be checked of them beside other data still is.
    """

    folder: str
    title: str
    tables: dict[str, pd.DataFrame]
    rule: LocalRule
    indicators: Mapping[str, LocalIndicator]
    places: tuple[NamedPlace, ...]
    problems: tuple[Problem, ...]


@dataclass
class _Faults:
    """Faults of a package, at most `NAMED` of a kind named one by one."""

    problems: list[Problem] = field(default_factory=list)
    counts: dict[tuple[str, str, str], int] = field(default_factory=dict)
    #: Lines of a file that have a cell at fault.
    lines: dict[str, set[int]] = field(default_factory=dict)
    #: Files with other rows than were packed.
    changed: dict[str, Problem] = field(default_factory=dict)

    def add(
        self, what: str, where: str, remedy: str, kind: tuple[str, str, str] | None = None
    ) -> None:
        if kind is not None:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if self.counts[kind] > NAMED:
                return
        self.problems.append(Problem(what, where, remedy))

    def finish(self) -> tuple[Problem, ...]:
        told = {one.where.partition(",")[0] for one in self.problems}
        self.problems += [one for file, one in self.changed.items() if file not in told]
        for (file, column, fault), number in self.counts.items():
            if number > NAMED:
                more = f"{number - NAMED:,} more rows: {fault}."
                self.problems.append(Problem(more, f"{file}, column {column}"))
        return tuple(self.problems)


@dataclass
class _Lookups:
    """Tables of a package that others refer to; None where one is there but has faults."""

    tables: dict[str, pd.DataFrame | None] = field(default_factory=dict)

    def add(self, table: str, rows: pd.DataFrame | None) -> None:
        before = self.tables.get(table)
        if rows is not None and before is not None:
            rows = pd.concat([before, rows], ignore_index=True)
        self.tables[table] = rows if table not in self.tables or before is not None else None


def read_package(
    folder: Path, catalogue: Catalogue | None = None, only: Sequence[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Read and check the tables of a data package; as `open_package`, but faults are raised.

    Parameters
    ----------
    folder : Path
        Holds ``datapackage.json``.
    catalogue : Catalogue, optional
        Knows the indicators and sources that observations may name; by default the package's own.
    only : sequence of str, optional
        Names of the resources to read; all by default.

    Returns
    -------
    dict of str to DataFrame
        Tables of `TABLES` that the package holds, in the columns and types of their schemas. If two
        resources of a package give the same observation, the earlier resource's row is kept: a
        printed figure yields to the publisher's.

    Raises
    ------
    MissingDataError
        The folder or its descriptor is not there.
    InvalidDataError
        All faults at once, each with file, row, column, value and remedy.
    """
    package = open_package(folder, catalogue, only)
    if package.problems:
        raise InvalidDataError(
            f"The data package '{folder.name}' has errors.", DESCRIPTOR, problems=package.problems
        )
    return package.tables


def open_package(
    folder: Path, catalogue: Catalogue | None = None, only: Sequence[str] | None = None
) -> Package:
    """Read a data package with its rules, and list its faults.

    Parameters and tables are those of `read_package`.

    Raises
    ------
    MissingDataError
        The folder or its descriptor is not there.
    """
    descriptor = folder / DESCRIPTOR
    if not descriptor.is_file():
        raise MissingDataError(
            f"There is no data package in '{folder.name}'.",
            f"{folder.name}/{DESCRIPTOR}",
            "Put a datapackage.json there (docs/adding-an-indicator.md), or use needs pack.",
        )
    known = catalogue or catalogue_module.load()
    faults = _Faults()
    package = _descriptor(descriptor, faults)
    places: list[NamedPlace] = []
    files: dict[str, str] = {}
    found: dict[str, list[pd.DataFrame]] = {}
    resources = _resources(package, faults)
    lookups = _Lookups()
    for resource in sorted(resources, key=lambda one: _table_of(one) not in LOOKUPS):
        table = _table_of(resource)
        wanted = only is None or resource["name"] in only
        if not wanted and table not in LOOKUPS:
            continue
        before = len(faults.problems)
        read = _resource(folder, resource, known, lookups, places, faults)
        files[table] = str(resource["path"])
        if table in LOOKUPS:
            lookups.add(table, read if len(faults.problems) == before else None)
        if table == "populations_by_sex" and read is not None:
            table, read = "populations", _by_sex(read)
        if read is not None and wanted and table != "source_places":
            found.setdefault(table, []).append(read)
    rule = _rule(package, known, faults)
    indicators = _indicators(package, faults)
    for line, name, file in _undeclared(found.get("local_counts", []), indicators):
        faults.add(
            f"The package does not declare the indicator '{name}'.",
            f"{file}, row {line}, column indicator",
            f'Declare it in {DESCRIPTOR}: "needs:indicators": {{"{name}": {{"name": ..., '
            '"chapter": "deaths", "counted": "deaths"}}.',
            (file, "indicator", "indicator that is not declared"),
        )
    if only is None:
        _small_areas(found, files, faults)
    problems = faults.finish()
    tables = {
        name: _join(name, frames)
        for name, frames in found.items()
        if not problems or name.startswith("local_")
    }
    title = str(package.get("title", folder.name))
    return Package(folder.name, title, tables, rule, indicators, tuple(places), problems)


def _small_areas(
    found: Mapping[str, Sequence[pd.DataFrame]], files: Mapping[str, str], faults: _Faults
) -> None:
    """Refuse small areas that one table has and another has not: a row has been lost.

    Without it, a sum over neighbourhoods would be of fewer than there are, or not at hand.
    """
    if "lsoa" not in found:
        return
    lsoa = pd.concat(found["lsoa"])
    for vintage, rows in lsoa.groupby("lsoa_vintage"):
        codes = set(rows["lsoa_code"])
        for table, columns in _OF_SMALL_AREAS.items():
            own = pd.concat(found[table]) if table in found else pd.DataFrame()
            own = own[own["lsoa_vintage"] == vintage] if len(own) else own
            for column in columns if len(own) else ():
                for code in sorted(set(own[column]) - codes):
                    faults.add(
                        f"{code} is in {files[table]} but not in {files['lsoa']}.",
                        f"{files['lsoa']}, column lsoa_code",
                        "Put its row back there, or take its rows out here.",
                        (files["lsoa"], "lsoa_code", "LSOA that is not there"),
                    )
            if table != "lsoa_population" or own.empty:
                continue
            for year, people in own.groupby("year"):
                for code in sorted(codes - set(people["lsoa_code"])):
                    faults.add(
                        f"{code} has no population of mid-{year}, other LSOAs have.",
                        f"{files[table]}, column lsoa_code",
                        "Put its row back; write 0 where nobody lived there.",
                        (files[table], "lsoa_code", f"LSOA without a population of mid-{year}"),
                    )


#: Tables with rows of LSOAs, by the columns that name them.
_OF_SMALL_AREAS: Mapping[str, tuple[str, ...]] = {
    "lsoa_population": ("lsoa_code",),
    "lsoa_neighbours": ("lsoa_code", "neighbour_code"),
}


def _rule(package: Mapping[str, Any], catalogue: Catalogue, faults: _Faults) -> LocalRule:
    usual = catalogue.sources[LOCAL_SOURCE].disclosure
    default = LocalRule(threshold=usual.threshold, rounding_base=usual.rounding_base)
    if "needs:disclosure" not in package:
        return default
    declared = _model(LocalRule, package["needs:disclosure"], "needs:disclosure", faults)
    return declared or default


def _indicators(package: Mapping[str, Any], faults: _Faults) -> dict[str, LocalIndicator]:
    entries = package.get("needs:indicators", {})
    if not isinstance(entries, dict):
        where = f"{DESCRIPTOR}: needs:indicators"
        faults.add("Not an object.", where, 'Write {"key": {"name": ..., "chapter": ...}}.')
        return {}
    read = {
        str(key): _model(LocalIndicator, entry, f"needs:indicators: {key}", faults)
        for key, entry in entries.items()
    }
    return {key: one for key, one in read.items() if one is not None}


def _model(kind: type[M], entry: Any, where: str, faults: _Faults) -> M | None:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        for one in error.errors():
            place = ".".join(str(part) for part in one["loc"])
            faults.add(
                f"{one['msg'].removeprefix('Value error, ')}: {one['input']!r}.",
                f"{DESCRIPTOR}: {where}" + (f": {place}" if place else ""),
                "See docs/local-data.md.",
            )
        return None


def _undeclared(
    frames: Iterable[pd.DataFrame], indicators: Mapping[str, LocalIndicator]
) -> Iterable[tuple[int, str, str]]:
    """The first row of each indicator that a package does not declare: line, key, file."""
    for frame in frames:
        for row in (
            frame[~frame["indicator"].isin(list(indicators))]
            .drop_duplicates("indicator")
            .itertuples()
        ):
            file, _, line = str(row.source_row).rpartition(", line ")
            yield int(line), str(row.indicator), file


def describe(table: str) -> list[dict[str, Any]]:
    """Fields of one of our tables as a Frictionless table schema declares them.

    Examples
    --------
    >>> describe("lsoa_population")[2]
    {'name': 'year', 'type': 'integer', 'constraints': {'required': True}}
    """
    fields = []
    for name, column in TABLES[table].columns.items():
        entry: dict[str, Any] = {"name": name, "type": _frictionless_type(column)}
        if not column.nullable and not (table == "observations" and name in ("category", "marks")):
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


def _descriptor(path: Path, faults: _Faults) -> Mapping[str, Any]:
    try:
        package = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        faults.add(f"Not JSON: {error}.", DESCRIPTOR, "Mend the line it names; save it as UTF-8.")
        return {}
    if not isinstance(package, dict):
        faults.add("Not a JSON object.", DESCRIPTOR, "Begin it with { and end it with }.")
        return {}
    for where, text in _texts(package, DESCRIPTOR):
        _note_control(text, where, faults)
    name = package.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9._-]+", name):
        faults.add(
            f"'name' is {name!r}.", f"{DESCRIPTOR}: name", "Use small letters, digits, . _ and -."
        )
    if not isinstance(package.get("title"), str) or not package["title"].strip():
        faults.add("'title' is missing.", f"{DESCRIPTOR}: title", "Say what the package holds.")
    for key, needed in (("licenses", ("name", "path")), ("sources", ("title",))):
        entries = package.get(key)
        if not isinstance(entries, list) or not entries:
            remedy = f'Give a list: "{key}": [{{"{needed[0]}": "..."}}].'
            faults.add(f"'{key}' is missing.", f"{DESCRIPTOR}: {key}", remedy)
        elif not all(
            isinstance(one, dict) and any(isinstance(one.get(k), str) for k in needed)
            for one in entries
        ):
            remedy = f"Give each a {' or '.join(needed)}."
            faults.add(f"An entry of '{key}' has no name.", f"{DESCRIPTOR}: {key}", remedy)
    return package


def _resources(package: Mapping[str, Any], faults: _Faults) -> list[Mapping[str, Any]]:
    """Resources that can be read: named, of a table that we know, inside the folder."""
    resources = package.get("resources")
    if not isinstance(resources, list) or not resources:
        if package:
            faults.add("There are no resources.", f"{DESCRIPTOR}: resources", "List the tables.")
        return []
    good: list[Mapping[str, Any]] = []
    names: set[str] = set()
    for number, one in enumerate(resources, start=1):
        where = f"{DESCRIPTOR}: resource {number}"
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            faults.add("A resource has no name.", where, 'Give it "name" and "path".')
            continue
        where = f"{DESCRIPTOR}: resource '{one['name']}'"
        if one["name"] in names:
            faults.add("Two resources have this name.", where, "Give each its own name.")
        names.add(one["name"])
        if _table_of(one) not in TABLES:
            near = difflib.get_close_matches(_table_of(one), list(TABLES), n=1)
            faults.add(
                f"There is no table '{_table_of(one)}'.",
                where,
                (f"Did you mean {near[0]}? " if near else "")
                + f'Name it, or its "table", one of: {", ".join(TABLES)}.',
            )
        elif not _inside(one.get("path")):
            faults.add(
                f"The path {one.get('path')!r} is not a file inside the package's folder.",
                where,
                'Put the CSV beside datapackage.json: "path": "observations.csv".',
            )
        else:
            good.append(one)
    return good


def _table_of(resource: Mapping[str, Any]) -> str:
    return str(resource.get("table", resource.get("name")))


def _inside(path: object) -> bool:
    if not isinstance(path, str) or not path or "\\" in path or ":" in path:
        return False
    posix = PurePosixPath(path)
    return not (posix.is_absolute() or PureWindowsPath(path).drive or ".." in posix.parts)


def _resource(
    folder: Path,
    resource: Mapping[str, Any],
    catalogue: Catalogue,
    lookups: _Lookups,
    cited: list[NamedPlace],
    faults: _Faults,
) -> pd.DataFrame | None:
    name, table = str(resource["path"]), _table_of(resource)
    path = folder / name
    # a link could still lead out of the folder
    if path.is_file() and folder.resolve() not in path.resolve().parents:
        faults.add("The file is a link out of the package's folder.", name, "Copy it into it.")
        return None
    if not path.is_file():
        faults.add("The file is not there.", name, "Add it, or take it out of datapackage.json.")
        return None
    before = len(faults.problems)
    declared = _declared(resource, table, lookups, faults)
    if len(faults.problems) > before:
        return None
    rows = _rows(path, name, [str(one["name"]) for one in declared], faults)
    if rows is None:
        return None
    _note_changed(resource, declared, rows, faults)
    optional = OPTIONAL_ELSEWHERE.get(table, ())
    rows, frame = _cells_read(rows, name, resource, declared, optional, faults)
    cited += _places_of(frame, name)
    if table in LINKED and "place" in frame:
        places = lookups.tables["source_places"]
        if places is None:  # its own faults are told
            return None
        frame = _placed(frame, places, name, faults)
    frame = _named(frame, table, name, lookups, faults)
    if table == "local_counts":
        frame = _complete_counts(frame, name, faults)
    if table in OF_FILES:
        frame = _of_files(frame, table, name, catalogue)
    if table == "claims":
        _check_claims(frame, name, catalogue, faults)
    if table in ("source_places", *OF_FILES):
        _refuse_unknown(frame, "source", catalogue.sources, name, faults)
    if table == "observations":
        symbols = [
            _SYMBOL_STATUS.get(cell.strip()) for cell in rows.get("value", [""] * len(frame))
        ]
        frame = _complete(frame, symbols, name, catalogue, faults)
        if len(faults.problems) > before:
            return None
    for column in optional:
        if column not in frame:
            frame[column] = None
    if table.startswith("populations"):
        own = pd.Series([f"{name}, line {line}" for line in frame.index], frame.index)
        frame["source_row"] = frame["source_row"].astype("object").fillna(own)
    frame = schemas.conform(frame, TABLES[table]).reset_index(drop=True)
    _check_rows(frame, table, name, [f"row {line}" for line in rows["#"]], catalogue, faults)
    if len(faults.problems) == before:  # figures that are whole are held against each other
        _check_against(frame, table, name, rows["#"], catalogue, faults)
    return frame


def _check_rows(
    frame: pd.DataFrame,
    table: str,
    name: str,
    lines: Sequence[str],
    catalogue: Catalogue,
    faults: _Faults,
) -> None:
    """Hold each row against what its table declares."""
    # the check names rows by their source: for a package that is the line of its own file
    checked = frame
    if "source_row" in frame:
        checked = frame.assign(source_row=pd.Series(lines, frame.index, dtype=_TEXT))
    for problem in schemas.problems(checked, TABLES[table], name):
        where = re.sub(r": row (\d+): ", lambda m: f", {lines[int(m[1])]}: ", problem.where)
        where = where.replace(f"{name}: row ", f"{name}, row ")
        faults.add(problem.what, where, "Correct the cell, or the row.")
    if table == "observations":
        for index, column, what in schemas.outside_scale(frame, catalogue.indicators):
            where = f"{name}, {lines[index]}, column {column}"
            faults.add(what, where, "Correct the cell.", (name, column, "share out of range"))


def _check_against(
    frame: pd.DataFrame,
    table: str,
    name: str,
    lines: Sequence[Any],
    catalogue: Catalogue,
    faults: _Faults,
) -> None:
    """Hold the figures of a table against each other."""
    for index, column, what in package_checks.faults(table, frame, catalogue):
        remedy = (
            "Add it; write [x] as its value where it is not known, [c] where it is withheld."
            if column == "row"
            else "Correct the cell, or the one that it contradicts."
        )
        where = f"{name}, row {lines[index]}, column {column}"
        faults.add(what, where, remedy, (name, column, "contradiction"))


def _cells_read(
    rows: dict[str, list[Any]],
    name: str,
    resource: Mapping[str, Any],
    declared: Sequence[Mapping[str, Any]],
    optional: Sequence[str],
    faults: _Faults,
) -> tuple[dict[str, list[Any]], pd.DataFrame]:
    """Rows without a faulty cell, as they stand and with each cell of its type.

    They are checked further, so that all faults come at once.
    """
    missing = _missing_values(resource)
    columns: dict[str, Any] = {}
    for one in declared:
        column = str(one["name"])
        needed = bool((one.get("constraints") or {}).get("required")) and column not in optional
        columns[column] = _typed(rows, name, one, missing, needed, faults)
    bad = faults.lines.get(name, set())
    if bad and _table_of(resource) != "observations":  # whose rows are all completed first
        good = [n for n, line in enumerate(rows["#"]) if line not in bad]
        rows = {column: [cells[n] for n in good] for column, cells in rows.items()}
        columns = {column: [cells[n] for n in good] for column, cells in columns.items()}
    return rows, pd.DataFrame(columns, index=pd.Index(rows["#"], name="line"))


def _places_of(frame: pd.DataFrame, name: str) -> list[NamedPlace]:
    """Areas that a file names by code, with the name that it gives them itself."""
    if "area_code" not in frame:
        return []
    codes = frame["area_code"].dropna().astype(str)
    names = frame.get("area_name", pd.Series("", frame.index)).fillna("").astype(str)
    pairs = pd.DataFrame({"line": codes.index, "code": codes, "name": names.reindex(codes.index)})
    return [
        NamedPlace(str(code), str(own), name, int(line))
        for line, code, own in pairs.drop_duplicates(["code", "name"]).itertuples(index=False)
    ]


def _declared(
    resource: Mapping[str, Any], table: str, lookups: _Lookups, faults: _Faults
) -> list[Mapping[str, Any]]:
    """Fields of the resource's own schema, checked against our table's columns."""
    where = f"{DESCRIPTOR}: resource '{resource['name']}': schema"
    schema = resource.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in fields
    ):
        faults.add("The schema has no fields.", where, 'Give "schema": {"fields": [...]}.')
        return []
    ours = {one["name"]: one for one in describe(table)}
    if table in LINKED:
        ours |= {one: {"name": one, "type": "string"} for one in LINK}
    names = [str(one["name"]) for one in fields]
    for name in sorted({one for one in names if names.count(one) > 1}):
        faults.add(f"Field '{name}' is declared twice.", where, "Declare it once.")
    for one in fields:
        own = ours.get(one["name"])
        if own is None:
            near = difflib.get_close_matches(one["name"], list(ours), n=1)
            faults.add(
                f"Table '{table}' has no column '{one['name']}'.",
                where,
                f"Did you mean {near[0]}?" if near else f"Its columns are: {', '.join(ours)}.",
            )
        elif one.get("type") != own["type"] and (one.get("type"), own["type"]) != (
            "integer",
            "number",
        ):
            faults.add(
                f"Field '{one['name']}' is declared as {one.get('type')!r}.",
                where,
                f'Declare it as "{own["type"]}".',
            )
    optional = OPTIONAL_ELSEWHERE.get(table, ())
    if "areas" in lookups.tables:
        optional = (*optional, *NAMES.get(table, ()))
    if table in LINKED:
        # a place and its rows, or the source itself
        linked = any(name in names for name in LINK)
        optional = (*optional, *(("source",) if linked else LINK))
        optional = (*optional, *(("rows",) if table in OF_FILES else ()))
        if linked and "source_places" not in lookups.tables:
            faults.add(
                "Rows name places, and the package has no table of them.",
                where,
                "Add the resource source_places, or give the columns source and source_row.",
            )
    for name in ours:
        if name not in names and name not in optional:
            faults.add(f"Column '{name}' is not declared.", where, "Add the field and the column.")
    return fields


def _rows(
    path: Path, name: str, declared: Sequence[str], faults: _Faults
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
            near = difflib.get_close_matches(column, declared, n=1)
            what = "is not declared" if column not in declared else "stands there twice"
            remedy = f"Did you mean {near[0]}?" if near else f"Declared: {', '.join(declared)}."
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
            good &= not _note_control(cell, where, faults, (name, column, "a control character"))
    return cells if good else None


def _note_control(
    text: str, where: str, faults: _Faults, kind: tuple[str, str, str] | None = None
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


def _texts(entry: object, where: str) -> Iterable[tuple[str, str]]:
    """All texts of a descriptor, each with where it stands."""
    if isinstance(entry, str):
        yield where, entry
    elif isinstance(entry, dict):
        for key, one in entry.items():
            yield from _texts(one, f"{where}: {key}")
    elif isinstance(entry, list):
        for number, one in enumerate(entry, 1):
            yield from _texts(one, f"{where} {number}")


def _missing_values(resource: Mapping[str, Any]) -> frozenset[str]:
    schema = resource.get("schema")
    given = schema.get("missingValues", [""]) if isinstance(schema, dict) else [""]
    return frozenset(str(one) for one in given) | {""}


def _typed(
    rows: Mapping[str, list[Any]],
    name: str,
    declared: Mapping[str, Any],
    missing: Iterable[str],
    needed: bool,
    faults: _Faults,
) -> list[Any]:
    """Cells of a column in its declared type; None where there is nothing."""
    column, kind = str(declared["name"]), str(declared["type"])
    nothing = set(missing)
    out: list[Any] = []
    for line, cell in zip(rows["#"], rows[column], strict=True):
        where = f"{name}, row {line}, column {column}"
        text = _plain(column, cell)
        # shorthand stands for a number that is not there, declared as missing or not
        if text in nothing or (kind == "number" and text in _SYMBOL_STATUS):
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
    text = cell.strip()
    of_place = column in _CODES or column.endswith("_code")
    return text.upper() if of_place and re.fullmatch(r"[a-z]\d{8}", text) else text


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


def _note_changed(
    resource: Mapping[str, Any],
    declared: Iterable[Mapping[str, Any]],
    rows: Mapping[str, list[Any]],
    faults: _Faults,
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
    if _table_of(resource) in LOOKUPS:  # what refers to it is not to blame
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


def _placed(frame: pd.DataFrame, places: pd.DataFrame, name: str, faults: _Faults) -> pd.DataFrame:
    """Put source and source_row together from the place that a row names, and its numbers."""
    rest = frame.drop(columns=list(LINK), errors="ignore")
    known = {str(row.place): (str(row.source), str(row.source_row)) for row in places.itertuples()}
    sources: dict[Any, str] = {}
    texts: dict[Any, str] = {}
    periods = frame.get("period", pd.Series("", frame.index))
    numbered = frame.get("rows", pd.Series(None, frame.index, dtype="object"))
    linked = zip(frame.index, frame["place"], numbered, periods, strict=True)
    for line, place, rows, period in linked:
        if pd.isna(place):
            continue
        where = f"{name}, row {line}, column "
        if place not in known:
            near = difflib.get_close_matches(place, list(known), n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Add it to the table source_places."
            kind = (name, "place", "place that is not there")
            faults.add(f"Unknown place '{place}'.", f"{where}place", remedy, kind)
            continue
        source, text = known[place]
        text = text.replace("{period}", str(period))
        numbers = [] if pd.isna(rows) else str(rows).split(";")
        if text.count("{}") != len(numbers):
            faults.add(
                f"Place '{place}' takes {text.count('{}')} numbers, not {len(numbers)}.",
                f"{where}rows",
                f'Give one for each {{}} of "{text}", joined with ";".',
                (name, "rows", "wrong number of rows"),
            )
            continue
        pieces = text.split("{}")
        filled = (piece + number for piece, number in zip(pieces, numbers, strict=False))
        sources[line], texts[line] = source, "".join(filled) + pieces[-1]
    for column, own in (("source", sources), ("source_row", texts)):
        given = rest.get(column, pd.Series(None, rest.index, dtype="object"))
        placed = pd.Series(own, dtype="object").reindex(rest.index)
        rest[column] = placed.where(placed.notna(), given)
    return rest


def _named(
    frame: pd.DataFrame, table: str, name: str, lookups: _Lookups, faults: _Faults
) -> pd.DataFrame:
    """Fill names that a table leaves out from the package's areas, by their codes."""
    for column, by in NAMES.get(table, {}).items():
        if column in frame or "areas" not in lookups.tables:
            continue
        areas = lookups.tables["areas"]
        if areas is None:  # its own faults are told
            frame = frame.assign(**{column: ""})
            continue
        names = frame[by].map(areas.drop_duplicates("code").set_index("code")["name"])
        for line, code in frame.loc[names.isna() & frame[by].notna(), by].items():
            faults.add(
                f"The package's areas have no '{code}', so it has no name.",
                f"{name}, row {line}, column {by}",
                f"Correct the code, add the area, or give the table a column {column}.",
                (name, by, "code that is not among the areas"),
            )
        frame = frame.assign(**{column: names.fillna("")})
    return frame


def _of_files(frame: pd.DataFrame, table: str, name: str, catalogue: Catalogue) -> pd.DataFrame:
    """Say where rows stand that do not say it: in this package's own file.

    Their source is the one that the catalogue declares for their edition or boundaries.
    """
    layers = {
        str(edition.options.get("layer")): key
        for key, source in catalogue.sources.items()
        for edition in source.editions
        if source.reader == "boundaries"
    }
    declared: dict[object, list[str]] = {}
    for key, one in catalogue.indices.items():
        land = layers.get(f"lsoa_{one.lsoa_vintage}", "")
        residents = list(one.population_sources)
        people = catalogue.sources_of("population")
        by_table = {
            "lsoa": (key, [one.source]),
            "lsoa_population": (one.lsoa_vintage, residents),
            "lsoa_neighbours": (one.lsoa_vintage, [land]),
            "authority_features": (key, [*people, one.source, *residents, land]),
        }
        of, sources = by_table[table]
        declared[of] = sources
    column = {"lsoa": "edition", "authority_features": "index_edition"}.get(table, "lsoa_vintage")
    keys = frame[column].map({of: ";".join(sources) for of, sources in declared.items()})
    files = frame[column].map({of: "; ".join([name] * len(one)) for of, one in declared.items()})
    for part, usual in (("source", keys), ("source_row", files)):
        given = frame.get(part, pd.Series(None, frame.index, dtype="object"))
        frame = frame.assign(**{part: given.where(given.notna(), usual)})
    return frame


def _by_sex(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each sex, without those that are not there."""
    sexes = ["persons", "male", "female"]
    keys = [name for name in rows.columns if name not in sexes]
    long = rows.melt(id_vars=keys, value_vars=sexes, var_name="sex", value_name="population")
    long["source_row"] = [
        text.replace("{sheet}", SHEETS[sex])
        for text, sex in zip(long["source_row"], long["sex"], strict=True)
    ]
    return schemas.conform(long[long["population"].notna()], schemas.POPULATIONS).reset_index(
        drop=True
    )


def _complete(
    frame: pd.DataFrame,
    symbols: Sequence[Status | None],
    name: str,
    catalogue: Catalogue,
    faults: _Faults,
) -> pd.DataFrame:
    """Fill what a package may leave out of its observations.

    Persons, the indicator's ages, no category, the period's own dates, "published", and the row of
    the file. Status: that of the shorthand in the value's cell, else shown, or not available where
    the cell is empty. A value that is not there is missing, never 0.
    """
    table = frame.copy()
    for column in OPTIONAL:
        if column not in table:
            table[column] = None
    _known(table, name, catalogue, faults)
    ages = {key: one.age for key, one in catalogue.indicators.items()}
    defaults = {
        "sex": "persons",
        "age": table["indicator"].map(ages),
        "category": "",
        "marks": "",
        "method": "published",
        "source_row": pd.Series([f"{name}, line {line}" for line in table.index], table.index),
    }
    for column, default in defaults.items():
        table[column] = table[column].where(table[column].notna(), default)
    by_symbol = pd.Series(
        [str(one) if one else None for one in symbols], table.index, dtype="object"
    )
    value = table["value"].astype("float64")
    plain = pd.Series(str(Status.SHOWN), table.index).where(
        value.notna(), by_symbol.fillna(str(Status.UNAVAILABLE))
    )
    table["status"] = table["status"].where(table["status"].notna(), plain)
    dates = [_period(text, name, line, faults) for text, line in _pairs(table)]
    for column, part in (("period_start", "start"), ("period_end", "end")):
        own = [pd.Timestamp(getattr(one, part)) if one else pd.NaT for one in dates]
        given = pd.to_datetime(table[column])
        table[column] = given.where(given.notna(), pd.Series(own, table.index))
    labels = pd.Series([one.label if one else None for one in dates], table.index, dtype="object")
    table["period"] = labels.where(labels.notna(), table["period"])
    return table


def _complete_counts(frame: pd.DataFrame, name: str, faults: _Faults) -> pd.DataFrame:
    """Write periods in their one spelling, and say where each row stands."""
    read = [_period(text, name, line, faults) for text, line in _pairs(frame)]
    labels = [one.label if one else text for one, text in zip(read, frame["period"], strict=True)]
    rows = [f"{name}, line {line}" for line in frame.index]
    return frame.assign(period=labels, source_row=rows)


def _pairs(table: pd.DataFrame) -> Iterable[tuple[object, Any]]:
    return zip(table["period"], table.index, strict=True)


def _period(text: object, name: str, line: Any, faults: _Faults) -> Period | None:
    if not isinstance(text, str):
        return None
    try:
        return parse(text)
    except NeedsError as error:
        where = f"{name}, row {line}, column period"
        faults.add(
            error.problem.what, where, error.problem.remedy, (name, "period", "not a period")
        )
        return None


def _known(table: pd.DataFrame, name: str, catalogue: Catalogue, faults: _Faults) -> None:
    """Refuse indicators and sources that the catalogue does not declare."""
    _refuse_unknown(table, "indicator", catalogue.indicators, name, faults)
    _refuse_unknown(table, "source", catalogue.sources, name, faults)
    marks = table["marks"].dropna().astype(str)
    for line, text in marks[~marks.str.fullmatch(f"[{''.join(SYMBOLS)}]*")].items():
        faults.add(
            f"'{text}' is not a mark.",
            f"{name}, row {line}, column marks",
            f"Use the letters {', '.join(SYMBOLS)}.",
        )


def _refuse_unknown(
    table: pd.DataFrame, column: str, declared: Iterable[str], name: str, faults: _Faults
) -> None:
    known = list(declared)
    cells = table[column].dropna().astype(str)
    for text in cells.unique():
        for key in text.split(";"):
            if key in known:
                continue
            near = difflib.get_close_matches(key, known, n=1)
            line = cells.index[cells == text][0]
            faults.add(
                f"Unknown {column} '{key}'.",
                f"{name}, row {line}, column {column}",
                (f"Did you mean {near[0]}? " if near else "")
                + f"Or declare it in catalogue/{column}s/{key}.yaml.",
            )


def _check_claims(frame: pd.DataFrame, name: str, catalogue: Catalogue, faults: _Faults) -> None:
    """Note what the check of a document's figures could not work with."""
    statistics = frame.get("statistic", pd.Series(None, frame.index, dtype="object")).fillna("")
    for line, words, statistic in zip(frame.index, frame["indicator"], statistics, strict=True):
        if pd.isna(words):  # told already
            continue
        keys = printed_claims.key_of(str(words), str(statistic)) or str(words)
        for what, remedy in printed_claims.unknown_indicators(keys, catalogue):
            faults.add(what, f"{name}, row {line}, column indicator", remedy)
    if "comparator_value" in frame:
        for line, values in frame["comparator_value"].dropna().items():
            for one in printed_claims.not_numbers(str(values)):
                where = f"{name}, row {line}, column comparator_value"
                faults.add(f"'{one}' is not a number.", where, WRITE_NUMBERS)
    if "precision" in frame:
        for line, number in frame["precision"].dropna().items():
            if number <= 0:
                where = f"{name}, row {line}, column precision"
                faults.add(f"{number:g} is not a number above 0.", where, WRITE_NUMBERS)


def _join(table: str, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    joined = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    keys = list(TABLES[table].unique or [])
    return joined.drop_duplicates(keys).reset_index(drop=True) if keys else joined
