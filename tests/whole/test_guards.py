"""What may be said: for each rule the wrong statement, as it was, and the right one now."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from needs.chapters import glance, inequality, inside, need, neighbourhoods, summary
from needs.chapters import national as views
from needs.chapters.blocks import Blocks, Bullets, Cards, Chart, Prose
from needs.chapters.measure import Measure
from needs.chapters.rules import compared, is_second_hand, leading, told_officially
from needs.chapters.saying import finding, message
from needs.figures import assessment, change_over_time, deprivation
from needs.figures.assessment import Assessment
from needs.figures.figure import Figure, Series
from needs.figures.remainder import remainder
from needs.stats.change import rate_of_change
from needs.stats.intervals import poisson, widest_limits
from needs.stats.ranks import rank_range
from needs.stats.sides import other_side, side_of
from needs.stats.spatial import gi_star
from needs.words import headlines as headline_words
from needs.words import sentences, standings, verdicts
from needs.words import sentences as sentence_words
from needs.words.text import plain

MIRROR = pytest.mark.mirror


def opened(area: str, national: Path) -> Assessment:
    return assessment.load(area, 2022, processed=national)


def said(na: Assessment, key: str) -> str:
    """The sentence on an indicator that opens its section."""
    figure = na.figure(key)
    england = na.figure(key, na.england, figure.period)
    return plain(finding(na, na.indicator(key), figure, england))


def headlines(drawn: Blocks | str) -> list[str]:
    assert isinstance(drawn, Blocks)
    return [plain(one.headline) for one in drawn.items if isinstance(one, Chart)]


def share(value: float, lower: float | None = None, upper: float | None = None) -> Figure:
    return Figure("s", "share", "Share", "E10000034", "Worcestershire", "2021/22", value, "%",
                  lower=lower, upper=upper)  # fmt: skip


# own intervals where counts are there or bounded


def test_a_rate_without_an_interval_is_tested_where_its_events_are_bounded(
    worcestershire: Assessment,
) -> None:
    was = "The source gives no interval, so the difference from England (587) cannot be tested."
    now = said(worcestershire, "alcohol_specific_admissions")
    assert was not in now
    assert (
        "was 473 per 100,000. That is statistically lower than England (587), and so better." in now
    )
    assert now.endswith("the test uses one that is too wide rather than too narrow.")


def test_the_widest_limits_hold_the_published_ones(processed: Path, national: Path) -> None:
    """Every published interval of a rate of all residents lies inside."""
    na = opened("Worcestershire", national)
    table = pd.read_parquet(national / "populations.parquet").query("year == 2020")
    people = table[assessment.of_everyone(table)].set_index("area_code")["population"]
    rows = na.observations.query("status == 'shown' and sex == 'persons' and category == ''")
    rows = rows[rows["indicator"].isin(["drug_misuse_rate", "drug_poisoning_rate"])]
    rows = rows[rows["period"].eq("2019 to 2021") & rows["area_code"].str.match("E0[6-9]|E10")]
    years = 3 * rows["area_code"].map(people)
    lower, upper = widest_limits(rows["value"], years)
    known = np.isfinite(lower)
    assert known.sum() > 250
    # one decimal is published
    assert (lower[known] <= rows["lower"].to_numpy()[known] + 0.05).all()
    assert (upper[known] >= rows["upper"].to_numpy()[known] - 0.05).all()


def test_the_widest_limits_never_say_similar() -> None:
    rate = share(5.0).with_(unit="per 100,000", bound=(4.0, 6.1))
    other = rate.with_(area_code="E92000001", area_name="England", value=5.5, bound=None)
    found = verdicts.compare_figures(rate, other)
    assert (found.result, found.reason) == ("not compared", "no interval")
    far = verdicts.compare_figures(rate, other.with_(value=6.5))
    assert (far.result, far.by) == ("lower", verdicts.WIDEST)


def test_a_share_without_numbers_is_told_by_size_and_marked(worcestershire: Assessment) -> None:
    now = said(worcestershire, "prison_continuity")
    assert now.endswith("was 25.2%. That is below England (37.4%) [t].")
    assert "cannot be tested" not in now


def test_similar_is_the_result_of_a_test_in_every_authority(national: Path) -> None:
    na = opened("Worcestershire", national)
    tested = 0
    for key, indicator in na.catalogue.indicators.items():
        for period in list(na.areas_shown(key, [na.england.code]))[-1:]:
            england = na.figure(key, na.england, period)
            for figure in na.across(key, na.compared(key, period), period):
                found = verdicts.compare_figures(figure, england, indicator.polarity)
                if found.result == "similar":
                    assert found.by == verdicts.PUBLISHER or figure.interval, figure.id
                tested += not found.reason
                assert indicator.statistic != "count" or found.reason
    assert tested > 1000


# publishers' verdicts


@pytest.mark.parametrize(
    ("key", "was", "now"),
    [
        (
            "alcohol_related_admissions_narrow_old",
            "so the difference from England (632) cannot be tested",
            "By its publisher's test that is lower than England (632), and so better.",
        ),
        (
            "alcohol_related_mortality_old",
            "so the difference from England (46.2) cannot be tested",
            "By its publisher's test that is similar to England (46.2).",
        ),
    ],
)
@MIRROR
def test_a_publishers_verdict_is_said_as_theirs(
    national: Path, key: str, was: str, now: str
) -> None:
    na = opened("Rutland", national)
    assert now in said(na, key)
    assert was not in said(na, key)
    assert "(publisher's test)" in compared(na, na.figure(key), na.figure(key, na.england)).word


# difference of two estimates with both intervals


@MIRROR
def test_englands_own_interval_counts(national: Path) -> None:
    """Unmet need: England's is an estimate from 78.6% to 86.1%."""
    na = opened("Worcestershire", national)
    england = na.figure("alcohol_unmet_need", na.england, "2018/19")
    figures = [one for one in na.across("alcohol_unmet_need", na.compared(
        "alcohol_unmet_need", "2018/19"), "2018/19") if one.interval]  # fmt: skip
    was = [str(side_of(one.lower or 0, one.upper or 0, england.value or 0)) for one in figures]
    now = [verdicts.compare_figures(one, england).result for one in figures]
    changed = [pair for pair in zip(was, now, strict=True) if pair[0] != pair[1]]
    assert len(changed) > 10
    assert {one for _, one in changed} == {"similar"}


