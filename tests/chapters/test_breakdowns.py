"""How people divide, beside England: Barnet has its own export of the treatment system."""

from __future__ import annotations

from pathlib import Path

import pytest

import needs
from needs.chapters import absent, breakdown, journey, representation, trend
from needs.chapters.analysis import Analysis
from needs.chapters.blocks import Chart, Heading, Notice, Prose, Table
from needs.stats.intervals import wilson
from needs.words.text import plain


@pytest.fixture(scope="module")
def barnet(national: Path) -> Analysis:
    return needs.open("Barnet", 2022, processed=national)


def test_differences_are_those_outside_the_interval(barnet: Analysis) -> None:
    text, chart = breakdown(barnet["treatment_referral"]).items
    assert isinstance(text, Prose)
    assert isinstance(chart, Chart)
    told = plain(text.text)
    assert "“Criminal justice” (8.5% against 12.5%)" in told
    assert "Other" not in told  # 6.2% against 6.0%
    assert plain(chart.headline) == (
        "“Health and social care”: 31.5% in Barnet, against 18.2% in England"
    )


def test_the_table_holds_numbers_limits_and_earlier_years(barnet: Analysis) -> None:
    _, chart = breakdown(barnet["treatment_exits"]).items
    assert isinstance(chart, Chart)
    heads = [column.label for column in chart.table.columns]
    assert heads[-3:] == ["England, %", "Barnet in 2016/17, %", "England in 2016/17, %"]
    died = next(row for row in chart.table.rows if row[0].text == "Died")
    assert [cell.text for cell in died[1:6]] == ["3.4", "1.9", "5.7", "20", "590"]
    assert "rounded to the nearest 5" in chart.table.notes[0]
    # a category that nobody is in stands in the table alone
    assert "Moved away" in {row[0].text for row in chart.table.rows}
    assert "Moved away" not in chart.svg


def test_every_topic_of_the_export_is_shown(barnet: Analysis) -> None:
    of_export = [one for one in barnet.indicators() if one.indicator.chapter != "population"]
    divided = [one for one in of_export if one.indicator.categories]
    assert len(divided) == 18
    for one in divided:
        shown = breakdown(one)
        assert len(shown.items) == 2, shown.pruned
        _, chart = shown.items
        assert isinstance(chart, Chart)
        assert len(chart.alt) < 600


def test_without_an_export_one_box_says_what_it_would_add(national: Path) -> None:
    na = needs.open("Hackney", 2022, processed=national)
    boxes = [
        one
        for one in absent.missing(na, "treatment").items
        if isinstance(one, Notice) and "how treatment goes" in one.title
    ]
    assert len(boxes) == 1
    words = " ".join(plain(one) for one in boxes[0].items)
    assert "how people leave treatment" in words
    assert "ViewIt" in words
    assert breakdown(na["treatment_exits"]).items == ()
    assert not any(one.categories for one in absent.to_add(na))


def test_representation_is_set_beside_englands_and_worded_with_care(barnet: Analysis) -> None:
    """Careless: Asian residents are under-served, 11% of clients and 19% of residents."""
    text, chart, honest = representation(barnet["treatment_ethnicity"]).items
    assert isinstance(text, Prose)
    assert isinstance(honest, Prose)
    assert isinstance(chart, Chart)
    told = plain(text.text)
    assert "“Asian” (0.56 times; England 0.40)" in told
    assert "A low ratio may be less need, or a barrier." in told
    assert "under" not in told
    assert "no estimates of who is in need by sex, age or ethnic group" in plain(honest.text)
    (asian,) = [
        one for one in chart.table.figures if one.note == "Asian" and one.area_code != "E92000001"
    ]
    # 150 of 1,395 rounded to 5, against 74,972 of 389,344 residents
    assert asian.value == pytest.approx((150 / 1395) / (74972 / 389344))
    assert asian.lower is not None
    assert asian.lower < 0.107 / 0.1926 * 0.85


