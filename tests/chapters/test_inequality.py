"""Chapter 8: every gradient at hand, sexes and ages; and what is not published is said."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from needs.chapters import absent, inequality, summary
from needs.chapters.analysis import opened
from needs.chapters.blocks import Chart, Notice, Prose, all_tables
from needs.figures import assessment
from needs.figures.assessment import Assessment
from needs.words.text import plain

#: Rates that the pack carries by deprivation decile, with the newest period up to 2022.
GRADIENTS = {
    "alcohol_specific_mortality": "2016 to 2018",
    "alcohol_related_mortality": "2022",
    "alcohol_specific_admissions_under_18": "2019/20 to 2021/22",
}


def test_every_rate_by_decile_has_its_gradient(worcestershire: Assessment) -> None:
    found = inequality.gradients(worcestershire)
    charts = [one for one in found if isinstance(one, Chart)]
    assert [one.id for one in charts] == [f"chart_gradient_{key}" for key in GRADIENTS]
    for chart, period in zip(charts, GRADIENTS.values(), strict=True):
        assert {one.period for one in chart.figures} == {period}
        assert len(chart.table.rows) == 10
    indices = [one for one in found if isinstance(one, Prose) and len(one.figures) == 3]
    assert len(indices) == len(charts), "a slope, a relative index and the lack of fit for each"


def test_a_reporting_year_takes_the_newest_gradient_up_to_it(worcestershire: Assessment) -> None:
    rows = worcestershire.observations
    na = dataclasses.replace(worcestershire, observations=rows[rows["period_end"] < "2021"])
    ids = [one.id for one in inequality.gradients(na) if isinstance(one, Chart)]
    assert ids == ["chart_gradient_alcohol_specific_mortality"]


def test_ages_are_of_england_and_wales_and_say_so(worcestershire: Assessment) -> None:
    found = inequality.ages(opened(worcestershire)["drug_misuse_age_rate"])
    (chart,) = (one for one in found if isinstance(one, Chart))
    assert {one.area_name for one in chart.figures} == {"England and Wales"}
    assert "England and Wales" in plain(chart.headline)
    persons = [one for one in chart.figures if one.sex == "persons"]
    assert sum(one.numerator or 0 for one in persons) == 3060
    said = " ".join(plain(one.text) for one in found if isinstance(one, Prose))
    assert "not published for Worcestershire" in said


def test_without_the_workbook_ages_are_not_available(worcestershire: Assessment) -> None:
    rows = worcestershire.observations
    na = dataclasses.replace(
        worcestershire, observations=rows[rows["indicator"] != inequality.BY_AGE]
    )
    (notice,) = (
        one
        for one in inequality.ages(opened(na)["drug_misuse_age_rate"])
        if isinstance(one, Notice)
    )
    assert plain(notice.items[0]).endswith("Publisher: Office for National Statistics.")
    indicator = na.indicator(inequality.BY_AGE)
    for one, listed in ((na, True), (worcestershire, False)):
        *_, table = all_tables(summary.not_known(one))
        pages = {row[0].text: row[2].text for row in table.rows}
        # a reader is told where it is published; who makes the report, in the log, what to run
        assert pages.get(indicator.name, "") == (indicator.official_page if listed else "")
        assert "needs fetch" not in " ".join(pages.values())
        steps = " ".join(each.how_to_add for each in absent.to_add(one))
        assert ("needs fetch ons_drug_deaths_by_age" in steps) == listed


SET = "County & UA deprivation deciles in England (IMD2019, {})"

#: Decile sets of one file, each with the rates of its ten deciles.
MADE_UP = {
    SET.format("4/19 and 4/20 geog."): range(120, 110, -1),
    SET.format("4/21 geography"): range(220, 210, -1),
    SET.format("4/23 geography"): range(320, 310, -1),
    "County & UA (pre Apr2019) deprivation deciles in England (IMD2015)": range(420, 410, -1),
    "District & UA deprivation deciles in England (IMD2019, 4/23 geography)": range(520, 510, -1),
}


def _with_sets(na: Assessment, spoilt: dict[str, int] | None = None, seed: int = 0) -> Assessment:
    """The assessment with a file's sets of deciles for one rate, in any order of rows."""
    key, period = "alcohol_specific_mortality", "2016 to 2018"
    rows = na.observations
    own = (rows["indicator"] == key) & (rows["area_code"] == na.england.code)
    own &= rows["sex"] == "persons"
    row = rows[own & (rows["period"] == period) & (rows["category"] == "")].iloc[0].to_dict()
    made = [
        row
        | {"category": f"{name}: {decile} deprived decile (IMD2019)", "value": float(value)}
        | {"lower": value - 1.0, "upper": value + 1.0, "count": 2e3, "denominator": 17e6}
        | ({"status": "unavailable"} if place < (spoilt or {}).get(name, 0) else {})
        for name, values in MADE_UP.items()
        for place, (decile, value) in enumerate(zip(inequality.ORDER, values, strict=True))
    ]
    table = pd.DataFrame(made).sample(frac=1, random_state=seed).astype(rows.dtypes.to_dict())
    table.loc[table["status"] != "shown", ["value", "lower", "upper"]] = float("nan")
    rest = rows[~(own & (rows["category"] != ""))]
    return dataclasses.replace(na, observations=pd.concat([rest, table], ignore_index=True))