def test_a_fixed_value_is_compared_as_before() -> None:
    assert str(other_side((4.2, 3.3, 5.3), (5.0, np.nan, np.nan))) == str(side_of(3.3, 5.3, 5.0))


# the region


@pytest.mark.parametrize(
    ("area", "key", "now"),
    [
        (
            "Worcestershire",
            "drug_poisoning_rate",
            "lower than England (7.9), and so better; similar to the West Midlands (7.3).",
        ),
        (
            "Worcestershire",
            "alcohol_specific_mortality",
            "similar to England (10.8); lower than the West Midlands (13.2).",
        ),
    ],
)
@MIRROR
def test_the_region_is_tested(national: Path, area: str, key: str, now: str) -> None:
    assert now in said(opened(area, national), key)


# ranks


@pytest.mark.parametrize(
    ("area", "key", "was", "now"),
    [
        (
            "Worcestershire",
            "alcohol_unmet_need",
            "80.6%, is the 64th lowest of 147",
            "Worcestershire's unmet need for alcohol treatment is 80.6%; half of 147 of England's "
            "152 authorities have 78.3% to 84.8%",
        ),
        (
            "Worcestershire",
            "drug_misuse_rate",
            "4.8 per 100,000, is the joint 59th lowest of 144",
            "Worcestershire's drug misuse death rate, 4.8 per 100,000, ranks between the 41st and "
            "the 86th lowest of 144 of England's 152 authorities",
        ),
    ],
)
@MIRROR
def test_a_rank_carries_its_range(national: Path, area: str, key: str, was: str, now: str) -> None:
    na = opened(area, national)
    (headline,) = headlines(views.authorities(Measure(na, na.indicator(key))))
    assert was not in headline
    assert headline == now


def test_no_headline_has_a_rank_whose_range_covers_more_than_half(national: Path) -> None:
    na = opened("Worcestershire", national)
    wide = 0
    for key in ("alcohol_unmet_need", "drug_misuse_rate", "alcohol_related_mortality_old"):
        period = na.latest_period(key) or "2017"
        figures = [one for one in na.across(key, na.compared(key, period), period) if one.shown]
        for focus in figures:
            headline = plain(headline_words.headline_rank(figures, focus))
            found = standings.standing(figures, focus)
            covers = found is None or found.last - found.first + 1 > len(figures) / 2
            wide += covers
            assert covers != ("highest" in headline or "lowest" in headline), focus.area_name
    assert wide > 50


