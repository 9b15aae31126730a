"""What had been published by a day: an earlier report made again, without what came since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from needs.catalogue import Catalogue
from needs.catalogue.releases import Issue, issues_of

#: Tables of places, which are used whenever they were published.
_OF_PLACES = ("areas", "lsoa_neighbours")


def folder_as_of(processed: Path, as_of: date | None) -> Path:
    """Where tables as of a day stand: beside those of everything.

    Examples
    --------
    >>> folder_as_of(Path("data/processed"), date(2022, 12, 31)).name
    'processed-as-of-2022-12-31'
    """
    end = f"-as-of-{as_of}" if as_of else ""
    return processed if processed.name.endswith(end) else processed.with_name(processed.name + end)


def published_by(
    tables: Mapping[str, pd.DataFrame], catalogue: Catalogue, as_of: date
) -> tuple[dict[str, pd.DataFrame], set[Issue]]:
    """The rows of a data package that are known to have been published by a day.

    Local extracts and comments bear no date, and are left out.

    Returns
    -------
    tables : dict of str to DataFrame
    left_out : set of Issue
        Whose rows were left out.
    """
    kept, left_out = {}, set()
    for name, table in tables.items():
        if name in _OF_PLACES:
            kept[name] = table
        elif "source_row" in table:
            issues = row_issues(table, catalogue)
            known = [all(each.by(as_of) for each in one) for one in issues]
            kept[name] = table[known].reset_index(drop=True)
            left_out |= {each for one in issues for each in one if not each.by(as_of)}
    return kept, left_out


def row_issues(table: pd.DataFrame, catalogue: Catalogue) -> list[tuple[Issue, ...]]:
    """The editions behind each row of a table.

    Parameters
    ----------
    table : DataFrame
        With ``source_row``; populations have no ``source``, since all are of the same sources.
    """
    of_people = ";".join(catalogue.sources_of("population"))
    sources = table["source"] if "source" in table else pd.Series(of_people, index=table.index)
    # rows of one file share all but the place in it
    files = table["source_row"].str.replace(r", [^;]*", "", regex=True)
    found: dict[tuple[str, str], tuple[Issue, ...]] = {}
    for pair in set(zip(sources, files, strict=True)):
        issues = issues_of(catalogue, *pair)
        named = tuple(one for one in issues if one.edition)
        found[pair] = named if "source" not in table and named else issues
    return [found[pair] for pair in zip(sources, files, strict=True)]
