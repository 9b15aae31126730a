"""Headings: cells of text, and what publishers call our columns, edition by edition."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from needs.catalogue import Edition, InUse, Source, in_use
from needs.errors import InvalidDataError
from needs.sources.area_codes import tidy
from needs.sources.readers.file_faults import SHOWN_CELLS, Faults

if TYPE_CHECKING:
    import pandas as pd

#: Rows of a sheet in which headings are looked for.
TOP = 30

REPEATED = "repeated"

#: Heading map of each reader of CSV or GeoJSON, and whether its columns are editions.
MAPS: Mapping[str, tuple[str, bool]] = {
    "boundaries": ("ons_boundaries", True),
    "census_groups": ("census_groups", True),
    "centroids": ("ons_centroids", True),
    "children": ("children", True),
    "dependence": ("dependence", True),
    "fingertips": ("fingertips", False),
    "fingertips_next": ("fingertips_next", True),
    "fingertips_repackaged": ("fingertips_repackaged", True),
    "geography": ("ons_lookups", True),
    "iod": ("iod", True),
    "lsoa_density": ("lsoa_density", True),
    "ndtms": ("ndtms", True),
    "nomis": ("nomis", False),
    "ons_population": ("ons_population", True),
    "sdg": ("sdg_3_5_1", True),
}

#: Shorthand such as [x] or [low], and notes such as [3], [note 3] or [notes 1, 2 and 4].
_NOTES = re.compile(
    r"(?:\s*\[(?:(?:(?:foot)?notes?\s*)?\d+(?:(?:,|\s+and|\s)\s*\d+)*|[a-z]|low)\])+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """The headings of one file shape, from ``catalogue/maps/``.

    Attributes
    ----------
    headings : mapping
        Publisher's heading (in plain spaces) to our name; several headings may share a name.
    required : frozenset of str
        Our names that must be there.
    map : str
        Where the headings are declared, for the messages: the file and its column.
    """

    headings: Mapping[str, str]
    required: frozenset[str]
    map: str = "the map of this shape in catalogue/maps/"

    def name_of(self, written: object) -> str | None:
        """Our name of a publisher's heading, in any case; None where it is not known.

        Shorthand and notes in brackets at its end are passed over.

        Examples
        --------
        >>> layout("iod", "2025").name_of("LSOA Code (2021)")
        'lsoa_code'
        """
        text = heading(written, self.headings)
        if text in self.headings:
            return self.headings[text]
        alike = {name for one, name in self.headings.items() if one.casefold() == text.casefold()}
        return alike.pop() if len(alike) == 1 else None


def shape_of(source: Source, edition: Edition) -> str:
    """The reader whose shape a file has: a service answers in its own, whoever reads it."""
    return "nomis" if edition.interface == "nomis" else source.reader


def layout(shape: str, edition: str = "") -> Layout:
    """Read the heading map of a file shape.

    The CSV has our ``name``, a ``need`` (required, optional or ignored), and a column of headings
    for each edition. A blank cell: the edition does not have it. Two headings for one name: two
    rows.

    Parameters
    ----------
    shape : str
        Name of the CSV in ``catalogue/maps/``.
    edition : str
        Its column; when empty, the headings of all columns are known.

    Examples
    --------
    >>> layout("iod", "2025").headings["LSOA code (2021)"]
    'lsoa_code'
    """
    return _layout(in_use(f"maps/{shape}.csv"), shape, edition)


@functools.cache
def _layout(file: InUse, shape: str, edition: str) -> Layout:
    rows = file.rows()
    known = list(rows[0])[2:] if rows else []
    columns = [edition] if edition else known
    if edition and edition not in known:
        raise InvalidDataError(
            f"The heading map '{shape}' has no edition '{edition}'.",
            f"catalogue/maps/{shape}.csv",
            "Add a column with the headings of that edition; see docs/adding-a-source.md.",
        )
    headings: dict[str, str] = {}
    required = set()
    for column in columns:
        for row in rows:
            if row[column]:
                headings[cell_text(row[column])] = row["name"]
                if row["need"] == "required":
                    required.add(row["name"])
    where = f"catalogue/maps/{shape}.csv"
    if edition or len(columns) == 1:
        where += f", column {columns[0]}"
    return Layout(headings, frozenset(required), where)


def cell_text(text: object) -> str:
    r"""Cell text with single spaces, no byte-order mark and no space at its ends.

    Examples
    --------
    >>> cell_text("\ufeffLSOA  code (2011) ")
    'LSOA code (2011)'
    """
    if text is None:
        return ""
    return " ".join(str(text).replace("\ufeff", "").split())


def heading(cell: object, known: Container[str] = ()) -> str:
    """Text of a heading without the shorthand and notes in brackets at its end.

    One that is `known` with its note stays as it is.

    Examples
    --------
    >>> heading("2019 [x]"), heading("Area code [note 3]"), heading("Rate [per 100,000]")
    ('2019', 'Area code', 'Rate [per 100,000]')
    """
    text = cell_text(cell)
    if text in known or not text.endswith("]"):
        return text
    return _NOTES.sub("", text) or text


def rename(
    table: pd.DataFrame, known: Layout, faults: Faults, place: str = "line 1"
) -> pd.DataFrame:
    """Give columns our names; note headings that the map does not know and those that are missing.

    Rows that stand in the file twice, cell for cell, are noted as well, and read once.

    Shorthand and notes at the end of a heading are passed over, as `heading` says. Columns named
    ``line`` or ``row`` are ours already. Columns whose name in the map is empty or
    begins with ``ignored`` are dropped.
    """
    repeated = table.attrs.pop(REPEATED, [])
    for line in repeated[:SHOWN_CELLS]:
        faults.add("The row stands in the file already, cell for cell.", f"line {line}")
    if len(repeated) > SHOWN_CELLS:
        faults.add(f"{len(repeated) - SHOWN_CELLS} more rows stand in the file already.")
    table = table[~table["line"].isin(repeated)] if repeated else table
    ours = {"line", "row"} & set(table.columns)
    found = [column for column in table.columns if column not in ours]
    names = {column: known.name_of(column) for column in found}
    for column in (column for column, name in names.items() if name is None):
        near = nearest(cell_text(column), known.headings)
        faults.add(
            f"Heading '{cell_text(column)}' is not known; nearest known: {near}.",
            place,
            f"If the publisher renamed it, add it to {known.map}.",
        )
    here = [name for name in names.values() if name]
    for name in sorted(known.required - set(here)):
        expected = [one for one, ours_ in known.headings.items() if ours_ == name]
        near = nearest(expected[0], [cell_text(column) for column in found])
        faults.add(
            f"Heading '{expected[0]}' is missing; nearest in the file: {near}.",
            place,
            f"If the publisher renamed it, write its new heading into {known.map}; if the column "
            "was lost, use the publisher's file as it was issued.",
        )
    for name in sorted({one for one in here if here.count(one) > 1 and one != "ignored"}):
        faults.add(f"Two columns are '{name}'.", place)
    keep = {column: name for column, name in names.items() if name and name != "ignored"}
    faults.headings.update({name: cell_text(column) for column, name in keep.items()})
    renamed = table[[*keep, *sorted(ours)]].rename(columns=keep)
    names_once = renamed.columns.is_unique  # else that is a fault already
    for column in map(str, renamed.columns):
        if names_once and "code" in column.split("_"):
            renamed = renamed.assign(**{column: _tidied(renamed[column])})
    faults.written = renamed.copy(deep=False) if ours and renamed.columns.is_unique else None
    return renamed


def _tidied(column: pd.Series[str]) -> pd.Series[str]:
    """A column of codes as they are written."""
    ours = {one: tidy(one) for one in column.unique() if isinstance(one, str)}
    changed = {one: written for one, written in ours.items() if one != written}
    return column.map(lambda one: changed.get(one, one)) if changed else column


def nearest(word: str, known: Iterable[str]) -> str:
    """Words most like one, as a message names them.

    Examples
    --------
    >>> nearest("Area Codes", ["Area code", "Area name", "Deaths"])
    "'Area code'; 'Area name'"
    """
    near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.4)
    return "; ".join(f"'{one}'" for one in near) if near else "none"