def test_the_range_is_that_of_drawn_values() -> None:
    """Goldstein and Spiegelhalter draw the values; the range agrees within a place."""
    draw = np.random.default_rng(1)
    value = draw.gamma(4, 2, 60)
    lower, upper = poisson(value * 10)
    lower, upper = lower / 10, upper / 10
    z = draw.standard_normal((40_000, 60))
    drawn = value + z * np.where(z < 0, value - lower, upper - value) / 1.959964
    places = (-drawn).argsort(axis=1).argsort(axis=1) + 1
    for area in range(60):
        expected = np.quantile(places[:, area], [0.025, 0.975])
        assert np.abs(np.array(rank_range(value, lower, upper, area)) - expected).max() <= 1


# a fitted change, the peak and the newest change; record years


@pytest.mark.parametrize(
    ("key", "was", "now"),
    [
        (
            "drug_misuse_rate",
            "It rose from 3.0 per 100,000 (2001 to 2003) to 4.8 (2019 to 2021).",
            "It has risen by 3.2% a year since 2001 to 2003 (95% confidence interval: 1.5% to "
            "5.0%). The newest figure is the highest of the series. Since 2016 to 2018 (4.3) no "
            "change is shown beyond chance. In 2021 alone there were 35 deaths, the most in any "
            "year since 1993.",
        ),
        (
            "alcohol_specific_mortality",
            "In 2006 to 2008 it was 9.6 per 100,000. The difference is not statistically",
            "It shows no steady rise or fall since 2007 to 2009: 0.7% a year (95% confidence "
            "interval: −1.5% to 2.9%). It was highest in 2012 to 2014: 11.4. Since 2013 to 2015 "
            "(10.9) no change is shown beyond chance.",
        ),
    ],
)
@MIRROR
def test_a_change_is_fitted_to_all_separate_periods(
    national: Path, key: str, was: str, now: str
) -> None:
    drawn = message(opened("Worcestershire", national), key)
    (text,) = [plain(one.text) for one in drawn.items if isinstance(one, Prose)]
    assert was not in text
    assert now in text


def test_periods_that_share_years_are_never_set_against_each_other(national: Path) -> None:
    for area in ("Lancashire", "Rutland"):
        na = opened(area, national)
        for key in na.catalogue.indicators:
            figures = na.series(key).figures
            found = change_over_time.course(figures)
            if found is None:
                continue
            assert not change_over_time.share_years(found.before.period, found.last.period)
            kept = change_over_time.separate(figures)
            assert not any(
                change_over_time.share_years(one.period, other.period)
                for one, other in pairwise(kept)
            )


def test_the_fitted_change_is_the_one_most_likely() -> None:
    """Poisson: no other line makes the counts likelier; errors grow with the spread."""
    years, counts = (
        np.arange(2011.0, 2022.0),
        np.array([15, 12, 20, 22, 25, 21, 28, 24, 26, 29, 35]),
    )

    def unlikely(line: np.ndarray) -> float:
        fitted = np.exp(line[0] + line[1] * (years - 2016))
        return float((fitted - counts * np.log(fitted)).sum())

    best = minimize(unlikely, [3.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9}).x
    change, lower, upper = rate_of_change(years, counts)
    assert change == pytest.approx(np.expm1(best[1]), abs=1e-5)
    wild = rate_of_change(years, counts + np.tile([14, -10], 6)[:11])
    assert wild[2] - wild[1] > 1.5 * (upper - lower)
    assert np.isnan(rate_of_change([2019, 2020], [4, 5])).all()


def test_a_fall_after_a_rise_is_not_called_a_rise() -> None:
    """From end to end it rose; the words say when it was highest."""
    points = [(2.0, 2010), (3.0, 2012), (4.4, 2014), (6.5, 2016), (9.0, 2018), (7.5, 2020)]
    figures = tuple(
        share(one).with_(period=str(year), lower=one - 0.4, upper=one + 0.4) for one, year in points
    )
    headline = plain(headline_words.headline_trend(Series("Here", "focus", figures)))
    assert "rose from 2.0" not in headline
    assert headline.endswith("was highest in 2018, 9.0%, and is now 7.5%")


