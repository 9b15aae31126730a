"""A first look at a file that has come: is it what its name says, with known headings.

The whole content is checked by `needs.commands.check`; this keeps error pages, error messages,
empty answers and broken archives out of the raw data.
"""

from __future__ import annotations

import codecs
import csv
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from needs.catalogue import Edition, Source, in_use
from needs.errors import MissingDataError
from needs.sources.readers import csv_files, file_faults, heading_maps, workbooks
from needs.sources.readers.boundaries import cut_off

#: Readers whose columns are areas: only these headings can be known.
COLUMNS: Mapping[str, frozenset[str]] = {"nhs_admissions": frozenset({"year"})}

#: Readers whose headings stand below other lines.
BELOW: frozenset[str] = frozenset({"census_ages", "community_safety"})

_START = 4096


def look(path: Path, source: Source, edition: Edition) -> None:
    """Refuse what is not the file that the edition declares.

    Raises
    ------
    InvalidDataError
        With every fault found.
    """
    faults = file_faults.Faults(path)
    with path.open("rb") as file:
        start = file.read(_START)
    suffix = path.suffix.lower()
    if not start.strip():
        faults.add("The answer is empty.", remedy="Try again later.")
    elif suffix in (".xlsx", ".zip", ".ods", ".xls"):
        _archive(path, start, faults)
    elif suffix in (".json", ".geojson"):
        _layer(path, start, source, edition, faults)
    else:
        _table(path, start, source, edition, faults)
    faults.raise_if_any()


def _told(start: bytes) -> str:
    """What an error page or message says, shortly."""
    text = start.decode("utf-8", "replace")
    for tag in ("title", "h1"):
        if f"<{tag}>" in text.lower():
            begin = text.lower().index(f"<{tag}>") + len(tag) + 2
            text = text[begin:].split("<", 1)[0]
            break
    return heading_maps.cell_text(text)[:120]


def _is_page(start: bytes) -> bool:
    return start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"


