"""The parameters of a run: a typed model, checked before anything else starts."""

from __future__ import annotations

import ast
import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from needs.errors import ParameterError, Problem, did_you_mean

Format = Literal["html", "pdf", "xlsx", "ods", "docx"]

#: See `needs.figures.neighbours.CHOICES`, which loads pandas.
Neighbours = Literal["official", "open"]

FORMATS: tuple[Format, ...] = ("html", "pdf", "xlsx", "ods", "docx")

#: What a run makes if it is not told; Word is for drafts, and made where it is asked for.
USUAL_FORMATS: tuple[Format, ...] = ("html", "pdf", "xlsx", "ods")

#: Reporting years that can be asked for: the oldest series reach back no further.
FIRST_YEAR, LAST_YEAR = 2010, 2099

#: Windows keeps these names for devices, with any ending.
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$")


def slug(text: str) -> str:
    """A name as part of a path: lower case letters, digits and hyphens.

    Examples
    --------
    >>> slug("Bournemouth, Christchurch and Poole"), slug("Bristol, City of")
    ('bournemouth-christchurch-and-poole', 'bristol-city-of')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")


def assigned(source: str) -> set[str]:
    r"""Names that a parameters cell declares.

    Raises
    ------
    SyntaxError
        The cell is not Python.

    Examples
    --------
    >>> sorted(assigned("areas = ['Rutland']\nyear: int = 2022"))
    ['areas', 'year']
    """
    return {
        name.id
        for statement in ast.parse(source).body
        for name in ast.walk(statement)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _four_digits(value: Any) -> Any:
    # pydantic would take "2022.0", " 2022 " and True for years as well
    if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(r"\d{4}", value)):
        raise ValueError("is not a year of four digits")
    return value


def _area(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value.strip()


def _safe_name(value: str) -> str:
    name = value.strip()
    if not name:
        return name
    if re.search(r"[/\\:\x00-\x1f]", name) or ".." in name:
        raise ValueError("would lead out of the folder of reports")
    if not slug(name) or _DEVICES.match(slug(name)):
        raise ValueError("cannot name a folder")
    return name


class Inconsistent(ValueError):
    """Parameters that do not go together: the one to change, and how."""

    def __init__(self, what: str, name: str, remedy: str) -> None:
        super().__init__(what)
        self.problem = Problem(what, name, remedy)


class RunParameters(BaseModel):
    """What a report is about, and what is made of it.

    Attributes
    ----------
    areas : tuple of str
        Names or codes of upper-tier local authorities.
    year : int
        Reporting year: the newest period that ends in or before it is used.
    name : str
        Name of the area in the report and of its folder; needed only where it is not the
        authority's own.
    formats : tuple of str
        Of "html", "pdf", "xlsx", "ods", "docx"; figures, manifest and notebooks are always written.
    as_of : date, optional
        Only what had been published by this day is used.
    date : date
        Printed as the date of the report. The only thing that a run takes from the clock.
    neighbours : str
        Whose statistical neighbours are compared with: "official" (where the publisher's list
        serves the year and has the area) or "open" (always those of our own open method).

    Examples
    --------
    >>> RunParameters(areas=["Rutland"], year="2022", date="2026-11-21").year
    2022
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    areas: Annotated[tuple[Annotated[str, AfterValidator(_area)], ...], Field(min_length=1)]
    year: Annotated[int, BeforeValidator(_four_digits), Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    name: Annotated[str, AfterValidator(_safe_name)] = ""
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = USUAL_FORMATS
    date: dt.date = Field(default_factory=dt.date.today)
    as_of: dt.date | None = None
    neighbours: Neighbours = "official"

    @model_validator(mode="after")
    def _consistent(self) -> RunParameters:
        if len({area.casefold() for area in self.areas}) < len(self.areas):
            raise Inconsistent("An area is given twice.", "areas", "Give each once.")
        if self.year > self.date.year:
            remedy = f"Give a year up to {self.date.year}, or a later --date."
            raise Inconsistent("The reporting year ends after the report's date.", "year", remedy)
        if self.as_of is not None and self.as_of > self.date:
            remedy = f"Give a day up to {self.date}, or a later --date."
            said = "The day as of which figures are taken comes after the report's date."
            raise Inconsistent(said, "as_of", remedy)
        return self

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> RunParameters:
        """Make parameters from what a user gave.

        Raises
        ------
        ParameterError
            With every fault at once: unknown, missing, malformed or out of range.

        Examples
        --------
        >>> RunParameters.check({"areas": ["Rutland"], "yaer": 2022})
        Traceback (most recent call last):
        needs.errors.ParameterError: The parameters of the run are wrong.
          Remedy: needs run --help
        year is missing.
          Where:  year
        Unknown parameter 'yaer'.
          Where:  yaer
          Remedy: Did you mean 'year'?
        """
        try:
            return cls(**values)
        except ValidationError as error:
            faults = error.errors()
            # A list whose only item is refused counts as too short as well: say it once.
            items = {fault["loc"][0] for fault in faults if len(fault["loc"]) > 1}
            problems = [
                _problem(fault)
                for fault in faults
                if fault["type"] != "too_short" or fault["loc"][0] not in items
            ]
        raise ParameterError(
            "The parameters of the run are wrong.", "", "needs run --help", problems
        )

    def folder(self, out: Path, name: str) -> Path:
        """Where the report of the area of this name is written: ``<out>/<area>/<year>``.

        With a day, ``<out>/<area>/<year>-as-of-<day>``: it takes no other report's place.

        Raises
        ------
        ParameterError
            The name has no Latin letter or digit.
        """
        if not slug(name):
            raise ParameterError(
                f"'{name}' cannot name a folder: it has no Latin letter.",
                "--name",
                "Give the report a name in Latin letters with --name, which its title takes too.",
            )
        as_of = f"-as-of-{self.as_of}" if self.as_of else ""
        return out / slug(name) / f"{self.year}{as_of}"


_REMEDIES = {
    "areas": "Give a name or code, such as --area Worcestershire; needs areas lists them.",
    "name": "Give a plain name, such as --name 'Herefordshire and Worcestershire'.",
}


def _problem(fault: Any) -> Problem:
    place = [str(part) for part in fault["loc"]]
    name = place[0] if place else ""
    shown = f"{name} {fault['input']!r}"
    match fault["type"]:
        case "extra_forbidden":
            remedy = did_you_mean(name, RunParameters.model_fields, quote="'")
            return Problem(f"Unknown parameter '{name}'.", name, remedy)
        case "missing":
            return Problem(f"{name} is missing.", name)
        case "greater_than_equal" | "less_than_equal":
            remedy = f"Give a year from {FIRST_YEAR} to {LAST_YEAR}."
            return Problem(f"{shown} is out of range.", name, remedy)
        case "too_short":
            return Problem(f"{name} is empty.", name)
        case "literal_error":
            known = get_args(Neighbours) if name == "neighbours" else FORMATS
            return Problem(f"{shown} is unknown.", name, f"Choose from {', '.join(known)}.")
        case "value_error" if isinstance(fault["ctx"]["error"], Inconsistent):
            return fault["ctx"]["error"].problem
        case kind if kind.startswith("date_"):
            remedy = "Write it as YYYY-MM-DD, such as 2022-12-31."
            return Problem(f"{shown} is not a date.", name, remedy)
        case "value_error" if name == "year":
            reason = str(fault["ctx"]["error"])
            remedy = f"Give a year from {FIRST_YEAR} to {LAST_YEAR}."
            return Problem(f"{shown} {reason}.", name, remedy)
        case "value_error":
            reason = str(fault["ctx"]["error"])
            return Problem(f"{shown} {reason}.", name, _REMEDIES.get(name, ""))
        case _:
            return Problem(f"{shown}: {fault['msg']}.", name)