def test_a_fitted_fall_does_not_head_a_series_that_has_risen_twice() -> None:
    values = (565, 625, 580, 620, 605, 610, 595, 560, 540, 530, 540, 580)
    figures = tuple(
        share(one).with_(unit="people", period=str(2010 + at), decimals=0)
        for at, one in enumerate(values)
    )
    series = Series("Here", "focus", figures)
    headline = plain(headline_words.headline_trend(series))
    assert headline.endswith("has risen in the last two periods, to 580 people in 2021 [t]")
    told = plain(sentence_words.trend_sentence(series))
    assert "has fallen by" in told and "In the last two periods it has risen [t]." in told
    # one change against the rate is no turn; within their intervals two are none either
    again = Series("Here", "focus", figures[:-1])
    assert "has fallen by" in plain(headline_words.headline_trend(again))
    close = [(8.0, 2010), (7.0, 2012), (6.0, 2014), (5.0, 2016), (5.1, 2018), (5.2, 2020)]
    wide = tuple(
        share(one).with_(period=str(year), lower=one - 0.4, upper=one + 0.4) for one, year in close
    )
    line = plain(headline_words.headline_trend(Series("Here", "focus", wide)))
    assert line.endswith("was 5.2% in 2020")


# funnels, clusters and gradients


@MIRROR
def test_a_funnel_allows_for_the_usual_spread(national: Path) -> None:
    na = opened("Worcestershire", national)
    drawn = views.funnel(Measure(na, na.indicator("drug_misuse_crude_rate")))
    assert isinstance(drawn, Blocks)
    (headline,) = headlines(drawn)
    was = "62 lie outside the 99.8% limits"
    assert was not in headline
    assert headline.endswith("none lies outside the 99.8% limits")
    told = " ".join(plain(one.text) for one in drawn.items if isinstance(one, Prose))
    assert "vary 10.4 times as much as chance alone would make them (overdispersion)" in told


@pytest.mark.parametrize(("spread", "widened"), [(1.0, False), (3.0, True)])
def test_limits_are_widened_above_the_stated_overdispersion(spread: float, widened: bool) -> None:
    draw = np.random.default_rng(4)
    people = draw.uniform(1e5, 1e6, 150)
    rate = np.exp(draw.normal(0, 0.0 if spread == 1 else 0.5, 150)) * 1e-4
    count = draw.poisson(people * rate).astype(float)
    figures = [
        share(1e5 * x / n).with_(area_code=f"E0800{n_:04d}", unit="per 100,000", numerator=x,
                                 denominator=n)
        for n_, (x, n) in enumerate(zip(count, people, strict=True))
    ]  # fmt: skip
    england = share(1e5 * count.sum() / people.sum()).with_(area_code="E92000001")
    found = views.funnel_of(figures, england, 100_000)
    assert bool(found.widened) == widened
    beyond = sum("99.8%" in one for one in found.labels.values())
    assert beyond <= 4
    if not widened:
        assert found.dispersion.value == pytest.approx(0.9, abs=0.25)


def test_a_cluster_is_found_by_permutation_and_called_relative(national: Path) -> None:
    """Scores are skew: the normal approximation finds 11 in Worcestershire, 62 in Kent."""
    for area, was, now in (("Worcestershire", 11, 0), ("Kent", 62, 32)):
        na = opened(area, national)
        options = {"area": "lsoa_code", "value": "imd_score"}
        normal = gi_star(na.lsoa, na.neighbours, **options)
        assert (normal["cluster"] == "hot spot").sum() == was
        spots = deprivation.hot_spots(na)
        assert len(spots) == now
        assert spots.equals(deprivation.hot_spots(na))  # seeded
        drawn = neighbourhoods.clusters(na)
        told = " ".join(plain(one.text) for one in drawn.items if isinstance(one, Prose))
        assert "of high deprivation" not in told
        assert "relatively deprived cluster" in told.lower()
    assert "Of these, 28 are in the most deprived 30% in England." in told


