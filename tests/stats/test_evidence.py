"""How strong a difference is: published examples, other programs' results, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from needs.errors import ParameterError
from needs.stats import evidence


@pytest.mark.parametrize(
    ("first", "second", "ratio", "p"),
    [
        # drug poisoning in Lancashire and England; England's value without an error
        ((10.8, 9.7, 11.9), (7.9, np.nan, np.nan), 1.367, 1.2e-8),
        # drug misuse in Worcestershire, like England's
        ((4.8, 3.8, 6.0), (5.1, 5.0, 5.2), 0.941, 0.6),
        # women in Preston against England's
        ((13.9, 9.1, 20.5), (5.1, 4.9, 5.3), 2.725, 4e-6),
    ],
)
def test_rates_against_a_value(first, second, ratio, p):
    ours, low, high, chance = evidence.against_value(*first, *second)
    assert ours == pytest.approx(ratio, abs=0.001)
    assert low < ours < high
    assert chance == pytest.approx(p, rel=0.3)
    # the limits of the ratio leave out 1 just where p is under 5%
    assert ((low > 1) | (high < 1)) == (chance < 0.05)


def test_a_reference_with_an_error_is_less_sure():
    *_, alone = evidence.against_value(0.872, 0.827, 0.909, 0.824, scale="logit")
    *_, both = evidence.against_value(0.872, 0.827, 0.909, 0.824, 0.786, 0.861, scale="logit")
    assert alone < 0.05 < both


def test_an_unknown_scale_is_refused():
    with pytest.raises(ParameterError, match="scale"):
        evidence.against_value(1, 1, 1, 1, scale="root")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "time", "other", "other_time", "expected"),
    [
        (35, 1, 117, 5, (1.496, 0.995, 2.199, 0.0388)),
        (24, 1, 35, 1, (0.686, 0.391, 1.187, 0.193)),
        (364, 1.0, 299, 1.0, (1.217, 1.041, 1.423, 0.0129)),
        (0, 1, 12, 1, (0.0, 0.0, 0.360, 0.000488)),
    ],
)
def test_two_counts(count, time, other, other_time, expected):
    ours = evidence.rate_ratio(count, time, other, other_time)
    assert [float(one) for one in ours] == pytest.approx(expected, abs=0.001)
    exact = stats.binomtest(count, count + other, time / (time + other_time))
    low, high = exact.proportion_ci(method="exact")
    odds = [part / (1 - part) * other_time / time for part in (low, high)]
    assert [float(ours[1]), float(ours[2])] == pytest.approx(odds)


def test_no_events_and_no_people_give_nothing():
    ours = evidence.rate_ratio([0, 3], [1, 0], [0, 4], [1, 1])
    assert np.isnan(ours).all()


def test_growth_beside_another():
    ratio, low, high, p = evidence.ratio_of_ratios(1465, 1035, 289215, 268251)
    assert [float(one) for one in (ratio, low, high)] == pytest.approx((1.31, 1.21, 1.42), abs=0.01)
    assert p < 1e-9
    assert np.isnan(evidence.ratio_of_ratios(10, 0, 5, 5)).all()


def test_shares_are_tested_as_by_chi_squared():
    _, p = evidence.share_difference(138, 364, 328, 465)
    table = [[138, 226], [328, 137]]
    assert p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    gap, alike = evidence.share_difference(0, 10, 0, 20)
    assert (gap, alike) == (0.0, 1.0)
    assert np.isnan(evidence.share_difference(1, 0, 1, 5)).all()


def test_records_are_set_against_the_spread_between_areas():
    """8.3% of households against 6.2% is far beyond chance, and within the usual spread."""
    rng = np.random.default_rng(1)
    whole = np.full(100, 3000.0)
    share = 1 / (1 + np.exp(2.7 - rng.normal(0, 0.7, 100)))
    count = np.round(share * whole)
    count[0] = 249
    mean, spread, p = evidence.among_areas(count, whole)
    assert 0.05 < mean < 0.08 and 0.5 < spread < 0.9
    assert p[0] > 0.3
    _, alone = evidence.share_difference(count[0], whole[0], mean * 1e6, 1e6)
    assert alone < 0.001


def test_alike_areas_have_no_spread_and_one_area_no_answer():
    mean, spread, p = evidence.among_areas([50, 50, 50], [500, 500, 500])
    assert mean == pytest.approx(50.5 / 501) and spread == 0 and p == pytest.approx([1, 1, 1])
    mean, _, p = evidence.among_areas([50, np.nan, 5], [500, 500, 0])
    assert np.isnan(mean) and np.isnan(p).all()


def test_none_where_five_are_expected():
    assert evidence.chance_of_none(0.0275, 196) == pytest.approx(0.0042, abs=1e-4)


def test_many_comparisons_as_another_program_adjusts_them():
    p = np.random.default_rng(2).uniform(size=40) ** 3
    assert evidence.false_discovery(p) == pytest.approx(stats.false_discovery_control(p))
    assert evidence.false_discovery([]).tolist() == []
