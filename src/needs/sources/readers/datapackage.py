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

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pandas as pd

from needs import catalogue as catalogue_module
from needs.catalogue import Catalogue
from needs.errors import InvalidDataError, MissingDataError, Problem, did_you_mean
from needs.sources import package_checks, schemas
from needs.sources.readers.package_cells import (
    missing_values,
    note_changed,
    note_control,
    read_rows,
    texts_of,
    typed_cells,
)
from needs.sources.readers.package_faults import PackageFaults
from needs.sources.readers.package_rows import (
    Lookups,
    complete_counts,
    complete_figures,
    from_areas,
    note_claims,
    refuse_undeclared,
    rows_by_sex,
    with_files,
    with_places,
)
from needs.sources.readers.package_rules import LocalIndicator, LocalRule, indicators_of, rule_of
from needs.sources.readers.package_tables import (
    DESCRIPTOR,
    FROM_AREAS,
    LINK,
    LINKED,
    LOOKUPS,
    OF_FILES,
    OPTIONAL_ELSEWHERE,
    SYMBOL_STATUS,
    TABLES,
    TEXT,
    table_fields,
    table_of,
)


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
    faults = PackageFaults()
    package = _descriptor(descriptor, faults)
    places: list[NamedPlace] = []
    files: dict[str, str] = {}
    found: dict[str, list[pd.DataFrame]] = {}
    resources = _resources(package, faults)
    lookups = Lookups()
    for resource in sorted(resources, key=lambda one: table_of(one) not in LOOKUPS):
        table = table_of(resource)
        wanted = only is None or resource["name"] in only
        if not wanted and table not in LOOKUPS:
            continue
        before = len(faults.problems)
        read = _resource(folder, resource, known, lookups, places, faults)
        files[table] = str(resource["path"])
        if table in LOOKUPS:
            lookups.add(table, read if len(faults.problems) == before else None)
        if table == "populations_by_sex" and read is not None:
            table, read = "populations", rows_by_sex(read)
        if read is not None and wanted and table != "source_places":
            found.setdefault(table, []).append(read)
    rule = rule_of(package, known, faults)
    indicators = indicators_of(package, faults)
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
    found: Mapping[str, Sequence[pd.DataFrame]], files: Mapping[str, str], faults: PackageFaults
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


def _descriptor(path: Path, faults: PackageFaults) -> Mapping[str, Any]:
    try:
        package = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        faults.add(f"Not JSON: {error}.", DESCRIPTOR, "Mend the line it names; save it as UTF-8.")
        return {}
    if not isinstance(package, dict):
        faults.add("Not a JSON object.", DESCRIPTOR, "Begin it with { and end it with }.")
        return {}
    for where, text in texts_of(package, DESCRIPTOR):
        note_control(text, where, faults)
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


def _resources(package: Mapping[str, Any], faults: PackageFaults) -> list[Mapping[str, Any]]:
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
        if table_of(one) not in TABLES:
            near = did_you_mean(table_of(one), TABLES)
            faults.add(
                f"There is no table '{table_of(one)}'.",
                where,
                f'{near} Name it, or its "table", one of: {", ".join(TABLES)}.'.lstrip(),
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


def _inside(path: object) -> bool:
    if not isinstance(path, str) or not path or "\\" in path or ":" in path:
        return False
    posix = PurePosixPath(path)
    return not (posix.is_absolute() or PureWindowsPath(path).drive or ".." in posix.parts)


def _resource(
    folder: Path,
    resource: Mapping[str, Any],
    catalogue: Catalogue,
    lookups: Lookups,
    cited: list[NamedPlace],
    faults: PackageFaults,
) -> pd.DataFrame | None:
    name, table = str(resource["path"]), table_of(resource)
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
    rows = read_rows(path, name, [str(one["name"]) for one in declared], faults)
    if rows is None:
        return None
    note_changed(resource, declared, rows, faults)
    optional = OPTIONAL_ELSEWHERE.get(table, ())
    rows, frame = _cells_read(rows, name, resource, declared, optional, faults)
    cited += _places_of(frame, name)
    if table in LINKED and "place" in frame:
        places = lookups.tables["source_places"]
        if places is None:  # its own faults are told
            return None
        frame = with_places(frame, places, name, faults)
        if "source" not in TABLES[table].columns:  # of one source, which the catalogue names
            frame = frame.drop(columns="source")
    frame = from_areas(frame, table, name, lookups, faults)
    if table == "local_counts":
        frame = complete_counts(frame, name, faults)
    if table in OF_FILES:
        frame = with_files(frame, table, name, catalogue)
    if table == "claims":
        note_claims(frame, name, catalogue, faults)
    if table in ("source_places", "official_neighbours", *OF_FILES):
        refuse_undeclared(frame, "source", catalogue.sources, name, faults)
    if table == "observations":
        symbols = [SYMBOL_STATUS.get(cell.strip()) for cell in rows.get("value", [""] * len(frame))]
        frame = complete_figures(frame, symbols, name, catalogue, faults)
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
    faults: PackageFaults,
) -> None:
    """Hold each row against what its table declares."""
    # the check names rows by their source: for a package that is the line of its own file
    checked = frame
    if "source_row" in frame:
        checked = frame.assign(source_row=pd.Series(lines, frame.index, dtype=TEXT))
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
    faults: PackageFaults,
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
    faults: PackageFaults,
) -> tuple[dict[str, list[Any]], pd.DataFrame]:
    """Rows without a faulty cell, as they stand and with each cell of its type.

    They are checked further, so that all faults come at once.
    """
    missing = missing_values(resource)
    columns: dict[str, Any] = {}
    for one in declared:
        column = str(one["name"])
        needed = bool((one.get("constraints") or {}).get("required")) and column not in optional
        columns[column] = typed_cells(rows, name, one, missing, needed, faults)
    bad = faults.lines.get(name, set())
    if bad and table_of(resource) != "observations":  # whose rows are all completed first
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
    resource: Mapping[str, Any], table: str, lookups: Lookups, faults: PackageFaults
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
    ours = {one["name"]: one for one in table_fields(table)}
    if table in LINKED:
        ours |= {one: {"name": one, "type": "string"} for one in LINK}
    names = [str(one["name"]) for one in fields]
    for name in sorted({one for one in names if names.count(one) > 1}):
        faults.add(f"Field '{name}' is declared twice.", where, "Declare it once.")
    for one in fields:
        own = ours.get(one["name"])
        if own is None:
            faults.add(
                f"Table '{table}' has no column '{one['name']}'.",
                where,
                did_you_mean(one["name"], ours, f"Its columns are: {', '.join(ours)}."),
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
        optional = (*optional, *FROM_AREAS.get(table, ()))
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


def _join(table: str, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    joined = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    keys = list(TABLES[table].unique or [])
    return joined.drop_duplicates(keys).reset_index(drop=True) if keys else joined