def test_the_audit_is_by_sex_age_and_ethnic_group_in_one_chart(barnet: Analysis) -> None:
    """455 of 1,465 in treatment are women, who are more than half of adult residents."""
    heading, _, chart, _ = journey.equity(barnet).items
    assert isinstance(heading, Heading)
    assert isinstance(chart, Chart)
    names = [row[0].text for row in chart.table.rows]
    assert names == ["Women", "Men", "Aged 18 to 29", "Aged 30 to 49", "Aged 50 and over",
                     "White", "Mixed", "Asian", "Black", "Other group"]  # fmt: skip
    people = barnet.populations
    people = people[people["area_code"].eq("E09000003") & people["year"].eq(2022)]
    adults = people[people["age_from"].ge(18)].groupby("sex")["population"].sum()
    share = adults["female"] / (adults["female"] + adults["male"])
    women = next(one for one in chart.table.figures if one.note == "Women")
    assert women.value == pytest.approx((455 / 1465) / share)
    assert women.lower < women.value < women.upper  # type: ignore[operator]
    older = people[people["age_from"].ge(50) & people["sex"].eq("persons")]["population"].sum()
    of_age = next(one for one in chart.table.figures if one.note == "Aged 50 and over")
    assert of_age.value == pytest.approx((455 / 1465) / (older / adults["persons"]))
    assert {"ndtms_viewit", "ons_population", "census_2021_ethnic_groups"} <= set(chart.sources)


def test_a_year_without_residents_by_sex_says_so(national: Path) -> None:
    na = needs.open("Barnet", 2021, processed=national)
    _, _, chart, *_ = journey.equity(na).items
    assert isinstance(chart, Chart)
    assert "Women" not in {row[0].text for row in chart.table.rows}
    assert "This report has no adult residents by sex for a year up to 2021" in chart.table.notes[0]
    assert "mid-2020" in chart.table.notes[0]


def test_what_changed_is_said_only_where_intervals_lie_apart(barnet: Analysis) -> None:
    text, chart = breakdown(barnet["treatment_referral"]).items
    assert isinstance(text, Prose)
    assert isinstance(chart, Chart)
    told = plain(text.text)
    assert "Since 2016/17, “Criminal justice” fell from 14.9% to 8.5% (England: 14.9% to" in told
    # no interval of another share of then lies apart from that of now
    assert told.count(" rose from ") == 0
    steady, _ = breakdown(barnet["treatment_exits"]).items
    assert isinstance(steady, Prose)
    assert "No share has clearly changed since 2016/17." in plain(steady.text)


def test_shares_of_few_people_are_named(barnet: Analysis) -> None:
    _, chart = breakdown(barnet["treatment_housing"]).items
    assert isinstance(chart, Chart)
    assert "Of fewer than 20 people, so that a few more change a share much: “Other”." in (
        chart.table.notes
    )


def test_completion_without_return_is_read_and_shown_over_time(barnet: Analysis) -> None:
    """175 of 1,250 in 2020/21, both rounded to 5: the interval holds what rounding may hide."""
    figure = barnet.figure("completed_without_return")
    assert (figure.period, figure.numerator, figure.denominator) == ("2020/21", 175, 1250)
    assert figure.value == pytest.approx(14.0)
    exact = wilson(175, 1250)
    assert figure.lower < 100 * exact[0]  # type: ignore[operator]
    assert figure.upper > 100 * exact[1]  # type: ignore[operator]
    (chart,) = trend(barnet["completed_without_return"]).items
    assert isinstance(chart, Chart)
    assert len(chart.table.rows) == 12


def test_representation_needs_both(national: Path) -> None:
    na = needs.open("Hackney", 2022, processed=national)
    shown = representation(na["treatment_ethnicity"])
    assert shown.items == ()
    assert "no category has a share both in treatment" in shown.pruned[0]
    assert journey.equity(na).items == ()


def test_the_journey_in_short_tells_each_step_beside_england(national: Path) -> None:
    """2020/21, the newest year that ended by then."""
    na = needs.open("Barnet", 2021, processed=national)
    _, text, table = journey.in_short(na).items
    assert isinstance(text, Prose)
    assert isinstance(table, Table)
    told = plain(text.text)
    assert told.startswith("In 2020/21, 49.3% of those who began came by themselves")
    assert "51.2% dropped out or left (England 33.2%)" in told
    assert "100.0% waited three weeks or less (England 98.5%)" in told
    steps = [row[0].text for row in table.rows]
    assert steps[0] == "By which door: self, family or friends"
    assert steps[-1] == "How they leave: died"
    died = table.rows[-1]
    assert [cell.text for cell in died[1:]] == ["3.5", "1.7", "6.4", "2020/21", "3.4",
                                                "1.6 (2015/16)"]  # fmt: skip
    without = needs.open("Hackney", 2021, processed=national)
    assert journey.in_short(without).items == ()
