"""Chapter 8: every gradient at hand, sexes and ages; and what is not published is said."""

from __future__ import annotations

import dataclasses

from needs.assessment import Assessment
from needs.blocks import Chart, Notice, Prose, all_tables, plain
from needs.sections import annex, inequality

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
    indices = [one for one in found if isinstance(one, Prose) and len(one.figures) == 2]
    assert len(indices) == len(charts), "a slope and a relative index for each"


def test_a_reporting_year_takes_the_newest_gradient_up_to_it(worcestershire: Assessment) -> None:
    rows = worcestershire.observations
    na = dataclasses.replace(worcestershire, observations=rows[rows["period_end"] < "2021"])
    ids = [one.id for one in inequality.gradients(na) if isinstance(one, Chart)]
    assert ids == ["chart_gradient_alcohol_specific_mortality"]


def test_ages_are_of_england_and_wales_and_say_so(worcestershire: Assessment) -> None:
    found = inequality.by_age(worcestershire)
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
    (notice,) = (one for one in inequality.by_age(na) if isinstance(one, Notice))
    assert plain(notice.items[0]).endswith("Publisher: Office for National Statistics.")
    for one, listed in ((na, True), (worcestershire, False)):
        (table,) = all_tables(annex.how_to_add(one))
        said = " ".join(row[2].text for row in table.rows)
        assert ("needs fetch ons_drug_deaths_by_age" in said) == listed
