"""The figures of a report that was made before, read from its register, ``figures.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from needs.errors import InvalidDataError, MissingDataError
from needs.figures.figure import Figure
from needs.stats.status import Status

#: The register's name in the folder of a report.
REGISTER = "figures.json"

_KNOWN = frozenset(one.name for one in fields(Figure))
_LISTS = ("marks", "sources", "source_rows")


@dataclass(frozen=True)
class Recorded:
    """A report as its register tells it.

    Attributes
    ----------
    area : str
        Name of the report's own area.
    codes : tuple of str
        Codes of the area, or of a footprint's members.
    year : int
        Reporting year.
    date : str
        Date of the report, as it was given: "2026-11-29".
    geography : str
        The small areas that it counts.
    figures : tuple of Figure
    files : mapping of str to frozenset of str
        SHA-256 of the files behind each source.
    """

    area: str
    codes: tuple[str, ...]
    year: int
    date: str
    geography: str
    figures: tuple[Figure, ...]
    files: Mapping[str, frozenset[str]]

    def files_of(self, figure: Figure) -> frozenset[str]:
        """SHA-256 of the files behind a figure's sources."""
        return frozenset().union(*(self.files.get(key, frozenset()) for key in figure.sources))


def read_register(folder: Path) -> dict[str, Any]:
    """Read the figure register of a report's folder, as it stands.

    Raises
    ------
    MissingDataError
        There is none.
    InvalidDataError
        It is not a register.
    """
    path = folder / REGISTER
    if not path.is_file():
        raise MissingDataError(
            f"There is no report in {folder.name or folder}.",
            REGISTER,
            "Name the folder of a report.",
        )
    try:
        register = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(register["figures"], list):
            raise TypeError("no list of figures")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidDataError(
            f"The register cannot be read: {error}", REGISTER, "Run the report again."
        ) from None
    return dict(register)


def read_recorded(folder: Path) -> Recorded:
    """Read a report's figures back.

    Raises
    ------
    MissingDataError, InvalidDataError
        There is no register, or it holds what no report writes.
    """
    register = read_register(folder)
    try:
        report = register["report"]
        return Recorded(
            area=str(report["area_name"]),
            codes=tuple(map(str, report["area_codes"])),
            year=int(report["year"]),
            date=str(report["date"]),
            geography=str(report["geography"]),
            figures=tuple(recorded_figure(one) for one in register["figures"]),
            files=dict(_files(register["files"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidDataError(
            f"The register holds what no report writes: {type(error).__name__} {error}",
            f"{folder.name}/{REGISTER}",
            "Run that report again, or name the folder of another.",
        ) from None


def recorded_figure(data: Mapping[str, Any]) -> Figure:
    """One figure of a register.

    Raises
    ------
    KeyError, TypeError, ValueError
        The entry is not one that a report writes.
    """
    values = {key: value for key, value in data.items() if key in _KNOWN}
    values |= {key: tuple(values[key]) for key in _LISTS}
    if values.get("bound") is not None:
        low, high = values["bound"]
        values["bound"] = (float(low), float(high))
    return Figure(**{**values, "status": Status(values["status"])})


def _files(listed: list[Mapping[str, Any]]) -> Iterator[tuple[str, frozenset[str]]]:
    for source in sorted({str(one["source"]) for one in listed}):
        yield source, frozenset(str(one["sha256"]) for one in listed if one["source"] == source)
