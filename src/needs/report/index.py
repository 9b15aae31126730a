"""The page that lists the reports of a folder, with their headline figures."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from needs import catalogue as catalogue_module
from needs.catalogue import Catalogue, Indicator
from needs.errors import InvalidDataError
from needs.figures.figure import Figure
from needs.figures.recorded import recorded_figure
from needs.report.block_html import environment
from needs.report.document import symbols_in
from needs.sources.whole_files import write_whole

NAME = "index.html"

#: The most headline figures that a line shows.
COLUMNS = 5

_OUTPUTS = (
    ("report.html", "HTML"),
    ("report.pdf", "PDF"),
    ("report.docx", "Word"),
    ("tables.xlsx", "Excel"),
    ("tables.ods", "OpenDocument"),
)


@dataclass(frozen=True)
class IndexLine:
    """One report in the list.

    Attributes
    ----------
    area : str
    codes : tuple of str
    year : int
    files : tuple of (str, str)
        Address below the folder of reports, and format.
    figures : mapping of str to Figure
        Headline figures by indicator.
    older : bool
        Whether a batch was to make it again, and did not.
    """

    area: str
    codes: tuple[str, ...]
    year: int
    files: tuple[tuple[str, str], ...]
    figures: Mapping[str, Figure]
    older: bool = False


def write_index(
    out: Path,
    folders: Iterable[str],
    *,
    read: Mapping[str, IndexLine] = MappingProxyType({}),
    older: Collection[str] = (),
) -> Path:
    """Write the list of the reports in a folder.

    Parameters
    ----------
    out : Path
    folders : iterable of str
        Folders of the reports below `out`; those that are gone are left out.
    read : mapping of str to IndexLine
        What the list says of some of them, so that they need not be read again.
    older : collection of str
        Those of the folders whose report was to be made again, and was not.

    Raises
    ------
    InvalidDataError
        A report's register cannot be read.
    """
    catalogue = catalogue_module.load()
    lines = [
        replace(read.get(folder) or read_line(out, folder, catalogue), older=folder in older)
        for folder in sorted(set(folders))
        if (out / folder / "figures.json").is_file()
    ]
    write_whole(out / NAME, render_index(lines, catalogue))
    return out / NAME


def read_line(out: Path, folder: str, catalogue: Catalogue) -> IndexLine:
    """Read what the list says of a report, from its register."""
    path = out / folder / "figures.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        report = data["report"]
        found: dict[str, Figure] = {}
        for one in data["figures"]:
            indicator = catalogue.indicators.get(one["indicator"])
            if indicator and indicator.headline and one["area_name"] == report["area_name"]:
                # the summary comes first, with the newest figure of each
                found.setdefault(one["indicator"], recorded_figure(one))
        return IndexLine(
            str(report["area_name"]),
            tuple(report["area_codes"]),
            int(report["year"]),
            tuple(
                (quote(f"{folder}/{name}"), kind)
                for name, kind in _OUTPUTS
                if (out / folder / name).is_file()
            ),
            found,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidDataError(
            f"The register of a report cannot be read: {error}",
            f"{folder}/{path.name}",
            "Make the report again: needs batch --force",
        ) from None


def render_index(lines: Sequence[IndexLine], catalogue: Catalogue) -> str:
    """Draw the list as a page; without scripts it is a plain table, with them it can be searched.

    Returns
    -------
    str
        The same lines give the same text.
    """
    at_hand = {key for line in lines for key in line.figures}
    indicators = sorted(
        (one for one in catalogue.indicators.values() if one.headline and one.key in at_hand),
        key=lambda one: (one.headline, one.key),
    )[:COLUMNS]
    cells = [line.figures.get(one.key) for line in lines for one in indicators]
    shown = [f"{one.number} {one.symbols}" if one else "[x]" for one in cells]
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            lines=sorted(lines, key=lambda one: (one.area, one.year)),
            symbols=symbols_in(shown),
            indicators=[(one, _period(one, lines)) for one in indicators],
        )
        + "\n"
    )


def _period(indicator: Indicator, lines: Sequence[IndexLine]) -> str:
    """The period of an indicator's figures, if they all have the same."""
    periods = {
        line.figures[indicator.key].period for line in lines if indicator.key in line.figures
    }
    return periods.pop() if len(periods) == 1 else ""
