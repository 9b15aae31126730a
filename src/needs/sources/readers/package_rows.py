"""Rows of a data package completed: what is written once for many of them, sexes, figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from needs.catalogue import Catalogue
from needs.errors import NeedsError, did_you_mean
from needs.sources import printed_claims, schemas
from needs.sources.area_codes import OTHER_NAMES
from needs.sources.periods import Period, parse
from needs.sources.readers.package_faults import PackageFaults
from needs.sources.readers.package_tables import FROM_AREAS, LINK, OPTIONAL, SHEETS
from needs.sources.written_numbers import WRITE_NUMBERS
from needs.stats.status import SYMBOLS, Status


@dataclass
class Lookups:
    """Tables of a package that others refer to; None where one is there but has faults."""

    tables: dict[str, pd.DataFrame | None] = field(default_factory=dict)

    def add(self, table: str, rows: pd.DataFrame | None) -> None:
        """Add the rows of a resource; None where it has faults."""
        before = self.tables.get(table)
        if rows is not None and before is not None:
            rows = pd.concat([before, rows], ignore_index=True)
        self.tables[table] = rows if table not in self.tables or before is not None else None


def with_places(
    frame: pd.DataFrame, places: pd.DataFrame, name: str, faults: PackageFaults
) -> pd.DataFrame:
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
            remedy = did_you_mean(place, known, "Add it to the table source_places.")
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


def from_areas(
    frame: pd.DataFrame, table: str, name: str, lookups: Lookups, faults: PackageFaults
) -> pd.DataFrame:
    """Fill names, and codes of upper tiers, that a table leaves out from the package's areas."""
    if "areas" not in lookups.tables:
        return frame
    areas = lookups.tables["areas"]
    for column, (by, wanted) in FROM_AREAS.get(table, {}).items():
        given = frame.get(column, pd.Series(None, frame.index, dtype="object"))
        if areas is None:  # its own faults are told
            frame = frame.assign(**{column: given.fillna(frame[by])})
            continue
        known = dict(zip(areas["code"], areas[wanted], strict=True))
        known |= OTHER_NAMES if wanted == "name" else {}
        filled = given.where(given.notna(), frame[by].map(known))
        for line, code in frame.loc[filled.isna() & frame[by].notna(), by].items():
            faults.add(
                f"The package's areas have no '{code}', so it has no {wanted.replace('_', ' ')}.",
                f"{name}, row {line}, column {by}",
                f"Correct the code, add the area, or give the table a column {column}.",
                (name, by, "code that is not among the areas"),
            )
        frame = frame.assign(**{column: filled.fillna("")})
    return frame


def with_files(frame: pd.DataFrame, table: str, name: str, catalogue: Catalogue) -> pd.DataFrame:
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


def rows_by_sex(rows: pd.DataFrame) -> pd.DataFrame:
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


def complete_figures(
    frame: pd.DataFrame,
    symbols: Sequence[Status | None],
    name: str,
    catalogue: Catalogue,
    faults: PackageFaults,
) -> pd.DataFrame:
    """Fill what a package may leave out of its observations.

    That is `usual_figures`, the period's own dates, and the row of the package's own file. The
    status is that of the shorthand in the value's cell where there is one. A value that is not
    there is missing, never 0.
    """
    table = frame.copy()
    for column in OPTIONAL:
        if column not in table:
            table[column] = None
    _known(table, name, catalogue, faults)
    rows = pd.Series([f"{name}, line {line}" for line in table.index], table.index)
    table["source_row"] = table["source_row"].where(table["source_row"].notna(), rows)
    by_symbol = pd.Series(
        [str(one) if one else None for one in symbols], table.index, dtype="object"
    )
    table["status"] = table["status"].where(table["status"].notna(), by_symbol)
    for column, usual in usual_figures(table, catalogue).items():
        table[column] = table[column].where(table[column].notna(), usual)
    dates = [_period(text, name, line, faults) for text, line in _pairs(table)]
    for column, part in (("period_start", "start"), ("period_end", "end")):
        own = [pd.Timestamp(getattr(one, part)) if one else pd.NaT for one in dates]
        given = pd.to_datetime(table[column])
        table[column] = given.where(given.notna(), pd.Series(own, table.index))
    labels = pd.Series([one.label if one else None for one in dates], table.index, dtype="object")
    table["period"] = labels.where(labels.notna(), table["period"])
    return table


