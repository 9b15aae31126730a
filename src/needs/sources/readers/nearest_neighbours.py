"""Statistical nearest neighbours of authorities, as the Office for National Statistics lists them.

Two sheets a tier: one with each authority's neighbours, nearest first, one with the distances
between all of them. The edition's option ``tables`` names both for each tier. They are held against
each other, so that a column that was sorted or shifted is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from needs.catalogue import Edition, Source
from needs.sources.readers import file_faults, heading_maps, tabular, workbooks

#: Neighbours that are kept of each authority, of a list of all others: as many as any report names.
KEPT = 20

_CODE = r"E0[6-9]\d{6}|E10\d{6}"

#: Distances are printed with some 15 digits.
_EQUAL = 1e-9


def read(path: Path, source: Source, edition: Edition) -> pd.DataFrame:
    """Read the nearest neighbours of every authority.

    Returns
    -------
    DataFrame
        Columns of the table ``official_neighbours`` but for where each stands: tier, area_code,
        year (of publication), rank (1 is the nearest), neighbour_code, distance (Euclidean, of the
        publisher's standardised features: without a unit), source_row.

    Raises
    ------
    MissingDataError, InvalidDataError
        Also when the two sheets of a tier contradict each other.
    """
    tables: Mapping[str, Sequence[str]] = tabular.option(source, edition, "tables")
    sheets = workbooks.read_sheets(path, [name for pair in tables.values() for name in pair])
    faults = file_faults.Faults(path)
    known = heading_maps.layout("nearest_neighbours", edition.edition)
    parts = []
    for tier, (listed, apart) in tables.items():
        ordered = _sheet(sheets, listed, tier, "nearest neighbours", known, faults)
        distances = _sheet(sheets, apart, tier, "relative distances", known, faults)
        if ordered is not None and distances is not None:
            found = _tier(ordered, distances, (listed, apart), faults)
            parts.append(found.assign(tier=tier))
    faults.raise_if_any()
    table = pd.concat(parts, ignore_index=True)
    year = int(tabular.option(source, edition, "year"))
    return table.assign(year=year, source_row=path.name + ", " + table["source_row"])


def _sheet(
    sheets: Mapping[str, list[list[Any]]],
    name: str,
    tier: str,
    what: str,
    known: heading_maps.Layout,
    faults: file_faults.Faults,
) -> pd.DataFrame | None:
    """The cells of a sheet, under our names of its headings; None where it cannot be read."""
    before = len(faults.problems)
    if name not in sheets:
        faults.add(f"Sheet '{name}' is missing.", remedy="Check that this is the right file.")
        return None
    rows = sheets[name]
    labels = [one for one, ours in known.headings.items() if one.lower().startswith(tier)]
    top = workbooks.find_row(rows, labels)
    if top is None:
        workbooks.missing_row(rows, labels, known, name, faults)
        return None
    titles = {tier: "lower tier|upper tier", what: "nearest neighbours|relative distances"}
    workbooks.check_title(rows, top, titles, name, faults)
    headings = [heading_maps.heading(cell, known.headings) for cell in rows[top]]
    workbooks.note_twice(headings, f"sheet {name}, row {top + 1}", faults)
    table = pd.DataFrame(rows[top + 1 :], columns=[known.name_of(one) or one for one in headings])
    table = table.assign(row=range(top + 2, len(rows) + 1))
    if len(faults.problems) > before:
        return None
    faults.headings["area_code"] = f"of the authority (sheet {name})"
    tabular.codes(table, "area_code", _CODE, faults)
    tabular.note_repeated(table, "area_code", faults)
    return table if len(faults.problems) == before else None


def _check_headings(
    table: pd.DataFrame, wanted: Sequence[str], sheet: str, faults: file_faults.Faults
) -> None:
    """Note columns that a sheet lacks, or has beside those of its authorities."""
    there = set(table.columns) - {"area_code", "area_name", "row"}
    for one in sorted(there ^ set(wanted))[: file_faults.SHOWN_CELLS]:
        what = "is not known" if one in there else "is missing"
        faults.add(f"Heading '{one}' {what}: {len(wanted)} are expected.", f"sheet {sheet}")


def _tier(
    ordered: pd.DataFrame,
    distances: pd.DataFrame,
    names: tuple[str, str],
    faults: file_faults.Faults,
) -> pd.DataFrame:
    """Each authority's nearest neighbours, by both sheets of its tier."""
    listed, apart = names
    codes = ordered["area_code"].tolist()
    ranks = [f"Neighbour {rank}" for rank in range(1, len(codes))]
    _check_headings(ordered, ranks, listed, faults)
    _check_headings(distances, distances["area_code"].tolist(), apart, faults)
    for one in sorted(set(codes) ^ set(distances["area_code"])):
        faults.add(f"{one} stands in one of the sheets {listed} and {apart} only.")
    if faults.problems:
        return pd.DataFrame()
    matrix = distances.set_index("area_code")[codes].loc[codes]
    numbers = matrix.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    rows = dict(zip(distances["area_code"], distances["row"], strict=True))
    wrong = ~(np.isfinite(numbers) & (numbers >= 0)) | (np.abs(numbers - numbers.T) > _EQUAL)
    np.fill_diagonal(wrong, np.diag(numbers) != 0)
    for at, to in list(zip(*np.nonzero(wrong), strict=True))[: file_faults.SHOWN_CELLS]:
        faults.add(
            f"The distance from {codes[at]} to {codes[to]} is '{numbers[at, to]:g}', and back "
            f"'{numbers[to, at]:g}'.",
            f"sheet {apart}, row {rows[codes[at]]}",
        )
    place = {code: number for number, code in enumerate(codes)}
    found = []
    for code, row, *near in ordered[["area_code", "row", *ranks]].itertuples(index=False):
        where = f"sheet {listed}, row {row}"
        strange = sorted({str(one) for one in near} ^ (set(codes) - {code}))
        if strange:
            faults.add(f"The neighbours of {code} are not all others: {strange[0]}.", where)
            continue
        away = numbers[place[code], [place[one] for one in near]]
        if (np.diff(away) < -_EQUAL).any():
            rank = int(np.argmax(np.diff(away) < -_EQUAL)) + 1
            faults.add(
                f"Neighbour {rank} of {code} is farther than the next, by sheet {apart}.", where
            )
        found += [
            (code, rank, near[rank - 1], float(away[rank - 1]), f"{listed}, row {row}")
            for rank in range(1, KEPT + 1)
        ]
    columns = ["area_code", "rank", "neighbour_code", "distance", "source_row"]
    return pd.DataFrame(found, columns=columns)
