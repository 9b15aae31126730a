"""Figures of publishers that are wrong, as ``corrections.yaml`` declares them."""

from __future__ import annotations

import functools
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from needs import catalogue
from needs.catalogue import Catalogue, declared
from needs.errors import InvalidDataError, Problem, did_you_mean

NAME = "corrections.yaml"

#: What stands in place of a figure of which no right value is known.
WITHHELD = "withheld"

_WHERE = f"catalogue/{NAME}"


class CorrectedFigure(BaseModel):
    """What the publisher's file says, and what is shown in its place."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    before: float
    after: float | Literal["withheld"]

    def __str__(self) -> str:
        after = self.after if self.after == WITHHELD else f"{self.after:,.10g}"
        return f"{self.before:,.10g}, {after}"


class Correction(BaseModel):
    """Figures of one measure and area that are wrong for one reason.

    `area` is a code, `figures` holds a `CorrectedFigure` for each period as the report prints it.
    `age` is needed only where the file gives several. `why` and `told` (who was told, or why nobody
    was) are printed in the annex.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    measure: str
    area: str = Field(pattern=r"^[EKW]\d{8}$")
    sex: Literal["persons", "male", "female"] = "persons"
    age: str = ""
    figures: dict[str, CorrectedFigure] = Field(min_length=1)
    why: str = Field(min_length=1)
    told: str = Field(min_length=1)
    date: date

    def of(self, source: str, measure: str, area: str) -> bool:
        """Whether it is on a measure of a source and an area."""
        return (self.source, self.measure, self.area) == (source, measure, area)


def corrections(known: Catalogue) -> tuple[Correction, ...]:
    """Read and validate the corrections of the catalogue in use.

    Raises
    ------
    InvalidDataError
        With every fault at once.
    """
    found, problems = _read(catalogue.in_use(NAME))
    faults = [*problems, *(one for each in found for one in _faults(each, known))]
    if faults:
        raise InvalidDataError("The corrections have errors.", _WHERE, problems=faults)
    return found


@functools.cache
def _read(path: Path) -> tuple[tuple[Correction, ...], tuple[Problem, ...]]:
    try:
        listed: Any = declared.read(path) or []
    except (yaml.YAMLError, OSError) as error:
        return (), (Problem(f"not YAML: {error}", _WHERE, "Mend the line it names."),)
    if not isinstance(listed, list):
        return (), (Problem("This is not a list.", _WHERE, "Begin each correction with a dash."),)
    found, problems = [], []
    for number, one in enumerate(listed, 1):
        try:
            found.append(Correction.model_validate(one))
        except ValidationError as error:
            problems += [
                Problem(
                    f"{'.'.join(map(str, fault['loc'])) or 'entry'}: {fault['msg']}.",
                    f"{_WHERE}, entry {number}",
                    "See the section on corrections of docs/adding-a-source.md.",
                )
                for fault in error.errors()
            ]
    return tuple(found), tuple(problems)


def _faults(one: Correction, known: Catalogue) -> list[Problem]:
    """A source that is not known, or whose figures may not be printed."""
    where = f"{_WHERE}, {one.source}, {one.measure}, {one.area}"
    if one.source not in known.sources:
        near = did_you_mean(one.source, known.sources, quote="'")
        return [Problem(f"There is no source '{one.source}'.", where, near)]
    rule = known.sources[one.source].disclosure
    if rule.threshold and not rule.by_publisher:
        said = "Disclosure control is ours for this source, and a correction prints its figures."
        return [Problem(said, where, "Correct the file that was brought in.")]
    return []
