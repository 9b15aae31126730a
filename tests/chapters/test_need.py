"""Unmet need: what the figures made from it say that they rest on."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from needs.chapters import need
from needs.chapters.analysis import opened
from needs.chapters.blocks import Prose
from needs.figures import assessment
from needs.figures.assessment import DEPENDENT, INDEPENDENT, Assessment
from needs.figures.figure import format_number
from needs.words.text import plain


def notes_below(na: Assessment) -> list[Prose]:
    """The notes below the chart of who is in treatment for alcohol."""
    shown = need.treated(opened(na)["alcohol_unmet_need"])
    return [one for one in shown if isinstance(one, Prose) and one.style == "note"]


@pytest.mark.parametrize("key", need.UNMET_NEED)
def test_met_need_divides_the_people_in_treatment(worcestershire: Assessment, key: str) -> None:
    unmet = worcestershire.figure(key)
    met = need.met_need(unmet)
    assert met.numerator is not None and met.denominator and met.value is not None
    assert met.value == pytest.approx(100 * met.numerator / met.denominator, abs=0.05)


#: The authorities of the West Midlands.
WEST_MIDLANDS = (
    *(f"E080000{number}" for number in range(25, 32)),
    *("E06000019", "E06000020", "E06000021", "E06000051"),
    *("E10000028", "E10000031", "E10000034"),
)


@pytest.mark.mirror
def test_a_region_says_which_dependence_joins_its_limits(national: Path, mirror: Path) -> None:
    """West Midlands 2017/18: both intervals, from the publishers' files without our readers."""
    folder = mirror / "ndtms_and_dependence"
    file = pd.read_csv(next(folder.glob("Estimates_of_Alcohol_Dependent_Adults*.csv")))
    file = file[file["Year"].eq("2017/18") & file["Area_Code_GSS"].isin(WEST_MIDLANDS)]
    assert len(file) == 14
    names = [f"Alcohol_{part}" for part in ("lower_CI", "upper_CI")]
    low, high = (file[name].astype(float) for name in names)
    na = assessment.load("Worcestershire", 2018, processed=national)
    whole = na.figure("alcohol_prevalence", na.region, "2017/18")
    unmet = na.figure("alcohol_unmet_need", na.region, "2017/18")
    assert (whole.lower, whole.upper) == (low.sum(), high.sum()) == (49_046, 83_141)
    assert whole.formula.endswith(DEPENDENT) and unmet.formula.endswith(DEPENDENT)
    own = na.figure("alcohol_unmet_need", period="2017/18")
    assert DEPENDENT not in own.formula
    (note,) = notes_below(na)
    said = plain(note.text)
    assert "West Midlands" in said and "fully dependent" in said and "independent" in said
    assert "49,046 to 83,141" in said and "58,340 to 69,091" in said
    assert "77.2% to 86.7%" in said and "80.9% to 83.9%" in said
    independent = {one.indicator: one for one in note.figures if one.id.endswith(".independent")}
    estimate = independent["alcohol_prevalence"]
    value = whole.value or 0
    assert value == pytest.approx(64_000, abs=2_000) and estimate.formula.endswith(INDEPENDENT)
    rows = na.across(
        "alcohol_prevalence",
        [one for one in na.authorities if one.code in WEST_MIDLANDS],
        "2017/18",
    )
    assert len(rows) == 14
    below = math.sqrt(sum(((one.value or 0) - (one.lower or 0)) ** 2 for one in rows))
    above = math.sqrt(sum(((one.upper or 0) - (one.value or 0)) ** 2 for one in rows))
    assert estimate.lower == pytest.approx(value - below)
    assert estimate.upper == pytest.approx(value + above)
    people = sum(na.figure("alcohol_in_treatment", one, "2017/18").value or 0 for one in
                 na.authorities if one.code in WEST_MIDLANDS)  # fmt: skip
    share = independent["alcohol_unmet_need"]
    assert share.lower == pytest.approx(100 * (1 - (people + 14 * 2.5) / (value - below)))
    assert share.upper == pytest.approx(100 * (1 - (people - 14 * 2.5) / (value + above)))


@pytest.mark.mirror
def test_a_footprint_says_which_dependence_joins_its_limits(national: Path) -> None:
    na = assessment.load("Leicester, Leicestershire and Rutland", 2022, processed=national)
    notes = notes_below(na)
    assert [one.figures[0].area_name for one in notes] == [na.name, "East Midlands"]
    assert "7,646 to 13,719" in plain(notes[0].text) and "8,367 to 12,552" in plain(notes[0].text)
    assert "78.9% to 88.2%" in plain(notes[0].text) and "80.7% to 87.1%" in plain(notes[0].text)
    prevalence = na.figure("alcohol_prevalence")
    assert prevalence.formula == "sum over its members" + DEPENDENT
    assert prevalence.method == "Count"
    # a count without limits has none to join
    assert na.figure("drug_misuse_deaths").formula == "sum over its members"


def test_people_to_reach_name_englands_share_and_its_row(worcestershire: Assessment) -> None:
    na = worcestershire
    reached = need._reached(na)
    assert reached
    for indicator, more in reached:
        england = na.figure(indicator.key, na.england, more.period)
        share = format_number(england.value or 0, england.decimals)
        for row in england.source_rows:
            assert any(one.endswith(row) and share in one for one in more.source_rows), row
        assert set(england.sources) <= set(more.sources)
