"""How people divide, beside England: Barnet has its own export of the treatment system."""

from __future__ import annotations

from pathlib import Path

import pytest

import needs
from needs.chapters import absent, breakdown, representation
from needs.chapters.analysis import Analysis
from needs.chapters.blocks import Chart, Notice, Prose
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
    assert len(divided) == 16
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
    text, chart = representation(barnet["treatment_ethnicity"], among="residents_ethnicity").items
    assert isinstance(text, Prose)
    assert isinstance(chart, Chart)
    told = plain(text.text)
    assert "“Asian” (0.56 times; England 0.40)" in told
    assert "A low ratio may be less need, or a barrier." in told
    assert "under" not in told
    (asian,) = [one for one in chart.table.figures if one.note == "Asian"]
    # 150 of 1,395 rounded to 5, against 74,972 of 389,344 residents
    assert asian.value == pytest.approx((150 / 1395) / (74972 / 389344))
    assert asian.lower is not None
    assert asian.lower < 0.107 / 0.1926 * 0.85


def test_representation_needs_both(national: Path) -> None:
    na = needs.open("Hackney", 2022, processed=national)
    shown = representation(na["treatment_ethnicity"], among="residents_ethnicity")
    assert shown.items == ()
    assert "no figures of people in treatment" in shown.pruned[0]
