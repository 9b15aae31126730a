"""Figures without a longer series: drawn beside England's, with what they were before."""

from __future__ import annotations

import pytest

from needs.chapters import glance, need, saying
from needs.chapters.analysis import opened
from needs.chapters.blocks import Bullets, Chart, Notice, Prose
from needs.figures.assessment import Assessment
from needs.words.text import plain

ADMISSIONS = "substance_misuse_admissions_15_24"


@pytest.mark.parametrize(("chapter", "rows"), [("families", 2), ("admissions", 2), ("deaths", 2)])
def test_chapters_of_single_figures_have_a_chart(
    worcestershire: Assessment, chapter: str, rows: int
) -> None:
    found = opened(worcestershire).rest(chapter)
    chart = next(one for one in found if isinstance(one, Chart) and "beside_england" in one.id)
    assert len(chart.table.rows) >= 2 * rows
    assert plain(chart.headline) and len(chart.alt) <= 250
    assert all(one.unit == chart.table.figures[0].unit for one in chart.table.figures)


def test_an_earlier_period_is_said(worcestershire: Assessment) -> None:
    found = opened(worcestershire).rest("admissions")
    said = " ".join(plain(item) for one in found if isinstance(one, Bullets) for item in one.items)
    assert "In 2019/20 it was 487 per 100,000 (England 644)." in said


def test_two_editions_side_by_side_are_said(worcestershire: Assessment) -> None:
    na = worcestershire
    ours = na.figure("alcohol_related_mortality")
    england = na.figure("alcohol_related_mortality", na.england, ours.period)
    assert "another edition" in saying.vintages(na, ours, england)
    (table,) = (one for one in glance.glance(na, "deaths") if hasattr(one, "rows"))
    assert any("another edition" in note for note in table.notes)
    rate = na.figure("drug_misuse_rate")
    other = na.figure("drug_misuse_rate", na.england, rate.period)
    assert saying.vintages(na, rate, other) == ""


def test_a_stated_target_is_told_in_people_or_why_not(worcestershire: Assessment) -> None:
    said = " ".join(
        plain(one.text) for one in need.to_targets(worcestershire) if isinstance(one, Prose)
    )
    assert "National target of 75%" in said
    assert "cannot be said" in said


def test_admissions_of_young_people_stand_in_the_chapter_of_families(
    worcestershire: Assessment,
) -> None:
    (prose,) = (
        one for one in opened(worcestershire)[ADMISSIONS].in_words() if isinstance(one, Prose)
    )
    assert ADMISSIONS in {one.indicator for one in prose.figures}


@pytest.mark.mirror
def test_where_they_are_not_at_hand_the_publisher_is_named(national) -> None:
    from needs.figures import assessment

    na = assessment.load("Rutland", 2022, processed=national)
    (notice,) = (one for one in opened(na)[ADMISSIONS].in_words() if isinstance(one, Notice))
    assert "Office for Health Improvement and Disparities" in plain(notice.items[0])


def test_an_indicator_told_in_words_says_that_it_is_not_available(
    worcestershire: Assessment,
) -> None:
    na = opened(worcestershire)
    key = next(key for key in na.catalogue.indicators if not na.has(key))
    (notice,) = (one for one in na[key].in_words() if isinstance(one, Notice))
    assert notice.title == "One indicator is not available for Worcestershire up to 2022"