def test_permutation_keeps_the_chance_of_a_false_cluster() -> None:
    """Of values without any order few are called clusters, however skew they are."""
    side = 15
    codes = [f"{n:03d}" for n in range(side * side)]
    across = [(n, n + 1) for n in range(side * side) if (n + 1) % side]
    down = [(n, n + side) for n in range(side * (side - 1))]
    edges = pd.DataFrame([(codes[a], codes[b]) for a, b in across + down])
    skew = np.random.default_rng(2).lognormal(0, 2, side * side)
    frame = pd.DataFrame({"code": codes, "score": skew})
    found = gi_star(frame, edges, area="code", value="score", permutations=1999)
    assert 0.02 < (found["p"] < 0.05).mean() < 0.08
    assert (found["cluster"] != "not significant").sum() == 0
    normal = gi_star(frame, edges, area="code", value="score")
    assert (normal["cluster"] != "not significant").sum() > 0


@MIRROR
def test_a_gradient_of_authorities_says_so_with_its_lack_of_fit(national: Path) -> None:
    """Ten deciles scatter round the line by 13 times what chance allows."""
    na = opened("Worcestershire", national)
    key = "alcohol_specific_admissions_under_18"
    slope, _, fit = inequality.slope_figures_of(
        inequality.decile_figures(na, key), key, na.england.code
    )
    assert (fit.value or 0) > 100
    assert (slope.lower or 0) < 0 < (slope.upper or 0)  # it was called a gradient: −8.0 to −4.2
    drawn = inequality.gradients(na)
    told = " ".join(plain(one.text) for one in drawn.items if isinstance(one, Prose))
    assert "Across the whole range of deprivation the gap is" not in told
    assert "Across authorities, from the most to the least deprived, the gap is" in told
    assert "do not show the risk of one person" in told
    assert "χ² 108.0, 8 degrees of freedom; the intervals are widened for it." in told


# districts against the rest of their county


@pytest.mark.parametrize(
    ("area", "key", "was", "now"),
    [
        (
            "Worcestershire",
            "drug_misuse_rate",
            "No district differs statistically from Worcestershire in its drug misuse death rate",
            "Worcester has a statistically higher drug misuse death rate than the rest of "
            "Worcestershire: 7.4 per 100,000",
        ),
        (
            "Lancashire",
            "drug_poisoning_rate",
            "Burnley has the highest drug poisoning death rate: 17.4 per 100,000",
            "Burnley and Preston have a statistically higher drug poisoning death rate than the "
            "rest of Lancashire; Burnley: 17.4 per 100,000",
        ),
        (
            "Lancashire",  # a part of deaths whose share of them moved
            "drug_misuse_rate",
            "has the highest drug misuse death rate",
            "Lancashire's drug misuse death rate, 4.1 per 100,000 in 2019 to 2021, cannot be read "
            "by itself",
        ),
    ],
)
@MIRROR
def test_districts_are_compared_with_the_rest(
    national: Path, area: str, key: str, was: str, now: str
) -> None:
    na = opened(area, national)
    (headline,) = headlines(inside.districts(Measure(na, na.indicator(key))))
    assert was not in headline
    assert headline == now


def test_the_rest_is_the_area_without_the_district() -> None:
    whole = share(6.0).with_(unit="per 100,000", numerator=60.0, denominator=1e6)
    part = whole.with_(area_code="E07000236", value=12.0, numerator=24.0, denominator=2e5)
    rest = remainder(whole, part)
    assert rest is not None
    assert (rest.value, rest.numerator, rest.denominator) == (4.5, 36.0, 8e5)
    # a standardised rate: the people are those that events and rates imply
    implied = remainder(whole.with_(denominator=None), part.with_(denominator=None))
    assert implied is not None
    assert implied.value == pytest.approx(4.5)
    assert remainder(whole, part.with_(numerator=None)) is None
    assert remainder(whole.with_(area_code="E92000001"), part) is None


# size first; second-hand figures; precision


def test_size_comes_before_a_level_that_is_reached(worcestershire: Assessment) -> None:
    drawn = need.england_reached(worcestershire)
    told = " ".join(plain(one.text) for one in drawn.items if isinstance(one, Prose))
    assert "already reaches" not in told
    assert "About 4,260 adults (80.6% of those in need) are not in treatment" in told
    assert told.index("not in treatment") < told.index("would take no more adults")
    nothing = share(0.0, 0.0, 260.0).with_(unit="people", decimals=0)
    assert "already reaches" not in plain(sentences.places_sentence(nothing))


