"""The recent trend of pooled years: told by single years, and the report says which."""

from __future__ import annotations

import dataclasses

import pytest

from needs import catalogue
from needs.chapters import glance, recent, resources, saying, summary
from needs.chapters.analysis import opened, usual_views
from needs.chapters.blocks import Cards, Table, all_tables
from needs.figures.assessment import Assessment
from needs.report.block_html import trend_words
from needs.words.text import plain


def test_pooled_years_take_the_trend_of_single_years(worcestershire: Assessment) -> None:
    na = worcestershire
    pooled = na.indicator("drug_misuse_rate")
    own = recent.own_trend(na, pooled.key)
    assert (own.label, own.why) == (recent.TREND_WORDS, "three-year periods overlap")
    told = recent.recent(na, pooled)
    yearly = recent.own_trend(na, "drug_misuse_yearly_rate")
    assert told.label == yearly.label != recent.TREND_WORDS
    assert told.of == "yearly crude drug misuse death rate, 2017 to 2021"


def test_the_card_the_glance_and_the_framework_say_which_series(worcestershire: Assessment) -> None:
    na = worcestershire
    (cards,) = (one for one in summary.picture(na) if isinstance(one, Cards))
    card = next(one for one in cards.items if one.figure.startswith("drug_misuse_rate."))
    # a card tells a trend only where there is one
    assert card.trend == "" and trend_words(card) == ""
    told = recent.recent(na, na.indicator("drug_misuse_rate"))
    for blocks_, row in (
        (glance.glance(na, "deaths"), "Drug misuse deaths, rate"),
        (resources.framework(na), "Deaths related to drug misuse"),
    ):
        table = next(one for one in all_tables(blocks_) if isinstance(one, Table))
        (cells,) = (one for one in table.rows if one[0].text == row)
        assert cells[-1].text == told.label
        note = f"{row}: the recent trend is that of the {told.of}."
        assert note in table.notes
    prose = " ".join(plain(one.text) for one in saying.message(na, "drug_misuse_rate"))  # type: ignore[union-attr]
    assert "The recent trend of the yearly crude drug misuse death rate, 2017 to 2021, " in prose


def test_without_single_years_the_own_periods_decide(worcestershire: Assessment) -> None:
    rows = worcestershire.observations
    na = dataclasses.replace(
        worcestershire, observations=rows[rows["indicator"] != "drug_misuse_yearly_rate"]
    )
    told = recent.recent(na, na.indicator("drug_misuse_rate"))
    assert (told.label, told.of) == (recent.TREND_WORDS, "")


def test_a_yearly_rate_is_deaths_over_the_mid_year_population(worcestershire: Assessment) -> None:
    figure = worcestershire.figure("drug_misuse_yearly_rate", period="2021")
    assert (figure.numerator, figure.denominator) == (35, 604902)
    assert figure.value == pytest.approx(35 / 604902 * 1e5)
    assert figure.lower is not None and figure.upper is not None
    assert figure.method == "Crude rate"


def test_a_series_for_a_trend_draws_its_trend_and_no_more(worcestershire: Assessment) -> None:
    measure = opened(worcestershire)["drug_misuse_yearly_rate"]
    ids = [one.id for one in all_tables(measure.section(*usual_views(measure)))]
    assert ids == ["drug_misuse_yearly_rate_trend"]


def test_trends_come_from_single_years_that_the_catalogue_has() -> None:
    known = catalogue.load().indicators
    for one in known.values():
        if one.trend_from:
            assert known[one.trend_from].unit == one.unit, one.key