@pytest.mark.parametrize("seed", range(3))
def test_one_set_of_deciles_is_drawn_the_newest(worcestershire: Assessment, seed: int) -> None:
    na = _with_sets(worcestershire, seed=seed)
    figures = inequality.decile_figures(na, "alcohol_specific_mortality")
    assert [one.value for one in figures] == list(range(320, 310, -1))
    assert {one.note.partition(": ")[0] for one in figures} == {SET.format("4/23 geography")}
    slope, relative, _ = inequality.slope_figures_of(figures, "x", na.england.code)
    assert slope.value == pytest.approx(10, abs=0.1)
    assert relative.value == pytest.approx(1.03, abs=0.005)
    (chart,) = (
        one
        for one in inequality.gradients(na)
        if isinstance(one, Chart) and one.id == "chart_gradient_alcohol_specific_mortality"
    )
    assert "(Index of Multiple Deprivation 2019, authorities of April 2023)" in chart.subtitle


@pytest.mark.parametrize(
    ("spoilt", "first"),
    [
        ({SET.format("4/23 geography"): 3}, 220),
        ({SET.format("4/23 geography"): 1, SET.format("4/21 geography"): 10}, 120),
        (dict.fromkeys((SET.format(one) for one in ("4/23 geography", "4/21 geography",
                                                    "4/19 and 4/20 geog.")), 1), 420),
    ],
)  # fmt: skip
def test_a_set_with_a_gap_gives_way_to_the_newest_complete_one(
    worcestershire: Assessment, spoilt: dict[str, int], first: int
) -> None:
    na = _with_sets(worcestershire, spoilt)
    figures = inequality.decile_figures(na, "alcohol_specific_mortality")
    assert [one.value for one in figures] == list(range(first, first - 10, -1))


def test_without_a_complete_set_the_newest_is_drawn_with_its_gaps(
    worcestershire: Assessment,
) -> None:
    na = _with_sets(worcestershire, dict.fromkeys(MADE_UP, 2))
    figures = inequality.decile_figures(na, "alcohol_specific_mortality")
    assert [one.value for one in figures] == [None, None, *range(318, 310, -1)]


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("year", "key", "period", "slope"),
    [
        (2021, "alcohol_related_mortality", "2021", (19.9, 17.5, 22.3)),
        (2023, "alcohol_specific_admissions_under_18", "2020/21 to 2022/23", (-6.07, -13.94, 1.66)),
        (2024, "alcohol_specific_admissions_under_18", "2021/22 to 2023/24", (-3.97, -11.43, 3.38)),
    ],
)
def test_gradients_of_the_national_file(
    national: Path, year: int, key: str, period: str, slope: tuple[float, float, float]
) -> None:
    na = assessment.load("Worcestershire", year, processed=national)
    charts = {one.id: one for one in inequality.gradients(na) if isinstance(one, Chart)}
    figures = charts[f"chart_gradient_{key}"].figures
    assert {one.period for one in figures} == {period}
    assert all(SET.format("4/23 geography") in one.note for one in figures)
    found, *_ = inequality.slope_figures_of(figures, key, na.england.code)
    places = 1 if key == "alcohol_related_mortality" else 2
    assert tuple(round(x or 0, places) for x in (found.value, found.lower, found.upper)) == slope


@pytest.mark.mirror
def test_deciles_that_the_file_gives_are_printed(national: Path) -> None:
    """Lancashire 2023: rows without a value, of sets that are no longer kept up, are not taken."""
    na = assessment.load("Lancashire", 2023, processed=national)
    figures = inequality.decile_figures(na, "alcohol_specific_admissions_under_18")
    assert [round(one.value or 0, 1) for one in figures] == [
        *(20.2, 27.5, 22.7, 27.2, 21.6, 30.3, 30.8, 24.7, 28.1, 26.1)
    ]
