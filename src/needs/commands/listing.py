"""What there is: indicators, sources and areas, as tables of text."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from needs.catalogue import Catalogue, Indicator
from needs.errors import InvalidDataError, ParameterError

if TYPE_CHECKING:
    from needs.figures.assessment import Assessment

#: Headings, and rows under them.
Listed = tuple[tuple[str, ...], list[tuple[str, ...]]]

#: What can be listed.
KINDS = ("indicators", "sources", "areas")


def list_kind(
    kind: str, catalogue: Catalogue, raw: Path, processed: Path, area: str = "", year: int = 0
) -> Listed:
    """List what there is of a kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    catalogue : Catalogue
    raw, processed : Path
        Folders of the publishers' files and of the processed tables, taken as they stand.
    area : str
        Name or code, for the figures of an area; of areas, part of a name.
    year : int
        Reporting year; 0 for the newest of everything.

    Returns
    -------
    headings : tuple of str
    rows : list of tuple of str

    Raises
    ------
    ParameterError, MissingDataError
    """
    make: Mapping[str, Callable[[], Listed]] = {
        "indicators": functools.partial(_indicators, catalogue, processed, area, year),
        "sources": functools.partial(_sources, catalogue, raw),
        "areas": functools.partial(_areas, processed, area, year),
    }
    if kind not in make:
        raise ParameterError(f"'{kind}' cannot be listed.", "KIND", f"One of: {', '.join(KINDS)}")
    return make[kind]()


def _indicators(catalogue: Catalogue, processed: Path, area: str, year: int) -> Listed:
    ordered = sorted(
        catalogue.indicators.values(), key=lambda one: (one.chapter, one.order, one.key)
    )
    if area:
        return _figures(ordered, processed, area, year)
    newest = _newest(processed, year)
    rows: list[tuple[str, ...]] = [
        (one.key, one.name, one.chapter, newest.get(one.key, "")) for one in ordered
    ]
    return ("Key", "Name", "Chapter", "Newest period"), rows


def _newest(processed: Path, year: int) -> dict[str, str]:
    """The newest period of each indicator in which any area has a figure, up to a year."""
    import pyarrow.parquet as pq

    path = processed / "observations.parquet"
    if not path.is_file():
        return {}
    chosen: list[tuple[str, str, Any]] = [("status", "==", "shown")]
    if year:
        chosen.append(("period_end", "<=", datetime(year, 12, 31)))
    try:
        table = pq.read_table(path, columns=["indicator", "period", "period_end"], filters=chosen)
    except (OSError, ValueError) as error:
        raise InvalidDataError(
            f"The table cannot be read: {error}.", path.name, "needs prepare"
        ) from None
    rows = table.sort_by("period_end").to_pydict()  # of an indicator the last one stays
    return dict(zip(rows["indicator"], rows["period"], strict=True))


def _figures(ordered: list[Indicator], processed: Path, area: str, year: int) -> Listed:
    """Each indicator's figure in a report on the area and year, or why it has none."""
    from needs.figures import assessment

    if not year:
        raise ParameterError(
            "A figure is of a reporting year.",
            "--year",
            "needs list indicators --area NAME --year YEAR",
        )
    na = assessment.load(area, year, processed=processed)
    rows: list[tuple[str, ...]] = [
        (one.key, one.name, one.chapter, *_figure(na, one)) for one in ordered
    ]
    return ("Key", "Name", "Chapter", "Newest period", na.name), rows


def _figure(na: Assessment, one: Indicator) -> tuple[str, str]:
    """Newest period and figure; else no period, and why there is no figure."""
    from needs.chapters import absent
    from needs.chapters.newest import district_period, newest_period

    if na.has(one.key):
        figure = na.figure(one.key)
        return figure.period, figure.text
    divided = newest_period(na, one.key, one.categories)
    if divided:
        return divided, f"by category: {len(one.categories)}"
    districts = district_period(na, one.key)
    if districts:
        return districts, "of its districts only"
    if absent.has_amounts(na, one.key):
        return "", "amounts by grant"
    left_out = absent.reason_left_out(na, one)
    if left_out:
        return "", left_out
    return "", {
        absent.WITHHELD: "withheld: too few events, or confidential",
        absent.LATER: f"only for periods after {na.year}",
        absent.NO_FIGURE: "not in the file that was read",
        absent.NOT_AT_HAND: f"no file at hand: {', '.join(na.sources_of(one.key)) or 'local data'}",
    }[absent.why_missing(na, one.key)]


def _sources(catalogue: Catalogue, raw: Path) -> Listed:
    rows: list[tuple[str, ...]] = []
    for key, source in sorted(catalogue.sources.items()):
        there = [one for one in source.editions if one.files(raw)]
        last = source.editions[-1] if source.editions else None
        rows.append(
            (
                key,
                source.title,
                source.producer,
                last.edition if last else "",
                f"{last.released:%Y-%m-%d}" if last and last.released else "",
                f"{len(there)} of {len(source.editions)}" if last else "data packages",
            )
        )
    heads = ("Key", "Title", "Publisher", "Last edition", "Released", "Files at hand")
    return heads, rows


def _areas(processed: Path, text: str, year: int) -> Listed:
    """Areas whose name or code is like a text, of a year where one is given."""
    from needs.tables.areas import search
    from needs.tables.stored import read_table

    end = f"{year}-12-31"
    rows: list[tuple[str, ...]] = []
    for one in search(text, read_table(processed, "areas")):
        since = f"{one.valid_from:%Y-%m-%d}" if one.valid_from else ""
        until = f"{one.valid_to:%Y-%m-%d}" if one.valid_to else ""
        if not year or (since <= end and (not until or until >= end)):
            rows.append((one.code, one.name, one.kind, since, until))
    return ("Code", "Name", "Kind", "From", "Until"), rows
