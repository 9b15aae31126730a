"""Parameters are refused before anything starts, all faults at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from needs.errors import ParameterError
from needs.report.parameters import FIRST_YEAR, LAST_YEAR, USUAL_FORMATS, RunParameters, slug

GOOD: dict[str, Any] = {"areas": ["Worcestershire"], "year": 2022, "date": "2026-11-21"}


def test_good_parameters() -> None:
    parameters = RunParameters.check(GOOD)
    assert parameters.areas == ("Worcestershire",)
    assert parameters.date == dt.date(2026, 11, 21)
    assert parameters.formats == USUAL_FORMATS
    assert parameters.name == ""


def test_the_year_may_be_written_as_text() -> None:
    assert RunParameters.check({**GOOD, "year": "2022"}).year == 2022


def test_the_date_is_today_unless_given() -> None:
    before = dt.date.today()
    parameters = RunParameters.check({"areas": ["Rutland"], "year": 2022})
    assert before <= parameters.date <= dt.date.today()


@pytest.mark.parametrize(
    ("change", "parameter", "words"),
    [
        ({"areas": []}, "areas", "is empty"),
        ({"areas": [" "]}, "areas", "is empty"),
        ({"areas": ["Rutland", "rutland"]}, "areas", "An area is given twice."),
        ({"areas": "Rutland"}, "areas", "Rutland"),
        ({"year": "22"}, "year", "four digits"),
        ({"year": "2021/22"}, "year", "four digits"),
        ({"year": " 2022"}, "year", "four digits"),
        ({"year": "2022.0"}, "year", "four digits"),
        ({"year": True}, "year", "four digits"),
        ({"year": 2022.5}, "year", "fractional"),
        ({"year": None}, "year", "integer"),
        ({"year": FIRST_YEAR - 1}, "year", "out of range"),
        ({"year": LAST_YEAR + 1}, "year", "out of range"),
        ({"year": 2027}, "year", "ends after the report's date"),
        ({"year": 2027}, "year", "a year up to 2026, or a later --date"),
        ({"year": "22"}, "year", f"Give a year from {FIRST_YEAR} to {LAST_YEAR}."),
        ({"year": "abc"}, "year", f"Give a year from {FIRST_YEAR} to {LAST_YEAR}."),
        ({"areas": [""]}, "areas", "such as --area Worcestershire; needs areas lists them."),
        ({"name": "../elsewhere"}, "name", "out of the folder"),
        ({"name": "a/b"}, "name", "out of the folder"),
        ({"name": "a\\b"}, "name", "out of the folder"),
        ({"name": "C:"}, "name", "out of the folder"),
        ({"name": ".."}, "name", "out of the folder"),
        ({"name": "a\x00b"}, "name", "out of the folder"),
        ({"name": "..."}, "name", "out of the folder"),
        ({"name": "."}, "name", "cannot name a folder"),
        ({"name": "Con"}, "name", "cannot name a folder"),
        ({"formats": ["odt"]}, "formats", "html, pdf, xlsx, ods, docx"),
        ({"formats": []}, "formats", "is empty"),
        ({"date": "21/11/2026"}, "date", "'21/11/2026' is not a date."),
        ({"date": "21/11/2026"}, "date", "YYYY-MM-DD"),
        ({"comparators": "all"}, "comparators", "Unknown parameter"),
        ({"yaer": 2022}, "yaer", "Did you mean 'year'?"),
    ],
)
def test_bad_parameters(change: dict[str, Any], parameter: str, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        RunParameters.check({**GOOD, **change})
    assert words in str(caught.value)
    assert [problem.where for problem in caught.value.problems] == [parameter]


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        RunParameters.check({"year": "22", "name": "a/b", "colour": "red"})
    assert {p.where for p in caught.value.problems} == {"areas", "year", "name", "colour"}


def test_parameters_do_not_change() -> None:
    with pytest.raises(ValidationError):
        RunParameters.check(GOOD).year = 2023  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Worcestershire", "worcestershire"),
        ("Kingston upon Hull, City of", "kingston-upon-hull-city-of"),
        ("King's Lynn", "kings-lynn"),
        ("Ynys Môn", "ynys-mon"),
    ],
)
def test_folders(name: str, folder: str) -> None:
    assert slug(name) == folder
    made = RunParameters.check(GOOD).folder(Path("reports"), name)
    assert made == Path("reports", folder, "2022")