def test_a_document_heads_nothing_where_an_official_figure_has_an_interval(
    worcestershire: Assessment,
) -> None:
    na, key = worcestershire, "alcohol_specific_mortality"
    assert na.printed(na.figure(key))  # the newest, 10.6 in 2017 to 2019
    lead = leading(na, key)
    assert (lead.period, bool(lead.interval), na.printed(lead)) == ("2016 to 2018", True, False)
    drawn = message(na, key)
    (text,) = [plain(one.text) for one in drawn.items if isinstance(one, Prose)]
    was = "In 2017 to 2019, Worcestershire's alcohol-specific death rate was 10.6 per 100,000."
    assert was not in text
    assert text.startswith("In 2016 to 2018, Worcestershire's alcohol-specific death rate was 10.9")
    assert (
        "For 2017 to 2019 a document prints 10.6 per 100,000, against 10.9 in England [t]." in text
    )
    for chapter in ("deaths", "need"):
        for block in glance.opening(na, chapter).items:
            told = " ".join(plain(one) for one in block.items) if isinstance(block, Bullets) else ""
            assert (
                was not in told and "published unmet need for alcohol treatment was 81%" not in told
            )
    (cards,) = [one for one in summary.picture(na).items if isinstance(one, Cards)]
    heads = {one.figure for one in cards.items}
    assert na.figure(key).id not in heads


def test_no_card_is_second_hand_where_an_official_figure_exists(worcestershire: Assessment) -> None:
    na = worcestershire
    for key, indicator in na.catalogue.indicators.items():
        if not na.has(key) or not is_second_hand(na, leading(na, key)):
            continue
        assert not any(one.interval and not na.printed(one) for one in na.series(key).figures), key
        assert told_officially(na, indicator) == (key == "alcohol_unmet_need_published"), key


def test_digits_that_nobody_knows_are_not_printed(worcestershire: Assessment) -> None:
    na = worcestershire
    people, part = deprivation.decile_residents(na, 3), deprivation.share(na, 3)
    assert people.value is not None and people.value % 10  # the register keeps the digits
    was = (f"{people.value:,.0f}", f"{part.value:.2f}%")
    assert (people.number, part.text) == ("122,980", "20.6%")
    told = " ".join(
        plain(one.text) for one in neighbourhoods.counts(na).items if isinstance(one, Prose)
    )
    assert not any(one in told for one in was)
    shares = [one for one in deprivation.share_by_decile(na) if one.shown]
    assert all(one.decimals <= 1 for one in shares)


# records: what staff write down differs between areas for more reasons than chance


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("area", "key", "reason"),
    [
        # it was "worse than England": 14.8% (13.8 to 15.9) against 13.2%
        ("Worcestershire", "parental_drug_misuse", "usual spread"),
        # it was "worse": 18.0% against 13.2%, where areas differ from 8 to 35% anyhow
        ("Lancashire", "parental_drug_misuse", "usual spread"),
        # it was "better": 58 of 7,436, and 17% three years later
        ("Derbyshire", "parental_alcohol_misuse", "set aside"),
        # it was "better": none of 196, where about 5 would be expected
        ("Barnet", "looked_after_substance_misuse", "set aside"),
    ],
)
def test_shares_of_records_are_compared_with_the_spread_between_areas(
    national: Path, area: str, key: str, reason: str
) -> None:
    na = opened(area, national)
    figure = na.figure(key)
    england = na.figure(key, na.england, figure.period)
    said_of_it = compared(na, figure, england)
    assert (said_of_it.result, said_of_it.reason) == ("not compared", reason)
    if reason == "usual spread":
        assert figure.lower is not None
        assert england.value is not None
        assert figure.lower > england.value  # by chance alone it would be higher


@pytest.mark.mirror
def test_few_in_the_records_is_lower_and_not_better(national: Path) -> None:
    """It was "statistically lower than England's, and so better": mentions, not families."""
    na = opened("Hackney", national)
    figure = na.figure("parental_drug_misuse")
    england = na.figure("parental_drug_misuse", na.england, figure.period)
    stands = compared(na, figure, england)
    assert (stands.result, stands.judgement) == ("lower", "lower")
    assert "so better" not in said(na, "parental_drug_misuse")
