"""Findings of charts: what a headline or alternative text may claim, and what it may not."""

from __future__ import annotations

import pandas as pd
import pytest

from needs.figures.figure import Figure, Series
from needs.words import alt_text, chart_words
from needs.words.text import plain


def rate(value: float, low: float | None, high: float | None, name: str = "Here") -> Figure:
    return Figure(
        f"r.{name}.{value}", "r", "Rate", name, name, "2021", value, "per 100,000", lower=low,
        upper=high,
    )  # fmt: skip


def ages(shares: dict[int, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"age_from": list(shares), "sex": "male", "population": 1.0, "share": shares.values()}
    )


def test_the_pyramid_names_the_bands_that_differ_most() -> None:
    text = plain(
        chart_words.pyramid_words(
            "Here", ages({0: 10, 70: 30, 20: 5}), ages({0: 11, 70: 20, 20: 15})
        )
    )
    assert text == (
        "Here has a larger share of people aged 70 to 74 than England, and a smaller share aged "
        "20 to 24"
    )


def test_an_area_like_england_is_not_called_different() -> None:
    same = ages({0: 10, 70: 30})
    assert "much the same" in plain(chart_words.pyramid_words("Here", same, same))


@pytest.mark.parametrize(
    ("male", "female", "said"),
    [
        ((7.6, 5.8, 9.7), (2.2, 1.3, 3.4), "is higher for males"),
        ((2.2, 1.3, 3.4), (7.6, 5.8, 9.7), "is higher for females"),
        ((7.6, 2.0, 9.7), (5.0, 1.3, 8.0), "the difference is not statistically significant"),
        ((7.6, None, None), (2.2, None, None), "7.6 per 100,000 for males and 2.2 for females"),
    ],
)
def test_the_sexes_differ_only_where_intervals_are_apart(
    male: tuple[float, float | None, float | None],
    female: tuple[float, float | None, float | None],
    said: str,
) -> None:
    assert said in plain(chart_words.by_sex(rate(*male), rate(*female), "death rate"))


def test_the_population_fell_or_grew() -> None:
    up = [rate(1000, None, None, "a"), rate(2000, None, None, "b")]
    assert "grew from" in plain(chart_words.growth_words(Series("Here", "focus", tuple(up))))
    assert "fell from" in plain(chart_words.growth_words(Series("Here", "focus", tuple(up[::-1]))))


def test_a_population_that_swung_is_not_said_to_have_grown() -> None:
    years = [(2011, 2224.0), (2013, 2214.0), (2020, 2030.0), (2022, 2281.0)]
    some = [
        rate(value, None, None, str(year)).with_(decimals=0, unit="people", period=f"mid-{year}")
        for year, value in years
    ]
    series = Series("Isles of Scilly", "focus", tuple(some))
    assert plain(chart_words.growth_words(series)) == (
        "The population of the Isles of Scilly was 2,224 in mid-2011 and 2,281 in mid-2022, with a "
        "low of 2,030 in mid-2020 between"
    )
    assert "a low of 2,030 in mid-2020" in chart_words.alt_growth(series)


def test_sexes_are_compared_by_their_difference() -> None:
    # intervals overlap, yet the two differ
    near = (rate(4.8, 3.8, 6.0, "m"), rate(3.0, 2.2, 4.0, "f"))
    same = (rate(4.8, 3.0, 7.0, "m2"), rate(4.6, 2.9, 6.9, "f2"))
    assert plain(chart_words.sexes_words([near], "Isles of Scilly")) == (
        "In the Isles of Scilly, each of these rates is statistically higher for males than females"
    )
    assert "one of two rates is statistically higher" in plain(
        chart_words.sexes_words([near, same], "A")
    )
    assert "none of two rates is statistically higher" in plain(
        chart_words.sexes_words([same, same], "A")
    )


def test_an_area_without_deprived_neighbourhoods_says_so() -> None:
    lsoa = pd.DataFrame({"imd_decile": [5, 6], "district_name": ["A", "A"]})
    text = chart_words.deprivation_map("Isles of Scilly", lsoa, rate(0, None, None))
    said = "No neighbourhood of the Isles of Scilly is among the most deprived 10% in England"
    assert plain(text) == said


def test_a_gradient_is_only_claimed_where_the_ends_are_apart() -> None:
    apart = [rate(20, 18, 22, "a"), rate(8, 7, 9, "b")]
    near = [rate(10, 8, 12, "a"), rate(9, 7, 11, "b")]
    assert "statistically higher than" in plain(chart_words.gradient_words(apart, "death rate"))
    assert "statistically similar to" in plain(chart_words.gradient_words(near, "death rate"))


def test_alternative_texts_are_short_and_state_numbers() -> None:
    long = "rate of hospital admissions for mental and behavioural disorders related to drugs"
    male, female = rate(7.6, 5.8, 9.7), rate(2.2, 1.3, 3.4)
    for text in (
        chart_words.alt_by_sex(male, female, long),
        chart_words.alt_gradient([male, female], long),
        chart_words.alt_sexes([(long, male, female)] * 3, "Here"),
    ):
        assert len(text) <= alt_text.ALT_LIMIT
        assert "7.6" in text


@pytest.mark.parametrize(
    ("total", "inside", "said"),
    [
        (1, 0, "Its one neighbourhood (LSOA) is not among the most deprived 10% in England."),
        (1, 1, "Its one neighbourhood (LSOA) is among the most deprived 10% in England."),
        (9, 0, "None of its 9 neighbourhoods (LSOAs) is among the most deprived 10% in England."),
        (9, 1, "Of its 9 neighbourhoods (LSOAs), 1 is among the most deprived 10% in England. "
               "It is home to 4.6% of residents."),
        (364, 18, "Of its 364 neighbourhoods (LSOAs), 18 are among the most deprived 10% in "
                  "England. They are home to 4.6% of residents."),
    ],
)  # fmt: skip
def test_neighbourhoods_are_counted_in_good_english(total: int, inside: int, said: str) -> None:
    count = rate(inside, None, None, "count").with_(unit="LSOAs", decimals=0)
    share = rate(4.6, None, None, "share").with_(unit="%")
    assert plain(chart_words.neighbourhoods(total, count, share)) == said