def _is_message(start: bytes) -> bool:
    return start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[")


def _refused(start: bytes, faults: file_faults.Faults) -> None:
    kind = "a web page" if _is_page(start) else "a service's message"
    faults.add(
        f"The answer is {kind}, not the file: {_told(start)}",
        remedy="Open the landing page of the source, and check the address in its YAML.",
    )


def _archive(path: Path, start: bytes, faults: file_faults.Faults) -> None:
    if _is_page(start) or _is_message(start):
        _refused(start, faults)
        return
    if csv_files.other_format(start):
        workbooks.read_sheets(path, [])
        return
    try:
        with zipfile.ZipFile(path) as archive:
            workbooks.refuse_inflated(archive, faults)
            broken = archive.testzip()
            names = set(archive.namelist())
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        faults.add(f"The file is broken or cut off: {error}.", remedy="Fetch it again.")
        return
    if broken is not None:
        faults.add(f"Its part {broken} is broken.", remedy="Fetch it again.")
    if path.suffix.lower() == ".xlsx" and "xl/workbook.xml" not in names:
        faults.add("It is an archive, but no workbook.", remedy="Check the address.")


def _layer(
    path: Path, start: bytes, source: Source, edition: Edition, faults: file_faults.Faults
) -> None:
    if _is_page(start):
        _refused(start, faults)
        return
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        faults.add(f"The file is broken or cut off: {error}.", remedy="Fetch it again.")
        return
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        _refused(start, faults)
    elif not features:
        faults.add("The layer has no features.", remedy="Check the query in the source's YAML.")
    elif cut_off(content):
        faults.add(
            "The layer is cut off: its service says that there are more features "
            "(exceededTransferLimit).",
            remedy="Ask for it page by page: interface: arcgis in the source's YAML.",
        )
    elif source.reader in heading_maps.MAPS:
        first = features[0] if isinstance(features[0], dict) else {}
        properties = first.get("properties")
        there = properties if isinstance(properties, dict) else {}
        _properties(there, source, edition, faults)


def _table(
    path: Path, start: bytes, source: Source, edition: Edition, faults: file_faults.Faults
) -> None:
    if _is_page(start) or _is_message(start):
        _refused(start, faults)
        return
    if start[:2] == b"PK":
        faults.add("The file is a workbook or an archive, not CSV.", remedy="Check the address.")
        return
    try:
        with path.open(encoding="utf-8-sig", newline="", errors="strict") as file:
            rows = csv.reader(file)
            header = [heading_maps.cell_text(cell) for cell in next(rows, [])]
            header = csv_files.without_empty_end(header, 0)
            first = next((row for row in rows if any(map(str.strip, row))), None)
        _decode(path)
        csv_files.refuse_other_separators(start.decode("utf-8-sig", "replace"), faults)
    except (UnicodeDecodeError, csv.Error) as error:
        faults.add(f"The file is not a table in UTF-8: {error}.", remedy="Fetch it again.")
        return
    _headings(header, source, edition, faults)
    if first is None:
        faults.add("The answer has headings but no rows: no data.", remedy=_no_rows(edition))
    elif not faults.problems:
        _expected(dict(zip(header, first, strict=False)), source, edition, faults)


def _decode(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            decoder.decode(part)
    decoder.decode(b"", final=True)


def _known(source: Source, edition: Edition) -> heading_maps.Layout:
    shape, by_edition = heading_maps.MAPS[heading_maps.shape_of(source, edition)]
    return heading_maps.layout(shape, edition.edition if by_edition else "")


def known_headings(source: Source, edition: Edition) -> list[str]:
    """The headings that a file must have, as the publisher writes them; none without a map."""
    shape, _ = heading_maps.MAPS.get(heading_maps.shape_of(source, edition), (source.reader, True))
    try:
        rows = in_use(f"maps/{shape}.csv").rows()
    except MissingDataError:
        return []
    columns = list(rows[0]) if rows else []
    own = edition.edition if edition.edition in columns else ""
    layout = heading_maps.layout(shape, own)
    return [text for text, name in layout.headings.items() if name in layout.required]


def _properties(
    there: Mapping[str, Any], source: Source, edition: Edition, faults: file_faults.Faults
) -> None:
    """Properties of a feature: more than those that the map knows are no fault."""
    for heading in sorted(set(_known(source, edition).headings) - set(there)):
        faults.add(
            f"Property '{heading}' is missing; there: {', '.join(sorted(there))}.",
            remedy="Names carry the year: check the address, or add them to catalogue/maps/.",
        )


def _headings(
    header: list[str], source: Source, edition: Edition, faults: file_faults.Faults
) -> None:
    if source.reader in BELOW:
        _, rows = csv_files.rows_of_csv(faults.path)
        wanted = known_headings(source, edition)
        if workbooks.find_row(rows, wanted) is None:
            faults.add(f"No row has the headings {', '.join(wanted)} together.")
    if source.reader in COLUMNS:
        for one in sorted(COLUMNS[source.reader] - set(header)):
            faults.add(f"Heading '{one}' is missing.", "line 1")
    if source.reader in heading_maps.MAPS:
        heading_maps.rename(
            pd.DataFrame(columns=header, dtype=str), _known(source, edition), faults
        )


def _no_rows(edition: Edition) -> str:
    if edition.interface == "fingertips":
        return (
            "Series that ended stand only under an older area type: try child_area_type_id 402, "
            "302, 202 or 102 in the source's YAML."
        )
    return "Check the address in the source's YAML."


def _expected(
    row: Mapping[str, str], source: Source, edition: Edition, faults: file_faults.Faults
) -> None:
    """Whether the first row is of the indicator or year that was asked for."""
    wanted = {"fingertips": ("Indicator ID", "indicator_id"), "nomis": ("DATE_NAME", "year")}
    if heading_maps.shape_of(source, edition) not in wanted:
        return
    heading, option = wanted[heading_maps.shape_of(source, edition)]
    asked = str(edition.options.get(option, row[heading]))
    if row[heading] != asked:
        faults.add(
            f"{heading} is {row[heading]}, but {asked} was asked for.",
            "line 2",
            "Check the address in the source's YAML.",
        )