def usual_figures(rows: pd.DataFrame, catalogue: Catalogue) -> dict[str, pd.Series[Any]]:
    """What an empty cell of observations stands for, by column.

    Persons, the indicator's ages, no category, no marks, "published". The value of a share whose
    count and denominator are there is worked out, unless the row's status says why it has none. A
    row with a value is shown, any other not available.
    """
    declared = catalogue.indicators
    ages = {key: one.age for key, one in declared.items()}
    times = {key: one.multiplier for key, one in declared.items() if one.statistic == "proportion"}
    people = rows["denominator"].astype("float64")
    shares = (
        rows["indicator"].map(times) * rows["count"].astype("float64") / people.where(people > 0)
    )
    shares = shares.where(rows["status"].isna() | (rows["status"] == Status.SHOWN))
    known = rows["value"].notna() | shares.notna()
    return {
        "sex": pd.Series("persons", rows.index),
        "age": rows["indicator"].map(ages),
        "category": pd.Series("", rows.index),
        "marks": pd.Series("", rows.index),
        "method": pd.Series("published", rows.index),
        "value": shares,
        "status": pd.Series(str(Status.SHOWN), rows.index).where(known, str(Status.UNAVAILABLE)),
    }


def complete_counts(frame: pd.DataFrame, name: str, faults: PackageFaults) -> pd.DataFrame:
    """Write periods in their one spelling, and say where each row stands."""
    read = [_period(text, name, line, faults) for text, line in _pairs(frame)]
    labels = [one.label if one else text for one, text in zip(read, frame["period"], strict=True)]
    rows = [f"{name}, line {line}" for line in frame.index]
    return frame.assign(period=labels, source_row=rows)


def _pairs(table: pd.DataFrame) -> Iterable[tuple[object, Any]]:
    return zip(table["period"], table.index, strict=True)


def _period(text: object, name: str, line: Any, faults: PackageFaults) -> Period | None:
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


def _known(table: pd.DataFrame, name: str, catalogue: Catalogue, faults: PackageFaults) -> None:
    """Refuse indicators and sources that the catalogue does not declare."""
    refuse_undeclared(table, "indicator", catalogue.indicators, name, faults)
    refuse_undeclared(table, "source", catalogue.sources, name, faults)
    marks = table["marks"].dropna().astype(str)
    for line, text in marks[~marks.str.fullmatch(f"[{''.join(SYMBOLS)}]*")].items():
        faults.add(
            f"'{text}' is not a mark.",
            f"{name}, row {line}, column marks",
            f"Use the letters {', '.join(SYMBOLS)}.",
        )


def refuse_undeclared(
    table: pd.DataFrame, column: str, declared: Iterable[str], name: str, faults: PackageFaults
) -> None:
    """Note keys that the catalogue does not declare."""
    known = list(declared)
    cells = table[column].dropna().astype(str)
    for text in cells.unique():
        for key in text.split(";"):
            if key in known:
                continue
            near = did_you_mean(key, known)
            line = cells.index[cells == text][0]
            faults.add(
                f"Unknown {column} '{key}'.",
                f"{name}, row {line}, column {column}",
                f"{near} Or declare it in catalogue/{column}s/{key}.yaml.".lstrip(),
            )


def note_claims(
    frame: pd.DataFrame, name: str, catalogue: Catalogue, faults: PackageFaults
) -> None:
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
