"""When figures were published: by the edition of the file that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from needs.catalogue import WORKBOOKS, Catalogue, Edition, Source

#: What readers give that holds no figures: places are used whenever they were published.
PLACES = ("lookup", "boundaries", "centroids")


@dataclass(frozen=True)
class Issue:
    """An edition that a figure stands in; `released` is None where no date is declared."""

    source: str
    edition: str
    released: date | None

    def by(self, day: date) -> bool:
        """Whether it is known to have been published by a day."""
        return self.released is not None and self.released <= day


def edition_of_file(source: Source, file: str) -> Edition | None:
    """The edition that a file belongs to, by its name.

    Examples
    --------
    >>> from needs import catalogue
    >>> edition_of_file(catalogue.source("ons_drug_deaths"), "2021localauthorities.xlsx").edition
    '2021'
    """
    for one in source.editions:
        name = one.file.rsplit("/", 1)[-1]
        same = name.removesuffix(".xlsx") if name.endswith(WORKBOOKS) else ""
        if fnmatchcase(file, name) or (same and fnmatchcase(file.rsplit(".", 1)[0], same)):
            return one
    return None


def issues_of(catalogue: Catalogue, sources: str, source_row: str) -> tuple[Issue, ...]:
    """The editions behind a row: each of its sources, with the edition that its files name.

    Parameters
    ----------
    catalogue : Catalogue
    sources : str
        Keys, joined by semicolons.
    source_row : str
        Places, joined by semicolons: "2021localauthorities.xlsx, Table 6, row 250".
    """
    files = {part.partition(", ")[0].strip() for part in source_row.split(";")}
    return tuple(
        one for key in sources.split(";") if key in catalogue.sources
        for one in _issues(catalogue.sources[key], files)
    )  # fmt: skip


def _issues(source: Source, files: set[str]) -> Sequence[Issue]:
    if source.gives in PLACES:
        return ()
    found = {
        one.edition: one for file in files if (one := edition_of_file(source, file)) is not None
    }
    if not found:
        return [Issue(source.key, "", source.released)]
    return [Issue(source.key, key, one.released) for key, one in sorted(found.items())]
