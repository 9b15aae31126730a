"""Deaths related to drug misuse by age: the national workbook, and spoilt ones."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from needs.errors import InvalidDataError
from needs.stats.status import Status

GROUPS = ("Under 20   ", "70 and over")
HEADINGS = ("Deaths", "Rate", None, "Lower Confidence Limit", "Upper Confidence Limit")
ROWS = (
    (("Persons",), (None, 2021, 45, 3.2, None, 2.3, 4.3, 92, 11, None, 8.9, 13.5)),
    (("Females",), (None, 2021, 9, ":", None, ":", ":", 12, 1.3, "u", 0.7, 2.4)),
)


def workbook(folder: Path, *, groups=GROUPS, headings=HEADINGS, sheet="Table 5", flag="u") -> Path:
    """A workbook of the publisher's shape with two age groups."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    page.append(["Number of deaths and age-specific mortality rates"])
    page.append(["Age groups", None, None, groups[0], *[None] * 5, groups[1]])
    page.append(["Sex", "Year of death registration", None, *headings, None, *headings])
    for sex, (_, year, *cells) in ROWS:
        page.append([*sex])
        cells = [flag if cell == "u" else cell for cell in cells]
        page.append([None, year, None, *cells[:5], None, *cells[5:]])
    page.append(["1 Age-specific mortality rates per 1 million population."])
    path = folder / "2021registrations.xlsx"
    book.save(path)
    return path


@pytest.mark.mirror
def test_the_national_workbook(read) -> None:
    deaths = read("ons_drug_deaths_by_age")
    assert len(deaths) == 29 * 3 * 6
    assert set(deaths["area_code"]) == {"K04000001"}
    newest = deaths[(deaths["period"] == "2021") & (deaths["sex"] == "persons")]
    # all ages of the publisher's own total, 3,060
    assert newest["count"].sum() == 45 + 298 + 771 + 980 + 874 + 92 == 3060
    row = newest[newest["age"] == "40-49"].iloc[0]
    assert (row["value"], row["lower"], row["upper"]) == pytest.approx((13.13, 12.31, 13.95))
    assert row["source_row"] == "2021registrations.xlsx, Table 5, row 8"


def test_rates_are_per_100_000_and_few_deaths_have_none(edition_of, tmp_path: Path) -> None:
    deaths = edition_of("ons_drug_deaths_by_age").read(workbook(tmp_path))
    found = deaths.set_index(["sex", "age"])
    assert found.loc[("persons", "under 20"), "value"] == pytest.approx(0.32)
    few = found.loc[("female", "under 20")]
    assert (few["status"], few["count"]) == (Status.UNRELIABLE, 9)
    assert pd.isna(few["value"]) and pd.isna(few["lower"])
    assert found.loc[("female", "70+"), "marks"] == "u"


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"sheet": "Table 6"}, "Sheet 'Table 5' is missing"),
        ({"groups": ("Under 20", "Total")}, "'Total' is not an age group"),
        ({"headings": ("Deaths", "Rates", None, *HEADINGS[3:])}, "Heading 'Rates' is not known"),
    ],
)
def test_spoilt_workbooks_are_refused(edition_of, tmp_path: Path, spoilt, told: str) -> None:
    with pytest.raises(InvalidDataError, match=told):
        edition_of("ons_drug_deaths_by_age").read(workbook(tmp_path, **spoilt))


@pytest.mark.parametrize("flag", ["U", "[u]", "[u] "])
def test_flags_of_low_reliability_in_any_writing(edition_of, tmp_path: Path, flag: str) -> None:
    deaths = edition_of("ons_drug_deaths_by_age").read(workbook(tmp_path, flag=flag))
    assert deaths.set_index(["sex", "age"]).loc[("female", "70+"), "marks"] == "u"


def test_a_flag_that_is_not_known_is_a_fault_with_its_cell(edition_of, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError) as caught:
        edition_of("ons_drug_deaths_by_age").read(workbook(tmp_path, flag="?"))
    (problem,) = caught.value.problems
    assert problem.what == "'?' is not a flag that we know: [u], low reliability."
    assert "row 7, column of flags, without a heading (sheet Table 5, 70 and over)" in problem.where
